//! The contract (OpenAPI 3.1), made from the code; the reference page; the pages that explain problems; and the answer to
//! addresses and methods that are not in the contract.

mod shape;

use std::{collections::BTreeSet, sync::Arc};

use actix_web::{
    HttpRequest, HttpResponse,
    dev::ResourceDef,
    http::header::{ALLOW, CACHE_CONTROL, CONTENT_SECURITY_POLICY, HeaderValue},
    web,
};
use utoipa::{
    OpenApi as _,
    openapi::{
        OpenApi, RefOr,
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
        (name = "Exchanges", description = "Hand-overs between two groups, from proposal to completion, and what became of them."),
        (name = "Interests", description = "A group says \"we could\" or \"we would like it\"; the owner compares and chooses."),
        (name = "Messages", description = "What two groups write to each other, and the contact details that they show each other."),
        (name = "Inbox", description = "What has happened and what waits, for groups and people; also as it comes."),
        (name = "Policies", description = "What a network allows and how it decides; its ground rules, and who has accepted them."),
        (name = "Checks", description = "What automatic checks find in a listing, and what to do about it."),
        (name = "Moderation", description = "The queue of a network's coordinators; decisions, and appeals against them."),
        (name = "Reports", description = "Anybody says that something is wrong; worries about somebody's safety."),
        (name = "Complaints", description = "Complaints about the service, and about personal data."),
        (name = "Assisted groups", description = "Posting for groups that are not online, and the call list."),
        (name = "Records", description = "What was done, by whom and why; figures on moderation."),
        (name = "Health", description = "For those who run the program."),
    )
)]
struct Frame;

/// The contract, made from the routes.
pub fn openapi() -> OpenApi {
    let (_, mut api) = actix_web::App::new().into_utoipa_app().openapi(Frame::openapi()).configure(crate::app::routes).split_for_parts();
    let components = api.components.get_or_insert_default();
    components.responses.extend(responses::components().into_iter().map(|(name, response)| (name, RefOr::T(response))));
    let scheme = HttpBuilder::new()
        .scheme(HttpAuthScheme::Bearer)
        .bearer_format("JWT")
        .description(Some("Access token from `POST /v1/sessions`, good for 15 minutes."))
        .build();
    components.security_schemes.insert("access_token".to_owned(), RefOr::T(SecurityScheme::Http(scheme)));
    shape::shape(&mut api);
    api
}

/// The contract as the committed file has it.
pub fn openapi_yaml() -> anyhow::Result<String> {
    Ok(format!("# Made by `./dev openapi` from the code; not edited by hand.\n{}", openapi().to_yaml()?))
}

/// Every problem code with its status, title and help, as docs/PROBLEMS.md lists them.
pub fn problems_md() -> String {
    let rows = Code::ALL.iter().map(|code| {
        let (status, title, help) = (code.status().as_u16(), code.title(), code.help());
        format!("| `{}` | {status} | {title} | {help} |\n", code.as_str())
    });
    format!("{PROBLEMS_HEAD}{}", rows.collect::<String>())
}

const PROBLEMS_HEAD: &str = "<!-- Made by `./dev openapi` from src/error.rs; not edited by hand. -->\n\n# Problems\n\n\
Every error is a problem document (RFC 9457). Its `code` never changes its meaning; its `type` is the address of a page of the running \
server, `/problems/{code}`, that says the same as this table.\n\n| Code | Status | Title | What it means, and what to do |\n|---|---|---|---|\n";

/// The documents that the server itself shows.
#[derive(Clone)]
pub struct Documents {
    api: OpenApi,
    yaml: web::Bytes,
    paths: Arc<Vec<(ResourceDef, Vec<String>)>>,
}

/// What is served beside the contract, to GET alone.
const OWN_ADDRESSES: [&str; 5] = ["/", "/docs", "/docs/{file:.*}", "/openapi.yaml", "/problems/{code}"];

/// A page that loads nothing and runs nothing.
const BARE_PAGE: &str = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

impl Default for Documents {
    fn default() -> Self {
        Self::new()
    }
}

impl Documents {
    /// Makes the contract once; each worker thread gets a copy.
    pub fn new() -> Self {
        let api = openapi();
        let own = OWN_ADDRESSES.map(|path| (ResourceDef::new(path), vec!["GET".to_owned()]));
        let contract = api.paths.paths.iter().map(|(path, item)| (ResourceDef::new(path.as_str()), methods_of(item)));
        let paths = Arc::new(contract.chain(own).collect());
        Self { yaml: openapi_yaml().unwrap_or_default().into(), paths, api }
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
                    .service(SwaggerUi::new("/docs/{_:.*}").url("/docs/openapi.json", self.api.clone()).config(page_settings()))
                    .default_service(web::to(move |request: HttpRequest| answer_unknown(request, paths.clone()))),
            );
    }
}

/// The reference page asks no outside service whether the contract is sound: `./dev lint` does.
fn page_settings() -> utoipa_swagger_ui::Config<'static> {
    utoipa_swagger_ui::Config::default().validator_url("none")
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
    let known = paths.iter().filter(|(path, _)| path.is_match(request.path())).flat_map(|(_, methods)| methods.iter().map(String::as_str));
    // Two paths may have the same address: /v1/categories/suggest also looks like /v1/categories/{slug}.
    let methods: Vec<&str> = known.collect::<BTreeSet<_>>().into_iter().collect();
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
    let mut answer = HttpResponse::Ok();
    answer.content_type("text/html; charset=utf-8").insert_header((CONTENT_SECURITY_POLICY, BARE_PAGE));
    std::future::ready(Ok(answer.body(page))).await
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
