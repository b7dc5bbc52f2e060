//! Invitations as mail: sent once, tried again, given up, and nothing said that should not be.

mod asked_again;
mod notices;
pub mod receiver;

use chrono::Duration;
use futures_util::future::join_all;
use gotit::{
    outbox::{MailConfig, Post, mail::Mailer},
    worker::Worker,
};
use serde_json::json;

use crate::support::{Answer, Group, Person, TestApp};
use receiver::Receiver;

/// A group, and a mail server to send its invitations to.
struct Office {
    app: TestApp,
    group: Group,
    server: Receiver,
}

impl Office {
    async fn set_up() -> Self {
        Self::of_group("St Mary's").await
    }

    async fn of_group(name: &str) -> Self {
        let app = TestApp::start().await;
        let network = app.network("stoke").await;
        let group = app.group(network, name).await;
        Self { app, group, server: Receiver::start().await }
    }

    fn config(&self, url: impl Into<String>) -> MailConfig {
        MailConfig {
            smtp_url: Some(url.into().into()),
            mail_from: Some("Got It / Want It <gotit@example.net>".into()),
            public_url: Some("https://gotit.example.net".into()),
        }
    }

    fn open_line(&self) -> MailConfig {
        self.config(format!("smtp://{}?tls=none", self.server.address))
    }

    async fn invite(&self, email: &str, role: &str) -> Answer {
        let inviter = self.app.back_again(&self.group.owner);
        inviter.post(format!("/v1/groups/{}/invitations", self.group.id), json!({"email": email, "role": role})).await.expect(201)
    }

    /// Delivers until nothing is due; gives the number of attempts.
    async fn deliver(&self) -> usize {
        self.deliver_over(&self.open_line()).await
    }

    async fn deliver_over(&self, config: &MailConfig) -> usize {
        let post = Post::new(&self.app.state.db, &self.app.state.clock, config).unwrap();
        let mut attempts = 0;
        while post.deliver_next().await.unwrap() {
            attempts += 1;
        }
        attempts
    }

    async fn tidy(&self) {
        gotit::outbox::tidy(&mut *self.app.conn().await, self.app.now()).await.unwrap();
    }

    /// Asserts a condition on each event of the outbox.
    async fn events_are(&self, condition: &str) {
        self.app.sql(&format!("do $$ begin assert (select count(*) > 0 and bool_and({condition}) from outbox_events); end $$")).await;
    }
}

async fn accept(person: &Person, code: &str) -> Answer {
    person.post("/v1/invitations/accept", json!({"code": code})).await
}

const DELIVERED: &str = "delivered_at is not null and given_up_at is null and last_error is null and payload = '{}'";
const WAITING: &str = "delivered_at is null and given_up_at is null and payload ? 'code'";

#[actix_web::test]
async fn an_invitation_arrives_once_with_a_code_that_works() {
    let post = Office::set_up().await;
    post.app.sql(&format!("update users set name = 'Olwen Parry' where id = '{}'", post.group.owner.id)).await;
    let invitation = post.invite("ben@example.org", "editor").await;
    assert_eq!((post.deliver().await, post.deliver().await), (1, 0));

    let mails = post.server.mails();
    assert_eq!(mails.len(), 1);
    let mail = &mails[0];
    assert_eq!(mail.to, ["RCPT TO:<ben@example.org>"]);
    assert_eq!((mail.header("To"), mail.header("Auto-Submitted")), ("ben@example.org".into(), "auto-generated".into()));
    assert_eq!(mail.decoded("From"), "Got It / Want It <gotit@example.net>");
    assert_eq!(mail.decoded("Subject"), "St Mary's invites you to Got It / Want It");
    let expires: chrono::DateTime<chrono::Utc> = invitation.str("/expires_at").parse().unwrap();
    for part in [
        "Olwen Parry invites you to join the group \"St Mary's\"",
        "an editor, who posts for the group",
        "https://gotit.example.net",
        &expires.format("until %-d %B %Y, %H:%M (UTC)").to_string(),
        "If you do not know this group, ignore this mail.",
    ] {
        assert!(mail.text().contains(part), "{part}: {}", mail.text());
    }
    assert!(!mail.text().contains("@example.org"), "nobody's address stands in the text");
    post.events_are(DELIVERED).await;
    let ben = post.app.person("Ben").await;
    assert_eq!(accept(&ben, &mail.code()).await.expect(200).str("/role"), "editor");
}

#[actix_web::test]
async fn a_server_that_cannot_now_is_asked_again_later() {
    let post = Office::set_up().await;
    post.server.answer("RCPT", "451 <ben@example.org> try again later");
    post.invite("ben@example.org", "viewer").await;
    assert_eq!((post.deliver().await, post.deliver().await), (1, 0));
    post.events_are(&format!("{WAITING} and attempts = 1 and last_error = 'The mail server refused it for now: 451.'")).await;

    post.app.advance(Duration::seconds(31));
    assert_eq!(post.deliver().await, 1);
    post.app.advance(Duration::seconds(31));
    assert_eq!(post.deliver().await, 0, "the second pause is longer");
    post.server.behave();
    post.app.advance(Duration::seconds(31));
    assert_eq!((post.deliver().await, post.server.mails().len()), (1, 1));
    post.events_are(DELIVERED).await;
}

