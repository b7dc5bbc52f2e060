//! What a network allows and how it decides, as settings; its ground rules and who has accepted them. docs/POLICIES.md explains each.

pub mod dto;
mod handlers;
pub mod model;
pub mod queries;
pub mod rules;
pub mod service;

use utoipa_actix_web::service_config::ServiceConfig;

crate::word_enum! {
    /// When a network's coordinators look at listings.
    pub enum Review {
        /// Before they are published.
        Before = "before",
        /// Afterwards.
        After = "after",
        /// Before, until the group has so many that were approved; then afterwards.
        Trust = "trust",
    }
}

crate::word_enum! {
    /// Whether listings of other networks may be shown in a network too.
    pub enum CrossPosting {
        /// They may not.
        Off = "off",
        /// After a coordinator has looked.
        Review = "review",
        /// At once, for groups in good standing.
        Open = "open",
    }
}

crate::word_enum! {
    /// What becomes of something about which nobody has decided in time.
    pub enum Undecided {
        /// It waits on.
        Wait = "wait",
        /// It counts as approved.
        Approve = "approve",
        /// It counts as rejected.
        Reject = "reject",
    }
}

/// The routes of this feature.
pub fn routes(config: &mut ServiceConfig) {
    config
        .service(handlers::get_policy)
        .service(handlers::update_policy)
        .service(handlers::get_ground_rules)
        .service(handlers::list_ground_rules_versions)
        .service(handlers::list_group_ground_rules)
        .service(handlers::accept_ground_rules);
}
