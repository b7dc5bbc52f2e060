//! What was done, by whom and why, for coordinators to read and take away; figures on moderation for a period; the record sheet for the
//! risk assessment that the Online Safety Act 2023 asks for. Nothing here changes anything, but that taking records away is recorded.

mod dto;
pub mod export;
mod handlers;
pub mod model;
pub mod queries;
pub mod service;
pub mod sheet;

use utoipa_actix_web::service_config::ServiceConfig;

crate::word_enum! {
    /// What came of an act.
    pub enum RecordedOutcome {
        /// It was done.
        Done = "done",
        /// It was refused, as the person may not.
        Denied = "denied",
    }
}

/// The routes of this feature.
pub fn routes(config: &mut ServiceConfig) {
    config
        .service(handlers::list_audit_entries)
        .service(handlers::export_audit_csv)
        .service(handlers::export_audit_lines)
        .service(handlers::report::get_moderation_report)
        .service(handlers::report::get_record_sheet);
}
