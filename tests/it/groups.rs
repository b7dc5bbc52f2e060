//! Groups over HTTP: signing up, the directory, who sees and changes what, people, invitations, blocks.

mod blocks;
mod directory;
mod invitations;
mod members;
mod registration;

use gotit::types::ids::{GroupId, NetworkId};
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::TestApp;

fn pantry(network: NetworkId) -> Value {
    json!({"name": "St Mary's Pantri Bwyd – Ŵyn", "description": "Food,\non Tuesdays.", "locality": "hanley-stoke-on-trent", "activities": ["food", "advice", "food"], "network_id": network})
}

#[actix_web::test]
async fn whoever_signs_a_group_up_owns_it_and_it_waits_for_approval() {
    let app = TestApp::start().await;
    let network = app.network("stoke").await;
    let olwen = app.person("Olwen").await;
    let made = olwen.post("/v1/groups", pantry(network)).await.expect(201);
    assert_eq!(made.str("/name"), "St Mary's Pantri Bwyd – Ŵyn");
    assert_eq!(made.body["activities"], json!(["advice", "food"]));
    assert_eq!(made.str("/networks/0/state"), "awaiting_review");
    assert_eq!(made.header("location"), format!("/v1/groups/{}", made.str("/id")));
    let read = olwen.get(made.header("location")).await.expect(200);
    assert_eq!((&read.body, read.etag()), (&made.body, made.etag()));
    let members = olwen.get(format!("{}/members", made.header("location"))).await.expect(200);
    assert_eq!((members.each("/name"), members.each("/role")), (vec!["Olwen".to_owned()], vec!["owner".to_owned()]));
    assert_eq!(app.visitor().get("/v1/groups").await.expect(200).each("/id"), Vec::<String>::new());
}

#[actix_web::test]
async fn a_sign_up_that_is_repeated_with_its_key_makes_one_group() {
    let app = TestApp::start().await;
    let network = app.network("stoke").await;
    let olwen = app.person("Olwen").await.with("idempotency-key", "first");
    let made = olwen.post("/v1/groups", pantry(network)).await.expect(201);
    let again = olwen.post("/v1/groups", pantry(network)).await.expect(201);
    assert_eq!((&made.body, made.header("location"), made.etag()), (&again.body, again.header("location"), again.etag()));
    app.sql("do $$ begin assert (select count(*) = 1 from groups); end $$").await;
    let mut other = pantry(network);
    other["name"] = json!("Another");
    olwen.post("/v1/groups", other).await.problem(422, "idempotency_key_reused");
}

#[actix_web::test]
async fn a_sign_up_with_faults_is_refused_with_every_fault_named() {
    let app = TestApp::start().await;
    let network = app.network("stoke").await;
    let olwen = app.person("Olwen").await;
    let bad = json!({"name": "x", "description": "nul\u{0}", "locality": "hanley-stoke-on-trent", "activities": ["food", "money"], "network_id": network});
    let refused = olwen.post("/v1/groups", bad).await.problem(422, "invalid_fields");
    refused.refuses("/name", "too_short").refuses("/description", "control_character").refuses("/activities/1", "not_one_of");
    let with = |name: &str, value: Value| {
        let mut body = pantry(network);
        body[name] = value;
        body
    };
    olwen
        .post("/v1/groups", with("activities", json!(vec!["food"; 11])))
        .await
        .problem(422, "invalid_fields")
        .refuses("/activities", "too_many");
    olwen
        .post("/v1/groups", with("locality", json!("atlantis")))
        .await
        .problem(422, "invalid_fields")
        .refuses("/locality", "no_such_locality");
    olwen
        .post("/v1/groups", with("network_id", json!(NetworkId::new())))
        .await
        .problem(422, "invalid_fields")
        .refuses("/network_id", "no_such_network");
    olwen.post("/v1/groups", with("network_id", json!("stoke"))).await.problem(422, "invalid_fields").refuses("/network_id", "wrong_type");
    olwen.post("/v1/groups", with("owner", json!("me"))).await.problem(422, "invalid_fields").refuses("/owner", "unknown_field");
    olwen.post("/v1/groups", json!({})).await.problem(422, "invalid_fields").refuses("/name", "required");
    app.visitor().post("/v1/groups", pantry(network)).await.problem(401, "not_signed_in");
    app.sql("do $$ begin assert (select count(*) = 0 from groups); end $$").await;
}

