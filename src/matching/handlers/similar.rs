//! Similar listings over HTTP.

use actix_web::{get, web::Data};

use crate::{
    app::App,
    error::Result,
    http::{Query, responses},
    listings::permissions::ListingInsider,
    matching::{
        dto::{MatchesQuery, similar::SimilarListingsOut},
        service,
    },
};

/// Find who wants or has the same
///
/// Open listings of other groups of the same kind, for the same thing, within the larger reach: so that groups ask or offer together.
/// And what the group, or you for another group, have posted already in the same words. Also for a draft. For the group's members and
/// the network's staff.
#[utoipa::path(
    tag = "Matches",
    params(("listing_id" = String, Path, description = "Id or short code of the listing."), MatchesQuery),
    responses(
        (status = 200, description = "A page of similar listings, and duplicates.", body = SimilarListingsOut),
        responses::Any, responses::WithParameters, responses::WithToken, responses::WithRole, responses::OnOne
    ),
    security(("access_token" = []))
)]
#[get("/v1/listings/{listing_id}/similar")]
pub async fn list_similar_listings(insider: ListingInsider, app: Data<App>, query: Query<MatchesQuery>) -> Result<SimilarListingsOut> {
    let list = format!("similar to {}", insider.listing_id);
    let page = query.0.parse(&list, app.clock.now())?;
    let similar = service::similar::find(&mut *app.db.conn().await?, insider.listing_id, insider.user_id, &page.search()).await?;
    Ok(SimilarListingsOut::new(similar, page.limit.entries(), |last| page.cursor(&list, last)))
}
