//! Exchanges over HTTP: permission, parse, call, answer.

pub mod actions;
pub mod outcomes;

use actix_web::{HttpResponse, get, http::header::CONTENT_DISPOSITION, post, web::Data};
use serde::{Deserialize, Serialize};
use utoipa::IntoParams;

use super::{
    Side, State, calendar,
    dto::{ExchangeOut, PairIn, ProposalIn, TransitionOut},
    model::ExchangeView,
    permissions::{AsQuery, ExchangeAttendee, ExchangeReader},
    queries::{self, Whose},
    rules::{Refused, TABLE},
    service::propose,
};
use crate::{
    app::App,
    error::{Error, Result},
    groups::{GroupEditor, GroupViewer},
    http::{Created, Cursor, Edited, Idempotency, Json, Limit, Page, Query, responses},
    networks::NetworkStaff,
    types::{
        Fields, Refusal,
        ids::{ExchangeId, GroupId, NetworkId},
    },
};

/// Propose an exchange
///
/// To the owner of a listing: your group would like some of an offer, or could give some of what is wanted. Your group has agreed by
/// proposing; the other one accepts or declines. Nothing is reserved until then.
#[utoipa::path(
    tag = "Exchanges",
    params(("group_id" = GroupId, Path, description = "Your group."),
        ("Idempotency-Key" = Option<String>, Header, description = "Makes a repeat of this request harmless.")),
    request_body = ProposalIn,
    responses(
        (status = 201, description = "Proposed.", body = ExchangeOut, headers(("Location" = String, description = "Its address."), ("ETag" = String, description = "Its version."))),
        responses::Any, responses::WithBody, responses::WithToken, responses::WithRole, responses::OnOne, responses::InState
    ),
    security(("access_token" = []))
)]
#[post("/v1/groups/{group_id}/exchanges")]
pub async fn propose_exchange(editor: GroupEditor, app: Data<App>, idempotency: Idempotency, body: Json<ProposalIn>) -> Result<Created> {
    let (input, proposal) = (body.0.clone(), body.0.parse()?);
    let now = app.clock.now();
    let mut conn = app.db.conn().await?;
    idempotency
        .once(&mut conn, (editor.user_id, now), &input, async |tx| {
            let view = propose::propose(tx, (editor.user_id, editor.group_id), proposal, now).await?;
            let you = if view.exchange.giver_group_id == editor.group_id { Side::Giver } else { Side::Receiver };
            created(view, you, now)
        })
        .await
}

/// Propose a pair to both groups
///
/// For a network's staff: an offer and a want that fit, one of them at least of your network. Neither group has agreed; both have to.
#[utoipa::path(
    tag = "Exchanges",
    params(("network_id" = NetworkId, Path, description = "Your network."),
        ("Idempotency-Key" = Option<String>, Header, description = "Makes a repeat of this request harmless.")),
    request_body = PairIn,
    responses(
        (status = 201, description = "Proposed.", body = ExchangeOut, headers(("Location" = String, description = "Its address."), ("ETag" = String, description = "Its version."))),
        responses::Any, responses::WithBody, responses::WithToken, responses::WithRole, responses::OnOne, responses::InState
    ),
    security(("access_token" = []))
)]
#[post("/v1/networks/{network_id}/exchanges")]
pub async fn propose_pair(staff: NetworkStaff, app: Data<App>, idempotency: Idempotency, body: Json<PairIn>) -> Result<Created> {
    let (input, pair) = (body.0.clone(), body.0.parse()?);
    let now = app.clock.now();
    let mut conn = app.db.conn().await?;
    idempotency
        .once(&mut conn, (staff.user_id, now), &input, async |tx| {
            created(propose::propose_pair(tx, (staff.user_id, staff.network_id), pair, now).await?, Side::Staff, now)
        })
        .await
}

fn created(view: ExchangeView, you: Side, now: chrono::DateTime<chrono::Utc>) -> Result<Created> {
    let (location, version) = (format!("/v1/exchanges/{}", view.exchange.id), view.exchange.version);
    Created::new(location, Some(version), &ExchangeOut::of(view, you, now))
}

