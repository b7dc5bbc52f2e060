//! The use cases of listings, as steps. Called by the HTTP handlers and by the importer.

pub mod appearing;
pub mod closing;
mod content;
pub mod edits;
pub mod fulfilment;
pub mod hiding;
pub mod life;
pub mod moderating;

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;

pub use content::search_text;
use content::{choose_network, resolve};
use fulfilment::fulfil_if_all_gone;

use super::{
    Basis, ChooseFirst, Kind, Moderation, State, Urgency,
    model::{Content, Listing, ListingView, NewListing},
    queries,
    rules::{self, Expiry, Step},
};
use crate::{
    audit::{self, Act},
    catalog::Catalogue,
    checks::{self, Finding, service::Verdict},
    db::{Conn, transaction},
    error::{Code, Error, OnConstraint, Result},
    groups, inbox, matching, moderation,
    schema::listings,
    types::{
        Fields, ReachKm, Refusal, Written,
        ids::{GroupId, ListingId, NetworkId, UserId},
        text::{AvailabilityNote, ExternalId, ListingDescription, Title, Unit},
    },
};

/// What somebody posts, checked as far as that goes without the database.
#[derive(Debug, Clone)]
pub struct Posted {
    /// Offer or want.
    pub kind: Kind,
    /// What it is.
    pub title: Title,
    /// More about it.
    pub description: ListingDescription,
    /// Slug of the category; guessed from the title without one.
    pub category: Option<String>,
    /// Slug of the locality; the group's without one.
    pub locality: Option<String>,
    /// The network to post in.
    pub network: Option<NetworkId>,
    /// How far the group will go.
    pub reach: ReachKm,
    /// Place does not matter.
    pub remote: bool,
    /// Terms.
    pub basis: Vec<Basis>,
    /// How many.
    pub quantity: i32,
    /// What is counted.
    pub unit: Option<Unit>,
    /// Not before.
    pub available_from: Option<DateTime<Utc>>,
    /// Not after.
    pub available_until: Option<DateTime<Utc>>,
    /// When, in words.
    pub availability_note: Option<AvailabilityNote>,
    /// Whether the group can bring or fetch it.
    pub delivery_possible: bool,
    /// How soon it matters.
    pub urgency: Urgency,
    /// When it ends.
    pub expiry: Expiry,
    /// Who comes first when the group chooses; none: nothing is said of it.
    pub choose_first: Option<Vec<ChooseFirst>>,
    /// How long after publishing the group waits before it chooses, hours; none: nothing is said of it.
    pub choose_after_hours: Option<i32>,
}

/// For whom, by whom and when something is posted.
#[derive(Debug, Clone)]
pub struct Posting {
    /// The group whose listing it is.
    pub group: GroupId,
    /// The person who posts; none for the command line.
    pub user: Option<UserId>,
    /// Now.
    pub now: DateTime<Utc>,
    /// Leave it unpublished.
    pub draft: bool,
    /// The importer's own id.
    pub external_id: Option<ExternalId>,
}

/// A listing, and what the network's checks found when it was published just now.
#[derive(Debug, Clone)]
pub struct Checked {
    /// The listing.
    pub view: ListingView,
    /// What they found.
    pub findings: Vec<Finding>,
}

/// Posts a listing: unless it is to be a draft it is published, at once or when a coordinator has looked at it.
pub async fn create(conn: &mut Conn, catalogue: &Catalogue, posting: &Posting, posted: Posted) -> Result<Checked> {
    transaction(conn, async |tx| {
        let mut listing = new_listing(tx, catalogue, posting, posted).await?;
        let verdict = checks::service::judge(tx, posting, &listing).await?;
        listing.moderation = verdict.moderation;
        diesel::insert_into(listings::table).values(&listing).execute(tx).await.on_constraint("listings_external_key", || {
            Error::problem(Code::AlreadyExists, "The group has a listing with this external id.")
        })?;
        record(tx, posting, "create_listing", listing.id, listing.network_id).await?;
        queue(tx, posting, (listing.network_id, listing.id), &verdict).await?;
        if !posting.draft {
            matching::notices::announce(tx, listing.id, posting.now).await?;
        }
        Ok(Checked { view: view(tx, listing.id).await?, findings: verdict.findings })
    })
    .await
}