#[actix_web::test]
async fn a_group_that_nobody_has_approved_is_known_to_members_and_staff_only() {
    let app = TestApp::start().await;
    let (network, other) = (app.network("stoke").await, app.network("leek").await);
    let olwen = app.person("Olwen").await;
    let (bryn, cai) = (app.staff(network, "Bryn", "broker").await, app.staff(other, "Cai", "coordinator").await);
    let path = olwen.post("/v1/groups", pantry(network)).await.expect(201).header("location");
    olwen.get(&path).await.expect(200);
    assert_eq!(bryn.get(&path).await.expect(200).str("/networks/0/state"), "awaiting_review");
    let hidden = cai.get(&path).await.problem(404, "not_found");
    let nothing = cai.get(format!("/v1/groups/{}", GroupId::new())).await.problem(404, "not_found");
    assert_eq!(hidden.str("/detail"), nothing.str("/detail"));
    app.visitor().get(&path).await.problem(404, "not_found");
    app.person("Ben").await.get(&path).await.problem(404, "not_found");
    app.visitor().get("/v1/groups/one").await.problem(404, "not_found");
}

#[actix_web::test]
async fn standings_other_than_approved_are_shown_to_those_concerned_only() {
    let app = TestApp::start().await;
    let (network, other, third) = (app.network("stoke").await, app.network("leek").await, app.network("crewe").await);
    let group = app.group(network, "Pantry").await;
    let path = format!("/v1/groups/{}", group.id);
    app.sql(&format!(
        "insert into network_groups (network_id, group_id, state, reason, decided_at, requested_at)
           values ('{other}', '{}', 'rejected', 'Too far away.', now(), now())",
        group.id
    ))
    .await;
    let (cai, dai) = (app.staff(other, "Cai", "coordinator").await, app.staff(third, "Dai", "coordinator").await);
    let states =
        |answer: crate::support::Answer| answer.body["networks"].as_array().unwrap().iter().map(|n| n["state"].clone()).collect::<Vec<_>>();
    for stranger in [app.visitor(), app.person("Ben").await.client, dai.client.clone()] {
        let seen = stranger.get(&path).await.expect(200);
        assert!(seen.body["networks"][0]["decided_at"].is_null() && !seen.text.contains("Too far"), "{}", seen.text);
        assert_eq!(states(seen), ["approved"]);
    }
    let seen = cai.get(&path).await.expect(200);
    assert!(seen.text.contains("Too far away."));
    assert_eq!(states(seen), ["rejected", "approved"]);
    let seen = group.owner.get(&path).await.expect(200);
    assert!(!seen.body["networks"][1]["decided_at"].is_null());
    assert_eq!(states(seen), ["rejected", "approved"]);
}

#[actix_web::test]
async fn an_editor_changes_a_group_and_a_viewer_or_outsider_does_not() {
    let app = TestApp::start().await;
    let network = app.network("stoke").await;
    let group = app.group(network, "Pantry").await;
    let path = format!("/v1/groups/{}", group.id);
    let (ed, vi) = (app.member(&group, "Ed", "editor").await, app.member(&group, "Vi", "viewer").await);
    let change = json!({"name": "Larder", "activities": ["health"], "locality": "stoke-on-trent"});
    let changed = ed.patch(&path, "\"1\"", change.clone()).await.expect(200);
    assert_eq!(
        (changed.str("/name"), changed.str("/locality/slug"), changed.version()),
        ("Larder".into(), "stoke-on-trent".into(), "2".into())
    );
    assert_eq!(app.visitor().get("/v1/groups?q=larder").await.expect(200).each("/name"), ["Larder"]);
    assert_eq!(app.visitor().get("/v1/groups?q=pantry").await.expect(200).each("/name"), Vec::<String>::new());
    assert_eq!(ed.patch(&path, "\"2\"", json!({"activities": null})).await.expect(200).body["activities"], json!([]));

    ed.patch(&path, "\"1\"", change.clone()).await.problem(412, "stale");
    ed.send(Method::PATCH, &path, Some(change.clone())).await.problem(428, "precondition_required");
    ed.patch(&path, "*", json!({"name": null})).await.problem(422, "invalid_fields").refuses("/name", "wrong_type");
    ed.patch(&path, "*", json!({"locality": "atlantis"})).await.problem(422, "invalid_fields").refuses("/locality", "no_such_locality");
    vi.patch(&path, "*", change.clone()).await.problem(403, "not_allowed");
    app.staff(network, "Mair", "coordinator").await.patch(&path, "*", change.clone()).await.problem(403, "not_allowed");
    app.visitor().patch(&path, "*", change.clone()).await.problem(401, "not_signed_in");
    app.person("Ben").await.patch(format!("/v1/groups/{}", GroupId::new()), "*", change).await.problem(404, "not_found");
}

