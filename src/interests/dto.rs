//! Interests on the wire.

pub mod candidate;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::{
    EndReason, State,
    model::InterestView,
    rules,
    service::{Accepted, Said},
};
use crate::{
    listings::{Basis, Kind, Moderation, rules::quantity},
    types::{
        Fields,
        fields::FieldError,
        ids::{ExchangeId, GroupId, InterestId, ListingId, ThreadId},
        text::Prose,
    },
};

/// A few words, or none.
type Words = Prose<0, 1000>;

/// A group says that it is interested.
#[derive(Debug, Clone, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "group_id": "01980a8e-0c7c-7d10-a3c0-2a5f3c1d9e05", "quantity": 20, "message": "For our Thursday lunches. We have a van.", "with_listing_id": null
}))]
pub struct InterestIn {
    /// Your group, for which you say it.
    pub group_id: GroupId,
    /// How many it would like (an offer) or could give (a want), at most what is left. When null or left out: what its own listing wants
    /// or has, otherwise 1.
    #[serde(default)]
    #[schema(minimum = 1, maximum = 1_000_000)]
    pub quantity: Option<i64>,
    /// A few words to the owner, at most 1,000 characters.
    #[serde(default)]
    #[schema(max_length = 1000)]
    pub message: Option<String>,
    /// A listing of your group that this is about, for example from a match: a want for an offer, an offer for a want. What comes of the
    /// interest then counts for both.
    #[serde(default)]
    pub with_listing_id: Option<ListingId>,
}

impl InterestIn {
    /// Checks every field.
    pub fn parse(self) -> Result<Said, Vec<FieldError>> {
        let mut fields = Fields::body();
        let quantity = fields.check_optional("/quantity", self.quantity, quantity);
        let message = fields.check("/message", Words::parse(self.message.unwrap_or_default()));
        let (group, with) = (self.group_id, self.with_listing_id);
        fields.finish(|| Some(Said { group, quantity: quantity?, message: message?.into_string(), with }))
    }
}

/// The owner's answer: not this time.
#[derive(Debug, Default, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"words": "Sorry, a group that had none before has taken them. Ask again next month."}))]
pub struct DeclineInterestIn {
    /// A few words to the group, at most 1,000 characters.
    #[serde(default)]
    #[schema(max_length = 1000)]
    pub words: Option<String>,
}

impl DeclineInterestIn {
    /// Checks the words; none when they are empty.
    pub fn parse(self) -> Result<Option<String>, Vec<FieldError>> {
        let mut fields = Fields::body();
        let words = fields.check("/words", Words::parse(self.words.unwrap_or_default()));
        fields.finish(|| Some(Some(words?.into_string()).filter(|words| !words.is_empty())))
    }
}

/// The owner's answer: yes.
#[derive(Debug, Clone, Default, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"quantity": 15}))]
pub struct AcceptInterestIn {
    /// How many, at most as many as were asked for; as asked when null or left out.
    #[serde(default)]
    #[schema(minimum = 1, maximum = 1_000_000)]
    pub quantity: Option<i64>,
    /// On what terms: needed when it is about a want that takes more than gifts and the interested group has named no offer of its own.
    #[serde(default)]
    #[schema(value_type = Option<Basis>)]
    pub basis: Option<String>,
}

impl AcceptInterestIn {
    /// Checks every field.
    pub fn parse(self) -> Result<Accepted, Vec<FieldError>> {
        let mut fields = Fields::body();
        let quantity = fields.check_optional("/quantity", self.quantity, quantity);
        let basis = fields.check_optional("/basis", self.basis, Basis::parse);
        fields.finish(|| Some(Accepted { quantity: quantity?, basis: basis? }))
    }
}

/// A group, as an interest names it.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct InterestGroup {
    /// Id of the group.
    pub id: GroupId,
    /// Its name.
    pub name: String,
}

