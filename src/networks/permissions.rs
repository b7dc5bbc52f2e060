//! What a person may do for a network, as types. The power of staff ends at their network's edge.

use std::marker::PhantomData;

use actix_web::{FromRequest, HttpRequest, dev::Payload};
use futures_util::future::LocalBoxFuture;

use super::{StaffRole, queries};
use crate::{
    audit::{self, Act, Outcome},
    db::Conn,
    error::{Code, Error, Result},
    http::{
        auth::{app_of, permit},
        limits::{Allowance, count_try},
        path,
    },
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
    /// What the person does for it.
    pub role: StaffRole,
    roles: PhantomData<R>,
}

/// Coordinator or broker of the network.
pub type NetworkStaff = NetworkPermit<AnyStaff>;
/// Coordinator of the network.
pub type NetworkCoordinator = NetworkPermit<Deciders>;

impl<R: StaffRoles> NetworkPermit<R> {
    /// What a person may do for a network now. 403 without one of the roles, 404 when there is no such network: networks are public, so there
    /// is nothing to hide but the ones that do not exist.
    pub async fn check(conn: &mut Conn, user_id: UserId, network_id: NetworkId) -> Result<Self> {
        match queries::staff_role_of(conn, network_id, user_id).await? {
            Some(role) if R::ROLES.contains(&role) => Ok(Self { user_id, network_id, role, roles: PhantomData }),
            _ if queries::exists(conn, network_id).await? => {
                let roles: Vec<_> = R::ROLES.iter().map(|role| role.as_str()).collect();
                Err(Error::not_allowed(format!("Only this network's staff may do this ({}).", roles.join(" or "))))
            }
            _ => Err(Error::not_found("network")),
        }
    }
}

impl<R: StaffRoles> FromRequest for NetworkPermit<R> {
    type Error = Error;
    type Future = LocalBoxFuture<'static, Result<Self>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        permit(request, payload, async |request, user_id, conn| {
            let network_id = path::param(request, "network_id", "network")?;
            let checked = Self::check(conn, user_id, network_id).await;
            if let Err(Error::Problem(problem)) = &checked
                && problem.code == Code::NotAllowed
            {
                let role = queries::staff_role_of(conn, network_id, user_id).await?;
                record_denial(conn, request, (user_id, role), network_id).await?;
            }
            checked
        })
    }
}

/// One entry for each person and operation in an hour, so that whoever goes on trying does not fill the records.
const ONE_AN_HOUR: Allowance = Allowance { tries: 1, minutes: 60 };

/// Records for a network that somebody tried what only its staff may, with the role that they have there, if any.
pub async fn record_denial(
    conn: &mut Conn,
    request: &HttpRequest,
    (user, role): (UserId, Option<StaffRole>),
    network: NetworkId,
) -> Result<()> {
    let now = app_of(request)?.clock.now();
    let operation = format!("{} {}", request.method(), request.match_pattern().unwrap_or_default());
    match count_try(conn, ("denied", &format!("{user} {network} {operation}")), ONE_AN_HOUR, now).await {
        Err(Error::Problem(problem)) if problem.code == Code::TooManyRequests => return Ok(()),
        counted => counted?,
    }
    // As much of the operation as the column holds.
    let operation: String = operation.chars().take(100).collect();
    let act = Act::of(user, "use_staff_permission", "operation", operation);
    let act = Act { role: role.map(StaffRole::as_str), network: Some(network), outcome: Outcome::Denied, ..act };
    audit::record(conn, now, act).await
}

/// Records for a network that one of its staff tried what is not for staff. Gives the role; none, and nothing is recorded, for whoever does not
/// work for it.
pub async fn record_denial_of_staff(conn: &mut Conn, request: &HttpRequest, user: UserId, network: NetworkId) -> Result<Option<StaffRole>> {
    let role = queries::staff_role_of(conn, network, user).await?;
    if role.is_some() {
        record_denial(conn, request, (user, role), network).await?;
    }
    Ok(role)
}
