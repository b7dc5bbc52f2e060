//! Groups that are not online: a network's staff act for them, with recorded consent, and call them. How to reach such a group, and what it
//! agreed to, is for that staff and the group itself; it is deleted when the consent ends.
//!
//! Who acts for a group is decided in `groups::queries::acting_as`: the staff of the network that assists it may do what its editors may.
//! What they post is marked (`listings.posted_by_staff`), which nobody but staff sees.

mod dto;
mod handlers;
pub mod model;
pub mod queries;
pub mod rules;
pub mod service;

use utoipa_actix_web::service_config::ServiceConfig;

crate::word_enum! {
    /// How to reach a group that is not online.
    pub enum Way as "WayToReach" {
        /// By telephone.
        Call = "call",
        /// By text message.
        Text = "text",
        /// By letter.
        Post = "post",
        /// Through somebody who helps the group.
        ThroughHelper = "through_helper",
    }
}

crate::word_enum! {
    /// How a group agreed that staff act for it.
    pub enum ConsentGiven {
        /// It said so.
        Spoken = "spoken",
        /// It wrote so.
        Written = "written",
    }
}

crate::word_enum! {
    /// Whether staff act for a group.
    pub enum AssistanceState {
        /// It has members, and none of its owners has said yes yet.
        Asked = "asked",
        /// They do.
        Begun = "begun",
    }
}

/// The routes of this feature.
pub fn routes(config: &mut ServiceConfig) {
    config
        .service(handlers::create_assisted_group)
        .service(handlers::list_assisted_groups)
        .service(handlers::get_assistance)
        .service(handlers::set_assistance)
        .service(handlers::end_assistance)
        .service(handlers::get_own_assistance)
        .service(handlers::end_own_assistance)
        .service(handlers::confirm_assistance)
        .service(handlers::follow_ups::list_follow_ups)
        .service(handlers::follow_ups::finish_follow_up);
}
