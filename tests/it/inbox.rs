//! Inboxes: what is in them, who reads them, how far they are read, and what waits.

mod names;
mod networks;
mod stream;

use chrono::Duration;
use gotit::{
    db::transaction,
    inbox::{self, Notice, Recipient, Topic},
    types::ids::{GroupId, ListingId, UserId},
};
use serde_json::{Value, json};

use crate::support::{Answer, Client, Group, Person, TestApp};

/// A town with two groups, the first of which has a listing.
struct Town {
    app: TestApp,
    marys: Group,
    bank: Group,
    chairs: ListingId,
}

impl Town {
    async fn new() -> Self {
        let app = TestApp::start().await;
        let network = app.network("stoke").await;
        let (marys, bank) = (app.group(network, "St Mary's").await, app.group(network, "Caffi'r Môr").await);
        let listing = json!({"kind": "offer", "title": "Forty folding chairs", "category": "seating"});
        let chairs = marys.owner.post(format!("/v1/groups/{}/listings", marys.id), listing).await.expect(201).str("/id").parse().unwrap();
        Self { app, marys, bank, chairs }
    }

    async fn tell(&self, notices: Vec<Notice>) {
        tell(&self.app, notices).await;
    }

    /// Tells the first group so often that the other has written.
    async fn write(&self, times: usize) {
        for _ in 0..times {
            self.tell(vec![self.message(self.marys.id)]).await;
        }
    }

    fn message(&self, to: GroupId) -> Notice {
        Notice { listing: Some(self.chairs), other_group: Some(self.bank.id), ..Notice::to_group(to, Topic::MessageReceived) }
    }

    fn at(&self, rest: &str) -> String {
        format!("/v1/groups/{}/{rest}", self.marys.id)
    }
}

async fn tell(app: &TestApp, notices: Vec<Notice>) {
    let now = app.now();
    transaction(&mut *app.conn().await, async |tx| inbox::tell(tx, now, notices).await).await.unwrap();
}

fn to_person(user: UserId, topic: Topic) -> Notice {
    Notice { to: Recipient::User(user), ..Notice::to_group(GroupId::new(), topic) }
}

async fn read(client: &Client, path: &str, until: i64) -> Answer {
    client.put(format!("{path}/read"), json!({"until": until})).await
}

fn numbers(answer: &Answer) -> Vec<i64> {
    answer.body["items"].as_array().unwrap().iter().map(|item| item["number"].as_i64().unwrap()).collect()
}

#[actix_web::test]
async fn a_notice_is_read_in_words_with_what_things_are_called_now() {
    let town = Town::new().await;
    town.tell(vec![Notice { topic: Topic::InterestReceived, ..town.message(town.marys.id) }]).await;
    let sentence = async || {
        let answer = town.marys.owner.get(town.at("inbox")).await.expect(200);
        let item = &answer.body["items"][0];
        assert_eq!(
            (item["group_id"].clone(), item["number"].clone(), item["read"].clone()),
            (json!(town.marys.id), json!(1), json!(false))
        );
        assert_eq!((item["topic"].clone(), item["listing_id"].clone()), (json!("interest_received"), json!(town.chairs)));
        assert_eq!(item["other_group"]["id"], json!(town.bank.id));
        answer.str("/items/0/sentence")
    };
    assert_eq!(sentence().await, "Caffi'r Môr would like \"Forty folding chairs\". Accept or decline.");
    town.app.sql("update listings set title = 'Thirty chairs'; update groups set name = 'Tŷ Coffi' where name like 'Caffi%'").await;
    assert_eq!(sentence().await, "Tŷ Coffi would like \"Thirty chairs\". Accept or decline.");
}

