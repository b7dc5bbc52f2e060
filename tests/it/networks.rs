//! Networks over HTTP: who sees and changes them, who works for them, and how groups get in and out.

mod appearing;
mod command_line;
mod direct;
mod trust;

use futures_util::future::join;
use gotit::{
    networks::Standing,
    types::ids::{GroupId, NetworkId, UserId},
};
use serde_json::{Value, json};

use crate::support::{Answer, Group, Person, TestApp};

/// A group that waits to be let into a network, with its owner.
async fn waiting_group(app: &TestApp, network: NetworkId, name: &str) -> Group {
    let owner = app.person(&format!("{}-owner", name.replace(' ', "-"))).await;
    let body = json!({"name": name, "locality": "hanley-stoke-on-trent", "network_id": network});
    let id = owner.post("/v1/groups", body).await.expect(201).str("/id").parse::<GroupId>().unwrap();
    Group { id, network, owner }
}

async fn decide(by: &Person, network: NetworkId, group: GroupId, action: &str, reason: Value) -> Answer {
    by.post(format!("/v1/networks/{network}/groups/{group}/{action}"), json!({"reason": reason})).await
}

#[actix_web::test]
async fn networks_are_listed_by_name_page_by_page_for_everybody() {
    let app = TestApp::start().await;
    for slug in ["cardiff", "alsager", "burslem"] {
        app.network(slug).await;
    }
    let first = app.visitor().get("/v1/networks?limit=2").await.expect(200);
    assert_eq!(first.each("/slug"), ["alsager", "burslem"]);
    assert_eq!(first.body["items"][0]["locality"]["slug"], "stoke-on-trent");
    assert!(first.header("link").contains("rel=\"next\""));
    let second = app.visitor().get(format!("/v1/networks?limit=2&cursor={}", first.str("/next_cursor"))).await.expect(200);
    assert_eq!(second.each("/slug"), ["cardiff"]);
    assert!(second.body["next_cursor"].is_null());
    app.visitor().get("/v1/networks?limit=0").await.problem(422, "invalid_fields").refuses("limit", "out_of_range");
    app.visitor().get("/v1/networks?colour=red").await.problem(400, "unknown_parameter");
    app.visitor().get("/v1/networks?cursor=x").await.problem(400, "invalid_cursor");
}

#[actix_web::test]
async fn a_network_is_read_by_everybody_with_an_etag() {
    let app = TestApp::start().await;
    let network = app.network("stoke").await;
    let read = app.visitor().get(format!("/v1/networks/{network}")).await.expect(200);
    assert_eq!((read.str("/slug"), read.str("/rules"), read.version()), ("stoke".into(), "Be kind.".into(), "1".into()));
    app.visitor().with("if-none-match", read.etag()).get(format!("/v1/networks/{network}")).await.expect(304);
    app.visitor().get(format!("/v1/networks/{}", NetworkId::new())).await.problem(404, "not_found");
    app.visitor().get("/v1/networks/stoke").await.problem(404, "not_found");
}

#[actix_web::test]
async fn a_coordinator_changes_a_network_and_nobody_else_does() {
    let app = TestApp::start().await;
    let (network, other) = (app.network("stoke").await, app.network("leek").await);
    let path = format!("/v1/networks/{network}");
    let mair = app.staff(network, "Mair", "coordinator").await;
    let change = json!({"name": "Rhwydwaith Môn & St Mary's", "rules": "Byddwch yn garedig.", "description": null, "locality": "hanley-stoke-on-trent"});
    let changed = mair.patch(&path, "\"1\"", change.clone()).await.expect(200);
    assert_eq!(changed.str("/name"), "Rhwydwaith Môn & St Mary's");
    assert_eq!((changed.str("/description"), changed.str("/locality/slug")), (String::new(), "hanley-stoke-on-trent".into()));
    assert_eq!((changed.version(), changed.str("/slug")), ("2".into(), "stoke".into()));

    mair.patch(&path, "\"1\"", change.clone()).await.problem(412, "stale");
    mair.send(reqwest::Method::PATCH, &path, Some(change.clone())).await.problem(428, "precondition_required");
    mair.patch(&path, "*", json!({"name": "x"})).await.problem(422, "invalid_fields").refuses("/name", "too_short");
    mair.patch(&path, "*", json!({"locality": "atlantis"})).await.problem(422, "invalid_fields").refuses("/locality", "no_such_locality");
    mair.patch(&path, "*", json!({"slug": "mine"})).await.problem(422, "invalid_fields").refuses("/slug", "unknown_field");
    app.visitor().patch(&path, "*", change.clone()).await.problem(401, "not_signed_in");
    for outsider in [app.person("Olwen").await, app.staff(network, "Bryn", "broker").await, app.staff(other, "Cai", "coordinator").await] {
        outsider.patch(&path, "*", change.clone()).await.problem(403, "not_allowed");
    }
    mair.patch(format!("/v1/networks/{}", NetworkId::new()), "*", change).await.problem(404, "not_found");
}

