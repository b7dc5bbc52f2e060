//! `gotit import` and `gotit demo`: groups and listings from a file, or the demo town from the program itself.

use std::{collections::BTreeMap, fs::File, path::PathBuf};

use anyhow::Context;
use clap::Args;

use super::{Database, log_quietly, on_database, plain, progress, say};
use crate::{
    accounts::passwords::Passwords,
    catalog::Catalogue,
    config::DatabaseConfig,
    db::{Conn, Db, DbConfig},
    demo,
    import::{
        rows::{self, Format, Row},
        service::{self, Options, Report},
    },
    networks,
    types::{Clock, Written},
};

/// Bad rows that are printed one by one.
const SHOWN: usize = 100;

/// What to import, and how.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  gotit import groups.csv --network stoke --dry-run\n  gotit import groups.jsonl --network stoke --approve"
)]
pub(super) struct ImportArgs {
    /// The file: JSON Lines, or CSV when its name ends in .csv
    file: PathBuf,
    /// Slug of the network that the groups belong to
    #[arg(long)]
    network: String,
    /// Read the file as this, whatever its name
    #[arg(long, value_enum)]
    format: Option<Format>,
    /// Let new groups in at once; otherwise a coordinator approves them
    #[arg(long)]
    approve: bool,
    /// Say what would happen, and write nothing
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    database: DatabaseConfig,
}

/// Imports a file. Good rows are kept when others are bad; then the exit status is 1.
pub(super) async fn run(arguments: ImportArgs) -> anyhow::Result<()> {
    let file = File::open(&arguments.file).with_context(|| format!("{} cannot be opened", arguments.file.display()))?;
    let format = arguments.format.unwrap_or_else(|| Format::of(&arguments.file));
    let rows = rows::read(file, format).with_context(|| format!("{} cannot be read", arguments.file.display()))?;
    let database = arguments.database.clone();
    on_database(&database, async |conn| {
        let report = write(conn, &rows, &arguments).await?;
        summarise(&report, arguments.dry_run)?;
        anyhow::ensure!(report.bad.is_empty(), "{} of {} rows were not written", report.bad.len(), rows.len());
        Ok(())
    })
    .await
}

async fn write(conn: &mut Conn, rows: &[Row], arguments: &ImportArgs) -> anyhow::Result<Report> {
    let network = networks::queries::id_by_slug(conn, &arguments.network).await?;
    let network = network.with_context(|| format!("There is no network {}. See gotit networks list.", arguments.network))?;
    let options = Options { network, approve: arguments.approve, dry_run: arguments.dry_run, now: Clock::system().now() };
    let bar = progress(u64::try_from(rows.len())?, "Importing {bar:30} {pos} of {len} rows, {eta} to go");
    let done = |number: usize| bar.inc(u64::try_from(number).unwrap_or_default());
    // Boxed: inside the futures of the command line it would be too deep for the compiler.
    let catalogue = Catalogue::built_in()?;
    let report = Box::pin(service::import(conn, &catalogue, rows, options, done)).await.map_err(plain)?;
    bar.finish_and_clear();
    Ok(report)
}

fn summarise(report: &Report, dry_run: bool) -> anyhow::Result<()> {
    for bad in report.bad.iter().take(SHOWN) {
        let row = bad.external_id.as_ref().map(|id| format!(" ({})", escaped(id))).unwrap_or_default();
        for error in &bad.errors {
            say(format!(
                "line {}{row}: {} {}: {}",
                bad.line,
                error.pointer.as_deref().unwrap_or_default(),
                error.code,
                escaped(&error.detail)
            ))?;
        }
    }
    if report.bad.len() > SHOWN {
        say(format!("... and {} more", report.bad.len() - SHOWN))?;
    }
    say(if dry_run { "Dry run: nothing was written." } else { "Done." })?;
    say(format!("  groups    {}", counts(&report.groups)))?;
    say(format!("  listings  {}", counts(&report.listings)))?;
    say(format!("  bad rows  {}", report.bad.len()))
}

/// Text from a file as a terminal may show it: control characters spelt out.
fn escaped(text: &str) -> String {
    text.chars().flat_map(|c| if c.is_control() { c.escape_debug().collect::<Vec<_>>() } else { vec![c] }).collect()
}

fn counts(written: &BTreeMap<Written, usize>) -> String {
    let count = |kind| written.get(&kind).copied().unwrap_or_default();
    format!("{} new, {} changed, {} as they were", count(Written::Created), count(Written::Changed), count(Written::Unchanged))
}

/// Brings the database up to date and loads the demo town, if there is no network yet.
pub(super) async fn load_demo(config: &DatabaseConfig) -> anyhow::Result<()> {
    log_quietly()?;
    let database = Database::open(config).await?;
    let outcome = async {
        database.migrate().await?;
        let loaded = load_demo_into(&database).await?;
        say(if loaded { "The demo town is there." } else { "There is a network already, so the demo town was not loaded." })?;
        say(demo::logins())
    };
    let outcome = outcome.await;
    database.close().await?;
    outcome
}

/// Loads the demo town into a database that is up to date and has no network yet.
pub(super) async fn load_demo_into(database: &Database) -> anyhow::Result<bool> {
    let db = Db::new(&database.url, &DbConfig { db_connections: 2, db_statement_ms: 60_000, ..DbConfig::default() })?;
    let (passwords, catalogue) = (Passwords::new(1)?, Catalogue::built_in()?);
    Ok(Box::pin(demo::load(&db, &passwords, &catalogue, Clock::system().now())).await?)
}