#[actix_web::test]
async fn pages_go_from_the_newest_to_the_oldest_without_loss_or_repeat() {
    let town = Town::new().await;
    town.write(7).await;
    let (mut seen, mut path) = (Vec::new(), town.at("inbox?limit=3"));
    loop {
        let page = town.marys.owner.get(&path).await.expect(200);
        seen.extend(numbers(&page));
        town.write(1).await;
        let Some(cursor) = page.body["next_cursor"].as_str() else { break };
        assert!(page.header("link").contains("rel=\"next\""));
        path = town.at(&format!("inbox?limit=3&cursor={cursor}"));
    }
    assert_eq!(seen, [7, 6, 5, 4, 3, 2, 1]);
    let page = town.marys.owner.get(town.at("inbox?limit=2")).await.expect(200);
    let cursor = page.str("/next_cursor");
    town.marys.owner.get(town.at(&format!("inbox?unread=true&cursor={cursor}"))).await.problem(400, "cursor_mismatch");
    town.marys.owner.get(format!("/v1/users/me/inbox?cursor={cursor}")).await.problem(400, "cursor_mismatch");
}

#[actix_web::test]
async fn a_person_reads_the_own_notices_and_those_of_all_groups_together() {
    let town = Town::new().await;
    let siân = town.app.member(&town.marys, "Sian", "viewer").await;
    town.app.sql(&format!("insert into memberships values ('{}', '{}', 'editor', now())", town.bank.id, siân.id)).await;
    for round in 0..5 {
        town.app.advance(Duration::minutes(1));
        town.tell(vec![town.message(town.marys.id)]).await;
        town.app.advance(Duration::minutes(1));
        town.tell(vec![Notice { other_group: Some(town.marys.id), ..town.message(town.bank.id) }]).await;
        if round == 2 {
            town.tell(vec![to_person(siân.id, Topic::ListingsWoke)]).await;
        }
    }
    let siân = town.app.back_again(&siân);
    let all = siân.get("/v1/users/me/inbox?limit=100").await.expect(200);
    assert_eq!((all.body["items"].as_array().unwrap().len(), all.body["unread"].clone()), (11, json!(11)));
    let times = all.each("/created_at");
    assert!(times.windows(2).all(|pair| pair[0] >= pair[1]), "{times:?}");
    assert_eq!(all.body["items"].as_array().unwrap().iter().filter(|item| item["group_id"].is_null()).count(), 1);
    let (mut pages, mut path) = (Vec::new(), "/v1/users/me/inbox?limit=2".to_owned());
    loop {
        let page = siân.get(&path).await.expect(200);
        pages.extend(page.body["items"].as_array().unwrap().clone());
        let Some(cursor) = page.body["next_cursor"].as_str() else { break };
        path = format!("/v1/users/me/inbox?limit=2&cursor={cursor}");
    }
    assert_eq!(json!(pages), all.body["items"]);
    // Leaving a group takes its notices along.
    town.app.sql(&format!("delete from memberships where user_id = '{}' and group_id = '{}'", siân.id, town.bank.id)).await;
    assert_eq!(siân.get("/v1/users/me/inbox?limit=100").await.expect(200).body["items"].as_array().unwrap().len(), 6);
}

#[actix_web::test]
async fn each_person_reads_for_themselves_and_never_back() {
    let town = Town::new().await;
    let ben = town.app.member(&town.marys, "Ben", "viewer").await;
    town.write(5).await;
    let (owner, path) = (&town.marys.owner, town.at("inbox"));
    assert_eq!(read(owner, &path, 3).await.expect(200).body["unread"], 2);
    let page = owner.get(town.at("inbox")).await.expect(200);
    let flags: Vec<_> = page.body["items"].as_array().unwrap().iter().map(|item| item["read"].as_bool().unwrap()).collect();
    assert_eq!((flags, page.body["unread"].clone()), (vec![false, false, true, true, true], json!(2)));
    assert_eq!(numbers(&owner.get(town.at("inbox?unread=true")).await.expect(200)), [5, 4]);
    // A late or repeated request does no harm.
    assert_eq!(read(owner, &path, 1).await.expect(200).body["read_until"], 3);
    assert_eq!(ben.get(town.at("inbox")).await.expect(200).body["unread"], 5);
    read(owner, &path, 6).await.problem(422, "invalid_fields").refuses("/until", "out_of_range");
    read(owner, &path, -1).await.problem(422, "invalid_fields").refuses("/until", "out_of_range");
    read(owner, &path, 5).await.expect(200);
    assert_eq!(numbers(&owner.get(town.at("inbox?unread=true")).await.expect(200)), [0_i64; 0]);
    town.write(1).await;
    let counts = owner.get("/v1/users/me/inbox/counts").await.expect(200);
    assert_eq!(counts.body["unread"], 1);
    let group = json!({"id": town.marys.id, "name": "St Mary's"});
    assert_eq!(counts.body["inboxes"][1], json!({"group": group, "unread": 1, "read_until": 5, "last_number": 6}));
    assert_eq!(counts.body["inboxes"][0], json!({"group": null, "unread": 0, "read_until": 0, "last_number": 0}));
}

