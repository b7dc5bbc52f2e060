//! Talks between two groups about an interest and the exchange that may come of it, and the contact details that they show each other.
//!
//! Read by the members of the two groups alone: not by staff, not by anybody else. No word of a message and no contact detail is
//! ever in a log, an audit entry or a notice.

mod dto;
mod handlers;
pub mod jobs;
pub mod model;
pub mod permissions;
pub mod queries;
pub mod rules;
pub mod service;

use utoipa_actix_web::service_config::ServiceConfig;

/// The routes of this feature.
pub fn routes(config: &mut ServiceConfig) {
    config
        .service(handlers::list_group_threads)
        .service(handlers::list_messages)
        .service(handlers::post_message)
        .service(handlers::mark_thread_read)
        .service(handlers::contacts::get_contacts)
        .service(handlers::contacts::show_contact)
        .service(handlers::contacts::take_contact_back);
}
