//! What a client may ask of a list of listings: the query string, checked and resolved.

use std::ops::RangeInclusive;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::Kind;
use crate::{
    catalog,
    catalog::Catalogue,
    db::Conn,
    error::{Code, Error, Result},
    http::{Cursor, Limit},
    types::{
        Fields, Position, Refusal,
        ids::{GroupId, ListingId, NetworkId},
        text::{SearchWords, fold},
        time::parse_time,
    },
};

/// The query string of a list of listings. Filters combine with AND.
#[derive(Debug, Clone, Default, Serialize, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListingQuery {
    /// `offer` or `want`.
    #[param(value_type = Option<Kind>)]
    pub kind: Option<String>,
    /// Slug of a category; what is below it counts too.
    pub category: Option<String>,
    /// Slug of a locality; what is below it counts too.
    pub locality: Option<String>,
    /// Slug of a locality from which distances are counted.
    pub near: Option<String>,
    /// At most so many kilometres from `near`, 0 to 500.
    #[param(value_type = Option<f64>, minimum = 0, maximum = 500)]
    pub within_km: Option<String>,
    /// Words to look for; small spelling mistakes and everyday synonyms are understood.
    #[param(max_length = 100)]
    pub q: Option<String>,
    /// Available at some time after this.
    #[param(value_type = Option<DateTime<Utc>>)]
    pub available_from: Option<String>,
    /// Available at some time before this.
    #[param(value_type = Option<DateTime<Utc>>)]
    pub available_until: Option<String>,
    /// Posted in this network, or shown there too.
    #[param(value_type = Option<NetworkId>)]
    pub network_id: Option<String>,
    /// Posted by this group.
    #[param(value_type = Option<GroupId>)]
    pub group_id: Option<String>,
    /// Changed at or after this time.
    #[param(value_type = Option<DateTime<Utc>>)]
    pub updated_since: Option<String>,
    /// `newest` (as published or last confirmed) or `nearest`, which needs `near`. Nearest when `near` is given, else newest.
    #[param(inline, value_type = Option<Order>)]
    pub sort: Option<String>,
    /// Entries on the page, 1 to 100; 20 unless asked for.
    #[param(value_type = Option<u8>, minimum = 1, maximum = 100, default = 20)]
    pub limit: Option<String>,
    /// next_cursor of the page before.
    pub cursor: Option<String>,
}

crate::word_enum! {
    /// Orders of a list of listings.
    pub enum Order {
        /// As published or last confirmed, the latest first.
        Newest = "newest",
        /// By distance from `near`; of those equally far away, the latest first.
        Nearest = "nearest",
    }
}

/// The sort key of the last listing of a page.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub enum Key {
    /// In order of freshness.
    Newest(DateTime<Utc>, ListingId),
    /// In order of distance, kilometres; of those equally far away, in order of freshness.
    Nearest(f64, DateTime<Utc>, ListingId),
}

/// What to list, checked.
#[derive(Debug, Clone)]
pub struct Filter {
    /// Offers or wants only.
    pub kind: Option<Kind>,
    /// Codes of a category's subtree.
    pub category: Option<RangeInclusive<i32>>,
    /// Codes of a locality's subtree.
    pub locality: Option<RangeInclusive<i64>>,
    /// Where distances are counted from.
    pub near: Option<Position>,
    /// The largest distance, kilometres.
    pub within_km: Option<f64>,
    /// Folded words that all have to be there, more or less as they are spelt: each as written, and as it was probably meant.
    pub words: Vec<(String, String)>,
    /// Available after.
    pub available_from: Option<DateTime<Utc>>,
    /// Available before.
    pub available_until: Option<DateTime<Utc>>,
    /// Posted in this network, or shown there too.
    pub network: Option<NetworkId>,
    /// Of this group.
    pub group: Option<GroupId>,
    /// Changed since.
    pub updated_since: Option<DateTime<Utc>>,
    /// The order.
    pub order: Order,
    /// How many.
    pub limit: Limit,
    /// Where the page before ended.
    pub after: Option<Key>,
}

impl Filter {
    /// Whether it asks for nothing but a place, an order and a page.
    pub fn is_only_a_place(&self) -> bool {
        self.kind.is_none() && self.category.is_none() && self.has_no_details()
    }

    /// Whether it asks for nothing but a category, with or without a kind.
    pub fn is_only_a_category(&self) -> bool {
        self.category.is_some() && self.locality.is_none() && self.within_km.is_none() && self.has_no_details()
    }

    /// Whether it asks for nothing but a locality, a district or smaller.
    pub fn is_only_a_locality(&self) -> bool {
        let is_small = self.locality.as_ref().is_some_and(|subtree| subtree.end() - subtree.start() < 100_000_000);
        is_small && self.within_km.is_none() && self.is_only_a_place()
    }

    /// Whether it asks for a category below which there are none but those that networks add.
    pub fn is_of_a_leaf(&self) -> bool {
        self.category.as_ref().is_some_and(|subtree| subtree.end() - subtree.start() < 10_000)
    }

