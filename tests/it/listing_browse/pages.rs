//! Pages of listings: each once, whatever comes in between.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use super::{browse, post, town};
use crate::support::{Client, TestApp};

/// The ids on all pages, followed by their Link headers.
async fn all_pages(client: &Client, first: String) -> Vec<String> {
    let (mut ids, mut next) = (Vec::new(), Some(first));
    while let Some(path) = next {
        let page = client.get(&path).await.expect(200);
        ids.extend(page.each("/id"));
        let link = page.header("link");
        next = link.strip_prefix('<').and_then(|link| link.strip_suffix(">; rel=\"next\"")).map(str::to_owned);
        assert_eq!(next.is_some(), page.body["next_cursor"].is_string(), "the header and the body agree: {link}");
        assert!(next.as_ref().is_none_or(|next| next.contains(&page.str("/next_cursor"))));
    }
    ids
}

#[actix_web::test]
async fn a_cursor_continues_its_own_list_only() {
    let (app, group) = town().await;
    for title in ["One bench", "Two benches", "Three benches"] {
        post(&group, title, json!({})).await;
    }
    let cursor = browse(&app, &[("limit", "1")]).await.expect(200).str("/next_cursor");
    browse(&app, &[("limit", "2"), ("cursor", &cursor)]).await.expect(200);
    for other in [vec![("kind", "offer")], vec![("near", "hanley-stoke-on-trent")], vec![("sort", "newest")]] {
        let query = [other, vec![("cursor", cursor.as_str())]].concat();
        browse(&app, &query).await.problem(400, "cursor_mismatch");
    }
    let own = format!("/v1/groups/{}/listings", group.id);
    group.owner.get(format!("{own}?cursor={cursor}")).await.problem(400, "cursor_mismatch");
    assert_eq!(all_pages(&group.owner, format!("{own}?limit=1")).await, group.owner.get(&own).await.each("/id"));
    for wrong in ["limit=0", "limit=101", "limit=x"] {
        group.owner.get(format!("{own}?{wrong}")).await.problem(422, "invalid_fields").refuses("limit", "out_of_range");
    }
    group.owner.get(format!("{own}?kind=offer")).await.problem(400, "unknown_parameter");
    let mut forged: Value = serde_json::from_slice(&BASE64_URL_SAFE_NO_PAD.decode(&cursor).unwrap()).unwrap();
    for time in ["-200000-01-01T00:00:00Z", "+262000-01-01T00:00:00Z"] {
        forged["after"]["Newest"][0] = json!(time);
        let cursor = BASE64_URL_SAFE_NO_PAD.encode(forged.to_string());
        browse(&app, &[("limit", "1"), ("cursor", &cursor)]).await.problem(400, "invalid_cursor");
    }
}

#[actix_web::test]
async fn paging_shows_each_listing_once_whatever_comes_in_between() {
    let (app, group) = town().await;
    let slugs: Vec<String> = places(&app).await;
    let mut ids = Vec::new();
    for number in 0..50 {
        ids.push(post(&group, "Bench", json!({"locality": slugs[number % slugs.len()]})).await.str("/id"));
    }
    // Some at the same time, and the same distance wherever places come round again.
    app.sql("update listings set published_at = date_trunc('second', published_at), created_at = date_trunc('second', created_at)").await;
    ids.sort();
    for order in
        ["", "&near=hanley-stoke-on-trent", "&near=hanley-stoke-on-trent&sort=newest", "&near=longton-stoke-on-trent&within_km=500"]
    {
        for limit in [1, 7] {
            let whole = app.visitor().get(format!("/v1/listings?limit=100{order}")).await.expect(200).each("/id");
            let paged = all_pages(&app.visitor(), format!("/v1/listings?limit={limit}{order}")).await;
            assert_eq!(paged, whole, "{order} by {limit}");
            let mut sorted = paged;
            sorted.sort();
            assert_eq!(sorted, ids, "{order} by {limit}");
        }
    }
    for order in ["", "&near=hanley-stoke-on-trent"] {
        let first = app.visitor().get(format!("/v1/listings?limit=7{order}")).await.expect(200);
        let mut seen = first.each("/id");
        post(&group, "New bench", json!({})).await;
        seen.extend(all_pages(&app.visitor(), format!("/v1/listings?limit=7{order}&cursor={}", first.str("/next_cursor"))).await);
        let once: std::collections::BTreeSet<_> = seen.iter().collect();
        assert_eq!(once.len(), seen.len(), "nothing twice");
        assert!(ids.iter().all(|id| once.contains(id)), "nothing left out");
    }
}

/// Slugs of places in Stoke-on-Trent.
async fn places(app: &TestApp) -> Vec<String> {
    use diesel::{ExpressionMethods, QueryDsl};
    use diesel_async::RunQueryDsl;
    use gotit::schema::localities::dsl;
    let query = dsl::localities.filter(dsl::code.between(10_500_900_001_000, 10_500_900_031_000)).select(dsl::slug).order(dsl::code);
    query.load(&mut *app.conn().await).await.unwrap()
}
