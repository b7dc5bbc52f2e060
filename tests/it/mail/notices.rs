//! Notices as mail: to those who post for the group and want it, each once, and nothing said that should not be.

use chrono::Duration;
use gotit::{
    db::transaction,
    inbox::{self, Notice, Recipient, Topic},
    outbox::{MailConfig, Post},
    types::ids::GroupId,
};
use reqwest::Method;
use serde_json::json;

use super::{DELIVERED, Office};

impl Office {
    async fn tell(&self, notice: Notice) {
        let now = self.app.now();
        transaction(&mut *self.app.conn().await, async |tx| inbox::tell(tx, now, vec![notice]).await).await.unwrap();
    }

    fn notice(&self, other: GroupId) -> Notice {
        Notice { other_group: Some(other), ..Notice::to_group(self.group.id, Topic::MessageReceived) }
    }

    fn recipients(&self) -> Vec<String> {
        let mut all: Vec<_> =
            self.server.mails().into_iter().flat_map(|mail| mail.to).map(|to| to["RCPT TO:<".len()..].replace('>', "")).collect();
        all.sort();
        all
    }
}

#[actix_web::test]
async fn owners_and_editors_are_told_by_mail_and_nobody_else() {
    let post = Office::set_up().await;
    post.app.sql("update groups set name = 'Caffi''r Môr'").await;
    let other = post.app.group(post.group.network, "Żółta Łódź").await;
    post.app.member(&post.group, "Edd", "editor").await;
    post.app.member(&post.group, "Vi", "viewer").await;
    post.tell(post.notice(other.id)).await;
    post.deliver().await;
    assert_eq!(post.recipients(), ["edd@example.org", "st-mary-s-owner@example.org"]);
    let mail = post.server.mails().into_iter().find(|mail| mail.to[0].contains("edd")).unwrap();
    assert_eq!(mail.decoded("Subject"), "Żółta Łódź has written to you about a listing.");
    assert_eq!(mail.header("Auto-Submitted"), "auto-generated");
    for part in ["news for \"Caffi'r Môr\"", "    Żółta Łódź has written to you about a listing.", "switch it off in your account"] {
        assert!(mail.text().contains(part), "{part}: {}", mail.text());
    }
    for never in ["http", "www", "@example", "Edd"] {
        assert!(!mail.text().contains(never), "{never}: {}", mail.text());
    }
    post.events_are(DELIVERED).await;
    assert_eq!(post.deliver().await, 0);
}

#[actix_web::test]
async fn a_person_is_told_of_the_own_notices() {
    let post = Office::set_up().await;
    let nia = post.app.person("Nia").await;
    post.tell(Notice { to: Recipient::User(nia.id), ..Notice::to_group(post.group.id, Topic::ListingsWoke) }).await;
    post.deliver().await;
    assert_eq!(post.recipients(), ["nia@example.org"]);
    assert!(post.server.mails()[0].text().contains("there is news for you on Got It"));
}

#[actix_web::test]
async fn who_switches_it_off_is_told_no_more_also_of_what_is_on_its_way() {
    let post = Office::set_up().await;
    let edd = post.app.member(&post.group, "Edd", "editor").await;
    assert_eq!(edd.get("/v1/users/me").await.expect(200).body["mail_notices"], true);
    let off = edd.send(Method::PATCH, "/v1/users/me", Some(json!({"mail_notices": false}))).await.expect(200);
    assert_eq!((off.body["mail_notices"].clone(), off.str("/name")), (json!(false), "Edd".to_owned()));
    edd.send(Method::PATCH, "/v1/users/me", Some(json!({"mail_notices": "no"}))).await.problem(422, "invalid_fields");
    post.tell(post.notice(post.group.id)).await;
    post.deliver().await;
    assert_eq!(post.recipients(), ["st-mary-s-owner@example.org"]);
    // On its way when they leave.
    post.server.answer("RCPT", "451 later");
    post.tell(post.notice(post.group.id)).await;
    post.deliver().await;
    post.app.sql("delete from memberships").await;
    post.server.behave();
    post.app.advance(Duration::minutes(1));
    post.deliver().await;
    assert_eq!(post.recipients().len(), 1);
    post.app.sql("do $$ begin assert (select count(*) = 1 from outbox_events where last_error = 'The person has left the group or wants no mail.'); end $$").await;
}

