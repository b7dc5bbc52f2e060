//! Rows of networks, their staff, and the groups in them.

use chrono::{DateTime, Utc};
use diesel::prelude::*;

use super::{StaffRole, Standing};
use crate::{
    catalog::model::Locality,
    schema::{network_groups, network_staff, networks, users},
    types::{
        ids::{GroupId, NetworkId, UserId},
        text::{About, OrganisationName, Rules},
    },
};

/// A network.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = networks)]
pub struct Network {
    /// Its id.
    pub id: NetworkId,
    /// Short name in addresses and on the command line.
    pub slug: String,
    /// Name on screens.
    pub name: String,
    /// Who it is for.
    pub description: String,
    /// What may be posted.
    pub rules: String,
    /// Counts edits.
    pub version: i32,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it last changed.
    pub updated_at: DateTime<Utc>,
}

/// What people may change of a network, checked.
#[derive(Debug, Clone)]
pub struct NetworkText {
    /// Name on screens.
    pub name: OrganisationName,
    /// Who it is for.
    pub description: About,
    /// What may be posted.
    pub rules: Rules,
    /// Slug of the area it covers; looked up when it is stored.
    pub locality: String,
}

/// A network with the area it covers.
pub type NetworkThere = (Network, Locality);

/// A person who works for a network.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = network_staff)]
pub struct StaffMember {
    /// The person.
    pub user_id: UserId,
    /// What the person does.
    pub role: StaffRole,
    /// Since when.
    pub created_at: DateTime<Utc>,
    /// What the person is called.
    #[diesel(select_expression = users::name)]
    pub name: String,
}

/// How a group stands in a network.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = network_groups)]
pub struct GroupStanding {
    /// The network.
    pub network_id: NetworkId,
    /// The group.
    pub group_id: GroupId,
    /// Its state there.
    pub state: Standing,
    /// Why, for the group to read.
    pub reason: Option<String>,
    /// When the group asked to join.
    pub requested_at: DateTime<Utc>,
    /// When it was decided.
    pub decided_at: Option<DateTime<Utc>>,
    /// When the group must next say that it is still there; when it has been asked to: until when it may.
    pub recheck_at: Option<DateTime<Utc>>,
    /// When somebody of the group last said so.
    pub sign_of_life_at: Option<DateTime<Utc>>,
}

/// The same with what the network is called.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = networks)]
pub struct StandingInNetwork {
    /// Short name of the network.
    pub slug: String,
    /// Name of the network.
    pub name: String,
    /// How the group stands there.
    #[diesel(embed)]
    pub standing: GroupStanding,
}
