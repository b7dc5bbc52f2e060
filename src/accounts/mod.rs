//! People who sign in: accounts, sessions, passwords, access and refresh tokens.

pub mod passwords;
pub mod queries;
pub mod tokens;

use utoipa_actix_web::service_config::ServiceConfig;

/// The routes of this feature.
pub fn routes(_config: &mut ServiceConfig) {}
