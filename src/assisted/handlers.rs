//! Assisted groups over HTTP: permission, parse, call, answer.

pub mod follow_ups;

use actix_web::{
    HttpRequest, HttpResponse, delete, get, post, put,
    web::{Data, Json as JsonOut},
};

use super::{
    dto::{AssistanceIn, AssistanceOut, AssistedGroupOut, EndQuery, NewAssistedGroupIn},
    model::Helper,
    queries, service,
};
use crate::{
    app::App,
    error::{Error, Result},
    groups::{GroupOwner, GroupViewer},
    http::{Created, Cursor, Idempotency, Json, Page, PageQuery, Query, path, responses},
    networks::NetworkStaff,
    types::ids::{GroupId, NetworkId},
};

impl NetworkStaff {
    fn helper(&self, app: &App) -> Helper {
        Helper { user: self.user_id, role: self.role.as_str(), network: self.network_id, now: app.clock.now() }
    }
}

/// Make a group that is not online
///
/// By the network's staff, with its consent. The network has approved it from the start; it has no members, and the staff act for it as
/// its editors would: they post, answer and agree. What is told to it comes onto the call list.
#[utoipa::path(
    tag = "Assisted groups",
    params(("network_id" = NetworkId, Path, description = "The network."),
        ("Idempotency-Key" = Option<String>, Header, description = "Makes a repeat of this request harmless for 24 hours.")),
    request_body = NewAssistedGroupIn,
    responses(
        (status = 201, description = "The group.", body = AssistedGroupOut, headers(("Location" = String, description = "Where the group is."))),
        responses::Any, responses::WithBody, responses::WithToken, responses::WithRole, responses::OnOne, responses::InState
    ),
    security(("access_token" = []))
)]
#[post("/v1/networks/{network_id}/groups")]
pub async fn create_assisted_group(
    staff: NetworkStaff,
    app: Data<App>,
    idempotency: Idempotency,
    Json(body): Json<NewAssistedGroupIn>,
) -> Result<Created> {
    let helper = staff.helper(&app);
    let (text, consent) = body.clone().parse(helper.now)?;
    let mut conn = app.db.conn().await?;
    idempotency
        .once(&mut conn, (helper.user, helper.now), &(helper.network, &body), async |tx| {
            let made = service::create(tx, helper, text, consent).await?;
            // How to reach the group is not kept for repeats.
            Ok(Created::new(format!("/v1/groups/{}", made.0.0.id), None, &AssistedGroupOut::from(made))?.showing_once("assistance"))
        })
        .await
}

/// List the groups that the staff act for
///
/// With how to reach each, and what it agreed to; those that have been here longest first. For the network's staff.
#[utoipa::path(
    tag = "Assisted groups",
    params(("network_id" = NetworkId, Path, description = "The network."), PageQuery),
    responses(
        (status = 200, description = "A page of groups.", body = Page<AssistedGroupOut>, headers(("Link" = String, description = "The next page, when there is one."))),
        responses::Any, responses::WithParameters, responses::WithToken, responses::WithRole, responses::OnOne
    ),
    security(("access_token" = []))
)]
#[get("/v1/networks/{network_id}/assisted-groups")]
pub async fn list_assisted_groups(staff: NetworkStaff, app: Data<App>, query: Query<PageQuery>) -> Result<Page<AssistedGroupOut>> {
    let filters = ("list_assisted_groups", staff.network_id);
    let (limit, after) = query.0.parse(&filters)?;
    let rows = queries::list(&mut *app.db.conn().await?, staff.network_id, after, limit.and_one()).await?;
    Ok(Page::cut(rows, limit.entries(), |(_, last)| Cursor::encode(&filters, last.group_id)).map(AssistedGroupOut::from))
}

/// Read how to reach a group that is not online
///
/// And what it agreed to. For the network's staff.
#[utoipa::path(
    tag = "Assisted groups",
    params(("network_id" = NetworkId, Path, description = "The network."), ("group_id" = GroupId, Path, description = "The group.")),
    responses(
        (status = 200, description = "What is recorded.", body = AssistanceOut),
        responses::Any, responses::WithToken, responses::WithRole, responses::OnOne
    ),
    security(("access_token" = []))
)]
#[get("/v1/networks/{network_id}/groups/{group_id}/assistance")]
pub async fn get_assistance(staff: NetworkStaff, app: Data<App>, request: HttpRequest) -> Result<JsonOut<AssistanceOut>> {
    let group: GroupId = path::param(&request, "group_id", "group")?;
    let found = queries::of_group(&mut *app.db.conn().await?, staff.network_id, group).await?;
    Ok(JsonOut(found.ok_or_else(|| Error::not_found("assistance"))?.into()))
}

