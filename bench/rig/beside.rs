//! A measurement of some cases with some numbers of clients, of the API and of pgbench in turn: how it is done, and its figures as a
//! table, at the terminal and in docs/BENCHMARKS.md.

use std::{collections::BTreeMap, path::PathBuf};

use super::{
    document::{markdown, put_into_document},
    sample::{Sample, Timing},
};

/// How long and how often, of which program, and what becomes of the figures.
#[derive(Debug, Clone, clap::Args)]
pub struct TurnArgs {
    #[command(flatten)]
    pub timing: Timing,
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

/// What was measured of one case with so many clients.
#[derive(Default)]
pub struct Pair {
    pub api: Sample,
    pub pgbench: Sample,
}

/// What was measured, by case (its place in `Words::cases`) and clients.
#[derive(Default)]
pub struct Beside(BTreeMap<(usize, usize), Pair>);

/// What the table and the line below it say.
pub struct Words {
    /// Its marks in the document.
    pub name: &'static str,
    /// Above the cases.
    pub on: &'static str,
    pub cases: Vec<&'static str>,
    /// What a request of the figures is, as in "pages a second".
    pub counted: &'static str,
    /// What stands before the number of rounds.
    pub with: String,
}

impl Beside {
    /// Where a measurement is added.
    pub fn of(&mut self, case: usize, clients: usize) -> &mut Pair {
        self.0.entry((case, clients)).or_default()
    }

    /// Prints the table; with `record`, puts it into the document too.
    pub fn show(&self, words: &Words, args: &TurnArgs) -> anyhow::Result<()> {
        let table = self.table(words);
        println!("{table}");
        if !args.record {
            return Ok(());
        }
        let how = format!("{}{} rounds of {} s each, API and pgbench in turn.", words.with, args.rounds, args.timing.seconds);
        put_into_document(words.name, &format!("\n{table}\n\n{how}\n\n"))
    }

    fn table(&self, words: &Words) -> comfy_table::Table {
        let counted = [format!("API: {}", words.counted), format!("pgbench: {}", words.counted)];
        let mut table = markdown(&[
            words.on,
            "clients",
            &counted[0],
            "p50 ms",
            "p95 ms",
            "p99 ms",
            "API CPU ms",
            "PostgreSQL CPU ms",
            &counted[1],
            "p50 ms",
            "API / pgbench",
        ]);
        for ((case, clients), pair) in &self.0 {
            let (api, pgbench) = (pair.api.figures(), pair.pgbench.figures());
            table.add_row([
                words.cases[*case].to_owned(),
                clients.to_string(),
                format!("{:.0}", api.per_second),
                format!("{:.1}", api.p50_ms),
                format!("{:.1}", api.p95_ms),
                format!("{:.1}", api.p99_ms),
                format!("{:.2}", api.api_cpu_ms),
                format!("{:.2}", api.pg_cpu_ms),
                format!("{:.0}", pgbench.per_second),
                format!("{:.1}", pgbench.p50_ms),
                format!("{:.2}", api.per_second / pgbench.per_second),
            ]);
        }
        table
    }
}
