//! Contact details over HTTP.

use actix_web::{HttpResponse, Responder, delete, get, post, web::Data, web::Json as JsonOut};

use crate::{
    app::App,
    error::Result,
    groups::Role,
    http::{Json, Query, responses},
    threads::{
        dto::contacts::{AsQuery, ContactIn, ContactsOut},
        permissions::ExchangeParty,
        service::contacts,
    },
    types::ids::ExchangeId,
};

/// Look up contact details
///
/// What your group and the other one show each other in an exchange. For members of the two groups alone; staff do not see it. Erased 30
/// days after the exchange has ended.
#[utoipa::path(tag = "Messages", security(("access_token" = [])), params(("exchange_id" = ExchangeId, Path, description = "The exchange."), AsQuery),
    responses((status = 200, description = "What is shown now.", body = ContactsOut),
        responses::Any, responses::WithParameters, responses::WithToken, responses::WithRole, responses::OnOne))]
#[get("/v1/exchanges/{exchange_id}/contact")]
pub async fn get_contacts(party: ExchangeParty, app: Data<App>, Query(query): Query<AsQuery>) -> Result<impl Responder> {
    let acting = query.acting(&party.person, Role::Viewer)?;
    let shown = contacts::shown(&mut *app.db.conn().await?, app.clock.now(), party.exchange_id).await?;
    Ok(JsonOut(ContactsOut::of(shown, acting)))
}

/// Show contact details
///
/// To the other group of an exchange that both have agreed on, by an editor. That you have shown them is recorded, what they are is not.
/// Showing others replaces them; the same again changes nothing, so this takes no Idempotency-Key.
#[utoipa::path(tag = "Messages", security(("access_token" = [])), request_body = ContactIn,
    params(("exchange_id" = ExchangeId, Path, description = "The exchange."), AsQuery),
    responses((status = 200, description = "What is shown now.", body = ContactsOut),
        responses::Any, responses::WithBody, responses::WithToken, responses::WithRole, responses::OnOne, responses::InState))]
#[post("/v1/exchanges/{exchange_id}/contact")]
pub async fn show_contact(
    party: ExchangeParty,
    app: Data<App>,
    Query(query): Query<AsQuery>,
    Json(body): Json<ContactIn>,
) -> Result<impl Responder> {
    let acting = query.acting(&party.person, Role::Editor)?;
    let contact = body.parse()?;
    let shown = contacts::show(&mut *app.db.conn().await?, app.clock.now(), party.exchange_id, acting, &contact).await?;
    Ok(JsonOut(ContactsOut::of(shown, acting)))
}

/// Take contact details back
///
/// By an editor of the group that shows them. They are erased; that they were shown stays on record. Doing it again changes nothing.
#[utoipa::path(tag = "Messages", security(("access_token" = [])), params(("exchange_id" = ExchangeId, Path, description = "The exchange."), AsQuery),
    responses((status = 204, description = "Not shown any more."),
        responses::Any, responses::WithParameters, responses::WithToken, responses::WithRole, responses::OnOne))]
#[delete("/v1/exchanges/{exchange_id}/contact")]
pub async fn take_contact_back(party: ExchangeParty, app: Data<App>, Query(query): Query<AsQuery>) -> Result<impl Responder> {
    let acting = query.acting(&party.person, Role::Editor)?;
    contacts::take_back(&mut *app.db.conn().await?, app.clock.now(), party.exchange_id, acting).await?;
    Ok(HttpResponse::NoContent().finish())
}
