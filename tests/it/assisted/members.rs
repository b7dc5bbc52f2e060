//! Groups that have members: an owner says yes or no, and who is a member and staff acts as one or the other.

use serde_json::{Value, json};

use super::{Town, consent, holding};
use crate::support::{Answer, Client};

#[actix_web::test]
async fn a_group_with_members_says_yes_before_staff_act_for_it_and_can_end_it() {
    let town = Town::new().await;
    let pantry = town.app.group(town.network, "Pantry").await;
    let post =
        async |by: &Client| by.post(format!("/v1/groups/{}/listings", pantry.id), json!({"kind": "want", "title": "A minibus"})).await;
    post(&town.mair).await.problem(403, "not_allowed");
    let confirm = format!("/v1/groups/{}/assistance/confirm", pantry.id);
    pantry.owner.send(reqwest::Method::POST, &confirm, None).await.problem(404, "not_found");
    let recorded = town.mair.put(town.at(&format!("/groups/{}/assistance", pantry.id)), consent()).await.expect(200);
    assert_eq!(recorded.str("/state"), "asked");
    // Recording it again is not told again.
    town.mair.put(town.at(&format!("/groups/{}/assistance", pantry.id)), consent()).await.expect(200);
    let told = async || pantry.owner.get(format!("/v1/groups/{}/inbox", pantry.id)).await.expect(200).each("/topic");
    assert_eq!(told().await, ["assistance_asked"]);
    post(&town.mair).await.problem(403, "not_allowed");
    town.mair.get(format!("/v1/groups/{}/inbox", pantry.id)).await.problem(403, "not_allowed");
    let edd = town.app.member(&pantry, "Edd", "editor").await;
    edd.send(reqwest::Method::POST, &confirm, None).await.problem(403, "not_allowed");
    town.mair.send(reqwest::Method::POST, &confirm, None).await.problem(403, "not_allowed");
    for _ in 0..2 {
        assert_eq!(pantry.owner.send(reqwest::Method::POST, &confirm, None).await.expect(200).str("/state"), "begun");
    }
    assert_eq!(told().await, ["assistance_began", "assistance_asked"]);
    // Another number does not ask anew.
    assert_eq!(town.mair.put(town.at(&format!("/groups/{}/assistance", pantry.id)), consent()).await.expect(200).str("/state"), "begun");
    let wanted = post(&town.mair).await.expect(201);
    assert_eq!(wanted.body["posted_by_staff"], true);
    // Its members read their notices themselves.
    let bowls = town.app.group(town.network, "Bowls").await;
    town.ask_for(&bowls, &wanted.str("/id")).await;
    assert!(town.calls("").await.each("/id").is_empty());
    let own = format!("/v1/groups/{}/assistance", pantry.id);
    assert_eq!(pantry.owner.get(&own).await.expect(200).str("/contact"), "01782 000 111");
    let viewer = town.app.member(&pantry, "Vi", "viewer").await;
    viewer.delete(&own).await.problem(403, "not_allowed");
    pantry.owner.delete(&own).await.expect(204);
    pantry.owner.delete(&own).await.problem(404, "not_found");
    post(&town.mair).await.problem(403, "not_allowed");
    assert_eq!(holding(&town.app, &pantry.id.to_string(), &["assisted_groups"]).await, Vec::<String>::new());
    pantry.owner.get(format!("/v1/listings/{}", wanted.str("/id"))).await.expect(200);
}

#[actix_web::test]
async fn the_first_owner_of_a_group_that_staff_act_for_is_asked_and_until_then_they_do_not() {
    let town = Town::new().await;
    let body = json!({"name": "Clwb Bowlio", "locality": "hanley-stoke-on-trent", "email": "ben@example.org"});
    let asked = town.mair.post(town.at("/group-invitations"), body).await.expect(201);
    let (club, code) = (asked.str("/group/id"), asked.str("/code"));
    let assistance = town.at(&format!("/groups/{club}/assistance"));
    // Nobody is there to say yes or no: that is for a coordinator, and then for all.
    town.bran.put(&assistance, consent()).await.problem(403, "not_allowed");
    assert_eq!(town.mair.put(&assistance, consent()).await.expect(200).str("/state"), "begun");
    assert_eq!(town.bran.put(&assistance, consent()).await.expect(200).str("/state"), "begun");
    let inbox = format!("/v1/groups/{club}/inbox");
    town.bran.get(&inbox).await.expect(200);
    let ben = town.app.person("Ben").await;
    ben.post("/v1/invitations/accept", json!({"code": code})).await.expect(200);
    assert_eq!(town.mair.get(&assistance).await.expect(200).str("/state"), "asked");
    town.bran.get(&inbox).await.problem(404, "not_found");
    assert_eq!(ben.get(&inbox).await.expect(200).each("/topic"), ["assistance_asked"]);
    let waiting = ben.get(format!("/v1/groups/{club}/waiting")).await.expect(200);
    assert!(waiting.each("/kind").contains(&"confirm_assistance".to_owned()), "{}", waiting.text);
    ben.post(format!("/v1/groups/{club}/assistance/confirm"), Value::Null).await.expect(200);
    town.bran.get(&inbox).await.expect(200);
}

