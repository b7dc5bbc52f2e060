//! Networks over HTTP: who may, what is asked, what is answered.

use actix_web::{
    HttpRequest, HttpResponse, Responder, delete, get, patch, post, put,
    web::{Data, Json as JsonOut},
};

use super::{
    NetworkCoordinator, NetworkStaff,
    dto::{
        DecisionIn, NetworkGroupOut, NetworkGroupsQuery, NetworkIn, NetworkOut, NetworkSummaryOut, ReasonedDecisionIn, StaffMemberOut,
        StaffRoleIn,
    },
    queries,
    rules::Decision,
    service::{self, Doer},
};
use crate::{
    app::App,
    error::Result,
    http::{Cursor, Edited, IfMatch, Json, MergePatch, Page, PageQuery, Query, path, responses},
    moderation::service::direct::{self, Said},
    types::ids::{GroupId, NetworkId, UserId},
};

impl NetworkCoordinator {
    fn doer(&self, app: &App) -> Doer {
        Doer { actor: Some(self.user_id), now: app.clock.now() }
    }
}

/// List networks
///
/// All local networks, by name. Anybody may see them.
#[utoipa::path(tag = "Networks", security(()), params(PageQuery),
    responses((status = 200, description = "A page of networks.", body = Page<NetworkSummaryOut>, headers(("Link" = String, description = "The next page, when there is one.")),
        example = json!({"items": [{"id": "01980a8e-0c7c-7d10-a3c0-2a5f3c1d9e00", "slug": "stoke", "name": "1000 Lives Stoke-on-Trent", "description": "For groups in the Potteries.", "locality": {"slug": "stoke-on-trent", "name": "Stoke-on-Trent", "kind": "district"}}], "next_cursor": null})),
        responses::Any, responses::WithParameters))]
#[get("/v1/networks")]
pub async fn list_networks(app: Data<App>, Query(query): Query<PageQuery>) -> Result<impl Responder> {
    let filters = "list_networks";
    let (limit, after) = query.parse(&filters)?;
    let rows = queries::list(&mut *app.db.conn().await?, after, limit.and_one()).await?;
    let page = Page::cut(rows, limit.entries(), |(last, _)| Cursor::encode(&filters, (last.name.clone(), last.id)));
    Ok(page.map(NetworkSummaryOut::from))
}

/// Read a network
///
/// Its name, rules and area. Anybody may see it.
#[utoipa::path(tag = "Networks", security(()), params(("network_id" = NetworkId, Path, description = "The network.")),
    responses((status = 200, description = "The network.", body = NetworkOut, headers(("ETag" = String, description = "Its version, for If-Match."))),
        (status = 304, description = "Unchanged since the version in If-None-Match."), responses::Any, responses::OnOne))]
#[get("/v1/networks/{network_id}")]
pub async fn get_network(app: Data<App>, request: HttpRequest) -> Result<impl Responder> {
    let id: NetworkId = path::param(&request, "network_id", "network")?;
    let network = service::find(&mut *app.db.conn().await?, id).await?;
    Ok(Edited { version: network.0.version, thing: NetworkOut::from(network) })
}

/// Change a network
///
/// Name, description, rules and area, by a coordinator. Absent fields stay; null empties description and rules.
#[utoipa::path(tag = "Networks", security(("access_token" = [])),
    params(("network_id" = NetworkId, Path, description = "The network."), ("If-Match" = String, Header, description = "The ETag of the version that you have read.")),
    request_body(content = NetworkIn, example = json!({"rules": "Be kind. No money. Never name a private person."})),
    responses((status = 200, description = "The network as it is now.", body = NetworkOut, headers(("ETag" = String, description = "Its new version."))),
        responses::Any, responses::WithBody, responses::WithToken, responses::WithRole, responses::OnOne, responses::OfVersion))]
#[patch("/v1/networks/{network_id}")]
pub async fn update_network(
    permit: NetworkCoordinator,
    app: Data<App>,
    if_match: IfMatch,
    patch: MergePatch<NetworkIn>,
) -> Result<impl Responder> {
    let network = service::update(&mut *app.db.conn().await?, permit.doer(&app), permit.network_id, |current| {
        if_match.check(current.0.version)?;
        Ok(patch.apply(&current.into())?.parse()?)
    })
    .await?;
    Ok(Edited { version: network.0.version, thing: NetworkOut::from(network) })
}

/// List the staff of a network
///
/// Coordinators and brokers, longest in their post first. The staff may see each other.
#[utoipa::path(tag = "Networks", security(("access_token" = [])), params(("network_id" = NetworkId, Path, description = "The network."), PageQuery),
    responses((status = 200, description = "A page of staff.", body = Page<StaffMemberOut>, headers(("Link" = String, description = "The next page, when there is one.")),
        example = json!({"items": [{"user_id": "01980a8e-0c7c-7d10-a3c0-2a5f3c1d9e10", "name": "Mair Evans", "role": "coordinator", "since": "2026-01-05T09:00:00Z"}], "next_cursor": null})),
        responses::Any, responses::WithParameters, responses::WithToken, responses::WithRole, responses::OnOne))]
