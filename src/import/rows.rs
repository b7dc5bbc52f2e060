//! Reads files of rows: JSON Lines or CSV. A row is a JSON object whose field `type` says what it is.

use std::io::{BufRead, BufReader, Read};

use serde_json::{Map, Value, json};

use super::give_food;
use crate::types::Refusal;

/// A row as a JSON object, and where it stands.
#[derive(Debug, Clone)]
pub struct Row {
    /// Line of the file, from 1.
    pub line: usize,
    /// Its fields; or why it could not be read.
    pub fields: Result<Map<String, Value>, Refusal>,
}

/// The forms of files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// One JSON object a line.
    Jsonl,
    /// Comma-separated values with a header line.
    Csv,
}

impl Format {
    /// What a file name says.
    pub fn of(name: &std::path::Path) -> Self {
        match name.extension().and_then(std::ffi::OsStr::to_str) {
            Some(extension) if extension.eq_ignore_ascii_case("csv") => Self::Csv,
            _ => Self::Jsonl,
        }
    }
}

/// Reads all rows. Fails only when the file itself cannot be read; a bad row is a row that says why.
pub fn read(input: impl Read, format: Format) -> std::io::Result<Vec<Row>> {
    match format {
        Format::Jsonl => read_jsonl(input),
        Format::Csv => read_csv(input),
    }
}

fn read_jsonl(input: impl Read) -> std::io::Result<Vec<Row>> {
    let mut rows = Vec::new();
    for (number, line) in BufReader::new(input).split(b'\n').enumerate() {
        let (bytes, line) = (line?, number + 1);
        if bytes.iter().all(u8::is_ascii_whitespace) {
            continue;
        }
        match serde_json::from_slice(&bytes) {
            Ok(Value::Object(fields)) if give_food::is_row(&fields) => {
                rows.extend(give_food::rows(&fields).into_iter().map(|fields| Row { line, fields: Ok(fields) }));
            }
            Ok(Value::Object(fields)) => rows.push(Row { line, fields: Ok(fields) }),
            Ok(_) => rows.push(Row { line, fields: Err(Refusal::new("not_an_object", "A line is one JSON object.")) }),
            Err(error) => rows.push(Row { line, fields: Err(Refusal::new("invalid_json", format!("The line is not JSON: {error}."))) }),
        }
    }
    Ok(rows)
}

fn read_csv(input: impl Read) -> std::io::Result<Vec<Row>> {
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(input);
    let names: Vec<String> = reader.headers()?.iter().map(|name| name.trim_start_matches('\u{feff}').to_owned()).collect();
    let mut rows = Vec::new();
    for (number, record) in reader.records().enumerate() {
        let line = |position: Option<&csv::Position>| position.and_then(|p| usize::try_from(p.line()).ok()).unwrap_or(number + 2);
        match record {
            Ok(record) => {
                let filled = names.iter().zip(record.iter()).filter(|(_, text)| !text.is_empty());
                let fields = filled.map(|(name, text)| (name.clone(), typed(name, text))).collect();
                rows.push(Row { line: line(record.position()), fields: Ok(fields) });
            }
            Err(error) if error.is_io_error() => return Err(error.into()),
            Err(error) => {
                rows.push(Row {
                    line: line(error.position()),
                    fields: Err(Refusal::new("invalid_csv", format!("The line is not CSV: {error}."))),
                });
            }
        }
    }
    Ok(rows)
}

/// A cell as the JSON value that its column has; text that does not fit stays text, for validation to refuse by name.
fn typed(name: &str, text: &str) -> Value {
    match name {
        "lat" | "lng" => text.parse::<f64>().map_or_else(|_| json!(text), |number| json!(number)),
        "quantity" | "reach_km" | "choose_after_hours" => text.parse::<i64>().map_or_else(|_| json!(text), |number| json!(number)),
        "remote" | "standing" | "delivery_possible" => match text.to_ascii_lowercase().as_str() {
            "true" | "yes" | "1" => json!(true),
            "false" | "no" | "0" => json!(false),
            _ => json!(text),
        },
        "basis" | "activities" | "choose_first" => {
            json!(text.split('|').map(str::trim).filter(|word| !word.is_empty()).collect::<Vec<_>>())
        }
        _ => json!(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn csv_cells_become_what_json_would_have_said() {
        let text = "type,external_id,group,kind,title,quantity,basis,remote,lat\nlisting,l1,g1,offer,\"Chairs, folding\",40,give,no,53.1\n";
        let rows = read(text.as_bytes(), Format::Csv).unwrap();
        assert_eq!(rows[0].line, 2);
        let fields = Value::Object(rows[0].fields.clone().unwrap());
        assert_eq!(
            fields,
            json!({"type": "listing", "external_id": "l1", "group": "g1", "kind": "offer", "title": "Chairs, folding", "quantity": 40, "basis": ["give"], "remote": false, "lat": 53.1})
        );
    }

    #[test]
    fn a_bad_line_says_why_and_the_next_one_is_read() {
        let rows = read("{\"type\": \"group\"}\n\n{oops\n[1]\n{}\n".as_bytes(), Format::Jsonl).unwrap();
        assert_eq!(rows.iter().map(|row| row.line).collect::<Vec<_>>(), [1, 3, 4, 5]);
        let code = |row: &Row| row.fields.as_ref().err().map(|refusal| refusal.code);
        assert_eq!(rows.iter().map(code).collect::<Vec<_>>(), [None, Some("invalid_json"), Some("not_an_object"), None]);
    }

    #[test]
    fn a_short_csv_line_is_a_bad_row() {
        let rows = read("type,title\ngroup\nlisting,Chairs\n".as_bytes(), Format::Csv).unwrap();
        assert!(rows[0].fields.is_err() && rows[1].fields.is_ok());
    }
}
