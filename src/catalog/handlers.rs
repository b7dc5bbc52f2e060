//! The catalogue's operations.

use actix_web::{HttpRequest, HttpResponse, Responder, get, http::header::CACHE_CONTROL, post, web::Data};

use super::{
    dto::{CategoriesQuery, CategoryIn, CategoryOut, LocalitiesQuery, LocalityOut, NearestQuery, SubAreaIn, SuggestQuery, SuggestionOut},
    rules::Slug,
    service,
};
use crate::{
    app::App,
    error::Result,
    http::{Cacheable, Created, Idempotency, Json, Page, Query, path, responses},
    networks::NetworkCoordinator,
    types::ids::NetworkId,
};

/// Seconds that lists which everybody sees alike may be kept.
const KEPT: u32 = 300;

/// List the categories
///
/// The whole tree on one page, or a part of it; parents come before their children. It changes seldom: keep it, and ask again with
/// `If-None-Match`.
#[utoipa::path(
    tag = "Catalogue", security(()), params(CategoriesQuery),
    responses(
        (status = 200, description = "The categories.", body = Page<CategoryOut>, headers(("ETag" = String, description = "Changes when the answer does.")),
            example = json!({"items": [
                {"slug": "furniture", "name": "Furniture", "description": "Furniture for homes, halls and offices", "resource_type": "thing", "parent": "thing", "level": 2, "network_id": null},
                {"slug": "seating", "name": "Chairs, sofas and seating", "description": "Folding and stacking chairs, armchairs, sofas, stools, benches for indoors", "resource_type": "thing", "parent": "furniture", "level": 3, "network_id": null}
            ], "next_cursor": null})),
        (status = 304, description = "As you know it."),
        responses::Any, responses::WithParameters
    )
)]
#[get("/v1/categories")]
pub async fn list_categories(app: Data<App>, query: Query<CategoriesQuery>) -> Result<impl Responder> {
    let filter = query.0.parse()?;
    let found = service::list_categories(&mut *app.db.conn().await?, filter).await?;
    let items = found.into_iter().map(|(category, parent)| CategoryOut::new(category, parent)).collect();
    Ok(Cacheable { seconds: KEPT, thing: Page::whole(items) })
}

/// Suggest categories for a title
///
/// For the form in which somebody writes a listing: at most five categories of the common catalogue, the best first; an empty list
/// when nothing fits. Knows everyday British words, plurals and small typing errors.
#[utoipa::path(
    tag = "Catalogue", security(()), params(SuggestQuery),
    responses(
        (status = 200, description = "Categories that fit, best first.", body = Page<SuggestionOut>, headers(("ETag" = String, description = "Changes when the answer does.")),
            example = json!({"items": [
                {"category": {"slug": "seating", "name": "Chairs, sofas and seating", "resource_type": "thing"}, "matched_term": "sofa", "confidence": 0.8}
            ], "next_cursor": null})),
        (status = 304, description = "As you know it."),
        responses::Any, responses::WithParameters
    )
)]
#[get("/v1/categories/suggest")]
pub async fn suggest_categories(app: Data<App>, query: Query<SuggestQuery>) -> Result<impl Responder> {
    let title = query.0.parse()?;
    let show = |(category, found): (_, super::suggest::Suggestion)| SuggestionOut {
        category,
        matched_term: found.matched_term,
        confidence: (f64::from(found.confidence) * 100.0).round() / 100.0,
    };
    let items = service::suggest(&app.catalogue.lexicon, title.as_str()).into_iter().map(show).collect();
    std::future::ready(Ok(Cacheable { seconds: KEPT, thing: Page::whole(items) })).await
}

