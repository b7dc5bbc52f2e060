//! What a group is told of how it stands in a network, of partners that are suspended, and of its listings in other networks. Pure.

use chrono::{DateTime, Utc};
use serde_json::Value;

use super::{About, one_line};
use crate::{listings::Moderation, networks::Standing};

/// How the group stands in a network now, and what to do.
pub(super) fn of_group(about: &About<'_>) -> String {
    let network = network(about);
    match fact(about, "state").and_then(|word| Standing::parse(word).ok()) {
        Some(Standing::Approved) => format!("{network} has let your group in: its listings there can be found."),
        Some(Standing::ChangesRequested) => {
            format!("{network} asks you to change something about your group first. Read what, change it, and ask again.")
        }
        Some(Standing::Rejected) => format!("{network} has not let your group in. Your group's page says why."),
        Some(Standing::Suspended) => {
            format!("{network} has suspended your group: its listings there cannot be found for now. Your group's page says why.")
        }
        Some(Standing::RecertificationRequired) => is_it_still_there(&network, fact(about, "until").and_then(|text| text.parse().ok())),
        Some(Standing::Invited | Standing::AwaitingReview | Standing::Closed) | None => {
            format!("Your group stands otherwise in {network} than before. Have a look.")
        }
    }
}

/// A group that something is agreed with is suspended.
pub(super) fn of_partner(about: &About<'_>) -> String {
    let (they, it) = (about.they(), about.it());
    format!("{they} is suspended by its network for now. What you have agreed about {it} stands unless you call it off.")
}

/// Another network has decided whether to show a listing.
pub(super) fn of_cross_post(about: &About<'_>) -> String {
    let (network, it) = (network(about), about.it());
    match fact(about, "moderation").and_then(|word| Moderation::parse(word).ok()) {
        Some(Moderation::Approved) => format!("{network} shows {it} too."),
        Some(Moderation::ChangesRequested) => format!("{network} would show {it} if something were changed first. Read what."),
        Some(Moderation::Held) => format!("{network} does not show {it} for now."),
        Some(Moderation::Rejected) => format!("{network} does not show {it}."),
        Some(Moderation::Pending) | None => format!("{network} is looking at {it} again."),
    }
}

fn fact<'a>(about: &About<'a>, name: &str) -> Option<&'a str> {
    about.facts.get(name).and_then(Value::as_str)
}

fn network(about: &About<'_>) -> String {
    fact(about, "network").map_or_else(|| "The network".to_owned(), one_line)
}

/// What a group is asked every year.
pub(super) fn is_it_still_there(network: &str, until: Option<DateTime<Utc>>) -> String {
    let until = until.map_or_else(|| "the date on your group's page".to_owned(), |time| time.format("%-d %B %Y").to_string());
    format!("Is your group still there? Look at what it says of itself and tell {network} by {until}, or it is suspended then.")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::inbox::{Topic, words::sentence};

    fn said(topic: Topic, facts: Value) -> String {
        sentence(&About { topic, title: Some("Forty folding chairs"), kind: None, other: Some("Caffi'r Môr"), facts: &facts })
    }

    #[test]
    fn every_standing_has_a_sentence_that_names_the_network() {
        for state in Standing::ALL {
            let text = said(Topic::GroupStanding, json!({"state": state, "network": "Rhwydwaith Môn", "until": "2027-03-04T10:00:00Z"}));
            assert!(text.contains("Rhwydwaith Môn") && text.ends_with('.') && !text.contains('_'), "{text}");
        }
        let asked = said(Topic::GroupStanding, json!({"state": "recertification_required", "until": "2027-03-04T10:00:00Z"}));
        assert!(asked.contains("The network") || asked.contains("tell The network by 4 March 2027"), "{asked}");
    }

    #[test]
    fn every_decision_about_a_cross_post_has_a_sentence() {
        let mut all: Vec<String> = Moderation::ALL
            .iter()
            .map(|moderation| said(Topic::CrossPostDecided, json!({"moderation": moderation, "network": "Leek"})))
            .collect();
        assert!(all.iter().all(|text| text.contains("Leek") && text.contains("Forty folding chairs")), "{all:?}");
        all.sort();
        all.dedup();
        assert_eq!(all.len(), Moderation::ALL.len());
    }
}
