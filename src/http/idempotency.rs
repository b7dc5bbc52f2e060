//! Idempotency-Key: a creating request that is repeated creates nothing twice (IETF draft-ietf-httpapi-idempotency-key-header-07).
//!
//! The key is stored in the transaction of the change it protects. While that runs, a second request with the same key waits
//! on the key's unique index until the lock timeout, and is then told that the first is still running.

use actix_web::{FromRequest, HttpRequest, dev::Payload};
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use serde::Serialize;
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::{
    answers::Created,
    json::{Now, now},
};
use crate::{
    db::{Conn, transaction},
    error::{Code, Error, Result},
    schema::idempotency_keys,
    types::{Refusal, fields::FieldError, ids::UserId},
};

/// How long first answers are kept.
pub const KEPT_HOURS: i64 = 24;

/// What the request says about being repeated.
#[derive(Debug)]
pub struct Idempotency {
    key: Option<String>,
    operation: String,
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = idempotency_keys)]
struct FirstAnswer {
    request_hash: Vec<u8>,
    headers: Option<Value>,
    body: Option<Value>,
}

impl Idempotency {
    /// Runs `create` and remembers its answer under the user's key; gives the first answer again when the same request is
    /// repeated. 422 when the key was used for another request, 409 while the first is still running.
    pub async fn once(
        &self,
        conn: &mut Conn,
        (user, now): (UserId, DateTime<Utc>),
        body: &impl Serialize,
        create: impl AsyncFnOnce(&mut Conn) -> Result<Created>,
    ) -> Result<Created> {
        let Some(key) = &self.key else {
            return create(conn).await;
        };
        let hash = self.hash(body)?;
        transaction(conn, async |tx| {
            if let Some(first) = self.claim(tx, (user, now), key, &hash).await? {
                return first.replay(&hash);
            }
            let answer = create(tx).await?;
            remember(tx, user, key, &answer).await?;
            Ok(answer)
        })
        .await
    }

    /// Takes the key for this request, or gives the answer of the request that took it first.
    async fn claim(&self, tx: &mut Conn, (user, now): (UserId, DateTime<Utc>), key: &str, hash: &[u8]) -> Result<Option<FirstAnswer>> {
        let expired = now - chrono::Duration::hours(KEPT_HOURS);
        diesel::delete(idempotency_keys::table.find((user, key)).filter(idempotency_keys::created_at.lt(expired))).execute(tx).await?;
        let claimed = diesel::insert_into(idempotency_keys::table)
            .values((
                idempotency_keys::user_id.eq(user),
                idempotency_keys::key.eq(key),
                idempotency_keys::operation.eq(&self.operation),
                idempotency_keys::request_hash.eq(hash),
                idempotency_keys::created_at.eq(now),
            ))
            .on_conflict_do_nothing()
            .execute(tx)
            .await
            .map_err(still_running)?;
        if claimed == 1 {
            return Ok(None);
        }
        Ok(Some(idempotency_keys::table.find((user, key)).select(FirstAnswer::as_select()).first(tx).await?))
    }

    fn hash(&self, body: &impl Serialize) -> Result<Vec<u8>> {
        let body = serde_json::to_vec(body).map_err(|error| Error::Internal(error.into()))?;
        Ok(Sha256::new().chain_update(self.operation.as_bytes()).chain_update([0]).chain_update(body).finalize().to_vec())
    }
}

impl FirstAnswer {
    fn replay(self, hash: &[u8]) -> Result<Created> {
        if self.request_hash != hash {
            return Err(Error::problem(
                Code::IdempotencyKeyReused,
                "This key belongs to a request with another body or address. Make a new key for each new request.",
            ));
        }
        let headers = self.headers.unwrap_or_default();
        Ok(Created {
            location: headers.get("location").and_then(Value::as_str).unwrap_or_default().to_owned(),
            version: headers.get("version").and_then(Value::as_i64).and_then(|version| version.try_into().ok()),
            body: self.body.unwrap_or_default(),
            once: None,
        })
    }
}

async fn remember(tx: &mut Conn, user: UserId, key: &str, answer: &Created) -> Result<()> {
    diesel::update(idempotency_keys::table.find((user, key)))
        .set((
            idempotency_keys::status.eq(201_i16),
            idempotency_keys::headers.eq(serde_json::json!({"location": answer.location, "version": answer.version})),
            idempotency_keys::body.eq(answer.lasting_body()),
        ))
        .execute(tx)
        .await?;
    Ok(())
}

/// Forgets answers that are older than [`KEPT_HOURS`].
pub async fn forget_old(conn: &mut Conn, now: DateTime<Utc>) -> Result<usize> {
    let expired = now - chrono::Duration::hours(KEPT_HOURS);
    Ok(diesel::delete(idempotency_keys::table.filter(idempotency_keys::created_at.lt(expired))).execute(conn).await?)
}

fn still_running(error: diesel::result::Error) -> Error {
    match Error::from(error) {
        Error::Unavailable(cause) if cause.contains("lock timeout") => Error::problem(
            Code::IdempotencyInProgress,
            "The first request with this Idempotency-Key is still running. Wait a second and send it again.",
        ),
        other => other,
    }
}

impl FromRequest for Idempotency {
    type Error = Error;
    type Future = Now<Self>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let key = request.headers().get("idempotency-key").map(|value| {
            let key = value.to_str().unwrap_or_default();
            let sound = (1..=255).contains(&key.len()) && key.chars().all(|c| c.is_ascii_graphic() || c == ' ');
            sound.then(|| key.to_owned()).ok_or_else(|| {
                Error::from(vec![FieldError::header(
                    "Idempotency-Key",
                    Refusal::new("malformed", "Use 1 to 255 printable ASCII characters, for example a UUID."),
                )])
            })
        });
        let operation = format!("{} {}", request.method(), request.path());
        now(key.transpose().map(|key| Self { key, operation }))
    }
}