/// Puts a listing that is published into its network's queue, if a coordinator is to look at it.
async fn queue(tx: &mut Conn, posting: &Posting, (network, listing): (NetworkId, ListingId), verdict: &Verdict) -> Result<()> {
    if !verdict.is_reviewed {
        return Ok(());
    }
    let (kind, findings) = (moderation::QueueKind::Listing, verdict.findings.clone());
    let opening =
        moderation::service::Opening { network, kind, subject: listing.0, listing: Some(listing), group: posting.group, findings };
    moderation::service::open(tx, posting.now, &opening).await
}

/// Does what [`create`] does inside a transaction that will be rolled back, and no more than it takes to look at the listing: no
/// history, and no short code, since those are numbered and a number once drawn is gone.
pub async fn rehearse_create(tx: &mut Conn, catalogue: &Catalogue, posting: &Posting, posted: Posted) -> Result<ListingView> {
    let listing = new_listing(tx, catalogue, posting, posted).await?;
    let code = listings::code.eq(listing.id.to_string());
    diesel::insert_into(listings::table).values((&listing, code)).execute(tx).await?;
    view(tx, listing.id).await
}

/// What is stored of a new listing, before its network's checks have been asked.
pub async fn new_listing(tx: &mut Conn, catalogue: &Catalogue, posting: &Posting, posted: Posted) -> Result<NewListing> {
    let (network_id, in_good_standing) = choose_network(tx, posting.group, posted.network).await?;
    let kind = posted.kind;
    let posted_by_staff = match posting.user {
        Some(user) => groups::queries::acting_as(tx, posting.group, user).await?.is_none_or(|acting| acting.as_staff),
        None => false,
    };
    let content = resolve(tx, catalogue, posting, network_id, posted).await?;
    Ok(NewListing {
        id: ListingId::new(),
        group_id: posting.group,
        network_id,
        in_good_standing,
        kind,
        state: if posting.draft { State::Draft } else { State::Active },
        moderation: Moderation::Approved,
        published_at: (!posting.draft).then_some(posting.now),
        external_id: posting.external_id.as_ref().map(ToString::to_string),
        created_by: posting.user,
        posted_by_staff,
        created_at: posting.now,
        content,
    })
}

/// Changes what a listing says. `change` gets the listing as it is, locked, and gives what it should be. An edit that changes
/// nothing writes nothing. One that waits for a coordinator leaves the listing as it is.
pub async fn update(
    conn: &mut Conn,
    catalogue: &Catalogue,
    posting: &Posting,
    id: ListingId,
    change: impl FnOnce(&ListingView) -> Result<Posted>,
) -> Result<ListingView> {
    transaction(conn, async |tx| {
        let current = life::locked_for_edit(tx, posting, id).await?;
        rules::step(Step::Edit, current.listing.state_at(posting.now)).map_err(wrong_state)?;
        let posted = keep_expiry(&current.listing, change(&current)?);
        keep_what_stays(&current.listing, &posted)?;
        let content = resolve(tx, catalogue, posting, current.listing.network_id, posted).await?;
        let before = queries::content(tx, id).await?;
        if content == (Content { updated_at: content.updated_at, ..before.clone() }) {
            return Ok(current);
        }
        let findings = edits::findings(tx, posting, &current.listing, (&before, &content)).await?;
        let way = edits::way(tx, posting, &current, (&before, &content), &findings).await?;
        if way == edits::Way::Waits {
            edits::keep_waiting(tx, posting, &current, content, findings).await?;
            return Ok(current);
        }
        let reopens = reopens(&current.listing, &content, posting.now);
        if reopens {
            life::may_be_active_again(tx, posting, &current.listing).await?;
        }
        let state = if reopens { State::Active } else { current.listing.state };
        store(tx, &current.listing, content, (state, way.moderation(&current.listing))).await?;
        record(tx, posting, "update_listing", id, current.listing.network_id).await?;
        let mut notices = edits::follow_elsewhere(tx, posting, &current, &before).await?;
        edits::follow(tx, posting, way, &current, findings).await?;
        if reopens {
            matching::notices::announce(tx, id, posting.now).await?;
        }
        notices.extend(fulfil_if_all_gone(tx, posting.now, &[id]).await?);
        inbox::tell(tx, posting.now, notices).await?;
        view(tx, id).await
    })
    .await
}

/// Whether a listing that has ended is open again when it says this: it gets a later end, whether or not it has been put away meanwhile.
fn reopens(current: &Listing, content: &Content, now: DateTime<Utc>) -> bool {
    current.state_at(now) == State::Expired && content.expires_at.is_none_or(|time| time > now)
}

