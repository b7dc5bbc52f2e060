//! What a person may do with a listing, as types. Each holds the listing's id, which the path names by id or short code.

use actix_web::{FromRequest, HttpRequest, dev::Payload};
use futures_util::future::LocalBoxFuture;

use super::queries::{self, ListingKey};
use crate::{
    db::Conn,
    error::{Error, Result},
    groups::{
        self,
        permissions::{Editor, GroupPermit},
        rules::Looker,
    },
    http::{
        MaybeSignedIn,
        auth::{app_of, permit},
        path,
    },
    networks,
    types::ids::{GroupId, ListingId, NetworkId, UserId},
};

/// A listing that the client may read: it is open, or the client belongs to its group or to its network's staff.
#[derive(Debug)]
pub struct ListingReader {
    /// The listing.
    pub listing_id: ListingId,
    /// The person, if they belong to its group or its network's staff.
    pub insider: Option<UserId>,
}

/// A listing of a group that the person is in, or of a network that the person works for: who may see its matches.
#[derive(Debug)]
pub struct ListingInsider {
    /// The listing.
    pub listing_id: ListingId,
    /// Its group.
    pub group_id: GroupId,
    /// The person.
    pub user_id: UserId,
}

impl ListingInsider {
    /// As what the person looks at what was done with the listing: who acts for its group counts as a member.
    pub async fn looker(&self, conn: &mut Conn) -> Result<Looker> {
        let member = groups::queries::role_of(conn, self.group_id, self.user_id).await?.is_some();
        Ok(Looker { member, staff_of: networks::queries::networks_of_staff(conn, self.user_id).await? })
    }
}

/// A listing of a group that the person may post for.
#[derive(Debug)]
pub struct ListingEditor {
    /// The listing.
    pub listing_id: ListingId,
    /// Its group.
    pub group_id: GroupId,
    /// The person.
    pub user_id: UserId,
}

/// A listing as permissions see it.
struct Owned {
    listing_id: ListingId,
    group_id: GroupId,
    network_id: NetworkId,
}

impl Owned {
    async fn find(conn: &mut Conn, request: &HttpRequest) -> Result<Self> {
        let key: ListingKey = path::param(request, "listing_id", "listing")?;
        let found = queries::owner_of(conn, &key).await?;
        let (listing_id, group_id, network_id) = found.ok_or_else(|| Error::not_found("listing"))?;
        Ok(Self { listing_id, group_id, network_id })
    }

    /// Whether a person belongs to the listing's group or to its network's staff.
    async fn has_insider(&self, conn: &mut Conn, user: UserId) -> Result<bool> {
        Ok(groups::queries::role_of(conn, self.group_id, user).await?.is_some()
            || networks::queries::staff_role_of(conn, self.network_id, user).await?.is_some())
    }

    /// 403 when the person may read the listing, 404 when it is none of the person's business.
    async fn refuse<T>(&self, conn: &mut Conn, request: &HttpRequest, user: UserId, detail: &str) -> Result<T> {
        let now = app_of(request)?.clock.now();
        let open = queries::view(conn, self.listing_id).await?.is_some_and(|view| view.listing.is_open_at(now));
        Err(if open || self.has_insider(conn, user).await? { Error::not_allowed(detail) } else { Error::not_found("listing") })
    }
}

impl FromRequest for ListingReader {
    type Error = Error;
    type Future = LocalBoxFuture<'static, Result<Self>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (request, person) = (request.clone(), MaybeSignedIn::from_request(request, payload));
        Box::pin(async move {
            let user = person.await?.user_id();
            let mut conn = app_of(&request)?.db.conn().await?;
            let owned = Owned::find(&mut conn, &request).await?;
            if let Some(user) = user
                && owned.has_insider(&mut conn, user).await?
            {
                return Ok(Self { listing_id: owned.listing_id, insider: Some(user) });
            }
            let now = app_of(&request)?.clock.now();
            let open = queries::view(&mut conn, owned.listing_id).await?.is_some_and(|view| view.listing.is_open_at(now));
            if open { Ok(Self { listing_id: owned.listing_id, insider: None }) } else { Err(Error::not_found("listing")) }
        })
    }
}

impl FromRequest for ListingInsider {
    type Error = Error;
    type Future = LocalBoxFuture<'static, Result<Self>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        permit(request, payload, async |request, user_id, conn| {
            let owned = Owned::find(conn, request).await?;
            if owned.has_insider(conn, user_id).await? {
                return Ok(Self { listing_id: owned.listing_id, group_id: owned.group_id, user_id });
            }
            owned.refuse(conn, request, user_id, "Only the listing's group and its network's staff may do this.").await
        })
    }
}

impl FromRequest for ListingEditor {
    type Error = Error;
    type Future = LocalBoxFuture<'static, Result<Self>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        permit(request, payload, async |request, user_id, conn| {
            let owned = Owned::find(conn, request).await?;
            match groups::queries::role_of(conn, owned.group_id, user_id).await? {
                Some(_) => GroupPermit::<Editor>::check(conn, user_id, owned.group_id).await?,
                None => owned.refuse(conn, request, user_id, "Only members of the listing's group may change it.").await?,
            };
            let Owned { listing_id, group_id, .. } = owned;
            Ok(Self { listing_id, group_id, user_id })
        })
    }
}
