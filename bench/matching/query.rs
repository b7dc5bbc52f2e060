//! Each statement of a request by itself, as PostgreSQL sees it: so that matching stands apart from who may ask.

use anyhow::Context;
use serde_json::Value;
use tokio_postgres::{Client, SimpleQueryMessage};

use crate::{
    bench::{Bench, WhatArgs},
    results::{QueryFigures, Results},
    rig::{
        capture::Captured, cluster::Cluster, database::BritainArgs, pgbench::Script, sample::Timing, scenarios::Scenario,
        statements::Statement,
    },
};

/// How statements are measured.
#[derive(Debug, Clone, clap::Args)]
pub struct QueryArgs {
    #[command(flatten)]
    pub britain: BritainArgs,
    #[command(flatten)]
    pub what: WhatArgs,
    #[command(flatten)]
    pub timing: Timing,
    /// Executions of each statement of each request, of which the fastest counts: the others waited for somebody
    #[arg(long, default_value_t = 3)]
    pub times: usize,
    /// Write the figures into docs/BENCHMARKS.md and docs/benchmarks
    #[arg(long)]
    pub record: bool,
    /// Print the plan of the longest statement of the first request of each scenario
    #[arg(long)]
    pub plans: bool,
}

/// Measures and reports.
pub async fn query(cluster: &Cluster, args: &QueryArgs) -> anyhow::Result<()> {
    let mut what = args.what.clone();
    let named = if what.scenarios.is_empty() { Scenario::ALL.to_vec() } else { what.scenarios };
    // Explaining an insert again and again would meet the row that it made.
    what.scenarios = named.into_iter().filter(|scenario| *scenario != Scenario::Insert && scenario.compares()).collect();
    let bench = Bench::start(cluster, &args.britain, &what).await?;
    let mut figures = vec![floor(&bench, args).await?];
    for (scenario, _, captured) in &bench.scenarios {
        eprintln!("statements of {}", scenario.name());
        figures.extend(statements_of(&bench, *scenario, captured, args).await?);
    }
    let mut results = Results::of(&bench, &args.britain).await?;
    results.queries = figures;
    bench.stop().await?;
    results.show_queries();
    results.keep(cluster, args.record)
}

/// Twenty rows by primary key.
async fn floor(bench: &Bench, args: &QueryArgs) -> anyhow::Result<QueryFigures> {
    let statement = |script: &Script| Statement {
        sql: "select * from listings where id = any($1)".to_owned(),
        values: script.variables.iter().map(|(_, value)| Some(value.clone())).collect(),
        types: vec!["uuid[]".to_owned()],
    };
    let captured = Captured { requests: bench.floor.iter().map(|script| vec![statement(script)]).collect(), ..Captured::default() };
    let mut figures = explained(&bench.session().await?, "floor", &captured, 0, 1, args.times).await?;
    figures.pgbench = Some(bench.pgbench.measure(bench.postmaster, &bench.floor, 1, args.timing).await?.figures());
    Ok(figures)
}

async fn statements_of(bench: &Bench, scenario: Scenario, captured: &Captured, args: &QueryArgs) -> anyhow::Result<Vec<QueryFigures>> {
    let count = captured.requests.iter().map(Vec::len).max().unwrap_or_default();
    let session = bench.session().await?;
    let mut figures = Vec::new();
    for place in (0..count).filter(|place| can_be_explained(captured, *place)) {
        figures.push(explained(&session, scenario.name(), captured, place, count, args.times).await?);
    }
    let longest = figures.iter_mut().max_by(|one, other| one.execution_p50_ms.total_cmp(&other.execution_p50_ms));
    if let Some(longest) = longest {
        let sample = bench.pgbench.measure(bench.postmaster, &captured.scripts_of(longest.place), 1, args.timing).await?;
        longest.pgbench = Some(sample.figures());
        if args.plans {
            print_plan(&session, captured, longest.place).await?;
        }
    }
    Ok(figures)
}

/// Not `begin`, `commit` and the like.
fn can_be_explained(captured: &Captured, place: usize) -> bool {
    let verbs = ["select", "with", "insert", "update", "delete"];
    captured.requests.iter().filter_map(|statements| statements.get(place)).all(|statement| {
        let verb = statement.sql.split_whitespace().next().unwrap_or_default().to_lowercase();
        verbs.contains(&verb.as_str())
    })
}

