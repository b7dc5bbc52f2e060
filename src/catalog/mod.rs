//! What things are, and where: the tree of categories, the words that lead to them, and the tree of localities.
//!
//! Both trees number their nodes so that a subtree is a range of codes. The common part of both is built into the program
//! ([`Catalogue`]) and written to the database when it starts ([`seed`]); networks add children of their own.

pub mod links;
pub mod model;
pub mod osgb;
pub mod published;
pub mod queries;
pub mod seed;
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

/// The routes of this feature.
pub fn routes(_config: &mut ServiceConfig) {}
