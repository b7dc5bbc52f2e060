//! Which statements a request runs, with which values and types: from PostgreSQL's own log, so that pgbench can run the very same.

use std::{
    collections::HashMap,
    io::{Read, Seek, SeekFrom},
    path::PathBuf,
    time::Duration,
};

use anyhow::{Context, ensure};
use serde::Deserialize;
use tokio_postgres::Client;

use crate::{
    api::Api,
    cluster::Cluster,
    pgbench::Script,
    scenarios::{Question, Scenario},
    wire::Wire,
};

/// Settings that make PostgreSQL tell what it does, while statements are captured.
const TELLING: [&str; 4] =
    ["log_min_duration_statement = 0", "debug_print_parse = on", "debug_pretty_print = off", "pg_stat_statements.track = 'top'"];

/// How long it takes until every process of the server has read its settings again.
const RELOAD: Duration = Duration::from_millis(500);

/// Asks PostgreSQL to be quiet again, also after a run that was broken off.
pub async fn quieten(client: &Client) -> anyhow::Result<()> {
    for setting in TELLING {
        let name = setting.split(' ').next().unwrap_or_default();
        client.batch_execute(&format!("alter system reset {name}")).await?;
    }
    client.batch_execute("select pg_reload_conf()").await?;
    tokio::time::sleep(RELOAD).await;
    Ok(())
}

/// One statement of a request.
#[derive(Debug, Clone)]
pub struct Statement {
    /// With `$1`, `$2` and so on.
    pub sql: String,
    /// Its values; none for null.
    pub values: Vec<Option<String>>,
    /// Their types.
    pub types: Vec<String>,
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
            let written = if value.is_some() { format!(":{name}::{of_type}") } else { format!("nullif(:{name}::{of_type}, :{name}::{of_type})") };
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

impl Statement {
    /// The SQL with something else for each parameter: `write` gets its number, value and type.
    pub fn with_parameters(&self, mut write: impl FnMut(usize, Option<&str>, &str) -> String) -> String {
        let (mut written, mut rest) = (String::new(), self.sql.as_str());
        while let Some(at) = rest.find('$') {
            let digits = rest[at + 1..].bytes().take_while(u8::is_ascii_digit).count();
            written.push_str(&rest[..at]);
            let number: usize = rest[at + 1..at + 1 + digits].parse().unwrap_or(0);
            match (self.values.get(number.wrapping_sub(1)), self.types.get(number.wrapping_sub(1))) {
                (Some(value), Some(of_type)) => written.push_str(&write(number, value.as_deref(), of_type)),
                _ => written.push_str(&rest[at..=at + digits]),
            }
            rest = &rest[at + 1 + digits..];
        }
        written + rest
    }
}

/// Listens to the log of a server.
pub struct Capture<'a> {
    client: &'a Client,
    log: PathBuf,
    database: String,
    /// Types of the parameters of each statement that has been parsed since this began.
    types: HashMap<String, Vec<String>>,
    type_names: HashMap<String, String>,
}

/// A line of the log, as far as it matters.
#[derive(Debug, Deserialize)]
struct Line {
    #[serde(default)]
    application_name: String,
    #[serde(default)]
    pid: i64,
    #[serde(default)]
    dbname: String,
    message: String,
    #[serde(default)]
    detail: String,
}

impl<'a> Capture<'a> {
    /// Has PostgreSQL tell everything. Must begin before the API server connects, so that each statement is seen being parsed.
    pub async fn begin(cluster: &Cluster, client: &'a Client) -> anyhow::Result<Self> {
        client.batch_execute("create extension if not exists pg_stat_statements schema bench").await?;
        for setting in TELLING {
            client.batch_execute(&format!("alter system set {setting}")).await?;
        }
        client.batch_execute("select pg_reload_conf()").await?;
        tokio::time::sleep(RELOAD).await;
        let database = client.query_one("select current_database()::text", &[]).await?.get(0);
        let rows = client.query("select oid::text, oid::regtype::text from pg_type", &[]).await?;
        let type_names = rows.iter().map(|row| (row.get(0), row.get(1))).collect();
        Ok(Self { client, log: cluster.data().join("log/postgresql.json"), database, types: HashMap::new(), type_names })
    }

