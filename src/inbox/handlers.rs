//! Inboxes over HTTP: reads the request, answers.

use actix_web::{
    HttpRequest, HttpResponse, Responder, get,
    http::header::{CONTENT_ENCODING, HeaderName},
    put,
    web::{self, Data},
};
use chrono::TimeDelta;

use super::{
    dto::{CountsOut, InboxOut, InboxPageOut, ListInboxQuery, NoticeOut, ReadIn, StreamOut, WaitingOut},
    position::Position,
    queries::{self, AfterWaiting},
    service, stream,
};
use crate::{
    app::App,
    error::{Error, Result},
    groups::GroupViewer,
    http::{Cursor, Json, Page, PageQuery, Query, SignedIn, answers::show_page, connections::has_left, responses},
    types::ids::{GroupId, UserId},
};

/// Who comes back to a stream within so long sees what groups were told that the person has joined meanwhile.
const MOST_AWAY: TimeDelta = TimeDelta::days(30);

/// Read a group's inbox
///
/// What has happened that concerns the group, newest first, in words for people. Which of it is read is yours alone. Kept for 400 days.
#[utoipa::path(
    tag = "Inbox",
    params(("group_id" = GroupId, Path, description = "The group."), ListInboxQuery),
    responses(
        (status = 200, description = "A page of notices.", body = InboxPageOut, headers(("Link" = String, description = "The next page, when there is one.")),
            example = json!({"items": [], "next_cursor": null, "unread": 0})),
        responses::Any, responses::WithParameters, responses::WithToken, responses::WithRole, responses::OnOne
    ),
    security(("access_token" = []))
)]
#[get("/v1/groups/{group_id}/inbox")]
pub async fn list_group_inbox(
    permit: GroupViewer,
    app: Data<App>,
    query: Query<ListInboxQuery>,
    request: HttpRequest,
) -> Result<HttpResponse> {
    list(&app, (permit.user_id, Some(permit.group_id)), query.0, &request).await
}

/// Read the own inbox
///
/// What has happened that concerns you or one of your groups, newest first, in words for people. `group_id` says whose a notice is.
#[utoipa::path(
    tag = "Inbox",
    params(ListInboxQuery),
    responses(
        (status = 200, description = "A page of notices.", body = InboxPageOut, headers(("Link" = String, description = "The next page, when there is one.")),
            example = json!({"items": [], "next_cursor": null, "unread": 0})),
        responses::Any, responses::WithParameters, responses::WithToken
    ),
    security(("access_token" = []))
)]
#[get("/v1/users/me/inbox")]
pub async fn list_my_inbox(
    signed_in: SignedIn,
    app: Data<App>,
    query: Query<ListInboxQuery>,
    request: HttpRequest,
) -> Result<HttpResponse> {
    list(&app, (signed_in.user_id, None), query.0, &request).await
}

async fn list(app: &App, (user, group): (UserId, Option<GroupId>), query: ListInboxQuery, request: &HttpRequest) -> Result<HttpResponse> {
    let listed = query.parse(user, group)?;
    let found = service::list(&mut *app.db.conn().await?, &listed).await?;
    let next_cursor = found.next.map(|positions| listed.cursor(positions));
    let items = found.notices.into_iter().map(|(notice, read_until)| NoticeOut::of(notice, read_until)).collect();
    Ok(show_page(request, next_cursor.as_deref(), &InboxPageOut { items, next_cursor: next_cursor.clone(), unread: found.unread }))
}

/// Count what is unread
///
/// In your own inbox and in those of your groups.
#[utoipa::path(
    tag = "Inbox",
    responses((status = 200, description = "The counts.", body = CountsOut), responses::Any, responses::WithToken),
    security(("access_token" = []))
)]
#[get("/v1/users/me/inbox/counts")]
pub async fn count_my_inbox(signed_in: SignedIn, app: Data<App>) -> Result<impl Responder> {
    let mailboxes = queries::mailboxes(&mut *app.db.conn().await?, signed_in.user_id, None).await?;
    Ok(web::Json(CountsOut::from(mailboxes)))
}

/// Mark a group's inbox as read
///
/// For you alone, up to a number. It never goes back, so a late or repeated request does no harm.
#[utoipa::path(
    tag = "Inbox",
    params(("group_id" = GroupId, Path, description = "The group.")),
    request_body = ReadIn,
    responses(
        (status = 200, description = "How far you have read it now.", body = InboxOut),
        responses::Any, responses::WithBody, responses::WithToken, responses::WithRole, responses::OnOne
    ),
    security(("access_token" = []))
)]
#[put("/v1/groups/{group_id}/inbox/read")]
pub async fn mark_group_inbox_read(permit: GroupViewer, app: Data<App>, body: Json<ReadIn>) -> Result<impl Responder> {
    let until = body.0.parse()?;
    let mailbox = service::mark_read(&mut *app.db.conn().await?, permit.user_id, Some(permit.group_id), until).await?;
    Ok(web::Json(InboxOut::from(mailbox)))
}