#[actix_web::test]
async fn a_failure_for_one_is_no_repeat_to_the_others_and_keeps_its_id() {
    let post = Office::set_up().await;
    post.app.member(&post.group, "Edd", "editor").await;
    post.tell(post.notice(post.group.id)).await;
    let delivery = Post::new(&post.app.state.db, &post.app.state.clock, &post.open_line()).unwrap();
    // First the notice is split, then the first mail leaves, then the server has enough.
    assert!(delivery.deliver_next().await.unwrap() && delivery.deliver_next().await.unwrap());
    post.server.answer("END", "451 enough");
    assert!(delivery.deliver_next().await.unwrap());
    post.server.behave();
    post.app.advance(Duration::seconds(31));
    post.deliver().await;
    let mails = post.server.mails();
    let ids: Vec<_> = mails.iter().map(|mail| (mail.to[0].clone(), mail.header("Message-ID"))).collect();
    assert_eq!(ids.len(), 3);
    assert_eq!(ids[1], ids[2], "the same mail under the same id");
    assert!(ids[0].0 != ids[1].0 && ids[0].1 != ids[1].1, "{ids:?}");
}

#[actix_web::test]
async fn what_has_been_read_meanwhile_is_not_mailed() {
    let post = Office::set_up().await;
    post.server.answer("RCPT", "451 later");
    post.tell(post.notice(post.group.id)).await;
    post.deliver().await;
    post.group.owner.put(format!("/v1/groups/{}/inbox/read", post.group.id), json!({"until": 1})).await.expect(200);
    post.server.behave();
    post.app.advance(Duration::minutes(1));
    assert_eq!((post.deliver().await, post.server.mails().len()), (1, 0));
}

#[actix_web::test]
async fn without_a_server_notices_stand_in_the_inbox_and_nothing_piles_up() {
    let post = Office::set_up().await;
    post.tell(post.notice(post.group.id)).await;
    post.deliver_over(&MailConfig::default()).await;
    post.events_are(DELIVERED).await;
    assert_eq!(post.group.owner.get(format!("/v1/groups/{}/inbox", post.group.id)).await.expect(200).body["unread"], 1);
    assert_eq!((post.deliver().await, post.server.mails().len()), (0, 0), "switching mail on sends nothing of before");
}

#[actix_web::test]
async fn what_waited_for_three_days_is_no_news() {
    let post = Office::set_up().await;
    post.tell(post.notice(post.group.id)).await;
    post.app.advance(Duration::days(3));
    post.tidy().await;
    assert_eq!((post.deliver().await, post.server.mails().len()), (0, 0));
    post.events_are("given_up_at is not null and last_error = 'It was no news any more.'").await;
}

#[actix_web::test]
async fn after_a_stop_old_news_is_not_mailed_even_before_anybody_tidies_up() {
    let post = Office::set_up().await;
    post.tell(post.notice(post.group.id)).await;
    post.app.advance(Duration::days(3));
    assert_eq!((post.deliver().await, post.server.mails().len()), (1, 0));
    post.events_are("given_up_at is not null and payload = '{}' and last_error = 'It was no news any more.'").await;
    // The three days begin with the notice, not with the mail about it.
    post.server.answer("RCPT", "451 later");
    post.tell(post.notice(post.group.id)).await;
    post.app.advance(Duration::days(2));
    assert_eq!(post.deliver().await, 2);
    post.server.behave();
    post.app.advance(Duration::days(1));
    assert_eq!((post.deliver().await, post.server.mails().len()), (1, 0));
    post.events_are("payload = '{}' and (delivered_at is not null or last_error = 'It was no news any more.')").await;
}

#[actix_web::test]
async fn an_invitation_leaves_before_the_news_that_waits() {
    let post = Office::set_up().await;
    for _ in 0..5 {
        post.tell(post.notice(post.group.id)).await;
    }
    post.app.advance(Duration::minutes(1));
    post.invite("ben@example.org", "viewer").await;
    let delivery = Post::new(&post.app.state.db, &post.app.state.clock, &post.open_line()).unwrap();
    // The first of five notices is split; then it is the turn of a mail, and of those there is an older one.
    assert!(delivery.deliver_next().await.unwrap() && delivery.deliver_next().await.unwrap());
    assert_eq!(post.recipients(), ["ben@example.org"]);
    post.deliver().await;
    assert_eq!(post.recipients().len(), 6);
}

