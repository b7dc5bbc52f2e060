//! Invitations over HTTP.

use actix_web::{
    HttpRequest, HttpResponse, Responder, delete, get, post,
    web::{Data, Json as JsonOut},
};

use crate::{
    app::App,
    error::Result,
    groups::{
        GroupOwner,
        dto::people::{AcceptInvitationIn, AcceptedInvitationOut, InvitationIn, InvitationOut, NewInvitationOut},
        queries,
        service::{self, invitations},
    },
    http::{
        Created, Cursor, Idempotency, Json, Page, PageQuery, Query, SignedIn,
        limits::{Allowance, address_of, count_try},
        path, responses,
    },
    types::ids::{GroupId, InvitationId},
};

/// Codes that one account, or one network address, may try.
const TRIES: Allowance = Allowance { tries: 20, minutes: 15 };

/// Invitations that one group, or one person for all their groups, may send in a day: each may become a mail to somebody who did not
/// ask for it.
pub(super) const INVITATIONS: Allowance = Allowance { tries: 50, minutes: 24 * 60 };

/// Invitations that one address may get in a day, from all groups together.
pub(super) const INVITATIONS_TO_ONE: Allowance = Allowance { tries: 5, minutes: 24 * 60 };

/// Invite a person by e-mail address
///
/// By an owner. The answer is the same whether or not there is an account with this address. The code is shown this once, to be passed
/// on (a repeat of the request with the same Idempotency-Key gets null for it); it is good for 14 days, only for an account with this address. For a member who already has a role it can only raise it.
#[utoipa::path(tag = "Groups", security(("access_token" = [])), request_body = InvitationIn,
    params(("group_id" = GroupId, Path, description = "The group."), ("Idempotency-Key" = Option<String>, Header, description = "Makes a repeat of this request harmless for 24 hours.")),
    responses((status = 201, description = "The invitation, with its code.", body = NewInvitationOut, headers(("Location" = String, description = "Where it can be taken back."))),
        responses::Any, responses::WithBody, responses::WithToken, responses::WithRole, responses::OnOne, responses::InState, responses::WithTries))]
#[post("/v1/groups/{group_id}/invitations")]
pub async fn invite_member(
    permit: GroupOwner,
    app: Data<App>,
    idempotency: Idempotency,
    Json(body): Json<InvitationIn>,
) -> Result<impl Responder> {
    let (email, role) = body.clone().parse()?;
    let (doer, group) = (permit.doer(&app), permit.group_id);
    let mut conn = app.db.conn().await?;
    idempotency
        .once(&mut conn, doer, &body, async |tx| {
            count_try(tx, ("invite_member group", &group.to_string()), INVITATIONS, doer.1).await?;
            count_try(tx, ("invite_member person", &doer.0.to_string()), INVITATIONS, doer.1).await?;
            count_try(tx, ("invite_member address", email.as_str()), INVITATIONS_TO_ONE, doer.1).await?;
            let (invitation, code) = invitations::invite(tx, doer, group, email, role).await?;
            let location = format!("/v1/groups/{group}/invitations/{}", invitation.id);
            Ok(Created::new(location, None, &NewInvitationOut::new(invitation, code))?.showing_once("code"))
        })
        .await
}

/// List open invitations
///
/// For owners: the invitations that have been neither accepted nor taken back, newest first, without their codes. After `expires_at` one
/// cannot be accepted any more; inviting the same address again replaces it.
#[utoipa::path(tag = "Groups", security(("access_token" = [])), params(("group_id" = GroupId, Path, description = "The group."), PageQuery),
    responses((status = 200, description = "A page of invitations.", body = Page<InvitationOut>, headers(("Link" = String, description = "The next page, when there is one.")),
        example = json!({"items": [{"id": "01980a8e-0c7c-7d10-a3c0-2a5f3c1d9e20", "email": "ben@example.org", "role": "editor", "created_at": "2026-01-06T10:00:00Z", "expires_at": "2026-01-20T10:00:00Z"}], "next_cursor": null})),
        responses::Any, responses::WithParameters, responses::WithToken, responses::WithRole, responses::OnOne))]
#[get("/v1/groups/{group_id}/invitations")]
pub async fn list_invitations(permit: GroupOwner, app: Data<App>, Query(query): Query<PageQuery>) -> Result<impl Responder> {
    let filters = ("list_invitations", permit.group_id);
    let (limit, before) = query.parse(&filters)?;
    let rows = queries::open_invitations(&mut *app.db.conn().await?, permit.group_id, before, limit.and_one()).await?;
    Ok(Page::cut(rows, limit.entries(), |last| Cursor::encode(&filters, last.id)).map(InvitationOut::from))
}

/// Take an invitation back
///
/// By an owner. Its code is good for nothing from then on.
#[utoipa::path(tag = "Groups", security(("access_token" = [])),
    params(("group_id" = GroupId, Path, description = "The group."), ("invitation_id" = InvitationId, Path, description = "The invitation.")),
    responses((status = 204, description = "Taken back."), responses::Any, responses::WithToken, responses::WithRole, responses::OnOne))]
#[delete("/v1/groups/{group_id}/invitations/{invitation_id}")]
pub async fn revoke_invitation(permit: GroupOwner, app: Data<App>, request: HttpRequest) -> Result<impl Responder> {
    let invitation: InvitationId = path::param(&request, "invitation_id", "invitation")?;
    invitations::revoke(&mut *app.db.conn().await?, permit.doer(&app), permit.group_id, invitation).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Accept an invitation
///
/// The signed-in account must have the e-mail address that was invited. Whoever is a member already keeps the higher of the two roles.
/// A code that is wrong, used, taken back, expired or meant for somebody else is 404.
#[utoipa::path(tag = "Groups", security(("access_token" = [])), request_body = AcceptInvitationIn,
    responses((status = 200, description = "The group that was joined, and the role in it.", body = AcceptedInvitationOut),
        responses::Any, responses::WithBody, responses::WithToken, responses::OnOne, responses::WithTries))]
#[post("/v1/invitations/accept")]
pub async fn accept_invitation(
    signed_in: SignedIn,
    app: Data<App>,
    request: HttpRequest,
    Json(body): Json<AcceptInvitationIn>,
) -> Result<impl Responder> {
    let doer: service::Doer = (signed_in.user_id, app.clock.now());
    let mut conn = app.db.conn().await?;
    count_try(&mut conn, ("accept_invitation account", &doer.0.to_string()), TRIES, doer.1).await?;
    count_try(&mut conn, ("accept_invitation address", &address_of(&request)?), TRIES, doer.1).await?;
    let accepted = invitations::accept(&mut conn, doer, body.code.trim()).await?;
    Ok(JsonOut(AcceptedInvitationOut::from(accepted)))
}
