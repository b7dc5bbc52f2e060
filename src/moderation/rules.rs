//! The rules of moderation: which deed is possible for what waits and what it makes of a listing, and for how long what lasts. Pure.

pub mod sentences;

use chrono::{DateTime, Datelike, Duration, Utc, Weekday};
use serde_json::Value;

use super::{Day, Deed, QueueKind, Reason};
use crate::{
    error::{Code, Error, Result},
    listings::{Moderation, model::Content},
    networks::{Standing, rules::Decision as StandingDecision},
    types::{Refusal, fields::FieldError},
};

/// How long a claim lasts, minutes.
pub const CLAIM_MINUTES: i64 = 15;
/// How long a decision can be undone, seconds.
pub const UNDO_SECONDS: i64 = 30;
/// How long a group can appeal, days.
pub const APPEAL_DAYS: i64 = 30;
/// How many decisions one request takes.
pub const MOST_DECISIONS: usize = 100;

crate::word_enum! {
    /// What kind of decision it is: what waits, more exactly than its kind in the queue.
    pub enum Case as "DecisionCase" {
        /// A listing.
        Listing = "listing",
        /// A small edit, which is live already.
        LiveEdit = "live_edit",
        /// An edit that changes the meaning, and waits.
        WaitingEdit = "waiting_edit",
        /// A listing of another network.
        CrossPost = "cross_post",
        /// A listing that was reported.
        ReportedListing = "reported_listing",
        /// A group, or a message of it, that was reported.
        ReportedGroup = "reported_group",
        /// A group that wants to belong to the network.
        Group = "group",
        /// An appeal.
        Appeal = "appeal",
    }
}

/// A row of the table: a deed, and of a listing the moderation states from which it is possible and the one that it leads to.
#[derive(Debug, Clone, Copy)]
pub struct Row {
    /// What is decided.
    pub case: Case,
    /// How.
    pub deed: Deed,
    /// The states from which it is possible; empty: no listing's state is asked.
    pub from: &'static [Moderation],
    /// The state that it leads to; none: the state stays.
    pub to: Option<Moderation>,
}

/// The table of deeds. docs/MODERATION.md has the same; a test compares them.
pub const TABLE: &[Row] = {
    use Moderation::{Approved, ChangesRequested, Held, Pending, Rejected};
    const UNDECIDED: &[Moderation] = &[Pending, Approved, Held];
    const ANY: &[Moderation] = Moderation::ALL;
    const fn row(case: Case, deed: Deed, from: &'static [Moderation], to: Option<Moderation>) -> Row {
        Row { case, deed, from, to }
    }
    &[
        row(Case::Listing, Deed::Approve, UNDECIDED, Some(Approved)),
        row(Case::Listing, Deed::AskChanges, UNDECIDED, Some(ChangesRequested)),
        row(Case::Listing, Deed::Reject, UNDECIDED, Some(Rejected)),
        row(Case::Listing, Deed::Hold, &[Pending, Approved], Some(Held)),
        row(Case::Listing, Deed::Turn, UNDECIDED, Some(Approved)),
        row(Case::Listing, Deed::Merge, UNDECIDED, Some(Rejected)),
        row(Case::Listing, Deed::Remove, &[Approved, Held], Some(Rejected)),
        row(Case::LiveEdit, Deed::Approve, ANY, None),
        row(Case::LiveEdit, Deed::AskChanges, UNDECIDED, Some(ChangesRequested)),
        row(Case::LiveEdit, Deed::Reject, ANY, None),
        row(Case::LiveEdit, Deed::Hold, &[Pending, Approved], Some(Held)),
        row(Case::LiveEdit, Deed::Remove, &[Approved, Held], Some(Rejected)),
        row(Case::WaitingEdit, Deed::Approve, ANY, None),
        row(Case::WaitingEdit, Deed::AskChanges, ANY, None),
        row(Case::WaitingEdit, Deed::Reject, ANY, None),
        row(Case::CrossPost, Deed::Approve, UNDECIDED, Some(Approved)),
        row(Case::CrossPost, Deed::AskChanges, UNDECIDED, Some(ChangesRequested)),
        row(Case::CrossPost, Deed::Reject, UNDECIDED, Some(Rejected)),
        row(Case::CrossPost, Deed::Hold, &[Pending, Approved], Some(Held)),
        // What is pending and reported was hidden because of the reports.
        row(Case::ReportedListing, Deed::Keep, &[Pending, Approved], Some(Approved)),
        row(Case::ReportedListing, Deed::AskChanges, UNDECIDED, Some(ChangesRequested)),
        row(Case::ReportedListing, Deed::Hold, &[Pending, Approved], Some(Held)),
        row(Case::ReportedListing, Deed::Turn, UNDECIDED, Some(Approved)),
        row(Case::ReportedListing, Deed::Merge, UNDECIDED, Some(Rejected)),
        row(Case::ReportedListing, Deed::Remove, ANY, Some(Rejected)),
        row(Case::ReportedGroup, Deed::Keep, &[], None),
        row(Case::ReportedGroup, Deed::Suspend, &[], None),
        row(Case::Group, Deed::Approve, &[], None),
        row(Case::Group, Deed::AskChanges, &[], None),
        row(Case::Group, Deed::Reject, &[], None),
        row(Case::Group, Deed::Suspend, &[], None),
        row(Case::Appeal, Deed::Keep, &[], None),
        row(Case::Appeal, Deed::Overturn, &[], None),
    ]
};