/// Read a category
///
/// One category by its slug, a network's own included.
#[utoipa::path(
    tag = "Catalogue", security(()), params(("slug" = String, Path, description = "Slug of the category.", example = "seating")),
    responses(
        (status = 200, description = "The category.", body = CategoryOut, headers(("ETag" = String, description = "Changes when the answer does."))),
        (status = 304, description = "As you know it."),
        responses::Any, responses::OnOne
    )
)]
#[get("/v1/categories/{slug}")]
pub async fn get_category(app: Data<App>, request: HttpRequest) -> Result<impl Responder> {
    let slug: Slug = path::param(&request, "slug", "category")?;
    let (category, parent) = service::find_category(&mut *app.db.conn().await?, &slug).await?;
    Ok(Cacheable { seconds: KEPT, thing: CategoryOut::new(category, parent) })
}

/// Add a category of a network's own
///
/// Below a category of level 3, for what only this network exchanges. Its coordinators may. The slug is the network's, a dot and the name
/// without diacritics. It matches what the category above it matches.
#[utoipa::path(
    tag = "Catalogue", security(("access_token" = [])),
    params(
        ("network_id" = NetworkId, Path, description = "Id of the network."),
        ("Idempotency-Key" = Option<String>, Header, description = "Makes a repeat safe: same key, same answer, nothing added twice.")
    ),
    request_body(content = CategoryIn),
    responses(
        (status = 201, description = "The new category.", body = CategoryOut, headers(("Location" = String, description = "Its address.")),
            example = json!({"slug": "stoke.oatcake-stall-benches", "name": "Oatcake stall benches", "description": "The long benches that the oatcake stalls share", "resource_type": "thing", "parent": "seating", "level": 4, "network_id": "01980a8e-1f00-7a11-8000-5c1f3d2b7a90"})),
        responses::Any, responses::WithBody, responses::WithToken, responses::WithRole, responses::OnOne, responses::InState
    )
)]
#[post("/v1/networks/{network_id}/categories")]
pub async fn add_category(
    app: Data<App>,
    coordinator: NetworkCoordinator,
    idempotency: Idempotency,
    body: Json<CategoryIn>,
) -> Result<Created> {
    let (now, mut conn) = (app.clock.now(), app.db.conn().await?);
    let sent = serde_json::to_value(&body.0).map_err(|error| crate::error::Error::Internal(error.into()))?;
    let new = body.0.parse()?;
    idempotency
        .once(&mut conn, (coordinator.user_id, now), &sent, async |tx| {
            let added = service::add_category(tx, &coordinator, &new, now).await?;
            let location = format!("/v1/categories/{}", added.slug);
            Created::new(location, None, &CategoryOut::new(added, Some(new.parent.as_str().to_owned())))
        })
        .await
}

/// List or look up localities
///
/// With `q`: what somebody may mean by a name, its beginning, a rough spelling, a Welsh name or a postcode district; those of that name
/// first, then those that begin so, then those like it, the more populous first among equals. Of a full postcode only the district is
/// used, and the rest is not kept. Without `q`: page after page, in a fixed order.
///
/// Place names and positions come from GeoNames (<https://www.geonames.org>) under CC BY 4.0
/// (<https://creativecommons.org/licenses/by/4.0/>), changed by this project: regions, London boroughs, postcode districts and some
/// places, names and positions were added or corrected. Show this wherever you show the data.
#[utoipa::path(
    tag = "Catalogue", security(()), params(LocalitiesQuery),
    responses(
        (status = 200, description = "The localities.", body = Page<LocalityOut>,
            headers(("Link" = Option<String>, description = "The next page, when there is one.")),
            example = json!({"items": [{
                "slug": "hanley-stoke-on-trent", "name": "Hanley", "kind": "place", "also_known_as": [],
                "parent": {"slug": "stoke-on-trent", "name": "Stoke-on-Trent", "kind": "district"},
                "path": "Hanley, Stoke-on-Trent, West Midlands, England", "centroid": {"lat": 53.025, "lng": -2.175}, "network_id": null
            }], "next_cursor": null})),
        responses::Any, responses::WithParameters
    )
)]
#[get("/v1/localities")]
pub async fn list_localities(app: Data<App>, query: Query<LocalitiesQuery>) -> Result<impl Responder> {
    let wanted = query.0.parse()?;
    Ok(service::list_localities(&mut *app.db.conn().await?, wanted).await?.map(LocalityOut::from))
}

