//! Records on their way to whoever takes them away: some at a time, as the client reads, so that a year of them costs no memory.

use actix_web::web::{Bytes, Data};
use futures_util::{Stream, stream};

use super::{dto::EntryOut, model::Filter, queries::After, service};
use crate::{
    app::App,
    error::{Error, Result},
    types::ids::NetworkId,
};

/// Entries that are read in one go, with one connection.
const AT_ONCE: i64 = 500;

/// As what entries are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// A table with a line of headings (RFC 4180).
    Csv,
    /// A JSON object in each line.
    Lines,
}

impl Form {
    /// What records call it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Lines => "jsonl",
        }
    }
}

/// An export that goes on where it stopped.
pub struct Export {
    app: Data<App>,
    network: NetworkId,
    filter: Filter,
    form: Form,
    after: Option<After>,
    begun: bool,
    over: bool,
}

impl Export {
    /// All entries that a filter finds, the latest first.
    pub fn new(app: Data<App>, network: NetworkId, filter: Filter, form: Form) -> Self {
        Self { app, network, filter, form, after: None, begun: false, over: false }
    }

    /// The text, piece by piece. When the database fails half way the answer breaks off, so that nobody takes a part for the whole.
    pub fn pieces(self) -> impl Stream<Item = Result<Bytes>> {
        stream::unfold(self, |mut export| async {
            if export.over {
                return None;
            }
            let piece = export.next().await;
            export.over |= piece.is_err();
            Some((piece, export))
        })
    }

    async fn next(&mut self) -> Result<Bytes> {
        let mut conn = self.app.db.conn().await?;
        let found = service::page(&mut conn, self.network, &self.filter, self.after, AT_ONCE).await?;
        drop(conn);
        self.after = found.entries.last().map(|last| (last.occurred_at, last.id));
        self.over = found.entries.len() < usize::try_from(AT_ONCE).unwrap_or_default();
        let entries: Vec<EntryOut> = found.entries.into_iter().map(|entry| EntryOut::of(entry, &found.names)).collect();
        let is_first = !std::mem::replace(&mut self.begun, true);
        match self.form {
            Form::Csv => csv(&entries, is_first),
            Form::Lines => lines(&entries),
        }
    }
}

fn lines(entries: &[EntryOut]) -> Result<Bytes> {
    let mut text = Vec::new();
    for entry in entries {
        serde_json::to_writer(&mut text, entry).map_err(|error| Error::Internal(error.into()))?;
        text.push(b'\n');
    }
    Ok(text.into())
}

/// The headings of a table.
const HEADINGS: [&str; 14] = [
    "id",
    "occurred_at",
    "actor_id",
    "actor_name",
    "actor_role",
    "group_id",
    "action",
    "subject_type",
    "subject_id",
    "outcome",
    "reason",
    "before",
    "after",
    "detail",
];

fn csv(entries: &[EntryOut], with_headings: bool) -> Result<Bytes> {
    let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
    let failed = |error: csv::Error| Error::Internal(error.into());
    if with_headings {
        writer.write_record(HEADINGS).map_err(failed)?;
    }
    for entry in entries {
        writer.write_record(entry.cells().iter().map(|cell| tame(cell))).map_err(failed)?;
    }
    Ok(writer.into_inner().map_err(|error| Error::Internal(anyhow::anyhow!("a table could not be written: {error}")))?.into())
}

/// A cell that no spreadsheet takes for a formula: reasons are what people wrote.
fn tame(cell: &str) -> String {
    if cell.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']) { format!("'{cell}") } else { cell.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_wrote_is_no_formula() {
        for text in ["=1+1", "+44", "-2", "@SUM(A1)", "\t=1", "\n=1"] {
            assert_eq!(tame(text), format!("'{text}"));
        }
        assert_eq!(tame("Nobody answers."), "Nobody answers.");
    }
}
