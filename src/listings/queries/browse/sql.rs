//! The statements of browsing, as text with named parameters ([`Statement`](crate::listings::queries::statement::Statement)).
//! There are about fifteen of them, whatever is asked for: what is not asked for is a parameter that lets everything pass. Each is there a
//! second time for those who ask for one network, as that looks into another table.

use crate::listings::filter::Order;

/// Listings that everybody may see.
pub(super) const OPEN: &str = "l.is_open and (l.expires_at is null or l.expires_at > {now})";

/// The whole filter.
pub(super) const FITS: &str = "(l.shelf between {offers_from} and {offers_to} or l.shelf between {wants_from} and {wants_to})
  and l.locality_code between {places_from} and {places_to}
  and {of_network}
  and ({group} is null or l.group_id = {group})
  and ({available_from} is null or l.available_until is null or l.available_until > {available_from})
  and ({available_until} is null or l.available_from is null or l.available_from < {available_until})
  and ({since} is null or l.updated_at >= {since})
  and ({words} is null or l.found_by @@ (select {words}::tsquery))
  and ({within} is null or km_between(l.position, point({lng}, {lat})) <= {within})";

/// Of which network, where [`FITS`] says `{of_network}`: posted there, or shown there too.
pub(super) fn of_network(asked: bool) -> &'static str {
    if !asked {
        return "true";
    }
    "(l.network_id = {network} or exists (select from cross_posts p where p.listing_id = l.id and p.network_id = {network} and p.is_shown))"
}

/// The listings of other networks that a network shows, all of them: there are few. `offset 0` keeps PostgreSQL from starting with the
/// listings.
const SHOWN_TOO: &str = "(select listing_id from cross_posts where network_id = {network} and is_shown offset 0) p
  cross join lateral (select * from listings where id = p.listing_id offset 0) l";

/// What comes after the page before, in the order of freshness.
pub(super) const AFTER: &str = "(l.fresh_at, l.id) < ({after_time}, {after_id})";

/// What the filter and the order look at.
pub(super) const COLUMNS: &str = "l.id, l.fresh_at, l.shelf, l.locality_code, l.position, l.network_id, l.group_id, l.available_from, l.available_until, \
                       l.updated_at, l.found_by";

pub(super) const KM: &str = "km_between(l.position, point({lng}, {lat}))";

pub(super) fn after_nearest(km: &str) -> String {
    format!("({km} > {{after_km}} or ({km} = {{after_km}} and {AFTER}))")
}

/// The rows of a page, each with the number of listings in the pool; that alone when nothing fits.
pub(super) fn counted(page: &str, order: &str) -> String {
    format!(
        "select n.read, l.id, l.fresh_at, l.km from (select count(*) as read from pool) n left join ({page}) l on true order by {order}"
    )
}

pub(super) const SHELVES: &str = "select code + kind.shelf as key from categories cross join (values (0), (1000000000)) kind (shelf)
  where code + kind.shelf between {offers_from} and {offers_to} or code + kind.shelf between {wants_from} and {wants_to}";

pub(super) const PLACES: &str = "select code as key from localities where code between {places_from} and {places_to}";

pub(super) fn walk_sql() -> String {
    format!(
        "select 0::bigint, l.id, l.fresh_at, null::float8 from (
           select {COLUMNS} from listings l where {OPEN} and {AFTER} order by l.fresh_at desc, l.id desc limit {{window}}) l
         where {FITS} order by l.fresh_at desc, l.id desc limit {{limit}}"
    )
}

pub(super) fn walk_shelves_sql() -> String {
    format!(
        "select 0::bigint, l.id, l.fresh_at, null::float8 from (
           select l.* from ({SHELVES}) s cross join lateral (
             select {COLUMNS} from listings l where {OPEN} and l.shelf = s.key and {AFTER} order by l.fresh_at desc, l.id desc limit {{window}}) l
           order by l.fresh_at desc, l.id desc limit {{window}}) l
         where {FITS} order by l.fresh_at desc, l.id desc limit {{limit}}"
    )
}

/// Along what was posted in a network and what it shows of others.
pub(super) fn walk_network_sql() -> String {
    let newest = "order by l.fresh_at desc, l.id desc limit {window}";
    format!(
        "select 0::bigint, l.id, l.fresh_at, null::float8 from (
           select * from (
             (select {COLUMNS} from listings l where {OPEN} and l.network_id = {{network}} and {AFTER} {newest})
             union all
             (select {COLUMNS} from {SHOWN_TOO} where {OPEN} and {AFTER} {newest})) l
           {newest}) l
         where {FITS} order by l.fresh_at desc, l.id desc limit {{limit}}"
    )
}

/// All that a group has open: `offset 0` keeps PostgreSQL from looking for anything else first.
pub(super) fn group_sql() -> String {
    format!("select {COLUMNS} from (select * from listings where group_id = {{group}} and is_open offset 0) l where {OPEN} limit {{most}}")
}

/// All open ones that have the words and marks. Marks name the network that a listing was posted in, so what that network shows of others
/// is added.
pub(super) fn marks_sql(of_network: bool) -> String {
    let marked = format!("select {COLUMNS} from listings l where {OPEN} and l.found_by @@ (select {{marks}}::tsquery) limit {{most}}");
    if !of_network {
        return marked;
    }
    let shown = format!("select {COLUMNS} from {SHOWN_TOO} where {OPEN} and not l.found_by @@ (select {{marks}}::tsquery) limit {{most}}");
    format!("({marked}) union all ({shown})")
}

/// Going by when things were changed. Most were last changed when they were published or confirmed.
pub(super) fn edited_sql(order: Order) -> String {
    let after = if order == Order::Newest { AFTER } else { "true" };
    format!(
        "(select {COLUMNS} from listings l where {OPEN} and l.updated_at <> l.fresh_at and l.updated_at >= {{since}} limit {{most}})
         union all
         (select {COLUMNS} from listings l where {OPEN} and l.updated_at = l.fresh_at and l.fresh_at >= {{since}} and {after}
          order by l.fresh_at desc, l.id desc limit {{most}})"
    )
}

pub(super) fn outwards_sql() -> String {
    let columns = COLUMNS;
    let page = format!("select l.id, l.fresh_at, l.km from pool l where {FITS} order by km, fresh_at desc, id desc limit {{limit}}");
    format!(
        "with pool as materialized (
           select l.*, p.km from unnest({{codes}}, {{kms}}) p (code, km) cross join lateral (
             select {columns} from listings l where {OPEN} and l.locality_code = p.code
               and (l.fresh_at, l.id) < (case when p.km = {{after_km}} then {{after_time}} else 'infinity' end,
                                         case when p.km = {{after_km}} then {{after_id}} else 'ffffffff-ffff-ffff-ffff-ffffffffffff' end)
             order by l.fresh_at desc, l.id desc limit {{window}}) l
           order by p.km, l.fresh_at desc, l.id desc limit {{window}})
         {}",
        counted(&page, "km, fresh_at desc, id desc")
    )
}