/// Record that a group agrees to be helped
///
/// From then on the network's staff may do for a group that has no members what its editors may; a coordinator has to record that first. A
/// group that has members is told, and nothing begins (`asked`) until one of its owners has said yes; likewise when its first owner comes
/// later. Recording it again replaces what was recorded. One network at a time acts for a group.
#[utoipa::path(
    tag = "Assisted groups",
    params(("network_id" = NetworkId, Path, description = "The network."), ("group_id" = GroupId, Path, description = "The group.")),
    request_body = AssistanceIn,
    responses(
        (status = 200, description = "What is recorded.", body = AssistanceOut),
        responses::Any, responses::WithBody, responses::WithToken, responses::WithRole, responses::OnOne, responses::InState
    ),
    security(("access_token" = []))
)]
#[put("/v1/networks/{network_id}/groups/{group_id}/assistance")]
pub async fn set_assistance(
    staff: NetworkStaff,
    app: Data<App>,
    request: HttpRequest,
    Json(body): Json<AssistanceIn>,
) -> Result<JsonOut<AssistanceOut>> {
    let group: GroupId = path::param(&request, "group_id", "group")?;
    let helper = staff.helper(&app);
    let consent = body.parse(helper.now)?;
    Ok(JsonOut(service::set(&mut *app.db.conn().await?, helper, group, consent).await?.into()))
}

/// End it because the consent has ended
///
/// How to reach the group is erased at once, and the staff act for it no longer. A group without members closes for good, and has to be
/// named so with `close_group=true`.
#[utoipa::path(
    tag = "Assisted groups",
    params(("network_id" = NetworkId, Path, description = "The network."), ("group_id" = GroupId, Path, description = "The group."), EndQuery),
    responses(
        (status = 204, description = "Ended."),
        responses::Any, responses::WithParameters, responses::WithToken, responses::WithRole, responses::OnOne, responses::InState
    ),
    security(("access_token" = []))
)]
#[delete("/v1/networks/{network_id}/groups/{group_id}/assistance")]
pub async fn end_assistance(staff: NetworkStaff, app: Data<App>, request: HttpRequest, query: Query<EndQuery>) -> Result<HttpResponse> {
    let group: GroupId = path::param(&request, "group_id", "group")?;
    let close_group = query.0.parse()?;
    service::end(&mut *app.db.conn().await?, staff.helper(&app), group, close_group).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Read who acts for the own group
///
/// What a network's staff have recorded: that they act for the group, how they reach it, and what it agreed to. For its members.
#[utoipa::path(
    tag = "Assisted groups",
    params(("group_id" = GroupId, Path, description = "The group.")),
    responses(
        (status = 200, description = "What is recorded.", body = AssistanceOut),
        responses::Any, responses::WithToken, responses::WithRole, responses::OnOne
    ),
    security(("access_token" = []))
)]
#[get("/v1/groups/{group_id}/assistance")]
pub async fn get_own_assistance(viewer: GroupViewer, app: Data<App>) -> Result<JsonOut<AssistanceOut>> {
    let found = queries::of_own(&mut *app.db.conn().await?, viewer.group_id).await?;
    Ok(JsonOut(found.ok_or_else(|| Error::not_found("assistance"))?.into()))
}

/// Let staff act for the own group
///
/// By an owner, once staff have recorded that somebody of the group agreed: they act for it from now on. Said before, nothing changes. To say
/// no, end it.
#[utoipa::path(
    tag = "Assisted groups",
    params(("group_id" = GroupId, Path, description = "The group.")),
    responses(
        (status = 200, description = "What is recorded, which has begun.", body = AssistanceOut),
        responses::Any, responses::WithToken, responses::WithRole, responses::OnOne
    ),
    security(("access_token" = []))
)]
#[post("/v1/groups/{group_id}/assistance/confirm")]
pub async fn confirm_assistance(owner: GroupOwner, app: Data<App>) -> Result<JsonOut<AssistanceOut>> {
    let me = (owner.user_id, app.clock.now());
    Ok(JsonOut(service::confirm(&mut *app.db.conn().await?, me, owner.group_id).await?.into()))
}

/// Act for the own group alone again
///
/// By an owner: the network's staff no longer act for the group, at once, and how they reached it is erased. Also to say no when they ask.
#[utoipa::path(
    tag = "Assisted groups",
    params(("group_id" = GroupId, Path, description = "The group.")),
    responses((status = 204, description = "Ended."), responses::Any, responses::WithToken, responses::WithRole, responses::OnOne),
    security(("access_token" = []))
)]
#[delete("/v1/groups/{group_id}/assistance")]
pub async fn end_own_assistance(owner: GroupOwner, app: Data<App>) -> Result<HttpResponse> {
    service::end_own(&mut *app.db.conn().await?, (owner.user_id, app.clock.now()), owner.group_id).await?;
    Ok(HttpResponse::NoContent().finish())
}
