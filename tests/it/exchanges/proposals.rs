//! Proposing: on which listings, for whom, and what is refused.

use chrono::Duration;
use serde_json::{Value, json};

use super::{Town, act, count, propose, read};

#[actix_web::test]
async fn a_want_is_answered_by_who_could_give() {
    let town = Town::new().await;
    let want = town.post(&town.receiver, json!({"kind": "want", "quantity": 30, "basis": ["give", "lend"]})).await;
    let given = propose(&town.giver, json!({"listing_id": want, "quantity": 10})).await.expect(201);
    assert_eq!((given.str("/you"), given.str("/basis"), given.body["requested"].as_i64()), ("giver".into(), "give".into(), Some(30)));
    assert_eq!((&given.body["offer_id"], given.str("/want_id")), (&Value::Null, want.clone()));
    let lent = propose(&town.beside, json!({"listing_id": want, "quantity": 25, "basis": "lend"})).await.expect(201).str("/id");
    propose(&town.beside, json!({"listing_id": want, "quantity": 2, "basis": "share"})).await.refuses("/basis", "one_basis");
    act(&town.receiver.owner, &given.str("/id"), "accept", Value::Null).await.expect(200);
    let refused = act(&town.receiver.owner, &lent, "accept", Value::Null).await.problem(409, "not_enough_left");
    assert_eq!(refused.str("/detail"), "Only 20 chairs are still wanted.");
}

#[actix_web::test]
async fn several_groups_each_get_their_part() {
    let town = Town::new().await;
    let chairs = town.offer(40).await;
    let first = town.propose(&chairs, 20).await.expect(201).str("/id");
    let second = propose(&town.beside, json!({"listing_id": chairs, "quantity": 15})).await.expect(201).str("/id");
    act(&town.giver.owner, &first, "accept", Value::Null).await.expect(200);
    act(&town.giver.owner, &second, "accept", Value::Null).await.expect(200);
    assert_eq!(town.left(&town.giver, &chairs).await, 5);
}

#[actix_web::test]
async fn fields_that_do_not_fit_are_named() {
    let town = Town::new().await;
    let (chairs, own) = (town.offer(4).await, town.post(&town.receiver, json!({"quantity": 2})).await);
    let want = town.post(&town.receiver, json!({"kind": "want", "quantity": 2})).await;
    let others = town.post(&town.beside, json!({"kind": "want"})).await;
    let with = |with: &str| json!({"listing_id": chairs, "with_listing_id": with, "quantity": 1});
    let receiver = &town.receiver;
    for (body, field, code) in [
        (json!({"listing_id": own, "quantity": 1}), "/listing_id", "own_listing"),
        (json!({"listing_id": chairs, "quantity": 0}), "/quantity", "out_of_range"),
        (json!({"listing_id": chairs, "quantity": 1_000_001}), "/quantity", "out_of_range"),
        (json!({"listing_id": "chairs", "quantity": 1}), "/listing_id", "wrong_type"),
        (json!({"listing_id": chairs}), "/quantity", "required"),
        (json!({"listing_id": chairs, "quantity": 1, "basis": "sell"}), "/basis", "not_one_of"),
        (json!({"listing_id": chairs, "quantity": 1, "basis": "lend"}), "/basis", "one_basis"),
        (json!({"listing_id": chairs, "quantity": 1, "message": "x".repeat(1001)}), "/message", "too_long"),
        (with(&own), "/with_listing_id", "wrong_kind"),
        (with(&others), "/with_listing_id", "unknown"),
    ] {
        propose(receiver, body).await.expect(422).refuses(field, code);
    }
    town.receiver.owner.post(format!("/v1/listings/{want}/withdraw"), json!({})).await.expect(200);
    propose(receiver, with(&want)).await.expect(422).refuses("/with_listing_id", "not_open");
    let left = town.propose(&chairs, 5).await.problem(409, "not_enough_left");
    assert_eq!(left.str("/detail"), "Only 4 chairs are left.");
    assert_eq!(count(&town.app, "(select count(*) from exchanges)").await, 0);
    assert_eq!(count(&town.app, "(select count(*) from threads)").await, 0, "what is refused leaves no trace");
}

