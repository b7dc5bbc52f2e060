//! The contract by enumeration: what it must say of every operation, and that the committed files agree with the code.

mod pages;
mod served;

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::support::CONTRACT;

const COMMITTED: &str = include_str!("../../openapi.yaml");

#[test]
fn the_committed_contract_is_the_one_that_the_program_prints() {
    let made = gotit::contract::openapi_yaml().unwrap();
    assert!(made == COMMITTED, "openapi.yaml differs from the code: run ./dev openapi, look at what changed, and commit it");
}

#[test]
fn the_committed_table_of_problems_is_the_one_that_the_program_prints() {
    let committed = include_str!("../../docs/PROBLEMS.md");
    assert!(gotit::contract::problems_md() == committed, "docs/PROBLEMS.md differs from the code: run ./dev openapi and commit it");
}

#[test]
fn operations_keep_their_names() {
    let names: Vec<String> = CONTRACT
        .operations()
        .iter()
        .map(|(method, path, operation)| format!("{method} {path} {}", operation["operationId"].as_str().unwrap_or_default()))
        .collect();
    let frozen: Vec<&str> = include_str!("operations.txt").lines().collect();
    let lost: Vec<_> = frozen.iter().filter(|line| !names.iter().any(|name| name == *line)).collect();
    assert!(lost.is_empty(), "clients call these; an operation that has to go is deprecated first: {lost:#?}");
    let new: Vec<_> = names.iter().filter(|name| !frozen.contains(&name.as_str())).collect();
    assert!(new.is_empty(), "add these to tests/it/operations.txt; from then on they are promised: {new:#?}");
    assert_eq!(names, frozen, "tests/it/operations.txt keeps the order of the contract");
}

#[test]
fn operation_ids_are_a_verb_and_a_resource_and_each_is_there_once() {
    let ids: Vec<String> = CONTRACT.operations().iter().map(|(_, _, operation)| text(operation, "operationId").to_owned()).collect();
    let once: BTreeSet<_> = ids.iter().collect();
    assert_eq!(once.len(), ids.len(), "an operationId is there twice");
    for id in &ids {
        let words: Vec<_> = id.split('_').collect();
        let plain = words.iter().all(|word| !word.is_empty() && word.chars().all(|c| c.is_ascii_lowercase()));
        assert!(plain && words.len() >= 2, "{id} is not verb_resource");
    }
}

#[test]
fn every_operation_says_what_it_does_and_for_whom() {
    let tags: Vec<&str> = list(&CONTRACT.document["tags"]).iter().map(|tag| text(tag, "name")).collect();
    let faults = faults(|operation, fault| {
        for field in ["summary", "description"] {
            if text(operation, field).trim().is_empty() {
                fault(format!("no {field}: the first line of the handler's doc is the summary, the rest the description"));
            }
        }
        if text(operation, "summary").chars().count() > 60 {
            fault("the summary is a long one".to_owned());
        }
        let own = list(&operation["tags"]);
        if own.len() != 1 || !own.iter().all(|tag| tags.contains(&tag.as_str().unwrap_or_default())) {
            fault("not exactly one of the contract's tags".to_owned());
        }
        let security = list(&operation["security"]);
        if security.is_empty() || security.iter().any(|way| *way != json!({}) && *way != json!({"access_token": []})) {
            fault("the security is not stated".to_owned());
        }
        let with_token = security.contains(&json!({"access_token": []}));
        let own_credentials = ["sign_in", "refresh_session"].contains(&text(operation, "operationId"));
        if (with_token || own_credentials) == operation["responses"]["401"].is_null() {
            fault("401 goes with a token, and only with one".to_owned());
        }
    });
    assert_eq!(faults, Vec::<String>::new());
}

