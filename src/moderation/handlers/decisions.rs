//! Decisions: one, many, taken back, and as the group reads them.

use actix_web::{HttpRequest, Responder, get, post, web, web::Data};

use super::queue::item_id;
use crate::{
    app::App,
    db::Conn,
    error::{Code, Error, Result},
    groups::permissions::GroupViewer,
    http::{Cursor, Json, Page, PageQuery, Query, path, responses},
    moderation::{
        dto::decisions::{DecisionIn, DecisionOut, DecisionsIn, DecisionsOut, GroupDecisionOut, ResultOut},
        model::Decision,
        queries,
        service::{
            decide::{self, Decider},
            undo,
        },
    },
    networks::{NetworkCoordinator, permissions::record_denial},
    types::ids::{DecisionId, GroupId, NetworkId, QueueItemId},
};

/// Decide about an item of the queue
///
/// It takes effect at once. For thirty seconds it can be undone; then the group is told, with the role of who decided (never the person),
/// the reason, the rule, your words and what to do. `deeds` of the item says what is possible. Of two who decide the same thing, one wins;
/// the other is told what was decided (409 `already_decided`). Send the `version` of the item that you have read: when its group, or
/// somebody else, has changed since what waits, nothing is decided (409 `conflict`), and you read it again first.
#[utoipa::path(
    tag = "Moderation",
    params(("network_id" = NetworkId, Path, description = "The network."), ("item_id" = QueueItemId, Path, description = "The item.")),
    request_body = DecisionIn,
    responses((status = 200, description = "Decided.", body = DecisionOut),
        responses::Any, responses::WithBody, responses::WithToken, responses::WithRole, responses::OnOne, responses::InState),
    security(("access_token" = []))
)]
#[post("/v1/networks/{network_id}/queue/{item_id}/decision")]
pub async fn decide_queue_item(
    permit: NetworkCoordinator,
    app: Data<App>,
    request: HttpRequest,
    Json(body): Json<DecisionIn>,
) -> Result<impl Responder> {
    let (id, decider) = (item_id(&request)?, Decider { user: Some(permit.user_id), now: app.clock.now() });
    let verdict = body.parse("")?;
    let mut conn = app.db.conn().await?;
    let decision = decide::decide(&mut conn, &app.catalogue, (permit.network_id, decider), id, verdict).await;
    let decision = recorded(&mut conn, &request, &permit, decision).await?;
    Ok(web::Json(DecisionOut::of(&decision, decider.now)))
}

/// Decide about many items of the queue
///
/// Up to 100. Each is decided by itself, as if it were alone, and has its own result in the same place: a decision, or the problem it would
/// have been answered with. A row that cannot be read refuses the request, and nothing is decided. Should the request be broken off, each
/// row is decided or not; send it again, and what was decided says so.
#[utoipa::path(
    tag = "Moderation",
    params(("network_id" = NetworkId, Path, description = "The network.")),
    request_body = DecisionsIn,
    responses((status = 200, description = "What became of each.", body = DecisionsOut),
        responses::Any, responses::WithBody, responses::WithToken, responses::WithRole, responses::OnOne),
    security(("access_token" = []))
)]
#[post("/v1/networks/{network_id}/queue/decisions")]
pub async fn decide_many(
    permit: NetworkCoordinator,
    app: Data<App>,
    request: HttpRequest,
    Json(body): Json<DecisionsIn>,
) -> Result<impl Responder> {
    let (rows, decider) = (body.parse()?, Decider { user: Some(permit.user_id), now: app.clock.now() });
    let mut conn = app.db.conn().await?;
    let mut results = Vec::new();
    for (id, verdict) in rows {
        let outcome = decide::decide(&mut conn, &app.catalogue, (permit.network_id, decider), id, verdict).await;
        let outcome = recorded(&mut conn, &request, &permit, outcome).await;
        match outcome {
            // Not about this row: the rest would fare no better.
            Err(error @ Error::Unavailable(_)) => return Err(error),
            outcome => {
                // One row that goes wrong keeps nobody from reading what became of the others.
                if let Err(Error::Internal(cause)) = &outcome {
                    tracing::error!(item = %id, ?cause, "one of many could not be decided");
                }
                results.push(ResultOut::of(id, &outcome, decider.now));
            }
        }
    }
    Ok(web::Json(DecisionsOut { results }))
}

