//! Groups over HTTP: who may, what is asked, what is answered.

pub mod blocks;
pub mod invitations;
pub mod members;
pub mod standing;

use actix_web::{HttpRequest, HttpResponse, Responder, delete, get, patch, post, web::Data};

use super::{
    GroupEditor, GroupOwner,
    dto::{DirectoryQuery, GroupIn, GroupOut, GroupStandingOut, GroupSummaryOut, JoinNetworkIn, NewGroupIn},
    permissions::GroupPermit,
    service::{self, Doer},
};
use crate::{
    app::App,
    error::Result,
    http::{
        Created, Cursor, Edited, Idempotency, IfMatch, Json, MaybeSignedIn, MergePatch, Page, Query, SignedIn,
        limits::{Allowance, count_try},
        path, responses,
    },
    types::ids::GroupId,
};

/// Groups that one account may sign up in a day: each waits in a coordinator's queue, and each may invite.
const NEW_GROUPS: Allowance = Allowance { tries: 10, minutes: 24 * 60 };

impl<R> GroupPermit<R> {
    fn doer(&self, app: &App) -> Doer {
        (self.user_id, app.clock.now())
    }
}

/// Sign a group up
///
/// Anybody who is signed in may. They become the group's owner, and the group waits until a coordinator of the network lets it in; until
/// then only its members and the network's staff know of it.
#[utoipa::path(tag = "Groups", security(("access_token" = [])), request_body = NewGroupIn,
    params(("Idempotency-Key" = Option<String>, Header, description = "Makes a repeat of this request harmless for 24 hours.")),
    responses((status = 201, description = "The group, waiting for approval.", body = GroupOut,
            headers(("Location" = String, description = "Where the group is."), ("ETag" = String, description = "Its version, for If-Match."))),
        responses::Any, responses::WithBody, responses::WithToken, responses::InState, responses::WithTries))]
#[post("/v1/groups")]
pub async fn create_group(
    signed_in: SignedIn,
    app: Data<App>,
    idempotency: Idempotency,
    Json(body): Json<NewGroupIn>,
) -> Result<impl Responder> {
    let (text, network) = body.clone().parse()?;
    let doer = (signed_in.user_id, app.clock.now());
    let mut conn = app.db.conn().await?;
    idempotency
        .once(&mut conn, doer, &body, async |tx| {
            count_try(tx, ("create_group", &doer.0.to_string()), NEW_GROUPS, doer.1).await?;
            let seen = service::create(tx, doer, text, network).await?;
            Created::new(format!("/v1/groups/{}", seen.group.id), Some(seen.group.version), &GroupOut::from(seen))
        })
        .await
}

/// Search the directory of groups
///
/// The groups that at least one network has approved. Filters combine with AND. Distances are between the middles of localities.
#[utoipa::path(tag = "Groups", security(()), params(DirectoryQuery),
    responses((status = 200, description = "A page of groups.", body = Page<GroupSummaryOut>, headers(("Link" = String, description = "The next page, when there is one.")),
        example = json!({"items": [{"id": "01980a8e-0c7c-7d10-a3c0-2a5f3c1d9e01", "name": "St Mary's Pantry", "description": "A food pantry, Tuesdays and Fridays.", "activities": ["food"],
            "locality": {"slug": "hanley-stoke-on-trent", "name": "Hanley", "kind": "place"}, "distance_km": 3, "created_at": "2026-01-06T10:00:00Z"}], "next_cursor": null})),
        responses::Any, responses::WithParameters))]
#[get("/v1/groups")]
pub async fn list_groups(app: Data<App>, Query(mut query): Query<DirectoryQuery>) -> Result<impl Responder> {
    let (filters, cursor) = (query.filters(), query.cursor.take());
    let (search, limit) = query.parse()?;
    let after = cursor.map(|cursor| Cursor::decode(&filters, &cursor)).transpose()?;
    let (sort, with_distance) = (search.sort, search.near.is_some());
    let rows = service::search(&mut *app.db.conn().await?, search, after, limit.and_one()).await?;
    let page = Page::cut(rows, limit.entries(), |last| Cursor::encode(&filters, last.key(sort)));
    Ok(page.map(|entry| GroupSummaryOut::new(entry, with_distance)))
}

