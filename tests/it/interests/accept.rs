//! Accepting: what exchange comes of an interest, and when it is refused.

use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use gotit::{
    exchanges::{Side, State, model::Exchange},
    listings::Basis,
    schema::exchanges,
};
use serde_json::{Value, json};

use super::{Town, ask, post, step};
use crate::support::TestApp;

async fn all(app: &TestApp) -> Vec<Exchange> {
    exchanges::table.select(Exchange::as_select()).order(exchanges::id).load(&mut *app.conn().await).await.unwrap()
}

#[actix_web::test]
async fn accepting_promises_the_quantity_and_makes_an_agreed_exchange() {
    let town = Town::with(json!({"basis": ["lend"]})).await;
    let own = post(&town.asker, json!({"kind": "want", "title": "Chairs for lunches", "quantity": 30, "basis": ["lend"]})).await;
    let said = ask(&town.asker, &town.chairs, json!({"with_listing_id": own, "quantity": 25, "message": "Dydd Iau"})).await.expect(201);
    let accepted = step(&town.owner, &said.str("/id"), "accept", json!({"quantity": 20})).await.expect(201);
    assert_eq!((accepted.str("/state"), accepted.str("/answer")), ("chosen".into(), "Chosen: there is an exchange.".into()));
    assert_eq!(accepted.header("location"), format!("/v1/exchanges/{}", accepted.str("/exchange_id")));
    let made = all(&town.app).await.pop().unwrap();
    assert_eq!(made.id.to_string(), accepted.str("/exchange_id"));
    assert_eq!((made.state, made.quantity, made.requested, made.basis), (State::Accepted, 20, 30, Basis::Lend));
    assert_eq!((made.giver_group_id, made.receiver_group_id, made.proposed_by), (town.owner.id, town.asker.id, Side::Receiver));
    assert_eq!((made.offer_id.unwrap().to_string(), made.want_id.unwrap().to_string()), (town.chairs.clone(), own.clone()));
    assert_eq!((made.title.as_str(), made.unit.as_deref(), made.resource_type.as_str()), ("Folding chairs", Some("chairs"), "thing"));
    assert_eq!((made.message.as_str(), made.created_by, made.network_id), ("Dydd Iau", Some(town.asker.owner.id), town.owner.network));
    assert_eq!(made.receiver_agreed_at.unwrap().to_rfc3339(), said.body["created_at"].as_str().unwrap().replace('Z', "+00:00"));
    assert_eq!(made.giver_agreed_at, Some(made.created_at));
    assert_eq!((made.thread_id.to_string(), made.interest_id.unwrap().to_string()), (said.str("/thread_id"), said.str("/id")));
    assert_eq!(town.left().await, 20);
    assert_eq!(town.app.visitor().get(format!("/v1/listings/{own}")).await.expect(200).body["quantity_left"], 10);
    assert_eq!(town.told(&town.asker).await, [("interest_chosen".to_owned(), json!({"quantity": 20, "requested": 30}))]);
}

#[actix_web::test]
async fn without_a_number_it_is_as_asked_and_never_more() {
    let town = Town::new().await;
    let interest = town.interest_of(&town.asker, json!({"quantity": 7})).await;
    for (body, field, code) in [
        (json!({"quantity": 8}), "/quantity", "out_of_range"),
        (json!({"quantity": 0}), "/quantity", "out_of_range"),
        (json!({"basis": "sell"}), "/basis", "not_one_of"),
        (json!({"basis": "lend"}), "/basis", "not_one_of"),
        (json!({"words": "Yes"}), "/words", "unknown_field"),
    ] {
        step(&town.owner, &interest, "accept", body).await.problem(422, "invalid_fields").refuses(field, code);
    }
    step(&town.owner, &interest, "accept", json!({"quantity": null})).await.expect(201);
    assert_eq!((town.left().await, all(&town.app).await[0].quantity), (33, 7));
}

#[actix_web::test]
async fn the_group_that_answers_a_want_gives() {
    let town = Town::new().await;
    let wanted = post(&town.owner, json!({"kind": "want", "title": "A minibus for a day", "basis": ["lend"]})).await;
    let interest = ask(&town.asker, &wanted, json!({})).await.expect(201).str("/id");
    let refused = step(&town.owner, &interest, "accept", json!({})).await.problem(422, "invalid_fields").refuses("/basis", "required");
    assert!(refused.text.contains("give or lend"), "{}", refused.text);
    step(&town.owner, &interest, "accept", json!({"basis": "share"})).await.refuses("/basis", "not_one_of");
    step(&town.owner, &interest, "accept", json!({"basis": "lend"})).await.expect(201);
    let made = all(&town.app).await.pop().unwrap();
    assert_eq!((made.giver_group_id, made.receiver_group_id, made.proposed_by), (town.asker.id, town.owner.id, Side::Giver));
    assert_eq!((made.offer_id, made.want_id.unwrap().to_string(), made.basis), (None, wanted, Basis::Lend));
}

