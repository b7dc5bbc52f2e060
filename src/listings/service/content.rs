//! What is stored of what somebody posts: the network, category and locality that it names are looked up, and what it is found by is put
//! together.

use super::{Posted, Posting};
use crate::{
    catalog::{
        self, Catalogue,
        model::{Category, Locality},
    },
    db::Conn,
    error::{Error, Result},
    groups,
    listings::{model::Content, queries},
    types::{
        Fields, Refusal,
        ids::{GroupId, NetworkId},
        text::{AvailabilityNote, Unit, fold},
    },
};

/// The network that a group posts in: the one it names, or its only one.
pub(super) async fn choose_network(tx: &mut Conn, group: GroupId, named: Option<NetworkId>) -> Result<(NetworkId, bool)> {
    let networks = queries::networks_of_group(tx, group).await?;
    let refuse = |code, detail: &str| {
        let mut fields = Fields::body();
        fields.refuse("/network_id", Refusal::new(code, detail));
        fields.finish(|| None::<(NetworkId, bool)>).map_err(Error::from)
    };
    match (named, networks.as_slice()) {
        (Some(named), networks) => match networks.iter().find(|(id, _)| *id == named) {
            Some(network) => Ok(*network),
            None => refuse("not_a_member", "The group does not belong to this network."),
        },
        (None, [network]) => Ok(*network),
        (None, []) => refuse("not_a_member", "The group belongs to no network yet. Ask to join one first."),
        (None, _) => refuse("required", "The group belongs to several networks: say in which one to post."),
    }
}

/// Looks up what the post names, and puts together what is stored.
pub(super) async fn resolve(
    tx: &mut Conn,
    catalogue: &Catalogue,
    posting: &Posting,
    network: NetworkId,
    posted: Posted,
) -> Result<Content> {
    let category = find_category(tx, catalogue, &posted).await?;
    let locality = find_locality(tx, posting.group, posted.locality.as_deref()).await?;
    let mut fields = Fields::body();
    let category = fields.check("/category", category.and_then(|category| usable(category.network_id, network).map(|()| category)));
    let locality = fields.check("/locality", locality.and_then(|locality| usable(locality.network_id, network).map(|()| locality)));
    let resource_type = category.as_ref().map_or("", |category| category.resource_type.as_str());
    let expires_at = fields.check("/expires_at", posted.expiry.time(resource_type, posting.now));
    let words = catalogue.lexicon.words(posted.title.as_str()).into_iter().map(Some).collect();
    let search_text = search_text(catalogue, posted.title.as_str(), posted.description.as_str());
    Ok(fields.finish(|| {
        let (category, locality) = (category?, locality?);
        Some(Content {
            title: posted.title.into_string(),
            description: posted.description.into_string(),
            category_code: category.code,
            locality_code: locality.code,
            lat: locality.lat,
            lng: locality.lng,
            reach_km: posted.reach.km(),
            remote: posted.remote,
            basis: posted.basis.iter().map(|basis| Some(basis.to_string())).collect(),
            quantity: posted.quantity,
            unit: posted.unit.map(Unit::into_string),
            available_from: posted.available_from,
            available_until: posted.available_until,
            availability_note: posted.availability_note.map(AvailabilityNote::into_string),
            delivery_possible: posted.delivery_possible,
            urgency: posted.urgency,
            expires_at: expires_at?,
            choose_first: posted.choose_first.unwrap_or_default().into_iter().map(Some).collect(),
            choose_after_hours: posted.choose_after_hours.unwrap_or_default(),
            words,
            search_text,
            updated_at: posting.now,
        })
    })?)
}

/// What a listing is found by: what it says, and the words of that as searches are folded.
pub fn search_text(catalogue: &Catalogue, title: &str, description: &str) -> String {
    let said = format!("{title}\n{description}");
    let words: Vec<String> = catalogue.lexicon.words(&said).into_iter().collect();
    fold(&format!("{said} {}", words.join(" ").replace('_', " ")))
}

/// The category by its slug, or the best guess from the title.
async fn find_category(tx: &mut Conn, catalogue: &Catalogue, posted: &Posted) -> Result<Result<Category, Refusal>> {
    let guess = || catalogue.lexicon.suggest(posted.title.as_str()).into_iter().next().map(|guess| guess.category);
    let Some(slug) = posted.category.clone().or_else(guess) else {
        return Ok(Err(Refusal::new(
            "required",
            "The title does not tell what kind of thing this is. Choose a category from /v1/categories.",
        )));
    };
    let found = catalog::queries::category_by_slug(tx, &slug).await?;
    Ok(found.ok_or_else(|| Refusal::new("unknown", "There is no category with this slug; look it up at /v1/categories.")))
}

/// The locality by its slug, or the group's own.
async fn find_locality(tx: &mut Conn, group: GroupId, slug: Option<&str>) -> Result<Result<Locality, Refusal>> {
    let found = match slug {
        Some(slug) => catalog::queries::locality_by_slug(tx, slug).await?,
        None => groups::queries::locality_of(tx, group).await?,
    };
    Ok(found.ok_or_else(|| Refusal::new("unknown", "There is no locality with this slug; look it up at /v1/localities?q=.")))
}

/// A network's own categories and sub-areas are for listings of that network.
fn usable(owner: Option<NetworkId>, network: NetworkId) -> Result<(), Refusal> {
    match owner {
        Some(owner) if owner != network => Err(Refusal::new("other_network", "This belongs to another network.")),
        _ => Ok(()),
    }
}
