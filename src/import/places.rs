//! Finds the locality that a row means: by slug, name, postcode district or coordinates.

use std::collections::HashMap;

use crate::{
    catalog::{
        model::Locality,
        queries::{self, LocalityFilter},
        rules,
        service::{self, Placed},
    },
    db::Conn,
    error::Result,
    types::{
        Position, Refusal,
        text::{ExternalId, fold},
    },
};

/// Names that were looked up before: files repeat them.
#[derive(Debug, Default)]
pub struct Known {
    names: HashMap<String, Result<String, Refusal>>,
}

impl Known {
    /// The slug of the locality called `name`: a slug, a name ("Hanley"), a name with what it lies in ("Stone, Staffordshire"), or
    /// a postcode district ("ST1"). Refuses names that nothing or several places have.
    pub async fn by_name(&mut self, conn: &mut Conn, name: &str) -> Result<Result<String, Refusal>> {
        if let Some(known) = self.names.get(name) {
            return Ok(known.clone());
        }
        let found = match ExternalId::parse(name) {
            Ok(_) => find(conn, name).await?,
            Err(refusal) => Err(refusal),
        };
        self.names.insert(name.to_owned(), found.clone());
        Ok(found)
    }

    /// The slug of the place nearest to a position.
    pub async fn by_position(&mut self, conn: &mut Conn, lat: f64, lng: f64) -> Result<Result<String, Refusal>> {
        let position = match Position::parse(lat, lng) {
            Ok(position) => position,
            Err(refusal) => return Ok(Err(refusal)),
        };
        let nearest = queries::nearest_place(conn, position).await?;
        let near = nearest.filter(|place| place.position().km_to(position) <= 50.0);
        Ok(near.map(|place| place.slug).ok_or_else(|| Refusal::new("unknown", "No place that we know is within 50 km of there.")))
    }
}

async fn find(conn: &mut Conn, name: &str) -> Result<Result<String, Refusal>> {
    if let Some(locality) = queries::locality_by_slug(conn, name).await? {
        return Ok(Ok(locality.slug));
    }
    let mut parts = name.split(',').map(str::trim);
    let (first, further) = (parts.next().unwrap_or_default(), parts.map(fold).collect::<Vec<_>>());
    // A postcode finds its district and nothing else; a name also finds what is spelt like it.
    let is_postcode = rules::outward_part(first).is_some();
    let candidates = service::search_localities(conn, &LocalityFilter::default(), first, 50).await?;
    let placed = service::place(conn, candidates).await?;
    let fits = |placed: &&Placed| {
        let lies_in = |part: &String| placed.above.iter().any(|above| is_called(above, part));
        (is_postcode || is_called(&placed.locality, &fold(first))) && further.iter().all(lies_in)
    };
    let found: Vec<&Placed> = placed.iter().filter(fits).collect();
    Ok(match found.as_slice() {
        [] => Err(Refusal::new("unknown", format!("No locality is called {name}. Look it up with: gotit localities find \"{name}\""))),
        [only] => Ok(only.locality.slug.clone()),
        several => {
            let slugs: Vec<_> = several.iter().map(|placed| placed.locality.slug.as_str()).collect();
            Err(Refusal::new("ambiguous", format!("Several localities are called {name}. Use the slug of one: {}.", slugs.join(", "))))
        }
    })
}

fn is_called(locality: &Locality, name: &str) -> bool {
    fold(&locality.name) == name || locality.also_known_as.iter().flatten().any(|other| fold(other) == name)
}
