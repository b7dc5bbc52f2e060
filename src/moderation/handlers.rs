//! Moderation over HTTP: permission, parse, call, answer.

pub mod appeals;
pub mod decisions;
pub mod load;
pub mod queue;
pub mod replies;
