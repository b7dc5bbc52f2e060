//! The sentences about reports, worries about somebody's safety, and complaints. They may be read by others over a shoulder, as mail too:
//! they say that something waits or was decided, never what it was.

use serde_json::Value;

use super::About;
use crate::{inbox::Topic, reports::Outcome};

/// Topics whose notices are about no listing.
#[cfg(test)]
pub const IS_ABOUT_NO_LISTING: &[Topic] = &[
    Topic::SafeguardingFlagRaised,
    Topic::SafeguardingLeadMissing,
    Topic::SafeguardingLeadNamed,
    Topic::SafeguardingLeadReplaced,
    Topic::ComplaintReceived,
    Topic::ComplaintAnswered,
    Topic::ComplaintMade,
    Topic::ComplaintDue,
];

/// What happened, in one or two sentences that say what to do if something is to be done.
pub fn sentence(about: &About<'_>) -> String {
    let (code, by) = (text(about, "code"), text(about, "answer_by"));
    match about.topic {
        Topic::ListingHidden => format!("{} was reported, and is hidden until a coordinator has looked at it.", about.it()),
        Topic::ReportSettled => {
            let what = about.title.map_or_else(|| about.they(), |_| about.it());
            format!("Thank you for your report about {what}. {}", outcome(about))
        }
        Topic::SafeguardingFlagRaised => "A worry about somebody's safety waits for you. Nobody else can read it.".to_owned(),
        Topic::SafeguardingLeadMissing => {
            "A worry about somebody's safety waits, and nobody is named to read it. Name a safeguarding lead for the network today."
                .to_owned()
        }
        Topic::SafeguardingLeadNamed => {
            "You are the network's safeguarding lead now: worries about somebody's safety come to you alone. Look whether any wait."
                .to_owned()
        }
        Topic::SafeguardingLeadReplaced => "You are no longer the network's safeguarding lead.".to_owned(),
        Topic::ComplaintReceived => format!("Your complaint {code} has come. You have an answer by {by}."),
        Topic::ComplaintAnswered => format!("Your complaint {code} has been answered. Look it up by its code."),
        Topic::ComplaintDue if about.facts.get("late").and_then(Value::as_bool) == Some(true) => {
            format!("A complaint should have been answered by {by}. Please answer it today.")
        }
        Topic::ComplaintDue => format!("A complaint still waits for an answer, which is due by {by}."),
        _ => format!("A complaint has come to the network. Answer it by {by}."),
    }
}

fn text<'a>(about: &About<'a>, fact: &str) -> &'a str {
    about.facts.get(fact).and_then(Value::as_str).unwrap_or("then")
}

fn outcome(about: &About<'_>) -> &'static str {
    match about.facts.get("outcome").and_then(Value::as_str).and_then(|word| Outcome::parse(word).ok()) {
        Some(Outcome::Acted) => "The coordinators have done something about it.",
        Some(Outcome::NotActed) => "The coordinators have looked at it and left it as it is.",
        Some(Outcome::DecidedBefore) | None => "The coordinators have looked at it.",
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn said(topic: Topic, title: Option<&str>, facts: Value) -> String {
        sentence(&About { topic, title, kind: None, other: Some("Caffi'r Môr"), facts: &facts })
    }

    #[test]
    fn reporters_hear_what_came_of_it() {
        let all = Outcome::ALL.iter().map(|outcome| said(Topic::ReportSettled, Some("Two settees"), json!({"outcome": outcome})));
        let all: std::collections::BTreeSet<String> = all.collect();
        assert_eq!(all.len(), Outcome::ALL.len());
        assert!(said(Topic::ReportSettled, None, json!({"outcome": "acted"})).starts_with("Thank you for your report about Caffi'r Môr. "));
    }

    #[test]
    fn a_notice_about_somebodys_safety_or_a_complaint_names_nothing() {
        for topic in IS_ABOUT_NO_LISTING {
            let text = said(*topic, Some("Two settees"), json!({"code": "K7M2XW9P4T3B", "answer_by": "20 December 2026"}));
            assert!(!text.contains("settees") && !text.contains("Môr"), "{text}");
        }
        assert_eq!(
            said(Topic::ComplaintReceived, None, json!({"code": "K7M2XW9P4T3B", "answer_by": "20 December 2026"})),
            "Your complaint K7M2XW9P4T3B has come. You have an answer by 20 December 2026."
        );
    }

    #[test]
    fn a_late_complaint_is_said_to_be_late() {
        let facts = |late: bool| json!({"answer_by": "20 December 2026", "late": late});
        assert!(said(Topic::ComplaintDue, None, facts(true)).contains("should have been answered by 20 December 2026"));
        assert!(said(Topic::ComplaintDue, None, facts(false)).contains("due by 20 December 2026"));
    }
}
