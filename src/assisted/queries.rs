//! What assisted groups and the call list ask of the database. Every function starts from the network or the group.

use chrono::{DateTime, Utc};
use diesel::{dsl::exists, prelude::*, sql_types as sql};
use diesel_async::RunQueryDsl;

use super::{
    AssistanceState,
    model::{Assistance, CallFilter, FollowUp},
};
use crate::{
    catalog::model::Locality,
    db::{Conn, Prepared},
    error::Result,
    groups::model::{Group, GroupThere},
    networks::Standing,
    schema::{assisted_groups, groups, localities, memberships, network_groups, network_staff},
    types::ids::{FollowUpId, GroupId, NetworkId, UserId},
};

/// Whether a person works for the network that acts for this group, as the group has confirmed where it has members, and that has not
/// refused it since.
pub async fn is_helped_by(conn: &mut Conn, group: GroupId, user: UserId) -> Result<bool> {
    let helpers = assisted_groups::table
        .inner_join(network_staff::table.on(network_staff::network_id.eq(assisted_groups::network_id)))
        .inner_join(
            network_groups::table
                .on(network_groups::network_id.eq(assisted_groups::network_id).and(network_groups::group_id.eq(assisted_groups::group_id))),
        )
        .filter(assisted_groups::group_id.eq(group))
        .filter(network_staff::user_id.eq(user))
        .filter(assisted_groups::state.eq(AssistanceState::Begun))
        .filter(network_groups::state.ne_all([Standing::Rejected, Standing::Closed]));
    Ok(diesel::select(exists(helpers)).get_result(conn).await?)
}

/// What is recorded of a group that this network's staff act for.
pub async fn of_group(conn: &mut Conn, network: NetworkId, group: GroupId) -> Result<Option<Assistance>> {
    let row = assisted_groups::table.find(group).filter(assisted_groups::network_id.eq(network));
    Ok(row.select(Assistance::as_select()).first(conn).await.optional()?)
}

/// What is recorded of a group, whichever network's staff act for it: for its own members.
pub async fn of_own(conn: &mut Conn, group: GroupId) -> Result<Option<Assistance>> {
    Ok(assisted_groups::table.find(group).select(Assistance::as_select()).first(conn).await.optional()?)
}

/// A group with what is recorded of it.
pub type Assisted = (GroupThere, Assistance);

/// The groups that a network's staff act for, in the order of their ids.
pub async fn list(conn: &mut Conn, network: NetworkId, after: Option<GroupId>, limit: i64) -> Result<Vec<Assisted>> {
    let mut query = assisted_groups::table
        .inner_join(groups::table)
        .inner_join(localities::table.on(localities::code.eq(groups::locality_code)))
        .filter(assisted_groups::network_id.eq(network))
        .into_boxed();
    if let Some(after) = after {
        query = query.filter(assisted_groups::group_id.gt(after));
    }
    let rows = query.order(assisted_groups::group_id).limit(limit);
    let rows: Vec<(Group, Locality, Assistance)> =
        rows.select((Group::as_select(), Locality::as_select(), Assistance::as_select())).load(conn).await?;
    Ok(rows.into_iter().map(|(group, locality, assistance)| ((group, locality), assistance)).collect())
}

/// The groups that a network's staff act for, or have asked whether they may.
pub async fn groups_of(conn: &mut Conn, network: NetworkId) -> Result<Vec<GroupId>> {
    Ok(assisted_groups::table.filter(assisted_groups::network_id.eq(network)).select(assisted_groups::group_id).load(conn).await?)
}

/// Whether anybody is a member of the group.
pub async fn has_members(conn: &mut Conn, group: GroupId) -> Result<bool> {
    Ok(diesel::select(exists(memberships::table.filter(memberships::group_id.eq(group)))).get_result(conn).await?)
}

/// Those of these groups that a network's staff act for and that nobody is a member of, each with the network.
pub async fn called(conn: &mut Conn, ids: &[GroupId]) -> Result<Vec<(GroupId, NetworkId)>> {
    let members = memberships::table.filter(memberships::group_id.eq(assisted_groups::group_id));
    let alone = assisted_groups::table.filter(assisted_groups::group_id.eq_any(ids)).filter(diesel::dsl::not(exists(members)));
    Ok(alone.select((assisted_groups::group_id, assisted_groups::network_id)).load(conn).await?)
}

/// Selects entries of the call list of the network `$1`, each with the last notice that it stands for. `which` is the rest of the
/// condition, and the order.
macro_rules! follow_ups {
    ($which:literal) => {
        concat!(
            "select f.id, f.group_id, g.name as group_name, a.way, a.contact, f.topic, f.listing_id, f.exchange_id,
               coalesce(l.title, e.title) as title, f.due_at, f.made_at, f.done_at, f.done_by, f.note, n.inbox_id, n.number
             from follow_ups f
             join groups g on g.id = f.group_id
             left join assisted_groups a on a.group_id = f.group_id and a.network_id = f.network_id
             left join listings l on l.id = f.listing_id
             left join exchanges e on e.id = f.exchange_id
             left join lateral (
               select n.inbox_id, n.number from inboxes i join notices n on n.inbox_id = i.id
               where i.group_id = f.group_id and n.topic = f.topic
                 and n.listing_id is not distinct from f.listing_id and n.exchange_id is not distinct from f.exchange_id
               order by n.number desc limit 1) n on true
             where f.network_id = $1 and ",
            $which
        )
    };
}

const TO_DO: &str = follow_ups!(
    "f.done_at is null and ($2 is null or f.due_at <= $2) and ($3 is null or f.group_id = $3)
       and ($4 is null or (f.due_at, f.id) > ($4, $5)) order by f.due_at, f.id limit $6"
);
const DONE: &str = follow_ups!(
    "f.done_at is not null and ($2 is null or f.due_at <= $2) and ($3 is null or f.group_id = $3)
       and ($4 is null or (f.done_at, f.id) < ($4, $5)) order by f.done_at desc, f.id desc limit $6"
);
const ONE: &str = follow_ups!("f.id = $2");

/// The call list of a network: what is to be done, the most urgent first, or what has been done, the latest first.
pub async fn follow_ups(
    conn: &mut Conn,
    network: NetworkId,
    filter: &CallFilter,
    after: Option<(DateTime<Utc>, FollowUpId)>,
    limit: i64,
) -> Result<Vec<FollowUp>> {
    let (time, id) = after.unzip();
    let statement = diesel::sql_query(if filter.done { DONE } else { TO_DO })
        .bind::<sql::Uuid, _>(network)
        .bind::<sql::Nullable<sql::Timestamptz>, _>(filter.due)
        .bind::<sql::Nullable<sql::Uuid>, _>(filter.group)
        .bind::<sql::Nullable<sql::Timestamptz>, _>(time)
        .bind::<sql::Nullable<sql::Uuid>, _>(id)
        .bind::<sql::BigInt, _>(limit);
    Ok(Prepared(statement).load(conn).await?)
}

/// One entry of the call list of a network.
pub async fn follow_up(conn: &mut Conn, network: NetworkId, id: FollowUpId) -> Result<Option<FollowUp>> {
    let statement = diesel::sql_query(ONE).bind::<sql::Uuid, _>(network).bind::<sql::Uuid, _>(id);
    Ok(Prepared(statement).get_result(conn).await.optional()?)
}
