//! `./dev bench matching`: what matching costs, on a Britain that never was. docs/BENCHMARKS.md says how to read the figures.
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::as_conversions,
    clippy::indexing_slicing,
    reason = "a program for developers: it talks to the terminal, and its numbers become figures"
)]

mod bench;
mod plot;
mod query;
mod results;
#[path = "../rig/mod.rs"]
mod rig;
mod run;

use clap::{Parser, Subcommand};

use self::rig::{
    cluster::{Cluster, ClusterArgs, connect},
    database::{self, BritainArgs},
};

/// Measures matching and browsing on a made-up Britain, beside what PostgreSQL alone needs for the same.
///
/// Makes what is missing (its own PostgreSQL below target/bench, the listings) and finds it again the next time. docs/BENCHMARKS.md
/// says how it measures and how to read what it prints.
#[derive(Debug, Parser)]
#[command(name = "./dev bench matching", arg_required_else_help = true)]
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
    /// Make the listings, if they are not there yet
    ///
    /// One million take two minutes and 1.5 GB, ten million twenty minutes and 13 GB. Example:
    /// ./dev bench matching load --size 10m --open 15
    Load {
        #[command(flatten)]
        britain: BritainArgs,
        /// Leave PostgreSQL running, to look around; `stop` stops it
        #[arg(long)]
        keep_running: bool,
    },
    /// Measure the API under load, and pgbench with the very same statements, in turn
    ///
    /// Example: ./dev bench matching run --size 1m --scenarios random,dense --clients 1,4
    Run(run::RunArgs),
    /// Measure each statement of a request by itself: execution time, buffers, plans
    ///
    /// Example: ./dev bench matching query --size 10m --scenarios random --questions 100 --plans
    Query(query::QueryArgs),
    /// Draw docs/benchmarks/*.svg from the recorded figures
    Plot {
        /// Of databases with so many of a hundred listings open
        #[arg(long, default_value_t = 15)]
        open: u64,
    },
    /// Start PostgreSQL and leave it running
    Start,
    /// Stop PostgreSQL
    Stop,
    /// Delete a database
    Drop(BritainArgs),
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let cli = Cli::parse();
    if let Verb::Plot { open } = cli.verb {
        return plot::plot(open);
    }
    let cluster = Cluster::at(&cli.cluster)?;
    if let Verb::Stop = cli.verb {
        return cluster.stop();
    }
    let keep_running = matches!(cli.verb, Verb::Start | Verb::Load { keep_running: true, .. });
    cluster.during(keep_running, act(&cluster, cli.verb)).await
}

async fn act(cluster: &Cluster, verb: Verb) -> anyhow::Result<()> {
    match verb {
        Verb::Load { britain, .. } => {
            let ready = database::open(cluster, &britain).await?;
            println!("{} is ready, as of {}. {}", ready.name, ready.now, cluster.psql(&ready.name));
            Ok(())
        }
        Verb::Run(args) => run::run(cluster, &args).await,
        Verb::Query(args) => query::query(cluster, &args).await,
        Verb::Drop(britain) => {
            let name = britain.database();
            connect(&cluster.url("postgres")).await?.batch_execute(&format!("drop database if exists {name} with (force)")).await?;
            println!("{name} is gone.");
            Ok(())
        }
        Verb::Start => {
            println!("PostgreSQL runs: {}", cluster.psql("postgres"));
            Ok(())
        }
        Verb::Plot { .. } | Verb::Stop => Ok(()),
    }
}