/// The deeds that are possible for a case in a state.
pub fn possible(case: Case, state: Option<Moderation>) -> Vec<Deed> {
    let rows = TABLE.iter().filter(|row| row.case == case && allows(row, state));
    rows.map(|row| row.deed).collect()
}

fn allows(row: &Row, state: Option<Moderation>) -> bool {
    row.from.is_empty() || state.is_some_and(|state| row.from.contains(&state))
}

/// What a deed makes of the moderation state; none: nothing. 422 when it is no deed for this case, 409 when the state does not allow it.
pub fn step(case: Case, deed: Deed, state: Option<Moderation>) -> Result<Option<Moderation>> {
    let Some(row) = TABLE.iter().find(|row| row.case == case && row.deed == deed) else {
        let others: Vec<_> = TABLE.iter().filter(|row| row.case == case).map(|row| row.deed.as_str()).collect();
        let refusal = Refusal::new("not_for_this", format!("This cannot be decided so. Use one of: {}.", others.join(", ")));
        return Err(vec![FieldError::body("/deed", refusal)].into());
    };
    if allows(row, state) {
        return Ok(row.to);
    }
    let from: Vec<_> = row.from.iter().map(|state| state.as_str()).collect();
    let now = state.map_or("not there", Moderation::as_str);
    Err(Error::problem(Code::WrongState, format!("It is {now}. \"{deed}\" is for what is {}.", from.join(" or "))))
}

/// The deeds that are possible for a reported listing of another network, by where it stands in this one: whether this one goes on showing
/// it is all that it decides. One that its group has taken out is left as it is, which settles the reports.
pub fn possible_of_guest(state: Option<Moderation>) -> Vec<Deed> {
    Deed::ALL.iter().copied().filter(|deed| step_of_guest(*deed, state).is_ok()).collect()
}

/// What a deed makes of where a reported listing of another network stands in this one; none: nothing. 422 when it is no deed for this,
/// 409 when it stands where that is not possible, or nowhere any more.
pub fn step_of_guest(deed: Deed, state: Option<Moderation>) -> Result<Option<Moderation>> {
    if matches!(deed, Deed::Turn | Deed::Merge) {
        let refusal = Refusal::new("not_for_this", "The listing is another network's. Use one of: keep, ask_changes, hold, remove.");
        return Err(vec![FieldError::body("/deed", refusal)].into());
    }
    match (deed, state) {
        (Deed::Keep, None) => Ok(None),
        _ => step(Case::ReportedListing, deed, state),
    }
}

/// What a deed on a group decides about how it stands; none: nothing.
pub const fn of_standing(deed: Deed) -> Option<StandingDecision> {
    match deed {
        Deed::Approve => Some(StandingDecision::Approve),
        Deed::AskChanges => Some(StandingDecision::AskChanges),
        Deed::Reject => Some(StandingDecision::Reject),
        Deed::Suspend => Some(StandingDecision::Suspend),
        _ => None,
    }
}

/// The deeds that are possible for a case about a group, by how it stands in the network; none: it does not belong to it.
pub fn possible_of_group(case: Case, standing: Option<Standing>) -> Vec<Deed> {
    let allows = |deed: &Deed| of_standing(*deed).is_none_or(|decision| standing.is_some_and(|from| decision.applied_to(from).is_ok()));
    possible(case, None).into_iter().filter(allows).collect()
}