#[actix_web::test]
async fn what_is_not_open_and_whose_group_is_blocked_are_told_the_same() {
    let town = Town::new().await;
    let nothing = town.propose("01980a8e-0000-7000-8000-000000000000", 1).await.problem(404, "not_found").str("/detail");
    let chairs = town.offer(4).await;
    let draft = town
        .giver
        .owner
        .post(format!("/v1/groups/{}/listings?draft=true", town.giver.id), json!({"kind": "offer", "title": "Chairs"}))
        .await;
    assert_eq!(town.propose(&draft.str("/id"), 1).await.problem(404, "not_found").str("/detail"), nothing);
    for (blocker, blocked) in [(&town.giver, &town.receiver), (&town.receiver, &town.giver)] {
        let block = format!("/v1/groups/{}/blocks/{}", blocker.id, blocked.id);
        blocker.owner.put(&block, Value::Null).await.expect(204);
        assert_eq!(town.propose(&chairs, 1).await.problem(404, "not_found").str("/detail"), nothing);
        let want = town.post(&town.receiver, json!({"kind": "want"})).await;
        let pair = json!({"offer_id": chairs, "want_id": want, "quantity": 1});
        let pair = town.mair.post(format!("/v1/networks/{}/exchanges", town.network), pair).await.problem(404, "not_found");
        assert_eq!(pair.str("/detail"), nothing);
        blocker.owner.delete(&block).await.expect(204);
    }
    town.propose(&chairs, 1).await.expect(201);
}

#[actix_web::test]
async fn a_proposal_whose_listing_is_not_open_any_more_cannot_be_accepted() {
    let town = Town::new().await;
    for ending in [
        "update listings set moderation = 'held'",
        "update network_groups set state = 'suspended' where group_id = (select group_id from listings limit 1)",
        "update listings set expires_at = now() - interval '1 second'",
    ] {
        let chairs = town.offer(4).await;
        let id = town.propose(&chairs, 1).await.expect(201).str("/id");
        town.app.sql(ending).await;
        act(&town.giver.owner, &id, "accept", Value::Null).await.problem(409, "wrong_state");
        assert_eq!(read(&town.receiver.owner, &id).await.str("/state"), "proposed", "{ending}");
        town.app.sql("update network_groups set state = 'approved'; update listings set moderation = 'approved', expires_at = null").await;
        act(&town.giver.owner, &id, "accept", Value::Null).await.expect(200);
    }
}

#[actix_web::test]
async fn a_group_that_waits_for_approval_proposes_nothing() {
    let town = Town::new().await;
    let chairs = town.offer(4).await;
    town.app.sql(&format!("update network_groups set state = 'suspended' where group_id = '{}'", town.receiver.id)).await;
    town.propose(&chairs, 1).await.problem(409, "wrong_state");
    town.app.sql("update network_groups set state = 'approved'").await;
    let id = town.propose(&chairs, 1).await.expect(201).str("/id");
    town.app.sql(&format!("update network_groups set state = 'suspended' where group_id = '{}'", town.receiver.id)).await;
    act(&town.giver.owner, &id, "accept", Value::Null).await.problem(409, "wrong_state");
    assert_eq!(town.left(&town.giver, &chairs).await, 4);
}

