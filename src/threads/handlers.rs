//! Threads over HTTP: permission, parse, call, answer.

pub mod contacts;

use actix_web::{HttpResponse, Responder, get, post, put, web::Data};

use super::{
    dto::{MessageIn, MessageOut, ReadIn, ThreadOut},
    permissions::ThreadMember,
    queries,
    rules::MESSAGES,
    service,
};
use crate::{
    app::App,
    error::Result,
    groups::{GroupViewer, Role},
    http::{Created, Cursor, Idempotency, Json, MaybeJson, Page, PageQuery, Query, limits::count_try, responses},
    types::{
        fields::FieldError,
        ids::{GroupId, ThreadId},
    },
};

/// List the threads of a group
///
/// Its talks with other groups, about interests and exchanges: those first in which something was written last.
#[utoipa::path(tag = "Messages", security(("access_token" = [])), params(("group_id" = GroupId, Path, description = "The group."), PageQuery),
    responses((status = 200, description = "A page of threads.", body = Page<ThreadOut>),
        responses::Any, responses::WithParameters, responses::WithToken, responses::WithRole, responses::OnOne))]
#[get("/v1/groups/{group_id}/threads")]
pub async fn list_group_threads(viewer: GroupViewer, app: Data<App>, Query(query): Query<PageQuery>) -> Result<impl Responder> {
    let filters = ("list_group_threads", viewer.group_id);
    let (limit, before) = query.parse(&filters)?;
    let rows = queries::of_group(&mut *app.db.conn().await?, viewer.group_id, before, limit.and_one()).await?;
    let page = Page::cut(rows, limit.entries(), |last| Cursor::encode(&filters, (last.moved_at(), last.id)));
    Ok(page.map(ThreadOut::from))
}

/// Read the messages of a thread
///
/// The latest first; members of the two groups alone read them. Reading marks nothing as read.
#[utoipa::path(tag = "Messages", security(("access_token" = [])), params(("thread_id" = ThreadId, Path, description = "The thread."), PageQuery),
    responses((status = 200, description = "A page of messages.", body = Page<MessageOut>),
        responses::Any, responses::WithParameters, responses::WithToken, responses::OnOne))]
#[get("/v1/threads/{thread_id}/messages")]
pub async fn list_messages(member: ThreadMember, app: Data<App>, Query(query): Query<PageQuery>) -> Result<impl Responder> {
    let filters = ("list_messages", member.thread_id);
    let (limit, before) = query.parse(&filters)?;
    let rows = queries::messages(&mut *app.db.conn().await?, member.thread_id, before, limit.and_one()).await?;
    let page = Page::cut(rows, limit.entries(), |last| Cursor::encode(&filters, (last.created_at, last.id)));
    Ok(page.map(|message| MessageOut::of(message, &member.person)))
}

/// Write a message
///
/// To the other group, by an editor; at most 60 an hour. The other group hears of it once until it has read the thread. Until 30 days
/// after the interest or exchange has ended, and only while neither group has blocked the other.
#[utoipa::path(tag = "Messages", security(("access_token" = [])), request_body = MessageIn,
    params(("thread_id" = ThreadId, Path, description = "The thread."),
        ("Idempotency-Key" = Option<String>, Header, description = "Makes a repeat of this request harmless for 24 hours.")),
    responses((status = 201, description = "Written.", body = MessageOut, headers(("Location" = String, description = "Where it can be read."))),
        responses::Any, responses::WithBody, responses::WithToken, responses::WithRole, responses::OnOne, responses::InState, responses::WithTries))]
#[post("/v1/threads/{thread_id}/messages")]
pub async fn post_message(
    member: ThreadMember,
    app: Data<App>,
    idempotency: Idempotency,
    Json(body): Json<MessageIn>,
) -> Result<impl Responder> {
    let (text, named) = body.clone().parse()?;
    let acting = member.person.acting(named, Role::Editor, |refusal| FieldError::body("/group_id", refusal))?;
    let doer = (acting.user, app.clock.now());
    let mut conn = app.db.conn().await?;
    idempotency
        .once(&mut conn, doer, &body, async |tx| {
            count_try(tx, ("post_message", &acting.user.to_string()), MESSAGES, doer.1).await?;
            let message = service::say(tx, doer.1, member.thread_id, acting, &text).await?;
            let location = format!("/v1/threads/{}/messages", member.thread_id);
            Created::new(location, None, &MessageOut::of(message, &member.person))
        })
        .await
}

/// Mark a thread as read
///
/// For the whole group, by any member: until now, or until the latest message that you have seen. Doing it again changes nothing.
#[utoipa::path(tag = "Messages", security(("access_token" = [])), params(("thread_id" = ThreadId, Path, description = "The thread.")),
    request_body(content = Option<ReadIn>, description = "May be left out.", example = json!({"until": "2026-11-22T09:30:00.123456Z"})),
    responses((status = 204, description = "Read."), responses::Any, responses::WithBody, responses::WithToken, responses::OnOne))]
#[put("/v1/threads/{thread_id}/read")]
pub async fn mark_thread_read(member: ThreadMember, app: Data<App>, body: MaybeJson<ReadIn>) -> Result<impl Responder> {
    let until = body.0.parse()?;
    service::mark_read(&mut *app.db.conn().await?, app.clock.now(), member.thread_id, &member.person, until).await?;
    Ok(HttpResponse::NoContent().finish())
}
