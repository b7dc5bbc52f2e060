//! Similar listings over HTTP: who could ask or offer together, and what has been posted already.

use serde_json::{Value, json};

use crate::support::{Answer, Client, Group, Person, TestApp};

async fn post(client: &Client, group: &Group, query: &str, listing: Value) -> String {
    client.post(format!("/v1/groups/{}/listings{query}", group.id), listing).await.expect(201).str("/id")
}

fn chairs(kind: &str, title: &str) -> Value {
    json!({"kind": kind, "title": title, "category": "seating"})
}

async fn similar(client: &Client, listing: &str) -> Answer {
    client.get(format!("/v1/listings/{listing}/similar")).await.expect(200)
}

fn titles(answer: &Answer, list: &str) -> Vec<String> {
    let path = if list == "items" { "/counterpart/title" } else { "/listing/title" };
    answer.body[list].as_array().unwrap().iter().map(|item| item.pointer(path).unwrap().as_str().unwrap().to_owned()).collect()
}

/// St Mary's in Burslem, and three groups in Hanley.
struct Town {
    app: TestApp,
    marys: Group,
    others: Vec<Group>,
}

async fn town() -> Town {
    let app = TestApp::start().await;
    let network = app.network("stoke").await;
    let marys = app.group_at(network, "St Mary's", "burslem-stoke-on-trent").await;
    let mut others = Vec::new();
    for name in ["Food Bank", "Bowls Club", "Scouts"] {
        others.push(app.group(network, name).await);
    }
    Town { app, marys, others }
}

#[actix_web::test]
async fn groups_that_want_the_same_are_told_to_ask_together() {
    let town = town().await;
    let mine = post(&town.marys.owner, &town.marys, "", chairs("want", "Folding chairs")).await;
    let empty = similar(&town.marys.owner, &mine).await;
    assert_eq!((empty.str("/summary"), &empty.body["groups"]), ("No other group near you wants this just now.".to_owned(), &json!(0)));
    let [bank, bowls, scouts] = &town.others[..] else { panic!("three groups") };
    let mut wanted = chairs("want", "30 folding chairs for lunches");
    wanted["quantity"] = json!(30);
    post(&bank.owner, bank, "", wanted).await;
    assert_eq!(similar(&town.marys.owner, &mine).await.str("/summary"), "One other group wants this near you: ask together.");
    post(&bowls.owner, bowls, "", chairs("want", "Benches")).await;
    post(&scouts.owner, scouts, "", json!({"kind": "want", "title": "Any furniture", "category": "furniture"})).await;
    // Another one of a group that is counted already; what is offered; and what is about another thing.
    post(&scouts.owner, scouts, "", chairs("want", "Stools")).await;
    post(&scouts.owner, scouts, "", chairs("offer", "Folding chairs")).await;
    post(&scouts.owner, scouts, "", json!({"kind": "want", "title": "Folding tables", "category": "tables"})).await;
    let all = similar(&town.marys.owner, &mine).await;
    assert_eq!((all.str("/summary"), &all.body["groups"]), ("Three other groups want this near you: ask together.".to_owned(), &json!(3)));
    assert_eq!(all.each("/counterpart/title").len(), 4, "{}", all.text);
    let best = &all.body["items"][0];
    assert_eq!(best["reason"], "They want the same, 30 of it, about 3 km away.");
    assert_eq!((&best["parts"]["category"], &best["parts"]["quantity"], &best["distance_km"]), (&json!(1.0), &json!(1.0), &json!(3)));
    assert!(best.get("two_way").is_none() && best["listing_id"] == mine.as_str());
    let reasons = all.each("/reason");
    assert!(reasons.contains(&"They want the like (Furniture), about 3 km away.".to_owned()), "{reasons:?}");
    // It goes both ways.
    let theirs = best["counterpart"]["id"].as_str().unwrap();
    assert!(titles(&similar(&bank.owner, theirs).await, "items").contains(&"Folding chairs".to_owned()));
}

