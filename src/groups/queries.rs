//! What groups ask of the database. Every function starts from the group, the person or the network.

use diesel::{dsl::exists, prelude::*};
use diesel_async::RunQueryDsl;

use super::Role;
use crate::{
    catalog::model::Locality,
    db::Conn,
    error::Result,
    schema::{groups, localities, memberships, network_groups},
    types::ids::{GroupId, UserId},
};

/// The role of a person in a group, if any.
pub async fn role_of(conn: &mut Conn, group: GroupId, user: UserId) -> Result<Option<Role>> {
    Ok(memberships::table.find((group, user)).select(memberships::role).first(conn).await.optional()?)
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
