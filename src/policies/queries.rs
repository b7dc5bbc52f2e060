//! What policies and ground rules ask of the database. Every function starts from the network, the group or the inbox.

use std::collections::BTreeMap;

use chrono::{DateTime, Duration, Utc};
use diesel::{dsl, prelude::*, sql_types as sql};
use diesel_async::RunQueryDsl;

use super::{
    model::{Acceptance, GroundRules, Policy},
    rules::QuietHours,
};
use crate::{
    checks::{Action, Rule},
    db::{Conn, Prepared},
    error::Result,
    schema::{decisions, ground_rules, inboxes, listings, network_checks, network_groups, network_policies, network_staff, networks},
    types::ids::{GroupId, InboxId, ListingId, NetworkId},
};

/// A network's policy. Policies are public.
pub async fn policy(conn: &mut Conn, network: NetworkId) -> Result<Option<Policy>> {
    Ok(network_policies::table.find(network).select(Policy::as_select()).first(conn).await.optional()?)
}

/// The same, held until the end of the transaction.
pub async fn lock_policy(tx: &mut Conn, network: NetworkId) -> Result<Option<Policy>> {
    Ok(network_policies::table.find(network).select(Policy::as_select()).for_no_key_update().first(tx).await.optional()?)
}

/// What a network does about findings, where it differs from the usual. A rule that only a newer program knows is passed over.
pub async fn checks(conn: &mut Conn, network: NetworkId) -> Result<BTreeMap<Rule, Action>> {
    let rows = network_checks::table.filter(network_checks::network_id.eq(network)).select((network_checks::rule, network_checks::action));
    let rows: Vec<(String, Action)> = rows.load(conn).await?;
    Ok(rows.into_iter().filter_map(|(rule, action)| Some((Rule::parse(rule).ok()?, action))).collect())
}

/// Holds how a group stands in a network until the end of the transaction, so that its postings there are counted one after the other.
pub async fn lock_postings(tx: &mut Conn, group: GroupId, network: NetworkId) -> Result<()> {
    let standing = network_groups::table.find((network, group)).select(network_groups::group_id).for_no_key_update();
    let _: Option<GroupId> = standing.first(tx).await.optional()?;
    Ok(())
}

/// Holds how a group stands in all of its networks until the end of the transaction; see [`lock_postings`].
pub async fn lock_all_postings(tx: &mut Conn, group: GroupId) -> Result<()> {
    let standings = network_groups::table.filter(network_groups::group_id.eq(group)).order(network_groups::network_id);
    let _: Vec<NetworkId> = standings.select(network_groups::network_id).for_no_key_update().load(tx).await?;
    Ok(())
}

/// The ground rules of a network that hold now. They are public.
pub async fn ground_rules(conn: &mut Conn, network: NetworkId) -> Result<Option<GroundRules>> {
    let current = ground_rules::table.inner_join(networks::table).filter(ground_rules::network_id.eq(network));
    let current = current.filter(ground_rules::version.eq(networks::rules_version));
    Ok(current.select(GroundRules::as_select()).first(conn).await.optional()?)
}

/// Every version of them, the latest first, from before `before` on.
pub async fn versions(conn: &mut Conn, network: NetworkId, before: Option<i32>, limit: i64) -> Result<Vec<GroundRules>> {
    let mut query = ground_rules::table.filter(ground_rules::network_id.eq(network)).into_boxed();
    if let Some(before) = before {
        query = query.filter(ground_rules::version.lt(before));
    }
    Ok(query.order(ground_rules::version.desc()).limit(limit).select(GroundRules::as_select()).load(conn).await?)
}

/// `$1` the group, `$2` the network; all of its networks when it is null.
const ACCEPTANCES: &str = "
select n.id as network_id, n.name as network_name, n.rules_version as version, r.text = '' as is_empty,
  a.version as accepted_version, a.accepted_at,
  greatest(r.published_at, ng.requested_at) + p.rules_grace_days * interval '1 day' as accept_by
from network_groups ng
join networks n on n.id = ng.network_id
join network_policies p on p.network_id = n.id
join ground_rules r on r.network_id = n.id and r.version = n.rules_version
left join lateral (
  select version, accepted_at from ground_rules_acceptances a
  where a.network_id = ng.network_id and a.group_id = ng.group_id order by version desc limit 1) a on true
where ng.group_id = $1 and ($2 is null or ng.network_id = $2) and ng.state not in ('rejected', 'closed')
order by n.name, n.id";

