//! The sentences about conditions, as tables.

use super::*;
use crate::matching::rules::example;

const NOBODY: Tie = Tie { member: false, insider: false, sees_blocks: false };
const VIEWER: Tie = Tie { member: true, insider: true, sees_blocks: false };
const EDITOR: Tie = Tie { member: true, insider: true, sees_blocks: true };
const STAFF: Tie = Tie { member: false, insider: true, sees_blocks: true };

/// A pair that matches, seen from the offer, and an editor of the offer's group.
struct Pair {
    explained: Explained,
    offer: ListingView,
    want: ListingView,
    reader: Reader,
}

fn pair() -> Pair {
    let found = example::found(Kind::Offer);
    let explained = Explained {
        pair: found.pair,
        eligible: true,
        open: true,
        seeker_open: true,
        shut: Vec::new(),
        seeker_shut: Vec::new(),
        basis: true,
        times: true,
        groups: true,
        not_dismissed: true,
        place: true,
        thing: true,
        scored: true,
        same_group: false,
        seeker_blocks: false,
        counterpart_blocks: false,
        seeker_dismissed: false,
        counterpart_dismissed: false,
    };
    Pair { explained, offer: found.seeker, want: found.counterpart, reader: Reader { offer: EDITOR, want: NOBODY } }
}

impl Pair {
    fn finding(&self, condition: Condition) -> (bool, String) {
        let case = Case { explained: &self.explained, offer: &self.offer, want: &self.want, reader: self.reader };
        let finding = case.finding(condition);
        (finding.met, finding.detail)
    }

    fn says(&self, condition: Condition) -> String {
        self.finding(condition).1
    }
}

#[test]
fn what_is_met_says_how() {
    let table = [
        (Condition::OfferOpen, "Your offer is open."),
        (Condition::WantOpen, "Their want is open."),
        (Condition::DifferentGroups, "They belong to two groups."),
        (Condition::NotRefused, "Neither group has said no to it."),
        (Condition::Times, "Their times overlap."),
        (Condition::Basis, "Your offer is a gift, which their want accepts."),
        (Condition::Place, "Burslem and Hanley are about 3 km apart, within the larger reach of 10 km."),
        (Condition::Thing, "Both are Seating."),
    ];
    assert_eq!(table.len(), Condition::ALL.len());
    for (condition, expected) in table {
        assert_eq!(pair().finding(condition), (true, expected.to_owned()));
    }
}

#[test]
fn why_a_listing_is_not_open_is_for_its_own_people() {
    let table = [
        (State::Draft, Moderation::Approved, "state", "It is a draft: publish it."),
        (State::Paused, Moderation::Approved, "state", "It is paused: renew it to bring it back."),
        (State::Withdrawn, Moderation::Approved, "state", "It has been withdrawn: renew it."),
        (State::Fulfilled, Moderation::Approved, "state", "All of it has been handed over: copy it, if there is to be more."),
        (State::Expired, Moderation::Approved, "state", "Its time has run out: renew it."),
        (State::Active, Moderation::Approved, "expiry", "Its time has run out: renew it."),
        (State::Active, Moderation::Approved, "left", "All of it has been promised: raise its quantity, if there is more."),
        (
            State::Active,
            Moderation::Approved,
            "standing",
            "Its group is not in good standing in the network: a coordinator can change that.",
        ),
        (State::Active, Moderation::Pending, "moderation", "The network has yet to look at it."),
        (State::Active, Moderation::ChangesRequested, "moderation", "The network has asked for changes: make them."),
        (State::Active, Moderation::Rejected, "moderation", "The network has rejected it: ask a coordinator why."),
        (State::Active, Moderation::Held, "moderation", "The network holds it back while somebody looks into it: ask a coordinator."),
    ];
    for (state, moderation, part, why) in table {
        let mut pair = pair();
        (pair.explained.seeker_open, pair.explained.seeker_shut) = (false, vec![part.to_owned()]);
        (pair.offer.listing.state, pair.offer.listing.moderation) = (state, moderation);
        for (reader, expected) in [
            (Reader { offer: EDITOR, want: NOBODY }, format!("Your offer is not open. {why}")),
            (Reader { offer: STAFF, want: NOBODY }, format!("The offer is not open. {why}")),
            (Reader { offer: NOBODY, want: EDITOR }, "Their offer is not open.".to_owned()),
        ] {
            pair.reader = reader;
            assert_eq!(pair.finding(Condition::OfferOpen), (false, expected));
        }
    }
    // Withdrawn and past its time: one thing mends both, so it is said once.
    let mut pair = pair();
    (pair.explained.open, pair.explained.shut) = (false, vec!["state".to_owned(), "expiry".to_owned()]);
    (pair.want.listing.state, pair.reader) = (State::Withdrawn, Reader { offer: NOBODY, want: VIEWER });
    assert_eq!(pair.says(Condition::WantOpen), "Your want is not open. It has been withdrawn: renew it.");
}

