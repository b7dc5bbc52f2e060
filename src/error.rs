//! The one error type of the program, and the one place that turns it into a problem document (RFC 9457).
//!
//! A handler returns [`Error`]; `http::problems` fills in what only the request knows (its path and id). A 500 has a fixed body:
//! its cause goes to the log, once.

use actix_web::{
    HttpResponse, ResponseError,
    http::{
        StatusCode,
        header::{HeaderName, HeaderValue},
    },
};
use diesel::result::{DatabaseErrorKind, Error as DieselError};

use crate::types::fields::FieldError;

/// Makes the table of problem codes: code, status, title and what to do about it.
macro_rules! problem_codes {
    ($($variant:ident = $code:literal, $status:ident, $title:literal, $help:literal;)+) => {
        /// Every problem that the API can answer with. The code is stable; it is the last part of the problem's `type`.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Code { $(#[doc = $help] $variant),+ }

        impl Code {
            /// All codes, as the documentation lists them.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The stable code.
            pub const fn as_str(self) -> &'static str { match self { $(Self::$variant => $code),+ } }

            /// The HTTP status it comes with.
            pub const fn status(self) -> StatusCode { match self { $(Self::$variant => StatusCode::$status),+ } }

            /// The short name of the problem, the same each time.
            pub const fn title(self) -> &'static str { match self { $(Self::$variant => $title),+ } }

            /// What it means and what to do.
            pub const fn help(self) -> &'static str { match self { $(Self::$variant => $help),+ } }
        }
    };
}

problem_codes! {
    InvalidJson = "invalid_json", BAD_REQUEST, "The body is not JSON", "Send one JSON object in UTF-8. The detail says where reading stopped.";
    InvalidRequest = "invalid_request", BAD_REQUEST, "The request cannot be read", "The request line, a header or the query string is malformed.";
    UnknownParameter = "unknown_parameter", BAD_REQUEST, "There is no such query parameter", "Leave it out, or look up the parameters of this operation in the reference.";
    InvalidCursor = "invalid_cursor", BAD_REQUEST, "The cursor is not one of ours", "Use next_cursor of the page before, unchanged, or start without a cursor.";
    CursorMismatch = "cursor_mismatch", BAD_REQUEST, "The cursor belongs to another list", "A cursor continues the list it came from: repeat the same filters and order.";
    NotSignedIn = "not_signed_in", UNAUTHORIZED, "Sign in first", "Send Authorization: Bearer with an access token. Access tokens last 15 minutes; renew them with the refresh token.";
    WrongCredentials = "wrong_credentials", UNAUTHORIZED, "The e-mail address or the password is wrong", "Check both. The answer is the same whether or not there is such an account.";
    SessionEnded = "session_ended", UNAUTHORIZED, "This session has ended", "Sign in again.";
    NotAllowed = "not_allowed", FORBIDDEN, "You may not do this", "The detail says which role may.";
    NotFound = "not_found", NOT_FOUND, "There is nothing here", "It does not exist, or it is none of your business.";
    MethodNotAllowed = "method_not_allowed", METHOD_NOT_ALLOWED, "This address does not take that method", "The Allow header lists the methods that it takes.";
    BodyTimeout = "body_timeout", REQUEST_TIMEOUT, "The body took too long to arrive", "Send the request again.";
    Conflict = "conflict", CONFLICT, "That does not go with what is there", "The detail says what is in the way.";
    AlreadyExists = "already_exists", CONFLICT, "There is one already", "The detail says which.";
    WrongState = "wrong_state", CONFLICT, "Not in this state", "The detail names the states from which it can be done.";
    NotEnoughLeft = "not_enough_left", CONFLICT, "Not so many are left", "The detail says how many are. Ask for that many, or for another listing.";
    AlreadyDecided = "already_decided", CONFLICT, "Somebody has decided it already", "The detail says what was decided. Read it again.";
    Claimed = "claimed", CONFLICT, "Somebody else is at it", "The detail says until when. Take another one, or wait.";
    LimitReached = "limit_reached", CONFLICT, "The network's limit is reached", "The detail gives the limit, and when there is room again.";
    RulesNotAccepted = "rules_not_accepted", CONFLICT, "The ground rules have changed", "Read and accept them for the group first; the detail says where.";
    LastOwner = "last_owner", CONFLICT, "A group keeps an owner", "Make somebody else an owner first.";
    IdempotencyInProgress = "idempotency_in_progress", CONFLICT, "The first request with this key is still running", "Wait a second and send it again.";
    Stale = "stale", PRECONDITION_FAILED, "Somebody has changed it since", "Read it again, apply your change to what is there now, and send the new ETag in If-Match.";
    BodyTooLarge = "body_too_large", PAYLOAD_TOO_LARGE, "The body is too large", "The detail gives the limit.";
    UnsupportedMediaType = "unsupported_media_type", UNSUPPORTED_MEDIA_TYPE, "The body has to be JSON", "Send Content-Type: application/json.";
    InvalidFields = "invalid_fields", UNPROCESSABLE_ENTITY, "Some fields need another look", "Each entry of errors names the field, the rule and the fix.";
    RefusedByChecks = "refused_by_checks", UNPROCESSABLE_ENTITY, "The network does not take it like this", "Each entry of errors names the check, the words concerned and what to do.";
    IdempotencyKeyReused = "idempotency_key_reused", UNPROCESSABLE_ENTITY, "This Idempotency-Key was used for another request", "Make a new key for each new request.";
    PreconditionRequired = "precondition_required", PRECONDITION_REQUIRED, "Say which version you are changing", "Send the ETag of what you read in If-Match, so that nobody's change is lost.";
    TooManyRequests = "too_many_requests", TOO_MANY_REQUESTS, "Too many requests", "Wait as long as Retry-After says, in seconds.";
    Internal = "internal", INTERNAL_SERVER_ERROR, "Something went wrong on our side", "It has been logged. Send request_id when you report it.";
    Unavailable = "unavailable", SERVICE_UNAVAILABLE, "Not available just now", "Try again after Retry-After seconds. A change may or may not have been made; with the same Idempotency-Key a repeat is safe.";
}

