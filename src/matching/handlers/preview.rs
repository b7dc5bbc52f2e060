//! What a listing would match if it were posted, over HTTP.

use actix_web::{post, web};

use crate::{
    app::App,
    error::Result,
    groups::GroupEditor,
    http::{
        Json,
        limits::{Allowance, count_try},
        responses,
    },
    // What is previewed is what will be posted, so it is the very same input.
    listings::{dto::ListingIn, service::Posting},
    matching::{dto::preview::PreviewOut, service},
    types::ids::GroupId,
};

/// Previews that one person may ask for: one every second and a half, as while typing, for a quarter of an hour.
const PREVIEWS: Allowance = Allowance { tries: 600, minutes: 15 };

/// See what a listing would match
///
/// Takes what `create_listing` takes and refuses what it refuses of a draft, but posts nothing; what the network's checks find is asked with
/// `check_listing`. Counts the groups and shows the best matches. Meant to be asked while somebody types: 600 times in 15 minutes.
#[utoipa::path(
    tag = "Matches",
    params(("group_id" = GroupId, Path, description = "The group that has it or wants it.")),
    request_body = ListingIn,
    responses(
        (status = 200, description = "What it would match.", body = PreviewOut),
        responses::Any, responses::WithBody, responses::WithToken, responses::WithRole, responses::OnOne, responses::WithTries
    ),
    security(("access_token" = []))
)]
#[post("/v1/groups/{group_id}/listings/preview")]
pub async fn preview_listing(editor: GroupEditor, app: web::Data<App>, body: Json<ListingIn>) -> Result<web::Json<PreviewOut>> {
    let posted = body.0.parse()?;
    let posting = Posting { group: editor.group_id, user: Some(editor.user_id), now: app.clock.now(), draft: true, external_id: None };
    let mut conn = app.db.conn().await?;
    count_try(&mut conn, ("preview_listing", &editor.user_id.to_string()), PREVIEWS, posting.now).await?;
    let preview = service::preview::preview(&mut conn, &app.catalogue, &posting, posted).await?;
    Ok(web::Json(PreviewOut::of(preview, posting.now)))
}
