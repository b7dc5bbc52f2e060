//! What two groups write to each other: who reads it, who writes, until when, and what the other group hears of it.

use chrono::Duration;
use reqwest::Method;
use serde_json::{Value, json};

use crate::{
    pairs::{Pair, Talk},
    support::{Answer, Client},
};

async fn say(client: &Client, talk: &Talk, words: &str) -> Answer {
    client.post(talk.messages(), json!({"body": words})).await
}

async fn read(client: &Client, talk: &Talk, body: Option<Value>) -> Answer {
    client.send(Method::PUT, &format!("/v1/threads/{}/read", talk.thread), body).await
}

/// Unread messages of each thread in a group's list.
async fn unread(client: &Client, group: impl std::fmt::Display) -> Vec<String> {
    client.get(format!("/v1/groups/{group}/threads")).await.expect(200).each("/unread")
}

#[actix_web::test]
async fn two_groups_talk_about_an_interest_and_an_exchange() {
    let pair = Pair::start().await;
    let (giver, receiver) = (&pair.giver.owner, &pair.receiver.owner);
    for talk in [pair.interest("open").await, pair.exchange("proposed").await] {
        let words = "Dydd Llun, at ten?\nThe O'Neills bring a van – 40 chairs ✓";
        let said = say(receiver, &talk, words).await.expect(201);
        assert_eq!((said.str("/body"), &said.body["ours"]), (words.into(), &json!(true)));
        assert_eq!(said.header("location"), talk.messages());
        say(giver, &talk, "Ten it is.").await.expect(201);
        let seen = giver.get(talk.messages()).await.expect(200);
        assert_eq!(seen.each("/body"), ["Ten it is.", words], "the latest first");
        assert_eq!(seen.each("/ours"), ["true", "false"]);
        assert_eq!(seen.each("/group/name"), ["St Mary's", "Hanley Food Bank"]);
        assert_eq!(seen.each("/sender_name"), ["St-Mary-s-owner", "null"], "people of the other group are not named");
        let mut next = format!("{}?limit=1", talk.messages());
        let mut paged = Vec::new();
        loop {
            let page = receiver.get(&next).await.expect(200);
            paged.extend(page.each("/id"));
            match page.body["next_cursor"].as_str() {
                Some(cursor) => next = format!("{}?limit=1&cursor={cursor}", talk.messages()),
                None => break,
            }
        }
        assert_eq!(paged, seen.each("/id"));
    }
}

#[actix_web::test]
async fn members_of_the_two_groups_alone_know_of_a_thread() {
    let pair = Pair::start().await;
    let talk = pair.exchange("accepted").await;
    say(&pair.giver.owner, &talk, "Private words").await.expect(201);
    let other = pair.app.group(pair.network, "Etruria Bowls").await;
    let staff = [pair.app.staff(pair.network, "Mair", "coordinator").await, pair.app.staff(pair.network, "Bran", "broker").await];
    for client in [&other.owner, &pair.app.person("Olwen").await, &staff[0], &staff[1]] {
        client.get(talk.messages()).await.problem(404, "not_found");
        say(client, &talk, "Hello").await.problem(404, "not_found");
        read(client, &talk, None).await.problem(404, "not_found");
        client.get(format!("/v1/groups/{}/threads", pair.giver.id)).await.problem(403, "not_allowed");
    }
    let visitor = pair.app.visitor();
    visitor.get(talk.messages()).await.problem(401, "not_signed_in");
    say(&visitor, &talk, "Hello").await.problem(401, "not_signed_in");
    read(&visitor, &talk, None).await.problem(401, "not_signed_in");
    let viewer = pair.app.member(&pair.receiver, "Vi", "viewer").await;
    assert_eq!(viewer.get(talk.messages()).await.expect(200).each("/body"), ["Private words"]);
    say(&viewer, &talk, "Hello").await.problem(403, "not_allowed");
    let editor = pair.app.member(&pair.receiver, "Edd", "editor").await;
    say(&editor, &talk, "Hello").await.expect(201);
    pair.app.sql(&format!("delete from memberships where user_id = '{}'", editor.id)).await;
    editor.get(talk.messages()).await.problem(404, "not_found");
    let seen = pair.receiver.owner.get(talk.messages()).await.expect(200);
    assert_eq!(seen.each("/sender_name")[0], "Edd");
}

