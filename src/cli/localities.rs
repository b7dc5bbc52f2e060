//! `gotit localities`: brings officially published places in, looks places up, and says whom the data is from.

use std::{fs::File, io::BufReader, path::PathBuf};

use anyhow::Context;
use clap::{Args, Subcommand};

use super::{on_database, progress, say};
use crate::{
    catalog::{
        import::{self, Outcome},
        published::{LeftOut, PublishedPlace, PublishedReader},
        queries::LocalityFilter,
        seed, service,
    },
    config::DatabaseConfig,
    db::Conn,
    types::text::SearchWords,
};

/// Lines that `find` prints.
const FOUND: i64 = 20;
/// Names that the summary gives for each reason something was left out.
const NAMED: usize = 5;

/// The verbs about localities.
#[derive(Debug, Subcommand)]
pub(super) enum LocalitiesVerb {
    /// Import a published file: ONS Postcode Directory, NSPL, Code-Point Open, ONS wards or districts
    ///
    /// The kind of file is recognised by its first row (docs/LOCALITIES-IMPORT.md). Importing the same file again changes nothing.
    Import(ImportArgs),
    /// Look a place up by name, beginning, rough spelling or postcode district
    Find(FindArgs),
    /// Say whom the localities are from, and under which licence
    Attribution,
}

#[derive(Debug, Args)]
pub(super) struct ImportArgs {
    /// The file, unpacked
    file: PathBuf,
    /// Say what would be new and what would change, and write nothing
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    database: DatabaseConfig,
}

#[derive(Debug, Args)]
pub(super) struct FindArgs {
    /// What to look for
    text: String,
    #[command(flatten)]
    database: DatabaseConfig,
}

/// Does what the verb says.
pub(super) async fn run(verb: LocalitiesVerb) -> anyhow::Result<()> {
    match verb {
        LocalitiesVerb::Attribution => say(seed::ATTRIBUTION.trim_end()),
        LocalitiesVerb::Import(arguments) => {
            // Before the database: a file that cannot be read needs none.
            let file = File::open(&arguments.file).with_context(|| format!("{} cannot be opened", arguments.file.display()))?;
            let read = tokio::task::spawn_blocking(move || read(file)).await??;
            on_database(&arguments.database, async |conn| import_read(conn, &read, arguments.dry_run).await).await
        }
        LocalitiesVerb::Find(arguments) => {
            let words = SearchWords::parse(&arguments.text).map_err(|refusal| anyhow::anyhow!("{refusal}"))?;
            on_database(&arguments.database, async |conn| find(conn, &words).await).await
        }
    }
}

/// Reads the whole file, showing how far it is. What is kept of a postcode file is small.
fn read(file: File) -> anyhow::Result<(Vec<PublishedPlace>, LeftOut)> {
    let bar = progress(file.metadata()?.len(), "{msg} {bar:30} {bytes} of {total_bytes}");
    bar.set_message("Reading");
    let mut reader = PublishedReader::open(bar.wrap_read(BufReader::new(file)))?;
    let places = reader.by_ref().collect::<Result<Vec<_>, _>>()?;
    bar.finish_and_clear();
    Ok((places, reader.left_out()))
}

async fn import_read(conn: &mut Conn, (places, left_out): &(Vec<PublishedPlace>, LeftOut), dry_run: bool) -> anyhow::Result<()> {
    let bar = progress(u64::try_from(places.len())?, "{msg} {bar:30} {pos} of {len}");
    bar.set_message("Writing");
    let outcome = import::import(conn, places, dry_run, |written| bar.set_position(u64::try_from(written).unwrap_or_default())).await?;
    bar.finish_and_clear();
    summarise(&outcome, *left_out, dry_run)
}

fn summarise(outcome: &Outcome, left_out: LeftOut, dry_run: bool) -> anyhow::Result<()> {
    say(if dry_run { "Dry run: nothing was written." } else { "Done." })?;
    for (number, what) in [
        (u64::try_from(outcome.new)?, "new"),
        (u64::try_from(outcome.changed)?, "changed"),
        (u64::try_from(outcome.same)?, "as they were"),
        (left_out.terminated, "rows left out: postcodes no longer in use"),
        (left_out.outside_great_britain, "rows left out: outside Great Britain"),
        (left_out.without_position, "rows left out: without a position"),
    ] {
        say(format!("{number:>9} {what}"))?;
    }
    for (reason, names) in [
        ("left out: districts that our tree has not (it has counties and unitary authorities)", &outcome.unknown_districts),
        ("left out: names longer than 100 characters or otherwise unfit", &outcome.unfit),
        ("left out: the file has them again", &outcome.repeated),
        ("left out: no code is free in their district", &outcome.no_room),
    ] {
        if !names.is_empty() {
            let more = if names.len() > NAMED { ", ..." } else { "" };
            let first = names.iter().take(NAMED).map(String::as_str).collect::<Vec<_>>().join(", ");
            say(format!("{:>9} {reason}: {first}{more}", names.len()))?;
        }
    }
    Ok(())
}

async fn find(conn: &mut Conn, words: &SearchWords) -> anyhow::Result<()> {
    let filter = LocalityFilter { under: None, kind: None, network: None };
    let found = service::search_localities(conn, &filter, words.as_str(), FOUND).await?;
    let mut table = comfy_table::Table::new();
    table.load_style(comfy_table::presets::NOTHING).set_header(["Slug", "Kind", "Where", "Centroid"]);
    let none = found.is_empty();
    for placed in service::place(conn, found).await? {
        let names: Vec<&str> = std::iter::once(&placed.locality).chain(&placed.above).map(|place| place.name.as_str()).collect();
        let centroid = format!("{:.3}, {:.3}", placed.locality.lat, placed.locality.lng);
        table.add_row([placed.locality.slug.as_str(), placed.locality.kind.as_str(), &names.join(", "), &centroid]);
    }
    anyhow::ensure!(!none, "no locality is known by that name; a postcode file may be missing (gotit localities import)");
    say(table)
}
