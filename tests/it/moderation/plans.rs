//! What a page of a long queue, and its numbers, read: which indexes, and how much of them. PostgreSQL's own counters tell.

use gotit::{
    checks::Rule,
    http::Limit,
    moderation::{
        QueueKind,
        queries::{self, Claimed, QueueFilter, facts, load},
    },
    types::ids::GroupId,
};

use super::Town;
use crate::support::{connect, eventually, reads};

const WAITING: i64 = 100_000;

/// A queue that nobody has looked at for long. A rule, a kind and a group in it are rare: the group is given. Mair is at 100 things, and Nerys was
/// at 10,000. Some waits in another network too.
async fn neglected() -> (Town, GroupId) {
    let town = Town::new().await;
    let small = town.app.group(town.network, "Bowls Club").await.id;
    let leek = town.app.network("leek").await;
    let fill = format!(
        "insert into queue_items (id, network_id, kind, subject_id, group_id, findings, opened_at, due_at, claimed_by, claimed_until)
           select gen_random_uuid(), case when n < {WAITING} then '{0}'::uuid else '{leek}' end,
             case when n % 20000 = 7 then 'appeal' else 'report' end, gen_random_uuid(),
             case when n % 5000 = 11 then '{small}'::uuid else '{1}' end,
             case when n % 5 = 0 then '[{{\"rule\": \"contact_details\"}}, {{\"rule\": \"contact_details\"}}]'::jsonb
               when n % 2000 = 3 then '[{{\"rule\": \"weapons\"}}]' else '[]' end,
             now(), now() + n * interval '1 second',
             case when n % 1000 = 1 then '{2}'::uuid when n % 10 = 2 then '{3}' end,
             case when n % 1000 = 1 then now() + interval '10 minutes' when n % 10 = 2 then now() - interval '1 day' end
           from generate_series(0, {WAITING} + 999) n",
        town.network, town.group.id, town.mair.id, town.nerys.id
    );
    let client = connect(&town.app.database.url).await;
    // What is seen by all must not depend on when autovacuum looks.
    let by_hand = "alter table queue_items set (autovacuum_enabled = off); alter table queue_findings set (autovacuum_enabled = off)";
    client.batch_execute(by_hand).await.unwrap();
    // Nor on when the log is written: before that, nothing is seen by all.
    client.batch_execute("set synchronous_commit = on").await.unwrap();
    client.batch_execute(&fill).await.unwrap();
    // Whoever else looks into the database at that moment keeps a vacuum from saying that all see everything.
    eventually("all see everything", async || {
        for table in ["queue_items", "queue_findings"] {
            client.batch_execute(&format!("vacuum analyze {table}")).await.unwrap();
        }
        let seen = "select bool_and(relallvisible >= relpages) from pg_class where relname in ('queue_items', 'queue_findings')";
        client.query_one(seen, &[]).await.unwrap().get(0)
    })
    .await;
    (town, small)
}

/// The tables of the queue.
const QUEUE: &[&str] = &["queue_items", "queue_findings"];

