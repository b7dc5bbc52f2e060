//! A group says of another's listing: we could, or we would like it. Its owner chooses among those who say so; everybody gets an
//! answer, by the program if need be.

pub mod dto;
pub mod ending;
pub mod handlers;
pub mod jobs;
pub mod model;
pub mod permissions;
pub mod queries;
pub mod rules;
pub mod service;

use utoipa_actix_web::service_config::ServiceConfig;

/// The routes of this feature.
pub fn routes(config: &mut ServiceConfig) {
    config
        .service(handlers::create_interest)
        .service(handlers::list_listing_interests)
        .service(handlers::list_group_interests)
        .service(handlers::get_interest)
        .service(handlers::withdraw_interest)
        .service(handlers::decline_interest)
        .service(handlers::accept_interest);
}

crate::word_enum! {
    /// Where an interest stands.
    pub enum State as "InterestState" {
        /// Waiting for the owner's answer.
        Open = "open",
        /// Chosen: there is an exchange.
        Chosen = "chosen",
        /// Not chosen; the reason says why.
        Declined = "declined",
        /// Taken back.
        Withdrawn = "withdrawn",
    }
}

crate::word_enum! {
    /// Why an interest or a proposal came to nothing.
    pub enum EndReason {
        /// The owner chose somebody else, or nobody.
        NotChosen = "not_chosen",
        /// All of it has been handed over.
        ListingFulfilled = "listing_fulfilled",
        /// The owner took the listing back.
        ListingWithdrawn = "listing_withdrawn",
        /// The listing's time ran out.
        ListingExpired = "listing_expired",
        /// Nobody answered for seven days.
        NoAnswer = "no_answer",
        /// One of the groups was closed.
        GroupClosed = "group_closed",
        /// One of the groups does not want to deal with the other.
        NotAvailable = "not_available",
        /// It was taken back by who said it.
        TakenBack = "taken_back",
    }
}
