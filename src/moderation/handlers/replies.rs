//! Standard replies of a network.

use actix_web::{HttpRequest, HttpResponse, Responder, delete, get, patch, post, web::Data};

use crate::{
    app::App,
    error::{Error, Result},
    http::{Created, Cursor, Edited, Idempotency, IfMatch, Json, MergePatch, Page, PageQuery, Query, path, responses},
    moderation::{
        dto::replies::{ReplyIn, ReplyOut},
        queries,
        service::replies,
    },
    networks::NetworkCoordinator,
    types::ids::{NetworkId, ReplyId},
};

/// List a network's standard replies
///
/// Words that its coordinators use again and again, by name.
#[utoipa::path(
    tag = "Moderation",
    params(("network_id" = NetworkId, Path, description = "The network."), PageQuery),
    responses((status = 200, description = "A page of standard replies.", body = Page<ReplyOut>, headers(("Link" = String, description = "The next page, when there is one."))),
        responses::Any, responses::WithParameters, responses::WithToken, responses::WithRole, responses::OnOne),
    security(("access_token" = []))
)]
#[get("/v1/networks/{network_id}/replies")]
pub async fn list_replies(permit: NetworkCoordinator, app: Data<App>, Query(query): Query<PageQuery>) -> Result<Page<ReplyOut>> {
    let filters = ("list_replies", permit.network_id);
    let (limit, after) = query.parse(&filters)?;
    let rows = queries::replies(&mut *app.db.conn().await?, permit.network_id, limit, after).await?;
    let page = Page::cut(rows, limit.entries(), |last| Cursor::encode(&filters, (last.name.clone(), last.id)));
    Ok(page.map(ReplyOut::from))
}

/// Make a standard reply
///
/// `{title}`, `{group}`, `{network}` and `{reason}` in its words are filled in when it is used; other braces are refused.
#[utoipa::path(
    tag = "Moderation",
    params(("network_id" = NetworkId, Path, description = "The network."),
        ("Idempotency-Key" = Option<String>, Header, description = "Makes a repeat of this request harmless.")),
    request_body = ReplyIn,
    responses((status = 201, description = "Made.", body = ReplyOut, headers(("Location" = String, description = "Its address."), ("ETag" = String, description = "Its version."))),
        responses::Any, responses::WithBody, responses::WithToken, responses::WithRole, responses::OnOne, responses::InState),
    security(("access_token" = []))
)]
#[post("/v1/networks/{network_id}/replies")]
pub async fn create_reply(
    permit: NetworkCoordinator,
    app: Data<App>,
    idempotency: Idempotency,
    Json(body): Json<ReplyIn>,
) -> Result<Created> {
    let (network, me) = (permit.network_id, (permit.user_id, app.clock.now()));
    let (input, text) = (body.clone(), body.parse()?);
    let mut conn = app.db.conn().await?;
    idempotency
        .once(&mut conn, me, &(network, input), async |tx| {
            let reply = replies::create(tx, me, network, &text).await?;
            let (location, version) = (format!("/v1/networks/{network}/replies/{}", reply.id), reply.version);
            Created::new(location, Some(version), &ReplyOut::from(reply))
        })
        .await
}

/// Read a standard reply
///
/// With its ETag, for changing it.
#[utoipa::path(
    tag = "Moderation",
    params(("network_id" = NetworkId, Path, description = "The network."), ("reply_id" = ReplyId, Path, description = "The standard reply.")),
    responses((status = 200, description = "The standard reply.", body = ReplyOut, headers(("ETag" = String, description = "Its version."))),
        (status = 304, description = "You have this version already (If-None-Match)."),
        responses::Any, responses::WithToken, responses::WithRole, responses::OnOne),
    security(("access_token" = []))
)]
#[get("/v1/networks/{network_id}/replies/{reply_id}")]
pub async fn get_reply(permit: NetworkCoordinator, app: Data<App>, request: HttpRequest) -> Result<Edited<ReplyOut>> {
    let id = reply_id(&request)?;
    let reply = replies::find(&mut *app.db.conn().await?, permit.network_id, id).await?;
    Ok(Edited { version: reply.version, thing: reply.into() })
}

/// Change a standard reply
///
/// Absent fields stay. What was decided with it keeps its words.
#[utoipa::path(
    tag = "Moderation",
    params(("network_id" = NetworkId, Path, description = "The network."), ("reply_id" = ReplyId, Path, description = "The standard reply."),
        ("If-Match" = String, Header, description = "The ETag that you read.")),
    request_body(content = ReplyIn, example = json!({"words": "Please take the telephone number out of \"{title}\"."})),
    responses((status = 200, description = "Changed.", body = ReplyOut, headers(("ETag" = String, description = "Its version."))),
        responses::Any, responses::WithBody, responses::WithToken, responses::WithRole, responses::OnOne, responses::InState, responses::OfVersion),
    security(("access_token" = []))
)]
#[patch("/v1/networks/{network_id}/replies/{reply_id}")]
pub async fn update_reply(
    permit: NetworkCoordinator,
    app: Data<App>,
    request: HttpRequest,
    if_match: IfMatch,
    patch: MergePatch<ReplyIn>,
) -> Result<Edited<ReplyOut>> {
    let (id, me) = (reply_id(&request)?, (permit.user_id, app.clock.now()));
    let reply = replies::update(&mut *app.db.conn().await?, me, permit.network_id, id, |current| {
        if_match.check(current.version)?;
        Ok(patch.apply(&current.into())?.parse()?)
    })
    .await?;
    Ok(Edited { version: reply.version, thing: reply.into() })
}

/// Delete a standard reply
///
/// What was decided with it keeps its words.
#[utoipa::path(
    tag = "Moderation",
    params(("network_id" = NetworkId, Path, description = "The network."), ("reply_id" = ReplyId, Path, description = "The standard reply.")),
    responses((status = 204, description = "Deleted."), responses::Any, responses::WithToken, responses::WithRole, responses::OnOne),
    security(("access_token" = []))
)]
#[delete("/v1/networks/{network_id}/replies/{reply_id}")]
pub async fn delete_reply(permit: NetworkCoordinator, app: Data<App>, request: HttpRequest) -> Result<impl Responder> {
    let (id, me) = (reply_id(&request)?, (permit.user_id, app.clock.now()));
    replies::delete(&mut *app.db.conn().await?, me, permit.network_id, id).await?;
    Ok(HttpResponse::NoContent().finish())
}

fn reply_id(request: &HttpRequest) -> Result<ReplyId, Error> {
    path::param(request, "reply_id", "standard reply")
}
