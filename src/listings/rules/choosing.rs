//! How a group says it chooses among those who are interested in its listing. Pure.

use chrono::{DateTime, Utc};

use crate::{
    listings::{ChooseFirst, model::Listing},
    types::{Fields, Refusal, local_time},
};

/// The longest that a group may wait before it chooses, in hours: two weeks.
pub const MOST_HOURS: i32 = 336;

/// Takes 0 to [`MOST_HOURS`].
pub fn hours(hours: i64) -> Result<i32, Refusal> {
    let fits = i32::try_from(hours).ok().filter(|hours| (0..=MOST_HOURS).contains(hours));
    fits.ok_or_else(|| Refusal::new("out_of_range", format!("Give whole hours from 0 to {MOST_HOURS} (two weeks).")))
}

/// Who is to come first, each once, in the order of the documentation. What is refused is remembered in `fields`.
pub fn wishes(fields: &mut Fields, words: Option<&[String]>) -> Option<Option<Vec<ChooseFirst>>> {
    let Some(words) = words else { return Some(None) };
    if words.len() > ChooseFirst::ALL.len() {
        fields.refuse("/choose_first", Refusal::new("too_many", "Name each of them once at most."));
        return None;
    }
    let words = words.iter().enumerate();
    let named: Vec<_> = words.map(|(at, word)| fields.check(format!("/choose_first/{at}"), ChooseFirst::parse(word))).collect();
    let mut named: Vec<ChooseFirst> = named.into_iter().collect::<Option<_>>()?;
    named.sort_unstable();
    named.dedup();
    Some(Some(named))
}

/// The rule in words: "The group waits until 24 November, 10:00 before it chooses; small groups come first." None without a rule,
/// and when the wait was all of it and is over.
pub fn in_words(listing: &Listing, now: DateTime<Utc>) -> Option<String> {
    let first = first(&listing.chosen_first());
    let wait = match (listing.choose_from(), listing.choose_after_hours) {
        (Some(from), _) => (from > now).then(|| format!("until {}", local_time::in_words(from))),
        (None, 0) => None,
        (None, 1) => Some("1 hour after publishing".to_owned()),
        (None, hours) => Some(format!("{hours} hours after publishing")),
    };
    match (wait, first) {
        (Some(wait), Some(first)) => Some(format!("The group waits {wait} before it chooses; {first} come first.")),
        (Some(wait), None) => Some(format!("The group waits {wait} before it chooses.")),
        (None, Some(first)) => Some(format!("When the group chooses, {first} come first.")),
        (None, None) => None,
    }
}

/// "small groups, groups from here and registered charities".
fn first(wishes: &[ChooseFirst]) -> Option<String> {
    let names: Vec<&str> = wishes
        .iter()
        .map(|wish| match wish {
            ChooseFirst::SmallGroups => "small groups",
            ChooseFirst::ThisLocality => "groups from here",
            ChooseFirst::RegisteredCharities => "registered charities",
        })
        .collect();
    let (last, others) = names.split_last()?;
    Some(if others.is_empty() { (*last).to_owned() } else { format!("{} and {last}", others.join(", ")) })
}

#[cfg(test)]
mod tests {
    use chrono::Duration;

    use super::*;
    use crate::{
        listings::Kind,
        matching::rules::example::{self, noon},
    };

    fn said(wishes: &[ChooseFirst], hours: i32, published: bool, later: Duration) -> Option<String> {
        let listing = Listing {
            choose_first: wishes.iter().copied().map(Some).collect(),
            choose_after_hours: hours,
            published_at: published.then(noon),
            ..example::view(Kind::Offer).listing
        };
        in_words(&listing, noon() + later)
    }

    #[test]
    fn the_rule_is_said_in_one_sentence() {
        use ChooseFirst::{RegisteredCharities, SmallGroups, ThisLocality};
        let (now, later) = (Duration::zero(), Duration::hours(48));
        // Noon of the example is 15 January 2027, 08:00 UTC.
        type Case<'a> = (&'a [ChooseFirst], i32, bool, Duration, Option<&'a str>);
        let table: [Case<'_>; 8] = [
            (&[], 0, true, now, None),
            (&[], 48, true, now, Some("The group waits until 17 January, 08:00 before it chooses.")),
            (&[SmallGroups], 48, true, now, Some("The group waits until 17 January, 08:00 before it chooses; small groups come first.")),
            (&[], 48, true, later, None),
            (&[SmallGroups, ThisLocality], 48, true, later, Some("When the group chooses, small groups and groups from here come first.")),
            (
                &[SmallGroups, ThisLocality, RegisteredCharities],
                0,
                true,
                now,
                Some("When the group chooses, small groups, groups from here and registered charities come first."),
            ),
            (&[], 1, false, now, Some("The group waits 1 hour after publishing before it chooses.")),
            (
                &[RegisteredCharities],
                5,
                false,
                now,
                Some("The group waits 5 hours after publishing before it chooses; registered charities come first."),
            ),
        ];
        for (wishes, hours, published, later, expected) in table {
            assert_eq!(said(wishes, hours, published, later).as_deref(), expected);
        }
    }

    #[test]
    fn a_group_waits_two_weeks_at_most() {
        assert_eq!((hours(0), hours(336)), (Ok(0), Ok(336)));
        for wrong in [-1, 337, i64::MAX] {
            assert_eq!(hours(wrong).unwrap_err().code, "out_of_range");
        }
    }
}