/// How audit entries name a deed on a kind of thing.
pub const fn act(kind: QueueKind, deed: Deed) -> &'static str {
    match (kind, deed) {
        (QueueKind::Appeal, Deed::Keep) => "uphold_decision",
        (_, Deed::Overturn) => "overturn_decision",
        (QueueKind::Edit, Deed::Approve) => "approve_edit",
        (QueueKind::Edit, Deed::Reject) => "reject_edit",
        (QueueKind::Group, Deed::Approve) => "decide_to_approve",
        (QueueKind::Group, Deed::Reject) => "decide_to_reject",
        (_, Deed::Approve) => "approve_listing",
        (_, Deed::AskChanges) => "ask_for_changes",
        (_, Deed::Reject) => "reject_listing",
        (_, Deed::Hold) => "hold_listing",
        (_, Deed::Turn) => "turn_listing",
        (_, Deed::Merge) => "merge_listing",
        (_, Deed::Remove) => "remove_listing",
        (_, Deed::Keep) => "keep_reported",
        (_, Deed::Suspend) => "decide_to_suspend",
    }
}

/// Whether a group may ask for another look at a deed.
pub const fn can_be_appealed(deed: Deed) -> bool {
    !matches!(deed, Deed::Approve | Deed::Keep | Deed::Overturn)
}

/// Whether a deed gives reporters right.
pub const fn acts(deed: Deed) -> bool {
    !matches!(deed, Deed::Approve | Deed::Keep)
}

/// Refuses a decision that does not say why: everything but approving and keeping has a reason, and `other` has words.
pub fn explained(deed: Deed, reason: Option<Reason>, words: Option<&str>) -> Vec<FieldError> {
    let refuse = |pointer: &str, code, detail: &str| vec![FieldError::body(pointer, Refusal::new(code, detail))];
    match reason {
        None if !matches!(deed, Deed::Approve | Deed::Keep) => refuse("/reason", "required", "Say why: the poster reads it."),
        Some(Reason::Undecided) => refuse("/reason", "not_for_people", "Only the program decides for this reason. Choose another one."),
        Some(Reason::Other) if words.is_none() => refuse("/words", "required", "Say in words what the reason is."),
        _ => Vec::new(),
    }
}

/// Whether an edit changes the meaning, so that it waits where the approved version has been looked at: another category, fewer than two
/// thirds of the title's words left, or a quantity that goes up by more than half or by more than 10. One more is always small.
pub fn changes_meaning(before: Said<'_>, after: Said<'_>) -> bool {
    before.category != after.category || !keeps_title(before.title, after.title) || grows(before.quantity.into(), after.quantity.into())
}

/// What of a listing carries its meaning. (Offer or want stays what it is.)
#[derive(Debug, Clone, Copy)]
pub struct Said<'a> {
    /// Code of the category.
    pub category: i32,
    /// Title.
    pub title: &'a str,
    /// How many.
    pub quantity: i32,
}

impl<'a> From<&'a Content> for Said<'a> {
    fn from(content: &'a Content) -> Self {
        Self { category: content.category_code, title: &content.title, quantity: content.quantity }
    }
}

impl<'a> Said<'a> {
    /// The same with another title and quantity, where these fields of a listing have them, as the API writes them.
    pub fn otherwise(self, fields: &'a Value) -> Self {
        let quantity = fields.get("quantity").and_then(Value::as_i64).and_then(|quantity| i32::try_from(quantity).ok());
        Self {
            title: fields.get("title").and_then(Value::as_str).unwrap_or(self.title),
            quantity: quantity.unwrap_or(self.quantity),
            ..self
        }
    }
}

fn keeps_title(before: &str, after: &str) -> bool {
    let words = |title: &str| -> std::collections::BTreeSet<String> {
        let folded = crate::types::text::fold(title);
        folded.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).map(str::to_owned).collect()
    };
    let (before, after) = (words(before), words(after));
    before.intersection(&after).count() * 3 >= before.len() * 2
}

fn grows(before: i64, after: i64) -> bool {
    let more = after - before;
    more > 1 && (more > 10 || more * 2 > before)
}

/// The day of the week in the United Kingdom, near enough for a rota: the hour in which summer time differs is at night.
pub fn day_of(now: DateTime<Utc>) -> Day {
    match now.weekday() {
        Weekday::Mon => Day::Mon,
        Weekday::Tue => Day::Tue,
        Weekday::Wed => Day::Wed,
        Weekday::Thu => Day::Thu,
        Weekday::Fri => Day::Fri,
        Weekday::Sat => Day::Sat,
        Weekday::Sun => Day::Sun,
    }
}

