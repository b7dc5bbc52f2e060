//! The problem responses of operations, for the contract. Each set names the statuses that an operation of that sort can give.

use std::collections::BTreeMap;

use utoipa::{
    IntoResponses,
    openapi::{
        Content, Ref, RefOr, Response, ResponseBuilder,
        header::HeaderBuilder,
        schema::{Object, Type},
    },
};

use crate::error::Code;

/// Makes types that stand for sets of statuses in `#[utoipa::path(responses(...))]`.
macro_rules! problem_sets {
    ($($(#[$doc:meta])* $name:ident = $($status:literal)+;)+) => {$(
        $(#[$doc])*
        #[derive(Debug)]
        pub struct $name;

        impl IntoResponses for $name {
            fn responses() -> BTreeMap<String, RefOr<Response>> {
                BTreeMap::from([$(($status.to_owned(), RefOr::Ref(Ref::from_response_name(concat!("Problem", $status))))),+])
            }
        }
    )+};
}

problem_sets! {
    /// Any operation.
    Any = "400" "500" "503";
    /// Operations with a body.
    WithBody = "408" "413" "415" "422";
    /// Operations with query parameters that are checked.
    WithParameters = "422";
    /// Operations that look at a token.
    WithToken = "401";
    /// Operations on something that may not exist or may not be known.
    OnOne = "404";
    /// Operations that need a role.
    WithRole = "403";
    /// Operations that the state of things may forbid.
    InState = "409";
    /// Edits that name their version.
    OfVersion = "412" "428";
    /// Doors with a limit on tries.
    WithTries = "429";
}

/// The shared responses, by the name that the sets refer to.
pub fn components() -> BTreeMap<String, Response> {
    let mut statuses: BTreeMap<u16, Vec<Code>> = BTreeMap::new();
    for code in Code::ALL {
        statuses.entry(code.status().as_u16()).or_default().push(*code);
    }
    statuses.into_iter().map(|(status, codes)| (format!("Problem{status}"), response(status, &codes))).collect()
}

fn response(status: u16, codes: &[Code]) -> Response {
    let list: Vec<_> = codes.iter().map(|code| format!("`{}`: {}", code.as_str(), code.title())).collect();
    let example = codes.first().map(|code| {
        serde_json::json!({
            "type": super::problems::type_of(*code), "title": code.title(), "status": status, "detail": code.help(), "instance": "/v1/networks",
            "code": code.as_str(), "request_id": "01980a8e-1f00-7a11-8000-5c1f3d2b7a90", "errors": []
        })
    });
    let mut content = Content::new(Some(Ref::from_schema_name("Problem")));
    content.example = example;
    let header =
        |description: &str, kind: Type| HeaderBuilder::new().schema(Some(Object::with_type(kind))).description(Some(description)).build();
    let mut response = ResponseBuilder::new().description(format!("{}.", list.join(". "))).content("application/problem+json", content);
    response = match status {
        401 => response.header("WWW-Authenticate", header("How to sign in: Bearer.", Type::String)),
        429 | 503 => response.header("Retry-After", header("Seconds to wait.", Type::Integer)),
        _ => response,
    };
    response.build()
}
