//! The HTTP vocabulary: how requests are read and answers written. No business here.

pub mod answers;
pub mod auth;
pub mod body;
pub mod cacheable;
pub mod connections;
pub mod etag;
pub mod idempotency;
pub mod json;
pub mod limits;
pub mod merge_patch;
pub mod observe;
pub mod paging;
pub mod path;
pub mod problems;
pub mod query;
pub mod responses;

pub use answers::{Created, Edited, Page};
pub use auth::{MaybeSignedIn, SignedIn};
pub use cacheable::Cacheable;
pub use etag::IfMatch;
pub use idempotency::Idempotency;
pub use json::{Json, MaybeJson};
pub use merge_patch::MergePatch;
pub use paging::{Cursor, Limit, PageQuery};
pub use query::Query;
