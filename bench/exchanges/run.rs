//! The API under load, and pgbench with the very same statements, in turn.

use std::{collections::BTreeMap, path::PathBuf};

use anyhow::Context;
use chrono::{DateTime, Utc};
use gotit::types::Clock;
use tokio_postgres::Client;

use crate::{
    api::Api,
    capture::{Capture, quieten},
    cluster::{Cluster, connect},
    database::{self, BritainArgs, Size},
    load,
    pgbench::{Pgbench, Script},
    processes,
    results::{Line, Results},
    sample::{Sample, Timing},
    script, town,
    town::Pair,
    wire::Wire,
};

/// Listings in the town.
const LISTINGS: Size = Size(10_000);
/// Offers in the case of many. Each is a script, whose statements every client of pgbench prepares.
const MANY: usize = 32;

/// How the measurement is done.
#[derive(Debug, Clone, clap::Args)]
pub struct RunArgs {
    #[command(flatten)]
    pub timing: Timing,
    /// Clients at once, one after the other
    #[arg(long, value_delimiter = ',', default_value = "1,8,32")]
    pub clients: Vec<usize>,
    /// How often everything is measured, in turn
    #[arg(long, default_value_t = 3)]
    pub rounds: usize,
    /// Write the figures into docs/BENCHMARKS.md
    #[arg(long)]
    pub record: bool,
    /// The release program that is measured; cargo builds it with this one
    #[arg(long, default_value = env!("CARGO_BIN_EXE_gotit"))]
    pub gotit: PathBuf,
}

/// Measures and reports.
pub async fn run(cluster: &Cluster, args: &RunArgs) -> anyhow::Result<()> {
    processes::can_measure()?;
    let ready = database::open(cluster, &BritainArgs { size: LISTINGS, open: 100, seed: 1 }).await?;
    let client = connect(&ready.url).await?;
    quieten(&client).await?;
    client.batch_execute("create sequence if not exists bench.exchange_numbers").await?;
    town::clean_up(&client).await?;
    let pairs = town::pairs(&client, MANY, args.clients.iter().copied().max().unwrap_or(1)).await?;
    let scripts = capture(cluster, &client, &ready, args, &pairs).await?;
    let pgbench = Pgbench::new(cluster, &ready.name, database::session_options(&ready.url).await?)?;
    let mut api = Api::start(&args.gotit, &ready, cluster.folder()).await?;
    let mut samples: BTreeMap<(usize, usize), (Sample, Sample)> = BTreeMap::new();
    let cases = [("one offer", 1), ("many offers", pairs.len())];
    for round in 1..=args.rounds {
        for &clients in &args.clients {
            for (case, (name, offers)) in cases.iter().enumerate() {
                eprintln!("round {round} of {}, {clients} clients: {name}", args.rounds);
                let token = api.token().await?;
                let (through_api, through_pgbench) = samples.entry((case, clients)).or_default();
                town::clean_up(&client).await?;
                through_api.add(load::measure(&api, cluster.postmaster()?, &pairs[..*offers], &token, clients, args.timing).await?);
                town::check(&client).await.context("after the API")?;
                town::clean_up(&client).await?;
                through_pgbench.add(pgbench.measure(cluster.postmaster()?, &scripts[..*offers], clients, args.timing).await?);
                town::check(&client).await.context("after pgbench")?;
            }
        }
    }
    api.stop().await?;
    town::clean_up(&client).await?;
    let lines = samples.into_iter().map(|((case, clients), (api, pgbench))| Line {
        case: cases[case].0,
        clients,
        api: api.figures(),
        pgbench: pgbench.figures(),
    });
    Results { lines: lines.collect(), rounds: args.rounds, seconds: args.timing.seconds }.show(args.record)
}

/// What a proposal and its accept run, for each pair, as scripts.
async fn capture(
    cluster: &Cluster,
    client: &Client,
    ready: &database::Ready,
    args: &RunArgs,
    pairs: &[Pair],
) -> anyhow::Result<Vec<Script>> {
    eprintln!("capturing what proposing and accepting run");
    let mut capture = Capture::begin(cluster, client).await?;
    // Everything since then is read, as types are told only when a statement is parsed.
    let mut mark = capture.mark().await?;
    let mut api = Api::start(&args.gotit, ready, cluster.folder()).await?;
    let token = api.token().await?;
    let mut wire = Wire::to(api.address).await?;
    let mut scripts = Vec::new();
    for (number, pair) in pairs.iter().enumerate() {
        // The first of a pair makes the inboxes; from the second on it is as it will be.
        load::propose_and_accept(&mut wire, (pair, 0), &token).await?;
        capture.since(mark).await?;
        mark = capture.mark().await?;
        let since = whole_milliseconds(Clock::system().now());
        load::propose_and_accept(&mut wire, (pair, 0), &token).await?;
        let (statements, _) = capture.since(mark).await?;
        scripts.push(script::of(number, &statements, since, &pair.askers));
        mark = capture.mark().await?;
    }
    capture.end().await?;
    api.stop().await?;
    Ok(scripts)
}

/// Ids hold no more of the time.
fn whole_milliseconds(time: DateTime<Utc>) -> DateTime<Utc> {
    DateTime::from_timestamp_millis(time.timestamp_millis()).unwrap_or(time)
}
