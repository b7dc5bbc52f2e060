//! Listings out of sight for a while, gone elsewhere, taken back with a word to those who waited; how much is gone; their history.

use chrono::{DateTime, Duration, Utc};
use reqwest::Method;
use serde_json::{Value, json};

use crate::{
    accounts::texts,
    pairs::{Pair, Talk, post},
    support::{Answer, Client},
};

async fn step(client: &Client, listing: &str, verb: &str, body: Option<Value>) -> Answer {
    client.send(Method::POST, &format!("/v1/listings/{listing}/{verb}"), body).await
}

/// Whether everybody can find it; reading and matching must agree.
async fn is_open(pair: &Pair, listing: &str) -> bool {
    let read = pair.app.visitor().get(format!("/v1/listings/{listing}")).await.status;
    let found = pair.app.visitor().get("/v1/listings?q=folding").await.expect(200).each("/id").contains(&listing.to_owned());
    assert_eq!(read == 200, found, "reading and searching disagree");
    found
}

fn days_on(pair: &Pair, days: i64) -> String {
    (pair.app.now() + Duration::days(days)).format("%Y-%m-%dT%H:%M:%SZ").to_string()
}

#[actix_web::test]
async fn a_paused_listing_is_found_by_nobody_until_it_is_renewed() {
    let pair = Pair::start().await;
    let owner = &pair.giver.owner;
    let want = post(&pair.receiver, json!({"kind": "want", "title": "Folding chairs", "category": "seating"})).await;
    let matches = async || pair.receiver.owner.get(format!("/v1/listings/{want}/matches")).await.expect(200).each("/listing/id").len();
    let interest = pair.interest("open").await;
    assert_eq!((is_open(&pair, &pair.offer).await, matches().await), (true, 1));
    let paused = step(owner, &pair.offer, "pause", None).await.expect(200);
    assert_eq!((paused.str("/state"), &paused.body["wakes_at"], paused.version()), ("paused".into(), &Value::Null, "2".into()));
    assert_eq!((is_open(&pair, &pair.offer).await, matches().await), (false, 0));
    assert_eq!(pair.stands("interests", &interest).await, "open", "who is interested stays so");
    let told = pair.told(&pair.receiver).await;
    assert!(told.is_empty(), "{told:?}");
    let renewed = step(owner, &pair.offer, "renew", None).await.expect(200);
    assert_eq!((renewed.str("/state"), &renewed.body["wakes_at"]), ("active".into(), &Value::Null));
    assert_ne!(renewed.body["confirmed_at"], Value::Null);
    assert_eq!((is_open(&pair, &pair.offer).await, matches().await), (true, 1));
}

#[actix_web::test]
async fn a_listing_sleeps_until_a_date_within_a_year() {
    let pair = Pair::start().await;
    let owner = &pair.giver.owner;
    let until = days_on(&pair, 100);
    let asleep = step(owner, &pair.offer, "pause", Some(json!({"until": until}))).await.expect(200);
    assert_eq!((asleep.str("/state"), asleep.str("/wakes_at")), ("paused".into(), until));
    let later = days_on(&pair, 200);
    assert_eq!(step(owner, &pair.offer, "pause", Some(json!({"until": later}))).await.expect(200).str("/wakes_at"), later);
    for (until, code) in
        [(json!("2026-01-01T00:00:00Z"), "in_the_past"), (json!(days_on(&pair, 367)), "too_far"), (json!("soon"), "not_a_time")]
    {
        step(owner, &pair.offer, "pause", Some(json!({"until": until}))).await.problem(422, "invalid_fields").refuses("/until", code);
    }
    step(owner, &pair.offer, "pause", Some(json!({"for": 3}))).await.refuses("/for", "unknown_field");
    assert_eq!(owner.get(format!("/v1/listings/{}", pair.offer)).await.str("/wakes_at"), later, "refused: as it was");
    let renewed = step(owner, &pair.offer, "renew", None).await.expect(200);
    assert_eq!(renewed.body["wakes_at"], Value::Null);
}

#[actix_web::test]
async fn a_draft_sleeps_until_a_date_and_nobody_sees_it_before() {
    let pair = Pair::start().await;
    let owner = &pair.giver.owner;
    let address = format!("/v1/groups/{}/listings?draft=true", pair.giver.id);
    let draft = owner.post(address, json!({"kind": "offer", "title": "Folding tables", "category": "tables"})).await.expect(201).str("/id");
    step(owner, &draft, "pause", None).await.problem(422, "invalid_fields").refuses("/until", "required");
    let asleep = step(owner, &draft, "pause", Some(json!({"until": days_on(&pair, 30)}))).await.expect(200);
    assert_eq!(asleep.str("/state"), "paused");
    assert!(!is_open(&pair, &draft).await);
    pair.receiver.owner.get(format!("/v1/listings/{draft}")).await.problem(404, "not_found");
    step(owner, &draft, "renew", None).await.expect(200);
    assert!(is_open(&pair, &draft).await);
}

