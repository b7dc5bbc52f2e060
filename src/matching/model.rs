//! What the match query gives.

use diesel::{QueryableByName, sql_types};

use crate::{
    listings::{Kind, model::ListingView},
    types::ids::{GroupId, ListingId},
};

/// A pair that fits: one of the listings asked about, and its counterpart.
#[derive(Debug, Clone, QueryableByName)]
pub struct Pair {
    /// The listing asked about.
    #[diesel(sql_type = sql_types::Uuid)]
    pub seeker_id: ListingId,
    /// Its kind.
    #[diesel(sql_type = sql_types::Text)]
    pub seeker_kind: Kind,
    /// Its group.
    #[diesel(sql_type = sql_types::Uuid)]
    pub seeker_group: GroupId,
    /// The listing that fits it.
    #[diesel(sql_type = sql_types::Uuid)]
    pub counterpart_id: ListingId,
    /// Its group.
    #[diesel(sql_type = sql_types::Uuid)]
    pub counterpart_group: GroupId,
    /// 0 to 1.
    #[diesel(sql_type = sql_types::Double)]
    pub score: f64,
    /// 1: the thing itself; 0: something like it.
    #[diesel(sql_type = sql_types::Double)]
    pub category: f64,
    /// 1 in the same place, 0 at the edge of the larger reach.
    #[diesel(sql_type = sql_types::Double)]
    pub nearness: f64,
    /// Share of the longer title's words that both have.
    #[diesel(sql_type = sql_types::Double)]
    pub words: f64,
    /// 1 when the counterpart was just published or confirmed.
    #[diesel(sql_type = sql_types::Double)]
    pub freshness: f64,
    /// How much of the want the offer covers.
    #[diesel(sql_type = sql_types::Double)]
    pub quantity: f64,
    /// How many words the longer of the two titles has.
    #[diesel(sql_type = sql_types::Integer)]
    pub most_words: i32,
    /// Distance of the localities' centroids, kilometres.
    #[diesel(sql_type = sql_types::Double)]
    pub km: f64,
    /// Place does not matter to either.
    #[diesel(sql_type = sql_types::Bool)]
    pub both_remote: bool,
    /// The counterpart's group also has or wants what the seeker's group wants or has. Filled in after the search.
    #[diesel(sql_type = sql_types::Bool)]
    pub two_way: bool,
}

impl Pair {
    /// The order of matches: the higher score, then the smaller counterpart, then the smaller seeker.
    pub fn better_first(&self, other: &Self) -> std::cmp::Ordering {
        other.score.total_cmp(&self.score).then_with(|| (self.counterpart_id, self.seeker_id).cmp(&(other.counterpart_id, other.seeker_id)))
    }
}

/// Some listing of a group, of this kind, fits some listing of another group.
#[derive(Debug, Clone, Copy, QueryableByName)]
pub struct Fit {
    /// Kind of the first group's listing.
    #[diesel(sql_type = sql_types::Text)]
    pub kind: Kind,
    /// The other group.
    #[diesel(sql_type = sql_types::Uuid)]
    pub group_id: GroupId,
}

/// A group, as a statement finds it.
#[derive(Debug, Clone, Copy, QueryableByName)]
pub struct FoundGroup {
    /// The group.
    #[diesel(sql_type = sql_types::Uuid)]
    pub counterpart_group: GroupId,
}

/// A pair with both listings.
#[derive(Debug, Clone)]
pub struct Match {
    /// Scores and distance.
    pub pair: Pair,
    /// The listing asked about.
    pub seeker: ListingView,
    /// The listing that fits it.
    pub counterpart: ListingView,
}

/// A listing that says nearly the same as another one.
#[derive(Debug, Clone, Copy, QueryableByName)]
pub struct SameWords {
    /// Which.
    #[diesel(sql_type = sql_types::Uuid)]
    pub listing_id: ListingId,
    /// Share of the longer title's words that both have.
    #[diesel(sql_type = sql_types::Double)]
    pub words: f64,
}

/// The same with the listing.
#[derive(Debug, Clone)]
pub struct Duplicate {
    /// Share of the longer title's words that both have.
    pub words: f64,
    /// The listing that says nearly the same.
    pub view: ListingView,
}

/// Those who want or have the same as a listing.
#[derive(Debug, Clone)]
pub struct Similar {
    /// The listing asked about.
    pub asked: ListingView,
    /// Other groups in the same position.
    pub groups: usize,
    /// There are more than were counted.
    pub more: bool,
    /// A page of their listings.
    pub found: Vec<Match>,
    /// What the same group or person has posted already.
    pub duplicates: Vec<Duplicate>,
}

/// A listing of a network with its matches.
#[derive(Debug, Clone)]
pub struct Matched {
    /// The listing.
    pub listing: ListingView,
    /// What fits it, best first.
    pub matches: Vec<Match>,
}

/// Whether a pair matches, condition by condition, and what it scores. The conditions are those of the match query.
#[derive(Debug, Clone, QueryableByName)]
pub struct Explained {
    /// The pair and the parts of its score, if it is [`scored`](Self::scored).
    #[diesel(embed)]
    pub pair: Pair,
    /// The pair matches: every condition of the match query holds.
    #[diesel(sql_type = sql_types::Bool)]
    pub eligible: bool,
    /// The counterpart is open.
    #[diesel(sql_type = sql_types::Bool)]
    pub open: bool,
    /// The seeker is open.
    #[diesel(sql_type = sql_types::Bool)]
    pub seeker_open: bool,
    /// What keeps the counterpart from being open: names of `sql::OPEN_PARTS`.
    #[diesel(sql_type = sql_types::Array<sql_types::Text>)]
    pub shut: Vec<String>,
    /// What keeps the seeker from being open.
    #[diesel(sql_type = sql_types::Array<sql_types::Text>)]
    pub seeker_shut: Vec<String>,
    /// The two have a basis in common.
    #[diesel(sql_type = sql_types::Bool)]
    pub basis: bool,
    /// Their times overlap.
    #[diesel(sql_type = sql_types::Bool)]
    pub times: bool,
    /// They are of different groups, with no block between them.
    #[diesel(sql_type = sql_types::Bool)]
    pub groups: bool,
    /// Neither group has dismissed the pair.
    #[diesel(sql_type = sql_types::Bool)]
    pub not_dismissed: bool,
    /// Near enough, or place does not matter.
    #[diesel(sql_type = sql_types::Bool)]
    pub place: bool,
    /// The thing itself or something like it.
    #[diesel(sql_type = sql_types::Bool)]
    pub thing: bool,
    /// Place and thing fit, and something is left of both, so that there is a score, whatever else may be in the way.
    #[diesel(sql_type = sql_types::Bool)]
    pub scored: bool,
    /// Both are of one group.
    #[diesel(sql_type = sql_types::Bool)]
    pub same_group: bool,
    /// The seeker's group has blocked the counterpart's.
    #[diesel(sql_type = sql_types::Bool)]
    pub seeker_blocks: bool,
    /// The counterpart's group has blocked the seeker's.
    #[diesel(sql_type = sql_types::Bool)]
    pub counterpart_blocks: bool,
    /// The seeker's group has dismissed the pair.
    #[diesel(sql_type = sql_types::Bool)]
    pub seeker_dismissed: bool,
    /// The counterpart's group has dismissed the pair.
    #[diesel(sql_type = sql_types::Bool)]
    pub counterpart_dismissed: bool,
}
