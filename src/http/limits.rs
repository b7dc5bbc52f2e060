//! Limits on doors that check a credential, counted in PostgreSQL so that all API processes count together.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};

use actix_web::{HttpRequest, http::header::HeaderMap};
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

/// The network address that a request is counted under. Behind a proxy it is what the proxy reports, if the operator has said
/// that there is one.
pub fn address_of(request: &HttpRequest) -> Result<String> {
    let reported = if app_of(request)?.config.behind_proxy { reported_by_proxy(request.headers()) } else { None };
    Ok(counted_as(reported.or_else(|| request.peer_addr().map(|peer| peer.ip()))))
}

/// The last entry of X-Forwarded-For: the one that our proxy wrote. Those before it, and Forwarded, may be the client's own.
fn reported_by_proxy(headers: &HeaderMap) -> Option<IpAddr> {
    let last = headers.get_all("x-forwarded-for").last()?.to_str().ok()?.rsplit(',').next()?.trim();
    last.parse().ok().or_else(|| last.parse::<SocketAddr>().ok().map(|address| address.ip()))
}

/// A whole /64 for IPv6, since one household has as much; IPv4 as it is, also where the socket shows it as IPv6.
fn counted_as(address: Option<IpAddr>) -> String {
    match address.map(|address| address.to_canonical()) {
        Some(IpAddr::V6(address)) => Ipv6Addr::from_bits(address.to_bits() >> 64 << 64).to_string(),
        Some(IpAddr::V4(address)) => address.to_string(),
        None => "unknown".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::{HeaderName, HeaderValue};

    use super::*;

    #[test]
    fn one_household_counts_as_one_and_two_do_not() {
        let counted = |text: &str| counted_as(text.parse().ok());
        assert_eq!(counted("2001:db8:1:2:aaaa::1"), counted("2001:db8:1:2:bbbb::2"));
        assert_ne!(counted("2001:db8:1:2::1"), counted("2001:db8:1:3::1"));
        assert_eq!(counted("::ffff:192.0.2.7"), "192.0.2.7");
        assert_ne!(counted("::ffff:192.0.2.7"), counted("::ffff:192.0.2.8"));
    }

    #[test]
    fn what_a_client_writes_into_forwarding_headers_does_not_count() {
        let mut headers = HeaderMap::new();
        let mut add = |name: &'static str, value| headers.append(HeaderName::from_static(name), HeaderValue::from_static(value));
        add("forwarded", "for=198.51.100.1");
        add("x-forwarded-for", "198.51.100.2, 198.51.100.3");
        add("x-forwarded-for", "198.51.100.4, 192.0.2.7:443");
        assert_eq!(reported_by_proxy(&headers), "192.0.2.7".parse().ok());
        assert_eq!(reported_by_proxy(&HeaderMap::new()), None);
    }
}
