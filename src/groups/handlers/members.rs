//! The people of a group over HTTP.

use actix_web::{
    HttpRequest, HttpResponse, Responder, delete, get, patch,
    web::{Data, Json as JsonOut},
};

use crate::{
    app::App,
    error::{Error, Result},
    groups::{
        GroupOwner, GroupViewer, Role,
        dto::people::{MemberOut, MemberRoleIn},
        queries, service,
    },
    http::{Cursor, MergePatch, Page, PageQuery, Query, path, responses},
    types::ids::{GroupId, UserId},
};

/// List the members of a group
///
/// For members: who may act for the group, longest in it first.
#[utoipa::path(tag = "Groups", security(("access_token" = [])), params(("group_id" = GroupId, Path, description = "The group."), PageQuery),
    responses((status = 200, description = "A page of members.", body = Page<MemberOut>, headers(("Link" = String, description = "The next page, when there is one.")),
        example = json!({"items": [{"user_id": "01980a8e-0c7c-7d10-a3c0-2a5f3c1d9e11", "name": "Olwen Price", "role": "owner", "since": "2026-01-06T10:00:00Z"}], "next_cursor": null})),
        responses::Any, responses::WithParameters, responses::WithToken, responses::WithRole, responses::OnOne))]
#[get("/v1/groups/{group_id}/members")]
pub async fn list_members(permit: GroupViewer, app: Data<App>, Query(query): Query<PageQuery>) -> Result<impl Responder> {
    let filters = ("list_members", permit.group_id);
    let (limit, after) = query.parse(&filters)?;
    let rows = queries::members(&mut *app.db.conn().await?, permit.group_id, after, limit.and_one()).await?;
    let page = Page::cut(rows, limit.entries(), |last| Cursor::encode(&filters, (last.created_at, last.user_id)));
    Ok(page.map(MemberOut::from))
}

/// Change the role of a member
///
/// By an owner; works at once. The last owner stays one. There is no version to name: the role is set to what is sent.
#[utoipa::path(tag = "Groups", security(("access_token" = [])), request_body(content = MemberRoleIn, example = json!({"role": "editor"})),
    params(("group_id" = GroupId, Path, description = "The group."), ("user_id" = UserId, Path, description = "The member.")),
    responses((status = 200, description = "The member with the new role.", body = MemberOut),
        responses::Any, responses::WithBody, responses::WithToken, responses::WithRole, responses::OnOne, responses::InState))]
#[patch("/v1/groups/{group_id}/members/{user_id}")]
pub async fn change_member_role(
    permit: GroupOwner,
    app: Data<App>,
    request: HttpRequest,
    patch: MergePatch<MemberRoleIn>,
) -> Result<impl Responder> {
    let user: UserId = path::param(&request, "user_id", "member")?;
    let change = |current: Role| Ok(patch.apply(&current.into())?.parse()?);
    let member = service::members::change_role(&mut *app.db.conn().await?, permit.doer(&app), permit.group_id, user, change).await?;
    Ok(JsonOut(MemberOut::from(member)))
}

/// Remove a member, or leave
///
/// An owner may remove anybody; every member may remove themselves. Works at once, whatever tokens the person holds. The last owner
/// cannot go.
#[utoipa::path(tag = "Groups", security(("access_token" = [])),
    params(("group_id" = GroupId, Path, description = "The group."), ("user_id" = UserId, Path, description = "The member.")),
    responses((status = 204, description = "Removed."), responses::Any, responses::WithToken, responses::WithRole, responses::OnOne, responses::InState))]
#[delete("/v1/groups/{group_id}/members/{user_id}")]
pub async fn remove_member(permit: GroupViewer, app: Data<App>, request: HttpRequest) -> Result<impl Responder> {
    let user: UserId = path::param(&request, "user_id", "member")?;
    if user != permit.user_id && !permit.role.includes(Role::Owner) {
        return Err(Error::not_allowed("Only an owner may remove somebody else from the group. You may remove yourself."));
    }
    service::members::remove(&mut *app.db.conn().await?, permit.doer(&app), permit.group_id, user).await?;
    Ok(HttpResponse::NoContent().finish())
}
