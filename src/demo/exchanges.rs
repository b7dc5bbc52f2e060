//! What has happened in the demo town: an exchange in every state, and two groups that are interested in the same chairs. Data, and how
//! it is made to happen: by the services, each step in its own time.

use chrono::{DateTime, Duration, Utc};

use super::checked;
use crate::{
    db::Conn,
    error::{Error, Result},
    exchanges::{
        CancelReason, HowItWent, Side,
        rules::deeds::{Appointment, Deed, Place, Words},
        service::{
            self, Actor,
            outcome::{self, Told},
            propose::{self, Pair, Proposal},
        },
    },
    interests::service::{Said, say},
    listings, networks,
    types::{
        ids::{ExchangeId, GroupId, ListingId, NetworkId, UserId},
        text::ExternalId,
    },
};

/// A step of an exchange.
#[derive(Clone, Copy)]
enum Step {
    Accept,
    Decline(&'static str),
    Withdraw,
    /// For so many days later (or earlier) than today, at a place.
    Schedule(i64, &'static str),
    /// For so many days from today, and due back after so many.
    Lend(i64, i64, &'static str),
    HandOver(i32),
    Confirm(i32),
    Cancel(CancelReason, &'static str),
    NoShow(&'static str),
    Return,
    /// So many people helped, how much, and a story to be published.
    Tell(i32, f64, &'static str),
}

/// An exchange: who proposes it about which listing, with which of their own, how many, and what became of it. The first step comes so
/// many days ago, each of the others a day later.
struct Story {
    proposed_by: &'static str,
    listing: (&'static str, &'static str),
    with: &'static str,
    quantity: i32,
    days_ago: i64,
    steps: &'static [(Side, Step)],
}

use Side::{Giver, Receiver};

/// One for each state.
#[rustfmt::skip]
const STORIES: &[Story] = &[
    Story { proposed_by: "g-sandybrook-pta", listing: ("g-castle-pantry", "l-castle-pantry-offer-porridge-oats-and-cornflakes"), with: "l-sandybrook-pta-want-cereal-for-breakfast-club", quantity: 40, days_ago: 12, steps: &[
        (Giver, Step::Accept), (Receiver, Step::Schedule(-9, "At the pantry's back door")), (Giver, Step::HandOver(40)), (Receiver, Step::Confirm(38)),
        (Receiver, Step::Tell(60, 19.0, "Two boxes were squashed; the rest fed the breakfast club until half-term. Nobody started the day hungry.")),
        (Giver, Step::Tell(60, 19.0, "They came with a trolley and a thank-you card from Year 2.")),
    ] },
    Story { proposed_by: "g-fenton-juniors", listing: ("g-chell-scouts", "l-chell-scouts-offer-box-trailer"), with: "l-fenton-juniors-want-trailer-to-move-goalposts", quantity: 1, days_ago: 20, steps: &[
        (Giver, Step::Accept), (Giver, Step::Lend(-17, 7, "Scout hut")), (Receiver, Step::HandOver(1)), (Giver, Step::Confirm(1)), (Giver, Step::Return),
    ] },
    Story { proposed_by: "g-the-den", listing: ("g-chell-scouts", "l-chell-scouts-offer-patrol-tents-and-camp"), with: "l-the-den-want-tents-for-a-first", quantity: 5, days_ago: 9, steps: &[
        (Giver, Step::Accept), (Giver, Step::Lend(-6, 9, "Scout hut")), (Giver, Step::HandOver(5)), (Receiver, Step::Confirm(5)),
    ] },
    Story { proposed_by: "g-st-chads-shelter", listing: ("g-noor-mosque", "l-noor-mosque-offer-surplus-toilet-paper"), with: "l-st-chads-shelter-want-loo-roll-and-kitchen", quantity: 40, days_ago: 4, steps: &[
        (Giver, Step::Accept), (Giver, Step::HandOver(40)),
    ] },
    Story { proposed_by: "g-women-of-the-wheel", listing: ("g-hospice-shop", "l-hospice-shop-offer-two-sewing-machines"), with: "l-women-of-the-wheel-want-sewing-machines-for-beginners", quantity: 2, days_ago: 3, steps: &[
        (Giver, Step::Accept), (Receiver, Step::Schedule(3, "At the shop, before it opens")),
    ] },
    Story { proposed_by: "g-polish-school", listing: ("g-harecastle-hall", "l-harecastle-hall-offer-ten-folding-tables"), with: "l-polish-school-want-folding-tables-for-classrooms", quantity: 10, days_ago: 2, steps: &[
        (Giver, Step::Accept),
    ] },
    Story { proposed_by: "g-code-kiln", listing: ("g-refugees-welcome", "l-refugees-welcome-want-laptops-for-english-learners"), with: "l-code-kiln-offer-refurbished-laptops", quantity: 10, days_ago: 1, steps: &[] },
    Story { proposed_by: "", listing: ("g-harecastle-hall", "l-harecastle-hall-offer-portable-pa-with-two"), with: "l-barlaston-wi-want-microphone-and-speaker-for", quantity: 1, days_ago: 1, steps: &[
        (Giver, Step::Accept),
    ] },
    Story { proposed_by: "g-allotments", listing: ("g-green-lamp", "l-green-lamp-offer-projector-and-screen"), with: "l-allotments-want-projector-for-winter-talks", quantity: 1, days_ago: 6, steps: &[
        (Giver, Step::Decline("It is booked on Wednesdays until Easter. Any other day would do.")),
    ] },
    Story { proposed_by: "g-refugees-welcome", listing: ("g-hospice-shop", "l-hospice-shop-offer-mens-coats-and-jumpers"), with: "l-refugees-welcome-want-warm-winter-coats", quantity: 20, days_ago: 5, steps: &[
        (Receiver, Step::Withdraw),
    ] },
    Story { proposed_by: "g-castle-pantry", listing: ("g-saddle-up", "l-saddle-up-offer-cargo-bike"), with: "l-castle-pantry-want-cargo-bike-for-short", quantity: 1, days_ago: 8, steps: &[
        (Giver, Step::Accept), (Receiver, Step::Cancel(CancelReason::CouldNotArrange, "Our rider has hurt a knee. We will ask again in spring.")),
    ] },
    Story { proposed_by: "g-canal-volunteers", listing: ("g-bentilee-over-60s", "l-bentilee-over-60s-offer-tea-urn-20-litres"), with: "l-canal-volunteers-want-tea-urn-for-open", quantity: 1, days_ago: 5, steps: &[
        (Giver, Step::Accept), (Receiver, Step::Lend(-3, 5, "Bentilee Neighbourhood Centre")), (Giver, Step::NoShow("We waited until twelve.")),
    ] },
];

/// An interest: of a group, in whose listing, and with which of its own.
struct Wish {
    group: &'static str,
    listing: (&'static str, &'static str),
    with: &'static str,
    quantity: i32,
    message: &'static str,
}

const WISHES: [Wish; 2] = [
    Wish {
        group: "g-hanley-food-bank",
        listing: ("g-st-marys", "l-st-marys-folding-chairs"),
        with: "l-hanley-food-bank-folding-chairs",
        quantity: 30,
        message: "For the queue: people stand in the cold for an hour.",
    },
    Wish {
        group: "g-bottle-kiln-players",
        listing: ("g-st-marys", "l-st-marys-folding-chairs"),
        with: "l-bottle-kiln-players-want-audience-seating-for-the",
        quantity: 40,
        message: "We could fetch them on a Sunday with our scenery van.",
    },
];

/// Makes it happen, as of `now`.
pub async fn happen(tx: &mut Conn, now: DateTime<Utc>, network: NetworkId, owner: UserId, coordinator: UserId) -> Result<()> {
    let town = Town { network, now };
    for story in STORIES {
        town.tell(tx, story, owner, coordinator).await?;
    }
    for Wish { group, listing, with, quantity, message } in WISHES {
        let about = town.listing(tx, listing.0, listing.1).await?;
        let with = Some(town.listing(tx, group, with).await?);
        let said = Said { group: town.group(tx, group).await?, quantity: Some(quantity), message: message.to_owned(), with };
        say(tx, (owner, now - Duration::hours(30)), about, said).await?;
    }
    Ok(())
}

/// The demo town, as of a time: finds groups and listings by their names.
pub(super) struct Town {
    pub(super) network: NetworkId,
    pub(super) now: DateTime<Utc>,
}

impl Town {
    async fn tell(&self, tx: &mut Conn, story: &Story, owner: UserId, coordinator: UserId) -> Result<()> {
        let began = self.now - Duration::days(story.days_ago);
        let listing = self.listing(tx, story.listing.0, story.listing.1).await?;
        let message = String::new();
        let exchange = if story.proposed_by.is_empty() {
            // The other listing is of whoever its name says.
            let want = self.listing(tx, "g-barlaston-wi", story.with).await?;
            let pair = Pair { offer: listing, want, quantity: story.quantity, message };
            propose::propose_pair(tx, (coordinator, self.network), pair, began).await?
        } else {
            let group = self.group(tx, story.proposed_by).await?;
            let with = Some(self.listing(tx, story.proposed_by, story.with).await?);
            let proposal = Proposal { listing, with, quantity: story.quantity, basis: None, message };
            propose::propose(tx, (owner, group), proposal, began).await?
        };
        for ((side, step), day) in story.steps.iter().zip(1..) {
            let actor = Actor { user: Some(owner), side: *side, now: began + Duration::days(day) };
            self.take(tx, actor, exchange.exchange.id, *step).await?;
        }
        Ok(())
    }

    async fn take(&self, tx: &mut Conn, actor: Actor, id: ExchangeId, step: Step) -> Result<()> {
        let words = |text: &str| checked(Words::parse(text)).map(Some);
        let deed = match step {
            Step::Accept => Deed::Accept,
            Step::Decline(why) => Deed::Decline(words(why)?),
            Step::Withdraw => Deed::Withdraw,
            Step::Schedule(days, place) => Deed::Schedule(self.appointment(days, None, place)?),
            Step::Lend(days, lasts, place) => Deed::Schedule(self.appointment(days, Some(lasts), place)?),
            Step::HandOver(quantity) => Deed::HandOver(Some(quantity), None),
            Step::Confirm(quantity) => Deed::Confirm(Some(quantity)),
            Step::Cancel(reason, why) => Deed::Cancel(reason, words(why)?),
            Step::NoShow(why) => Deed::NoShow(words(why)?),
            Step::Return => Deed::Return,
            Step::Tell(people, amount, story) => {
                let told = Told {
                    how_it_went: HowItWent::Well,
                    people_helped: Some(people),
                    amount: Some(amount),
                    story: Some(story.to_owned()),
                    may_publish: true,
                };
                outcome::tell(tx, actor, id, told).await?;
                return Ok(());
            }
        };
        service::act(tx, actor, id, deed).await?;
        Ok(())
    }

    fn appointment(&self, days: i64, lasts: Option<i64>, place: &str) -> Result<Appointment> {
        let from = self.now + Duration::days(days);
        let return_by = lasts.map(|days| from + Duration::days(days));
        Ok(Appointment { from, until: None, place: Some(checked(Place::parse(place))?), return_by })
    }

    pub(super) async fn group(&self, tx: &mut Conn, name: &str) -> Result<GroupId> {
        let known = networks::queries::group_by_external_id(tx, self.network, &checked(ExternalId::parse(name))?).await?;
        known.ok_or_else(|| Error::Internal(anyhow::anyhow!("the demo town has no group {name}")))
    }

    pub(super) async fn listing(&self, tx: &mut Conn, group: &str, name: &str) -> Result<ListingId> {
        let group = self.group(tx, group).await?;
        let known = listings::queries::id_by_external_id(tx, group, &checked(ExternalId::parse(name))?).await?;
        known.ok_or_else(|| Error::Internal(anyhow::anyhow!("the demo town has no listing {name}")))
    }
}
