//! Complaints: acknowledged at once, answered within four weeks, and what is kept of whoever complains.

use chrono::{DateTime, Duration, Utc};
use gotit::{
    complaints,
    outbox::{MailConfig, Post},
    types::ids::NetworkId,
};
use reqwest::Method;
use serde_json::{Value, json};

use crate::{
    mail::receiver::Receiver,
    support::{Answer, Client, Person, TestApp},
};

const WORDS: &str = "A listing of October showed my telephone number.";

/// A network with two coordinators and a broker.
struct Town {
    app: TestApp,
    network: NetworkId,
    mair: Person,
    tegid: Person,
    broker: Person,
}

impl Town {
    async fn new() -> Self {
        let app = TestApp::start().await;
        let network = app.network("stoke").await;
        let (mair, tegid) = (app.staff(network, "Mair", "coordinator").await, app.staff(network, "Tegid", "coordinator").await);
        let broker = app.staff(network, "Bran", "broker").await;
        Self { app, network, mair, tegid, broker }
    }

    fn at(&self, rest: &str) -> String {
        format!("/v1/networks/{}/complaints{rest}", self.network)
    }

    async fn complain(&self, by: &Client, email: Value) -> Answer {
        by.post(self.at(""), json!({"about": "data_protection", "words": WORDS, "email": email})).await
    }

    /// Answers the only complaint that waits.
    async fn answer(&self, by: &Person) -> Answer {
        let by = self.app.back_again(by);
        let open = by.get(self.at("?open=true")).await.expect(200);
        let id = open.str("/items/0/id");
        by.post(self.at(&format!("/{id}/answer")), json!({"outcome": "upheld", "answer": "You're right, diolch."})).await
    }

    async fn warn(&self) -> usize {
        complaints::jobs::warn(&mut *self.app.conn().await, self.app.now()).await.unwrap()
    }

    async fn count(&self, count: usize, from: &str) {
        self.app.sql(&format!("do $$ begin assert (select count(*) = {count} from {from}); end $$")).await;
    }

    async fn sentences(&self, person: &Person) -> Vec<String> {
        self.app.back_again(person).get("/v1/users/me/inbox").await.expect(200).each("/sentence")
    }
}

fn time(answer: &Answer, path: &str) -> DateTime<Utc> {
    answer.str(path).parse().unwrap()
}

#[actix_web::test]
async fn a_visitor_complains_and_gets_an_acknowledgement_and_the_answer_by_mail() {
    let (town, server) = (Town::new().await, Receiver::start().await);
    let config = MailConfig {
        smtp_url: Some(format!("smtp://{}?tls=none", server.address).into()),
        mail_from: Some("Got It / Want It <gotit@example.net>".into()),
        public_url: Some("https://gotit.example.net".into()),
    };
    let deliver = async || {
        let post = Post::new(&town.app.state.db, &town.app.state.clock, &config).unwrap();
        while post.deliver_next().await.unwrap() {}
        server.mails().into_iter().filter(|mail| mail.to == ["RCPT TO:<olwen@example.com>"]).collect::<Vec<_>>()
    };
    let visitor = town.app.visitor();
    let made = town.complain(&visitor, json!("Olwen@Example.com")).await.expect(201);
    let code = made.str("/code");
    assert_eq!(made.header("location"), format!("/v1/complaints/{code}"));
    assert_eq!(time(&made, "/answer_by") - time(&made, "/made_at"), Duration::days(28));
    assert_eq!(made.body["acknowledged_at"], made.body["made_at"]);
    let mails = deliver().await;
    assert_eq!(mails.len(), 1);
    assert_eq!(mails[0].decoded("Subject"), format!("Your complaint {code} has come"));
    let by = time(&made, "/answer_by").format("%-d %B %Y").to_string();
    for part in ["Network of stoke", &code, &by, "somebody has given your address by mistake"] {
        assert!(mails[0].text().contains(part), "{part}: {}", mails[0].text());
    }
    assert!(!mails[0].text().contains("telephone"), "what they wrote is not repeated: {}", mails[0].text());

    let answered = town.answer(&town.mair).await.expect(200);
    assert_eq!((answered.str("/outcome"), answered.body["late"].clone()), ("upheld".to_owned(), json!(false)));
    let mails = deliver().await;
    assert_eq!((mails.len(), mails[1].decoded("Subject")), (2, format!("Your complaint {code} has been answered")));
    for part in ["The network agrees with your complaint.", "You're right, diolch.", "Information Commissioner"] {
        assert!(mails[1].text().contains(part), "{part}: {}", mails[1].text());
    }
    let found = visitor.get(format!("/v1/complaints/{}", code.to_lowercase())).await.expect(200);
    assert_eq!((found.str("/outcome"), found.str("/answer")), ("upheld".into(), "You're right, diolch.".into()));
    assert!(!found.text.contains("telephone") && !found.text.contains("example.com"), "{}", found.text);
}

