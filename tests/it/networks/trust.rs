//! How groups come to be trusted and stay so: asked in, asked for changes, checked every year, and what follows when they are suspended.

use chrono::Duration;
use futures_util::future::join;
use gotit::{
    networks::{
        rules::Decision,
        service::{
            Doer,
            standing::{self, Decided},
        },
    },
    types::text::Reason,
    worker::catch_up,
};
use serde_json::{Value, json};

use super::{decide, waiting_group};
use crate::{
    accounts::texts,
    pairs::{Pair, post},
    support::{Group, Person, TestApp},
};

/// The sentences and topics of what a group was told, the oldest first.
async fn told(app: &TestApp, group: &Group) -> Vec<(String, String)> {
    let inbox = app.back_again(&group.owner).get(format!("/v1/groups/{}/inbox", group.id)).await.expect(200);
    inbox.each("/topic").into_iter().zip(inbox.each("/sentence")).rev().collect()
}

async fn queue(app: &TestApp, group: &Group) -> Vec<String> {
    let items =
        format!("select state as text from queue_items where kind = 'group' and subject_id = '{}' order by opened_at, id", group.id);
    texts(app, &items).await
}

async fn standing_of(app: &TestApp, group: &Group) -> Value {
    let seen = app.back_again(&group.owner).get(format!("/v1/groups/{}", group.id)).await.expect(200);
    seen.body["networks"][0].clone()
}

async fn step(app: &TestApp, group: &Group, step: &str) -> crate::support::Answer {
    let path = format!("/v1/groups/{}/networks/{}/{step}", group.id, group.network);
    app.back_again(&group.owner).post(path, Value::Null).await
}

#[actix_web::test]
async fn a_group_that_is_asked_for_changes_makes_them_and_asks_again() {
    let app = TestApp::start().await;
    let network = app.network("stoke").await;
    let mair = app.staff(network, "Mair", "coordinator").await;
    let group = waiting_group(&app, network, "Etruria Pantry").await;
    assert_eq!(queue(&app, &group).await, ["waiting"]);
    step(&app, &group, "resubmit").await.problem(409, "wrong_state");
    let asked = decide(&mair, network, group.id, "ask-changes", json!("Say where you meet.")).await.expect(200);
    assert_eq!((asked.str("/state"), asked.str("/reason")), ("changes_requested".into(), "Say where you meet.".into()));
    assert_eq!(queue(&app, &group).await, ["decided"]);
    let told = told(&app, &group).await;
    assert_eq!(told.len(), 1);
    assert!(told[0].0 == "group_standing" && told[0].1.contains("Network of stoke asks you to change something"), "{told:?}");
    app.visitor().get(format!("/v1/groups/{}", group.id)).await.problem(404, "not_found");

    group.owner.patch(format!("/v1/groups/{}", group.id), "*", json!({"description": "Tuesdays in the hall."})).await.expect(200);
    app.advance(Duration::minutes(1));
    let again = step(&app, &group, "resubmit").await.expect(200);
    assert_eq!(
        (again.str("/state"), &again.body["reason"], &again.body["decided_at"]),
        ("awaiting_review".into(), &Value::Null, &Value::Null)
    );
    assert!(again.body["sign_of_life_at"].is_string());
    assert_eq!(queue(&app, &group).await, ["decided", "waiting"]);
    decide(&app.back_again(&mair), network, group.id, "approve", Value::Null).await.expect(200);
    assert_eq!(queue(&app, &group).await, ["decided", "decided"]);
    let path = format!("/v1/groups/{}/networks/{}/resubmit", group.id, gotit::types::ids::NetworkId::new());
    group.owner.post(path, Value::Null).await.problem(404, "not_found");
}

