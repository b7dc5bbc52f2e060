//! What the program does when time has passed.

use chrono::Duration;
use gotit::exchanges::jobs::{complete_silent, decline_unanswered, remind_returns, remind_unanswered};
use serde_json::{Value, json};

use super::{Town, act, count, propose, read};

#[actix_web::test]
async fn who_does_not_answer_is_reminded_once_and_then_answered_for() {
    let town = Town::new().await;
    let (chairs, mut conn) = (town.offer(20).await, town.app.conn().await);
    let id = town.propose(&chairs, 2).await.expect(201).str("/id");
    let start = town.app.now();
    assert_eq!(remind_unanswered(&mut conn, start + Duration::hours(71)).await.unwrap(), 0);
    for days in [3, 4, 6] {
        let reminded = remind_unanswered(&mut conn, start + Duration::days(days)).await.unwrap();
        assert_eq!(reminded, usize::from(days == 3), "after {days} days");
    }
    assert_eq!((town.told(&town.giver, "exchange_waiting").await, town.told(&town.receiver, "exchange_waiting").await), (1, 0));
    assert_eq!(decline_unanswered(&mut conn, start + Duration::days(6)).await.unwrap(), 0);
    let late = start + Duration::days(7);
    assert_eq!(decline_unanswered(&mut conn, late).await.unwrap(), 1);
    assert_eq!(decline_unanswered(&mut conn, late).await.unwrap(), 0);
    let seen = read(&town.receiver.owner, &id).await.expect(200);
    assert_eq!(
        (seen.str("/state"), seen.str("/end_reason"), seen.str("/ended_by")),
        ("declined".into(), "no_answer".into(), "system".into())
    );
    assert_eq!((town.told(&town.giver, "exchange_declined").await, town.told(&town.receiver, "exchange_declined").await), (1, 1));
    assert_eq!(count(&town.app, "(select count(*) from audit_entries where action = 'give_up_exchange' and actor_id is null)").await, 1);
}

#[actix_web::test]
async fn after_a_standstill_each_group_hears_of_everything_in_a_few_notices() {
    let town = Town::new().await;
    let (chairs, mut conn) = (town.offer(500).await, town.app.conn().await);
    town.propose(&chairs, 1).await.expect(201);
    propose(&town.beside, json!({"listing_id": chairs, "quantity": 1})).await.expect(201);
    // As if staff had proposed the rest: of its own a group has one open proposal about a listing.
    let copies = "with copied as (select e.*, gen_random_uuid() as new_id from exchanges e, generate_series(1, 122)),
         talks as (insert into threads select new_id, created_at from copied),
         both_sides as (insert into thread_groups select new_id, giver_group_id from copied union all select new_id, receiver_group_id from copied)
         insert into exchanges (id, offer_id, giver_group_id, receiver_group_id, network_id, thread_id, title, resource_type, basis, quantity, requested, state,
             proposed_by, receiver_agreed_at, message, created_at, updated_at)
         select new_id, offer_id, giver_group_id, receiver_group_id, network_id, new_id, title, resource_type, basis, quantity, requested, state,
             'staff', receiver_agreed_at, message, created_at, updated_at from copied";
    town.app.sql(copies).await;
    let weeks = town.app.now() + Duration::days(21);
    assert_eq!(remind_unanswered(&mut conn, weeks).await.unwrap(), 0, "nobody is reminded of what is over");
    let mut batches = Vec::new();
    while batches.last() != Some(&0) {
        batches.push(decline_unanswered(&mut conn, weeks).await.unwrap());
    }
    assert_eq!(batches, [100, 100, 46, 0]);
    for (group, proposals) in [(&town.giver, 246), (&town.receiver, 123), (&town.beside, 123)] {
        let notices = town.told(group, "exchange_declined").await;
        assert!((1..=3).contains(&notices), "one for each batch at most, not {notices}");
        let about = format!(
            "(select sum((facts ->> 'count')::bigint)::bigint from notices join inboxes on inboxes.id = inbox_id
              where topic = 'exchange_declined' and group_id = '{}')",
            group.id
        );
        assert_eq!(count(&town.app, &about).await, proposals, "nothing is acted on without a word");
    }
}

#[actix_web::test]
async fn when_one_side_is_silent_what_the_other_said_stands() {
    let town = Town::new().await;
    let (chairs, mut conn) = (town.offer(5).await, town.app.conn().await);
    let (by_giver, by_receiver) = (town.agreed(&chairs, 3).await, town.agreed(&chairs, 2).await);
    act(&town.giver.owner, &by_giver, "hand-over", json!({})).await.expect(200);
    act(&town.receiver.owner, &by_receiver, "hand-over", json!({"quantity": 2})).await.expect(200);
    let start = town.app.now();
    assert_eq!(complete_silent(&mut conn, start + Duration::days(13)).await.unwrap(), 0);
    assert_eq!(complete_silent(&mut conn, start + Duration::days(14)).await.unwrap(), 2);
    for (id, received) in [(&by_giver, 3), (&by_receiver, 2)] {
        let seen = read(&town.giver.owner, id).await.expect(200);
        assert_eq!((seen.str("/state"), seen.body["received_quantity"].as_i64()), ("completed".into(), Some(received)));
    }
    assert_eq!(town.state_of(&town.giver, &chairs).await, "fulfilled");
    assert_eq!((town.told(&town.giver, "exchange_completed").await, town.told(&town.giver, "listing_fulfilled").await), (1, 1));
}