#[actix_web::test]
async fn what_was_there_before_somebody_joined_counts_as_read() {
    let town = Town::new().await;
    town.write(4).await;
    let ben = town.app.member(&town.marys, "Ben", "viewer").await;
    town.write(1).await;
    let page = ben.get(town.at("inbox")).await.expect(200);
    assert_eq!((numbers(&page), page.body["unread"].clone()), (vec![5, 4, 3, 2, 1], json!(1)));
    assert_eq!(read(&ben, &town.at("inbox"), 2).await.expect(200).body["read_until"], 4, "it does not go back");
    assert_eq!(numbers(&ben.get(town.at("inbox?unread=true")).await.expect(200)), [5]);
}

#[actix_web::test]
async fn who_comes_back_to_a_group_has_not_missed_what_happened_in_between() {
    let town = Town::new().await;
    let ben = town.app.member(&town.marys, "Ben", "viewer").await;
    town.write(2).await;
    read(&ben, &town.at("inbox"), 1).await.expect(200);
    town.app.sql(&format!("delete from memberships where user_id = '{}'", ben.id)).await;
    town.write(3).await;
    town.app.sql(&format!("insert into memberships values ('{}', '{}', 'viewer', now())", town.marys.id, ben.id)).await;
    town.write(1).await;
    assert_eq!(numbers(&ben.get(town.at("inbox?unread=true")).await.expect(200)), [6]);
}

#[actix_web::test]
async fn two_who_mark_at_once_end_at_the_farther() {
    let town = Town::new().await;
    town.write(20).await;
    let path = town.at("inbox");
    let marks = (1..=20).map(|until| read(&town.marys.owner, &path, (until * 7) % 20 + 1));
    for answer in futures_util::future::join_all(marks).await {
        answer.expect(200);
    }
    let counts = town.marys.owner.get("/v1/users/me/inbox/counts").await.expect(200);
    assert_eq!((counts.body["unread"].clone(), counts.body["inboxes"][1]["read_until"].clone()), (json!(0), json!(20)));
}

#[actix_web::test]
async fn the_own_inbox_is_marked_apart_from_those_of_groups() {
    let town = Town::new().await;
    town.write(2).await;
    town.tell(vec![to_person(town.marys.owner.id, Topic::ListingsWoke)]).await;
    let owner = &town.marys.owner;
    read(owner, "/v1/users/me/inbox", 2).await.problem(422, "invalid_fields").refuses("/until", "out_of_range");
    assert_eq!(read(owner, "/v1/users/me/inbox", 1).await.expect(200).body["group"], Value::Null);
    assert_eq!(owner.get("/v1/users/me/inbox").await.expect(200).body["unread"], 2);
    let nobody = town.app.person("Nia").await;
    assert_eq!(read(&nobody, "/v1/users/me/inbox", 0).await.expect(200).body["last_number"], 0);
}

#[actix_web::test]
async fn lists_can_be_narrowed_to_a_topic() {
    let town = Town::new().await;
    town.write(2).await;
    town.tell(vec![Notice { topic: Topic::ContactShared, ..town.message(town.marys.id) }]).await;
    town.write(1).await;
    assert_eq!(numbers(&town.marys.owner.get(town.at("inbox?topic=contact_shared")).await.expect(200)), [3]);
    assert_eq!(numbers(&town.marys.owner.get(town.at("inbox?topic=message_received&limit=2")).await.expect(200)), [4, 2]);
    town.marys.owner.get(town.at("inbox?topic=gossip")).await.problem(422, "invalid_fields").refuses("topic", "not_one_of");
    town.marys.owner.get(town.at("inbox?unread=perhaps")).await.problem(422, "invalid_fields").refuses("unread", "not_one_of");
    town.marys.owner.get(town.at("inbox?colour=red")).await.problem(400, "unknown_parameter");
}

