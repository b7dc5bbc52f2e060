//! What the program tells its operator about requests: a log line and a span each, and numbers for Prometheus.

use std::time::Instant;

use actix_web::{
    Error as ActixError, HttpMessage,
    body::MessageBody,
    dev::{ServiceRequest, ServiceResponse},
    http::Method,
    http::header::{CACHE_CONTROL, HeaderName, HeaderValue, X_CONTENT_TYPE_OPTIONS},
    middleware::Next,
};
use tracing_actix_web::RequestId;

/// Middleware: measures each request under its route (never under its path, which holds ids), and sends the request id back.
pub async fn measure(request: ServiceRequest, next: Next<impl MessageBody>) -> Result<ServiceResponse<impl MessageBody>, ActixError> {
    let (start, method) = (Instant::now(), method_of(request.method()));
    let request_id = request.extensions().get::<RequestId>().map(ToString::to_string);
    let route = request.match_pattern().unwrap_or_else(|| "none".to_owned());
    let answer = next.call(request).await;
    let status = answer.as_ref().map_or_else(|error| error.as_response_error().status_code(), ServiceResponse::status);
    let elapsed = start.elapsed();
    // The line about the request is written by `telemetry`, from its span.
    tracing::Span::current().record("elapsed_ms", u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX));
    let labels = [("method", method.to_owned()), ("route", route), ("status", status.as_u16().to_string())];
    metrics::counter!("gotit_http_requests_total", &labels).increment(1);
    metrics::histogram!("gotit_http_request_seconds", &labels).record(elapsed.as_secs_f64());
    let mut response = answer?;
    let headers = response.headers_mut();
    if let Some(id) = request_id.and_then(|id| HeaderValue::from_str(&id).ok()) {
        headers.insert(HeaderName::from_static("x-request-id"), id);
    }
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    if !headers.contains_key(CACHE_CONTROL) {
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
    Ok(response)
}

/// A method as metrics and logs name it. Anybody can send a method of their own invention; those are all `_OTHER`, the word of
/// OpenTelemetry, so that they do not fill the memory with labels.
pub fn method_of(method: &Method) -> &'static str {
    let known = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];
    known.into_iter().find(|known| *known == method.as_str()).unwrap_or("_OTHER")
}
