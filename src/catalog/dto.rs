//! What the catalogue's operations take and give on the wire.

use serde::{Deserialize, Serialize};

use super::{
    LocalityKind,
    links::{CategoryLink, LocalityLink},
    model::Category,
    queries::LocalityFilter,
    rules::{Slug, slugify},
    service::{NewCategory, NewSubArea, Placed},
};
use crate::{
    http::Limit,
    types::{
        Fields, Position, Refusal,
        fields::FieldError,
        ids::NetworkId,
        text::{Line, NodeName, Prose, SearchWords},
    },
};

/// Bytes that are left of a category's slug (80) after the network's (40) and the dot.
const CATEGORY_SLUG: usize = 39;
/// The same of a locality's slug (120).
const LOCALITY_SLUG: usize = 79;

/// A category.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = Category, example = json!({"slug": "seating", "name": "Chairs, sofas and seating", "description": "Folding and stacking chairs, armchairs, sofas, stools, benches for indoors", "resource_type": "thing", "parent": "furniture", "level": 3, "network_id": null}))]
pub struct CategoryOut {
    /// Id of the category.
    pub slug: String,
    /// Name on screens.
    pub name: String,
    /// What belongs here, in one sentence.
    pub description: String,
    /// Root of the tree: thing, space, skill, time, transport or food.
    pub resource_type: String,
    /// Slug of the category one step up; null for a resource type.
    pub parent: Option<String>,
    /// Steps from the root: 1 for a resource type, 4 for a network's own category.
    pub level: u8,
    /// The network that added it; null for the common catalogue.
    pub network_id: Option<NetworkId>,
}

impl CategoryOut {
    /// Shows a category, given the slug of its parent.
    pub fn new(category: Category, parent: Option<String>) -> Self {
        Self {
            level: category.level(),
            slug: category.slug,
            name: category.name,
            description: category.description,
            resource_type: category.resource_type,
            parent,
            network_id: category.network_id,
        }
    }
}

/// Which categories.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct CategoriesQuery {
    /// Slug of a category: only it and everything below it.
    #[param(example = "furniture")]
    under: Option<String>,
    /// Id of a network: with the categories that it has added. Without it, the common ones only.
    #[param(value_type = Option<NetworkId>)]
    network_id: Option<String>,
}

/// Checked parameters of the list of categories.
#[derive(Debug)]
pub struct CategoryFilter {
    /// Only this and what is below it.
    pub under: Option<Slug>,
    /// With the children of this network.
    pub network: Option<NetworkId>,
}

impl CategoriesQuery {
    /// Checks the parameters.
    pub fn parse(self) -> Result<CategoryFilter, Vec<FieldError>> {
        let mut fields = Fields::query();
        let under = fields.check_optional("under", self.under, |text| text.parse());
        let network = fields.check_optional("network_id", self.network_id, network_id);
        fields.finish(|| Some(CategoryFilter { under: under?, network: network? }))
    }
}

/// A title to find categories for.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct SuggestQuery {
    /// What somebody would write as the title of a listing, 1 to 120 characters.
    #[param(value_type = String, example = "2 old settees")]
    title: String,
}

impl SuggestQuery {
    /// Checks the title.
    pub fn parse(self) -> Result<Line<1, 120>, Vec<FieldError>> {
        let mut fields = Fields::query();
        let title = fields.check("title", Line::parse(&self.title));
        fields.finish(|| title)
    }
}

/// A category that fits a title.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = Suggestion, example = json!({"category": {"slug": "seating", "name": "Chairs, sofas and seating", "resource_type": "thing"}, "matched_term": "sofa", "confidence": 0.8}))]
pub struct SuggestionOut {
    /// The category.
    pub category: CategoryLink,
    /// The word of the catalogue that led to it, to show as the reason: sofa for a settee.
    pub matched_term: String,
    /// From 0 (a guess) to 1 (the title is that word), two decimals. Not a probability.
    #[schema(minimum = 0, maximum = 1)]
    pub confidence: f64,
}