/// Mark the own inbox as read
///
/// Your own one, not those of your groups, up to a number. It never goes back.
#[utoipa::path(
    tag = "Inbox",
    request_body(content = ReadIn, example = json!({"until": 0})),
    responses(
        (status = 200, description = "How far you have read it now.", body = InboxOut),
        responses::Any, responses::WithBody, responses::WithToken
    ),
    security(("access_token" = []))
)]
#[put("/v1/users/me/inbox/read")]
pub async fn mark_my_inbox_read(signed_in: SignedIn, app: Data<App>, body: Json<ReadIn>) -> Result<impl Responder> {
    let until = body.0.parse()?;
    let mailbox = service::mark_read(&mut *app.db.conn().await?, signed_in.user_id, None, until).await?;
    Ok(web::Json(InboxOut::from(mailbox)))
}

/// See what waits for a group
///
/// What somebody of the group should do, as things are now, the most urgent first: interests and proposals to answer, agreed exchanges
/// without a time, hand-overs to report or confirm, loans due back within 7 days, listings that end within 7 days; and what a network waits
/// for: ground rules to accept, changes that it has asked for, the yearly word that the group is still there (these two for editors and
/// owners), a yes to be helped by its staff (for owners).
#[utoipa::path(
    tag = "Inbox",
    params(("group_id" = GroupId, Path, description = "The group."), PageQuery),
    responses(
        (status = 200, description = "A page of what is to be done.", body = Page<WaitingOut>,
            headers(("Link" = String, description = "The next page, when there is one.")), example = json!({"items": [], "next_cursor": null})),
        responses::Any, responses::WithParameters, responses::WithToken, responses::WithRole, responses::OnOne
    ),
    security(("access_token" = []))
)]
#[get("/v1/groups/{group_id}/waiting")]
pub async fn list_waiting(permit: GroupViewer, app: Data<App>, query: Query<PageQuery>) -> Result<impl Responder> {
    let list = ("waiting", permit.group_id);
    let (limit, after) = query.0.parse::<AfterWaiting>(&list)?;
    let rows =
        queries::waiting(&mut *app.db.conn().await?, (permit.group_id, permit.role), app.clock.now(), after, limit.and_one()).await?;
    let page = Page::cut(rows, limit.entries(), |last| Cursor::encode(&list, (last.urgency, last.id)));
    Ok(page.map(|waiting| WaitingOut::of(permit.group_id, waiting)))
}

/// Watch a group's inbox
///
/// Notices as they come, as server-sent events: `notice`, whose data is a notice, and `end`, which says why the stream is over. The id of
/// an event is the number of its notice: come back with it in `Last-Event-ID` and nothing is lost or repeated. Without it, the stream begins
/// now. Every 15 seconds comes at least a comment. The stream ends when the access token does. At most 5 streams for each person.
#[utoipa::path(
    tag = "Inbox",
    params(
        ("group_id" = GroupId, Path, description = "The group."),
        ("Last-Event-ID" = Option<String>, Header, description = "Go on after the event with this id.")
    ),
    responses(
        (status = 200, description = "Server-sent events; the data of each is as this schema says.", body = StreamOut, content_type = "text/event-stream",
            example = json!({"reason": "token_expired"})),
        responses::Any, responses::WithToken, responses::WithRole, responses::OnOne, responses::WithTries
    ),
    security(("access_token" = []))
)]
#[get("/v1/groups/{group_id}/inbox/stream")]
pub async fn stream_group_inbox(permit: GroupViewer, signed_in: SignedIn, app: Data<App>, request: HttpRequest) -> Result<HttpResponse> {
    stream_inbox(&app, signed_in, Some(permit.group_id), &request).await
}

/// Watch the own inbox
///
/// The same for your own inbox and those of all your groups, also of those that you join meanwhile. The ids of events are opaque: each holds
/// the position in every inbox.
#[utoipa::path(
    tag = "Inbox",
    params(("Last-Event-ID" = Option<String>, Header, description = "Go on after the event with this id.")),
    responses(
        (status = 200, description = "Server-sent events; the data of each is as this schema says.", body = StreamOut, content_type = "text/event-stream",
            example = json!({"reason": "token_expired"})),
        responses::Any, responses::WithToken, responses::WithTries
    ),
    security(("access_token" = []))
)]
#[get("/v1/users/me/inbox/stream")]
pub async fn stream_my_inbox(signed_in: SignedIn, app: Data<App>, request: HttpRequest) -> Result<HttpResponse> {
    stream_inbox(&app, signed_in, None, &request).await
}

async fn stream_inbox(app: &Data<App>, who: SignedIn, group: Option<GroupId>, request: &HttpRequest) -> Result<HttpResponse> {
    let after = request.headers().get("last-event-id").map(|id| Position::parse(id.to_str().unwrap_or_default(), group)).transpose()?;
    let now = app.clock.now();
    let joined_since = if after.is_some() { now - MOST_AWAY } else { now };
    let watched = queries::watched(&mut *app.db.conn().await?, &[who], now, joined_since).await?;
    let at = stream::begin(&watched, group, after.as_ref()).ok_or_else(|| Error::not_found("group"))?;
    let events = stream::open(app, (who, group), at, Box::new(has_left(request)))?;
    let mut answer = HttpResponse::Ok();
    // Neither nginx nor our own compression may keep an event back until it has more of them.
    answer.insert_header((HeaderName::from_static("x-accel-buffering"), "no")).insert_header((CONTENT_ENCODING, "identity"));
    Ok(answer.content_type("text/event-stream").streaming(events))
}