/// Read a group
///
/// Everybody may read a group that some network has approved. Others are known only to their members and to the staff of the networks
/// that they have asked to join. Send a token to see more than the public does.
#[utoipa::path(tag = "Groups", security((), ("access_token" = [])), params(("group_id" = GroupId, Path, description = "The group.")),
    responses((status = 200, description = "The group.", body = GroupOut, headers(("ETag" = String, description = "Its version, for If-Match."))),
        (status = 304, description = "Unchanged since the version in If-None-Match."), responses::Any, responses::WithToken, responses::OnOne))]
#[get("/v1/groups/{group_id}")]
pub async fn get_group(person: MaybeSignedIn, app: Data<App>, request: HttpRequest) -> Result<impl Responder> {
    let id: GroupId = path::param(&request, "group_id", "group")?;
    let seen = service::see(&mut *app.db.conn().await?, person.user_id(), id).await?;
    Ok(Edited { version: seen.group.version, thing: GroupOut::from(seen) })
}

/// Change a group
///
/// Name, description, locality, activities, size and registration, by an editor or owner. Absent fields stay; null empties all but name and
/// locality. `registered_as` and `registered_number` go together: change both, or empty both.
#[utoipa::path(tag = "Groups", security(("access_token" = [])),
    params(("group_id" = GroupId, Path, description = "The group."), ("If-Match" = String, Header, description = "The ETag of the version that you have read.")),
    request_body(content = GroupIn, example = json!({"description": "A food pantry, Tuesdays and Thursdays.", "activities": ["food", "advice"]})),
    responses((status = 200, description = "The group as it is now.", body = GroupOut, headers(("ETag" = String, description = "Its new version."))),
        responses::Any, responses::WithBody, responses::WithToken, responses::WithRole, responses::OnOne, responses::OfVersion))]
#[patch("/v1/groups/{group_id}")]
pub async fn update_group(permit: GroupEditor, app: Data<App>, if_match: IfMatch, patch: MergePatch<GroupIn>) -> Result<impl Responder> {
    let seen = service::update(&mut *app.db.conn().await?, permit.doer(&app), permit.group_id, |current| {
        if_match.check(current.0.version)?;
        Ok(patch.apply(&current.into())?.parse()?)
    })
    .await?;
    Ok(Edited { version: seen.group.version, thing: GroupOut::from(seen) })
}

/// Close a group
///
/// For good, by an owner. Its listings are withdrawn, and everybody who was interested or had agreed on something with it is told; what has
/// been handed over already stays as it is. Contact details that it showed, its description, its members and invitations are removed. Its
/// name stays in the history of those who dealt with it.
#[utoipa::path(tag = "Groups", security(("access_token" = [])), params(("group_id" = GroupId, Path, description = "The group.")),
    responses((status = 204, description = "Closed."), responses::Any, responses::WithToken, responses::WithRole, responses::OnOne))]
#[delete("/v1/groups/{group_id}")]
pub async fn close_group(permit: GroupOwner, app: Data<App>) -> Result<impl Responder> {
    service::closing::close(&mut *app.db.conn().await?, permit.doer(&app), permit.group_id).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Ask another network to let the group in
///
/// By an owner. The group waits until a coordinator of that network decides. A network can be asked once; one that refused can still
/// approve the group later.
#[utoipa::path(tag = "Groups", security(("access_token" = [])), request_body = JoinNetworkIn,
    params(("group_id" = GroupId, Path, description = "The group."), ("Idempotency-Key" = Option<String>, Header, description = "Makes a repeat of this request harmless for 24 hours.")),
    responses((status = 201, description = "How the group stands in that network.", body = GroupStandingOut, headers(("Location" = String, description = "Where the group is."))),
        responses::Any, responses::WithBody, responses::WithToken, responses::WithRole, responses::OnOne, responses::InState))]
#[post("/v1/groups/{group_id}/networks")]
pub async fn join_network(
    permit: GroupOwner,
    app: Data<App>,
    idempotency: Idempotency,
    Json(body): Json<JoinNetworkIn>,
) -> Result<impl Responder> {
    let doer = permit.doer(&app);
    let mut conn = app.db.conn().await?;
    idempotency
        .once(&mut conn, doer, &body, async |tx| {
            let standing = service::join_network(tx, doer, permit.group_id, body.network_id).await?;
            Created::new(format!("/v1/groups/{}", permit.group_id), None, &GroupStandingOut::from(standing))
        })
        .await
}
