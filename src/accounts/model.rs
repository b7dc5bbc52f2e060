//! Rows of accounts and sessions. None prints: they hold personal data and secrets.

use chrono::{DateTime, Utc};
use diesel::prelude::*;

use crate::{
    schema::{refresh_tokens, sessions, users},
    types::ids::{SessionId, UserId},
};

/// A person with an account, without the password.
#[derive(Queryable, Selectable)]
#[diesel(table_name = users)]
pub struct User {
    /// Id.
    pub id: UserId,
    /// E-mail address in lower case, for its owner alone.
    pub email: String,
    /// The name that other members see.
    pub name: String,
    /// Whether notices of the person's groups are mailed.
    pub mail_notices: bool,
    /// When the account was made.
    pub created_at: DateTime<Utc>,
}

/// What a password is checked against.
#[derive(Queryable, Selectable)]
#[diesel(table_name = users)]
pub struct Credentials {
    /// Whose.
    pub id: UserId,
    /// PHC string.
    pub password_hash: String,
}

/// A new account.
#[derive(Insertable)]
#[diesel(table_name = users)]
pub struct NewUser {
    /// Id.
    pub id: UserId,
    /// E-mail address in lower case.
    pub email: String,
    /// The name that other members see.
    pub name: String,
    /// PHC string.
    pub password_hash: String,
    /// Now, for a new account.
    pub password_changed_at: DateTime<Utc>,
    /// Now.
    pub created_at: DateTime<Utc>,
    /// Now.
    pub updated_at: DateTime<Utc>,
}

/// A sign-in on one device.
#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = sessions)]
pub struct Session {
    /// Id: the `sid` of its access tokens.
    pub id: SessionId,
    /// Whose.
    pub user_id: UserId,
    /// What its person calls the device.
    pub device: Option<String>,
    /// When it began.
    pub created_at: DateTime<Utc>,
    /// When a token was last renewed.
    pub last_used_at: DateTime<Utc>,
    /// When it ends if it is not used.
    pub expires_at: DateTime<Utc>,
    /// When it was ended.
    pub ended_at: Option<DateTime<Utc>>,
}

/// A refresh token, as it is stored.
#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = refresh_tokens)]
pub struct RefreshToken {
    /// SHA-256 of the token.
    pub token_hash: Vec<u8>,
    /// The session that it renews.
    pub session_id: SessionId,
    /// When it was given out.
    pub created_at: DateTime<Utc>,
    /// When it was used; none while it is good.
    pub used_at: Option<DateTime<Utc>>,
}
