//! Signing up, signing in, staying in, signing out. Owns the transactions and the audit entries.
//!
//! argon2 takes about 50 ms of a core, and people wait for their turn: no connection of the pool is held meanwhile. Each use
//! case reads and lets go, hashes, then takes a connection again and makes sure that what it read still holds.

pub mod leaving;

use chrono::{DateTime, Duration, Utc};
use secrecy::{ExposeSecret, SecretString};
use serde_json::json;

use super::{
    EndReason,
    model::{Credentials, NewUser, Session, User},
    passwords::{Password, Passwords},
    queries, rules,
    tokens::Secret,
};
use crate::{
    app::App,
    audit::{self, Act},
    db::{Conn, Db, transaction},
    error::{Code, Error, Result},
    http::{
        SignedIn,
        limits::{count_try, forget_tries},
    },
    types::{
        EmailAddress, Refusal,
        fields::FieldError,
        ids::{SessionId, UserId},
        text::{Device, PersonName},
    },
};

/// A new account.
pub struct SignUp {
    /// Address to sign in with.
    pub email: EmailAddress,
    /// Password to sign in with.
    pub password: Password,
    /// The name that other members see.
    pub name: PersonName,
}

/// A sign-in.
pub struct SignIn {
    /// The account's address.
    pub email: EmailAddress,
    /// What was given as its password.
    pub password: SecretString,
    /// What the person calls the device.
    pub device: Option<Device>,
}

/// What a person may change about the account.
pub struct Profile {
    /// The name that other members see.
    pub name: PersonName,
    /// Whether notices are mailed.
    pub mail_notices: bool,
}

/// A change of password.
pub struct PasswordChange {
    /// What was given as the present password.
    pub current: SecretString,
    /// The password from now on.
    pub new: Password,
}

/// Tokens for a session, to be shown once.
pub struct Granted {
    /// The signed access token.
    pub access_token: String,
    /// The refresh token that is good from now on.
    pub refresh_token: Secret,
    /// When the session ends unless it is renewed.
    pub expires_at: DateTime<Utc>,
    /// The session.
    pub session_id: SessionId,
}

/// What came of a refresh token, with the account that it names. Each is committed, also where the request then fails.
enum Renewal {
    Renewed(Session, Secret),
    Reused(UserId),
    Over(Option<UserId>),
}

/// Makes an account; none, and nothing changed, when the address has one. The work is the same either way. Takes a
/// connection only once the password is hashed.
pub async fn create_user(db: &Db, passwords: &Passwords, new: SignUp, now: DateTime<Utc>) -> Result<Option<UserId>> {
    let user = NewUser {
        id: UserId::new(),
        email: new.email.as_str().to_owned(),
        name: new.name.into_string(),
        password_hash: passwords.hash(&new.password).await?,
        password_changed_at: now,
        created_at: now,
        updated_at: now,
    };
    let added = queries::insert_user(&mut *db.conn().await?, &user).await?;
    Ok(added.then_some(user.id))
}

/// Makes an account for a visitor at a network address, who is not told whether there was one.
pub async fn sign_up(app: &App, address: &str, new: SignUp) -> Result<()> {
    let now = app.clock.now();
    count_try(&mut *app.db.conn().await?, ("sign_up_address", address), rules::SIGN_UPS, now).await?;
    create_user(&app.db, &app.passwords, new, now).await?;
    Ok(())
}

/// Begins a session. The same answer and the same work for a wrong password and for an address without an account.
pub async fn sign_in(app: &App, address: &str, given: SignIn) -> Result<Granted> {
    let now = app.clock.now();
    let account = ("sign_in_account", given.email.as_str());
    let known = {
        let mut conn = app.db.conn().await?;
        count_try(&mut conn, ("sign_in_address", address), rules::SIGN_INS_FROM_ADDRESS, now).await?;
        count_try(&mut conn, account, rules::SIGN_INS_OF_ACCOUNT, now).await?;
        queries::credentials_of_address(&mut conn, &given.email).await?
    };
    let fits = app.passwords.verify(given.password, known.as_ref().map(|known| known.password_hash.clone())).await?;
    let checked = known.filter(|_| fits).ok_or_else(wrong_credentials)?;
    let (session, refresh_token) = transaction(&mut *app.db.conn().await?, async |tx| {
        forget_tries(tx, account).await?;
        begin_session(tx, &checked, given.device, now).await
    })
    .await?;
    grant(app, &session, refresh_token, now)
}

