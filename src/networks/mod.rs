//! Local networks that groups belong to: their rules, their staff, and how the groups stand in them. The tenant of moderation.

mod dto;
mod handlers;
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
        /// Asked to join; nobody has decided.
        AwaitingReview = "awaiting_review",
        /// In good standing: its listings can be found.
        Approved = "approved",
        /// Was not let in.
        Rejected = "rejected",
        /// Was in, and is not for now.
        Suspended = "suspended",
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
        .service(handlers::reject_group)
        .service(handlers::suspend_group)
        .service(handlers::reinstate_group);
}