#[actix_web::test]
async fn every_part_of_a_long_queue_is_read_through_an_index_and_no_further_than_a_page() {
    let (town, small) = neglected().await;
    let now = town.app.now();
    let plain = QueueFilter::default();
    let finding = |rule| QueueFilter { finding: Some(rule), ..plain.clone() };
    let of = |group| QueueFilter { group: Some(group), ..plain.clone() };
    let kind = |kind| QueueFilter { kind: Some(kind), ..plain.clone() };
    let claimed = |claimed| QueueFilter { claimed: Some(claimed), ..plain.clone() };
    let (rare, frequent) = (finding(Rule::Weapons), finding(Rule::ContactDetails));
    let (me, nobody) = (Claimed::By(town.mair.id), Claimed::ByNobody);
    let page: &[(&str, i64)] = &[("queue_items_page", 101)];
    // Both have living claims alone, and either way to the rows goes by their ids.
    let mine = ["queue_items_live_claims", "queue_items_claims", "queue_items_pkey", "queue_items_tenant_key"].map(|name| (name, 100));
    for (filter, found, indexes) in [
        (plain.clone(), 101, page),
        (kind(QueueKind::Appeal), 5, &[("queue_items_kind_page", 5)]),
        (kind(QueueKind::Report), 101, &[("queue_items_kind_page", 101)]),
        (of(small), 20, &[("queue_items_group_page", 20)]),
        (of(town.group.id), 101, &[("queue_items_group_page", 101)]),
        (QueueFilter { group: Some(small), ..frequent.clone() }, 0, &[("queue_items_group_page", 20)]),
        (rare.clone(), 50, &[("queue_findings_page", 50), ("queue_items_pkey", 50)]),
        (frequent.clone(), 101, &[("queue_findings_page", 101), ("queue_items_pkey", 101)]),
        (QueueFilter { claimed: Some(nobody), ..rare.clone() }, 50, &[("queue_findings_page", 50), ("queue_items_pkey", 50)]),
        (QueueFilter { claimed: Some(nobody), ..frequent.clone() }, 101, &[("queue_findings_page", 101), ("queue_items_pkey", 101)]),
        (QueueFilter { kind: Some(QueueKind::Report), ..rare.clone() }, 50, &[("queue_findings_page", 50), ("queue_items_pkey", 50)]),
        // All that was found, but of the narrow index alone.
        (QueueFilter { kind: Some(QueueKind::Appeal), ..frequent.clone() }, 0, &[("queue_findings_page", 20_000)]),
        (claimed(me), 100, &mine),
        (QueueFilter { claimed: Some(me), ..rare.clone() }, 0, &mine),
        (claimed(nobody), 101, &[("queue_items_page", 110)]),
    ] {
        for after in [None, Some((now - chrono::Duration::days(1), gotit::types::ids::QueueItemId::new()))] {
            let mut rows = 0;
            let read = reads(&town.app, QUEUE, async |conn| {
                rows = queries::waiting(conn, (town.network, now), &filter, Limit::parse("100").unwrap(), after).await.unwrap().len();
            })
            .await;
            assert_eq!(rows, found, "{filter:?}");
            // Planning looks at the ends of indexes.
            let allowed = |name: &str| indexes.iter().find(|(index, _)| *index == name).map_or(2, |(_, most)| *most);
            let narrow = read.iter().all(|(name, entries)| *entries <= allowed(name));
            assert!(narrow && !read.is_empty(), "{filter:?} reads {read:?}");
        }
    }
}

#[actix_web::test]
async fn the_numbers_of_a_long_queue_are_counted_in_indexes() {
    let (town, _) = neglected().await;
    let (now, network, mair) = (town.app.now(), town.network, town.mair.id);
    let (mut totals, mut carried, mut at) = (None, Vec::new(), 0);
    let read = reads(&town.app, QUEUE, async |conn| totals = Some(load::totals(conn, network, now).await.unwrap())).await;
    let totals = totals.unwrap();
    assert_eq!((totals.waiting, totals.claimed), (WAITING, 100));
    assert_eq!(read, [("queue_items_live_claims".to_owned(), 100), ("queue_items_page".to_owned(), WAITING)]);
    let read = reads(&town.app, QUEUE, async |conn| carried = load::carried(conn, network, now).await.unwrap()).await;
    assert_eq!(carried.iter().map(|one| one.claimed).collect::<Vec<_>>(), [100, 0]);
    let of_claims =
        |(name, entries): &(String, i64)| ["queue_items_live_claims", "queue_items_claims"].contains(&name.as_str()) && *entries <= 200;
    assert!(read.iter().all(of_claims), "{read:?}");
    let read = reads(&town.app, QUEUE, async |conn| at = load::claimed_by(conn, network, mair, now).await.unwrap()).await;
    assert_eq!(at, 100);
    assert!(read.iter().all(of_claims), "{read:?}");
}

