//! Rows of groups, their people, their invitations and their blocks.

use chrono::{DateTime, Utc};
use diesel::prelude::*;

use super::{Activity, Register, Role, Size, registration::Registration};
use crate::{
    catalog::model::Locality,
    schema::{group_blocks, groups, invitations, memberships, users},
    types::{
        ids::{GroupId, InvitationId, UserId},
        text::{About, OrganisationName, fold},
    },
};

/// A group.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = groups)]
pub struct Group {
    /// Its id.
    pub id: GroupId,
    /// Name on screens.
    pub name: String,
    /// What it does, in its own words.
    pub description: String,
    activities: Vec<Option<Activity>>,
    /// How many people it serves.
    pub size: Option<Size>,
    /// As what it is registered.
    pub registered_as: Option<Register>,
    /// Its number in that register.
    pub registered_number: Option<String>,
    /// Counts what changed.
    pub version: i32,
    /// When it signed up.
    pub created_at: DateTime<Utc>,
    /// When it last changed.
    pub updated_at: DateTime<Utc>,
}

impl Group {
    /// What it does, from the fixed list.
    pub fn activities(&self) -> Vec<Activity> {
        self.activities.iter().flatten().copied().collect()
    }
}

/// A group with its place.
pub type GroupThere = (Group, Locality);

/// What people may change of a group, checked.
#[derive(Debug, Clone)]
pub struct GroupText {
    /// Name on screens.
    pub name: OrganisationName,
    /// What it does, in its own words.
    pub description: About,
    /// Slug of the place; looked up when it is stored.
    pub locality: String,
    /// What it does, from the fixed list; each once.
    pub activities: Vec<Activity>,
    /// How many people it serves.
    pub size: Option<Size>,
    /// Under which number it is registered.
    pub registration: Option<Registration>,
}

impl GroupText {
    /// Whether a group says just this already.
    pub fn is_said_by(&self, (group, locality): &GroupThere) -> bool {
        self.name.as_str() == group.name
            && self.description.as_str() == group.description
            && self.activities == group.activities()
            && self.locality == locality.slug
            && self.size == group.size
            && self.register() == group.registered_as
            && self.number() == group.registered_number.as_deref()
    }

    /// The same with the size and the registration that the group has, where it says none: files of groups often do not know them.
    pub fn keeping_what_is_not_said(self, (group, _): &GroupThere) -> Self {
        let known = group.registered_as.zip(group.registered_number.clone());
        let kept = known.map(|(register, number)| Registration { register, number });
        Self { size: self.size.or(group.size), registration: self.registration.or(kept), ..self }
    }

    /// As what it is registered.
    pub fn register(&self) -> Option<Register> {
        self.registration.as_ref().map(|registration| registration.register)
    }

    /// Its number in that register.
    pub fn number(&self) -> Option<&str> {
        self.registration.as_ref().map(|registration| registration.number.as_str())
    }

    /// What the group is found by.
    pub fn search_text(&self) -> String {
        fold(&format!("{} {}", self.name, self.description))
    }
}

/// What a group says, as it is stored.
#[derive(Debug, Insertable, AsChangeset)]
#[diesel(table_name = groups, treat_none_as_null = true)]
pub struct Said<'a> {
    name: &'a str,
    description: &'a str,
    activities: &'a [Activity],
    size: Option<Size>,
    registered_as: Option<Register>,
    registered_number: Option<&'a str>,
    locality_code: i64,
    lat: f64,
    lng: f64,
    search_text: String,
}

impl<'a> Said<'a> {
    /// What it says, and the locality that it names.
    pub fn of(text: &'a GroupText, locality: &Locality) -> Self {
        Self {
            name: text.name.as_str(),
            description: text.description.as_str(),
            activities: &text.activities,
            size: text.size,
            registered_as: text.register(),
            registered_number: text.number(),
            locality_code: locality.code,
            lat: locality.lat,
            lng: locality.lng,
            search_text: text.search_text(),
        }
    }
}

/// As what a person acts for a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ActingAs {
    /// What the person may do.
    pub role: Role,
    /// Not as a member, but because the group is not online and the person works for the network that acts for it.
    pub as_staff: bool,
}

/// A person in a group.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = memberships)]
pub struct Member {
    /// The person.
    pub user_id: UserId,
    /// What the person may do.
    pub role: Role,
    /// Since when.
    pub created_at: DateTime<Utc>,
    /// What the person is called.
    #[diesel(select_expression = users::name)]
    pub name: String,
}

/// A person asked into a group.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = invitations)]
pub struct Invitation {
    /// Its id.
    pub id: InvitationId,
    /// The group.
    pub group_id: GroupId,
    /// Whom.
    pub email: String,
    /// The role they would have.
    pub role: Role,
    /// When they were asked.
    pub created_at: DateTime<Utc>,
    /// Good until.
    pub expires_at: DateTime<Utc>,
}

/// A group that another one has blocked.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = group_blocks)]
pub struct Block {
    /// The blocked group.
    pub blocked_group_id: GroupId,
    /// Since when.
    pub created_at: DateTime<Utc>,
    /// What the blocked group is called.
    #[diesel(select_expression = groups::name)]
    pub name: String,
}
