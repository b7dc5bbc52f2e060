//! What a group or a person is told: a notice in their inbox, written in the transaction of the change. The words are made from it
//! when it is read; nothing personal is in it. Who wants to hear of it at once opens a `stream`.

pub mod dto;
pub mod handlers;
pub mod model;
pub mod position;
pub mod queries;
pub mod service;
pub mod stream;
pub mod words;

use utoipa_actix_web::service_config::ServiceConfig;

use crate::groups::Role;

pub use service::{Notice, Recipient, tell};

crate::word_enum! {
    /// What happened.
    pub enum Topic {
        /// A group is interested in the recipient's listing.
        InterestReceived = "interest_received",
        /// It no longer is.
        InterestWithdrawn = "interest_withdrawn",
        /// The recipient's interest was chosen: there is an exchange.
        InterestChosen = "interest_chosen",
        /// It was not; the reason says why.
        InterestDeclined = "interest_declined",
        /// An interest has been waiting for the recipient's answer for days.
        InterestWaiting = "interest_waiting",
        /// Interests that had been waiting for the recipient's answer for a week: the program has answered them.
        InterestsAnswered = "interests_answered",
        /// Somebody proposes an exchange to the recipient.
        ExchangeProposed = "exchange_proposed",
        /// A proposal has been waiting for the recipient's answer for days.
        ExchangeWaiting = "exchange_waiting",
        /// It is agreed.
        ExchangeAccepted = "exchange_accepted",
        /// The other side does not want it.
        ExchangeDeclined = "exchange_declined",
        /// The proposal was taken back.
        ExchangeWithdrawn = "exchange_withdrawn",
        /// There is a time and a place for it, or another one.
        ExchangeScheduled = "exchange_scheduled",
        /// The other side says that it was handed over.
        ExchangeHandedOver = "exchange_handed_over",
        /// Both sides say so, or one did and the other was silent.
        ExchangeCompleted = "exchange_completed",
        /// It will not happen.
        ExchangeCancelled = "exchange_cancelled",
        /// The other side says that nobody came.
        ExchangeNoShow = "exchange_no_show",
        /// What was lent has come back.
        ExchangeReturned = "exchange_returned",
        /// What was lent is due back.
        ReturnDue = "return_due",
        /// The other group has written.
        MessageReceived = "message_received",
        /// The other group shows its contact details.
        ContactShared = "contact_shared",
        /// New listings fit the recipient's.
        ListingsMatched = "listings_matched",
        /// Listings of the recipient end soon.
        ListingsExpireSoon = "listings_expire_soon",
        /// Listings of the recipient have ended.
        ListingsExpired = "listings_expired",
        /// Listings of the recipient are back after a sleep.
        ListingsWoke = "listings_woke",
        /// Listings of the recipient were to come back after a sleep, and their network's limit of active listings is reached.
        ListingsLeftAsleep = "listings_left_asleep",
        /// Listings of the recipient were to be published after a sleep, and wake later: as many were in 24 hours as their network takes.
        ListingsPutOff = "listings_put_off",
        /// All of a listing has been handed over.
        ListingFulfilled = "listing_fulfilled",
        /// The recipient stands otherwise in a network than before.
        GroupStanding = "group_standing",
        /// A group that the recipient has agreed on something with is suspended in its network.
        PartnerSuspended = "partner_suspended",
        /// Another network has decided whether to show a listing of the recipient.
        CrossPostDecided = "cross_post_decided",
        /// Staff of a network would act for the group, as somebody of it has agreed; an owner has to say yes.
        AssistanceAsked = "assistance_asked",
        /// Staff of a network act for the group from now on, because it agreed to that.
        AssistanceBegan = "assistance_began",
        /// The ground rules of a network of the recipient have changed.
        RulesChanged = "rules_changed",
        /// A listing of the recipient was reported, and is out of sight until a coordinator has decided.
        ListingHidden = "listing_hidden",
        /// What the recipient has reported was decided.
        ReportSettled = "report_settled",
        /// A worry about somebody's safety waits for the recipient, who alone may read it.
        SafeguardingFlagRaised = "safeguarding_flag_raised",
        /// One waits, and nobody is named to read it.
        SafeguardingLeadMissing = "safeguarding_lead_missing",
        /// The recipient is the network's safeguarding lead now.
        SafeguardingLeadNamed = "safeguarding_lead_named",
        /// The recipient is so no more.
        SafeguardingLeadReplaced = "safeguarding_lead_replaced",
        /// A complaint of the recipient has come.
        ComplaintReceived = "complaint_received",
        /// It was answered.
        ComplaintAnswered = "complaint_answered",
        /// A complaint has come to the recipient's network.
        ComplaintMade = "complaint_made",
        /// A complaint to the recipient's network has to be answered soon, or should have been.
        ComplaintDue = "complaint_due",
        /// A coordinator has decided about a listing of the recipient; the deed and the reason say how.
        ListingDecided = "listing_decided",
        /// A coordinator has decided about an edit of the recipient.
        EditDecided = "edit_decided",
        /// Another coordinator has decided about an appeal of the recipient.
        AppealDecided = "appeal_decided",
        /// For a network's staff: something in the queue is later than was promised.
        QueueLate = "queue_late",
    }
}

crate::word_enum! {
    /// What a group has to do.
    pub enum WaitsFor {
        /// Accept or decline an interest in one of its listings.
        AnswerInterest = "answer_interest",
        /// Accept or decline an exchange that is proposed to it.
        AnswerProposal = "answer_proposal",
        /// Agree a time and a place for an exchange.
        AgreeTime = "agree_time",
        /// Say that something was handed over whose time has come.
        SayHandedOver = "say_handed_over",
        /// Confirm that something was handed over, as the other side says.
        ConfirmHandOver = "confirm_hand_over",
        /// Bring back a loan, or say that it has come back.
        ReturnLoan = "return_loan",
        /// Say that a listing is still true before it ends.
        RenewListing = "renew_listing",
        /// Accept the ground rules of a network, which have changed.
        AcceptRules = "accept_rules",
        /// Change what a network has asked the group to change about itself, and ask again.
        ChangeGroup = "change_group",
        /// Say that the group is still there and that what it says is true, or it is suspended.
        ConfirmGroup = "confirm_group",
        /// Say whether the staff of a network may act for the group.
        ConfirmAssistance = "confirm_assistance",
    }
}

impl WaitsFor {
    /// The role from which on somebody sees that it waits. What is between the group and a network is for those alone who can do it.
    pub const fn least_role(self) -> Role {
        match self {
            Self::ChangeGroup | Self::ConfirmGroup => Role::Editor,
            Self::ConfirmAssistance => Role::Owner,
            _ => Role::Viewer,
        }
    }
}

/// The routes of this feature.
pub fn routes(config: &mut ServiceConfig) {
    config
        .service(handlers::list_group_inbox)
        .service(handlers::list_my_inbox)
        .service(handlers::count_my_inbox)
        .service(handlers::mark_group_inbox_read)
        .service(handlers::mark_my_inbox_read)
        .service(handlers::list_waiting)
        .service(handlers::stream_group_inbox)
        .service(handlers::stream_my_inbox);
}
