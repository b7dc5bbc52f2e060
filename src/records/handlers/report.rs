//! Figures and the record sheet over HTTP: permission, parse, call, answer.

use actix_web::{
    HttpResponse, get,
    web::{Data, Json as JsonOut},
};

use crate::{
    app::App,
    error::Result,
    http::{Query, responses},
    networks::{self, NetworkCoordinator},
    records::{
        dto::report::{ModerationReportOut, PeriodQuery},
        queries, service, sheet,
    },
    types::ids::NetworkId,
};

/// Read figures on moderation
///
/// For a period: what came and was decided, how fast (median and 95th percentile), why, appeals, reports and complaints with their
/// outcome; and what waits now, and how late it is. Worries about somebody's safety are not counted. For the network's coordinators.
#[utoipa::path(
    tag = "Records",
    params(("network_id" = NetworkId, Path, description = "The network."), PeriodQuery),
    responses(
        (status = 200, description = "The figures.", body = ModerationReportOut),
        responses::Any, responses::WithParameters, responses::WithToken, responses::WithRole, responses::OnOne
    ),
    security(("access_token" = []))
)]
#[get("/v1/networks/{network_id}/moderation-report")]
pub async fn get_moderation_report(
    permit: NetworkCoordinator,
    app: Data<App>,
    query: Query<PeriodQuery>,
) -> Result<JsonOut<ModerationReportOut>> {
    let now = app.clock.now();
    let period = query.0.parse(now, 30)?;
    let figures = service::figures(&mut *app.db.conn().await?, permit.network_id, period, now).await?;
    Ok(JsonOut(ModerationReportOut::of(permit.network_id, &figures)))
}

/// Read the record sheet for the Online Safety Act
///
/// A sheet for the illegal content risk assessment and the records that the Online Safety Act 2023 asks for (sections 9, 10 and 20 to
/// 23), as text in Markdown: filled with what the program knows and has counted, with blanks for what people judge.
/// `docs/OSA-RECORD.md` says how to use it. For the network's coordinators.
#[utoipa::path(
    tag = "Records",
    params(("network_id" = NetworkId, Path, description = "The network."), PeriodQuery),
    responses(
        (status = 200, description = "The sheet.", body = String, content_type = "text/markdown", example = json!("# Record sheet: Online Safety Act 2023\n")),
        responses::Any, responses::WithParameters, responses::WithToken, responses::WithRole, responses::OnOne
    ),
    security(("access_token" = []))
)]
#[get("/v1/networks/{network_id}/record-sheet")]
pub async fn get_record_sheet(permit: NetworkCoordinator, app: Data<App>, query: Query<PeriodQuery>) -> Result<HttpResponse> {
    let now = app.clock.now();
    let period = query.0.parse(now, 365)?;
    let mut conn = app.db.conn().await?;
    let (network, locality) = networks::service::find(&mut conn, permit.network_id).await?;
    let extent = queries::figures::extent(&mut conn, permit.network_id, period, now).await?;
    let figures = service::figures(&mut conn, permit.network_id, period, now).await?;
    drop(conn);
    let text = sheet::write((&network.name, &locality.name), &extent, &figures);
    Ok(HttpResponse::Ok().content_type("text/markdown; charset=utf-8").body(text))
}
