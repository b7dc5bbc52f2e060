//! Logs and spans. What is logged, and what never is, stands in docs/LOGGING.md.

use std::{io::IsTerminal, net::SocketAddr, time::Duration};

use actix_web::{
    Error,
    body::MessageBody,
    dev::{ServiceRequest, ServiceResponse},
};
use anyhow::Context;
use metrics_exporter_prometheus::PrometheusBuilder;
use tracing::{Level, Metadata, Span, level_filters::LevelFilter};
use tracing_actix_web::{RequestId, RootSpanBuilder};
use tracing_subscriber::{EnvFilter, filter::filter_fn, fmt, layer::SubscriberExt, util::SubscriberInitExt};

use crate::{db::Db, http::observe::method_of};

/// How the program logs.
#[derive(Debug, Clone, clap::Args)]
pub struct LogConfig {
    /// What to log: a level, or levels per module such as info,gotit=debug
    #[arg(long, env = "GOTIT_LOG", default_value = "info")]
    pub log: String,
    /// Form of log lines
    #[arg(long, env = "GOTIT_LOG_FORMAT", value_enum, default_value_t = LogFormat::Text)]
    pub log_format: LogFormat,
}

/// The forms of log lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line, for programs.
    Json,
}

/// Starts logging to standard error. Fails when `config.log` cannot be read or logging has been started before.
pub fn start(config: &LogConfig) -> anyhow::Result<()> {
    let filter = EnvFilter::builder().with_default_directive(LevelFilter::INFO.into()).parse(&config.log)?;
    let registry = tracing_subscriber::registry().with(filter).with(filter_fn(is_discreet));
    match config.log_format {
        LogFormat::Text => {
            // Colours are for a terminal; in a file they would be in the way of whoever searches it.
            let colours = std::io::stderr().is_terminal();
            registry.with(fmt::layer().with_writer(std::io::stderr).with_ansi(colours).with_target(false)).try_init()?;
        }
        LogFormat::Json => registry
            .with(fmt::layer().json().flatten_event(true).with_current_span(true).with_span_list(false).with_writer(std::io::stderr))
            .try_init()?,
    }
    Ok(())
}

/// Whether an event may be logged at all, whatever the operator asked for. What libraries say below INFO is not ours to vouch for:
/// tokio-postgres tells statements with their values there, actix-web parts of requests.
fn is_discreet(metadata: &Metadata<'_>) -> bool {
    let ours = metadata.target().split("::").next() == Some("gotit");
    ours || *metadata.level() <= Level::INFO
}

/// Starts `/metrics` on a listener of its own. Fails when the address is taken.
pub fn serve_metrics(address: SocketAddr) -> anyhow::Result<()> {
    PrometheusBuilder::new()
        .with_http_listener(address)
        .set_buckets(&REQUEST_SECONDS)?
        .install()
        .with_context(|| format!("{address} is taken or not ours; choose another with --metrics-listen"))
}

/// Upper ends of the histogram of answer times, in seconds. Nothing takes longer than the last but bodies that arrive slowly.
const REQUEST_SECONDS: [f64; 9] = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0];

/// Keeps the numbers about the pool and the process up to date, until it is dropped.
pub async fn measure_process(db: Db) {
    let mut every = tokio::time::interval(Duration::from_secs(5));
    loop {
        every.tick().await;
        let pool = db.pool_state();
        metrics::gauge!("gotit_db_connections").set(count(pool.open));
        metrics::gauge!("gotit_db_connections_idle").set(count(pool.idle));
        metrics::gauge!("gotit_db_requests_waiting").set(count(pool.waiting));
        if let Some(bytes) = resident_memory() {
            metrics::gauge!("process_resident_memory_bytes").set(bytes);
        }
    }
}

fn count(number: usize) -> f64 {
    u32::try_from(number).map_or(f64::INFINITY, f64::from)
}

/// Memory of this process in bytes, where the system tells (Linux).
fn resident_memory() -> Option<f64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let kilobytes = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?.trim().strip_suffix(" kB")?;
    Some(kilobytes.parse::<f64>().ok()? * 1024.0)
}

/// The span of a request: method, route, status and time under the names of OpenTelemetry's HTTP conventions; no path, query,
/// address or header, which could hold personal data.
#[derive(Debug)]
pub struct RequestSpan;

impl RootSpanBuilder for RequestSpan {
    fn on_request_start(request: &ServiceRequest) -> Span {
        use actix_web::HttpMessage;
        let id = request.extensions().get::<RequestId>().map(ToString::to_string).unwrap_or_default();
        tracing::info_span!(
            "request",
            request_id = %id,
            otel.kind = "server",
            otel.status_code = tracing::field::Empty,
            http.request.method = method_of(request.method()),
            http.route = request.match_pattern().unwrap_or_else(|| "none".to_owned()),
            http.response.status_code = tracing::field::Empty,
            elapsed_ms = tracing::field::Empty,
        )
    }

    fn on_request_end<B: MessageBody>(span: Span, outcome: &Result<ServiceResponse<B>, Error>) {
        let status = match outcome {
            Ok(response) => response.status(),
            Err(error) => error.as_response_error().status_code(),
        };
        span.record("http.response.status_code", status.as_u16());
        span.record("otel.status_code", if status.is_server_error() { "ERROR" } else { "OK" });
        span.in_scope(|| tracing::info!("answered"));
    }
}
