//! What the clock does to interests: reminders, and answers that nobody gave.

use chrono::Duration;
use gotit::interests::jobs::{answer_unanswered, remind_waiting};
use serde_json::{Value, json};

use super::{Town, ask, post, step};
use crate::support::Group;

impl Town {
    async fn remind(&self) -> usize {
        let mut all = 0;
        loop {
            match remind_waiting(&mut *self.app.conn().await, self.app.now()).await.unwrap() {
                0 => return all,
                some => all += some,
            }
        }
    }

    async fn answer(&self) -> usize {
        let mut all = 0;
        loop {
            match answer_unanswered(&mut *self.app.conn().await, self.app.now()).await.unwrap() {
                0 => return all,
                some => all += some,
            }
        }
    }

    /// The facts of a group's notices of a topic.
    async fn told_of(&self, group: &Group, topic: &str) -> Vec<Value> {
        self.told(group).await.into_iter().filter(|(told, _)| told == topic).map(|(_, facts)| facts).collect()
    }

    async fn state(&self, interest: &str) -> (String, Value) {
        let read = self.asker.owner.get(format!("/v1/interests/{interest}")).await.expect(200);
        (read.str("/state"), read.body["end_reason"].clone())
    }
}

#[actix_web::test]
async fn after_three_days_the_owner_is_reminded_once_in_one_notice() {
    let mut town = Town::new().await;
    let other = town.another("Knitters").await;
    let tables = post(&town.owner, json!({"kind": "offer", "title": "Folding tables"})).await;
    town.interest_of(&town.asker, json!({})).await;
    ask(&other, &tables, json!({})).await.expect(201);
    town.app.advance(Duration::days(3) - Duration::minutes(1));
    assert_eq!(town.remind().await, 0);
    town.later(Duration::minutes(1) + Duration::seconds(30));
    assert_eq!(town.remind().await, 2);
    let mut listings = [town.chairs.clone(), tables];
    listings.sort();
    assert_eq!(town.told_of(&town.owner, "interest_waiting").await, [json!({"listings": listings, "count": 2})]);
    assert_eq!(town.remind().await, 0);
    town.later(Duration::days(1));
    assert_eq!((town.remind().await, town.answer().await), (0, 0));
    assert_eq!(town.told_of(&town.owner, "interest_waiting").await.len(), 1);
}

#[actix_web::test]
async fn after_seven_days_the_program_answers_and_tells_both() {
    let mut town = Town::new().await;
    let interest = town.interest_of(&town.asker, json!({})).await;
    town.later(Duration::days(7) - Duration::minutes(1));
    assert_eq!(town.answer().await, 0);
    town.later(Duration::minutes(2));
    assert_eq!(town.answer().await, 1);
    let read = town.asker.owner.get(format!("/v1/interests/{interest}")).await.expect(200);
    assert_eq!((read.str("/state"), read.str("/end_reason")), ("declined".into(), "no_answer".into()));
    assert!(read.str("/answer").contains("the program did"), "{}", read.text);
    assert_eq!(town.told(&town.asker).await, [("interest_declined".to_owned(), json!({"reason": "no_answer"}))]);
    assert_eq!(town.told_of(&town.owner, "interests_answered").await, [json!({"listings": [town.chairs], "count": 1})]);
    assert_eq!(town.answer().await, 0);
    step(&town.owner, &interest, "accept", json!({})).await.problem(409, "wrong_state");
    ask(&town.asker, &town.chairs, json!({})).await.expect(201);
}

#[actix_web::test]
async fn a_group_whose_interests_nobody_answered_is_told_once() {
    let mut town = Town::new().await;
    let other = town.another("Knitters").await;
    let tables = post(&town.owner, json!({"kind": "offer", "title": "Folding tables"})).await;
    let urn = post(&other, json!({"kind": "offer", "title": "Tea urn"})).await;
    let mut asked = Vec::new();
    for listing in [&town.chairs, &tables, &urn] {
        asked.push(ask(&town.asker, listing, json!({})).await.expect(201).str("/id"));
    }
    asked.sort();
    town.later(Duration::days(8));
    assert_eq!(town.answer().await, 3);
    let facts = json!({"interests": asked, "count": 3, "reason": "no_answer"});
    assert_eq!(town.told(&town.asker).await, [("interest_declined".to_owned(), facts)]);
    assert_eq!(town.told_of(&other, "interests_answered").await, [json!({"listings": [urn], "count": 1})]);
}

#[actix_web::test]
async fn what_another_worker_has_reminded_of_meanwhile_is_left_to_it() {
    let mut town = Town::new().await;
    let theirs = town.interest_of(&town.asker, json!({})).await;
    town.interest_of(&town.another("Knitters").await, json!({})).await;
    // As if the other one had noted its reminder after this one has read what waits.
    town.app
        .sql(&format!(
            "create function noted() returns trigger language plpgsql as $$ begin return null; end $$;
             create trigger noted before insert on reminders for each row when (new.subject_id = '{theirs}') execute function noted()"
        ))
        .await;
    town.later(Duration::days(4));
    assert_eq!(town.remind().await, 1);
    assert_eq!(town.told_of(&town.owner, "interest_waiting").await, [json!({"listings": [town.chairs], "count": 1})]);
}

#[actix_web::test]
async fn what_was_answered_in_time_is_left_alone() {
    let mut town = Town::new().await;
    let (chosen, other) = (town.interest_of(&town.asker, json!({})).await, town.another("Knitters").await);
    let declined = town.interest_of(&other, json!({})).await;
    step(&town.owner, &chosen, "accept", json!({})).await.expect(201);
    step(&town.owner, &declined, "decline", json!({})).await.expect(200);
    town.later(Duration::days(8));
    assert_eq!((town.remind().await, town.answer().await), (0, 0));
    assert_eq!(town.state(&chosen).await, ("chosen".into(), Value::Null));
}

