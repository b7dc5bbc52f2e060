//! Got It / Want It: community groups say what they have got and what they want; the API matches them by category and
//! locality. `docs/ARCHITECTURE.md` has the picture.
// Examples of the contract are written with `json!`, which calls itself for each field.
#![recursion_limit = "256"]

pub mod accounts;
pub mod app;
pub mod assisted;
pub mod audit;
pub mod catalog;
pub mod checks;
pub mod cli;
pub mod complaints;
pub mod config;
pub mod contract;
pub mod cross_posts;
pub mod db;
pub mod demo;
pub mod error;
pub mod exchanges;
pub mod groups;
pub mod health;
pub mod housekeeping;
pub mod http;
pub mod import;
pub mod inbox;
pub mod interests;
pub mod listings;
pub mod matching;
pub mod moderation;
pub mod networks;
pub mod outbox;
pub mod policies;
pub mod private_postgres;
pub mod records;
pub mod reports;
pub mod schema;
pub mod setbacks;
pub mod telemetry;
pub mod threads;
pub mod types;
pub mod worker;
