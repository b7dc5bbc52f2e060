//! Automatic checks of what groups post. Each finding names its check, points at the words, and says what to do; what comes of it (a
//! warning, a review, a refusal) is the network's setting.

mod handlers;
pub mod queries;
pub mod rules;
pub mod service;
pub mod shown;

use serde::{Deserialize, Serialize};
use utoipa_actix_web::service_config::ServiceConfig;

use crate::types::ids::ListingId;

crate::word_enum! {
    /// What a check looks for.
    pub enum Rule {
        /// The group has a listing that says the same, or nearly.
        DuplicateOwn = "duplicate_own",
        /// Another group has a listing that says nearly the same.
        DuplicateOther = "duplicate_other",
        /// It is out of the network's area.
        OutOfArea = "out_of_area",
        /// The group posted the same a short while ago.
        RepeatedTooSoon = "repeated_too_soon",
        /// It does not say what it is about.
        TooVague = "too_vague",
        /// An offer that reads like a want, or a want that reads like an offer.
        WrongKind = "wrong_kind",
        /// A telephone number, an e-mail or web address, or a street address in public words.
        ContactDetails = "contact_details",
        /// It is about a private person.
        PrivatePerson = "private_person",
        /// Something that has to be said of this kind of thing is not said.
        MissingFacts = "missing_facts",
        /// Food.
        Food = "food",
        /// Medicines.
        Medicines = "medicines",
        /// Knives and other blades.
        Knives = "knives",
        /// Car seats for children.
        CarSeats = "car_seats",
        /// Alcohol.
        Alcohol = "alcohol",
        /// Tobacco and vapes.
        Tobacco = "tobacco",
        /// Weapons and fireworks.
        Weapons = "weapons",
        /// Animals.
        Animals = "animals",
        /// Loans of things.
        Loans = "loans",
        /// Electrical things that are used.
        Electricals = "electricals",
        /// Money, vouchers and lotteries.
        Money = "money",
    }
}

crate::word_enum! {
    /// What a network does about a finding.
    pub enum Action as "CheckAction" {
        /// Nothing: it is not looked for.
        Off = "off",
        /// Tell the poster, and go on.
        Warn = "warn",
        /// Publish only after a coordinator has looked.
        Hold = "hold",
        /// Do not take it.
        Refuse = "refuse",
    }
}

/// What a check found. Stored with what waits for a coordinator; its sentence is made when it is read.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Finding {
    /// Which check.
    pub rule: Rule,
    /// What the network does about it.
    pub action: Action,
    /// Where, as a JSON pointer into the listing, for example `/title`.
    pub pointer: String,
    /// The words concerned, as they were written; none when it is not about words.
    pub words: Option<String>,
    /// The other listing, when it is about one.
    pub listing: Option<ListingId>,
}

impl Finding {
    /// What is wrong and what to do, as the poster reads it.
    pub fn sentence(&self) -> String {
        self.rule.sentence(self.words.as_deref())
    }

    /// Whether nobody is to see the listing before somebody has looked: the network holds it for that, or refuses it.
    pub fn stops(&self) -> bool {
        matches!(self.action, Action::Hold | Action::Refuse)
    }
}

crate::word_enum! {
    /// What becomes of a listing if it is posted.
    pub enum Outcome as "CheckOutcome" {
        /// It is published at once.
        Published = "published",
        /// A coordinator looks at it first.
        Held = "held",
        /// It is not taken.
        Refused = "refused",
    }
}

/// The routes of this feature.
pub fn routes(config: &mut ServiceConfig) {
    config.service(handlers::check_listing);
}
