//! Which offers fit which wants, how well, and why: the main job of the program. docs/MATCHING.md has the definition.
//!
//! The rules of eligibility and score stand once, as SQL functions (migrations `0006_matching` and `0007_matching_at_scale`) and
//! the statements of [`sql`] that use them. [`rules`] says the same in words. Each layer has a part on similar listings and one on
//! the matches of a whole network.

pub mod dto;
pub mod handlers;
pub mod model;
pub mod notices;
pub mod permissions;
pub mod queries;
pub mod rules;
pub mod service;
pub mod sql;

use utoipa_actix_web::service_config::ServiceConfig;

/// The routes of this feature.
pub fn routes(config: &mut ServiceConfig) {
    config
        .service(handlers::list_listing_matches)
        .service(handlers::list_group_matches)
        .service(handlers::similar::list_similar_listings)
        .service(handlers::network::list_network_matches)
        .service(handlers::list_dismissals)
        .service(handlers::dismiss_match)
        .service(handlers::restore_match)
        .service(handlers::get_matching_method)
        .service(handlers::explain::explain_match)
        .service(handlers::preview::preview_listing);
}
