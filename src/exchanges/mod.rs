//! Hand-overs of a quantity between two groups, from proposal to completion. `rules` has the table of states, docs/EXCHANGES.md
//! explains it.
//!
//! ```text
//!   proposed ── accept ──▶ accepted ── schedule ──▶ scheduled ── hand_over ──▶ handed_over ── confirm ──▶ completed
//!    │  │                     │  └────────── hand_over ────────────────────────▲  │
//!    │  └ withdraw ▶ withdrawn └─ cancel ▶ cancelled ◀─ cancel ── scheduled ──┐   └ cancel (staff) ▶ cancelled
//!    └── decline ──▶ declined                                                 └ no_show ▶ no_show
//! ```

pub mod calendar;
pub mod dto;
pub mod ending;
pub mod handlers;
pub mod jobs;
pub mod model;
pub mod notices;
pub mod permissions;
pub mod queries;
pub mod rules;
pub mod service;

use utoipa_actix_web::service_config::ServiceConfig;

crate::word_enum! {
    /// Where an exchange stands.
    pub enum State {
        /// Somebody proposes it; not all who must have agreed.
        Proposed = "proposed",
        /// Agreed: the quantity is promised.
        Accepted = "accepted",
        /// Agreed, with a time and a place.
        Scheduled = "scheduled",
        /// One side says that it was handed over.
        HandedOver = "handed_over",
        /// Handed over and confirmed.
        Completed = "completed",
        /// Who was asked does not want it.
        Declined = "declined",
        /// Who proposed it has taken it back.
        Withdrawn = "withdrawn",
        /// Agreed, and then called off.
        Cancelled = "cancelled",
        /// Agreed, and then one side did not come.
        NoShow = "no_show",
    }
}

impl State {
    /// The word as sentences have it.
    pub fn in_words(self) -> &'static str {
        match self {
            Self::HandedOver => "handed over",
            Self::NoShow => "missed",
            other => other.as_str(),
        }
    }
}

crate::word_enum! {
    /// Who does something about an exchange.
    pub enum Side {
        /// The group that gives, lends or shares.
        Giver = "giver",
        /// The group that receives.
        Receiver = "receiver",
        /// Staff of the network.
        Staff = "staff",
        /// The program, when time has run out.
        System = "system",
    }
}

impl Side {
    /// The other of the two groups; staff and the program have none.
    pub fn other(self) -> Option<Self> {
        match self {
            Self::Giver => Some(Self::Receiver),
            Self::Receiver => Some(Self::Giver),
            Self::Staff | Self::System => None,
        }
    }
}

crate::word_enum! {
    /// Why something that was agreed is called off.
    pub enum CancelReason {
        /// The receiver does not need it any more.
        NotNeeded = "not_needed",
        /// The giver does not have it any more.
        NotThereAnyMore = "not_there_any_more",
        /// No time or no way was found.
        CouldNotArrange = "could_not_arrange",
        /// It is not what the listing said.
        NotAsDescribed = "not_as_described",
        /// The two sides do not agree on what happened.
        Disputed = "disputed",
        /// Something else: the words say what.
        OtherReason = "other_reason",
    }
}

crate::word_enum! {
    /// How an exchange went.
    pub enum HowItWent {
        /// As it should.
        Well = "well",
        /// Somewhat.
        Fairly = "fairly",
        /// Not as it should.
        Badly = "badly",
    }
}

crate::word_enum! {
    /// What the good of an exchange is counted in, by its resource type.
    pub enum Measure {
        /// Things and food: what would have been thrown away.
        Kilograms = "kilograms",
        /// Skills and time.
        Hours = "hours",
        /// Spaces: rooms times hours.
        RoomHours = "room_hours",
        /// Transport.
        Miles = "miles",
    }
}

/// The routes of this feature.
pub fn routes(config: &mut ServiceConfig) {
    use handlers::{actions, outcomes};
    config
        .service(handlers::propose_exchange)
        .service(handlers::list_group_exchanges)
        .service(handlers::propose_pair)
        .service(handlers::list_network_exchanges)
        .service(handlers::list_exchange_transitions)
        .service(handlers::get_exchange)
        .service(handlers::get_exchange_calendar)
        .service(actions::accept_exchange)
        .service(actions::decline_exchange)
        .service(actions::withdraw_exchange)
        .service(actions::schedule_exchange)
        .service(actions::hand_over_exchange)
        .service(actions::confirm_exchange)
        .service(actions::cancel_exchange)
        .service(actions::report_no_show)
        .service(actions::return_exchange)
        .service(outcomes::list_outcomes)
        .service(outcomes::tell_outcome)
        .service(outcomes::list_stories);
}