#[actix_web::test]
async fn a_paused_listing_does_not_expire_and_can_be_edited_withdrawn_and_fulfilled() {
    let mut pair = Pair::start().await;
    step(&pair.giver.owner, &pair.offer, "pause", None).await.expect(200);
    pair.wait(Duration::days(100));
    let now = pair.app.now();
    gotit::listings::jobs::expire(&mut *pair.app.conn().await, now).await.unwrap();
    let address = format!("/v1/listings/{}", pair.offer);
    let owner = &pair.giver.owner;
    assert_eq!(owner.get(&address).await.expect(200).str("/state"), "paused");
    assert_eq!(owner.patch(&address, "*", json!({"title": "Thirty-nine folding chairs"})).await.expect(200).str("/state"), "paused");
    step(owner, &pair.offer, "publish", None).await.problem(409, "wrong_state");
    let renewed = step(owner, &pair.offer, "renew", None).await.expect(200);
    assert_eq!(renewed.str("/state"), "active", "its time begins anew: {}", renewed.text);
    for (verb, state) in [("withdraw", "withdrawn"), ("fulfil", "fulfilled")] {
        step(owner, &pair.offer, "renew", None).await.expect(200);
        step(owner, &pair.offer, "pause", Some(json!({"until": days_on(&pair, 3)}))).await.expect(200);
        let ended = step(owner, &pair.offer, verb, None).await.expect(200);
        assert_eq!((ended.str("/state"), &ended.body["wakes_at"]), (state.into(), &Value::Null));
    }
    step(owner, &pair.offer, "pause", None).await.problem(409, "wrong_state");
}

#[actix_web::test]
async fn what_has_expired_or_ended_cannot_be_paused() {
    let mut pair = Pair::start().await;
    pair.wait(Duration::days(61));
    let refused = step(&pair.giver.owner, &pair.offer, "pause", None).await.problem(409, "wrong_state");
    assert!(refused.str("/detail").contains("expired") && refused.str("/detail").contains("active"), "{}", refused.text);
    step(&pair.giver.owner, &pair.offer, "withdraw", None).await.expect(200);
    step(&pair.giver.owner, &pair.offer, "pause", None).await.problem(409, "wrong_state");
}

/// The owner's words about an interest.
async fn words(pair: &Pair, talk: &Talk) -> String {
    pair.texts(&format!("select coalesce(end_words, '-') from interests where id = '{}'", talk.id)).await.remove(0)
}

#[actix_web::test]
async fn who_was_interested_hears_why_a_listing_has_gone() {
    for (verb, reason) in [("fulfil", "listing_fulfilled"), ("withdraw", "listing_withdrawn")] {
        let pair = Pair::start().await;
        let third = pair.app.group(pair.network, "Etruria Bowls").await;
        let (one, two) = (pair.interest("open").await, pair.interest_in(&pair.offer, &third, "open").await);
        let (before, proposal) = (pair.interest("withdrawn").await, pair.exchange_with(&third, "proposed", "receiver").await);
        let said = "The school took them all – diolch, O'Neill!";
        let ended = step(&pair.giver.owner, &pair.offer, verb, Some(json!({"words": said}))).await.expect(200);
        assert!(ended.str("/state").starts_with(verb), "{}", ended.text);
        for interest in [&one, &two] {
            assert_eq!(
                (pair.stands("interests", interest).await, words(&pair, interest).await),
                (format!("declined {reason}"), said.into())
            );
        }
        assert_eq!(pair.stands("interests", &before).await, "withdrawn taken_back", "answered before");
        assert_eq!(pair.stands("exchanges", &proposal).await, format!("declined {reason}"));
        assert_eq!(pair.told(&pair.receiver).await, [format!("interest_declined {reason}")]);
        assert_eq!(pair.told(&third).await, [format!("interest_declined {reason}"), format!("exchange_declined {reason}")]);
        let history = pair.giver.owner.get(format!("/v1/listings/{}/history", pair.offer)).await.expect(200);
        assert_eq!(history.body["items"][0]["reason"], json!(null), "what was said is for who was interested");
        assert_eq!(
            texts(&pair.app, "select id::text as text from audit_entries a where a::text like '%took them all%'").await,
            Vec::<String>::new()
        );
    }
}