/// Adds the session, unless the password was changed since it was checked.
async fn begin_session(tx: &mut Conn, checked: &Credentials, device: Option<Device>, now: DateTime<Utc>) -> Result<(Session, Secret)> {
    if !queries::hold_credentials(tx, checked).await? {
        return Err(wrong_credentials());
    }
    let refresh_token = Secret::generate();
    let session = Session {
        id: SessionId::new(),
        user_id: checked.id,
        device: device.map(Device::into_string),
        created_at: now,
        last_used_at: now,
        expires_at: rules::expiry(now, now),
        ended_at: None,
    };
    queries::insert_session(tx, &session, refresh_token.hash.clone()).await?;
    Ok((session, refresh_token))
}

/// Renews a session with its newest refresh token. An older one ends the session, and that stays although the request fails.
pub async fn refresh_session(app: &App, address: &str, token: &SecretString) -> Result<Granted> {
    let now = app.clock.now();
    let mut conn = app.db.conn().await?;
    count_try(&mut conn, ("refresh_address", address), rules::RENEWALS_FROM_ADDRESS, now).await?;
    let (account, detail) = match transaction(&mut conn, async |tx| renew(tx, token, now).await).await? {
        Renewal::Renewed(session, refresh_token) => return grant(app, &session, refresh_token, now),
        Renewal::Reused(user) => (
            Some(user),
            "This refresh token was used before, so somebody else may have it. The session has been ended for safety. Sign in again.",
        ),
        Renewal::Over(user) => (user, "This refresh token is not good, or its session has ended. Sign in again."),
    };
    if let Some(user) = account {
        // Apart from the good ones: whoever has found an old token cannot keep the account's living sessions from being renewed.
        count_try(&mut conn, ("refresh_account refused", &user.to_string()), rules::RENEWALS_OF_ACCOUNT, now).await?;
    }
    Err(Error::problem(Code::SessionEnded, detail))
}

async fn renew(tx: &mut Conn, token: &SecretString, now: DateTime<Utc>) -> Result<Renewal> {
    let Some((session, token)) = queries::lock_session_of_token(tx, &Secret::hash(token.expose_secret())).await? else {
        return Ok(Renewal::Over(None));
    };
    let user = session.user_id;
    if session.ended_at.is_some() || session.expires_at <= now {
        return Ok(Renewal::Over(Some(user)));
    }
    if token.used_at.is_some() {
        queries::end_session(tx, user, session.id, EndReason::TokenReused, now).await?;
        // Nobody knows which of the two holders this is, so it is the system that acts.
        let act = Act::by_program("token_reused", "session", session.id);
        audit::record(tx, now, Act { detail: json!({"user_id": user}), ..act }).await?;
        return Ok(Renewal::Reused(user));
    }
    // Beyond the limit nothing is changed: the token stays good.
    count_try(tx, ("refresh_account", &user.to_string()), rules::RENEWALS_OF_ACCOUNT, now).await?;
    let expires_at = rules::expiry(session.created_at, now);
    queries::use_refresh_token(tx, &token, now, expires_at).await?;
    let next = Secret::generate();
    queries::insert_refresh_token(tx, session.id, next.hash.clone(), now).await?;
    Ok(Renewal::Renewed(Session { last_used_at: now, expires_at, ..session }, next))
}

/// Ends one of the person's own sessions. 404 for any other.
pub async fn end_session(app: &App, signed_in: SignedIn, session: SessionId) -> Result<()> {
    let mut conn = app.db.conn().await?;
    if queries::end_session(&mut conn, signed_in.user_id, session, EndReason::SignedOut, app.clock.now()).await? {
        return Ok(());
    }
    Err(Error::not_found("session"))
}

