//! `gotit serve`: the database, the application, the listeners, and the way down.

use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener},
    sync::Arc,
    time::Duration,
};

use actix_web::web::Data;
use anyhow::Context;
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    signal::unix::{SignalKind, signal},
};

use super::{Database, import::load_demo_into, say};
use crate::{
    app::{self, App},
    catalog::{Catalogue, seed},
    config::ServeConfig,
    db::{Db, missing_migrations},
    demo, telemetry,
    types::Clock,
    worker::Worker,
};

/// Serves until SIGINT or SIGTERM, then lets running requests finish and stops what it started.
pub async fn serve(config: ServeConfig) -> anyhow::Result<()> {
    telemetry::start(&config.log)?;
    raise_open_files();
    let listener = TcpListener::bind(config.listen)
        .with_context(|| format!("{} is taken or not ours; choose another with --listen", config.listen))?;
    if let Some(address) = config.metrics_listen {
        telemetry::serve_metrics(address)?;
    }
    let mut database = Database::own(&config.database).await?;
    let outcome = serve_on(&config, listener, &mut database).await;
    database.close().await?;
    outcome
}

async fn serve_on(config: &ServeConfig, listener: TcpListener, database: &mut Database) -> anyhow::Result<()> {
    let workers = config.workers.unwrap_or_else(|| std::thread::available_parallelism().map_or(2, usize::from));
    let db = Db::for_threads(&database.url, &config.db, workers)?;
    prepare(config, database, &db).await?;
    if config.demo {
        load_demo_into(database).await?;
    }
    let catalogue = Arc::new(Catalogue::built_in()?);
    let app = Data::new(App::new(db.clone(), Clock::system(), catalogue, config.app.clone()).await?);
    let worker = if config.no_worker { None } else { Some(Worker::start(&db, &app.clock, &config.mail)?) };
    let address = listener.local_addr()?;
    let server = app::server(app.clone(), listener, &config.limits, workers, Duration::from_secs(config.drain_seconds))?;
    let handle = server.handle();
    let running = tokio::spawn(server);
    let beside = tokio::spawn(telemetry::measure_process(db.clone()));
    greet(address, config.demo)?;
    tokio::select! {
        signal = stop_signal() => signal?,
        () = database.keep_running() => {}
    }
    tracing::info!("stopping: letting running requests finish");
    beside.abort();
    app.streams.close();
    let finish = async {
        if let Some(worker) = worker {
            worker.stop().await;
        }
    };
    tokio::select! {
        _ = async { tokio::join!(handle.stop(true), finish) } => {}
        _ = stop_signal() => handle.stop(false).await,
    }
    running.await??;
    db.close();
    Ok(())
}

/// Lets the process open as many files as the system allows it: each connection takes two, and a shell's usual limit is 1024.
fn raise_open_files() {
    let raised = getrlimit(Resource::RLIMIT_NOFILE).and_then(|(_, most)| setrlimit(Resource::RLIMIT_NOFILE, most, most));
    if let Err(error) = raised {
        tracing::warn!(%error, "the limit of open files stays as it is");
    }
}

/// Migrates and seeds, or refuses when told not to and something is missing.
async fn prepare(config: &ServeConfig, database: &Database, db: &Db) -> anyhow::Result<()> {
    if !config.no_migrate {
        return database.migrate().await;
    }
    let missing = missing_migrations(&mut *db.conn().await?).await?;
    anyhow::ensure!(missing.is_empty(), "migrations are missing: {}; run gotit migrate, or start without --no-migrate", missing.join(", "));
    Ok(())
}

fn greet(address: SocketAddr, demo: bool) -> anyhow::Result<()> {
    let address = to_open(address);
    let logins = if demo { format!("\n{}", demo::logins()) } else { String::new() };
    say(format!(
        "Got It / Want It is ready.\n  API        http://{address}/v1\n  Reference  http://{address}/docs/\n{logins}\n{}",
        seed::ATTRIBUTION.trim_end()
    ))
}

/// What somebody on this machine opens: `0.0.0.0` listens everywhere, in a container too, but browsers refuse to go there.
fn to_open(address: SocketAddr) -> SocketAddr {
    let here: IpAddr = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(here, address.port())
}

/// Waits for SIGINT or SIGTERM.
pub(super) async fn stop_signal() -> anyhow::Result<()> {
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    tokio::select! { _ = interrupt.recv() => {}, _ = terminate.recv() => {} }
    Ok(())
}

/// Asks the API at `listen` whether it is ready, for health checks of containers.
pub async fn ask_health(listen: SocketAddr) -> anyhow::Result<()> {
    let ask = async {
        let mut stream = tokio::net::TcpStream::connect(listen).await?;
        stream.write_all(b"GET /health/ready HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").await?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await?;
        anyhow::Ok(answer)
    };
    let answer = tokio::time::timeout(Duration::from_secs(5), ask).await.context("no answer within 5 seconds")??;
    let status = answer.split_whitespace().nth(1).unwrap_or_default();
    anyhow::ensure!(status == "200", "the API is not ready: status {status}");
    say("ready")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_to_open_is_one_that_a_browser_goes_to() {
        let shown = |address: &str| to_open(address.parse().unwrap()).to_string();
        assert_eq!(
            ["0.0.0.0:8080", "[::]:8080", "127.0.0.1:9000", "192.0.2.7:80"].map(shown),
            ["127.0.0.1:8080", "[::1]:8080", "127.0.0.1:9000", "192.0.2.7:80"]
        );
    }
}
