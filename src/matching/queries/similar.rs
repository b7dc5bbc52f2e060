//! Listings that say the same as another one.

use chrono::{DateTime, Utc};
use diesel::sql_types;
use diesel_async::RunQueryDsl;

use crate::{
    db::{Conn, Prepared},
    error::Result,
    matching::{model::SameWords, rules::similar::NEARLY_THE_SAME},
    types::ids::{ListingId, UserId},
};

/// What the group of a listing ($1) or a person ($3) has posted already, as of $2: the same kind and category, in the same title or
/// with at least $4 of the words in common. Of other groups and in other networks only what everybody may see.
const DUPLICATES: &str = "
    select c.id as listing_id, likeness.words
    from listings l
    join listings c on c.group_id = l.group_id and (c.is_open or c.network_id = l.network_id) or c.created_by = $3 and c.is_open
    cross join lateral (
      select case when lower(c.title) = lower(l.title) then 1
        else words_part(words_in_common(c.terms, l.words), cardinality(l.words), length(c.terms)) end as words) likeness
    where l.id = $1 and c.id <> l.id and c.shelf = l.shelf
      and c.state = 'active' and c.quantity_left > 0 and (c.expires_at is null or c.expires_at > $2) and likeness.words >= $4
    order by likeness.words desc, c.fresh_at desc, c.id limit 20";

/// What the listing's group, or this person, has posted already: the most alike first, then the newest.
pub async fn duplicates(conn: &mut Conn, listing: ListingId, person: UserId, as_of: DateTime<Utc>) -> Result<Vec<SameWords>> {
    let statement = diesel::sql_query(DUPLICATES)
        .bind::<sql_types::Uuid, _>(listing)
        .bind::<sql_types::Timestamptz, _>(as_of)
        .bind::<sql_types::Uuid, _>(person)
        .bind::<sql_types::Double, _>(NEARLY_THE_SAME);
    Ok(Prepared(statement).load(conn).await?)
}
