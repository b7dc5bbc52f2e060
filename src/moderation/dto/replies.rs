//! Standard replies on the wire.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::{
    moderation::{
        Deed, Reason,
        model::Reply,
        rules::sentences::known_placeholders,
        service::replies::{ReplyName, ReplyText, ReplyWords},
    },
    types::{Fields, fields::FieldError, ids::ReplyId},
};

/// A standard reply to make, or as it should be after an edit.
#[derive(Debug, Clone, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = StandardReplyIn, example = json!({"name": "Telephone number", "deed": "ask_changes", "reason": "contact_details",
    "words": "Dear {group}, please take the telephone number out of \"{title}\". {reason}"}))]
pub struct ReplyIn {
    /// What it is called in a list, 1 to 80 characters; once in a network.
    #[schema(min_length = 1, max_length = 80)]
    pub name: String,
    /// The decision it goes with; any when null.
    #[serde(default)]
    #[schema(value_type = Option<Deed>)]
    pub deed: Option<String>,
    /// The reason it goes with; any when null.
    #[serde(default)]
    #[schema(value_type = Option<Reason>)]
    pub reason: Option<String>,
    /// The words, 1 to 2,000 characters. `{title}`, `{group}`, `{network}` and `{reason}` are filled in.
    #[schema(min_length = 1, max_length = 2000)]
    pub words: String,
}

impl ReplyIn {
    /// Checks every field.
    pub fn parse(self) -> Result<ReplyText, Vec<FieldError>> {
        let mut fields = Fields::body();
        let name = fields.check("/name", ReplyName::parse(self.name));
        let deed = fields.check_optional("/deed", self.deed, Deed::parse);
        let reason = fields.check_optional("/reason", self.reason, Reason::parse);
        let words = ReplyWords::parse(self.words).and_then(|words| known_placeholders(words.as_str()).map(|()| words));
        let words = fields.check("/words", words);
        fields.finish(|| Some(ReplyText { name: name?, deed: deed?, reason: reason?, words: words? }))
    }
}

impl From<&Reply> for ReplyIn {
    fn from(reply: &Reply) -> Self {
        Self {
            name: reply.name.clone(),
            deed: reply.deed.map(|deed| deed.to_string()),
            reason: reply.reason.map(|reason| reason.to_string()),
            words: reply.words.clone(),
        }
    }
}

/// A standard reply.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = StandardReply, example = json!({
    "id": "01980a8e-0c7c-7d10-a3c0-2a5f3c1d9e71", "name": "Telephone number", "deed": "ask_changes", "reason": "contact_details",
    "words": "Dear {group}, please take the telephone number out of \"{title}\". {reason}", "created_at": "2026-11-22T09:30:00Z", "updated_at": "2026-11-22T09:30:00Z"
}))]
pub struct ReplyOut {
    /// UUIDv7.
    pub id: ReplyId,
    /// What it is called in a list.
    pub name: String,
    /// The decision it goes with; null: any.
    #[schema(required)]
    pub deed: Option<Deed>,
    /// The reason it goes with; null: any.
    #[schema(required)]
    pub reason: Option<Reason>,
    /// The words, with placeholders.
    pub words: String,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it last changed.
    pub updated_at: DateTime<Utc>,
}

impl From<Reply> for ReplyOut {
    fn from(reply: Reply) -> Self {
        let Reply { id, name, deed, reason, words, created_at, updated_at, .. } = reply;
        Self { id, name, deed, reason, words, created_at, updated_at }
    }
}