/// Find the place nearest to a position
///
/// For phones that know where they are. Towns, villages and suburbs only; 404 when there is none within 50 km. The position is rounded to
/// about 100 m, used for this answer and neither stored nor logged.
#[utoipa::path(
    tag = "Catalogue", security(()), params(NearestQuery),
    responses(
        (status = 200, description = "The nearest place.", body = LocalityOut),
        responses::Any, responses::WithParameters, responses::OnOne
    )
)]
#[get("/v1/localities/nearest")]
pub async fn find_nearest_locality(app: Data<App>, query: Query<NearestQuery>) -> Result<impl Responder> {
    let position = query.0.parse()?;
    let found = service::nearest(&mut *app.db.conn().await?, position).await?;
    Ok(HttpResponse::Ok().insert_header((CACHE_CONTROL, "no-store")).json(LocalityOut::from(found)))
}

/// Read a locality
///
/// One locality by its slug, a network's own sub-areas included.
#[utoipa::path(
    tag = "Catalogue", security(()), params(("slug" = String, Path, description = "Slug of the locality.", example = "hanley-stoke-on-trent")),
    responses(
        (status = 200, description = "The locality.", body = LocalityOut, headers(("ETag" = String, description = "Changes when the answer does."))),
        (status = 304, description = "As you know it."),
        responses::Any, responses::OnOne
    )
)]
#[get("/v1/localities/{slug}")]
pub async fn get_locality(app: Data<App>, request: HttpRequest) -> Result<impl Responder> {
    let slug: Slug = path::param(&request, "slug", "locality")?;
    let found = service::find_locality(&mut *app.db.conn().await?, &slug).await?;
    Ok(Cacheable { seconds: KEPT, thing: LocalityOut::from(found) })
}

/// Draw a sub-area of a network's own
///
/// A neighbourhood that no map has, inside a place, ward or district, with a middle within 50 km of that of its parent. Coordinators of the
/// network may. The slug is the network's, a dot and the name without diacritics.
#[utoipa::path(
    tag = "Catalogue", security(("access_token" = [])),
    params(
        ("network_id" = NetworkId, Path, description = "Id of the network."),
        ("Idempotency-Key" = Option<String>, Header, description = "Makes a repeat safe: same key, same answer, nothing added twice.")
    ),
    request_body(content = SubAreaIn),
    responses(
        (status = 201, description = "The new sub-area.", body = LocalityOut, headers(("Location" = String, description = "Its address.")),
            example = json!({
                "slug": "stoke.havercroft-and-ryhill", "name": "Havercroft & Ryhill", "kind": "sub_area", "also_known_as": [],
                "parent": {"slug": "hanley-stoke-on-trent", "name": "Hanley", "kind": "place"},
                "path": "Havercroft & Ryhill, Hanley, Stoke-on-Trent, West Midlands, England",
                "centroid": {"lat": 53.031, "lng": -2.169}, "network_id": "01980a8e-1f00-7a11-8000-5c1f3d2b7a90"
            })),
        responses::Any, responses::WithBody, responses::WithToken, responses::WithRole, responses::OnOne, responses::InState
    )
)]
#[post("/v1/networks/{network_id}/localities")]
pub async fn add_sub_area(
    app: Data<App>,
    coordinator: NetworkCoordinator,
    idempotency: Idempotency,
    body: Json<SubAreaIn>,
) -> Result<Created> {
    let (now, mut conn) = (app.clock.now(), app.db.conn().await?);
    let sent = serde_json::to_value(&body.0).map_err(|error| crate::error::Error::Internal(error.into()))?;
    let new = body.0.parse()?;
    idempotency
        .once(&mut conn, (coordinator.user_id, now), &sent, async |tx| {
            let added = LocalityOut::from(service::add_sub_area(tx, &coordinator, &new, now).await?);
            Created::new(format!("/v1/localities/{}", added.slug), None, &added)
        })
        .await
}
