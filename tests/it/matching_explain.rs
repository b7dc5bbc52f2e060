//! Matches in words, and why a pair matches or not: what is said, to whom, and what nobody learns.

use serde_json::{Value, json};

use crate::support::{Answer, Client, Group, TestApp};

async fn post(client: &Client, group: &Group, listing: Value) -> String {
    client.post(format!("/v1/groups/{}/listings", group.id), listing).await.expect(201).str("/id")
}

async fn explain(client: &Client, offer: &str, want: &str) -> Answer {
    client.get(format!("/v1/matching/explain?offer={offer}&want={want}")).await
}

/// What somebody can tell two answers apart by.
fn tellable(answer: &Answer) -> (u16, Value) {
    let mut body = answer.body.clone();
    if let Some(fields) = body.as_object_mut() {
        fields.retain(|name, _| !["instance", "request_id"].contains(&name.as_str()));
    }
    (answer.status, body)
}

/// The conditions that are not met, each with its sentence.
fn unmet(answer: &Answer) -> Vec<(String, String)> {
    let conditions = answer.body["conditions"].as_array().unwrap().iter();
    let unmet = conditions.filter(|condition| condition["met"] == false);
    unmet.map(|c| (c["condition"].as_str().unwrap().to_owned(), c["detail"].as_str().unwrap().to_owned())).collect()
}

/// St Mary's in Burslem has chairs; the food bank in Hanley wants some. The chapel is of another network.
struct Town {
    app: TestApp,
    marys: Group,
    bank: Group,
    chapel: Group,
    chairs: String,
    wanted: String,
}

async fn town() -> Town {
    let app = TestApp::start().await;
    let (stoke, leek) = (app.network("stoke").await, app.network("leek").await);
    let (marys, bank) = (app.group_at(stoke, "St Mary's", "burslem-stoke-on-trent").await, app.group(stoke, "Bwyd Môn").await);
    let chapel = app.group_at(leek, "Chapel", "leek-staffordshire").await;
    let chairs = post(&marys.owner, &marys, json!({"kind": "offer", "title": "Forty folding chairs", "category": "seating", "quantity": 40, "unit": "chairs", "delivery_possible": true})).await;
    let wanted = post(
        &bank.owner,
        &bank,
        json!({"kind": "want", "title": "Folding chairs", "category": "seating", "quantity": 30, "unit": "Chairs"}),
    )
    .await;
    Town { app, marys, bank, chapel, chairs, wanted }
}

/// Makes every listing as fresh as can be for an hour, so that scores do not change while a test looks at them.
async fn keep_fresh(app: &TestApp) {
    app.sql("update listings set published_at = published_at + interval '1 hour'").await;
}

#[actix_web::test]
async fn each_part_of_a_match_is_said_in_words() {
    let town = town().await;
    let mine = town.bank.owner.get(format!("/v1/listings/{}/matches", town.wanted)).await.expect(200);
    let expected = json!({
        "category": "just what you want", "nearness": "about 3 km away (they can bring it)", "words": "1 of 2 words in common",
        "freshness": "posted today", "quantity": "they have 40 chairs and you want 30"
    });
    assert_eq!(mine.body["items"][0]["in_words"], expected);
    let sentence = "They have just what you want, about 3 km away (they can bring it), they have 40 chairs and you want 30, posted today.";
    assert_eq!(mine.str("/items/0/reason"), sentence);
    town.app.advance(chrono::Duration::days(9));
    town.app.back_again(&town.marys.owner).post(format!("/v1/listings/{}/renew", town.chairs), Value::Null).await.expect(200);
    town.app.advance(chrono::Duration::days(2));
    let later = town.app.back_again(&town.bank.owner).get(format!("/v1/listings/{}/matches", town.wanted)).await.expect(200);
    assert_eq!(later.str("/items/0/in_words/freshness"), "confirmed this week");
    let theirs = town.app.back_again(&town.marys.owner).get(format!("/v1/listings/{}/matches", town.chairs)).await.expect(200);
    assert_eq!(theirs.str("/items/0/in_words/freshness"), "posted this month");
}

