//! The figures as a table, at the terminal and in docs/BENCHMARKS.md.

use anyhow::{Context, ensure};
use comfy_table::{CellAlignment, Table, presets};

use crate::sample::Figures;

/// The document with the tables.
const DOCUMENT: &str = "docs/BENCHMARKS.md";
/// Between these lines stand the figures.
const MARKS: [&str; 2] = ["<!-- moderation: figures -->", "<!-- moderation: end of figures -->"];

/// One part of the queue with so many clients. Each request of the figures is a page of 100.
pub struct Line {
    pub part: &'static str,
    pub clients: usize,
    pub api: Figures,
    pub pgbench: Figures,
}

/// Everything that was measured.
pub struct Results {
    pub lines: Vec<Line>,
    pub waiting: i64,
    pub rounds: usize,
    pub seconds: f64,
}

impl Results {
    /// Prints the table; with `record`, puts it into the document too.
    pub fn show(&self, record: bool) -> anyhow::Result<()> {
        let table = self.table();
        println!("{table}");
        if !record {
            return Ok(());
        }
        let text =
            std::fs::read_to_string(DOCUMENT).with_context(|| format!("{DOCUMENT} is not here: start this in the project's folder"))?;
        let [begin, end] = MARKS;
        let parts = text.split_once(begin).and_then(|(before, rest)| Some((before, rest.split_once(end)?.1)));
        let (before, after) = parts.with_context(|| format!("{DOCUMENT} has no line {begin}, or none {end}"))?;
        ensure!(!after.contains(begin), "{DOCUMENT} has {begin} twice");
        let how = format!("{} waiting; {} rounds of {} s each, API and pgbench in turn.", self.waiting, self.rounds, self.seconds);
        std::fs::write(DOCUMENT, format!("{before}{begin}\n\n{table}\n\n{how}\n\n{end}{after}"))?;
        Ok(())
    }

    fn table(&self) -> Table {
        let mut table = Table::new();
        table.load_style(presets::ASCII_MARKDOWN).set_header([
            "Pages of 100",
            "clients",
            "API: pages a second",
            "p50 ms",
            "p95 ms",
            "p99 ms",
            "API CPU ms",
            "PostgreSQL CPU ms",
            "pgbench: pages a second",
            "p50 ms",
            "API / pgbench",
        ]);
        for line in &self.lines {
            table.add_row([
                line.part.to_owned(),
                line.clients.to_string(),
                format!("{:.0}", line.api.per_second),
                format!("{:.1}", line.api.p50_ms),
                format!("{:.1}", line.api.p95_ms),
                format!("{:.1}", line.api.p99_ms),
                format!("{:.2}", line.api.api_cpu_ms),
                format!("{:.2}", line.api.pg_cpu_ms),
                format!("{:.0}", line.pgbench.per_second),
                format!("{:.1}", line.pgbench.p50_ms),
                format!("{:.2}", line.api.per_second / line.pgbench.per_second),
            ]);
        }
        for column in table.column_iter_mut().skip(1) {
            column.set_cell_alignment(CellAlignment::Right);
        }
        table
    }
}
