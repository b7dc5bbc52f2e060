//! The directory: the groups that some network has approved, filtered and ordered. Everybody may see them.

use chrono::{DateTime, Utc};
use diesel::{
    dsl::{exists, sql},
    expression::SqlLiteral,
    prelude::*,
    sql_types::{Bool, Double, Text},
};
use diesel_async::RunQueryDsl;
use serde::{Deserialize, Serialize};

use crate::{
    catalog::model::Locality,
    db::{Conn, transaction},
    error::Result,
    groups::{Activity, model::Group},
    schema::{groups, localities, network_groups, sql_types::Point},
    types::{
        Position, ReachKm,
        ids::{GroupId, NetworkId},
        text::{SearchWords, beginning_of_word, fold},
    },
};

diesel::define_sql_function! {
    /// Great-circle distance of two points in kilometres.
    fn km_between(a: Point, b: Point) -> Double;
}

diesel::define_sql_function! {
    /// A point of longitude and latitude, in degrees.
    fn point(lng: Double, lat: Double) -> Point;
}

crate::word_enum! {
    /// The order of the directory.
    pub enum Sort {
        /// Those that signed up last come first.
        Newest = "newest",
        /// By name; capital letters and diacritics make no difference.
        Name = "name",
        /// Those nearest to `near` come first.
        Nearest = "nearest",
    }
}

/// Which groups, in which order.
#[derive(Debug, Clone)]
pub struct Filters {
    /// All of these words, or ones spelt nearly so, are in the name or the description.
    pub words: Option<SearchWords>,
    /// The group is in this locality or below it.
    pub within: Option<Locality>,
    /// From where distances count.
    pub near: Option<Position>,
    /// The group is at most so far from `near`.
    pub within_km: Option<ReachKm>,
    /// This network has approved it.
    pub network: Option<NetworkId>,
    /// It does this.
    pub activity: Option<Activity>,
    /// The order; `nearest` needs `near`.
    pub sort: Sort,
}

/// The sort key of the last entry of a page, after which the next one begins.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum After {
    /// When it signed up.
    Newest(DateTime<Utc>, GroupId),
    /// Its folded name.
    Name(String, GroupId),
    /// The bits of its distance in kilometres: decimals would not come back exactly.
    Nearest(u64, GroupId),
}

/// A group in the directory.
#[derive(Debug, Clone, Queryable)]
pub struct Entry {
    /// The group.
    pub group: Group,
    /// Where it is.
    pub locality: Locality,
    km: f64,
    folded_name: String,
}

impl Entry {
    /// Kilometres from `near`; meaningless without it.
    pub fn km(&self) -> f64 {
        self.km
    }

    /// Where the page after this entry begins.
    pub fn key(&self, sort: Sort) -> After {
        match sort {
            Sort::Newest => After::Newest(self.group.created_at, self.group.id),
            Sort::Name => After::Name(self.folded_name.clone(), self.group.id),
            Sort::Nearest => After::Nearest(self.km.to_bits(), self.group.id),
        }
    }
}

/// The folded name: the beginning of the search text. In the order of its code points, whatever the database's language.
fn folded_name() -> SqlLiteral<Text> {
    sql::<Text>("(left(groups.search_text, char_length(groups.name)) collate \"C\")")
}

/// How alike words must be to be taken for each other: "libary" and "library" are alike by 0.5. Set for the transaction, because the
/// operator, which the index serves, takes it from there.
const LIKENESS: &str = "set local pg_trgm.word_similarity_threshold = 0.45";

/// Words of a search that are looked at.
const MOST_WORDS: usize = 8;

/// A page of the directory.
pub async fn list(conn: &mut Conn, filters: &Filters, after: Option<After>, limit: i64) -> Result<Vec<Entry>> {
    if filters.words.is_none() {
        return page(conn, filters, after, limit).await;
    }
    transaction(conn, async |tx| {
        diesel::sql_query(LIKENESS).execute(tx).await?;
        page(tx, filters, after, limit).await
    })
    .await
}

async fn page(conn: &mut Conn, filters: &Filters, after: Option<After>, limit: i64) -> Result<Vec<Entry>> {
    let centre = filters.near.unwrap_or(Position { lat: 0.0, lng: 0.0 });
    let km = || km_between(groups::position, point(centre.lng, centre.lat));
    let approved = network_groups::table.filter(network_groups::group_id.eq(groups::id)).filter(network_groups::in_good_standing);
    let mut query = groups::table
        .inner_join(localities::table.on(localities::code.eq(groups::locality_code)))
        .select((Group::as_select(), Locality::as_select(), km(), folded_name()))
        .limit(limit)
        .into_boxed();
    query = match filters.network {
        Some(network) => query.filter(exists(approved.filter(network_groups::network_id.eq(network)))),
        None => query.filter(exists(approved)),
    };
    for word in filters.words.iter().flat_map(|words| words.as_str().split_whitespace().take(MOST_WORDS)) {
        let word = fold(word);
        query = match beginning_of_word(&word) {
            Some(pattern) => query.filter(sql::<Bool>("groups.search_text ~ ").bind::<Text, _>(pattern)),
            None => query.filter(sql::<Bool>("").bind::<Text, _>(word).sql(" <% groups.search_text")),
        };
    }
    if let Some(locality) = &filters.within {
        let codes = locality.subtree();
        query = query.filter(groups::locality_code.between(*codes.start(), *codes.end()));
    }
    if let Some(activity) = filters.activity {
        query = query.filter(groups::activities.contains(vec![Some(activity)]));
    }
    if let Some(reach) = filters.within_km {
        let around = sql::<Bool>("groups.position <@ box_around(point(").bind::<Double, _>(centre.lng).sql(", ");
        let around = around.bind::<Double, _>(centre.lat).sql("), ").bind::<Double, _>(f64::from(reach.km())).sql(")");
        query = query.filter(around).filter(km().le(f64::from(reach.km())));
    }
    query = match filters.sort {
        Sort::Newest => query.order((groups::created_at.desc(), groups::id.desc())),
        Sort::Name => query.order((folded_name().asc(), groups::id.asc())),
        Sort::Nearest => query.order((km().asc(), groups::id.asc())),
    };
    query = match after {
        None => query,
        Some(After::Newest(time, id)) => query.filter(groups::created_at.lt(time).or(groups::created_at.eq(time).and(groups::id.lt(id)))),
        Some(After::Name(name, id)) => query.filter(folded_name().gt(name.clone()).or(folded_name().eq(name).and(groups::id.gt(id)))),
        Some(After::Nearest(bits, id)) => {
            let last = f64::from_bits(bits);
            query.filter(km().gt(last).or(km().eq(last).and(groups::id.gt(id))))
        }
    };
    Ok(query.load(conn).await?)
}