/// Signs the person out everywhere, the present session included.
pub async fn end_all_sessions(app: &App, signed_in: SignedIn) -> Result<()> {
    let (user, now) = (signed_in.user_id, app.clock.now());
    transaction(&mut *app.db.conn().await?, async |tx| {
        queries::lock_user(tx, user).await?;
        let ended = queries::end_sessions(tx, user, None, EndReason::SignedOutEverywhere, now).await?;
        let act = Act::of(user, "end_all_sessions", "user", user);
        audit::record(tx, now, Act { detail: json!({"sessions_ended": ended}), ..act }).await
    })
    .await
}

/// Changes what `change` makes of the person's account, and gives the account as it is then.
pub async fn update_me(app: &App, conn: &mut Conn, signed_in: SignedIn, change: impl FnOnce(&User) -> Result<Profile>) -> Result<User> {
    transaction(conn, async |tx| {
        let user = queries::lock_user(tx, signed_in.user_id).await?.ok_or_else(account_gone)?;
        let Profile { name, mail_notices } = change(&user)?;
        queries::update_user(tx, user.id, (&name, mail_notices), app.clock.now()).await?;
        Ok(User { name: name.into_string(), mail_notices, ..user })
    })
    .await
}

/// Changes the password and ends the person's other sessions. 422 when the present password is wrong.
pub async fn change_password(app: &App, address: &str, signed_in: SignedIn, change: PasswordChange) -> Result<()> {
    let (user, now) = (signed_in.user_id, app.clock.now());
    let known = check_own_password(app, address, user, change.current, "/current_password").await?;
    let hash = app.passwords.hash(&change.new).await?;
    transaction(&mut *app.db.conn().await?, async |tx| {
        if !queries::replace_password(tx, &known, &hash, now).await? {
            return Err(Error::problem(Code::Conflict, "Your password was changed at the same moment. Try again with the new one."));
        }
        forget_tries(tx, ("change_password", &user.to_string())).await?;
        let ended = queries::end_sessions(tx, user, Some(signed_in.session_id), EndReason::PasswordChanged, now).await?;
        let act = Act::of(user, "change_password", "user", user);
        audit::record(tx, now, Act { detail: json!({"sessions_ended": ended}), ..act }).await
    })
    .await
}

/// The credentials of a person who has given their present password; 422 at `field` when it is not. All operations that ask for it count
/// their tries together.
async fn check_own_password(app: &App, address: &str, user: UserId, given: SecretString, field: &str) -> Result<Credentials> {
    let now = app.clock.now();
    let known = {
        let mut conn = app.db.conn().await?;
        count_try(&mut conn, ("change_password", &user.to_string()), rules::PASSWORD_CHANGES, now).await?;
        count_try(&mut conn, ("change_password address", address), rules::PASSWORD_CHANGES_FROM_ADDRESS, now).await?;
        queries::credentials_of_user(&mut conn, user).await?.ok_or_else(account_gone)?
    };
    if !app.passwords.verify(given, Some(known.password_hash.clone())).await? {
        let refusal = Refusal::new("wrong_password", "This is not your present password. If you have just changed it, give the new one.");
        return Err(vec![FieldError::body(field, refusal)].into());
    }
    Ok(known)
}

/// Forgets sessions that ended or expired more than 30 days ago and old counts of tries; says how many of both.
pub async fn forget_old(conn: &mut Conn, now: DateTime<Utc>) -> Result<usize> {
    let sessions = queries::delete_sessions_before(conn, now - Duration::days(rules::ENDED_KEPT_DAYS)).await?;
    Ok(sessions + queries::delete_old_tries(conn, now).await?)
}

/// For a person whose account went while the request was under way.
pub(super) fn account_gone() -> Error {
    Error::problem(Code::SessionEnded, "This account is no longer there.")
}

fn wrong_credentials() -> Error {
    Error::problem(Code::WrongCredentials, "The e-mail address or the password is wrong. Check both and try again.")
}

fn grant(app: &App, session: &Session, refresh_token: Secret, now: DateTime<Utc>) -> Result<Granted> {
    let access_token = app.tokens.sign(session.user_id, session.id, now)?;
    Ok(Granted { access_token, refresh_token, expires_at: session.expires_at, session_id: session.id })
}
