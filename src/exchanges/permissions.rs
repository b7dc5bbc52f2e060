//! Who asks about an exchange, and for which of its sides, as types. Strangers get 404.

use std::marker::PhantomData;

use actix_web::{FromRequest, HttpRequest, dev::Payload};
use futures_util::future::LocalBoxFuture;
use serde::Deserialize;
use utoipa::IntoParams;
use uuid::Uuid;

use super::{Side, queries};
use crate::{
    db::Conn,
    error::{Error, Result},
    groups::{self, Role},
    http::{Query, SignedIn, auth::app_of, path},
    networks,
    types::{
        Refusal,
        fields::FieldError,
        ids::{ExchangeId, GroupId, NetworkId, UserId},
    },
};

/// For whom somebody asks.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct AsQuery {
    /// The group for which you ask, when you are in both; or the network, when you work for it and are in one of the groups as well.
    #[serde(rename = "as", default)]
    #[param(rename = "as", value_type = Option<Uuid>)]
    for_whom: Option<String>,
}

/// What a permission asks for.
pub trait Asks: 'static {
    /// The least role in the group.
    const LEAST: Role;
    /// Whether the network's staff may, too.
    const STAFF: bool;
}

/// Read the exchange.
#[derive(Debug)]
pub struct Reads;
/// Do something about it.
#[derive(Debug)]
pub struct Acts;
/// Know when and where.
#[derive(Debug)]
pub struct Attends;
/// Tell for the group what became of it.
#[derive(Debug)]
pub struct Tells;

impl Asks for Reads {
    const LEAST: Role = Role::Viewer;
    const STAFF: bool = true;
}
impl Asks for Acts {
    const LEAST: Role = Role::Editor;
    const STAFF: bool = true;
}
impl Asks for Attends {
    const LEAST: Role = Role::Viewer;
    const STAFF: bool = false;
}
impl Asks for Tells {
    const LEAST: Role = Role::Editor;
    const STAFF: bool = false;
}

/// A person of one of the two groups of the exchange of the path (`{exchange_id}`), or of its network's staff.
#[derive(Debug)]
pub struct ExchangePermit<A> {
    /// The exchange.
    pub exchange_id: ExchangeId,
    /// The person.
    pub user_id: UserId,
    /// For which side.
    pub side: Side,
    asks: PhantomData<A>,
}

/// Who may read it: members of the two groups, and the network's staff.
pub type ExchangeReader = ExchangePermit<Reads>;
/// Who may do something about it: editors of the two groups, and the network's staff. The table says what.
pub type ExchangeActor = ExchangePermit<Acts>;
/// Who may know when and where: members of the two groups.
pub type ExchangeAttendee = ExchangePermit<Attends>;
/// Who may tell what became of it: editors of the two groups.
pub type ExchangeTeller = ExchangePermit<Tells>;

/// What a person has to do with an exchange.
#[derive(Debug, Clone, Copy)]
struct Ties {
    giver: (GroupId, Option<Role>),
    receiver: (GroupId, Option<Role>),
    staff: (NetworkId, bool),
}

impl Ties {
    /// 404 when it is none of the person's business.
    async fn find(conn: &mut Conn, id: ExchangeId, user: UserId) -> Result<Self> {
        let (giver, receiver, network) = queries::parties(conn, id).await?.ok_or_else(|| Error::not_found("exchange"))?;
        let ties = Self {
            giver: (giver, groups::queries::role_of(conn, giver, user).await?),
            receiver: (receiver, groups::queries::role_of(conn, receiver, user).await?),
            staff: (network, networks::queries::staff_role_of(conn, network, user).await?.is_some()),
        };
        let none = ties.giver.1.is_none() && ties.receiver.1.is_none() && !ties.staff.1;
        if none { Err(Error::not_found("exchange")) } else { Ok(ties) }
    }

    /// The side for which a person asks: the one that is named, or the only one that will do.
    fn side<A: Asks>(&self, named: Option<Uuid>) -> Result<Side> {
        let groups = [(Side::Giver, self.giver), (Side::Receiver, self.receiver)];
        if let Some(named) = named {
            let group = groups.into_iter().find_map(|(side, (group, role))| (group.0 == named).then_some((side, role?)));
            return match group {
                Some((_, role)) if !role.includes(A::LEAST) => Err(too_little::<A>(role)),
                Some((side, _)) => Ok(side),
                None if self.staff.1 && self.staff.0.0 == named => staff::<A>(),
                None => Err(refuse(
                    "not_a_member",
                    "Give the id of the group of this exchange that you are in, or of the network you work for.",
                )),
            };
        }
        let able: Vec<_> = groups.iter().filter(|(_, (_, role))| role.is_some_and(|role| role.includes(A::LEAST))).collect();
        let lesser = groups.iter().find_map(|(_, (_, role))| *role);
        match (able.as_slice(), lesser) {
            ([(side, _)], _) => Ok(*side),
            ([], Some(role)) if !self.staff.1 || !A::STAFF => Err(too_little::<A>(role)),
            ([], _) => staff::<A>(),
            _ => Err(refuse("required", "You are in both groups: say with as= and a group's id for which one you ask.")),
        }
    }
}

fn staff<A: Asks>() -> Result<Side> {
    if A::STAFF { Ok(Side::Staff) } else { Err(Error::not_allowed("This is for the two groups alone, not for the network's staff.")) }
}

fn too_little<A: Asks>(role: Role) -> Error {
    Error::not_allowed(format!("This takes the role {} in the group; yours is {role}. An owner can change that.", A::LEAST))
}

fn refuse(code: &'static str, detail: &str) -> Error {
    vec![FieldError::parameter("as", Refusal::new(code, detail))].into()
}

impl<A: Asks> FromRequest for ExchangePermit<A> {
    type Error = Error;
    type Future = LocalBoxFuture<'static, Result<Self>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (request, person) = (request.clone(), SignedIn::from_request(request, payload));
        let query = Query::<AsQuery>::from_request(&request, payload);
        Box::pin(async move {
            let user_id = person.await?.user_id;
            let exchange_id = path::param(&request, "exchange_id", "exchange")?;
            let ties = Ties::find(&mut *app_of(&request)?.db.conn().await?, exchange_id, user_id).await?;
            let named = query.await?.0.for_whom.map(|id| id.parse()).transpose();
            let named = named.map_err(|_not_a_uuid| refuse("not_an_id", "Give the id as the API shows it: a UUID."))?;
            Ok(Self { exchange_id, user_id, side: ties.side::<A>(named)?, asks: PhantomData })
        })
    }
}
