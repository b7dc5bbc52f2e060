//! The API under load, and pgbench with the very same statements, in turn.

use std::collections::BTreeMap;

use tokio_postgres::Client;

use crate::{
    queue::{self, Part},
    rig::{
        api::Api,
        beside::{Beside, TurnArgs, Words},
        capture::{Capture, Captured, quieten},
        cluster::{Cluster, connect},
        database::{self, BritainArgs, Size},
        load::{Requests, measure},
        pgbench::{Pgbench, Script},
        processes,
        wire::Wire,
    },
};

/// Listings in the made-up Britain.
const LISTINGS: Size = Size(10_000);

/// How the measurement is done.
#[derive(Debug, Clone, clap::Args)]
pub struct RunArgs {
    #[command(flatten)]
    pub turn: TurnArgs,
    /// How much waits
    #[arg(long, default_value_t = 100_000)]
    pub waiting: i64,
    /// Clients at once, one after the other
    #[arg(long, value_delimiter = ',', default_value = "1,8")]
    pub clients: Vec<usize>,
}

/// Measures and reports.
pub async fn run(cluster: &Cluster, args: &RunArgs) -> anyhow::Result<()> {
    let turn = &args.turn;
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
    let mut api = Api::start(&turn.gotit, &ready, cluster.folder()).await?;
    let mut beside = Beside::default();
    for round in 1..=turn.rounds {
        for &clients in &args.clients {
            for (case, (part, scripts)) in scripts.iter().enumerate() {
                eprintln!("round {round} of {}, {clients} clients: {}", turn.rounds, part.name());
                let requests = Requests(queue::pages(&mut api, &network, *part, args.waiting).await?);
                let through = beside.of(case, clients);
                through.api.add(measure(&api, cluster.postmaster()?, requests, clients, turn.timing).await?);
                through.pgbench.add(pgbench.measure(cluster.postmaster()?, scripts, clients, turn.timing).await?);
            }
        }
    }
    api.stop().await?;
    queue::clean_up(&client).await?;
    let (cases, with) = (scripts.keys().map(|part| part.name()).collect(), format!("{} waiting; ", args.waiting));
    beside.show(&Words { name: "moderation", on: "Pages of 100", cases, counted: "pages a second", with }, turn)
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
    let mut api = Api::start(&args.turn.gotit, ready, cluster.folder()).await?;
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
