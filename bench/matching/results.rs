//! Figures as they are kept (JSON) and shown (tables at the terminal, in docs/BENCHMARKS.md).

use std::path::{Path, PathBuf};

use comfy_table::Table;
use gotit::types::Clock;
use serde::{Deserialize, Serialize};

use crate::{
    bench::Bench,
    rig::{
        cluster::Cluster,
        database::{BritainArgs, Size},
        document::{DOCUMENT, markdown, put_into_document},
        processes::Memory,
        sample::Figures,
        scenarios::Scenario,
    },
};

/// Where recorded figures and plots are, in the project.
pub const RECORDED: &str = "docs/benchmarks";

/// All figures of one database.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Results {
    pub database: String,
    pub listings: u64,
    pub open_percent: u64,
    pub measured_on: String,
    pub postgres: String,
    pub cores: usize,
    /// Of the table of listings: name and bytes, the table itself first.
    pub sizes: Vec<(String, i64)>,
    pub run: Option<Run>,
    #[serde(default)]
    pub queries: Vec<QueryFigures>,
}

/// The API beside pgbench.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Run {
    pub rounds: usize,
    pub seconds: f64,
    /// Twenty rows by primary key through pgbench, for each number of clients.
    pub floors: Vec<(usize, Figures)>,
    pub measured: Vec<Measured>,
}

/// One scenario with so many clients.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Measured {
    pub scenario: String,
    pub clients: usize,
    pub api: Figures,
    /// None where pgbench has nothing to compare with.
    pub pgbench: Option<Figures>,
    pub memory: Memory,
    /// Shared buffers for each request.
    pub buffers: f64,
    /// Statements for each request.
    pub statements: f64,
    /// Statements parsed anew for each request.
    pub parsed: f64,
}

/// One statement alone.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct QueryFigures {
    /// The scenario, or `floor`.
    pub scenario: String,
    /// The beginning of the statement.
    pub statement: String,
    /// Which of the request's statements, and of how many.
    pub place: usize,
    pub of: usize,
    /// Within PostgreSQL: half of the executions took at most so long.
    pub execution_p50_ms: f64,
    pub execution_p95_ms: f64,
    pub buffers_p50: f64,
    /// Through pgbench with one client, for the statement that takes longest.
    pub pgbench: Option<Figures>,
}

impl Results {
    /// What is known before anything is measured; of an earlier run, what that measured.
    pub async fn of(bench: &Bench, britain: &BritainArgs) -> anyhow::Result<Self> {
        let before = read(&kept_in(&bench.cluster, &bench.ready.name));
        let sizes = "select case when c.oid = 'listings'::regclass then 'listings (table)' else c.relname end::text,
                       case when c.oid = 'listings'::regclass then pg_table_size(c.oid) else pg_relation_size(c.oid) end
                     from pg_class c left join pg_index i on i.indexrelid = c.oid
                     where c.oid = 'listings'::regclass or i.indrelid = 'listings'::regclass
                     order by c.oid <> 'listings'::regclass, 2 desc";
        let sizes = bench.client.query(sizes, &[]).await?.iter().map(|row| (row.get(0), row.get(1))).collect();
        let version: String = bench.client.query_one("select current_setting('server_version')", &[]).await?.get(0);
        Ok(Self {
            database: bench.ready.name.clone(),
            listings: britain.size.0,
            open_percent: britain.open,
            measured_on: Clock::system().now().format("%Y-%m-%d").to_string(),
            postgres: version.split(' ').next().unwrap_or_default().to_owned(),
            cores: std::thread::available_parallelism().map_or(1, usize::from),
            sizes,
            run: before.as_ref().and_then(|before| before.run.clone()),
            queries: before.map_or_else(Vec::new, |before| before.queries),
        })
    }

