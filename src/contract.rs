//! The contract (OpenAPI 3.1), made from the code; the reference page; the pages that explain problems; and the answer to
//! addresses and methods that are not in the contract.

use std::sync::Arc;

use actix_web::{
    HttpRequest, HttpResponse,
    dev::ResourceDef,
    http::header::{ALLOW, CACHE_CONTROL, CONTENT_SECURITY_POLICY, HeaderValue},
    web,
};
use utoipa::{
    OpenApi as _,
    openapi::{
        OpenApi, Ref, RefOr, Schema,
        schema::ArrayItems,
        security::{HttpAuthScheme, HttpBuilder, SecurityScheme},
    },
};
use utoipa_actix_web::AppExt;
use utoipa_swagger_ui::SwaggerUi;

use crate::{
    error::{Code, Error, Problem},
    http::{problems::ProblemOut, responses},
};

const DESCRIPTION: &str = "Community groups say what they have **got** and what they **want**; the API matches offers with wants by \
category and locality.\n\nErrors are problem documents (RFC 9457) with a stable `code`. Lists are paged with cursors. Creating requests \
take an `Idempotency-Key`. What two people may edit has an `ETag`, and PATCH needs it in `If-Match`. Times are UTC (RFC 3339), \
distances kilometres. `docs/API.md` explains the conventions.";

#[derive(utoipa::OpenApi)]
#[openapi(
    info(title = "Got It / Want It", description = DESCRIPTION, license(name = "AGPL-3.0-or-later", identifier = "AGPL-3.0-or-later"), contact(name = "The maintainers", url = "https://github.com/got-it-want-it/gotit")),
    servers((url = "http://127.0.0.1:8080", description = "`./dev run` on your own machine")),
    components(schemas(ProblemOut)),
    tags(
        (name = "Accounts", description = "Sign up, sign in, stay in, sign out everywhere."),
        (name = "Networks", description = "Local networks: their rules, their staff, the groups in them."),
        (name = "Groups", description = "Organisations that offer and want, and the people who act for them."),
        (name = "Catalogue", description = "Categories and localities: what things are, and where."),
        (name = "Listings", description = "What groups have got (offers) and what they want (wants)."),
        (name = "Matches", description = "Offers and wants that fit, with scores and reasons."),
        (name = "Health", description = "For those who run the program."),
    )
)]
struct Frame;

