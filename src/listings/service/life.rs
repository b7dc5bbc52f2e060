//! The steps in a listing's life. One that ends it answers everybody who waits for an answer, in the same transaction.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use super::{Checked, Posting, edits, fulfilment::fulfil_if_all_gone, locked_view, queue, record, view, wrong_state};
use crate::{
    checks::{
        self,
        service::{Subject, Verdict},
    },
    db::{Conn, transaction},
    error::{Code, Error, Result},
    exchanges, inbox,
    inbox::Notice,
    interests::{self, EndReason},
    listings::{
        State,
        model::{Listing, ListingView, Moved},
        queries,
        rules::{self, Step},
    },
    matching, moderation, policies,
    schema::listings,
    types::{fields::FieldError, ids::ListingId, text::PartingWords},
};

/// A step, with what is said about it.
#[derive(Debug, Clone)]
pub struct Move {
    /// Which.
    pub step: Step,
    /// Until when it pauses; none: until its group brings it back.
    pub until: Option<DateTime<Utc>>,
    /// What those who were interested are told.
    pub words: Option<PartingWords>,
}

impl From<Step> for Move {
    fn from(step: Step) -> Self {
        Self { step, until: None, words: None }
    }
}

/// Takes a step in a listing's life. Its history stays. 409 when its state does not allow it, and when a listing that is to be
/// fulfilled has exchanges that are agreed and not over.
///
/// What others are to see for the first time is judged first ([`checks::service::judge`]): a draft that is published, put to sleep until it
/// publishes itself, or renewed after it was withdrawn.
pub async fn take_step(conn: &mut Conn, posting: &Posting, id: ListingId, moving: Move) -> Result<Checked> {
    let Move { step, until, words } = moving;
    transaction(conn, async |tx| {
        if matches!(step, Step::Publish | Step::Pause | Step::Renew) {
            // How the group stands is locked before its listings.
            let network = view(tx, id).await?.listing.network_id;
            policies::queries::lock_postings(tx, posting.group, network).await?;
        }
        let current = locked_view(tx, id).await?;
        let moved = rules::moved(step, &current.listing, &current.category.resource_type, posting.now).map_err(wrong_state)?;
        let wakes_at = match step {
            Step::Pause => {
                rules::wakes_at(current.listing.state, until, posting.now).map_err(|refusal| vec![FieldError::body("/until", refusal)])?
            }
            _ => None,
        };
        if step == Step::Fulfil {
            nothing_under_way(tx, id).await?;
        }
        let unseen = current.listing.published_at.is_none_or(|time| time > posting.now);
        // What nobody has seen yet is published when it wakes.
        let published_at = wakes_at.filter(|_| unseen).or(moved.published_at);
        let moved = Moved { wakes_at, published_at, ..moved };
        let verdict = verdict_on(tx, posting, &current.listing, step).await?;
        if verdict.is_none() && step == Step::Renew {
            may_be_active_again(tx, posting, &current.listing).await?;
        }
        let moderation = verdict.as_ref().map_or(current.listing.moderation, |verdict| verdict.moderation);
        diesel::update(listings::table.find(id))
            .set((moved, listings::moderation.eq(moderation), listings::version.eq(listings::version + 1)))
            .execute(tx)
            .await?;
        let findings = match verdict {
            Some(verdict) => {
                queue(tx, posting, (current.listing.network_id, id), &verdict).await?;
                verdict.findings
            }
            None => Vec::new(),
        };
        // Not the words: they are for who was interested, may name people, and nothing erases them from the records.
        record(tx, posting, rules::action(step), id, current.listing.network_id).await?;
        match step {
            Step::Withdraw | Step::Fulfil => edits::forget(tx, posting.now, &[id]).await?,
            Step::Renew => moderation::service::come_back(tx, posting.now, &current.listing).await?,
            Step::Publish | Step::Pause | Step::Edit => {}
        }
        if matches!(step, Step::Publish | Step::Renew) {
            matching::notices::announce(tx, id, posting.now).await?;
        }
        let mut notices = answer_everybody(tx, posting.now, id, step, words.as_ref()).await?;
        if step == Step::Renew {
            notices.extend(fulfil_if_all_gone(tx, posting.now, &[id]).await?);
        }
        inbox::tell(tx, posting.now, notices).await?;
        Ok(Checked { view: view(tx, id).await?, findings })
    })
    .await
}