/// What came of a decision. That somebody may not decide, as they decided first what is appealed, is recorded for the network.
async fn recorded(conn: &mut Conn, request: &HttpRequest, permit: &NetworkCoordinator, outcome: Result<Decision>) -> Result<Decision> {
    if outcome.as_ref().is_err_and(|error| error.code() == Code::NotAllowed) {
        record_denial(conn, request, (permit.user_id, Some(permit.role)), permit.network_id).await?;
    }
    outcome
}

/// Undo a decision
///
/// Within thirty seconds, before anybody has been told; by any coordinator of the network, but not by who decided first what is appealed,
/// nor by the group that appeals. What waited waits again. 409 when the time is over, and when what was decided about has changed since.
#[utoipa::path(
    tag = "Moderation",
    params(("network_id" = NetworkId, Path, description = "The network."), ("decision_id" = DecisionId, Path, description = "The decision.")),
    responses((status = 200, description = "Undone.", body = DecisionOut),
        responses::Any, responses::WithToken, responses::WithRole, responses::OnOne, responses::InState),
    security(("access_token" = []))
)]
#[post("/v1/networks/{network_id}/decisions/{decision_id}/undo")]
pub async fn undo_decision(permit: NetworkCoordinator, app: Data<App>, request: HttpRequest) -> Result<impl Responder> {
    let id: DecisionId = path::param(&request, "decision_id", "decision")?;
    let (mut conn, me) = (app.db.conn().await?, (permit.user_id, app.clock.now()));
    let decision = undo::undo(&mut conn, &app.catalogue, me, permit.network_id, id).await;
    let decision = recorded(&mut conn, &request, &permit, decision).await?;
    Ok(web::Json(DecisionOut::of(&decision, me.1)))
}

/// List the decisions about a group
///
/// What the networks' coordinators have decided about the group and what it posts, newest first: the role of who decided, the reason, the
/// rule behind it, what to do, and whether the group can appeal. For its members. What was undone is not among them.
#[utoipa::path(
    tag = "Moderation",
    params(("group_id" = GroupId, Path, description = "The group."), PageQuery),
    responses((status = 200, description = "A page of decisions.", body = Page<GroupDecisionOut>, headers(("Link" = String, description = "The next page, when there is one."))),
        responses::Any, responses::WithParameters, responses::WithToken, responses::WithRole, responses::OnOne),
    security(("access_token" = []))
)]
#[get("/v1/groups/{group_id}/decisions")]
pub async fn list_group_decisions(viewer: GroupViewer, app: Data<App>, Query(query): Query<PageQuery>) -> Result<Page<GroupDecisionOut>> {
    let (filters, now) = (("list_group_decisions", viewer.group_id), app.clock.now());
    let (limit, after) = query.parse(&filters)?;
    let mut conn = app.db.conn().await?;
    let rows = queries::decisions_of_group(&mut conn, (viewer.group_id, now), limit, after).await?;
    let page = Page::cut(rows, limit.entries(), |(last, _)| Cursor::encode(&filters, (last.decided_at, last.id)));
    let ids: Vec<DecisionId> = page.items.iter().map(|(decision, _)| decision.id).collect();
    let appeals = queries::appeals_against(&mut conn, &ids).await?;
    Ok(page.map(|(decision, network)| {
        let appeal = appeals.iter().find(|appeal| appeal.decision_id == decision.id);
        GroupDecisionOut::of(decision, &network, appeal, now)
    }))
}
