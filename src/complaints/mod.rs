//! Complaints about how the service is run (Online Safety Act 2023, section 21) and about personal data (Data Protection Act 2018, section
//! 164A), with their acknowledgement, clock and outcome. `docs/REPORTS.md` tells how they go.

mod dto;
mod handlers;
pub mod jobs;
pub mod model;
pub mod queries;
pub mod rules;
pub mod service;

use utoipa_actix_web::service_config::ServiceConfig;

crate::word_enum! {
    /// What a complaint is about.
    pub enum About as "ComplaintAbout" {
        /// How the service works or is run.
        Service = "service",
        /// A decision: on a listing, a group, a report or an appeal.
        Decision = "decision",
        /// Somebody who works for the network.
        Staff = "staff",
        /// How personal data is used.
        DataProtection = "data_protection",
        /// That somebody cannot use the service.
        Accessibility = "accessibility",
        /// Something else.
        Other = "other",
    }
}

crate::word_enum! {
    /// What came of a complaint.
    pub enum Outcome as "ComplaintOutcome" {
        /// The complaint was right.
        Upheld = "upheld",
        /// It was partly right.
        PartlyUpheld = "partly_upheld",
        /// It was not.
        NotUpheld = "not_upheld",
        /// Whoever complained took it back.
        Withdrawn = "withdrawn",
    }
}

/// The routes of this feature.
pub fn routes(config: &mut ServiceConfig) {
    config
        .service(handlers::create_complaint)
        .service(handlers::get_complaint)
        .service(handlers::list_network_complaints)
        .service(handlers::get_network_complaint)
        .service(handlers::answer_complaint);
}
