//! The integration tests: one binary, a database of its own for every test, real sockets.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, reason = "a test may")]

mod access;
mod account_attacks;
mod accounts;
mod bench_britain;
mod bench_statements;
mod browse_brute;
mod browse_plans;
mod catalog;
mod contract;
mod dependencies;
mod groups;
mod health;
mod import;
mod listing_browse;
mod listing_life;
mod listings;
mod localities_import;
mod logs;
mod mail;
mod matching;
mod matching_brute;
mod matching_explain;
mod matching_network;
mod matching_preview;
mod matching_similar;
mod networks;
mod private_postgres;
mod readme;
mod resilience;
mod schema;
mod serve;
mod support;
mod wire;
mod worlds;
