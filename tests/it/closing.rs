//! Endings: groups that part, groups that close, people who delete their accounts; and what stays readable to the other side.

use gotit::accounts::passwords::Password;
use reqwest::Method;
use serde_json::{Value, json};

use crate::{
    pairs::{Pair, post},
    support::{Answer, Client, Group, Person},
};

const PASSWORD: &str = "kettle-harbour-violin";

async fn close(client: &Client, group: &Group) -> Answer {
    client.delete(format!("/v1/groups/{}", group.id)).await
}

async fn delete_me(client: &Client, password: &str) -> Answer {
    client.send(Method::DELETE, "/v1/users/me", Some(json!({"password": password}))).await
}

/// Gives everybody their password.
async fn give_passwords(pair: &Pair) {
    let hash = pair.app.state.passwords.hash(&Password::parse(PASSWORD).unwrap()).await.unwrap();
    pair.app.sql(&format!("update users set password_hash = '{hash}'")).await;
}

async fn add_member(pair: &Pair, group: &Group, person: &Person, role: &str) {
    let member = "insert into memberships (group_id, user_id, role, created_at) values";
    pair.app.sql(&format!("{member} ('{}', '{}', '{role}', now())", group.id, person.id)).await;
}

#[actix_web::test]
async fn blocking_a_group_declines_what_is_open_and_tells_nobody_who_did_it() {
    for giver_blocks in [true, false] {
        let pair = Pair::start().await;
        let (open, proposed, agreed) = (pair.interest("open").await, pair.exchange("proposed").await, pair.exchange("accepted").await);
        let third = pair.app.group(pair.network, "Etruria Bowls").await;
        let others = [pair.interest_in(&pair.offer, &third, "open").await, pair.exchange_with(&third, "proposed", "receiver").await];
        let (one, other) = if giver_blocks { (&pair.giver, &pair.receiver) } else { (&pair.receiver, &pair.giver) };
        for _ in 0..2 {
            one.owner.put(format!("/v1/groups/{}/blocks/{}", one.id, other.id), Value::Null).await.expect(204);
        }
        assert_eq!(pair.stands("interests", &open).await, "declined not_available");
        assert_eq!(pair.stands("exchanges", &proposed).await, "declined not_available");
        assert_eq!(pair.stands("exchanges", &agreed).await, "accepted", "what was agreed stays agreed");
        assert_eq!(
            (pair.stands("interests", &others[0]).await, pair.stands("exchanges", &others[1]).await),
            ("open".into(), "proposed".into())
        );
        assert_eq!(pair.told(&pair.giver).await, ["interest_withdrawn not_available", "exchange_declined not_available"]);
        assert_eq!(pair.told(&pair.receiver).await, ["interest_declined not_available", "exchange_declined not_available"]);
        assert!(pair.told(&third).await.is_empty());
        let telling = pair.texts("select count(*) from notices where facts::text like '%block%'").await;
        assert_eq!(telling, ["0"]);
        let by = pair.texts("select distinct ended_by from exchanges where end_reason = 'not_available'").await;
        assert_eq!(by, ["system"], "neither side");
    }
}

