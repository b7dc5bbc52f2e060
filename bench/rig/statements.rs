//! What PostgreSQL's log tells of the statements of a session: their SQL, values and types. Pure.

use std::collections::HashMap;

use anyhow::ensure;
use serde::Deserialize;

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

/// Reads the log, part after part, and remembers the types of what it saw being parsed.
#[derive(Debug, Default)]
pub struct Reader {
    /// Only sessions of the program on this database.
    pub database: String,
    /// Names of types by their numbers.
    pub type_names: HashMap<String, String>,
    /// Types of the parameters of each statement that has been parsed so far.
    types: HashMap<String, Vec<String>>,
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

impl Reader {
    /// A reader for the program's sessions on a database.
    pub fn new(database: String, type_names: HashMap<String, String>) -> Self {
        Self { database, type_names, types: HashMap::new() }
    }

    /// What ran, in order, and how many statements were parsed.
    pub fn statements(&mut self, text: &str) -> anyhow::Result<(Vec<Statement>, usize)> {
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