#[test]
fn every_parameter_and_field_is_described() {
    let mut faults = faults(|operation, fault| {
        for parameter in list(&operation["parameters"]).iter().filter(|parameter| text(parameter, "description").is_empty()) {
            fault(format!("parameter {} is not described", text(parameter, "name")));
        }
        for (status, response) in operation["responses"].as_object().unwrap() {
            let headers = response["headers"].as_object().into_iter().flatten();
            for (name, _) in headers.filter(|(_, header)| text(header, "description").is_empty()) {
                fault(format!("header {name} of {status} is not described"));
            }
        }
    });
    for (name, schema) in CONTRACT.document["components"]["schemas"].as_object().unwrap() {
        if text(schema, "description").is_empty() && !name.starts_with("Page_") {
            faults.push(format!("{name} is not described"));
        }
        for (field, schema) in schema["properties"].as_object().into_iter().flatten() {
            let told = std::iter::once(schema).chain(list(&schema["oneOf"])).any(|schema| !text(schema, "description").is_empty());
            if !told {
                faults.push(format!("{name}.{field} is not described"));
            }
        }
    }
    assert_eq!(faults, Vec::<String>::new());
}

#[test]
fn every_body_has_an_example_that_its_schema_allows() {
    let faults = faults(|operation, fault| {
        let answers = operation["responses"].as_object().unwrap();
        if !answers.keys().any(|status| status.starts_with('2')) {
            fault("no success".to_owned());
        }
        let successes = answers.iter().filter(|(status, _)| status.starts_with('2')).map(|(status, response)| (status.as_str(), response));
        for (what, body) in successes.chain([("request", &operation["requestBody"])]) {
            for content in body["content"].as_object().into_iter().flatten().map(|(_, content)| content) {
                match example(content) {
                    Some(example) => fault_of(&content["schema"], example).into_iter().for_each(|wrong| fault(format!("{what}: {wrong}"))),
                    None => fault(format!("{what}: no example")),
                }
            }
        }
    });
    assert_eq!(faults, Vec::<String>::new());
}

