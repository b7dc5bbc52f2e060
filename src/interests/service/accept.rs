//! The owner chooses an interest: an exchange comes of it that both sides have agreed on.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use serde_json::json;

use super::{act, check_left, check_open, lock_open, of_id, record};
use crate::{
    audit::Act,
    catalog,
    db::{Conn, transaction},
    error::{Code, Error, Result},
    exchanges::{self, Side, model::Exchange},
    groups,
    inbox::{self, Notice, Topic},
    interests::{
        State,
        model::{Interest, InterestView},
        permissions::InterestAnswerer,
        queries, rules,
    },
    listings::{Basis, Kind, model::Listing},
    schema::interests,
    types::{
        Refusal,
        fields::FieldError,
        ids::{ExchangeId, ListingId},
        local_time,
    },
};

/// What the owner says on accepting.
#[derive(Debug, Clone, Copy)]
pub struct Accepted {
    /// How many; none: as asked.
    pub quantity: Option<i32>,
    /// On what terms, where the listings do not say.
    pub basis: Option<Basis>,
}

/// Accepts an interest: promises the quantity, or less, to the group. 409 when it has ended, while the owner waits as it has said it
/// would, when a listing is not open any more, and when not so many are left.
pub async fn accept(conn: &mut Conn, owner: &InterestAnswerer, now: DateTime<Utc>, accepted: Accepted) -> Result<InterestView> {
    transaction(conn, async |tx| {
        // Which listings these are never changes, so they can be read before they are locked.
        let interest = queries::find(tx, owner.interest_id).await?.ok_or_else(|| Error::not_found("interest"))?;
        let ids: Vec<ListingId> = interest.with_listing_id.into_iter().chain([interest.listing_id]).collect();
        let locked = queries::lock_listings(tx, &ids).await?;
        let interest = lock_open(tx, interest.id, "accepted").await?;
        let about = of_id(&locked, interest.listing_id).ok_or_else(|| Error::not_found("listing"))?;
        let own = interest.with_listing_id.and_then(|with| of_id(&locked, with));
        check_may_choose(tx, &interest, about, own, now).await?;
        let field = |pointer, refusal| Error::from(vec![FieldError::body(pointer, refusal)]);
        let quantity = accepted.quantity.unwrap_or(interest.quantity);
        if quantity > interest.quantity {
            let detail = format!("{} were asked for: give so many at most.", interest.quantity);
            return Err(field("/quantity", Refusal::new("out_of_range", detail)));
        }
        check_left(about, own, quantity)?;
        let basis = rules::terms(about, own, accepted.basis).map_err(|refusal| field("/basis", refusal))?;
        let category = catalog::queries::categories_by_code(tx, &[about.category_code]).await?.pop();
        let resource_type = category.ok_or_else(|| Error::not_found("listing"))?.resource_type;
        let exchange = agreed(&interest, about, own, Terms { quantity, basis, resource_type, now });
        exchanges::service::insert(tx, &exchange).await?;
        choose(tx, &interest, owner, now).await?;
        let detail = json!({"exchange_id": exchange.id, "quantity": quantity});
        record(tx, now, &interest, about, Act { detail, ..act(Some(owner.user_id), owner.owner_group_id, "accept_interest") }).await?;
        inbox::tell(tx, now, vec![chosen(&interest, &exchange)]).await?;
        queries::view(tx, interest.id).await
    })
    .await
}

/// 409 unless both listings are open, the owner's wait is over, and the two groups deal with each other.
async fn check_may_choose(tx: &mut Conn, interest: &Interest, about: &Listing, own: Option<&Listing>, now: DateTime<Utc>) -> Result<()> {
    check_open(about, now, "The listing")?;
    if let Some(own) = own {
        check_open(own, now, "The interested group's own listing")?;
    }
    if let Some(from) = about.choose_from().filter(|from| *from > now) {
        let detail = format!(
            "The listing says that the group waits until {} before it chooses ({}). From then on, this interest can be accepted.",
            local_time::in_words(from),
            from.to_rfc3339_opts(chrono::SecondsFormat::Secs, true)
        );
        return Err(Error::problem(Code::WrongState, detail));
    }
    let deals = groups::queries::may_deal_in(tx, interest.group_id, about.network_id).await?
        && !groups::queries::are_parted(tx, interest.owner_group_id, interest.group_id).await?;
    if deals {
        Ok(())
    } else {
        Err(Error::problem(Code::WrongState, "This group cannot take part in exchanges just now. Decline it, or wait."))
    }
}

/// What is agreed on.
struct Terms {
    quantity: i32,
    basis: Basis,
    resource_type: String,
    now: DateTime<Utc>,
}

/// The exchange: who said the interest agreed by that, the owner agrees now.
fn agreed(interest: &Interest, about: &Listing, own: Option<&Listing>, terms: Terms) -> Exchange {
    let (said, now) = (Some(interest.created_at), Some(terms.now));
    let want = [Some(about), own].into_iter().flatten().find(|listing| listing.kind == Kind::Want);
    let own = own.map(|own| own.id);
    let offered = about.kind == Kind::Offer;
    let (asker, owner) = (interest.group_id, interest.owner_group_id);
    Exchange {
        id: ExchangeId::new(),
        offer_id: if offered { Some(about.id) } else { own },
        want_id: if offered { own } else { Some(about.id) },
        giver_group_id: if offered { owner } else { asker },
        receiver_group_id: if offered { asker } else { owner },
        network_id: about.network_id,
        interest_id: Some(interest.id),
        thread_id: interest.thread_id,
        title: about.title.clone(),
        resource_type: terms.resource_type,
        basis: terms.basis,
        quantity: terms.quantity,
        unit: about.unit.clone(),
        requested: want.map_or(interest.quantity, |want| want.quantity_left),
        state: exchanges::State::Accepted,
        proposed_by: if offered { Side::Receiver } else { Side::Giver },
        giver_agreed_at: if offered { now } else { said },
        receiver_agreed_at: if offered { said } else { now },
        message: interest.message.clone(),
        scheduled_for: None,
        scheduled_until: None,
        place: None,
        return_by: None,
        returned_at: None,
        giver_quantity: None,
        receiver_quantity: None,
        received_quantity: None,
        handed_over_at: None,
        completed_at: None,
        ended_by: None,
        end_reason: None,
        end_words: None,
        version: 1,
        created_by: interest.created_by,
        created_at: terms.now,
        updated_at: terms.now,
    }
}

async fn choose(tx: &mut Conn, interest: &Interest, owner: &InterestAnswerer, now: DateTime<Utc>) -> Result<()> {
    diesel::update(interests::table.find(interest.id))
        .set((
            interests::state.eq(State::Chosen),
            interests::answered_by.eq(owner.user_id),
            interests::answered_at.eq(now),
            interests::updated_at.eq(now),
        ))
        .execute(tx)
        .await?;
    Ok(())
}

/// What the group is told that was chosen.
fn chosen(interest: &Interest, exchange: &Exchange) -> Notice {
    Notice {
        listing: Some(interest.listing_id),
        interest: Some(interest.id),
        exchange: Some(exchange.id),
        other_group: Some(interest.owner_group_id),
        facts: json!({"quantity": exchange.quantity, "requested": exchange.requested}),
        ..Notice::to_group(interest.group_id, Topic::InterestChosen)
    }
}
