//! What accounts ask of the database. Every function starts from the user or the session.

use chrono::{DateTime, Utc};
use diesel::{dsl::exists, prelude::*};
use diesel_async::RunQueryDsl;

use crate::{db::Conn, error::Result, http::SignedIn, schema::sessions};

/// Whether the session of an access token is still there: not ended, not expired, and this user's.
pub async fn session_is_alive(conn: &mut Conn, signed_in: SignedIn, now: DateTime<Utc>) -> Result<bool> {
    let session = sessions::table
        .find(signed_in.session_id)
        .filter(sessions::user_id.eq(signed_in.user_id))
        .filter(sessions::ended_at.is_null())
        .filter(sessions::expires_at.gt(now));
    Ok(diesel::select(exists(session)).get_result(conn).await?)
}
