//! Categories and suggestions: looked up by everybody, added to by coordinators, seeded once. What concerns both trees.

mod localities;

use gotit::catalog::seed::{self, Seeded};
use serde_json::{Value, json};

use crate::support::{Answer, TestApp};

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
