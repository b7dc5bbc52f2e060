//! The rules of exchanges: who may do what in which state, and what comes of it. Pure. docs/EXCHANGES.md shows the same table.

pub mod deeds;
pub mod terms;

use chrono::{DateTime, Duration, Utc};

use super::{Measure, Side, State, model::Exchange};
use crate::{
    error::{Code, Error},
    listings::Basis,
};

/// When somebody who has been asked is reminded.
pub const REMIND_AFTER: Duration = Duration::days(3);

/// When a proposal that nobody has answered is declined.
pub const DECLINE_AFTER: Duration = Duration::days(7);

/// How long one side may be silent after the other has said that it was handed over.
pub const SILENT_FOR: Duration = Duration::days(14);

/// How long before a loan is due back its receiver is reminded.
pub const RETURN_WARNING: Duration = Duration::days(1);

crate::word_enum! {
    /// What is done about an exchange.
    pub enum Action {
        /// Agree to a proposal.
        Accept = "accept",
        /// Say no to a proposal.
        Decline = "decline",
        /// Take one's own proposal back.
        Withdraw = "withdraw",
        /// Agree on a time and a place, or on another one.
        Schedule = "schedule",
        /// Say that it was handed over, and how many.
        HandOver = "hand_over",
        /// Say so as the second side.
        Confirm = "confirm",
        /// Call off what was agreed.
        Cancel = "cancel",
        /// Say that the other side did not come.
        NoShow = "no_show",
        /// Say that what was lent has come back.
        Return = "return",
        /// The listing has ended, or one of the groups is not there for the other any more.
        Close = "close",
        /// Nobody has answered in time.
        GiveUp = "give_up",
        /// One side has been silent since the hand-over.
        Settle = "settle",
    }
}

impl Action {
    /// How audit entries name it.
    pub const fn act(self) -> &'static str {
        match self {
            Self::Accept => "accept_exchange",
            Self::Decline => "decline_exchange",
            Self::Withdraw => "withdraw_exchange",
            Self::Schedule => "schedule_exchange",
            Self::HandOver => "hand_over_exchange",
            Self::Confirm => "confirm_exchange",
            Self::Cancel => "cancel_exchange",
            Self::NoShow => "report_no_show",
            Self::Return => "return_exchange",
            Self::Close => "close_exchange",
            Self::GiveUp => "give_up_exchange",
            Self::Settle => "settle_exchange",
        }
    }

    /// How sentences name what is done to an exchange.
    const fn done(self) -> &'static str {
        match self {
            Self::Accept => "accepted",
            Self::Decline => "declined",
            Self::Withdraw => "withdrawn",
            Self::Schedule => "scheduled",
            Self::HandOver => "handed over",
            Self::Confirm => "confirmed",
            Self::Cancel => "cancelled",
            Self::NoShow => "reported as missed",
            Self::Return => "returned",
            Self::Close => "closed",
            Self::GiveUp => "given up",
            Self::Settle => "settled",
        }
    }
}

/// A row of the table: what may be done, in which states, by whom, and what comes of it.
#[derive(Debug, Clone, Copy)]
pub struct Transition {
    /// What is done.
    pub action: Action,
    /// In which states.
    pub from: &'static [State],
    /// By whom.
    pub by: &'static [Side],
    /// The state afterwards.
    pub to: State,
    /// What else has to hold, in words.
    pub when: &'static str,
}

const fn row(action: Action, from: &'static [State], by: &'static [Side], to: State, when: &'static str) -> Transition {
    Transition { action, from, by, to, when }
}

const PARTIES: &[Side] = &[Side::Giver, Side::Receiver];
const ANYBODY: &[Side] = &[Side::Giver, Side::Receiver, Side::Staff];
const STAFF: &[Side] = &[Side::Staff];
const PROGRAM: &[Side] = &[Side::System];
const PROPOSED: &[State] = &[State::Proposed];
const AGREED: &[State] = &[State::Accepted, State::Scheduled];
const HANDED_OVER: &[State] = &[State::HandedOver];

/// Everything that can happen to an exchange. What is not here cannot.
#[rustfmt::skip]
pub const TABLE: &[Transition] = &[
    row(Action::Accept, PROPOSED, PARTIES, State::Accepted, "The side that was asked. The listings are open, enough is left of them, and no wait that they announce is still on."),
    row(Action::Accept, PROPOSED, PARTIES, State::Proposed, "The first side of a pair that staff proposed: the other is still asked."),
    row(Action::Decline, PROPOSED, PARTIES, State::Declined, "Not the side that proposed it."),
    row(Action::Withdraw, PROPOSED, ANYBODY, State::Withdrawn, "Those who proposed it."),
    row(Action::Schedule, AGREED, PARTIES, State::Scheduled, "Again when the time or the place changes."),
    row(Action::HandOver, AGREED, PARTIES, State::HandedOver, "The first side to say so, with its count."),
    row(Action::Confirm, HANDED_OVER, PARTIES, State::Completed, "The other side, with its count. What the receiver counted is what was received."),
    row(Action::Cancel, AGREED, ANYBODY, State::Cancelled, "With a reason."),
    row(Action::Cancel, HANDED_OVER, STAFF, State::Cancelled, "With a reason, when the sides do not agree on what happened."),
    row(Action::NoShow, &[State::Scheduled], PARTIES, State::NoShow, "After the time that was agreed: the other side did not come."),
    row(Action::Return, &[State::Completed], &[Side::Giver], State::Completed, "Once, of what was lent or shared."),
    row(Action::Close, PROPOSED, PROGRAM, State::Declined, "A listing of it has ended, or one of the two groups has blocked the other."),
    row(Action::GiveUp, PROPOSED, PROGRAM, State::Declined, "Nobody has answered for 7 days. There is a reminder after 3."),
    row(Action::Settle, HANDED_OVER, PROGRAM, State::Completed, "The other side has been silent for 14 days. The count of the one side stands."),
];