#[actix_web::test]
async fn a_coordinator_asks_a_group_in_and_its_owner_comes() {
    let app = TestApp::start().await;
    let (network, other) = (app.network("stoke").await, app.network("leek").await);
    let (mair, fflur) = (app.staff(network, "Mair", "coordinator").await, app.staff(other, "Fflur", "coordinator").await);
    let path = format!("/v1/networks/{network}/group-invitations");
    let body = json!({"name": "Clwb Bowlio Tŷ Coch", "locality": "hanley-stoke-on-trent", "email": "Ben@Example.org"});
    let once = mair.with("idempotency-key", "once".to_owned());
    let asked = once.post(&path, body.clone()).await.expect(201);
    let (id, code) = (asked.str("/group/id"), asked.str("/code"));
    assert_eq!((asked.str("/group/networks/0/state"), asked.header("location")), ("invited".into(), format!("/v1/groups/{id}")));
    assert!(!asked.text.to_lowercase().contains("ben@"), "the address is the owner's business: {}", asked.text);
    let repeated = once.post(&path, body.clone()).await.expect(201);
    assert_eq!((repeated.str("/group/id"), &repeated.body["code"]), (id.clone(), &Value::Null));
    mair.get(format!("/v1/groups/{id}")).await.expect(200);
    fflur.get(format!("/v1/groups/{id}")).await.problem(404, "not_found");
    app.visitor().get(format!("/v1/groups/{id}")).await.problem(404, "not_found");
    assert_eq!(texts(&app, "select count(*)::text as text from queue_items").await, ["0"], "nothing is to be decided yet");
    decide(&mair, network, id.parse().unwrap(), "approve", Value::Null).await.problem(409, "wrong_state");
    assert_eq!(texts(&app, "select topic as text from outbox_events").await, ["invitation.created"]);

    app.advance(Duration::minutes(5));
    let (ben, nia) = (app.person("Ben").await, app.person("Nia").await);
    nia.post("/v1/invitations/accept", json!({"code": code})).await.problem(404, "not_found");
    assert_eq!(ben.post("/v1/invitations/accept", json!({"code": code})).await.expect(200).str("/role"), "owner");
    let seen = ben.get(format!("/v1/groups/{id}")).await.expect(200);
    assert_eq!((seen.str("/name"), seen.str("/networks/0/state")), ("Clwb Bowlio Tŷ Coch".into(), "awaiting_review".into()));
    assert_eq!(texts(&app, "select kind || ' ' || state as text from queue_items").await, ["group waiting"]);
    // It reads the ground rules from the day that it comes.
    let came = "select (g.requested_at = q.opened_at)::text as text from network_groups g join queue_items q on q.group_id = g.group_id";
    assert_eq!(texts(&app, came).await, ["true"]);
    assert_eq!(decide(&mair, network, id.parse().unwrap(), "approve", Value::Null).await.expect(200).str("/state"), "approved");

    mair.post(&path, json!({"name": "x", "locality": "hanley-stoke-on-trent", "email": "nobody"}))
        .await
        .problem(422, "invalid_fields")
        .refuses("/name", "too_short");
    let refused = mair.post(&path, json!({"name": "Bell ringers", "locality": "atlantis", "email": "bell@example.org"})).await;
    refused.problem(422, "invalid_fields").refuses("/locality", "no_such_locality");
    mair.post(&path, json!({"name": "x", "locality": "hanley-stoke-on-trent", "email": "nobody"}))
        .await
        .refuses("/email", "not_an_email_address");
}

#[actix_web::test]
async fn an_invitation_of_a_group_is_taken_back_by_rejecting_it() {
    let app = TestApp::start().await;
    let network = app.network("stoke").await;
    let mair = app.staff(network, "Mair", "coordinator").await;
    let body = json!({"name": "Bell ringers", "locality": "hanley-stoke-on-trent", "email": "ben@example.org"});
    let asked = mair.post(format!("/v1/networks/{network}/group-invitations"), body).await.expect(201);
    let id = asked.str("/group/id");
    decide(&mair, network, id.parse().unwrap(), "reject", json!("The wrong address.")).await.expect(200);
    let ben = app.person("Ben").await;
    ben.post("/v1/invitations/accept", json!({"code": asked.str("/code")})).await.problem(404, "not_found");
    assert_eq!(texts(&app, "select kind || ' ' || state as text from queue_items").await, ["group decided"]);
    assert_eq!(texts(&app, "select payload::text as text from outbox_events where topic = 'invitation.created'").await, ["{}"]);
}

