//! The rules of listings: which step is allowed from which state, and how long a listing lasts. Pure.

pub mod choosing;

use chrono::{DateTime, Duration, Utc};

use super::{
    Basis, Kind, State,
    model::{Listing, Moved},
};
use crate::types::Refusal;

/// A step in the life of a listing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Show it to everybody.
    Publish,
    /// Put it out of sight for a while, or until a date.
    Pause,
    /// Take it back.
    Withdraw,
    /// Say that it has gone, elsewhere or outside this program.
    Fulfil,
    /// Say that it is still there, or bring it back, with a new time of expiry.
    Renew,
    /// Change what it says.
    Edit,
}

impl Step {
    /// Every step.
    pub const ALL: [Self; 6] = [Self::Publish, Self::Pause, Self::Withdraw, Self::Fulfil, Self::Renew, Self::Edit];
}

/// A row of the table of steps.
struct Rule {
    /// How sentences name it.
    name: &'static str,
    /// How audit entries name it.
    action: &'static str,
    /// The states it is allowed from.
    from: &'static [State],
    /// The state it leads to; none: it stays.
    to: Option<State>,
}

/// The table of steps.
const fn rule(step: Step) -> Rule {
    use State::{Active, Draft, Expired, Fulfilled, Paused, Withdrawn};
    match step {
        Step::Publish => Rule { name: "published", action: "publish_listing", from: &[Draft], to: Some(Active) },
        Step::Pause => Rule { name: "paused", action: "pause_listing", from: &[Draft, Active, Paused], to: Some(Paused) },
        Step::Withdraw => {
            Rule { name: "withdrawn", action: "withdraw_listing", from: &[Draft, Active, Paused, Expired], to: Some(Withdrawn) }
        }
        Step::Fulfil => Rule { name: "fulfilled", action: "fulfil_listing", from: &[Active, Paused, Expired], to: Some(Fulfilled) },
        Step::Renew => Rule { name: "renewed", action: "renew_listing", from: &[Active, Paused, Expired, Withdrawn], to: Some(Active) },
        Step::Edit => Rule { name: "edited", action: "update_listing", from: &[Draft, Active, Paused, Expired, Withdrawn], to: None },
    }
}

/// The longest that a listing may last without being renewed, in days.
pub const MOST_DAYS: i64 = 366;

/// How audit entries name a step.
pub fn action(step: Step) -> &'static str {
    rule(step).action
}

/// The state that a step leads to. Refuses with the states from which it would be allowed.
pub fn step(step: Step, from: State) -> Result<State, Refusal> {
    let rule = rule(step);
    if rule.from.contains(&from) {
        return Ok(rule.to.unwrap_or(from));
    }
    let allowed: Vec<_> = rule.from.iter().map(|state| state.as_str()).collect();
    Err(Refusal::new(
        "wrong_state",
        format!("This listing is {from}. A listing can be {} while it is {}.", rule.name, allowed.join(" or ")),
    ))
}

/// When a listing that is paused comes back by itself; none: when its group brings it back. A draft only sleeps until a date: without
/// one it is a draft already.
pub fn wakes_at(from: State, until: Option<DateTime<Utc>>, now: DateTime<Utc>) -> Result<Option<DateTime<Utc>>, Refusal> {
    match until {
        None if from == State::Draft => Err(Refusal::new("required", "A draft is out of sight already. Say until when it is to sleep.")),
        Some(time) if time <= now => Err(Refusal::new("in_the_past", "Give a time in the future, or leave it out.")),
        Some(time) if time > now + Duration::days(MOST_DAYS) => {
            Err(Refusal::new("too_far", "Give a time within a year, or leave it out and bring the listing back yourself."))
        }
        until => Ok(until),
    }
}

