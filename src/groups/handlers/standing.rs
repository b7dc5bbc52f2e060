//! What groups do about how they stand in a network, over HTTP: they are asked in, ask again, and say that they are still there.

use actix_web::{
    HttpRequest, Responder, post,
    web::{Data, Json as JsonOut},
};

use super::invitations::{INVITATIONS, INVITATIONS_TO_ONE};
use crate::{
    app::App,
    error::Result,
    groups::{
        GroupEditor,
        dto::{
            GroupStandingOut,
            standing::{InvitedGroupIn, InvitedGroupOut},
        },
        rules::SeenStanding,
        service,
    },
    http::{Created, Idempotency, Json, limits::count_try, path, responses},
    networks::{NetworkCoordinator, service::standing},
    types::ids::{GroupId, NetworkId},
};

/// Ask a group into a network
///
/// By a coordinator, who gives its name and place and the e-mail address of whoever is to run it here. The group is `invited` until that
/// person has accepted with an account of that address (`POST /v1/invitations/accept`), and awaits review then. Nobody else knows of it.
/// To take the invitation back, reject the group; to send it once more, `POST /v1/networks/{network_id}/groups/{group_id}/invitation`.
#[utoipa::path(tag = "Groups", security(("access_token" = [])), request_body = InvitedGroupIn,
    params(("network_id" = NetworkId, Path, description = "The network."),
        ("Idempotency-Key" = Option<String>, Header, description = "Makes a repeat of this request harmless for 24 hours.")),
    responses((status = 201, description = "The group, and the code of the invitation.", body = InvitedGroupOut, headers(("Location" = String, description = "Where the group is.")),
            example = json!({"group": {"id": "01980a8e-0c7c-7d10-a3c0-2a5f3c1d9e01", "name": "Etruria Bowls Club", "description": "", "activities": [], "size": null, "registered_as": null,
                "registered_number": null, "locality": {"slug": "hanley-stoke-on-trent", "name": "Hanley", "kind": "place"},
                "networks": [{"network_id": "01980a8e-0c7c-7d10-a3c0-2a5f3c1d9e00", "slug": "stoke", "name": "1000 Lives Stoke-on-Trent", "state": "invited", "reason": null,
                    "requested_at": "2026-01-06T10:00:00Z", "decided_at": null, "recheck_at": null, "sign_of_life_at": null}],
                "created_at": "2026-01-06T10:00:00Z", "updated_at": "2026-01-06T10:00:00Z"},
                "expires_at": "2026-01-20T10:00:00Z", "code": "vKxM0Xo2b1cQm3J8yX4m9m0aZb7pQ2fS5tR6uV7wX8Y"})),
        responses::Any, responses::WithBody, responses::WithToken, responses::WithRole, responses::OnOne, responses::InState, responses::WithTries))]
#[post("/v1/networks/{network_id}/group-invitations")]
pub async fn invite_group(
    permit: NetworkCoordinator,
    app: Data<App>,
    idempotency: Idempotency,
    Json(body): Json<InvitedGroupIn>,
) -> Result<impl Responder> {
    let (text, email) = body.clone().parse()?;
    let (doer, network) = ((permit.user_id, app.clock.now()), permit.network_id);
    let mut conn = app.db.conn().await?;
    idempotency
        .once(&mut conn, doer, &body, async |tx| {
            count_try(tx, ("invite_member person", &doer.0.to_string()), INVITATIONS, doer.1).await?;
            count_try(tx, ("invite_member address", email.as_str()), INVITATIONS_TO_ONE, doer.1).await?;
            let (invitation, code) = standing::invite(tx, doer, network, text, email).await?;
            let seen = service::see(tx, Some(doer.0), invitation.group_id).await?;
            let location = format!("/v1/groups/{}", invitation.group_id);
            Ok(Created::new(location, None, &InvitedGroupOut::new(seen, &invitation, code))?.showing_once("code"))
        })
        .await
}

