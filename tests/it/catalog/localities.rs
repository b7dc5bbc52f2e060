//! Localities: looked up by everybody, drawn by coordinators.

use serde_json::{Value, json};

use super::havercroft;
use crate::support::{TestApp, run_sql};

/// Slugs of what a look-up finds, best first.
async fn find(app: &TestApp, query: &str) -> Vec<String> {
    app.visitor().get(format!("/v1/localities?{query}")).await.expect(200).each("/slug")
}

#[actix_web::test]
async fn places_are_found_by_name_beginning_misspelling_and_welsh_name() {
    let app = TestApp::start().await;
    for (query, slug) in [
        ("q=Hanley", "hanley-stoke-on-trent"),
        ("q=HANLEY", "hanley-stoke-on-trent"),
        ("q=Hanl", "hanley-stoke-on-trent"),
        ("q=Hanly", "hanley-stoke-on-trent"),
        ("q=Caerdydd", "cardiff-centre"),
        ("q=caerdy", "cardiff-centre"),
        ("q=Caerdyd", "cardiff-centre"),
        ("q=Ynys%20M%C3%B4n", "isle-of-anglesey"),
        ("q=Ynys+Mo%CC%82n", "isle-of-anglesey"),
        ("q=ynys+mon", "isle-of-anglesey"),
        ("q=St+Ann%E2%80%99s", "st-anns-nottingham"),
        ("q=St+Ann's", "st-anns-nottingham"),
        ("q=manchestr", "manchester-centre"),
        ("q=Bury+st+Edmonds", "bury-st-edmunds-suffolk"),
        ("q=Hebden+Brige", "hebden-bridge-calderdale"),
    ] {
        assert_eq!(find(&app, query).await.first().map(String::as_str), Some(slug), "{query}");
    }
    assert!(find(&app, "q=Caerdydd").await.contains(&"cardiff".to_owned()));
    for nothing in ["q=Xyzzyq", "q=%25", "q=_", "q=%5C", "q=%7C"] {
        assert_eq!(find(&app, nothing).await, Vec::<String>::new(), "{nothing}");
    }
    app.visitor().get("/v1/localities?q=%00").await.problem(422, "invalid_fields").refuses("q", "control_character");
}

#[actix_web::test]
async fn the_newports_can_be_told_apart_and_the_largest_comes_first() {
    let app = TestApp::start().await;
    let found = app.visitor().get("/v1/localities?q=newport&kind=place").await.expect(200);
    assert_eq!(found.body["items"][0]["path"], "Newport, Newport, Wales");
    let paths = found.each("/path");
    assert!(paths.contains(&"Newport, Isle of Wight, South East, England".to_owned()), "{paths:?}");
    assert!(paths.iter().position(|path| path.starts_with("Newport,")) < paths.iter().position(|path| path.starts_with("Newport Pagnell")));
    let distinct: std::collections::BTreeSet<_> = paths.iter().collect();
    assert_eq!(distinct.len(), paths.len());
    assert_eq!(find(&app, "q=newport&under=telford-and-wrekin").await, ["newport-telford-and-wrekin"]);
    assert_eq!(find(&app, "q=newport&kind=district").await.first().map(String::as_str), Some("newport"));
    assert_eq!(find(&app, "q=new&limit=3").await.len(), 3);
}

#[actix_web::test]
async fn postcodes_lead_to_their_district_and_no_further() {
    let app = TestApp::start().await;
    for query in ["q=ST1", "q=st1", "q=st1+4", "q=ST1+4AB", "q=st14ab"] {
        assert_eq!(find(&app, query).await.first().map(String::as_str), Some("st1"), "{query}");
    }
    assert_eq!(find(&app, "q=ST1+4AB").await, ["st1"]);
    assert_eq!(find(&app, "q=HX7").await.first().map(String::as_str), Some("hx7"));
    assert!(find(&app, "q=ZZ9+9ZZ").await.is_empty());
    assert!(find(&app, "q=ST1+4AB&under=wales").await.is_empty());
    let st1 = app.visitor().get("/v1/localities/st1").await.expect(200);
    assert_eq!((st1.str("/kind"), st1.str("/path")), ("postcode_district".into(), "ST1, Stoke-on-Trent, West Midlands, England".into()));
}

