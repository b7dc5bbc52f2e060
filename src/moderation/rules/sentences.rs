//! What posters read: which rule it was, what to do now, and the coordinators' standard replies with their placeholders filled. Pure.

use super::super::{Deed, Reason};
use crate::types::Refusal;

/// The rule behind a reason, as the poster reads it.
pub const fn rule(reason: Reason) -> &'static str {
    match reason {
        Reason::Duplicate => "Each thing is listed once, so that nobody answers the same thing twice.",
        Reason::OutOfArea => "Listings are for the network's area and the places round it.",
        Reason::RepeatedTooSoon => "The same thing is not posted again within a short time.",
        Reason::TooVague => "A listing says what it is about, so that others can tell whether it is for them.",
        Reason::WrongKind => "Got it is for what you have, Want it for what you need.",
        Reason::ContactDetails => "Contact details are not in public words: they are shown once an exchange is agreed.",
        Reason::PrivatePerson => "Listings are about groups. Nobody can be recognised in them who has not chosen to be there.",
        Reason::MissingFacts => "Of some things a few facts have to be said, such as a use-by date of food.",
        Reason::NotTakenHere => "The network does not take such things; its ground rules say which.",
        Reason::Unsafe => "Nothing is passed on that may hurt somebody or is against the law.",
        Reason::OutOfScope => "The exchange is for giving, lending and sharing between groups, without money.",
        Reason::GroundRules => "The network's ground rules hold for everything that is posted.",
        Reason::NotReachable => "Somebody of the group has to be reachable.",
        Reason::NotAGroup => "The exchange is for groups, not for single people.",
        Reason::NumberNotFound => "A number of a register has to be in that register.",
        Reason::Undecided => "Nobody decided within the time that the network promises.",
        Reason::Other => "The words below say why.",
    }
}

/// What the group can do now. How it stands in a network, and whether another network shows its listing, it `asks` for itself.
pub const fn what_to_do(deed: Deed, asks: bool) -> &'static str {
    match deed {
        Deed::AskChanges if asks => "Change what is named, then ask the network again.",
        Deed::Reject if asks => "Speak to a coordinator, or appeal.",
        Deed::Approve | Deed::Keep => "Nothing: everything is as it should be.",
        Deed::AskChanges => "Change what is named and save it: it then goes back to the coordinators by itself.",
        Deed::Reject | Deed::Remove => "Post it anew in a way that fits the rule, or appeal.",
        Deed::Hold => "Nothing for now: a coordinator looks into it and decides. You can appeal.",
        Deed::Turn => "Have a look whether it is right now. Appeal if it is not.",
        Deed::Merge => "Go on with the listing that stays. Appeal if the two are not the same.",
        Deed::Suspend => "Speak to a coordinator, or appeal.",
        Deed::Overturn => "Nothing: it was decided in your favour.",
    }
}

/// What a standard reply may leave to be filled in.
pub const PLACEHOLDERS: [&str; 4] = ["title", "group", "network", "reason"];

/// What placeholders stand for.
#[derive(Debug, Clone, Copy)]
pub struct Filling<'a> {
    /// Title of the listing, or "your group".
    pub title: &'a str,
    /// Name of the group.
    pub group: &'a str,
    /// Name of the network.
    pub network: &'a str,
    /// Why.
    pub reason: Option<Reason>,
}

/// The words with each `{placeholder}` filled in, in one go: what is filled in is not looked at again.
pub fn fill(words: &str, filling: &Filling<'_>) -> String {
    pieces(words).map(|(text, name)| text.to_owned() + name.map_or("", |name| value(name, filling))).collect()
}

fn value<'a>(name: &str, filling: &Filling<'a>) -> &'a str {
    match name {
        "title" => filling.title,
        "group" => filling.group,
        "network" => filling.network,
        _ => filling.reason.map_or("", rule),
    }
}

/// Refuses words with a placeholder that nobody fills in.
pub fn known_placeholders(words: &str) -> Result<(), Refusal> {
    let unknown = pieces(words).filter_map(|(_, name)| name).find(|name| !PLACEHOLDERS.contains(name));
    let known = || PLACEHOLDERS.map(|name| format!("{{{name}}}")).join(", ");
    unknown.map_or(Ok(()), |name| {
        Err(Refusal::new("unknown_placeholder", format!("{{{name}}} is not known. Use {}, or leave out the braces.", known())))
    })
}

/// The text cut behind each placeholder: what comes before it, and its name, if there is one.
fn pieces(words: &str) -> impl Iterator<Item = (&str, Option<&str>)> {
    let mut rest = Some(words);
    std::iter::from_fn(move || {
        let text = rest?;
        let found = text.split_once('{').and_then(|(before, after)| after.split_once('}').map(|(name, after)| (before, name, after)));
        Some(match found {
            Some((before, name, after)) => {
                rest = Some(after);
                (before, Some(name))
            }
            None => {
                rest = None;
                (text, None)
            }
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILLING: Filling<'_> =
        Filling { title: "Forty {group} chairs", group: "Caffi'r Môr", network: "Stoke", reason: Some(Reason::TooVague) };

    #[test]
    fn placeholders_are_filled_in_once() {
        assert_eq!(fill("Dear {group}, \"{title}\": see {network}.", &FILLING), "Dear Caffi'r Môr, \"Forty {group} chairs\": see Stoke.");
        assert!(fill("{reason}", &FILLING).contains("what it is about"));
        for same in ["", "no braces", "a { brace", "a } brace"] {
            assert_eq!(fill(same, &FILLING), same);
        }
    }

    #[test]
    fn unknown_placeholders_are_refused_by_name() {
        assert!(known_placeholders("Dear {group}, {title} {network} {reason}").is_ok());
        let refusal = known_placeholders("Dear {name}").unwrap_err();
        assert!(refusal.code == "unknown_placeholder" && refusal.detail.contains("{name}") && refusal.detail.contains("{title}"));
    }

    #[test]
    fn every_reason_and_deed_has_a_sentence() {
        let mut all: Vec<_> = Reason::ALL.iter().map(|reason| rule(*reason)).collect();
        all.extend(Deed::ALL.iter().flat_map(|deed| [false, true].map(|asks| what_to_do(*deed, asks))));
        assert!(all.iter().all(|text| text.ends_with('.') && !text.contains('_')));
    }
}
