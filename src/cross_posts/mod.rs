//! Listings that are shown in a second network. Each network decides for itself; what its home network does not show is shown nowhere
//! (`listings.is_open`), and a group that is out of a network disappears from it (`cross_posts.is_shown`).
//!
//! Which offers fit which wants does not depend on this: matching is across networks. It decides whether a listing stands among those of
//! the other network, when somebody browses that network or its staff look for what fits.

pub mod dto;
mod handlers;
pub mod model;
pub mod queries;
pub mod rules;
pub mod service;

use utoipa_actix_web::service_config::ServiceConfig;

/// The routes of this feature.
pub fn routes(config: &mut ServiceConfig) {
    config.service(handlers::list_cross_posts).service(handlers::show_in_network).service(handlers::hide_from_network);
}
