//! Rows of the queue, of decisions, appeals and standard replies.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use super::{AppealOutcome, Day, Deed, ItemState, QueueKind, Reason, rules::final_at};
use crate::{
    checks::Finding,
    listings::{EditState, Kind, Moderation},
    networks::service::standing::Image as StandingImage,
    schema::{appeals, decisions, network_staff, queue_items, standard_replies},
    types::ids::{AppealId, DecisionId, EditId, GroupId, ListingId, NetworkId, QueueItemId, ReplyId, UserId},
};

/// Something that waits, or waited.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = queue_items)]
pub struct Item {
    /// UUIDv7.
    pub id: QueueItemId,
    /// The network whose coordinators decide.
    pub network_id: NetworkId,
    /// What kind of thing.
    pub kind: QueueKind,
    /// What waits.
    pub subject_id: Uuid,
    /// The listing that it is about.
    pub listing_id: Option<ListingId>,
    /// The group that it is about.
    pub group_id: GroupId,
    /// What the checks found.
    pub findings: Value,
    /// When it came.
    pub opened_at: DateTime<Utc>,
    /// Decided by then, as promised.
    pub due_at: DateTime<Utc>,
    /// Whether it still waits.
    pub state: ItemState,
    /// Who is at it.
    pub claimed_by: Option<UserId>,
    /// Until when.
    pub claimed_until: Option<DateTime<Utc>>,
    /// Counts changes of what waits.
    pub version: i32,
    /// Of another network's listing that was edited after it had been approved here: what it says otherwise ([`crate::cross_posts::rules::changes`]).
    pub changes: Option<Value>,
}

impl Item {
    /// What the checks found; what only a newer program knows is left out.
    pub fn findings(&self) -> Vec<Finding> {
        let each = self.findings.as_array().into_iter().flatten();
        each.filter_map(|finding| Finding::deserialize(finding).ok()).collect()
    }

    /// Who is at it at a time, and until when.
    pub fn claim_at(&self, now: DateTime<Utc>) -> Option<(UserId, DateTime<Utc>)> {
        let until = self.claimed_until.filter(|until| *until > now && self.state == ItemState::Waiting)?;
        Some((self.claimed_by?, until))
    }
}

/// What was decided.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = decisions, treat_none_as_default_value = false)]
pub struct Decision {
    /// UUIDv7.
    pub id: DecisionId,
    /// What had waited.
    pub queue_item_id: QueueItemId,
    /// The network that decided.
    pub network_id: NetworkId,
    /// The listing that it is about.
    pub listing_id: Option<ListingId>,
    /// The group that it is about.
    pub group_id: GroupId,
    /// What.
    pub deed: Deed,
    /// Why, as a word.
    pub reason: Option<Reason>,
    /// Why, in words.
    pub words: Option<String>,
    /// Who; none for the program.
    pub decided_by: Option<UserId>,
    /// When.
    pub decided_at: DateTime<Utc>,
    /// Until when it can be undone.
    pub final_at: DateTime<Utc>,
    /// An [`Image`] of what it changed, as it was.
    pub before: Value,
    /// An [`Image`] of what it changed, as it is.
    pub after: Value,
    /// When it was taken back.
    pub undone_at: Option<DateTime<Utc>>,
    /// When those concerned were told.
    pub told_at: Option<DateTime<Utc>>,
}

/// What a decision changes, enough of it to undo the decision.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Image {
    /// The listing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub listing: Option<ListingImage>,
    /// The edit, and whether it had been live.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub edit: Option<EditImage>,
    /// Moderation state of the listing in another network.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cross_post: Option<Moderation>,
    /// How the group stands in the network.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub standing: Option<StandingImage>,
    /// The listing that the duplicate was put together with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub into: Option<ListingId>,
    /// What else had waited about the same listing, and does not any more.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub items: Vec<QueueItemId>,
}

impl Image {
    /// Where the listing stands by it, in the network that decides.
    pub fn moderation(&self) -> Option<Moderation> {
        self.cross_post.or(self.listing.as_ref().map(|listing| listing.moderation))
    }
}

/// What a decision changes of a listing. Its words are in its edits.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Queryable, Selectable)]
#[diesel(table_name = crate::schema::listings)]
pub struct ListingImage {
    /// Moderation state.
    pub moderation: Moderation,
    /// Offer or want.
    pub kind: Kind,
    /// Terms.
    pub basis: Vec<Option<String>>,
    /// Counts edits.
    pub version: i32,
}

/// What a decision changes of an edit.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EditImage {
    /// Which.
    pub id: EditId,
    /// Where it stands.
    pub state: EditState,
    /// Whether the listing says what it says.
    pub live: bool,
}

/// An appeal.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = appeals)]
pub struct Appeal {
    /// UUIDv7.
    pub id: AppealId,
    /// The decision.
    pub decision_id: DecisionId,
    /// The group that asks.
    pub group_id: GroupId,
    /// Who decided first.
    pub first_decider: Option<UserId>,
    /// Who asks for the group; none when that person has left.
    pub made_by: Option<UserId>,
    /// Why it should be decided otherwise.
    pub words: String,
    /// When it was made.
    pub made_at: DateTime<Utc>,
    /// What became of it.
    pub outcome: Option<AppealOutcome>,
    /// Why, in words.
    pub answer: Option<String>,
    /// When it was decided.
    pub decided_at: Option<DateTime<Utc>>,
}

impl Appeal {
    /// Whether a person may decide: neither who decided first, nor who asks or belongs to the group that does.
    pub fn is_for(&self, user: UserId, is_member: bool) -> bool {
        !is_member && ![self.first_decider, self.made_by].contains(&Some(user))
    }

    /// Whether its group knows what became of it: when that is final, as of every decision. That it was taken back it knows at once.
    pub fn is_told_at(&self, now: DateTime<Utc>) -> bool {
        self.outcome == Some(AppealOutcome::Withdrawn) || self.decided_at.is_some_and(|decided_at| final_at(decided_at) <= now)
    }
}

/// Words that a network's coordinators use again and again.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = standard_replies)]
pub struct Reply {
    /// UUIDv7.
    pub id: ReplyId,
    /// What it is called in a list.
    pub name: String,
    /// The decision it goes with; none: any.
    pub deed: Option<Deed>,
    /// The reason it goes with; none: any.
    pub reason: Option<Reason>,
    /// The words, with placeholders.
    pub words: String,
    /// Counts edits.
    pub version: i32,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it last changed.
    pub updated_at: DateTime<Utc>,
}

/// How much of the queue a coordinator takes on, and when.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = network_staff)]
pub struct Load {
    /// The person.
    pub user_id: UserId,
    /// How many items at once.
    pub carries_at_once: i32,
    /// On which days, as words.
    pub works_on: Vec<Option<Day>>,
    /// Whether the person has a break.
    pub paused: bool,
    /// When the break ends by itself.
    pub paused_until: Option<DateTime<Utc>>,
}

impl Load {
    /// Whether the person has a break at a time.
    pub fn is_paused_at(&self, now: DateTime<Utc>) -> bool {
        self.paused && self.paused_until.is_none_or(|until| until > now)
    }
}
