//! Rows of listings in second networks.

use chrono::{DateTime, Utc};
use diesel::prelude::*;

use crate::{
    listings::Moderation,
    schema::{cross_posts, networks},
    types::ids::NetworkId,
};

/// A listing in a second network.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = cross_posts)]
pub struct CrossPost {
    /// The network.
    pub network_id: NetworkId,
    /// Its short name.
    #[diesel(select_expression = networks::slug)]
    pub slug: String,
    /// Its name.
    #[diesel(select_expression = networks::name)]
    pub name: String,
    /// What its staff think of it.
    pub moderation: Moderation,
    /// Whether it shows the listing, if the listing is open.
    pub is_shown: bool,
    /// When it was asked to.
    pub asked_at: DateTime<Utc>,
}
