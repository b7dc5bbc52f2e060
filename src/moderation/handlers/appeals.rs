//! Appeals, for the group.

use actix_web::{HttpRequest, HttpResponse, Responder, delete, get, post, web, web::Data};

use crate::{
    app::App,
    error::{Error, Result},
    groups::permissions::{GroupEditor, GroupViewer},
    http::{Created, Idempotency, Json, path, responses},
    moderation::{
        dto::decisions::{AppealIn, AppealOut},
        service::appeals,
    },
    types::ids::{DecisionId, GroupId},
};

/// Appeal against a decision
///
/// Once, within thirty days. Another coordinator of the network decides. Only against what refused, hid, turned or put something together, or
/// asked for changes.
#[utoipa::path(
    tag = "Moderation",
    params(("group_id" = GroupId, Path, description = "The group."), ("decision_id" = DecisionId, Path, description = "The decision."),
        ("Idempotency-Key" = Option<String>, Header, description = "Makes a repeat of this request harmless.")),
    request_body = AppealIn,
    responses((status = 201, description = "It waits for another coordinator.", body = AppealOut, headers(("Location" = String, description = "Its address."))),
        responses::Any, responses::WithBody, responses::WithToken, responses::WithRole, responses::OnOne, responses::InState),
    security(("access_token" = []))
)]
#[post("/v1/groups/{group_id}/decisions/{decision_id}/appeal")]
pub async fn create_appeal(
    editor: GroupEditor,
    app: Data<App>,
    request: HttpRequest,
    idempotency: Idempotency,
    Json(body): Json<AppealIn>,
) -> Result<Created> {
    let (id, me) = (decision_id(&request)?, (editor.user_id, app.clock.now()));
    let (input, words) = (body.clone(), body.parse()?);
    let mut conn = app.db.conn().await?;
    idempotency
        .once(&mut conn, me, &(id, input), async |tx| {
            let (_, appeal) = appeals::appeal(tx, me, editor.group_id, id, &words).await?;
            Created::new(format!("/v1/groups/{}/decisions/{id}/appeal", editor.group_id), None, &AppealOut::of(&appeal, me.1))
        })
        .await
}

/// Read an appeal
///
/// What became of it, for the group's members, when that is final.
#[utoipa::path(
    tag = "Moderation",
    params(("group_id" = GroupId, Path, description = "The group."), ("decision_id" = DecisionId, Path, description = "The decision.")),
    responses((status = 200, description = "The appeal.", body = AppealOut),
        responses::Any, responses::WithToken, responses::WithRole, responses::OnOne),
    security(("access_token" = []))
)]
#[get("/v1/groups/{group_id}/decisions/{decision_id}/appeal")]
pub async fn get_appeal(viewer: GroupViewer, app: Data<App>, request: HttpRequest) -> Result<impl Responder> {
    let (id, now) = (decision_id(&request)?, app.clock.now());
    let (_, appeal) = appeals::find(&mut *app.db.conn().await?, (viewer.group_id, now), id).await?;
    Ok(web::Json(AppealOut::of(&appeal, now)))
}

/// Take an appeal back
///
/// While it waits. The decision stands then, and cannot be appealed again.
#[utoipa::path(
    tag = "Moderation",
    params(("group_id" = GroupId, Path, description = "The group."), ("decision_id" = DecisionId, Path, description = "The decision.")),
    responses((status = 204, description = "Taken back."),
        responses::Any, responses::WithToken, responses::WithRole, responses::OnOne, responses::InState),
    security(("access_token" = []))
)]
#[delete("/v1/groups/{group_id}/decisions/{decision_id}/appeal")]
pub async fn withdraw_appeal(editor: GroupEditor, app: Data<App>, request: HttpRequest) -> Result<HttpResponse> {
    let (id, me) = (decision_id(&request)?, (editor.user_id, app.clock.now()));
    appeals::withdraw(&mut *app.db.conn().await?, me, editor.group_id, id).await?;
    Ok(HttpResponse::NoContent().finish())
}

fn decision_id(request: &HttpRequest) -> Result<DecisionId, Error> {
    path::param(request, "decision_id", "decision")
}
