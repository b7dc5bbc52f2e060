//! Where people are and what they exchange, read from the migrated database: its real places and its real catalogue.

use std::collections::{BTreeMap, HashMap};

use tokio_postgres::Client;

use super::random::{Dice, Weighted};

/// What a place without a known population counts as: a village.
const VILLAGE: u64 = 400;

/// A locality of kind `place`.
#[derive(Debug, Clone)]
pub struct Place {
    pub code: i64,
    pub lat: f64,
    pub lng: f64,
    pub name: String,
    /// The locality above it.
    pub district: i64,
    /// How many listings it has its share of.
    pub weight: u64,
}

/// Every place, drawn by population.
#[derive(Debug)]
pub struct Places {
    pub all: Vec<Place>,
    anywhere: Weighted<usize>,
    by_district: HashMap<i64, Weighted<usize>>,
}

impl Places {
    /// Reads them, in the order of their codes, which is one of regions and districts.
    pub async fn read(client: &Client) -> anyhow::Result<Self> {
        let sql = "select code, lat, lng, name, coalesce(parent_code, code), population from localities where kind = 'place' order by code";
        let rows = client.query(sql, &[]).await?;
        anyhow::ensure!(!rows.is_empty(), "the database has no places: migrate and seed it first");
        let place = |row: &tokio_postgres::Row| Place {
            code: row.get(0),
            lat: row.get(1),
            lng: row.get(2),
            name: row.get(3),
            district: row.get(4),
            weight: u64::try_from(row.get::<_, i32>(5)).unwrap_or_default().max(VILLAGE),
        };
        let all: Vec<Place> = rows.iter().map(place).collect();
        let mut districts: BTreeMap<i64, Vec<(usize, u64)>> = BTreeMap::new();
        for (number, place) in all.iter().enumerate() {
            districts.entry(place.district).or_default().push((number, place.weight));
        }
        Ok(Self {
            anywhere: all.iter().map(|place| place.weight).enumerate().collect(),
            by_district: districts.into_iter().map(|(district, places)| (district, places.into_iter().collect())).collect(),
            all,
        })
    }

    /// A place where somebody lives.
    pub fn anywhere(&self, dice: &mut Dice) -> &Place {
        &self.all[*self.anywhere.pick(dice)]
    }

    /// A place in the same district as another.
    pub fn nearby<'a>(&'a self, place: &'a Place, dice: &mut Dice) -> &'a Place {
        self.by_district.get(&place.district).map_or(place, |district| &self.all[*district.pick(dice)])
    }
}

/// A category of the tree.
#[derive(Debug, Clone)]
pub struct Category {
    pub code: i32,
    pub name: String,
    pub slug: String,
    pub resource_type: String,
}

impl Category {
    /// Whether nothing of the common catalogue is below it.
    pub fn is_leaf(&self) -> bool {
        self.code / 10_000 % 100 != 0
    }

    /// The code one step up; its own for a root.
    pub fn parent(&self) -> i32 {
        if self.is_leaf() { self.code / 1_000_000 * 1_000_000 } else { self.root() }
    }

    /// The code of its resource type.
    pub fn root(&self) -> i32 {
        self.code / 100_000_000 * 100_000_000
    }
}

/// The common categories.
pub async fn categories(client: &Client) -> anyhow::Result<Vec<Category>> {
    let sql = "select code, name, slug, resource_type from categories where network_id is null order by code";
    let rows = client.query(sql, &[]).await?;
    anyhow::ensure!(!rows.is_empty(), "the database has no categories: migrate and seed it first");
    Ok(rows.iter().map(|row| Category { code: row.get(0), name: row.get(1), slug: row.get(2), resource_type: row.get(3) }).collect())
}

/// How popular the leaves are: by Zipf's law, the second half as often as the first, the third a third as often. Which is the first is
/// decided by the seed. Gives positions in `categories`.
pub fn popularity(categories: &[Category], dice: &mut Dice) -> Vec<(usize, u64)> {
    let mut leaves: Vec<usize> = (0..categories.len()).filter(|number| categories[*number].is_leaf()).collect();
    dice.shuffle(&mut leaves);
    leaves.into_iter().zip(1..).map(|(leaf, rank)| (leaf, 1_000_000 / rank)).collect()
}