#[actix_web::test]
async fn a_message_has_1_to_2000_characters_of_plain_text() {
    let pair = Pair::start().await;
    let (talk, owner) = (pair.interest("open").await, &pair.giver.owner);
    for (body, field, code) in [
        (json!({"body": " \n "}), "/body", "required"),
        (json!({"body": "x".repeat(2001)}), "/body", "too_long"),
        (json!({"body": "a\u{0}b"}), "/body", "control_character"),
        (json!({"body": "a\u{202e}b"}), "/body", "bidi_control"),
        (json!({}), "/body", "required"),
        (json!({"body": "Hello", "html": true}), "/html", "unknown_field"),
        (json!({"body": "Hello", "group_id": pair.receiver.id}), "/group_id", "not_a_member"),
    ] {
        owner.post(talk.messages(), body).await.problem(422, "invalid_fields").refuses(field, code);
    }
    say(owner, &talk, &"ŵ".repeat(2000)).await.expect(201);
    let markup = "<script>alert(1)</script>";
    assert_eq!(say(owner, &talk, markup).await.expect(201).str("/body"), markup, "as it was written");
}

#[actix_web::test]
async fn a_message_that_is_sent_again_is_written_once() {
    let pair = Pair::start().await;
    let talk = pair.interest("open").await;
    let client = pair.receiver.owner.with("idempotency-key", "message");
    let (one, two) = (say(&client, &talk, "Hello").await.expect(201), say(&client, &talk, "Hello").await.expect(201));
    assert_eq!(one.str("/id"), two.str("/id"));
    say(&client, &talk, "Good day").await.problem(422, "idempotency_key_reused");
    assert_eq!(pair.giver.owner.get(talk.messages()).await.expect(200).each("/body"), ["Hello"]);
}

#[actix_web::test]
async fn the_other_group_hears_once_until_it_has_read() {
    let pair = Pair::start().await;
    let (giver, receiver) = (&pair.giver.owner, &pair.receiver.owner);
    let talk = pair.interest("open").await;
    for words in ["One", "Two", "Three"] {
        say(receiver, &talk, words).await.expect(201);
    }
    assert_eq!(pair.told(&pair.giver).await, ["message_received"]);
    assert!(pair.told(&pair.receiver).await.is_empty(), "who writes is not told");
    assert_eq!(
        (unread(giver, pair.giver.id).await, unread(receiver, pair.receiver.id).await),
        (vec!["3".to_owned()], vec!["0".to_owned()])
    );
    giver.get(talk.messages()).await.expect(200);
    assert_eq!(unread(giver, pair.giver.id).await, ["3"], "reading marks nothing");
    read(giver, &talk, None).await.expect(204);
    read(giver, &talk, None).await.expect(204);
    assert_eq!(unread(giver, pair.giver.id).await, ["0"]);
    say(receiver, &talk, "Four").await.expect(201);
    say(receiver, &talk, "Five").await.expect(201);
    assert_eq!(pair.told(&pair.giver).await, ["message_received"; 2]);
    assert_eq!(unread(giver, pair.giver.id).await, ["2"]);
    let notice = "select coalesce(n.interest_id::text, '') || (n.facts ->> 'thread_id') || n.other_group_id from notices n";
    assert_eq!(pair.texts(notice).await[0], format!("{}{}{}", talk.id, talk.thread, pair.receiver.id));
}

#[actix_web::test]
async fn a_thread_can_be_marked_as_read_up_to_a_message_and_never_backwards() {
    let pair = Pair::start().await;
    let (giver, receiver) = (&pair.giver.owner, &pair.receiver.owner);
    let talk = pair.interest("open").await;
    let first = say(receiver, &talk, "One").await.expect(201).str("/created_at");
    say(receiver, &talk, "Two").await.expect(201);
    let viewer = pair.app.member(&pair.giver, "Vi", "viewer").await;
    read(&viewer, &talk, Some(json!({"until": first}))).await.expect(204);
    assert_eq!(unread(giver, pair.giver.id).await, ["1"]);
    read(giver, &talk, Some(json!({"until": "2199-01-01T00:00:00Z"}))).await.expect(204);
    assert_eq!(unread(giver, pair.giver.id).await, ["0"]);
    read(giver, &talk, Some(json!({"until": first}))).await.expect(204);
    assert_eq!(unread(giver, pair.giver.id).await, ["0"], "not backwards");
    say(receiver, &talk, "Three").await.expect(201);
    assert_eq!(unread(giver, pair.giver.id).await, ["1"], "what comes after now is unread");
    read(giver, &talk, Some(json!({"until": "noon"}))).await.problem(422, "invalid_fields").refuses("/until", "not_a_time");
    read(giver, &talk, Some(json!({"id": 3}))).await.refuses("/id", "unknown_field");
}