#[actix_web::test]
async fn staff_are_taken_on_by_the_id_they_give_and_removal_works_at_once() {
    let app = TestApp::start().await;
    let network = app.network("stoke").await;
    let mair = app.staff(network, "Mair", "coordinator").await;
    let ben = app.person("Ben").await;
    let (list, bens) = (format!("/v1/networks/{network}/staff"), format!("/v1/networks/{network}/staff/{}", ben.id));

    ben.get(&list).await.problem(403, "not_allowed");
    let taken_on = mair.put(&bens, json!({"role": "broker"})).await.expect(200);
    assert_eq!((taken_on.str("/name"), taken_on.str("/role")), ("Ben".into(), "broker".into()));
    assert_eq!(ben.get(&list).await.expect(200).each("/name"), ["Mair", "Ben"]);
    let page = ben.get(format!("{list}?limit=1")).await.expect(200);
    assert_eq!(ben.get(format!("{list}?limit=1&cursor={}", page.str("/next_cursor"))).await.expect(200).each("/name"), ["Ben"]);
    assert!(!ben.get(&list).await.text.contains("example.org"), "addresses are nobody's business");

    ben.put(&bens, json!({"role": "coordinator"})).await.problem(403, "not_allowed");
    mair.put(&bens, json!({"role": "king"})).await.problem(422, "invalid_fields").refuses("/role", "not_one_of");
    mair.put(format!("{list}/{}", UserId::new()), json!({"role": "broker"})).await.problem(404, "not_found");
    assert_eq!(mair.put(&bens, json!({"role": "coordinator"})).await.expect(200).str("/role"), "coordinator");

    mair.delete(&bens).await.expect(204);
    ben.get(&list).await.problem(403, "not_allowed");
    mair.delete(&bens).await.problem(404, "not_found");
    app.visitor().get(&list).await.problem(401, "not_signed_in");
    app.visitor().put(&bens, json!({"role": "broker"})).await.problem(401, "not_signed_in");
    app.visitor().delete(&bens).await.problem(401, "not_signed_in");
}

#[actix_web::test]
async fn staff_of_one_network_have_no_power_over_the_staff_of_another() {
    let app = TestApp::start().await;
    let (network, other) = (app.network("stoke").await, app.network("leek").await);
    let mair = app.staff(network, "Mair", "coordinator").await;
    let cai = app.staff(other, "Cai", "coordinator").await;
    cai.get(format!("/v1/networks/{network}/staff")).await.problem(403, "not_allowed");
    cai.put(format!("/v1/networks/{network}/staff/{}", cai.id), json!({"role": "broker"})).await.problem(403, "not_allowed");
    cai.delete(format!("/v1/networks/{network}/staff/{}", mair.id)).await.problem(403, "not_allowed");
}

#[actix_web::test]
async fn the_last_coordinator_stays_whatever_happens_at_the_same_moment() {
    let app = TestApp::start().await;
    let network = app.network("stoke").await;
    let mair = app.staff(network, "Mair", "coordinator").await;
    let of = |person: &Person| format!("/v1/networks/{network}/staff/{}", person.id);
    mair.delete(of(&mair)).await.problem(409, "conflict");
    mair.put(of(&mair), json!({"role": "broker"})).await.problem(409, "conflict");
    for round in 0..4 {
        let second = app.staff(network, &format!("Cai{round}"), "coordinator").await;
        let (own, others) = (of(&mair), of(&second));
        let (a, b) = join(mair.delete(&own), second.delete(&others)).await;
        let mut statuses = [a.status, b.status];
        statuses.sort_unstable();
        assert_eq!(statuses, [204, 409], "{} {}", a.text, b.text);
        // Mair is always there for the next round, and the other one is not.
        app.sql(&format!(
            "delete from network_staff where user_id = '{}'; insert into network_staff (network_id, user_id, role, created_at)
               values ('{network}', '{}', 'coordinator', now()) on conflict do nothing",
            second.id, mair.id
        ))
        .await;
    }
}

