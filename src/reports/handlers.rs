//! Reports over HTTP: permission, parse, call, answer.

pub mod flags;
pub mod lead;

use actix_web::{
    HttpRequest, Responder, get, post,
    web::{Data, Json as JsonOut},
};

use super::{
    dto::{NetworkReportOut, NetworkReportsQuery, ReportIn, ReportOut},
    queries::{self, Wanted},
    rules::{FLAGS, LOOK_UPS, REPORTS_FROM_ADDRESS, REPORTS_OF_ACCOUNT},
    service::{self, Reporter, Said, Taken},
};
use crate::{
    app::App,
    db::Conn,
    error::{Error, Result},
    http::{
        Created, Cursor, Idempotency, Json, MaybeSignedIn, Page, PageQuery, Query,
        limits::{address_of, count_try},
        path, responses,
    },
    networks::NetworkCoordinator,
    types::{
        LookUpCode,
        ids::{NetworkId, QueueItemId},
    },
};

/// Report something
///
/// A listing, a group or a message that is not right, by anybody, signed in or not. The network's coordinators look at it, and do not
/// learn who has reported it. Two reporters who have nothing to do with each other hide a listing until somebody has decided. When the
/// coordinators have decided about the same in the last seven days, that stands until five have reported it anew; you are told so at once.
/// Keep the `code` to look up what became of it; who is signed in gets a notice, too.
///
/// With the reason `safeguarding` it is no report. It is shown to the network's safeguarding lead alone, with the name of who is signed
/// in, and no notice is sent about it. **If somebody is in danger now, call 999.**
///
/// At most 10 an hour from one network address, or 30 from one account; 10 with `safeguarding`, counted apart. The `Idempotency-Key` is
/// for those who are signed in; a repeat by a visitor is refused while the first report waits.
#[utoipa::path(tag = "Reports", security((), ("access_token" = [])), request_body = ReportIn,
    params(("Idempotency-Key" = Option<String>, Header, description = "Makes a repeat of this request harmless, for those who are signed in.")),
    responses((status = 201, description = "Taken down.", body = ReportOut, headers(("Location" = String, description = "Where to look up what became of it."))),
        responses::Any, responses::WithBody, responses::WithToken, responses::OnOne, responses::InState, responses::WithTries))]
#[post("/v1/reports")]
pub async fn create_report(
    person: MaybeSignedIn,
    app: Data<App>,
    request: HttpRequest,
    idempotency: Idempotency,
    Json(body): Json<ReportIn>,
) -> Result<Created> {
    let by = Reporter { user: person.user_id(), address: address_of(&request)?, now: app.clock.now() };
    let said = body.clone().parse()?;
    let mut conn = app.db.conn().await?;
    count(&mut conn, &by, body.is_flag()).await?;
    match by.user {
        Some(user) => idempotency.once(&mut conn, (user, by.now), &body, async |tx| take(tx, &by, said).await).await,
        None => take(&mut conn, &by, said).await,
    }
}

async fn count(conn: &mut Conn, by: &Reporter, is_flag: bool) -> Result<()> {
    let user = by.user.map(|user| user.to_string());
    let who = user.as_ref().unwrap_or(&by.address);
    match (is_flag, by.user) {
        (true, _) => count_try(conn, ("raise_flag", who), FLAGS, by.now).await,
        (false, Some(_)) => count_try(conn, ("create_report", who), REPORTS_OF_ACCOUNT, by.now).await,
        (false, None) => count_try(conn, ("create_report", who), REPORTS_FROM_ADDRESS, by.now).await,
    }
}

async fn take(conn: &mut Conn, by: &Reporter, said: Said) -> Result<Created> {
    let taken = service::take(conn, by, said).await?;
    let location = format!("/v1/reports/{}", taken.code.as_str());
    Created::new(location, None, &ReportOut::from(taken))
}

