//! `./dev bench moderation`: how long a page of the queue takes, with 100,000 things waiting, beside the same statements through pgbench.
//! docs/BENCHMARKS.md says how to read the figures.
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::as_conversions,
    clippy::indexing_slicing,
    reason = "a program for developers: it talks to the terminal, and its numbers become figures"
)]

mod queue;
#[allow(dead_code, reason = "the other benches use the rest")]
#[path = "../rig/mod.rs"]
mod rig;
mod run;

use clap::{Parser, Subcommand};

use self::rig::cluster::{Cluster, ClusterArgs};

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
    let Verb::Run(args) = cli.verb;
    cluster.during(false, run::run(&cluster, &args)).await
}
