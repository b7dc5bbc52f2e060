//! What the match query gives.

use diesel::{QueryableByName, sql_types};

use crate::{listings::model::ListingView, types::ids::ListingId};

/// A pair that fits: one of the listings asked about, and its counterpart.
#[derive(Debug, Clone, QueryableByName)]
pub struct Pair {
    /// The listing asked about.
    #[diesel(sql_type = sql_types::Uuid)]
    pub seeker_id: ListingId,
    /// The listing that fits it.
    #[diesel(sql_type = sql_types::Uuid)]
    pub counterpart_id: ListingId,
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
    /// Distance of the localities' centroids, kilometres.
    #[diesel(sql_type = sql_types::Double)]
    pub km: f64,
    /// Place does not matter to either.
    #[diesel(sql_type = sql_types::Bool)]
    pub both_remote: bool,
    /// The counterpart's group also has or wants what the seeker's group wants or has.
    #[diesel(sql_type = sql_types::Bool)]
    pub two_way: bool,
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