#[test]
fn every_example_of_a_schema_a_response_or_a_parameter_is_allowed() {
    let components = &CONTRACT.document["components"];
    let mut wrong = Vec::new();
    for (name, schema) in components["schemas"].as_object().unwrap() {
        if let Some(example) = schema.get("example") {
            wrong.extend(fault_of(schema, example).map(|fault| format!("{name}: {fault}")));
        }
    }
    for (name, response) in components["responses"].as_object().unwrap() {
        for content in response["content"].as_object().unwrap().values() {
            match example(content) {
                Some(example) => wrong.extend(fault_of(&content["schema"], example).map(|fault| format!("{name}: {fault}"))),
                None => wrong.push(format!("{name}: no example")),
            }
        }
    }
    for (method, path, operation) in CONTRACT.operations() {
        for parameter in list(&operation["parameters"]) {
            if let Some(example) = parameter.get("example") {
                wrong.extend(
                    fault_of(&parameter["schema"], example).map(|fault| format!("{method} {path} {}: {fault}", text(parameter, "name"))),
                );
            }
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
}

#[test]
fn every_problem_status_is_a_shared_response() {
    let faults = faults(|operation, fault| {
        for (status, response) in operation["responses"].as_object().unwrap() {
            let shared = response["$ref"] == format!("#/components/responses/Problem{status}").as_str();
            if status.starts_with(['4', '5']) && !shared {
                fault(format!("{status} is not the shared response"));
            }
        }
        for status in ["400", "500", "503"] {
            if operation["responses"][status].is_null() {
                fault(format!("no {status}"));
            }
        }
    });
    assert_eq!(faults, Vec::<String>::new());
}

#[test]
fn every_field_of_an_answer_is_always_there() {
    let mut faults = Vec::new();
    for (method, path, operation) in CONTRACT.operations() {
        for (status, response) in operation["responses"].as_object().unwrap().iter().filter(|(status, _)| status.starts_with('2')) {
            for content in response["content"].as_object().into_iter().flatten().map(|(_, content)| content) {
                absent_fields(&content["schema"], &mut BTreeSet::new(), &mut |name| {
                    faults.push(format!("{method} {path} {status}: {name}"))
                });
            }
        }
    }
    assert_eq!(faults, Vec::<String>::new());
}

/// Calls `found` with each property below `schema` that an answer may lack.
fn absent_fields(schema: &Value, seen: &mut BTreeSet<String>, found: &mut impl FnMut(String)) {
    if let Some(reference) = schema["$ref"].as_str() {
        // The errors of a problem name their field in one of three ways. A line of NDJSON may hold a problem.
        if reference != "#/components/schemas/FieldError" && seen.insert(reference.to_owned()) {
            absent_fields(resolve(schema), seen, found);
        }
        return;
    }
    let required = list(&schema["required"]);
    for (name, property) in schema["properties"].as_object().into_iter().flatten() {
        if !required.contains(&json!(name)) {
            found(name.clone());
        }
        absent_fields(property, seen, found);
    }
    for part in ["oneOf", "allOf", "anyOf"].iter().flat_map(|word| list(&schema[*word])).chain(schema.get("items")) {
        absent_fields(part, seen, found);
    }
}

#[test]
fn every_creating_post_takes_an_idempotency_key_and_every_edit_names_its_version() {
    // Signing up and signing in say in their descriptions why they take none.
    let without_key = ["sign_up", "sign_in"];
    let faults = faults(|operation, fault| {
        let name = text(operation, "operationId");
        let headers: Vec<&str> = list(&operation["parameters"]).iter().map(|parameter| text(parameter, "name")).collect();
        let creates = !operation["responses"]["201"].is_null() && !without_key.contains(&name);
        if creates != headers.contains(&"Idempotency-Key") {
            fault("an Idempotency-Key goes with creating, and only with it".to_owned());
        }
        if headers.contains(&"If-Match") == operation["responses"]["412"].is_null() {
            fault("If-Match goes with 412 and 428".to_owned());
        }
        if !operation["responses"]["201"].is_null() && operation["responses"]["201"]["headers"]["Location"].is_null() {
            fault("201 without Location".to_owned());
        }
        if !operation["responses"]["304"].is_null() && operation["responses"]["200"]["headers"]["ETag"].is_null() {
            fault("304 without an ETag to know it by".to_owned());
        }
        if headers.contains(&"cursor") && operation["responses"]["200"]["headers"]["Link"].is_null() {
            fault("a paged list without Link".to_owned());
        }
    });
    assert_eq!(faults, Vec::<String>::new());
}

// --- Reading the contract ----------------------------------------------------------------------------------------------

/// What is wrong with the operations, each fault with its operation.
fn faults(look: impl Fn(&Value, &mut dyn FnMut(String))) -> Vec<String> {
    let mut faults = Vec::new();
    let operations = CONTRACT.operations();
    assert!(operations.len() >= 60, "only {} operations", operations.len());
    for (method, path, operation) in &operations {
        look(operation, &mut |fault| faults.push(format!("{method} {path}: {fault}")));
    }
    faults
}

fn text<'a>(node: &'a Value, field: &str) -> &'a str {
    node[field].as_str().unwrap_or_default()
}

fn list(node: &Value) -> &[Value] {
    node.as_array().map_or(&[], Vec::as_slice)
}

fn resolve(schema: &Value) -> &Value {
    match schema["$ref"].as_str() {
        Some(reference) => CONTRACT.document.pointer(reference.trim_start_matches('#')).expect(reference),
        None => schema,
    }
}

/// The example of a body, its own or its schema's.
fn example(content: &Value) -> Option<&Value> {
    content.get("example").or_else(|| resolve(&content["schema"]).get("example"))
}

fn fault_of(schema: &Value, example: &Value) -> Option<String> {
    let validator = CONTRACT.validator(schema);
    validator.iter_errors(example).next().map(|error| format!("{error} at {:?} of {example}", error.instance_path().to_string()))
}