#[test]
fn a_group_is_not_matched_with_itself() {
    let mut pair = pair();
    (pair.explained.same_group, pair.explained.groups) = (true, false);
    let expected = "Both belong to St Mary's, and a group is not matched with itself.";
    assert_eq!(pair.finding(Condition::DifferentGroups), (false, expected.to_owned()));
    assert!(pair.finding(Condition::NotRefused).0);
}

#[test]
fn who_said_no_is_for_those_who_may_know() {
    let hidden = "One of the two groups does not want this match.";
    let own_block = "Your group has blocked Food Bank. Lift the block.";
    let own_dismissal = "Your group has dismissed this match. Restore it.";
    let by = |offer, want| Reader { offer, want };
    // Who has blocked (offer's group, want's group), who has dismissed, who reads, what it says.
    let table = [
        ((true, false), (false, false), by(EDITOR, NOBODY), own_block.to_owned()),
        ((true, false), (false, false), by(VIEWER, NOBODY), hidden.to_owned()),
        ((true, false), (false, false), by(NOBODY, EDITOR), hidden.to_owned()),
        ((false, false), (true, false), by(NOBODY, EDITOR), hidden.to_owned()),
        ((false, false), (true, false), by(VIEWER, NOBODY), own_dismissal.to_owned()),
        ((false, true), (true, false), by(EDITOR, NOBODY), format!("{own_dismissal} {hidden}")),
        ((false, false), (true, true), by(EDITOR, NOBODY), format!("{own_dismissal} {hidden}")),
        ((false, true), (false, false), by(EDITOR, STAFF), "Food Bank has blocked your group. Only Food Bank can lift the block.".to_owned()),
        (
            (true, false),
            (false, true),
            by(STAFF, STAFF),
            "St Mary's has blocked Food Bank. Only St Mary's can lift the block. Food Bank has dismissed this match. Only Food Bank can restore it."
                .to_owned(),
        ),
        ((true, false), (false, false), by(NOBODY, STAFF), hidden.to_owned()),
    ];
    for (blocks, dismissed, reader, expected) in table {
        let mut pair = pair();
        (pair.explained.seeker_blocks, pair.explained.counterpart_blocks) = blocks;
        (pair.explained.seeker_dismissed, pair.explained.counterpart_dismissed) = dismissed;
        pair.explained.groups = !(blocks.0 || blocks.1);
        pair.explained.not_dismissed = !(dismissed.0 || dismissed.1);
        pair.reader = reader;
        assert_eq!(pair.finding(Condition::NotRefused), (false, expected), "{blocks:?} {dismissed:?} {reader:?}");
    }
}

#[test]
fn times_that_do_not_overlap_say_which_ends_first() {
    let hour = |hours: i64| Some(example::noon() + chrono::Duration::hours(hours));
    let table = [
        (
            (None, hour(1)),
            (hour(3), None),
            "Your offer ends (15 January 2027, 09:00 UTC) before their want begins (15 January 2027, 11:00 UTC). Change the times of one of the two.",
        ),
        (
            (hour(1), None),
            (None, hour(1)),
            "Their want ends (15 January 2027, 09:00 UTC) just when your offer begins. Change the times of one of the two.",
        ),
    ];
    for (offer, want, expected) in table {
        let mut pair = pair();
        pair.explained.times = false;
        (pair.offer.listing.available_from, pair.offer.listing.available_until) = offer;
        (pair.want.listing.available_from, pair.want.listing.available_until) = want;
        assert_eq!(pair.finding(Condition::Times), (false, expected.to_owned()));
    }
}