/// Times and buffers of one statement, from `explain analyze` without the clock at each step.
async fn explained(
    session: &Client,
    scenario: &str,
    captured: &Captured,
    place: usize,
    of: usize,
    times: usize,
) -> anyhow::Result<QueryFigures> {
    let (mut milliseconds, mut buffers, mut begins) = (Vec::new(), Vec::new(), String::new());
    for statement in captured.requests.iter().filter_map(|statements| statements.get(place)) {
        let execute = prepare(session, statement).await?;
        let mut best = f64::INFINITY;
        let mut seen = 0.0;
        for _ in 0..times.max(1) {
            let plan = explain(session, &execute, "analyze, buffers, timing off, format json").await?;
            let plan: Value = serde_json::from_str(&plan)?;
            best = best.min(plan.pointer("/0/Execution Time").and_then(Value::as_f64).context("a plan has no time")?);
            let blocks = |name: &str| plan.pointer(&format!("/0/Plan/{name}")).and_then(Value::as_f64).unwrap_or_default();
            seen = blocks("Shared Hit Blocks") + blocks("Shared Read Blocks");
        }
        milliseconds.push(best);
        buffers.push(seen);
        begins = beginning(&statement.sql);
    }
    Ok(QueryFigures {
        scenario: scenario.to_owned(),
        statement: begins,
        place,
        of,
        execution_p50_ms: quantile(&mut milliseconds, 0.5),
        execution_p95_ms: quantile(&mut milliseconds, 0.95),
        buffers_p50: quantile(&mut buffers, 0.5),
        pgbench: None,
    })
}

/// Prepares a statement and gives what executes it with its values. A statement whose plan is generic is planned once for all of them.
async fn prepare(session: &Client, statement: &Statement) -> anyhow::Result<String> {
    let known = session.query_opt("select name from pg_prepared_statements where statement like '%' || $1", &[&statement.sql]).await?;
    let name = match known {
        Some(row) => row.get::<_, String>(0),
        None => {
            let name = format!("s{}", uuid::Uuid::now_v7().simple());
            let types = if statement.types.is_empty() { String::new() } else { format!("({})", statement.types.join(", ")) };
            session.batch_execute(&format!("prepare {name}{types} as {}", statement.sql)).await?;
            name
        }
    };
    let quoted =
        |value: &Option<String>| value.as_ref().map_or_else(|| "null".to_owned(), |value| format!("'{}'", value.replace('\'', "''")));
    let values: Vec<String> = statement.values.iter().map(quoted).collect();
    Ok(if values.is_empty() { format!("execute {name}") } else { format!("execute {name}({})", values.join(", ")) })
}

async fn explain(session: &Client, execute: &str, options: &str) -> anyhow::Result<String> {
    // What it changes is not kept.
    session.batch_execute("begin").await?;
    let messages = session.simple_query(&format!("explain ({options}) {execute}")).await?;
    session.batch_execute("rollback").await?;
    let lines = messages.iter().filter_map(|message| match message {
        SimpleQueryMessage::Row(row) => row.get(0),
        _ => None,
    });
    Ok(lines.collect::<Vec<_>>().join("\n"))
}

async fn print_plan(session: &Client, captured: &Captured, place: usize) -> anyhow::Result<()> {
    if let Some(statement) = captured.requests.iter().find_map(|statements| statements.get(place)) {
        let execute = prepare(session, statement).await?;
        println!("{}\n{}\n", statement.sql, explain(session, &execute, "analyze, buffers").await?);
    }
    Ok(())
}

/// The first words of a statement, without what would break a table.
fn beginning(sql: &str) -> String {
    let words: Vec<&str> = sql.split_whitespace().collect();
    words.join(" ").replace(['|', '`'], " ").chars().take(60).collect()
}

fn quantile(numbers: &mut [f64], share: f64) -> f64 {
    numbers.sort_by(f64::total_cmp);
    let position = ((numbers.len() as f64 * share).ceil() as usize).clamp(1, numbers.len().max(1)) - 1;
    numbers.get(position).copied().unwrap_or(f64::NAN)
}
