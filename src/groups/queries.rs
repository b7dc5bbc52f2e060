//! What groups ask of the database. Every function starts from the group, the person or the network.

pub mod directory;

use std::collections::HashSet;

use chrono::{DateTime, Utc};
use diesel::{dsl::exists, prelude::*};
use diesel_async::RunQueryDsl;

use super::{
    Role,
    model::{ActingAs, Block, Group, GroupThere, Invitation, Member},
};
use crate::{
    assisted,
    catalog::model::Locality,
    db::Conn,
    error::Result,
    networks::Standing,
    schema::{group_blocks, groups, invitations, localities, memberships, network_groups, users},
    types::ids::{GroupId, InvitationId, NetworkId, UserId},
};

/// The role of a person as a member of a group, if any.
pub async fn membership_of(conn: &mut Conn, group: GroupId, user: UserId) -> Result<Option<Role>> {
    Ok(memberships::table.find((group, user)).select(memberships::role).first(conn).await.optional()?)
}

/// As what a person may act for a group, if at all: as a member, or, as an editor would, as staff of the network that acts for it because
/// it is not online. Who is a member with less than that acts as staff.
pub async fn acting_as(conn: &mut Conn, group: GroupId, user: UserId) -> Result<Option<ActingAs>> {
    let own = membership_of(conn, group, user).await?;
    if own.is_none_or(|role| !role.includes(Role::Editor)) && assisted::queries::is_helped_by(conn, group, user).await? {
        return Ok(Some(ActingAs { role: Role::Editor, as_staff: true }));
    }
    Ok(own.map(|role| ActingAs { role, as_staff: false }))
}

/// What a person may do for a group, if anything; see [`acting_as`].
pub async fn role_of(conn: &mut Conn, group: GroupId, user: UserId) -> Result<Option<Role>> {
    Ok(acting_as(conn, group, user).await?.map(|acting| acting.role))
}

/// Where a group is.
pub async fn locality_of(conn: &mut Conn, group: GroupId) -> Result<Option<Locality>> {
    let home = groups::table.inner_join(localities::table.on(localities::code.eq(groups::locality_code))).filter(groups::id.eq(group));
    Ok(home.select(Locality::as_select()).first(conn).await.optional()?)
}

/// The groups that a person acts for, with their names and the person's roles, by name.
pub async fn roles_of(conn: &mut Conn, user: UserId) -> Result<Vec<(GroupId, String, Role)>> {
    let rows = memberships::table.inner_join(groups::table).filter(memberships::user_id.eq(user));
    Ok(rows.select((groups::id, groups::name, memberships::role)).order((groups::name, groups::id)).load(conn).await?)
}

/// Whether everybody may know of the group: some network has approved it.
pub async fn is_public(conn: &mut Conn, group: GroupId) -> Result<bool> {
    let approved = network_groups::table.filter(network_groups::group_id.eq(group)).filter(network_groups::in_good_standing);
    Ok(diesel::select(exists(approved)).get_result(conn).await?)
}

/// Whether a group may deal with what is at home in a network: some network has approved it, and this one has not suspended it.
pub async fn may_deal_in(conn: &mut Conn, group: GroupId, network: NetworkId) -> Result<bool> {
    let here = network_groups::table.find((network, group)).filter(network_groups::state.eq(Standing::Suspended));
    let is_suspended: bool = diesel::select(exists(here)).get_result(conn).await?;
    Ok(!is_suspended && is_public(conn, group).await?)
}

/// A group that has not been closed, whoever asks: the caller decides who may know of it.
pub async fn find(conn: &mut Conn, group: GroupId) -> Result<Option<GroupThere>> {
    let query = groups::table.find(group).inner_join(localities::table.on(localities::code.eq(groups::locality_code)));
    let open = query.filter(groups::closed_at.is_null());
    Ok(open.select((Group::as_select(), Locality::as_select())).first(conn).await.optional()?)
}

