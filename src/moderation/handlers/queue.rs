//! The queue: what waits, and who is at it.

use actix_web::{HttpRequest, HttpResponse, Responder, delete, get, post, web, web::Data};

use crate::{
    app::App,
    db::Conn,
    error::{Error, Result},
    http::{Cursor, Page, Query, path, responses},
    moderation::{
        dto::{QueueItemOut, QueueQuery},
        model::Item,
        queries::{self, facts},
        service::claims,
    },
    networks::NetworkCoordinator,
    types::ids::{NetworkId, QueueItemId},
};

/// List what waits
///
/// Everything that waits for the network's coordinators, oldest promise first, each with all that is known about it: the listing as it is,
/// what the checks found, the group's history here, the difference to the last approved version, listings that say the same.
#[utoipa::path(
    tag = "Moderation",
    params(("network_id" = NetworkId, Path, description = "The network."), QueueQuery),
    responses((status = 200, description = "A page of the queue.", body = Page<QueueItemOut>, headers(("Link" = String, description = "The next page, when there is one."))),
        responses::Any, responses::WithParameters, responses::WithToken, responses::WithRole, responses::OnOne),
    security(("access_token" = []))
)]
#[get("/v1/networks/{network_id}/queue")]
pub async fn list_queue(permit: NetworkCoordinator, app: Data<App>, Query(query): Query<QueueQuery>) -> Result<Page<QueueItemOut>> {
    let (network, me, now) = (permit.network_id, permit.user_id, app.clock.now());
    let list = query.list(network);
    let (filter, limit, after) = query.parse(network, me)?;
    let mut conn = app.db.conn().await?;
    let items = queries::waiting(&mut conn, (network, now), &filter, limit, after).await?;
    let page = Page::cut(items, limit.entries(), |last| Cursor::encode(&list, (last.due_at, last.id)));
    let facts = facts::of(&mut conn, (network, permit.user_id), &page.items, false).await?;
    Ok(page.map(|item| QueueItemOut::of(&item, &facts, (me, now))))
}

/// Read an item of the queue
///
/// With all that is known about it, also after it was decided; and with listings of other groups that say nearly the same.
#[utoipa::path(
    tag = "Moderation",
    params(("network_id" = NetworkId, Path, description = "The network."), ("item_id" = QueueItemId, Path, description = "The item.")),
    responses((status = 200, description = "The item.", body = QueueItemOut),
        responses::Any, responses::WithToken, responses::WithRole, responses::OnOne),
    security(("access_token" = []))
)]
#[get("/v1/networks/{network_id}/queue/{item_id}")]
pub async fn get_queue_item(permit: NetworkCoordinator, app: Data<App>, request: HttpRequest) -> Result<impl Responder> {
    let id = item_id(&request)?;
    let mut conn = app.db.conn().await?;
    let item = queries::item(&mut conn, permit.network_id, id).await?.ok_or_else(claims::no_such_item)?;
    Ok(web::Json(show(&mut conn, &permit, &app, &item).await?))
}

/// Claim an item of the queue
///
/// Says that you are at it, for fifteen minutes: nobody else decides it meanwhile. Claiming it again begins those anew. 409 `claimed` while
/// somebody else is at it, `already_decided` with what was decided, `limit_reached` when you carry as much as you have set.
#[utoipa::path(
    tag = "Moderation",
    params(("network_id" = NetworkId, Path, description = "The network."), ("item_id" = QueueItemId, Path, description = "The item.")),
    responses((status = 200, description = "You are at it.", body = QueueItemOut),
        responses::Any, responses::WithToken, responses::WithRole, responses::OnOne, responses::InState),
    security(("access_token" = []))
)]
#[post("/v1/networks/{network_id}/queue/{item_id}/claim")]
pub async fn claim_queue_item(permit: NetworkCoordinator, app: Data<App>, request: HttpRequest) -> Result<impl Responder> {
    let (id, me) = (item_id(&request)?, (permit.user_id, app.clock.now()));
    let mut conn = app.db.conn().await?;
    let item = claims::claim(&mut conn, me, permit.network_id, id).await?;
    Ok(web::Json(show(&mut conn, &permit, &app, &item).await?))
}

/// Give a claimed item back
///
/// Somebody else can take it at once. Given back before: nothing changes.
#[utoipa::path(
    tag = "Moderation",
    params(("network_id" = NetworkId, Path, description = "The network."), ("item_id" = QueueItemId, Path, description = "The item.")),
    responses((status = 204, description = "Given back."),
        responses::Any, responses::WithToken, responses::WithRole, responses::OnOne, responses::InState),
    security(("access_token" = []))
)]
#[delete("/v1/networks/{network_id}/queue/{item_id}/claim")]
pub async fn release_queue_item(permit: NetworkCoordinator, app: Data<App>, request: HttpRequest) -> Result<HttpResponse> {
    let (id, me) = (item_id(&request)?, (permit.user_id, app.clock.now()));
    claims::release(&mut *app.db.conn().await?, me, permit.network_id, id).await?;
    Ok(HttpResponse::NoContent().finish())
}

async fn show(conn: &mut Conn, permit: &NetworkCoordinator, app: &App, item: &Item) -> Result<QueueItemOut> {
    let facts = facts::of(conn, (permit.network_id, permit.user_id), std::slice::from_ref(item), true).await?;
    Ok(QueueItemOut::of(item, &facts, (permit.user_id, app.clock.now())))
}

/// The item of the path.
pub(super) fn item_id(request: &HttpRequest) -> Result<QueueItemId, Error> {
    path::param(request, "item_id", "item in the queue")
}