/// Ask an invited group again
///
/// By a coordinator, while nobody of the group has come: when the mail was lost, or the 14 days are over. The same address gets another mail
/// with a new code; the old one is good for nothing. For another address, reject the group and ask it in anew. 409 once somebody has
/// accepted, or the group was rejected.
#[utoipa::path(tag = "Groups", security(("access_token" = [])),
    params(("network_id" = NetworkId, Path, description = "The network."), ("group_id" = GroupId, Path, description = "The group."),
        ("Idempotency-Key" = Option<String>, Header, description = "Makes a repeat of this request harmless for 24 hours.")),
    responses((status = 201, description = "The group, and the code of the new invitation.", body = InvitedGroupOut, headers(("Location" = String, description = "Where the group is.")),
            example = json!({"group": {"id": "01980a8e-0c7c-7d10-a3c0-2a5f3c1d9e01", "name": "Etruria Bowls Club", "description": "", "activities": [], "size": null, "registered_as": null,
                "registered_number": null, "locality": {"slug": "hanley-stoke-on-trent", "name": "Hanley", "kind": "place"},
                "networks": [{"network_id": "01980a8e-0c7c-7d10-a3c0-2a5f3c1d9e00", "slug": "stoke", "name": "1000 Lives Stoke-on-Trent", "state": "invited", "reason": null,
                    "requested_at": "2026-01-06T10:00:00Z", "decided_at": null, "recheck_at": null, "sign_of_life_at": null}],
                "created_at": "2026-01-06T10:00:00Z", "updated_at": "2026-01-06T10:00:00Z"},
                "expires_at": "2026-02-05T10:00:00Z", "code": "vKxM0Xo2b1cQm3J8yX4m9m0aZb7pQ2fS5tR6uV7wX8Y"})),
        responses::Any, responses::WithParameters, responses::WithToken, responses::WithRole, responses::OnOne, responses::InState, responses::WithTries))]
#[post("/v1/networks/{network_id}/groups/{group_id}/invitation")]
pub async fn invite_group_again(
    permit: NetworkCoordinator,
    app: Data<App>,
    request: HttpRequest,
    idempotency: Idempotency,
) -> Result<impl Responder> {
    let group: GroupId = path::param(&request, "group_id", "group")?;
    let (of, doer) = ((permit.network_id, group), (permit.user_id, app.clock.now()));
    let mut conn = app.db.conn().await?;
    idempotency
        .once(&mut conn, doer, &of, async |tx| {
            let email = standing::address_of_invited(tx, of).await?;
            count_try(tx, ("invite_member person", &doer.0.to_string()), INVITATIONS, doer.1).await?;
            count_try(tx, ("invite_member address", email.as_str()), INVITATIONS_TO_ONE, doer.1).await?;
            let (invitation, code) = standing::invite_again(tx, doer, of).await?;
            let seen = service::see(tx, Some(doer.0), invitation.group_id).await?;
            let location = format!("/v1/groups/{}", invitation.group_id);
            Ok(Created::new(location, None, &InvitedGroupOut::new(seen, &invitation, code))?.showing_once("code"))
        })
        .await
}

/// Ask a network again
///
/// By an editor or owner, once the group has changed what a coordinator asked it to change. It awaits review again.
#[utoipa::path(tag = "Groups", security(("access_token" = [])),
    params(("group_id" = GroupId, Path, description = "The group."), ("network_id" = NetworkId, Path, description = "The network.")),
    responses((status = 200, description = "How the group stands there now.", body = GroupStandingOut),
        responses::Any, responses::WithToken, responses::WithRole, responses::OnOne, responses::InState))]
#[post("/v1/groups/{group_id}/networks/{network_id}/resubmit")]
pub async fn resubmit_group(permit: GroupEditor, app: Data<App>, request: HttpRequest) -> Result<impl Responder> {
    let network: NetworkId = path::param(&request, "network_id", "network")?;
    let of = (network, permit.group_id);
    let standing = standing::resubmit(&mut *app.db.conn().await?, permit.doer(&app), of).await?;
    Ok(JsonOut(GroupStandingOut::from(SeenStanding { of: standing, in_detail: true })))
}

/// Say that a group is still there
///
/// By an editor or owner: the group is still there, and what its page says is true. A network asks for this when its approval has lasted
/// for a year, or as long as it has set; without it the group is suspended 30 days later. It may be said at any time while the group is in
/// good standing, and the approval lasts for the usual time from then on.
#[utoipa::path(tag = "Groups", security(("access_token" = [])),
    params(("group_id" = GroupId, Path, description = "The group."), ("network_id" = NetworkId, Path, description = "The network.")),
    responses((status = 200, description = "How the group stands there now.", body = GroupStandingOut),
        responses::Any, responses::WithToken, responses::WithRole, responses::OnOne, responses::InState))]
#[post("/v1/groups/{group_id}/networks/{network_id}/still-here")]
pub async fn confirm_group(permit: GroupEditor, app: Data<App>, request: HttpRequest) -> Result<impl Responder> {
    let network: NetworkId = path::param(&request, "network_id", "network")?;
    let of = (network, permit.group_id);
    let standing = standing::still_here(&mut *app.db.conn().await?, permit.doer(&app), of).await?;
    Ok(JsonOut(GroupStandingOut::from(SeenStanding { of: standing, in_detail: true })))
}