#[actix_web::test]
async fn what_is_told_at_once_by_many_is_numbered_without_gaps() {
    let town = Town::new().await;
    let many = (0..40).map(async |turn: i32| {
        let both = vec![town.message(town.marys.id), town.message(town.bank.id), town.message(town.marys.id)];
        let mut conn = town.app.conn().await;
        let now = town.app.now();
        // Every fourth is rolled back: its numbers are used again.
        let told = transaction(&mut conn, async |tx| {
            inbox::tell(tx, now, both).await?;
            if turn % 4 == 0 { Err(gotit::error::Error::not_found("reason")) } else { Ok(()) }
        });
        told.await.is_ok()
    });
    let told = futures_util::future::join_all(many).await.into_iter().filter(|told| *told).count();
    assert_eq!(told, 30);
    town.app
        .sql("do $$ begin
           assert (select bool_and(count = last_number and max = last_number and min = 1) from
             (select i.last_number, count(*), max(n.number), min(n.number) from inboxes i join notices n on n.inbox_id = i.id group by i.id) x);
           assert (select array_agg(last_number order by last_number) from inboxes) = array[30, 60]::bigint[];
           assert (select count(*) from notices) = (select count(*) from outbox_events where topic = 'notice.created');
         end $$")
        .await;
}

/// An exchange of the first group's chairs with the other, as SQL: state, and columns with their values.
async fn exchange(town: &Town, state: &str, more: &[(&str, &str)]) -> String {
    let (id, thread) = (uuid::Uuid::now_v7(), uuid::Uuid::now_v7());
    let (names, values): (Vec<_>, Vec<_>) = more.iter().map(|(name, value)| (format!(", {name}"), format!(", {value}"))).unzip();
    let agreed =
        if state == "proposed" { "null, now() - interval '2 days'" } else { "now() - interval '2 days', now() - interval '2 days'" };
    let (giver, receiver, chairs) = (town.marys.id, town.bank.id, town.chairs);
    town.app
        .sql(&format!(
            "update listings set quantity = 1000 where id = '{chairs}';
             insert into threads values ('{thread}', now());
             insert into thread_groups values ('{thread}', '{giver}'), ('{thread}', '{receiver}');
             insert into exchanges (id, offer_id, giver_group_id, receiver_group_id, network_id, thread_id, title, resource_type, basis, quantity, requested, state,
               proposed_by, giver_agreed_at, receiver_agreed_at, message, created_at, updated_at {})
             values ('{id}', '{chairs}', '{giver}', '{receiver}', '{}', '{thread}', 'Forty folding chairs', 'thing', 'lend', 1, 1, '{state}', 'receiver', {agreed}, '',
               now() - interval '3 days', now() {})",
            names.concat(),
            town.marys.network,
            values.concat()
        ))
        .await;
    id.to_string()
}

#[actix_web::test]
async fn what_waits_is_what_somebody_should_do_now_the_most_urgent_first() {
    let town = Town::new().await;
    let waiting = async |person: &Person, group: &Group| {
        let answer = town.app.back_again(person).get(format!("/v1/groups/{}/waiting", group.id)).await.expect(200);
        let items = answer.body["items"].as_array().unwrap().clone();
        for item in &items {
            assert!(item["sentence"].as_str().unwrap().contains("olding chairs"), "{item}");
        }
        answer.each("/kind")
    };
    assert!(waiting(&town.marys.owner, &town.marys).await.is_empty());
    let thread = uuid::Uuid::now_v7();
    town.app
        .sql(&format!(
            "update listings set published_at = now() - interval '6 days' where id = '{2}';
             insert into threads values ('{thread}', now()); insert into thread_groups values ('{thread}', '{0}'), ('{thread}', '{1}');
             insert into interests (id, listing_id, listing_kind, owner_group_id, group_id, thread_id, quantity, message, state, created_at, updated_at)
             values (gen_random_uuid(), '{2}', 'offer', '{0}', '{1}', '{thread}', 1, '', 'open', now() - interval '6 days', now())",
            town.marys.id, town.bank.id, town.chairs
        ))
        .await;
    exchange(&town, "proposed", &[]).await;
    exchange(&town, "accepted", &[]).await;
    exchange(&town, "scheduled", &[("scheduled_for", "now() + interval '1 hour'")]).await;
    exchange(&town, "scheduled", &[("scheduled_for", "now() - interval '1 hour'")]).await;
    exchange(&town, "handed_over", &[("handed_over_at", "now() - interval '1 day'"), ("giver_quantity", "1")]).await;
    let completed = [("handed_over_at", "now()"), ("completed_at", "now()"), ("received_quantity", "1")];
    exchange(&town, "completed", &[&completed[..], &[("return_by", "now() + interval '2 days'")]].concat()).await;
    exchange(&town, "completed", &[&completed[..], &[("return_by", "now() + interval '20 days'")]].concat()).await;
    assert_eq!(
        waiting(&town.marys.owner, &town.marys).await,
        ["answer_interest", "return_loan", "answer_proposal", "agree_time", "say_handed_over"],
        "the giver has counted already"
    );
    assert_eq!(waiting(&town.bank.owner, &town.bank).await, ["return_loan", "agree_time", "say_handed_over", "confirm_hand_over"]);
    town.app.sql("update listings set expires_at = now() + interval '6 hours'").await;
    assert_eq!(waiting(&town.marys.owner, &town.marys).await[0], "renew_listing");
    let first = town.marys.owner.get(town.at("waiting?limit=4")).await.expect(200);
    let second = town.marys.owner.get(town.at(&format!("waiting?limit=4&cursor={}", first.str("/next_cursor")))).await.expect(200);
    assert_eq!([first.each("/kind"), second.each("/kind")].concat().len(), 6);
    assert_eq!(second.body["next_cursor"], Value::Null);
    town.app
        .sql("update exchanges set state = 'declined', end_reason = 'not_available', ended_by = 'giver' where state = 'proposed'")
        .await;
    assert!(!waiting(&town.marys.owner, &town.marys).await.contains(&"answer_proposal".to_owned()));
}

#[actix_web::test]
async fn the_day_of_an_answer_counts_from_when_the_group_chooses_and_not_while_the_listing_is_paused() {
    let town = Town::new().await;
    let thread = uuid::Uuid::now_v7();
    town.app
        .sql(&format!(
            "update listings set published_at = '2026-01-01T00:00:00Z' where id = '{2}';
             insert into threads values ('{thread}', now()); insert into thread_groups values ('{thread}', '{0}'), ('{thread}', '{1}');
             insert into interests (id, listing_id, listing_kind, owner_group_id, group_id, thread_id, quantity, message, state, created_at, updated_at)
             values (gen_random_uuid(), '{2}', 'offer', '{0}', '{1}', '{thread}', 1, '', 'open', '2026-01-02T00:00:00Z', now())",
            town.marys.id, town.bank.id, town.chairs
        ))
        .await;
    for (change, due) in [
        ("update listings set choose_after_hours = 0", json!("2026-01-09T00:00:00Z")),
        ("update listings set choose_after_hours = 48", json!("2026-01-10T00:00:00Z")),
        ("update interests set waits_from = '2026-01-04T00:00:00Z'", json!("2026-01-11T00:00:00Z")),
        ("update listings set state = 'paused'", Value::Null),
    ] {
        town.app.sql(change).await;
        let waiting = town.marys.owner.get(town.at("waiting")).await.expect(200);
        assert_eq!(waiting.body["items"][0]["due"], due, "{change}");
    }
}

#[actix_web::test]
async fn old_notices_are_forgotten_and_numbers_go_on() {
    let town = Town::new().await;
    town.write(3).await;
    town.app.advance(Duration::days(401));
    town.write(1).await;
    gotit::housekeeping::tidy(&mut *town.app.conn().await, town.app.now()).await.unwrap();
    let owner = town.app.back_again(&town.marys.owner);
    town.app.sql("update sessions set expires_at = now() + interval '500 days'").await;
    let page = owner.get(town.at("inbox")).await.expect(200);
    assert_eq!((numbers(&page), page.body["unread"].clone()), (vec![4], json!(1)));
}