/// Stores what a listing is to say. 409 when more is promised than there would be.
async fn store(tx: &mut Conn, current: &Listing, content: Content, (state, moderation): (State, Moderation)) -> Result<()> {
    diesel::update(listings::table.find(current.id))
        .set((content, listings::state.eq(state), listings::moderation.eq(moderation), listings::version.eq(listings::version + 1)))
        .execute(tx)
        .await
        .on_constraint("listings_never_promise_more_than_there_is", || {
            let gone = current.quantity_gone();
            Error::problem(Code::NotEnoughLeft, format!("{gone} are promised or handed over already. Give at least that quantity."))
        })?;
    Ok(())
}

/// Posts a listing under its external id, or makes the one that has that id say the same. Without a time of expiry, or
/// words about how the group chooses, it keeps those that it has, so that doing this twice changes nothing.
pub async fn put(conn: &mut Conn, catalogue: &Catalogue, posting: &Posting, posted: Posted) -> Result<Written> {
    let known = match &posting.external_id {
        Some(external_id) => queries::id_by_external_id(conn, posting.group, external_id).await?,
        None => None,
    };
    let Some(id) = known else {
        create(conn, catalogue, posting, posted).await?;
        return Ok(Written::Created);
    };
    let mut before = 0;
    let after = update(conn, catalogue, posting, id, |current| {
        before = current.listing.version;
        let posted = Posted {
            choose_first: posted.choose_first.or_else(|| Some(current.listing.chosen_first())),
            choose_after_hours: posted.choose_after_hours.or(Some(current.listing.choose_after_hours)),
            ..posted
        };
        Ok(match (posted.expiry, current.listing.expires_at) {
            (Expiry::ByResourceType, Some(time)) => Posted { expiry: Expiry::Kept(time), ..posted },
            _ => posted,
        })
    })
    .await?;
    Ok(if after.listing.version == before { Written::Unchanged } else { Written::Changed })
}

/// Makes a draft that says the same as a listing, for next time.
pub async fn copy(conn: &mut Conn, catalogue: &Catalogue, posting: &Posting, posted: Posted) -> Result<ListingView> {
    let posting = Posting { draft: true, external_id: None, ..posting.clone() };
    Ok(create(conn, catalogue, &posting, Posted { expiry: again(posted.expiry), ..posted }).await?.view)
}

/// A copy lasts the usual time, unless the first one was standing.
fn again(expiry: Expiry) -> Expiry {
    match expiry {
        Expiry::Standing => Expiry::Standing,
        Expiry::At(_) | Expiry::Kept(_) | Expiry::ByResourceType => Expiry::ByResourceType,
    }
}

/// A time of expiry that an edit leaves alone stays, even when it has passed: it was checked when it was set.
fn keep_expiry(current: &Listing, posted: Posted) -> Posted {
    match (posted.expiry, current.expires_at) {
        (Expiry::At(time), Some(before)) if time == before => Posted { expiry: Expiry::Kept(time), ..posted },
        _ => posted,
    }
}

/// Kind and network are what a listing is; changing them would make another one of it.
fn keep_what_stays(current: &Listing, posted: &Posted) -> Result<()> {
    let mut fields = Fields::body();
    let fixed = || Refusal::new("cannot_change", "This stays as it was posted. Withdraw the listing and post a new one.");
    if posted.kind != current.kind {
        fields.refuse("/kind", fixed());
    }
    if posted.network.is_some_and(|network| network != current.network_id) {
        fields.refuse("/network_id", fixed());
    }
    Ok(fields.finish(|| Some(()))?)
}

async fn locked_view(tx: &mut Conn, id: ListingId) -> Result<ListingView> {
    queries::lock(tx, id).await?.ok_or_else(|| Error::not_found("listing"))?;
    view(tx, id).await
}

async fn view(conn: &mut Conn, id: ListingId) -> Result<ListingView> {
    queries::view(conn, id).await?.ok_or_else(|| Error::not_found("listing"))
}

fn wrong_state(refusal: Refusal) -> Error {
    Error::problem(Code::WrongState, refusal.detail)
}

async fn record(tx: &mut Conn, posting: &Posting, action: &'static str, id: ListingId, network: NetworkId) -> Result<()> {
    audit::record(tx, posting.now, act(posting, action, id, network)).await
}

/// What is recorded of something that is done with a listing.
fn act(posting: &Posting, action: &'static str, id: ListingId, network: NetworkId) -> Act {
    let act = Act::by(posting.user, action, "listing", id);
    let role = if posting.user.is_none() { Some(audit::OPERATOR) } else { act.role };
    Act { role, group: Some(posting.group), network: Some(network), ..act }
}
