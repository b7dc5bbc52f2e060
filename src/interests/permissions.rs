//! What a person may do with an interest, as types. Nobody but the members of the two groups knows of it.

use std::marker::PhantomData;

use actix_web::{FromRequest, HttpRequest, dev::Payload};
use futures_util::future::LocalBoxFuture;

use super::queries;
use crate::{
    error::{Error, Result},
    groups::{self, Role},
    http::{auth::permit, path},
    types::ids::{GroupId, InterestId, ListingId, UserId},
};

/// Which of the two groups a permission is for.
pub trait Party: 'static {
    /// Whether it is for editors of the listing's group.
    const OWNER: bool;
    /// Whether it is for editors of the group that is interested.
    const ASKER: bool;
    /// What somebody of the wrong group is told.
    const REFUSAL: &'static str;
}

/// Any member of either group.
#[derive(Debug)]
pub struct Either;
/// Editors of the listing's group.
#[derive(Debug)]
pub struct Owner;
/// Editors of the group that is interested.
#[derive(Debug)]
pub struct Asker;

impl Party for Either {
    const OWNER: bool = false;
    const ASKER: bool = false;
    const REFUSAL: &'static str = "";
}
impl Party for Owner {
    const OWNER: bool = true;
    const ASKER: bool = false;
    const REFUSAL: &'static str = "Only editors of the listing's group may answer.";
}
impl Party for Asker {
    const OWNER: bool = false;
    const ASKER: bool = true;
    const REFUSAL: &'static str = "Only editors of the group that is interested may take it back.";
}

/// An interest that the person may do something with. 404 for everybody who is in neither of the two groups, 403 when the person is
/// in the other one or has too small a role.
#[derive(Debug)]
pub struct InterestPermit<P> {
    /// The person.
    pub user_id: UserId,
    /// The interest.
    pub interest_id: InterestId,
    /// The listing that it is about.
    pub listing_id: ListingId,
    /// Whose listing that is.
    pub owner_group_id: GroupId,
    /// The group that is interested.
    pub group_id: GroupId,
    party: PhantomData<P>,
}

/// A member of either group.
pub type InterestReader = InterestPermit<Either>;
/// An editor of the listing's group.
pub type InterestAnswerer = InterestPermit<Owner>;
/// An editor of the group that is interested.
pub type InterestAsker = InterestPermit<Asker>;

impl<P: Party> FromRequest for InterestPermit<P> {
    type Error = Error;
    type Future = LocalBoxFuture<'static, Result<Self>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        permit(request, payload, async |request, user_id, conn| {
            let interest_id = path::param(request, "interest_id", "interest")?;
            let interest = queries::find(conn, interest_id).await?.ok_or_else(|| Error::not_found("interest"))?;
            let owner = groups::queries::role_of(conn, interest.owner_group_id, user_id).await?;
            let asker = groups::queries::role_of(conn, interest.group_id, user_id).await?;
            if owner.is_none() && asker.is_none() {
                return Err(Error::not_found("interest"));
            }
            let edits = |role: Option<Role>| role.is_some_and(|role| role.includes(Role::Editor));
            let may = !(P::OWNER || P::ASKER) || (P::OWNER && edits(owner)) || (P::ASKER && edits(asker));
            if !may {
                return Err(Error::not_allowed(P::REFUSAL));
            }
            let (listing_id, owner_group_id, group_id) = (interest.listing_id, interest.owner_group_id, interest.group_id);
            Ok(Self { user_id, interest_id, listing_id, owner_group_id, group_id, party: PhantomData })
        })
    }
}
