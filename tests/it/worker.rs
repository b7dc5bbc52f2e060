//! What is done by the clock: each due thing once, by however many workers, and without a storm after a long absence.

mod killed;
mod matched;
mod setbacks;

use chrono::Duration;
use futures_util::future::join_all;
use gotit::{
    types::ids::{GroupId, NetworkId},
    worker::catch_up,
};
use serde_json::{Value, json};

use crate::support::{Answer, Database, Group, Program, TestApp, connect, eventually};

/// A network with a group.
async fn town() -> (TestApp, Group) {
    let app = TestApp::start().await;
    let network = app.network("stoke").await;
    let group = app.group(network, "St Mary's").await;
    (app, group)
}

async fn post(group: &Group, title: &str, more: Value) -> String {
    let mut listing = json!({"kind": "offer", "title": title, "category": "seating"});
    listing.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    group.owner.post(format!("/v1/groups/{}/listings", group.id), listing).await.expect(201).str("/id")
}

async fn work(app: &TestApp) -> usize {
    catch_up(&mut *app.conn().await, app.now()).await.unwrap()
}

/// Each notice of the group's inbox, oldest first.
async fn inbox(app: &TestApp, group: &Group) -> Vec<Value> {
    let answer = app.back_again(&group.owner).get(format!("/v1/groups/{}/inbox?limit=100", group.id)).await.expect(200);
    let mut items = answer.body["items"].as_array().unwrap().clone();
    items.reverse();
    items
}

async fn topics(app: &TestApp, group: &Group) -> Vec<String> {
    inbox(app, group).await.iter().map(|notice| notice["topic"].as_str().unwrap().to_owned()).collect()
}

async fn read(app: &TestApp, group: &Group, listing: &str) -> Answer {
    app.back_again(&group.owner).get(format!("/v1/listings/{listing}")).await.expect(200)
}

/// So many groups with so many listings each, that ended a moment ago.
async fn many_ended(app: &TestApp, network: NetworkId, groups: i32, listings: i32) {
    let first = app.group(network, "Many").await;
    post(&first, "Folding chairs", json!({})).await;
    app.sql(&format!(
        "insert into groups (id, name, description, locality_code, lat, lng, search_text, created_at, updated_at)
           select gen_random_uuid(), 'Group ' || n, '', locality_code, lat, lng, 'group', now(), now() from groups, generate_series(1, {groups}) n where id = '{0}';
         insert into network_groups (network_id, group_id, state, decided_at, requested_at)
           select '{network}', id, 'approved', now(), now() from groups where name like 'Group %';
         insert into listings (id, group_id, network_id, in_good_standing, kind, title, description, category_code, locality_code, lat, lng, reach_km, remote, basis,
           quantity, delivery_possible, urgency, state, moderation, published_at, words, search_text, created_at, updated_at, expires_at)
         select gen_random_uuid(), g.id, network_id, in_good_standing, kind, title || ' ' || n, l.description, category_code, l.locality_code, l.lat, l.lng, reach_km, remote,
           basis, quantity, delivery_possible, urgency, state, moderation, published_at - interval '60 days', words, l.search_text, l.created_at - interval '60 days', l.updated_at,
           now() - interval '1 minute'
         from listings l, groups g, generate_series(1, {listings}) n where l.group_id = '{0}' and g.name like 'Group %'",
        first.id
    ))
    .await;
}

/// Each listing that has ended is in one notice and one audit entry; none is half done.
const EACH_ONCE: &str = "do $$ begin
  assert (select count(*) from audit_entries where action = 'expire_listing') = (select count(*) from listings where state = 'expired');
  assert not exists (select from audit_entries where action = 'expire_listing' group by subject_id having count(*) > 1);
  assert (select count(*) from notices, jsonb_array_elements(facts -> 'listings') where topic = 'listings_expired')
    = (select count(*) from listings where state = 'expired');
  assert not exists (select from notices, jsonb_array_elements_text(facts -> 'listings') listing where topic = 'listings_expired' group by listing having count(*) > 1);
  assert (select count(*) from notices) = (select count(*) from outbox_events where topic = 'notice.created');
end $$";