/// When a decision of this moment is final.
pub fn final_at(now: DateTime<Utc>) -> DateTime<Utc> {
    now + Duration::seconds(UNDO_SECONDS)
}

/// Until when a decision can be appealed.
pub fn appeal_until(decided_at: DateTime<Utc>) -> DateTime<Utc> {
    decided_at + Duration::days(APPEAL_DAYS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_deed_of_every_case_in_every_state_is_as_the_table_says() {
        let mut asked = 0;
        for case in Case::ALL {
            for deed in Deed::ALL {
                for state in Moderation::ALL {
                    let rows: Vec<_> = TABLE.iter().filter(|row| row.case == *case && row.deed == *deed).collect();
                    assert!(rows.len() < 2, "{case} {deed} is there twice");
                    let outcome = step(*case, *deed, Some(*state));
                    asked += 1;
                    match (rows.first(), outcome) {
                        (None, Err(error)) => assert_eq!(error.code(), Code::InvalidFields, "{case} {deed} {state}"),
                        (Some(row), Ok(to)) => assert!(to == row.to && (row.from.is_empty() || row.from.contains(state))),
                        (Some(row), Err(error)) => {
                            assert!(!row.from.is_empty() && !row.from.contains(state), "{case} {deed} {state}");
                            assert_eq!(error.code(), Code::WrongState);
                            assert!(row.from.iter().all(|from| error.detail().contains(from.as_str())), "{}", error.detail());
                        }
                        (None, Ok(_)) => panic!("{case} {deed} {state} is possible without a row"),
                    }
                    assert_eq!(possible(*case, Some(*state)).contains(deed), step(*case, *deed, Some(*state)).is_ok());
                }
            }
        }
        assert_eq!(asked, Case::ALL.len() * Deed::ALL.len() * Moderation::ALL.len());
    }

    #[test]
    fn the_page_about_moderation_has_the_same_table() {
        let page = include_str!("../../docs/MODERATION.md");
        for row in TABLE {
            let from: Vec<_> = row.from.iter().map(|state| state.as_str()).collect();
            let from = if from.is_empty() { "-".to_owned() } else { from.join(", ") };
            let line = format!("| {} | {} | {from} | {} |", row.case, row.deed, row.to.map_or("the same", Moderation::as_str));
            assert!(page.contains(&line), "docs/MODERATION.md lacks: {line}");
        }
    }

    #[test]
    fn nothing_that_hides_is_decided_without_a_reason() {
        for deed in Deed::ALL {
            let free = matches!(deed, Deed::Approve | Deed::Keep);
            assert_eq!(explained(*deed, None, None).is_empty(), free, "{deed}");
            assert!(explained(*deed, Some(Reason::TooVague), None).is_empty());
            assert_eq!(explained(*deed, Some(Reason::Other), None)[0].code, "required");
            assert_eq!(explained(*deed, Some(Reason::Undecided), Some("x"))[0].code, "not_for_people");
        }
    }

    #[test]
    fn category_title_and_much_more_change_the_meaning() {
        let chairs = Said { category: 1, title: "Forty folding chairs", quantity: 40 };
        let changes = |after: Said<'_>| changes_meaning(chairs, after);
        assert!(!changes(chairs));
        assert!(changes(Said { category: 2, ..chairs }));
        assert!(!changes(Said { title: "Thirty folding chairs", ..chairs }), "two of three words stay");
        assert!(!changes(Said { title: "forty FOLDING chairs, some scratched", ..chairs }));
        assert!(changes(Said { title: "Forty raffle tickets", ..chairs }));
        assert!(!changes(Said { quantity: 50, ..chairs }) && !changes(Said { quantity: 1, ..chairs }));
        assert!(changes(Said { quantity: 51, ..chairs }));
        let two = Said { quantity: 2, ..chairs };
        assert!(!changes_meaning(two, Said { quantity: 3, ..chairs }) && changes_meaning(two, Said { quantity: 4, ..chairs }));
        let welsh = Said { title: "Tŷ bach twt", ..chairs };
        assert!(!changes_meaning(welsh, Said { title: "Ty bach twt", ..chairs }), "diacritics are no other words");
    }
}
