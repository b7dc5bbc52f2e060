//! Got It / Want It: community groups say what they have got and what they want; the API matches them by category and
//! locality. `docs/ARCHITECTURE.md` has the picture.

pub mod accounts;
pub mod app;
pub mod audit;
pub mod catalog;
pub mod cli;
pub mod config;
pub mod contract;
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
pub mod networks;
pub mod outbox;
pub mod private_postgres;
pub mod schema;
pub mod telemetry;
pub mod threads;
pub mod types;
pub mod worker;
