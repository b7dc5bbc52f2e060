//! Listings in second networks over HTTP: who may, what is asked, what is answered.

use actix_web::{
    HttpRequest, HttpResponse, Responder, delete, get, put,
    web::{Data, Json as JsonOut},
};

use super::{dto::CrossPostOut, service};
use crate::{
    app::App,
    error::Result,
    http::{Page, path, responses},
    listings::permissions::{ListingEditor, ListingInsider},
    types::ids::NetworkId,
};

/// List where a listing is shown beside its own network
///
/// The networks that its group has asked to show it too, by name, with what each thinks of it. For the group's members; staff see what
/// concerns their own network.
#[utoipa::path(tag = "Listings", security(("access_token" = [])),
    params(("listing_id" = String, Path, description = "Id or short code of the listing.")),
    responses((status = 200, description = "All of them, on one page.", body = Page<CrossPostOut>,
            example = json!({"items": [{"network_id": "01980a8e-0c7c-7d10-a3c0-2a5f3c1d9e00", "slug": "leek", "name": "Leek Together", "moderation": "pending", "is_shown": false,
                "asked_at": "2026-11-22T09:30:00Z"}], "next_cursor": null})),
        responses::Any, responses::WithToken, responses::WithRole, responses::OnOne))]
#[get("/v1/listings/{listing_id}/networks")]
pub async fn list_cross_posts(insider: ListingInsider, app: Data<App>) -> Result<Page<CrossPostOut>> {
    let rows = service::list(&mut *app.db.conn().await?, insider.user_id, (insider.listing_id, insider.group_id)).await?;
    Ok(Page::whole(rows).map(CrossPostOut::from))
}

/// Ask another network to show a listing too
///
/// By an editor of the listing's group, which has to be in good standing there. As that network has set, it shows the listing at once, after
/// a coordinator of its own has approved it, or not at all (409). Its own checks are asked too: what they refuse is 422 `refused_by_checks`,
/// what they hold waits for a coordinator. Whatever its home network takes down disappears there too. Asking twice changes nothing; when
/// that network asked for changes, it puts the listing before its coordinators again. An edit is looked at by each network for itself: one that changes
/// the meaning, or that its checks hold, takes the listing out of sight there until a coordinator of its own has looked; small ones are
/// looked at afterwards.
#[utoipa::path(tag = "Listings", security(("access_token" = [])),
    params(("listing_id" = String, Path, description = "Id or short code of the listing."), ("network_id" = NetworkId, Path, description = "The other network.")),
    responses((status = 200, description = "How it stands there.", body = CrossPostOut),
        responses::Any, responses::WithParameters, responses::WithToken, responses::WithRole, responses::OnOne, responses::InState))]
#[put("/v1/listings/{listing_id}/networks/{network_id}")]
pub async fn show_in_network(editor: ListingEditor, app: Data<App>, request: HttpRequest) -> Result<impl Responder> {
    let network: NetworkId = path::param(&request, "network_id", "network")?;
    let (doer, of) = ((editor.user_id, app.clock.now()), (editor.listing_id, editor.group_id));
    let shown = service::show(&mut *app.db.conn().await?, doer, of, network).await?;
    Ok(JsonOut(CrossPostOut::from(shown)))
}

/// Take a listing out of another network
///
/// By an editor of the listing's group. It stays in its own network.
#[utoipa::path(tag = "Listings", security(("access_token" = [])),
    params(("listing_id" = String, Path, description = "Id or short code of the listing."), ("network_id" = NetworkId, Path, description = "The other network.")),
    responses((status = 204, description = "Not shown there any more."), responses::Any, responses::WithToken, responses::WithRole, responses::OnOne))]
#[delete("/v1/listings/{listing_id}/networks/{network_id}")]
pub async fn hide_from_network(editor: ListingEditor, app: Data<App>, request: HttpRequest) -> Result<impl Responder> {
    let network: NetworkId = path::param(&request, "network_id", "network")?;
    let (doer, of) = ((editor.user_id, app.clock.now()), (editor.listing_id, editor.group_id));
    service::hide(&mut *app.db.conn().await?, doer, of, network).await?;
    Ok(HttpResponse::NoContent().finish())
}