/// Holds the group until the end of the transaction: no other change to it or its people happens meanwhile, though others may refer to
/// it. Gives its version; none when it has been closed.
pub async fn lock(tx: &mut Conn, group: GroupId) -> Result<Option<i32>> {
    let open = groups::table.find(group).filter(groups::closed_at.is_null());
    Ok(open.select(groups::version).for_no_key_update().first(tx).await.optional()?)
}

/// Holds several groups, in the order of their ids. Gives those that are there and have not been closed, with their names.
pub async fn lock_all(tx: &mut Conn, ids: &[GroupId]) -> Result<Vec<(GroupId, String)>> {
    let open = groups::table.filter(groups::id.eq_any(ids)).filter(groups::closed_at.is_null()).order(groups::id);
    Ok(open.select((groups::id, groups::name)).for_no_key_update().load(tx).await?)
}

/// Holds two groups, in the order of their ids, until the end of the transaction, so that neither blocks the other meanwhile: others may hold
/// them too. Whoever begins something between two groups does this first, before they lock listings or threads, and then looks
/// whether they [are parted](are_parted).
pub async fn hold_both(tx: &mut Conn, both: [GroupId; 2]) -> Result<()> {
    let rows = groups::table.filter(groups::id.eq_any(both)).order(groups::id).select(groups::id);
    let _: Vec<GroupId> = rows.for_share().load(tx).await?;
    Ok(())
}

/// Members of a group beside this person, and how many of them are owners.
pub async fn others_in(conn: &mut Conn, group: GroupId, user: UserId) -> Result<(usize, usize)> {
    let others = memberships::table.filter(memberships::group_id.eq(group)).filter(memberships::user_id.ne(user));
    let roles: Vec<Role> = others.select(memberships::role).load(conn).await?;
    Ok((roles.len(), roles.iter().filter(|role| **role == Role::Owner).count()))
}

/// The people of a group, those who have been there longest first.
pub async fn members(conn: &mut Conn, group: GroupId, after: Option<(DateTime<Utc>, UserId)>, limit: i64) -> Result<Vec<Member>> {
    let mut query = memberships::table.inner_join(users::table).filter(memberships::group_id.eq(group)).into_boxed();
    if let Some((since, id)) = after {
        query = query.filter(memberships::created_at.gt(since).or(memberships::created_at.eq(since).and(memberships::user_id.gt(id))));
    }
    let rows = query.order((memberships::created_at, memberships::user_id)).limit(limit);
    Ok(rows.select(Member::as_select()).load(conn).await?)
}

/// One of the people of a group.
pub async fn member(conn: &mut Conn, group: GroupId, user: UserId) -> Result<Option<Member>> {
    let query = memberships::table.find((group, user)).inner_join(users::table);
    Ok(query.select(Member::as_select()).first(conn).await.optional()?)
}

/// Whether a group has an owner.
pub async fn has_owner(conn: &mut Conn, group: GroupId) -> Result<bool> {
    let owners = memberships::table.filter(memberships::group_id.eq(group)).filter(memberships::role.eq(Role::Owner));
    Ok(diesel::select(exists(owners)).get_result(conn).await?)
}

/// The invitations of a group that have been neither accepted nor taken back, newest first.
pub async fn open_invitations(conn: &mut Conn, group: GroupId, before: Option<InvitationId>, limit: i64) -> Result<Vec<Invitation>> {
    let mut query = invitations::table
        .filter(invitations::group_id.eq(group))
        .filter(invitations::accepted_at.is_null())
        .filter(invitations::revoked_at.is_null())
        .into_boxed();
    if let Some(before) = before {
        query = query.filter(invitations::id.lt(before));
    }
    Ok(query.order(invitations::id.desc()).limit(limit).select(Invitation::as_select()).load(conn).await?)
}