#[actix_web::test]
async fn a_pair_that_matches_is_explained_as_the_list_has_it() {
    let town = town().await;
    keep_fresh(&town.app).await;
    for (client, seeker, side) in [(&town.bank.owner, &town.wanted, "want"), (&town.marys.owner, &town.chairs, "offer")] {
        let listed = client.get(format!("/v1/listings/{seeker}/matches")).await.expect(200).body["items"][0].clone();
        let answer = explain(client, &town.chairs, &town.wanted).await.expect(200);
        assert_eq!((answer.body["eligible"].as_bool(), answer.str("/summary").as_str()), (Some(true), "These two match."));
        assert_eq!(answer.str("/seen_from"), side);
        assert_eq!(unmet(&answer), []);
        let names = ["offer_open", "want_open", "different_groups", "not_refused", "times", "basis", "place", "thing"];
        assert_eq!(
            answer.body["conditions"].as_array().unwrap().iter().map(|c| c["condition"].as_str().unwrap()).collect::<Vec<_>>(),
            names
        );
        assert_eq!((&answer.body["score"], &answer.body["distance_km"]), (&listed["score"], &listed["distance_km"]));
        let mut sum = 0.0;
        for part in answer.body["parts"].as_array().unwrap() {
            let name = part["part"].as_str().unwrap();
            assert_eq!((&part["value"], &part["in_words"]), (&listed["parts"][name], &listed["in_words"][name]));
            sum += part["adds"].as_f64().unwrap();
        }
        assert!((sum - listed["score"].as_f64().unwrap()).abs() < 1e-12, "{sum}");
        assert_eq!((answer.str("/offer/id"), answer.str("/want/id")), (town.chairs.clone(), town.wanted.clone()));
    }
    let code = town.marys.owner.get(format!("/v1/listings/{}", town.chairs)).await.expect(200).str("/code").to_lowercase();
    assert_eq!(explain(&town.bank.owner, &code, &town.wanted).await.expect(200).str("/offer/id"), town.chairs);
}

#[actix_web::test]
async fn what_is_in_the_way_is_said_with_what_would_mend_it() {
    let town = town().await;
    let far = post(
        &town.chapel.owner,
        &town.chapel,
        json!({"kind": "offer", "title": "A dozen pews to borrow", "category": "seating", "basis": ["lend"], "reach_km": 2, "available_until": "2100-01-01T00:00:00Z"}),
    )
    .await;
    let near =
        json!({"kind": "want", "title": "Folding chairs", "category": "seating", "reach_km": 5, "available_from": "2100-01-02T00:00:00Z"});
    let late = post(&town.marys.owner, &town.marys, near).await;
    let answer = explain(&town.chapel.owner, &far, &late).await.expect(200);
    let expected = [
        (
            "times",
            "Your offer ends (1 January 2100, 00:00 UTC) before their want begins (2 January 2100, 00:00 UTC). Change the times of one of the two.",
        ),
        (
            "basis",
            "Your offer is a loan, and their want accepts only a gift. Add lend to the basis of their want, or make that of your offer give.",
        ),
        (
            "place",
            "Leek and Burslem are about 13 km apart, and neither group goes farther than 5 km for this. Raise the reach of your offer or of their want to 14 km.",
        ),
    ];
    assert_eq!(unmet(&answer), expected.map(|(name, detail)| (name.to_owned(), detail.to_owned())));
    assert_eq!(answer.str("/summary"), format!("These two do not match. {}", expected.map(|(_, detail)| detail).join(" ")));
    assert_eq!((answer.body["eligible"].as_bool(), &answer.body["score"], &answer.body["parts"]), (Some(false), &Value::Null, &json!([])));
    // When place and thing fit, it says what the score would be. St Mary's reads the same from the other side.
    town.chapel.owner.patch(format!("/v1/listings/{far}"), "*", json!({"reach_km": 14})).await.expect(200);
    let answer = explain(&town.marys.owner, &far, &late).await.expect(200);
    assert_eq!(unmet(&answer).into_iter().map(|(name, _)| name).collect::<Vec<_>>(), ["times", "basis"]);
    assert!(answer.str("/conditions/4/detail").starts_with("Their offer ends"), "{}", answer.text);
    assert!(answer.body["score"].as_f64().unwrap() > 0.5 && answer.body["parts"].as_array().unwrap().len() == 5);
    let own = post(&town.bank.owner, &town.bank, json!({"kind": "offer", "title": "Folding chairs", "category": "nappies"})).await;
    let answer = explain(&town.bank.owner, &own, &town.wanted).await.expect(200);
    assert_eq!(
        unmet(&answer)[0],
        ("different_groups".to_owned(), "Both belong to Bwyd Môn, and a group is not matched with itself.".to_owned())
    );
}

