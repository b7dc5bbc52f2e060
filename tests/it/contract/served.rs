//! The server serves what the contract says, and nothing else.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

use reqwest::Method;
use serde_json::Value;

use super::{COMMITTED, text};
use crate::support::{Answer, CONTRACT, TestApp};

const METHODS: [Method; 5] = [Method::GET, Method::POST, Method::PUT, Method::PATCH, Method::DELETE];

/// An id that nothing has.
const NOTHING: &str = "01980a8e-0000-7000-8000-000000000000";

#[actix_web::test]
async fn the_server_serves_every_operation_of_the_contract() {
    let app = TestApp::start().await;
    for (method, path, _) in CONTRACT.operations() {
        let answer = app.visitor().send(method.parse().unwrap(), &fill(&path), None).await;
        assert!(!is_unknown(&answer), "{method} {path} is not served: {}", answer.text);
    }
}

#[actix_web::test]
async fn the_contract_describes_every_route_of_the_server() {
    let contract: BTreeSet<String> = CONTRACT.operations().iter().map(|(method, path, _)| format!("{method} {path}")).collect();
    let mut routed = BTreeSet::new();
    let mut beside = Vec::new();
    each_source(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/src")), &mut |file, line| {
        for method in ["get", "post", "put", "patch", "delete"] {
            if let Some(path) = line.strip_prefix(&format!("#[{method}(\"")).and_then(|rest| rest.split('"').next()) {
                routed.insert(format!("{} {path}", method.to_uppercase()));
            }
        }
        let other_ways = [".route(", "web::resource(", "web::scope(", "#[route(", "#[head(", "#[options(", "SwaggerUi::new("];
        if other_ways.iter().any(|way| line.contains(way)) {
            beside.push(format!("{}: {}", file.file_name().unwrap().to_string_lossy(), line.split(", web::get()").next().unwrap_or(line)));
        }
    });
    assert_eq!(routed, contract);
    assert_eq!(
        beside,
        [
            r#"contract.rs: .route("/""#,
            r#"contract.rs: .route("/docs""#,
            r#"contract.rs: .route("/openapi.yaml""#,
            r#"contract.rs: .route("/problems/{code}""#,
            r#"contract.rs: web::scope("")"#,
            r#"contract.rs: .service(SwaggerUi::new("/docs/{_:.*}").url("/docs/openapi.json", self.api.clone()).config(page_settings()))"#,
        ],
        "an address beside the contract: it belongs into the contract"
    );
}

#[actix_web::test]
async fn nothing_is_served_at_other_addresses() {
    let app = TestApp::start().await;
    for path in [
        "/v1",
        "/v1/",
        "/v1/nothing",
        "/v2/listings",
        "/metrics",
        "/health",
        "/index.html",
        "/api",
        "/.well-known/",
        "/problems",
        "/v1/listings/",
    ] {
        for method in METHODS {
            let answer = app.visitor().send(method.clone(), path, None).await;
            assert!(answer.status == 404 && is_unknown(&answer), "{method} {path} answered {}: {}", answer.status, answer.text);
            assert_eq!(answer.header("content-type"), "application/problem+json");
        }
    }
}

#[actix_web::test]
async fn a_method_that_an_address_does_not_take_is_refused_with_those_that_it_takes() {
    let app = TestApp::start().await;
    let mut taken: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (method, path, _) in CONTRACT.operations() {
        taken.entry(path).or_default().insert(method);
    }
    for path in ["/", "/docs", "/docs/", "/docs/index.html", "/openapi.yaml", "/problems/{code}"] {
        taken.entry(path.to_owned()).or_default().insert("GET".to_owned());
    }
    for path in taken.keys() {
        // A fixed address such as /v1/sessions/refresh is also one of /v1/sessions/{session_id}.
        let allowed: BTreeSet<String> =
            taken.iter().filter(|(other, _)| covers(other, path)).flat_map(|(_, taken)| taken.clone()).collect();
        for method in METHODS.iter().filter(|method| !allowed.contains(method.as_str())) {
            let answer = app.visitor().send(method.clone(), &fill(path), None).await;
            assert_eq!(
                (answer.status, answer.body["code"].as_str()),
                (405, Some("method_not_allowed")),
                "{method} {path}: {}",
                answer.text
            );
            let header = answer.header("allow");
            let said: BTreeSet<String> = header.split(", ").map(str::to_owned).collect();
            assert_eq!(said, allowed, "{method} {path}");
            assert_eq!(said.len(), header.split(", ").count(), "{method} {path} names a method twice: {header}");
        }
    }
}

/// Whether addresses of the path `fixed` are also addresses of the path `open`.
fn covers(open: &str, fixed: &str) -> bool {
    let (open, fixed): (Vec<_>, Vec<_>) = (open.split('/').collect(), fixed.split('/').collect());
    open.len() == fixed.len() && open.iter().zip(&fixed).all(|(open, fixed)| open == fixed || (open.starts_with('{') && !fixed.is_empty()))
}

#[actix_web::test]
async fn the_server_shows_the_committed_contract_byte_for_byte() {
    let app = TestApp::start().await;
    let answer = app.visitor().get("/openapi.yaml").await.expect(200);
    assert!(answer.text == COMMITTED, "/openapi.yaml is not the committed file");
    assert_eq!(answer.header("content-type"), "application/yaml");
    assert_eq!(serde_norway::from_str::<Value>(COMMITTED).unwrap(), CONTRACT.document);
    assert_eq!(app.visitor().get("/docs/openapi.json").await.expect(200).body, CONTRACT.document);
}

/// An address of a path, with parameters that name nothing.
fn fill(path: &str) -> String {
    let parts: Vec<&str> = path.split('/').map(|part| if part.starts_with('{') { NOTHING } else { part }).collect();
    parts.join("/")
}

/// Whether the answer is that of an address that is not served at all.
fn is_unknown(answer: &Answer) -> bool {
    answer.status == 405 || text(&answer.body, "detail").starts_with("There is nothing at this address")
}

/// Every line of Rust below a folder, without its indentation.
fn each_source(folder: &Path, look: &mut impl FnMut(&Path, &str)) {
    let mut entries: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            each_source(&path, look);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            std::fs::read_to_string(&path).unwrap().lines().for_each(|line| look(&path, line.trim()));
        }
    }
}
