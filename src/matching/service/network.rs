//! What fits the listings of a whole network, some at a time.

use std::collections::HashMap;

use super::{views, with_listings};
use crate::{
    db::Conn,
    error::Result,
    matching::{
        model::{Matched, Pair},
        queries::{self, Search},
    },
    types::ids::ListingId,
};

/// Some listings with their matches, in the same order. Each gets what it gets when it is asked about alone; what is not open any more, as one
/// or as a match, is left out. Those of one group are best asked about together, as what fits the other way round is then looked for once.
pub async fn matches_of(conn: &mut Conn, listings: &[ListingId], search: &Search) -> Result<Vec<Matched>> {
    let mut pairs = Vec::new();
    for listing in listings {
        pairs.extend(queries::best_of_listing(conn, *listing, search).await?);
    }
    for of_group in pairs.chunk_by_mut(|pair, next| pair.seeker_group == next.seeker_group) {
        queries::mark_two_way(conn, search.as_of, of_group).await?;
    }
    let mut views = views(conn, listings.iter().copied().chain(pairs.iter().map(|pair| pair.counterpart_id))).await?;
    views.retain(|_, view| view.listing.is_open_at(search.as_of));
    let mut of_listing: HashMap<ListingId, Vec<Pair>> = HashMap::new();
    for pair in pairs {
        of_listing.entry(pair.seeker_id).or_default().push(pair);
    }
    let found = listings.iter().filter_map(|listing| {
        let pairs = of_listing.remove(listing).unwrap_or_default();
        Some(Matched { listing: views.get(listing)?.clone(), matches: with_listings(pairs, &views) })
    });
    Ok(found.collect())
}
