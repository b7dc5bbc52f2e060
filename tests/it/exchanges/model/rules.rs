//! What the model knows: listings, exchanges, and what each deed does to them.

use chrono::{DateTime, Utc};

/// Who does something: the two sides, staff, and a group that has nothing to do with it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Who {
    Giver,
    Receiver,
    Staff,
    Stranger,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Deed {
    Accept,
    Decline,
    Withdraw,
    Schedule(DateTime<Utc>),
    HandOver(i64),
    Confirm(i64),
    Cancel,
    NoShow,
    Return,
}

/// A listing as the model has it.
#[derive(Debug, Clone)]
pub struct Listing {
    pub id: String,
    pub group: usize,
    pub offer: bool,
    pub lend: bool,
    pub quantity: i64,
    pub hidden: bool,
    pub fulfilled: bool,
}

/// An exchange as the model has it. Sides are 0, the giver, and 1, the receiver.
#[derive(Debug, Clone)]
pub struct Exchange {
    pub id: String,
    pub groups: [usize; 2],
    /// Index of the offer and of the want.
    pub listings: [Option<usize>; 2],
    pub quantity: i64,
    pub state: &'static str,
    pub by: Who,
    pub agreed: [bool; 2],
    pub said: [Option<i64>; 2],
    pub received: Option<i64>,
    pub lend: bool,
    pub returned: bool,
    pub at: Option<DateTime<Utc>>,
}

#[derive(Debug, Default)]
pub struct Model {
    pub listings: Vec<Listing>,
    pub exchanges: Vec<Exchange>,
}

/// What must come of a step: 200, or one of these refusals.
pub type Verdict = Result<(), &'static [(u16, &'static str)]>;

const STRANGE: Verdict = Err(&[(404, "not_found")]);
const WRONG_SIDE: Verdict = Err(&[(403, "not_allowed")]);
const WRONG_STATE: Verdict = Err(&[(409, "wrong_state")]);
const TOO_FEW: Verdict = Err(&[(409, "not_enough_left")]);
const WRONG_COUNT: Verdict = Err(&[(422, "invalid_fields")]);
const SECOND: Verdict = Err(&[(409, "already_exists")]);
const EITHER: Verdict = Err(&[(409, "wrong_state"), (409, "not_enough_left")]);

impl Model {
    /// How much of a listing its exchanges take.
    pub fn taken(&self, listing: usize) -> i64 {
        let of = self.exchanges.iter().filter(|exchange| exchange.listings.contains(&Some(listing)));
        of.map(|exchange| match exchange.state {
            "accepted" | "scheduled" | "handed_over" => exchange.quantity,
            "completed" if exchange.returned && self.listings[listing].offer => 0,
            "completed" => exchange.received.unwrap(),
            _ => 0,
        })
        .sum()
    }

    pub fn left(&self, listing: usize) -> i64 {
        self.listings[listing].quantity - self.taken(listing)
    }

    fn is_there(&self, listing: usize) -> bool {
        !self.listings[listing].hidden && !self.listings[listing].fulfilled
    }

    pub fn is_open(&self, listing: usize) -> bool {
        self.is_there(listing) && self.left(listing) > 0
    }

    /// What must come of a group's, or staff's, proposing an exchange of these listings. The first is the one that is asked about, unless
    /// staff propose.
    pub fn may_propose(&self, (by, group): (Who, Option<usize>), asked: usize, with: Option<usize>, quantity: i64) -> Verdict {
        if !self.is_open(asked) {
            return STRANGE;
        }
        if with.is_some_and(|with| !self.is_open(with)) {
            return if by == Who::Staff { STRANGE } else { WRONG_COUNT };
        }
        let too_few = self.left(asked) < quantity || with.is_some_and(|with| self.left(with) < quantity);
        match group {
            _ if too_few => TOO_FEW,
            Some(group) if self.waits_for_answer(by, group, asked) => SECOND,
            _ => Ok(()),
        }
    }

    /// Whether a group has asked about a listing and has not been answered.
    fn waits_for_answer(&self, by: Who, group: usize, asked: usize) -> bool {
        let side = usize::from(by == Who::Receiver);
        let same = |it: &&Exchange| it.by == by && it.groups[side] == group && it.listings[1 - side] == Some(asked);
        self.exchanges.iter().filter(same).any(|it| it.state == "proposed")
    }