/// Which exchanges of a group to list.
#[derive(Debug, Clone, Deserialize, Serialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct GroupExchangesQuery {
    /// In this state only.
    #[param(inline, value_type = Option<State>)]
    state: Option<String>,
    /// `giver`: what your group gives. `receiver`: what it receives.
    side: Option<String>,
    /// Entries on the page, 1 to 100; 20 unless asked for.
    #[param(value_type = Option<u8>, minimum = 1, maximum = 100, default = 20)]
    limit: Option<String>,
    /// next_cursor of the page before.
    cursor: Option<String>,
}

/// List a group's exchanges
///
/// Those in which it gives or receives, newest first. For its members.
#[utoipa::path(
    tag = "Exchanges",
    params(("group_id" = GroupId, Path, description = "Your group."), GroupExchangesQuery),
    responses((status = 200, description = "A page of exchanges.", body = Page<ExchangeOut>), responses::Any, responses::WithParameters, responses::WithToken, responses::WithRole, responses::OnOne),
    security(("access_token" = []))
)]
#[get("/v1/groups/{group_id}/exchanges")]
pub async fn list_group_exchanges(viewer: GroupViewer, app: Data<App>, query: Query<GroupExchangesQuery>) -> Result<Page<ExchangeOut>> {
    let (group, now) = (viewer.group_id, app.clock.now());
    let list = (group, GroupExchangesQuery { limit: None, cursor: None, ..query.0.clone() });
    let mut fields = Fields::query();
    let state = fields.check_optional("state", query.0.state, State::parse);
    let side = fields.check_optional("side", query.0.side, party);
    let limit = fields.check_optional("limit", query.0.limit, Limit::parse);
    let (state, side, limit) = fields.finish(|| Some((state?, side?, limit?.unwrap_or_default())))?;
    let after = query.0.cursor.map(|cursor| Cursor::decode(&list, &cursor)).transpose()?;
    let views = queries::list(&mut *app.db.conn().await?, Whose::Group(group, side), state, (limit, after)).await?;
    let page = Page::cut(views, limit.entries(), |last| Cursor::encode(&list, (last.exchange.created_at, last.exchange.id)));
    Ok(page.map(|view| {
        let you = if view.exchange.giver_group_id == group { Side::Giver } else { Side::Receiver };
        ExchangeOut::of(view, you, now)
    }))
}

fn party(word: String) -> Result<Side, Refusal> {
    match Side::parse(word) {
        Ok(side @ (Side::Giver | Side::Receiver)) => Ok(side),
        _ => Err(Refusal::new("not_one_of", "Use one of: giver, receiver.")),
    }
}

/// Which exchanges of a network to list.
#[derive(Debug, Clone, Deserialize, Serialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct NetworkExchangesQuery {
    /// In this state only.
    #[param(inline, value_type = Option<State>)]
    state: Option<String>,
    /// Entries on the page, 1 to 100; 20 unless asked for.
    #[param(value_type = Option<u8>, minimum = 1, maximum = 100, default = 20)]
    limit: Option<String>,
    /// next_cursor of the page before.
    cursor: Option<String>,
}

