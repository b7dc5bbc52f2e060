//! What people say is wrong with a listing, a group or a message, and worries about somebody's safety. `docs/REPORTS.md` tells it whole.
//!
//! A report goes to the coordinators of a network, who never learn whose it is. A worry about somebody's safety is no report: it is a
//! flag, which only the network's safeguarding lead can see, and nothing else in the program counts, lists or mentions it.

pub mod dto;
mod handlers;
pub mod jobs;
pub mod model;
pub mod permissions;
pub mod queries;
pub mod rules;
pub mod service;

use utoipa_actix_web::service_config::ServiceConfig;

crate::word_enum! {
    /// What is wrong.
    pub enum Reason as "ReportReason" {
        /// A listing: it says offer, and is a want.
        ShouldBeWant = "should_be_want",
        /// A listing: it says want, and is an offer.
        ShouldBeOffer = "should_be_offer",
        /// A listing: it is not there any more, or nobody answers.
        NotAvailable = "not_available",
        /// It is not as it says.
        Misleading = "misleading",
        /// Somebody asks for money, sells or advertises.
        Money = "money",
        /// It is about a private person, or shows how to reach one.
        PrivatePerson = "private_person",
        /// A group: it is not what it says it is, or nobody knows it.
        NotAGroup = "not_a_group",
        /// Insulting, threatening or hateful.
        Unkind = "unkind",
        /// Dangerous.
        Unsafe = "unsafe",
        /// Against the law.
        Illegal = "illegal",
        /// Somebody may come to harm: a child, or an adult who cannot look after themselves. Goes to the network's safeguarding lead alone.
        Safeguarding = "safeguarding",
        /// Something else: the words say what.
        Other = "other",
    }
}

crate::word_enum! {
    /// What came of a report.
    pub enum Outcome as "ReportOutcome" {
        /// The coordinators have done something.
        Acted = "acted",
        /// They have looked, and left it as it is.
        NotActed = "not_acted",
        /// They have decided about it a short while ago; that stands.
        DecidedBefore = "decided_before",
    }
}

crate::word_enum! {
    /// Where a report stands.
    pub enum State as "ReportState" {
        /// Nobody has decided yet.
        Waiting = "waiting",
        /// The network's coordinators have done something about it.
        Acted = "acted",
        /// They have looked at it, and left things as they are.
        NotActed = "not_acted",
        /// They had decided about it a short while before; that stands for now.
        DecidedBefore = "decided_before",
        /// The network's safeguarding lead has dealt with it.
        DealtWith = "dealt_with",
    }
}

impl From<Option<Outcome>> for State {
    fn from(outcome: Option<Outcome>) -> Self {
        match outcome {
            None => Self::Waiting,
            Some(Outcome::Acted) => Self::Acted,
            Some(Outcome::NotActed) => Self::NotActed,
            Some(Outcome::DecidedBefore) => Self::DecidedBefore,
        }
    }
}

/// The routes of this feature.
pub fn routes(config: &mut ServiceConfig) {
    config
        .service(handlers::create_report)
        .service(handlers::get_report)
        .service(handlers::list_network_reports)
        .service(handlers::list_item_reports)
        .service(handlers::flags::list_safeguarding_flags)
        .service(handlers::flags::get_safeguarding_flag)
        .service(handlers::flags::close_safeguarding_flag)
        .service(handlers::lead::get_safeguarding_lead)
        .service(handlers::lead::set_safeguarding_lead)
        .service(handlers::lead::remove_safeguarding_lead);
}
