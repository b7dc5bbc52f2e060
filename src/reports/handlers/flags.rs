//! Worries about somebody's safety, for the one person who reads them.

use actix_web::{
    HttpRequest, Responder, get, post,
    web::{Data, Json as JsonOut},
};

use crate::{
    app::App,
    error::Result,
    http::{Cursor, Json, Page, PageQuery, Query, path, responses},
    reports::{
        dto::flags::{CloseFlagIn, FlagOut, FlagSummaryOut},
        permissions::SafeguardingLead,
        queries, service,
    },
    types::ids::{FlagId, NetworkId},
};

/// List worries about somebody's safety
///
/// For the network's safeguarding lead: that there are some, and since when; the latest first. To everybody else, coordinators included,
/// there is nothing here: 404.
#[utoipa::path(tag = "Reports", security(("access_token" = [])), params(("network_id" = NetworkId, Path, description = "The network."), PageQuery),
    responses((status = 200, description = "A page of flags.", body = Page<FlagSummaryOut>),
        responses::Any, responses::WithParameters, responses::WithToken, responses::OnOne))]
#[get("/v1/networks/{network_id}/safeguarding-flags")]
pub async fn list_safeguarding_flags(lead: SafeguardingLead, app: Data<App>, Query(query): Query<PageQuery>) -> Result<impl Responder> {
    let filters = ("list_safeguarding_flags", lead.network_id);
    let (limit, before) = query.parse(&filters)?;
    let rows = queries::flags(&mut *app.db.conn().await?, lead.network_id, before, limit.and_one()).await?;
    let page = Page::cut(rows, limit.entries(), |last| Cursor::encode(&filters, (last.made_at, last.id)));
    Ok(page.map(FlagSummaryOut::from))
}

/// Read a worry about somebody's safety
///
/// For the network's safeguarding lead alone. That it was read, when and by whom is recorded each time.
#[utoipa::path(tag = "Reports", security(("access_token" = [])),
    params(("network_id" = NetworkId, Path, description = "The network."), ("flag_id" = FlagId, Path, description = "The flag.")),
    responses((status = 200, description = "The whole of it.", body = FlagOut), responses::Any, responses::WithToken, responses::OnOne))]
#[get("/v1/networks/{network_id}/safeguarding-flags/{flag_id}")]
pub async fn get_safeguarding_flag(lead: SafeguardingLead, app: Data<App>, request: HttpRequest) -> Result<impl Responder> {
    let flag: FlagId = path::param(&request, "flag_id", "flag")?;
    let flag = service::flags::read(&mut *app.db.conn().await?, &lead, app.clock.now(), flag).await?;
    Ok(JsonOut(FlagOut::from(flag)))
}

/// Close a worry about somebody's safety
///
/// By the network's safeguarding lead, saying what was done. Whoever has its code reads that it was dealt with, not how.
#[utoipa::path(tag = "Reports", security(("access_token" = [])), request_body = CloseFlagIn,
    params(("network_id" = NetworkId, Path, description = "The network."), ("flag_id" = FlagId, Path, description = "The flag.")),
    responses((status = 200, description = "Closed.", body = FlagOut),
        responses::Any, responses::WithBody, responses::WithToken, responses::OnOne, responses::InState))]
#[post("/v1/networks/{network_id}/safeguarding-flags/{flag_id}/close")]
pub async fn close_safeguarding_flag(
    lead: SafeguardingLead,
    app: Data<App>,
    request: HttpRequest,
    Json(body): Json<CloseFlagIn>,
) -> Result<impl Responder> {
    let flag: FlagId = path::param(&request, "flag_id", "flag")?;
    let outcome = body.parse()?;
    let flag = service::flags::close(&mut *app.db.conn().await?, &lead, app.clock.now(), flag, outcome).await?;
    Ok(JsonOut(FlagOut::from(flag)))
}
