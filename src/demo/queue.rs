//! What waits for the demo town's coordinators: a queue worth clearing. Data, and how it comes about: by the services.

use chrono::{DateTime, Duration, Utc};

use super::{checked, exchanges::Town};
use crate::{
    assisted::{
        self, ConsentGiven, Way,
        model::{Consent, Helper},
    },
    catalog::Catalogue,
    complaints::{self, About},
    db::Conn,
    error::{Error, Result},
    groups::{self, Activity, model::GroupText},
    http::Limit,
    listings::{
        self, Basis, Kind, Urgency,
        model::ListingView,
        rules::Expiry,
        service::{Posted, Posting},
    },
    moderation::{
        Deed, QueueKind, Reason,
        jobs::finish,
        queries::{self, QueueFilter},
        service::{
            appeals,
            decide::{Decider, Verdict, decide},
            replies::{self, ReplyName, ReplyText, ReplyWords},
        },
    },
    networks::{self, service::Doer},
    reports::{
        self,
        service::{Complaint, Named, Reporter, Said},
    },
    types::{
        ReachKm,
        ids::{GroupId, ListingId, NetworkId, QueueItemId, UserId},
        text::{About as GroupWords, Concern, ListingDescription, OrganisationName, Reason as Words, ReportWords, Title},
    },
};

/// Something that a group posts: so many hours ago, and what.
struct Post {
    group: &'static str,
    hours_ago: i64,
    kind: Kind,
    title: &'static str,
    description: &'static str,
    category: &'static str,
    quantity: i32,
}

/// Most of them have something that a check finds; the first have not.
#[rustfmt::skip]
const POSTS: [Post; 9] = [
    Post { group: "g-noor-mosque", hours_ago: 20, kind: Kind::Offer, title: "Twelve prayer mats, washed", description: "Some are faded. Collect after Friday prayers.", category: "furniture", quantity: 12 },
    Post { group: "g-bentilee-over-60s", hours_ago: 18, kind: Kind::Want, title: "Large-print bingo cards", description: "For the Thursday club: about thirty of us.", category: "board-games-and-puzzles", quantity: 30 },
    Post { group: "g-castle-pantry", hours_ago: 30, kind: Kind::Offer, title: "Six trays of baby milk", description: "Unopened, keeps until March. Ring Carol on 01632 960123 after six.", category: "baby-equipment", quantity: 6 },
    Post { group: "g-hospice-shop", hours_ago: 9, kind: Kind::Want, title: "Riser chair for Mrs Jones", description: "She is 84 and has had a stroke, at 12 Albert Street.", category: "furniture", quantity: 1 },
    Post { group: "g-chell-scouts", hours_ago: 7, kind: Kind::Offer, title: "Eight sheath knives from the bushcraft camp", description: "With their sheaths.", category: "camping-equipment", quantity: 8 },
    Post { group: "g-allotments", hours_ago: 5, kind: Kind::Offer, title: "Various bits", description: "", category: "hand-tools", quantity: 1 },
    Post { group: "g-st-chads-shelter", hours_ago: 4, kind: Kind::Offer, title: "We need sleeping bags", description: "As many as you have, please, before the frost.", category: "camping-equipment", quantity: 20 },
    Post { group: "g-canal-volunteers", hours_ago: 3, kind: Kind::Offer, title: "Bottles of mulled wine left from the fair", description: "Two crates, sealed.", category: "drinks", quantity: 24 },
    Post { group: "g-polish-school", hours_ago: 2, kind: Kind::Offer, title: "Scrabble in Polish", description: "Two sets, all letters there.", category: "board-games-and-puzzles", quantity: 2 },
];

/// Groups that want to belong: name, what they do, for what, where.
const NEWCOMERS: [(&str, &str, Activity, &str); 2] = [
    (
        "Penkhull Repair Café",
        "We mend toasters, trousers and bicycles on the last Saturday of the month.",
        Activity::Environment,
        "penkhull-stoke-on-trent",
    ),
    (
        "Cobridge Mothers' Circle",
        "Mothers of under-fives: tea, company and a shelf of outgrown clothes.",
        Activity::ChildrenAndFamilies,
        "cobridge-stoke-on-trent",
    ),
];

/// Standard replies: name, with which decision, for which reason, words.
const REPLIES: [(&str, Deed, Reason, &str); 3] = [
    (
        "No telephone numbers",
        Deed::AskChanges,
        Reason::ContactDetails,
        "Thank you, {group}. Everybody can read \"{title}\", so please take the telephone number out. Whoever you agree something with sees how to reach you.",
    ),
    (
        "Say more",
        Deed::AskChanges,
        Reason::TooVague,
        "What is \"{title}\", {group}? How many, what size, in what state? Then somebody will want it.",
    ),
    (
        "Groups, not people",
        Deed::AskChanges,
        Reason::PrivatePerson,
        "{network} is for groups. Please say what is needed without saying for whom.",
    ),
];

