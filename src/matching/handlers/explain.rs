//! Why a pair matches or not, over HTTP.

use actix_web::{
    get,
    web::{Data, Json},
};

use crate::{
    app::App,
    error::Result,
    http::responses,
    matching::{
        dto::explain::{ExplainQuery, ExplanationOut},
        permissions::PairInsider,
        service,
    },
};

/// Explain why an offer and a want match or not
///
/// Every condition, met or not and what would mend it, and each part of the score. For members of either group and staff of either
/// listing's network. A listing that is not open is for its own group and its network's staff: for anybody else there is no such one. A
/// group does not learn whether the other one has blocked it or dismissed the match.
#[utoipa::path(
    tag = "Matches",
    params(ExplainQuery),
    responses(
        (status = 200, description = "Why they match or not.", body = ExplanationOut),
        responses::Any, responses::WithParameters, responses::WithToken, responses::WithRole, responses::OnOne
    ),
    security(("access_token" = []))
)]
#[get("/v1/matching/explain")]
pub async fn explain_match(asked: PairInsider, app: Data<App>) -> Result<Json<ExplanationOut>> {
    let explanation = service::explain::explain(&mut *app.db.conn().await?, asked, app.clock.now()).await?;
    Ok(Json(explanation.into()))
}
