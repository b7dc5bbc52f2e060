//! What a listing would match if it were posted now.

use std::collections::BTreeSet;

use crate::{
    catalog::Catalogue,
    db::{Conn, rehearse},
    error::Result,
    listings::{
        self,
        service::{Posted, Posting},
    },
    matching::{
        model::{Match, Pair},
        queries::{self, Search},
        rules::preview::{Groups, summary},
    },
    types::ids::GroupId,
};

/// How many matches a preview shows.
const SHOWN: usize = 20;

/// How many it counts groups among.
const COUNTED: usize = 100;

/// What a listing would match.
#[derive(Debug, Clone)]
pub struct Preview {
    /// How many groups there are for it, in plain English.
    pub summary: String,
    /// The same as numbers.
    pub groups: Groups,
    /// The best matches.
    pub best: Vec<Match>,
}

/// Posts the listing as a draft, looks what it matches, and takes everything back.
pub async fn preview(conn: &mut Conn, catalogue: &Catalogue, posting: &Posting, posted: Posted) -> Result<Preview> {
    rehearse(conn, async |tx| {
        let draft = listings::service::rehearse_create(tx, catalogue, posting, posted).await?;
        let limit = i64::try_from(COUNTED).unwrap_or(i64::MAX).saturating_add(1);
        let search = Search { even_draft: true, ..Search::new(posting.now, limit) };
        let mut pairs = queries::best_of_listing(tx, draft.listing.id, &search).await?;
        let groups = count(&pairs);
        pairs.truncate(SHOWN);
        queries::mark_two_way(tx, posting.now, &mut pairs).await?;
        Ok(Preview { summary: summary(draft.listing.kind, !draft.listing.remote, groups), groups, best: super::matches(tx, pairs).await? })
    })
    .await
}

fn count(pairs: &[Pair]) -> Groups {
    let (counted, rest) = pairs.split_at(pairs.len().min(COUNTED));
    let groups = |itself: bool| -> BTreeSet<GroupId> {
        counted.iter().filter(|pair| (pair.category > 0.0) == itself).map(|pair| pair.counterpart_group).collect()
    };
    let itself = groups(true);
    let like = groups(false).difference(&itself).count();
    let more_itself = rest.first().is_some_and(|pair| pair.category > 0.0);
    Groups { itself: itself.len(), more_itself, like, more_like: !rest.is_empty() }
}
