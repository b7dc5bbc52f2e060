//! Why an offer and a want match or not, condition by condition, in sentences that say what is wrong and what would mend it. Whether
//! a condition is met comes from the database; here it is only said, as far as the reader may know.

use chrono::{DateTime, Utc};

use super::{MOST_REACH_KM, capital};
use crate::{
    listings::{
        Basis, Kind, Moderation, State,
        model::{Listing, ListingView},
    },
    matching::model::Explained,
    types::place::whole_km,
};

crate::word_enum! {
    /// What an offer and a want have to satisfy to match.
    pub enum Condition {
        /// The offer is published, approved and unexpired, something is left of it, and its group is in good standing.
        OfferOpen = "offer_open",
        /// So is the want.
        WantOpen = "want_open",
        /// They belong to two groups.
        DifferentGroups = "different_groups",
        /// Neither group has blocked the other or dismissed the match.
        NotRefused = "not_refused",
        /// Their times overlap.
        Times = "times",
        /// The want accepts the offer's basis.
        Basis = "basis",
        /// Near enough, or place does not matter to either.
        Place = "place",
        /// The thing itself, or something like it.
        Thing = "thing",
    }
}

/// What the reader has to do with one of the two listings.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tie {
    /// A member of its group.
    pub member: bool,
    /// A member, or staff of its network: knows the listing even while it is not open, and what its group has dismissed.
    pub insider: bool,
    /// May know whom its group has blocked.
    pub sees_blocks: bool,
}

/// Who reads the explanation.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Reader {
    /// Where the offer is concerned.
    pub offer: Tie,
    /// Where the want is concerned.
    pub want: Tie,
}

impl Reader {
    /// What the reader has to do with the listing of this kind.
    pub fn tie(self, kind: Kind) -> Tie {
        match kind {
            Kind::Offer => self.offer,
            Kind::Want => self.want,
        }
    }

    /// Whose view of the score the reader gets: that of the reader's own group, else of the group that the reader looks after;
    /// the want's when that is both.
    pub fn sees_from(self) -> Kind {
        let rank = |tie: Tie| (tie.member, tie.insider);
        if rank(self.offer) > rank(self.want) { Kind::Offer } else { Kind::Want }
    }
}

/// A condition, whether it is met, and a sentence about that.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Which one.
    pub condition: Condition,
    /// Whether it holds.
    pub met: bool,
    /// What is so; if it is not met, also what would mend it.
    pub detail: String,
}

/// A pair, and who reads about it.
#[derive(Debug, Clone, Copy)]
pub struct Case<'a> {
    /// What the database says.
    pub explained: &'a Explained,
    /// The offer.
    pub offer: &'a ListingView,
    /// The want.
    pub want: &'a ListingView,
    /// The reader.
    pub reader: Reader,
}

