//! Proposing an exchange: by a group to the owner of a listing, or by a network's staff to both groups of a pair.

use chrono::{DateTime, Utc};
use serde_json::json;

use super::{insert, view};
use crate::{
    audit::{self, Act},
    db::{Conn, transaction},
    error::{Code, Error, Result},
    exchanges::{
        Side, State,
        model::{Exchange, ExchangeView, Line},
        notices, queries,
        rules::{Refused, terms},
    },
    groups, inbox,
    listings::{self, Basis, Kind},
    threads,
    types::{
        Fields, Refusal,
        ids::{ExchangeId, GroupId, ListingId, NetworkId, ThreadId, UserId},
    },
};

/// What a group proposes to the owner of a listing.
#[derive(Debug, Clone)]
pub struct Proposal {
    /// The other group's listing.
    pub listing: ListingId,
    /// The group's own listing that fits it.
    pub with: Option<ListingId>,
    /// How many.
    pub quantity: i32,
    /// On what terms; the offer's, when there is one.
    pub basis: Option<Basis>,
    /// A few words.
    pub message: String,
}

/// What a network's staff propose to two groups.
#[derive(Debug, Clone)]
pub struct Pair {
    /// The offer.
    pub offer: ListingId,
    /// The want.
    pub want: ListingId,
    /// How many.
    pub quantity: i32,
    /// A few words.
    pub message: String,
}

/// The listings of a proposal; one may be missing.
struct Lines {
    offer: Option<Line>,
    want: Option<Line>,
}

/// Proposes an exchange to the owner of a listing. Reserves nothing: the listing is promised when it is accepted.
pub async fn propose(conn: &mut Conn, (user, group): (UserId, GroupId), proposal: Proposal, now: DateTime<Utc>) -> Result<ExchangeView> {
    transaction(conn, async |tx| {
        let (listing, with) = find_own_pair(tx, group, &proposal, now).await?;
        let network = listing.network_id;
        let (by, lines) = match listing.kind {
            Kind::Offer => (Side::Receiver, Lines { offer: Some(listing), want: with }),
            Kind::Want => (Side::Giver, Lines { offer: with, want: Some(listing) }),
        };
        let made = Made { by, user, group, network, quantity: proposal.quantity, basis: proposal.basis, message: proposal.message, now };
        made.of(tx, lines).await
    })
    .await
}

/// Proposes a pair to both of its groups. Neither has agreed.
pub async fn propose_pair(conn: &mut Conn, (user, network): (UserId, NetworkId), pair: Pair, now: DateTime<Utc>) -> Result<ExchangeView> {
    transaction(conn, async |tx| {
        let groups = [group_of(tx, pair.offer).await?, group_of(tx, pair.want).await?];
        hold_groups(tx, groups).await?;
        let lines = queries::hold_lines(tx, &[pair.offer, pair.want]).await?;
        let open = |id| lines.iter().find(|line| line.id == id).filter(|line| line.is_open_at(now)).cloned().ok_or_else(no_such_listing);
        let (offer, want) = (open(pair.offer)?, open(pair.want)?);
        let mut fields = Fields::body();
        if offer.kind != Kind::Offer {
            fields.refuse("/offer_id", Refusal::new("wrong_kind", "This listing is a want."));
        }
        if want.kind != Kind::Want {
            fields.refuse("/want_id", Refusal::new("wrong_kind", "This listing is an offer."));
        }
        if offer.group_id == want.group_id {
            fields.refuse("/want_id", Refusal::new("own_listing", "Both listings are of the same group: choose two groups."));
        }
        if offer.network_id != network && want.network_id != network {
            fields.refuse("/offer_id", Refusal::new("other_network", "One of the two has to be a listing of your network."));
        }
        fields.finish(|| Some(()))?;
        if groups::queries::are_parted(tx, offer.group_id, want.group_id).await? {
            return Err(no_such_listing());
        }
        let group = offer.group_id;
        let lines = Lines { offer: Some(offer), want: Some(want) };
        let made = Made { by: Side::Staff, user, group, network, quantity: pair.quantity, basis: None, message: pair.message, now };
        made.of(tx, lines).await
    })
    .await
}

/// Whose a listing is, which never changes.
async fn group_of(tx: &mut Conn, listing: ListingId) -> Result<Option<GroupId>> {
    listings::queries::group_of(tx, listing).await
}

/// Holds both groups, before anything else is held, so that neither blocks the other meanwhile. Where one is missing there is nothing to hold:
/// no such listing.
async fn hold_groups(tx: &mut Conn, groups: [Option<GroupId>; 2]) -> Result<()> {
    match groups {
        [Some(one), Some(other)] => groups::queries::hold_both(tx, [one, other]).await,
        _ => Ok(()),
    }
}