#[actix_web::test]
async fn who_is_signed_in_hears_of_it_in_the_inbox() {
    let town = Town::new().await;
    let olwen = town.app.person("Olwen").await;
    let with_key = olwen.with("idempotency-key", "complaint-1");
    let made = town.complain(&with_key, Value::Null).await.expect(201);
    assert_eq!(town.complain(&with_key, Value::Null).await.expect(201).text, made.text);
    town.count(1, "complaints").await;
    let (code, by) = (made.str("/code"), time(&made, "/answer_by").format("%-d %B %Y").to_string());
    assert_eq!(town.sentences(&olwen).await, [format!("Your complaint {code} has come. You have an answer by {by}.")]);
    for coordinator in [&town.mair, &town.tegid] {
        assert_eq!(town.sentences(coordinator).await, [format!("A complaint has come to the network. Answer it by {by}.")]);
    }
    assert_eq!(town.sentences(&town.broker).await, Vec::<String>::new());
    town.answer(&town.mair).await.expect(200);
    assert_eq!(town.sentences(&olwen).await[0], format!("Your complaint {code} has been answered. Look it up by its code."));
    town.count(0, "outbox_events where topic like 'complaint.%'").await;
}

#[actix_web::test]
async fn coordinators_read_complaints_to_their_network_and_not_whose_they_are() {
    let town = Town::new().await;
    let olwen = town.app.person("Olwen").await;
    town.complain(&olwen, json!("olwen@example.org")).await.expect(201);
    town.complain(&town.app.visitor(), json!("rhys@example.com")).await.expect(201);
    let listed = town.mair.get(town.at("")).await.expect(200);
    assert_eq!(listed.each("/words"), [WORDS, WORDS]);
    let one = town.mair.get(town.at(&format!("/{}", listed.str("/items/0/id")))).await.expect(200);
    for text in [&listed.text, &one.text] {
        assert!(!text.contains("@example") && !text.contains(&olwen.id.to_string()) && !text.contains("Olwen"), "{text}");
    }
    let trail =
        format!("audit_entries where action = 'create_complaint' and to_jsonb(audit_entries)::text ~ '{}|telephone|@example'", olwen.id);
    town.count(0, &trail).await;
    town.count(2, "audit_entries where action = 'create_complaint'").await;
    let leek = town.app.network("leek").await;
    let fflur = town.app.staff(leek, "Fflur", "coordinator").await;
    let id = one.str("/id");
    fflur.get(format!("/v1/networks/{leek}/complaints/{id}")).await.problem(404, "not_found");
    assert_eq!(fflur.get(format!("/v1/networks/{leek}/complaints")).await.expect(200).each("/id"), Vec::<String>::new());
    for (client, status) in [(&fflur.client, 403), (&town.broker.client, 403), (&olwen.client, 403), (&town.app.visitor(), 401)] {
        assert_eq!(client.get(town.at("")).await.status, status);
        assert_eq!(client.get(town.at(&format!("/{id}"))).await.status, status);
        let answer = json!({"outcome": "upheld", "answer": "Yes."});
        assert_eq!(client.post(town.at(&format!("/{id}/answer")), answer).await.status, status);
    }
    let page = town.mair.get(town.at("?limit=1")).await.expect(200);
    let rest = town.mair.get(town.at(&format!("?limit=1&cursor={}", page.str("/next_cursor")))).await.expect(200);
    assert_eq!([page.each("/id"), rest.each("/id")].concat(), listed.each("/id"));
    let first = town.mair.get(town.at("?open=true&limit=1")).await.expect(200);
    let second = town.mair.get(town.at(&format!("?open=true&limit=1&cursor={}", first.str("/next_cursor")))).await.expect(200);
    let mut by_urgency = listed.each("/id");
    by_urgency.reverse();
    assert_eq!([first.each("/id"), second.each("/id")].concat(), by_urgency);
}

#[actix_web::test]
async fn an_answer_stands_whoever_is_faster() {
    let town = Town::new().await;
    town.complain(&town.app.visitor(), json!("olwen@example.com")).await.expect(201);
    let id = town.mair.get(town.at("")).await.expect(200).str("/items/0/id");
    let path = town.at(&format!("/{id}/answer"));
    let say = |outcome: &str| json!({"outcome": outcome, "answer": "So it is."});
    let (one, other) = futures_util::future::join(town.mair.post(&path, say("upheld")), town.tegid.post(&path, say("not_upheld"))).await;
    let (won, lost) = if one.status == 200 { (one, other) } else { (other, one) };
    let outcome = won.expect(200).str("/outcome");
    assert!(lost.problem(409, "already_decided").str("/detail").contains(&outcome));
    town.count(1, "audit_entries where action = 'answer_complaint'").await;
    assert_eq!(town.mair.get(town.at("?open=true")).await.expect(200).each("/id"), Vec::<String>::new());
}

