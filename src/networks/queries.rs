//! What networks ask of the database. Every function starts from the network, the group or the person.

use chrono::{DateTime, Duration, Utc};
use diesel::{dsl, prelude::*, sql_types::Bool};
use diesel_async::RunQueryDsl;

use super::{
    StaffRole, Standing,
    model::{GroupStanding, Network, NetworkThere, StaffMember, StandingInNetwork},
};
use crate::{
    catalog::model::Locality,
    db::Conn,
    error::Result,
    groups::model::Group,
    schema::{groups, localities, network_groups, network_policies, network_staff, networks, users},
    setbacks::not_put_off,
    types::{
        EmailAddress,
        ids::{GroupId, NetworkId, UserId},
        text::ExternalId,
    },
};

/// The role of a person in a network's staff, if any.
pub async fn staff_role_of(conn: &mut Conn, network: NetworkId, user: UserId) -> Result<Option<StaffRole>> {
    Ok(network_staff::table.find((network, user)).select(network_staff::role).first(conn).await.optional()?)
}

/// The networks that a person works for, with their slugs and the person's roles, by slug.
pub async fn staff_roles_of(conn: &mut Conn, user: UserId) -> Result<Vec<(NetworkId, String, StaffRole)>> {
    let rows = network_staff::table
        .inner_join(networks::table.on(networks::id.eq(network_staff::network_id)))
        .filter(network_staff::user_id.eq(user));
    Ok(rows.select((networks::id, networks::slug, network_staff::role)).order(networks::slug).load(conn).await?)
}

/// The group that an importer knows under this id in a network.
pub async fn group_by_external_id(conn: &mut Conn, network: NetworkId, external_id: &ExternalId) -> Result<Option<GroupId>> {
    let known =
        network_groups::table.filter(network_groups::network_id.eq(network)).filter(network_groups::external_id.eq(external_id.as_str()));
    Ok(known.select(network_groups::group_id).first(conn).await.optional()?)
}

/// Whether there is such a network.
pub async fn exists(conn: &mut Conn, network: NetworkId) -> Result<bool> {
    Ok(diesel::select(dsl::exists(networks::table.find(network))).get_result(conn).await?)
}

/// All networks by name, after the one with the name and id `after`. Networks are public.
pub async fn list(conn: &mut Conn, after: Option<(String, NetworkId)>, limit: i64) -> Result<Vec<NetworkThere>> {
    let mut query = networks::table.inner_join(localities::table.on(localities::code.eq(networks::locality_code))).into_boxed();
    if let Some((name, id)) = after {
        query = query.filter(networks::name.gt(name.clone()).or(networks::name.eq(name).and(networks::id.gt(id))));
    }
    let rows = query.order((networks::name, networks::id)).limit(limit).select((Network::as_select(), Locality::as_select()));
    Ok(rows.load(conn).await?)
}

/// A network. Networks are public.
pub async fn find(conn: &mut Conn, network: NetworkId) -> Result<Option<NetworkThere>> {
    let query = networks::table.find(network).inner_join(localities::table.on(localities::code.eq(networks::locality_code)));
    Ok(query.select((Network::as_select(), Locality::as_select())).first(conn).await.optional()?)
}

/// The network with this slug. Networks are public.
pub async fn id_by_slug(conn: &mut Conn, slug: &str) -> Result<Option<NetworkId>> {
    Ok(networks::table.filter(networks::slug.eq(slug)).select(networks::id).first(conn).await.optional()?)
}

/// Holds the network until the end of the transaction: no other change to it or its staff happens meanwhile.
/// Gives its version, or none when there is no such network.
pub async fn lock(tx: &mut Conn, network: NetworkId) -> Result<Option<i32>> {
    Ok(networks::table.find(network).select(networks::version).for_no_key_update().first(tx).await.optional()?)
}

/// The staff of a network, those who have been there longest first.
pub async fn staff(conn: &mut Conn, network: NetworkId, after: Option<(DateTime<Utc>, UserId)>, limit: i64) -> Result<Vec<StaffMember>> {
    let mut query = network_staff::table.inner_join(users::table).filter(network_staff::network_id.eq(network)).into_boxed();
    if let Some((since, id)) = after {
        query =
            query.filter(network_staff::created_at.gt(since).or(network_staff::created_at.eq(since).and(network_staff::user_id.gt(id))));
    }
    let rows = query.order((network_staff::created_at, network_staff::user_id)).limit(limit).select(StaffMember::as_select());
    Ok(rows.load(conn).await?)
}

/// One of the staff of a network.
pub async fn staff_member(conn: &mut Conn, network: NetworkId, user: UserId) -> Result<Option<StaffMember>> {
    let query = network_staff::table.find((network, user)).inner_join(users::table).select(StaffMember::as_select());
    Ok(query.first(conn).await.optional()?)
}

/// Whether a network has a coordinator other than this person.
pub async fn has_other_coordinator(conn: &mut Conn, network: NetworkId, user: UserId) -> Result<bool> {
    let others = network_staff::table
        .filter(network_staff::network_id.eq(network))
        .filter(network_staff::role.eq(StaffRole::Coordinator))
        .filter(network_staff::user_id.ne(user));
    Ok(diesel::select(dsl::exists(others)).get_result(conn).await?)
}

/// The person with this e-mail address. For the operator at the command line only: over HTTP nobody may find out who has an
/// account.
pub async fn user_by_email(conn: &mut Conn, email: &EmailAddress) -> Result<Option<UserId>> {
    Ok(users::table.filter(users::email.eq(email.as_str())).select(users::id).first(conn).await.optional()?)
}

/// A group of a network: how it stands, what it is, where it is.
pub type GroupThere = (GroupStanding, Group, Locality);

