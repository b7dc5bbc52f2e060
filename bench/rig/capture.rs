//! Which statements a request runs, with which values and types: from PostgreSQL's own log, so that pgbench can run the very same.

use std::{
    io::{Read, Seek, SeekFrom},
    path::PathBuf,
    time::Duration,
};

use anyhow::{Context, ensure};
use tokio_postgres::Client;

use super::{
    api::Api,
    cluster::Cluster,
    pgbench::Script,
    scenarios::{Question, Scenario},
    statements::{Reader, Statement},
    wire::Wire,
};

/// Settings with which a database makes PostgreSQL tell what it does, while statements are captured. Set for the database, so that
/// others on the same server are left alone; sessions have them from their beginning to their end.
const TELLING: [(&str, &str); 4] =
    [("log_min_duration_statement", "0"), ("debug_print_parse", "on"), ("debug_pretty_print", "off"), ("pg_stat_statements.track", "top")];

/// Has new sessions of every database of the bench be quiet again, also after a run that was broken off.
pub async fn quieten(client: &Client) -> anyhow::Result<()> {
    let databases = client.query("select datname::text from pg_database where datname ~ '^gotit_[0-9]+[km]?_[0-9]+$'", &[]).await?;
    for database in &databases {
        for (name, _) in TELLING {
            client.batch_execute(&format!("alter database {} reset {name}", database.get::<_, &str>(0))).await?;
        }
    }
    Ok(client.batch_execute("reset log_min_duration_statement").await?)
}

/// What the requests of a scenario run.
#[derive(Debug, Clone, Default)]
pub struct Captured {
    /// The statements of each request.
    pub requests: Vec<Vec<Statement>>,
    /// Shared buffers that PostgreSQL looked at, for each request.
    pub buffers: f64,
    /// Statements that were parsed anew, for each request: near 0 when all are kept prepared.
    pub parsed: f64,
}

impl Captured {
    /// pgbench scripts that do the same, one for each request.
    pub fn scripts(&self) -> Vec<Script> {
        self.requests.iter().enumerate().map(|(number, statements)| script(number, statements)).collect()
    }

    /// Scripts with the statement at one place of each request alone; fewer where requests have no such place.
    pub fn scripts_of(&self, place: usize) -> Vec<Script> {
        let alone = self.requests.iter().filter_map(|statements| statements.get(place));
        alone.enumerate().map(|(number, statement)| script(number, std::slice::from_ref(statement))).collect()
    }
}

fn script(number: usize, statements: &[Statement]) -> Script {
    let mut script = Script::default();
    for (place, statement) in statements.iter().enumerate() {
        let sql = statement.with_parameters(|parameter, value, of_type| {
            let name = format!("r{number}_s{place}_p{parameter}");
            // pgbench has no nulls to give: an expression that is one is as unknown to the planner as a parameter.
            let written =
                if value.is_some() { format!(":{name}::{of_type}") } else { format!("nullif(:{name}::{of_type}, :{name}::{of_type})") };
            script.variables.push((name, value.map_or_else(|| placeholder(of_type).to_owned(), str::to_owned)));
            written
        });
        script.sql.push_str(&sql.replace('\n', " "));
        script.sql.push_str(";\n");
    }
    script
}

/// Some value of a type.
fn placeholder(of_type: &str) -> &'static str {
    match of_type {
        array if array.ends_with("[]") => "{}",
        "uuid" => "00000000-0000-0000-0000-000000000000",
        "boolean" => "f",
        "timestamp with time zone" => "2000-01-01",
        "text" | "character varying" => "x",
        _ => "0",
    }
}

/// Whether a statement is what the program says when it opens a connection: the thread that answers may not have had one yet.
fn is_of_opening(sql: &str) -> bool {
    ["set lc_messages ", "select set_config('role',"].iter().any(|start| sql.starts_with(start))
}

/// Listens to the log of a server.
pub struct Capture<'a> {
    client: &'a Client,
    log: PathBuf,
    reader: Reader,
}