#[actix_web::test]
async fn nothing_has_to_be_said_and_what_is_said_is_checked() {
    let pair = Pair::start().await;
    let interest = pair.interest("open").await;
    let owner = &pair.giver.owner;
    for verb in ["withdraw", "fulfil"] {
        for (said, code) in [
            (json!(" "), "required"),
            (json!("x".repeat(1001)), "too_long"),
            (json!("a\u{0}"), "control_character"),
            (json!(3), "wrong_type"),
        ] {
            step(owner, &pair.offer, verb, Some(json!({"words": said}))).await.problem(422, "invalid_fields").refuses("/words", code);
        }
        let address = format!("/v1/listings/{}/{verb}", pair.offer);
        owner.send_text(Method::POST, &address, Some(("text/plain", "gone"))).await.problem(415, "unsupported_media_type");
        owner.send_text(Method::POST, &address, Some(("application/json", "[]"))).await.problem(400, "invalid_json");
    }
    step(owner, &pair.offer, "withdraw", Some(json!({"words": null}))).await.expect(200);
    assert_eq!(
        (pair.stands("interests", &interest).await, words(&pair, &interest).await),
        ("declined listing_withdrawn".into(), "-".into())
    );
}

#[actix_web::test]
async fn a_listing_with_exchanges_under_way_has_not_gone() {
    for (states, number) in [(vec!["accepted"], "1 exchange "), (vec!["scheduled", "handed_over"], "2 exchanges ")] {
        let pair = Pair::start().await;
        let interest = pair.interest("open").await;
        for state in states {
            pair.exchange(state).await;
        }
        pair.exchange("completed").await;
        let refused = step(&pair.giver.owner, &pair.offer, "fulfil", None).await.problem(409, "conflict");
        assert!(refused.str("/detail").starts_with(number), "{}", refused.text);
        assert_eq!(pair.stands("interests", &interest).await, "open");
        step(&pair.giver.owner, &pair.offer, "withdraw", None).await.expect(200);
        assert_eq!(pair.texts("select count(*) from exchanges where state = 'cancelled'").await, ["0"], "what was agreed goes on");
    }
}

#[actix_web::test]
async fn a_fulfilled_listing_never_comes_back_but_can_be_copied() {
    let pair = Pair::start().await;
    let owner = &pair.giver.owner;
    step(owner, &pair.offer, "fulfil", None).await.expect(200);
    assert!(!is_open(&pair, &pair.offer).await);
    for verb in ["renew", "pause", "publish", "withdraw", "fulfil"] {
        step(owner, &pair.offer, verb, None).await.problem(409, "wrong_state");
    }
    assert_eq!(owner.get(format!("/v1/listings/{}", pair.offer)).await.expect(200).str("/id"), pair.offer, "it keeps its id");
    assert_eq!(step(owner, &pair.offer, "copy", None).await.expect(201).str("/state"), "draft");
}

#[actix_web::test]
async fn a_listing_says_how_much_of_it_is_gone() {
    let pair = Pair::start().await;
    let address = format!("/v1/listings/{}", pair.offer);
    let seen = pair.app.visitor().get(&address).await.expect(200);
    assert_eq!((&seen.body["quantity_gone"], &seen.body["gone_in_words"]), (&json!(0), &Value::Null));
    pair.exchange("proposed").await;
    pair.exchange("accepted").await;
    pair.exchange("completed").await;
    let seen = pair.app.visitor().get(&address).await.expect(200);
    assert_eq!(
        (&seen.body["quantity_gone"], &seen.body["quantity_left"], seen.str("/gone_in_words")),
        (&json!(20), &json!(20), "20 of 40 gone".into())
    );
    let edit = async |quantity: i32| pair.giver.owner.patch(&address, "*", json!({"quantity": quantity})).await;
    let refused = edit(19).await.problem(409, "not_enough_left");
    assert!(refused.str("/detail").contains("20"), "{}", refused.text);
    assert_eq!(edit(20).await.expect(200).str("/gone_in_words"), "20 of 20 gone");
    assert!(!is_open(&pair, &pair.offer).await, "nothing is left");
}

#[actix_web::test]
async fn a_listing_that_is_cut_down_to_what_has_gone_is_fulfilled_and_answers_who_waits() {
    let pair = Pair::start().await;
    let interest = pair.interest("open").await;
    pair.exchange("completed").await;
    let address = format!("/v1/listings/{}", pair.offer);
    let edited = pair.giver.owner.patch(&address, "*", json!({"quantity": 10})).await.expect(200);
    assert_eq!((edited.str("/state"), edited.str("/gone_in_words")), ("fulfilled".into(), "10 of 10 gone".into()));
    assert_eq!(pair.stands("interests", &interest).await, "declined listing_fulfilled");
}