#[actix_web::test]
async fn a_server_that_is_away_is_asked_for_days_before_the_mail_is_given_up() {
    let post = Office::set_up().await;
    post.invite("ben@example.org", "viewer").await;
    let nobody = post.config("smtp://127.0.0.1:1?tls=none");
    for _ in 1..20 {
        assert_eq!(post.deliver_over(&nobody).await, 1);
        post.app.advance(Duration::hours(6) + Duration::seconds(1));
    }
    post.events_are(WAITING).await;
    assert_eq!(post.deliver_over(&nobody).await, 1);
    post.events_are("given_up_at is not null and attempts = 20 and payload = '{}' and last_error like 'The mail server could not be %'")
        .await;
}

#[actix_web::test]
async fn a_refusal_for_good_is_given_up_and_noted_without_the_address() {
    let post = Office::set_up().await;
    post.server.answer("RCPT", "550 <ben@example.org> unknown");
    post.invite("ben@example.org", "viewer").await;
    assert_eq!(post.deliver().await, 1);
    post.app.advance(Duration::days(1));
    assert_eq!(post.deliver().await, 0);
    post.events_are("given_up_at is not null and payload = '{}' and last_error = 'The mail server refused it for good: 550.'").await;
    post.events_are("outbox_events::text not like '%ben@%'").await;
}

#[actix_web::test]
async fn a_wrong_password_is_the_operators_to_mend_and_costs_no_mail() {
    let post = Office::set_up().await;
    post.server.answer("AUTH", "535 no");
    post.invite("ben@example.org", "viewer").await;
    let config = post.config(format!("smtp://gotit:p%40ss@{}?tls=none", post.server.address));
    assert_eq!(post.deliver_over(&config).await, 1);
    post.events_are(&format!("{WAITING} and last_error like '%does not let us in: 535%'")).await;
    post.server.behave();
    post.app.advance(Duration::minutes(1));
    assert_eq!((post.deliver_over(&config).await, post.server.mails().len()), (1, 1));
}

#[actix_web::test]
async fn nothing_goes_over_an_open_line_unless_the_operator_said_so() {
    let post = Office::set_up().await;
    post.invite("ben@example.org", "viewer").await;
    post.deliver_over(&post.config(format!("smtp://gotit:secret@{}", post.server.address))).await;
    assert!(post.server.commands().iter().all(|line| line.starts_with("EHLO") || line == "QUIT" || line.is_empty()));
    post.events_are(WAITING).await;
}

#[actix_web::test]
async fn workers_side_by_side_send_each_mail_once() {
    let post = Office::set_up().await;
    for number in 0..6 {
        post.invite(&format!("person{number}@example.org"), "viewer").await;
    }
    let attempts = join_all((0..4).map(|_| post.deliver())).await;
    assert_eq!(attempts.iter().sum::<usize>(), 6);
    let mut to: Vec<_> = post.server.mails().into_iter().flat_map(|mail| mail.to).collect();
    to.sort();
    assert_eq!(to, [0, 1, 2, 3, 4, 5].map(|number| format!("RCPT TO:<person{number}@example.org>")));
}

#[actix_web::test]
async fn a_worker_that_dies_after_sending_leads_to_a_repeat_with_the_same_id() {
    let post = Office::set_up().await;
    post.invite("ben@example.org", "viewer").await;
    post.server.answer("END", "");
    tokio::select! {
        _ = post.deliver() => panic!("the server keeps silent"),
        _ = post.server.wait_for(1) => {}
    }
    post.server.behave();
    assert_eq!(post.deliver().await, 0, "the dead worker's claim still holds");
    post.app.advance(Duration::seconds(121));
    assert_eq!(post.deliver().await, 1);
    let ids: Vec<_> = post.server.mails().iter().map(|mail| mail.header("Message-ID")).collect();
    assert!(ids.len() == 2 && ids[0] == ids[1] && ids[0].ends_with("@example.net>"), "{ids:?}");
    post.events_are(DELIVERED).await;
}

#[actix_web::test]
async fn names_cannot_add_headers_recipients_or_lines() {
    let post = Office::set_up().await;
    let name = "E'St Mary''s\\r\\nBcc: eve@example.org\\r\\n\\r\\nPay now'";
    post.app.sql(&format!("update groups set name = {name}; update users set name = {name}")).await;
    post.invite("ben@example.org", "viewer").await;
    post.deliver().await;
    let mail = &post.server.mails()[0];
    assert_eq!(mail.to.len(), 1);
    assert!(!mail.header_names().iter().any(|name| name.eq_ignore_ascii_case("bcc")), "{}", mail.head);
    assert_eq!(mail.decoded("Subject"), "St Mary's Bcc: eve@example.org Pay now invites you to Got It / Want It");
    assert!(!mail.text().lines().any(|line| line.starts_with("Pay now") || line.starts_with("Bcc")), "{}", mail.text());
}