#[actix_web::test]
async fn the_queue_shows_the_oldest_request_first_to_the_staff_only() {
    let app = TestApp::start().await;
    let (network, other) = (app.network("stoke").await, app.network("leek").await);
    let bryn = app.staff(network, "Bryn", "broker").await;
    let cai = app.staff(other, "Cai", "coordinator").await;
    app.group(network, "Approved Friends").await;
    for name in ["First", "Second", "Third"] {
        waiting_group(&app, network, name).await;
        app.advance(chrono::Duration::minutes(1));
    }
    let list = format!("/v1/networks/{network}/groups");
    let queue = bryn.get(format!("{list}?state=awaiting_review&limit=2")).await.expect(200);
    assert_eq!(queue.each("/name"), ["First", "Second"]);
    assert_eq!(queue.body["items"][0]["locality"]["name"], "Hanley");
    let rest = bryn.get(format!("{list}?state=awaiting_review&limit=2&cursor={}", queue.str("/next_cursor"))).await.expect(200);
    assert_eq!(rest.each("/name"), ["Third"]);
    bryn.get(format!("{list}?state=approved&cursor={}", queue.str("/next_cursor"))).await.problem(400, "cursor_mismatch");
    assert_eq!(bryn.get(format!("{list}?state=approved")).await.expect(200).each("/name"), ["Approved Friends"]);
    assert_eq!(bryn.get(&list).await.expect(200).each("/name").len(), 4);
    bryn.get(format!("{list}?state=lost")).await.problem(422, "invalid_fields").refuses("state", "not_one_of");
    app.visitor().get(&list).await.problem(401, "not_signed_in");
    cai.get(&list).await.problem(403, "not_allowed");
    app.person("Olwen").await.get(&list).await.problem(403, "not_allowed");
    bryn.get(format!("/v1/networks/{}/groups", NetworkId::new())).await.problem(404, "not_found");
}

#[actix_web::test]
async fn a_coordinator_approves_suspends_and_reinstates_with_reasons_that_are_kept() {
    let app = TestApp::start().await;
    let network = app.network("stoke").await;
    let mair = app.staff(network, "Mair", "coordinator").await;
    let group = waiting_group(&app, network, "Etruria Pantry").await;
    let approved = decide(&mair, network, group.id, "approve", Value::Null).await.expect(200);
    assert_eq!((approved.str("/state"), approved.body["reason"].is_null()), ("approved".into(), true));
    app.visitor().get(format!("/v1/groups/{}", group.id)).await.expect(200);

    let suspended = decide(&mair, network, group.id, "suspend", json!("Ring us, please – Siân")).await.expect(200);
    assert_eq!((suspended.str("/state"), suspended.str("/reason")), ("suspended".into(), "Ring us, please – Siân".into()));
    app.visitor().get(format!("/v1/groups/{}", group.id)).await.problem(404, "not_found");
    let seen_by_owner = group.owner.get(format!("/v1/groups/{}", group.id)).await.expect(200);
    assert_eq!(seen_by_owner.str("/networks/0/reason"), "Ring us, please – Siân");

    assert_eq!(decide(&mair, network, group.id, "reinstate", json!("Thank you.")).await.expect(200).str("/state"), "approved");
    app.sql(&format!(
        "do $$ begin assert (select array_agg(action || ':' || coalesce(reason, '') order by occurred_at, id) from audit_entries
           where subject_id = '{}' and network_id = '{network}' and group_id = '{}' and actor_id = '{}')
         = array['approve_group:', 'suspend_group:Ring us, please – Siân', 'reinstate_group:Thank you.']; end $$",
        group.id, group.id, mair.id
    ))
    .await;
}

#[actix_web::test]
async fn rejecting_and_suspending_need_a_reason() {
    let app = TestApp::start().await;
    let network = app.network("stoke").await;
    let mair = app.staff(network, "Mair", "coordinator").await;
    let group = waiting_group(&app, network, "Etruria Pantry").await;
    for action in ["ask-changes", "reject", "suspend"] {
        let path = format!("/v1/networks/{network}/groups/{}/{action}", group.id);
        mair.post(&path, json!({})).await.problem(422, "invalid_fields").refuses("/reason", "required");
        mair.post(&path, json!({"reason": "  "})).await.problem(422, "invalid_fields").refuses("/reason", "required");
        mair.post(&path, json!({"reason": "x\u{202e}"})).await.problem(422, "invalid_fields").refuses("/reason", "bidi_control");
    }
    assert_eq!(decide(&mair, network, group.id, "reject", json!("Not from here.")).await.expect(200).str("/state"), "rejected");
    assert_eq!(decide(&mair, network, group.id, "approve", json!("We were wrong.")).await.expect(200).str("/state"), "approved");
}

