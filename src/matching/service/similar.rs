//! Who wants or has the same, and what has been posted already.

use std::collections::BTreeSet;

use super::{views, with_listings};
use crate::{
    db::Conn,
    error::{Error, Result},
    matching::{
        model::{Duplicate, Similar},
        queries::{self, Search},
        rules::similar::COUNTED,
        sql::Question,
    },
    types::ids::{GroupId, ListingId, UserId},
};

/// A page of the listings similar to one, open or not, and what its group or the person who asks has posted already.
pub async fn find(conn: &mut Conn, listing: ListingId, person: UserId, search: &Search) -> Result<Similar> {
    let page = Search { even_draft: true, ..search.clone() };
    let wanted = usize::try_from(page.limit).unwrap_or_default();
    let best = Search { after: None, limit: page.limit.max(i64::try_from(COUNTED).unwrap_or(i64::MAX) + 1), ..page.clone() };
    let mut pairs = queries::ask(conn, Question::Similar, listing, &best).await?;
    let more = pairs.len() > COUNTED;
    let groups: BTreeSet<GroupId> = pairs.iter().take(COUNTED).map(|pair| pair.counterpart_group).collect();
    if page.after.is_some() {
        pairs = queries::ask(conn, Question::Similar, listing, &page).await?;
    }
    pairs.truncate(wanted);
    let same_words = queries::similar::duplicates(conn, listing, person, search.as_of).await?;
    let (others, own) = (pairs.iter().map(|pair| pair.counterpart_id), same_words.iter().map(|same| same.listing_id));
    let views = views(conn, others.chain(own).chain([listing])).await?;
    let duplicates =
        same_words.iter().filter_map(|same| Some(Duplicate { words: same.words, view: views.get(&same.listing_id)?.clone() })).collect();
    Ok(Similar {
        asked: views.get(&listing).cloned().ok_or_else(|| Error::not_found("listing"))?,
        groups: groups.len(),
        more,
        found: with_listings(pairs, &views),
        duplicates,
    })
}
