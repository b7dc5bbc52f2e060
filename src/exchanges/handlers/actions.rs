//! What is done about exchanges, over HTTP: permission, parse, call, answer. `rules` says who may do what when.

use actix_web::{post, web::Data};

use crate::{
    app::App,
    error::Result,
    exchanges::{
        dto::{
            ExchangeOut,
            deeds::{CancelIn, ConfirmIn, HandOverIn, ScheduleIn, WordsIn},
        },
        permissions::{AsQuery, ExchangeActor},
        rules::deeds::Deed,
        service::{self, Actor},
    },
    http::{Edited, Json, responses},
    types::ids::ExchangeId,
};

/// Accept an exchange
///
/// The side that was asked agrees. The quantity is promised from now on: when less is left of a listing, nothing happens (409
/// `not_enough_left`, saying how much is). Of a pair that staff proposed, both groups have to accept.
#[utoipa::path(
    tag = "Exchanges",
    params(("exchange_id" = ExchangeId, Path, description = "The exchange."), AsQuery),
    responses(
        (status = 200, description = "Accepted, or waiting for the other group of a pair.", body = ExchangeOut, headers(("ETag" = String, description = "Its version."))),
        responses::Any, responses::WithParameters, responses::WithToken, responses::WithRole, responses::OnOne, responses::InState
    ),
    security(("access_token" = []))
)]
#[post("/v1/exchanges/{exchange_id}/accept")]
pub async fn accept_exchange(actor: ExchangeActor, app: Data<App>) -> Result<Edited<ExchangeOut>> {
    act(&actor, &app, Deed::Accept).await
}

/// Decline an exchange
///
/// The side that was asked says no, with a few words if it likes.
#[utoipa::path(
    tag = "Exchanges",
    params(("exchange_id" = ExchangeId, Path, description = "The exchange."), AsQuery),
    request_body = WordsIn,
    responses(
        (status = 200, description = "Declined.", body = ExchangeOut, headers(("ETag" = String, description = "Its version."))),
        responses::Any, responses::WithBody, responses::WithToken, responses::WithRole, responses::OnOne, responses::InState
    ),
    security(("access_token" = []))
)]
#[post("/v1/exchanges/{exchange_id}/decline")]
pub async fn decline_exchange(actor: ExchangeActor, app: Data<App>, body: Json<WordsIn>) -> Result<Edited<ExchangeOut>> {
    let deed = Deed::Decline(body.0.parse()?);
    act(&actor, &app, deed).await
}

/// Withdraw a proposal
///
/// Those who proposed it take it back, as long as it has not been agreed.
#[utoipa::path(
    tag = "Exchanges",
    params(("exchange_id" = ExchangeId, Path, description = "The exchange."), AsQuery),
    responses(
        (status = 200, description = "Withdrawn.", body = ExchangeOut, headers(("ETag" = String, description = "Its version."))),
        responses::Any, responses::WithParameters, responses::WithToken, responses::WithRole, responses::OnOne, responses::InState
    ),
    security(("access_token" = []))
)]
#[post("/v1/exchanges/{exchange_id}/withdraw")]
pub async fn withdraw_exchange(actor: ExchangeActor, app: Data<App>) -> Result<Edited<ExchangeOut>> {
    act(&actor, &app, Deed::Withdraw).await
}

/// Agree on a time and a place
///
/// Either group says when and where, or changes it. Seen by the two groups alone. What is lent or shared gets the day on which it is due
/// back.
#[utoipa::path(
    tag = "Exchanges",
    params(("exchange_id" = ExchangeId, Path, description = "The exchange."), AsQuery),
    request_body = ScheduleIn,
    responses(
        (status = 200, description = "Scheduled.", body = ExchangeOut, headers(("ETag" = String, description = "Its version."))),
        responses::Any, responses::WithBody, responses::WithToken, responses::WithRole, responses::OnOne, responses::InState
    ),
    security(("access_token" = []))
)]
#[post("/v1/exchanges/{exchange_id}/schedule")]
pub async fn schedule_exchange(actor: ExchangeActor, app: Data<App>, body: Json<ScheduleIn>) -> Result<Edited<ExchangeOut>> {
    let deed = body.0.parse(app.clock.now())?;
    act(&actor, &app, deed).await
}

