//! Types that cannot be wrong: each is made by a function that parses or says why not. No input or output here.

pub mod clock;
pub mod email;
pub mod fields;
pub mod ids;
pub mod local_time;
pub mod look_up_code;
pub mod phone;
pub mod place;
pub mod text;
pub mod time;
pub mod words;
pub mod written;

pub use clock::Clock;
pub use email::EmailAddress;
pub use fields::{Fields, Refusal};
pub use look_up_code::LookUpCode;
pub use phone::PhoneNumber;
pub use place::{Position, ReachKm};
pub use written::Written;
