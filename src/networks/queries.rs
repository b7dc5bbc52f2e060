//! What networks ask of the database. Every function starts from the network or the person.

use diesel::{dsl, prelude::*};
use diesel_async::RunQueryDsl;

use super::StaffRole;
use crate::{
    db::Conn,
    error::Result,
    schema::{network_staff, networks},
    types::ids::{NetworkId, UserId},
};

/// The role of a person in a network's staff, if any.
pub async fn staff_role_of(conn: &mut Conn, network: NetworkId, user: UserId) -> Result<Option<StaffRole>> {
    Ok(network_staff::table.find((network, user)).select(network_staff::role).first(conn).await.optional()?)
}

/// The networks that a person works for, with their slugs and the person's roles, by slug.
pub async fn staff_roles_of(conn: &mut Conn, user: UserId) -> Result<Vec<(NetworkId, String, StaffRole)>> {
    let rows = network_staff::table.inner_join(networks::table).filter(network_staff::user_id.eq(user));
    Ok(rows.select((networks::id, networks::slug, network_staff::role)).order(networks::slug).load(conn).await?)
}

/// Whether there is such a network.
pub async fn exists(conn: &mut Conn, network: NetworkId) -> Result<bool> {
    Ok(diesel::select(dsl::exists(networks::table.find(network))).get_result(conn).await?)
}
