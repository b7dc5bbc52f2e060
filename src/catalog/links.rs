//! How the answers of other features name a category or a locality.

use serde::Serialize;

use super::model::{CategoryName, Locality, LocalityName};

/// A category, as other things name it.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
#[schema(example = json!({"slug": "seating", "name": "Seating", "resource_type": "thing"}))]
pub struct CategoryLink {
    /// Id of the category.
    pub slug: String,
    /// Name on screens.
    pub name: String,
    /// Root of the tree: thing, space, skill, time, transport or food.
    pub resource_type: String,
}

/// A locality, as other things name it.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
#[schema(example = json!({"slug": "hanley-stoke-on-trent", "name": "Hanley", "kind": "place"}))]
pub struct LocalityLink {
    /// Id of the locality.
    pub slug: String,
    /// Name on screens.
    pub name: String,
    /// country, region, district, ward, place, postcode_district or sub_area.
    pub kind: String,
}

impl From<CategoryName> for CategoryLink {
    fn from(category: CategoryName) -> Self {
        Self { slug: category.slug, name: category.name, resource_type: category.resource_type }
    }
}

impl From<Locality> for LocalityLink {
    fn from(locality: Locality) -> Self {
        Self { slug: locality.slug, name: locality.name, kind: locality.kind }
    }
}

impl From<LocalityName> for LocalityLink {
    fn from(locality: LocalityName) -> Self {
        Self { slug: locality.slug, name: locality.name, kind: locality.kind }
    }
}
