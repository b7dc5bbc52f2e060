//! `gotit worker`: time-driven work and mail, apart from the API.

use super::{Database, say, serve::stop_signal};
use crate::{
    config::WorkerConfig,
    db::{Db, missing_migrations},
    telemetry,
    types::Clock,
    worker::Worker,
};

/// Works until SIGINT or SIGTERM, then finishes what it has in hand.
pub async fn work(config: WorkerConfig) -> anyhow::Result<()> {
    telemetry::start(&config.log)?;
    let mut database = Database::open(&config.database).await?;
    let outcome = work_on(&config, &mut database).await;
    database.close().await?;
    outcome
}

async fn work_on(config: &WorkerConfig, database: &mut Database) -> anyhow::Result<()> {
    let db = Db::new(&database.url, &config.db)?;
    let missing = missing_migrations(&mut *db.conn().await?).await?;
    anyhow::ensure!(missing.is_empty(), "The database is not up to date with this program. Run gotit migrate first.");
    let worker = Worker::start(&db, &Clock::system(), &config.mail)?;
    say("Got It / Want It: the worker is ready.")?;
    tokio::select! {
        signal = stop_signal() => signal?,
        () = database.keep_running() => {}
    }
    tracing::info!("stopping: finishing what is in hand");
    tokio::select! {
        () = worker.stop() => {}
        signal = stop_signal() => signal?,
    }
    db.close();
    Ok(())
}
