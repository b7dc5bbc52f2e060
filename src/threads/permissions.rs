//! Who may read and write in a thread, and see contact details: members of the two groups.

use actix_web::{FromRequest, HttpRequest, dev::Payload};
use futures_util::future::LocalBoxFuture;

use super::{queries, rules};
use crate::{
    db::Conn,
    error::{Error, Result},
    groups::{self, Role},
    http::{auth::permit, path},
    networks::permissions::record_denial_of_staff,
    types::{
        Refusal,
        fields::FieldError,
        ids::{ExchangeId, GroupId, ThreadId, UserId},
    },
};

/// A person who belongs to one of two groups, or to both.
#[derive(Debug)]
pub struct Insider {
    /// The person.
    pub user_id: UserId,
    /// The two groups.
    pub groups: Vec<GroupId>,
    /// Those of them that the person belongs to, with the person's role.
    pub own: Vec<(GroupId, Role)>,
}

/// For which group a person acts, and which one is the other.
#[derive(Debug, Clone, Copy)]
pub struct Acting {
    /// The person.
    pub user: UserId,
    /// The group that they act for.
    pub group: GroupId,
    /// The other group.
    pub other: GroupId,
}

impl Insider {
    async fn of(conn: &mut Conn, user_id: UserId, groups: Vec<GroupId>) -> Result<Self> {
        let mut own = Vec::new();
        for group in &groups {
            own.extend(groups::queries::role_of(conn, *group, user_id).await?.map(|role| (*group, role)));
        }
        Ok(Self { user_id, groups, own })
    }

    /// Whether the person belongs to a group.
    pub fn is_of(&self, group: GroupId) -> bool {
        self.own.iter().any(|(own, _)| *own == group)
    }

    /// For which group the person acts; see [`rules::acting_group`].
    pub fn acting(&self, named: Option<GroupId>, least: Role, refused: impl FnOnce(Refusal) -> FieldError) -> Result<Acting> {
        let group = rules::acting_group(&self.own, named, least, refused)?;
        let other = self.groups.iter().copied().find(|other| *other != group);
        let other = other.ok_or_else(|| Error::Internal(anyhow::anyhow!("there is no other group to talk to")))?;
        Ok(Acting { user: self.user_id, group, other })
    }
}

/// A thread of a group that the person belongs to. To everybody else, staff included, there is no such thread.
#[derive(Debug)]
pub struct ThreadMember {
    /// The thread.
    pub thread_id: ThreadId,
    /// The person.
    pub person: Insider,
}

impl FromRequest for ThreadMember {
    type Error = Error;
    type Future = LocalBoxFuture<'static, Result<Self>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        permit(request, payload, async |request, user, conn| {
            let thread_id: ThreadId = path::param(request, "thread_id", "thread")?;
            let groups = queries::groups_of(conn, thread_id).await?;
            let person = Insider::of(conn, user, groups).await?;
            if person.own.is_empty() {
                return Err(Error::not_found("thread"));
            }
            Ok(Self { thread_id, person })
        })
    }
}

/// An exchange of a group that the person belongs to. Staff of its network know of the exchange, and are told that this is not for them;
/// that they tried is recorded.
#[derive(Debug)]
pub struct ExchangeParty {
    /// The exchange.
    pub exchange_id: ExchangeId,
    /// The person.
    pub person: Insider,
}

impl FromRequest for ExchangeParty {
    type Error = Error;
    type Future = LocalBoxFuture<'static, Result<Self>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        permit(request, payload, async |request, user, conn| {
            let exchange_id: ExchangeId = path::param(request, "exchange_id", "exchange")?;
            let found = queries::parties_of(conn, exchange_id).await?;
            let (network, groups) = found.ok_or_else(|| Error::not_found("exchange"))?;
            let person = Insider::of(conn, user, groups.to_vec()).await?;
            if !person.own.is_empty() {
                return Ok(Self { exchange_id, person });
            }
            Err(match record_denial_of_staff(conn, request, user, network).await? {
                Some(_) => Error::not_allowed("Contact details are for the two groups of the exchange alone."),
                None => Error::not_found("exchange"),
            })
        })
    }
}
