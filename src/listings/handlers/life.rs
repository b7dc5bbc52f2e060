//! The life of a listing over HTTP: out of sight for a while, gone elsewhere, taken back, and what has happened to it.

use actix_web::{Responder, get, post, web::Data};

use super::posting;
use crate::{
    app::App,
    audit,
    error::Result,
    http::{Cursor, Edited, MaybeJson, Page, PageQuery, Query, responses},
    listings::{
        dto::{
            ListingOut,
            life::{EndListingIn, HistoryEntryOut, PauseIn},
        },
        permissions::{ListingEditor, ListingInsider},
        rules::Step,
        service::life::{self, Move},
    },
};

/// Pause a listing
///
/// Nobody finds or matches it until it is renewed, or until the date that you name, when it comes back by itself if your group has fewer
/// active listings than the network takes. Its time does not run out meanwhile, and who is interested stays so. A draft may sleep until a
/// date, too. Pausing it again changes the date.
#[utoipa::path(
    tag = "Listings",
    params(("listing_id" = String, Path, description = "Id or short code of the listing.")),
    request_body(content = Option<PauseIn>, description = "May be left out.", example = json!({"until": "2027-03-01T08:00:00Z"})),
    responses(
        (status = 200, description = "Paused.", body = ListingOut, headers(("ETag" = String, description = "Its version."))),
        responses::Any, responses::WithBody, responses::WithToken, responses::WithRole, responses::OnOne, responses::InState
    ),
    security(("access_token" = []))
)]
#[post("/v1/listings/{listing_id}/pause")]
pub async fn pause_listing(editor: ListingEditor, app: Data<App>, body: MaybeJson<PauseIn>) -> Result<Edited<ListingOut>> {
    let moving = Move { until: body.0.parse()?, ..Move::from(Step::Pause) };
    take_step(editor, &app, moving).await
}

/// Withdraw a listing
///
/// Nobody finds it any more; its history stays, and it can be renewed. Every group that was interested gets its answer, with your words
/// if you say some. What was agreed stays agreed.
#[utoipa::path(
    tag = "Listings",
    params(("listing_id" = String, Path, description = "Id or short code of the listing.")),
    request_body(content = Option<EndListingIn>, description = "May be left out.", example = json!({"words": "The school across the road took them all. Thank you for asking!"})),
    responses(
        (status = 200, description = "Withdrawn.", body = ListingOut, headers(("ETag" = String, description = "Its version."))),
        responses::Any, responses::WithBody, responses::WithToken, responses::WithRole, responses::OnOne, responses::InState
    ),
    security(("access_token" = []))
)]
#[post("/v1/listings/{listing_id}/withdraw")]
pub async fn withdraw_listing(editor: ListingEditor, app: Data<App>, body: MaybeJson<EndListingIn>) -> Result<Edited<ListingOut>> {
    let moving = Move { words: body.0.parse()?, ..Move::from(Step::Withdraw) };
    take_step(editor, &app, moving).await
}

/// Say that a listing has gone
///
/// For what went elsewhere: the listing is fulfilled, keeps its history, and never matches again (copy it if there is to be more). Every
/// group that was interested gets its answer, with your words if you say some. Refused while exchanges of it are agreed and not over.
#[utoipa::path(
    tag = "Listings",
    params(("listing_id" = String, Path, description = "Id or short code of the listing.")),
    request_body(content = Option<EndListingIn>, description = "May be left out.", example = json!({"words": "The school across the road took them all. Thank you for asking!"})),
    responses(
        (status = 200, description = "Fulfilled.", body = ListingOut, headers(("ETag" = String, description = "Its version."))),
        responses::Any, responses::WithBody, responses::WithToken, responses::WithRole, responses::OnOne, responses::InState
    ),
    security(("access_token" = []))
)]
#[post("/v1/listings/{listing_id}/fulfil")]
pub async fn fulfil_listing(editor: ListingEditor, app: Data<App>, body: MaybeJson<EndListingIn>) -> Result<Edited<ListingOut>> {
    let moving = Move { words: body.0.parse()?, ..Move::from(Step::Fulfil) };
    take_step(editor, &app, moving).await
}

/// Read the history of a listing
///
/// What was done to it, the latest first: when, in what role (never who), in which network, and why. For its group and its network's staff:
/// these read nothing of what other networks do with it.
#[utoipa::path(
    tag = "Listings",
    params(("listing_id" = String, Path, description = "Id or short code of the listing."), PageQuery),
    responses((status = 200, description = "A page of its history.", body = Page<HistoryEntryOut>),
        responses::Any, responses::WithParameters, responses::WithToken, responses::WithRole, responses::OnOne),
    security(("access_token" = []))
)]
#[get("/v1/listings/{listing_id}/history")]
pub async fn list_listing_history(insider: ListingInsider, app: Data<App>, Query(query): Query<PageQuery>) -> Result<impl Responder> {
    let filters = ("list_listing_history", insider.listing_id);
    let (limit, before) = query.parse(&filters)?;
    let subject = ("listing", insider.listing_id.to_string());
    let mut conn = app.db.conn().await?;
    let looker = insider.looker(&mut conn).await?;
    let rows = audit::of_subject(&mut conn, (&looker, app.clock.now()), subject, before, limit.and_one()).await?;
    let page = Page::cut(rows, limit.entries(), |last| Cursor::encode(&filters, (last.occurred_at, last.id)));
    Ok(page.map(|entry| HistoryEntryOut::of(entry, insider.group_id)))
}

/// Takes a step and shows the listing then.
pub(super) async fn take_step(editor: ListingEditor, app: &App, moving: Move) -> Result<Edited<ListingOut>> {
    let posting = posting(app, editor.user_id, editor.group_id, false);
    let view = life::take_step(&mut *app.db.conn().await?, &posting, editor.listing_id, moving).await?.view;
    Ok(Edited { version: view.listing.version, thing: ListingOut::of(view, posting.now) })
}
