//! What accounts ask of the database. Every function starts from the user, the session or the credential.

use chrono::{DateTime, Duration, Utc};
use diesel::{
    dsl::{auto_type, exists},
    prelude::*,
};
use diesel_async::RunQueryDsl;

use super::{
    EndReason,
    model::{Credentials, NewUser, RefreshToken, Session, User},
    rules,
};
use crate::{
    db::Conn,
    error::Result,
    http::SignedIn,
    schema::{credential_attempts, refresh_tokens, sessions, users},
    types::{
        EmailAddress,
        ids::{SessionId, UserId},
        text::PersonName,
    },
};

/// The user's sessions that are neither ended nor expired.
#[auto_type(no_type_alias)]
fn living(user: UserId, now: DateTime<Utc>) -> _ {
    sessions::table.filter(sessions::user_id.eq(user)).filter(sessions::ended_at.is_null()).filter(sessions::expires_at.gt(now))
}

/// Whether the session of an access token is still there: not ended, not expired, and this user's.
pub async fn session_is_alive(conn: &mut Conn, signed_in: SignedIn, now: DateTime<Utc>) -> Result<bool> {
    let session = living(signed_in.user_id, now).filter(sessions::id.eq(signed_in.session_id));
    Ok(diesel::select(exists(session)).get_result(conn).await?)
}

/// The person, if there is still an account.
pub async fn user(conn: &mut Conn, id: UserId) -> Result<Option<User>> {
    Ok(users::table.find(id).select(User::as_select()).first(conn).await.optional()?)
}

/// The person, with the row locked until the transaction ends.
pub async fn lock_user(tx: &mut Conn, id: UserId) -> Result<Option<User>> {
    Ok(users::table.find(id).select(User::as_select()).for_no_key_update().first(tx).await.optional()?)
}

/// What a sign-in with this address is checked against.
pub async fn credentials_of_address(conn: &mut Conn, email: &EmailAddress) -> Result<Option<Credentials>> {
    Ok(users::table.filter(users::email.eq(email.as_str())).select(Credentials::as_select()).first(conn).await.optional()?)
}

/// What this person's password is checked against.
pub async fn credentials_of_user(conn: &mut Conn, id: UserId) -> Result<Option<Credentials>> {
    Ok(users::table.find(id).select(Credentials::as_select()).first(conn).await.optional()?)
}

/// Whether the credentials are still this person's, and stay so until the transaction ends.
pub async fn hold_credentials(tx: &mut Conn, checked: &Credentials) -> Result<bool> {
    let row = users::table.find(checked.id).filter(users::password_hash.eq(&checked.password_hash)).select(users::id).for_share();
    Ok(row.first::<UserId>(tx).await.optional()?.is_some())
}

/// Adds an account; false, and nothing changed, when the address has one.
pub async fn insert_user(conn: &mut Conn, new: &NewUser) -> Result<bool> {
    let added = diesel::insert_into(users::table).values(new).on_conflict(users::email).do_nothing().execute(conn).await?;
    Ok(added == 1)
}

/// Gives the person another name, and notes whether notices are mailed.
pub async fn update_user(tx: &mut Conn, id: UserId, (name, mail_notices): (&PersonName, bool), now: DateTime<Utc>) -> Result<()> {
    let changed = (users::name.eq(name.as_str()), users::mail_notices.eq(mail_notices), users::updated_at.eq(now));
    diesel::update(users::table.find(id)).set(changed).execute(tx).await?;
    Ok(())
}

/// Replaces the password that was checked; false when another change came first.
pub async fn replace_password(tx: &mut Conn, checked: &Credentials, new_hash: &str, now: DateTime<Utc>) -> Result<bool> {
    let changed = diesel::update(users::table.find(checked.id).filter(users::password_hash.eq(&checked.password_hash)))
        .set((users::password_hash.eq(new_hash), users::password_changed_at.eq(now), users::updated_at.eq(now)))
        .execute(tx)
        .await?;
    Ok(changed == 1)
}

/// Deletes the person. What hangs on them goes too, or stays without them.
pub async fn delete_user(tx: &mut Conn, id: UserId) -> Result<()> {
    diesel::delete(users::table.find(id)).execute(tx).await?;
    Ok(())
}

