//! Local networks that groups belong to: their rules, their staff, and how the groups stand in them. The tenant of moderation.

mod dto;
mod handlers;
pub mod jobs;
pub mod model;
pub mod permissions;
pub mod queries;
pub mod rules;
pub mod service;

use utoipa_actix_web::service_config::ServiceConfig;

pub use permissions::{NetworkCoordinator, NetworkStaff};

crate::word_enum! {
    /// What a person does for a network.
    pub enum StaffRole {
        /// May propose matches and post for others.
        Broker = "broker",
        /// Decides.
        Coordinator = "coordinator",
    }
}

crate::word_enum! {
    /// How a group stands in a network.
    pub enum Standing {
        /// A coordinator has made it and asked its people in; nobody has come yet.
        Invited = "invited",
        /// Asked to join; nobody has decided.
        AwaitingReview = "awaiting_review",
        /// In good standing: its listings can be found.
        Approved = "approved",
        /// Has to change something before it is decided.
        ChangesRequested = "changes_requested",
        /// Was not let in.
        Rejected = "rejected",
        /// Was in, and is not for now.
        Suspended = "suspended",
        /// In good standing for now: has to say that it is still there and that what it says is true.
        RecertificationRequired = "recertification_required",
        /// The group has been closed for good.
        Closed = "closed",
    }
}

/// The routes of this feature.
pub fn routes(config: &mut ServiceConfig) {
    config
        .service(handlers::list_networks)
        .service(handlers::get_network)
        .service(handlers::update_network)
        .service(handlers::list_staff)
        .service(handlers::set_staff_role)
        .service(handlers::remove_staff)
        .service(handlers::list_network_groups)
        .service(handlers::approve_group)
        .service(handlers::ask_group_for_changes)
        .service(handlers::reject_group)
        .service(handlers::suspend_group)
        .service(handlers::reinstate_group);
}