/// The listing that a group asks about, and its own, if it names one; held, and looked at.
async fn find_own_pair(tx: &mut Conn, group: GroupId, proposal: &Proposal, now: DateTime<Utc>) -> Result<(Line, Option<Line>)> {
    let owner = group_of(tx, proposal.listing).await?;
    hold_groups(tx, [Some(group), owner]).await?;
    let ids: Vec<_> = [Some(proposal.listing), proposal.with].into_iter().flatten().collect();
    let lines = queries::hold_lines(tx, &ids).await?;
    let find = |id: ListingId| lines.iter().find(|line| line.id == id).cloned();
    let listing = find(proposal.listing);
    let mut fields = Fields::body();
    if listing.as_ref().is_some_and(|line| line.group_id == group) {
        fields.refuse("/listing_id", Refusal::new("own_listing", "This is your own group's listing. Give another group's."));
        return Err(fields.finish(|| None::<()>).err().unwrap_or_default().into());
    }
    let listing = listing.filter(|line| line.is_open_at(now)).ok_or_else(no_such_listing)?;
    if groups::queries::are_parted(tx, group, listing.group_id).await? {
        return Err(no_such_listing());
    }
    if !groups::queries::may_deal_in(tx, group, listing.network_id).await? {
        let detail = "Your group cannot propose this until a network has approved it, or while this listing's network has suspended it.";
        return Err(Refused::State(detail.to_owned()).into());
    }
    let with = fields.check_optional("/with_listing_id", proposal.with, |id| match find(id).filter(|line| line.group_id == group) {
        None => Err(Refusal::new("unknown", "Your group has no such listing.")),
        Some(own) if own.kind == listing.kind => Err(Refusal::new("wrong_kind", "Give a want with an offer, and an offer with a want.")),
        Some(own) if !own.is_open_at(now) => Err(Refusal::new("not_open", "This listing of yours is not open. Renew it, or leave it out.")),
        Some(own) => Ok(own),
    });
    let with = fields.finish(|| with)?;
    Ok((listing, with))
}

/// Says the same of a listing that is not there, is not open, or whose group has no dealings with the one that asks.
fn no_such_listing() -> Error {
    Error::problem(Code::NotFound, "There is no such listing, or you may not know of it: it may not be open any more. Look it up again.")
}

/// What a proposal is about, and between whom.
struct Terms<'a> {
    giver: GroupId,
    receiver: GroupId,
    offer: Option<&'a Line>,
    want: Option<&'a Line>,
    main: &'a Line,
    basis: Basis,
}

/// A proposal in the making.
struct Made {
    by: Side,
    user: UserId,
    group: GroupId,
    network: NetworkId,
    quantity: i32,
    basis: Option<Basis>,
    message: String,
    now: DateTime<Utc>,
}

impl Made {
    /// Checks the terms, stores the proposal and tells those who are asked.
    async fn of(self, tx: &mut Conn, lines: Lines) -> Result<ExchangeView> {
        let (offer, want) = (lines.offer.as_ref(), lines.want.as_ref());
        for line in [offer, want].into_iter().flatten() {
            terms::may_promise(line, self.quantity, self.now)?;
        }
        let mut fields = Fields::body();
        // A pair names no basis: it is its want that does not accept the offer's.
        let pointer = if self.by == Side::Staff { "/want_id" } else { "/basis" };
        let basis = fields.check(pointer, terms::basis(offer, want, self.basis));
        let basis = fields.finish(|| basis)?;
        let terms = Terms {
            giver: offer.map_or(self.group, |line| line.group_id),
            receiver: want.map_or(self.group, |line| line.group_id),
            offer,
            want,
            main: offer.or(want).ok_or_else(no_such_listing)?,
            basis,
        };
        let thread = threads::service::open(tx, self.now, [terms.giver, terms.receiver]).await?;
        let resource_type = queries::resource_type(tx, terms.main.category_code).await?;
        let exchange = self.exchange(&terms, thread, resource_type);
        insert(tx, &exchange).await?;
        self.record(tx, &exchange).await?;
        inbox::tell(tx, self.now, notices::of_proposal(&exchange)).await?;
        view(tx, exchange.id).await
    }

    fn exchange(&self, terms: &Terms<'_>, thread_id: ThreadId, resource_type: String) -> Exchange {
        Exchange {
            id: ExchangeId::new(),
            offer_id: terms.offer.map(|line| line.id),
            want_id: terms.want.map(|line| line.id),
            giver_group_id: terms.giver,
            receiver_group_id: terms.receiver,
            network_id: self.network,
            interest_id: None,
            thread_id,
            title: terms.main.title.clone(),
            resource_type,
            basis: terms.basis,
            quantity: self.quantity,
            unit: terms.main.unit.clone(),
            requested: terms.want.map_or(self.quantity, |line| line.quantity_left),
            state: State::Proposed,
            proposed_by: self.by,
            giver_agreed_at: (self.by == Side::Giver).then_some(self.now),
            receiver_agreed_at: (self.by == Side::Receiver).then_some(self.now),
            message: self.message.clone(),
            scheduled_for: None,
            scheduled_until: None,
            place: None,
            return_by: None,
            returned_at: None,
            giver_quantity: None,
            receiver_quantity: None,
            received_quantity: None,
            handed_over_at: None,
            completed_at: None,
            ended_by: None,
            end_reason: None,
            end_words: None,
            version: 1,
            created_by: Some(self.user),
            created_at: self.now,
            updated_at: self.now,
        }
    }

    async fn record(&self, tx: &mut Conn, exchange: &Exchange) -> Result<()> {
        let act = Act {
            group: exchange.group_of(self.by),
            network: Some(self.network),
            detail: json!({"by": self.by, "quantity": self.quantity}),
            ..Act::of(self.user, "propose_exchange", "exchange", exchange.id)
        };
        audit::record(tx, self.now, act).await
    }
}