/// What a client is told: a code, a sentence for this occasion, the fields concerned, and headers that go with it.
#[derive(Debug)]
pub struct Problem {
    /// Which problem it is.
    pub code: Code,
    /// What happened this time, in plain English.
    pub detail: String,
    /// The fields concerned, if any.
    pub errors: Vec<FieldError>,
    /// Headers of the answer, such as Retry-After.
    pub headers: Vec<(HeaderName, HeaderValue)>,
}

/// Anything that stops a request.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// What the client did, or what it can do something about.
    #[error("{}: {}", .0.code.as_str(), .0.detail)]
    Problem(Box<Problem>),
    /// The database is away, slow, or all its connections are taken: 503.
    #[error("the database is not available: {0}")]
    Unavailable(String),
    /// A fault of ours: 500, the cause in the log.
    #[error("{0:#}")]
    Internal(anyhow::Error),
}

/// The result of anything that a handler calls.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Problem {
    /// A problem with its sentence for this occasion.
    pub fn new(code: Code, detail: impl Into<String>) -> Self {
        Self { code, detail: detail.into(), errors: Vec::new(), headers: Vec::new() }
    }

    /// The same with a header.
    pub fn with_header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.push((name, value));
        self
    }
}

impl Error {
    /// A problem with its sentence for this occasion.
    pub fn problem(code: Code, detail: impl Into<String>) -> Self {
        Problem::new(code, detail).into()
    }

    /// 404: `what` does not exist or is none of the client's business.
    pub fn not_found(what: &str) -> Self {
        Self::problem(Code::NotFound, format!("There is no such {what}, or you may not know of it."))
    }

    /// 403: known, but this person may not.
    pub fn not_allowed(detail: impl Into<String>) -> Self {
        Self::problem(Code::NotAllowed, detail)
    }

    /// 429 with the seconds to wait.
    pub fn too_many_requests(wait_seconds: u64, detail: impl Into<String>) -> Self {
        Problem::new(Code::TooManyRequests, detail)
            .with_header(actix_web::http::header::RETRY_AFTER, HeaderValue::from(wait_seconds))
            .into()
    }

    /// The sentence that the client reads.
    pub fn detail(&self) -> std::borrow::Cow<'_, str> {
        match self {
            Self::Problem(problem) => problem.detail.as_str().into(),
            Self::Unavailable(_) => "The service is too busy, or its database cannot be reached. A change that you asked for may or may not have been made: look, or \
                 send it again with the same Idempotency-Key."
                .into(),
            Self::Internal(_) => "This is our fault, not yours. It has been logged.".into(),
        }
    }

    /// Its code.
    pub fn code(&self) -> Code {
        match self {
            Self::Problem(problem) => problem.code,
            Self::Unavailable(_) => Code::Unavailable,
            Self::Internal(_) => Code::Internal,
        }
    }

    /// The fields concerned.
    pub fn fields(&self) -> &[FieldError] {
        match self {
            Self::Problem(problem) => &problem.errors,
            Self::Unavailable(_) | Self::Internal(_) => &[],
        }
    }
}

