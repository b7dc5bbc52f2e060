//! What coordinators make of a listing. The rules are in `moderation`, which locks the listing before it calls this.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use super::{edits, view};
use crate::{
    db::Conn,
    error::{Code, Error, OnConstraint, Result},
    listings::{Basis, Moderation, queries, rules},
    moderation::model::ListingImage,
    schema::listings,
    types::ids::ListingId,
};

/// The listing as a decision may change it.
pub async fn image(tx: &mut Conn, id: ListingId) -> Result<ListingImage> {
    Ok(listings::table.find(id).select(ListingImage::as_select()).first(tx).await?)
}

/// Gives a listing a moderation state; one that it has already changes nothing.
pub async fn set_moderation(tx: &mut Conn, now: DateTime<Utc>, id: ListingId, moderation: Moderation) -> Result<()> {
    let other = listings::table.find(id).filter(listings::moderation.ne(moderation));
    diesel::update(other)
        .set((listings::moderation.eq(moderation), listings::version.eq(listings::version + 1), listings::updated_at.eq(now)))
        .execute(tx)
        .await?;
    Ok(())
}

/// Makes a want of an offer, or an offer of a want: of the terms of a want, an offer keeps the first.
pub async fn turn(tx: &mut Conn, now: DateTime<Utc>, id: ListingId, moderation: Moderation) -> Result<()> {
    let current = image(tx, id).await?;
    let kind = current.kind.opposite();
    let named = current.basis.iter().flatten().filter_map(|word| Basis::parse(word).ok());
    let named = if kind == crate::listings::Kind::Offer { named.take(1).collect() } else { named.collect() };
    let basis = rules::bases(kind, named).map_err(|refusal| Error::Internal(anyhow::anyhow!("terms that cannot be: {refusal}")))?;
    let basis = basis.iter().map(|basis| Some(basis.to_string())).collect();
    put_back(tx, now, id, ListingImage { moderation, kind, basis, ..current }).await
}

/// What refers to a listing as an offer or as a want, and so keeps it from being turned.
const BY_KIND: [&str; 6] = [
    "interests_listing_fkey",
    "interests_with_fkey",
    "exchanges_offer_fkey",
    "exchanges_want_fkey",
    "match_dismissals_offer_fkey",
    "match_dismissals_want_fkey",
];

/// Makes a listing what it was. Its words stay as they are. 409 when it would turn, and others have dealt with it as what it is.
pub async fn put_back(tx: &mut Conn, now: DateTime<Utc>, id: ListingId, image: ListingImage) -> Result<()> {
    let before = view(tx, id).await?;
    let turned = if before.listing.kind == image.kind { None } else { Some((before, queries::content(tx, id).await?)) };
    let changed = diesel::update(listings::table.find(id))
        .set((
            listings::moderation.eq(image.moderation),
            listings::kind.eq(image.kind),
            listings::basis.eq(image.basis),
            listings::version.eq(listings::version + 1),
            listings::updated_at.eq(now),
        ))
        .execute(tx)
        .await;
    let mut changed: Result<usize> = changed.map_err(Error::from);
    for constraint in BY_KIND {
        changed = changed.on_constraint(constraint, dealt_with);
    }
    changed?;
    // Those concerned are told when the decision is final.
    match turned {
        Some((before, was)) => edits::spread(tx, now, &before, &was).await.map(drop),
        None => Ok(()),
    }
}

fn dealt_with() -> Error {
    let detail = "Other groups have been interested in it, or have dismissed it, as what it is. Reject or remove it, and ask the group to post it \
                  the other way round.";
    Error::problem(Code::Conflict, detail)
}
