//! Who may know why an offer and a want match or not, as a type.

use actix_web::{FromRequest, HttpRequest, dev::Payload};
use futures_util::future::LocalBoxFuture;

use super::{
    dto::explain::ExplainQuery,
    rules::conditions::{Reader, Tie},
};
use crate::{
    db::Conn,
    error::{Code, Error, Problem, Result},
    groups::{self, Role},
    http::{Query, SignedIn, auth::app_of},
    listings::{
        self, Kind,
        model::ListingView,
        queries::{ListingKey, owner_of, view},
    },
    networks,
    types::{Fields, Refusal, fields::FieldError, ids::UserId},
};

/// An offer and a want that the person may read, and at least one of which the person's own group posted, or is in a network that
/// the person works for. A listing that is not open is for its own group and its network's staff: for anybody else there is none.
#[derive(Debug)]
pub struct PairInsider {
    /// The offer.
    pub offer: ListingView,
    /// The want.
    pub want: ListingView,
    /// What the person has to do with each.
    pub reader: Reader,
}

impl FromRequest for PairInsider {
    type Error = Error;
    type Future = LocalBoxFuture<'static, Result<Self>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (request, person) = (request.clone(), SignedIn::from_request(request, payload));
        let query = Query::<ExplainQuery>::from_request(&request, payload);
        Box::pin(async move {
            let user = person.await?.user_id;
            let (offer, want) = query.await?.0.parse()?;
            let app = app_of(&request)?;
            let (mut conn, now) = (app.db.conn().await?, app.clock.now());
            let offer = Known::find(&mut conn, &offer, user, now).await?;
            let want = Known::find(&mut conn, &want, user, now).await?;
            Self::of(offer, want)
        })
    }
}

impl PairInsider {
    fn of(offer: Option<Known>, want: Option<Known>) -> Result<Self> {
        let (Some(offer), Some(want)) = (&offer, &want) else {
            return Err(unknown(&[("offer", offer.is_none()), ("want", want.is_none())]));
        };
        if !(offer.tie.insider || want.tie.insider) {
            return Err(Error::not_allowed("Only the two groups and the staff of their networks may ask why two listings match or not."));
        }
        let mut fields = Fields::query();
        for (name, known, asked) in [("offer", offer, Kind::Offer), ("want", want, Kind::Want)] {
            let kind = known.view.listing.kind;
            if kind != asked {
                fields.refuse(name, Refusal::new("wrong_kind", format!("This listing is {}: give it as {kind}=.", with_article(kind))));
            }
        }
        let reader = Reader { offer: offer.tie, want: want.tie };
        Ok(fields.finish(|| Some(Self { offer: offer.view.clone(), want: want.view.clone(), reader }))?)
    }
}

/// A listing that the person may read.
struct Known {
    view: ListingView,
    tie: Tie,
}

impl Known {
    /// The listing, if there is one and the person may read it.
    async fn find(conn: &mut Conn, key: &ListingKey, user: UserId, now: chrono::DateTime<chrono::Utc>) -> Result<Option<Self>> {
        let Some((id, group, network)) = owner_of(conn, key).await? else { return Ok(None) };
        let role = groups::queries::role_of(conn, group, user).await?;
        let is_staff = networks::queries::staff_role_of(conn, network, user).await?.is_some();
        let tie = Tie {
            member: role.is_some(),
            insider: role.is_some() || is_staff,
            // As the group's list of blocks, which is for editors.
            sees_blocks: role.is_some_and(|role| role.includes(Role::Editor)) || is_staff,
        };
        let view = view(conn, id).await?.filter(|view| tie.insider || view.listing.is_open_at(now));
        Ok(view.map(|view| Self { view, tie }))
    }
}

/// 404 naming the parameters. Says the same whether there is no such listing or it is none of the person's business.
fn unknown(parameters: &[(&str, bool)]) -> Error {
    let errors = parameters.iter().filter(|(_, unknown)| *unknown).map(|(name, _)| {
        let refusal = Refusal::new("unknown", "There is no open listing with this id or code, nor one that you may know of.");
        FieldError::parameter(*name, refusal)
    });
    let detail = "There is no such listing, or you may not know of it: it may not be open any more.";
    Problem { errors: errors.collect(), ..Problem::new(Code::NotFound, detail) }.into()
}

fn with_article(kind: Kind) -> &'static str {
    match kind {
        listings::Kind::Offer => "an offer",
        listings::Kind::Want => "a want",
    }
}
