//! The fair order among the groups that are interested in a listing (docs/INTERESTS.md). It is advice: the owner chooses.
//!
//! 1. Those who meet more of what the owner has set comes first (`choose_first`).
//! 2. Of those, who has had less in the last year, for its size: the number of exchanges in which the group received (for a want: in
//!    which it gave, so that it is not always the same ones), times 4 for a small group, 2 for a medium one or one that does not say,
//!    1 for a large one. A group that serves five times as many people may well receive more often.
//! 3. Of those, who asked first.

use std::cmp::Reverse;

use chrono::{DateTime, Utc};

use crate::{
    groups::Size,
    listings::{ChooseFirst, Kind},
    types::ids::InterestId,
};

/// A group that is interested, as far as it matters here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Asker {
    /// How many people it serves.
    pub size: Option<Size>,
    /// Whether it says that it is a registered charity.
    pub is_charity: bool,
    /// Whether it is in the listing's locality or below it.
    pub is_here: bool,
    /// Exchanges completed in the last year in which it received; for a want, in which it gave.
    pub times: i64,
    /// When it asked.
    pub asked_at: DateTime<Utc>,
    /// Its interest.
    pub id: InterestId,
}

/// The place of an interest in the fair order: the least comes first.
pub type FairKey = (Reverse<usize>, i64, DateTime<Utc>, InterestId);

impl Asker {
    /// Which of the owner's wishes it meets, in their order.
    pub fn meets(&self, wishes: &[ChooseFirst]) -> Vec<ChooseFirst> {
        let met = |wish: &ChooseFirst| match wish {
            ChooseFirst::SmallGroups => self.size == Some(Size::Small),
            ChooseFirst::ThisLocality => self.is_here,
            ChooseFirst::RegisteredCharities => self.is_charity,
        };
        wishes.iter().copied().filter(met).collect()
    }

    /// How much it has had, for its size.
    pub fn had(&self) -> i64 {
        let weight = match self.size {
            Some(Size::Small) => 4,
            Some(Size::Medium) | None => 2,
            Some(Size::Large) => 1,
        };
        self.times.saturating_mul(weight)
    }

    /// Its place in the order.
    pub fn key(&self, wishes: &[ChooseFirst]) -> FairKey {
        (Reverse(self.meets(wishes).len()), self.had(), self.asked_at, self.id)
    }

    /// Its place explained to the owner: "small group, as you asked; has received nothing in the last year; asked first". `nth` is its
    /// place in the order of asking, from 1.
    pub fn why(&self, kind: Kind, wishes: &[ChooseFirst], nth: usize) -> String {
        let (had, asked) = match kind {
            Kind::Offer => ("received", "asked"),
            Kind::Want => ("given", "answered"),
        };
        let met: Vec<&str> = self.meets(wishes).into_iter().map(as_asked).collect();
        let wishes = (!met.is_empty()).then(|| format!("{}, as you asked", met.join(" and ")));
        let times = match self.times {
            ..=0 => format!("has {had} nothing in the last year"),
            1 => format!("has {had} once in the last year{}", self.for_its_size()),
            2 => format!("has {had} twice in the last year{}", self.for_its_size()),
            times => format!("has {had} {times} times in the last year{}", self.for_its_size()),
        };
        let parts: Vec<String> = wishes.into_iter().chain([times, format!("{asked} {}", ordinal(nth))]).collect();
        parts.join("; ")
    }

    /// What makes the same number count for more or less.
    fn for_its_size(&self) -> &'static str {
        match self.size {
            Some(Size::Small) => ", which counts for more as it is small",
            Some(Size::Large) => ", which counts for less as it is large",
            Some(Size::Medium) | None => "",
        }
    }
}

fn as_asked(wish: ChooseFirst) -> &'static str {
    match wish {
        ChooseFirst::SmallGroups => "small group",
        ChooseFirst::ThisLocality => "from here",
        ChooseFirst::RegisteredCharities => "registered charity",
    }
}

