//! Organisations that offer and want, and the people who act for them. A group is the party to every exchange.

pub mod dto;
mod handlers;
pub mod model;
pub mod permissions;
pub mod queries;
pub mod registration;
pub mod rules;
pub mod service;

use utoipa_actix_web::service_config::ServiceConfig;

pub use permissions::{GroupEditor, GroupOwner, GroupViewer};

crate::word_enum! {
    /// What a person may do for a group. Each role includes those before it.
    pub enum Role {
        /// Reads everything of the group.
        Viewer = "viewer",
        /// Posts for the group.
        Editor = "editor",
        /// Runs the group: its people and its description.
        Owner = "owner",
    }
}

crate::word_enum! {
    /// What a group does, for the directory.
    pub enum Activity {
        /// Tells people their rights and helps with forms.
        Advice = "advice",
        /// Looks after animals.
        Animals = "animals",
        /// Music, theatre, crafts, festivals.
        Arts = "arts",
        /// Families, toddlers, parents.
        ChildrenAndFamilies = "children_and_families",
        /// Runs a hall, a hub, a library.
        CommunitySpace = "community_space",
        /// With and for disabled people.
        Disability = "disability",
        /// Schools, courses, learning for all ages.
        Education = "education",
        /// Nature, gardens, repair, climate.
        Environment = "environment",
        /// A church, mosque, temple or other community of faith.
        Faith = "faith",
        /// Food banks, pantries, shared meals.
        Food = "food",
        /// Bodies and minds: support groups, carers, recovery.
        Health = "health",
        /// Local history, buildings, museums.
        Heritage = "heritage",
        /// Homes, furniture, people without a home.
        Housing = "housing",
        /// With and for older people.
        OlderPeople = "older_people",
        /// With and for people who came here from elsewhere.
        RefugeesAndMigrants = "refugees_and_migrants",
        /// Clubs and teams.
        Sport = "sport",
        /// Brings volunteers and groups together.
        Volunteering = "volunteering",
        /// With and for young people.
        YoungPeople = "young_people",
    }
}

crate::word_enum! {
    /// How many people a group serves, by its own word.
    pub enum Size {
        /// Up to 20 people.
        Small = "small",
        /// Up to 100 people.
        Medium = "medium",
        /// More than 100 people.
        Large = "large",
    }
}

crate::word_enum! {
    /// As what a group is registered.
    pub enum Register {
        /// A charity: Charity Commission for England and Wales, Scottish Charity Regulator, Charity Commission for Northern Ireland.
        Charity = "charity",
        /// A community interest company: Companies House.
        Cic = "cic",
        /// Something else that has a number.
        Other = "other",
    }
}

impl Role {
    /// Whether this role may do what `other` may.
    pub fn includes(self, other: Self) -> bool {
        self >= other
    }
}

/// The routes of this feature.
pub fn routes(config: &mut ServiceConfig) {
    config
        .service(handlers::create_group)
        .service(handlers::list_groups)
        .service(handlers::get_group)
        .service(handlers::update_group)
        .service(handlers::close_group)
        .service(handlers::join_network)
        .service(handlers::standing::invite_group)
        .service(handlers::standing::invite_group_again)
        .service(handlers::standing::resubmit_group)
        .service(handlers::standing::confirm_group)
        .service(handlers::members::list_members)
        .service(handlers::members::change_member_role)
        .service(handlers::members::remove_member)
        .service(handlers::invitations::invite_member)
        .service(handlers::invitations::list_invitations)
        .service(handlers::invitations::revoke_invitation)
        .service(handlers::invitations::accept_invitation)
        .service(handlers::blocks::list_blocks)
        .service(handlers::blocks::block_group)
        .service(handlers::blocks::unblock_group);
}