#[actix_web::test]
async fn coordinators_are_warned_a_week_before_and_when_it_is_late() {
    let town = Town::new().await;
    town.complain(&town.app.visitor(), json!("olwen@example.com")).await.expect(201);
    town.app.advance(Duration::days(20));
    assert_eq!(town.warn().await, 0);
    town.app.advance(Duration::days(1));
    assert_eq!((town.warn().await, town.warn().await), (1, 0));
    assert!(town.sentences(&town.mair).await[0].starts_with("A complaint still waits for an answer, which is due by "));
    town.app.advance(Duration::days(7));
    assert_eq!((town.warn().await, town.warn().await), (1, 0));
    assert!(town.sentences(&town.tegid).await[0].starts_with("A complaint should have been answered by "));
    assert_eq!(town.sentences(&town.mair).await.len(), 3);
    assert_eq!(town.answer(&town.mair).await.expect(200).body["late"], json!(true));
    // One that nobody looked at for long is late, and not due soon as well.
    town.complain(&town.app.visitor(), json!("olwen@example.com")).await.expect(201);
    town.app.advance(Duration::days(40));
    town.warn().await;
    let told = town.sentences(&town.mair).await;
    assert_eq!(told.iter().filter(|text| text.starts_with("A complaint should")).count(), 2, "{told:?}");
    assert_eq!(told.iter().filter(|text| text.starts_with("A complaint still")).count(), 1, "{told:?}");
    assert_eq!(town.warn().await, 0);
}

#[actix_web::test]
async fn the_address_is_erased_thirty_days_after_the_answer() {
    let town = Town::new().await;
    town.complain(&town.app.visitor(), json!("olwen@example.com")).await.expect(201);
    let erase = async || complaints::jobs::erase_addresses(&mut *town.app.conn().await, town.app.now()).await.unwrap();
    town.app.advance(Duration::days(100));
    assert_eq!(erase().await, 0, "it waits for its answer");
    town.answer(&town.mair).await.expect(200);
    town.app.advance(Duration::days(30) - Duration::minutes(1));
    assert_eq!(erase().await, 0);
    town.app.advance(Duration::minutes(1));
    assert_eq!((erase().await, erase().await), (1, 0));
    town.count(1, "complaints where email is null and answer is not null").await;
}

#[actix_web::test]
async fn an_account_that_is_deleted_takes_its_address_along_and_leaves_the_complaint() {
    let town = Town::new().await;
    let account = json!({"email": "olwen@example.org", "password": "seven purple herons", "name": "Olwen"});
    town.app.visitor().post("/v1/users", account).await.expect(202);
    let credentials = json!({"email": "olwen@example.org", "password": "seven purple herons"});
    let token = town.app.visitor().post("/v1/sessions", credentials).await.expect(201).str("/access_token");
    let olwen = Client::new(town.app.address, Some(token));
    let code = town.complain(&olwen, json!("olwen@example.org")).await.expect(201).str("/code");
    olwen.send(Method::DELETE, "/v1/users/me", Some(json!({"password": "seven purple herons"}))).await.expect(204);
    town.count(1, "complaints where email is null and user_id is null").await;
    town.app.visitor().get(format!("/v1/complaints/{code}")).await.expect(200);
}

#[actix_web::test]
async fn what_is_wrong_with_a_complaint_is_said_of_each_field() {
    let town = Town::new().await;
    let (visitor, olwen) = (town.app.visitor(), town.app.person("Olwen").await);
    let refused = visitor.post(town.at(""), json!({"about": "weather", "words": " "})).await.problem(422, "invalid_fields");
    refused.clone().refuses("/about", "not_one_of").refuses("/words", "required").refuses("/email", "required");
    for (email, code) in [(json!("olwen"), "not_an_email_address"), (Value::Null, "required")] {
        town.complain(&visitor, email).await.problem(422, "invalid_fields").refuses("/email", code);
    }
    olwen.post(town.at(""), json!({"about": "staff", "words": "x".repeat(4001)})).await.refuses("/words", "too_long");
    olwen.post(town.at(""), json!({"about": "staff", "words": "x", "name": "Olwen"})).await.refuses("/name", "unknown_field");
    let nowhere = "/v1/networks/01980a8e-0000-7000-8000-000000000000/complaints";
    olwen.post(nowhere, json!({"about": "staff", "words": "x"})).await.problem(404, "not_found");
    town.complain(&olwen, Value::Null).await.expect(201);
    let id = town.mair.get(town.at("")).await.expect(200).str("/items/0/id");
    let answer = town.mair.post(town.at(&format!("/{id}/answer")), json!({"outcome": "maybe", "answer": ""})).await;
    answer.problem(422, "invalid_fields").refuses("/outcome", "not_one_of").refuses("/answer", "required");
    town.mair.get(town.at("?open=perhaps")).await.problem(422, "invalid_fields").refuses("open", "not_one_of");
}

#[actix_web::test]
async fn nobody_can_have_somebody_flooded_with_mail() {
    let town = Town::new().await;
    let people = [town.app.person("Ann").await, town.app.person("Bob").await];
    for _ in 0..3 {
        town.complain(&people[0], json!("olwen@example.com")).await.expect(201);
    }
    town.complain(&people[1], json!("OLWEN@example.com")).await.problem(429, "too_many_requests");
    town.complain(&people[1], json!("bob@example.com")).await.expect(201);
    let visitor = town.app.visitor();
    for number in 0..5 {
        town.complain(&visitor, json!(format!("v{number}@example.com"))).await.expect(201);
    }
    town.complain(&visitor, json!("v6@example.com")).await.problem(429, "too_many_requests");
}
