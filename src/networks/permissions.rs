//! What a person may do for a network, as types. The power of staff ends at their network's edge.

use std::marker::PhantomData;

use actix_web::{FromRequest, HttpRequest, dev::Payload};
use futures_util::future::LocalBoxFuture;

use super::{StaffRole, queries};
use crate::{
    error::{Error, Result},
    http::{SignedIn, auth::app_of, path},
    types::ids::{NetworkId, UserId},
};

/// The staff roles that a permission takes.
pub trait StaffRoles: 'static {
    /// The roles.
    const ROLES: &'static [StaffRole];
}

/// Anybody who works for the network.
#[derive(Debug)]
pub struct AnyStaff;
/// Those who decide.
#[derive(Debug)]
pub struct Deciders;

impl StaffRoles for AnyStaff {
    const ROLES: &'static [StaffRole] = &[StaffRole::Broker, StaffRole::Coordinator];
}
impl StaffRoles for Deciders {
    const ROLES: &'static [StaffRole] = &[StaffRole::Coordinator];
}

/// A person who works for the network of the path (`{network_id}`). Read from the database on each request.
#[derive(Debug)]
pub struct NetworkPermit<R> {
    /// The person.
    pub user_id: UserId,
    /// The network.
    pub network_id: NetworkId,
    roles: PhantomData<R>,
}

/// Coordinator or broker of the network.
pub type NetworkStaff = NetworkPermit<AnyStaff>;
/// Coordinator of the network.
pub type NetworkCoordinator = NetworkPermit<Deciders>;

impl<R: StaffRoles> FromRequest for NetworkPermit<R> {
    type Error = Error;
    type Future = LocalBoxFuture<'static, Result<Self>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (request, signed_in) = (request.clone(), SignedIn::from_request(request, payload));
        Box::pin(async move {
            let user_id = signed_in.await?.user_id;
            let network_id = path::param(&request, "network_id", "network")?;
            let mut conn = app_of(&request)?.db.conn().await?;
            match queries::staff_role_of(&mut conn, network_id, user_id).await? {
                Some(role) if R::ROLES.contains(&role) => Ok(Self { user_id, network_id, roles: PhantomData }),
                // Networks are public, so there is nothing to hide but the ones that do not exist.
                _ if queries::exists(&mut conn, network_id).await? => {
                    let roles: Vec<_> = R::ROLES.iter().map(|role| role.as_str()).collect();
                    Err(Error::not_allowed(format!("Only this network's staff may do this ({}).", roles.join(" or "))))
                }
                _ => Err(Error::not_found("network")),
            }
        })
    }
}
