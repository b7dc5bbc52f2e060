//! Groups and listings from files: `gotit import`. A doorway beside HTTP, with the same validation: a row becomes what a
//! client would have sent, and goes the same way from there. docs/IMPORT.md has the formats.

pub mod give_food;
pub mod places;
pub mod rows;
pub mod service;
