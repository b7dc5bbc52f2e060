//! Findings on the wire. Other features show them too, as they show categories and localities (`catalog::links`).

use serde::Serialize;

use super::{Action, Finding, Outcome, Rule, service::Judged};
use crate::types::ids::ListingId;

/// What a check found in a listing.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
#[schema(as = Finding, example = json!({
    "rule": "contact_details", "action": "hold", "pointer": "/description", "words": "01782 000 111",
    "detail": "\"01782 000 111\": everybody can read this, and it looks like a way to reach somebody or an address. Take it out. The other group sees how to reach you when an exchange is agreed.",
    "listing_id": null
}))]
pub struct FindingOut {
    /// Which check.
    pub rule: Rule,
    /// What the network does about it: `warn`, `hold` or `refuse`.
    pub action: Action,
    /// Where, as a JSON pointer into the listing.
    pub pointer: String,
    /// The words concerned, as they were written; null when it is not about words.
    #[schema(required)]
    pub words: Option<String>,
    /// What is wrong and what to do about it.
    pub detail: String,
    /// The other listing, when it is about one.
    #[schema(required)]
    pub listing_id: Option<ListingId>,
}

impl From<Finding> for FindingOut {
    fn from(finding: Finding) -> Self {
        let detail = finding.sentence();
        Self {
            rule: finding.rule,
            action: finding.action,
            pointer: finding.pointer,
            words: finding.words,
            detail,
            listing_id: finding.listing,
        }
    }
}

/// What the checks say of a draft.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = CheckedListing, example = json!({
    "outcome": "held", "findings": [{
        "rule": "contact_details", "action": "hold", "pointer": "/description", "words": "01782 000 111",
        "detail": "\"01782 000 111\": everybody can read this, and it looks like a way to reach somebody or an address. Take it out. The other group sees how to reach you when an exchange is agreed.",
        "listing_id": null
    }]
}))]
pub struct CheckedOut {
    /// What becomes of it if it is posted as it is: `published`, `held` until a coordinator has looked, or `refused`.
    pub outcome: Outcome,
    /// What was found; the most serious first.
    pub findings: Vec<FindingOut>,
}

impl From<Judged> for CheckedOut {
    fn from(judged: Judged) -> Self {
        Self { outcome: judged.outcome(), findings: judged.findings.into_iter().map(FindingOut::from).collect() }
    }
}
