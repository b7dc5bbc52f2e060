//! The API under load, and pgbench with the very same statements, in turn.

use std::{collections::BTreeMap, path::PathBuf};

use tokio_postgres::Client;

use crate::{
    api::Api,
    capture::{Capture, Captured, quieten},
    cluster::{Cluster, connect},
    database::{self, BritainArgs, Size},
    load,
    pgbench::{Pgbench, Script},
    processes,
    queue::{self, Part},
    results::{Line, Results},
    sample::{Sample, Timing},
    wire::Wire,
};

/// Listings in the made-up Britain.
const LISTINGS: Size = Size(10_000);

/// How the measurement is done.
#[derive(Debug, Clone, clap::Args)]
pub struct RunArgs {
    #[command(flatten)]
    pub timing: Timing,
    /// How much waits
    #[arg(long, default_value_t = 100_000)]
    pub waiting: i64,
    /// Clients at once, one after the other
    #[arg(long, value_delimiter = ',', default_value = "1,8")]
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
    let network = queue::fill(&client, args.waiting).await?;
    let mut scripts = BTreeMap::new();
    for part in Part::ALL {
        eprintln!("capturing what a page runs: {}", part.name());
        scripts.insert(part, capture(cluster, &client, &ready, args, (&network, part)).await?);
    }
    let pgbench = Pgbench::new(cluster, &ready.name, database::session_options(&ready.url).await?)?;
    let mut api = Api::start(&args.gotit, &ready, cluster.folder()).await?;
    let mut samples: BTreeMap<(Part, usize), (Sample, Sample)> = BTreeMap::new();
    for round in 1..=args.rounds {
        for &clients in &args.clients {
            for (part, scripts) in &scripts {
                eprintln!("round {round} of {}, {clients} clients: {}", args.rounds, part.name());
                let requests = queue::pages(&mut api, &network, *part, args.waiting).await?;
                let (through_api, through_pgbench) = samples.entry((*part, clients)).or_default();
                through_api.add(load::measure(&api, cluster.postmaster()?, requests, clients, args.timing).await?);
                through_pgbench.add(pgbench.measure(cluster.postmaster()?, scripts, clients, args.timing).await?);
            }
        }
    }
    api.stop().await?;
    queue::clean_up(&client).await?;
    let lines = samples.into_iter().map(|((part, clients), (api, pgbench))| Line {
        part: part.name(),
        clients,
        api: api.figures(),
        pgbench: pgbench.figures(),
    });
    Results { lines: lines.collect(), waiting: args.waiting, rounds: args.rounds, seconds: args.timing.seconds }.show(args.record)
}

/// What each page of a part runs, as scripts.
async fn capture(
    cluster: &Cluster,
    client: &Client,
    ready: &database::Ready,
    args: &RunArgs,
    (network, part): (&str, Part),
) -> anyhow::Result<Vec<Script>> {
    let mut capture = Capture::begin(cluster, client).await?;
    // Everything since then is read, as types are told only when a statement is parsed.
    let start = capture.mark().await?;
    let mut api = Api::start(&args.gotit, ready, cluster.folder()).await?;
    let requests = queue::pages(&mut api, network, part, args.waiting).await?;
    capture.since(start).await?;
    let mut wire = Wire::to(api.address).await?;
    let mut captured = Captured::default();
    for request in &requests {
        let mark = capture.mark().await?;
        wire.ask(request).await?;
        captured.requests.push(capture.since(mark).await?.0);
    }
    capture.end().await?;
    api.stop().await?;
    Ok(captured.scripts())
}
