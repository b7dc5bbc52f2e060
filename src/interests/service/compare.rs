//! Those who are interested in a listing, side by side.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Duration, Utc};

use crate::{
    catalog::{self, model::Locality},
    db::Conn,
    error::{Error, Result},
    groups::Register,
    interests::{State, model::Candidate, queries, rules::fair::Asker},
    listings::{Kind, model::ListingView},
    types::ids::GroupId,
};

/// What counts as the last year.
const YEAR: Duration = Duration::days(365);

/// What some groups have received and given in the last year.
#[derive(Default)]
struct Past {
    received: BTreeMap<GroupId, i64>,
    received_alike: BTreeMap<GroupId, i64>,
    given: BTreeMap<GroupId, i64>,
}

impl Past {
    async fn of(conn: &mut Conn, groups: &[GroupId], resource_type: &str, now: DateTime<Utc>) -> Result<Self> {
        let mut past = Self { given: queries::given_since(conn, groups, now - YEAR).await?.into_iter().collect(), ..Self::default() };
        for (group, kind, times) in queries::received_since(conn, groups, now - YEAR).await? {
            *past.received.entry(group).or_default() += times;
            if kind == resource_type {
                past.received_alike.insert(group, times);
            }
        }
        Ok(past)
    }
}

async fn place_of(conn: &mut Conn, about: &ListingView) -> Result<Locality> {
    let found = catalog::queries::localities_by_code(conn, &[about.listing.locality_code]).await?;
    found.into_iter().next().ok_or_else(|| Error::not_found("locality"))
}

/// Everybody who is interested in a listing, or was, with what an owner chooses by, in the order of asking. Places in the fair order are
/// among all that are given.
pub async fn compare(conn: &mut Conn, about: &ListingView, state: Option<State>, now: DateTime<Utc>) -> Result<Vec<Candidate>> {
    let rows = queries::of_listing(conn, about.listing.id, state).await?;
    let groups: BTreeSet<GroupId> = rows.iter().map(|(interest, ..)| interest.group_id).collect();
    let groups: Vec<GroupId> = groups.into_iter().collect();
    let past = Past::of(conn, &groups, &about.category.resource_type, now).await?;
    let place = place_of(conn, about).await?;
    let here = place.subtree();
    let candidates = rows.into_iter().enumerate().map(|(at, (interest, group, locality, exchange))| {
        let times = |counts: &BTreeMap<GroupId, i64>| counts.get(&group.id).copied().unwrap_or_default();
        let (received, received_alike, given) = (times(&past.received), times(&past.received_alike), times(&past.given));
        let asker = Asker {
            size: group.size,
            is_charity: group.registered_as == Some(Register::Charity),
            is_here: here.contains(&locality.code),
            times: match about.listing.kind {
                Kind::Offer => received,
                Kind::Want => given,
            },
            asked_at: interest.created_at,
            id: interest.id,
        };
        let km = place.position().km_to(locality.position());
        Candidate { interest, group, locality, exchange, km, received, received_alike, given, asker, nth: at + 1, fair_place: 0 }
    });
    let mut candidates: Vec<Candidate> = candidates.collect();
    let wishes = about.listing.chosen_first();
    let mut keys: Vec<_> = candidates.iter().map(|candidate| candidate.asker.key(&wishes)).collect();
    keys.sort_unstable();
    for candidate in &mut candidates {
        candidate.fair_place = keys.partition_point(|key| *key <= candidate.asker.key(&wishes));
    }
    Ok(candidates)
}