/// The address at which somebody was last asked to be the owner of a group, and has not accepted.
pub async fn last_asked_owner(conn: &mut Conn, group: GroupId) -> Result<Option<String>> {
    let asked = invitations::table
        .filter(invitations::group_id.eq(group))
        .filter(invitations::role.eq(Role::Owner))
        .filter(invitations::accepted_at.is_null());
    Ok(asked.order(invitations::id.desc()).select(invitations::email).first(conn).await.optional()?)
}

/// The group of the invitation with this code, whoever may accept it.
pub async fn group_of_invitation(conn: &mut Conn, code_hash: &[u8]) -> Result<Option<GroupId>> {
    let known = invitations::table.filter(invitations::code_hash.eq(code_hash));
    Ok(known.select(invitations::group_id).first(conn).await.optional()?)
}

/// The invitation with this code that this person may accept now, held until the end of the transaction. One sent to another
/// address, used, taken back or expired is none.
pub async fn lock_invitation(tx: &mut Conn, user: UserId, code_hash: &[u8], now: DateTime<Utc>) -> Result<Option<Invitation>> {
    let address = users::table.find(user).select(users::email).single_value();
    let query = invitations::table
        .filter(invitations::code_hash.eq(code_hash))
        .filter(invitations::email.nullable().eq(address))
        .filter(invitations::accepted_at.is_null())
        .filter(invitations::revoked_at.is_null())
        .filter(invitations::expires_at.gt(now));
    Ok(query.select(Invitation::as_select()).for_update().first(tx).await.optional()?)
}

/// An invitation that can be accepted now, with the names of its group and, if they are still there, of who asked.
pub async fn open_invitation(
    conn: &mut Conn,
    invitation: InvitationId,
    now: DateTime<Utc>,
) -> Result<Option<(Invitation, String, Option<String>)>> {
    let query = invitations::table
        .find(invitation)
        .inner_join(groups::table)
        .left_join(users::table)
        .filter(invitations::accepted_at.is_null())
        .filter(invitations::revoked_at.is_null())
        .filter(invitations::expires_at.gt(now));
    Ok(query.select((Invitation::as_select(), groups::name, users::name.nullable())).first(conn).await.optional()?)
}

/// The groups that a group has blocked, the oldest block first.
pub async fn blocks(conn: &mut Conn, group: GroupId, after: Option<(DateTime<Utc>, GroupId)>, limit: i64) -> Result<Vec<Block>> {
    let mut query = group_blocks::table
        .inner_join(groups::table.on(groups::id.eq(group_blocks::blocked_group_id)))
        .filter(group_blocks::group_id.eq(group))
        .into_boxed();
    if let Some((since, id)) = after {
        query = query
            .filter(group_blocks::created_at.gt(since).or(group_blocks::created_at.eq(since).and(group_blocks::blocked_group_id.gt(id))));
    }
    let rows = query.order((group_blocks::created_at, group_blocks::blocked_group_id)).limit(limit);
    Ok(rows.select(Block::as_select()).load(conn).await?)
}

/// Whether one of two groups has blocked the other: they have no new dealings with each other.
pub async fn are_parted(conn: &mut Conn, one: GroupId, other: GroupId) -> Result<bool> {
    let blocks = |by: GroupId, of: GroupId| group_blocks::group_id.eq(by).and(group_blocks::blocked_group_id.eq(of));
    Ok(diesel::select(exists(group_blocks::table.filter(blocks(one, other).or(blocks(other, one))))).get_result(conn).await?)
}

/// The groups that a group does not deal with: those that it has blocked, and those that have blocked it.
pub async fn avoided_by(conn: &mut Conn, group: GroupId) -> Result<HashSet<GroupId>> {
    let between = group_blocks::table.filter(group_blocks::group_id.eq(group).or(group_blocks::blocked_group_id.eq(group)));
    let pairs: Vec<(GroupId, GroupId)> = between.select((group_blocks::group_id, group_blocks::blocked_group_id)).load(conn).await?;
    Ok(pairs.into_iter().map(|(one, other)| if one == group { other } else { one }).collect())
}