#[actix_web::test]
async fn every_year_a_group_says_that_it_is_still_there_or_is_suspended() {
    let app = TestApp::start().await;
    let network = app.network("stoke").await;
    let mair = app.staff(network, "Mair", "coordinator").await;
    let (there, gone) = (waiting_group(&app, network, "Etruria Pantry").await, waiting_group(&app, network, "Bell ringers").await);
    for group in [&there, &gone] {
        decide(&mair, network, group.id, "approve", Value::Null).await.expect(200);
    }
    let hall = post(&gone, json!({"kind": "offer", "title": "Forty folding chairs", "category": "seating", "standing": true})).await;
    catch_up(&mut *app.conn().await, app.now() + Duration::days(364)).await.unwrap();
    assert_eq!(standing_of(&app, &gone).await["state"], "approved");
    app.advance(Duration::days(366));
    let (mut one, mut other) = (app.conn().await, app.conn().await);
    let (a, b) = join(catch_up(&mut one, app.now()), catch_up(&mut other, app.now())).await;
    a.unwrap();
    b.unwrap();
    for group in [&there, &gone] {
        assert_eq!(standing_of(&app, group).await["state"], "recertification_required");
        let last = told(&app, group).await.pop().unwrap();
        assert!(last.1.contains("Is your group still there?") && last.1.contains("Network of stoke"), "{last:?}");
    }
    assert_eq!(told(&app, &there).await.iter().filter(|told| told.0 == "group_standing").count(), 2, "once, by however many workers");
    let seen = app.visitor().get(format!("/v1/groups/{}", there.id)).await.expect(200);
    assert_eq!((seen.str("/networks/0/state"), &seen.body["networks"][0]["recheck_at"]), ("approved".into(), &Value::Null));
    app.visitor().get(format!("/v1/listings/{hall}")).await.expect(200);

    app.advance(Duration::days(29));
    let said = step(&app, &there, "still-here").await.expect(200);
    assert_eq!(said.str("/state"), "approved");
    assert!(said.body["sign_of_life_at"].is_string() && said.str("/recheck_at") > app.now().to_rfc3339(), "{}", said.text);
    catch_up(&mut one, app.now()).await.unwrap();
    assert_eq!(standing_of(&app, &gone).await["state"], "recertification_required", "a month is a month");
    app.advance(Duration::days(2));
    catch_up(&mut one, app.now()).await.unwrap();
    let now = standing_of(&app, &gone).await;
    assert_eq!(now["state"], "suspended");
    assert!(now["reason"].as_str().unwrap().contains("still there"), "{now}");
    assert_eq!(standing_of(&app, &there).await["state"], "approved");
    app.visitor().get(format!("/v1/listings/{hall}")).await.problem(404, "not_found");
    step(&app, &gone, "still-here").await.problem(409, "wrong_state");
    // It was the program's decision, so any coordinator may decide the appeal.
    let (owner, mair) = (app.back_again(&gone.owner), app.back_again(&mair));
    let decided = owner.get(format!("/v1/groups/{}/decisions", gone.id)).await.expect(200);
    assert_eq!((decided.str("/items/0/deed"), decided.str("/items/0/reason")), ("suspend".into(), "not_reachable".into()));
    let appeal = format!("/v1/groups/{}/decisions/{}/appeal", gone.id, decided.str("/items/0/id"));
    owner.post(&appeal, json!({"words": "We are: our ringers had the flu."})).await.expect(201);
    let queue = format!("/v1/networks/{network}/queue");
    let item = mair.get(format!("{queue}?kind=appeal")).await.expect(200).str("/items/0/id");
    mair.post(format!("{queue}/{item}/decision"), json!({"deed": "overturn", "reason": "other", "words": "Welcome back."}))
        .await
        .expect(200);
    app.visitor().get(format!("/v1/listings/{hall}")).await.expect(200);
    catch_up(&mut one, app.now()).await.unwrap();
    assert_eq!(standing_of(&app, &gone).await["state"], "approved", "the next check is a year away");
    let acts = "select action || ' ' || actor_role as text from audit_entries where action in ('recheck_group', 'confirm_group') or actor_role = 'program' order by occurred_at, id";
    assert_eq!(texts(&app, acts).await, ["recheck_group program", "recheck_group program", "confirm_group owner", "suspend_group program"]);
}

#[actix_web::test]
async fn a_network_sets_how_long_its_approvals_last() {
    let app = TestApp::start().await;
    let network = app.network("stoke").await;
    let mair = app.staff(network, "Mair", "coordinator").await;
    app.sql("update network_policies set recheck_after_days = 30").await;
    let group = waiting_group(&app, network, "Etruria Pantry").await;
    decide(&mair, network, group.id, "approve", Value::Null).await.expect(200);
    app.advance(Duration::days(31));
    catch_up(&mut *app.conn().await, app.now()).await.unwrap();
    assert_eq!(standing_of(&app, &group).await["state"], "recertification_required");
}

