//! What became of exchanges, and the stories that may be published.

use serde_json::{Value, json};

use super::Town;

#[actix_web::test]
async fn each_group_tells_its_own_and_staff_read_a_story_only_when_it_may_be_published() {
    let town = Town::new().await;
    let chairs = town.offer(8).await;
    let open = town.agreed(&chairs, 1).await;
    let at = |id: &str| format!("/v1/exchanges/{id}/outcome");
    town.giver.owner.put(at(&open), json!({"how_it_went": "well"})).await.problem(409, "wrong_state");
    let id = town.completed(&chairs, 2).await;
    let told = json!({"how_it_went": "fairly", "people_helped": 35, "amount": 80.5, "story": "Y clwb cinio"});
    let outcome = town.receiver.owner.put(at(&id), told).await.expect(200);
    assert_eq!((outcome.str("/side"), outcome.str("/measure")), ("receiver".into(), "kilograms".into()));
    town.giver.owner.put(at(&id), json!({"how_it_went": "well"})).await.expect(200);
    let list = format!("/v1/exchanges/{id}/outcomes");
    assert_eq!(town.giver.owner.get(&list).await.expect(200).each("/story"), ["Y clwb cinio", "null"]);
    assert_eq!(town.mair.get(&list).await.expect(200).each("/story"), ["null", "null"]);
    town.mair.put(at(&id), json!({"how_it_went": "well"})).await.problem(403, "not_allowed");
    let again = json!({"how_it_went": "well", "story": "Y clwb cinio", "may_publish": true});
    let again = town.receiver.owner.put(at(&id), again).await.expect(200);
    assert_eq!(
        (&again.body["people_helped"], &again.body["measure"], again.str("/created_at")),
        (&Value::Null, &Value::Null, outcome.str("/created_at"))
    );
    assert_eq!(town.mair.get(&list).await.expect(200).each("/story"), ["Y clwb cinio", "null"]);
}

#[actix_web::test]
async fn an_outcome_is_counted_in_the_measure_of_its_resource_type() {
    let town = Town::new().await;
    for (category, measure) in [
        ("seating", "kilograms"),
        ("halls-and-rooms", "room_hours"),
        ("money-and-governance", "hours"),
        ("event-help", "hours"),
        ("tinned-food", "kilograms"),
        ("minibuses", "miles"),
    ] {
        let listing = town.post(&town.giver, json!({"category": category, "quantity": 3})).await;
        let id = town.completed(&listing, 1).await;
        let told = json!({"how_it_went": "well", "amount": 3});
        let outcome = town.giver.owner.put(format!("/v1/exchanges/{id}/outcome"), told).await.expect(200);
        assert_eq!(outcome.str("/measure"), measure);
    }
}

#[actix_web::test]
async fn fields_of_an_outcome_that_do_not_fit_are_named() {
    let town = Town::new().await;
    let chairs = town.offer(8).await;
    let id = town.completed(&chairs, 2).await;
    for (body, field, code) in [
        (json!({"how_it_went": "great"}), "/how_it_went", "not_one_of"),
        (json!({"how_it_went": "well", "people_helped": -1}), "/people_helped", "out_of_range"),
        (json!({"how_it_went": "well", "amount": 1e9}), "/amount", "out_of_range"),
        (json!({"how_it_went": "well", "may_publish": true}), "/story", "required"),
        (json!({"how_it_went": "well", "story": " "}), "/story", "required"),
        (json!({"how_it_went": "well", "measure": "miles"}), "/measure", "unknown_field"),
    ] {
        town.giver.owner.put(format!("/v1/exchanges/{id}/outcome"), body).await.expect(422).refuses(field, code);
    }
}

#[actix_web::test]
async fn stories_are_public_page_by_page_and_name_only_who_agreed() {
    let town = Town::new().await;
    let chairs = town.offer(8).await;
    for (number, publish) in [(1, true), (2, false), (3, true)] {
        let id = town.completed(&chairs, 1).await;
        let told = json!({"how_it_went": "well", "story": format!("Story {number}"), "may_publish": publish});
        town.receiver.owner.put(format!("/v1/exchanges/{id}/outcome"), told).await.expect(200);
    }
    let address = format!("/v1/networks/{}/stories", town.network);
    let visitor = town.app.visitor();
    let first = visitor.get(format!("{address}?limit=1")).await.expect(200);
    let second = visitor.get(format!("{address}?limit=1&cursor={}", first.str("/next_cursor"))).await.expect(200);
    assert_eq!((first.each("/story"), second.each("/story")), (vec!["Story 3".to_owned()], vec!["Story 1".to_owned()]));
    assert!(second.body["next_cursor"].is_null());
    assert_eq!(first.str("/items/0/group/name"), "Caffi'r Môr");
    assert!(!first.text.contains("St Mary's"), "the other group has not been asked: {}", first.text);
    town.app.sql(&format!("update network_groups set state = 'suspended' where group_id = '{}'", town.receiver.id)).await;
    assert_eq!(visitor.get(&address).await.expect(200).body["items"], json!([]));
    visitor.get("/v1/networks/01980a8e-0000-7000-8000-000000000000/stories").await.problem(404, "not_found");
}
