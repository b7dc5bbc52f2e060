//! Matches over HTTP: what a group sees, what it can dismiss, and who may look.

use serde_json::{Value, json};

use crate::support::{Answer, Client, Group, TestApp, connect};

async fn post(client: &Client, group: &Group, listing: Value) -> String {
    client.post(format!("/v1/groups/{}/listings", group.id), listing).await.expect(201).str("/id")
}

/// St Mary's in Burslem has chairs and wants nappies; the food bank in Hanley wants chairs and has nappies.
struct Town {
    app: TestApp,
    marys: Group,
    bank: Group,
    chairs: String,
    wanted_chairs: String,
}

async fn town() -> Town {
    let app = TestApp::start().await;
    let network = app.network("stoke").await;
    let (marys, bank) = (app.group_at(network, "St Mary's", "burslem-stoke-on-trent").await, app.group(network, "Food Bank").await);
    let chairs = post(&marys.owner, &marys, json!({"kind": "offer", "title": "Forty folding chairs", "category": "seating", "quantity": 40, "unit": "chairs", "delivery_possible": true})).await;
    post(&marys.owner, &marys, json!({"kind": "want", "title": "Nappies, any size", "category": "nappies"})).await;
    let wanted_chairs =
        post(&bank.owner, &bank, json!({"kind": "want", "title": "30 folding chairs for lunches", "category": "seating", "quantity": 30}))
            .await;
    post(&bank.owner, &bank, json!({"kind": "offer", "title": "Surplus nappies", "category": "nappies"})).await;
    Town { app, marys, bank, chairs, wanted_chairs }
}

async fn matches(client: &Client, listing: &str) -> Answer {
    client.get(format!("/v1/listings/{listing}/matches")).await
}

#[actix_web::test]
async fn a_match_says_how_well_it_fits_and_why() {
    let town = town().await;
    let answer = matches(&town.bank.owner, &town.wanted_chairs).await.expect(200);
    assert_eq!(answer.each("/counterpart/title"), ["Forty folding chairs"]);
    let found = &answer.body["items"][0];
    let part = |name: &str| found["parts"][name].as_f64().unwrap();
    let sum = 0.5 * part("category") + 0.3 * part("nearness") + 0.1 * part("words") + 0.05 * part("freshness") + 0.05 * part("quantity");
    assert!((found["score"].as_f64().unwrap() - sum).abs() < 1e-12 && sum > 0.7, "{found}");
    assert_eq!((part("category"), part("quantity")), (1.0, 1.0));
    assert_eq!(
        (found["distance_band"].as_str(), found["distance_km"].as_i64(), found["two_way"].as_bool()),
        (Some("up_to_5_km"), Some(3), Some(true))
    );
    assert_eq!(
        found["reason"],
        "They have just what you want, about 3 km away (they can bring it), they have 40 and you want 30, posted today, and they want something you have."
    );
    let other_side = matches(&town.marys.owner, &town.chairs).await.expect(200);
    assert_eq!(other_side.each("/counterpart/group/name"), ["Food Bank"]);
    assert!(other_side.str("/items/0/reason").starts_with("They want just what you have, about 3 km away, they want 30 and you have 40"));
}

#[actix_web::test]
async fn a_group_sees_the_matches_of_all_its_listings_best_first_and_paged() {
    let town = town().await;
    let path = format!("/v1/groups/{}/matches", town.bank.id);
    let all = town.bank.owner.get(&path).await.expect(200);
    assert_eq!(all.each("/counterpart/kind").len(), 2);
    let scores: Vec<f64> = all.body["items"].as_array().unwrap().iter().map(|found| found["score"].as_f64().unwrap()).collect();
    assert!(scores[0] >= scores[1], "{scores:?}");
    let first = town.bank.owner.get(format!("{path}?limit=1")).await.expect(200);
    let second = town.bank.owner.get(format!("{path}?limit=1&cursor={}", first.str("/next_cursor"))).await.expect(200);
    assert_eq!([first.each("/counterpart/id"), second.each("/counterpart/id")].concat(), all.each("/counterpart/id"));
    assert!(second.body["next_cursor"].is_null());
    let foreign = format!("/v1/groups/{}/matches?cursor={}", town.marys.id, first.str("/next_cursor"));
    town.marys.owner.get(foreign).await.problem(400, "cursor_mismatch");
    town.bank.owner.get(format!("{path}?limit=0")).await.problem(422, "invalid_fields").refuses("limit", "out_of_range");
}

