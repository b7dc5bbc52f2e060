//! The call list over HTTP: permission, parse, call, answer.

use actix_web::{
    HttpRequest, get, post,
    web::{Data, Json as JsonOut},
};

use crate::{
    app::App,
    assisted::{
        dto::follow_ups::{CallDoneIn, CallListQuery, FollowUpOut},
        queries, service,
    },
    error::Result,
    http::{Cursor, Json, Page, Query, path, responses},
    networks::NetworkStaff,
    types::ids::{FollowUpId, NetworkId},
};

/// Read the call list
///
/// What the groups that are not online have to be told or asked, the most urgent first: each with how to reach the group and what to say.
/// One entry stands for all that was told about the same thing. For the network's staff.
#[utoipa::path(
    tag = "Assisted groups",
    params(("network_id" = NetworkId, Path, description = "The network."), CallListQuery),
    responses(
        (status = 200, description = "A page of the list.", body = Page<FollowUpOut>, headers(("Link" = String, description = "The next page, when there is one."))),
        responses::Any, responses::WithParameters, responses::WithToken, responses::WithRole, responses::OnOne
    ),
    security(("access_token" = []))
)]
#[get("/v1/networks/{network_id}/follow-ups")]
pub async fn list_follow_ups(staff: NetworkStaff, app: Data<App>, query: Query<CallListQuery>) -> Result<Page<FollowUpOut>> {
    let (filter, limit, cursor) = query.0.parse()?;
    let list = ("list_follow_ups", staff.network_id, &filter);
    let after = cursor.map(|cursor| Cursor::decode(&list, &cursor)).transpose()?;
    let (mut conn, now) = (app.db.conn().await?, app.clock.now());
    let rows = queries::follow_ups(&mut conn, staff.network_id, &filter, after, limit.and_one()).await?;
    let page = Page::cut(rows, limit.entries(), |last| Cursor::encode(&list, (last.done_at.unwrap_or(last.due_at), last.id)));
    let mut sentences = service::sentences(&mut conn, &page.items).await?;
    Ok(page.map(|entry| {
        let notice = sentences.remove(&entry.id);
        FollowUpOut::of(entry, notice, now)
    }))
}

/// Say that somebody was called
///
/// Takes an entry off the call list, with what came of it, and puts a call that was promised on it. By anybody of the network's staff.
#[utoipa::path(
    tag = "Assisted groups",
    params(("network_id" = NetworkId, Path, description = "The network."), ("follow_up_id" = FollowUpId, Path, description = "The entry.")),
    request_body = CallDoneIn,
    responses(
        (status = 200, description = "The entry, done.", body = FollowUpOut),
        responses::Any, responses::WithBody, responses::WithToken, responses::WithRole, responses::OnOne, responses::InState
    ),
    security(("access_token" = []))
)]
#[post("/v1/networks/{network_id}/follow-ups/{follow_up_id}/done")]
pub async fn finish_follow_up(
    staff: NetworkStaff,
    app: Data<App>,
    request: HttpRequest,
    Json(body): Json<CallDoneIn>,
) -> Result<JsonOut<FollowUpOut>> {
    let id: FollowUpId = path::param(&request, "follow_up_id", "entry of the call list")?;
    let helper = staff.helper(&app);
    let called = body.parse(helper.now)?;
    let mut conn = app.db.conn().await?;
    let entry = service::finish(&mut conn, helper, id, called).await?;
    let notice = service::sentences(&mut conn, std::slice::from_ref(&entry)).await?.remove(&entry.id);
    Ok(JsonOut(FollowUpOut::of(entry, notice, helper.now)))
}
