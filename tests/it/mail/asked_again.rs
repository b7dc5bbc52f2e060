//! Groups that were asked in and have not come are asked once more.

use chrono::Duration;
use serde_json::{Value, json};

use super::{Office, accept};
use crate::{
    accounts::texts,
    support::{Answer, Client, Person},
};

/// A coordinator, who has asked a group in.
struct Asked {
    post: Office,
    mair: Person,
    group: String,
    code: String,
}

impl Asked {
    async fn new() -> Self {
        let post = Office::set_up().await;
        let mair = post.app.staff(post.group.network, "Mair", "coordinator").await;
        let body = json!({"name": "Clwb Bowlio Tŷ Coch", "locality": "hanley-stoke-on-trent", "email": "ben@example.org"});
        let asked = mair.post(format!("/v1/networks/{}/group-invitations", post.group.network), body).await.expect(201);
        let (group, code) = (asked.str("/group/id"), asked.str("/code"));
        Self { post, mair, group, code }
    }

    async fn again_by(&self, by: &Client) -> Answer {
        let at = format!("/v1/networks/{}/groups/{}/invitation", self.post.group.network, self.group);
        by.send(reqwest::Method::POST, &at, None).await
    }

    async fn again(&self) -> Answer {
        self.again_by(&self.post.app.back_again(&self.mair)).await
    }
}

#[actix_web::test]
async fn who_did_not_come_in_time_gets_another_mail_with_a_code_that_works() {
    let asked = Asked::new().await;
    assert_eq!(asked.post.deliver().await, 1);
    asked.post.app.advance(Duration::days(15));
    let again = asked.again().await.expect(201);
    assert_eq!((again.str("/group/id"), again.str("/group/networks/0/state")), (asked.group.clone(), "invited".to_owned()));
    assert_eq!(again.header("location"), format!("/v1/groups/{}", asked.group));
    assert!(!again.text.contains("ben@"), "the address is the owner's business: {}", again.text);
    assert_eq!(asked.post.deliver().await, 1);
    let mails = asked.post.server.mails();
    assert_eq!((mails.len(), mails[1].to.clone()), (2, vec!["RCPT TO:<ben@example.org>".to_owned()]));
    assert!(mails[1].text().contains("Clwb Bowlio Tŷ Coch") && mails[1].code() == again.str("/code"), "{}", mails[1].text());
    let ben = asked.post.app.back_again(&asked.post.app.person("Ben").await);
    accept(&ben, &asked.code).await.problem(404, "not_found");
    assert_eq!(accept(&ben, &mails[1].code()).await.expect(200).str("/role"), "owner");
    let refused = asked.again().await.problem(409, "wrong_state");
    assert!(refused.str("/detail").contains("awaiting_review"), "{}", refused.text);
    let mair = asked.post.app.back_again(&asked.mair);
    let records = mair.get(format!("/v1/networks/{}/audit?action=invite_group_again", asked.post.group.network)).await.expect(200);
    assert_eq!((records.each("/actor_name"), records.each("/subject_id")), (vec!["Mair".to_owned()], vec![asked.group.clone()]));
    assert!(!records.text.contains("example.org"), "{}", records.text);
}

#[actix_web::test]
async fn asking_again_before_the_time_is_over_makes_the_old_code_good_for_nothing() {
    let asked = Asked::new().await;
    let again = asked.again().await.expect(201);
    assert_eq!(asked.post.deliver().await, 1, "what was not sent of the first is not sent any more");
    let ben = asked.post.app.person("Ben").await;
    accept(&ben, &asked.code).await.problem(404, "not_found");
    accept(&ben, &again.str("/code")).await.expect(200);
    let codes = "select payload::text as text from outbox_events where topic = 'invitation.created'";
    assert_eq!(texts(&asked.post.app, codes).await, ["{}", "{}"], "no code is kept");
}

#[actix_web::test]
async fn asking_again_is_limited_as_every_mail_to_an_address_is_and_a_repeat_asks_once() {
    let asked = Asked::new().await;
    let once = asked.mair.with("idempotency-key", "again");
    let first = asked.again_by(&once).await.expect(201);
    let repeated = asked.again_by(&once).await.expect(201);
    assert_eq!((first.body["code"].is_string(), &repeated.body["code"]), (true, &Value::Null));
    for _ in 0..3 {
        asked.again().await.expect(201);
    }
    asked.again().await.problem(429, "too_many_requests");
    asked.post.app.advance(Duration::hours(25));
    asked.again().await.expect(201);
    let open = "select count(*)::text as text from invitations where revoked_at is null";
    assert_eq!(texts(&asked.post.app, open).await, ["1"]);
}

#[actix_web::test]
async fn a_group_that_is_not_wanted_any_more_or_was_never_asked_is_not_asked_again() {
    let asked = Asked::new().await;
    let network = asked.post.group.network;
    let reject = format!("/v1/networks/{network}/groups/{}/reject", asked.group);
    asked.mair.post(reject, json!({"reason": "The wrong address."})).await.expect(200);
    asked.again().await.problem(409, "wrong_state");
    let member = format!("/v1/networks/{network}/groups/{}/invitation", asked.post.group.id);
    asked.mair.send(reqwest::Method::POST, &member, None).await.problem(409, "wrong_state");
    let bran = asked.post.app.staff(network, "Bran", "broker").await;
    asked.again_by(&bran).await.problem(403, "not_allowed");
}
