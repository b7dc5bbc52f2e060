//! Rows of the two trees.

use diesel::prelude::*;

use crate::{
    schema::{categories, localities},
    types::{Position, ids::NetworkId},
};

/// A category.
#[derive(Debug, Clone, Queryable, Selectable, Identifiable)]
#[diesel(table_name = categories, primary_key(code))]
pub struct Category {
    /// R PP LL CCCC; a subtree is a range of codes.
    pub code: i32,
    /// The id on the wire.
    pub slug: String,
    /// One step up; none for a resource type.
    pub parent_code: Option<i32>,
    /// Slug of the root.
    pub resource_type: String,
    /// Name on screens.
    pub name: String,
    /// What belongs here.
    pub description: String,
    /// The network that added it.
    pub network_id: Option<NetworkId>,
}

/// As much of a category as those who name it need: lists read it for each entry.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = categories)]
pub struct CategoryName {
    /// R PP LL CCCC.
    pub code: i32,
    /// The id on the wire.
    pub slug: String,
    /// Slug of the root.
    pub resource_type: String,
    /// Name on screens.
    pub name: String,
}

impl Category {
    /// Steps from the root: 1 for a resource type, 4 for a network's own.
    pub fn level(&self) -> u8 {
        match self.code {
            code if code % 100_000_000 == 0 => 1,
            code if code % 1_000_000 == 0 => 2,
            code if code % 10_000 == 0 => 3,
            _ => 4,
        }
    }

    /// The codes of this category and all below it.
    pub fn subtree(&self) -> std::ops::RangeInclusive<i32> {
        let width = [100_000_000, 1_000_000, 10_000].into_iter().find(|width| self.code % width == 0).unwrap_or(1);
        self.code..=self.code + width - 1
    }
}

/// A locality.
#[derive(Debug, Clone, Queryable, Selectable, Identifiable)]
#[diesel(table_name = localities, primary_key(code))]
pub struct Locality {
    /// N RR DDD PPPPP SSS; a subtree is a range of codes.
    pub code: i64,
    /// The id on the wire.
    pub slug: String,
    /// country, region, district, ward, place, postcode_district or sub_area.
    pub kind: String,
    /// Name on screens.
    pub name: String,
    /// Other names.
    pub also_known_as: Vec<Option<String>>,
    /// One step up; none for a country.
    pub parent_code: Option<i64>,
    /// Latitude of the centroid, degrees.
    pub lat: f64,
    /// Longitude of the centroid, degrees.
    pub lng: f64,
    /// The network that drew this sub-area.
    pub network_id: Option<NetworkId>,
}

/// As much of a locality as those who name it need.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = localities)]
pub struct LocalityName {
    /// The id on the wire.
    pub slug: String,
    /// As of a locality.
    pub kind: String,
    /// Name on screens.
    pub name: String,
}

impl Locality {
    /// The codes of this locality and all below it. The width follows from its kind: see `localities.code`.
    pub fn subtree(&self) -> std::ops::RangeInclusive<i64> {
        let width = match self.kind.as_str() {
            "country" => 10_000_000_000_000,
            "region" => 100_000_000_000,
            "district" => 100_000_000,
            "sub_area" => 1,
            _ => 1_000,
        };
        self.code..=self.code + width - 1
    }

    /// The centroid.
    pub fn position(&self) -> Position {
        Position { lat: self.lat, lng: self.lng }
    }
}
