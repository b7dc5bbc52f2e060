//! Talks between two groups about an interest and the exchange that may come of it.

pub mod service;
