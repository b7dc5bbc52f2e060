//! Collects what is wrong with the fields of a request, so that a client hears everything at once.

use serde::Serialize;

/// Why a value was refused: a stable code for programs, a sentence for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// Stable, snake_case, listed in docs/API.md.
    pub code: &'static str,
    /// Says the rule and the fix, in plain English.
    pub detail: String,
}

impl Refusal {
    /// A refusal with its code and the sentence that a person reads.
    pub fn new(code: &'static str, detail: impl Into<String>) -> Self {
        Self { code, detail: detail.into() }
    }
}

impl std::fmt::Display for Refusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.detail)
    }
}

/// One refused field of a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct FieldError {
    /// JSON pointer into the body, for example `/title`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub pointer: Option<String>,
    /// Name of the query parameter.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub parameter: Option<String>,
    /// Name of the header.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub header: Option<String>,
    /// Stable code of the rule.
    pub code: String,
    /// The rule and the fix, in plain English.
    pub detail: String,
}

impl FieldError {
    /// A refused field of the body; `pointer` is a JSON pointer.
    pub fn body(pointer: impl Into<String>, refusal: Refusal) -> Self {
        Self { pointer: Some(pointer.into()), ..Self::bare(refusal) }
    }

    /// A refused query parameter.
    pub fn parameter(name: impl Into<String>, refusal: Refusal) -> Self {
        Self { parameter: Some(name.into()), ..Self::bare(refusal) }
    }

    /// A refused header.
    pub fn header(name: impl Into<String>, refusal: Refusal) -> Self {
        Self { header: Some(name.into()), ..Self::bare(refusal) }
    }

    fn bare(refusal: Refusal) -> Self {
        Self { pointer: None, parameter: None, header: None, code: refusal.code.to_owned(), detail: refusal.detail }
    }
}

/// Checks one field after another and remembers every refusal.
///
/// ```
/// # use gotit::types::{Fields, text::Title};
/// let mut fields = Fields::body();
/// let title = fields.check("/title", Title::parse("Forty folding chairs"));
/// let title = fields.finish(|| Some(title?)).unwrap();
/// assert_eq!(title.as_str(), "Forty folding chairs");
/// ```
#[derive(Debug)]
pub struct Fields {
    errors: Vec<FieldError>,
    name: fn(String, Refusal) -> FieldError,
}

impl Fields {
    /// Fields of a body, named by JSON pointers.
    pub fn body() -> Self {
        Self { errors: Vec::new(), name: |pointer, refusal| FieldError::body(pointer, refusal) }
    }

    /// Query parameters.
    pub fn query() -> Self {
        Self { errors: Vec::new(), name: |parameter, refusal| FieldError::parameter(parameter, refusal) }
    }

    /// The value, or none and the refusal remembered under `name`.
    pub fn check<T>(&mut self, name: impl Into<String>, result: Result<T, Refusal>) -> Option<T> {
        match result {
            Ok(value) => Some(value),
            Err(refusal) => {
                self.refuse(name, refusal);
                None
            }
        }
    }

    /// Like [`Self::check`] for a field that may be absent: `Some(None)` when it is.
    pub fn check_optional<I, T>(
        &mut self,
        name: impl Into<String>,
        value: Option<I>,
        parse: impl FnOnce(I) -> Result<T, Refusal>,
    ) -> Option<Option<T>> {
        match value {
            None => Some(None),
            Some(value) => self.check(name, parse(value)).map(Some),
        }
    }

    /// Remembers a refusal that concerns `name`.
    pub fn refuse(&mut self, name: impl Into<String>, refusal: Refusal) {
        self.errors.push((self.name)(name.into(), refusal));
    }

    /// Puts the checked fields together, or gives everything that was refused. `build` may use `?` on checked fields.
    pub fn finish<T>(self, build: impl FnOnce() -> Option<T>) -> Result<T, Vec<FieldError>> {
        if !self.errors.is_empty() {
            return Err(self.errors);
        }
        build().ok_or_else(Vec::new)
    }
}