#[actix_web::test]
async fn a_group_finds_its_threads_the_liveliest_first() {
    let mut pair = Pair::start().await;
    let interest = pair.interest("open").await;
    pair.wait(Duration::minutes(1));
    let exchange = pair.exchange("accepted").await;
    pair.wait(Duration::minutes(1));
    let address = format!("/v1/groups/{}/threads", pair.giver.id);
    let list = pair.giver.owner.get(&address).await.expect(200);
    assert_eq!(list.each("/id"), [exchange.thread.clone(), interest.thread.clone()]);
    assert_eq!(list.each("/last_message_at"), ["null", "null"]);
    let said = say(&pair.receiver.owner, &interest, "Hello").await.expect(201);
    let list = pair.giver.owner.get(&address).await.expect(200);
    assert_eq!(list.each("/id"), [interest.thread.clone(), exchange.thread.clone()]);
    assert_eq!(list.each("/interest_id"), [interest.id.clone(), "null".into()]);
    assert_eq!(list.each("/exchange_id"), ["null".into(), exchange.id.clone()]);
    assert_eq!(list.each("/listing/title"), ["Forty folding chairs"; 2]);
    assert_eq!(list.each("/listing/id"), [pair.offer.clone(), pair.offer.clone()]);
    assert_eq!(list.each("/other_group/name"), ["Hanley Food Bank"; 2]);
    assert_eq!(list.str("/items/0/last_message_at"), said.str("/created_at"));
    assert!(!list.text.contains("Hello"), "the list has no words");
    let first = pair.giver.owner.get(format!("{address}?limit=1")).await.expect(200);
    let second = pair.giver.owner.get(format!("{address}?limit=1&cursor={}", first.str("/next_cursor"))).await.expect(200);
    assert_eq!((first.each("/id"), second.each("/id")), (vec![interest.thread], vec![exchange.thread]));
    assert_eq!(second.body["next_cursor"], Value::Null);
    pair.giver.owner.get(format!("{address}?limit=0")).await.refuses("limit", "out_of_range");
    pair.app.visitor().get(&address).await.problem(401, "not_signed_in");
    let theirs = pair.receiver.owner.get(format!("/v1/groups/{}/threads", pair.receiver.id)).await.expect(200);
    assert_eq!(theirs.each("/other_group/name"), ["St Mary's"; 2]);
}

#[actix_web::test]
async fn nothing_is_written_where_the_end_is_more_than_30_days_ago() {
    let mut pair = Pair::start().await;
    let mut over = Vec::new();
    for state in ["declined", "withdrawn"] {
        over.push(pair.interest(state).await);
        over.push(pair.exchange(state).await);
    }
    for state in ["completed", "cancelled", "no_show"] {
        over.push(pair.exchange(state).await);
    }
    let going_on = [pair.exchange("proposed").await, pair.exchange("accepted").await, pair.interest("open").await];
    pair.wait(Duration::days(29));
    for talk in &over {
        say(&pair.giver.owner, talk, "Thank you all the same").await.expect(201);
    }
    pair.wait(Duration::days(2));
    for talk in &over {
        say(&pair.giver.owner, talk, "Still there?").await.problem(409, "wrong_state");
        assert_eq!(pair.receiver.owner.get(talk.messages()).await.expect(200).each("/body"), ["Thank you all the same"]);
    }
    for talk in &going_on {
        say(&pair.giver.owner, talk, "Still there?").await.expect(201);
    }
}

#[actix_web::test]
async fn what_came_of_an_interest_keeps_its_talk_open() {
    let mut pair = Pair::start().await;
    let talk = pair.interest("chosen").await;
    let of_it = pair.exchange("accepted").await;
    pair.app
        .sql(&format!("update exchanges set interest_id = '{}', thread_id = '{}' where id = '{}'", talk.id, talk.thread, of_it.id))
        .await;
    pair.wait(Duration::days(40));
    say(&pair.receiver.owner, &talk, "Tomorrow?").await.expect(201);
}

