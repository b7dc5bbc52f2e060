//! The databases of the bench, one for each size and share of open listings: found when they are there, filled when they are not.

use std::str::FromStr;

use anyhow::{Context, bail, ensure};
use chrono::{DateTime, DurationRound, Utc};
use diesel_async::RunQueryDsl;
use gotit::{
    accounts::{
        passwords::{Password, Passwords},
        service::{SignUp, create_user},
    },
    catalog::seed,
    db::{self, Db, DbConfig},
    types::{Clock, EmailAddress, text::PersonName},
};
use tokio_postgres::Client;

use super::{
    api::db_config,
    britain::{self, Plan, Report, progress::Progress},
    cluster::{Cluster, connect},
};

/// Who signs in to measure: the owner of every group.
pub const EMAIL: &str = "bench@example.org";
/// That person's password. Public: nothing in these databases is true.
pub const PASSWORD: &str = "four kettles on a barge";

/// How many listings: `100k`, `1m`, `10m`, or any number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Size(pub u64);

impl FromStr for Size {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> anyhow::Result<Self> {
        let lower = text.to_lowercase();
        let (digits, unit) = match lower.strip_suffix('k') {
            Some(digits) => (digits, 1_000),
            None => lower.strip_suffix('m').map_or((lower.as_str(), 1), |digits| (digits, 1_000_000)),
        };
        let number: u64 = digits.parse().with_context(|| format!("{text} is not a size; give one such as 100k, 1m or 2500"))?;
        ensure!((1..=1_000_000_000).contains(&(number * unit)), "give a size from 1 to 1000m");
        Ok(Self(number * unit))
    }
}

impl std::fmt::Display for Size {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.0 {
            n if n % 1_000_000 == 0 => write!(f, "{}m", n / 1_000_000),
            n if n % 1_000 == 0 => write!(f, "{}k", n / 1_000),
            n => write!(f, "{n}"),
        }
    }
}

/// Which Britain.
#[derive(Debug, Clone, clap::Args)]
pub struct BritainArgs {
    /// How many listings: 100k, 1m, 10m or any number
    #[arg(long, global = true, default_value = "1m")]
    pub size: Size,
    /// How many of a hundred listings are open, 1 to 100
    #[arg(long, global = true, default_value_t = 15, value_parser = clap::value_parser!(u64).range(1..=100))]
    pub open: u64,
    /// Another seed gives another Britain of the same kind
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
}

impl BritainArgs {
    /// What its database is called.
    pub fn database(&self) -> String {
        format!("gotit_{}_{}", self.size, self.open)
    }
}

/// A database that is complete.
#[derive(Debug, Clone)]
pub struct Ready {
    pub name: String,
    pub url: String,
    /// The moment to which its times are relative.
    pub now: DateTime<Utc>,
}

/// The database of these arguments, filled if it is not; a half-filled one, of an earlier attempt, is made anew. Migrations that came
/// later are run.
pub async fn open(cluster: &Cluster, args: &BritainArgs) -> anyhow::Result<Ready> {
    let (name, url) = (args.database(), cluster.url(&args.database()));
    let admin = connect(&cluster.url("postgres")).await?;
    if admin.query_opt("select from pg_database where datname = $1", &[&name]).await?.is_some() {
        if let Some(now) = made_at(&connect(&url).await?).await? {
            migrate(&url).await?;
            return Ok(Ready { name, url, now });
        }
        eprintln!("{name} was left half-filled; making it anew.");
        admin.batch_execute(&format!("drop database {name} with (force)")).await?;
    }
    admin.batch_execute(&format!("create database {name}")).await?;
    fill(&url, args).await.with_context(|| format!("{name} could not be filled"))
}

/// When it was made, if it is complete.
async fn made_at(client: &Client) -> anyhow::Result<Option<DateTime<Utc>>> {
    if client.query_one("select to_regclass('bench.made') is null", &[]).await?.get(0) {
        return Ok(None);
    }
    let micros: Option<i64> =
        client.query_one("select max(extract(epoch from as_of) * 1000000)::bigint from bench.made", &[]).await?.get(0);
    Ok(micros.and_then(DateTime::from_timestamp_micros))
}

