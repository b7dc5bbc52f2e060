//! Whether the program lives, and whether it is ready for requests.

use actix_web::{Responder, get, web::Data};
use serde::Serialize;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::{
    app::App,
    db::missing_migrations,
    error::{Error, Result},
    http::responses,
};

/// How the program is.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(example = json!({"status": "ok"}))]
pub struct Health {
    /// Always `ok`: anything else is a problem document.
    pub status: &'static str,
}

/// The routes of this feature.
pub fn routes(config: &mut ServiceConfig) {
    config.service(get_liveness).service(get_readiness);
}

/// Is the program running?
///
/// Answers 200 as long as the program can answer at all, whatever the database does.
#[utoipa::path(tag = "Health", security(()), responses((status = 200, description = "It lives.", body = Health), responses::Any))]
#[get("/health/live")]
pub async fn get_liveness() -> impl Responder {
    std::future::ready(actix_web::web::Json(Health { status: "ok" })).await
}

/// Can the program answer requests?
///
/// Answers 200 when the database can be reached and has all migrations, and 503 otherwise.
#[utoipa::path(tag = "Health", security(()), responses((status = 200, description = "It is ready.", body = Health), responses::Any))]
#[get("/health/ready")]
pub async fn get_readiness(app: Data<App>) -> Result<impl Responder> {
    let missing = missing_migrations(&mut *app.db.conn().await?).await?;
    if !missing.is_empty() {
        return Err(Error::Unavailable(format!("migrations have not been run: {}", missing.join(", "))));
    }
    Ok(actix_web::web::Json(Health { status: "ok" }))
}
