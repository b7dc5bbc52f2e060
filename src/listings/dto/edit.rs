//! An edit that waits, on the wire.

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::Value;

use super::ListingOut;
use crate::listings::model::Edit;

/// An edit that waits for a coordinator.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
#[schema(as = WaitingEdit, example = json!({"made_at": "2026-11-22T09:30:00Z", "changes": {"title": "Forty raffle tickets"}}))]
pub struct WaitingEditOut {
    /// When it was last changed (UTC).
    pub made_at: DateTime<Utc>,
    /// The fields that it changes, with what they are to be.
    #[schema(value_type = Object)]
    pub changes: Value,
}

impl From<Edit> for WaitingEditOut {
    fn from(edit: Edit) -> Self {
        Self { made_at: edit.made_at, changes: edit.changes }
    }
}

impl ListingOut {
    /// The same for those who may know of an edit that waits.
    pub fn with_edit(self, edit: Option<Edit>) -> Self {
        Self { waiting_edit: edit.map(WaitingEditOut::from), ..self }
    }
}