    /// Keeps them for the next run; with `record`, in the project too.
    pub fn keep(&self, cluster: &Cluster, record: bool) -> anyhow::Result<()> {
        let json = serde_json::to_string_pretty(self)? + "\n";
        let kept = kept_in(cluster, &self.database);
        if let Some(folder) = kept.parent() {
            std::fs::create_dir_all(folder)?;
        }
        std::fs::write(&kept, &json)?;
        println!("Figures: {}", kept.display());
        if record {
            let recorded = Path::new(RECORDED).join(format!("{}.json", self.database));
            std::fs::create_dir_all(RECORDED).and_then(|()| std::fs::write(&recorded, &json))?;
            self.write_document()?;
            println!("Recorded: {} and {DOCUMENT}", recorded.display());
        }
        Ok(())
    }

    /// The tables of a run, at the terminal.
    pub fn show_run(&self) {
        println!("\n{}", self.title());
        if let Some(run) = &self.run {
            println!("{}\n\n{}", run.table(), run.costs());
        }
    }

    /// The table of single statements, at the terminal.
    pub fn show_queries(&self) {
        println!("\n{}\n{}", self.title(), queries_table(&self.queries));
    }

    fn title(&self) -> String {
        format!(
            "{} listings, {} % open; PostgreSQL {}, {} cores, {}",
            Size(self.listings),
            self.open_percent,
            self.postgres,
            self.cores,
            self.measured_on
        )
    }

    /// The tables into the document.
    fn write_document(&self) -> anyhow::Result<()> {
        let mut tables = format!("### {}\n\n", self.title());
        if let Some(run) = &self.run {
            tables.push_str(&format!("{}\n\n{}\n\n", run.table(), run.costs()));
        }
        if !self.queries.is_empty() {
            tables.push_str(&format!("{}\n\n", queries_table(&self.queries)));
        }
        tables.push_str(&format!("{}\n", sizes_table(&self.sizes)));
        put_into_document(&self.database, &tables)
    }
}

impl Run {
    /// This run, and of an earlier one what this has not measured, with the floors that belong to it.
    pub fn over(mut self, earlier: Option<Self>) -> Self {
        let Some(earlier) = earlier else { return self };
        let anew = |old: &Measured| self.measured.iter().any(|new| new.scenario == old.scenario && new.clients == old.clients);
        let measured: Vec<_> = earlier.measured.into_iter().filter(|old| !anew(old)).collect();
        let stays = |clients: usize| measured.iter().any(|old| old.clients == clients);
        self.floors.retain(|(clients, _)| !stays(*clients));
        self.floors.extend(earlier.floors.into_iter().filter(|(clients, _)| stays(*clients)));
        self.floors.sort_by_key(|(clients, _)| *clients);
        self.measured.extend(measured);
        let place = |name: &str| Scenario::ALL.iter().position(|scenario| scenario.name() == name);
        self.measured.sort_by_key(|measured| (place(&measured.scenario), measured.clients));
        self
    }

    fn floor(&self, clients: usize) -> Option<&Figures> {
        self.floors.iter().find(|(with, _)| *with == clients).map(|(_, figures)| figures)
    }

    /// How fast, and beside what.
    fn table(&self) -> Table {
        let mut table = markdown(&[
            "kind",
            "clients",
            "API p50 ms",
            "p95",
            "p99",
            "requests/s",
            "pgbench p50 ms",
            "p95",
            "transactions/s",
            "API / pgbench",
            "API p50 / floor",
        ]);
        for (clients, floor) in &self.floors {
            let (p50, p95, rate) = (digits(floor.p50_ms), digits(floor.p95_ms), digits(floor.per_second));
            let row = ["floor".to_owned(), clients.to_string(), String::new(), String::new(), String::new(), String::new(), p50, p95, rate];
            table.add_row(row.into_iter().chain([String::new(), String::new()]));
        }
        for measured in &self.measured {
            let Measured { api, .. } = measured;
            let pgbench = |figure: fn(&Figures) -> f64| measured.pgbench.as_ref().map_or(f64::NAN, figure);
            let floor = self.floor(measured.clients).map_or(f64::NAN, |floor| api.p50_ms / floor.p50_ms);
            table.add_row([
                measured.scenario.clone(),
                measured.clients.to_string(),
                digits(api.p50_ms),
                digits(api.p95_ms),
                digits(api.p99_ms),
                digits(api.per_second),
                digits(pgbench(|figures| figures.p50_ms)),
                digits(pgbench(|figures| figures.p95_ms)),
                digits(pgbench(|figures| figures.per_second)),
                digits(api.per_second / pgbench(|figures| figures.per_second)),
                digits(floor),
            ]);
        }
        table
    }

