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

/// Whether there is such a network.
pub async fn exists(conn: &mut Conn, network: NetworkId) -> Result<bool> {
    Ok(diesel::select(dsl::exists(networks::table.find(network))).get_result(conn).await?)
}