    fn has_no_details(&self) -> bool {
        self.words.is_empty()
            && self.available_from.is_none()
            && self.available_until.is_none()
            && self.network.is_none()
            && self.group.is_none()
            && self.updated_since.is_none()
    }
}

impl ListingQuery {
    /// Checks the parameters and looks up the slugs they name.
    pub async fn resolve(self, conn: &mut Conn, catalogue: &Catalogue) -> Result<Filter> {
        let list = self.without_page();
        let category = self.find_category(conn).await?;
        let locality = find_locality(conn, "locality", self.locality.as_deref()).await?.map(|locality| locality.subtree());
        let near = find_locality(conn, "near", self.near.as_deref()).await?.map(|locality| locality.position());
        let mut fields = Fields::query();
        let kind = fields.check_optional("kind", self.kind, Kind::parse);
        let within_km = fields.check_optional("within_km", self.within_km, parse_km);
        let words = fields.check_optional("q", self.q, SearchWords::parse);
        let from = fields.check_optional("available_from", self.available_from, parse_time);
        let until = fields.check_optional("available_until", self.available_until, parse_time);
        let updated_since = fields.check_optional("updated_since", self.updated_since, parse_time);
        let network = fields.check_optional("network_id", self.network_id, |id| parse_id(&id));
        let group = fields.check_optional("group_id", self.group_id, |id| parse_id(&id));
        let order = fields.check_optional("sort", self.sort, Order::parse);
        let limit = fields.check_optional("limit", self.limit, Limit::parse);
        let order = order.map(|order| order.unwrap_or(if near.is_some() { Order::Nearest } else { Order::Newest }));
        if near.is_none() && (within_km.flatten().is_some() || order == Some(Order::Nearest)) {
            fields.refuse("near", Refusal::new("required", "Say near which locality: within_km and sort=nearest count from there."));
        }
        let after = self.cursor.map(|cursor| Cursor::decode(&list, &cursor)).transpose()?;
        Ok(fields.finish(|| {
            Some(Filter {
                kind: kind?,
                category,
                locality,
                near,
                within_km: within_km?,
                words: words?.map_or_else(Vec::new, |words| search_words(catalogue, words.as_str())),
                available_from: from?,
                available_until: until?,
                network: network?,
                group: group?,
                updated_since: updated_since?,
                order: order?,
                limit: limit?.unwrap_or_default(),
                after,
            })
        })?)
    }

    /// The list that a cursor belongs to: the query apart from where the page is.
    pub fn without_page(&self) -> Self {
        Self { limit: None, cursor: None, ..self.clone() }
    }

    async fn find_category(&self, conn: &mut Conn) -> Result<Option<RangeInclusive<i32>>> {
        let Some(slug) = &self.category else { return Ok(None) };
        let category = catalog::queries::category_by_slug(conn, slug).await?;
        category.map(|category| Some(category.subtree())).ok_or_else(|| unknown("category", "category", "/v1/categories"))
    }
}

async fn find_locality(conn: &mut Conn, parameter: &str, slug: Option<&str>) -> Result<Option<catalog::model::Locality>> {
    let Some(slug) = slug else { return Ok(None) };
    catalog::queries::locality_by_slug(conn, slug).await?.map(Some).ok_or_else(|| unknown(parameter, "locality", "/v1/localities?q="))
}

fn unknown(parameter: &str, what: &str, list: &str) -> Error {
    let mut fields = Fields::query();
    fields.refuse(parameter, Refusal::new("unknown", format!("There is no {what} with this slug; look it up at {list}.")));
    match fields.finish(|| None::<()>) {
        Err(errors) => errors.into(),
        Ok(()) => Error::problem(Code::NotFound, format!("There is no such {what}.")),
    }
}

/// Words of a search that are looked at: each costs a look into the index.
const MOST_WORDS: usize = 8;

/// The words of a search: stemmed and synonyms folded as titles are; a search of stop words alone is taken as it is.
fn search_words(catalogue: &Catalogue, text: &str) -> Vec<(String, String)> {
    let meant = |word: &str| catalogue.lexicon.meant(word).unwrap_or(word).replace('_', " ");
    let words: Vec<_> = catalogue.lexicon.words(text).iter().take(MOST_WORDS).map(|word| (word.replace('_', " "), meant(word))).collect();
    if words.is_empty() { vec![(fold(text), fold(text))] } else { words }
}

fn parse_km(text: String) -> Result<f64, Refusal> {
    text.parse().ok().filter(|km| (0.0..=500.0).contains(km)).ok_or_else(|| Refusal::new("out_of_range", "Give kilometres from 0 to 500."))
}

fn parse_id<T: std::str::FromStr>(text: &str) -> Result<T, Refusal> {
    text.parse().map_err(|_not_a_uuid| Refusal::new("not_an_id", "Give the id as the API shows it: a UUID."))
}