#[actix_web::test]
async fn what_only_a_newer_program_knows_is_told_in_a_general_sentence() {
    let post = Office::set_up().await;
    post.tell(post.notice(post.group.id)).await;
    post.app.sql("update notices set topic = 'brand_new'").await;
    post.deliver().await;
    assert_eq!(post.server.mails()[0].decoded("Subject"), "There is news about a listing.");
}

#[actix_web::test]
async fn a_mail_that_cannot_be_written_keeps_no_other_waiting_and_is_tried_again() {
    let post = Office::set_up().await;
    post.tell(post.notice(post.group.id)).await;
    post.tell(post.notice(post.group.id)).await;
    post.app.sql("alter table inbox_readers rename to away").await;
    post.deliver().await;
    post.app.sql("alter table away rename to inbox_readers").await;
    let failed = "topic <> 'notice.mail' or (attempts = 1 and given_up_at is null and last_error like '%the log says why%')";
    post.events_are(failed).await;
    post.app.advance(Duration::minutes(1));
    assert_eq!((post.deliver().await, post.server.mails().len()), (2, 2));
}

#[actix_web::test]
async fn that_something_fits_is_not_mailed_when_it_has_gone_meanwhile() {
    let post = Office::set_up().await;
    let other = post.app.group(post.group.network, "Eve").await;
    for title in ["Folding chairs", "Garden benches"] {
        let listing = json!({"kind": "offer", "title": title, "category": "seating"});
        let id = other.owner.post(format!("/v1/groups/{}/listings", other.id), listing).await.expect(201).str("/id");
        post.tell(Notice { topic: Topic::ListingsMatched, listing: id.parse().ok(), ..post.notice(other.id) }).await;
    }
    post.app.sql("update listings set state = 'withdrawn' where title = 'Garden benches'").await;
    post.deliver().await;
    let mails: Vec<String> = post.server.mails().iter().map(|mail| mail.decoded("Subject")).collect();
    assert_eq!(mails, ["Eve has \"Folding chairs\", which you want."]);
    post.events_are("delivered_at is not null or last_error = 'What fitted was gone.'").await;
}

#[actix_web::test]
async fn names_and_titles_cannot_add_headers_or_lines() {
    let post = Office::set_up().await;
    let other = post.app.group(post.group.network, "Eve").await;
    post.app.sql("update groups set name = E'Eve\\r\\nBcc: eve@example.org\\r\\n\\r\\nhurry' where name = 'Eve'").await;
    post.tell(post.notice(other.id)).await;
    post.deliver().await;
    let mail = &post.server.mails()[0];
    assert_eq!(mail.to.len(), 1);
    assert!(!mail.header_names().iter().any(|name| name.eq_ignore_ascii_case("bcc")), "{}", mail.head);
    assert!(!mail.text().lines().any(|line| line.starts_with("Bcc") || line.starts_with("hurry")), "{}", mail.text());
}

#[actix_web::test]
async fn mail_waits_for_the_end_of_quiet_hours_and_the_inbox_does_not() {
    let post = Office::set_up().await;
    // From the hour that it is to the next but one, wherever the clock stands.
    let hour = i32::try_from(chrono::Timelike::hour(&gotit::types::local_time::of(post.app.now()))).unwrap();
    post.app.sql(&format!("update network_policies set quiet_from = {hour}, quiet_until = {}", (hour + 2) % 24)).await;
    post.tell(post.notice(post.group.id)).await;
    post.deliver().await;
    assert!(post.recipients().is_empty());
    let inbox = post.group.owner.get(format!("/v1/groups/{}/inbox", post.group.id)).await.expect(200);
    assert_eq!(inbox.each("/topic"), ["message_received"]);
    assert_eq!(post.deliver().await, 0, "it is not tried again before");
    post.app.advance(Duration::hours(2));
    post.deliver().await;
    assert_eq!(post.recipients(), ["st-mary-s-owner@example.org"]);
}
