//! Local networks that groups belong to: their rules, their staff, and how the groups stand in them. The tenant of moderation.

pub mod permissions;
pub mod queries;

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
    }
}

/// The routes of this feature.
pub fn routes(_config: &mut ServiceConfig) {}
