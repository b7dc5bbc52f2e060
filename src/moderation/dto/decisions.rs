//! Decisions and appeals on the wire: as coordinators send and see them, and as groups do.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::refused;
use crate::{
    error::Error,
    moderation::{
        AppealOutcome, Deed, Reason,
        model::{Appeal, Decision},
        rules::{self, MOST_DECISIONS, sentences},
        service::decide::Verdict,
    },
    types::{
        Fields,
        fields::FieldError,
        ids::{DecisionId, GroupId, ListingId, NetworkId, QueueItemId, ReplyId, UserId},
        text::Reason as Words,
    },
};

/// What a coordinator decides.
#[derive(Debug, Clone, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = QueueDecisionIn, example = json!({"deed": "ask_changes", "reason": "contact_details", "words": "Please take the telephone number out: it is shown once you agree on an exchange.", "version": 1}))]
pub struct DecisionIn {
    /// What. The item says in `deeds` what is possible.
    #[schema(value_type = Deed)]
    pub deed: String,
    /// Why, as a word; needed unless it is approved or kept. The poster reads the rule behind it.
    #[serde(default)]
    #[schema(value_type = Option<Reason>)]
    pub reason: Option<String>,
    /// Why, in words that the poster reads, 1 to 2,000 characters; needed with the reason `other`.
    #[serde(default)]
    #[schema(min_length = 1, max_length = 2000)]
    pub words: Option<String>,
    /// A standard reply of the network, which gives the reason and the words where they are left out.
    #[serde(default)]
    pub reply_id: Option<ReplyId>,
    /// With `merge`: the listing of the same group that stays.
    #[serde(default)]
    pub merge_into: Option<ListingId>,
    /// The `version` of the item that you have read. When it has been changed since, nothing is decided (409 `conflict`). Without it, the
    /// item is decided as it is now, whoever has changed it: better send it.
    #[serde(default)]
    pub version: Option<i32>,
}

impl DecisionIn {
    /// Checks every field; `at` is where it is in the body.
    pub fn parse(self, at: &str) -> Result<Verdict, Vec<FieldError>> {
        let mut fields = Fields::body();
        let deed = fields.check(format!("{at}/deed"), Deed::parse(&self.deed));
        let reason = fields.check_optional(format!("{at}/reason"), self.reason, Reason::parse);
        let words = fields.check_optional(format!("{at}/words"), self.words, Words::parse);
        let (reply, into, version) = (self.reply_id, self.merge_into, self.version);
        fields.finish(|| Some(Verdict { deed: deed?, reason: reason?, words: words?.map(Words::into_string), reply, into, version }))
    }
}

/// Several decisions, each about an item of the queue.
#[derive(Debug, Clone, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = QueueDecisionsIn, example = json!({"decisions": [
    {"item_id": "01980a8e-0c7c-7d10-a3c0-2a5f3c1d9e51", "deed": "approve", "version": 1},
    {"item_id": "01980a8e-0c7c-7d10-a3c0-2a5f3c1d9e52", "deed": "reject", "reason": "duplicate", "version": 3}]}))]
pub struct DecisionsIn {
    /// 1 to 100 decisions.
    #[schema(min_items = 1, max_items = 100)]
    pub decisions: Vec<RowIn>,
}

/// A decision about an item of the queue.
#[derive(Debug, Clone, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = QueueDecisionRowIn)]
pub struct RowIn {
    /// The item.
    pub item_id: QueueItemId,
    /// What.
    #[schema(value_type = Deed)]
    pub deed: String,
    /// Why, as a word.
    #[serde(default)]
    #[schema(value_type = Option<Reason>)]
    pub reason: Option<String>,
    /// Why, in words.
    #[serde(default)]
    #[schema(min_length = 1, max_length = 2000)]
    pub words: Option<String>,
    /// A standard reply.
    #[serde(default)]
    pub reply_id: Option<ReplyId>,
    /// With `merge`: the listing that stays.
    #[serde(default)]
    pub merge_into: Option<ListingId>,
    /// The `version` of the item that you have read.
    #[serde(default)]
    pub version: Option<i32>,
}

impl DecisionsIn {
    /// Checks every row. What cannot be read refuses the whole request: nothing is decided then.
    pub fn parse(self) -> Result<Vec<(QueueItemId, Verdict)>, Vec<FieldError>> {
        if self.decisions.is_empty() || self.decisions.len() > MOST_DECISIONS {
            return Err(refused("/decisions", "out_of_range", "Send 1 to 100 decisions."));
        }
        let (mut rows, mut errors) = (Vec::new(), Vec::new());
        for (number, row) in self.decisions.into_iter().enumerate() {
            let RowIn { item_id, deed, reason, words, reply_id, merge_into, version } = row;
            match (DecisionIn { deed, reason, words, reply_id, merge_into, version }).parse(&format!("/decisions/{number}")) {
                Ok(verdict) => rows.push((item_id, verdict)),
                Err(refusals) => errors.extend(refusals),
            }
        }
        if errors.is_empty() { Ok(rows) } else { Err(errors) }
    }
}

