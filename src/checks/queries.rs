//! Listings that a new one may repeat, and the places of a network's area. Every function starts from the group or the network.

use std::cmp::Reverse;

use chrono::{DateTime, Utc};
use diesel::{prelude::*, sql_types as sql};
use diesel_async::RunQueryDsl;

use super::{rules::alike::Said, service::Subject};
use crate::{
    catalog::model::Locality,
    db::{Conn, Prepared},
    error::Result,
    listings::{Moderation, State, queries::terms, rules::state_at},
    schema::{listings, localities, networks},
    types::{
        Position,
        ids::{ListingId, NetworkId},
    },
};

/// A listing that shares words with another one.
#[derive(Debug, Clone, Queryable, Selectable, QueryableByName)]
#[diesel(table_name = listings)]
pub struct Candidate {
    /// Which.
    pub id: ListingId,
    /// What it is.
    pub title: String,
    /// More about it.
    pub description: String,
    words: Vec<Option<String>>,
    state: State,
    moderation: Moderation,
    expires_at: Option<DateTime<Utc>>,
}

impl Candidate {
    /// What it says.
    pub fn said(&self) -> Said {
        Said::new(self.words.iter().flatten(), &self.title, &self.description)
    }

    /// Whether it can still be found, or will be.
    pub fn is_alive(&self, now: DateTime<Utc>) -> bool {
        let lives = matches!(state_at(self.state, self.expires_at, now), State::Active | State::Paused);
        lives && !matches!(self.moderation, Moderation::Rejected)
    }
}

/// How many listings are compared with at most.
const MOST: i64 = 50;

/// A group's listings in the network, of the same kind, that share a word of the title: those that are alive ([`Candidate::is_alive`]), and
/// those that were published since `since`; the latest first.
pub async fn own(conn: &mut Conn, subject: &Subject, (since, now): (DateTime<Utc>, DateTime<Utc>)) -> Result<Vec<Candidate>> {
    let lasts = listings::state.eq(State::Paused).or(listings::expires_at.is_null()).or(listings::expires_at.gt(now).assume_not_null());
    let lives = listings::state.eq_any([State::Active, State::Paused]).and(listings::moderation.ne(Moderation::Rejected)).and(lasts);
    let lately = listings::published_at.gt(since).assume_not_null();
    let found = listings::table
        .filter(listings::group_id.eq(subject.group))
        .filter(listings::network_id.eq(subject.network))
        .filter(listings::kind.eq(subject.kind))
        .filter(listings::id.ne(subject.id))
        .filter(listings::words.overlaps_with(&subject.words))
        .filter(listings::published_at.is_not_null())
        .filter(lives.or(lately))
        .order((listings::created_at.desc(), listings::id.desc()))
        .limit(MOST);
    Ok(found.select(Candidate::as_select()).load(conn).await?)
}

/// The index of searches knows the network and words of the title: `$1`. It is asked first and by itself, as PostgreSQL could
/// otherwise walk all of a network's listings, the latest first. It is asked for two words alone, the longest, which are seldom the
/// commonest: more leave hardly fewer over, and each costs another look into its list (at ten million listings 0.7 ms instead of 1.5 for a
/// title of seven words). It knows the kind too, but half of all listings have that mark, and looking through them costs ten times as much
/// as what it leaves out.
const OTHERS: &str = "
with found as materialized (
  select id, group_id, network_id, kind, title, description, words, state, moderation, expires_at from listings
  where is_open and found_by @@ $1::tsquery limit 1000)
select id, title, description, words, state, moderation, expires_at from found
where network_id = $2 and kind = $3 and group_id <> $4 and words @> $5 and (expires_at is null or expires_at > $6) order by id desc limit 50";

/// How many words of a title the index is asked for.
const WORDS_ASKED: usize = 2;

/// Open listings of other groups in the network, of the same kind, whose titles have all the words of this one's; the latest first.
pub async fn others(conn: &mut Conn, subject: &Subject, now: DateTime<Utc>) -> Result<Vec<Candidate>> {
    let mut words: Vec<&String> = subject.words.iter().flatten().collect();
    words.sort_unstable_by_key(|word| Reverse(word.len()));
    let mut asked = vec![terms::of_network(subject.network)];
    asked.extend(words.iter().take(WORDS_ASKED).map(|word| terms::quoted(&format!("={word}"))));
    let statement = diesel::sql_query(OTHERS)
        .bind::<sql::Text, _>(asked.join(" & "))
        .bind::<sql::Uuid, _>(subject.network)
        .bind::<sql::Text, _>(subject.kind)
        .bind::<sql::Uuid, _>(subject.group)
        .bind::<sql::Array<sql::Nullable<sql::Text>>, _>(&subject.words)
        .bind::<sql::Timestamptz, _>(now);
    Ok(Prepared(statement).load(conn).await?)
}

/// The area of a network.
pub async fn area(conn: &mut Conn, network: NetworkId) -> Result<Locality> {
    let area = networks::table.find(network).inner_join(localities::table.on(localities::code.eq(networks::locality_code)));
    Ok(area.select(Locality::as_select()).first(conn).await?)
}

/// Where the places of an area are; where the area itself is, when it has none.
pub async fn places_of(conn: &mut Conn, area: &Locality) -> Result<Vec<Position>> {
    let codes = area.subtree();
    let places = localities::table.filter(localities::code.between(*codes.start(), *codes.end())).filter(localities::kind.eq("place"));
    let found: Vec<(f64, f64)> = places.select((localities::lat, localities::lng)).load(conn).await?;
    let mut positions: Vec<Position> = found.into_iter().map(|(lat, lng)| Position { lat, lng }).collect();
    if positions.is_empty() {
        positions.push(area.position());
    }
    Ok(positions)
}
