//! Categories, suggestions and localities: looked up by everybody, added to by coordinators, seeded once.

use gotit::catalog::seed::{self, Seeded};
use serde_json::{Value, json};

use crate::support::{Answer, TestApp};

/// Slugs of what a look-up finds, best first.
async fn find(app: &TestApp, query: &str) -> Vec<String> {
    app.visitor().get(format!("/v1/localities?{query}")).await.expect(200).each("/slug")
}

async fn suggested(app: &TestApp, title: &str) -> Vec<String> {
    let title = title.replace(' ', "+");
    app.visitor().get(format!("/v1/categories/suggest?title={title}")).await.expect(200).each("/category/slug")
}

fn benches() -> Value {
    json!({"parent": "seating", "name": "Oatcake stall benches", "description": "Long benches"})
}

fn havercroft() -> Value {
    json!({"name": "Havercroft & Ryhill", "parent": "hanley-stoke-on-trent", "lat": 53.03149, "lng": -2.16951})
}

fn count(answer: &Answer) -> usize {
    answer.body["items"].as_array().unwrap().len()
}

#[actix_web::test]
async fn there_are_enough_categories_synonyms_and_places() {
    let app = TestApp::start().await;
    let all = app.visitor().get("/v1/categories").await.expect(200);
    let roots = all.each("/parent").into_iter().filter(|parent| parent == "null").count();
    assert_eq!(roots, 6);
    assert!(count(&all) - roots >= 70, "{} categories", count(&all));
    assert!(seed::SYNONYMS.lines().skip(1).filter(|line| !line.is_empty()).count() >= 300);
    let places = seed::LOCALITIES.lines().filter(|line| line.split(',').nth(2) == Some("place")).count();
    assert!(places >= 4000, "{places} places");
}

#[actix_web::test]
async fn seeding_a_second_time_writes_nothing() {
    let app = TestApp::start().await;
    assert_eq!(seed::seed(&mut *app.conn().await).await.unwrap(), Seeded { categories: 0, localities: 0 });
    app.sql("update categories set name = 'Other' where slug = 'seating'").await;
    assert_eq!(seed::seed(&mut *app.conn().await).await.unwrap(), Seeded { categories: 1, localities: 0 });
}

#[actix_web::test]
async fn categories_come_parents_first_and_by_subtree() {
    let app = TestApp::start().await;
    let all = app.visitor().get("/v1/categories").await.expect(200);
    let (slugs, parents) = (all.each("/slug"), all.each("/parent"));
    for (position, parent) in parents.iter().enumerate().filter(|(_, parent)| *parent != "null") {
        assert!(slugs[..position].contains(parent), "{} comes before its parent", slugs[position]);
    }
    let furniture = app.visitor().get("/v1/categories?under=furniture").await.expect(200);
    assert_eq!(furniture.body["items"][0]["slug"], "furniture");
    assert_eq!(furniture.body["items"][0]["parent"], "thing");
    assert_eq!(furniture.body["items"][0]["level"], 2);
    assert!(furniture.each("/level").iter().skip(1).all(|level| level == "3"));
    app.visitor().get("/v1/categories?under=nonsense").await.problem(422, "invalid_fields").refuses("under", "unknown");
    app.visitor().get("/v1/categories?under=%00").await.problem(422, "invalid_fields").refuses("under", "unknown");
    app.visitor().get("/v1/categories?network_id=5").await.problem(422, "invalid_fields").refuses("network_id", "not_an_id");
    app.visitor().get("/v1/categories?colour=red").await.problem(400, "unknown_parameter");
}

#[actix_web::test]
async fn lists_and_categories_need_not_be_sent_twice() {
    let app = TestApp::start().await;
    for path in ["/v1/categories", "/v1/categories/seating", "/v1/categories/suggest?title=sofa", "/v1/localities/hanley-stoke-on-trent"] {
        let first = app.visitor().get(path).await.expect(200);
        assert_eq!(first.header("cache-control"), "public, max-age=300");
        let again = app.visitor().with("if-none-match", first.etag()).get(path).await.expect(304);
        assert_eq!((again.text.as_str(), again.etag()), ("", first.etag()));
        app.visitor().with("if-none-match", "\"other\"").get(path).await.expect(200);
    }
}