/// What a step makes of a listing. Publishing and renewing give it the usual time of its resource type, unless it is standing
/// or lasts longer anyway; a draft for which its group chose an earlier time keeps that, unless it has passed.
pub fn moved(step: Step, listing: &Listing, resource_type: &str, now: DateTime<Utc>) -> Result<Moved, Refusal> {
    let state = self::step(step, listing.state_at(now))?;
    let lasts = Duration::days(days_of(resource_type));
    let kept = Moved {
        state,
        published_at: listing.published_at,
        confirmed_at: listing.confirmed_at,
        expires_at: listing.expires_at,
        wakes_at: None,
        updated_at: now,
    };
    let longer = renewed_until(listing.expires_at, resource_type, now);
    // A draft gets the usual time when it is made, so an earlier one was chosen.
    let chosen = listing.expires_at.filter(|time| *time > now && *time < listing.created_at + lasts);
    Ok(match step {
        Step::Publish => Moved { published_at: Some(now), expires_at: chosen.or(longer), ..kept },
        // One that sleeps is published on the date when it wakes, or now.
        Step::Renew => {
            let published_at = Some(listing.published_at.map_or(now, |time| time.min(now)));
            Moved { published_at, confirmed_at: Some(now), expires_at: longer, ..kept }
        }
        // One that sleeps has been published: it only waits for its date.
        Step::Pause => Moved { published_at: listing.published_at.or(Some(now)), ..kept },
        Step::Withdraw | Step::Fulfil | Step::Edit => kept,
    })
}

/// The end of a listing that is renewed or comes back: the usual time from now, or later if it was later. A standing one has none.
pub fn renewed_until(expires_at: Option<DateTime<Utc>>, resource_type: &str, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    expires_at.map(|time| time.max(now + Duration::days(days_of(resource_type))))
}

/// The state at a time: what is stored, except that an active listing whose time has run out has expired, whether or not
/// anybody has written that down yet.
pub fn state_at(state: State, expires_at: Option<DateTime<Utc>>, now: DateTime<Utc>) -> State {
    match (state, expires_at) {
        (State::Active, Some(time)) if time <= now => State::Expired,
        (state, _) => state,
    }
}

/// How many days a listing lasts unless its group says otherwise. Food goes off; a hall stays where it is.
pub fn days_of(resource_type: &str) -> i64 {
    match resource_type {
        "food" => 14,
        "thing" => 60,
        "time" | "transport" => 90,
        _ => 180,
    }
}

/// When a listing ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expiry {
    /// Never by itself.
    Standing,
    /// At this time.
    At(DateTime<Utc>),
    /// At this time, which may have passed: as it was before an edit.
    Kept(DateTime<Utc>),
    /// After the usual time for its resource type.
    ByResourceType,
}

impl Expiry {
    /// The time at which a listing of this resource type ends, published or renewed at `now`. Refuses times that are past
    /// or too far.
    pub fn time(self, resource_type: &str, now: DateTime<Utc>) -> Result<Option<DateTime<Utc>>, Refusal> {
        match self {
            Self::Standing => Ok(None),
            Self::ByResourceType => Ok(Some(now + Duration::days(days_of(resource_type)))),
            Self::At(time) if time <= now => {
                Err(Refusal::new("in_the_past", "Give a time in the future, or leave it out for the usual time."))
            }
            Self::At(time) if time > now + Duration::days(MOST_DAYS) => {
                Err(Refusal::new("too_far", "Give a time within a year, or make it standing: then it stays until you withdraw it."))
            }
            Self::At(time) | Self::Kept(time) => Ok(Some(time)),
        }
    }
}

/// How many of something, 1 to 1,000,000: of a listing, an interest, an exchange.
pub fn quantity(number: i64) -> Result<i32, Refusal> {
    let within = i32::try_from(number).ok().filter(|number| (1..=1_000_000).contains(number));
    within.ok_or_else(|| Refusal::new("out_of_range", "Give a whole number from 1 to 1,000,000."))
}

