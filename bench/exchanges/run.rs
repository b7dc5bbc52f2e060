//! The API under load, and pgbench with the very same statements, in turn.

use anyhow::Context;
use chrono::{DateTime, Utc};
use gotit::types::Clock;
use tokio_postgres::Client;

use crate::{
    load::{self, Agree},
    rig::{
        api::Api,
        beside::{Beside, TurnArgs, Words},
        capture::{Capture, quieten},
        cluster::{Cluster, connect},
        database::{self, BritainArgs, Size},
        load::measure,
        pgbench::{Pgbench, Script},
        processes,
        wire::Wire,
    },
    script,
    town::{self, Pair},
};

/// Listings in the town.
const LISTINGS: Size = Size(10_000);
/// Offers in the case of many. Each is a script, whose statements every client of pgbench prepares.
const MANY: usize = 32;

/// How the measurement is done.
#[derive(Debug, Clone, clap::Args)]
pub struct RunArgs {
    #[command(flatten)]
    pub turn: TurnArgs,
    /// Clients at once, one after the other
    #[arg(long, value_delimiter = ',', default_value = "1,8,32")]
    pub clients: Vec<usize>,
}

/// Measures and reports.
pub async fn run(cluster: &Cluster, args: &RunArgs) -> anyhow::Result<()> {
    let RunArgs { turn, clients } = args;
    processes::can_measure()?;
    let ready = database::open(cluster, &BritainArgs { size: LISTINGS, open: 100, seed: 1 }).await?;
    let client = connect(&ready.url).await?;
    quieten(&client).await?;
    client.batch_execute("create sequence if not exists bench.exchange_numbers").await?;
    town::clean_up(&client).await?;
    let pairs = town::pairs(&client, MANY, clients.iter().copied().max().unwrap_or(1)).await?;
    let scripts = capture(cluster, &client, &ready, turn, &pairs).await?;
    let pgbench = Pgbench::new(cluster, &ready.name, database::session_options(&ready.url).await?)?;
    let mut api = Api::start(&turn.gotit, &ready, cluster.folder()).await?;
    let mut beside = Beside::default();
    let cases = [("one offer", 1), ("many offers", pairs.len())];
    for round in 1..=turn.rounds {
        for &clients in clients {
            for (case, (name, offers)) in cases.iter().enumerate() {
                eprintln!("round {round} of {}, {clients} clients: {name}", turn.rounds);
                let agree = Agree { pairs: pairs[..*offers].to_vec(), token: api.token().await? };
                let through = beside.of(case, clients);
                town::clean_up(&client).await?;
                through.api.add(measure(&api, cluster.postmaster()?, agree, clients, turn.timing).await?);
                town::check(&client).await.context("after the API")?;
                town::clean_up(&client).await?;
                through.pgbench.add(pgbench.measure(cluster.postmaster()?, &scripts[..*offers], clients, turn.timing).await?);
                town::check(&client).await.context("after pgbench")?;
            }
        }
    }
    api.stop().await?;
    town::clean_up(&client).await?;
    let cases = cases.map(|(name, _)| name).to_vec();
    let words = Words { name: "exchanges", on: "On", cases, counted: "agreed a second", with: String::new() };
    beside.show(&words, turn)
}

/// What a proposal and its accept run, for each pair, as scripts.
async fn capture(
    cluster: &Cluster,
    client: &Client,
    ready: &database::Ready,
    turn: &TurnArgs,
    pairs: &[Pair],
) -> anyhow::Result<Vec<Script>> {
    eprintln!("capturing what proposing and accepting run");
    let mut capture = Capture::begin(cluster, client).await?;
    // Everything since then is read, as types are told only when a statement is parsed.
    let mut mark = capture.mark().await?;
    let mut api = Api::start(&turn.gotit, ready, cluster.folder()).await?;
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
