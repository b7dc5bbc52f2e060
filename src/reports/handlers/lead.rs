//! Who reads a network's worries about somebody's safety.

use actix_web::{
    HttpResponse, Responder, delete, get, put,
    web::{Data, Json as JsonOut},
};

use crate::{
    app::App,
    error::Result,
    http::{Json, responses},
    networks::{NetworkCoordinator, NetworkStaff, service::Doer},
    reports::{
        dto::flags::{LeadIn, LeadOut},
        queries, service,
    },
    types::ids::NetworkId,
};

/// Read who is the safeguarding lead
///
/// For the network's staff: who reads worries about somebody's safety, if anybody is named.
#[utoipa::path(tag = "Reports", security(("access_token" = [])), params(("network_id" = NetworkId, Path, description = "The network.")),
    responses((status = 200, description = "The lead, if there is one.", body = LeadOut),
        responses::Any, responses::WithToken, responses::WithRole, responses::OnOne))]
#[get("/v1/networks/{network_id}/safeguarding-lead")]
pub async fn get_safeguarding_lead(permit: NetworkStaff, app: Data<App>) -> Result<impl Responder> {
    Ok(JsonOut(LeadOut::from(queries::lead(&mut *app.db.conn().await?, permit.network_id).await?)))
}

/// Name the safeguarding lead
///
/// By a coordinator: one of the network's staff, who alone reads worries about somebody's safety from then on, also those that wait. Who
/// was it before reads them no more. Both are told, and it is recorded.
#[utoipa::path(tag = "Reports", security(("access_token" = [])), params(("network_id" = NetworkId, Path, description = "The network.")),
    request_body = LeadIn, responses((status = 200, description = "The lead now.", body = LeadOut),
        responses::Any, responses::WithBody, responses::WithToken, responses::WithRole, responses::OnOne))]
#[put("/v1/networks/{network_id}/safeguarding-lead")]
pub async fn set_safeguarding_lead(permit: NetworkCoordinator, app: Data<App>, Json(body): Json<LeadIn>) -> Result<impl Responder> {
    let lead = name(&permit, &app, Some(body)).await?;
    Ok(JsonOut(lead))
}

/// Have no safeguarding lead
///
/// By a coordinator. Worries about somebody's safety then wait until somebody is named; the coordinators are told that one waits, not what
/// it is. Harmless when nobody is named.
#[utoipa::path(tag = "Reports", security(("access_token" = [])), params(("network_id" = NetworkId, Path, description = "The network.")),
    responses((status = 204, description = "Nobody is named."), responses::Any, responses::WithToken, responses::WithRole, responses::OnOne))]
#[delete("/v1/networks/{network_id}/safeguarding-lead")]
pub async fn remove_safeguarding_lead(permit: NetworkCoordinator, app: Data<App>) -> Result<impl Responder> {
    name(&permit, &app, None).await?;
    Ok(HttpResponse::NoContent().finish())
}

async fn name(permit: &NetworkCoordinator, app: &App, lead: Option<LeadIn>) -> Result<LeadOut> {
    let doer = Doer { actor: Some(permit.user_id), now: app.clock.now() };
    let lead = lead.map(|lead| lead.user_id);
    Ok(service::lead::name(&mut *app.db.conn().await?, doer, permit.network_id, lead).await?.into())
}