#[actix_web::test]
async fn a_closed_group_answers_everybody_who_waits_for_it() {
    let pair = Pair::start().await;
    let third = pair.app.group(pair.network, "Etruria Bowls").await;
    let owner = &pair.giver.owner;
    let address = format!("/v1/groups/{}/listings?draft=true", pair.giver.id);
    owner.post(address, json!({"kind": "offer", "title": "A secret draft", "category": "seating"})).await.expect(201);
    let paused = post(&pair.giver, json!({"kind": "offer", "title": "A sleeping table", "category": "tables"})).await;
    owner.send(Method::POST, &format!("/v1/listings/{paused}/pause"), None).await.expect(200);
    let gone = post(&pair.giver, json!({"kind": "offer", "title": "Gone already", "category": "tables"})).await;
    owner.send(Method::POST, &format!("/v1/listings/{gone}/fulfil"), None).await.expect(200);
    let open = pair.interest("open").await;
    let proposed_to = pair.exchange_with(&third, "proposed", "receiver").await;
    let proposed_by = pair.exchange_with(&third, "proposed", "giver").await;
    let (accepted, handed_over) = (pair.exchange("accepted").await, pair.exchange("handed_over").await);
    owner.post(accepted.contact(), json!({"phone": "01782 000 111"})).await.expect(200);
    close(owner, &pair.giver).await.expect(204);
    for (table, talk, stands) in [
        ("interests", &open, "declined group_closed"),
        ("exchanges", &proposed_to, "declined group_closed"),
        ("exchanges", &proposed_by, "withdrawn group_closed"),
        ("exchanges", &accepted, "cancelled group_closed"),
        ("exchanges", &handed_over, "handed_over"),
    ] {
        assert_eq!(pair.stands(table, talk).await, stands);
    }
    let states = format!("select distinct state from listings where group_id = '{}' order by state", pair.giver.id);
    assert_eq!(pair.texts(&states).await, ["fulfilled", "withdrawn"]);
    let told = pair.told(&pair.receiver).await;
    assert_eq!(told, ["contact_shared", "interest_declined group_closed", "exchange_cancelled group_closed"]);
    assert_eq!(pair.told(&third).await, ["exchange_declined group_closed", "exchange_withdrawn group_closed"]);
    assert!(pair.told(&pair.giver).await.is_empty(), "nobody is there to be told");
    let exchange = pair.receiver.owner.get(format!("/v1/exchanges/{}", accepted.id)).await.expect(200);
    assert_eq!((exchange.str("/state"), exchange.str("/giver/name")), ("cancelled".into(), "St Mary's".into()), "it stays readable");
    let theirs = pair.receiver.owner.get(accepted.contact()).await.expect(200);
    assert_eq!(theirs.body["theirs"], Value::Null, "what it showed is erased");
    let threads = pair.receiver.owner.get(format!("/v1/groups/{}/threads", pair.receiver.id)).await.expect(200);
    assert!(threads.each("/other_group/name").iter().all(|name| name == "St Mary's"), "its name stays: {}", threads.text);
    let refused = pair.receiver.owner.post(handed_over.messages(), json!({"body": "Hello?"})).await;
    refused.problem(409, "conflict");
    let acts =
        "select count(*) from audit_entries where action in ('close_group', 'cancel_exchange', 'withdraw_listing', 'withdraw_exchange')";
    assert_eq!(pair.texts(acts).await, ["6"], "one group, one exchange each way, three listings");
}

#[actix_web::test]
async fn what_a_closed_group_wanted_is_free_for_others() {
    let pair = Pair::start().await;
    let (accepted, proposed, open) = (pair.exchange("scheduled").await, pair.exchange("proposed").await, pair.interest("open").await);
    let address = format!("/v1/listings/{}", pair.offer);
    assert_eq!(pair.app.visitor().get(&address).await.expect(200).body["quantity_gone"], 10);
    close(&pair.receiver.owner, &pair.receiver).await.expect(204);
    assert_eq!(pair.app.visitor().get(&address).await.expect(200).body["quantity_gone"], 0);
    assert_eq!(pair.stands("exchanges", &accepted).await, "cancelled group_closed");
    assert_eq!(pair.stands("exchanges", &proposed).await, "withdrawn group_closed");
    assert_eq!(pair.stands("interests", &open).await, "withdrawn group_closed");
    let told = pair.told(&pair.giver).await;
    assert_eq!(told, ["interest_withdrawn group_closed", "exchange_cancelled group_closed", "exchange_withdrawn group_closed"]);
    assert_eq!(pair.texts("select distinct ended_by from exchanges").await, ["receiver"]);
}

#[actix_web::test]
async fn a_closed_group_is_found_by_nobody_and_nobody_gets_into_it() {
    let pair = Pair::start().await;
    let coordinator = pair.app.staff(pair.network, "Mair", "coordinator").await;
    let member = pair.app.member(&pair.giver, "Vi", "viewer").await;
    pair.app.person("Olwen").await;
    let invite = json!({"email": "nia@example.org", "role": "editor"});
    let code = pair.giver.owner.post(format!("/v1/groups/{}/invitations", pair.giver.id), invite).await.expect(201).str("/code");
    let nia = pair.app.person("Nia").await;
    let path = format!("/v1/groups/{}", pair.giver.id);
    pair.giver.owner.patch(&path, "*", json!({"description": "Our own words", "activities": ["faith"]})).await.expect(200);
    close(&pair.giver.owner, &pair.giver).await.expect(204);
    close(&pair.giver.owner, &pair.giver).await.problem(404, "not_found");
    for client in [&pair.app.visitor(), &pair.giver.owner.client, &member.client, &coordinator.client, &pair.receiver.owner.client] {
        client.get(&path).await.problem(404, "not_found");
    }
    nia.post("/v1/invitations/accept", json!({"code": code})).await.problem(404, "not_found");
    let directory = pair.app.visitor().get("/v1/groups").await.expect(200);
    assert_eq!(directory.each("/name"), ["Hanley Food Bank"]);
    let me = pair.giver.owner.get("/v1/users/me").await.expect(200);
    assert_eq!(me.body["memberships"], json!([]));
    let decide = format!("/v1/networks/{}/groups/{}/approve", pair.network, pair.giver.id);
    coordinator.post(decide, json!({})).await.problem(409, "wrong_state");
    let left =
        "select name || '|' || description || '|' || search_text || '|' || cardinality(activities) from groups where closed_at is not null";
    assert_eq!(pair.texts(left).await, ["St Mary's||st mary's|0"]);
    assert_eq!(pair.texts("select count(*) from invitations").await, ["0"], "they hold addresses");
}