/// List a network's exchanges
///
/// For its staff, newest first: who gives what to whom, and how far it is. When and where they meet, and what they write to each
/// other, is for the two groups alone.
#[utoipa::path(
    tag = "Exchanges",
    params(("network_id" = NetworkId, Path, description = "Your network."), NetworkExchangesQuery),
    responses((status = 200, description = "A page of exchanges.", body = Page<ExchangeOut>), responses::Any, responses::WithParameters, responses::WithToken, responses::WithRole, responses::OnOne),
    security(("access_token" = []))
)]
#[get("/v1/networks/{network_id}/exchanges")]
pub async fn list_network_exchanges(staff: NetworkStaff, app: Data<App>, query: Query<NetworkExchangesQuery>) -> Result<Page<ExchangeOut>> {
    let now = app.clock.now();
    let list = (staff.network_id, NetworkExchangesQuery { limit: None, cursor: None, ..query.0.clone() });
    let mut fields = Fields::query();
    let state = fields.check_optional("state", query.0.state, State::parse);
    let limit = fields.check_optional("limit", query.0.limit, Limit::parse);
    let (state, limit) = fields.finish(|| Some((state?, limit?.unwrap_or_default())))?;
    let after = query.0.cursor.map(|cursor| Cursor::decode(&list, &cursor)).transpose()?;
    let views = queries::list(&mut *app.db.conn().await?, Whose::Network(staff.network_id), state, (limit, after)).await?;
    let page = Page::cut(views, limit.entries(), |last| Cursor::encode(&list, (last.exchange.created_at, last.exchange.id)));
    Ok(page.map(|view| ExchangeOut::of(view, Side::Staff, now)))
}

/// Read what can happen to exchanges
///
/// The whole table: what may be done, in which states, by whom, and what comes of it. What is not in it cannot happen.
#[utoipa::path(tag = "Exchanges", security(()), responses((status = 200, description = "All transitions.", body = Page<TransitionOut>), responses::Any))]
#[get("/v1/exchanges/transitions")]
pub async fn list_exchange_transitions() -> Page<TransitionOut> {
    std::future::ready(Page::whole(TABLE.iter().map(TransitionOut::from).collect())).await
}

/// Read an exchange
///
/// For the members of its two groups, and the staff of its network.
#[utoipa::path(
    tag = "Exchanges",
    params(("exchange_id" = ExchangeId, Path, description = "The exchange."), AsQuery),
    responses(
        (status = 200, description = "The exchange.", body = ExchangeOut, headers(("ETag" = String, description = "Its version."))),
        (status = 304, description = "You have this version already (If-None-Match)."),
        responses::Any, responses::WithParameters, responses::WithToken, responses::WithRole, responses::OnOne
    ),
    security(("access_token" = []))
)]
#[get("/v1/exchanges/{exchange_id}")]
pub async fn get_exchange(reader: ExchangeReader, app: Data<App>) -> Result<Edited<ExchangeOut>> {
    let view = queries::view(&mut *app.db.conn().await?, reader.exchange_id).await?.ok_or_else(|| Error::not_found("exchange"))?;
    Ok(Edited { version: view.exchange.version, thing: ExchangeOut::of(view, reader.side, app.clock.now()) })
}

/// Read when and where, for a calendar
///
/// A calendar file (RFC 5545) of a scheduled exchange, for the two groups alone. It keeps its id when the time changes, so that
/// calendars move the entry.
#[utoipa::path(
    tag = "Exchanges",
    params(("exchange_id" = ExchangeId, Path, description = "The exchange."), AsQuery),
    responses(
        (status = 200, description = "The calendar file.", body = String, content_type = "text/calendar", example = json!("BEGIN:VCALENDAR\r\nVERSION:2.0\r\nEND:VCALENDAR\r\n")),
        responses::Any, responses::WithParameters, responses::WithToken, responses::WithRole, responses::OnOne, responses::InState
    ),
    security(("access_token" = []))
)]
#[get("/v1/exchanges/{exchange_id}/calendar.ics")]
pub async fn get_exchange_calendar(attendee: ExchangeAttendee, app: Data<App>) -> Result<HttpResponse> {
    let view = queries::view(&mut *app.db.conn().await?, attendee.exchange_id).await?.ok_or_else(|| Error::not_found("exchange"))?;
    let state = view.exchange.state;
    let file = Some(view).filter(|_| state == State::Scheduled).and_then(|view| calendar::file(&view, attendee.side)).ok_or_else(|| {
        Refused::State(format!("This exchange is {}. It has a time and a place while it is scheduled.", state.in_words()))
    })?;
    let mut answer = HttpResponse::Ok();
    answer.insert_header((CONTENT_DISPOSITION, "attachment; filename=\"exchange.ics\""));
    Ok(answer.content_type("text/calendar; charset=utf-8").body(file))
}