/// The contract, made from the routes.
pub fn openapi() -> OpenApi {
    let (_, mut api) = actix_web::App::new().into_utoipa_app().openapi(Frame::openapi()).configure(crate::app::routes).split_for_parts();
    describe_patches(&mut api);
    name_items(&mut api);
    let components = api.components.get_or_insert_default();
    components.responses.extend(responses::components().into_iter().map(|(name, response)| (name, RefOr::T(response))));
    let scheme = HttpBuilder::new()
        .scheme(HttpAuthScheme::Bearer)
        .bearer_format("JWT")
        .description(Some("Access token from `POST /v1/sessions`, good for 15 minutes."))
        .build();
    drop_unused_responses(&mut api);
    let components = api.components.get_or_insert_default();
    components.security_schemes.insert("access_token".to_owned(), RefOr::T(SecurityScheme::Http(scheme)));
    api
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

/// Pages name the schema of their items instead of repeating it.
fn name_items(api: &mut OpenApi) {
    let components = api.components.get_or_insert_default();
    let known: Vec<String> = components.schemas.keys().cloned().collect();
    for (name, schema) in &mut components.schemas {
        let Some(item) = name.strip_prefix("Page_").filter(|item| known.iter().any(|known| known == item)) else { continue };
        if let RefOr::T(Schema::Object(page)) = schema
            && let Some(RefOr::T(Schema::Array(items))) = page.properties.get_mut("items")
        {
            items.items = ArrayItems::RefOrSchema(Box::new(RefOr::Ref(Ref::from_schema_name(item))));
        }
    }
}

/// Every problem has a response ready; the contract shows those that some operation gives.
fn drop_unused_responses(api: &mut OpenApi) {
    let text = serde_json::to_string(&api.paths).unwrap_or_default();
    let components = api.components.get_or_insert_default();
    components.responses.retain(|name, _| text.contains(&format!("#/components/responses/{name}\"")));
}

/// The contract as the committed file has it.
pub fn openapi_yaml() -> anyhow::Result<String> {
    Ok(format!("# Made by `./dev openapi` from the code; not edited by hand.\n{}", openapi().to_yaml()?))
}

/// The documents that the server itself shows.
#[derive(Clone)]
pub struct Documents {
    api: OpenApi,
    yaml: web::Bytes,
    paths: Arc<Vec<(ResourceDef, Vec<String>)>>,
}

impl Default for Documents {
    fn default() -> Self {
        Self::new()
    }
}

impl Documents {
    /// Makes the contract once; each worker thread gets a copy.
    pub fn new() -> Self {
        let api = openapi();
        let paths = api.paths.paths.iter().map(|(path, item)| (ResourceDef::new(path.as_str()), methods_of(item))).collect();
        Self { yaml: openapi_yaml().unwrap_or_default().into(), paths: Arc::new(paths), api }
    }

    /// `/docs`, `/openapi.yaml`, `/problems/{code}`, and the answer to everything else.
    pub fn routes(&self, config: &mut web::ServiceConfig) {
        let (yaml, paths) = (self.yaml.clone(), self.paths.clone());
        config
            .route("/", web::get().to(async || HttpResponse::SeeOther().insert_header(("location", "/docs/")).finish()))
            .route("/docs", web::get().to(async || HttpResponse::SeeOther().insert_header(("location", "/docs/")).finish()))
            .route("/openapi.yaml", web::get().to(move || show_yaml(yaml.clone())))
            .route("/problems/{code}", web::get().to(explain_problem))
            .service(
                web::scope("")
                    .wrap(actix_web::middleware::from_fn(reference_headers))
                    .service(SwaggerUi::new("/docs/{_:.*}").url("/docs/openapi.json", self.api.clone()))
                    .default_service(web::to(move |request: HttpRequest| answer_unknown(request, paths.clone()))),
            );
    }
}

fn methods_of(item: &utoipa::openapi::PathItem) -> Vec<String> {
    let known = [("GET", &item.get), ("POST", &item.post), ("PUT", &item.put), ("PATCH", &item.patch), ("DELETE", &item.delete)];
    known.into_iter().filter(|(_, operation)| operation.is_some()).map(|(method, _)| method.to_owned()).collect()
}

async fn show_yaml(yaml: web::Bytes) -> HttpResponse {
    std::future::ready(HttpResponse::Ok().content_type("application/yaml").insert_header((CACHE_CONTROL, "no-cache")).body(yaml)).await
}

/// 405 with Allow when the address exists and the method does not; 404 otherwise.
async fn answer_unknown(request: HttpRequest, paths: Arc<Vec<(ResourceDef, Vec<String>)>>) -> Result<HttpResponse, Error> {
    let methods: Vec<&str> = paths
        .iter()
        .filter(|(path, _)| path.is_match(request.path()))
        .flat_map(|(_, methods)| methods.iter().map(String::as_str))
        .collect();
    let error = if methods.is_empty() {
        Error::problem(Code::NotFound, "There is nothing at this address. The reference is at /docs/.")
    } else {
        let allow = HeaderValue::from_str(&methods.join(", ")).unwrap_or_else(|_| HeaderValue::from_static("GET"));
        Problem::new(Code::MethodNotAllowed, format!("This address takes {}.", methods.join(", "))).with_header(ALLOW, allow).into()
    };
    std::future::ready(Err(error)).await
}

/// A plain page about one problem code.
async fn explain_problem(code: web::Path<String>) -> Result<HttpResponse, Error> {
    let code = Code::ALL.iter().find(|known| known.as_str() == code.as_str()).ok_or_else(|| Error::not_found("problem"))?;
    let page = format!(
        "<!doctype html><html lang=\"en-GB\"><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\"><title>{title}</title><h1>{title}</h1><p><code>{code}</code>, status {status}</p><p>{help}</p>",
        title = code.title(),
        code = code.as_str(),
        status = code.status(),
        help = code.help()
    );
    std::future::ready(Ok(HttpResponse::Ok().content_type("text/html; charset=utf-8").body(page))).await
}

/// The reference page brings everything it needs and may load nothing from elsewhere.
async fn reference_headers(
    request: actix_web::dev::ServiceRequest,
    next: actix_web::middleware::Next<impl actix_web::body::MessageBody>,
) -> Result<actix_web::dev::ServiceResponse<impl actix_web::body::MessageBody>, actix_web::Error> {
    let mut response = next.call(request).await?;
    response.headers_mut().insert(
        CONTENT_SECURITY_POLICY,
        HeaderValue::from_static("default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"),
    );
    Ok(response)
}
