//! What looking for the rare in long records, and counting a short period of a long time, read: PostgreSQL's own counters tell.

use gotit::{
    records::{
        RecordedOutcome,
        model::{Filter, Period},
        queries::{self, figures},
    },
    types::ids::{GroupId, UserId},
};
use uuid::Uuid;

use super::Town;
use crate::support::{reads, run_sql};

/// The records of a network, in which something of each kind is so rare that the planner has not heard of it: ten entries in the middle.
async fn add_rare(town: &Town, (user, group): (UserId, GroupId)) {
    let (network, mair) = (town.network, town.mair.id);
    let other = GroupId::new();
    let entries = |time: &str, number: u32, actor: &str, group: &str, words: &str| {
        format!(
            "insert into audit_entries (id, occurred_at, actor_id, group_id, network_id, action, subject_type, subject_id, outcome)
               select gen_random_uuid(), '{time}'::timestamptz + n * interval '1 second', '{actor}', '{group}', '{network}', {words}
               from generate_series(1, {number}) n;"
        )
    };
    let (mair, user, other, group) = (mair.to_string(), user.to_string(), other.to_string(), group.to_string());
    let often = "'create_listing', 'listing', case when n % 2 = 0 then 'often' else gen_random_uuid()::text end, 'done'";
    let rare = |words: &str, (user, group): (&str, &str)| entries("2026-01-05 04:00Z", 10, user, group, words);
    let fill = [
        "alter table audit_entries set (autovacuum_enabled = off);".to_owned(),
        entries("2026-01-05", 30_000, &mair, &other, often),
        "analyze audit_entries;".to_owned(),
        rare("'create_listing', 'listing', gen_random_uuid(), 'done'", (&user, &other)),
        rare("'create_listing', 'listing', gen_random_uuid(), 'done'", (&mair, &group)),
        rare("'suspend_group', 'listing', gen_random_uuid(), 'done'", (&mair, &other)),
        rare("'create_listing', 'complaint', gen_random_uuid(), 'done'", (&mair, &other)),
        rare("'create_listing', 'listing', 'rare', 'done'", (&mair, &other)),
        rare("'create_listing', 'listing', gen_random_uuid(), 'denied'", (&mair, &other)),
    ];
    run_sql(&town.app.database.url, &fill.concat()).await;
}

#[actix_web::test]
async fn what_is_rare_in_long_records_is_found_by_its_own_index() {
    let town = Town::new().await;
    let (user, group) = (UserId::new(), GroupId::new());
    add_rare(&town, (user, group)).await;
    let plain = Filter::default;
    let action = |action: &str| Filter { action: Some(action.to_owned()), ..plain() };
    let kind = |kind: &str| Filter { subject_type: Some(kind.to_owned()), ..plain() };
    let subject = |id: &str| Filter { subject_id: Some(id.to_owned()), ..plain() };
    let outcome = |outcome| Filter { outcome: Some(outcome), ..plain() };
    let middle = "2026-01-05T05:00:00Z".parse().unwrap();
    for (filter, found, most) in [
        (plain(), 101, 110),
        (Filter { actor: Some(user), ..plain() }, 10, 10),
        (Filter { actor: Some(town.mair.id), ..plain() }, 101, 110),
        (Filter { group: Some(group), ..plain() }, 10, 10),
        (action("suspend_group"), 10, 10),
        (action("create_listing"), 101, 110),
        (kind("complaint"), 10, 10),
        (kind("listing"), 101, 110),
        (subject("rare"), 10, 10),
        (subject("often"), 101, 110),
        (outcome(RecordedOutcome::Denied), 10, 10),
        (outcome(RecordedOutcome::Done), 101, 110),
        (Filter { group: Some(group), ..action("create_listing") }, 10, 10),
        (Filter { outcome: Some(RecordedOutcome::Denied), ..action("create_listing") }, 10, 10),
        (
            Filter { from: "2026-01-05T03:00:00Z".parse().ok(), until: "2026-01-05T06:00:00Z".parse().ok(), ..action("suspend_group") },
            10,
            10,
        ),
    ] {
        // The first page, and one from the middle on: what was passed over is not read again.
        for after in [None, Some((middle, Uuid::max()))] {
            let mut rows = 0;
            let read = reads(&town.app, &["audit_entries"], async |conn| {
                rows = queries::entries(conn, town.network, &filter, after, 101).await.unwrap().len();
            })
            .await;
            assert_eq!(rows, found, "{filter:?}");
            let entries: i64 = read.iter().map(|(_, entries)| entries).sum();
            let walked = read.iter().any(|(name, _)| name == "audit_entries");
            // Planning looks at the ends of indexes.
            assert!(!walked && entries <= most + 20, "{filter:?} reads {read:?}");
        }
    }
}