#[actix_web::test]
async fn why_a_listing_is_not_open_is_for_its_own_people_and_to_others_it_is_not_there() {
    let town = town().await;
    let nothing = uuid::Uuid::now_v7().to_string();
    let (mair, huw) =
        (town.app.staff(town.marys.network, "Mair", "broker").await, town.app.staff(town.chapel.network, "Huw", "coordinator").await);
    let to_chapel = post(&town.chapel.owner, &town.chapel, json!({"kind": "want", "title": "Chairs", "category": "seating"})).await;
    let chairs = &town.chairs;
    for (change, why) in [
        ("state = 'withdrawn'", "It has been withdrawn: renew it."),
        ("moderation = 'held'", "The network holds it back while somebody looks into it: ask a coordinator."),
        ("quantity_promised = 40", "All of it has been promised: raise its quantity, if there is more."),
        ("expires_at = published_at", "Its time has run out: renew it."),
    ] {
        town.app.sql(&format!("update listings set {change} where id = '{chairs}'")).await;
        let own = explain(&town.marys.owner, chairs, &town.wanted).await.expect(200);
        assert_eq!(unmet(&own), [("offer_open".to_owned(), format!("Your offer is not open. {why}"))]);
        assert_eq!(unmet(&explain(&mair, chairs, &town.wanted).await)[0].1, format!("The offer is not open. {why}"));
        let absent = explain(&town.bank.owner, &nothing, &town.wanted).await.problem(404, "not_found").refuses("offer", "unknown");
        assert_eq!(tellable(&explain(&town.bank.owner, chairs, &town.wanted).await), tellable(&absent));
        assert_eq!(tellable(&explain(&huw, chairs, &to_chapel).await), tellable(&absent), "staff of another network");
        town.app.sql(&format!("update listings set state = 'active', moderation = 'approved', quantity_promised = 0, expires_at = null where id = '{chairs}'")).await;
    }
    town.app.sql(&format!("update network_groups set state = 'suspended' where group_id = '{}'", town.marys.id)).await;
    let own = explain(&town.marys.owner, chairs, &town.wanted).await.expect(200);
    assert!(unmet(&own)[0].1.contains("Its group is not in good standing"), "{}", own.text);
    explain(&town.bank.owner, chairs, &town.wanted).await.problem(404, "not_found");
}

#[actix_web::test]
async fn a_group_cannot_tell_a_block_from_a_dismissal_by_the_other() {
    let town = town().await;
    keep_fresh(&town.app).await;
    let (chairs, wanted) = (&town.chairs, &town.wanted);
    let viewer = town.app.member(&town.marys, "Vera", "viewer").await;
    let mair = town.app.staff(town.marys.network, "Mair", "broker").await;
    let dismissal = format!("/v1/listings/{chairs}/dismissals/{wanted}");
    town.marys.owner.put(&dismissal, Value::Null).await.expect(204);
    let dismissed = explain(&town.bank.owner, chairs, wanted).await.expect(200);
    assert_eq!(unmet(&dismissed), [("not_refused".to_owned(), "One of the two groups does not want this match.".to_owned())]);
    let own = "Your group has dismissed this match. Restore it.";
    assert_eq!(unmet(&explain(&viewer, chairs, wanted).await)[0].1, own);
    assert_eq!(unmet(&explain(&mair, chairs, wanted).await)[0].1, "St Mary's has dismissed this match. Only St Mary's can restore it.");
    town.marys.owner.delete(&dismissal).await.expect(204);

    let block = format!("/v1/groups/{}/blocks/{}", town.marys.id, town.bank.id);
    town.marys.owner.put(&block, Value::Null).await.expect(204);
    let blocked = explain(&town.bank.owner, chairs, wanted).await.expect(200);
    assert_eq!(tellable(&blocked), tellable(&dismissed));
    assert_eq!(unmet(&explain(&town.marys.owner, chairs, wanted).await)[0].1, "Your group has blocked Bwyd Môn. Lift the block.");
    assert_eq!(unmet(&explain(&viewer, chairs, wanted).await), unmet(&blocked), "the list of blocks is for editors");
    assert_eq!(unmet(&explain(&mair, chairs, wanted).await)[0].1, "St Mary's has blocked Bwyd Môn. Only St Mary's can lift the block.");
    // Staff of the other network look after the other group, and know as much as it does.
    let pews =
        post(&town.chapel.owner, &town.chapel, json!({"kind": "want", "title": "Chairs", "category": "seating", "reach_km": 50})).await;
    town.marys.owner.put(format!("/v1/groups/{}/blocks/{}", town.marys.id, town.chapel.id), Value::Null).await.expect(204);
    let huw = town.app.staff(town.chapel.network, "Huw", "coordinator").await;
    assert_eq!(unmet(&explain(&huw, chairs, &pews).await.expect(200)), unmet(&blocked));
}

