//! docs/BENCHMARKS.md, and tables for it.

use anyhow::Context;
use comfy_table::{CellAlignment, Table, presets};

/// The document with the figures.
pub const DOCUMENT: &str = "docs/BENCHMARKS.md";

/// A table that is Markdown as it stands.
pub fn markdown(header: &[&str]) -> Table {
    let mut table = Table::new();
    table.load_style(presets::ASCII_MARKDOWN).force_no_tty().set_header(header.iter().copied());
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table
}

/// Puts text between the marks of that name, which are added at the end of the document when it has none.
pub fn put_into_document(name: &str, text: &str) -> anyhow::Result<()> {
    let document =
        std::fs::read_to_string(DOCUMENT).with_context(|| format!("{DOCUMENT} is missing: run this from the project's folder"))?;
    let (from, until) = (format!("<!-- figures of {name} -->\n"), format!("<!-- end of {name} -->\n"));
    let (before, after) = match (document.split_once(&from), document.split_once(&until)) {
        (Some((before, _)), Some((_, after))) => (before.to_owned(), after),
        _ => (document.trim_end().to_owned() + "\n\n", ""),
    };
    Ok(std::fs::write(DOCUMENT, format!("{before}{from}{text}{until}{after}"))?)
}
