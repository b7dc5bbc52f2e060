//! What waits for a network's coordinators, what they decide and why, and what becomes of that. docs/MODERATION.md tells it in words.
//!
//! ```text
//!   comes in ──▶ waiting ── claimed for 15 minutes ──▶ decided ── 30 seconds ──▶ final: those concerned are told
//!                   ▲                                     │                         │
//!                   └──────────────── undone ─────────────┘                         └── appeal ──▶ waiting, for somebody else
//! ```

pub mod dto;
pub mod handlers;
pub mod jobs;
pub mod model;
pub mod queries;
pub mod rules;
pub mod service;

use utoipa_actix_web::service_config::ServiceConfig;

crate::word_enum! {
    /// What kind of thing waits.
    pub enum QueueKind {
        /// A listing: to be published, or published and to be looked at.
        Listing = "listing",
        /// An edit of an approved listing.
        Edit = "edit",
        /// A listing of another network that is to be shown in this one too.
        CrossPost = "cross_post",
        /// A group that wants to belong to the network.
        Group = "group",
        /// Something that was reported.
        Report = "report",
        /// An appeal against a decision.
        Appeal = "appeal",
    }
}

crate::word_enum! {
    /// What a coordinator decides.
    pub enum Deed {
        /// Let it be seen; let the group in.
        Approve = "approve",
        /// Ask for changes first.
        AskChanges = "ask_changes",
        /// Do not take it.
        Reject = "reject",
        /// Hide it until more is known.
        Hold = "hold",
        /// Make an offer of a want, or a want of an offer.
        Turn = "turn",
        /// Put it together with another listing of its group that says the same.
        Merge = "merge",
        /// Take down what was published.
        Remove = "remove",
        /// Leave what was reported, or decided, as it is.
        Keep = "keep",
        /// Take the group out of the network for now.
        Suspend = "suspend",
        /// Decide otherwise than was decided first.
        Overturn = "overturn",
    }
}

crate::word_enum! {
    /// Why, as the poster reads it.
    pub enum Reason as "DecisionReason" {
        /// The group has it listed already.
        Duplicate = "duplicate",
        /// Out of the network's area.
        OutOfArea = "out_of_area",
        /// Posted again too soon.
        RepeatedTooSoon = "repeated_too_soon",
        /// It does not say what it is about.
        TooVague = "too_vague",
        /// An offer that is a want, or a want that is an offer.
        WrongKind = "wrong_kind",
        /// Contact details in public words.
        ContactDetails = "contact_details",
        /// About a private person.
        PrivatePerson = "private_person",
        /// Something has to be said of such things that is not said.
        MissingFacts = "missing_facts",
        /// The network does not take such things.
        NotTakenHere = "not_taken_here",
        /// Unsafe, or against the law.
        Unsafe = "unsafe",
        /// Money, selling, or not what the exchange is for.
        OutOfScope = "out_of_scope",
        /// Unkind, misleading or against the ground rules.
        GroundRules = "ground_rules",
        /// Nobody of the group could be reached.
        NotReachable = "not_reachable",
        /// It is not clear that it is a group.
        NotAGroup = "not_a_group",
        /// The register does not know its number.
        NumberNotFound = "number_not_found",
        /// Nobody decided within the time promised.
        Undecided = "undecided",
        /// Something else: the words say what.
        Other = "other",
    }
}

crate::word_enum! {
    /// Whether something still waits.
    pub enum ItemState as "QueueItemState" {
        /// Somebody is to decide.
        Waiting = "waiting",
        /// It is decided.
        Decided = "decided",
        /// What waited has gone.
        Withdrawn = "withdrawn",
    }
}

crate::word_enum! {
    /// What became of an appeal.
    pub enum AppealOutcome {
        /// The decision stands.
        Upheld = "upheld",
        /// It was decided otherwise.
        Overturned = "overturned",
        /// The group took the appeal back.
        Withdrawn = "withdrawn",
    }
}

crate::word_enum! {
    /// A day of the week.
    pub enum Day {
        /// Monday.
        Mon = "mon",
        /// Tuesday.
        Tue = "tue",
        /// Wednesday.
        Wed = "wed",
        /// Thursday.
        Thu = "thu",
        /// Friday.
        Fri = "fri",
        /// Saturday.
        Sat = "sat",
        /// Sunday.
        Sun = "sun",
    }
}

/// The routes of this feature.
pub fn routes(config: &mut ServiceConfig) {
    config
        .service(handlers::queue::list_queue)
        .service(handlers::load::get_queue_load)
        .service(handlers::decisions::decide_many)
        .service(handlers::queue::get_queue_item)
        .service(handlers::queue::claim_queue_item)
        .service(handlers::queue::release_queue_item)
        .service(handlers::decisions::decide_queue_item)
        .service(handlers::decisions::undo_decision)
        .service(handlers::decisions::list_group_decisions)
        .service(handlers::appeals::create_appeal)
        .service(handlers::appeals::get_appeal)
        .service(handlers::appeals::withdraw_appeal)
        .service(handlers::replies::list_replies)
        .service(handlers::replies::create_reply)
        .service(handlers::replies::get_reply)
        .service(handlers::replies::update_reply)
        .service(handlers::replies::delete_reply)
        .service(handlers::load::get_my_load)
        .service(handlers::load::set_my_load);
}
