//! Complaints over HTTP: permission, parse, call, answer.

use actix_web::{
    HttpRequest, Responder, get, post,
    web::{Data, Json as JsonOut},
};

use super::{
    dto::{AnswerIn, ComplaintIn, ComplaintOut, ComplaintReceiptOut, ComplaintsQuery},
    model::Complaint,
    queries,
    rules::{COMPLAINTS, COMPLAINTS_TO_ADDRESS, LOOK_UPS},
    service,
};
use crate::{
    app::App,
    error::{Error, Result},
    http::{
        Created, Cursor, Idempotency, Json, MaybeSignedIn, Page, Query,
        limits::{address_of, count_try},
        path, responses,
    },
    networks::NetworkCoordinator,
    types::{
        LookUpCode,
        ids::{ComplaintId, NetworkId},
    },
};

/// Complain
///
/// To a network, by anybody, signed in or not: about the service, a decision, its staff, or personal data. It is acknowledged at once, here
/// and by mail or notice, and answered within 28 days. Keep the `code` to look up the answer. The coordinators read the words, not who
/// complains. About one listing, group or message that is not right, make a report instead. At most 5 an hour from one network address or
/// account, and 3 a day for one e-mail address. The `Idempotency-Key` is for those who are signed in.
#[utoipa::path(tag = "Complaints", security((), ("access_token" = [])), request_body = ComplaintIn,
    params(("network_id" = NetworkId, Path, description = "The network."),
        ("Idempotency-Key" = Option<String>, Header, description = "Makes a repeat of this request harmless, for those who are signed in.")),
    responses((status = 201, description = "It has come.", body = ComplaintReceiptOut, headers(("Location" = String, description = "Where to look up the answer."))),
        responses::Any, responses::WithBody, responses::WithToken, responses::OnOne, responses::InState, responses::WithTries))]
#[post("/v1/networks/{network_id}/complaints")]
pub async fn create_complaint(
    person: MaybeSignedIn,
    app: Data<App>,
    request: HttpRequest,
    idempotency: Idempotency,
    Json(body): Json<ComplaintIn>,
) -> Result<Created> {
    let network: NetworkId = path::param(&request, "network_id", "network")?;
    let (user, now) = (person.user_id(), app.clock.now());
    let said = body.clone().parse(user.is_none())?;
    let mut conn = app.db.conn().await?;
    let who = user.map_or_else(|| address_of(&request), |user| Ok(user.to_string()))?;
    count_try(&mut conn, ("create_complaint", &who), COMPLAINTS, now).await?;
    if let Some(email) = &said.email {
        count_try(&mut conn, ("complaint_to", email.as_str()), COMPLAINTS_TO_ADDRESS, now).await?;
    }
    match user {
        Some(person) => {
            idempotency
                .once(&mut conn, (person, now), &body, async |tx| created(service::take(tx, (user, now), network, said).await?))
                .await
        }
        None => created(service::take(&mut conn, (None, now), network, said).await?),
    }
}

fn created(complaint: Complaint) -> Result<Created> {
    Created::new(format!("/v1/complaints/{}", complaint.code), None, &ComplaintReceiptOut::from(complaint))
}

/// Look up a complaint
///
/// The answer to your complaint, by its code; not what you had written. At most 60 tries in 15 minutes from one network address.
#[utoipa::path(tag = "Complaints", security(()),
    params(("code" = String, Path, description = "The code that you were given, in capitals or small letters.", example = "W8PJ4TQ2XK7M")),
    responses((status = 200, description = "Where it stands.", body = ComplaintReceiptOut), responses::Any, responses::OnOne, responses::WithTries))]
#[get("/v1/complaints/{code}")]
pub async fn get_complaint(app: Data<App>, request: HttpRequest) -> Result<impl Responder> {
    let mut conn = app.db.conn().await?;
    count_try(&mut conn, ("get_complaint", &address_of(&request)?), LOOK_UPS, app.clock.now()).await?;
    let code: LookUpCode = path::param(&request, "code", "complaint")?;
    let complaint = queries::by_code(&mut conn, &code).await?.ok_or_else(|| Error::not_found("complaint"))?;
    Ok(JsonOut(ComplaintReceiptOut::from(complaint)))
}