async fn migrate(url: &str) -> anyhow::Result<()> {
    for name in db::migrate(url).await.context("the migrations failed")? {
        eprintln!("migrated: {name}");
    }
    let database = Db::new(url, &DbConfig { db_connections: 1, db_statement_ms: 600_000, ..DbConfig::default() })?;
    seed::seed(&mut *database.conn().await?).await?;
    Ok(())
}

async fn fill(url: &str, args: &BritainArgs) -> anyhow::Result<Ready> {
    migrate(url).await?;
    let now = Clock::system().now().duration_trunc(chrono::TimeDelta::hours(1))?;
    let plan = Plan { listings: args.size.0, open_percent: args.open, seed: args.seed, now };
    let user = sign_up(url, now).await?;
    let mut client = connect(url).await?;
    eprintln!("Filling {} with {} listings, {} % open, as of {now}.", args.database(), args.size, args.open);
    let report = britain::fill(&mut client, &plan, user, Progress::here()).await?;
    client
        .batch_execute(&format!(
            "create schema bench;
             create table bench.made (as_of timestamptz not null, listings bigint not null, open_percent integer not null, seed bigint not null);
             comment on table bench.made is 'What ./dev bench filled this database with. All times are relative to as_of.';
             insert into bench.made values ('{}', {}, {}, {})",
            now.to_rfc3339(),
            plan.listings,
            plan.open_percent,
            plan.seed
        ))
        .await?;
    show(&report, &plan);
    Ok(Ready { name: args.database(), url: url.to_owned(), now })
}

/// An account for whoever measures.
async fn sign_up(url: &str, now: DateTime<Utc>) -> anyhow::Result<uuid::Uuid> {
    let refused = |refusal: gotit::types::Refusal| anyhow::anyhow!("{refusal}");
    let new = SignUp {
        email: EmailAddress::parse(EMAIL).map_err(refused)?,
        password: Password::parse(PASSWORD).map_err(refused)?,
        name: PersonName::parse("Bench").map_err(refused)?,
    };
    let database = Db::new(url, &DbConfig { db_connections: 1, ..DbConfig::default() })?;
    match create_user(&database, &Passwords::new(1)?, new, now).await? {
        Some(user) => Ok(user.0),
        None => bail!("{EMAIL} has an account already"),
    }
}

/// Settings that the program gives its sessions, asked of such a session.
pub async fn session_options(url: &str) -> anyhow::Result<String> {
    #[derive(diesel::QueryableByName)]
    struct Options {
        #[diesel(sql_type = diesel::sql_types::Text)]
        options: String,
    }
    let mut conn = Db::new(url, &db_config())?.conn().await.context("the program's pool gives no connection")?;
    let sql = "select coalesce(string_agg(format('-c %s=%s', name, replace(setting, ' ', '\\ ')), ' ' order by name), '') as options
               from pg_settings where source in ('client', 'session') and name not in ('application_name', 'client_encoding')";
    let row: Options = diesel::sql_query(sql).get_result(&mut conn).await?;
    Ok(row.options)
}

fn show(report: &Report, plan: &Plan) {
    let mut table = comfy_table::Table::new();
    table.load_style(comfy_table::presets::ASCII_MARKDOWN).set_header(["Step", "seconds", "MB", "rows a second"]);
    for step in report.steps.iter().chain(&report.indexes) {
        let rate = if step.name == "listings" { format!("{:.0}", plan.listings as f64 / step.seconds) } else { String::new() };
        let size = if step.bytes > 0 { format!("{:.1}", step.bytes as f64 / 1e6) } else { String::new() };
        table.add_row([step.name.clone(), format!("{:.1}", step.seconds), size, rate]);
    }
    println!("{table}");
    println!(
        "{} listings, {} of them open; {} groups in {} networks; {} dismissed pairs.",
        plan.listings, report.open, report.groups, report.networks, report.dismissals
    );
}
