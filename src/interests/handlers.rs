//! Interests over HTTP: permission, parse, call, answer.

use actix_web::{
    get, post,
    web::{self, Data},
};
use serde::{Deserialize, Serialize};
use utoipa::IntoParams;

use super::{
    State,
    dto::{
        AcceptInterestIn, DeclineInterestIn, InterestIn, InterestOut,
        candidate::{CandidateOut, CandidatesQuery},
    },
    permissions::{InterestAnswerer, InterestAsker, InterestReader},
    queries, service,
};
use crate::{
    app::App,
    error::{Error, Result},
    groups::{
        self, GroupViewer,
        permissions::{Editor, GroupPermit},
    },
    http::{
        Created, Cursor, Idempotency, Json, Limit, Page, Query, SignedIn,
        limits::{Allowance, count_try},
        responses,
    },
    listings::{
        self,
        permissions::{ListingInsider, ListingReader},
    },
    types::{
        Fields,
        ids::{GroupId, InterestId},
    },
};

/// Interests that one group may say in a day: each is a notice to somebody.
const NEW_INTERESTS: Allowance = Allowance { tries: 100, minutes: 24 * 60 };

/// Say that a group is interested
///
/// "We would like it" of an offer, "we could" of a want. By an editor of the group, about an open listing of another group. The owner is
/// told, and answers; when nobody does within seven days, the program does. A group says so once: to say something else, take it back
/// first.
#[utoipa::path(
    tag = "Interests",
    params(("listing_id" = String, Path, description = "Id or short code of the listing."),
        ("Idempotency-Key" = Option<String>, Header, description = "Makes a repeat of this request harmless.")),
    request_body = InterestIn,
    responses(
        (status = 201, description = "Said. The owner has been told.", body = InterestOut, headers(("Location" = String, description = "Its address."))),
        responses::Any, responses::WithBody, responses::WithToken, responses::WithRole, responses::OnOne, responses::InState, responses::WithTries
    ),
    security(("access_token" = []))
)]
#[post("/v1/listings/{listing_id}/interests")]
pub async fn create_interest(
    signed_in: SignedIn,
    reader: ListingReader,
    app: Data<App>,
    idempotency: Idempotency,
    body: Json<InterestIn>,
) -> Result<Created> {
    let (input, said) = (body.0.clone(), body.0.parse()?);
    let doer = (signed_in.user_id, app.clock.now());
    let mut conn = app.db.conn().await?;
    GroupPermit::<Editor>::check(&mut conn, signed_in.user_id, said.group).await?;
    idempotency
        .once(&mut conn, doer, &(reader.listing_id, input), async |tx| {
            count_try(tx, ("create_interest", &said.group.to_string()), NEW_INTERESTS, doer.1).await?;
            created(service::say(tx, doer, reader.listing_id, said).await?)
        })
        .await
}

fn created(view: super::model::InterestView) -> Result<Created> {
    let location = format!("/v1/interests/{}", view.interest.id);
    Created::new(location, None, &InterestOut::from(view))
}

/// List who is interested in a listing
///
/// Side by side, for the listing's group: who, how far, how many they ask for, what they have received in the last year, how big they
/// are, when they asked. `order=fair` puts first who meets what the listing says comes first, then who has received less for their size,
/// then who asked first; every entry says why it has its place. Staff of the listing's network see the same without what was written.
#[utoipa::path(
    tag = "Interests",
    params(("listing_id" = String, Path, description = "Id or short code of the listing."), CandidatesQuery),
    responses((status = 200, description = "A page of those who are interested.", body = Page<CandidateOut>),
        responses::Any, responses::WithParameters, responses::WithToken, responses::WithRole, responses::OnOne),
    security(("access_token" = []))
)]
#[get("/v1/listings/{listing_id}/interests")]
pub async fn list_listing_interests(insider: ListingInsider, app: Data<App>, query: Query<CandidatesQuery>) -> Result<Page<CandidateOut>> {
    let page = query.0.parse(insider.listing_id)?;
    let (mut conn, now) = (app.db.conn().await?, app.clock.now());
    let about = listings::queries::view(&mut conn, insider.listing_id).await?.ok_or_else(|| Error::not_found("listing"))?;
    let member = groups::queries::role_of(&mut conn, insider.group_id, insider.user_id).await?.is_some();
    let everybody = service::compare(&mut conn, &about, page.state, now).await?;
    Ok(page.of(everybody, &about, now, member))
}

/// Which interests of a group to show.
#[derive(Debug, Clone, Deserialize, Serialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct GroupInterestsQuery {
    /// Interests in this state alone.
    #[param(inline, value_type = Option<State>)]
    state: Option<String>,
    /// Entries on the page, 1 to 100; 20 unless asked for.
    #[param(value_type = Option<u8>, minimum = 1, maximum = 100, default = 20)]
    limit: Option<String>,
    /// next_cursor of the page before.
    cursor: Option<String>,
}