#[actix_web::test]
async fn those_who_offer_the_same_are_found_too_where_time_terms_and_blocks_allow() {
    let town = town().await;
    let [bank, bowls, scouts] = &town.others[..] else { panic!("three groups") };
    let week = |from: &str, until: &str| json!({"kind": "offer", "title": "Minibus", "category": "seating", "basis": ["lend"], "available_from": from, "available_until": until});
    let mine = post(&town.marys.owner, &town.marys, "", week("2030-06-01T00:00:00Z", "2030-06-08T00:00:00Z")).await;
    post(&bank.owner, bank, "", week("2030-06-08T00:00:00Z", "2030-06-15T00:00:00Z")).await;
    post(&bowls.owner, bowls, "", chairs("offer", "Minibus, to keep")).await;
    let theirs = post(&scouts.owner, scouts, "", week("2030-06-07T00:00:00Z", "2030-06-09T00:00:00Z")).await;
    let found = similar(&town.marys.owner, &mine).await;
    assert_eq!(found.each("/counterpart/id"), std::slice::from_ref(&theirs));
    assert_eq!(
        (found.str("/summary"), found.str("/items/0/reason")),
        ("One other group has this near you: offer it together.".to_owned(), "They have the same, about 3 km away.".to_owned())
    );
    town.app.sql(&format!("insert into group_blocks values ('{}', '{}', now())", scouts.id, town.marys.id)).await;
    assert!(similar(&town.marys.owner, &mine).await.each("/counterpart/id").is_empty());
    town.app.sql("delete from group_blocks").await;
    scouts.owner.post(format!("/v1/listings/{theirs}/withdraw"), Value::Null).await.expect(200);
    let none = similar(&town.marys.owner, &mine).await;
    assert_eq!((none.each("/counterpart/id").len(), none.str("/summary")), (0, "No other group near you has this just now.".to_owned()));
}

#[actix_web::test]
async fn what_a_group_has_posted_already_is_told_before_it_posts_again() {
    let town = town().await;
    let (owner, group) = (&town.marys.owner, &town.marys);
    post(owner, group, "", chairs("want", "Folding chairs for lunches")).await;
    post(owner, group, "", chairs("want", "Garden benches")).await;
    post(owner, group, "", chairs("offer", "Folding chairs for lunches")).await;
    post(owner, group, "", json!({"kind": "want", "title": "Folding chairs for lunches", "category": "tables"})).await;
    let other = &town.others[0];
    post(&other.owner, other, "", chairs("want", "Folding chairs for lunches")).await;
    // A draft, so that it can be told in time. Numbers, endings and synonyms do not make it another thing.
    let draft = post(owner, group, "?draft=true", chairs("want", "30 Folding chairs, for the lunch")).await;
    let found = similar(owner, &draft).await;
    assert_eq!(titles(&found, "duplicates"), ["Folding chairs for lunches"]);
    assert_eq!(found.str("/summary"), "One other group wants this near you: ask together. You have posted this already.");
    let day = town.app.now().format("%-d %B %Y");
    assert_eq!(found.str("/duplicates/0/reason"), format!("You posted this on {day} in the same words."));
    assert_eq!(titles(&found, "items"), ["Folding chairs for lunches"], "only another group's: {}", found.text);
    let twice = post(owner, group, "", chairs("want", "Folding chair (lunches)")).await;
    assert!(similar(owner, &draft).await.str("/summary").ends_with("You have posted this two times already."));
    owner.post(format!("/v1/listings/{twice}/withdraw"), Value::Null).await.expect(200);
    assert_eq!(similar(owner, &draft).await.body["duplicates"].as_array().unwrap().len(), 1);
    town.app.advance(chrono::Duration::days(61));
    let later = similar(&town.app.back_again(owner), &draft).await;
    assert!(later.body["duplicates"].as_array().unwrap().is_empty(), "what has expired is no duplicate");
}

#[actix_web::test]
async fn words_are_nearly_the_same_from_four_in_five_on() {
    let town = town().await;
    let (owner, group) = (&town.marys.owner, &town.marys);
    let asked = post(owner, group, "?draft=true", chairs("want", "green wooden garden kneeling cushions")).await;
    post(owner, group, "", chairs("want", "green wooden garden kneeling bench")).await;
    post(owner, group, "", chairs("want", "green wooden kneeling cushions")).await;
    post(owner, group, "", chairs("want", "green wooden cushions")).await;
    post(owner, group, "", chairs("want", "1 2 3")).await;
    let found = similar(owner, &asked).await;
    let mut near = titles(&found, "duplicates");
    near.sort();
    assert_eq!(near, ["green wooden garden kneeling bench", "green wooden kneeling cushions"], "{}", found.text);
    assert!(found.str("/duplicates/0/reason").ends_with(" in nearly the same words."));
    // Titles without a word are the same when they are the same.
    let numbers = post(owner, group, "?draft=true", chairs("want", "1 2 3")).await;
    assert_eq!(titles(&similar(owner, &numbers).await, "duplicates"), ["1 2 3"]);
}