/// The groups of a network, in one state or in all, those that asked first coming first.
pub async fn groups_of(
    conn: &mut Conn,
    network: NetworkId,
    state: Option<Standing>,
    after: Option<(DateTime<Utc>, GroupId)>,
    limit: i64,
) -> Result<Vec<GroupThere>> {
    let mut query = network_groups::table
        .inner_join(groups::table)
        .inner_join(localities::table.on(localities::code.eq(groups::locality_code)))
        .filter(network_groups::network_id.eq(network))
        .into_boxed();
    if let Some(state) = state {
        query = query.filter(network_groups::state.eq(state));
    }
    if let Some((asked, id)) = after {
        query = query
            .filter(network_groups::requested_at.gt(asked).or(network_groups::requested_at.eq(asked).and(network_groups::group_id.gt(id))));
    }
    let rows = query.order((network_groups::requested_at, network_groups::group_id)).limit(limit);
    Ok(rows.select((GroupStanding::as_select(), Group::as_select(), Locality::as_select())).load(conn).await?)
}

/// One group of a network.
pub async fn group_of(conn: &mut Conn, network: NetworkId, group: GroupId) -> Result<Option<GroupThere>> {
    let query = network_groups::table
        .find((network, group))
        .inner_join(groups::table)
        .inner_join(localities::table.on(localities::code.eq(groups::locality_code)));
    Ok(query.select((GroupStanding::as_select(), Group::as_select(), Locality::as_select())).first(conn).await.optional()?)
}

/// The state of a group in a network, held until the end of the transaction.
pub async fn lock_standing(tx: &mut Conn, network: NetworkId, group: GroupId) -> Result<Option<Standing>> {
    let query = network_groups::table.find((network, group)).select(network_groups::state).for_no_key_update();
    Ok(query.first(tx).await.optional()?)
}

/// Holds how groups stand in all their networks until the end of the transaction: nobody decides about them or posts for them
/// meanwhile.
pub async fn lock_standings_of(tx: &mut Conn, groups: &[GroupId]) -> Result<()> {
    let all = network_groups::table.filter(network_groups::group_id.eq_any(groups));
    let order = (network_groups::group_id, network_groups::network_id);
    let _: Vec<NetworkId> = all.order(order).select(network_groups::network_id).for_update().load(tx).await?;
    Ok(())
}

/// How a group stands in each of its networks, by the name of the network.
pub async fn standings_of(conn: &mut Conn, group: GroupId) -> Result<Vec<StandingInNetwork>> {
    let query = network_groups::table.inner_join(networks::table).filter(network_groups::group_id.eq(group));
    Ok(query.order((networks::name, networks::id)).select(StandingInNetwork::as_select()).load(conn).await?)
}

/// How a group stands in a network, with what the network is called.
pub async fn standing_in(conn: &mut Conn, network: NetworkId, group: GroupId) -> Result<Option<StandingInNetwork>> {
    let query = network_groups::table.find((network, group)).inner_join(networks::table);
    Ok(query.select(StandingInNetwork::as_select()).first(conn).await.optional()?)
}

/// The networks that have invited a group and that it has not come to, in the order of their ids.
pub async fn networks_that_invited(conn: &mut Conn, group: GroupId) -> Result<Vec<NetworkId>> {
    let invited = network_groups::table.filter(network_groups::group_id.eq(group)).filter(network_groups::state.eq(Standing::Invited));
    Ok(invited.order(network_groups::network_id).select(network_groups::network_id).load(conn).await?)
}

/// How long a network's approval of a group lasts before it is checked again.
pub async fn recheck_after(conn: &mut Conn, network: NetworkId) -> Result<Duration> {
    let days: i32 = network_policies::table.find(network).select(network_policies::recheck_after_days).first(conn).await?;
    Ok(Duration::days(days.into()))
}

/// Groups of a state whose time for a check has come, the longest due first, but for those that the job has put off: the networks that ask,
/// and the groups.
pub async fn due_for_check(
    conn: &mut Conn,
    (job, now): (&str, DateTime<Utc>),
    state: Standing,
    most: i64,
) -> Result<Vec<(NetworkId, GroupId)>> {
    let due = network_groups::table.filter(network_groups::state.eq(state)).filter(network_groups::recheck_at.le(now));
    // Said again as text: a statement planned once for all values finds the partial index by nothing else.
    let due = due.filter(dsl::sql::<Bool>("network_groups.state in ('approved', 'recertification_required')"));
    let due = due.filter(not_put_off!(job, network_groups::group_id, now));
    let order = (network_groups::recheck_at, network_groups::network_id, network_groups::group_id);
    Ok(due.order(order).limit(most).select((network_groups::network_id, network_groups::group_id)).load(conn).await?)
}

/// Holds a group whose check is still due, and its standing, unless somebody else holds one of them. Whether it does.
pub async fn lock_due(tx: &mut Conn, (network, group): (NetworkId, GroupId), state: Standing, now: DateTime<Utc>) -> Result<bool> {
    let open = groups::table.find(group).filter(groups::closed_at.is_null()).select(groups::id);
    if open.for_no_key_update().skip_locked().first::<GroupId>(tx).await.optional()?.is_none() {
        return Ok(false);
    }
    let due =
        network_groups::table.find((network, group)).filter(network_groups::state.eq(state)).filter(network_groups::recheck_at.le(now));
    let held = due.select(network_groups::group_id).for_no_key_update().skip_locked().first::<GroupId>(tx).await.optional()?;
    Ok(held.is_some())
}

/// Those networks that a person works for.
pub async fn networks_of_staff(conn: &mut Conn, user: UserId) -> Result<Vec<NetworkId>> {
    Ok(network_staff::table.filter(network_staff::user_id.eq(user)).select(network_staff::network_id).load(conn).await?)
}
