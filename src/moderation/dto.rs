//! The queue on the wire.

pub mod decisions;
pub mod load;
pub mod parts;
pub mod replies;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::IntoParams;
use uuid::Uuid;

use super::{
    Deed, ItemState, QueueKind,
    model::Item,
    queries::{Claimed, QueueFilter, facts::Facts},
    rules::{self, Case},
    service::case_of,
};
use crate::{
    checks::{Rule, shown::FindingOut},
    http::{Cursor, Limit},
    types::{
        Fields, Refusal,
        fields::FieldError,
        ids::{AppealId, EditId, GroupId, NetworkId, QueueItemId, UserId},
    },
};
use decisions::DecisionOut;
use parts::{AlikeOut, AppealedOut, ChangeOut, ClaimOut, EditOut, QueueGroupOut, QueueListingOut, ReportedOut};

/// Which part of the queue to show.
#[derive(Debug, Clone, Default, Deserialize, Serialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct QueueQuery {
    /// Only this kind of thing.
    #[param(inline, value_type = Option<QueueKind>)]
    pub kind: Option<String>,
    /// Only of this group.
    #[param(value_type = Option<GroupId>)]
    pub group_id: Option<String>,
    /// Only with a finding of this check.
    #[param(inline, value_type = Option<Rule>)]
    pub finding: Option<String>,
    /// `me`: only what you are at. `nobody`: only what nobody is at.
    pub claimed: Option<String>,
    /// Entries on the page, 1 to 100; 20 unless asked for.
    #[param(value_type = Option<u8>, minimum = 1, maximum = 100, default = 20)]
    pub limit: Option<String>,
    /// next_cursor of the page before.
    pub cursor: Option<String>,
}

/// Where a page begins, and of what list.
pub type QueuePage = (QueueFilter, Limit, Option<(DateTime<Utc>, QueueItemId)>);

impl QueueQuery {
    /// What describes the list, whatever page of it.
    pub fn list(&self, network: NetworkId) -> impl Serialize + use<> {
        let Self { kind, group_id, finding, claimed, .. } = self.clone();
        ("list_queue", network, kind, group_id, finding, claimed)
    }

    /// Checks every parameter.
    pub fn parse(self, network: NetworkId, me: UserId) -> crate::error::Result<QueuePage> {
        let list = self.list(network);
        let mut fields = Fields::query();
        let kind = fields.check_optional("kind", self.kind, QueueKind::parse);
        let finding = fields.check_optional("finding", self.finding, Rule::parse);
        let group = fields.check_optional("group_id", self.group_id, |id| {
            id.parse::<GroupId>().map_err(|_not_an_id| Refusal::new("not_an_id", "Give the id of a group."))
        });
        let claimed = fields.check_optional("claimed", self.claimed, |word: String| match word.as_str() {
            "me" => Ok(Claimed::By(me)),
            "nobody" => Ok(Claimed::ByNobody),
            _ => Err(Refusal::new("not_one_of", "Use one of: me, nobody.")),
        });
        let limit = fields.check_optional("limit", self.limit, Limit::parse);
        let (filter, limit) = fields.finish(|| {
            let filter = QueueFilter { kind: kind?, group: group?, finding: finding?, claimed: claimed? };
            Some((filter, limit?.unwrap_or_default()))
        })?;
        Ok((filter, limit, self.cursor.map(|cursor| Cursor::decode(&list, &cursor)).transpose()?))
    }
}

