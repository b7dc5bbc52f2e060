//! What is done with interests, step by step. Locks are taken in this order everywhere: the groups, listings by id, the interest, its exchange,
//! and inboxes last.

mod accept;
mod compare;

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use serde_json::json;

pub use accept::{Accepted, accept};
pub use compare::compare;

use super::{
    EndReason, State, ending,
    model::{Interest, InterestView},
    permissions::{InterestAnswerer, InterestAsker},
    queries, rules,
};
use crate::{
    audit::{self, Act},
    db::{Conn, transaction},
    error::{Code, Error, OnConstraint, Result},
    groups,
    inbox::{self, Notice, Topic},
    listings::{self, Kind, State as Life, model::Listing},
    schema::interests,
    threads,
    types::{
        Refusal,
        fields::FieldError,
        ids::{GroupId, InterestId, ListingId, UserId},
    },
};

/// A person who does something, and when.
pub type Doer = (UserId, DateTime<Utc>);

/// What a group says of another's listing, checked as far as that goes without the database.
#[derive(Debug, Clone)]
pub struct Said {
    /// The group that says it.
    pub group: GroupId,
    /// How many; none: what its own listing wants or has, or one.
    pub quantity: Option<i32>,
    /// A few words to the owner.
    pub message: String,
    /// Its own listing that this is about.
    pub with: Option<ListingId>,
}

/// Says that a group is interested in another's listing, and begins a talk with its owner. 404 when one of the two has blocked the
/// other, 409 when the listing is not open any more, has not so many left, or the group has said so already.
pub async fn say(conn: &mut Conn, (user, now): Doer, listing: ListingId, said: Said) -> Result<InterestView> {
    transaction(conn, async |tx| {
        // Whose it is never changes, so it can be read before anything is held.
        let owner = listings::queries::group_of(tx, listing).await?.ok_or_else(|| Error::not_found("listing"))?;
        groups::queries::hold_both(tx, [said.group, owner]).await?;
        let ids: Vec<ListingId> = said.with.into_iter().chain([listing]).collect();
        let held = queries::hold_listings(tx, &ids).await?;
        let about = of_id(&held, listing).ok_or_else(|| Error::not_found("listing"))?;
        may_ask(tx, about, said.group).await?;
        check_open(about, now, "The listing")?;
        let own = said.with.map(|with| own_listing(&held, with, &said, about, now)).transpose()?;
        let quantity = said.quantity.unwrap_or_else(|| own.map_or(1, |own| own.quantity_left.min(about.quantity_left)).max(1));
        check_left(about, own, quantity)?;
        let thread_id = threads::service::open(tx, now, [said.group, about.group_id]).await?;
        let interest = Interest {
            id: InterestId::new(),
            listing_id: listing,
            listing_kind: about.kind,
            owner_group_id: about.group_id,
            group_id: said.group,
            with_listing_id: said.with,
            thread_id,
            quantity,
            message: said.message,
            state: State::Open,
            end_reason: None,
            end_words: None,
            created_by: Some(user),
            answered_by: None,
            created_at: now,
            answered_at: None,
            updated_at: now,
        };
        diesel::insert_into(interests::table).values(&interest).execute(tx).await.on_constraint("interests_one_open", || {
            Error::problem(Code::AlreadyExists, "The group has said so already, and waits for the answer. Take that back to say it anew.")
        })?;
        record(tx, now, &interest, about, act(Some(user), interest.group_id, "create_interest")).await?;
        let open = queries::count_open(tx, listing).await?;
        inbox::tell(tx, now, vec![to_owner(&interest, Topic::InterestReceived, json!({"open": open, "quantity": quantity}))]).await?;
        queries::view(tx, interest.id).await
    })
    .await
}