#[actix_web::test]
async fn all_localities_are_listed_page_after_page() {
    let app = TestApp::start().await;
    let (mut path, mut slugs) = ("/v1/localities?under=stoke-on-trent&limit=7".to_owned(), Vec::new());
    let first = path.clone();
    loop {
        let page = app.visitor().get(&path).await.expect(200);
        slugs.extend(page.each("/slug"));
        let Some(cursor) = page.body["next_cursor"].as_str() else { break };
        assert!(page.header("link").contains("rel=\"next\""));
        path = format!("{first}&cursor={cursor}");
    }
    let whole = find(&app, "under=stoke-on-trent&limit=100").await;
    assert!(slugs.len() > 14 && slugs[0] == "stoke-on-trent", "{slugs:?}");
    assert_eq!(slugs, whole);
    let cursor = path.split("cursor=").nth(1).unwrap();
    app.visitor().get(format!("/v1/localities?under=wales&cursor={cursor}")).await.problem(400, "cursor_mismatch");
    app.visitor().get("/v1/localities?cursor=x").await.problem(400, "invalid_cursor");
    app.visitor()
        .get(format!("/v1/localities?q=hanley&cursor={cursor}"))
        .await
        .problem(422, "invalid_fields")
        .refuses("cursor", "not_with_q");
    app.visitor().get("/v1/localities?limit=101").await.problem(422, "invalid_fields").refuses("limit", "out_of_range");
    app.visitor().get("/v1/localities?kind=city").await.problem(422, "invalid_fields").refuses("kind", "not_one_of");
    app.visitor().get("/v1/localities?under=atlantis").await.problem(422, "invalid_fields").refuses("under", "unknown");
}

#[actix_web::test]
async fn a_locality_shows_its_middle_and_what_it_lies_in() {
    let app = TestApp::start().await;
    let hanley = app.visitor().get("/v1/localities/hanley-stoke-on-trent").await.expect(200);
    assert_eq!(hanley.body["parent"], json!({"slug": "stoke-on-trent", "name": "Stoke-on-Trent", "kind": "district"}));
    assert_eq!(hanley.str("/path"), "Hanley, Stoke-on-Trent, West Midlands, England");
    assert!((hanley.body["centroid"]["lat"].as_f64().unwrap() - 53.025).abs() < 0.02);
    let wales = app.visitor().get("/v1/localities/wales").await.expect(200);
    assert_eq!((wales.body["parent"].clone(), wales.str("/path")), (Value::Null, "Wales".into()));
    assert_eq!(app.visitor().get("/v1/localities/cardiff").await.expect(200).body["also_known_as"], json!(["Caerdydd"]));
    app.visitor().get("/v1/localities/atlantis").await.problem(404, "not_found");
}

#[actix_web::test]
async fn the_nearest_place_is_found_and_nothing_is_kept() {
    let app = TestApp::start().await;
    let near = app.visitor().get("/v1/localities/nearest?lat=53.0258&lng=-2.1741").await.expect(200);
    assert_eq!((near.str("/slug"), near.str("/kind")), ("hanley-stoke-on-trent".into(), "place".into()));
    assert_eq!(near.header("cache-control"), "no-store");
    app.visitor().get("/v1/localities/nearest?lat=0&lng=0").await.problem(404, "not_found");
    app.visitor().get("/v1/localities/nearest?lat=91&lng=0").await.problem(422, "invalid_fields").refuses("lat", "out_of_range");
    app.visitor().get("/v1/localities/nearest?lat=53&lng=NaN").await.problem(422, "invalid_fields").refuses("lng", "out_of_range");
    app.visitor().get("/v1/localities/nearest?lat=53").await.problem(422, "invalid_fields").refuses("lng", "required");
}

