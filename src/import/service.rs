//! Writes rows to the database: each as a client would have sent it, in batches, and the same result when run twice.

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, Utc};
use serde_json::{Map, Value, json};

use super::{places, rows::Row};
use crate::{
    catalog::Catalogue,
    db::{Conn, rehearse, transaction},
    error::{Error, Result},
    groups::{self, dto::GroupIn, service::Imported},
    http::json::decode_value,
    listings::{self, dto::ListingIn, service::Posting},
    networks,
    types::{
        Fields, Refusal, Written,
        fields::FieldError,
        ids::{GroupId, NetworkId},
        text::ExternalId,
    },
};

/// Rows in one transaction.
const BATCH: usize = 200;

/// How rows are to be written.
#[derive(Debug, Clone, Copy)]
pub struct Options {
    /// The network that the groups belong to.
    pub network: NetworkId,
    /// Let new groups in at once; otherwise they await review.
    pub approve: bool,
    /// Say what would happen, and write nothing.
    pub dry_run: bool,
    /// Now.
    pub now: DateTime<Utc>,
}

/// A row that was not written, and why.
#[derive(Debug, Clone)]
pub struct BadRow {
    /// Line of the file, from 1.
    pub line: usize,
    /// The importer's id of the row, if it has one.
    pub external_id: Option<String>,
    /// What is wrong: each with its field (none: the whole row), code and sentence.
    pub errors: Vec<FieldError>,
}

/// What became of the rows.
#[derive(Debug, Clone, Default)]
pub struct Report {
    /// Groups by what was done to them.
    pub groups: BTreeMap<Written, usize>,
    /// Listings by what was done to them.
    pub listings: BTreeMap<Written, usize>,
    /// Rows that were not written.
    pub bad: Vec<BadRow>,
}

/// What a good row was about.
enum Done {
    Group(Written),
    Listing(Written),
}

/// What is remembered from row to row.
struct Importer<'a> {
    catalogue: &'a Catalogue,
    options: Options,
    groups: HashMap<String, GroupId>,
    places: places::Known,
}

/// Writes all rows. `progress` hears how many rows are done. A bad row is reported and does not stop the others; a database that
/// is away does, with everything of finished batches kept.
pub async fn import(conn: &mut Conn, catalogue: &Catalogue, rows: &[Row], options: Options, progress: impl Fn(usize)) -> Result<Report> {
    let mut importer = Importer { catalogue, options, groups: HashMap::new(), places: places::Known::default() };
    if options.dry_run {
        return rehearse(conn, async |tx| importer.write_all(tx, rows, &progress).await).await;
    }
    importer.write_all(conn, rows, &progress).await
}