impl<'a> Capture<'a> {
    /// Has PostgreSQL tell everything. Must begin before the API server connects: only
    /// sessions that begin later tell, and each statement must be seen being parsed.
    pub async fn begin(cluster: &Cluster, client: &'a Client) -> anyhow::Result<Self> {
        client.batch_execute("create extension if not exists pg_stat_statements schema bench").await?;
        let database: String = client.query_one("select current_database()::text", &[]).await?.get(0);
        for (name, value) in TELLING {
            client.batch_execute(&format!("alter database {database} set {name} = {value}")).await?;
        }
        client.batch_execute("set log_min_duration_statement = 0").await?;
        let rows = client.query("select oid::text, oid::regtype::text from pg_type", &[]).await?;
        let type_names = rows.iter().map(|row| (row.get(0), row.get(1))).collect();
        Ok(Self { client, log: cluster.data().join("log/postgresql.json"), reader: Reader::new(database, type_names) })
    }

    /// Asks the questions one after the other and takes from the log what each of them ran. None when the program does not have
    /// this yet.
    pub async fn take(&mut self, api: &mut Api, scenario: Scenario, questions: &[Question]) -> anyhow::Result<Option<Captured>> {
        let token = if scenario.signs_in() { Some(api.token().await?) } else { None };
        let mut wire = Wire::to(api.address).await?;
        let mut captured = Captured::default();
        self.client.batch_execute("select bench.pg_stat_statements_reset()").await?;
        // What was said of signing in belongs to no question.
        self.mark().await?;
        let mut parsed = 0;
        for (number, question) in questions.iter().enumerate() {
            let from = self.length();
            let (status, body) = wire.ask(&question.request(token.as_deref())).await?;
            if status == 404 && scenario.may_be_missing() {
                return Ok(None);
            }
            let said = || String::from_utf8_lossy(body).chars().take(500).collect::<String>();
            ensure!(matches!(status, 200 | 201), "{question:?} was answered {status}: {}", said());
            let (mut statements, anew) = self.since(from).await?;
            statements.retain(|statement| !is_of_opening(&statement.sql));
            ensure!(!statements.is_empty(), "nothing about {question:?} in {}", self.log.display());
            captured.requests.push(statements);
            // The first request finds nothing prepared.
            parsed += if number > 0 { anew } else { 0 };
        }
        captured.parsed = parsed as f64 / (questions.len() - 1).max(1) as f64;
        captured.buffers = self.buffers().await? / questions.len() as f64;
        Ok(Some(captured))
    }

    /// Where the log ends now, once everything so far has been written to it.
    pub async fn mark(&self) -> anyhow::Result<u64> {
        self.said_since(self.length()).await?;
        Ok(self.length())
    }

    /// The statements that ran since a mark, and how many of them were parsed anew.
    pub async fn since(&mut self, mark: u64) -> anyhow::Result<(Vec<Statement>, usize)> {
        self.reader.statements(&self.said_since(mark).await?)
    }

    /// Ends it.
    pub async fn end(self) -> anyhow::Result<()> {
        quieten(self.client).await
    }

    async fn buffers(&self) -> anyhow::Result<f64> {
        let sql = "select coalesce(sum(shared_blks_hit + shared_blks_read), 0)::double precision from bench.pg_stat_statements
                   where dbid = (select oid from pg_database where datname = current_database()) and query not like '%pg_stat_statements%'";
        Ok(self.client.query_one(sql, &[]).await?.get(0))
    }

    /// What the log says since a place in it, up to now. PostgreSQL writes it a little later, but in the order of events: when a mark of
    /// ours is there, everything before it is.
    async fn said_since(&self, from: u64) -> anyhow::Result<String> {
        let mark = format!("as far as {}", uuid::Uuid::now_v7());
        self.client.batch_execute(&format!("select '{mark}'")).await?;
        for _ in 0..500 {
            let text = self.text(from)?;
            if text.contains(&mark) {
                return Ok(text);
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        anyhow::bail!("PostgreSQL does not write to {}: was it started by this program?", self.log.display())
    }

    fn length(&self) -> u64 {
        std::fs::metadata(&self.log).map_or(0, |file| file.len())
    }

    fn text(&self, from: u64) -> anyhow::Result<String> {
        let mut file = std::fs::File::open(&self.log).with_context(|| format!("{} cannot be read", self.log.display()))?;
        file.seek(SeekFrom::Start(from))?;
        let mut text = String::new();
        file.read_to_string(&mut text)?;
        Ok(text)
    }
}