#[actix_web::test]
async fn after_a_long_standstill_there_is_an_answer_and_no_late_reminder() {
    let mut town = Town::new().await;
    for name in ["Knitters", "Bowls", "Scouts"] {
        town.interest_of(&town.another(name).await, json!({})).await;
    }
    town.later(Duration::days(30));
    assert_eq!((town.remind().await, town.answer().await), (0, 3));
    assert_eq!(town.told_of(&town.owner, "interest_waiting").await, Vec::<Value>::new());
    assert_eq!(town.told_of(&town.owner, "interests_answered").await, [json!({"listings": [town.chairs], "count": 3})]);
}

#[actix_web::test]
async fn the_days_count_from_when_the_group_chooses() {
    let mut town = Town::with(json!({"choose_after_hours": 240})).await;
    let interest = town.interest_of(&town.asker, json!({})).await;
    town.later(Duration::days(12));
    assert_eq!((town.remind().await, town.answer().await), (0, 0), "two days after the wait of ten");
    town.later(Duration::days(1) + Duration::hours(1));
    assert_eq!((town.remind().await, town.answer().await), (1, 0));
    town.later(Duration::days(4));
    assert_eq!((town.remind().await, town.answer().await), (0, 1));
    assert_eq!(town.state(&interest).await, ("declined".into(), json!("no_answer")));
}

#[actix_web::test]
async fn nothing_happens_while_the_listing_is_paused_and_the_days_begin_anew_when_it_is_back() {
    let mut town = Town::new().await;
    let interest = town.interest_of(&town.asker, json!({})).await;
    town.app.sql("update listings set state = 'paused'").await;
    town.later(Duration::days(20));
    assert_eq!((town.remind().await, town.answer().await), (0, 0));
    let now = town.app.now().to_rfc3339();
    town.app.sql(&format!("update listings set state = 'active', updated_at = '{now}'")).await;
    assert_eq!((town.remind().await, town.answer().await), (0, 0));
    town.later(Duration::days(4));
    assert_eq!((town.remind().await, town.answer().await), (1, 0));
    town.later(Duration::days(4));
    assert_eq!((town.remind().await, town.answer().await), (0, 1));
    assert_eq!(town.state(&interest).await, ("declined".into(), json!("no_answer")));
}

#[actix_web::test]
async fn several_workers_at_once_tell_everybody_once() {
    let mut town = Town::new().await;
    for number in 0..12 {
        town.interest_of(&town.another(&format!("Group {number}")).await, json!({})).await;
    }
    town.later(Duration::days(4));
    let now = town.app.now();
    let (mut a, mut b, mut c) = (town.app.conn().await, town.app.conn().await, town.app.conn().await);
    let (a, b, c) = tokio::join!(remind_waiting(&mut a, now), remind_waiting(&mut b, now), remind_waiting(&mut c, now));
    assert_eq!(a.unwrap() + b.unwrap() + c.unwrap(), 12);
    assert_eq!(town.told_of(&town.owner, "interest_waiting").await.iter().map(|facts| facts["count"].as_i64().unwrap()).sum::<i64>(), 12);
    town.later(Duration::days(4));
    let now = town.app.now();
    let (mut a, mut b) = (town.app.conn().await, town.app.conn().await);
    let (a, b) = tokio::join!(answer_unanswered(&mut a, now), answer_unanswered(&mut b, now));
    assert_eq!(a.unwrap() + b.unwrap(), 12);
    assert_eq!(town.told_of(&town.owner, "interests_answered").await.iter().map(|facts| facts["count"].as_i64().unwrap()).sum::<i64>(), 12);
}

#[actix_web::test]
async fn more_than_fit_into_one_batch_are_all_reminded_and_each_owner_once() {
    let mut town = Town::new().await;
    let other = town.another("Knitters").await;
    let tables = post(&other, json!({"kind": "offer", "title": "Folding tables", "quantity": 500})).await;
    // 150 interested groups, in the listings of two owners.
    town.app
        .sql(&format!(
            "insert into groups (id, name, description, locality_code, lat, lng, search_text, created_at, updated_at)
               select gen_random_uuid(), 'Group ' || n, '', locality_code, lat, lng, '', now(), now() from groups, generate_series(1, 150) n where name = 'Knitters';
             with asked as (
               select gen_random_uuid() as thread, g.id as asker, l.id as listing, l.group_id as owner
               from groups g, listings l where g.name like 'Group %' and l.id in ('{}', '{tables}')),
             made as (insert into threads (id, created_at) select thread, now() from asked),
             sides as (insert into thread_groups (thread_id, group_id) select thread, asker from asked union all select thread, owner from asked)
             insert into interests (id, listing_id, listing_kind, owner_group_id, group_id, thread_id, quantity, message, state, created_at, updated_at)
               select gen_random_uuid(), listing, 'offer', owner, asker, thread, 1, '', 'open', now(), now() from asked",
            town.chairs
        ))
        .await;
    town.later(Duration::days(4));
    assert_eq!(town.remind().await, 300);
    for (group, listing) in [(&town.owner, &town.chairs), (&other, &tables)] {
        assert_eq!(town.told_of(group, "interest_waiting").await, [json!({"listings": [listing], "count": 150})]);
    }
    town.later(Duration::days(4));
    assert_eq!(town.answer().await, 300);
    for group in [&town.owner, &other] {
        assert_eq!(town.told_of(group, "interests_answered").await.len(), 1);
    }
}
