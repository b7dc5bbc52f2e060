//! What an item of the queue is made of, on the wire.

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::Value;

use crate::{
    catalog::links::{CategoryLink, LocalityLink},
    listings::{
        Basis, Kind, Moderation, State,
        model::{Edit, ListingView},
    },
    moderation::{
        Deed, Reason,
        model::{Appeal, Decision},
        queries::facts::{Alike, History, Reported},
    },
    networks::Standing,
    types::ids::{AppealId, DecisionId, EditId, GroupId, ListingId, UserId},
};

/// Who is at an item.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = QueueClaim)]
pub struct ClaimOut {
    /// The person.
    pub user_id: UserId,
    /// What the person is called.
    pub name: String,
    /// Whether that is you.
    pub is_mine: bool,
    /// Until when.
    pub until: DateTime<Utc>,
}

/// A group, and its history in the network.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = QueueGroup)]
pub struct QueueGroupOut {
    /// Its id.
    pub id: GroupId,
    /// Its name.
    pub name: String,
    /// How it stands in the network; null when it does not belong to it.
    #[schema(required)]
    pub standing: Option<Standing>,
    /// How often something of it was approved here.
    pub approved: i64,
    /// How often it was asked for changes.
    pub changes_asked: i64,
    /// How often something of it was refused, hidden, turned or put together.
    pub refused: i64,
    /// How often it, or something of it, was reported here.
    pub reports: i64,
}

impl QueueGroupOut {
    pub(super) fn of(id: GroupId, history: Option<&History>) -> Self {
        let count = |of: fn(&History) -> i64| history.map_or(0, of);
        Self {
            id,
            name: history.map(|history| history.name.clone()).unwrap_or_default(),
            standing: history.and_then(|history| history.standing),
            approved: count(|history| history.approved),
            changes_asked: count(|history| history.changes_asked),
            refused: count(|history| history.refused),
            reports: count(|history| history.reports),
        }
    }
}

/// A listing as it is now.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = QueueListing)]
pub struct QueueListingOut {
    /// UUIDv7.
    pub id: ListingId,
    /// Short code.
    pub code: String,
    /// `offer` or `want`.
    pub kind: Kind,
    /// What it is.
    pub title: String,
    /// More about it.
    pub description: String,
    /// What kind of thing.
    pub category: CategoryLink,
    /// Where.
    pub locality: LocalityLink,
    /// How far the group will go, kilometres.
    pub reach_km: i32,
    /// Place does not matter.
    pub remote: bool,
    /// Terms.
    #[schema(value_type = Vec<Basis>)]
    pub basis: Vec<String>,
    /// How many.
    pub quantity: i32,
    /// How many have not been promised.
    pub quantity_left: i32,
    /// What is counted.
    #[schema(required)]
    pub unit: Option<String>,
    /// When, in words.
    #[schema(required)]
    pub availability_note: Option<String>,
    /// Life cycle.
    pub state: State,
    /// Moderation state in this network.
    pub moderation: Moderation,
    /// Counts edits.
    pub version: i32,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it last changed.
    pub updated_at: DateTime<Utc>,
    /// When it ends by itself; null: standing.
    #[schema(required)]
    pub expires_at: Option<DateTime<Utc>>,
}

impl QueueListingOut {
    pub(super) fn of(view: &ListingView, moderation: Moderation, now: DateTime<Utc>) -> Self {
        let listing = view.listing.clone();
        Self {
            state: listing.state_at(now),
            id: listing.id,
            code: listing.code,
            kind: listing.kind,
            title: listing.title,
            description: listing.description,
            category: view.category.clone().into(),
            locality: view.locality.clone().into(),
            reach_km: listing.reach_km,
            remote: listing.remote,
            basis: listing.basis.into_iter().flatten().collect(),
            quantity: listing.quantity,
            quantity_left: listing.quantity_left,
            unit: listing.unit,
            availability_note: listing.availability_note,
            moderation,
            version: listing.version,
            created_at: listing.created_at,
            updated_at: listing.updated_at,
            expires_at: listing.expires_at,
        }
    }
}