#[actix_web::test]
async fn recording_the_consent_anew_reads_nothing_for_the_staff() {
    let town = Town::new().await;
    let chairs = town.post_chairs(&town.bran).await.expect(201).str("/id");
    let bowls = town.app.group(town.network, "Bowls").await;
    town.ask_for(&bowls, &chairs).await;
    let unread = async || town.mair.get(format!("/v1/groups/{}/inbox", town.club)).await.expect(200).body["unread"].clone();
    let before = unread().await;
    assert_ne!(before, 0);
    town.app.advance(chrono::Duration::minutes(5));
    town.bran.put(town.assistance(), consent()).await.expect(200);
    assert_eq!(unread().await, before);
}

#[actix_web::test]
async fn who_acts_for_it_no_more_leaves_nothing_behind_by_which_to_reach_them() {
    for refused in [false, true] {
        let town = Town::new().await;
        let chairs = town.post_chairs(&town.bran).await.expect(201).str("/id");
        let bowls = town.app.group(town.network, "Bowls").await;
        let interest = town.ask_for(&bowls, &chairs).await;
        let exchange = town.bran.post(format!("/v1/interests/{interest}/accept"), json!({})).await.expect(201).str("/exchange_id");
        let contact = format!("/v1/exchanges/{exchange}/contact");
        town.bran.post(&contact, json!({"phone": "07700 900123"})).await.expect(200);
        bowls.owner.post(&contact, json!({"phone": "07700 900456"})).await.expect(200);
        let theirs = async || bowls.owner.get(&contact).await.expect(200).body["theirs"]["phone"].clone();
        assert_eq!(theirs().await, "07700 900123");
        if refused {
            town.app
                .sql("update network_groups set state = 'awaiting_review', decided_at = null, decided_by = null, recheck_at = null")
                .await;
            assert_eq!(theirs().await, "07700 900123");
            let reject = town.at(&format!("/groups/{}/reject", town.club));
            town.mair.post(reject, json!({"reason": "We do not know you."})).await.expect(200);
        } else {
            town.mair.delete(town.at(&format!("/staff/{}", town.bran.id))).await.expect(204);
            // What others have shown stays.
            assert_eq!(town.mair.get(&contact).await.expect(200).body["theirs"]["phone"], "07700 900456");
        }
        assert_eq!(theirs().await, Value::Null, "refused: {refused}");
    }
}

#[actix_web::test]
async fn a_viewer_who_works_for_the_network_edits_for_a_group_that_it_helps() {
    let town = Town::new().await;
    let pantry = town.app.group(town.network, "Pantry").await;
    town.app
        .sql(&format!(
            "insert into memberships (group_id, user_id, role, created_at) values ('{}', '{}', 'viewer', now())",
            pantry.id, town.bran.id
        ))
        .await;
    let post = async || town.bran.post(format!("/v1/groups/{}/listings", pantry.id), json!({"kind": "want", "title": "A minibus"})).await;
    post().await.problem(403, "not_allowed");
    town.mair.put(town.at(&format!("/groups/{}/assistance", pantry.id)), consent()).await.expect(200);
    post().await.problem(403, "not_allowed");
    pantry.owner.send(reqwest::Method::POST, &format!("/v1/groups/{}/assistance/confirm", pantry.id), None).await.expect(200);
    // A viewer may not post, so it is as staff that they do.
    let posted = post().await.expect(201);
    assert_eq!(posted.body["posted_by_staff"], true);
    let marked = |answer: Answer| answer.expect(200).body["posted_by_staff"].clone();
    assert_eq!(marked(town.bran.get(format!("/v1/listings/{}", posted.str("/id"))).await), true);
    // An editor posts as a member: it is not marked.
    town.app.sql("update memberships set role = 'editor' where role = 'viewer'").await;
    let posted = post().await.expect(201);
    assert_eq!(posted.body["posted_by_staff"], Value::Null);
    assert_eq!(marked(town.mair.get(format!("/v1/listings/{}", posted.str("/id"))).await), false);
}

#[actix_web::test]
async fn an_owner_says_no_by_ending_what_has_not_begun() {
    let town = Town::new().await;
    let pantry = town.app.group(town.network, "Pantry").await;
    let at = town.at(&format!("/groups/{}/assistance", pantry.id));
    town.mair.put(&at, consent()).await.expect(200);
    pantry.owner.delete(format!("/v1/groups/{}/assistance", pantry.id)).await.expect(204);
    town.mair.get(&at).await.problem(404, "not_found");
    pantry.owner.send(reqwest::Method::POST, &format!("/v1/groups/{}/assistance/confirm", pantry.id), None).await.problem(404, "not_found");
    assert_eq!(holding(&town.app, &pantry.id.to_string(), &["assisted_groups"]).await, Vec::<String>::new());
}

#[actix_web::test]
async fn an_owner_who_closes_the_group_ends_it_too() {
    let town = Town::new().await;
    let pantry = town.app.group(town.network, "Pantry").await;
    town.mair.put(town.at(&format!("/groups/{}/assistance", pantry.id)), consent()).await.expect(200);
    pantry.owner.delete(format!("/v1/groups/{}", pantry.id)).await.expect(204);
    town.mair.get(town.at(&format!("/groups/{}/assistance", pantry.id))).await.problem(404, "not_found");
    town.mair.put(town.at(&format!("/groups/{}/assistance", pantry.id)), consent()).await.problem(404, "not_found");
    assert_eq!(holding(&town.app, &pantry.id.to_string(), &["assisted_groups"]).await, Vec::<String>::new());
}