/// How a group stands with the ground rules of its networks, or of one of them, by the name of the network.
pub async fn acceptances(conn: &mut Conn, group: GroupId, network: Option<NetworkId>) -> Result<Vec<Acceptance>> {
    let statement = diesel::sql_query(ACCEPTANCES).bind::<sql::Uuid, _>(group).bind::<sql::Nullable<sql::Uuid>, _>(network);
    Ok(Prepared(statement).load(conn).await?)
}

/// The groups of a network, but for those that were turned away or have closed.
pub async fn groups_to_tell(conn: &mut Conn, network: NetworkId) -> Result<Vec<GroupId>> {
    let inside = network_groups::table
        .filter(network_groups::network_id.eq(network))
        .filter(network_groups::state.ne_all(["rejected", "closed"]))
        .order(network_groups::group_id);
    Ok(inside.select(network_groups::group_id).load(conn).await?)
}

/// How many listings a group has active in a network beside one, and when the first of them ends.
pub async fn active(
    conn: &mut Conn,
    (group, network): (GroupId, NetworkId),
    beside: ListingId,
    now: DateTime<Utc>,
) -> Result<(i64, Option<DateTime<Utc>>)> {
    let lasting = listings::expires_at.is_null().or(listings::expires_at.gt(now));
    let active = listings::table
        .filter(listings::group_id.eq(group))
        .filter(listings::network_id.eq(network))
        .filter(listings::id.ne(beside))
        .filter(listings::state.eq("active"))
        .filter(lasting);
    Ok(active.select((dsl::count_star(), dsl::min(listings::expires_at))).first(conn).await?)
}

/// When a group published what it has published in a network in the last 24 hours, beside one listing; the latest first.
pub async fn published_lately(
    conn: &mut Conn,
    (group, network): (GroupId, NetworkId),
    beside: ListingId,
    now: DateTime<Utc>,
) -> Result<Vec<DateTime<Utc>>> {
    let lately = listings::table
        .filter(listings::group_id.eq(group))
        .filter(listings::network_id.eq(network))
        .filter(listings::id.ne(beside))
        .filter(listings::published_at.gt(now - Duration::hours(24)))
        // One that sleeps unseen is published when it wakes, which may be later than it was to.
        .filter(listings::published_at.le(now))
        .filter(listings::wakes_at.is_distinct_from(listings::published_at))
        .order(listings::published_at.desc());
    Ok(lately.select(listings::published_at.assume_not_null()).load(conn).await?)
}

/// How many listings of a group were approved in a network, by a coordinator or because nobody decided in time.
pub async fn approved(conn: &mut Conn, group: GroupId, network: NetworkId) -> Result<i64> {
    let approved = decisions::table
        .filter(decisions::group_id.eq(group))
        .filter(decisions::network_id.eq(network))
        .filter(decisions::deed.eq("approve"))
        .filter(decisions::undone_at.is_null())
        .filter(decisions::listing_id.is_not_null());
    Ok(approved.select(dsl::count(decisions::listing_id).aggregate_distinct()).first(conn).await?)
}

/// The quiet hours that hold for mail about an inbox: those of the group's networks, or of the networks that the person works for.
pub async fn quiet_hours(conn: &mut Conn, inbox: InboxId) -> Result<Vec<QuietHours>> {
    let set = (network_policies::quiet_from.assume_not_null(), network_policies::quiet_until.assume_not_null());
    let of_group = inboxes::table
        .inner_join(network_groups::table.on(inboxes::group_id.eq(network_groups::group_id.nullable())))
        .inner_join(network_policies::table.on(network_policies::network_id.eq(network_groups::network_id)))
        .filter(inboxes::id.eq(inbox))
        .filter(network_groups::state.ne_all(["rejected", "closed"]))
        .filter(network_policies::quiet_from.is_not_null());
    let mut hours: Vec<QuietHours> = of_group.select(set).load(conn).await?;
    let of_staff = inboxes::table
        .inner_join(network_staff::table.on(inboxes::user_id.eq(network_staff::user_id.nullable())))
        .inner_join(network_policies::table.on(network_policies::network_id.eq(network_staff::network_id)))
        .filter(inboxes::id.eq(inbox))
        .filter(network_policies::quiet_from.is_not_null());
    hours.extend(of_staff.select(set).load::<QuietHours>(conn).await?);
    Ok(hours)
}
