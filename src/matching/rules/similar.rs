//! Similar listings in words: how many groups are in the same position, and what somebody has posted already. Pure.

use super::{capital, in_words};
use crate::{
    listings::{Kind, model::ListingView},
    matching::model::{Duplicate, Match, Pair},
    types::place::whole_km,
};

/// From which share of words in common on two titles are nearly the same.
pub const NEARLY_THE_SAME: f64 = 0.8;

/// Groups are counted among so many of the best.
pub const COUNTED: usize = 100;

/// How many other groups are in the same position, and what to do about it. `more`: there are more than were counted.
pub fn summary((kind, remote): (Kind, bool), groups: usize, more: bool, duplicates: usize) -> String {
    let near = if remote { "" } else { " near you" };
    let others = others(kind, near, groups, more);
    match duplicates {
        0 => others,
        1 => format!("{others} You have posted this already."),
        many => format!("{others} You have posted this {} times already.", in_words(many)),
    }
}

fn others(kind: Kind, near: &str, groups: usize, more: bool) -> String {
    let together = match kind {
        Kind::Offer => "offer it together",
        Kind::Want => "ask together",
    };
    match (groups, more) {
        (0, _) => format!("No other group{near} {} this just now.", verb(kind, 1)),
        (1, false) => format!("One other group {} this{near}: {together}.", verb(kind, 1)),
        (_, false) => format!("{} other groups {} this{near}: {together}.", capital(&in_words(groups)), verb(kind, groups)),
        (_, true) => format!("At least {} other group{} {} this{near}: {together}.", in_words(groups), plural(groups), verb(kind, groups)),
    }
}

fn verb(kind: Kind, groups: usize) -> &'static str {
    match (kind, groups) {
        (Kind::Offer, 1) => "has",
        (Kind::Offer, _) => "have",
        (Kind::Want, 1) => "wants",
        (Kind::Want, _) => "want",
    }
}

fn plural(number: usize) -> &'static str {
    if number == 1 { "" } else { "s" }
}

/// Why two of a kind are similar, in one sentence for the group of the first.
pub fn reason(found: &Match) -> String {
    let Match { pair, seeker, counterpart } = found;
    let (kind, theirs) = (counterpart.listing.kind, &counterpart.category.name);
    let verb = verb(kind, 2);
    let same = seeker.category.code == counterpart.category.code;
    let thing = if same { format!("They {verb} the same") } else { format!("They {verb} the like ({theirs})") };
    let amount = counterpart.listing.quantity_left;
    let amount = if amount > 1 { format!(", {amount} of it") } else { String::new() };
    format!("{thing}{amount}, {}.", place(pair))
}

fn place(pair: &Pair) -> String {
    match whole_km(pair.km) {
        _ if pair.both_remote => "and place does not matter".to_owned(),
        0 => "in the same place".to_owned(),
        km => format!("about {km} km away"),
    }
}

/// When, for whom and in which words something has been posted already.
pub fn posted_already(asked: &ListingView, found: &Duplicate) -> String {
    let listing = &found.view.listing;
    let group = if listing.group_id == asked.listing.group_id { String::new() } else { format!(" for {}", found.view.group_name) };
    let words = if found.words < 1.0 { "nearly the same words" } else { "the same words" };
    let day = listing.published_at.unwrap_or(listing.created_at).format("%-d %B %Y");
    format!("You posted this{group} on {day} in {words}.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_summary_counts_in_plain_english() {
        let want = |groups, more, duplicates| summary((Kind::Want, false), groups, more, duplicates);
        assert_eq!(want(0, false, 0), "No other group near you wants this just now.");
        assert_eq!(want(1, false, 0), "One other group wants this near you: ask together.");
        assert_eq!(want(3, false, 0), "Three other groups want this near you: ask together.");
        assert_eq!(want(10, false, 1), "Ten other groups want this near you: ask together. You have posted this already.");
        assert_eq!(want(11, false, 0), "11 other groups want this near you: ask together.");
        assert_eq!(want(64, true, 0), "At least 64 other groups want this near you: ask together.");
        assert_eq!(want(1, true, 0), "At least one other group wants this near you: ask together.");
        assert_eq!(want(0, false, 2), "No other group near you wants this just now. You have posted this two times already.");
        assert_eq!(summary((Kind::Offer, false), 1, false, 0), "One other group has this near you: offer it together.");
        assert_eq!(summary((Kind::Offer, true), 2, false, 0), "Two other groups have this: offer it together.");
        assert_eq!(summary((Kind::Offer, true), 0, false, 0), "No other group has this just now.");
    }
}
