//! Rows of policies and ground rules.

use chrono::{DateTime, Utc};
use diesel::{prelude::*, sql_types as sql};

use super::{CrossPosting, Review, Undecided};
use crate::{
    schema::{ground_rules, network_policies},
    types::ids::NetworkId,
};

/// A network's policy.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = network_policies)]
pub struct Policy {
    /// The network.
    pub network_id: NetworkId,
    /// What it says.
    #[diesel(embed)]
    pub terms: Terms,
    /// Counts edits.
    pub version: i32,
    /// When it last changed.
    pub updated_at: DateTime<Utc>,
}

/// What a policy says: everything that a coordinator may change.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, AsChangeset)]
#[diesel(table_name = network_policies, treat_none_as_null = true)]
pub struct Terms {
    /// When listings are reviewed.
    pub review: Review,
    /// Approved listings after which a group is trusted.
    pub trust_after: i32,
    /// How many listings a group may have active at once.
    pub most_active_listings: Option<i32>,
    /// How many it may publish in 24 hours.
    pub most_new_a_day: Option<i32>,
    /// For how many days saying the same again is too soon.
    pub repeat_after_days: i32,
    /// How far out of the network's area is still in it, kilometres.
    pub area_margin_km: i32,
    /// Listings of other networks.
    pub cross_posting: CrossPosting,
    /// Whether what two report is hidden until somebody has decided.
    pub hide_reported: bool,
    /// The promise to posters, hours.
    pub decide_within_hours: i32,
    /// What happens when it is broken.
    pub undecided_then: Undecided,
    /// Hour from which no mail leaves.
    pub quiet_from: Option<i16>,
    /// Hour from which it leaves again.
    pub quiet_until: Option<i16>,
    /// How long groups may post on after the ground rules changed, days.
    pub rules_grace_days: i32,
    /// How long an approval of a group lasts, days.
    pub recheck_after_days: i32,
}

/// A version of a network's ground rules.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = ground_rules)]
pub struct GroundRules {
    /// The network.
    pub network_id: NetworkId,
    /// 1, 2, 3 ...
    pub version: i32,
    /// The rules.
    pub text: String,
    /// Since when they hold.
    pub published_at: DateTime<Utc>,
}

/// How a group stands with the ground rules of one of its networks.
#[derive(Debug, Clone, QueryableByName)]
pub struct Acceptance {
    /// The network.
    #[diesel(sql_type = sql::Uuid)]
    pub network_id: NetworkId,
    /// Its name.
    #[diesel(sql_type = sql::Text)]
    pub network_name: String,
    /// The version that holds.
    #[diesel(sql_type = sql::Integer)]
    pub version: i32,
    /// Whether there is nothing in it to accept.
    #[diesel(sql_type = sql::Bool)]
    pub is_empty: bool,
    /// The latest version that the group has accepted.
    #[diesel(sql_type = sql::Nullable<sql::Integer>)]
    pub accepted_version: Option<i32>,
    /// When it did.
    #[diesel(sql_type = sql::Nullable<sql::Timestamptz>)]
    pub accepted_at: Option<DateTime<Utc>>,
    /// By when it has to accept the version that holds, in order to go on posting.
    #[diesel(sql_type = sql::Timestamptz)]
    pub accept_by: DateTime<Utc>,
}

impl Acceptance {
    /// Whether the group has yet to accept what holds now.
    pub fn is_missing(&self) -> bool {
        !self.is_empty && self.accepted_version.is_none_or(|accepted| accepted < self.version)
    }
}