/// A category that a network adds.
#[derive(Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"parent": "seating", "name": "Oatcake stall benches", "description": "The long benches that the oatcake stalls share"}))]
pub struct CategoryIn {
    /// Slug of a category of level 3, such as seating.
    #[schema(max_length = 80)]
    pub parent: String,
    /// Name on screens, 2 to 80 characters.
    #[schema(min_length = 2, max_length = 80)]
    pub name: String,
    /// What belongs here, in one sentence of at most 300 characters.
    #[serde(default)]
    #[schema(max_length = 300)]
    pub description: String,
}

impl CategoryIn {
    /// Checks the fields.
    pub fn parse(self) -> Result<NewCategory, Vec<FieldError>> {
        let mut fields = Fields::body();
        let parent = fields.check("/parent", self.parent.parse::<Slug>());
        let name = fields.check("/name", named(&self.name, CATEGORY_SLUG));
        let description = fields.check("/description", Prose::parse(&self.description));
        fields.finish(|| {
            let (name, slug) = name?;
            Some(NewCategory { parent: parent?, name, slug, description: description? })
        })
    }
}

/// A point, degrees, WGS 84.
#[derive(Debug, Clone, Copy, Serialize, utoipa::ToSchema)]
#[schema(as = Centroid, example = json!({"lat": 53.025, "lng": -2.175}))]
pub struct CentroidOut {
    /// Latitude.
    pub lat: f64,
    /// Longitude.
    pub lng: f64,
}

/// A locality.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = Locality, example = json!({
    "slug": "hanley-stoke-on-trent", "name": "Hanley", "kind": "place", "also_known_as": [],
    "parent": {"slug": "stoke-on-trent", "name": "Stoke-on-Trent", "kind": "district"},
    "path": "Hanley, Stoke-on-Trent, West Midlands, England", "centroid": {"lat": 53.025, "lng": -2.175}, "network_id": null
}))]
pub struct LocalityOut {
    /// Id of the locality.
    pub slug: String,
    /// Name on screens.
    pub name: String,
    /// country, region, district, ward, place, postcode_district or sub_area.
    pub kind: String,
    /// Other names, for example in Welsh.
    pub also_known_as: Vec<String>,
    /// The locality one step up; null for a country.
    pub parent: Option<LocalityLink>,
    /// Its name and the names of everything it lies in, so that places of one name can be told apart.
    pub path: String,
    /// Its middle. No position in the program is finer than a locality.
    pub centroid: CentroidOut,
    /// The network that drew this sub-area; null for public geography.
    pub network_id: Option<NetworkId>,
}

impl From<Placed> for LocalityOut {
    fn from(Placed { locality, above }: Placed) -> Self {
        let names = std::iter::once(&locality).chain(&above).map(|place| place.name.as_str());
        Self {
            path: names.collect::<Vec<_>>().join(", "),
            centroid: CentroidOut { lat: locality.lat, lng: locality.lng },
            parent: above.into_iter().next().map(LocalityLink::from),
            slug: locality.slug,
            name: locality.name,
            kind: locality.kind,
            also_known_as: locality.also_known_as.into_iter().flatten().collect(),
            network_id: locality.network_id,
        }
    }
}

/// Which localities.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct LocalitiesQuery {
    /// A name or its beginning, in any language it is known in, with or without diacritics, roughly spelt; or a postcode, of which
    /// only the district is used (ST1 of ST1 4AB). Best first; the best `limit` only, on one page.
    #[param(example = "Hanly", max_length = 100)]
    q: Option<String>,
    /// Slug of a locality: only it and everything in it.
    #[param(example = "stoke-on-trent")]
    under: Option<String>,
    /// Only this kind.
    #[param(inline, value_type = Option<LocalityKind>)]
    kind: Option<String>,
    /// Id of a network: with the sub-areas that it has drawn. Without it, public geography only.
    #[param(value_type = Option<NetworkId>)]
    network_id: Option<String>,
    /// Entries on a page, 1 to 100; 20 unless given.
    #[param(value_type = Option<u8>, minimum = 1, maximum = 100)]
    limit: Option<String>,
    /// `next_cursor` of the page before. Only without `q`.
    cursor: Option<String>,
}

/// Checked parameters of the list of localities.
#[derive(Debug)]
pub struct LocalitiesWanted {
    /// What was typed.
    pub words: Option<SearchWords>,
    /// Only this and what is in it.
    pub under: Option<Slug>,
    /// The other filters; `under` is not filled in yet.
    pub filter: LocalityFilter,
    /// Entries on a page.
    pub limit: Limit,
    /// Where to go on.
    pub cursor: Option<String>,
}