/// A decision, as coordinators see it.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = QueueDecision, example = json!({
    "id": "01980a8e-0c7c-7d10-a3c0-2a5f3c1d9e61", "item_id": "01980a8e-0c7c-7d10-a3c0-2a5f3c1d9e51", "listing_id": "01980a8e-0c7c-7d10-a3c0-2a5f3c1d9e01", "group_id": "01980a8e-0c7c-7d10-a3c0-2a5f3c1d9e02",
    "deed": "ask_changes", "reason": "contact_details", "words": null, "decided_by": "01980a8e-0c7c-7d10-a3c0-2a5f3c1d9e10", "decided_at": "2026-11-22T10:00:00Z",
    "final_at": "2026-11-22T10:00:30Z", "can_undo": true, "undone_at": null
}))]
pub struct DecisionOut {
    /// UUIDv7.
    pub id: DecisionId,
    /// What had waited.
    pub item_id: QueueItemId,
    /// The listing that it is about, if any.
    #[schema(required)]
    pub listing_id: Option<ListingId>,
    /// The group that it is about.
    pub group_id: GroupId,
    /// What was decided.
    pub deed: Deed,
    /// Why, as a word.
    #[schema(required)]
    pub reason: Option<Reason>,
    /// Why, in words.
    #[schema(required)]
    pub words: Option<String>,
    /// Who decided; null: the program.
    #[schema(required)]
    pub decided_by: Option<UserId>,
    /// When.
    pub decided_at: DateTime<Utc>,
    /// Until when it can be undone. Then those concerned are told.
    pub final_at: DateTime<Utc>,
    /// Whether it can be undone now.
    pub can_undo: bool,
    /// When it was undone; null: it stands.
    #[schema(required)]
    pub undone_at: Option<DateTime<Utc>>,
}

impl DecisionOut {
    /// A decision as it is at a time.
    pub fn of(decision: &Decision, now: DateTime<Utc>) -> Self {
        Self {
            id: decision.id,
            item_id: decision.queue_item_id,
            listing_id: decision.listing_id,
            group_id: decision.group_id,
            deed: decision.deed,
            reason: decision.reason,
            words: decision.words.clone(),
            decided_by: decision.decided_by,
            decided_at: decision.decided_at,
            final_at: decision.final_at,
            can_undo: decision.undone_at.is_none() && decision.told_at.is_none() && decision.final_at > now,
            undone_at: decision.undone_at,
        }
    }
}

/// What became of each of several decisions.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = QueueDecisions, example = json!({"results": [{"item_id": "01980a8e-0c7c-7d10-a3c0-2a5f3c1d9e51", "decision": null,
    "problem": {"status": 409, "code": "already_decided", "detail": "A coordinator has decided it already, 22 November, 10:00: reject (duplicate).", "errors": []}}]}))]
pub struct DecisionsOut {
    /// One for each row, in the same order.
    pub results: Vec<ResultOut>,
}

/// What became of one of several decisions: a decision, or a problem.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = QueueDecisionResult)]
pub struct ResultOut {
    /// The item.
    pub item_id: QueueItemId,
    /// The decision; null when there is a problem.
    #[schema(required)]
    pub decision: Option<DecisionOut>,
    /// Why nothing was decided; null when it was.
    #[schema(required)]
    pub problem: Option<RowProblemOut>,
}

/// Why nothing was decided about an item.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = QueueDecisionProblem)]
pub struct RowProblemOut {
    /// The status that the decision would have been answered with by itself.
    pub status: u16,
    /// Stable code.
    pub code: String,
    /// What happened, in plain English.
    pub detail: String,
    /// The fields concerned.
    pub errors: Vec<FieldError>,
}

impl ResultOut {
    /// What became of a decision about an item.
    pub fn of(item_id: QueueItemId, outcome: &Result<Decision, Error>, now: DateTime<Utc>) -> Self {
        let problem = |error: &Error| RowProblemOut {
            status: error.code().status().as_u16(),
            code: error.code().as_str().to_owned(),
            detail: error.detail().into_owned(),
            errors: error.fields().to_vec(),
        };
        Self {
            item_id,
            decision: outcome.as_ref().ok().map(|decision| DecisionOut::of(decision, now)),
            problem: outcome.as_ref().err().map(problem),
        }
    }
}

