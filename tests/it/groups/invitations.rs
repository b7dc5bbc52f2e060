//! Invitations: asking, accepting, taking back, and what the wrong person hears.

use futures_util::future::join;
use gotit::types::ids::InvitationId;
use serde_json::{Value, json};

use crate::support::{Answer, Group, Person, TestApp};

async fn set_up() -> (TestApp, Group) {
    let app = TestApp::start().await;
    let network = app.network("stoke").await;
    let group = app.group(network, "St Mary's").await;
    (app, group)
}

async fn invite(group: &Group, email: &str, role: &str) -> Answer {
    group.owner.post(format!("/v1/groups/{}/invitations", group.id), json!({"email": email, "role": role})).await
}

async fn accept(person: &Person, code: &str) -> Answer {
    person.post("/v1/invitations/accept", json!({"code": code})).await
}

#[actix_web::test]
async fn an_invited_person_joins_with_the_role_of_the_invitation() {
    let (app, group) = set_up().await;
    let invitation = invite(&group, " Ben@Example.org ", "editor").await.expect(201);
    assert_eq!((invitation.str("/email"), invitation.str("/role")), ("ben@example.org".into(), "editor".into()));
    let ben = app.person("Ben").await;
    ben.get(format!("/v1/groups/{}/members", group.id)).await.problem(403, "not_allowed");
    let accepted = accept(&ben, &invitation.str("/code")).await.expect(200);
    assert_eq!(accepted.body, json!({"group_id": group.id, "group_name": "St Mary's", "role": "editor"}));
    ben.get(format!("/v1/groups/{}/blocks", group.id)).await.expect(200);
    accept(&ben, &invitation.str("/code")).await.problem(404, "not_found");
}

#[actix_web::test]
async fn the_code_is_shown_once_and_goes_out_by_mail() {
    let (app, group) = set_up().await;
    let invitation = invite(&group, "ben@example.org", "viewer").await.expect(201);
    let list = group.owner.get(format!("/v1/groups/{}/invitations", group.id)).await.expect(200);
    assert_eq!(list.each("/email"), ["ben@example.org"]);
    assert!(!list.text.contains(&invitation.str("/code")));
    app.sql(&format!(
        "do $$ begin assert (select count(*) = 1 from outbox_events where topic = 'invitation.created'
           and payload = jsonb_build_object('invitation_id', '{}', 'code', '{}')); end $$;
         do $$ begin assert (select count(*) = 1 from audit_entries where action = 'invite_member' and detail = '{{\"role\": \"viewer\"}}'); end $$",
        invitation.str("/id"),
        invitation.str("/code")
    ))
    .await;
}

#[actix_web::test]
async fn codes_are_good_for_the_invited_address_only_and_until_they_expire() {
    let (app, group) = set_up().await;
    let (ben, eve) = (app.person("Ben").await, app.person("Eve").await);
    let code = invite(&group, "ben@example.org", "owner").await.expect(201).str("/code");
    let theirs = accept(&eve, &code).await.problem(404, "not_found");
    let wrong = accept(&eve, "no-such-code").await.problem(404, "not_found");
    assert_eq!(theirs.str("/detail"), wrong.str("/detail"));
    app.visitor().post("/v1/invitations/accept", json!({"code": code})).await.problem(401, "not_signed_in");
    ben.post("/v1/invitations/accept", json!({})).await.problem(422, "invalid_fields").refuses("/code", "required");

    app.sql("update invitations set expires_at = created_at").await;
    accept(&ben, &code).await.problem(404, "not_found");
    let again = invite(&group, "ben@example.org", "viewer").await.expect(201);
    assert_eq!(accept(&ben, &again.str("/code")).await.expect(200).str("/role"), "viewer");
}

#[actix_web::test]
async fn an_invitation_lasts_14_days() {
    let (app, group) = set_up().await;
    let before = app.now();
    let expires: chrono::DateTime<chrono::Utc> =
        invite(&group, "ben@example.org", "owner").await.expect(201).str("/expires_at").parse().unwrap();
    assert!(expires - before >= chrono::Duration::days(14) && expires - app.now() <= chrono::Duration::days(14));
}

#[actix_web::test]
async fn an_invitation_that_was_taken_back_is_good_for_nothing() {
    let (app, group) = set_up().await;
    let invitation = invite(&group, "ben@example.org", "owner").await.expect(201);
    let path = invitation.header("location");
    let ed = app.member(&group, "Ed", "editor").await;
    let other = app.group(group.network, "Other").await;
    ed.delete(&path).await.problem(403, "not_allowed");
    app.visitor().delete(&path).await.problem(401, "not_signed_in");
    other.owner.delete(format!("/v1/groups/{}/invitations/{}", other.id, invitation.str("/id"))).await.problem(404, "not_found");
    group.owner.delete(format!("/v1/groups/{}/invitations/{}", group.id, InvitationId::new())).await.problem(404, "not_found");
    group.owner.delete(&path).await.expect(204);
    group.owner.delete(&path).await.problem(404, "not_found");
    accept(&app.person("Ben").await, &invitation.str("/code")).await.problem(404, "not_found");
    let list = group.owner.get(format!("/v1/groups/{}/invitations", group.id)).await.expect(200);
    assert_eq!(list.each("/id"), Vec::<String>::new());
}

