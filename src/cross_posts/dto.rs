//! Listings in second networks, on the wire.

use chrono::{DateTime, Utc};
use serde::Serialize;

use super::model::CrossPost;
use crate::{listings::Moderation, types::ids::NetworkId};

/// A listing in a network other than its home.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = CrossPost, example = json!({
    "network_id": "01980a8e-0c7c-7d10-a3c0-2a5f3c1d9e00", "slug": "leek", "name": "Leek Together", "moderation": "pending", "is_shown": false,
    "asked_at": "2026-11-22T09:30:00Z"
}))]
pub struct CrossPostOut {
    /// The network.
    pub network_id: NetworkId,
    /// Short name of the network.
    pub slug: String,
    /// Name of the network.
    pub name: String,
    /// What the network's staff think of the listing. `pending` waits for a coordinator.
    pub moderation: Moderation,
    /// Whether the network shows the listing while it is open: approved, and the group in good standing there.
    pub is_shown: bool,
    /// When the group asked (UTC).
    pub asked_at: DateTime<Utc>,
}

impl From<CrossPost> for CrossPostOut {
    fn from(row: CrossPost) -> Self {
        let CrossPost { network_id, slug, name, moderation, is_shown, asked_at } = row;
        Self { network_id, slug, name, moderation, is_shown, asked_at }
    }
}