#[actix_web::test]
async fn only_the_two_groups_and_their_networks_staff_may_ask() {
    let town = town().await;
    let path = format!("/v1/matching/explain?offer={}&want={}", town.chairs, town.wanted);
    town.app.visitor().get(&path).await.problem(401, "not_signed_in");
    town.chapel.owner.get(&path).await.problem(403, "not_allowed");
    let huw = town.app.staff(town.chapel.network, "Huw", "coordinator").await;
    huw.get(&path).await.problem(403, "not_allowed");
    town.marys.owner.post(format!("/v1/listings/{}/withdraw", town.chairs), Value::Null).await.expect(200);
    for stranger in [&town.chapel.owner, &huw] {
        let there = stranger.get(&path).await.problem(404, "not_found");
        let absent = explain(stranger, &uuid::Uuid::now_v7().to_string(), &town.wanted).await;
        assert_eq!(tellable(&there), tellable(&absent));
    }
}

#[actix_web::test]
async fn parameters_that_do_not_fit_are_named() {
    let town = town().await;
    let get = async |query: &str| town.bank.owner.get(format!("/v1/matching/explain{query}")).await;
    get("").await.problem(422, "invalid_fields").refuses("offer", "required").refuses("want", "required");
    let malformed = get("?offer=chairs%20please&want=").await.problem(422, "invalid_fields");
    malformed.refuses("offer", "not_an_id").refuses("want", "not_an_id");
    get(&format!("?offer={}&want={}&near=me", town.chairs, town.wanted))
        .await
        .problem(400, "unknown_parameter")
        .refuses("near", "unknown_parameter");
    get(&format!("?offer={0}&offer={0}&want={1}", town.chairs, town.wanted))
        .await
        .problem(400, "invalid_request")
        .refuses("offer", "duplicate_parameter");
    let swapped = get(&format!("?offer={}&want={}", town.wanted, town.chairs)).await.problem(422, "invalid_fields");
    assert_eq!(swapped.body["errors"][0]["detail"], "This listing is a want: give it as want=.");
    swapped.refuses("offer", "wrong_kind").refuses("want", "wrong_kind");
    let twice = get(&format!("?offer={0}&want={0}", town.wanted)).await.problem(422, "invalid_fields");
    assert_eq!(twice.body["errors"].as_array().unwrap().len(), 1);
    let nothing = uuid::Uuid::now_v7();
    let unknown = get(&format!("?offer={nothing}&want=ZZZZZ")).await.problem(404, "not_found");
    unknown.refuses("offer", "unknown").refuses("want", "unknown");
}

#[actix_web::test]
async fn a_listing_that_nobody_could_see_yet_does_not_tell_who_has_blocked_whom() {
    let town = town().await;
    let path = |draft| format!("/v1/groups/{}/listings?draft={draft}", town.bank.id);
    let body = json!({"kind": "want", "title": "Folding chairs", "category": "seating"});
    let draft = town.bank.owner.post(path(true), body.clone()).await.expect(201).str("/id");
    let sleeping = town.bank.owner.post(path(true), body.clone()).await.expect(201).str("/id");
    let until = json!({"until": town.app.now() + chrono::Duration::days(3)});
    town.bank.owner.post(format!("/v1/listings/{sleeping}/pause"), until).await.expect(200);
    town.app.sql("update network_policies set review = 'before'").await;
    let pending = town.bank.owner.post(path(false), body.clone()).await.expect(201);
    assert_eq!(pending.str("/moderation"), "pending");
    keep_fresh(&town.app).await;
    let let_in = |state: &str| format!("update network_groups set state = '{state}' where group_id = '{}'", town.bank.id);
    let block = format!("insert into group_blocks values ('{}', '{}', now())", town.marys.id, town.bank.id);
    for (listing, state) in
        [(&draft, "approved"), (&sleeping, "approved"), (&pending.str("/id"), "approved"), (&town.wanted, "changes_requested")]
    {
        town.app.sql(&let_in(state)).await;
        let free = explain(&town.bank.owner, &town.chairs, listing).await.expect(200);
        town.app.sql(&block).await;
        let blocked = explain(&town.bank.owner, &town.chairs, listing).await.expect(200);
        assert_eq!(tellable(&free), tellable(&blocked), "nobody can have dismissed it, so a refusal would be a block");
        assert!(unmet(&blocked).iter().all(|(condition, _)| condition != "not_refused"), "{:?}", unmet(&blocked));
        town.app.sql("delete from group_blocks").await;
    }
}

#[actix_web::test]
async fn a_title_of_one_endless_word_is_matched_like_any_other() {
    let town = town().await;
    let endless = post(&town.marys.owner, &town.marys, json!({"kind": "offer", "title": "㌖".repeat(120), "category": "seating"})).await;
    for question in ["matches", "similar"] {
        town.marys.owner.get(format!("/v1/listings/{endless}/{question}")).await.expect(200);
    }
    explain(&town.marys.owner, &endless, &town.wanted).await.expect(200);
}