#[actix_web::test]
async fn what_was_found_is_listed_for_as_long_as_the_item_waits() {
    let town = Town::new().await;
    let (listing, item) = town.listed("Forty folding chairs", "approved").await;
    let listed = async || town.again(&town.mair).get(format!("{}?finding=contact_details", town.queue())).await.expect(200).each("/id");
    assert_eq!(listed().await, [item.as_str()]);
    let decision = town.decide(&town.mair, &item, super::because("remove")).await.expect(200).str("/id");
    assert!(listed().await.is_empty());
    town.undo(&town.mair, &decision).await.expect(200);
    assert_eq!(listed().await, [item.as_str()]);
    town.app
        .sql(&format!("update queue_items set findings = jsonb_set(findings, '{{0,rule}}', '\"weapons\"') where subject_id = '{listing}'"))
        .await;
    assert!(listed().await.is_empty());
    let other = town.mair.get(format!("{}?finding=weapons", town.queue())).await.expect(200);
    assert_eq!(other.each("/id"), [item]);
    town.app.sql("do $$ begin assert (select count(*) from queue_findings) = 1; end $$").await;
}

#[actix_web::test]
async fn pages_of_a_finding_go_on_where_they_stopped() {
    let town = Town::new().await;
    for number in 0..5 {
        town.listed(&format!("Chairs number {number}"), "approved").await;
    }
    // Three of them are due at the same time.
    let same = "update queue_items set due_at = (select min(due_at) from queue_items)
        where subject_id in (select id from listings order by id limit 3)";
    town.app.sql(same).await;
    let all = town.mair.get(town.queue()).await.expect(200).each("/id");
    for filter in ["finding=contact_details", "finding=contact_details&kind=listing", "finding=contact_details&claimed=nobody"] {
        let (mut seen, mut cursor) = (Vec::new(), String::new());
        loop {
            let page = town.mair.get(format!("{}?limit=2&{filter}{cursor}", town.queue())).await.expect(200);
            seen.extend(page.each("/id"));
            match page.body["next_cursor"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => break,
            }
        }
        assert_eq!(seen, all, "{filter}");
    }
}

#[actix_web::test]
async fn of_a_group_with_thousands_of_listings_each_item_reads_the_latest() {
    let town = Town::new().await;
    for number in 0..5 {
        town.listed(&format!("Chairs number {number}"), "approved").await;
    }
    let fill = format!(
        "insert into listings (id, group_id, network_id, in_good_standing, kind, title, description, category_code, locality_code, lat, lng, reach_km,
           remote, basis, quantity, delivery_possible, urgency, state, moderation, published_at, words, search_text, created_at, updated_at)
         select gen_random_uuid(), group_id, network_id, true, kind, 'Sixty stools', '', category_code, locality_code, lat, lng, reach_km,
           remote, basis, quantity, delivery_possible, urgency, state, moderation, published_at, array['stool'], 'sixty stools',
           created_at - n * interval '1 minute', updated_at
         from (select * from listings where group_id = '{}' limit 1) l, generate_series(1, 3000) n; analyze listings",
        town.group.id
    );
    town.app.sql(&fill).await;
    let (now, mut alike) = (town.app.now(), 0);
    let read = reads(&town.app, &["listings"], async |conn| {
        let filter = QueueFilter::default();
        let items = queries::waiting(conn, (town.network, now), &filter, Limit::parse("100").unwrap(), None).await.unwrap();
        alike = facts::of(conn, (town.network, town.mair.id), &items, false).await.unwrap().alike.len();
    })
    .await;
    assert_eq!(alike, 15, "three for each");
    let latest = read.iter().filter(|(name, _)| name == "listings_group_newest").map(|(_, entries)| *entries).sum::<i64>();
    assert!((5..=5 * 201).contains(&latest) && read.iter().all(|(name, _)| name != "listings"), "{read:?}");
}