/// Why something cannot be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refused {
    /// Not by this side.
    Side(String),
    /// Not now.
    State(String),
}

impl From<Refused> for Error {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::Side(detail) => Self::not_allowed(detail),
            Refused::State(detail) => Self::problem(Code::WrongState, detail),
        }
    }
}

/// The state that an action leads to, or why it cannot be done: by this side at all, in this state, at this time.
pub fn decide(action: Action, side: Side, exchange: &Exchange, now: DateTime<Utc>) -> Result<State, Refused> {
    let own = || TABLE.iter().filter(move |row| row.action == action && row.by.contains(&side));
    if own().next().is_none() {
        return Err(Refused::Side(who_may(action)));
    }
    let mut to = own().filter(|row| row.from.contains(&exchange.state)).map(|row| row.to);
    let Some(usual) = to.next() else {
        let from: Vec<_> = own().flat_map(|row| row.from).map(|state| state.in_words()).fold(Vec::new(), each_once);
        let (done, state) = (action.done(), exchange.state.in_words());
        return Err(Refused::State(format!("This exchange is {state}. It can be {done} while it is {}.", from.join(" or "))));
    };
    look_closer(action, side, exchange, now)?;
    let asks_other = action == Action::Accept && side.other().is_some_and(|other| !has_agreed(exchange, other));
    Ok(if asks_other { to.next().unwrap_or(usual) } else { usual })
}

/// What else has to hold, beyond side and state.
fn look_closer(action: Action, side: Side, exchange: &Exchange, now: DateTime<Utc>) -> Result<(), Refused> {
    let own = exchange.proposed_by == side;
    let not_this_side = |detail: &str| Err(Refused::Side(detail.to_owned()));
    let not_now = |detail: &str| Err(Refused::State(detail.to_owned()));
    match action {
        Action::Accept if own => not_this_side("You proposed this: it is for the other group to accept. You can withdraw it."),
        Action::Accept if has_agreed(exchange, side) => not_now("Your group has agreed already. It waits for the other group."),
        Action::Decline if own => not_this_side("You proposed this: withdraw it instead."),
        Action::Withdraw if !own => not_this_side("Only those who proposed it can withdraw it. You can decline it."),
        Action::Confirm if count_of(exchange, side).is_some() => {
            not_this_side("Your group has said already that it was handed over. It is for the other group to confirm.")
        }
        Action::NoShow if exchange.scheduled_for.is_none_or(|time| now < time) => {
            not_now("It is scheduled for a time that has not come yet. Say so afterwards, or cancel it.")
        }
        Action::Return if exchange.basis == Basis::Give => not_now("This was given for good. Only what was lent or shared comes back."),
        Action::Return if exchange.returned_at.is_some() => not_now("This has come back already."),
        _ => Ok(()),
    }
}

/// What a side can do about an exchange now, in the order of the table.
pub fn open_to(side: Side, exchange: &Exchange, now: DateTime<Utc>) -> Vec<Action> {
    Action::ALL.iter().copied().filter(|action| decide(*action, side, exchange, now).is_ok()).collect()
}

/// Whether a side has agreed to a proposal.
pub fn has_agreed(exchange: &Exchange, side: Side) -> bool {
    match side {
        Side::Giver => exchange.giver_agreed_at.is_some(),
        Side::Receiver => exchange.receiver_agreed_at.is_some(),
        Side::Staff | Side::System => false,
    }
}

/// How many a side says were handed over.
pub fn count_of(exchange: &Exchange, side: Side) -> Option<i32> {
    match side {
        Side::Giver => exchange.giver_quantity,
        Side::Receiver => exchange.receiver_quantity,
        Side::Staff | Side::System => None,
    }
}

/// What the good of an exchange is counted in.
pub fn measure_of(resource_type: &str) -> Measure {
    match resource_type {
        "skill" | "time" => Measure::Hours,
        "space" => Measure::RoomHours,
        "transport" => Measure::Miles,
        _ => Measure::Kilograms,
    }
}

fn who_may(action: Action) -> String {
    let sides: Vec<_> = TABLE.iter().filter(|row| row.action == action).flat_map(|row| row.by).fold(Vec::new(), each_once);
    let names: Vec<_> = sides.into_iter().map(|side| in_words(*side)).collect();
    format!("Only {} can do this.", names.join(" or "))
}

const fn in_words(side: Side) -> &'static str {
    match side {
        Side::Giver => "the group that gives",
        Side::Receiver => "the group that receives",
        Side::Staff => "the network's staff",
        Side::System => "the program",
    }
}

fn each_once<T: PartialEq>(mut known: Vec<T>, next: T) -> Vec<T> {
    if !known.contains(&next) {
        known.push(next);
    }
    known
}

/// The table as docs/EXCHANGES.md has it.
pub fn table_md() -> String {
    let words = |words: Vec<&str>| words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ");
    let rows = TABLE.iter().map(|row| {
        let from = words(row.from.iter().map(|state| state.as_str()).collect());
        let by: Vec<_> = row.by.iter().map(|side| side.as_str()).collect();
        format!("| `{}` | {from} | {} | `{}` | {} |\n", row.action, by.join(", "), row.to, row.when)
    });
    format!("| Action | From | By | To | When |\n|---|---|---|---|---|\n{}", rows.collect::<String>())
}

#[cfg(test)]
mod tests;