/// Two years of a network: of what came, was published and was written, a hundredth was in January 2026; thirty things that came went again
/// then, and fifty wait.
async fn add_years(town: &Town) {
    let (giver, receiver) = (town.app.group(town.network, "St Mary's").await, town.app.group(town.network, "Pantry").await);
    let chairs = serde_json::json!({"kind": "offer", "title": "Forty folding chairs", "category": "seating"});
    giver.owner.post(format!("/v1/groups/{}/listings", giver.id), chairs).await.expect(201);
    let (network, giver, receiver) = (town.network, giver.id, receiver.id);
    // A hundredth of `number` are in January, the others long before.
    let time = "(case when n % 100 = 0 then '2026-01-01'::timestamptz else '2024-01-01' end + n * interval '1 second')";
    let fill = format!(
        "alter table queue_items set (autovacuum_enabled = off); alter table listings set (autovacuum_enabled = off);
         alter table messages set (autovacuum_enabled = off); set session_replication_role = replica;
         delete from queue_items;
         insert into queue_items (id, network_id, kind, subject_id, group_id, findings, opened_at, due_at, state, closed_at)
           select gen_random_uuid(), '{network}', 'group', gen_random_uuid(), '{giver}', '[{{\"rule\": \"knives\"}}]', {time}, {time},
             case when n % 200 = 1 then 'waiting' when n % 3 = 0 then 'withdrawn' else 'decided' end, case when n % 200 <> 1 then {time} end
           from generate_series(1, 10000) n;
         insert into listings (id, group_id, network_id, in_good_standing, kind, title, description, category_code, locality_code, lat, lng, reach_km, remote,
             basis, quantity, delivery_possible, urgency, state, moderation, published_at, words, search_text, created_at, updated_at)
           select gen_random_uuid(), group_id, network_id, true, kind, title, description, category_code, locality_code, lat, lng, reach_km, remote,
             basis, quantity, delivery_possible, urgency, 'withdrawn', moderation, {time}, words, search_text, created_at, updated_at
           from listings, generate_series(1, 10000) n;
         with thread as (insert into threads (id, created_at) values (gen_random_uuid(), now()) returning id),
           sides as (insert into thread_groups (thread_id, group_id) select id, side from thread, unnest('{{{giver}, {receiver}}}'::uuid[]) side returning thread_id)
         insert into messages (id, thread_id, group_id, network_id, body, created_at)
           select gen_random_uuid(), id, '{giver}', '{network}', 'Hello', {time} from thread, generate_series(1, 10000) n;
         set session_replication_role = origin; analyze queue_items; analyze listings; analyze messages"
    );
    run_sql(&town.app.database.url, &fill).await;
}

#[actix_web::test]
async fn figures_and_the_record_sheet_read_no_more_than_their_period() {
    let town = Town::new().await;
    add_years(&town).await;
    let period = Period { from: "2026-01-01T00:00:00Z".parse().unwrap(), until: "2026-02-01T00:00:00Z".parse().unwrap() };
    let (now, network) = (town.app.now(), town.network);
    let mut counted = None;
    let read = reads(&town.app, &["queue_items", "listings", "messages"], async |conn| {
        let flows = figures::flows(conn, network, period, now).await.unwrap();
        let found = figures::counts(conn, network, period, now).await.unwrap();
        let extent = figures::extent(conn, network, period, now).await.unwrap();
        let flows: Vec<_> = flows.iter().map(|flow| (flow.came_in, flow.withdrawn, flow.waiting)).collect();
        counted = Some((flows, found[0].count, extent.published, extent.messages));
    })
    .await;
    assert_eq!(counted.unwrap(), (vec![(100, 33, 50)], 100, 100, 100));
    let whole = read.iter().any(|(name, _)| ["queue_items", "listings", "messages"].contains(&name.as_str()));
    let entries: i64 = read.iter().map(|(_, entries)| entries).sum();
    // What came, twice; what went; what waits; what was published and can be found; what was written.
    assert!(!whole && entries <= 200 + 33 + 50 + 101 + 100 + 20, "{read:?}");
}