#[actix_web::test]
async fn a_listing_that_ends_answers_those_who_wait_for_it_and_leaves_what_is_agreed() {
    let (app, marys) = town().await;
    let (bank, shed) = (app.group(marys.network, "Food Bank").await, app.group(marys.network, "Men's Shed").await);
    let chairs = post(&marys, "Folding chairs", json!({"quantity": 40})).await;
    let exchange = |state: &str, group: GroupId, agreed: &str| {
        format!(
            "with t as (insert into threads values (gen_random_uuid(), now()) returning id),
                  g as (insert into thread_groups select id, unnest(array['{0}', '{group}']::uuid[]) from t)
             insert into exchanges (id, offer_id, giver_group_id, receiver_group_id, network_id, thread_id, title, resource_type, basis, quantity, requested, state,
               proposed_by, giver_agreed_at, receiver_agreed_at, message, created_at, updated_at)
             select gen_random_uuid(), '{chairs}', '{0}', '{group}', '{1}', id, 'Folding chairs', 'thing', 'give', 5, 5, '{state}', 'receiver', {agreed}, now(), '', now(), now() from t;",
            marys.id, marys.network
        )
    };
    app.sql(&format!(
        "with t as (insert into threads values (gen_random_uuid(), now()) returning id),
              g as (insert into thread_groups select id, unnest(array['{0}', '{1}']::uuid[]) from t)
         insert into interests (id, listing_id, listing_kind, owner_group_id, group_id, thread_id, quantity, message, state, created_at, updated_at)
         select gen_random_uuid(), '{chairs}', 'offer', '{0}', '{1}', id, 5, '', 'open', now(), now() from t; {2} {3}",
        marys.id,
        bank.id,
        exchange("proposed", shed.id, "null"),
        exchange("accepted", bank.id, "now()")
    ))
    .await;
    app.advance(Duration::days(60) - Duration::minutes(1));
    app.sql("delete from reminders").await;
    gotit::listings::jobs::expire(&mut *app.conn().await, app.now()).await.unwrap();
    assert!(topics(&app, &bank).await.is_empty(), "not before its time");
    app.advance(Duration::minutes(2));
    work(&app).await;
    assert_eq!(read(&app, &marys, &chairs).await.str("/state"), "expired");
    assert_eq!(topics(&app, &bank).await, ["interest_declined"]);
    assert!(inbox(&app, &bank).await[0]["sentence"].as_str().unwrap().ends_with("came to nothing: the listing has ended."));
    assert_eq!(topics(&app, &shed).await, ["exchange_declined"]);
    assert_eq!(topics(&app, &marys).await, ["listings_expired"], "not of every proposal that ends with it");
    app.sql(
        "do $$ begin
           assert (select (state, end_reason) = ('declined', 'listing_expired') from interests);
           assert (select array_agg(state order by state) = array['accepted', 'declined'] from exchanges);
           assert (select quantity_promised = 5 from listings);
         end $$",
    )
    .await;
    app.sql(EACH_ONCE).await;
    assert_eq!(work(&app).await, 0, "there is nothing left to do");
}

#[actix_web::test]
async fn groups_are_warned_a_week_and_a_day_before_once_for_each_end() {
    let (app, group) = town().await;
    let chairs = post(&group, "Folding chairs", json!({})).await;
    let benches = post(&group, "Garden benches", json!({})).await;
    post(&group, "Stools", json!({"standing": true})).await;
    assert_eq!(work(&app).await, 0);
    app.advance(Duration::days(53) + Duration::minutes(1));
    work(&app).await;
    work(&app).await;
    let told = inbox(&app, &group).await;
    assert_eq!((told.len(), told[0]["listing_ids"].clone()), (1, json!([chairs, benches])));
    assert_eq!(told[0]["sentence"], "2 of your listings end within a week. If it is still true, say so in one step: renew.");
    // A new end has its own warnings.
    app.back_again(&group.owner).post(format!("/v1/listings/{benches}/renew"), Value::Null).await.expect(200);
    app.advance(Duration::days(6));
    work(&app).await;
    let told = inbox(&app, &group).await;
    assert_eq!((told.len(), told[1]["listing_id"].clone()), (2, json!(chairs)));
    assert!(told[1]["sentence"].as_str().unwrap().starts_with("\"Folding chairs\" ends within a day."));
    app.advance(Duration::days(1));
    work(&app).await;
    app.advance(Duration::days(46) + Duration::minutes(1));
    work(&app).await;
    assert_eq!(topics(&app, &group).await, ["listings_expire_soon", "listings_expire_soon", "listings_expired", "listings_expire_soon"]);
}

#[actix_web::test]
async fn nobody_is_warned_of_an_end_that_they_have_just_set() {
    let (app, group) = town().await;
    let soon = |days| (app.now() + Duration::days(days)).to_rfc3339();
    post(&group, "Folding chairs", json!({"expires_at": soon(5)})).await;
    post(&group, "Garden benches", json!({"expires_at": (app.now() + Duration::hours(5)).to_rfc3339()})).await;
    work(&app).await;
    assert!(topics(&app, &group).await.is_empty());
    app.advance(Duration::days(4) + Duration::hours(1));
    work(&app).await;
    let told = inbox(&app, &group).await;
    assert_eq!(
        told.iter().map(|notice| notice["topic"].as_str().unwrap()).collect::<Vec<_>>(),
        ["listings_expired", "listings_expire_soon"]
    );
}