impl LocalitiesQuery {
    /// Checks the parameters.
    pub fn parse(self) -> Result<LocalitiesWanted, Vec<FieldError>> {
        let mut fields = Fields::query();
        let words = fields.check_optional("q", self.q, SearchWords::parse);
        let under = fields.check_optional("under", self.under, |text| text.parse());
        let kind = fields.check_optional("kind", self.kind, LocalityKind::parse);
        let network = fields.check_optional("network_id", self.network_id, network_id);
        let limit = fields.check_optional("limit", self.limit, Limit::parse);
        if words.as_ref().is_some_and(Option::is_some) && self.cursor.is_some() {
            fields.refuse("cursor", Refusal::new("not_with_q", "A search by name has one page only; leave out the cursor."));
        }
        fields.finish(|| {
            let filter = LocalityFilter { under: None, kind: kind?, network: network? };
            Some(LocalitiesWanted { words: words?, under: under?, filter, limit: limit?.unwrap_or_default(), cursor: self.cursor })
        })
    }
}

/// Where somebody is.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct NearestQuery {
    /// Latitude, degrees, WGS 84.
    #[param(value_type = f64, example = 53.02)]
    lat: String,
    /// Longitude, degrees, WGS 84.
    #[param(value_type = f64, example = -2.18)]
    lng: String,
}

impl NearestQuery {
    /// Checks the position and rounds it to three decimals.
    pub fn parse(self) -> Result<Position, Vec<FieldError>> {
        let mut fields = Fields::query();
        let (lat, lng) = (fields.check("lat", degrees(&self.lat, 90.0)), fields.check("lng", degrees(&self.lng, 180.0)));
        let position = lat.zip(lng).and_then(|(lat, lng)| fields.check("lat", Position::parse(lat, lng)));
        fields.finish(|| position)
    }
}

/// A sub-area that a network draws.
#[derive(Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"name": "Havercroft & Ryhill", "parent": "hanley-stoke-on-trent", "lat": 53.031, "lng": -2.169}))]
pub struct SubAreaIn {
    /// Name on screens, 2 to 80 characters.
    #[schema(min_length = 2, max_length = 80)]
    pub name: String,
    /// Slug of the place, ward or district that it lies in.
    #[schema(max_length = 120)]
    pub parent: String,
    /// Latitude of its middle, degrees; kept to three decimals (about 100 m).
    #[schema(minimum = -90, maximum = 90)]
    pub lat: f64,
    /// Longitude of its middle, degrees; kept to three decimals.
    #[schema(minimum = -180, maximum = 180)]
    pub lng: f64,
}

impl SubAreaIn {
    /// Checks the fields.
    pub fn parse(self) -> Result<NewSubArea, Vec<FieldError>> {
        let mut fields = Fields::body();
        let name = fields.check("/name", named(&self.name, LOCALITY_SLUG));
        let parent = fields.check("/parent", self.parent.parse::<Slug>());
        let centroid = fields.check("/lat", Position::parse(self.lat, self.lng));
        fields.finish(|| {
            let (name, slug) = name?;
            Some(NewSubArea { parent: parent?, name, slug, centroid: centroid? })
        })
    }
}

/// A name and the part of the slug that it makes.
fn named(name: &str, most: usize) -> Result<(NodeName, String), Refusal> {
    let name = NodeName::parse(name)?;
    let slug = slugify(name.as_str(), most).ok_or_else(|| {
        Refusal::new("no_latin_letter", "Use at least one Latin letter or digit, since the address is made from the name.")
    })?;
    Ok((name, slug))
}

fn network_id(text: String) -> Result<NetworkId, Refusal> {
    text.parse().ok().ok_or_else(|| Refusal::new("not_an_id", "Give the id of a network."))
}

fn degrees(text: &str, most: f64) -> Result<f64, Refusal> {
    let number = text.trim().parse::<f64>().ok().filter(|number| number.abs() <= most);
    number.ok_or_else(|| Refusal::new("out_of_range", format!("Give degrees from -{most} to {most}, such as 53.02.")))
}