/// The user's living sessions that began before the session `after`, newest first.
pub async fn living_sessions(
    conn: &mut Conn,
    user: UserId,
    now: DateTime<Utc>,
    after: Option<SessionId>,
    most: i64,
) -> Result<Vec<Session>> {
    let mut query = living(user, now).select(Session::as_select()).order(sessions::id.desc()).limit(most).into_boxed();
    if let Some(after) = after {
        query = query.filter(sessions::id.lt(after));
    }
    Ok(query.load(conn).await?)
}

/// Adds a session with its first refresh token.
pub async fn insert_session(tx: &mut Conn, session: &Session, token_hash: Vec<u8>) -> Result<()> {
    diesel::insert_into(sessions::table).values(session).execute(tx).await?;
    insert_refresh_token(tx, session.id, token_hash, session.created_at).await
}

/// Adds the refresh token that is good from now on. The database allows one unused token per session.
pub async fn insert_refresh_token(tx: &mut Conn, session: SessionId, token_hash: Vec<u8>, now: DateTime<Utc>) -> Result<()> {
    let token = RefreshToken { token_hash, session_id: session, created_at: now, used_at: None };
    diesel::insert_into(refresh_tokens::table).values(&token).execute(tx).await?;
    Ok(())
}

/// The refresh token with its session. The session's row is locked first, until the transaction ends, so that of two requests
/// with one token the second sees that it has been used.
pub async fn lock_session_of_token(tx: &mut Conn, token_hash: &[u8]) -> Result<Option<(Session, RefreshToken)>> {
    let token = refresh_tokens::table.find(token_hash);
    let Some(id) = token.select(refresh_tokens::session_id).first::<SessionId>(tx).await.optional()? else {
        return Ok(None);
    };
    let Some(session) = sessions::table.find(id).select(Session::as_select()).for_update().first(tx).await.optional()? else {
        return Ok(None);
    };
    Ok(token.select(RefreshToken::as_select()).first(tx).await.optional()?.map(|token| (session, token)))
}

/// Marks the token as used, and its session as used now and good until `expires_at`.
pub async fn use_refresh_token(tx: &mut Conn, token: &RefreshToken, now: DateTime<Utc>, expires_at: DateTime<Utc>) -> Result<()> {
    diesel::update(refresh_tokens::table.find(&token.token_hash)).set(refresh_tokens::used_at.eq(now)).execute(tx).await?;
    diesel::update(sessions::table.find(token.session_id))
        .set((sessions::last_used_at.eq(now), sessions::expires_at.eq(expires_at)))
        .execute(tx)
        .await?;
    Ok(())
}

/// Ends one of the user's living sessions; false when there is no such one.
pub async fn end_session(conn: &mut Conn, user: UserId, session: SessionId, reason: EndReason, now: DateTime<Utc>) -> Result<bool> {
    let ended = diesel::update(living(user, now).filter(sessions::id.eq(session)))
        .set((sessions::ended_at.eq(now), sessions::end_reason.eq(reason)))
        .execute(conn)
        .await?;
    Ok(ended == 1)
}

/// Ends all the user's living sessions but `kept`, and says how many. The caller has locked the user, so that two such changes
/// do not wait for each other's sessions.
pub async fn end_sessions(tx: &mut Conn, user: UserId, kept: Option<SessionId>, reason: EndReason, now: DateTime<Utc>) -> Result<usize> {
    let kept = kept.map_or_else(uuid::Uuid::nil, |session| session.0);
    Ok(diesel::update(living(user, now).filter(sessions::id.ne(kept)))
        .set((sessions::ended_at.eq(now), sessions::end_reason.eq(reason)))
        .execute(tx)
        .await?)
}

/// Deletes sessions, with their tokens, that ended or expired before `time`, and says how many.
pub async fn delete_sessions_before(conn: &mut Conn, time: DateTime<Utc>) -> Result<usize> {
    let old = sessions::table.filter(sessions::ended_at.lt(time).or(sessions::expires_at.nullable().lt(time)));
    Ok(diesel::delete(old).execute(conn).await?)
}

/// Deletes the counts of tries whose window is over, and says how many.
pub async fn delete_old_tries(conn: &mut Conn, now: DateTime<Utc>) -> Result<usize> {
    let before = now - Duration::days(rules::TRIES_KEPT_DAYS);
    Ok(diesel::delete(credential_attempts::table.filter(credential_attempts::window_start.lt(before))).execute(conn).await?)
}