/// List the complaints to a network
///
/// For coordinators: all, the latest first; or with `open=true` those that wait for an answer, the most urgent first.
#[utoipa::path(tag = "Complaints", security(("access_token" = [])), params(("network_id" = NetworkId, Path, description = "The network."), ComplaintsQuery),
    responses((status = 200, description = "A page of complaints.", body = Page<ComplaintOut>),
        responses::Any, responses::WithParameters, responses::WithToken, responses::WithRole, responses::OnOne))]
#[get("/v1/networks/{network_id}/complaints")]
pub async fn list_network_complaints(
    permit: NetworkCoordinator,
    app: Data<App>,
    Query(query): Query<ComplaintsQuery>,
) -> Result<impl Responder> {
    let (open, limit, cursor) = query.parse()?;
    let filters = ("list_network_complaints", permit.network_id, open);
    let last = cursor.map(|cursor| Cursor::decode(&filters, &cursor)).transpose()?;
    let mut conn = app.db.conn().await?;
    let page = if open {
        let rows = queries::list_open(&mut conn, permit.network_id, last, limit.and_one()).await?;
        Page::cut(rows, limit.entries(), |last| Cursor::encode(&filters, (last.answer_by, last.id)))
    } else {
        let rows = queries::list(&mut conn, permit.network_id, last, limit.and_one()).await?;
        Page::cut(rows, limit.entries(), |last| Cursor::encode(&filters, (last.made_at, last.id)))
    };
    Ok(page.map(|complaint| ComplaintOut::of(complaint, app.clock.now())))
}

/// Read a complaint to a network
///
/// For coordinators.
#[utoipa::path(tag = "Complaints", security(("access_token" = [])),
    params(("network_id" = NetworkId, Path, description = "The network."), ("complaint_id" = ComplaintId, Path, description = "The complaint.")),
    responses((status = 200, description = "The complaint.", body = ComplaintOut),
        responses::Any, responses::WithToken, responses::WithRole, responses::OnOne))]
#[get("/v1/networks/{network_id}/complaints/{complaint_id}")]
pub async fn get_network_complaint(permit: NetworkCoordinator, app: Data<App>, request: HttpRequest) -> Result<impl Responder> {
    let id: ComplaintId = path::param(&request, "complaint_id", "complaint")?;
    let complaint = queries::find(&mut *app.db.conn().await?, permit.network_id, id).await?;
    Ok(JsonOut(ComplaintOut::of(complaint.ok_or_else(|| Error::not_found("complaint"))?, app.clock.now())))
}

/// Answer a complaint
///
/// By a coordinator, once: an answer stands. Whoever complained is told by mail or notice, and reads it by the code. Let somebody answer
/// whom the complaint is not about.
#[utoipa::path(tag = "Complaints", security(("access_token" = [])), request_body = AnswerIn,
    params(("network_id" = NetworkId, Path, description = "The network."), ("complaint_id" = ComplaintId, Path, description = "The complaint.")),
    responses((status = 200, description = "Answered.", body = ComplaintOut),
        responses::Any, responses::WithBody, responses::WithToken, responses::WithRole, responses::OnOne, responses::InState))]
#[post("/v1/networks/{network_id}/complaints/{complaint_id}/answer")]
pub async fn answer_complaint(
    permit: NetworkCoordinator,
    app: Data<App>,
    request: HttpRequest,
    Json(body): Json<AnswerIn>,
) -> Result<impl Responder> {
    let id: ComplaintId = path::param(&request, "complaint_id", "complaint")?;
    let (answer, now) = (body.parse()?, app.clock.now());
    let who = (permit.user_id, now);
    let complaint = service::answer(&mut *app.db.conn().await?, who, (permit.network_id, id), answer).await?;
    Ok(JsonOut(ComplaintOut::of(complaint, now)))
}
