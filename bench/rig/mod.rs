//! What every bench stands on: a PostgreSQL of its own, the made-up Britain in it, the API server, load on it, the statements that it
//! runs, pgbench with the very same statements, and figures. What is asked, and what is made of the figures, is each bench's own.

pub mod api;
#[allow(dead_code, reason = "the bench of matching has more to tell, in tables of its own")]
pub mod beside;
pub mod britain;
pub mod capture;
pub mod cluster;
pub mod database;
pub mod document;
pub mod load;
pub mod pgbench;
pub mod processes;
pub mod sample;
pub mod scenarios;
pub mod statements;
pub mod wire;
