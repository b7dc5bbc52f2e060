//! Limits on doors that check a credential, counted in PostgreSQL so that all API processes count together.

use std::net::{IpAddr, Ipv6Addr};

use actix_web::HttpRequest;
use chrono::{DateTime, Duration, Utc};
use diesel::{prelude::*, sql_types};
use diesel_async::RunQueryDsl;
use sha2::{Digest, Sha256};

use super::auth::app_of;
use crate::{
    db::Conn,
    error::{Error, Result},
};

/// How many tries a door allows in how long.
#[derive(Debug, Clone, Copy)]
pub struct Allowance {
    /// Tries in one window.
    pub tries: i32,
    /// Length of the window in minutes.
    pub minutes: i64,
}

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = sql_types::Integer)]
    attempts: i32,
    #[diesel(sql_type = sql_types::Timestamptz)]
    window_start: DateTime<Utc>,
}

/// Counts one try at `door` by `who` (an account or a network address); 429 with Retry-After when there were too many.
pub async fn count_try(conn: &mut Conn, (door, who): (&str, &str), allowance: Allowance, now: DateTime<Utc>) -> Result<()> {
    let bucket = bucket(door, who);
    let window = Duration::minutes(allowance.minutes);
    let count: Count = diesel::sql_query(
        "insert into credential_attempts (bucket, window_start, attempts) values ($1, $2, 1)
         on conflict (bucket) do update set
           attempts = case when credential_attempts.window_start > $3 then credential_attempts.attempts + 1 else 1 end,
           window_start = case when credential_attempts.window_start > $3 then credential_attempts.window_start else $2 end
         returning attempts, window_start",
    )
    .bind::<sql_types::Binary, _>(bucket)
    .bind::<sql_types::Timestamptz, _>(now)
    .bind::<sql_types::Timestamptz, _>(now - window)
    .get_result(conn)
    .await?;
    if count.attempts <= allowance.tries {
        return Ok(());
    }
    let wait = (count.window_start + window - now).num_seconds().max(1);
    Err(Error::too_many_requests(
        wait.unsigned_abs(),
        format!("Too many tries. Wait {} minutes and try again.", wait.unsigned_abs().div_ceil(60)),
    ))
}

/// Forgets the tries at `door` by `who`, once the credential was right.
pub async fn forget_tries(conn: &mut Conn, (door, who): (&str, &str)) -> Result<()> {
    use crate::schema::credential_attempts as attempts;
    diesel::delete(attempts::table.find(bucket(door, who))).execute(conn).await?;
    Ok(())
}

fn bucket(door: &str, who: &str) -> Vec<u8> {
    Sha256::new().chain_update(door).chain_update([0]).chain_update(who).finalize().to_vec()
}

/// The network address that a request is counted under: a whole /64 for IPv6, since one household has as much.
/// Behind a proxy it is what the proxy reports, if the operator has said that there is one.
pub fn address_of(request: &HttpRequest) -> Result<String> {
    let app = app_of(request)?;
    let reported =
        request.connection_info().realip_remote_addr().filter(|_| app.config.behind_proxy).and_then(|address| address.parse().ok());
    let address = reported.or_else(|| request.peer_addr().map(|peer| peer.ip()));
    Ok(match address {
        Some(IpAddr::V6(address)) => Ipv6Addr::from_bits(address.to_bits() >> 64 << 64).to_string(),
        Some(IpAddr::V4(address)) => address.to_string(),
        None => "unknown".to_owned(),
    })
}
