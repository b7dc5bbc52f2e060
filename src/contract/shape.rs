//! What the contract says of many operations alike, put in after the handlers have said what is theirs alone.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use utoipa::openapi::{
    OpenApi, PathItem, Ref, RefOr, Schema,
    header::HeaderBuilder,
    path::Operation,
    schema::{ArrayItems, Object, Type},
};

const SCHEMAS: &str = "#/components/schemas/";

/// The only thing in answers with fields that may be absent: it names its field in one of three ways.
const WITH_ABSENT_FIELDS: &str = "FieldError";

/// Completes the contract.
pub fn shape(api: &mut OpenApi) {
    describe_patches(api);
    name_items(api);
    drop_unused(api);
    require_answered_fields(api);
    mention_next_pages(api);
}

/// A PATCH takes any of the fields of the document that it changes (RFC 7396): the same schema under another name, with
/// nothing required.
fn describe_patches(api: &mut OpenApi) {
    let components = api.components.get_or_insert_default();
    let bodies = api.paths.paths.values_mut().filter_map(|item| match item.patch.as_mut()?.request_body.as_mut()? {
        RefOr::T(body) => Some(body),
        RefOr::Ref(_) => None,
    });
    for content in bodies.flat_map(|body| body.content.values_mut()) {
        let RefOr::T(content) = content else { continue };
        let Some(RefOr::Ref(reference)) = &mut content.schema else { continue };
        let name = reference.ref_location.rsplit('/').next().unwrap_or_default().to_owned();
        let Some(RefOr::T(Schema::Object(mut document))) = components.schemas.get(&name).cloned() else { continue };
        document.required.clear();
        document.description = Some("Fields to change: absent fields stay, null empties (RFC 7396).".to_owned());
        document.example = None;
        let patch = format!("{}Patch", name.trim_end_matches("In"));
        reference.ref_location = format!("#/components/schemas/{patch}");
        components.schemas.insert(patch, RefOr::T(Schema::Object(document)));
    }
}

/// Pages name the schema of their items instead of repeating it, and show its example.
fn name_items(api: &mut OpenApi) {
    let components = api.components.get_or_insert_default();
    let examples: BTreeMap<String, Option<Value>> = components
        .schemas
        .iter()
        .map(|(name, schema)| match schema {
            RefOr::T(Schema::Object(object)) => (name.clone(), object.example.clone()),
            _ => (name.clone(), None),
        })
        .collect();
    for (name, schema) in &mut components.schemas {
        let Some((item, example)) = name.strip_prefix("Page_").and_then(|item| examples.get_key_value(item)) else { continue };
        let RefOr::T(Schema::Object(page)) = schema else { continue };
        if let Some(RefOr::T(Schema::Array(items))) = page.properties.get_mut("items") {
            items.items = ArrayItems::RefOrSchema(Box::new(RefOr::Ref(Ref::from_schema_name(item))));
        }
        page.example = example.clone().map(|example| json!({"items": [example], "next_cursor": null}));
    }
}

/// Every problem has a response ready, and every document of a PATCH a schema; the contract shows those that some operation uses.
fn drop_unused(api: &mut OpenApi) {
    let text = serde_json::to_string(&api.paths).unwrap_or_default();
    let components = api.components.get_or_insert_default();
    components.responses.retain(|name, _| text.contains(&format!("\"#/components/responses/{name}\"")));
    let roots = json!([&api.paths, &components.responses]);
    let used = reachable(&roots, &components.schemas);
    components.schemas.retain(|name, _| used.contains(name));
}

/// What an answer has, it always has, as null when it is empty: every field of a schema that no request uses is required.
fn require_answered_fields(api: &mut OpenApi) {
    let bodies: Vec<Value> = api.paths.paths.values_mut().flat_map(operations).map(|operation| json!(operation.request_body)).collect();
    let components = api.components.get_or_insert_default();
    let sent = reachable(&Value::Array(bodies), &components.schemas);
    for (name, schema) in &mut components.schemas {
        if !sent.contains(name) && name != WITH_ABSENT_FIELDS {
            require_fields(schema);
        }
    }
}

fn require_fields(schema: &mut RefOr<Schema>) {
    match schema {
        RefOr::T(Schema::Object(object)) => {
            object.required = object.properties.keys().cloned().collect();
            object.properties.values_mut().for_each(require_fields);
        }
        RefOr::T(Schema::AllOf(parts)) => parts.items.iter_mut().for_each(require_fields),
        _ => {}
    }
}

/// A list that takes a cursor says where its next page is in a header, too.
fn mention_next_pages(api: &mut OpenApi) {
    let link = HeaderBuilder::new().schema(Some(Object::with_type(Type::String))).description(Some("The next page, when there is one."));
    let link = link.build();
    for operation in api.paths.paths.values_mut().flat_map(operations) {
        let takes_cursor = operation.parameters.iter().flatten().any(|parameter| match parameter {
            RefOr::T(parameter) => parameter.name == "cursor",
            RefOr::Ref(_) => false,
        });
        if takes_cursor && let Some(RefOr::T(response)) = operation.responses.responses.get_mut("200") {
            response.headers.insert("Link".to_owned(), RefOr::T(link.clone()));
        }
    }
}

fn operations(item: &mut PathItem) -> impl Iterator<Item = &mut Operation> {
    [&mut item.get, &mut item.post, &mut item.put, &mut item.patch, &mut item.delete].into_iter().filter_map(Option::as_mut)
}

/// The names of the schemas that `root` refers to, and those that these refer to.
fn reachable<'a>(root: &Value, schemas: impl IntoIterator<Item = (&'a String, &'a RefOr<Schema>)>) -> BTreeSet<String> {
    let schemas: BTreeMap<String, Value> = schemas.into_iter().map(|(name, schema)| (name.clone(), json!(schema))).collect();
    let (mut found, mut waiting) = (BTreeSet::new(), vec![root]);
    while let Some(node) = waiting.pop() {
        match node {
            Value::Object(fields) => waiting.extend(fields.values()),
            Value::Array(items) => waiting.extend(items),
            Value::String(text) => {
                if let Some(name) = text.strip_prefix(SCHEMAS)
                    && found.insert(name.to_owned())
                {
                    waiting.extend(schemas.get(name));
                }
            }
            _ => {}
        }
    }
    found
}