/// A listing, as an interest names it. Read the whole of it at /v1/listings/{id}.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct InterestListing {
    /// Id of the listing.
    pub id: ListingId,
    /// Short code to say on the telephone.
    pub code: String,
    /// `offer` or `want`.
    pub kind: Kind,
    /// What it is; null while its network has not approved what it says.
    #[schema(required)]
    pub title: Option<String>,
    /// What is counted; null as well then.
    #[schema(required)]
    pub unit: Option<String>,
    /// Whose it is: who answers.
    pub group: InterestGroup,
    /// From when the group chooses; null: at once.
    #[schema(required)]
    pub choose_from: Option<DateTime<Utc>>,
}

/// A group's interest in another group's listing.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
#[schema(as = Interest, example = json!({
    "id": "01980a8e-0c7c-7d10-a3c0-2a5f3c1d9e11", "state": "open",
    "listing": {"id": "01980a8e-0c7c-7d10-a3c0-2a5f3c1d9e01", "code": "G7K2M", "kind": "offer", "title": "Forty folding chairs", "unit": "chairs",
        "group": {"id": "01980a8e-0c7c-7d10-a3c0-2a5f3c1d9e02", "name": "St Mary's Community Hall"}, "choose_from": null},
    "group": {"id": "01980a8e-0c7c-7d10-a3c0-2a5f3c1d9e05", "name": "Hanley Food Bank"}, "with_listing_id": null,
    "thread_id": "01980a8e-0c7c-7d10-a3c0-2a5f3c1d9e12", "quantity": 20, "message": "For our Thursday lunches. We have a van.", "end_reason": null,
    "end_words": null, "answer": null, "exchange_id": null, "created_at": "2026-11-22T09:30:00Z", "answered_at": null
}))]
pub struct InterestOut {
    /// UUIDv7.
    pub id: InterestId,
    /// Where it stands.
    pub state: State,
    /// What it is about.
    pub listing: InterestListing,
    /// The group that is interested.
    pub group: InterestGroup,
    /// Its own listing that this is about.
    #[schema(required)]
    pub with_listing_id: Option<ListingId>,
    /// Where the two groups talk about it.
    pub thread_id: ThreadId,
    /// How many it asks for or could give.
    pub quantity: i32,
    /// A few words to the owner.
    pub message: String,
    /// Why it came to nothing; null while it is open, or chosen.
    #[schema(required)]
    pub end_reason: Option<EndReason>,
    /// The owner's own words about that.
    #[schema(required)]
    pub end_words: Option<String>,
    /// How it ended, in plain English; null while it is open.
    #[schema(required)]
    pub answer: Option<&'static str>,
    /// The exchange that came of it.
    #[schema(required)]
    pub exchange_id: Option<ExchangeId>,
    /// When it was said.
    pub created_at: DateTime<Utc>,
    /// When it ended; null while it is open.
    #[schema(required)]
    pub answered_at: Option<DateTime<Utc>>,
}

impl From<InterestView> for InterestOut {
    fn from(view: InterestView) -> Self {
        let InterestView { interest, listing, group_name, exchange } = view;
        let choose_from = listing.listing.choose_from();
        let (about, owner_name) = (listing.listing, listing.group_name);
        let is_approved = about.moderation == Moderation::Approved;
        Self {
            id: interest.id,
            state: interest.state,
            listing: InterestListing {
                id: about.id,
                code: about.code,
                kind: about.kind,
                title: is_approved.then_some(about.title),
                unit: about.unit.filter(|_| is_approved),
                group: InterestGroup { id: about.group_id, name: owner_name },
                choose_from,
            },
            group: InterestGroup { id: interest.group_id, name: group_name },
            with_listing_id: interest.with_listing_id,
            thread_id: interest.thread_id,
            quantity: interest.quantity,
            message: interest.message,
            end_reason: interest.end_reason,
            end_words: interest.end_words,
            answer: rules::answer(interest.state, interest.end_reason),
            exchange_id: exchange,
            created_at: interest.created_at,
            answered_at: interest.answered_at,
        }
    }
}
