//! `./dev bench matching`: what matching costs, on a Britain that never was. docs/BENCHMARKS.md says how to read the figures.
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::as_conversions,
    clippy::indexing_slicing,
    reason = "a program for developers: it talks to the terminal, and its numbers become figures"
)]

mod britain;
mod cluster;
mod database;

use clap::{Parser, Subcommand};

use self::{
    cluster::{Cluster, ClusterArgs},
    database::BritainArgs,
};

/// Measures matching and browsing on a made-up Britain, beside what PostgreSQL alone needs for the same.
///
/// The first run makes the listings (one million: two minutes), later runs find them.
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
    /// Example: ./dev bench matching load --size 10m --open 15
    Load {
        #[command(flatten)]
        britain: BritainArgs,
        /// Leave PostgreSQL running, to look around; `stop` stops it
        #[arg(long)]
        keep_running: bool,
    },
    /// Start PostgreSQL and leave it running
    Start,
    /// Stop PostgreSQL
    Stop,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let cli = Cli::parse();
    let cluster = Cluster::at(&cli.cluster)?;
    match cli.verb {
        Verb::Start => {
            cluster.start()?;
            println!("PostgreSQL runs: {}", cluster.psql("postgres"));
            Ok(())
        }
        Verb::Stop => cluster.stop(),
        Verb::Load { britain, keep_running } => {
            let started = cluster.start()?;
            let outcome = database::open(&cluster, &britain).await;
            if started && !keep_running {
                cluster.stop()?;
            }
            let ready = outcome?;
            println!("{} is ready, as of {}. {}", ready.name, ready.now, cluster.psql(&ready.name));
            Ok(())
        }
    }
}
