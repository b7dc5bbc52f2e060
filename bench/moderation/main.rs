//! `./dev bench moderation`: how long a page of the queue takes, with 100,000 things waiting, beside the same statements through pgbench.
//! docs/BENCHMARKS.md says how to read the figures. What it stands on (PostgreSQL, the made-up Britain, capturing statements) is the bench
//! of matching.
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::as_conversions,
    clippy::indexing_slicing,
    reason = "a program for developers: it talks to the terminal, and its numbers become figures"
)]

macro_rules! of_matching {
    ($($file:literal $name:ident),+ $(,)?) => {$(
        #[allow(dead_code, reason = "the bench of matching uses the rest")]
        #[path = $file]
        mod $name;
    )+};
}

of_matching! {
    "../matching/api.rs" api,
    "../matching/britain/mod.rs" britain,
    "../matching/capture.rs" capture,
    "../matching/cluster.rs" cluster,
    "../matching/database.rs" database,
    "../matching/load.rs" load,
    "../matching/pgbench.rs" pgbench,
    "../matching/processes.rs" processes,
    "../matching/sample.rs" sample,
    "../matching/scenarios.rs" scenarios,
    "../matching/statements.rs" statements,
    "../matching/wire.rs" wire,
}
mod queue;
mod results;
mod run;

use clap::{Parser, Subcommand};

use self::cluster::{Cluster, ClusterArgs, connect};

/// Measures pages of 100 of a queue in which 100,000 things wait, beside the same statements through pgbench.
///
/// Makes what is missing (its own PostgreSQL below target/bench, ten thousand listings) and finds it again the next time.
#[derive(Debug, Parser)]
#[command(name = "./dev bench moderation", arg_required_else_help = true)]
struct Cli {
    #[command(subcommand)]
    verb: Verb,
    #[command(flatten)]
    cluster: ClusterArgs,
    /// `cargo bench` adds this.
    #[arg(long, hide = true, global = true)]
    bench: bool,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Measure, in turn, the API and pgbench
    ///
    /// Example: ./dev bench moderation run --clients 1,8 --rounds 3
    Run(run::RunArgs),
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let cli = Cli::parse();
    let cluster = Cluster::at(&cli.cluster)?;
    let started = cluster.start()?;
    let Verb::Run(args) = cli.verb;
    let outcome = tokio::select! {
        outcome = run::run(&cluster, &args) => outcome,
        _ = tokio::signal::ctrl_c() => Err(anyhow::anyhow!("stopped")),
    };
    // Also after a failure: PostgreSQL must not go on telling everything to its log.
    capture::quieten(&connect(&cluster.url("postgres")).await?).await?;
    if started {
        cluster.stop()?;
    }
    outcome
}
