//! Puts the application together: its state, its routes, its middleware, its server.

use std::{
    net::TcpListener,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use actix_web::{
    Error as ActixError, HttpServer,
    body::MessageBody,
    dev::{Server, ServiceRequest, ServiceResponse},
    http::Method,
    middleware::{self, Next},
    web::Data,
};
use tracing_actix_web::TracingLogger;
use utoipa_actix_web::{AppExt, service_config::ServiceConfig};

use crate::{
    accounts::{self, passwords::Passwords, tokens::Tokens},
    assisted,
    catalog::{self, Catalogue},
    checks, complaints,
    config::AppConfig,
    contract, cross_posts,
    db::Db,
    exchanges, groups, health,
    http::{
        body::{LimitsConfig, within_limits},
        connections::{hold_on, note_request},
        observe::measure,
        problems::write_problems,
    },
    inbox, interests, listings, matching, moderation, networks, policies, records, reports, telemetry, threads,
    types::Clock,
};

/// What every handler can reach. The same for all threads of the process, but that each has its own connections to the database.
#[derive(Clone)]
pub struct App {
    /// The database.
    pub db: Db,
    /// The time.
    pub clock: Clock,
    /// Access tokens.
    pub tokens: Arc<Tokens>,
    /// Password hashing, bounded.
    pub passwords: Arc<Passwords>,
    /// Categories, words and synonyms, as they are built into the program.
    pub catalogue: Arc<Catalogue>,
    /// Live streams of notices, those of this process.
    pub streams: Arc<inbox::stream::Hub>,
    /// Settings.
    pub config: AppConfig,
}

impl App {
    /// The application on a migrated and seeded database. Loads or makes the key that signs tokens.
    pub async fn new(db: Db, clock: Clock, catalogue: Arc<Catalogue>, config: AppConfig) -> anyhow::Result<Self> {
        let tokens = Arc::new(Tokens::load(&mut *db.conn().await?, &config.issuer, clock.now()).await?);
        let passwords = Arc::new(Passwords::new(config.password_workers)?);
        Ok(Self { db, clock, tokens, passwords, catalogue, streams: Arc::default(), config })
    }
}

/// Every route of the API, feature by feature. The contract is made from the same list.
pub fn routes(config: &mut ServiceConfig) {
    config
        .configure(accounts::routes)
        .configure(networks::routes)
        .configure(groups::routes)
        .configure(catalog::routes)
        .configure(listings::routes)
        .configure(matching::routes)
        .configure(exchanges::routes)
        .configure(interests::routes)
        .configure(threads::routes)
        .configure(inbox::routes)
        .configure(policies::routes)
        .configure(checks::routes)
        .configure(moderation::routes)
        .configure(cross_posts::routes)
        .configure(reports::routes)
        .configure(complaints::routes)
        .configure(assisted::routes)
        .configure(records::routes)
        .configure(health::routes);
}

/// A server on `listener`. It runs when awaited; its handle stops it, letting running requests finish.
pub fn server(app: Data<App>, listener: TcpListener, limits: &LimitsConfig, workers: usize, drain: Duration) -> std::io::Result<Server> {
    let limits_data = Data::new(limits.clone());
    let documents = contract::Documents::new();
    let patience = Duration::from_millis(limits.idle_ms + limits.head_ms);
    let threads = Arc::new(AtomicUsize::new(0));
    let server = HttpServer::new(move || {
        // Each thread runs this once.
        let db = app.db.of_thread(threads.fetch_add(1, Ordering::Relaxed));
        actix_web::App::new()
            .app_data(Data::new(App { db, ..App::clone(&app) }))
            .app_data(limits_data.clone())
            .into_utoipa_app()
            .configure(routes)
            .into_app()
            .configure(|config| documents.routes(config))
            .wrap(middleware::from_fn(within_limits))
            .wrap(middleware::from_fn(head_as_get))
            .wrap(middleware::Compress::default())
            .wrap(cross_origin())
            .wrap(middleware::from_fn(write_problems))
            .wrap(middleware::from_fn(measure))
            .wrap(middleware::from_fn(note_request))
            .wrap(TracingLogger::<telemetry::RequestSpan>::new())
    });
    server
        .workers(workers)
        .max_connections(limits.connections)
        .on_connect(move |stream, data| hold_on(stream, data, patience))
        .client_request_timeout(Duration::from_millis(limits.head_ms))
        .client_disconnect_timeout(Duration::from_secs(2))
        .keep_alive(Duration::from_millis(limits.idle_ms))
        .shutdown_timeout(drain.as_secs())
        .disable_signals()
        .listen(listener)
        .map(HttpServer::run)
}

/// HEAD is GET without the body, which the server leaves out by itself.
async fn head_as_get(mut request: ServiceRequest, next: Next<impl MessageBody>) -> Result<ServiceResponse<impl MessageBody>, ActixError> {
    if request.method() == Method::HEAD {
        request.head_mut().method = Method::GET;
    }
    next.call(request).await
}

/// Pages of other origins may call the API: it takes no cookies, so a page can only use a token that it was given.
fn cross_origin() -> actix_cors::Cors {
    actix_cors::Cors::default()
        .allow_any_origin()
        .send_wildcard()
        .allowed_methods(["GET", "POST", "PUT", "PATCH", "DELETE"])
        .allowed_headers(["authorization", "content-type", "idempotency-key", "if-match", "if-none-match", "last-event-id"])
        .expose_headers(["etag", "link", "location", "retry-after", "x-request-id"])
        .max_age(3600)
}
