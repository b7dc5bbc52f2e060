//! The rules of interests: how long they wait, on what terms an exchange comes of one, and the fair order among several. Pure.

pub mod fair;

use chrono::Duration;

use super::{EndReason, State};
use crate::{
    listings::{Basis, Kind, model::Listing},
    types::Refusal,
};

/// After so long without an answer the owner is reminded.
pub const REMINDED_AFTER: Duration = Duration::days(3);

/// After so long without an answer the program answers for the owner.
pub const ANSWERED_AFTER: Duration = Duration::days(7);

/// How an interest ended, in words; none while it is open.
pub fn answer(state: State, reason: Option<EndReason>) -> Option<&'static str> {
    match (state, reason) {
        (State::Open, _) => None,
        (State::Chosen, _) => Some("Chosen: there is an exchange."),
        (State::Withdrawn, _) => Some("Taken back."),
        (State::Declined, Some(reason)) => Some(match reason {
            EndReason::ListingFulfilled => "All of it has gone.",
            EndReason::ListingWithdrawn => "The group has taken the listing back.",
            EndReason::ListingExpired => "The listing's time has run out.",
            EndReason::NoAnswer => "Nobody in the group answered within seven days, so the program did.",
            EndReason::GroupClosed => "The group has been closed.",
            EndReason::NotAvailable => "It is not available to this group.",
            EndReason::NotChosen | EndReason::TakenBack => "The group has chosen otherwise.",
        }),
        (State::Declined, None) => Some("The group has chosen otherwise."),
    }
}

/// On what terms an exchange comes of an interest in `listing`, said with the group's own listing `with`, if any; `said` is what the
/// owner says about that.
///
/// An offer has one basis, and that is it. A want without an offer names what it accepts: when that is a gift alone, it is one;
/// otherwise the owner has to say what was agreed, because a loan taken for a gift would never be asked back.
pub fn terms(listing: &Listing, with: Option<&Listing>, said: Option<Basis>) -> Result<Basis, Refusal> {
    if let Some(with) = with {
        check_basis(listing, with)?;
    }
    let offer = [Some(listing), with].into_iter().flatten().find(|listing| listing.kind == Kind::Offer);
    let possible: Vec<Basis> = offer.unwrap_or(listing).basis.iter().flatten().filter_map(|word| Basis::parse(word).ok()).collect();
    match (said, possible.as_slice()) {
        (Some(said), possible) if possible.contains(&said) => Ok(said),
        (None, [only]) => Ok(*only),
        (None, _) => Err(Refusal::new("required", format!("The want takes more than a gift. Say what was agreed: {}.", named(&possible)))),
        (Some(_), _) => Err(Refusal::new("not_one_of", format!("What was asked for is: {}.", named(&possible)))),
    }
}

/// Refuses an offer and a want, in whichever order, when the want does not accept what the offer is for: who wants something to keep has
/// no use for a loan.
pub fn check_basis(one: &Listing, other: &Listing) -> Result<(), Refusal> {
    let (offer, want) = if one.kind == Kind::Offer { (one, other) } else { (other, one) };
    if offer.basis.iter().any(|basis| want.basis.contains(basis)) {
        return Ok(());
    }
    let words = |listing: &Listing| listing.basis.iter().flatten().map(String::as_str).collect::<Vec<_>>().join(" or ");
    Err(Refusal::new("one_basis", format!("The offer is to {}, and the want accepts {}.", words(offer), words(want))))
}

fn named(bases: &[Basis]) -> String {
    bases.iter().map(|basis| basis.as_str()).collect::<Vec<_>>().join(" or ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::matching::rules::example::view;

    fn listing(kind: Kind, basis: &[&str]) -> Listing {
        Listing { basis: basis.iter().map(|word| Some((*word).to_owned())).collect(), ..view(kind).listing }
    }

    #[test]
    fn an_offer_says_on_what_terms_and_a_want_that_takes_loans_has_to_be_asked() {
        let (gift, loan) = (listing(Kind::Offer, &["give"]), listing(Kind::Offer, &["lend"]));
        let (simple, open) = (listing(Kind::Want, &["give"]), listing(Kind::Want, &["give", "lend"]));
        let cases = [
            (&gift, None, None, Ok(Basis::Give)),
            (&loan, Some(&open), None, Ok(Basis::Lend)),
            (&open, Some(&loan), None, Ok(Basis::Lend)),
            (&open, Some(&loan), Some(Basis::Give), Err("not_one_of")),
            (&loan, Some(&simple), None, Err("one_basis")),
            (&simple, Some(&loan), Some(Basis::Lend), Err("one_basis")),
            (&simple, Some(&gift), None, Ok(Basis::Give)),
            (&loan, None, Some(Basis::Lend), Ok(Basis::Lend)),
            (&simple, None, None, Ok(Basis::Give)),
            (&open, None, None, Err("required")),
            (&open, None, Some(Basis::Lend), Ok(Basis::Lend)),
            (&open, None, Some(Basis::Share), Err("not_one_of")),
        ];
        for (listing, with, said, expected) in cases {
            assert_eq!(terms(listing, with, said).map_err(|refusal| refusal.code), expected);
        }
    }

    #[test]
    fn every_end_is_said_in_words_and_the_programs_own_answer_says_so() {
        assert_eq!(answer(State::Open, None), None);
        for state in [State::Chosen, State::Declined, State::Withdrawn] {
            assert!(answer(state, None).is_some());
        }
        assert!(answer(State::Declined, Some(EndReason::NoAnswer)).unwrap().contains("the program"));
    }
}