#[actix_web::test]
async fn a_want_that_takes_gifts_alone_gets_a_gift_and_an_offer_says_its_own_terms() {
    let town = Town::new().await;
    let wanted = post(&town.owner, json!({"kind": "want", "title": "Tea urn", "basis": ["give"]})).await;
    let interest = ask(&town.asker, &wanted, json!({})).await.expect(201).str("/id");
    step(&town.owner, &interest, "accept", json!({})).await.expect(201);
    let wanted = post(&town.owner, json!({"kind": "want", "title": "Projector", "basis": ["give", "lend"]})).await;
    let offer = post(&town.asker, json!({"kind": "offer", "title": "Projector", "basis": ["lend"]})).await;
    let interest = ask(&town.asker, &wanted, json!({"with_listing_id": offer})).await.expect(201).str("/id");
    step(&town.owner, &interest, "accept", json!({})).await.expect(201);
    let made = all(&town.app).await;
    assert_eq!((made[0].basis, made[1].basis), (Basis::Give, Basis::Lend));
    assert_eq!((made[1].offer_id.unwrap().to_string(), made[1].want_id.unwrap().to_string()), (offer, wanted));
}

#[actix_web::test]
async fn a_want_that_takes_gifts_alone_never_gets_a_loan() {
    let town = Town::with(json!({"basis": ["lend"]})).await;
    let want = json!({"kind": "want", "title": "Chairs for lunches", "quantity": 5, "basis": ["give"]});
    let (own, theirs) = (post(&town.asker, want.clone()).await, post(&town.owner, want).await);
    let loan = post(&town.asker, json!({"kind": "offer", "title": "Stacking chairs", "quantity": 5, "basis": ["lend"]})).await;
    for (listing, with) in [(&town.chairs, &own), (&theirs, &loan)] {
        let refused = ask(&town.asker, listing, json!({"with_listing_id": with})).await.problem(422, "invalid_fields");
        let refused = refused.refuses("/with_listing_id", "one_basis");
        assert!(refused.text.contains("The offer is to lend, and the want accepts give."), "{}", refused.text);
    }
    town.app.sql(&format!("update listings set basis = '{{give,lend}}' where id = '{own}'")).await;
    let interest = town.interest_of(&town.asker, json!({"with_listing_id": own})).await;
    town.app.sql(&format!("update listings set basis = '{{give}}' where id = '{own}'")).await;
    for body in [json!({}), json!({"basis": "lend"})] {
        step(&town.owner, &interest, "accept", body).await.problem(422, "invalid_fields").refuses("/basis", "one_basis");
    }
    assert_eq!(all(&town.app).await, []);
}

#[actix_web::test]
async fn what_was_requested_of_a_want_is_what_it_still_wanted() {
    let town = Town::new().await;
    let wanted = post(&town.owner, json!({"kind": "want", "title": "Tea urns", "quantity": 60})).await;
    for (name, gives, open) in [("Knitters", 20, 60), ("Bowls", 30, 40)] {
        let group = town.another(name).await;
        let interest = ask(&group, &wanted, json!({"quantity": gives})).await.expect(201).str("/id");
        step(&town.owner, &interest, "accept", json!({})).await.expect(201);
        let made = all(&town.app).await.pop().unwrap();
        assert_eq!((made.quantity, made.requested), (gives, open));
    }
}

#[actix_web::test]
async fn the_same_request_again_accepts_once() {
    let town = Town::new().await;
    let interest = town.interest_of(&town.asker, json!({"quantity": 5})).await;
    let (owner, at) = (town.owner.owner.with("idempotency-key", "yes"), format!("/v1/interests/{interest}/accept"));
    let first = owner.post(&at, json!({})).await.expect(201);
    let again = owner.post(&at, json!({})).await.expect(201);
    assert_eq!((again.header("location"), again.body), (first.header("location"), first.body));
    town.owner.owner.post(&at, json!({})).await.problem(409, "wrong_state");
    assert_eq!((town.left().await, all(&town.app).await.len()), (35, 1));
}

#[actix_web::test]
async fn nobody_is_chosen_before_the_time_that_the_listing_says() {
    let mut town = Town::with(json!({"choose_after_hours": 48, "choose_first": ["small_groups"]})).await;
    let listing = town.app.visitor().get(format!("/v1/listings/{}", town.chairs)).await.expect(200);
    let sentence = listing.str("/how_it_chooses");
    assert!(
        sentence.starts_with("The group waits until ") && sentence.ends_with(" before it chooses; small groups come first."),
        "{sentence}"
    );
    let (first, second) = (town.interest_of(&town.asker, json!({})).await, town.another("Knitters").await);
    let second = town.interest_of(&second, json!({})).await;
    let early = step(&town.owner, &first, "accept", json!({})).await.problem(409, "wrong_state");
    assert!(early.str("/detail").contains(&listing.str("/choose_from")[..16]), "{}", early.text);
    step(&town.owner, &second, "decline", json!({})).await.expect(200);
    assert_eq!(
        town.owner.owner.get(format!("/v1/listings/{}/interests?state=open", town.chairs)).await.body["items"][0]["can_be_chosen"],
        false
    );
    town.later(chrono::Duration::hours(48));
    assert_eq!(
        town.owner.owner.get(format!("/v1/listings/{}/interests?state=open", town.chairs)).await.body["items"][0]["can_be_chosen"],
        true
    );
    let later = town.app.visitor().get(format!("/v1/listings/{}", town.chairs)).await.expect(200);
    assert_eq!(later.str("/how_it_chooses"), "When the group chooses, small groups come first.");
    step(&town.owner, &first, "accept", json!({})).await.expect(201);
}

