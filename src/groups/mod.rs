//! Organisations that offer and want, and the people who act for them. A group is the party to every exchange.

pub mod permissions;
pub mod queries;

use utoipa_actix_web::service_config::ServiceConfig;

pub use permissions::{GroupEditor, GroupOwner, GroupViewer};

crate::word_enum! {
    /// What a person may do for a group. Each role includes those before it.
    pub enum Role {
        /// Reads everything of the group.
        Viewer = "viewer",
        /// Posts for the group.
        Editor = "editor",
        /// Runs the group: its people and its description.
        Owner = "owner",
    }
}

impl Role {
    /// Whether this role may do what `other` may.
    pub fn includes(self, other: Self) -> bool {
        self >= other
    }
}

/// The routes of this feature.
pub fn routes(_config: &mut ServiceConfig) {}