#[actix_web::test]
async fn who_is_suspended_in_one_network_asks_for_nothing_there_whatever_others_think_of_it() {
    let pair = Pair::start().await;
    let (mair, leek) = (pair.app.staff(pair.network, "Mair", "coordinator").await, pair.app.network("leek").await);
    pair.app.let_in(leek, pair.receiver.id).await;
    let own = json!({"kind": "want", "title": "Folding chairs", "category": "seating", "network_id": leek});
    let own = post(&pair.receiver, own).await;
    let (open, proposed) = (pair.interest("open").await, json!({"listing_id": own, "quantity": 1}));
    let proposal = pair.giver.owner.post(format!("/v1/groups/{}/exchanges", pair.giver.id), proposed).await.expect(201).str("/id");
    decide(&mair, pair.network, pair.receiver.id, "suspend", json!("Ring us.")).await.expect(200);
    assert_eq!(pair.stands("interests", &open).await, "withdrawn not_available");
    let (about, owner) = (format!("/v1/listings/{}", pair.offer), &pair.receiver.owner);
    owner.post(format!("{about}/interests"), json!({"group_id": pair.receiver.id})).await.problem(409, "wrong_state");
    let proposed = json!({"listing_id": pair.offer, "quantity": 1});
    owner.post(format!("/v1/groups/{}/exchanges", pair.receiver.id), proposed).await.problem(409, "wrong_state");
    // In the other network it goes on.
    owner.post(format!("/v1/exchanges/{proposal}/accept"), json!({})).await.expect(200);
}

#[actix_web::test]
async fn a_suspension_reaches_everybody_who_had_to_do_with_the_group_at_once() {
    let pair = Pair::start().await;
    let third = pair.app.group(pair.network, "Zion Hall").await;
    let mair = pair.app.staff(pair.network, "Mair", "coordinator").await;
    let (proposed, agreed) = (pair.exchange("proposed").await, pair.exchange_with(&third, "scheduled", "receiver").await);
    let (done, open) = (pair.exchange_with(&third, "completed", "receiver").await, pair.interest("open").await);
    decide(&mair, pair.network, pair.giver.id, "suspend", json!("Ring us.")).await.expect(200);
    pair.app.visitor().get(format!("/v1/listings/{}", pair.offer)).await.problem(404, "not_found");
    assert_eq!(pair.app.visitor().get("/v1/listings").await.expect(200).each("/id").len(), 0);
    pair.app.visitor().get(format!("/v1/groups/{}", pair.giver.id)).await.problem(404, "not_found");
    for (table, talk, stands) in [
        ("exchanges", &proposed, "declined not_available"),
        ("exchanges", &agreed, "scheduled"),
        ("exchanges", &done, "completed"),
        ("interests", &open, "declined not_available"),
    ] {
        assert_eq!(pair.stands(table, talk).await, stands);
    }
    assert_eq!(pair.told(&pair.receiver).await, ["interest_declined not_available", "exchange_declined not_available"]);
    assert_eq!(pair.told(&third).await, ["partner_suspended"]);
    let told = told(&pair.app, &third).await.remove(0).1;
    assert!(
        told.contains("St Mary's is suspended") && told.contains("stands unless you call it off") && !told.contains("Ring us"),
        "{told}"
    );
    assert_eq!(pair.told(&pair.giver).await, ["exchange_declined not_available", "group_standing"]);
}

#[actix_web::test]
async fn a_suspension_in_one_network_leaves_the_others_alone() {
    let pair = Pair::start().await;
    let (leek, mair) = (pair.app.network("leek").await, pair.app.staff(pair.network, "Mair", "coordinator").await);
    pair.app
        .sql(&format!(
            "insert into network_groups (network_id, group_id, state, decided_at, requested_at) values ('{leek}', '{}', 'approved', now(), now())",
            pair.giver.id
        ))
        .await;
    let there = json!({"kind": "offer", "title": "Trestle tables", "category": "tables", "network_id": leek});
    let tables = post(&pair.giver, there).await;
    let open = pair.interest_in(&tables, &pair.receiver, "open").await;
    decide(&mair, pair.network, pair.giver.id, "suspend", json!("Ring us.")).await.expect(200);
    pair.app.visitor().get(format!("/v1/listings/{tables}")).await.expect(200);
    pair.app.visitor().get(format!("/v1/listings/{}", pair.offer)).await.problem(404, "not_found");
    assert_eq!(pair.stands("interests", &open).await, "open");
    assert!(pair.told(&pair.receiver).await.is_empty());
}