#[actix_web::test]
async fn only_an_owner_closes_a_group() {
    let pair = Pair::start().await;
    let people = [
        pair.app.member(&pair.giver, "Vi", "viewer").await,
        pair.app.member(&pair.giver, "Edd", "editor").await,
        pair.app.staff(pair.network, "Mair", "coordinator").await,
        pair.receiver.owner.clone(),
        pair.app.person("Olwen").await,
    ];
    close(&pair.app.visitor(), &pair.giver).await.problem(401, "not_signed_in");
    for person in &people {
        close(person, &pair.giver).await.problem(403, "not_allowed");
    }
    pair.app.visitor().get(format!("/v1/listings/{}", pair.offer)).await.expect(200);
}

#[actix_web::test]
async fn two_who_close_a_group_and_one_who_posts_at_once_leave_nothing_open() {
    let pair = Pair::start().await;
    pair.interest("open").await;
    let other = pair.app.member(&pair.giver, "Oz", "owner").await;
    let address = format!("/v1/groups/{}/listings", pair.giver.id);
    let body = json!({"kind": "offer", "title": "Late chairs", "category": "seating"});
    let (one, two, late) = tokio::join!(close(&pair.giver.owner, &pair.giver), close(&other, &pair.giver), other.post(address, body));
    let mut statuses = [one.status, two.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [204, 404]);
    assert!([201, 404, 422].contains(&late.status), "{}", late.text);
    assert_eq!(pair.texts("select count(*) from listings where is_open").await, ["0"]);
    assert_eq!(pair.told(&pair.receiver).await, ["interest_declined group_closed"]);
}

#[actix_web::test]
async fn an_account_is_deleted_and_what_its_person_did_stays() {
    let pair = Pair::start().await;
    let person = pair.app.member(&pair.giver, "Angharad", "editor").await;
    add_member(&pair, &pair.receiver, &pair.app.member(&pair.giver, "Oz", "viewer").await, "owner").await;
    give_passwords(&pair).await;
    let talk = pair.exchange("accepted").await;
    person.post(talk.messages(), json!({"body": "We bring them on Monday"})).await.expect(201);
    person.post(talk.contact(), json!({"email": "angharad@example.org"})).await.expect(200);
    let address = format!("/v1/groups/{}/listings", pair.giver.id);
    let listing = person.post(address, json!({"kind": "offer", "title": "A piano", "category": "seating"})).await.expect(201).str("/id");
    delete_me(&person, PASSWORD).await.expect(204);
    person.get("/v1/users/me").await.problem(401, "session_ended");
    delete_me(&person, PASSWORD).await.problem(401, "session_ended");
    let sign_in = json!({"email": "angharad@example.org", "password": PASSWORD});
    pair.app.visitor().post("/v1/sessions", sign_in).await.problem(401, "wrong_credentials");
    pair.app.visitor().get(format!("/v1/listings/{listing}")).await.expect(200);
    let messages = pair.giver.owner.get(talk.messages()).await.expect(200);
    assert_eq!((messages.each("/body"), messages.each("/sender_name")), (vec!["We bring them on Monday".into()], vec!["null".into()]));
    let theirs = pair.receiver.owner.get(talk.contact()).await.expect(200);
    assert_eq!(theirs.body["theirs"], Value::Null, "what they showed is erased");
    assert_eq!(pair.stands("exchanges", &talk).await, "accepted");
    let members = pair.giver.owner.get(format!("/v1/groups/{}/members", pair.giver.id)).await.expect(200);
    assert!(!members.text.contains("Angharad"), "{}", members.text);
    for table in ["users", "audit_entries", "contact_reveals", "invitations", "outbox_events", "notices", "messages", "sessions"] {
        let found = pair.texts(&format!("select count(*) from {table} t where t::text ilike '%angharad%'")).await;
        assert_eq!(found, ["0"], "{table}");
    }
    let kept = format!("select action from audit_entries where actor_id = '{}' order by occurred_at desc, id desc limit 2", person.id);
    assert_eq!(pair.texts(&kept).await, ["delete_account", "remove_member"]);
}

