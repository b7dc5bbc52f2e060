//! An offer and a want for unit tests of the sentences about them.

use chrono::{DateTime, Utc};

use crate::{
    catalog::model::{CategoryName, LocalityName},
    listings::{
        Kind, Moderation, State, Urgency,
        model::{Listing, ListingView},
    },
    matching::model::{Match, Pair},
    types::ids::{GroupId, ListingId, NetworkId},
};

/// The time of the example.
pub fn noon() -> DateTime<Utc> {
    DateTime::from_timestamp(1_800_000_000, 0).unwrap()
}

/// A listing of seating, posted at noon: of St Mary's in Burslem if it is an offer, of the Food Bank in Hanley if it is a want.
pub fn view(kind: Kind) -> ListingView {
    let (group, place, quantity) = match kind {
        Kind::Offer => ("St Mary's", "Burslem", 40),
        Kind::Want => ("Food Bank", "Hanley", 30),
    };
    let listing = Listing {
        id: ListingId::new(),
        code: "G7K2M".to_owned(),
        group_id: GroupId::new(),
        network_id: NetworkId::new(),
        kind,
        title: "Folding chairs".to_owned(),
        description: String::new(),
        category_code: 101_010_000,
        locality_code: if kind == Kind::Offer { 1 } else { 2 },
        reach_km: 10,
        remote: false,
        basis: vec![Some("give".to_owned())],
        quantity,
        quantity_left: quantity,
        unit: None,
        available_from: None,
        available_until: None,
        availability_note: None,
        delivery_possible: true,
        urgency: Urgency::Normal,
        state: State::Active,
        moderation: Moderation::Approved,
        published_at: Some(noon()),
        confirmed_at: None,
        fresh_at: noon(),
        expires_at: None,
        choose_first: Vec::new(),
        choose_after_hours: 0,
        wakes_at: None,
        version: 1,
        created_at: noon(),
        updated_at: noon(),
        is_open: true,
    };
    let category =
        CategoryName { code: 101_010_000, slug: "seating".to_owned(), resource_type: "thing".to_owned(), name: "Seating".to_owned() };
    let locality = LocalityName { slug: place.to_lowercase(), kind: "place".to_owned(), name: place.to_owned() };
    ListingView { listing, category, locality, group_name: group.to_owned(), km: None }
}

/// The pair, 3.4 km apart, as the group of the listing of this kind sees it.
pub fn found(seeker: Kind) -> Match {
    let (seeker, counterpart) = (view(seeker), view(seeker.opposite()));
    let pair = Pair {
        seeker_id: seeker.listing.id,
        seeker_kind: seeker.listing.kind,
        seeker_group: seeker.listing.group_id,
        counterpart_id: counterpart.listing.id,
        counterpart_group: counterpart.listing.group_id,
        score: 0.9,
        category: 1.0,
        nearness: 0.5,
        words: 1.0,
        freshness: 1.0,
        quantity: 1.0,
        most_words: 2,
        km: 3.4,
        both_remote: false,
        two_way: false,
    };
    Match { pair, seeker, counterpart }
}