/// Refuses a group that may not ask: the owner itself, one that the owner has blocked or that has blocked the owner, one that no network has
/// let in, and one that the listing's network has suspended.
async fn may_ask(tx: &mut Conn, about: &Listing, group: GroupId) -> Result<()> {
    if about.group_id == group {
        return Err(Error::problem(Code::Conflict, "This listing is the group's own."));
    }
    if groups::queries::are_parted(tx, about.group_id, group).await? {
        return Err(Error::not_found("listing"));
    }
    if !groups::queries::may_deal_in(tx, group, about.network_id).await? {
        return Err(Error::problem(
            Code::WrongState,
            "No network has let this group in, or this listing's has suspended it. Once it is in, it can say this.",
        ));
    }
    Ok(())
}

/// The group's own listing that its interest is about: of the other kind, on terms that fit, and open.
fn own_listing<'a>(held: &'a [Listing], with: ListingId, said: &Said, about: &Listing, now: DateTime<Utc>) -> Result<&'a Listing> {
    let refuse = |code, detail| Error::from(vec![FieldError::body("/with_listing_id", Refusal::new(code, detail))]);
    let own = of_id(held, with).filter(|own| own.group_id == said.group);
    let own = own.ok_or_else(|| refuse("unknown", "The group has no listing with this id."))?;
    if own.kind != about.kind.opposite() {
        return Err(refuse(
            "wrong_kind",
            match about.kind {
                Kind::Offer => "This is an offer: name a want of yours, or none.",
                Kind::Want => "This is a want: name an offer of yours, or none.",
            },
        ));
    }
    rules::check_basis(about, own).map_err(|refusal| Error::from(vec![FieldError::body("/with_listing_id", refusal)]))?;
    check_open(own, now, "Your own listing")?;
    Ok(own)
}

fn of_id(listings: &[Listing], id: ListingId) -> Option<&Listing> {
    listings.iter().find(|listing| listing.id == id)
}

/// 409 unless a listing is open, as far as it does not depend on how many are left.
fn check_open(listing: &Listing, now: DateTime<Utc>, name: &str) -> Result<()> {
    let all_promised = listing.quantity_left == 0 && listing.state_at(now) == Life::Active;
    if listing.is_open_at(now) || all_promised {
        return Ok(());
    }
    Err(Error::problem(
        Code::WrongState,
        format!("{name} is not open. This can be done while it is active, approved, and its group is in good standing."),
    ))
}

/// 409 unless both listings have so many left.
fn check_left(about: &Listing, own: Option<&Listing>, quantity: i32) -> Result<()> {
    for (listing, name) in [(Some(about), "the listing"), (own, "the interested group's own listing")] {
        if let Some(left) = listing.map(|listing| listing.quantity_left).filter(|left| *left < quantity) {
            return Err(Error::problem(Code::NotEnoughLeft, format!("{quantity} were asked for, and {name} has {left} left.")));
        }
    }
    Ok(())
}

/// Takes an interest back.
pub async fn withdraw(conn: &mut Conn, asker: &InterestAsker, now: DateTime<Utc>) -> Result<InterestView> {
    transaction(conn, async |tx| {
        let (interest, listing) = open_interest(tx, asker.interest_id, asker.listing_id, "taken back").await?;
        end(tx, now, interest.id, State::Withdrawn, End { reason: EndReason::TakenBack, words: None, by: Some(asker.user_id) }).await?;
        record(tx, now, &interest, &listing, act(Some(asker.user_id), interest.group_id, "withdraw_interest")).await?;
        let open = queries::count_open(tx, listing.id).await?;
        inbox::tell(tx, now, vec![to_owner(&interest, Topic::InterestWithdrawn, json!({"open": open}))]).await?;
        queries::view(tx, interest.id).await
    })
    .await
}

