//! Who carries what.

use actix_web::{Responder, get, put, web, web::Data};

use crate::{
    app::App,
    error::Result,
    http::{Json, responses},
    moderation::{
        dto::load::{LoadIn, LoadOut, QueueLoadOut},
        queries,
        service::load,
    },
    networks::NetworkCoordinator,
    types::ids::NetworkId,
};

/// Read the load of the queue
///
/// How much waits, how much of it is late, and who of the coordinators carries what.
#[utoipa::path(
    tag = "Moderation",
    params(("network_id" = NetworkId, Path, description = "The network.")),
    responses((status = 200, description = "The queue in numbers.", body = QueueLoadOut),
        responses::Any, responses::WithToken, responses::WithRole, responses::OnOne),
    security(("access_token" = []))
)]
#[get("/v1/networks/{network_id}/queue/load")]
pub async fn get_queue_load(permit: NetworkCoordinator, app: Data<App>) -> Result<impl Responder> {
    let (network, now) = (permit.network_id, app.clock.now());
    let mut conn = app.db.conn().await?;
    let totals = queries::load::totals(&mut conn, network, now).await?;
    let carried = queries::load::carried(&mut conn, network, now).await?;
    let loads = queries::load::loads(&mut conn, network).await?;
    Ok(web::Json(QueueLoadOut::of(totals, carried, &loads, now)))
}

/// Read your load
///
/// How much of the queue you take on, when, and how much you are at.
#[utoipa::path(
    tag = "Moderation",
    params(("network_id" = NetworkId, Path, description = "The network.")),
    responses((status = 200, description = "Your load.", body = LoadOut),
        responses::Any, responses::WithToken, responses::WithRole, responses::OnOne),
    security(("access_token" = []))
)]
#[get("/v1/networks/{network_id}/staff/me/load")]
pub async fn get_my_load(permit: NetworkCoordinator, app: Data<App>) -> Result<impl Responder> {
    let me = (permit.user_id, app.clock.now());
    let found = load::find(&mut *app.db.conn().await?, me, permit.network_id).await?;
    Ok(web::Json(LoadOut::of(found, me.1)))
}

/// Set your load
///
/// How many items you claim at once, on which days you want to hear of what is late, and whether you have a break: then what you are at
/// goes back to the others at once.
#[utoipa::path(
    tag = "Moderation",
    params(("network_id" = NetworkId, Path, description = "The network.")),
    request_body = LoadIn,
    responses((status = 200, description = "Your load now.", body = LoadOut),
        responses::Any, responses::WithBody, responses::WithToken, responses::WithRole, responses::OnOne),
    security(("access_token" = []))
)]
#[put("/v1/networks/{network_id}/staff/me/load")]
pub async fn set_my_load(permit: NetworkCoordinator, app: Data<App>, Json(body): Json<LoadIn>) -> Result<impl Responder> {
    let me = (permit.user_id, app.clock.now());
    let wishes = body.parse(me.1)?;
    let set = load::set(&mut *app.db.conn().await?, me, permit.network_id, wishes).await?;
    Ok(web::Json(LoadOut::of(set, me.1)))
}