#[actix_web::test]
async fn a_category_is_read_by_its_slug() {
    let app = TestApp::start().await;
    let seating = app.visitor().get("/v1/categories/seating").await.expect(200);
    assert_eq!((seating.str("/parent"), seating.str("/resource_type")), ("furniture".into(), "thing".into()));
    app.visitor().get("/v1/categories/nonsense").await.problem(404, "not_found");
    app.visitor().get("/v1/categories/%00").await.problem(404, "not_found");
    app.visitor().get("/v1/categories/Seating").await.problem(404, "not_found");
}

#[actix_web::test]
async fn everyday_words_lead_to_categories() {
    let app = TestApp::start().await;
    for (title, category) in [
        ("settee", "seating"),
        ("2 old sofas", "seating"),
        ("loo roll", "toilet-paper-and-tissues"),
        ("minibus", "minibuses"),
        ("village hall", "halls"),
        ("DBS-checked volunteer", "dbs-checked-volunteers"),
        ("setee", "seating"),
    ] {
        assert_eq!(suggested(&app, title).await.first().map(String::as_str), Some(category), "{title}");
    }
    let settee = app.visitor().get("/v1/categories/suggest?title=settee").await.expect(200);
    assert_eq!(settee.body["items"][0]["matched_term"], "sofa");
    assert!(settee.body["items"][0]["confidence"].as_f64().unwrap() > 0.5);
    assert!(suggested(&app, "zxqv").await.is_empty());
    assert!(suggested(&app, "sofa, loo roll, minibus, nappies, football, laptop, tea bags").await.len() == 5);
    app.visitor().get("/v1/categories/suggest").await.problem(422, "invalid_fields").refuses("title", "required");
    app.visitor().get("/v1/categories/suggest?title=%07").await.problem(422, "invalid_fields").refuses("title", "control_character");
}

#[actix_web::test]
async fn a_coordinator_adds_a_category_that_only_the_network_shows() {
    let app = TestApp::start().await;
    let (stoke, leeds) = (app.network("stoke").await, app.network("leeds").await);
    let mair = app.staff(stoke, "Mair", "coordinator").await;
    let added = mair.post(format!("/v1/networks/{stoke}/categories"), benches()).await.expect(201);
    assert_eq!(added.header("location"), "/v1/categories/stoke.oatcake-stall-benches");
    assert_eq!((added.str("/slug"), added.str("/parent")), ("stoke.oatcake-stall-benches".into(), "seating".into()));
    assert_eq!((added.body["level"].as_i64(), added.str("/network_id")), (Some(4), stoke.to_string()));
    assert_eq!(app.visitor().get(added.header("location")).await.expect(200).body, added.body);
    for (query, there) in [(String::new(), false), (format!("&network_id={stoke}"), true), (format!("&network_id={leeds}"), false)] {
        let seating = app.visitor().get(format!("/v1/categories?under=seating{query}")).await.expect(200).each("/slug");
        assert_eq!(seating.contains(&"stoke.oatcake-stall-benches".to_owned()), there, "{query}");
    }
    assert_eq!(seed::seed(&mut *app.conn().await).await.unwrap(), Seeded { categories: 0, localities: 0 });
}

#[actix_web::test]
async fn what_does_not_make_a_category_is_refused_with_the_field() {
    let app = TestApp::start().await;
    let stoke = app.network("stoke").await;
    let mair = app.staff(stoke, "Mair", "coordinator").await;
    let path = format!("/v1/networks/{stoke}/categories");
    let send = async |change: Value| {
        let mut body = benches();
        body.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        mair.post(&path, body).await
    };
    send(json!({"parent": "furniture"})).await.problem(422, "invalid_fields").refuses("/parent", "wrong_level");
    send(json!({"parent": "thing"})).await.problem(422, "invalid_fields").refuses("/parent", "wrong_level");
    send(json!({"parent": "no-such"})).await.problem(422, "invalid_fields").refuses("/parent", "unknown");
    send(json!({"parent": "\u{0}"})).await.problem(422, "invalid_fields").refuses("/parent", "unknown");
    send(json!({"name": "x"})).await.problem(422, "invalid_fields").refuses("/name", "too_short");
    send(json!({"name": "x".repeat(81)})).await.problem(422, "invalid_fields").refuses("/name", "too_long");
    send(json!({"name": "مقهى"})).await.problem(422, "invalid_fields").refuses("/name", "no_latin_letter");
    send(json!({"description": "x".repeat(301)})).await.problem(422, "invalid_fields").refuses("/description", "too_long");
    send(json!({"colour": "red"})).await.problem(422, "invalid_fields").refuses("/colour", "unknown_field");
    let own = send(json!({"name": "Meinciau Caffi'r Môr"})).await.expect(201);
    assert_eq!((own.str("/slug"), own.str("/name")), ("stoke.meinciau-caffir-mor".into(), "Meinciau Caffi'r Môr".into()));
    send(json!({"parent": own.str("/slug")})).await.problem(422, "invalid_fields").refuses("/parent", "wrong_level");
    send(json!({"name": "MEINCIAU caffir mor"})).await.problem(409, "already_exists");
}