#[actix_web::test]
async fn blocked_groups_cannot_write_and_are_not_told_who_blocked() {
    let pair = Pair::start().await;
    let talk = pair.exchange("accepted").await;
    say(&pair.receiver.owner, &talk, "Hello").await.expect(201);
    let mut refusals = Vec::new();
    for (one, other) in [(&pair.giver, &pair.receiver), (&pair.receiver, &pair.giver)] {
        let block = format!("/v1/groups/{}/blocks/{}", one.id, other.id);
        one.owner.put(&block, Value::Null).await.expect(204);
        for client in [&pair.giver.owner, &pair.receiver.owner] {
            refusals.push(say(client, &talk, "Hello again").await.problem(409, "conflict").str("/detail"));
            assert_eq!(client.get(talk.messages()).await.expect(200).each("/body"), ["Hello"]);
        }
        one.owner.delete(&block).await.expect(204);
    }
    refusals.dedup();
    assert_eq!(refusals.len(), 1, "{refusals:?}");
    say(&pair.giver.owner, &talk, "Hello again").await.expect(201);
}

#[actix_web::test]
async fn an_account_writes_60_messages_an_hour() {
    let mut pair = Pair::start().await;
    let talk = pair.interest("open").await;
    for number in 0..60 {
        say(&pair.receiver.owner, &talk, &format!("Message {number}")).await.expect(201);
    }
    let refused = say(&pair.receiver.owner, &talk, "One more").await.problem(429, "too_many_requests");
    assert!(refused.header("retry-after").parse::<u32>().unwrap() > 3000, "{}", refused.header("retry-after"));
    say(&pair.giver.owner, &talk, "Enough!").await.expect(201);
    pair.wait(Duration::minutes(61));
    say(&pair.receiver.owner, &talk, "One more").await.expect(201);
}

#[actix_web::test]
async fn who_belongs_to_both_groups_says_for_which_they_write() {
    let pair = Pair::start().await;
    let talk = pair.interest("open").await;
    let both = pair.app.member(&pair.giver, "Bo", "editor").await;
    let join = |group: &crate::support::Group, role: &str| {
        format!("insert into memberships (group_id, user_id, role, created_at) values ('{}', '{}', '{role}', now())", group.id, both.id)
    };
    pair.app.sql(&join(&pair.receiver, "editor")).await;
    say(&both, &talk, "Hello").await.problem(422, "invalid_fields").refuses("/group_id", "required");
    let said = both.post(talk.messages(), json!({"body": "Hello", "group_id": pair.receiver.id})).await.expect(201);
    assert_eq!(said.str("/group/name"), "Hanley Food Bank");
    assert_eq!(pair.told(&pair.giver).await, ["message_received"]);
    pair.app
        .sql(&format!("update memberships set role = 'viewer' where user_id = '{}' and group_id = '{}'", both.id, pair.receiver.id))
        .await;
    both.post(talk.messages(), json!({"body": "Hello", "group_id": pair.receiver.id})).await.problem(403, "not_allowed");
    assert_eq!(say(&both, &talk, "Hello").await.expect(201).str("/group/name"), "St Mary's", "the only one that they may write for");
}

#[actix_web::test]
async fn no_word_of_a_message_is_anywhere_but_in_it() {
    let pair = Pair::start().await;
    let talk = pair.exchange("accepted").await;
    say(&pair.receiver.owner, &talk, "xyzzy").await.expect(201);
    for table in ["audit_entries", "notices", "outbox_events", "threads", "exchanges", "listings"] {
        let found = pair.texts(&format!("select count(*) from {table} t where t::text like '%xyzzy%'")).await;
        assert_eq!(found, ["0"], "{table}");
    }
    let recorded = "select action || ' ' || subject_id || coalesce(network_id::text, '') from audit_entries where action = 'post_message'";
    assert_eq!(pair.texts(recorded).await, [format!("post_message {}", talk.thread)]);
}

#[actix_web::test]
async fn of_many_messages_at_once_each_is_there_and_one_notice() {
    let pair = Pair::start().await;
    let talk = pair.interest("open").await;
    let editor = pair.app.member(&pair.receiver, "Edd", "editor").await;
    let (a, b, c, d) = tokio::join!(
        say(&pair.receiver.owner, &talk, "a"),
        say(&editor, &talk, "b"),
        say(&pair.receiver.owner, &talk, "c"),
        say(&pair.giver.owner, &talk, "d")
    );
    for answer in [a, b, c, d] {
        answer.expect(201);
    }
    assert_eq!(pair.giver.owner.get(talk.messages()).await.expect(200).each("/id").len(), 4);
    assert_eq!(
        (pair.told(&pair.giver).await, pair.told(&pair.receiver).await),
        (vec!["message_received".into()], vec!["message_received".into()])
    );
}