#[actix_web::test]
async fn only_who_posted_for_another_group_is_told_of_it() {
    let town = town().await;
    let (marys, bank) = (&town.marys, &town.others[0]);
    let both: Person = town.app.member(marys, "Olwen", "editor").await;
    town.app
        .sql(&format!(
            "insert into memberships (group_id, user_id, role, created_at) values ('{}', '{}', 'editor', now())",
            bank.id, both.id
        ))
        .await;
    post(&both, bank, "", chairs("want", "Folding chairs")).await;
    post(&both, bank, "?draft=true", chairs("want", "Folding chairs")).await;
    let asked = post(&both, marys, "", chairs("want", "Folding chairs")).await;
    let found = similar(&both, &asked).await;
    let day = town.app.now().format("%-d %B %Y");
    assert_eq!(found.body["duplicates"].as_array().unwrap().len(), 1, "{}", found.text);
    assert_eq!(found.str("/duplicates/0/reason"), format!("You posted this for Food Bank on {day} in the same words."));
    assert!(
        similar(&marys.owner, &asked).await.body["duplicates"].as_array().unwrap().is_empty(),
        "who posts for whom is nobody's business"
    );
}

#[actix_web::test]
async fn pages_go_on_where_the_one_before_ended_and_say_the_same_of_all() {
    let town = town().await;
    for group in &town.others {
        post(&group.owner, group, "", chairs("want", "Folding chairs")).await;
    }
    let mine = post(&town.marys.owner, &town.marys, "", chairs("want", "Chairs that fold")).await;
    let all = similar(&town.marys.owner, &mine).await;
    let path = format!("/v1/listings/{mine}/similar?limit=2");
    let first = town.marys.owner.get(&path).await.expect(200);
    let cursor = first.str("/next_cursor");
    assert!(first.header("link").contains(&cursor), "{}", first.header("link"));
    let second = town.marys.owner.get(format!("{path}&cursor={cursor}")).await.expect(200);
    assert_eq!([first.each("/counterpart/id"), second.each("/counterpart/id")].concat(), all.each("/counterpart/id"));
    assert_eq!((second.str("/summary"), &second.body["next_cursor"]), (all.str("/summary"), &Value::Null));
    town.marys.owner.get(format!("/v1/listings/{mine}/matches?cursor={cursor}")).await.problem(400, "cursor_mismatch");
    town.marys.owner.get(format!("{path}1")).await.expect(200);
    town.marys
        .owner
        .get(format!("/v1/listings/{mine}/similar?limit=101"))
        .await
        .problem(422, "invalid_fields")
        .refuses("limit", "out_of_range");
}

#[actix_web::test]
async fn place_does_not_matter_between_remote_ones() {
    let town = town().await;
    let far = town.app.group_at(town.marys.network, "Far Away", "dundee-centre").await;
    let remote = |title: &str| json!({"kind": "want", "title": title, "category": "seating", "remote": true});
    post(&far.owner, &far, "", remote("Chairs")).await;
    let mine = post(&town.marys.owner, &town.marys, "", remote("Chairs by post")).await;
    let found = similar(&town.marys.owner, &mine).await;
    assert_eq!(found.str("/summary"), "One other group wants this: ask together.");
    assert_eq!(
        (found.str("/items/0/reason"), &found.body["items"][0]["distance_km"]),
        ("They want the same, and place does not matter.".to_owned(), &Value::Null)
    );
}

#[actix_web::test]
async fn only_insiders_ask_for_similar_listings() {
    let town = town().await;
    let mine = post(&town.marys.owner, &town.marys, "", chairs("want", "Folding chairs")).await;
    let draft = post(&town.marys.owner, &town.marys, "?draft=true", chairs("want", "Folding chairs")).await;
    let path = format!("/v1/listings/{mine}/similar");
    town.app.visitor().get(&path).await.problem(401, "not_signed_in");
    town.others[0].owner.get(&path).await.problem(403, "not_allowed");
    town.others[0].owner.get(format!("/v1/listings/{draft}/similar")).await.problem(404, "not_found");
    town.app.staff(town.marys.network, "Mair", "broker").await.get(&path).await.expect(200);
    town.app.member(&town.marys, "Vera", "viewer").await.get(format!("/v1/listings/{draft}/similar")).await.expect(200);
}

#[actix_web::test]
async fn a_networks_staff_do_not_learn_what_a_group_has_posted_elsewhere() {
    let town = town().await;
    let (marys, leek) = (&town.marys, town.app.network("leek").await);
    town.app
        .sql(&format!(
            "insert into network_groups (network_id, group_id, state, decided_at, requested_at) values ('{leek}', '{}', 'suspended', now(), now())",
            marys.id
        ))
        .await;
    let in_network = |network| json!({"kind": "offer", "title": "Folding chairs", "category": "seating", "network_id": network});
    let asked = post(&marys.owner, marys, "", in_network(marys.network)).await;
    post(&marys.owner, marys, "", in_network(leek)).await;
    let staff = town.app.staff(marys.network, "Mair", "coordinator").await;
    assert!(titles(&similar(&staff, &asked).await, "duplicates").is_empty());
    town.app.sql("update network_groups set state = 'approved'").await;
    assert_eq!(titles(&similar(&staff, &asked).await, "duplicates"), ["Folding chairs"], "what everybody may see is no secret");
}
