//! What always fails steps back, and keeps nothing else waiting.

use chrono::Duration;

use super::{EACH_ONCE, many_ended, town, work};
use crate::{pairs::Pair, support::TestApp};

/// Refuses every update of a table that a condition on the new row holds for, until it is told otherwise.
async fn refuse(app: &TestApp, table: &str, condition: &str) {
    app.sql(&format!(
        "create or replace function refuse() returns trigger language plpgsql as $$ begin raise exception 'it cannot be'; end $$;
         create or replace trigger refuse before update on {table} for each row when ({condition}) execute function refuse()"
    ))
    .await;
}

/// A job has put off so many, each for the so-manieth time.
async fn has_put_off(app: &TestApp, job: &str, many: i32, attempts: i32) {
    app.sql(&format!(
        "do $$ begin assert (select count(*) = {many} and coalesce(bool_and(attempts = {attempts}), true) from setbacks where job = '{job}'),
           (select string_agg(setbacks::text, ' ') from setbacks); end $$"
    ))
    .await;
}

#[actix_web::test]
async fn listings_that_cannot_end_keep_neither_their_group_nor_others_waiting() {
    let (app, group) = town().await;
    // More groups than one call deals with; of each, one listing of two fails, but of one group none.
    many_ended(&app, group.network, 12, 2).await;
    app.sql("update listings set title = 'Sound' from groups g where g.id = group_id and (g.name = 'Group 7' or title like '% 2')").await;
    refuse(&app, "listings", "new.state = 'expired' and new.title <> 'Sound'").await;
    work(&app).await;
    let ended = |ended: i32| {
        format!(
            "do $$ begin assert (select count(*) filter (where state = 'expired') = {ended} from listings where expires_at < now()); end $$"
        )
    };
    app.sql(&ended(13)).await;
    has_put_off(&app, "expire_listings", 11, 1).await;
    assert_eq!(work(&app).await, 0, "they wait for their time");
    app.advance(Duration::seconds(31));
    work(&app).await;
    has_put_off(&app, "expire_listings", 11, 2).await;
    app.sql("drop trigger refuse on listings").await;
    app.advance(Duration::seconds(61));
    work(&app).await;
    app.sql(&ended(24)).await;
    app.sql(EACH_ONCE).await;
}

#[actix_web::test]
async fn of_a_batch_only_those_step_back_for_which_it_fails() {
    let pair = Pair::start().await;
    let mut groups = Vec::new();
    for name in ["Knitters", "Scouts", "Bowls"] {
        groups.push(pair.app.group(pair.network, name).await);
    }
    let mut talks = Vec::new();
    for group in &groups {
        talks.push((pair.exchange_with(group, "proposed", "receiver").await, pair.interest_in(&pair.offer, group, "open").await));
    }
    refuse(&pair.app, "exchanges", &format!("new.id = '{}'", talks[1].0.id)).await;
    refuse(&pair.app, "interests", &format!("new.id = '{}'", talks[1].1.id)).await;
    pair.app.advance(Duration::days(8));
    work(&pair.app).await;
    for (number, (exchange, interest)) in talks.iter().enumerate() {
        let stands = (pair.stands("exchanges", exchange).await, pair.stands("interests", interest).await);
        let expected = if number == 1 { ("proposed", "open") } else { ("declined no_answer", "declined no_answer") };
        assert_eq!((stands.0.as_str(), stands.1.as_str()), expected);
    }
    has_put_off(&pair.app, "decline_proposals", 1, 1).await;
    has_put_off(&pair.app, "answer_interests", 1, 1).await;
    pair.app.sql("drop trigger refuse on exchanges; drop trigger refuse on interests").await;
    pair.app.advance(Duration::minutes(1));
    work(&pair.app).await;
    assert_eq!(pair.stands("exchanges", &talks[1].0).await, "declined no_answer");
    assert_eq!(pair.stands("interests", &talks[1].1).await, "declined no_answer");
}

#[actix_web::test]
async fn groups_that_cannot_be_checked_do_not_keep_the_others_waiting() {
    let app = TestApp::start().await;
    let network = app.network("stoke").await;
    let mut groups = Vec::new();
    for number in 0..21 {
        groups.push(app.group(network, &format!("Group {number}")).await);
    }
    let last = &groups[20];
    app.sql("update network_groups set recheck_at = now() - interval '2 hours'").await;
    app.sql(&format!("update network_groups set recheck_at = now() - interval '1 hour' where group_id = '{}'", last.id)).await;
    refuse(&app, "network_groups", &format!("new.group_id <> '{}'", last.id)).await;
    work(&app).await;
    let checked = format!(
        "do $$ begin assert (select array_agg(group_id) = array['{}'::uuid] from network_groups where state = 'recertification_required'); end $$",
        last.id
    );
    app.sql(&checked).await;
    has_put_off(&app, "recertify_groups", 20, 1).await;
}

#[actix_web::test]
async fn what_has_not_failed_for_a_week_is_forgotten() {
    let (app, _) = town().await;
    let setback =
        |days: i32| format!("insert into setbacks values ('wake_listings', gen_random_uuid(), 3, now() - interval '{days} days');");
    app.sql(&[setback(6), setback(8)].concat()).await;
    work(&app).await;
    has_put_off(&app, "wake_listings", 1, 3).await;
}