#[actix_web::test]
async fn diacritics_arrive_as_they_were_written() {
    let post = Office::of_group("Caffi'r Môr, Tŷ Cymunedol Llanfair-ym-Muallt a’r Cylch Żółta Łódź").await;
    post.app.sql(&format!("update users set name = 'Siân Ŵyn' where id = '{}'", post.group.owner.id)).await;
    post.invite("ben@example.org", "owner").await;
    post.deliver().await;
    let mail = &post.server.mails()[0];
    let name = "Caffi'r Môr, Tŷ Cymunedol Llanfair-ym-Muallt a’r Cylch Żółta Łódź";
    assert_eq!(mail.decoded("Subject"), format!("{name} invites you to Got It / Want It"));
    assert!(mail.text().contains(&format!("Siân Ŵyn invites you to join the group \"{name}\"")), "{}", mail.text());
    assert!(mail.head.is_ascii());
}

#[actix_web::test]
async fn an_invitation_that_is_no_longer_open_is_not_sent() {
    let post = Office::set_up().await;
    let ben = post.app.person("Ben").await;
    let revoked = post.invite("anna@example.org", "viewer").await.str("/id");
    post.group.owner.delete(format!("/v1/groups/{}/invitations/{revoked}", post.group.id)).await.expect(204);
    post.events_are("given_up_at is not null and payload = '{}'").await;
    accept(&ben, &post.invite("ben@example.org", "viewer").await.str("/code")).await.expect(200);
    post.invite("carys@example.org", "viewer").await;
    post.app.sql("update invitations set expires_at = created_at where email like 'carys%'").await;
    assert_eq!((post.deliver().await, post.server.mails().len()), (2, 0), "what was taken back does not even wait");
    post.events_are("given_up_at is not null and payload = '{}' and last_error = 'The invitation was no longer open.'").await;
}

#[actix_web::test]
async fn the_worker_sends_new_invitations_by_itself_and_stops_when_told() {
    let post = Office::set_up().await;
    let worker = Worker::start(&post.app.state.db, &post.app.state.clock, &post.open_line()).unwrap();
    post.invite("ben@example.org", "viewer").await;
    post.server.wait_for(1).await;
    worker.stop().await;
    post.events_are(DELIVERED).await;
    post.invite("carys@example.org", "viewer").await;
    assert_eq!((post.server.mails().len(), post.deliver().await), (1, 1));
}

#[actix_web::test]
async fn without_a_server_invitations_wait_until_they_have_expired() {
    let post = Office::set_up().await;
    assert!(Mailer::new(&MailConfig::default()).unwrap().is_none());
    assert!(Mailer::new(&post.config("")).unwrap().is_none(), "an empty setting is none");
    post.invite("ben@example.org", "viewer").await;
    post.tidy().await;
    post.events_are(&format!("{WAITING} and attempts = 0")).await;
    post.app.advance(Duration::days(14));
    post.tidy().await;
    post.events_are("given_up_at is not null and payload = '{}' and last_error = 'It expired before it could be sent.'").await;
    assert_eq!(post.deliver().await, 0);
}

#[actix_web::test]
async fn what_is_over_is_deleted_after_30_days_and_what_waits_is_kept() {
    let post = Office::set_up().await;
    post.invite("ben@example.org", "viewer").await;
    post.deliver().await;
    post.app.advance(Duration::days(29));
    post.invite("carys@example.org", "viewer").await;
    post.tidy().await;
    post.app.sql("do $$ begin assert (select count(*) = 2 from outbox_events); end $$").await;
    post.app.advance(Duration::days(1));
    post.tidy().await;
    post.app.sql("do $$ begin assert (select count(*) = 1 from outbox_events); end $$").await;
    post.events_are(WAITING).await;
}

#[actix_web::test]
async fn half_a_setting_stops_the_start_with_a_hint_and_never_shows_the_password() {
    let post = Office::set_up().await;
    let refused = |config: MailConfig| format!("{:#}", Mailer::new(&config).err().expect("a refusal"));
    let whole = post.config("smtps://gotit:topsecret@mail.example.net");
    assert!(Mailer::new(&whole).is_ok());
    assert!(!format!("{whole:?}").contains("topsecret"));
    assert!(refused(MailConfig { mail_from: None, ..whole.clone() }).contains("GOTIT_MAIL_FROM"));
    assert!(refused(MailConfig { mail_from: Some("nobody".into()), ..whole.clone() }).contains("GOTIT_MAIL_FROM"));
    assert!(refused(MailConfig { public_url: None, ..whole.clone() }).contains("GOTIT_PUBLIC_URL"));
    assert!(refused(MailConfig { public_url: Some("gotit".into()), ..whole }).contains("https://"));
    let wrong = refused(post.config("http://gotit:topsecret@mail.example.net"));
    assert!(wrong.contains("SMTP_URL") && !wrong.contains("topsecret"), "{wrong}");
}