#[get("/v1/networks/{network_id}/staff")]
pub async fn list_staff(permit: NetworkStaff, app: Data<App>, Query(query): Query<PageQuery>) -> Result<impl Responder> {
    let filters = ("list_staff", permit.network_id);
    let (limit, after) = query.parse(&filters)?;
    let rows = queries::staff(&mut *app.db.conn().await?, permit.network_id, after, limit.and_one()).await?;
    let page = Page::cut(rows, limit.entries(), |last| Cursor::encode(&filters, (last.created_at, last.user_id)));
    Ok(page.map(StaffMemberOut::from))
}

/// Give a person a role in the staff
///
/// Takes a person on, or changes their role. The person tells the coordinator their id, which they see in their account: nobody can
/// find out by trying addresses who has an account, and nobody becomes staff unasked. The last coordinator stays one.
#[utoipa::path(tag = "Networks", security(("access_token" = [])),
    params(("network_id" = NetworkId, Path, description = "The network."), ("user_id" = UserId, Path, description = "The person.")),
    request_body = StaffRoleIn,
    responses((status = 200, description = "The person is in the staff with this role.", body = StaffMemberOut),
        responses::Any, responses::WithBody, responses::WithToken, responses::WithRole, responses::OnOne, responses::InState))]
#[put("/v1/networks/{network_id}/staff/{user_id}")]
pub async fn set_staff_role(
    permit: NetworkCoordinator,
    app: Data<App>,
    request: HttpRequest,
    Json(body): Json<StaffRoleIn>,
) -> Result<impl Responder> {
    let user: UserId = path::param(&request, "user_id", "person")?;
    let role = body.parse()?;
    let member = service::set_staff_role(&mut *app.db.conn().await?, permit.doer(&app), permit.network_id, user, role).await?;
    Ok(JsonOut(StaffMemberOut::from(member)))
}

/// Remove a person from the staff
///
/// Works at once, whatever tokens the person holds. The last coordinator cannot be removed.
#[utoipa::path(tag = "Networks", security(("access_token" = [])),
    params(("network_id" = NetworkId, Path, description = "The network."), ("user_id" = UserId, Path, description = "The person.")),
    responses((status = 204, description = "Removed."), responses::Any, responses::WithToken, responses::WithRole, responses::OnOne, responses::InState))]
#[delete("/v1/networks/{network_id}/staff/{user_id}")]
pub async fn remove_staff(permit: NetworkCoordinator, app: Data<App>, request: HttpRequest) -> Result<impl Responder> {
    let user: UserId = path::param(&request, "user_id", "person")?;
    service::remove_staff(&mut *app.db.conn().await?, permit.doer(&app), permit.network_id, user).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// List the groups of a network
///
/// For the staff: all groups that have asked to join, or those in one state, oldest request first. `?state=awaiting_review` is the
/// queue. The public finds a network's approved groups under `/v1/groups?network_id=`.
#[utoipa::path(tag = "Networks", security(("access_token" = [])), params(("network_id" = NetworkId, Path, description = "The network."), NetworkGroupsQuery),
    responses((status = 200, description = "A page of groups.", body = Page<NetworkGroupOut>, headers(("Link" = String, description = "The next page, when there is one.")),
        example = json!({"items": [{"group_id": "01980a8e-0c7c-7d10-a3c0-2a5f3c1d9e01", "name": "St Mary's Pantry", "description": "A food pantry.", "activities": ["food"],
            "locality": {"slug": "hanley-stoke-on-trent", "name": "Hanley", "kind": "place"}, "state": "awaiting_review", "reason": null, "requested_at": "2026-01-06T10:00:00Z", "decided_at": null, "recheck_at": null, "sign_of_life_at": null}], "next_cursor": null})),
        responses::Any, responses::WithParameters, responses::WithToken, responses::WithRole, responses::OnOne))]
#[get("/v1/networks/{network_id}/groups")]
pub async fn list_network_groups(permit: NetworkStaff, app: Data<App>, Query(query): Query<NetworkGroupsQuery>) -> Result<impl Responder> {
    let (state, limit, cursor) = query.parse()?;
    let filters = ("list_network_groups", permit.network_id, state);
    let after = cursor.map(|cursor| Cursor::decode(&filters, &cursor)).transpose()?;
    let rows = queries::groups_of(&mut *app.db.conn().await?, permit.network_id, state, after, limit.and_one()).await?;
    let page = Page::cut(rows, limit.entries(), |(last, ..)| Cursor::encode(&filters, (last.requested_at, last.group_id)));
    Ok(page.map(NetworkGroupOut::from))
}

/// Approve a group
///
/// Lets a group into the network: it appears in the directory, and its listings can be found. Also for a group that was rejected. As every
/// decision at this address it is told at once and cannot be undone; the group reads it among its decisions. What waits for it in the queue
/// is decided with it (409 `claimed` while somebody else is at that).
#[utoipa::path(tag = "Networks", security(("access_token" = [])),
    params(("network_id" = NetworkId, Path, description = "The network."), ("group_id" = GroupId, Path, description = "The group.")),
    request_body = DecisionIn, responses((status = 200, description = "The group as it stands now.", body = NetworkGroupOut),
        responses::Any, responses::WithBody, responses::WithToken, responses::WithRole, responses::OnOne, responses::InState))]
