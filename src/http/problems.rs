//! Makes every error answer a problem document (RFC 9457): ours, and those that the framework gives by itself.

use actix_web::{
    Error as ActixError, HttpMessage, HttpResponse, ResponseError,
    body::{BoxBody, MessageBody},
    dev::{ServiceRequest, ServiceResponse},
    http::{
        StatusCode,
        header::{
            ACCESS_CONTROL_ALLOW_ORIGIN, CACHE_CONTROL, CONTENT_LENGTH, CONTENT_TYPE, HeaderName, HeaderValue, RETRY_AFTER,
            WWW_AUTHENTICATE, X_CONTENT_TYPE_OPTIONS,
        },
    },
    middleware::Next,
};
use serde::Serialize;
use tracing_actix_web::RequestId;

use crate::{
    error::{Code, Error, Problem},
    types::fields::FieldError,
};

/// A problem document as it is sent.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = Problem, example = json!({
    "type": "/problems/invalid_fields", "title": "Some fields need another look", "status": 422, "detail": "Not accepted: /title.",
    "instance": "/v1/groups/01980a8e-0c7c-7d10-a3c0-2a5f3c1d9e01/listings", "code": "invalid_fields",
    "request_id": "01980a8e-1f00-7a11-8000-5c1f3d2b7a90",
    "errors": [{"pointer": "/title", "code": "too_short", "detail": "Use at least 3 characters; this has 1."}]
}))]
pub struct ProblemOut {
    /// Address of the page that explains the problem.
    #[serde(rename = "type")]
    pub kind: String,
    /// Short name of the problem, the same each time.
    pub title: String,
    /// The HTTP status.
    #[schema(minimum = 400, maximum = 599)]
    pub status: u16,
    /// What happened this time, in plain English. May be shown to people.
    pub detail: String,
    /// Path of the request.
    pub instance: String,
    /// Stable code for programs.
    pub code: String,
    /// Quote it when reporting a problem.
    pub request_id: String,
    /// The fields concerned; empty when no single field is.
    pub errors: Vec<FieldError>,
}

/// Where the code is explained.
pub fn type_of(code: Code) -> String {
    format!("/problems/{}", code.as_str())
}

/// Middleware: passes good answers on, writes the body of bad ones.
pub async fn write_problems(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, ActixError> {
    let path = request.path().to_owned();
    let request_id = request.extensions().get::<RequestId>().map(ToString::to_string).unwrap_or_default();
    let response = match next.call(request).await {
        Ok(response) => response.map_into_boxed_body(),
        // Only a request that was given up comes here; its request object is gone with it.
        Err(error) => return Err(Written(explain(error.as_response_error().status_code(), Some(&error), path, request_id)).into()),
    };
    if !response.status().is_client_error() && !response.status().is_server_error() || is_problem(&response) {
        return Ok(response);
    }
    let document = explain(response.status(), response.response().error(), path, request_id);
    Ok(response.map_body(|head, _| {
        head.status = document.status();
        head.headers.remove(CONTENT_LENGTH);
        for (name, value) in document.headers() {
            head.headers.insert(name, value);
        }
        BoxBody::new(serde_json::to_vec(&document).unwrap_or_default())
    }))
}

/// The document for an error: ours, or what the framework's own answer means in our words.
fn explain(status: StatusCode, error: Option<&ActixError>, instance: String, request_id: String) -> ProblemOut {
    match error.and_then(|error| error.as_error::<Error>()) {
        Some(error) => document_of(error, instance, request_id),
        None => {
            let problem = of_framework(status, error);
            document(problem.code, problem.detail, problem.errors, instance, request_id)
        }
    }
}

/// The document for an error of ours. Logs what the operator must know. For middleware, and for answers that fail when their first
/// lines are sent already.
pub fn document_of(error: &Error, instance: String, request_id: String) -> ProblemOut {
    match error {
        Error::Internal(cause) => tracing::error!(cause = ?cause, "a request failed"),
        Error::Unavailable(cause) => tracing::warn!(%cause, "a request could not be answered for now"),
        Error::Problem(_) => {}
    }
    document(error.code(), error.detail().into_owned(), error.fields().to_vec(), instance, request_id)
}

impl ProblemOut {
    fn status(&self) -> StatusCode {
        StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    /// The headers that go with the document, apart from those of the problem itself.
    fn headers(&self) -> Vec<(HeaderName, HeaderValue)> {
        let mut headers = vec![(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"))];
        match self.status() {
            StatusCode::UNAUTHORIZED => headers.push((WWW_AUTHENTICATE, HeaderValue::from_static(r#"Bearer realm="gotit""#))),
            StatusCode::SERVICE_UNAVAILABLE => headers.push((RETRY_AFTER, HeaderValue::from_static("2"))),
            _ => {}
        }
        headers
    }
}

/// A document whose request is gone: an error that carries its whole answer.
#[derive(Debug)]
struct Written(ProblemOut);

impl std::fmt::Display for Written {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.0.code, self.0.detail)
    }
}

impl ResponseError for Written {
    fn status_code(&self) -> StatusCode {
        self.0.status()
    }

    fn error_response(&self) -> HttpResponse {
        let mut response = HttpResponse::build(self.0.status());
        for header in self.0.headers() {
            response.insert_header(header);
        }
        // The middleware that adds these to other answers is passed by.
        response.insert_header((ACCESS_CONTROL_ALLOW_ORIGIN, "*")).insert_header((CACHE_CONTROL, "no-store"));
        response.insert_header((X_CONTENT_TYPE_OPTIONS, "nosniff")).insert_header(("x-request-id", self.0.request_id.as_str()));
        response.body(serde_json::to_vec(&self.0).unwrap_or_default())
    }
}

fn document(code: Code, detail: String, errors: Vec<FieldError>, instance: String, request_id: String) -> ProblemOut {
    ProblemOut {
        kind: type_of(code),
        title: code.title().to_owned(),
        status: code.status().as_u16(),
        detail,
        instance,
        code: code.as_str().to_owned(),
        request_id,
        errors,
    }
}

/// What the framework's own answer means in our words.
fn of_framework(status: StatusCode, error: Option<&ActixError>) -> Problem {
    let said = error.map(ToString::to_string).unwrap_or_default();
    match status {
        StatusCode::NOT_FOUND => Problem::new(Code::NotFound, "There is nothing at this address."),
        StatusCode::METHOD_NOT_ALLOWED => {
            Problem::new(Code::MethodNotAllowed, "This address does not take that method; the Allow header lists those it takes.")
        }
        StatusCode::REQUEST_TIMEOUT => Problem::new(Code::BodyTimeout, "The request took too long to arrive."),
        StatusCode::PAYLOAD_TOO_LARGE => Problem::new(Code::BodyTooLarge, said),
        StatusCode::UNSUPPORTED_MEDIA_TYPE => Problem::new(Code::UnsupportedMediaType, "Send Content-Type: application/json."),
        StatusCode::SERVICE_UNAVAILABLE => Problem::new(Code::Unavailable, "Too busy just now. Please try again shortly."),
        status if status.is_client_error() => {
            Problem::new(Code::InvalidRequest, if said.is_empty() { "The request cannot be read.".to_owned() } else { said })
        }
        _ => {
            tracing::error!(%said, "the framework answered with an error of its own");
            Problem::new(Code::Internal, "This is our fault, not yours. It has been logged.")
        }
    }
}

fn is_problem(response: &ServiceResponse<BoxBody>) -> bool {
    response.headers().get(CONTENT_TYPE).is_some_and(|value| value.as_bytes().starts_with(b"application/problem+json"))
}