#[actix_web::test]
async fn decisions_that_the_state_does_not_allow_name_the_states_that_do() {
    let app = TestApp::start().await;
    let network = app.network("stoke").await;
    let mair = app.staff(network, "Mair", "coordinator").await;
    let legal = [
        ("awaiting_review", "approve"),
        ("changes_requested", "approve"),
        ("rejected", "approve"),
        ("recertification_required", "approve"),
        ("awaiting_review", "ask-changes"),
        ("invited", "reject"),
        ("awaiting_review", "reject"),
        ("changes_requested", "reject"),
        ("approved", "suspend"),
        ("recertification_required", "suspend"),
        ("suspended", "reinstate"),
    ];
    let group = app.group(network, "Etruria Pantry").await;
    for state in Standing::ALL.iter().map(|state| state.as_str()) {
        for action in ["approve", "ask-changes", "reject", "suspend", "reinstate"] {
            let decided = if ["invited", "awaiting_review"].contains(&state) { "null" } else { "now()" };
            app.sql(&format!("update network_groups set state = '{state}', decided_at = {decided} where group_id = '{}'", group.id)).await;
            let answer = decide(&mair, network, group.id, action, json!("Because.")).await;
            if legal.contains(&(state, action)) {
                answer.expect(200);
            } else {
                let refused = answer.problem(409, "wrong_state").str("/detail");
                for (from, _) in legal.iter().filter(|(_, known)| *known == action) {
                    assert!(refused.contains(from), "{refused}");
                }
            }
        }
    }
}

#[actix_web::test]
async fn only_coordinators_of_that_network_decide() {
    let app = TestApp::start().await;
    let (network, other) = (app.network("stoke").await, app.network("leek").await);
    let group = waiting_group(&app, network, "Etruria Pantry").await;
    let outsiders = [
        app.staff(network, "Bryn", "broker").await,
        app.staff(other, "Cai", "coordinator").await,
        group.owner.clone(),
        app.person("Olwen").await,
    ];
    for action in ["approve", "ask-changes", "reject", "suspend", "reinstate"] {
        let path = format!("/v1/networks/{network}/groups/{}/{action}", group.id);
        app.visitor().post(&path, json!({"reason": "x"})).await.problem(401, "not_signed_in");
        for outsider in &outsiders {
            outsider.post(&path, json!({"reason": "x"})).await.problem(403, "not_allowed");
        }
        // The group has never asked the other network: to its coordinator it is not there.
        decide(&outsiders[1], other, group.id, action, json!("x")).await.problem(404, "not_found");
    }
}

#[actix_web::test]
async fn two_decisions_at_the_same_moment_do_not_both_count() {
    let app = TestApp::start().await;
    let network = app.network("stoke").await;
    let (mair, cai) = (app.staff(network, "Mair", "coordinator").await, app.staff(network, "Cai", "coordinator").await);
    let group = app.group(network, "Etruria Pantry").await;
    let (a, b) =
        join(decide(&mair, network, group.id, "suspend", json!("One.")), decide(&cai, network, group.id, "suspend", json!("Two."))).await;
    let mut statuses = [a.status, b.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 409]);
}

#[actix_web::test]
async fn listings_follow_a_decision_at_once() {
    let app = TestApp::start().await;
    let network = app.network("stoke").await;
    let mair = app.staff(network, "Mair", "coordinator").await;
    let group = app.group(network, "Etruria Pantry").await;
    app.sql(&format!(
        "insert into listings (id, group_id, network_id, in_good_standing, kind, title, description, category_code, locality_code, lat, lng, reach_km,
           remote, basis, quantity, delivery_possible, urgency, state, moderation, published_at, words, search_text, created_at, updated_at)
         select gen_random_uuid(), '{}', '{network}', true, 'offer', 'Folding chairs', '', (select max(code) from categories where code < 200000000),
           code, lat, lng, 10, false, array['lend'], 40, false, 'normal', 'active', 'approved', now(), array['chair'], 'folding chairs', now(), now()
         from localities where slug = 'hanley-stoke-on-trent'",
        group.id
    ))
    .await;
    let open = |open: bool| format!("do $$ begin assert (select is_open = {open} from listings where group_id = '{}'); end $$", group.id);
    app.sql(&open(true)).await;
    decide(&mair, network, group.id, "suspend", json!("For now.")).await.expect(200);
    app.sql(&open(false)).await;
    decide(&mair, network, group.id, "reinstate", Value::Null).await.expect(200);
    app.sql(&open(true)).await;
}
