//! On what terms a proposal may be made: which listings, which basis, how many. Pure.

use chrono::{DateTime, SecondsFormat, Utc};

use crate::{
    error::{Code, Error},
    exchanges::{model::Line, rules::Refused},
    listings::{Basis, Kind},
    types::{Refusal, local_time},
};

/// The basis of an exchange: the offer's, or the one that is named for a want without an offer, a gift unless said. The want has to
/// accept it.
pub fn basis(offer: Option<&Line>, want: Option<&Line>, named: Option<Basis>) -> Result<Basis, Refusal> {
    let offered = offer.and_then(Line::only_basis);
    let basis = offered.or(named).unwrap_or(Basis::Give);
    if named.is_some_and(|named| named != basis) {
        return Err(Refusal::new("one_basis", format!("The offer is to {basis}. Leave this out.")));
    }
    match want {
        Some(want) if !want.accepts(basis) => {
            let accepted: Vec<_> = want.basis.iter().flatten().map(String::as_str).collect();
            Err(Refusal::new("one_basis", format!("The want accepts {}.", accepted.join(" and "))))
        }
        _ => Ok(basis),
    }
}

/// Whether so many of a listing may be promised now: 409 when it is not open, and when less is left.
pub fn may_promise(line: &Line, quantity: i32, now: DateTime<Utc>) -> Result<(), Error> {
    if !line.is_there_at(now) {
        let what = match line.kind {
            Kind::Offer => "offer",
            Kind::Want => "want",
        };
        let why = "It may have ended, or be looked at by its network.";
        return Err(Refused::State(format!("The {what} is not open any more, so nothing of it can be promised. {why}")).into());
    }
    if line.quantity_left < quantity {
        return Err(Error::problem(Code::NotEnoughLeft, left(line)));
    }
    Ok(())
}

/// Whether the group of a listing may choose who has it: 409 while it waits, as the listing says, so that slower groups have a chance.
pub fn may_choose(line: &Line, now: DateTime<Utc>) -> Result<(), Refused> {
    let Some(from) = line.choose_from().filter(|from| *from > now) else { return Ok(()) };
    Err(Refused::State(format!(
        "The listing says that the group waits until {} before it chooses ({}). From then on, this exchange can be accepted.",
        local_time::in_words(from),
        from.to_rfc3339_opts(SecondsFormat::Secs, true)
    )))
}

/// How much of a listing is left, as a sentence.
pub fn left(line: &Line) -> String {
    let (number, unit) = (line.quantity_left, line.unit.as_deref().map(|unit| format!(" {unit}")).unwrap_or_default());
    match (line.kind, number) {
        (Kind::Offer, ..=0) => "None are left.".to_owned(),
        (Kind::Want, ..=0) => "None are wanted any more.".to_owned(),
        (Kind::Offer, 1) => "Only 1 is left.".to_owned(),
        (Kind::Want, 1) => "Only 1 is still wanted.".to_owned(),
        (Kind::Offer, _) => format!("Only {number}{unit} are left."),
        (Kind::Want, _) => format!("Only {number}{unit} are still wanted."),
    }
}