    /// Asks the questions one after the other and takes from the log what each of them ran. None when the program does not have
    /// this yet.
    pub async fn take(&mut self, api: &mut Api, scenario: Scenario, questions: &[Question]) -> anyhow::Result<Option<Captured>> {
        let token = if scenario.signs_in() { Some(api.token().await?) } else { None };
        let mut wire = Wire::to(api.address).await?;
        let mut captured = Captured::default();
        self.client.batch_execute("select bench.pg_stat_statements_reset()").await?;
        let mut parsed = 0;
        for question in questions {
            let from = std::fs::metadata(&self.log).map(|file| file.len()).unwrap_or(0);
            let (status, body) = wire.ask(&question.request(token.as_deref())).await?;
            if status == 404 && scenario.may_be_missing() {
                return Ok(None);
            }
            let said = || String::from_utf8_lossy(body).chars().take(500).collect::<String>();
            ensure!(matches!(status, 200 | 201), "{question:?} was answered {status}: {}", said());
            let (statements, anew) = self.read(from).await?;
            ensure!(!statements.is_empty(), "nothing about {question:?} in {}", self.log.display());
            captured.requests.push(statements);
            parsed += anew;
        }
        captured.parsed = parsed as f64 / questions.len() as f64;
        captured.buffers = self.buffers().await? / questions.len() as f64;
        Ok(Some(captured))
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

    /// What the API server ran since a place in the log, and how many statements it had parsed. A mark of ours in the log, written after
    /// the answer, says that all of it is there: the log is in the order of events.
    async fn read(&mut self, from: u64) -> anyhow::Result<(Vec<Statement>, usize)> {
        let mark = format!("end of request {}", uuid::Uuid::now_v7());
        self.client.batch_execute(&format!("select '{mark}'")).await?;
        for _ in 0..500 {
            let text = self.text(from)?;
            if text.contains(&mark) {
                return self.statements(&text);
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        anyhow::bail!("PostgreSQL does not write to {}: was it started by this program?", self.log.display())
    }

    fn text(&self, from: u64) -> anyhow::Result<String> {
        let mut file = std::fs::File::open(&self.log).with_context(|| format!("{} cannot be read", self.log.display()))?;
        file.seek(SeekFrom::Start(from))?;
        let mut text = String::new();
        file.read_to_string(&mut text)?;
        Ok(text)
    }

    fn statements(&mut self, text: &str) -> anyhow::Result<(Vec<Statement>, usize)> {
        let (mut statements, mut parsed) = (Vec::new(), 0);
        let mut trees: HashMap<i64, String> = HashMap::new();
        for line in text.lines() {
            let Ok(line) = serde_json::from_str::<Line>(line) else { continue };
            if line.application_name != "gotit" || line.dbname != self.database {
                continue;
            }
            if line.message.starts_with("parse tree") {
                trees.entry(line.pid).or_insert(line.detail);
                continue;
            }
            let Some((phase, sql)) = timed(&line.message) else { continue };
            match phase {
                "parse" => {
                    parsed += 1;
                    let types = trees.get(&line.pid).map(|tree| self.types_in(tree)).unwrap_or_default();
                    self.types.insert(sql.to_owned(), types);
                }
                "execute" | "statement" => statements.push(self.statement(sql, &line.detail)?),
                _ => {}
            }
            trees.remove(&line.pid);
        }
        Ok((statements, parsed))
    }

    fn statement(&self, sql: &str, detail: &str) -> anyhow::Result<Statement> {
        let values = detail.split_once("arameters: ").map(|(_, values)| values_in(values)).unwrap_or_default();
        let types = self.types.get(sql).cloned().unwrap_or_default();
        ensure!(types.len() >= values.len(), "the types of the parameters are not known (the statement was parsed before): {sql}");
        Ok(Statement { sql: sql.to_owned(), values, types })
    }

    /// The types of parameters 1, 2 and so on, as the tree of a parsed statement has them.
    fn types_in(&self, tree: &str) -> Vec<String> {
        // PostgreSQL breaks the tree into lines, anywhere between two words.
        let (mut types, tree) = (Vec::new(), tree.replace('\n', " "));
        for parameter in tree.split("{PARAM :paramkind 0 :paramid ").skip(1) {
            let mut words = parameter.split(' ');
            let number: usize = words.next().and_then(|id| id.parse().ok()).unwrap_or(1);
            let of_type = words.nth(1).and_then(|oid| self.type_names.get(oid)).map_or("text", String::as_str);
            if types.len() < number {
                types.resize(number, "text".to_owned());
            }
            of_type.clone_into(&mut types[number - 1]);
        }
        types
    }
}

/// What was done, and the statement, of "duration: 1.5 ms  execute s0: select 1".
fn timed(message: &str) -> Option<(&str, &str)> {
    let (_, rest) = message.strip_prefix("duration: ")?.split_once(" ms  ")?;
    let (what, sql) = rest.split_once(": ")?;
    Some((what.split(' ').next()?, sql))
}

/// The values of "$1 = 'it''s', $2 = NULL".
fn values_in(text: &str) -> Vec<Option<String>> {
    let (mut values, mut rest) = (Vec::new(), text);
    while let Some((_, after)) = rest.split_once(" = ") {
        let Some(quoted) = after.strip_prefix('\'') else {
            values.push(None);
            rest = after;
            continue;
        };
        let (mut value, mut letters) = (String::new(), quoted.char_indices().peekable());
        let mut end = quoted.len();
        while let Some((at, letter)) = letters.next() {
            if letter == '\'' && letters.next_if(|(_, next)| *next == '\'').is_none() {
                end = at + 1;
                break;
            }
            value.push(letter);
        }
        values.push(Some(value));
        rest = &quoted[end..];
    }
    values
}
