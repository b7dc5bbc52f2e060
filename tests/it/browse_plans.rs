//! What browsing reads: which index each way of looking for a page goes through, and how much of it. PostgreSQL's own counters tell.

use gotit::{
    db::Conn,
    http::Limit,
    listings::{
        Kind,
        filter::{Filter, Order},
        queries::browse::{self, Patience, Way},
    },
    types::{
        Position,
        ids::{GroupId, NetworkId},
    },
};

use crate::support::{self, TestApp, run_sql};

/// So many listings of 50 groups in 10 networks, a quarter of them open; every hundredth is rare.
pub async fn crowd(app: &TestApp, listings: u32) {
    run_sql(
        &app.database.url,
        &format!("create temp table place as select code, lat, lng, row_number() over (order by code) - 1 as n from localities where kind = 'place' limit 2000;
         create temp table category as select code, row_number() over (order by code) - 1 as n from categories where code % 1000000 <> 0;
         insert into networks (id, slug, name, description, rules, locality_code, created_at, updated_at)
           select ('00000000-0000-7000-8000-' || lpad((n)::text, 12, '0'))::uuid, 'network-' || n, 'Network', '', '', (select min(code) from localities), now(), now() from generate_series(0, 9) n;
         insert into groups (id, name, description, locality_code, lat, lng, search_text, created_at, updated_at)
           select ('00000000-0000-7000-8000-' || lpad((n)::text, 12, '0'))::uuid, 'Group', '', code, lat, lng, '', now(), now() from generate_series(0, 49) n join place using (n);
         insert into network_groups (network_id, group_id, state, decided_at, requested_at)
           select ('00000000-0000-7000-8000-' || lpad((n % 10)::text, 12, '0'))::uuid, ('00000000-0000-7000-8000-' || lpad((n)::text, 12, '0'))::uuid, 'approved', now(), now() from generate_series(0, 49) n;
         set session_replication_role = replica;
         insert into listings (id, group_id, network_id, in_good_standing, kind, title, description, category_code, locality_code, lat, lng, reach_km,
             remote, basis, quantity, delivery_possible, urgency, state, moderation, published_at, words, search_text, created_at, updated_at)
           select md5(i::text)::uuid, ('00000000-0000-7000-8000-' || lpad((i % 50)::text, 12, '0'))::uuid, ('00000000-0000-7000-8000-' || lpad((i % 10)::text, 12, '0'))::uuid, true, case i % 2 when 0 then 'offer' else 'want' end,
             'Thing', '', category.code, place.code, lat, lng, 5, false, '{{give}}', 1, false, 'normal', case when i % 4 < 1 then 'active' else 'withdrawn' end,
             'approved', time, '{{}}', case when i % 100 = 0 then 'rare kettle' else 'common chair' end, time,
             case when i % 40 = 0 then timestamptz '2026-11-20' else time end
           from generate_series(1, {listings}) i
             join place on place.n = i * 7 % 2000 join category on category.n = i * 11 % (select count(*) from category),
             lateral (select timestamptz '2026-01-01' + i * interval '1 minute') as t (time);
         set session_replication_role = origin;
         analyze"),
    )
    .await;
}

/// The indexes of listings that one way reads, with the number of entries; `listings` itself when it is read from end to end.
async fn reads(app: &TestApp, filter: &Filter, way: Way) -> Vec<(String, i64)> {
    let patience = Patience { glance: 100, walk: 500, gather: 2_000 };
    let find = async |conn: &mut Conn| drop(browse::find(conn, filter, app.now(), patience, &[way]).await.unwrap());
    support::reads(app, &["listings"], find).await
}

#[actix_web::test]
async fn each_way_reads_its_own_index_and_no_more_of_it_than_it_says() {
    let app = TestApp::start().await;
    crowd(&app, 40_000).await;
    let plain = Filter {
        kind: None,
        category: None,
        locality: None,
        near: None,
        within_km: None,
        words: vec![],
        available_from: None,
        available_until: None,
        network: None,
        group: None,
        updated_since: None,
        order: Order::Newest,
        limit: Limit::default(),
        after: None,
    };
    let leaf = Filter { category: Some(101_010_000..=101_019_999), kind: Some(Kind::Offer), ..plain.clone() };
    let words = |word: &str| Filter { words: vec![(word.into(), word.into())], ..plain.clone() };
    let hanley = Some(Position { lat: 53.025, lng: -2.175 });
    let near = Filter { near: hanley, order: Order::Nearest, ..plain.clone() };
    let id = |number: u32| format!("00000000-0000-7000-8000-{number:012}").parse::<uuid::Uuid>().unwrap();
    for (way, filter, index, most) in [
        (Way::Newest, plain.clone(), "listings_newest", 21),
        (Way::Newest, words("nothing"), "listings_newest", 100),
        (Way::Shelves, Filter { category: Some(101_000_000..=101_999_999), ..plain.clone() }, "listings_shelf", 21 * 40),
        (Way::Leaf, leaf, "listings_shelf", 100),
        (Way::Places, Filter { locality: Some(10_500_900_000_000..=10_500_999_999_999), ..plain.clone() }, "listings_place", 2_100),
        (Way::Network, Filter { network: Some(NetworkId(id(3))), kind: Some(Kind::Offer), ..plain.clone() }, "listings_network", 500),
        (Way::Group, Filter { group: Some(GroupId(id(4))), ..plain.clone() }, "listings_group", 2_000),
        (Way::Outwards, near.clone(), "listings_place", 2_000),
        (Way::Outwards, Filter { kind: Some(Kind::Want), ..near.clone() }, "listings_place", 2_000),
        (Way::Marks, words("rare"), "listings_search", 1_000),
        (Way::Marks, Filter { within_km: Some(10.0), kind: Some(Kind::Offer), ..near }, "listings_search", 1_000),
    ] {
        let read = reads(&app, &filter, way).await;
        assert!(read.iter().any(|(name, entries)| name.starts_with(index) && *entries <= most), "{way:?} reads {read:?}");
        assert!(read.len() == 1, "{way:?} reads {read:?}");
    }
    let shown = |group: u32| {
        format!(
            "insert into network_groups (network_id, group_id, state, decided_at, requested_at) values ('{}', '{}', 'approved', now(), now())",
            id(3),
            id(group)
        )
    };
    app.sql(&format!(
        "{}; insert into cross_posts (listing_id, network_id, group_id, in_good_standing, moderation, asked_at)
        select id, '{}', group_id, true, 'approved', now() from listings where group_id = '{}' and is_open limit 30; analyze cross_posts; select pg_stat_force_next_flush()",
        shown(4),
        id(3),
        id(4)
    ))
    .await;
    let of_network = Filter { network: Some(NetworkId(id(3))), kind: Some(Kind::Offer), ..plain.clone() };
    // By their ids: both indexes begin with that.
    let by_id = |name: &str| ["listings_pkey", "listings_kind_key"].contains(&name);
    let rare = Filter { words: words("rare").words, ..of_network.clone() };
    for (way, filter, index, most) in [(Way::Network, of_network, "listings_network", 500), (Way::Marks, rare, "listings_search", 1_000)] {
        let read = reads(&app, &filter, way).await;
        let shown = read.iter().any(|(name, _)| by_id(name));
        let narrow = read.iter().all(|(name, entries)| *entries <= most && (name == index || by_id(name)));
        assert!(shown && narrow, "{way:?} reads {read:?} of what a network shows of others");
    }
    let since = Filter { updated_since: Some("2026-11-19T00:00:00Z".parse().unwrap()), ..plain };
    let names: Vec<_> = reads(&app, &since, Way::Edited).await.into_iter().map(|read| read.0).collect();
    assert_eq!(names, ["listings_edited", "listings_newest"]);
}
