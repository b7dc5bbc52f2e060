//! Browsing: what each filter narrows it to, and what does not fit.

mod pages;
mod together;
mod words;

use chrono::Duration;
use gotit::{catalog::queries::locality_by_slug, types::ids::NetworkId};
use serde_json::{Value, json};

use crate::support::{Answer, Group, TestApp};

async fn town() -> (TestApp, Group) {
    let app = TestApp::start().await;
    let network = app.network("stoke").await;
    let group = app.group(network, "St Mary's").await;
    (app, group)
}

async fn post(group: &Group, title: &str, more: Value) -> Answer {
    let mut body = json!({"kind": "offer", "title": title, "category": "seating"});
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    group.owner.post(format!("/v1/groups/{}/listings", group.id), body).await.expect(201)
}

fn address(query: &[(&str, String)]) -> String {
    let encode = |text: &str| percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string();
    let query: Vec<_> = query.iter().map(|(name, value)| format!("{name}={}", encode(value))).collect();
    format!("/v1/listings?{}", query.join("&"))
}

async fn browse(app: &TestApp, query: &[(&str, &str)]) -> Answer {
    let query: Vec<_> = query.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
    app.visitor().get(address(&query)).await
}

/// The titles that a search finds, sorted.
async fn titles(app: &TestApp, query: &[(&str, &str)]) -> Vec<String> {
    let mut titles = browse(app, query).await.expect(200).each("/title");
    titles.sort();
    titles
}

#[actix_web::test]
async fn each_filter_narrows_and_together_they_all_hold() {
    let (app, group) = town().await;
    let crewe = app.network("crewe").await;
    let scouts = app.group(crewe, "Crewe Scouts").await;
    post(&group, "Settee", json!({"locality": "hanley-stoke-on-trent"})).await;
    post(&group, "Trestle table", json!({"category": "tables", "locality": "burslem-stoke-on-trent"})).await;
    post(&group, "Want of chairs", json!({"kind": "want", "locality": "birmingham"})).await;
    app.advance(Duration::minutes(1));
    let since = app.now().to_rfc3339();
    post(&scouts, "Soup", json!({"category": "food", "locality": "stokesley-north-yorkshire"})).await;
    for (query, found) in [
        (vec![], vec!["Settee", "Soup", "Trestle table", "Want of chairs"]),
        (vec![("kind", "want")], vec!["Want of chairs"]),
        (vec![("category", "furniture")], vec!["Settee", "Trestle table", "Want of chairs"]),
        (vec![("category", "seating")], vec!["Settee", "Want of chairs"]),
        (vec![("category", "food")], vec!["Soup"]),
        (vec![("category", "thing")], vec!["Settee", "Trestle table", "Want of chairs"]),
        (vec![("locality", "hanley-stoke-on-trent")], vec!["Settee"]),
        (vec![("locality", "stoke-on-trent")], vec!["Settee", "Trestle table"]),
        (vec![("locality", "west-midlands")], vec!["Settee", "Trestle table", "Want of chairs"]),
        (vec![("locality", "england")], vec!["Settee", "Soup", "Trestle table", "Want of chairs"]),
        (vec![("locality", "wales")], vec![]),
        (vec![("network_id", &crewe.to_string())], vec!["Soup"]),
        (vec![("group_id", &group.id.to_string())], vec!["Settee", "Trestle table", "Want of chairs"]),
        (vec![("group_id", &NetworkId::new().to_string())], vec![]),
        (vec![("updated_since", &since)], vec!["Soup"]),
        (vec![("kind", "offer"), ("locality", "west-midlands"), ("category", "furniture"), ("q", "settee")], vec!["Settee"]),
        (vec![("kind", "want"), ("locality", "stoke-on-trent")], vec![]),
    ] {
        assert_eq!(titles(&app, &query).await, found, "{query:?}");
    }
    let nothing = browse(&app, &[("locality", "wales")]).await;
    assert_eq!((nothing.body, nothing.headers.get("link")), (json!({"items": [], "next_cursor": null}), None));
}

