//! Policies and ground rules over HTTP: permission, parse, call, answer.

use actix_web::{
    HttpRequest, Responder, get, patch, post,
    web::{Data, Json as JsonOut},
};

use super::{
    dto::{AcceptanceIn, AcceptanceOut, GroundRulesOut, PolicyIn, PolicyOut},
    queries, service,
};
use crate::{
    app::App,
    error::Result,
    groups::{GroupEditor, GroupViewer},
    http::{Cursor, Edited, IfMatch, Json, MergePatch, Page, PageQuery, Query, path, responses},
    networks::NetworkCoordinator,
    types::ids::{GroupId, NetworkId},
};

/// Read a network's policy
///
/// What may be posted, how much of it, when coordinators look at it and how long that takes. Anybody may read it, before they post.
#[utoipa::path(tag = "Policies", security(()), params(("network_id" = NetworkId, Path, description = "The network.")),
    responses((status = 200, description = "The policy.", body = PolicyOut, headers(("ETag" = String, description = "Its version, for If-Match."))),
        (status = 304, description = "Unchanged since the version in If-None-Match."), responses::Any, responses::OnOne))]
#[get("/v1/networks/{network_id}/policy")]
pub async fn get_policy(app: Data<App>, request: HttpRequest) -> Result<impl Responder> {
    let network: NetworkId = path::param(&request, "network_id", "network")?;
    let settings = service::find(&mut *app.db.conn().await?, network).await?;
    Ok(Edited { version: settings.policy.version, thing: PolicyOut::from(settings) })
}

/// Change a network's policy
///
/// By a coordinator. Absent fields stay. What waits for a decision already is not judged anew; the promise of time holds for what comes
/// from now on.
#[utoipa::path(tag = "Policies", security(("access_token" = [])),
    params(("network_id" = NetworkId, Path, description = "The network."), ("If-Match" = String, Header, description = "The ETag of the version that you have read.")),
    request_body(content = PolicyIn, example = json!({"review": "trust", "trust_after": 5, "checks": {"animals": "refuse"}})),
    responses((status = 200, description = "The policy as it is now.", body = PolicyOut, headers(("ETag" = String, description = "Its new version."))),
        responses::Any, responses::WithBody, responses::WithToken, responses::WithRole, responses::OnOne, responses::OfVersion))]
#[patch("/v1/networks/{network_id}/policy")]
pub async fn update_policy(
    permit: NetworkCoordinator,
    app: Data<App>,
    if_match: IfMatch,
    patch: MergePatch<PolicyIn>,
) -> Result<impl Responder> {
    let doer = (permit.user_id, app.clock.now());
    let settings = service::update(&mut *app.db.conn().await?, doer, permit.network_id, |current| {
        if_match.check(current.policy.version)?;
        Ok(patch.apply(&current.into())?.parse()?)
    })
    .await?;
    Ok(Edited { version: settings.policy.version, thing: PolicyOut::from(settings) })
}

/// Read a network's ground rules
///
/// As they hold now, with their version, which a group accepts. They are changed with the network (`rules`).
#[utoipa::path(tag = "Policies", security(()), params(("network_id" = NetworkId, Path, description = "The network.")),
    responses((status = 200, description = "The ground rules.", body = GroundRulesOut), responses::Any, responses::OnOne))]
#[get("/v1/networks/{network_id}/ground-rules")]
pub async fn get_ground_rules(app: Data<App>, request: HttpRequest) -> Result<impl Responder> {
    let network: NetworkId = path::param(&request, "network_id", "network")?;
    let rules = service::ground_rules(&mut *app.db.conn().await?, network).await?;
    Ok(JsonOut(GroundRulesOut::from(rules)))
}

/// List the versions of a network's ground rules
///
/// Every version that ever held, the latest first. None is ever changed.
#[utoipa::path(tag = "Policies", security(()), params(("network_id" = NetworkId, Path, description = "The network."), PageQuery),
    responses((status = 200, description = "A page of versions.", body = Page<GroundRulesOut>, headers(("Link" = String, description = "The next page, when there is one.")),
        example = json!({"items": [{"network_id": "01980a8e-0c7c-7d10-a3c0-2a5f3c1d9e00", "version": 1, "text": "Be kind.", "published_at": "2026-01-05T09:00:00Z"}], "next_cursor": null})),
        responses::Any, responses::WithParameters, responses::OnOne))]
#[get("/v1/networks/{network_id}/ground-rules/versions")]
pub async fn list_ground_rules_versions(app: Data<App>, request: HttpRequest, Query(query): Query<PageQuery>) -> Result<impl Responder> {
    let network: NetworkId = path::param(&request, "network_id", "network")?;
    let filters = ("list_ground_rules_versions", network);
    let (limit, before) = query.parse(&filters)?;
    let mut conn = app.db.conn().await?;
    service::ground_rules(&mut conn, network).await?;
    let rows = queries::versions(&mut conn, network, before, limit.and_one()).await?;
    let page = Page::cut(rows, limit.entries(), |last| Cursor::encode(&filters, last.version));
    Ok(page.map(GroundRulesOut::from))
}

/// List the ground rules that a group has accepted
///
/// For each network of the group, by name: what holds, what the group has accepted, and by when it has to accept what holds.
#[utoipa::path(tag = "Policies", security(("access_token" = [])), params(("group_id" = GroupId, Path, description = "The group.")),
    responses((status = 200, description = "All of them.", body = Page<AcceptanceOut>), responses::Any, responses::WithToken, responses::WithRole, responses::OnOne))]
#[get("/v1/groups/{group_id}/ground-rules")]
pub async fn list_group_ground_rules(viewer: GroupViewer, app: Data<App>) -> Result<impl Responder> {
    let found = queries::acceptances(&mut *app.db.conn().await?, viewer.group_id, None).await?;
    Ok(Page::whole(found).map(AcceptanceOut::from))
}

/// Accept a network's ground rules
///
/// By an owner or editor of the group, naming the version that was read. Asking to join a network accepts what holds then; a change asks again.
/// Accepting twice changes nothing.
#[utoipa::path(tag = "Policies", security(("access_token" = [])), params(("group_id" = GroupId, Path, description = "The group.")),
    request_body = AcceptanceIn,
    responses((status = 200, description = "Accepted.", body = AcceptanceOut),
        responses::Any, responses::WithBody, responses::WithToken, responses::WithRole, responses::OnOne, responses::InState))]
#[post("/v1/groups/{group_id}/ground-rules")]
pub async fn accept_ground_rules(editor: GroupEditor, app: Data<App>, Json(body): Json<AcceptanceIn>) -> Result<impl Responder> {
    let doer = (editor.user_id, app.clock.now());
    let accepted = service::accept(&mut *app.db.conn().await?, doer, editor.group_id, (body.network_id, body.version)).await?;
    Ok(JsonOut(AcceptanceOut::from(accepted)))
}