#[actix_web::test]
async fn a_pair_that_staff_propose_takes_both_groups() {
    let town = Town::new().await;
    let bran = town.app.staff(town.network, "Bran", "broker").await;
    let (offer, want) = (town.offer(8).await, town.post(&town.receiver, json!({"kind": "want", "quantity": 5})).await);
    let address = format!("/v1/networks/{}/exchanges", town.network);
    let body = |offer: &str, want: &str| json!({"offer_id": offer, "want_id": want, "quantity": 5, "message": "Round the corner"});
    let made = bran.post(&address, body(&offer, &want)).await.expect(201);
    let id = made.str("/id");
    assert_eq!(
        (made.str("/you"), made.str("/message"), &made.body["actions"]),
        ("staff".into(), "Round the corner".into(), &json!(["withdraw"]))
    );
    assert_eq!(town.told(&town.giver, "exchange_proposed").await + town.told(&town.receiver, "exchange_proposed").await, 2);
    let half = act(&town.receiver.owner, &id, "accept", Value::Null).await.expect(200);
    assert_eq!((half.str("/state"), &half.body["actions"]), ("proposed".into(), &json!(["decline"])));
    act(&town.receiver.owner, &id, "accept", Value::Null).await.problem(409, "wrong_state");
    assert_eq!(town.left(&town.giver, &offer).await, 8);
    assert_eq!(act(&town.giver.owner, &id, "accept", Value::Null).await.expect(200).str("/state"), "accepted");
    assert_eq!((town.left(&town.giver, &offer).await, town.left(&town.receiver, &want).await), (3, 0));
    assert_eq!(town.told(&town.receiver, "exchange_accepted").await, 1);

    let (own, second) =
        (town.post(&town.giver, json!({"kind": "want"})).await, town.post(&town.receiver, json!({"kind": "want", "quantity": 5})).await);
    let smaller = |offer: &str, want: &str| json!({"offer_id": offer, "want_id": want, "quantity": 1});
    bran.post(&address, smaller(&offer, &own)).await.expect(422).refuses("/want_id", "own_listing");
    bran.post(&address, smaller(&second, &offer)).await.expect(422).refuses("/offer_id", "wrong_kind").refuses("/want_id", "wrong_kind");
    bran.post(&address, body(&offer, &second)).await.problem(409, "not_enough_left");
    let lent = town.post(&town.giver, json!({"quantity": 5, "basis": ["lend"]})).await;
    let gifts_alone = town.post(&town.receiver, json!({"kind": "want", "basis": ["give"]})).await;
    bran.post(&address, smaller(&lent, &gifts_alone)).await.expect(422).refuses("/want_id", "one_basis");
    let leek = town.app.network("leek").await;
    let foreign = town.app.staff(leek, "Fflur", "coordinator").await;
    foreign
        .post(format!("/v1/networks/{leek}/exchanges"), smaller(&offer, &second))
        .await
        .expect(422)
        .refuses("/offer_id", "other_network");
    foreign.post(&address, smaller(&offer, &second)).await.problem(403, "not_allowed");
    let third = bran.post(&address, smaller(&offer, &second)).await.expect(201).str("/id");
    act(&town.giver.owner, &third, "accept", Value::Null).await.expect(200);
    act(&town.giver.owner, &third, "decline", json!({"words": "After all not."})).await.expect(200);
}

#[actix_web::test]
async fn a_group_has_one_open_proposal_about_a_listing() {
    let town = Town::new().await;
    let (chairs, want) = (town.offer(20).await, town.post(&town.receiver, json!({"kind": "want", "quantity": 5})).await);
    let (one, other) = futures_util::future::join(town.propose(&chairs, 2), town.propose(&chairs, 3)).await;
    let (made, refused) = if one.status == 201 { (one, other) } else { (other, one) };
    refused.problem(409, "already_exists");
    let id = made.expect(201).str("/id");
    let with_want = json!({"listing_id": chairs, "with_listing_id": want, "quantity": 1});
    propose(&town.receiver, with_want.clone()).await.problem(409, "already_exists");
    assert_eq!(count(&town.app, "(select count(*) from threads)").await, 1, "what is refused leaves no trace");
    propose(&town.beside, json!({"listing_id": chairs, "quantity": 2})).await.expect(201);
    act(&town.giver.owner, &id, "accept", Value::Null).await.expect(200);
    let id = propose(&town.receiver, with_want).await.expect(201).str("/id");
    act(&town.receiver.owner, &id, "withdraw", Value::Null).await.expect(200);
    town.propose(&chairs, 4).await.expect(201);

    propose(&town.giver, json!({"listing_id": want, "quantity": 1})).await.expect(201);
    let with_chairs = json!({"listing_id": want, "with_listing_id": chairs, "quantity": 1});
    propose(&town.giver, with_chairs).await.problem(409, "already_exists");
    propose(&town.beside, json!({"listing_id": want, "quantity": 1})).await.expect(201);
}

