//! What a person may do for a group, as types: a handler that takes [`GroupEditor`] cannot be reached by anybody else, and
//! without it there is no [`GroupId`] to hand to a query. Who works for the network that acts for a group which is not online counts as an
//! editor of it.

use std::marker::PhantomData;

use actix_web::{FromRequest, HttpRequest, dev::Payload};
use futures_util::future::LocalBoxFuture;

use super::{Role, model::ActingAs, queries};
use crate::{
    error::{Error, Result},
    http::{auth::permit, path},
    types::ids::{GroupId, UserId},
};

/// The least role that a permission needs.
pub trait LeastRole: 'static {
    /// The role.
    const ROLE: Role;
}

/// Any member.
#[derive(Debug)]
pub struct Viewer;
/// Those who post.
#[derive(Debug)]
pub struct Editor;
/// Those who run the group.
#[derive(Debug)]
pub struct Owner;

impl LeastRole for Viewer {
    const ROLE: Role = Role::Viewer;
}
impl LeastRole for Editor {
    const ROLE: Role = Role::Editor;
}
impl LeastRole for Owner {
    const ROLE: Role = Role::Owner;
}

/// A person with at least the role `R` in the group of the path (`{group_id}`). Read from the database on each request, so
/// that removing somebody works at once.
#[derive(Debug)]
pub struct GroupPermit<R> {
    /// The person.
    pub user_id: UserId,
    /// The group.
    pub group_id: GroupId,
    /// The role that the person has.
    pub role: Role,
    /// Whether the person acts for it as staff of its network, because it is not online.
    pub as_staff: bool,
    least: PhantomData<R>,
}

/// A member of the group.
pub type GroupViewer = GroupPermit<Viewer>;
/// A member who may post for the group.
pub type GroupEditor = GroupPermit<Editor>;
/// A member who runs the group.
pub type GroupOwner = GroupPermit<Owner>;

impl<R: LeastRole> GroupPermit<R> {
    /// The permit of a person in a group: 403 when the role is less than `R` or the group is public, 404 when the group is
    /// none of the person's business.
    pub async fn check(conn: &mut crate::db::Conn, user_id: UserId, group_id: GroupId) -> Result<Self> {
        match queries::acting_as(conn, group_id, user_id).await? {
            Some(ActingAs { role, as_staff }) if role.includes(R::ROLE) => {
                Ok(Self { user_id, group_id, role, as_staff, least: PhantomData })
            }
            Some(ActingAs { as_staff: true, .. }) => {
                Err(Error::not_allowed("Who acts for a group that is not online may do what its editors may, and no more."))
            }
            Some(ActingAs { role, .. }) => {
                Err(Error::not_allowed(format!("This takes the role {} in the group; yours is {role}. An owner can change that.", R::ROLE)))
            }
            None if queries::is_public(conn, group_id).await? => {
                Err(Error::not_allowed("You are not a member of this group. One of its owners can invite you."))
            }
            None => Err(Error::not_found("group")),
        }
    }
}

impl<R: LeastRole> FromRequest for GroupPermit<R> {
    type Error = Error;
    type Future = LocalBoxFuture<'static, Result<Self>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        permit(request, payload, async |request, user, conn| Self::check(conn, user, path::param(request, "group_id", "group")?).await)
    }
}