#[actix_web::test]
async fn a_coordinator_draws_a_sub_area_that_only_the_network_shows() {
    let app = TestApp::start().await;
    let stoke = app.network("stoke").await;
    let mair = app.staff(stoke, "Mair", "coordinator").await;
    let path = format!("/v1/networks/{stoke}/localities");
    let added = mair.post(&path, havercroft()).await.expect(201);
    assert_eq!(added.header("location"), "/v1/localities/stoke.havercroft-and-ryhill");
    assert_eq!(added.str("/path"), "Havercroft & Ryhill, Hanley, Stoke-on-Trent, West Midlands, England");
    assert_eq!(added.body["centroid"], json!({"lat": 53.031, "lng": -2.17}));
    assert_eq!(app.visitor().get(added.header("location")).await.expect(200).body, added.body);
    assert!(!find(&app, "q=havercroft").await.contains(&added.str("/slug")));
    assert_eq!(find(&app, &format!("q=havercroft&network_id={stoke}")).await.first(), Some(&added.str("/slug")));
    let below = find(&app, &format!("under=hanley-stoke-on-trent&network_id={stoke}")).await;
    assert_eq!(below, ["hanley-stoke-on-trent", "stoke.havercroft-and-ryhill"]);

    let wide = mair.post(&path, json!({"name": "Tŷ Coch", "parent": "stoke-on-trent", "lat": 53.0, "lng": -2.18})).await.expect(201);
    assert_eq!((wide.str("/slug"), wide.str("/parent/slug")), ("stoke.ty-coch".into(), "stoke-on-trent".into()));
    assert!(find(&app, &format!("under=stoke-on-trent&network_id={stoke}&limit=100")).await.contains(&"stoke.ty-coch".to_owned()));
}

#[actix_web::test]
async fn what_does_not_make_a_sub_area_is_refused_with_the_field() {
    let app = TestApp::start().await;
    let stoke = app.network("stoke").await;
    let mair = app.staff(stoke, "Mair", "coordinator").await;
    let path = format!("/v1/networks/{stoke}/localities");
    let send = async |field: &str, value: Value| {
        let mut body = havercroft();
        body[field] = value;
        mair.post(&path, body).await
    };
    send("lat", json!(55.9)).await.problem(422, "invalid_fields").refuses("/lat", "too_far");
    send("lat", json!(95.0)).await.problem(422, "invalid_fields").refuses("/lat", "not_on_the_globe");
    send("lat", json!("north")).await.problem(422, "invalid_fields").refuses("/lat", "wrong_type");
    send("parent", json!("england")).await.problem(422, "invalid_fields").refuses("/parent", "wrong_kind");
    send("parent", json!("st1")).await.problem(422, "invalid_fields").refuses("/parent", "wrong_kind");
    send("parent", json!("atlantis")).await.problem(422, "invalid_fields").refuses("/parent", "unknown");
    send("name", json!("a\u{202e}b")).await.problem(422, "invalid_fields").refuses("/name", "bidi_control");
}

#[actix_web::test]
async fn look_ups_use_indexes() {
    let app = TestApp::start().await;
    // Not through the application's pool: so many rows may take longer than it lets a statement.
    run_sql(
        &app.database.url,
        "insert into localities (code, slug, kind, name, parent_code, lat, lng, search_text)
           select (select code from localities where slug = 'stoke-on-trent') + 50001000 + number, 'filler-' || number, 'ward', 'w',
             (select code from localities where slug = 'stoke-on-trent'), 53, -2, md5(number::text) from generate_series(1, 40000) number;
         analyze localities;
         do $$ declare line text; plan text := ''; begin
           for line in explain select code from localities where search_text like 'hanl%' or search_text like '%| hanl%' or 'hanly' <% search_text loop
             plan := plan || line;
           end loop;
           assert plan like '%localities_search%', plan;
           plan := '';
           for line in explain select code from localities where kind = 'place'
             order by point(lng * 0.58, lat) <-> point(-2.18 * 0.58, 53.02) limit 20 loop
             plan := plan || line;
           end loop;
           assert plan like '%localities_nearest%', plan;
         end $$",
    )
    .await;
    assert_eq!(find(&app, "q=Hanly").await.first().map(String::as_str), Some("hanley-stoke-on-trent"));
}
