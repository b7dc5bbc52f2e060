//! The contract as a judge: every answer that a test sees must be one that the contract describes.

use std::{
    collections::HashMap,
    sync::{Arc, LazyLock, Mutex},
};

use actix_web::dev::ResourceDef;
use jsonschema::Validator;
use serde_json::{Value, json};

use super::Answer;

/// The contract that the program prints.
pub static CONTRACT: LazyLock<Contract> = LazyLock::new(Contract::new);

pub struct Contract {
    pub document: Value,
    routes: Vec<(ResourceDef, String)>,
    validators: Mutex<HashMap<String, Arc<Validator>>>,
}

impl Contract {
    fn new() -> Self {
        let document = serde_json::to_value(gotit::contract::openapi()).expect("the contract is JSON");
        let mut paths: Vec<String> = document["paths"].as_object().expect("paths").keys().cloned().collect();
        // Fixed paths before those with parameters, as a router would try them.
        paths.sort_by_key(|path| (path.matches('{').count(), path.clone()));
        let routes = paths.into_iter().map(|path| (ResourceDef::new(path.as_str()), path)).collect();
        Self { document, routes, validators: Mutex::default() }
    }

    /// Panics when the answer is not one that the contract describes. Addresses outside the contract are not judged.
    #[track_caller]
    pub fn check(&self, method: &str, path: &str, answer: &Answer) {
        let path = path.split('?').next().unwrap_or_default();
        let Some(template) = self.template(path, method) else {
            return;
        };
        let operation = &self.document["paths"][&template][method.to_lowercase()];
        let response = self.resolve(&operation["responses"][answer.status.to_string()]);
        assert!(!response.is_null(), "{method} {template} answered {}, which the contract does not name: {}", answer.status, answer.text);
        let Some(content) = response["content"].as_object().filter(|content| !content.is_empty()) else {
            assert!(
                answer.text.is_empty(),
                "{method} {template} answered {} with a body that the contract does not name: {}",
                answer.status,
                answer.text
            );
            return;
        };
        let media_type = answer.header("content-type");
        let schema = content.iter().find(|(name, _)| media_type.starts_with(name.as_str())).map(|(_, content)| &content["schema"]);
        let schema = schema.unwrap_or_else(|| panic!("{method} {template} answered with {media_type}, which the contract does not name"));
        let validator = self.validator(schema);
        // Of lines of JSON, and of events, each is judged by itself; what is not JSON is a text.
        let bodies = match media_type.as_str() {
            "application/x-ndjson" => answer.lines(),
            "text/event-stream" => answer.events().into_iter().map(|event| event.data).collect(),
            text if text.starts_with("text/") => vec![json!(answer.text)],
            _ => vec![answer.body.clone()],
        };
        let faults: Vec<String> = bodies
            .iter()
            .flat_map(|body| validator.iter_errors(body).map(|error| format!("{} at {}", error, error.instance_path())))
            .collect();
        assert!(faults.is_empty(), "{method} {template} answered {} against the contract: {faults:?}\n{}", answer.status, answer.text);
    }

    /// The path of the contract that an address belongs to.
    pub fn template(&self, path: &str, method: &str) -> Option<String> {
        let found = self
            .routes
            .iter()
            .find(|(route, template)| route.is_match(path) && !self.document["paths"][template][method.to_lowercase()].is_null());
        found.map(|(_, template)| template.clone())
    }

    /// Every operation: method, path, the operation itself.
    pub fn operations(&self) -> Vec<(String, String, Value)> {
        let paths = self.document["paths"].as_object().expect("paths");
        let operations = paths.iter().flat_map(|(path, item)| {
            let methods = item
                .as_object()
                .expect("operations")
                .iter()
                .filter(|(name, _)| ["get", "post", "put", "patch", "delete"].contains(&name.as_str()));
            methods.map(|(method, operation)| (method.to_uppercase(), path.clone(), operation.clone())).collect::<Vec<_>>()
        });
        operations.collect()
    }

    /// A validator for a schema of the contract.
    pub fn validator(&self, schema: &Value) -> Arc<Validator> {
        let key = schema.to_string();
        let mut validators = self.validators.lock().expect("no test fails while it holds this");
        let make = || {
            let root = json!({"$schema": "https://json-schema.org/draft/2020-12/schema", "allOf": [schema], "components": self.document["components"]});
            Arc::new(jsonschema::options().should_validate_formats(true).build(&root).expect("the contract's schemas are schemas"))
        };
        validators.entry(key).or_insert_with(make).clone()
    }

    fn resolve<'a>(&'a self, node: &'a Value) -> &'a Value {
        match node["$ref"].as_str() {
            Some(reference) => self.document.pointer(reference.trim_start_matches('#')).unwrap_or(&Value::Null),
            None => node,
        }
    }
}