#[actix_web::test]
async fn after_a_long_absence_each_group_hears_once() {
    let (app, group) = town().await;
    let other = app.group(group.network, "Food Bank").await;
    for (title, days) in [("Chairs", 10), ("Tables", 20), ("Benches", 30), ("Stools", 33), ("Shelves", 31), ("Cups", 60)] {
        post(&group, title, json!({"expires_at": (app.now() + Duration::days(days)).to_rfc3339()})).await;
        post(&other, title, json!({"expires_at": (app.now() + Duration::days(days)).to_rfc3339()})).await;
    }
    app.advance(Duration::days(30) + Duration::hours(1));
    work(&app).await;
    for group in [&group, &other] {
        let told = inbox(&app, group).await;
        let summary: Vec<_> =
            told.iter().map(|notice| (notice["topic"].as_str().unwrap(), notice["listing_ids"].as_array().unwrap().len())).collect();
        // Two warnings, since two things are to be said: within a week, and within a day.
        assert_eq!(summary, [("listings_expired", 3), ("listings_expire_soon", 1), ("listings_expire_soon", 1)]);
    }
    app.sql(EACH_ONCE).await;
}

#[actix_web::test]
async fn a_sleeping_listing_wakes_on_its_date_for_the_usual_time_and_others_hear_of_it() {
    let (app, group) = town().await;
    let bank = app.group(group.network, "Food Bank").await;
    let chairs = post(&group, "Folding chairs", json!({})).await;
    let standing = post(&group, "Garden benches", json!({"standing": true})).await;
    app.sql("update listings set state = 'paused', wakes_at = now() + interval '100 days'").await;
    let wanted = json!({"kind": "want", "title": "Folding chairs", "category": "seating", "standing": true});
    bank.owner.post(format!("/v1/groups/{}/listings", bank.id), wanted).await.expect(201);
    app.sql("delete from queue_items").await;
    app.advance(Duration::days(99));
    assert_eq!(work(&app).await, 0, "what sleeps neither ends nor wakes before its date");
    app.advance(Duration::days(1) + Duration::minutes(1));
    work(&app).await;
    let awake = read(&app, &group, &chairs).await;
    assert_eq!((awake.str("/state"), awake.version()), ("active".into(), "2".into()));
    let days =
        |answer: &Answer, field: &str| (answer.str(field).parse::<chrono::DateTime<chrono::Utc>>().unwrap() - app.now()).num_hours() / 24;
    assert_eq!((days(&awake, "/confirmed_at"), days(&awake, "/expires_at")), (0, 59));
    assert_eq!(read(&app, &group, &standing).await.body["expires_at"], Value::Null);
    assert_eq!(topics(&app, &group).await, ["listings_woke"]);
    app.sql(
        "do $$ begin
       assert not exists (select from listings where wakes_at is not null);
       assert (select count(*) from audit_entries where action = 'wake_listing') = 2;
       assert (select count(*) from outbox_events where topic = 'listing.matched') > 0;
     end $$",
    )
    .await;
}

#[actix_web::test]
async fn workers_side_by_side_do_each_due_thing_once() {
    let (app, group) = town().await;
    many_ended(&app, group.network, 120, 3).await;
    let done = join_all((0..6).map(|_| work(&app))).await;
    assert!(done.iter().filter(|done| **done > 0).count() > 1, "they shared the work: {done:?}");
    app.sql(EACH_ONCE).await;
    app.sql(
        "do $$ begin
       assert (select count(*) = 360 from listings where state = 'expired');
       assert (select count(*) = 120 from notices where topic = 'listings_expired');
     end $$",
    )
    .await;
}

#[actix_web::test]
async fn what_somebody_is_changing_is_left_for_the_next_time() {
    let (app, group) = town().await;
    let chairs = post(&group, "Folding chairs", json!({})).await;
    post(&group, "Garden benches", json!({})).await;
    app.sql("delete from queue_items").await;
    app.advance(Duration::days(61));
    let holder = connect(&app.database.url).await;
    holder.batch_execute(&format!("begin; select from listings where id = '{chairs}' for update")).await.unwrap();
    assert_eq!(work(&app).await, 1);
    holder.batch_execute("rollback").await.unwrap();
    assert_eq!(work(&app).await, 1);
    app.sql(EACH_ONCE).await;
}

#[actix_web::test]
async fn serve_works_too_unless_it_is_told_not_to() {
    for (arguments, works) in [(&["--no-worker"][..], false), (&[][..], true)] {
        let (app, group) = town().await;
        many_ended(&app, group.network, 3, 2).await;
        let program = Program::on_database(&app.database.url, arguments);
        let client = connect(&app.database.url).await;
        let left = async || {
            client
                .query_one("select count(*) from listings where state = 'active' and expires_at < now()", &[])
                .await
                .unwrap()
                .get::<_, i64>(0)
        };
        if works {
            eventually("it is done", async || left().await == 0).await;
        } else {
            tokio::time::sleep(std::time::Duration::from_secs(5)).await;
            assert_eq!(left().await, 6);
        }
        drop(program);
    }
}

#[actix_web::test]
async fn a_worker_refuses_a_database_that_is_not_up_to_date() {
    let database = Database::empty();
    let mut worker = killed::spawn_worker(&database.url);
    assert_eq!(worker.ended().code(), Some(1));
    eventually("it says why", async || worker.said().contains("gotit migrate")).await;
}