/// A decision, as the group reads it that it is about.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = GroupDecision, example = json!({
    "id": "01980a8e-0c7c-7d10-a3c0-2a5f3c1d9e61", "network_id": "01980a8e-0c7c-7d10-a3c0-2a5f3c1d9e00", "listing_id": "01980a8e-0c7c-7d10-a3c0-2a5f3c1d9e01",
    "decided_by": "coordinator of 1000 Lives Stoke-on-Trent", "deed": "reject", "reason": "duplicate", "rule": "Each thing is listed once, so that nobody answers the same thing twice.",
    "words": null, "what_to_do": "Post it anew in a way that fits the rule, or appeal.", "decided_at": "2026-11-22T10:00:00Z", "can_appeal": true, "appeal_until": "2026-12-22T10:00:00Z", "appeal": null
}))]
pub struct GroupDecisionOut {
    /// UUIDv7.
    pub id: DecisionId,
    /// The network that decided.
    pub network_id: NetworkId,
    /// The listing that it is about, if any.
    #[schema(required)]
    pub listing_id: Option<ListingId>,
    /// In what role; never who.
    pub decided_by: String,
    /// What was decided.
    pub deed: Deed,
    /// Why, as a word.
    #[schema(required)]
    pub reason: Option<Reason>,
    /// The rule behind the reason.
    #[schema(required)]
    pub rule: Option<String>,
    /// Why, in words.
    #[schema(required)]
    pub words: Option<String>,
    /// What the group can do now.
    pub what_to_do: String,
    /// When.
    pub decided_at: DateTime<Utc>,
    /// Whether the group can appeal now.
    pub can_appeal: bool,
    /// Until when it can; null when there is nothing to appeal against.
    #[schema(required)]
    pub appeal_until: Option<DateTime<Utc>>,
    /// The appeal, if there is one.
    #[schema(required)]
    pub appeal: Option<AppealOut>,
}

impl GroupDecisionOut {
    /// A decision of a network with this name, as its group sees it.
    pub fn of(decision: Decision, network: &str, appeal: Option<&Appeal>, now: DateTime<Utc>) -> Self {
        let asks = decision.listing_id.is_none() || decision.after.get("cross_post").is_some();
        let until = rules::can_be_appealed(decision.deed).then(|| rules::appeal_until(decision.decided_at));
        let role = if decision.decided_by.is_some() {
            format!("coordinator of {network}")
        } else {
            format!("the program, as {network} has set it")
        };
        Self {
            id: decision.id,
            network_id: decision.network_id,
            listing_id: decision.listing_id,
            decided_by: role,
            deed: decision.deed,
            reason: decision.reason,
            rule: decision.reason.map(|reason| sentences::rule(reason).to_owned()),
            words: decision.words,
            what_to_do: sentences::what_to_do(decision.deed, asks).to_owned(),
            decided_at: decision.decided_at,
            can_appeal: appeal.is_none() && until.is_some_and(|until| until > now),
            appeal_until: until,
            appeal: appeal.map(|appeal| AppealOut::of(appeal, now)),
        }
    }
}

/// Why a decision should be otherwise.
#[derive(Debug, Clone, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"words": "The other forty chairs belong to the Scouts; these are ours."}))]
pub struct AppealIn {
    /// In words, 1 to 2,000 characters.
    #[schema(min_length = 1, max_length = 2000)]
    pub words: String,
}

impl AppealIn {
    /// Checks the words.
    pub fn parse(self) -> Result<Words, Vec<FieldError>> {
        let mut fields = Fields::body();
        let words = fields.check("/words", Words::parse(self.words));
        fields.finish(|| words)
    }
}

/// An appeal, as the group that made it sees it.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = Appeal, example = json!({
    "decision_id": "01980a8e-0c7c-7d10-a3c0-2a5f3c1d9e61", "words": "The other forty chairs belong to the Scouts; these are ours.", "made_at": "2026-11-22T11:00:00Z",
    "outcome": null, "answer": null, "decided_at": null
}))]
pub struct AppealOut {
    /// The decision that it is against.
    pub decision_id: DecisionId,
    /// Why it should be decided otherwise.
    pub words: String,
    /// When it was made.
    pub made_at: DateTime<Utc>,
    /// What became of it; null until that is final.
    #[schema(required)]
    pub outcome: Option<AppealOutcome>,
    /// Why, in words.
    #[schema(required)]
    pub answer: Option<String>,
    /// When it was decided; null until that is final.
    #[schema(required)]
    pub decided_at: Option<DateTime<Utc>>,
}

impl AppealOut {
    /// An appeal, as it is at a time.
    pub fn of(appeal: &Appeal, now: DateTime<Utc>) -> Self {
        let told = Some(appeal).filter(|appeal| appeal.is_told_at(now));
        Self {
            decision_id: appeal.decision_id,
            words: appeal.words.clone(),
            made_at: appeal.made_at,
            outcome: told.and_then(|appeal| appeal.outcome),
            answer: told.and_then(|appeal| appeal.answer.clone()),
            decided_at: told.and_then(|appeal| appeal.decided_at),
        }
    }
}
