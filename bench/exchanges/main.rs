//! `./dev bench exchanges`: how many proposals and accepts a second, beside the same transactions through pgbench. docs/BENCHMARKS.md
//! says how to read the figures.
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::as_conversions,
    clippy::indexing_slicing,
    reason = "a program for developers: it talks to the terminal, and its numbers become figures"
)]

mod load;
#[allow(dead_code, reason = "the other benches use the rest")]
#[path = "../rig/mod.rs"]
mod rig;
mod run;
mod script;
mod town;

use clap::{Parser, Subcommand};

use self::rig::cluster::{Cluster, ClusterArgs};

/// Measures proposing and accepting exchanges, on one listing that everybody wants and on many, beside the same transactions through
/// pgbench.
///
/// Makes what is missing (its own PostgreSQL below target/bench, ten thousand listings) and finds it again the next time.
#[derive(Debug, Parser)]
#[command(name = "./dev bench exchanges", arg_required_else_help = true)]
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
    /// Example: ./dev bench exchanges run --clients 1,8,32 --rounds 3
    Run(run::RunArgs),
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let cli = Cli::parse();
    let cluster = Cluster::at(&cli.cluster)?;
    let Verb::Run(args) = cli.verb;
    cluster.during(false, run::run(&cluster, &args)).await
}
