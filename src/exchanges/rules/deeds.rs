//! What becomes of an exchange when somebody does something about it. Pure: `rules::decide` has said that it may be done.

use chrono::{DateTime, Utc};

use super::{Action, count_of};
use crate::{
    exchanges::{CancelReason, Side, State, model::Exchange},
    interests::EndReason,
    listings::Basis,
    types::{
        Fields, Refusal,
        fields::FieldError,
        text::{Line, Prose},
    },
};

/// A few words about why.
pub type Words = Prose<1, 1000>;

/// A place in words.
pub type Place = Line<1, 300>;

/// A time and a place.
#[derive(Debug, Clone)]
pub struct Appointment {
    /// When.
    pub from: DateTime<Utc>,
    /// Until when.
    pub until: Option<DateTime<Utc>>,
    /// Where.
    pub place: Option<Place>,
    /// When a loan is due back.
    pub return_by: Option<DateTime<Utc>>,
}

/// What somebody does about an exchange.
#[derive(Debug, Clone)]
pub enum Deed {
    /// Agrees.
    Accept,
    /// Says no.
    Decline(Option<Words>),
    /// Takes the proposal back.
    Withdraw,
    /// Names a time and a place.
    Schedule(Appointment),
    /// Says that so many were handed over, all unless said; and when a loan is due back.
    HandOver(Option<i32>, Option<DateTime<Utc>>),
    /// Says so too: so many, or as many as the other side says.
    Confirm(Option<i32>),
    /// Calls it off.
    Cancel(CancelReason, Option<Words>),
    /// Says that the other side did not come.
    NoShow(Option<Words>),
    /// Says that it has come back.
    Return,
}

impl Deed {
    /// Which action of the table this is.
    pub fn action(&self) -> Action {
        match self {
            Self::Accept => Action::Accept,
            Self::Decline(_) => Action::Decline,
            Self::Withdraw => Action::Withdraw,
            Self::Schedule(_) => Action::Schedule,
            Self::HandOver(..) => Action::HandOver,
            Self::Confirm(_) => Action::Confirm,
            Self::Cancel(..) => Action::Cancel,
            Self::NoShow(_) => Action::NoShow,
            Self::Return => Action::Return,
        }
    }

    /// Whether it may change how much is promised of a listing, or end the listing.
    pub fn counts(&self) -> bool {
        !matches!(self, Self::Decline(_) | Self::Withdraw | Self::Schedule(_) | Self::HandOver(..))
    }

    /// The exchange afterwards, or what does not fit it.
    pub fn applied(self, exchange: Exchange, (side, to): (Side, State), now: DateTime<Utc>) -> Result<Exchange, Vec<FieldError>> {
        let next = Exchange { state: to, version: exchange.version + 1, updated_at: now, ..exchange };
        match self {
            Self::Accept => Ok(agreed(next, side, now)),
            Self::Decline(words) => Ok(ended(next, side, EndReason::NotChosen.as_str(), words)),
            Self::Withdraw => Ok(ended(next, side, EndReason::TakenBack.as_str(), None)),
            Self::Schedule(appointment) => scheduled(next, appointment),
            Self::HandOver(quantity, return_by) => handed_over(next, side, (quantity, return_by), now),
            Self::Confirm(quantity) => confirmed(next, side, quantity, now),
            Self::Cancel(reason, words) => Ok(ended(next, side, reason.as_str(), words)),
            Self::NoShow(words) => {
                let absent = if side == Side::Giver { "receiver_did_not_come" } else { "giver_did_not_come" };
                Ok(ended(next, side, absent, words))
            }
            Self::Return => Ok(Exchange { returned_at: Some(now), ..next }),
        }
    }
}

fn agreed(exchange: Exchange, side: Side, now: DateTime<Utc>) -> Exchange {
    match side {
        Side::Giver => Exchange { giver_agreed_at: Some(now), ..exchange },
        _ => Exchange { receiver_agreed_at: Some(now), ..exchange },
    }
}

/// The exchange, ended before anything was received.
pub fn ended(exchange: Exchange, side: Side, reason: &str, words: Option<Words>) -> Exchange {
    Exchange { ended_by: Some(side), end_reason: Some(reason.to_owned()), end_words: words.map(Words::into_string), ..exchange }
}

/// The exchange, completed with what the receiver says, or else the giver.
pub fn completed(exchange: Exchange, now: DateTime<Utc>) -> Exchange {
    let received = exchange.receiver_quantity.or(exchange.giver_quantity);
    Exchange { state: State::Completed, received_quantity: received, completed_at: Some(now), ..exchange }
}

fn scheduled(exchange: Exchange, appointment: Appointment) -> Result<Exchange, Vec<FieldError>> {
    let mut fields = Fields::body();
    check_return(&mut fields, &exchange, appointment.return_by, appointment.from);
    fields.finish(|| {
        Some(Exchange {
            scheduled_for: Some(appointment.from),
            scheduled_until: appointment.until,
            place: appointment.place.map(Place::into_string),
            return_by: appointment.return_by,
            ..exchange
        })
    })
}

fn handed_over(
    exchange: Exchange,
    side: Side,
    (quantity, return_by): (Option<i32>, Option<DateTime<Utc>>),
    now: DateTime<Utc>,
) -> Result<Exchange, Vec<FieldError>> {
    let mut fields = Fields::body();
    check_return(&mut fields, &exchange, return_by, now);
    let quantity = fields.check("/quantity", within(quantity.unwrap_or(exchange.quantity), &exchange));
    let return_by = return_by.or(exchange.return_by);
    fields.finish(|| Some(counted(Exchange { handed_over_at: Some(now), return_by, ..exchange }, side, quantity?)))
}

fn confirmed(exchange: Exchange, side: Side, quantity: Option<i32>, now: DateTime<Utc>) -> Result<Exchange, Vec<FieldError>> {
    let others = side.other().and_then(|other| count_of(&exchange, other)).unwrap_or(exchange.quantity);
    let mut fields = Fields::body();
    let quantity = fields.check("/quantity", within(quantity.unwrap_or(others), &exchange));
    fields.finish(|| Some(completed(counted(exchange, side, quantity?), now)))
}

fn counted(exchange: Exchange, side: Side, quantity: i32) -> Exchange {
    match side {
        Side::Giver => Exchange { giver_quantity: Some(quantity), ..exchange },
        _ => Exchange { receiver_quantity: Some(quantity), ..exchange },
    }
}

fn within(quantity: i32, exchange: &Exchange) -> Result<i32, Refusal> {
    let promised = exchange.quantity;
    if (1..=promised).contains(&quantity) {
        return Ok(quantity);
    }
    let fix = "If none were, cancel the exchange.";
    Err(Refusal::new("out_of_range", format!("{promised} were promised: say how many of those were handed over, 1 to {promised}. {fix}")))
}

/// Only what was lent or shared comes back, and after it was handed over.
fn check_return(fields: &mut Fields, exchange: &Exchange, return_by: Option<DateTime<Utc>>, from: DateTime<Utc>) {
    let refusal = match return_by {
        Some(_) if exchange.basis == Basis::Give => Refusal::new("given_for_good", "What is given does not come back: leave this out."),
        Some(time) if time <= from => Refusal::new("before_start", "Give a time after it is handed over."),
        _ => return,
    };
    fields.refuse("/return_by", refusal);
}