#[actix_web::test]
async fn within_km_counts_from_centroid_to_centroid() {
    let (app, group) = town().await;
    post(&group, "Settee", json!({})).await;
    post(&group, "Bench", json!({"locality": "burslem-stoke-on-trent"})).await;
    let mut conn = app.conn().await;
    let place = async |conn: &mut _, slug| locality_by_slug(conn, slug).await.unwrap().unwrap().position();
    let km = place(&mut *conn, "hanley-stoke-on-trent").await.km_to(place(&mut *conn, "burslem-stoke-on-trent").await);
    let near = async |km: String| titles(&app, &[("near", "hanley-stoke-on-trent"), ("within_km", &km)]).await;
    assert_eq!(near("0".into()).await, ["Settee"]);
    assert_eq!(near((km - 1e-6).to_string()).await, ["Settee"]);
    assert_eq!(near((km + 1e-6).to_string()).await, ["Bench", "Settee"]);
    assert_eq!(near("500".into()).await, ["Bench", "Settee"]);
    let listed = browse(&app, &[("near", "hanley-stoke-on-trent")]).await.expect(200);
    assert_eq!((listed.each("/title"), listed.each("/distance_km")), (vec!["Settee".into(), "Bench".into()], vec!["0".into(), "3".into()]));
    let newest = browse(&app, &[("near", "hanley-stoke-on-trent"), ("sort", "newest")]).await.expect(200);
    assert_eq!(newest.each("/title"), ["Bench", "Settee"]);
    assert_eq!(browse(&app, &[]).await.each("/distance_km"), ["null", "null"], "a distance is from somewhere");
}

#[actix_web::test]
async fn times_overlap_or_they_do_not() {
    let (app, group) = town().await;
    let day = |day: u32| format!("2026-12-{day:02}T00:00:00Z");
    post(&group, "Any time", json!({})).await;
    post(&group, "1 to 10", json!({"available_from": day(1), "available_until": day(10)})).await;
    post(&group, "To 5", json!({"available_until": day(5)})).await;
    post(&group, "From 20", json!({"available_from": day(20)})).await;
    for (from, until, found) in [
        (Some(5), Some(20), vec!["1 to 10", "Any time"]),
        (Some(4), Some(21), vec!["1 to 10", "Any time", "From 20", "To 5"]),
        (Some(10), None, vec!["Any time", "From 20"]),
        (None, Some(1), vec!["Any time", "To 5"]),
    ] {
        let (from, until) = (from.map(day), until.map(day));
        let query: Vec<_> = [("available_from", &from), ("available_until", &until)]
            .into_iter()
            .filter_map(|(name, time)| Some((name, time.as_deref()?)))
            .collect();
        assert_eq!(titles(&app, &query).await, found, "{query:?}");
    }
    assert_eq!(titles(&app, &[("available_until", "2026-12-01T00:30:00+01:00")]).await, ["Any time", "To 5"], "in any offset");
}

#[actix_web::test]
async fn parameters_that_do_not_fit_are_refused_by_name() {
    let (app, _) = town().await;
    for (name, value, code) in [
        ("kind", "gift", "not_one_of"),
        ("category", "no-such", "unknown"),
        ("category", "sea\0ting", "unknown"),
        ("category", "", "unknown"),
        ("locality", "no-such", "unknown"),
        ("locality", "\0", "unknown"),
        ("near", "no-such", "unknown"),
        ("near", "\0", "unknown"),
        ("within_km", "5", "required"),
        ("within_km", "-1", "out_of_range"),
        ("within_km", "501", "out_of_range"),
        ("within_km", "NaN", "out_of_range"),
        ("within_km", "inf", "out_of_range"),
        ("q", "", "required"),
        ("q", "chairs\0", "control_character"),
        ("available_from", "Tuesday", "not_a_time"),
        ("available_until", "2026-13-01T00:00:00Z", "not_a_time"),
        ("updated_since", "yesterday", "not_a_time"),
        ("network_id", "stoke", "not_an_id"),
        ("group_id", "", "not_an_id"),
        ("sort", "cheapest", "not_one_of"),
        ("limit", "0", "out_of_range"),
        ("limit", "101", "out_of_range"),
        ("limit", "x", "out_of_range"),
        ("limit", "", "out_of_range"),
    ] {
        let field = if (name, value) == ("within_km", "5") { "near" } else { name };
        browse(&app, &[(name, value)]).await.problem(422, "invalid_fields").refuses(field, code);
    }
    browse(&app, &[("sort", "nearest")]).await.refuses("near", "required");
    browse(&app, &[("q", &"x".repeat(101))]).await.refuses("q", "too_long");
    browse(&app, &[("kind", "gift"), ("limit", "0")]).await.refuses("kind", "not_one_of").refuses("limit", "out_of_range");
    browse(&app, &[("colour", "red")]).await.problem(400, "unknown_parameter").refuses("colour", "unknown_parameter");
    browse(&app, &[("kind", "offer"), ("kind", "want")]).await.problem(400, "invalid_request").refuses("kind", "duplicate_parameter");
    for cursor in ["", "x", "bm90IGEgY3Vyc29y", "e30", "\0"] {
        browse(&app, &[("cursor", cursor)]).await.problem(400, "invalid_cursor");
    }
}