#[actix_web::test]
async fn only_owners_invite_and_one_address_has_one_open_invitation() {
    let (app, group) = set_up().await;
    let path = format!("/v1/groups/{}/invitations", group.id);
    let (ed, body) = (app.member(&group, "Ed", "editor").await, json!({"email": "ben@example.org", "role": "viewer"}));
    ed.post(&path, body.clone()).await.problem(403, "not_allowed");
    ed.get(&path).await.problem(403, "not_allowed");
    app.visitor().post(&path, body.clone()).await.problem(401, "not_signed_in");
    app.visitor().get(&path).await.problem(401, "not_signed_in");
    app.person("Olwen").await.post(&path, body.clone()).await.problem(403, "not_allowed");
    let bad = group.owner.post(&path, json!({"email": "ben", "role": "king"})).await.problem(422, "invalid_fields");
    bad.refuses("/email", "not_an_email_address").refuses("/role", "not_one_of");

    let owner = group.owner.with("idempotency-key", "k");
    let first = owner.post(&path, body.clone()).await.expect(201);
    // A repeat says the same, but the code is shown only once and stored nowhere.
    let repeat = owner.post(&path, body.clone()).await.expect(201);
    assert_eq!((repeat.str("/id"), &repeat.body["code"]), (first.str("/id"), &Value::Null));
    group.owner.post(&path, body.clone()).await.problem(409, "already_exists");
    let other = app.group(group.network, "Other").await;
    other.owner.post(format!("/v1/groups/{}/invitations", other.id), body.clone()).await.expect(201);

    let (dai, path) = (json!({"email": "dai@example.org", "role": "viewer"}), path.as_str());
    let (a, b) = join(group.owner.post(path, dai.clone()), group.owner.post(path, dai.clone())).await;
    let mut statuses = [a.status, b.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [201, 409]);
    let first = group.owner.get(format!("{path}?limit=1")).await.expect(200);
    assert_eq!(first.each("/email"), ["dai@example.org"], "newest first");
    let next = group.owner.get(format!("{path}?limit=1&cursor={}", first.str("/next_cursor"))).await.expect(200);
    assert_eq!(next.each("/email"), ["ben@example.org"]);
}

#[actix_web::test]
async fn a_member_who_accepts_keeps_the_higher_role() {
    let (app, group) = set_up().await;
    let ben = app.member(&group, "Ben", "editor").await;
    for (offered, then) in [("viewer", "editor"), ("editor", "editor"), ("owner", "owner")] {
        let code = invite(&group, "ben@example.org", offered).await.expect(201).str("/code");
        assert_eq!(accept(&ben, &code).await.expect(200).str("/role"), then, "{offered}");
    }
}

#[actix_web::test]
async fn a_code_used_twice_at_the_same_moment_counts_once() {
    let (app, group) = set_up().await;
    let ben = app.person("Ben").await;
    let code = invite(&group, "ben@example.org", "viewer").await.expect(201).str("/code");
    let (a, b) = join(accept(&ben, &code), accept(&ben, &code)).await;
    let mut statuses = [a.status, b.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 404]);
}

#[actix_web::test]
async fn guessing_codes_is_stopped() {
    let (app, _) = set_up().await;
    let eve = app.person("Eve").await;
    for _ in 0..20 {
        accept(&eve, "guess").await.problem(404, "not_found");
    }
    let stopped = accept(&eve, "guess").await.problem(429, "too_many_requests");
    assert!(stopped.header("retry-after").parse::<u64>().unwrap() > 0);
    app.advance(chrono::Duration::minutes(14));
    accept(&eve, "guess").await.expect(429);
}

#[actix_web::test]
async fn who_is_removed_has_no_way_back_through_an_invitation_of_their_own() {
    let app = TestApp::start().await;
    let group = app.group(app.network("stoke").await, "Pantry").await;
    let (other, mallory) = (app.member(&group, "Mallory", "owner").await, app.person("Mallory2").await);
    let path = format!("/v1/groups/{}", group.id);
    let invitation = json!({"email": "mallory2@example.org", "role": "owner"});
    let code = other.post(format!("{path}/invitations"), invitation).await.expect(201).str("/code");
    group.owner.delete(format!("{path}/members/{}", other.id)).await.expect(204);
    mallory.post("/v1/invitations/accept", json!({"code": code})).await.problem(404, "not_found");
}

#[actix_web::test]
async fn one_address_is_not_flooded_with_invitations() {
    let app = TestApp::start().await;
    let network = app.network("stoke").await;
    let invitation = json!({"email": "ben@example.org", "role": "viewer"});
    for number in 0..5 {
        let group = app.group(network, &format!("Pantry {number}")).await;
        group.owner.post(format!("/v1/groups/{}/invitations", group.id), invitation.clone()).await.expect(201);
    }
    let group = app.group(network, "Pantry 6").await;
    let refused = group.owner.post(format!("/v1/groups/{}/invitations", group.id), invitation).await.problem(429, "too_many_requests");
    assert!(refused.header("retry-after").parse::<u32>().unwrap() > 3600);
}
