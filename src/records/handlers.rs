//! Records over HTTP: permission, parse, call, answer.

pub mod report;

use actix_web::{
    HttpResponse, get,
    http::header::{CONTENT_DISPOSITION, HeaderName},
    web::Data,
};

use super::{
    dto::{AuditQuery, EntryOut, RecordsQuery},
    export::{Export, Form},
    service,
};
use crate::{
    app::App,
    error::Result,
    http::{Cursor, Page, PageQuery, Query, responses},
    networks::NetworkCoordinator,
    types::ids::NetworkId,
};

/// Read what was done in a network
///
/// Every act of its staff, and what was done in it or tried by those who may not, the latest first: who, as what, when, why, before and
/// after. Entries are only ever added. For the network's coordinators.
#[utoipa::path(
    tag = "Records",
    params(("network_id" = NetworkId, Path, description = "The network."), RecordsQuery, PageQuery),
    responses(
        (status = 200, description = "A page of entries.", body = Page<EntryOut>, headers(("Link" = String, description = "The next page, when there is one."))),
        responses::Any, responses::WithParameters, responses::WithToken, responses::WithRole, responses::OnOne
    ),
    security(("access_token" = []))
)]
#[get("/v1/networks/{network_id}/audit")]
pub async fn list_audit_entries(permit: NetworkCoordinator, app: Data<App>, query: Query<AuditQuery>) -> Result<Page<EntryOut>> {
    let (filter, limit, cursor) = query.0.parse()?;
    let list = ("list_audit_entries", permit.network_id, &filter);
    let after = cursor.map(|cursor| Cursor::decode(&list, &cursor)).transpose()?;
    let found = service::page(&mut *app.db.conn().await?, permit.network_id, &filter, after, limit.and_one()).await?;
    let page = Page::cut(found.entries, limit.entries(), |last| Cursor::encode(&list, (last.occurred_at, last.id)));
    Ok(page.map(|entry| EntryOut::of(entry, &found.names)))
}

/// Take a network's records away as a table
///
/// All entries that the filters find, the latest first, as comma-separated values (RFC 4180, UTF-8) with a line of headings. What was
/// written so that a spreadsheet would take it for a formula begins with an apostrophe. Taking records away is recorded; at most 10
/// times in 10 minutes. For the network's coordinators.
#[utoipa::path(
    tag = "Records",
    params(("network_id" = NetworkId, Path, description = "The network."), RecordsQuery),
    responses(
        (status = 200, description = "The table.", body = String, content_type = "text/csv",
            headers(("Content-Disposition" = String, description = "A name for the file.")),
            example = json!("id,occurred_at,actor_id,actor_name,actor_role,group_id,action,subject_type,subject_id,outcome,reason,before,after,detail\r\n")),
        responses::Any, responses::WithParameters, responses::WithToken, responses::WithRole, responses::OnOne, responses::WithTries
    ),
    security(("access_token" = []))
)]
#[get("/v1/networks/{network_id}/audit.csv")]
pub async fn export_audit_csv(permit: NetworkCoordinator, app: Data<App>, query: Query<RecordsQuery>) -> Result<HttpResponse> {
    export(permit, app, query.0, Form::Csv).await
}

/// Take a network's records away as lines of JSON
///
/// All entries that the filters find, the latest first, an object in each line. Taking records away is recorded; at most 10 times in 10
/// minutes. For the network's coordinators.
#[utoipa::path(
    tag = "Records",
    params(("network_id" = NetworkId, Path, description = "The network."), RecordsQuery),
    responses(
        (status = 200, description = "Lines of JSON, each as this schema says.", body = EntryOut, content_type = "application/x-ndjson",
            headers(("Content-Disposition" = String, description = "A name for the file."))),
        responses::Any, responses::WithParameters, responses::WithToken, responses::WithRole, responses::OnOne, responses::WithTries
    ),
    security(("access_token" = []))
)]
#[get("/v1/networks/{network_id}/audit.jsonl")]
pub async fn export_audit_lines(permit: NetworkCoordinator, app: Data<App>, query: Query<RecordsQuery>) -> Result<HttpResponse> {
    export(permit, app, query.0, Form::Lines).await
}

async fn export(permit: NetworkCoordinator, app: Data<App>, query: RecordsQuery, form: Form) -> Result<HttpResponse> {
    let filter = query.parse()?;
    let (network, now) = (permit.network_id, app.clock.now());
    service::record_export(&mut *app.db.conn().await?, (permit.user_id, now), network, &filter, form.name()).await?;
    let media_type = match form {
        Form::Csv => "text/csv; charset=utf-8",
        Form::Lines => "application/x-ndjson",
    };
    let name = format!("attachment; filename=\"audit-{}.{}\"", now.format("%Y-%m-%d"), form.name());
    let mut answer = HttpResponse::Ok();
    // nginx would keep the text back until it has a page of it.
    answer.insert_header((HeaderName::from_static("x-accel-buffering"), "no")).insert_header((CONTENT_DISPOSITION, name));
    Ok(answer.content_type(media_type).streaming(Export::new(app, network, filter, form).pieces()))
}