#[actix_web::test]
async fn a_group_that_says_that_it_waits_before_it_chooses_waits_with_proposals_too() {
    let town = Town::new().await;
    let chairs = town.post(&town.giver, json!({"quantity": 9, "choose_after_hours": 48})).await;
    let want = town.post(&town.receiver, json!({"kind": "want", "quantity": 2, "choose_after_hours": 48})).await;
    let asked = propose(&town.receiver, json!({"listing_id": chairs, "with_listing_id": want, "quantity": 2})).await.expect(201).str("/id");
    let wanted_beside = town.post(&town.beside, json!({"kind": "want", "quantity": 1})).await;
    let pair = json!({"offer_id": chairs, "want_id": wanted_beside, "quantity": 1});
    let pair = town.mair.post(format!("/v1/networks/{}/exchanges", town.network), pair).await.expect(201).str("/id");
    act(&town.beside.owner, &pair, "accept", Value::Null).await.expect(200);
    for id in [&asked, &pair] {
        let refused = act(&town.giver.owner, id, "accept", Value::Null).await.problem(409, "wrong_state");
        assert!(refused.str("/detail").contains("waits until"), "{}", refused.text);
    }
    assert_eq!(town.left(&town.giver, &chairs).await, 9);
    // The wait of the one who asks is not in the way: it has chosen by asking.
    town.app.sql(&format!("update listings set published_at = published_at - interval '48 hours' where id = '{chairs}'")).await;
    for id in [&asked, &pair] {
        act(&town.giver.owner, id, "accept", Value::Null).await.expect(200);
    }
    assert_eq!(town.left(&town.giver, &chairs).await, 6);
}

#[actix_web::test]
async fn proposing_twice_with_one_key_proposes_once() {
    let town = Town::new().await;
    let chairs = town.offer(8).await;
    let keyed = town.receiver.owner.with("idempotency-key", "lunch-club-1");
    let address = format!("/v1/groups/{}/exchanges", town.receiver.id);
    let body = json!({"listing_id": chairs, "quantity": 2});
    let (first, again) = futures_util::future::join(keyed.post(&address, body.clone()), keyed.post(&address, body.clone())).await;
    assert_eq!(
        (first.expect(201).str("/id"), 1),
        (again.expect(201).str("/id"), count(&town.app, "(select count(*) from exchanges)").await)
    );
    keyed.post(&address, json!({"listing_id": chairs, "quantity": 3})).await.problem(422, "idempotency_key_reused");
    assert_eq!(town.told(&town.giver, "exchange_proposed").await, 1);
}

#[actix_web::test]
async fn declining_and_withdrawing_are_told_with_their_words() {
    let town = Town::new().await;
    let chairs = town.offer(8).await;
    let declined = town.propose(&chairs, 2).await.expect(201).str("/id");
    act(&town.giver.owner, &declined, "decline", json!({"words": "x".repeat(1001)})).await.expect(422).refuses("/words", "too_long");
    act(&town.giver.owner, &declined, "decline", json!({"words": "They go to the school."})).await.expect(200);
    let seen = read(&town.receiver.owner, &declined).await.expect(200);
    assert_eq!((seen.str("/end_reason"), seen.str("/end_words")), ("not_chosen".into(), "They go to the school.".into()));
    let withdrawn = town.propose(&chairs, 2).await.expect(201).str("/id");
    act(&town.giver.owner, &withdrawn, "withdraw", Value::Null).await.problem(403, "not_allowed");
    act(&town.receiver.owner, &withdrawn, "withdraw", Value::Null).await.expect(200);
    assert_eq!(town.told(&town.receiver, "exchange_declined").await, 1);
    assert_eq!(town.told(&town.giver, "exchange_withdrawn").await, 1);
}

#[actix_web::test]
async fn times_are_checked_against_the_clock() {
    let town = Town::new().await;
    let chairs = town.offer(8).await;
    let id = town.agreed(&chairs, 2).await;
    let at = |minutes| (town.app.now() + Duration::minutes(minutes)).to_rfc3339();
    for (body, field, code) in [
        (json!({"scheduled_for": at(-1)}), "/scheduled_for", "in_the_past"),
        (json!({"scheduled_for": at(60 * 24 * 370)}), "/scheduled_for", "too_far"),
        (json!({"scheduled_for": "tomorrow"}), "/scheduled_for", "not_a_time"),
        (json!({"scheduled_for": at(60), "scheduled_until": at(30)}), "/scheduled_until", "before_start"),
        (json!({"scheduled_for": at(60), "place": "two\nlines"}), "/place", "control_character"),
        (json!({"scheduled_for": at(60), "return_by": at(90)}), "/return_by", "given_for_good"),
    ] {
        act(&town.giver.owner, &id, "schedule", body).await.expect(422).refuses(field, code);
    }
    act(&town.giver.owner, &id, "hand-over", json!({"quantity": 3})).await.expect(422).refuses("/quantity", "out_of_range");
    assert_eq!(read(&town.giver.owner, &id).await.str("/state"), "accepted");
}
