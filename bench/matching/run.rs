//! The API under load, and pgbench with the very same statements, in turn, so that what else the machine does befalls both.

use std::collections::BTreeMap;

use crate::{
    bench::{Bench, WhatArgs},
    results::{Measured, Results, Run},
    rig::{
        capture::Captured,
        cluster::Cluster,
        database::BritainArgs,
        load::{self, Requests},
        pgbench::Script,
        processes::{Memory, memory},
        sample::{Sample, Timing},
        scenarios::Scenario,
    },
};
use anyhow::Context;

/// How the measurement is done.
#[derive(Debug, Clone, clap::Args)]
pub struct RunArgs {
    #[command(flatten)]
    pub britain: BritainArgs,
    #[command(flatten)]
    pub what: WhatArgs,
    #[command(flatten)]
    pub timing: Timing,
    /// Clients at once, one after the other
    #[arg(long, value_delimiter = ',', default_value = "1,4,16")]
    pub clients: Vec<usize>,
    /// How often everything is measured, in turn
    #[arg(long, default_value_t = 3)]
    pub rounds: usize,
    /// Write the figures into docs/BENCHMARKS.md and docs/benchmarks
    #[arg(long)]
    pub record: bool,
}

/// What was measured of one scenario with so many clients.
#[derive(Default)]
struct Pair {
    api: Sample,
    pgbench: Sample,
    memory: Memory,
}

/// Measures and reports.
pub async fn run(cluster: &Cluster, args: &RunArgs) -> anyhow::Result<()> {
    let mut bench = Bench::start(cluster, &args.britain, &args.what).await?;
    let posts = bench.scenarios.iter().any(|(scenario, _, _)| *scenario == Scenario::Insert);
    if posts {
        make_bare_table(&bench).await?;
    }
    let outcome = measure(&mut bench, args).await;
    if posts {
        bench.clean_up().await?;
    }
    let run = outcome?;
    let mut results = Results::of(&bench, &args.britain).await?;
    results.run = Some(run.over(results.run.take()));
    bench.stop().await?;
    results.show_run();
    results.keep(cluster, args.record)
}

async fn measure(bench: &mut Bench, args: &RunArgs) -> anyhow::Result<Run> {
    let mut floors: BTreeMap<usize, Sample> = BTreeMap::new();
    let mut pairs: BTreeMap<(usize, usize), Pair> = BTreeMap::new();
    let scripts: Vec<Vec<Script>> =
        bench.scenarios.iter().map(|(scenario, _, captured)| beside(*scenario, captured)).collect::<Result<_, _>>()?;
    for round in 1..=args.rounds {
        for &clients in &args.clients {
            eprintln!("round {round} of {}, {clients} clients: floor", args.rounds);
            let floor = bench.pgbench.measure(bench.postmaster, &bench.floor, clients, args.timing).await?;
            floors.entry(clients).or_default().add(floor);
            for (number, scripts) in scripts.iter().enumerate() {
                let (scenario, questions, _) = &bench.scenarios[number];
                let Some(timing) = scenario.timing(args.timing, clients) else { continue };
                eprintln!("round {round} of {}, {clients} clients: {}", args.rounds, scenario.name());
                let token = if scenario.signs_in() { Some(bench.api.token().await?) } else { None };
                let requests = Requests(questions.iter().map(|question| question.request(token.as_deref())).collect());
                let pair = pairs.entry((number, clients)).or_default();
                pair.api.add(load::measure(&bench.api, bench.postmaster, requests, clients, timing).await?);
                pair.memory = memory(bench.api.pid())?;
                if scenario.compares() {
                    pair.pgbench.add(bench.pgbench.measure(bench.postmaster, scripts, clients, timing).await?);
                }
            }
        }
    }
    let measured = pairs.into_iter().map(|((number, clients), pair)| {
        let (scenario, _, captured) = &bench.scenarios[number];
        Measured {
            scenario: scenario.name().to_owned(),
            clients,
            api: pair.api.figures(),
            pgbench: scenario.compares().then(|| pair.pgbench.figures()),
            memory: pair.memory,
            buffers: captured.buffers,
            parsed: captured.parsed,
            statements: captured.requests.iter().map(Vec::len).sum::<usize>() as f64 / captured.requests.len() as f64,
        }
    });
    let measured = measured.collect();
    let floors = floors.iter().map(|(clients, sample)| (*clients, sample.figures())).collect();
    Ok(Run { floors, measured, rounds: args.rounds, seconds: args.timing.seconds })
}

/// What pgbench runs beside the API: the same statements; for posting, the insert alone into a table without indexes.
fn beside(scenario: Scenario, captured: &Captured) -> anyhow::Result<Vec<Script>> {
    if scenario == Scenario::Insert { bare_inserts(captured) } else { Ok(captured.scripts()) }
}

/// The insert that the program runs, into the bare table, with an id that counts up as the program's own do.
fn bare_inserts(captured: &Captured) -> anyhow::Result<Vec<Script>> {
    const INTO: &str = "INSERT INTO \"listings\" (\"id\", ";
    let mut scripts = Vec::new();
    for (number, statements) in captured.requests.iter().enumerate() {
        let insert = statements.iter().find(|statement| statement.sql.starts_with(INTO));
        let insert =
            insert.context("posting a listing does not insert into listings with the id first any more: teach bench/matching/run.rs")?;
        let mut script = Script::default();
        let sql = insert.with_parameters(|parameter, value, of_type| {
            let Some(value) = value else { return "null".to_owned() };
            if parameter == 1 {
                return "lpad(to_hex(nextval('bench.bare_numbers')), 32, '0')::uuid".to_owned();
            }
            let name = format!("b{number}_p{parameter}");
            let written = format!(":{name}::{of_type}");
            script.variables.push((name, value.to_owned()));
            written
        });
        script.sql = sql.replacen("\"listings\"", "bench.bare_listings", 1) + ";\n";
        scripts.push(script);
    }
    Ok(scripts)
}

/// A copy of the table of listings with nothing but its primary key.
async fn make_bare_table(bench: &Bench) -> anyhow::Result<()> {
    let sql = "drop table if exists bench.bare_listings;
               create sequence if not exists bench.bare_numbers;
               create table bench.bare_listings (like public.listings including defaults including generated, primary key (id));
               comment on table bench.bare_listings is 'Listings without indexes, constraints and triggers: what inserting costs at the least.'";
    Ok(bench.client.batch_execute(sql).await?)
}
