//! What a preview says: how many groups there are for a listing before it is posted. Pure.

use super::{capital, in_words};
use crate::listings::Kind;

/// How many groups would match.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Groups {
    /// Those with the thing itself.
    pub itself: usize,
    /// There may be more of them: not all were looked at.
    pub more_itself: bool,
    /// Those with something like it only.
    pub like: usize,
    /// There may be more with something like it: not all were looked at.
    pub more_like: bool,
}

/// One or two sentences for the group that is about to post something of this kind. `nearby` unless place does not matter.
pub fn summary(kind: Kind, nearby: bool, groups: Groups) -> String {
    let nearby = if nearby { " nearby" } else { "" };
    let verb = |number: usize| match (kind, number) {
        (Kind::Offer, 1) => "wants",
        (Kind::Offer, _) => "want",
        (Kind::Want, 1) => "has",
        (Kind::Want, _) => "have",
    };
    let Groups { itself, more_itself, like, more_like } = groups;
    let say = |number: usize, more: bool, what: &str| {
        let noun = if number == 1 { "group" } else { "groups" };
        let least = if more { "at least " } else { "" };
        format!("{least}{} {noun}{nearby} {} {what}", in_words(number), verb(number))
    };
    let nobody = format!("Nobody{nearby} {} this yet", verb(1));
    match (itself, like) {
        (0, 0) => {
            let wish = match kind {
                Kind::Offer => "somebody wants it",
                Kind::Want => "somebody has it",
            };
            format!("{nobody}. Post it all the same: everybody can find it, and it matches as soon as {wish}.")
        }
        (0, like) => format!("{nobody}, but {}.", say(like, more_like, "something like it")),
        (itself, 0) => format!("{}.", capital(&say(itself, more_itself, "this"))),
        (itself, like) => {
            format!("{}. {}.", capital(&say(itself, more_itself, "this")), capital(&say(like, more_like, "something like it")))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_preview_counts_groups_in_plain_english() {
        let table = [
            (Kind::Offer, true, (5, 0, false), "Five groups nearby want this."),
            (Kind::Offer, true, (1, 0, false), "One group nearby wants this."),
            (Kind::Want, true, (1, 2, false), "One group nearby has this. Two groups nearby have something like it."),
            (Kind::Want, false, (12, 1, false), "12 groups have this. One group has something like it."),
            (Kind::Offer, true, (70, 0, true), "At least 70 groups nearby want this."),
            (Kind::Offer, true, (0, 1, false), "Nobody nearby wants this yet, but one group nearby wants something like it."),
            (Kind::Want, true, (0, 3, false), "Nobody nearby has this yet, but three groups nearby have something like it."),
            (
                Kind::Offer,
                true,
                (0, 0, false),
                "Nobody nearby wants this yet. Post it all the same: everybody can find it, and it matches as soon as somebody wants it.",
            ),
            (
                Kind::Want,
                false,
                (0, 0, false),
                "Nobody has this yet. Post it all the same: everybody can find it, and it matches as soon as somebody has it.",
            ),
        ];
        for (kind, nearby, (itself, like, more), expected) in table {
            assert_eq!(summary(kind, nearby, Groups { itself, more_itself: more, like, more_like: more }), expected);
        }
    }
}