#[actix_web::test]
async fn no_code_of_an_invitation_that_is_gone_waits_to_be_mailed() {
    let pair = Pair::start().await;
    let angharad = pair.app.person("Angharad").await;
    give_passwords(&pair).await;
    add_member(&pair, &pair.receiver, &angharad, "owner").await;
    let address = |group: &Group| format!("/v1/groups/{}/invitations", group.id);
    let body = |email: &str| json!({"email": email, "role": "viewer"});
    angharad.post(address(&pair.receiver), body("ben@example.org")).await.expect(201);
    pair.giver.owner.post(address(&pair.giver), body("angharad@example.org")).await.expect(201);
    pair.giver.owner.post(address(&pair.giver), body("carys@example.org")).await.expect(201);
    let waiting = "select count(*) from outbox_events where given_up_at is null and payload ->> 'code' is not null";
    assert_eq!(pair.texts(waiting).await, ["3"]);
    delete_me(&angharad, PASSWORD).await.expect(204);
    assert_eq!(pair.texts(waiting).await, ["1"], "neither what she sent nor what was sent to her");
    close(&pair.giver.owner, &pair.giver).await.expect(204);
    assert_eq!(pair.texts(waiting).await, ["0"]);
    let left = "select distinct payload::text || ' ' || last_error from outbox_events where topic = 'invitation.created'";
    assert_eq!(pair.texts(left).await, ["{} The invitation was no longer open."]);
}

#[actix_web::test]
async fn an_address_that_others_showed_goes_with_its_account() {
    let pair = Pair::start().await;
    let talk = pair.exchange("accepted").await;
    let angharad = pair.app.person("Angharad").await;
    give_passwords(&pair).await;
    pair.giver.owner.post(talk.contact(), json!({"email": "Angharad@example.org"})).await.expect(200);
    delete_me(&angharad, PASSWORD).await.expect(204);
    assert_eq!(pair.receiver.owner.get(talk.contact()).await.expect(200).body["theirs"], Value::Null);
}

#[actix_web::test]
async fn an_account_is_deleted_with_its_password_alone() {
    let pair = Pair::start().await;
    give_passwords(&pair).await;
    let owner = &pair.giver.owner;
    delete_me(owner, "not-this-one-either").await.problem(422, "invalid_fields").refuses("/password", "wrong_password");
    owner.send(Method::DELETE, "/v1/users/me", Some(json!({}))).await.refuses("/password", "required");
    delete_me(&pair.app.visitor(), PASSWORD).await.problem(401, "not_signed_in");
    for _ in 0..9 {
        delete_me(owner, "not-this-one-either").await.problem(422, "invalid_fields");
    }
    delete_me(owner, PASSWORD).await.problem(429, "too_many_requests");
    let change = json!({"current_password": PASSWORD, "new_password": "lantern-otter-tuesday"});
    owner.put("/v1/users/me/password", change).await.problem(429, "too_many_requests");
    owner.get("/v1/users/me").await.expect(200);
}

#[actix_web::test]
async fn the_only_owner_of_a_group_that_others_belong_to_stays() {
    let pair = Pair::start().await;
    give_passwords(&pair).await;
    let viewer = pair.app.member(&pair.giver, "Vi", "viewer").await;
    add_member(&pair, &pair.receiver, &pair.giver.owner, "viewer").await;
    let refused = delete_me(&pair.giver.owner, PASSWORD).await.problem(409, "last_owner");
    assert!(refused.str("/detail").contains("St Mary's") && !refused.str("/detail").contains("Food Bank"), "{}", refused.text);
    let me = pair.giver.owner.get("/v1/users/me").await.expect(200);
    assert_eq!(me.body["memberships"].as_array().unwrap().len(), 2, "nothing has changed");
    pair.app.sql(&format!("update memberships set role = 'owner' where user_id = '{}'", viewer.id)).await;
    delete_me(&pair.giver.owner, PASSWORD).await.expect(204);
    viewer.get(format!("/v1/groups/{}", pair.giver.id)).await.expect(200);
}

#[actix_web::test]
async fn a_group_of_one_closes_with_its_only_member() {
    let pair = Pair::start().await;
    give_passwords(&pair).await;
    let open = pair.interest("open").await;
    delete_me(&pair.giver.owner, PASSWORD).await.expect(204);
    pair.app.visitor().get(format!("/v1/groups/{}", pair.giver.id)).await.problem(404, "not_found");
    assert_eq!(pair.stands("interests", &open).await, "declined group_closed");
    assert_eq!(pair.told(&pair.receiver).await, ["interest_declined group_closed"]);
}

#[actix_web::test]
async fn the_only_coordinator_of_a_network_stays() {
    let pair = Pair::start().await;
    let (one, two) = (pair.app.staff(pair.network, "Mair", "coordinator").await, pair.app.staff(pair.network, "Bran", "broker").await);
    give_passwords(&pair).await;
    delete_me(&one, PASSWORD).await.problem(409, "conflict");
    delete_me(&two, PASSWORD).await.expect(204);
    let next = pair.app.staff(pair.network, "Fflur", "coordinator").await;
    delete_me(&one, PASSWORD).await.expect(204);
    assert_eq!(next.get(format!("/v1/networks/{}/staff", pair.network)).await.expect(200).each("/name"), ["Fflur"]);
}