    /// What must come of a deed.
    pub fn may(&self, who: Who, exchange: usize, deed: Deed, now: DateTime<Utc>) -> Verdict {
        let it = &self.exchanges[exchange];
        let (agreed, party) = (matches!(it.state, "accepted" | "scheduled"), matches!(who, Who::Giver | Who::Receiver));
        let side = usize::from(who == Who::Receiver);
        let when = |right: bool| if right { Ok(()) } else { WRONG_STATE };
        match (who, deed) {
            (Who::Stranger, _) => STRANGE,
            (Who::Staff, Deed::Withdraw) if it.state != "proposed" => WRONG_STATE,
            (Who::Staff, Deed::Withdraw) if it.by != Who::Staff => WRONG_SIDE,
            (Who::Staff, Deed::Withdraw) => Ok(()),
            (Who::Staff, Deed::Cancel) => when(agreed || it.state == "handed_over"),
            (Who::Staff, _) => WRONG_SIDE,
            (_, Deed::Accept | Deed::Decline | Deed::Withdraw) if it.state != "proposed" => WRONG_STATE,
            (_, Deed::Accept | Deed::Decline) if it.by == who => WRONG_SIDE,
            (_, Deed::Accept) if it.agreed[side] => WRONG_STATE,
            (_, Deed::Accept) if !it.agreed[1 - side] => Ok(()),
            (_, Deed::Accept) => self.may_promise(it),
            (_, Deed::Decline) => Ok(()),
            (_, Deed::Withdraw) if it.by != who => WRONG_SIDE,
            (_, Deed::Withdraw) => Ok(()),
            (_, Deed::Schedule(_) | Deed::Cancel) => when(agreed),
            (_, Deed::HandOver(_)) if !agreed => WRONG_STATE,
            (_, Deed::Confirm(_)) if it.state != "handed_over" => WRONG_STATE,
            (_, Deed::Confirm(_)) if it.said[side].is_some() => WRONG_SIDE,
            (_, Deed::HandOver(count) | Deed::Confirm(count)) if count > it.quantity => WRONG_COUNT,
            (_, Deed::HandOver(_) | Deed::Confirm(_)) => Ok(()),
            (_, Deed::NoShow) => when(it.state == "scheduled" && it.at.unwrap() <= now),
            (_, Deed::Return) if who == Who::Receiver => WRONG_SIDE,
            (_, Deed::Return) => when(party && it.state == "completed" && it.lend && !it.returned),
        }
    }

    fn may_promise(&self, it: &Exchange) -> Verdict {
        let listings = || it.listings.iter().flatten();
        let gone = listings().any(|listing| !self.is_there(*listing));
        let too_few = listings().any(|listing| self.is_there(*listing) && self.left(*listing) < it.quantity);
        match (gone, too_few) {
            (true, true) => EITHER,
            (true, false) => WRONG_STATE,
            (false, true) => TOO_FEW,
            (false, false) => Ok(()),
        }
    }

    /// Does what may be done.
    pub fn does(&mut self, who: Who, exchange: usize, deed: Deed) {
        let it = &mut self.exchanges[exchange];
        let side = usize::from(who == Who::Receiver);
        match deed {
            Deed::Accept => {
                it.agreed[side] = true;
                if it.agreed == [true, true] {
                    it.state = "accepted";
                }
            }
            Deed::Decline => it.state = "declined",
            Deed::Withdraw => it.state = "withdrawn",
            Deed::Schedule(at) => (it.state, it.at) = ("scheduled", Some(at)),
            Deed::HandOver(count) => (it.state, it.said[side]) = ("handed_over", Some(count)),
            Deed::Confirm(count) => {
                it.said[side] = Some(count);
                (it.state, it.received) = ("completed", it.said[1]);
                self.fulfil(exchange);
            }
            Deed::Cancel => it.state = "cancelled",
            Deed::NoShow => it.state = "no_show",
            Deed::Return => it.returned = true,
        }
    }

    /// After a completion, listings of which all has been handed over for good end.
    fn fulfil(&mut self, exchange: usize) {
        for listing in self.exchanges[exchange].listings.into_iter().flatten() {
            self.fulfil_if_gone(listing);
        }
    }

    /// A listing of which all has been handed over for good ends, and takes the proposals with it.
    pub fn fulfil_if_gone(&mut self, listing: usize) {
        let of = |exchange: &&mut Exchange| exchange.listings.contains(&Some(listing));
        let on_its_way = self.exchanges.iter_mut().filter(of).any(|it| ["accepted", "scheduled", "handed_over"].contains(&it.state));
        if self.left(listing) > 0 || on_its_way || self.listings[listing].lend {
            return;
        }
        self.listings[listing].fulfilled = true;
        self.exchanges.iter_mut().filter(of).filter(|it| it.state == "proposed").for_each(|it| it.state = "declined");
    }
}
