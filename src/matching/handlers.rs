//! Matches over HTTP: permission, parse, call, answer.

pub mod explain;
pub mod network;
pub mod preview;
pub mod similar;

use actix_web::{HttpRequest, HttpResponse, delete, get, put, web::Data};

use super::{
    dto::{DismissalOut, GroupMatchesQuery, MatchOut, MatchesPage, MatchesQuery, MethodOut},
    queries::{self, Search, Seekers},
    service,
};
use crate::{
    app::App,
    error::Result,
    groups::GroupViewer,
    http::{Page, Query, path, responses},
    listings::permissions::{ListingEditor, ListingInsider},
    types::ids::{GroupId, ListingId},
};

/// Find what fits a listing
///
/// The best counterparts, best first: exactly the best of the definition, never an approximation. For the group's members
/// and the network's staff. A draft shows what it would match; another listing that is not open has no matches.
#[utoipa::path(
    tag = "Matches",
    params(("listing_id" = String, Path, description = "Id or short code of the listing."), MatchesQuery),
    responses(
        (status = 200, description = "A page of matches.", body = Page<MatchOut>),
        responses::Any, responses::WithParameters, responses::WithToken, responses::WithRole, responses::OnOne
    ),
    security(("access_token" = []))
)]
#[get("/v1/listings/{listing_id}/matches")]
pub async fn list_listing_matches(insider: ListingInsider, app: Data<App>, query: Query<MatchesQuery>) -> Result<Page<MatchOut>> {
    let list = format!("listing {}", insider.listing_id);
    let page = query.0.parse(&list, app.clock.now())?;
    let search = Search { even_draft: true, ..page.search() };
    show(&app, (Seekers::Listing(insider.listing_id), &search), &list, page).await
}

/// Find what fits a group
///
/// The matches of all its open listings, best first; or, on request, those first whose groups fit both ways round.
#[utoipa::path(
    tag = "Matches",
    params(("group_id" = GroupId, Path, description = "The group."), GroupMatchesQuery),
    responses(
        (status = 200, description = "A page of matches.", body = Page<MatchOut>),
        responses::Any, responses::WithParameters, responses::WithToken, responses::WithRole, responses::OnOne
    ),
    security(("access_token" = []))
)]
#[get("/v1/groups/{group_id}/matches")]
pub async fn list_group_matches(viewer: GroupViewer, app: Data<App>, query: Query<GroupMatchesQuery>) -> Result<Page<MatchOut>> {
    let (seekers, query) = query.0.split(viewer.group_id)?;
    let list = format!("{seekers:?}");
    let page = query.parse(&list, app.clock.now())?;
    show(&app, (seekers, &page.search()), &list, page).await
}

async fn show(app: &App, (seekers, search): (Seekers, &Search), list: &str, page: MatchesPage) -> Result<Page<MatchOut>> {
    let found = service::best(&mut *app.db.conn().await?, seekers, search).await?;
    let found = Page::cut(found, page.limit.entries(), |last| page.cursor(list, last));
    Ok(found.map(|found| MatchOut::of(found, page.as_of)))
}

/// List dismissed matches
///
/// What the group does not want to see for this listing, the latest first: so that it can be undone.
#[utoipa::path(
    tag = "Matches",
    params(("listing_id" = String, Path, description = "Id or short code of the listing.")),
    responses(
        (status = 200, description = "All dismissals.", body = Page<DismissalOut>),
        responses::Any, responses::WithToken, responses::WithRole, responses::OnOne
    ),
    security(("access_token" = []))
)]
#[get("/v1/listings/{listing_id}/dismissals")]
pub async fn list_dismissals(insider: ListingInsider, app: Data<App>) -> Result<Page<DismissalOut>> {
    let rows = queries::dismissed(&mut *app.db.conn().await?, insider.group_id, insider.listing_id).await?;
    Ok(Page::whole(rows.into_iter().map(|(listing_id, dismissed_at)| DismissalOut { listing_id, dismissed_at }).collect()))
}

/// Dismiss a match
///
/// Neither group sees the pair again, until this group restores it. Dismissing it twice is no error.
#[utoipa::path(
    tag = "Matches",
    params(
        ("listing_id" = String, Path, description = "Id or short code of your listing."),
        ("counterpart_id" = ListingId, Path, description = "Id of the listing that does not suit.")
    ),
    responses(
        (status = 204, description = "Dismissed."),
        responses::Any, responses::WithToken, responses::WithRole, responses::OnOne, responses::InState
    ),
    security(("access_token" = []))
)]
#[put("/v1/listings/{listing_id}/dismissals/{counterpart_id}")]
pub async fn dismiss_match(editor: ListingEditor, app: Data<App>, request: HttpRequest) -> Result<HttpResponse> {
    let other = path::param(&request, "counterpart_id", "listing")?;
    service::dismiss(&mut *app.db.conn().await?, &editor, other, app.clock.now()).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Restore a dismissed match
///
/// Takes a dismissal of your group back: the pair can match again, for both groups. 404 when it is not dismissed.
#[utoipa::path(
    tag = "Matches",
    params(
        ("listing_id" = String, Path, description = "Id or short code of your listing."),
        ("counterpart_id" = ListingId, Path, description = "Id of the listing that was dismissed.")
    ),
    responses(
        (status = 204, description = "It can match again."),
        responses::Any, responses::WithToken, responses::WithRole, responses::OnOne
    ),
    security(("access_token" = []))
)]
#[delete("/v1/listings/{listing_id}/dismissals/{counterpart_id}")]
pub async fn restore_match(editor: ListingEditor, app: Data<App>, request: HttpRequest) -> Result<HttpResponse> {
    let other = path::param(&request, "counterpart_id", "listing")?;
    service::restore(&mut *app.db.conn().await?, &editor, other, app.clock.now()).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Read how matches are found and scored
///
/// The version of the method, the parts of the score with their weights, and what an offer and a want must satisfy to match at all.
#[utoipa::path(tag = "Matches", security(()), responses((status = 200, description = "The method.", body = MethodOut), responses::Any))]
#[get("/v1/matching/method")]
pub async fn get_matching_method() -> actix_web::web::Json<MethodOut> {
    std::future::ready(actix_web::web::Json(MethodOut::current())).await
}