impl Importer<'_> {
    async fn write_all(&mut self, conn: &mut Conn, rows: &[Row], progress: &impl Fn(usize)) -> Result<Report> {
        let mut report = Report::default();
        for batch in rows.chunks(BATCH) {
            transaction(conn, async |tx| {
                for row in batch {
                    self.write_one(tx, row, &mut report).await?;
                }
                Ok(())
            })
            .await?;
            progress(batch.len());
        }
        Ok(report)
    }

    /// One row in a savepoint of its own, so that a bad one leaves no trace.
    async fn write_one(&mut self, tx: &mut Conn, row: &Row, report: &mut Report) -> Result<()> {
        let fields = match &row.fields {
            Ok(fields) => fields.clone(),
            Err(refusal) => {
                report.refuse(row, None, vec![FieldError::body("", refusal.clone())]);
                return Ok(());
            }
        };
        let external_id = fields.get("external_id").and_then(Value::as_str).map(str::to_owned);
        match transaction(tx, async |tx| self.write_fields(tx, fields).await).await {
            Ok(Done::Group(written)) => *report.groups.entry(written).or_default() += 1,
            Ok(Done::Listing(written)) => *report.listings.entry(written).or_default() += 1,
            Err(Error::Problem(problem)) => {
                let whole = FieldError::body("", Refusal::new(problem.code.as_str(), problem.detail.clone()));
                let errors = if problem.errors.is_empty() { vec![whole] } else { problem.errors };
                report.refuse(row, external_id, errors);
            }
            Err(fault) => return Err(fault),
        }
        Ok(())
    }

    async fn write_fields(&mut self, tx: &mut Conn, mut fields: Map<String, Value>) -> Result<Done> {
        let kind = take_text(&mut fields, "type")?;
        let external_id = ExternalId::parse(take_text(&mut fields, "external_id")?).map_err(|refusal| refuse("/external_id", refusal))?;
        self.place(tx, &mut fields).await?;
        match kind.as_str() {
            "group" => self.write_group(tx, &external_id, fields).await.map(Done::Group),
            "listing" => self.write_listing(tx, external_id, fields).await.map(Done::Listing),
            _ => Err(refuse("/type", Refusal::new("not_one_of", "Use one of: group, listing."))),
        }
    }

    async fn write_group(&mut self, tx: &mut Conn, external_id: &ExternalId, fields: Map<String, Value>) -> Result<Written> {
        let text = decode_value::<GroupIn>(Value::Object(fields))?.parse()?;
        let imported = Imported { network: self.options.network, external_id, approve: self.options.approve };
        let (written, group) = groups::service::put(tx, self.options.now, &imported, text).await?;
        self.groups.insert(external_id.to_string(), group);
        Ok(written)
    }

    async fn write_listing(&mut self, tx: &mut Conn, external_id: ExternalId, mut fields: Map<String, Value>) -> Result<Written> {
        let group = self.group(tx, &take_text(&mut fields, "group")?).await?;
        fields.insert("network_id".to_owned(), json!(self.options.network));
        let posted = decode_value::<ListingIn>(Value::Object(fields))?.parse()?;
        let posting = Posting { group, user: None, now: self.options.now, draft: false, external_id: Some(external_id) };
        listings::service::put(tx, self.catalogue, &posting, posted).await
    }

    /// The group that rows call so: from this file, or from an earlier one.
    async fn group(&mut self, tx: &mut Conn, name: &str) -> Result<GroupId> {
        if let Some(group) = self.groups.get(name) {
            return Ok(*group);
        }
        let external_id = ExternalId::parse(name).map_err(|refusal| refuse("/group", refusal))?;
        let known = networks::queries::group_by_external_id(tx, self.options.network, &external_id).await?;
        let unknown = || {
            refuse(
                "/group",
                Refusal::new("unknown", "No group of this network has this external id. Put the group's row before its listings."),
            )
        };
        let group = known.ok_or_else(unknown)?;
        self.groups.insert(name.to_owned(), group);
        Ok(group)
    }

    /// Replaces a place's name, code or coordinates by its slug.
    async fn place(&mut self, tx: &mut Conn, fields: &mut Map<String, Value>) -> Result<()> {
        let (lat, lng) = (fields.remove("lat"), fields.remove("lng"));
        let named = fields.get("locality").and_then(Value::as_str).map(str::to_owned);
        let slug = match (named, lat.as_ref().and_then(Value::as_f64), lng.as_ref().and_then(Value::as_f64)) {
            (Some(name), ..) => self.places.by_name(tx, &name).await?,
            (None, Some(lat), Some(lng)) => self.places.by_position(tx, lat, lng).await?,
            (None, None, None) => return Ok(()),
            _ => return Err(refuse("/lat", Refusal::new("incomplete", "Give both lat and lng as numbers, or a locality."))),
        };
        fields.insert("locality".to_owned(), json!(slug.map_err(|refusal| refuse("/locality", refusal))?));
        Ok(())
    }
}

impl Report {
    fn refuse(&mut self, row: &Row, external_id: Option<String>, errors: Vec<FieldError>) {
        self.bad.push(BadRow { line: row.line, external_id, errors });
    }
}

/// Takes a text out of a row that has to have it.
fn take_text(fields: &mut Map<String, Value>, name: &str) -> Result<String> {
    match fields.remove(name) {
        Some(Value::String(text)) => Ok(text),
        Some(Value::Number(number)) => Ok(number.to_string()),
        Some(_) => Err(refuse(format!("/{name}"), Refusal::new("wrong_type", "Give a text."))),
        None => Err(refuse(format!("/{name}"), Refusal::new("required", "Give this field."))),
    }
}

fn refuse(pointer: impl Into<String>, refusal: Refusal) -> Error {
    let mut fields = Fields::body();
    fields.refuse(pointer, refusal);
    fields.finish(|| None::<()>).map_or_else(Error::from, |()| Error::not_found("row"))
}