/// The bases of a listing: an offer has exactly one; a want always takes a gift, beside what else it names.
pub fn bases(kind: Kind, mut named: Vec<Basis>) -> Result<Vec<Basis>, Refusal> {
    named.sort_unstable();
    named.dedup();
    match kind {
        Kind::Offer if named.len() != 1 => Err(Refusal::new("one_basis", "Say one of give, lend or share for an offer.")),
        Kind::Want if named.is_empty() => Err(Refusal::new("required", "Say what you accept: give, lend, share.")),
        Kind::Want if !named.contains(&Basis::Give) => {
            named.insert(0, Basis::Give);
            Ok(named)
        }
        _ => Ok(named),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn noon() -> DateTime<Utc> {
        DateTime::from_timestamp(1_800_000_000, 0).unwrap()
    }

    #[test]
    fn every_step_from_every_state_is_as_the_table_says() {
        for known in Step::ALL {
            let rule = rule(known);
            for from in State::ALL {
                match step(known, *from) {
                    Ok(state) => assert!(rule.from.contains(from) && state == rule.to.unwrap_or(*from)),
                    Err(refusal) => {
                        assert!(!rule.from.contains(from) && rule.from.iter().all(|state| refusal.detail.contains(state.as_str())))
                    }
                }
            }
        }
        assert_eq!(step(Step::Withdraw, State::Fulfilled).unwrap_err().code, "wrong_state");
        assert_eq!(step(Step::Renew, State::Fulfilled).unwrap_err().code, "wrong_state");
    }

    #[test]
    fn the_page_about_the_life_of_a_listing_has_the_same_table() {
        let page = include_str!("../../docs/LISTINGS.md");
        for (known, name) in Step::ALL.into_iter().zip(["publish", "pause", "withdraw", "fulfil", "renew", "edit"]) {
            let Rule { from, to, .. } = rule(known);
            let from: Vec<_> = from.iter().map(|state| state.as_str()).collect();
            let row = format!("| {name} | {} | {} |", from.join(", "), to.map_or("the same", State::as_str));
            assert!(page.contains(&row), "docs/LISTINGS.md lacks: {row}");
        }
    }

    #[test]
    fn an_active_listing_expires_by_the_clock_alone() {
        assert_eq!(state_at(State::Active, Some(noon()), noon()), State::Expired);
        assert_eq!(state_at(State::Active, Some(noon()), noon() - Duration::seconds(1)), State::Active);
        assert_eq!(state_at(State::Active, None, noon()), State::Active);
        assert_eq!(state_at(State::Withdrawn, Some(noon()), noon()), State::Withdrawn);
        assert_eq!(state_at(State::Paused, Some(noon()), noon()), State::Paused);
    }

    #[test]
    fn a_pause_ends_within_a_year_or_when_its_group_says_so() {
        let code = |from, until| wakes_at(from, until, noon()).map_err(|refusal| refusal.code);
        let year = noon() + Duration::days(MOST_DAYS);
        assert_eq!(code(State::Active, None), Ok(None));
        assert_eq!(code(State::Draft, None), Err("required"));
        assert_eq!(code(State::Draft, Some(year)), Ok(Some(year)));
        assert_eq!(code(State::Active, Some(year + Duration::seconds(1))), Err("too_far"));
        assert_eq!(code(State::Active, Some(noon())), Err("in_the_past"));
    }

    #[test]
    fn expiry_is_by_resource_type_unless_it_is_said() {
        assert_eq!(Expiry::ByResourceType.time("food", noon()).unwrap(), Some(noon() + Duration::days(14)));
        assert_eq!(Expiry::ByResourceType.time("space", noon()).unwrap(), Some(noon() + Duration::days(180)));
        assert_eq!(Expiry::Standing.time("food", noon()).unwrap(), None);
        assert_eq!(Expiry::At(noon()).time("food", noon()).unwrap_err().code, "in_the_past");
        assert_eq!(Expiry::At(noon() + Duration::days(367)).time("food", noon()).unwrap_err().code, "too_far");
    }

    #[test]
    fn a_time_that_an_edit_leaves_alone_may_have_passed() {
        assert_eq!(Expiry::Kept(noon()).time("food", noon() + Duration::days(1)).unwrap(), Some(noon()));
    }

    #[test]
    fn an_offer_has_one_basis_and_a_want_always_takes_a_gift() {
        assert_eq!(bases(Kind::Offer, vec![Basis::Lend]).unwrap(), [Basis::Lend]);
        assert_eq!(bases(Kind::Offer, vec![Basis::Lend, Basis::Give]).unwrap_err().code, "one_basis");
        assert_eq!(bases(Kind::Want, vec![Basis::Share, Basis::Lend, Basis::Lend]).unwrap(), [Basis::Give, Basis::Lend, Basis::Share]);
        assert_eq!(bases(Kind::Want, vec![]).unwrap_err().code, "required");
    }
}
