//! What things are, and where: the tree of categories, the words that lead to them, and the tree of localities.
//!
//! Both trees number their nodes so that a subtree is a range of codes. The common part of both is built into the program
//! ([`Catalogue`]) and written to the database when it starts ([`seed`]); networks add children of their own.

pub mod dto;
pub mod handlers;
pub mod import;
pub mod links;
pub mod model;
pub mod osgb;
pub mod published;
pub mod queries;
pub mod rules;
pub mod seed;
pub mod service;
pub mod suggest;
pub mod words;

use utoipa_actix_web::service_config::ServiceConfig;

use self::words::{Lexicon, LexiconError};

/// The common categories and synonyms, as they are built into the program.
#[derive(Debug)]
pub struct Catalogue {
    /// Words, synonyms and suggestions.
    pub lexicon: Lexicon,
}

impl Catalogue {
    /// Reads the files that are built into the program.
    pub fn built_in() -> Result<Self, LexiconError> {
        Ok(Self { lexicon: Lexicon::parse(seed::CATEGORIES, seed::SYNONYMS)? })
    }
}

crate::word_enum! {
    /// What a locality is.
    pub enum LocalityKind {
        /// England, Scotland, Wales.
        Country = "country",
        /// A region of England.
        Region = "region",
        /// A county, unitary authority, borough or council area.
        District = "district",
        /// An electoral ward, where an official list was imported.
        Ward = "ward",
        /// A town, village or suburb.
        Place = "place",
        /// The outward part of postcodes.
        PostcodeDistrict = "postcode_district",
        /// An area that a network has drawn.
        SubArea = "sub_area",
    }
}

/// The routes of this feature.
pub fn routes(config: &mut ServiceConfig) {
    // The fixed addresses come before those with a slug, which would take them.
    config
        .service(handlers::list_categories)
        .service(handlers::suggest_categories)
        .service(handlers::get_category)
        .service(handlers::add_category)
        .service(handlers::list_localities)
        .service(handlers::find_nearest_locality)
        .service(handlers::get_locality)
        .service(handlers::add_sub_area);
}
