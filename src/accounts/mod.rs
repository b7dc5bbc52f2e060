//! People who sign in: accounts, sessions, passwords, access and refresh tokens.
//!
//! A session is one sign-in on one device. It lives from its first refresh token to the last of that family, and ends when its
//! person says so, when the password changes elsewhere, or when a refresh token is used twice.

pub mod dto;
pub mod handlers;
pub mod model;
pub mod passwords;
pub mod queries;
pub mod rules;
pub mod service;
pub mod tokens;

use utoipa_actix_web::service_config::ServiceConfig;

crate::word_enum! {
    /// Why a session was ended before its time.
    pub enum EndReason {
        /// Its person signed out.
        SignedOut = "signed_out",
        /// Its person signed out on all devices.
        SignedOutEverywhere = "signed_out_everywhere",
        /// The password was changed in another session.
        PasswordChanged = "password_changed",
        /// An old refresh token was used again: one of two holders has stolen it.
        TokenReused = "token_reused",
    }
}

/// The routes of this feature.
pub fn routes(config: &mut ServiceConfig) {
    config
        .service(handlers::sign_up)
        .service(handlers::sign_in)
        .service(handlers::refresh_session)
        .service(handlers::list_sessions)
        .service(handlers::end_session)
        .service(handlers::end_all_sessions)
        .service(handlers::get_me)
        .service(handlers::update_me)
        .service(handlers::delete_me)
        .service(handlers::change_password)
        .service(handlers::get_jwks);
}