#[actix_web::test]
async fn a_decision_gives_the_group_a_new_version_so_that_nobody_keeps_the_old_standing() {
    let app = TestApp::start().await;
    let network = app.network("stoke").await;
    let (olwen, mair) = (app.person("Olwen").await, app.staff(network, "Mair", "coordinator").await);
    let made = olwen.post("/v1/groups", pantry(network)).await.expect(201);
    olwen.with("if-none-match", made.etag()).get(made.header("location")).await.expect(304);
    mair.post(format!("/v1/networks/{network}/groups/{}/approve", made.str("/id")), json!({})).await.expect(200);
    let read = olwen.with("if-none-match", made.etag()).get(made.header("location")).await.expect(200);
    assert_eq!(read.str("/networks/0/state"), "approved");
}

#[actix_web::test]
async fn an_owner_asks_other_networks_once_each() {
    let app = TestApp::start().await;
    let (network, other) = (app.network("stoke").await, app.network("leek").await);
    let group = app.group(network, "Pantry").await;
    let path = format!("/v1/groups/{}/networks", group.id);
    let ed = app.member(&group, "Ed", "editor").await;
    let body = json!({"network_id": other});
    ed.post(&path, body.clone()).await.problem(403, "not_allowed");
    app.visitor().post(&path, body.clone()).await.problem(401, "not_signed_in");
    let owner = group.owner.with("idempotency-key", "k");
    let joined = owner.post(&path, body.clone()).await.expect(201);
    assert_eq!((joined.str("/slug"), joined.str("/state")), ("leek".into(), "awaiting_review".into()));
    assert_eq!(owner.post(&path, body.clone()).await.expect(201).body, joined.body);
    group.owner.post(&path, body.clone()).await.problem(409, "already_exists");
    app.sql(&format!("update network_groups set state = 'rejected', decided_at = now() where network_id = '{other}'")).await;
    group.owner.post(&path, body).await.problem(409, "already_exists");
    group
        .owner
        .post(&path, json!({"network_id": NetworkId::new()}))
        .await
        .problem(422, "invalid_fields")
        .refuses("/network_id", "no_such_network");
    let seen = group.owner.get(format!("/v1/groups/{}", group.id)).await.expect(200);
    assert_eq!(seen.body["networks"].as_array().unwrap().len(), 2);
}

#[actix_web::test]
async fn blocks_are_made_and_lifted_by_editors_and_repeats_change_nothing() {
    let app = TestApp::start().await;
    let network = app.network("stoke").await;
    let (group, other) = (app.group(network, "Pantry").await, app.group(network, "Bowls Club").await);
    let (ed, vi) = (app.member(&group, "Ed", "editor").await, app.member(&group, "Vi", "viewer").await);
    let (list, path) = (format!("/v1/groups/{}/blocks", group.id), format!("/v1/groups/{}/blocks/{}", group.id, other.id));
    for _ in 0..2 {
        ed.send(Method::PUT, &path, None).await.expect(204);
    }
    assert_eq!(ed.get(&list).await.expect(200).each("/name"), ["Bowls Club"]);
    assert_eq!(other.owner.get(format!("/v1/groups/{}/blocks", other.id)).await.expect(200).each("/name"), Vec::<String>::new());
    vi.send(Method::PUT, &path, None).await.problem(403, "not_allowed");
    vi.get(&list).await.problem(403, "not_allowed");
    other.owner.delete(&path).await.problem(403, "not_allowed");
    app.visitor().send(Method::PUT, &path, None).await.problem(401, "not_signed_in");
    app.visitor().delete(&path).await.problem(401, "not_signed_in");
    app.visitor().get(&list).await.problem(401, "not_signed_in");
    ed.send(Method::PUT, &format!("{list}/{}", group.id), None).await.problem(409, "conflict");
    for _ in 0..2 {
        ed.delete(&path).await.expect(204);
    }
    assert_eq!(ed.get(&list).await.expect(200).each("/name"), Vec::<String>::new());
    app.sql("do $$ begin assert (select array_agg(action order by occurred_at) from audit_entries) = array['block_group', 'unblock_group']; end $$").await;
}

#[actix_web::test]
async fn a_group_that_one_may_not_know_of_cannot_be_found_out_by_blocking_it() {
    let app = TestApp::start().await;
    let network = app.network("stoke").await;
    let group = app.group(network, "Pantry").await;
    let hidden = app.person("Olwen").await.post("/v1/groups", pantry(network)).await.expect(201).str("/id");
    let block = |id: String| group.owner.send(Method::PUT, format!("/v1/groups/{}/blocks/{id}", group.id).leak(), None);
    let hidden = block(hidden).await.problem(404, "not_found");
    assert_eq!(hidden.str("/detail"), block(GroupId::new().to_string()).await.problem(404, "not_found").str("/detail"));
}