#[test]
fn a_basis_that_is_not_accepted_says_what_would_be() {
    let table = [
        (
            "lend",
            &["give"][..],
            "Your offer is a loan, and their want accepts only a gift. Add lend to the basis of their want, or make that of your offer give.",
        ),
        (
            "share",
            &["give", "lend"],
            "Your offer is for shared use, and their want accepts only a gift or a loan. Add share to the basis of their want, or make that of your offer give.",
        ),
    ];
    for (offered, wanted, expected) in table {
        let mut pair = pair();
        pair.explained.basis = false;
        pair.offer.listing.basis = vec![Some(offered.to_owned())];
        pair.want.listing.basis = wanted.iter().map(|word| Some((*word).to_owned())).collect();
        assert_eq!(pair.finding(Condition::Basis), (false, expected.to_owned()));
    }
}

#[test]
fn a_place_that_is_too_far_says_how_far_the_reach_would_have_to_be() {
    let raise = |km: i32| format!("Raise the reach of your offer or of their want to {km} km.");
    let apart =
        |km: &str, reach: i32| format!("Burslem and Hanley are {km} km apart, and neither group goes farther than {reach} km for this.");
    let table = [
        (17.6, (10, 5), false, format!("{} {}", apart("about 18", 10), raise(18))),
        (18.2, (10, 5), false, format!("{} {}", apart("about 18", 10), raise(19))),
        (10.2, (5, 10), false, format!("{} {}", apart("a little more than 10", 10), raise(11))),
        (0.4, (0, 0), false, format!("{} {}", apart("a little more than 0", 0), raise(1))),
        (800.0, (10, 500), false, format!("{} That is farther than any reach can be (500 km).", apart("about 800", 500))),
        (
            50.0,
            (10, 10),
            true,
            format!(
                "{} Place does not matter for your offer, but it does for their want, so the distance counts. {}",
                apart("about 50", 10),
                raise(50)
            ),
        ),
    ];
    for (km, (offer, want), remote, expected) in table {
        let mut pair = pair();
        (pair.explained.place, pair.explained.pair.km) = (false, km);
        (pair.offer.listing.reach_km, pair.want.listing.reach_km, pair.offer.listing.remote) = (offer, want, remote);
        assert_eq!(pair.finding(Condition::Place), (false, expected));
    }
}

#[test]
fn place_is_said_as_it_is() {
    let mut pair = pair();
    pair.explained.pair.km = 0.2;
    assert_eq!(pair.says(Condition::Place), "Burslem and Hanley are in the same place.");
    pair.want.locality = pair.offer.locality.clone();
    assert_eq!(pair.says(Condition::Place), "Both are in Burslem.");
    pair.explained.pair.both_remote = true;
    assert_eq!(pair.says(Condition::Place), "Place does not matter to either.");
}

#[test]
fn things_are_compared_by_their_categories() {
    let mut pair = pair();
    (pair.want.category.code, pair.want.category.name) = (101_000_000, "Furniture".to_owned());
    assert_eq!(pair.says(Condition::Thing), "Seating belongs to Furniture, which is what is wanted.");
    pair.explained.pair.category = 0.0;
    assert_eq!(pair.says(Condition::Thing), "Not the thing itself (Seating; wanted is Furniture), but something like it.");
    pair.explained.thing = false;
    let expected =
        "Seating is not Furniture, nor is it like it. If the two mean the same, give them the same category, or a wider one to their want.";
    assert_eq!(pair.finding(Condition::Thing), (false, expected.to_owned()));
}

#[test]
fn the_reader_sees_the_score_from_the_own_side() {
    let table = [
        (EDITOR, NOBODY, Kind::Offer),
        (NOBODY, VIEWER, Kind::Want),
        (EDITOR, STAFF, Kind::Offer),
        (STAFF, EDITOR, Kind::Want),
        (STAFF, NOBODY, Kind::Offer),
        (STAFF, STAFF, Kind::Want),
        (EDITOR, EDITOR, Kind::Want),
    ];
    for (offer, want, expected) in table {
        assert_eq!(Reader { offer, want }.sees_from(), expected, "{offer:?} {want:?}");
    }
}