impl Case<'_> {
    /// Every condition, in the order of the documentation.
    pub fn findings(self) -> Vec<Finding> {
        Condition::ALL.iter().map(|condition| self.finding(*condition)).collect()
    }

    fn finding(self, condition: Condition) -> Finding {
        let met = self.is_met(condition);
        let detail = match condition {
            Condition::OfferOpen => self.openness(Kind::Offer, met),
            Condition::WantOpen => self.openness(Kind::Want, met),
            Condition::DifferentGroups if met => "They belong to two groups.".to_owned(),
            Condition::DifferentGroups => format!("Both belong to {}, and a group is not matched with itself.", self.offer.group_name),
            Condition::NotRefused if met && !self.are_open() => {
                "Nobody has said no to it that you know of. The rest shows once both are open.".to_owned()
            }
            Condition::NotRefused if met => "Neither group has said no to it.".to_owned(),
            Condition::NotRefused => self.refusals(),
            Condition::Times if met => "Their times overlap.".to_owned(),
            Condition::Times => self.times(),
            Condition::Basis => self.basis(met),
            Condition::Place if met => self.near(),
            Condition::Place => self.far(),
            Condition::Thing => self.thing(met),
        };
        Finding { condition, met, detail }
    }

    fn is_met(self, condition: Condition) -> bool {
        let explained = self.explained;
        match condition {
            Condition::OfferOpen => self.side(Kind::Offer).open,
            Condition::WantOpen => self.side(Kind::Want).open,
            Condition::DifferentGroups => !explained.same_group,
            // One condition of the query is both: not the same group, and no block.
            Condition::NotRefused => {
                let refused = !(explained.groups || explained.same_group) || !explained.not_dismissed;
                !refused || !self.are_open() && !self.sees_a_refusal()
            }
            Condition::Times => explained.times,
            Condition::Basis => explained.basis,
            Condition::Place => explained.place,
            Condition::Thing => explained.thing,
        }
    }

    /// Both are open. Before a listing has ever been so, nobody can have dismissed it, and a refusal that the reader is not to know of could
    /// only be a block; whether it has is not written down.
    fn are_open(self) -> bool {
        self.side(Kind::Offer).open && self.side(Kind::Want).open
    }

    /// There is a block or a dismissal that the reader may know of.
    fn sees_a_refusal(self) -> bool {
        [Kind::Offer, Kind::Want].into_iter().any(|kind| {
            let (side, tie) = (self.side(kind), self.reader.tie(kind));
            side.blocks && tie.sees_blocks || side.dismissed && tie.insider
        })
    }

    /// What the database says about the listing of this kind, whichever of the two was asked about.
    fn side(&self, kind: Kind) -> Side<'_> {
        let explained = self.explained;
        if explained.pair.seeker_kind == kind {
            Side {
                open: explained.seeker_open,
                shut: &explained.seeker_shut,
                blocks: explained.seeker_blocks,
                dismissed: explained.seeker_dismissed,
            }
        } else {
            Side {
                open: explained.open,
                shut: &explained.shut,
                blocks: explained.counterpart_blocks,
                dismissed: explained.counterpart_dismissed,
            }
        }
    }

    fn view(&self, kind: Kind) -> &ListingView {
        match kind {
            Kind::Offer => self.offer,
            Kind::Want => self.want,
        }
    }

    /// How the reader calls the listing of this kind.
    fn listing(self, kind: Kind) -> String {
        let whose = match (self.reader.tie(kind).member, self.reader.tie(kind.opposite()).member) {
            (true, _) => "your",
            (false, true) => "their",
            (false, false) => "the",
        };
        format!("{whose} {kind}")
    }

    /// How the reader calls the group of the listing of this kind.
    fn group(&self, kind: Kind) -> &str {
        if self.is_readers_own(kind) { "your group" } else { &self.view(kind).group_name }
    }

    fn is_readers_own(self, kind: Kind) -> bool {
        self.reader.tie(kind).member && !self.reader.tie(kind.opposite()).member
    }

    /// Why a listing is not open is for its own group and its network's staff.
    fn openness(self, kind: Kind, met: bool) -> String {
        let (listing, side) = (capital(&self.listing(kind)), self.side(kind));
        if met {
            return format!("{listing} is open.");
        }
        let mut sentences = vec![format!("{listing} is not open.")];
        if self.reader.tie(kind).insider {
            sentences.extend(side.shut.iter().filter_map(|part| why_shut(part, &self.view(kind).listing)).map(str::to_owned));
        }
        sentences.join(" ")
    }

    /// Who has said no. A block and a dismissal that the reader may not know of read the same, so that nobody learns of a block.
    fn refusals(self) -> String {
        let (mut sentences, mut hidden) = (Vec::new(), false);
        for kind in [Kind::Offer, Kind::Want] {
            let (side, tie, own) = (self.side(kind), self.reader.tie(kind), self.is_readers_own(kind));
            let (group, other) = (self.group(kind), self.group(kind.opposite()));
            let mend = |what: &str| if own { capital(what) } else { format!("Only {group} can {what}") };
            if side.blocks && tie.sees_blocks {
                sentences.push(format!("{} has blocked {other}. {}.", capital(group), mend("lift the block")));
            }
            if side.dismissed && tie.insider {
                sentences.push(format!("{} has dismissed this match. {}.", capital(group), mend("restore it")));
            }
            hidden |= side.blocks && !tie.sees_blocks || side.dismissed && !tie.insider;
        }
        if hidden || sentences.is_empty() {
            sentences.push("One of the two groups does not want this match.".to_owned());
        }
        sentences.join(" ")
    }

    fn times(self) -> String {
        let ends_first = |first: &Listing, second: &Listing| match (first.available_until, second.available_from) {
            (Some(end), Some(start)) if end <= start => Some((end, start)),
            _ => None,
        };
        let (offer, want) = (&self.offer.listing, &self.want.listing);
        let (first, times) = match ends_first(offer, want) {
            Some(times) => (Kind::Offer, Some(times)),
            None => (Kind::Want, ends_first(want, offer)),
        };
        let (Some((end, start)), listing, other) = (times, capital(&self.listing(first)), self.listing(first.opposite())) else {
            return "Their times do not overlap. Change those of one of the two.".to_owned();
        };
        let begins = if end == start { format!("just when {other} begins") } else { format!("before {other} begins ({})", clock(start)) };
        format!("{listing} ends ({}) {begins}. Change the times of one of the two.", clock(end))
    }

    fn basis(self, met: bool) -> String {
        let words = |listing: &Listing| Basis::ALL.iter().copied().filter(|basis| names(listing, *basis)).collect::<Vec<_>>();
        let (offered, wanted) = (words(&self.offer.listing), words(&self.want.listing));
        let (offer, want) = (self.listing(Kind::Offer), self.listing(Kind::Want));
        let is = offered.first().copied().map_or("", as_offered);
        if met {
            return format!("{} is {is}, which {want} accepts.", capital(&offer));
        }
        let takes: Vec<&str> = wanted.iter().map(|basis| as_wanted(*basis)).collect();
        let word = offered.first().map_or("", |basis| basis.as_str());
        format!(
            "{} is {is}, and {want} accepts only {}. Add {word} to the basis of {want}, or make that of {offer} give.",
            capital(&offer),
            takes.join(" or ")
        )
    }

    fn near(self) -> String {
        let (offer, want, km) = (&self.offer.locality, &self.want.locality, self.explained.pair.km);
        if self.explained.pair.both_remote {
            return "Place does not matter to either.".to_owned();
        }
        if offer.slug == want.slug {
            return format!("Both are in {}.", offer.name);
        }
        match whole_km(km) {
            0 => format!("{} and {} are in the same place.", offer.name, want.name),
            km => format!("{} and {} are about {km} km apart, within the larger reach of {} km.", offer.name, want.name, self.reach_km()),
        }
    }

    fn far(self) -> String {
        let (km, reach) = (self.explained.pair.km, self.reach_km());
        let (offer, want) = (self.listing(Kind::Offer), self.listing(Kind::Want));
        let distance =
            if whole_km(km) <= i64::from(reach) { format!("a little more than {reach}") } else { format!("about {}", whole_km(km)) };
        let mut sentences = vec![format!(
            "{} and {} are {distance} km apart, and neither group goes farther than {reach} km for this.",
            self.offer.locality.name, self.want.locality.name
        )];
        for (kind, other) in [(Kind::Offer, Kind::Want), (Kind::Want, Kind::Offer)] {
            if self.view(kind).listing.remote {
                sentences.push(format!(
                    "Place does not matter for {}, but it does for {}, so the distance counts.",
                    self.listing(kind),
                    self.listing(other)
                ));
            }
        }
        let needed = whole_km(km.ceil());
        sentences.push(if needed > i64::from(MOST_REACH_KM) {
            format!("That is farther than any reach can be ({MOST_REACH_KM} km).")
        } else {
            format!("Raise the reach of {offer} or of {want} to {needed} km.")
        });
        sentences.join(" ")
    }

    fn reach_km(self) -> i32 {
        self.offer.listing.reach_km.max(self.want.listing.reach_km)
    }

    fn thing(self, met: bool) -> String {
        let (offered, wanted) = (&self.offer.category, &self.want.category);
        let itself = self.explained.pair.category > 0.0;
        match (met, itself) {
            (true, true) if offered.code == wanted.code => format!("Both are {}.", offered.name),
            (true, true) => format!("{} belongs to {}, which is what is wanted.", offered.name, wanted.name),
            (true, false) => format!("Not the thing itself ({}; wanted is {}), but something like it.", offered.name, wanted.name),
            (false, _) => format!(
                "{} is not {}, nor is it like it. If the two mean the same, give them the same category, or a wider one to {}.",
                offered.name,
                wanted.name,
                self.listing(Kind::Want)
            ),
        }
    }
}

