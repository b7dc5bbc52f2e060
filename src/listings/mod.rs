//! What groups have got (offers) and what they want (wants): the reference feature, every other one looks like it.
//!
//! ```text
//!            publish              handed over, or gone elsewhere (fulfil)
//!   draft ───────────▶ active ───────────────────────────▶ fulfilled
//!     │ │               │  ▲ │ time                          ▲
//!     │ │ pause         │  │ └──────▶ expired ── renew ──▶ active
//!     │ └─────────────▶ │  │ ───────▶ paused ── renew, or its date ──▶ active
//!     │ withdraw        │  │ pause
//!     ▼                 ▼  │ renew
//!   withdrawn ◀──────────  withdrawn
//! ```
//!
//! What is paused or expired can be withdrawn or be said to have gone, too. What is fulfilled stays so: a copy begins anew. Time
//! does not run while a listing is paused.
//!
//! Whether a listing can be found also depends on moderation, on what is left of it and on its group's standing:
//! the database computes that (`listings.is_open`), only expiry is left to the clock.

pub mod dto;
pub mod filter;
pub mod handlers;
pub mod jobs;
pub mod model;
pub mod permissions;
pub mod queries;
pub mod rules;
pub mod service;

use utoipa_actix_web::service_config::ServiceConfig;

crate::word_enum! {
    /// Which way something goes.
    pub enum Kind {
        /// Got it: the group has it.
        Offer = "offer",
        /// Want it: the group needs it.
        Want = "want",
    }
}

impl Kind {
    /// What matches this kind.
    pub fn opposite(self) -> Self {
        match self {
            Self::Offer => Self::Want,
            Self::Want => Self::Offer,
        }
    }
}

crate::word_enum! {
    /// On what terms. There is no money anywhere.
    pub enum Basis {
        /// For good.
        Give = "give",
        /// To be brought back.
        Lend = "lend",
        /// Used together.
        Share = "share",
    }
}

crate::word_enum! {
    /// Who comes first when the group chooses among those who are interested.
    pub enum ChooseFirst {
        /// Groups that serve up to 20 people.
        SmallGroups = "small_groups",
        /// Groups in the listing's locality or below it.
        ThisLocality = "this_locality",
        /// Groups that say they are a registered charity.
        RegisteredCharities = "registered_charities",
    }
}

crate::word_enum! {
    /// How soon it matters.
    pub enum Urgency {
        /// Whenever it comes.
        Low = "low",
        /// As usual.
        Normal = "normal",
        /// As soon as possible.
        High = "high",
    }
}

crate::word_enum! {
    /// Life cycle of a listing. How much is left says the rest.
    pub enum State {
        /// Being written; seen by its group alone.
        Draft = "draft",
        /// Published.
        Active = "active",
        /// Out of sight for a while; its group brings it back, or a date does.
        Paused = "paused",
        /// All of it has been handed over.
        Fulfilled = "fulfilled",
        /// Taken back by its group.
        Withdrawn = "withdrawn",
        /// Its time has run out.
        Expired = "expired",
    }
}

crate::word_enum! {
    /// What the network's staff think of a listing.
    pub enum Moderation {
        /// Nobody has looked yet.
        Pending = "pending",
        /// May be found.
        Approved = "approved",
        /// The group has been asked to change something.
        ChangesRequested = "changes_requested",
        /// May not be found.
        Rejected = "rejected",
        /// Taken out while somebody looks into it.
        Held = "held",
    }
}

crate::word_enum! {
    /// Where an edit stands that is reviewed.
    pub enum EditState {
        /// Nobody has decided yet.
        Waiting = "waiting",
        /// The listing says it.
        Approved = "approved",
        /// The listing does not say it.
        Rejected = "rejected",
        /// Taken back, or the listing has ended.
        Withdrawn = "withdrawn",
    }
}

/// The routes of this feature.
pub fn routes(config: &mut ServiceConfig) {
    config
        .service(handlers::create_listing)
        .service(handlers::list_listings)
        .service(handlers::list_group_listings)
        .service(handlers::get_listing)
        .service(handlers::update_listing)
        .service(handlers::withdraw_edit)
        .service(handlers::publish_listing)
        .service(handlers::life::pause_listing)
        .service(handlers::life::withdraw_listing)
        .service(handlers::life::fulfil_listing)
        .service(handlers::renew_listing)
        .service(handlers::life::list_listing_history)
        .service(handlers::copy_listing);
}