fn ordinal(number: usize) -> String {
    let ending = match (number % 10, number % 100) {
        (_, 11..=13) => "th",
        (1, _) => "st",
        (2, _) => "nd",
        (3, _) => "rd",
        _ => "th",
    };
    if number == 1 { "first".to_owned() } else { format!("{number}{ending}") }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn asker(size: Option<Size>, times: i64, minute: i64) -> Asker {
        let asked_at = DateTime::from_timestamp(1_800_000_000 + minute * 60, 0).unwrap();
        Asker { size, is_charity: false, is_here: false, times, asked_at, id: InterestId::new() }
    }

    #[test]
    fn each_place_is_explained() {
        use ChooseFirst::{RegisteredCharities, SmallGroups, ThisLocality};
        let all = [SmallGroups, ThisLocality, RegisteredCharities];
        let (small, large) = (asker(Some(Size::Small), 0, 0), asker(Some(Size::Large), 2, 0));
        let table: [(Kind, &[ChooseFirst], Asker, usize, &str); 6] = [
            (Kind::Offer, &[SmallGroups], small, 1, "small group, as you asked; has received nothing in the last year; asked first"),
            (Kind::Offer, &[ThisLocality], small, 2, "has received nothing in the last year; asked 2nd"),
            (Kind::Offer, &[], large, 12, "has received twice in the last year, which counts for less as it is large; asked 12th"),
            (
                Kind::Offer,
                &[],
                asker(Some(Size::Small), 1, 0),
                3,
                "has received once in the last year, which counts for more as it is small; asked 3rd",
            ),
            (Kind::Want, &[], asker(None, 5, 0), 21, "has given 5 times in the last year; answered 21st"),
            (
                Kind::Want,
                &all,
                Asker { is_charity: true, is_here: true, ..small },
                1,
                "small group and from here and registered charity, as you asked; has given nothing in the last year; answered first",
            ),
        ];
        for (kind, wishes, asker, nth, expected) in table {
            assert_eq!(asker.why(kind, wishes, nth), expected);
        }
    }

    #[test]
    fn wishes_come_before_what_was_had_and_that_before_time() {
        let wishes = [ChooseFirst::SmallGroups];
        let (small, had, late, early) =
            (asker(Some(Size::Small), 9, 9), asker(Some(Size::Medium), 1, 0), asker(None, 0, 5), asker(Some(Size::Large), 0, 4));
        let mut askers = [late, had, early, small];
        askers.sort_by_key(|asker| asker.key(&wishes));
        assert_eq!(askers, [small, early, late, had]);
    }

    fn any_asker() -> impl Strategy<Value = Asker> {
        let size = prop::sample::select(vec![None, Some(Size::Small), Some(Size::Medium), Some(Size::Large)]);
        (size, any::<bool>(), any::<bool>(), 0..20_i64, 0..50_i64).prop_map(|(size, is_charity, is_here, times, minute)| Asker {
            is_charity,
            is_here,
            ..asker(size, times, minute)
        })
    }

    fn any_wishes() -> impl Strategy<Value = Vec<ChooseFirst>> {
        prop::sample::subsequence(ChooseFirst::ALL.to_vec(), 0..=3)
    }

    proptest! {
        #[test]
        fn nobody_comes_before_who_has_a_better_claim(mut askers in prop::collection::vec(any_asker(), 0..12), wishes in any_wishes()) {
            askers.sort_by_key(|asker| asker.key(&wishes));
            for (at, first) in askers.iter().enumerate() {
                for second in askers.iter().skip(at + 1) {
                    let met = |asker: &Asker| asker.meets(&wishes).len();
                    prop_assert!(met(first) >= met(second));
                    if met(first) == met(second) {
                        prop_assert!(first.had() <= second.had());
                        prop_assert!(first.had() < second.had() || first.asked_at <= second.asked_at);
                    }
                }
            }
        }

        #[test]
        fn the_order_is_the_same_whatever_order_they_are_read_in(askers in prop::collection::vec(any_asker(), 0..12), wishes in any_wishes()) {
            let sorted = |mut askers: Vec<Asker>| {
                askers.sort_by_key(|asker| asker.key(&wishes));
                askers
            };
            let backwards = askers.iter().rev().copied().collect();
            prop_assert_eq!(sorted(askers), sorted(backwards));
        }

        #[test]
        fn to_have_had_more_never_helps_and_to_be_larger_never_hurts(one in any_asker(), more in 1..20_i64) {
            let had_more = Asker { times: one.times + more, ..one };
            prop_assert!(had_more.key(&[]) > one.key(&[]));
            let of = |size| Asker { size: Some(size), ..one }.had();
            prop_assert!(of(Size::Large) <= of(Size::Medium) && of(Size::Medium) <= of(Size::Small));
        }

        #[test]
        fn without_wishes_those_who_had_nothing_come_in_the_order_of_asking(minutes in prop::collection::hash_set(0..500_i64, 1..12)) {
            let mut askers: Vec<Asker> = minutes.iter().map(|minute| asker(None, 0, *minute)).collect();
            askers.sort_by_key(|asker| asker.key(&[]));
            prop_assert!(askers.is_sorted_by_key(|asker| asker.asked_at));
        }
    }
}