/// What the database says about one of the two listings.
struct Side<'a> {
    open: bool,
    shut: &'a [String],
    blocks: bool,
    dismissed: bool,
}

/// Why a part of being open (`sql::OPEN_PARTS`) does not hold, and what would mend it.
fn why_shut(part: &str, listing: &Listing) -> Option<&'static str> {
    Some(match (part, listing.state, listing.moderation) {
        ("state", State::Draft, _) => "It is a draft: publish it.",
        ("state", State::Paused, _) => "It is paused: renew it to bring it back.",
        ("state", State::Withdrawn, _) => "It has been withdrawn: renew it.",
        ("state", State::Fulfilled, _) => "All of it has been handed over: copy it, if there is to be more.",
        ("state", State::Expired, _) | ("expiry", State::Active, _) => "Its time has run out: renew it.",
        ("moderation", _, Moderation::Pending) => "The network has yet to look at it.",
        ("moderation", _, Moderation::ChangesRequested) => "The network has asked for changes: make them.",
        ("moderation", _, Moderation::Rejected) => "The network has rejected it: ask a coordinator why.",
        ("moderation", _, Moderation::Held) => "The network holds it back while somebody looks into it: ask a coordinator.",
        ("standing", ..) => "Its group is not in good standing in the network: a coordinator can change that.",
        ("left", ..) => "All of it has been promised: raise its quantity, if there is more.",
        _ => return None,
    })
}

fn names(listing: &Listing, basis: Basis) -> bool {
    listing.basis.iter().flatten().any(|word| word == basis.as_str())
}

fn as_offered(basis: Basis) -> &'static str {
    match basis {
        Basis::Give => "a gift",
        Basis::Lend => "a loan",
        Basis::Share => "for shared use",
    }
}

fn as_wanted(basis: Basis) -> &'static str {
    match basis {
        Basis::Give => "a gift",
        Basis::Lend => "a loan",
        Basis::Share => "shared use",
    }
}

fn clock(time: DateTime<Utc>) -> String {
    time.format("%-d %B %Y, %H:%M UTC").to_string()
}

#[cfg(test)]
mod tests;
