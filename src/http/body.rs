//! Reads request bodies within their size and time, and gives handlers a deadline: whoever waits, waits at most so long.

use std::time::Duration;

use actix_web::{
    Error as ActixError, HttpMessage,
    body::MessageBody,
    dev::{Payload, ServiceRequest, ServiceResponse},
    middleware::Next,
    web::{Bytes, BytesMut, Data},
};
use futures_util::StreamExt;

use crate::error::{Code, Error};

/// How large and how slow requests may be.
#[derive(Debug, Clone, clap::Args)]
pub struct LimitsConfig {
    /// Largest request body in bytes
    #[arg(long, env = "GOTIT_BODY_BYTES", default_value_t = 64 * 1024)]
    pub body_bytes: usize,
    /// Milliseconds for a request body to arrive
    #[arg(long, env = "GOTIT_BODY_MS", default_value_t = 10_000)]
    pub body_ms: u64,
    /// Milliseconds for the answer, once the request is here; then 503
    #[arg(long, env = "GOTIT_ANSWER_MS", default_value_t = 1_900)]
    pub answer_ms: u64,
    /// Milliseconds for the head of a request (its line and headers) to arrive; then 408 or a closed connection
    #[arg(long, env = "GOTIT_HEAD_MS", default_value_t = 10_000)]
    pub head_ms: u64,
    /// Milliseconds that a connection may wait for its next request
    #[arg(long, env = "GOTIT_IDLE_MS", default_value_t = 30_000)]
    pub idle_ms: u64,
    /// Connections that each worker thread holds open at once
    #[arg(long, env = "GOTIT_CONNECTIONS", default_value_t = 2_000)]
    pub connections: usize,
}

impl Default for LimitsConfig {
    fn default() -> Self {
        Self { body_bytes: 64 * 1024, body_ms: 10_000, answer_ms: 1_900, head_ms: 10_000, idle_ms: 30_000, connections: 2_000 }
    }
}

/// Middleware: reads the body (408, 413), then lets the handler answer in time (503).
pub async fn within_limits(
    mut request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<impl MessageBody>, ActixError> {
    let limits = request.app_data::<Data<LimitsConfig>>().map(|limits| limits.get_ref().clone()).unwrap_or_default();
    let reading = tokio::time::timeout(Duration::from_millis(limits.body_ms), read(request.take_payload(), limits.body_bytes));
    let slow = |_| Err(Error::problem(Code::BodyTimeout, format!("The body did not arrive within {} seconds.", limits.body_ms / 1000)));
    match reading.await.unwrap_or_else(slow) {
        Ok(bytes) => request.set_payload(Payload::from(bytes)),
        Err(error) => return Ok(request.error_response(error).map_into_right_body()),
    }
    match tokio::time::timeout(Duration::from_millis(limits.answer_ms), next.call(request)).await {
        Ok(answer) => answer.map(ServiceResponse::map_into_left_body),
        Err(_) => Err(Error::Unavailable(format!("no answer within {} ms", limits.answer_ms)).into()),
    }
}

async fn read(mut payload: Payload, most: usize) -> Result<Bytes, Error> {
    let mut body = BytesMut::new();
    while let Some(chunk) = payload.next().await {
        let chunk = chunk.map_err(|error| Error::problem(Code::InvalidRequest, format!("The body could not be read: {error}.")))?;
        if body.len() + chunk.len() > most {
            return Err(Error::problem(Code::BodyTooLarge, format!("A body may have at most {most} bytes.")));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body.freeze())
}

#[cfg(test)]
mod tests {
    use std::future::pending;

    use actix_web::{
        App, HttpResponse,
        http::StatusCode,
        middleware::from_fn,
        test::{TestRequest, init_service, try_call_service},
        web,
    };
    use tokio::time::Instant;

    use super::*;
    use crate::db::DbConfig;

    /// The clock stands still, and moves on when there is nothing to do but wait: what this measures does not depend on the machine.
    #[actix_web::test]
    async fn whoever_waits_is_told_within_two_seconds() {
        let app = App::new().wrap(from_fn(within_limits)).default_service(web::to(pending::<HttpResponse>));
        let app = init_service(app).await;
        tokio::time::pause();
        let begun = Instant::now();
        let asking = try_call_service(&app, TestRequest::get().to_request());
        let answer = tokio::time::timeout(Duration::from_secs(60), asking).await.expect("an answer");
        let Err(error) = answer else { panic!("nobody answers here") };
        assert_eq!(error.as_response_error().status_code(), StatusCode::SERVICE_UNAVAILABLE);
        let took = begun.elapsed();
        assert!(Duration::from_millis(1500) < took && took < Duration::from_secs(2), "{took:?}");
    }

    /// What hangs in the database is given up before the request is, so that it frees its connection.
    #[test]
    fn the_database_gives_up_before_whoever_waits() {
        let (limits, db) = (LimitsConfig::default(), DbConfig::default());
        for part in [u64::from(db.db_statement_ms), u64::from(db.db_lock_ms), db.db_acquire_ms] {
            assert!(part < limits.answer_ms);
        }
    }
}
