//! The steps in a listing's life. One that ends it answers everybody who waits for an answer, in the same transaction.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use super::{Posting, act, fulfilment::fulfil_if_all_gone, locked_view, view, wrong_state};
use crate::{
    audit::{self, Act},
    db::{Conn, transaction},
    error::{Code, Error, Result},
    exchanges, inbox,
    inbox::Notice,
    interests::{self, EndReason},
    listings::{
        model::{ListingView, Moved},
        rules::{self, Step},
    },
    matching,
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
pub async fn take_step(conn: &mut Conn, posting: &Posting, id: ListingId, moving: Move) -> Result<ListingView> {
    let Move { step, until, words } = moving;
    transaction(conn, async |tx| {
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
        diesel::update(listings::table.find(id)).set((moved, listings::version.eq(listings::version + 1))).execute(tx).await?;
        let reason = words.as_ref().map(PartingWords::to_string);
        let act = act(posting, rules::action(step), id, current.listing.network_id);
        audit::record(tx, posting.now, Act { reason, ..act }).await?;
        if matches!(step, Step::Publish | Step::Renew) {
            matching::notices::announce(tx, id, posting.now).await?;
        }
        let mut notices = answer_everybody(tx, posting.now, id, step, words.as_ref()).await?;
        if step == Step::Renew {
            notices.extend(fulfil_if_all_gone(tx, posting.now, &[id]).await?);
        }
        inbox::tell(tx, posting.now, notices).await?;
        view(tx, id).await
    })
    .await
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
