//! What a listing would match if it were posted, on the wire.

use chrono::{DateTime, Utc};
use serde::Serialize;

use super::MatchOut;
use crate::matching::service::preview::Preview;

/// What a listing would match if it were posted now.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
#[schema(as = MatchPreview, example = json!({
    "summary": "Nobody nearby wants this yet. Post it all the same: everybody can find it, and it matches as soon as somebody wants it.",
    "groups": 0, "groups_like_it": 0, "items": []
}))]
pub struct PreviewOut {
    /// How many groups there are for it, in plain English.
    pub summary: String,
    /// Groups that want (or have) the thing itself, among the best hundred matches.
    pub groups: usize,
    /// Other groups, that want (or have) something like it, among the same.
    pub groups_like_it: usize,
    /// The best matches, at most twenty. Nothing was posted, so their `listing_id` leads nowhere.
    pub items: Vec<MatchOut>,
}

impl PreviewOut {
    /// A preview as it is shown.
    pub fn of(preview: Preview, now: DateTime<Utc>) -> Self {
        let Preview { summary, groups, best } = preview;
        Self {
            summary,
            groups: groups.itself,
            groups_like_it: groups.like,
            items: best.into_iter().map(|found| MatchOut::of(found, now)).collect(),
        }
    }
}