#[actix_web::test]
async fn loans_are_asked_for_before_they_are_due_and_when_they_are_late() {
    let town = Town::new().await;
    let (start, mut conn) = (town.app.now(), town.app.conn().await);
    let chairs = town.post(&town.giver, json!({"quantity": 5, "basis": ["lend"]})).await;
    let id = town.agreed(&chairs, 3).await;
    let back = start + Duration::days(10);
    act(&town.giver.owner, &id, "hand-over", json!({"return_by": back.to_rfc3339()})).await.expect(200);
    act(&town.receiver.owner, &id, "confirm", json!({})).await.expect(200);
    for (at, reminded, receiver, giver) in [
        (back - Duration::hours(25), 0, 0, 0),
        (back - Duration::hours(24), 1, 1, 0),
        (back - Duration::hours(1), 0, 1, 0),
        (back, 1, 2, 1),
        (back + Duration::days(3), 0, 2, 1),
    ] {
        assert_eq!(remind_returns(&mut conn, at).await.unwrap(), reminded, "at {at}");
        assert_eq!(
            (town.told(&town.receiver, "return_due").await, town.told(&town.giver, "return_due").await),
            (receiver, giver),
            "at {at}"
        );
    }
    let second = town.agreed(&chairs, 1).await;
    act(&town.giver.owner, &second, "hand-over", json!({"return_by": back.to_rfc3339()})).await.expect(200);
    act(&town.receiver.owner, &second, "confirm", json!({})).await.expect(200);
    act(&town.giver.owner, &second, "return", Value::Null).await.expect(200);
    assert_eq!(remind_returns(&mut conn, back).await.unwrap(), 0, "it is back");
}

#[actix_web::test]
async fn a_loan_is_asked_for_also_when_one_side_has_not_confirmed_it() {
    let town = Town::new().await;
    let (start, mut conn) = (town.app.now(), town.app.conn().await);
    let chairs = town.post(&town.giver, json!({"quantity": 5, "basis": ["lend"]})).await;
    let id = town.agreed(&chairs, 3).await;
    let back = start + Duration::days(4);
    act(&town.giver.owner, &id, "hand-over", json!({"return_by": back.to_rfc3339()})).await.expect(200);
    assert_eq!(remind_returns(&mut conn, back - Duration::hours(1)).await.unwrap(), 1);
    assert_eq!(remind_returns(&mut conn, back + Duration::hours(1)).await.unwrap(), 1);
    assert_eq!((town.told(&town.receiver, "return_due").await, town.told(&town.giver, "return_due").await), (2, 1));
    act(&town.receiver.owner, &id, "confirm", json!({})).await.expect(200);
    assert_eq!(remind_returns(&mut conn, back + Duration::hours(1)).await.unwrap(), 0, "once is enough");
}

#[actix_web::test]
async fn a_proposal_about_a_paused_listing_waits_until_it_is_back() {
    let town = Town::new().await;
    let mut conn = town.app.conn().await;
    let start = town.app.now();
    let (chairs, open) = (town.offer(5).await, town.offer(5).await);
    let want = town.post(&town.receiver, json!({"kind": "want", "quantity": 5})).await;
    let about_chairs = town.propose(&chairs, 1).await.expect(201).str("/id");
    let with_want = json!({"listing_id": open, "with_listing_id": want, "quantity": 1});
    let with_want = propose(&town.receiver, with_want).await.expect(201).str("/id");
    let pause = |state: &str| format!("update listings set state = '{state}' where id in ('{chairs}', '{want}')");
    town.app.sql(&pause("paused")).await;
    assert_eq!(remind_unanswered(&mut conn, start + Duration::days(4)).await.unwrap(), 0);
    assert_eq!(decline_unanswered(&mut conn, start + Duration::days(8)).await.unwrap(), 0);
    for id in [&about_chairs, &with_want] {
        assert_eq!(read(&town.receiver.owner, id).await.expect(200).str("/state"), "proposed");
    }
    town.app.sql(&pause("active")).await;
    assert_eq!(remind_unanswered(&mut conn, start + Duration::days(4)).await.unwrap(), 2);
    assert_eq!(decline_unanswered(&mut conn, start + Duration::days(8)).await.unwrap(), 2);
}

#[actix_web::test]
async fn many_who_do_the_same_at_once_do_it_once() {
    let town = Town::new().await;
    let chairs = town.offer(200).await;
    let mut handed = Vec::new();
    for _ in 0..12 {
        let stools = town.offer(1).await;
        town.propose(&stools, 1).await.expect(201);
        let id = town.agreed(&chairs, 2).await;
        act(&town.giver.owner, &id, "hand-over", json!({})).await.expect(200);
        handed.push(id);
    }
    let late = town.app.now() + Duration::days(14);
    let reminded = futures_util::future::join_all((0..4).map(async |_| {
        let mut conn = town.app.conn().await;
        remind_unanswered(&mut conn, late - Duration::days(10)).await.unwrap()
    }));
    assert_eq!(reminded.await.iter().sum::<usize>(), 12);
    let all = futures_util::future::join_all((0..4).map(async |_| {
        let mut conn = town.app.conn().await;
        (decline_unanswered(&mut conn, late).await.unwrap(), complete_silent(&mut conn, late).await.unwrap())
    }));
    let (mut declined, mut completed) = all.await.iter().fold((0, 0), |sum, one| (sum.0 + one.0, sum.1 + one.1));
    let mut conn = town.app.conn().await;
    declined += decline_unanswered(&mut conn, late).await.unwrap();
    completed += complete_silent(&mut conn, late).await.unwrap();
    assert_eq!((declined, completed), (12, 12));
    assert_eq!(count(&town.app, "(select count(*) from audit_entries where action in ('settle_exchange', 'give_up_exchange'))").await, 24);
    assert_eq!(town.left(&town.giver, &chairs).await, 200 - 24);
}
