//! The doors of accounts: permission, parse, call, answer.

use actix_web::{
    HttpRequest, HttpResponse, Responder, delete, get,
    http::header::CACHE_CONTROL,
    patch, post, put,
    web::{self, Data},
};

use super::{
    dto::{
        ChangePasswordIn, DeleteMeIn, JwksOut, ListSessionsQuery, MeIn, MeOut, MyMembershipOut, MyStaffRoleOut, RefreshSessionIn,
        SessionOut, SignInIn, SignUpIn, SignUpOut, TokensOut, cursor_after,
    },
    model::User,
    queries, service,
};
use crate::{
    app::App,
    db::Conn,
    error::Result,
    groups,
    http::{Created, Json, MergePatch, Page, Query, SignedIn, limits::address_of, path, responses},
    networks,
};

/// Make an account.
///
/// The answer is the same whether or not the address has an account already, and nothing changes for one that is there. Sign in
/// afterwards. Sending it twice does no harm, so it takes no Idempotency-Key. At most 30 an hour from one network address.
#[utoipa::path(tag = "Accounts", request_body = SignUpIn, security(()), responses(
    (status = 202, description = "Taken in.", body = SignUpOut), responses::Any, responses::WithBody, responses::WithTries,
))]
#[post("/v1/users")]
pub async fn sign_up(app: Data<App>, request: HttpRequest, body: Json<SignUpIn>) -> Result<impl Responder> {
    let new = body.0.parse()?;
    service::sign_up(&app, &address_of(&request)?, new).await?;
    Ok(HttpResponse::Accepted().json(SignUpOut::DONE))
}

/// Sign in.
///
/// Begins a session and gives its first tokens. The session ends after 90 days without being renewed, and after 400 days at
/// most. At most 10 tries in 15 minutes for one account, and 60 from one network address. Takes no Idempotency-Key: a
/// repeat begins another session.
#[utoipa::path(tag = "Accounts", request_body = SignInIn, security(()), responses(
    (status = 201, description = "Signed in.", body = TokensOut,
        headers(("Location" = String, description = "The session, for ending it."))),
    responses::Any, responses::WithBody, responses::WithToken, responses::WithTries,
))]
#[post("/v1/sessions")]
pub async fn sign_in(app: Data<App>, request: HttpRequest, body: Json<SignInIn>) -> Result<impl Responder> {
    let given = body.0.parse()?;
    let granted = service::sign_in(&app, &address_of(&request)?, given).await?;
    Created::new(format!("/v1/sessions/{}", granted.session_id), None, &TokensOut::from(granted))
}

/// Stay signed in.
///
/// Takes the newest refresh token of a session and gives new tokens. Each refresh token is good once: using an old one again
/// ends the session, because one of two holders must have stolen it. Send one renewal at a time.
#[utoipa::path(tag = "Accounts", request_body = RefreshSessionIn, security(()), responses(
    (status = 200, description = "New tokens.", body = TokensOut),
    responses::Any, responses::WithBody, responses::WithToken, responses::WithTries,
))]
#[post("/v1/sessions/refresh")]
pub async fn refresh_session(app: Data<App>, request: HttpRequest, body: Json<RefreshSessionIn>) -> Result<impl Responder> {
    let granted = service::refresh_session(&app, &address_of(&request)?, &body.0.refresh_token).await?;
    Ok(web::Json(TokensOut::from(granted)))
}

/// List the own sessions.
///
/// Those that live: neither ended nor expired. Newest first.
#[utoipa::path(tag = "Accounts", params(ListSessionsQuery), security(("access_token" = [])), responses(
    (status = 200, description = "A page of sessions.", body = Page<SessionOut>,
        headers(("Link" = String, description = "The next page, when there is one.")), example = json!({"items": [{
        "id": "01980a8e-2c4b-7c11-9b1e-6d1f0c2a7e55", "current": true, "device": "Office computer", "created_at": "2026-03-01T09:00:00Z",
        "last_used_at": "2026-03-04T17:20:00Z", "expires_at": "2026-06-02T17:20:00Z"
    }], "next_cursor": null})),
    responses::Any, responses::WithToken, responses::WithParameters,
))]
#[get("/v1/sessions")]
pub async fn list_sessions(app: Data<App>, signed_in: SignedIn, query: Query<ListSessionsQuery>) -> Result<impl Responder> {
    let user = signed_in.user_id;
    let (limit, after) = query.0.parse(user)?;
    let mut conn = app.db.conn().await?;
    let rows = queries::living_sessions(&mut conn, user, app.clock.now(), after, limit.and_one()).await?;
    let page = Page::cut(rows, limit.entries(), |last| cursor_after(user, last));
    Ok(page.map(|session| SessionOut::new(session, signed_in.session_id)))
}

