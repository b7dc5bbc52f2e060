//! The queue: order, filters, facts, claims, load.

use chrono::Duration;
use gotit::moderation::{
    QueueKind,
    service::{Opening, open},
};
use serde_json::{Value, json};

use super::{Town, because};

#[actix_web::test]
async fn the_oldest_promise_comes_first_and_pages_go_on_where_they_stopped() {
    let town = Town::new().await;
    let mut items = Vec::new();
    for number in 0..5 {
        items.push(town.listed(&format!("Chairs number {number}"), "approved").await.1);
        town.app.advance(Duration::minutes(1));
    }
    let (mut seen, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = town.mair.get(format!("{}?limit=2{cursor}", town.queue())).await.expect(200);
        seen.extend(page.each("/id"));
        match page.body["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    assert_eq!(seen, items);
    let page = town.mair.get(format!("{}?limit=2", town.queue())).await.expect(200);
    let elsewhere = format!("{}?kind=listing&cursor={}", town.queue(), page.str("/next_cursor"));
    town.mair.get(elsewhere).await.problem(400, "cursor_mismatch");
}

#[actix_web::test]
async fn an_item_brings_everything_that_a_decision_needs() {
    let town = Town::new().await;
    let twin = town.post("Folding chairs, forty").await;
    let (listing, item) = town.listed("Forty folding chairs", "pending").await;
    town.app
        .sql(&format!(
            "insert into reports (id, code, network_id, listing_id, group_id, reason, reporter_mark, made_at)
             values (gen_random_uuid(), 'ABCDEFGH', '{}', '{listing}', '{}', 'misleading', sha256('x'), now())",
            town.network, town.group.id
        ))
        .await;
    let found = town.mair.get(format!("{}/{item}", town.queue())).await.expect(200);
    assert_eq!(found.str("/listing/title"), "Forty folding chairs");
    assert_eq!(found.str("/group/name"), "Caffi'r Môr");
    assert_eq!(found.str("/group/standing"), "approved");
    assert_eq!(found.body["group"]["reports"], 1);
    assert_eq!(found.body["reports"], json!([{"reason": "misleading", "count": 1}]));
    assert_eq!(found.str("/findings/0/words"), "01782 000 111");
    assert!(found.str("/findings/0/detail").contains("01782 000 111"));
    assert_eq!(found.str("/alike/0/id"), twin);
    assert_eq!(found.body["deeds"], json!(["approve", "ask_changes", "reject", "hold", "turn", "merge"]));
    assert_eq!(found.body["claim"], Value::Null);
    town.decide(&town.mair, &item, json!({"deed": "approve"})).await.expect(200);
    let decided = town.mair.get(format!("{}/{item}", town.queue())).await.expect(200);
    assert_eq!((decided.str("/state"), decided.str("/decision/deed")), ("decided".into(), "approve".into()));
    assert_eq!((&decided.body["deeds"], &decided.body["group"]["approved"]), (&json!([]), &json!(1)));
}

#[actix_web::test]
async fn filters_combine() {
    let town = Town::new().await;
    let other = town.app.group(town.network, "Etruria Bowls Club").await;
    let (_, own) = town.listed("Forty folding chairs", "approved").await;
    let of_group = town.open_of(other.id, QueueKind::Group, other.id.0, None).await;
    let list = async |query: &str| town.mair.get(format!("{}?{query}", town.queue())).await.expect(200).each("/id");
    assert_eq!(list("").await.len(), 2);
    assert_eq!(list("kind=group").await, [of_group.as_str()]);
    assert_eq!(list(&format!("group_id={}", town.group.id)).await, [own.as_str()]);
    assert_eq!(list("finding=contact_details").await.len(), 2);
    assert_eq!(list("finding=alcohol").await.len(), 0);
    town.mair.post(format!("{}/{own}/claim", town.queue()), Value::Null).await.expect(200);
    assert_eq!(list("claimed=me").await, [own.as_str()]);
    assert_eq!(list("claimed=nobody").await, [of_group.as_str()]);
    assert_eq!(list("claimed=nobody&kind=listing").await.len(), 0);
    for (query, field) in
        [("kind=cat", "kind"), ("finding=cat", "finding"), ("claimed=cat", "claimed"), ("group_id=cat", "group_id"), ("limit=101", "limit")]
    {
        let refused = town.mair.get(format!("{}?{query}", town.queue())).await.expect(422);
        assert_eq!(refused.str("/errors/0/parameter"), field);
    }
}

#[actix_web::test]
async fn opening_what_waits_already_leaves_it_where_it_is() {
    let town = Town::new().await;
    let (listing, item) = town.listed("Forty folding chairs", "pending").await;
    town.app.advance(Duration::hours(1));
    assert_eq!(town.open(QueueKind::Listing, listing.parse().unwrap(), Some(&listing)).await, item);
    assert_eq!(town.again(&town.mair).get(town.queue()).await.expect(200).each("/id").len(), 1);
}

#[actix_web::test]
async fn a_claim_keeps_others_away_for_a_quarter_of_an_hour() {
    let town = Town::new().await;
    let (_, item) = town.listed("Forty folding chairs", "pending").await;
    let claim = format!("{}/{item}/claim", town.queue());
    let claimed = town.mair.post(&claim, Value::Null).await.expect(200);
    assert_eq!((claimed.str("/claim/name"), &claimed.body["claim"]["is_mine"]), ("Mair".into(), &json!(true)));
    town.nerys.post(&claim, Value::Null).await.problem(409, "claimed");
    town.nerys.delete(&claim).await.problem(409, "claimed");
    town.decide(&town.nerys, &item, because("reject")).await.problem(409, "claimed");
    town.app.advance(Duration::minutes(14));
    let (mair, nerys) = (town.again(&town.mair), town.again(&town.nerys));
    mair.post(&claim, Value::Null).await.expect(200);
    town.app.advance(Duration::minutes(14));
    let (mair, nerys_still) = (town.again(&town.mair), town.again(&town.nerys));
    nerys_still.post(&claim, Value::Null).await.problem(409, "claimed");
    drop((mair, nerys));
    town.app.advance(Duration::seconds(61));
    let (mair, nerys) = (town.again(&town.mair), town.again(&town.nerys));
    nerys.post(&claim, Value::Null).await.expect(200);
    mair.post(&claim, Value::Null).await.problem(409, "claimed");
    nerys.delete(&claim).await.expect(204);
    nerys.delete(&claim).await.expect(204);
    mair.post(&claim, Value::Null).await.expect(200);
    town.decide(&mair, &item, because("reject")).await.expect(200);
    mair.post(&claim, Value::Null).await.problem(409, "already_decided");
}

#[actix_web::test]
async fn who_is_no_coordinator_any_more_is_at_nothing() {
    let town = Town::new().await;
    let (_, item) = town.listed("Forty folding chairs", "pending").await;
    let claim = format!("{}/{item}/claim", town.queue());
    let staff = format!("/v1/networks/{}/staff/{}", town.network, town.nerys.id);
    town.nerys.post(&claim, Value::Null).await.expect(200);
    town.mair.post(&claim, Value::Null).await.problem(409, "claimed");
    town.mair.put(&staff, json!({"role": "broker"})).await.expect(200);
    town.mair.post(&claim, Value::Null).await.expect(200);
    town.mair.delete(&claim).await.expect(204);
    town.mair.put(&staff, json!({"role": "coordinator"})).await.expect(200);
    town.nerys.post(&claim, Value::Null).await.expect(200);
    town.mair.delete(&staff).await.expect(204);
    town.mair.post(&claim, Value::Null).await.expect(200);
}

#[actix_web::test]
async fn a_break_hands_claims_back_and_a_limit_keeps_others_for_others() {
    let town = Town::new().await;
    let mut items = Vec::new();
    for number in 0..3 {
        items.push(town.listed(&format!("Chairs number {number}"), "pending").await.1);
    }
    let load = format!("/v1/networks/{}/staff/me/load", town.network);
    let days = json!(["mon", "tue", "wed", "thu", "fri", "sat", "sun"]);
    let two = town.mair.put(&load, json!({"carries_at_once": 2, "works_on": days})).await.expect(200);
    assert_eq!(two.body["carries_at_once"], 2);
    let claim = |item: &String| format!("{}/{item}/claim", town.queue());
    town.mair.post(claim(&items[0]), Value::Null).await.expect(200);
    town.mair.post(claim(&items[1]), Value::Null).await.expect(200);
    town.mair.post(claim(&items[1]), Value::Null).await.expect(200);
    town.mair.post(claim(&items[2]), Value::Null).await.problem(409, "limit_reached");
    let all = town.nerys.get(format!("{}/load", town.queue())).await.expect(200);
    assert_eq!((&all.body["waiting"], &all.body["claimed"], all.str("/people/0/name").as_str()), (&json!(3), &json!(2), "Mair"));
    assert_eq!(all.body["people"][0]["claimed"], 2);
    let until = (town.app.now() + Duration::hours(2)).to_rfc3339();
    let pause = json!({"carries_at_once": 2, "works_on": [], "paused": true, "paused_until": until});
    let paused = town.mair.put(&load, pause).await.expect(200);
    assert_eq!((&paused.body["claimed"], &paused.body["paused"]), (&json!(0), &json!(true)));
    town.nerys.post(claim(&items[0]), Value::Null).await.expect(200);
    town.mair.post(claim(&items[1]), Value::Null).await.problem(409, "conflict");
    town.app.advance(Duration::hours(3));
    let mair = town.again(&town.mair);
    assert_eq!(mair.get(&load).await.expect(200).body["paused"], json!(false), "the break is over");
    mair.post(claim(&items[1]), Value::Null).await.expect(200);
    mair.put(&load, json!({"carries_at_once": 0, "works_on": ["someday"]})).await.refuses("/carries_at_once", "out_of_range");
    mair.put(&load, json!({"carries_at_once": 1, "works_on": ["someday"]})).await.refuses("/works_on/0", "not_one_of");
    mair.put(&load, json!({"carries_at_once": 1, "works_on": [], "paused_until": until})).await.refuses("/paused_until", "not_paused");
}

#[actix_web::test]
async fn what_one_is_at_in_another_network_counts_there_alone() {
    let town = Town::new().await;
    let (_, item) = town.listed("Forty folding chairs", "pending").await;
    let leek = town.app.network("leek").await;
    let mair = &town.mair;
    town.app
        .sql(&format!(
            "insert into network_staff (network_id, user_id, role, created_at) values ('{leek}', '{}', 'coordinator', now())",
            mair.id
        ))
        .await;
    let (kind, group) = (QueueKind::Group, town.group.id);
    let opening = Opening { network: leek, kind, subject: group.0, listing: None, group, findings: Vec::new() };
    open(&mut *town.app.conn().await, town.app.now(), &opening).await.unwrap();
    let there = format!("/v1/networks/{leek}/queue");
    let other = mair.get(&there).await.expect(200).str("/items/0/id");
    mair.post(format!("{there}/{other}/claim"), Value::Null).await.expect(200);
    let load = format!("/v1/networks/{}/staff/me/load", town.network);
    let one = mair.put(&load, json!({"carries_at_once": 1, "works_on": ["mon"]})).await.expect(200);
    assert_eq!(one.body["claimed"], 0);
    mair.post(format!("{}/{item}/claim", town.queue()), Value::Null).await.expect(200);
    let all = town.nerys.get(format!("{}/load", town.queue())).await.expect(200);
    assert_eq!((&all.body["claimed"], &all.body["people"][0]["claimed"]), (&json!(1), &json!(1)));
    mair.put(&load, json!({"carries_at_once": 1, "works_on": [], "paused": true})).await.expect(200);
    let still = mair.get(format!("{there}?claimed=me")).await.expect(200);
    assert_eq!(still.each("/id"), [other.as_str()], "a break from one network is none from another");
}

#[actix_web::test]
async fn another_network_sees_decides_and_counts_nothing_of_it() {
    let town = Town::new().await;
    let (_, item) = town.listed("Forty folding chairs", "pending").await;
    let leek = town.app.network("leek").await;
    let fflur = town.app.staff(leek, "Fflur", "coordinator").await;
    let elsewhere = format!("/v1/networks/{leek}/queue");
    assert_eq!(fflur.get(&elsewhere).await.expect(200).each("/id").len(), 0);
    assert_eq!(fflur.get(format!("{elsewhere}/load")).await.expect(200).body["waiting"], 0);
    fflur.get(format!("{elsewhere}/{item}")).await.problem(404, "not_found");
    fflur.post(format!("{elsewhere}/{item}/claim"), Value::Null).await.problem(404, "not_found");
    fflur.post(format!("{elsewhere}/{item}/decision"), because("reject")).await.problem(404, "not_found");
    let many = fflur.post(format!("{elsewhere}/decisions"), json!({"decisions": [{"item_id": item, "deed": "approve"}]})).await.expect(200);
    assert_eq!(many.str("/results/0/problem/code"), "not_found");
    let decision = town.decide(&town.mair, &item, because("reject")).await.expect(200).str("/id");
    fflur.send(reqwest::Method::POST, &format!("/v1/networks/{leek}/decisions/{decision}/undo"), None).await.problem(404, "not_found");
    fflur.get(town.queue()).await.problem(403, "not_allowed");
}

#[actix_web::test]
async fn a_guest_is_shown_as_it_stands_here_and_not_as_it_does_at_home() {
    let town = Town::new().await;
    let leek = town.app.network("leek").await;
    let fflur = town.app.staff(leek, "Fflur", "coordinator").await;
    let (listing, _) = town.listed("Forty folding chairs", "held").await;
    let group = town.group.id;
    town.app
        .sql(&format!(
            "insert into network_groups (network_id, group_id, state, decided_at, requested_at) values ('{leek}', '{group}', 'approved', now(), now());
             insert into cross_posts (listing_id, network_id, group_id, in_good_standing, moderation, asked_at)
               values ('{listing}', '{leek}', '{group}', true, 'pending', now())"
        ))
        .await;
    let (kind, subject, listing) = (QueueKind::CrossPost, listing.parse().unwrap(), Some(listing.parse().unwrap()));
    let opening = Opening { network: leek, kind, subject, listing, group, findings: Vec::new() };
    open(&mut *town.app.conn().await, town.app.now(), &opening).await.unwrap();
    let queue = format!("/v1/networks/{leek}/queue");
    let found = fflur.get(&queue).await.expect(200);
    assert_eq!(found.str("/items/0/listing/moderation"), "pending");
    assert_eq!(found.body["items"][0]["deeds"], json!(["approve", "ask_changes", "reject", "hold"]));
    town.app.sql("delete from cross_posts").await;
    let gone = fflur.get(format!("{queue}/{}", found.str("/items/0/id"))).await.expect(200);
    assert_eq!((&gone.body["listing"], &gone.body["deeds"]), (&Value::Null, &json!([])));
}

#[actix_web::test]
async fn what_staff_do_in_the_queue_is_recorded_as_done_by_staff() {
    let town = Town::new().await;
    let (_, item) = town.listed("Forty folding chairs", "approved").await;
    let claim = format!("{}/{item}/claim", town.queue());
    town.mair.post(&claim, Value::Null).await.expect(200);
    town.mair.delete(&claim).await.expect(204);
    let decision = town.decide(&town.mair, &item, because("remove")).await.expect(200).str("/id");
    town.undo(&town.mair, &decision).await.expect(200);
    let all = town.mair.get(format!("/v1/networks/{}/audit?actor_id={}", town.network, town.mair.id)).await.expect(200);
    assert_eq!(all.each("/action"), ["undo_decision", "remove_listing", "release_queue_item", "claim_queue_item"]);
    assert_eq!(all.each("/actor_role"), ["coordinator"; 4]);
    let of_group = format!("/v1/networks/{}/audit?action=undo_decision&group_id={}", town.network, town.group.id);
    assert_eq!(town.mair.get(of_group).await.expect(200).each("/subject_type"), ["listing"]);
}