#[actix_web::test]
async fn a_draft_that_sleeps_is_published_on_the_day_it_wakes_so_that_slower_groups_have_their_chance() {
    let pair = Pair::start().await;
    let owner = &pair.giver.owner;
    let address = format!("/v1/groups/{}/listings?draft=true", pair.giver.id);
    let tables = json!({"kind": "offer", "title": "Folding tables", "category": "tables", "choose_after_hours": 72});
    let draft = owner.post(address, tables).await.expect(201).str("/id");
    let until = days_on(&pair, 30);
    let asleep = step(owner, &draft, "pause", Some(json!({"until": until}))).await.expect(200);
    let time = |answer: &Answer, path| answer.str(path).parse::<DateTime<Utc>>().unwrap();
    assert_eq!(asleep.str("/published_at"), until);
    assert_eq!(time(&asleep, "/choose_from") - time(&asleep, "/published_at"), Duration::days(3));
    let before = pair.app.now();
    let awake = step(owner, &draft, "renew", None).await.expect(200);
    let counts_from = time(&awake, "/choose_from") - Duration::days(3);
    assert!(
        before - Duration::seconds(1) <= counts_from && counts_from <= pair.app.now(),
        "brought back before its day, it counts from now"
    );
}

#[actix_web::test]
async fn the_history_of_a_listing_says_what_was_done_and_never_who_did_it() {
    let pair = Pair::start().await;
    let owner = &pair.giver.owner;
    let address = format!("/v1/listings/{}/history", pair.offer);
    for verb in ["pause", "renew", "withdraw"] {
        step(owner, &pair.offer, verb, None).await.expect(200);
    }
    let staff = pair.app.staff(pair.network, "Mair", "broker").await;
    let sql = "insert into audit_entries (id, occurred_at, actor_id, action, subject_type, subject_id, reason)";
    pair.app
        .sql(&format!(
            "{sql} values (gen_random_uuid(), '2020-01-01', '{}', 'hold_listing', 'listing', '{}', 'Too good')",
            staff.id, pair.offer
        ))
        .await;
    pair.app.sql(&format!("{sql} values (gen_random_uuid(), '2019-01-01', null, 'wake_listing', 'listing', '{}', null)", pair.offer)).await;
    let history = owner.get(&address).await.expect(200);
    assert_eq!(
        history.each("/action"),
        ["withdraw_listing", "renew_listing", "pause_listing", "create_listing", "hold_listing", "wake_listing"]
    );
    assert_eq!(history.each("/by"), ["group", "group", "group", "group", "staff", "system"]);
    assert_eq!(history.str("/items/4/reason"), "Too good");
    assert!(!history.text.contains(&owner.id.to_string()) && !history.text.contains(&staff.id.to_string()));
    assert_eq!(staff.get(&address).await.expect(200).body, history.body);
    let (mut paged, mut next) = (Vec::new(), format!("{address}?limit=4"));
    loop {
        let page = owner.get(&next).await.expect(200);
        paged.extend(page.each("/id"));
        match page.body["next_cursor"].as_str() {
            Some(cursor) => next = format!("{address}?limit=4&cursor={cursor}"),
            None => break,
        }
    }
    assert_eq!(paged, history.each("/id"));
    pair.receiver.owner.get(&address).await.problem(404, "not_found");
    pair.app.visitor().get(&address).await.problem(401, "not_signed_in");
}

#[actix_web::test]
async fn only_editors_of_its_group_pause_and_end_a_listing() {
    let pair = Pair::start().await;
    let viewer = pair.app.member(&pair.giver, "Vi", "viewer").await;
    let staff = pair.app.staff(pair.network, "Mair", "coordinator").await;
    for verb in ["pause", "withdraw", "fulfil"] {
        step(&pair.app.visitor(), &pair.offer, verb, None).await.problem(401, "not_signed_in");
        for client in [&viewer, &staff, &pair.receiver.owner] {
            step(client, &pair.offer, verb, None).await.problem(403, "not_allowed");
        }
    }
    assert!(is_open(&pair, &pair.offer).await);
}

#[actix_web::test]
async fn of_two_who_end_a_listing_at_once_one_does_and_everybody_hears_once() {
    let pair = Pair::start().await;
    pair.interest("open").await;
    let end = |verb| step(&pair.giver.owner, &pair.offer, verb, None);
    let (one, two) = tokio::join!(end("fulfil"), end("withdraw"));
    let mut statuses = [one.status, two.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 409]);
    assert_eq!(pair.told(&pair.receiver).await.len(), 1);
}
