//! Checks of a draft over HTTP.

use actix_web::{
    post,
    web::{Data, Json as JsonOut},
};

use super::{service, shown::CheckedOut};
use crate::{
    app::App,
    error::Result,
    groups::GroupEditor,
    http::{
        Json,
        limits::{Allowance, count_try},
        responses,
    },
    // What is checked is what will be posted, so it is the very same input.
    listings::{dto::ListingIn, service::Posting},
    types::ids::GroupId,
};

/// Checks that one person may ask for: one every second and a half, as while typing, for a quarter of an hour.
const CHECKS: Allowance = Allowance { tries: 600, minutes: 15 };

/// Check a listing before posting it
///
/// Takes what `create_listing` takes and refuses what it refuses, but posts nothing. Says what the network's automatic checks find, each with
/// the words concerned and what to do, and what becomes of the listing if it is posted as it is. Limits and ground rules are looked at when
/// it is posted. Meant to be asked while somebody types: 600 times in 15 minutes.
#[utoipa::path(
    tag = "Checks",
    params(("group_id" = GroupId, Path, description = "The group that has it or wants it.")),
    request_body = ListingIn,
    responses(
        (status = 200, description = "What the checks say.", body = CheckedOut),
        responses::Any, responses::WithBody, responses::WithToken, responses::WithRole, responses::OnOne, responses::WithTries
    ),
    security(("access_token" = []))
)]
#[post("/v1/groups/{group_id}/listings/check")]
pub async fn check_listing(editor: GroupEditor, app: Data<App>, body: Json<ListingIn>) -> Result<JsonOut<CheckedOut>> {
    let posted = body.0.parse()?;
    let posting = Posting { group: editor.group_id, user: Some(editor.user_id), now: app.clock.now(), draft: true, external_id: None };
    let mut conn = app.db.conn().await?;
    count_try(&mut conn, ("check_listing", &editor.user_id.to_string()), CHECKS, posting.now).await?;
    let judged = service::check(&mut conn, &app.catalogue, &posting, posted).await?;
    Ok(JsonOut(judged.into()))
}