/// What the network's checks say when a step shows to others what nobody has seen yet, or lets it do so by itself later.
async fn verdict_on(tx: &mut Conn, posting: &Posting, listing: &Listing, step: Step) -> Result<Option<Verdict>> {
    if listing.published_at.is_some() || !matches!(step, Step::Publish | Step::Pause | Step::Renew) {
        return Ok(None);
    }
    let content = queries::content(tx, listing.id).await?;
    checks::service::judge(tx, posting, Subject::of(listing, content)).await.map(Some)
}

/// The listing, locked for an edit. One that has ended may be active again afterwards: then how its group stands is locked first.
pub(super) async fn locked_for_edit(tx: &mut Conn, posting: &Posting, id: ListingId) -> Result<ListingView> {
    let has_ended = |view: &ListingView| view.listing.state_at(posting.now) == State::Expired;
    let seen = view(tx, id).await?;
    if has_ended(&seen) {
        policies::queries::lock_postings(tx, posting.group, seen.listing.network_id).await?;
    }
    let current = locked_view(tx, id).await?;
    if has_ended(&current) && !has_ended(&seen) {
        return Err(Error::problem(Code::Conflict, "Somebody changed the same listing at the same moment. Please try again."));
    }
    Ok(current)
}

/// 409 when a listing that was published before is to be active again, and the group has as many active as the network takes; or when one
/// that sleeps unseen is to be seen now, and the group has published as many in 24 hours. How the group stands there is locked. What the
/// operator does is not counted.
pub(super) async fn may_be_active_again(tx: &mut Conn, posting: &Posting, listing: &Listing) -> Result<()> {
    if posting.user.is_none() || listing.state_at(posting.now) == State::Active {
        return Ok(());
    }
    let policy = policies::service::find(tx, listing.network_id).await?.policy;
    let of = (listing.group_id, listing.network_id);
    policies::service::may_be_active(tx, posting.now, of, listing.id, &policy).await?;
    if listing.published_at.is_some_and(|time| time > posting.now) {
        policies::service::may_be_new(tx, posting.now, of, listing.id, &policy).await?;
    }
    Ok(())
}

/// 409 while something of the listing is agreed and not over. The listing is locked, so nothing new is agreed meanwhile.
async fn nothing_under_way(tx: &mut Conn, id: ListingId) -> Result<()> {
    let under_way = exchanges::ending::under_way(tx, id).await?;
    let what = match under_way {
        0 => return Ok(()),
        1 => "1 exchange of it is".to_owned(),
        more => format!("{more} exchanges of it are"),
    };
    Err(Error::problem(Code::Conflict, format!("{what} agreed and not over yet. Complete or cancel that first, or withdraw the listing.")))
}

/// When the step ends the listing: the answers to all who are interested in it or have proposed something.
async fn answer_everybody(
    tx: &mut Conn,
    now: DateTime<Utc>,
    id: ListingId,
    step: Step,
    words: Option<&PartingWords>,
) -> Result<Vec<Notice>> {
    let reason = match step {
        Step::Withdraw => EndReason::ListingWithdrawn,
        Step::Fulfil => EndReason::ListingFulfilled,
        Step::Publish | Step::Pause | Step::Renew | Step::Edit => return Ok(Vec::new()),
    };
    let mut notices = interests::service::close_for_listing(tx, now, id, reason, words.map(PartingWords::as_str)).await?;
    notices.extend(exchanges::service::close_for_listing(tx, now, id, reason).await?);
    Ok(notices)
}