/// Sign out on one device.
///
/// Ends one of your own sessions. Its access tokens stop at once.
#[utoipa::path(tag = "Accounts", security(("access_token" = [])),
    params(("session_id" = String, Path, description = "Id of the session, or `current` for the one that asks.", example = "current")),
    responses((status = 204, description = "Ended."), responses::Any, responses::WithToken, responses::OnOne),
)]
#[delete("/v1/sessions/{session_id}")]
pub async fn end_session(app: Data<App>, signed_in: SignedIn, request: HttpRequest) -> Result<impl Responder> {
    let session = match request.match_info().get("session_id") {
        Some("current") => signed_in.session_id,
        _ => path::param(&request, "session_id", "session")?,
    };
    service::end_session(&app, signed_in, session).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Sign out everywhere.
///
/// Ends all your sessions, this one too. Their access tokens stop at once.
#[utoipa::path(tag = "Accounts", security(("access_token" = [])),
    responses((status = 204, description = "All ended."), responses::Any, responses::WithToken),
)]
#[delete("/v1/sessions")]
pub async fn end_all_sessions(app: Data<App>, signed_in: SignedIn) -> Result<impl Responder> {
    service::end_all_sessions(&app, signed_in).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Who am I?
///
/// Your account, the groups that you act for, and the networks that you work for.
#[utoipa::path(tag = "Accounts", security(("access_token" = [])),
    responses((status = 200, description = "You.", body = MeOut), responses::Any, responses::WithToken),
)]
#[get("/v1/users/me")]
pub async fn get_me(app: Data<App>, signed_in: SignedIn) -> Result<impl Responder> {
    let mut conn = app.db.conn().await?;
    let user = queries::user(&mut conn, signed_in.user_id).await?.ok_or_else(service::account_gone)?;
    Ok(web::Json(show_me(&mut conn, user).await?))
}

/// Change the own account.
///
/// Only its own person edits an account, so it has no ETag and needs no If-Match: the last change stays.
#[utoipa::path(tag = "Accounts", security(("access_token" = [])),
    request_body(content = MeIn, example = json!({"name": "Olwen Siân Pritchard"})),
    responses((status = 200, description = "You now.", body = MeOut), responses::Any, responses::WithToken, responses::WithBody),
)]
#[patch("/v1/users/me")]
pub async fn update_me(app: Data<App>, signed_in: SignedIn, changes: MergePatch<MeIn>) -> Result<impl Responder> {
    let mut conn = app.db.conn().await?;
    let user = service::update_me(&app, &mut conn, signed_in, |user| Ok(changes.apply(&MeIn::of(user))?.parse()?)).await?;
    Ok(web::Json(show_me(&mut conn, user).await?))
}

/// Delete the own account.
///
/// For good, with the password. You leave your groups and networks, and all your sessions end; a group of which you are the only member is
/// closed. What you did for groups stays readable without you. Refused while you are the only owner of a group that others belong to,
/// or the only coordinator of a network. At most 10 tries in 15 minutes, together with changes of the password.
#[utoipa::path(tag = "Accounts", request_body = DeleteMeIn, security(("access_token" = [])), responses(
    (status = 204, description = "Deleted."),
    responses::Any, responses::WithToken, responses::WithBody, responses::InState, responses::WithTries,
))]
#[delete("/v1/users/me")]
pub async fn delete_me(app: Data<App>, request: HttpRequest, signed_in: SignedIn, body: Json<DeleteMeIn>) -> Result<impl Responder> {
    service::leaving::delete_account(&app, &address_of(&request)?, signed_in, body.0.password).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Change the password.
///
/// Ends all your other sessions; this one stays. At most 10 tries in 15 minutes.
#[utoipa::path(tag = "Accounts", request_body = ChangePasswordIn, security(("access_token" = [])), responses(
    (status = 204, description = "Changed."),
    responses::Any, responses::WithToken, responses::WithBody, responses::InState, responses::WithTries,
))]
#[put("/v1/users/me/password")]
pub async fn change_password(
    app: Data<App>,
    request: HttpRequest,
    signed_in: SignedIn,
    body: Json<ChangePasswordIn>,
) -> Result<impl Responder> {
    let change = body.0.parse()?;
    service::change_password(&app, &address_of(&request)?, signed_in, change).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// The keys that access tokens are signed with.
///
/// A JSON Web Key Set (RFC 7517) for programs that check our access tokens themselves. A token may be good and its session
/// ended: only this API knows that.
#[utoipa::path(tag = "Accounts", security(()), responses(
    (status = 200, description = "The public keys.", body = JwksOut,
        headers(("Cache-Control" = String, description = "public, max-age=300"))),
    responses::Any,
))]
#[get("/.well-known/jwks.json")]
pub async fn get_jwks(app: Data<App>) -> impl Responder {
    let keys = JwksOut::new(&app.tokens.public_keys);
    std::future::ready(HttpResponse::Ok().insert_header((CACHE_CONTROL, "public, max-age=300")).json(keys)).await
}

async fn show_me(conn: &mut Conn, user: User) -> Result<MeOut> {
    let memberships = groups::queries::roles_of(conn, user.id).await?;
    let staff_roles = networks::queries::staff_roles_of(conn, user.id).await?;
    Ok(MeOut {
        id: user.id,
        email: user.email,
        name: user.name,
        mail_notices: user.mail_notices,
        created_at: user.created_at,
        memberships: memberships.into_iter().map(|(group_id, group_name, role)| MyMembershipOut { group_id, group_name, role }).collect(),
        staff_roles: staff_roles
            .into_iter()
            .map(|(network_id, network_slug, role)| MyStaffRoleOut { network_id, network_slug, role })
            .collect(),
    })
}