#[post("/v1/networks/{network_id}/groups/{group_id}/approve")]
pub async fn approve_group(
    permit: NetworkCoordinator,
    app: Data<App>,
    request: HttpRequest,
    Json(body): Json<DecisionIn>,
) -> Result<impl Responder> {
    decide(permit, app, request, Decision::Approve, body.parse()?).await
}

/// Ask a group for changes
///
/// Before anything is decided. The group reads what, changes it, and asks again; or it appeals.
#[utoipa::path(tag = "Networks", security(("access_token" = [])),
    params(("network_id" = NetworkId, Path, description = "The network."), ("group_id" = GroupId, Path, description = "The group.")),
    request_body(content = ReasonedDecisionIn, example = json!({"reason": "Please say where you meet, and give your charity number."})),
    responses((status = 200, description = "The group as it stands now.", body = NetworkGroupOut),
        responses::Any, responses::WithBody, responses::WithToken, responses::WithRole, responses::OnOne, responses::InState))]
#[post("/v1/networks/{network_id}/groups/{group_id}/ask-changes")]
pub async fn ask_group_for_changes(
    permit: NetworkCoordinator,
    app: Data<App>,
    request: HttpRequest,
    Json(body): Json<ReasonedDecisionIn>,
) -> Result<impl Responder> {
    decide(permit, app, request, Decision::AskChanges, body.parse()?).await
}

/// Reject a group
///
/// Does not let a waiting group in, or takes an invitation back. The group reads the reason, and may appeal. A coordinator can still approve
/// it later.
#[utoipa::path(tag = "Networks", security(("access_token" = [])),
    params(("network_id" = NetworkId, Path, description = "The network."), ("group_id" = GroupId, Path, description = "The group.")),
    request_body = ReasonedDecisionIn, responses((status = 200, description = "The group as it stands now.", body = NetworkGroupOut),
        responses::Any, responses::WithBody, responses::WithToken, responses::WithRole, responses::OnOne, responses::InState))]
#[post("/v1/networks/{network_id}/groups/{group_id}/reject")]
pub async fn reject_group(
    permit: NetworkCoordinator,
    app: Data<App>,
    request: HttpRequest,
    Json(body): Json<ReasonedDecisionIn>,
) -> Result<impl Responder> {
    decide(permit, app, request, Decision::Reject, body.parse()?).await
}

/// Suspend a group
///
/// Takes a group in good standing out for now: its listings in this network disappear at once, interests and proposals there end, and
/// whoever has agreed on something with it is told. The group reads the reason, and may appeal.
#[utoipa::path(tag = "Networks", security(("access_token" = [])),
    params(("network_id" = NetworkId, Path, description = "The network."), ("group_id" = GroupId, Path, description = "The group.")),
    request_body = ReasonedDecisionIn, responses((status = 200, description = "The group as it stands now.", body = NetworkGroupOut),
        responses::Any, responses::WithBody, responses::WithToken, responses::WithRole, responses::OnOne, responses::InState))]
#[post("/v1/networks/{network_id}/groups/{group_id}/suspend")]
pub async fn suspend_group(
    permit: NetworkCoordinator,
    app: Data<App>,
    request: HttpRequest,
    Json(body): Json<ReasonedDecisionIn>,
) -> Result<impl Responder> {
    decide(permit, app, request, Decision::Suspend, body.parse()?).await
}

/// Reinstate a group
///
/// Lets a suspended group back in: its listings can be found again at once.
#[utoipa::path(tag = "Networks", security(("access_token" = [])),
    params(("network_id" = NetworkId, Path, description = "The network."), ("group_id" = GroupId, Path, description = "The group.")),
    request_body = DecisionIn, responses((status = 200, description = "The group as it stands now.", body = NetworkGroupOut),
        responses::Any, responses::WithBody, responses::WithToken, responses::WithRole, responses::OnOne, responses::InState))]
#[post("/v1/networks/{network_id}/groups/{group_id}/reinstate")]
pub async fn reinstate_group(
    permit: NetworkCoordinator,
    app: Data<App>,
    request: HttpRequest,
    Json(body): Json<DecisionIn>,
) -> Result<impl Responder> {
    decide(permit, app, request, Decision::Reinstate, body.parse()?).await
}

async fn decide(
    permit: NetworkCoordinator,
    app: Data<App>,
    request: HttpRequest,
    decision: Decision,
    said: Said,
) -> Result<JsonOut<NetworkGroupOut>> {
    let group: GroupId = path::param(&request, "group_id", "group")?;
    let who = (permit.user_id, app.clock.now());
    let decided = direct::decide(&mut *app.db.conn().await?, who, (permit.network_id, group), decision, said).await?;
    Ok(JsonOut(decided.into()))
}