#[actix_web::test]
async fn a_dismissed_pair_is_hidden_from_both_until_it_is_restored() {
    let town = town().await;
    let dismissal = format!("/v1/listings/{}/dismissals/{}", town.wanted_chairs, town.chairs);
    for _ in 0..2 {
        town.bank.owner.put(&dismissal, Value::Null).await.expect(204);
    }
    assert!(matches(&town.bank.owner, &town.wanted_chairs).await.each("/listing_id").is_empty());
    assert!(matches(&town.marys.owner, &town.chairs).await.each("/listing_id").is_empty());
    let list = town.bank.owner.get(format!("/v1/listings/{}/dismissals", town.wanted_chairs)).await.expect(200);
    assert_eq!(list.each("/listing_id"), std::slice::from_ref(&town.chairs));
    // The other group's own dismissal is another one; it cannot take this one back.
    town.marys.owner.delete(format!("/v1/listings/{}/dismissals/{}", town.chairs, town.wanted_chairs)).await.problem(404, "not_found");
    town.bank.owner.delete(&dismissal).await.expect(204);
    town.bank.owner.delete(&dismissal).await.problem(404, "not_found");
    assert_eq!(matches(&town.marys.owner, &town.chairs).await.each("/listing_id").len(), 1);
    let two_offers = format!("/v1/listings/{}/dismissals/{}", town.chairs, town.chairs);
    town.marys.owner.put(two_offers, Value::Null).await.problem(409, "conflict");
    let nothing = format!("/v1/listings/{}/dismissals/{}", town.chairs, uuid::Uuid::now_v7());
    town.marys.owner.put(nothing, Value::Null).await.problem(404, "not_found");
}

#[actix_web::test]
async fn what_is_not_open_has_no_matches_and_is_none() {
    let town = town().await;
    town.app.sql(&format!("update network_groups set state = 'suspended' where group_id = '{}'", town.marys.id)).await;
    assert!(matches(&town.bank.owner, &town.wanted_chairs).await.expect(200).each("/listing_id").is_empty());
    assert!(matches(&town.marys.owner, &town.chairs).await.expect(200).each("/listing_id").is_empty());
    town.app.sql(&format!("update network_groups set state = 'approved' where group_id = '{}'", town.marys.id)).await;
    assert_eq!(matches(&town.bank.owner, &town.wanted_chairs).await.each("/listing_id").len(), 1);
    town.app.sql(&format!("insert into group_blocks values ('{}', '{}', now())", town.marys.id, town.bank.id)).await;
    assert!(matches(&town.bank.owner, &town.wanted_chairs).await.each("/listing_id").is_empty());
    assert!(matches(&town.marys.owner, &town.chairs).await.each("/listing_id").is_empty());
    town.app.sql("delete from group_blocks").await;
    town.app.advance(chrono::Duration::days(61));
    let owner = town.app.back_again(&town.bank.owner);
    assert!(matches(&owner, &town.wanted_chairs).await.each("/listing_id").is_empty(), "things expire after 60 days");
}

#[actix_web::test]
async fn only_insiders_see_matches() {
    let town = town().await;
    let path = format!("/v1/listings/{}/matches", town.chairs);
    town.app.visitor().get(&path).await.problem(401, "not_signed_in");
    town.bank.owner.get(&path).await.problem(403, "not_allowed");
    let coordinator = town.app.staff(town.marys.network, "Mair", "coordinator").await;
    assert_eq!(coordinator.get(&path).await.expect(200).each("/listing_id").len(), 1);
    let elsewhere = town.app.network("leek").await;
    town.app.staff(elsewhere, "Huw", "coordinator").await.get(&path).await.problem(403, "not_allowed");
    town.marys.owner.post(format!("/v1/listings/{}/withdraw", town.chairs), Value::Null).await.expect(200);
    town.bank.owner.get(&path).await.problem(404, "not_found");
    let viewer = town.app.member(&town.marys, "Vera", "viewer").await;
    viewer.get(&path).await.expect(200);
    viewer.put(format!("/v1/listings/{}/dismissals/{}", town.chairs, town.wanted_chairs), Value::Null).await.problem(403, "not_allowed");
    town.bank.owner.get(format!("/v1/groups/{}/matches", town.marys.id)).await.problem(403, "not_allowed");
}

#[actix_web::test]
async fn the_method_that_is_served_is_the_one_that_scores() {
    let town = town().await;
    let method = town.app.visitor().get("/v1/matching/method").await.expect(200);
    assert_eq!(method.str("/version"), "1");
    let weights = method.body["weights"].as_array().unwrap();
    let client = connect(&town.app.database.url).await;
    for (position, weight) in weights.iter().enumerate() {
        let parts: Vec<&str> = (0..5).map(|i| if i == position { "1" } else { "0" }).collect();
        let score: f64 = client.query_one(&format!("select match_score({})", parts.join(", ")), &[]).await.unwrap().get(0);
        assert_eq!(weight["weight"].as_f64(), Some(score), "{weight}");
    }
}
