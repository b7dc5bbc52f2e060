//! What became of exchanges, over HTTP: permission, parse, call, answer.

use actix_web::{HttpRequest, get, put, web::Data, web::Json as JsonOut};

use crate::{
    app::App,
    error::{Error, Result},
    exchanges::{
        dto::outcome::{OutcomeIn, OutcomeOut, StoryOut},
        permissions::{AsQuery, ExchangeReader, ExchangeTeller},
        queries::{self, StoryKey},
        service::{Actor, outcome},
    },
    http::{Cursor, Json, Page, PageQuery, Query, path, responses},
    networks,
    types::ids::{ExchangeId, NetworkId},
};

/// Read what became of an exchange
///
/// As each of the two groups tells it, if it has. For their members and the network's staff, who read a story only when it may be
/// published.
#[utoipa::path(
    tag = "Exchanges",
    params(("exchange_id" = ExchangeId, Path, description = "The exchange."), AsQuery),
    responses(
        (status = 200, description = "Two outcomes at most.", body = Page<OutcomeOut>),
        responses::Any, responses::WithParameters, responses::WithToken, responses::WithRole, responses::OnOne
    ),
    security(("access_token" = []))
)]
#[get("/v1/exchanges/{exchange_id}/outcomes")]
pub async fn list_outcomes(reader: ExchangeReader, app: Data<App>) -> Result<Page<OutcomeOut>> {
    let mut conn = app.db.conn().await?;
    let view = queries::view(&mut conn, reader.exchange_id).await?.ok_or_else(|| Error::not_found("exchange"))?;
    let told = queries::outcomes_of(&mut conn, reader.exchange_id).await?;
    Ok(Page::whole(told.into_iter().map(|outcome| OutcomeOut::of(outcome, &view, reader.side)).collect()))
}

/// Tell what became of an exchange
///
/// For editors of either group, once it is completed: how it went, how many people it helped, how much it was (in the exchange's
/// `measure`), and a story, published only if you agree. Telling it again puts it in the place of what was told before.
#[utoipa::path(
    tag = "Exchanges",
    params(("exchange_id" = ExchangeId, Path, description = "The exchange."), AsQuery),
    request_body = OutcomeIn,
    responses(
        (status = 200, description = "What your group tells.", body = OutcomeOut),
        responses::Any, responses::WithBody, responses::WithToken, responses::WithRole, responses::OnOne, responses::InState
    ),
    security(("access_token" = []))
)]
#[put("/v1/exchanges/{exchange_id}/outcome")]
pub async fn tell_outcome(teller: ExchangeTeller, app: Data<App>, body: Json<OutcomeIn>) -> Result<JsonOut<OutcomeOut>> {
    let told = body.0.parse()?;
    let who = Actor { user: Some(teller.user_id), side: teller.side, now: app.clock.now() };
    let mut conn = app.db.conn().await?;
    let outcome = outcome::tell(&mut conn, who, teller.exchange_id, told).await?;
    let view = queries::view(&mut conn, teller.exchange_id).await?.ok_or_else(|| Error::not_found("exchange"))?;
    Ok(JsonOut(OutcomeOut::of(outcome, &view, teller.side)))
}

/// Read a network's stories
///
/// What groups have told of their exchanges and agreed to publish, newest first. Public.
#[utoipa::path(
    tag = "Exchanges",
    params(("network_id" = NetworkId, Path, description = "The network."), PageQuery),
    responses((status = 200, description = "A page of stories.", body = Page<StoryOut>), responses::Any, responses::WithParameters, responses::OnOne),
    security(())
)]
#[get("/v1/networks/{network_id}/stories")]
pub async fn list_stories(app: Data<App>, request: HttpRequest, query: Query<PageQuery>) -> Result<Page<StoryOut>> {
    let network: NetworkId = path::param(&request, "network_id", "network")?;
    let list = ("stories", network);
    let (limit, after) = query.0.parse::<StoryKey>(&list)?;
    let mut conn = app.db.conn().await?;
    if !networks::queries::exists(&mut conn, network).await? {
        return Err(Error::not_found("network"));
    }
    let stories = queries::stories(&mut conn, network, limit, after).await?;
    let key = |outcome: &crate::exchanges::model::Outcome| (outcome.created_at, outcome.exchange_id, outcome.group_id);
    let page = Page::cut(stories, limit.entries(), |last| Cursor::encode(&list, key(&last.outcome)));
    Ok(page.map(StoryOut::from))
}