#[actix_web::test]
async fn only_the_networks_own_coordinators_add_to_its_trees() {
    let app = TestApp::start().await;
    let (stoke, leeds) = (app.network("stoke").await, app.network("leeds").await);
    let (broker, other, outsider) =
        (app.staff(stoke, "Ben", "broker").await, app.staff(leeds, "Lena", "coordinator").await, app.person("Olwen").await);
    for (path, body) in [("categories", benches()), ("localities", havercroft())] {
        let path = format!("/v1/networks/{stoke}/{path}");
        app.visitor().post(&path, body.clone()).await.problem(401, "not_signed_in");
        for person in [&broker, &other, &outsider] {
            person.post(&path, body.clone()).await.problem(403, "not_allowed");
        }
        let nowhere = path.replace(&stoke.to_string(), "01980a8e-1f00-7a11-8000-5c1f3d2b7a90");
        other.post(nowhere, body).await.problem(404, "not_found");
    }
}

#[actix_web::test]
async fn a_repeated_request_adds_nothing_twice() {
    let app = TestApp::start().await;
    let stoke = app.network("stoke").await;
    let mair = app.staff(stoke, "Mair", "coordinator").await;
    for (number, (path, body)) in [("categories", benches()), ("localities", havercroft())].into_iter().enumerate() {
        let (path, client) = (format!("/v1/networks/{stoke}/{path}"), mair.with("idempotency-key", format!("key-{number}")));
        let first = client.post(&path, body.clone()).await.expect(201);
        assert_eq!(client.post(&path, body.clone()).await.expect(201).body, first.body);
        mair.post(&path, body.clone()).await.problem(409, "already_exists");
        let mut other = body;
        other["name"] = json!("Something else");
        client.post(&path, other).await.problem(422, "idempotency_key_reused");
    }
}

#[actix_web::test]
async fn coordinators_who_add_at_the_same_moment_get_different_codes() {
    let app = TestApp::start().await;
    let (stoke, leeds) = (app.network("stoke").await, app.network("leeds").await);
    let coordinators = [(stoke, app.staff(stoke, "Mair", "coordinator").await), (leeds, app.staff(leeds, "Lena", "coordinator").await)];
    let mut sent = Vec::new();
    for (number, (network, person)) in coordinators.iter().cycle().take(8).enumerate() {
        for (path, mut body) in [("categories", benches()), ("localities", havercroft())] {
            body["name"] = json!(format!("Number {number}"));
            let (client, path) = (person.client.clone(), format!("/v1/networks/{network}/{path}"));
            sent.push(async move { client.post(path, body).await });
        }
    }
    for answer in futures_util::future::join_all(sent).await {
        answer.expect(201);
    }
    app.sql(
        "do $$ begin
           assert (select count(distinct code) = 8 and max(code) = min(code) + 7 from categories where network_id is not null);
           assert (select count(distinct code) = 8 and max(code) = min(code) + 7 from localities where network_id is not null);
           assert (select count(*) = 16 from audit_entries where action in ('add_category', 'add_sub_area') and network_id is not null);
         end $$",
    )
    .await;
}

#[actix_web::test]
async fn a_full_range_is_a_conflict_that_says_so() {
    let app = TestApp::start().await;
    let stoke = app.network("stoke").await;
    let mair = app.staff(stoke, "Mair", "coordinator").await;
    app.sql(&format!(
        "insert into categories (code, slug, parent_code, resource_type, name, description, network_id)
           select code + 9999, 'stoke.last', code, resource_type, 'Last', '', '{stoke}' from categories where slug = 'seating';
         insert into localities (code, slug, kind, name, parent_code, lat, lng, network_id, search_text)
           select code + 999, 'stoke.last', 'sub_area', 'Last', code, lat, lng, '{stoke}', 'last' from localities where slug = 'hanley-stoke-on-trent'"
    ))
    .await;
    mair.post(format!("/v1/networks/{stoke}/categories"), benches()).await.problem(409, "conflict");
    mair.post(format!("/v1/networks/{stoke}/localities"), havercroft()).await.problem(409, "conflict");
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
    app.sql(
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