/// An edit against the last approved version.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = QueueEdit)]
pub struct EditOut {
    /// UUIDv7.
    pub id: EditId,
    /// True: the listing says it already, and somebody looks afterwards. False: it changes the meaning, and waits.
    pub is_live: bool,
    /// When it was made.
    pub made_at: DateTime<Utc>,
    /// Field by field.
    pub changes: Vec<ChangeOut>,
}

/// A field that says something else.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = QueueChange)]
pub struct ChangeOut {
    /// Name of the field, for example `title`.
    pub field: String,
    /// What it said when it was approved.
    #[schema(value_type = Value)]
    pub before: Value,
    /// What it says, or is to say.
    #[schema(value_type = Value)]
    pub after: Value,
}

impl ChangeOut {
    /// Changes as they are stored ([`crate::cross_posts::rules::changes`]).
    pub(super) fn all(stored: &Value) -> Vec<Self> {
        let side = |change: &Value, name| change.get(name).cloned().unwrap_or_default();
        let each = stored.as_object().into_iter().flatten();
        each.map(|(field, change)| Self { field: field.clone(), before: side(change, "before"), after: side(change, "after") }).collect()
    }
}

impl EditOut {
    pub(super) fn of(edit: &Edit) -> Self {
        let changes = edit.changes.as_object().into_iter().flatten().map(|(field, after)| ChangeOut {
            field: field.clone(),
            before: edit.before.get(field).cloned().unwrap_or_default(),
            after: after.clone(),
        });
        Self { id: edit.id, is_live: edit.applied, made_at: edit.made_at, changes: changes.collect() }
    }
}

/// A listing that says nearly the same.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = QueueAlike)]
pub struct AlikeOut {
    /// The listing.
    pub id: ListingId,
    /// Its short code.
    pub code: String,
    /// Its title.
    pub title: String,
    /// `offer` or `want`.
    pub kind: Kind,
    /// Its moderation state.
    pub moderation: Moderation,
    /// Name of its group.
    pub group_name: String,
    /// Whether it is the same group's.
    pub is_own: bool,
    /// When it was made.
    pub created_at: DateTime<Utc>,
}

impl AlikeOut {
    pub(super) fn of(alike: &Alike) -> Self {
        Self {
            id: alike.id,
            code: alike.code.clone(),
            title: alike.title.clone(),
            kind: alike.kind,
            moderation: alike.moderation,
            group_name: alike.group_name.clone(),
            is_own: alike.is_own,
            created_at: alike.created_at,
        }
    }
}

/// Open reports for one reason.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = QueueReported)]
pub struct ReportedOut {
    /// Why, as a word.
    pub reason: String,
    /// How many say so.
    pub count: i64,
}

impl ReportedOut {
    pub(super) fn of(reported: &Reported) -> Self {
        Self { reason: reported.reason.clone(), count: reported.count }
    }
}

/// An appeal, and what it is against.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = QueueAppeal)]
pub struct AppealedOut {
    /// UUIDv7.
    pub id: AppealId,
    /// Why it should be decided otherwise.
    pub words: String,
    /// When it was made.
    pub made_at: DateTime<Utc>,
    /// The decision that it is against.
    pub decision_id: DecisionId,
    /// What was decided first.
    pub deed: Deed,
    /// Why, as a word.
    #[schema(required)]
    pub reason: Option<Reason>,
    /// Why, in words.
    #[schema(required)]
    pub decision_words: Option<String>,
    /// When that was.
    pub decided_at: DateTime<Utc>,
    /// Whether you may decide: not, when you decided first, nor when it is your own group's, or was made by you.
    pub is_for_you: bool,
}

impl AppealedOut {
    pub(super) fn of(appeal: &Appeal, first: &Decision, is_for_you: bool) -> Self {
        Self {
            id: appeal.id,
            words: appeal.words.clone(),
            made_at: appeal.made_at,
            decision_id: first.id,
            deed: first.deed,
            reason: first.reason,
            decision_words: first.words.clone(),
            decided_at: first.decided_at,
            is_for_you,
        }
    }
}