    /// What it costs.
    fn costs(&self) -> Table {
        let mut table = markdown(&[
            "kind",
            "clients",
            "API CPU ms/request",
            "PostgreSQL CPU ms/request",
            "the same, pgbench",
            "API / pgbench",
            "pgbench / floor",
            "statements",
            "parsed",
            "buffers",
            "API memory MB",
            "peak MB",
        ]);
        for measured in &self.measured {
            let pgbench = measured.pgbench.as_ref().map_or(f64::NAN, |figures| figures.pg_cpu_ms);
            let floor = self.floor(measured.clients).map_or(f64::NAN, |floor| pgbench / floor.pg_cpu_ms);
            table.add_row([
                measured.scenario.clone(),
                measured.clients.to_string(),
                digits(measured.api.api_cpu_ms),
                digits(measured.api.pg_cpu_ms),
                digits(pgbench),
                digits(measured.api.pg_cpu_ms / pgbench),
                digits(floor),
                digits(measured.statements),
                digits(measured.parsed),
                digits(measured.buffers),
                digits(measured.memory.resident_mb),
                digits(measured.memory.peak_mb),
            ]);
        }
        table
    }
}

fn queries_table(queries: &[QueryFigures]) -> Table {
    let floor = queries.iter().find(|query| query.scenario == "floor");
    let floor_cpu = floor.and_then(|floor| floor.pgbench.as_ref()).map_or(f64::NAN, |figures| figures.pg_cpu_ms);
    let floor_ms = floor.map_or(f64::NAN, |floor| floor.execution_p50_ms);
    let mut table =
        markdown(&["", "statement", "execution p50 ms", "p95", "/ floor", "buffers", "pgbench p50 ms", "CPU ms", "CPU / floor", "begins"]);
    for query in queries {
        let pgbench = |figure: fn(&Figures) -> f64| query.pgbench.as_ref().map_or_else(String::new, |figures| digits(figure(figures)));
        table.add_row([
            query.scenario.clone(),
            format!("{} of {}", query.place + 1, query.of),
            digits(query.execution_p50_ms),
            digits(query.execution_p95_ms),
            digits(query.execution_p50_ms / floor_ms),
            digits(query.buffers_p50),
            pgbench(|figures| figures.p50_ms),
            pgbench(|figures| figures.pg_cpu_ms),
            query.pgbench.as_ref().map_or_else(String::new, |figures| digits(figures.pg_cpu_ms / floor_cpu)),
            format!("`{}`", query.statement),
        ]);
    }
    table
}

fn sizes_table(sizes: &[(String, i64)]) -> Table {
    let mut table = markdown(&["table or index", "MB"]);
    for (name, bytes) in sizes {
        table.add_row([name.clone(), digits(*bytes as f64 / 1e6)]);
    }
    table
}

/// Three digits that matter.
pub fn digits(number: f64) -> String {
    match number {
        n if n.is_nan() => String::new(),
        n if n >= 100.0 => format!("{n:.0}"),
        n if n >= 10.0 => format!("{n:.1}"),
        n => format!("{n:.2}"),
    }
}

fn kept_in(cluster: &Cluster, database: &str) -> PathBuf {
    cluster.folder().join("results").join(format!("{database}.json"))
}

/// Figures in a file, if there are any that this program can read.
pub fn read(file: &Path) -> Option<Results> {
    serde_json::from_str(&std::fs::read_to_string(file).ok()?).ok()
}
