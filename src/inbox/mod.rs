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
        /// All of a listing has been handed over.
        ListingFulfilled = "listing_fulfilled",
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