impl From<Problem> for Error {
    fn from(problem: Problem) -> Self {
        Self::Problem(Box::new(problem))
    }
}

impl From<Vec<FieldError>> for Error {
    fn from(errors: Vec<FieldError>) -> Self {
        if errors.is_empty() {
            return Self::Internal(anyhow::anyhow!("a checked field was missing although nothing was refused"));
        }
        let names: Vec<_> = errors.iter().filter_map(|e| e.pointer.as_deref().or(e.parameter.as_deref()).or(e.header.as_deref())).collect();
        let detail = format!("Not accepted: {}.", names.join(", "));
        Problem { errors, ..Problem::new(Code::InvalidFields, detail) }.into()
    }
}

impl From<anyhow::Error> for Error {
    fn from(cause: anyhow::Error) -> Self {
        Self::Internal(cause)
    }
}

impl From<DieselError> for Error {
    fn from(error: DieselError) -> Self {
        match &error {
            DieselError::NotFound => Self::not_found("thing"),
            DieselError::DatabaseError(
                DatabaseErrorKind::ClosedConnection | DatabaseErrorKind::UnableToSendCommand | DatabaseErrorKind::ReadOnlyTransaction,
                _,
            ) => Self::Unavailable(error.to_string()),
            DieselError::DatabaseError(DatabaseErrorKind::SerializationFailure, _) => {
                Self::problem(Code::Conflict, "Somebody changed the same thing at the same moment. Please try again.")
            }
            // The account was deleted while this request of it was on its way.
            DieselError::DatabaseError(DatabaseErrorKind::ForeignKeyViolation, info)
                if info.details().is_some_and(|details| details.contains("is not present in table \"users\"")) =>
            {
                Self::problem(Code::SessionEnded, "This account has been deleted.")
            }
            DieselError::DatabaseError(DatabaseErrorKind::Unknown, info) if is_passing(info.message()) => {
                Self::Unavailable(error.to_string())
            }
            DieselError::BrokenTransactionManager => Self::Unavailable(error.to_string()),
            _ => Self::Internal(anyhow::Error::new(error)),
        }
    }
}

/// Whether a message of PostgreSQL speaks of a state that passes: our own timeouts, a server that stops or starts.
/// (diesel keeps no SQLSTATE; `db` asks the server for English messages.) A full disk passes too, once somebody has seen to it.
fn is_passing(message: &str) -> bool {
    const PASSING: [&str; 9] = [
        "due to statement timeout",
        "due to lock timeout",
        "due to user request",
        "terminating connection",
        "is shutting down",
        "is starting up",
        "too many clients",
        "deadlock detected",
        "No space left on device",
    ];
    PASSING.iter().any(|passing| message.contains(passing))
}

impl From<diesel_async::pooled_connection::deadpool::PoolError> for Error {
    fn from(error: diesel_async::pooled_connection::deadpool::PoolError) -> Self {
        Self::Unavailable(error.to_string())
    }
}

/// Maps the violation of a named constraint to the problem it stands for.
pub trait OnConstraint<T> {
    /// When the error is a violation of the constraint `name`, the problem that `problem` makes; otherwise the error as it is.
    fn on_constraint(self, name: &str, problem: impl FnOnce() -> Error) -> Result<T>;
}

impl<T, E: Into<Error> + ConstraintName> OnConstraint<T> for Result<T, E> {
    fn on_constraint(self, name: &str, problem: impl FnOnce() -> Error) -> Result<T> {
        self.map_err(|error| if error.constraint_name() == Some(name) { problem() } else { error.into() })
    }
}

/// An error that may come from a constraint of the database.
pub trait ConstraintName {
    /// The name of the constraint that was violated, if that is what happened.
    fn constraint_name(&self) -> Option<&str>;
}

impl ConstraintName for DieselError {
    fn constraint_name(&self) -> Option<&str> {
        match self {
            Self::DatabaseError(_, info) => info.constraint_name(),
            _ => None,
        }
    }
}

impl ConstraintName for Error {
    fn constraint_name(&self) -> Option<&str> {
        match self {
            Self::Internal(cause) => cause.downcast_ref::<DieselError>().and_then(ConstraintName::constraint_name),
            Self::Problem(_) | Self::Unavailable(_) => None,
        }
    }
}

impl ResponseError for Error {
    fn status_code(&self) -> StatusCode {
        self.code().status()
    }

    /// Status and headers; `http::problems` writes the body.
    fn error_response(&self) -> HttpResponse {
        let mut response = HttpResponse::new(self.status_code());
        if let Self::Problem(problem) = self {
            for (name, value) in &problem.headers {
                response.headers_mut().insert(name.clone(), value.clone());
            }
        }
        response
    }
}