/// List what a group is interested in
///
/// What the group has said of others' listings, and how it was answered; newest first. For its members.
#[utoipa::path(
    tag = "Interests",
    params(("group_id" = GroupId, Path, description = "The group that is interested."), GroupInterestsQuery),
    responses((status = 200, description = "A page of interests.", body = Page<InterestOut>),
        responses::Any, responses::WithParameters, responses::WithToken, responses::WithRole, responses::OnOne),
    security(("access_token" = []))
)]
#[get("/v1/groups/{group_id}/interests")]
pub async fn list_group_interests(viewer: GroupViewer, app: Data<App>, query: Query<GroupInterestsQuery>) -> Result<Page<InterestOut>> {
    let list = ("list_group_interests", viewer.group_id, query.0.state.clone());
    let mut fields = Fields::query();
    let state = fields.check_optional("state", query.0.state, State::parse);
    let limit = fields.check_optional("limit", query.0.limit, Limit::parse);
    let (state, limit) = fields.finish(|| Some((state?, limit?.unwrap_or_default())))?;
    let after = query.0.cursor.map(|cursor| Cursor::decode(&list, &cursor)).transpose()?;
    let views = queries::of_group(&mut *app.db.conn().await?, viewer.group_id, state, after, limit.and_one()).await?;
    let page = Page::cut(views, limit.entries(), |last| Cursor::encode(&list, (last.interest.created_at, last.interest.id)));
    Ok(page.map(InterestOut::from))
}

/// Read an interest
///
/// For members of the two groups. For everybody else there is none.
#[utoipa::path(
    tag = "Interests",
    params(("interest_id" = InterestId, Path, description = "The interest.")),
    responses((status = 200, description = "The interest.", body = InterestOut), responses::Any, responses::WithToken, responses::OnOne),
    security(("access_token" = []))
)]
#[get("/v1/interests/{interest_id}")]
pub async fn get_interest(reader: InterestReader, app: Data<App>) -> Result<web::Json<InterestOut>> {
    Ok(web::Json(queries::view(&mut *app.db.conn().await?, reader.interest_id).await?.into()))
}

/// Take an interest back
///
/// By an editor of the group that is interested, while it is open. The owner is told.
#[utoipa::path(
    tag = "Interests",
    params(("interest_id" = InterestId, Path, description = "The interest.")),
    responses((status = 200, description = "Taken back.", body = InterestOut),
        responses::Any, responses::WithToken, responses::WithRole, responses::OnOne, responses::InState),
    security(("access_token" = []))
)]
#[post("/v1/interests/{interest_id}/withdraw")]
pub async fn withdraw_interest(asker: InterestAsker, app: Data<App>) -> Result<web::Json<InterestOut>> {
    let view = service::withdraw(&mut *app.db.conn().await?, &asker, app.clock.now()).await?;
    Ok(web::Json(view.into()))
}

/// Decline an interest
///
/// By an editor of the listing's group, while it is open, also before it chooses. The group is told, with your words if you write any.
#[utoipa::path(
    tag = "Interests",
    params(("interest_id" = InterestId, Path, description = "The interest.")),
    request_body = DeclineInterestIn,
    responses((status = 200, description = "Declined.", body = InterestOut),
        responses::Any, responses::WithBody, responses::WithToken, responses::WithRole, responses::OnOne, responses::InState),
    security(("access_token" = []))
)]
#[post("/v1/interests/{interest_id}/decline")]
pub async fn decline_interest(owner: InterestAnswerer, app: Data<App>, body: Json<DeclineInterestIn>) -> Result<web::Json<InterestOut>> {
    let words = body.0.parse()?;
    let view = service::decline(&mut *app.db.conn().await?, &owner, app.clock.now(), words).await?;
    Ok(web::Json(view.into()))
}

/// Accept an interest
///
/// By an editor of the listing's group: so many are promised, and an exchange is made that both sides have agreed on. Its id is
/// `exchange_id`, and it is at `Location`. 409 `not_enough_left` when not so many are left, `wrong_state` while the group waits as it has
/// said it would; the detail says how many, and until when.
#[utoipa::path(
    tag = "Interests",
    params(("interest_id" = InterestId, Path, description = "The interest."),
        ("Idempotency-Key" = Option<String>, Header, description = "Makes a repeat of this request harmless.")),
    request_body = AcceptInterestIn,
    responses(
        (status = 201, description = "Accepted: there is an exchange.", body = InterestOut, headers(("Location" = String, description = "Address of the exchange."))),
        responses::Any, responses::WithBody, responses::WithToken, responses::WithRole, responses::OnOne, responses::InState
    ),
    security(("access_token" = []))
)]
#[post("/v1/interests/{interest_id}/accept")]
pub async fn accept_interest(
    owner: InterestAnswerer,
    app: Data<App>,
    idempotency: Idempotency,
    body: Json<AcceptInterestIn>,
) -> Result<Created> {
    let (input, accepted) = (body.0.clone(), body.0.parse()?);
    let now = app.clock.now();
    let mut conn = app.db.conn().await?;
    idempotency
        .once(&mut conn, (owner.user_id, now), &(owner.interest_id, input), async |tx| {
            let view = service::accept(tx, &owner, now, accepted).await?;
            let exchange = view.exchange.ok_or_else(|| Error::Internal(anyhow::anyhow!("an accepted interest has no exchange")))?;
            Created::new(format!("/v1/exchanges/{exchange}"), None, &InterestOut::from(view))
        })
        .await
}