/// Look up a report
///
/// What became of something that you have reported, by its code. It does not say what was reported. At most 60 tries in 15 minutes
/// from one network address.
#[utoipa::path(tag = "Reports", security(()),
    params(("code" = String, Path, description = "The code that you were given, in capitals or small letters.", example = "K7M2XW9P4T3B")),
    responses((status = 200, description = "Where it stands.", body = ReportOut), responses::Any, responses::OnOne, responses::WithTries))]
#[get("/v1/reports/{code}")]
pub async fn get_report(app: Data<App>, request: HttpRequest) -> Result<impl Responder> {
    let mut conn = app.db.conn().await?;
    count_try(&mut conn, ("get_report", &address_of(&request)?), LOOK_UPS, app.clock.now()).await?;
    let code: LookUpCode = path::param(&request, "code", "report")?;
    let found = queries::by_code(&mut conn, &code).await?;
    let (state, found) = found.ok_or_else(|| Error::not_found("report"))?;
    Ok(JsonOut(ReportOut::from(Taken { code, state, made_at: found.made_at, closed_at: found.closed_at })))
}

/// List the reports of a network
///
/// For coordinators: what people say is wrong, the latest first, without who says so. What waits stands in the queue, too.
#[utoipa::path(tag = "Reports", security(("access_token" = [])), params(("network_id" = NetworkId, Path, description = "The network."), NetworkReportsQuery),
    responses((status = 200, description = "A page of reports.", body = Page<NetworkReportOut>),
        responses::Any, responses::WithParameters, responses::WithToken, responses::WithRole, responses::OnOne))]
#[get("/v1/networks/{network_id}/reports")]
pub async fn list_network_reports(
    permit: NetworkCoordinator,
    app: Data<App>,
    Query(query): Query<NetworkReportsQuery>,
) -> Result<impl Responder> {
    let (wanted, limit, cursor) = query.parse()?;
    let filters = ("list_network_reports", permit.network_id, wanted.state, wanted.reason);
    let before = cursor.map(|cursor| Cursor::decode(&filters, &cursor)).transpose()?;
    let rows = queries::list(&mut *app.db.conn().await?, permit.network_id, wanted, before, limit.and_one()).await?;
    let page = Page::cut(rows, limit.entries(), |last| Cursor::encode(&filters, (last.made_at, last.id)));
    Ok(page.map(NetworkReportOut::from))
}

/// List the reports behind a queue item
///
/// For coordinators: all reports on what the item is about, settled ones too, the latest first, without whose they are.
#[utoipa::path(tag = "Reports", security(("access_token" = [])),
    params(("network_id" = NetworkId, Path, description = "The network."), ("item_id" = QueueItemId, Path, description = "The queue item."), PageQuery),
    responses((status = 200, description = "A page of reports.", body = Page<NetworkReportOut>),
        responses::Any, responses::WithParameters, responses::WithToken, responses::WithRole, responses::OnOne))]
#[get("/v1/networks/{network_id}/queue/{item_id}/reports")]
pub async fn list_item_reports(
    permit: NetworkCoordinator,
    app: Data<App>,
    request: HttpRequest,
    Query(query): Query<PageQuery>,
) -> Result<impl Responder> {
    let item: QueueItemId = path::param(&request, "item_id", "queue item")?;
    let filters = ("list_item_reports", permit.network_id, item);
    let (limit, before) = query.parse(&filters)?;
    let mut conn = app.db.conn().await?;
    let subject = queries::subject_of_item(&mut conn, permit.network_id, item).await?;
    let wanted = Wanted { subject: Some(subject.ok_or_else(|| Error::not_found("queue item"))?), ..Wanted::default() };
    let rows = queries::list(&mut conn, permit.network_id, wanted, before, limit.and_one()).await?;
    let page = Page::cut(rows, limit.entries(), |last| Cursor::encode(&filters, (last.made_at, last.id)));
    Ok(page.map(NetworkReportOut::from))
}