/// Say that it was handed over
///
/// The first of the two groups says so, and how many there were. The other one confirms; when it is silent for 14 days, the exchange is
/// completed by itself.
#[utoipa::path(
    tag = "Exchanges",
    params(("exchange_id" = ExchangeId, Path, description = "The exchange."), AsQuery),
    request_body = HandOverIn,
    responses(
        (status = 200, description = "Handed over.", body = ExchangeOut, headers(("ETag" = String, description = "Its version."))),
        responses::Any, responses::WithBody, responses::WithToken, responses::WithRole, responses::OnOne, responses::InState
    ),
    security(("access_token" = []))
)]
#[post("/v1/exchanges/{exchange_id}/hand-over")]
pub async fn hand_over_exchange(actor: ExchangeActor, app: Data<App>, body: Json<HandOverIn>) -> Result<Edited<ExchangeOut>> {
    let deed = body.0.parse(app.clock.now())?;
    act(&actor, &app, deed).await
}

/// Confirm a hand-over
///
/// The other group says how many there were. What the receiver counted is what was received. A listing of which all has been handed
/// over for good is fulfilled, and whoever still waits for an answer about it gets one.
#[utoipa::path(
    tag = "Exchanges",
    params(("exchange_id" = ExchangeId, Path, description = "The exchange."), AsQuery),
    request_body = ConfirmIn,
    responses(
        (status = 200, description = "Completed.", body = ExchangeOut, headers(("ETag" = String, description = "Its version."))),
        responses::Any, responses::WithBody, responses::WithToken, responses::WithRole, responses::OnOne, responses::InState
    ),
    security(("access_token" = []))
)]
#[post("/v1/exchanges/{exchange_id}/confirm")]
pub async fn confirm_exchange(actor: ExchangeActor, app: Data<App>, body: Json<ConfirmIn>) -> Result<Edited<ExchangeOut>> {
    let deed = body.0.parse()?;
    act(&actor, &app, deed).await
}

/// Cancel an exchange
///
/// Calls off what was agreed, with a reason; what was promised is free again. Either group, or the network's staff; once one group says
/// that it was handed over, the staff alone.
#[utoipa::path(
    tag = "Exchanges",
    params(("exchange_id" = ExchangeId, Path, description = "The exchange."), AsQuery),
    request_body = CancelIn,
    responses(
        (status = 200, description = "Cancelled.", body = ExchangeOut, headers(("ETag" = String, description = "Its version."))),
        responses::Any, responses::WithBody, responses::WithToken, responses::WithRole, responses::OnOne, responses::InState
    ),
    security(("access_token" = []))
)]
#[post("/v1/exchanges/{exchange_id}/cancel")]
pub async fn cancel_exchange(actor: ExchangeActor, app: Data<App>, body: Json<CancelIn>) -> Result<Edited<ExchangeOut>> {
    let deed = body.0.parse()?;
    act(&actor, &app, deed).await
}

/// Say that nobody came
///
/// After the time that was agreed: the other group did not come. What was promised is free again.
#[utoipa::path(
    tag = "Exchanges",
    params(("exchange_id" = ExchangeId, Path, description = "The exchange."), AsQuery),
    request_body = WordsIn,
    responses(
        (status = 200, description = "Ended.", body = ExchangeOut, headers(("ETag" = String, description = "Its version."))),
        responses::Any, responses::WithBody, responses::WithToken, responses::WithRole, responses::OnOne, responses::InState
    ),
    security(("access_token" = []))
)]
#[post("/v1/exchanges/{exchange_id}/no-show")]
pub async fn report_no_show(actor: ExchangeActor, app: Data<App>, body: Json<WordsIn>) -> Result<Edited<ExchangeOut>> {
    let deed = Deed::NoShow(body.0.parse()?);
    act(&actor, &app, deed).await
}

/// Say that it has come back
///
/// The group that lent or shared it says so. What has come back can be promised again.
#[utoipa::path(
    tag = "Exchanges",
    params(("exchange_id" = ExchangeId, Path, description = "The exchange."), AsQuery),
    responses(
        (status = 200, description = "Back.", body = ExchangeOut, headers(("ETag" = String, description = "Its version."))),
        responses::Any, responses::WithParameters, responses::WithToken, responses::WithRole, responses::OnOne, responses::InState
    ),
    security(("access_token" = []))
)]
#[post("/v1/exchanges/{exchange_id}/return")]
pub async fn return_exchange(actor: ExchangeActor, app: Data<App>) -> Result<Edited<ExchangeOut>> {
    act(&actor, &app, Deed::Return).await
}

async fn act(actor: &ExchangeActor, app: &App, deed: Deed) -> Result<Edited<ExchangeOut>> {
    let now = app.clock.now();
    let who = Actor { user: Some(actor.user_id), side: actor.side, now };
    let view = service::act(&mut *app.db.conn().await?, who, actor.exchange_id, deed).await?;
    Ok(Edited { version: view.exchange.version, thing: ExchangeOut::of(view, actor.side, now) })
}
