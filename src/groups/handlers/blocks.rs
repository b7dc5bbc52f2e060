//! Blocks over HTTP: groups that do not want to deal with each other.

use actix_web::{HttpRequest, HttpResponse, Responder, delete, get, put, web::Data};

use crate::{
    app::App,
    error::Result,
    groups::{GroupEditor, dto::BlockOut, queries, service},
    http::{Cursor, Page, PageQuery, Query, path, responses},
    types::ids::GroupId,
};

/// List blocked groups
///
/// For editors and owners: the groups that this group has blocked, the oldest block first.
#[utoipa::path(tag = "Groups", security(("access_token" = [])), params(("group_id" = GroupId, Path, description = "The group."), PageQuery),
    responses((status = 200, description = "A page of blocked groups.", body = Page<BlockOut>, headers(("Link" = String, description = "The next page, when there is one.")),
        example = json!({"items": [{"group_id": "01980a8e-0c7c-7d10-a3c0-2a5f3c1d9e02", "name": "Etruria Bowls Club", "since": "2026-02-01T12:00:00Z"}], "next_cursor": null})),
        responses::Any, responses::WithParameters, responses::WithToken, responses::WithRole, responses::OnOne))]
#[get("/v1/groups/{group_id}/blocks")]
pub async fn list_blocks(permit: GroupEditor, app: Data<App>, Query(query): Query<PageQuery>) -> Result<impl Responder> {
    let filters = ("list_blocks", permit.group_id);
    let (limit, after) = query.parse(&filters)?;
    let rows = queries::blocks(&mut *app.db.conn().await?, permit.group_id, after, limit.and_one()).await?;
    let page = Page::cut(rows, limit.entries(), |last| Cursor::encode(&filters, (last.created_at, last.blocked_group_id)));
    Ok(page.map(BlockOut::from))
}

/// Block a group
///
/// By an editor or owner: neither group sees the other in matches or writes to it, and what is open between them is declined. What was
/// agreed stays agreed. The other group is not told. Doing it again changes nothing.
#[utoipa::path(tag = "Groups", security(("access_token" = [])),
    params(("group_id" = GroupId, Path, description = "The group that blocks."), ("other_group_id" = GroupId, Path, description = "The group to be blocked.")),
    responses((status = 204, description = "Blocked."), responses::Any, responses::WithToken, responses::WithRole, responses::OnOne, responses::InState))]
#[put("/v1/groups/{group_id}/blocks/{other_group_id}")]
pub async fn block_group(permit: GroupEditor, app: Data<App>, request: HttpRequest) -> Result<impl Responder> {
    let other: GroupId = path::param(&request, "other_group_id", "group")?;
    service::block(&mut *app.db.conn().await?, permit.doer(&app), permit.group_id, other).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Lift a block
///
/// By an editor or owner of the group that blocked. Doing it again changes nothing.
#[utoipa::path(tag = "Groups", security(("access_token" = [])),
    params(("group_id" = GroupId, Path, description = "The group that blocked."), ("other_group_id" = GroupId, Path, description = "The blocked group.")),
    responses((status = 204, description = "Not blocked any more."), responses::Any, responses::WithToken, responses::WithRole, responses::OnOne))]
#[delete("/v1/groups/{group_id}/blocks/{other_group_id}")]
pub async fn unblock_group(permit: GroupEditor, app: Data<App>, request: HttpRequest) -> Result<impl Responder> {
    let other: GroupId = path::param(&request, "other_group_id", "group")?;
    service::unblock(&mut *app.db.conn().await?, permit.doer(&app), permit.group_id, other).await?;
    Ok(HttpResponse::NoContent().finish())
}