/// Declines an interest, with the owner's words if there are any.
pub async fn decline(conn: &mut Conn, owner: &InterestAnswerer, now: DateTime<Utc>, words: Option<String>) -> Result<InterestView> {
    transaction(conn, async |tx| {
        let (interest, listing) = open_interest(tx, owner.interest_id, owner.listing_id, "declined").await?;
        let reason = EndReason::NotChosen;
        end(tx, now, interest.id, State::Declined, End { reason, words: words.as_deref(), by: Some(owner.user_id) }).await?;
        // Without the owner's words: those are between the two groups, and the network's staff read this.
        record(tx, now, &interest, &listing, act(Some(owner.user_id), interest.owner_group_id, "decline_interest")).await?;
        inbox::tell(tx, now, vec![ending::told_interested(&interest, reason)]).await?;
        queries::view(tx, interest.id).await
    })
    .await
}

/// The interest, locked, with its listing, held. 409 when it has ended.
async fn open_interest(tx: &mut Conn, id: InterestId, listing: ListingId, done: &str) -> Result<(Interest, Listing)> {
    let listing = queries::hold_listings(tx, &[listing]).await?.pop().ok_or_else(|| Error::not_found("interest"))?;
    Ok((lock_open(tx, id, done).await?, listing))
}

/// The interest, locked. 409 when it has ended.
async fn lock_open(tx: &mut Conn, id: InterestId, done: &str) -> Result<Interest> {
    let interest = queries::lock(tx, id).await?.ok_or_else(|| Error::not_found("interest"))?;
    if interest.state == State::Open {
        return Ok(interest);
    }
    Err(Error::problem(Code::WrongState, format!("This interest is {}. An interest can be {done} while it is open.", interest.state)))
}

/// How an interest ends.
struct End<'a> {
    reason: EndReason,
    words: Option<&'a str>,
    by: Option<UserId>,
}

async fn end(tx: &mut Conn, now: DateTime<Utc>, id: InterestId, state: State, end: End<'_>) -> Result<()> {
    diesel::update(interests::table.find(id))
        .set((
            interests::state.eq(state),
            interests::end_reason.eq(end.reason),
            interests::end_words.eq(end.words),
            interests::answered_by.eq(end.by),
            interests::answered_at.eq(now),
            interests::updated_at.eq(now),
        ))
        .execute(tx)
        .await?;
    Ok(())
}

fn act(actor: Option<UserId>, group: GroupId, action: &'static str) -> Act {
    Act { group: Some(group), ..Act::by(actor, action, "interest", "") }
}

/// Records an act on an interest, for the staff of its listing's network to read.
async fn record(tx: &mut Conn, now: DateTime<Utc>, interest: &Interest, listing: &Listing, act: Act) -> Result<()> {
    let subject = ("interest", interest.id.to_string());
    audit::record(tx, now, Act { network: Some(listing.network_id), subject, ..act }).await
}

/// What the owner of the listing is told.
fn to_owner(interest: &Interest, topic: Topic, facts: serde_json::Value) -> Notice {
    Notice {
        listing: Some(interest.listing_id),
        interest: Some(interest.id),
        other_group: Some(interest.group_id),
        facts,
        ..Notice::to_group(interest.owner_group_id, topic)
    }
}

/// Answers every open interest in a listing that has ended, with the owner's words if there are any. Gives what the interested
/// groups are told. The listing is locked by the caller.
pub async fn close_for_listing(
    tx: &mut Conn,
    now: DateTime<Utc>,
    listing: ListingId,
    reason: EndReason,
    words: Option<&str>,
) -> Result<Vec<Notice>> {
    let open = interests::table.filter(interests::listing_id.eq(listing)).filter(interests::state.eq(State::Open));
    let closed = diesel::update(open)
        .set((
            interests::state.eq(State::Declined),
            interests::end_reason.eq(reason),
            interests::end_words.eq(words),
            interests::answered_at.eq(now),
            interests::updated_at.eq(now),
        ))
        .returning(Interest::as_returning())
        .get_results(tx)
        .await?;
    ending::record(tx, now, &closed, State::Declined, reason).await?;
    Ok(closed.iter().map(|interest| ending::told_interested(interest, reason)).collect())
}
