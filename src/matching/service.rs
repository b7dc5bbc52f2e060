//! The use cases of matching, as steps.

pub mod explain;
pub mod network;
pub mod preview;
pub mod similar;

use std::collections::{BTreeSet, HashMap};

use chrono::{DateTime, Utc};

use super::{
    model::{Match, Pair},
    queries::{self, Search, Seekers},
};
use crate::{
    audit::{self, Act},
    db::{Conn, transaction},
    error::{Code, Error, Result},
    listings::{self, Kind, model::ListingView, permissions::ListingEditor},
    types::ids::ListingId,
};

/// A page of matches (and the first one of the next page, if there is one), with both listings of each.
pub async fn best(conn: &mut Conn, seekers: Seekers, search: &Search) -> Result<Vec<Match>> {
    let pairs = queries::best(conn, seekers, search).await?;
    matches(conn, pairs).await
}

/// The pairs with both listings of each.
async fn matches(conn: &mut Conn, pairs: Vec<Pair>) -> Result<Vec<Match>> {
    let views = views(conn, pairs.iter().flat_map(|pair| [pair.seeker_id, pair.counterpart_id])).await?;
    Ok(with_listings(pairs, &views))
}

/// Listings with what they refer to, by id.
async fn views(conn: &mut Conn, ids: impl IntoIterator<Item = ListingId>) -> Result<HashMap<ListingId, ListingView>> {
    let ids: BTreeSet<ListingId> = ids.into_iter().collect();
    let views = listings::queries::views(conn, &ids.into_iter().collect::<Vec<_>>()).await?;
    Ok(views.into_iter().map(|view| (view.listing.id, view)).collect())
}

/// Pairs with both listings of each, without those of which one has gone meanwhile.
fn with_listings(pairs: Vec<Pair>, views: &HashMap<ListingId, ListingView>) -> Vec<Match> {
    let found = pairs.into_iter().filter_map(|pair| {
        let (seeker, counterpart) = (views.get(&pair.seeker_id)?.clone(), views.get(&pair.counterpart_id)?.clone());
        Some(Match { pair, seeker, counterpart })
    });
    found.collect()
}

/// Hides the pair of a listing and another one from both groups. 404 when the other one is not to be seen.
pub async fn dismiss(conn: &mut Conn, editor: &ListingEditor, other: ListingId, now: DateTime<Utc>) -> Result<()> {
    transaction(conn, async |tx| {
        let open = listings::queries::view(tx, other).await?.is_some_and(|view| view.listing.is_open_at(now));
        let pair = match offer_and_want(tx, editor, other).await? {
            Some(pair) if open || queries::is_dismissed(tx, editor.group_id, pair).await? => pair,
            // Only of what the group may see: the kind of a stranger's draft is none of its business.
            None if open => {
                let detail = "Only an offer and a want can match, so there is nothing to dismiss between two of a kind.";
                return Err(Error::problem(Code::Conflict, detail));
            }
            _ => return Err(Error::not_found("listing")),
        };
        if queries::dismiss(tx, editor.group_id, pair, now).await? {
            record(tx, editor, "dismiss_match", pair, now).await?;
        }
        Ok(())
    })
    .await
}

/// Takes back what [`dismiss`] did. 404 when this group has not dismissed the pair, whatever else may be true of the other one.
pub async fn restore(conn: &mut Conn, editor: &ListingEditor, other: ListingId, now: DateTime<Utc>) -> Result<()> {
    transaction(conn, async |tx| match offer_and_want(tx, editor, other).await? {
        Some(pair) if queries::restore(tx, editor.group_id, pair).await? => record(tx, editor, "restore_match", pair, now).await,
        _ => Err(Error::not_found("dismissal")),
    })
    .await
}

/// Which of the two is the offer; none when they are two of a kind, or the other one does not exist.
async fn offer_and_want(tx: &mut Conn, editor: &ListingEditor, other: ListingId) -> Result<Option<(ListingId, ListingId)>> {
    let views = listings::queries::views(tx, &[editor.listing_id, other]).await?;
    let kind_of = |id| views.iter().find(|view| view.listing.id == id).map(|view| view.listing.kind);
    Ok(match (kind_of(editor.listing_id), kind_of(other)) {
        (Some(Kind::Offer), Some(Kind::Want)) => Some((editor.listing_id, other)),
        (Some(Kind::Want), Some(Kind::Offer)) => Some((other, editor.listing_id)),
        _ => None,
    })
}

async fn record(
    tx: &mut Conn,
    editor: &ListingEditor,
    action: &'static str,
    (offer, want): (ListingId, ListingId),
    now: DateTime<Utc>,
) -> Result<()> {
    let act = Act {
        group: Some(editor.group_id),
        detail: serde_json::json!({"offer_id": offer, "want_id": want}),
        ..Act::of(editor.user_id, action, "listing", editor.listing_id)
    };
    audit::record(tx, now, act).await
}