#[actix_web::test]
async fn what_is_not_there_any_more_is_not_promised_and_leaves_no_trace() {
    let town = Town::new().await;
    let other = town.another("Knitters").await;
    let (first, second) =
        (town.interest_of(&town.asker, json!({"quantity": 30})).await, town.interest_of(&other, json!({"quantity": 30})).await);
    step(&town.owner, &first, "accept", json!({})).await.expect(201);
    let refused = step(&town.owner, &second, "accept", json!({})).await.problem(409, "not_enough_left");
    assert!(refused.str("/detail").contains("10 left"), "{}", refused.text);
    assert_eq!((all(&town.app).await.len(), town.left().await), (1, 10));
    assert_eq!(town.told(&other).await, []);
    step(&town.owner, &second, "accept", json!({"quantity": 10})).await.expect(201);
    let third = town.another("Bowls").await;
    ask(&third, &town.chairs, json!({})).await.problem(404, "not_found");
    assert_eq!(town.left().await, 0);
}

#[actix_web::test]
async fn nothing_left_is_told_as_such_and_not_as_closed() {
    let town = Town::new().await;
    let other = town.another("Knitters").await;
    let (first, second) = (town.interest_of(&town.asker, json!({"quantity": 40})).await, town.interest_of(&other, json!({})).await);
    step(&town.owner, &first, "accept", json!({})).await.expect(201);
    let refused = step(&town.owner, &second, "accept", json!({})).await.problem(409, "not_enough_left");
    assert!(refused.str("/detail").contains("has 0 left"), "{}", refused.text);
}

#[actix_web::test]
async fn closed_listings_suspended_groups_and_blocked_ones_are_refused() {
    let town = Town::new().await;
    let own = post(&town.asker, json!({"kind": "want", "title": "Chairs for lunches", "quantity": 5})).await;
    let interest = town.interest_of(&town.asker, json!({"with_listing_id": own})).await;
    let (chairs, group) = (&town.chairs, town.asker.id);
    for (there, back) in [
        (
            format!("update listings set state = 'paused' where id = '{chairs}'"),
            format!("update listings set state = 'active' where id = '{chairs}'"),
        ),
        (
            format!("update listings set state = 'withdrawn' where id = '{own}'"),
            format!("update listings set state = 'active' where id = '{own}'"),
        ),
        (
            format!("update listings set moderation = 'held' where id = '{chairs}'"),
            format!("update listings set moderation = 'approved' where id = '{chairs}'"),
        ),
        (
            format!("update network_groups set state = 'suspended' where group_id = '{group}'"),
            format!("update network_groups set state = 'approved' where group_id = '{group}'"),
        ),
        (
            format!("insert into group_blocks (group_id, blocked_group_id, created_at) values ('{group}', '{}', now())", town.owner.id),
            "delete from group_blocks".to_owned(),
        ),
    ] {
        town.app.sql(&there).await;
        step(&town.owner, &interest, "accept", json!({})).await.problem(409, "wrong_state");
        town.app.sql(&back).await;
    }
    assert_eq!(all(&town.app).await, []);
    step(&town.owner, &interest, "accept", json!({})).await.expect(201);
}

#[actix_web::test]
async fn accepting_is_on_record_and_read_by_the_networks_staff() {
    use gotit::schema::audit_entries;
    let town = Town::new().await;
    let interest = town.interest_of(&town.asker, json!({"message": "Secret words"})).await;
    step(&town.owner, &interest, "accept", json!({})).await.expect(201);
    let entries = audit_entries::table.filter(audit_entries::subject_id.eq(&interest)).order(audit_entries::occurred_at);
    let entries: Vec<(String, Option<uuid::Uuid>, Option<uuid::Uuid>, Value)> = entries
        .select((audit_entries::action, audit_entries::actor_id, audit_entries::network_id, audit_entries::detail))
        .load(&mut *town.app.conn().await)
        .await
        .unwrap();
    let actions: Vec<_> = entries.iter().map(|(action, actor, ..)| (action.as_str(), actor.unwrap())).collect();
    assert_eq!(actions, [("create_interest", town.asker.owner.id.0), ("accept_interest", town.owner.owner.id.0)]);
    assert!(entries.iter().all(|(_, _, network, detail)| *network == Some(town.owner.network.0) && !detail.to_string().contains("Secret")));
}