/// Something that waits, or waited, with everything that is known about it.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = QueueItem, example = json!({
    "id": "01980a8e-0c7c-7d10-a3c0-2a5f3c1d9e51", "version": 1, "kind": "listing", "case": "listing", "state": "waiting", "subject_id": "01980a8e-0c7c-7d10-a3c0-2a5f3c1d9e01",
    "opened_at": "2026-11-22T09:30:00Z", "due_at": "2026-11-23T09:30:00Z", "is_late": false, "claim": null,
    "group": {"id": "01980a8e-0c7c-7d10-a3c0-2a5f3c1d9e02", "name": "St Mary's Community Hall", "standing": "approved", "approved": 4, "changes_asked": 1, "refused": 0, "reports": 0},
    "listing": {"id": "01980a8e-0c7c-7d10-a3c0-2a5f3c1d9e01", "code": "G7K2M", "kind": "offer", "title": "Forty folding chairs", "description": "Ring Bob on 01782 000 111.",
        "category": {"slug": "seating", "name": "Seating", "resource_type": "thing"}, "locality": {"slug": "burslem-stoke-on-trent", "name": "Burslem", "kind": "place"},
        "reach_km": 10, "remote": false, "basis": ["give"], "quantity": 40, "quantity_left": 40, "unit": "chairs", "availability_note": null, "state": "active", "moderation": "pending",
        "version": 1, "created_at": "2026-11-22T09:30:00Z", "updated_at": "2026-11-22T09:30:00Z", "expires_at": "2027-01-21T09:30:00Z"},
    "findings": [{"rule": "contact_details", "action": "hold", "pointer": "/description", "words": "01782 000 111", "listing_id": null, "detail": "\"01782 000 111\": everybody can read this, and it looks like a way to reach somebody or an address. Take it out. The other group sees how to reach you when an exchange is agreed."}],
    "edit": null, "changes": [], "alike": [], "reports": [], "appeal": null, "decision": null, "deeds": ["approve", "ask_changes", "reject", "hold", "turn", "merge"]
}))]
pub struct QueueItemOut {
    /// UUIDv7.
    pub id: QueueItemId,
    /// Counts changes of what waits. Send it with the decision, so that you decide about nothing that you have not read.
    pub version: i32,
    /// What kind of thing.
    pub kind: QueueKind,
    /// The same more exactly: which rows of the table of deeds hold.
    pub case: Case,
    /// Whether it still waits.
    pub state: ItemState,
    /// What waits: the listing, the edit, the group, what is reported, or the appeal.
    pub subject_id: Uuid,
    /// When it came.
    pub opened_at: DateTime<Utc>,
    /// The promise: decided by then.
    pub due_at: DateTime<Utc>,
    /// Whether the promise is broken.
    pub is_late: bool,
    /// Who is at it; null when nobody is.
    #[schema(required)]
    pub claim: Option<ClaimOut>,
    /// The group that it is about, and its history in this network.
    pub group: QueueGroupOut,
    /// The listing as it is, if it is about one.
    #[schema(required)]
    pub listing: Option<QueueListingOut>,
    /// What the automatic checks found when it came.
    pub findings: Vec<FindingOut>,
    /// What an edit changes, against the last approved version; null unless it is one.
    #[schema(required)]
    pub edit: Option<EditOut>,
    /// What a listing of another network says otherwise than when it was approved in this one, field by field; empty when it was not, and
    /// for everything else.
    pub changes: Vec<ChangeOut>,
    /// Listings that say nearly the same: of the same group, and when one item is read, of other groups too.
    pub alike: Vec<AlikeOut>,
    /// Open reports of it, by reason; never who reported.
    pub reports: Vec<ReportedOut>,
    /// The appeal, and what it is against; null unless it is one.
    #[schema(required)]
    pub appeal: Option<AppealedOut>,
    /// What was decided; null while it waits.
    #[schema(required)]
    pub decision: Option<DecisionOut>,
    /// What can be decided now.
    pub deeds: Vec<Deed>,
}

impl QueueItemOut {
    /// An item as a person of the staff sees it.
    pub fn of(item: &Item, facts: &Facts, (me, now): (UserId, DateTime<Utc>)) -> Self {
        let edit = facts.edits.get(&EditId(item.subject_id));
        let case = case_of(item, edit);
        // A listing of another network is shown as it stands in this one, and not at all when it has been taken out.
        let view = item.listing_id.and_then(|id| facts.listings.get(&id)).filter(|view| facts.moderation(view).is_some());
        let state = view.and_then(|view| facts.moderation(view));
        let standing = facts.groups.get(&item.group_id).and_then(|group| group.standing);
        let is_guest = item.listing_id.is_some_and(|id| facts.guests.contains_key(&id));
        let about = |subject: &Uuid| *subject == item.subject_id || item.listing_id.is_some_and(|listing| listing.0 == *subject);
        Self {
            id: item.id,
            version: item.version,
            kind: item.kind,
            case,
            state: item.state,
            subject_id: item.subject_id,
            opened_at: item.opened_at,
            due_at: item.due_at,
            is_late: item.state == ItemState::Waiting && item.due_at <= now,
            claim: item.claim_at(now).map(|(by, until)| ClaimOut {
                user_id: by,
                name: facts.names.get(&by).cloned().unwrap_or_default(),
                is_mine: by == me,
                until,
            }),
            group: QueueGroupOut::of(item.group_id, facts.groups.get(&item.group_id)),
            listing: view.zip(state).map(|(view, moderation)| QueueListingOut::of(view, moderation, now)),
            findings: item.findings().into_iter().map(FindingOut::from).collect(),
            edit: edit.map(EditOut::of),
            changes: item.changes.as_ref().map(ChangeOut::all).unwrap_or_default(),
            alike: facts.alike.iter().filter(|alike| Some(alike.like) == item.listing_id).map(AlikeOut::of).collect(),
            reports: facts.reports.iter().filter(|reported| about(&reported.subject)).map(ReportedOut::of).collect(),
            appeal: facts
                .appeals
                .get(&AppealId(item.subject_id))
                .map(|(appeal, first)| AppealedOut::of(appeal, first, facts.is_for(appeal, me))),
            decision: facts.decisions.get(&item.id).map(|decision| DecisionOut::of(decision, now)),
            deeds: match item.state {
                ItemState::Waiting if is_guest && case == Case::ReportedListing => rules::possible_of_guest(state),
                ItemState::Waiting if matches!(case, Case::Group | Case::ReportedGroup) => rules::possible_of_group(case, standing),
                ItemState::Waiting => rules::possible(case, state),
                ItemState::Decided | ItemState::Withdrawn => Vec::new(),
            },
        }
    }
}

/// Refuses a field of the body.
fn refused(pointer: &str, code: &'static str, detail: &str) -> Vec<FieldError> {
    vec![FieldError::body(pointer, Refusal::new(code, detail))]
}