fn because(words: &str) -> Option<Reason> {
    Some(Reason::parse(words).unwrap())
}

async fn suspend_within(app: &TestApp, mair: &Person, group: &Group) -> Decided {
    let doer = Doer { actor: Some(mair.id), now: app.now() };
    let of = (group.network, group.id);
    standing::decide_within(&mut *app.conn().await, doer, of, Decision::Suspend, because("Ring us.")).await.unwrap()
}

#[actix_web::test]
async fn a_decision_within_a_larger_one_tells_nobody_until_it_is_final_and_can_be_undone() {
    let pair = Pair::start().await;
    let mair = pair.app.staff(pair.network, "Mair", "coordinator").await;
    let (app, of) = (&pair.app, (pair.network, pair.giver.id));
    let open = pair.interest("open").await;
    let decided = suspend_within(app, &mair, &pair.giver).await;
    app.visitor().get(format!("/v1/listings/{}", pair.offer)).await.problem(404, "not_found");
    assert_eq!(pair.stands("interests", &open).await, "open");
    assert!(pair.told(&pair.giver).await.is_empty() && pair.told(&pair.receiver).await.is_empty());
    let doer = Doer { actor: Some(mair.id), now: app.now() };
    // What is kept of it as JSON is enough.
    let kept: Decided = Decided {
        before: serde_json::from_value(serde_json::to_value(&decided.before).unwrap()).unwrap(),
        after: serde_json::from_value(serde_json::to_value(&decided.after).unwrap()).unwrap(),
    };
    standing::undo_within(&mut *app.conn().await, doer, of, &kept).await.unwrap();
    app.visitor().get(format!("/v1/listings/{}", pair.offer)).await.expect(200);
    assert!(standing::aftermath(&mut *app.conn().await, app.now(), of).await.unwrap().is_empty(), "it is in good standing");

    let decided = suspend_within(app, &mair, &pair.giver).await;
    decide(&mair, pair.network, pair.giver.id, "reinstate", Value::Null).await.expect(200);
    let refused = standing::undo_within(&mut *app.conn().await, doer, of, &decided).await.unwrap_err();
    assert_eq!(refused.code().as_str(), "wrong_state");

    suspend_within(app, &mair, &pair.giver).await;
    let others = standing::aftermath(&mut *app.conn().await, app.now(), of).await.unwrap();
    assert_eq!(others.len(), 1, "{others:?}");
    assert_eq!(pair.stands("interests", &open).await, "declined not_available");
}

#[actix_web::test]
async fn a_group_that_closes_leaves_the_queue() {
    let app = TestApp::start().await;
    let network = app.network("stoke").await;
    let group = waiting_group(&app, network, "Etruria Pantry").await;
    group.owner.delete(format!("/v1/groups/{}", group.id)).await.expect(204);
    assert_eq!(queue(&app, &group).await, ["withdrawn"]);
}

#[actix_web::test]
async fn suspending_posting_and_accepting_at_the_same_moment_end_well() {
    let pair = Pair::start().await;
    let mair = pair.app.staff(pair.network, "Mair", "coordinator").await;
    for round in 0..5 {
        let exchange = pair.exchange("proposed").await;
        pair.app.sql(&format!("update exchanges set receiver_agreed_at = created_at where id = '{}'", exchange.id)).await;
        let accept = format!("/v1/exchanges/{}/accept", exchange.id);
        let suspend = decide(&mair, pair.network, pair.giver.id, "suspend", json!("Ring us."));
        let (suspended, accepted) = join(suspend, pair.giver.owner.post(&accept, Value::Null)).await;
        suspended.expect(200);
        let stands = pair.stands("exchanges", &exchange).await;
        match accepted.status {
            200 => assert_eq!(stands, "accepted", "round {round}"),
            409 | 404 => assert_eq!(stands, "declined not_available", "round {round}"),
            _ => panic!("{}", accepted.text),
        }
        decide(&mair, pair.network, pair.giver.id, "reinstate", Value::Null).await.expect(200);
    }
}