/// The people who have a part in it.
pub struct Cast {
    /// Who posts, and appeals.
    pub owner: UserId,
    /// Who signs groups up, and reports.
    pub viewer: UserId,
    /// Who decides.
    pub coordinator: UserId,
    /// Who decides about appeals, and reads worries about somebody's safety.
    pub second: UserId,
}

/// Fills the queue, as of `now`.
pub async fn fill(tx: &mut Conn, catalogue: &Catalogue, now: DateTime<Utc>, network: NetworkId, cast: &Cast) -> Result<()> {
    let filler = Filler { catalogue, town: Town { network, now }, cast };
    filler.set_up(tx).await?;
    filler.refuse_and_appeal(tx).await?;
    for post in &POSTS {
        filler.post(tx, post).await?;
    }
    filler.edit(tx).await?;
    filler.sign_up(tx).await?;
    filler.report(tx).await?;
    filler.help(tx).await
}

struct Filler<'a> {
    catalogue: &'a Catalogue,
    town: Town,
    cast: &'a Cast,
}

impl Filler<'_> {
    fn ago(&self, hours: i64) -> DateTime<Utc> {
        self.town.now - Duration::hours(hours)
    }

    fn posting(&self, group: GroupId, hours_ago: i64) -> Posting {
        Posting { group, user: Some(self.cast.owner), now: self.ago(hours_ago), draft: false, external_id: None }
    }

    /// Standard replies, and who reads worries about somebody's safety.
    async fn set_up(&self, tx: &mut Conn) -> Result<()> {
        let doer = (self.cast.coordinator, self.ago(24 * 60));
        for (name, deed, reason, words) in REPLIES {
            let (name, words) = (checked(ReplyName::parse(name))?, checked(ReplyWords::parse(words))?);
            replies::create(tx, doer, self.town.network, &ReplyText { name, deed: Some(deed), reason: Some(reason), words }).await?;
        }
        let doer = Doer { actor: Some(self.cast.coordinator), now: self.ago(24 * 60) };
        networks::service::lead::name(tx, doer, self.town.network, Some(self.cast.second)).await?;
        Ok(())
    }

    async fn post(&self, tx: &mut Conn, post: &Post) -> Result<ListingId> {
        let group = self.town.group(tx, post.group).await?;
        let posted = Posted {
            kind: post.kind,
            title: checked(Title::parse(post.title))?,
            description: checked(ListingDescription::parse(post.description))?,
            category: Some(post.category.to_owned()),
            locality: None,
            network: None,
            reach: ReachKm::DEFAULT,
            remote: false,
            basis: vec![Basis::Give],
            quantity: post.quantity,
            unit: None,
            available_from: None,
            available_until: None,
            availability_note: None,
            delivery_possible: false,
            urgency: Urgency::Normal,
            expiry: Expiry::ByResourceType,
            choose_first: None,
            choose_after_hours: None,
        };
        let there = listings::service::create(tx, self.catalogue, &self.posting(group, post.hours_ago), posted).await?;
        Ok(there.view.listing.id)
    }

    /// What waits about a listing.
    async fn waiting(&self, tx: &mut Conn, listing: ListingId) -> Result<QueueItemId> {
        let filter = QueueFilter { kind: Some(QueueKind::Listing), ..QueueFilter::default() };
        let items = queries::waiting(tx, (self.town.network, self.town.now), &filter, Limit::default(), None).await?;
        let item = items.iter().find(|item| item.listing_id == Some(listing));
        Ok(item.ok_or_else(|| Error::Internal(anyhow::anyhow!("nothing waits about a listing of the demo town")))?.id)
    }

    /// What was refused three days ago, and is appealed against.
    async fn refuse_and_appeal(&self, tx: &mut Conn) -> Result<()> {
        let title = "Scratch cards for the tombola";
        let post = Post {
            group: "g-st-marys",
            hours_ago: 80,
            kind: Kind::Want,
            title,
            description: "Fifty, for the autumn fair.",
            category: "board-games-and-puzzles",
            quantity: 50,
        };
        let listing = self.post(tx, &post).await?;
        let item = self.waiting(tx, listing).await?;
        let words = Some("There is no money here, and scratch cards are money.".to_owned());
        let verdict = Verdict { deed: Deed::Reject, reason: Some(Reason::OutOfScope), words, reply: None, into: None, version: None };
        let decider = Decider { user: Some(self.cast.coordinator), now: self.ago(72) };
        let decision = decide(tx, self.catalogue, (self.town.network, decider), item, verdict).await?;
        finish(tx, self.ago(71)).await?;
        let words = checked(Words::parse("They are made of paper, by the children, and the prizes are cakes. No money at all."))?;
        appeals::appeal(tx, (self.cast.owner, self.ago(48)), decision.group_id, decision.id, &words).await?;
        Ok(())
    }

    /// Four times as many tables as a coordinator has approved: an edit that waits.
    async fn edit(&self, tx: &mut Conn) -> Result<()> {
        let post = Post {
            group: "g-harecastle-hall",
            hours_ago: 60,
            kind: Kind::Offer,
            title: "Stacking chairs from the old vestry",
            description: "Oak, heavy, sound.",
            category: "seating",
            quantity: 10,
        };
        let listing = self.post(tx, &post).await?;
        let item = self.waiting(tx, listing).await?;
        let verdict = Verdict { deed: Deed::Approve, reason: None, words: None, reply: None, into: None, version: None };
        let decider = Decider { user: Some(self.cast.coordinator), now: self.ago(50) };
        decide(tx, self.catalogue, (self.town.network, decider), item, verdict).await?;
        finish(tx, self.ago(49)).await?;
        let group = self.town.group(tx, post.group).await?;
        listings::service::update(tx, self.catalogue, &self.posting(group, 6), listing, |there| again(there, 40)).await?;
        Ok(())
    }

    /// Groups that want to belong.
    async fn sign_up(&self, tx: &mut Conn) -> Result<()> {
        for ((name, about, activity, locality), hours) in NEWCOMERS.into_iter().zip([26, 11]) {
            groups::service::create(tx, (self.cast.viewer, self.ago(hours)), text(name, about, activity, locality)?, self.town.network)
                .await?;
        }
        Ok(())
    }

    /// One listing that one person has reported, one that two have, and a complaint.
    async fn report(&self, tx: &mut Conn) -> Result<()> {
        let tables = self.town.listing(tx, "g-hospice-shop", "l-hospice-shop-offer-mens-coats-and-jumpers").await?;
        let bike = self.town.listing(tx, "g-saddle-up", "l-saddle-up-offer-cargo-bike").await?;
        let visitor = |address: &str, hours| Reporter { user: None, address: address.to_owned(), now: self.ago(hours) };
        let person = Reporter { user: Some(self.cast.viewer), ..visitor("192.0.2.7", 3) };
        for (by, listing, reason, words) in [
            (visitor("192.0.2.1", 8), tables, reports::Reason::NotAvailable, "The shop says they went in October."),
            (visitor("192.0.2.2", 6), bike, reports::Reason::Money, "They asked my friend for ten pounds."),
            (person, bike, reports::Reason::Money, "Ten pounds \"for the lock\"."),
        ] {
            let words = Some(checked(ReportWords::parse(words))?);
            let named = Named::Listing(listings::queries::ListingKey::Id(listing));
            reports::service::take(tx, &by, Said { named, network: None, what: Complaint::Report(reason, words) }).await?;
        }
        let words = checked(Concern::parse("Nobody answered my question about the hall for two weeks."))?;
        let said = complaints::service::Said { about: About::Service, words, email: None };
        complaints::service::take(tx, (Some(self.cast.viewer), self.ago(40)), self.town.network, said).await?;
        Ok(())
    }

    /// A group that is not online.
    async fn help(&self, tx: &mut Conn) -> Result<()> {
        let helper = Helper { user: self.cast.coordinator, role: "coordinator", network: self.town.network, now: self.ago(24 * 20) };
        let about = "Soup and a game of dominoes on Wednesdays. Nobody here has a computer.";
        let consent = Consent {
            way: Way::Call,
            contact: "01632 960199, ask for the kitchen".to_owned(),
            given: ConsentGiven::Spoken,
            words: "Please post for us, and ring before noon.".to_owned(),
            at: helper.now,
        };
        let text = text("Smallthorne Lunch Club", about, Activity::Food, "smallthorne-stoke-on-trent")?;
        assisted::service::create(tx, helper, text, consent).await?;
        Ok(())
    }
}

/// What a listing says, with another quantity.
fn again(there: &ListingView, quantity: i32) -> Result<Posted> {
    Ok(Posted {
        kind: there.listing.kind,
        title: checked(Title::parse(&there.listing.title))?,
        description: checked(ListingDescription::parse(&there.listing.description))?,
        category: Some(there.category.slug.clone()),
        locality: Some(there.locality.slug.clone()),
        network: None,
        reach: ReachKm::DEFAULT,
        remote: there.listing.remote,
        basis: vec![Basis::Give],
        quantity,
        unit: None,
        available_from: None,
        available_until: None,
        availability_note: None,
        delivery_possible: there.listing.delivery_possible,
        urgency: there.listing.urgency,
        expiry: there.listing.expires_at.map_or(Expiry::Standing, Expiry::Kept),
        choose_first: None,
        choose_after_hours: None,
    })
}

fn text(name: &str, about: &str, activity: Activity, locality: &str) -> Result<GroupText> {
    Ok(GroupText {
        name: checked(OrganisationName::parse(name))?,
        description: checked(GroupWords::parse(about))?,
        locality: locality.to_owned(),
        activities: vec![activity],
        size: None,
        registration: None,
    })
}
