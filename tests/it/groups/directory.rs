//! The directory of groups: filters, orders, pages.

use serde_json::json;

use crate::support::TestApp;

async fn names(app: &TestApp, query: &str) -> Vec<String> {
    app.visitor().get(format!("/v1/groups?{query}")).await.expect(200).each("/name")
}

/// All names, read in pages of two.
async fn in_pages(app: &TestApp, query: &str) -> Vec<String> {
    let (mut all, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = app.visitor().get(format!("/v1/groups?limit=2&{query}{cursor}")).await.expect(200);
        all.extend(page.each("/name"));
        match page.body["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return all,
        }
    }
}

#[actix_web::test]
async fn the_directory_shows_approved_groups_only_and_no_addresses() {
    let app = TestApp::start().await;
    let network = app.network("stoke").await;
    app.group(network, "Open Kitchen").await;
    for state in ["awaiting_review", "rejected", "suspended"] {
        let group = app.group(network, &format!("Is {state}")).await;
        let decided = if state == "awaiting_review" { "null" } else { "now()" };
        app.sql(&format!("update network_groups set state = '{state}', decided_at = {decided} where group_id = '{}'", group.id)).await;
    }
    let list = app.visitor().get("/v1/groups").await.expect(200);
    assert_eq!(list.each("/name"), ["Open Kitchen"]);
    assert!(list.body["items"][0]["distance_km"].is_null() && !list.text.contains('@'));
}

#[actix_web::test]
async fn words_are_found_with_slips_of_the_pen_and_without_their_accents() {
    let app = TestApp::start().await;
    let network = app.network("stoke").await;
    let olwen = app.person("Olwen").await;
    for (name, description) in
        [("Caffi Môr", "Coffee and a chat"), ("St Mary's Library", "Books for everybody"), ("Bowls Club", "Green and mats")]
    {
        let body = json!({"name": name, "description": description, "locality": "hanley-stoke-on-trent", "network_id": network});
        olwen.post("/v1/groups", body).await.expect(201);
    }
    app.sql("update network_groups set state = 'approved', decided_at = now()").await;
    for (q, found) in [
        ("libary", "St Mary's Library"),
        ("MOR", "Caffi Môr"),
        ("m%C3%B4r", "Caffi Môr"),
        ("mary%27s+books", "St Mary's Library"),
        ("bowls+green", "Bowls Club"),
    ] {
        assert_eq!(names(&app, &format!("q={q}")).await, [found], "{q}");
    }
    assert_eq!(names(&app, "q=bowls+books").await, Vec::<String>::new(), "all words must be there");
    assert_eq!(names(&app, "q=%25").await, Vec::<String>::new());
    app.visitor().get("/v1/groups?q=").await.problem(422, "invalid_fields").refuses("q", "required");
    app.visitor().get("/v1/groups?q=a%00b").await.problem(422, "invalid_fields").refuses("q", "control_character");
}

#[actix_web::test]
async fn groups_are_filtered_by_locality_network_and_activity_together() {
    let app = TestApp::start().await;
    let (stoke, leek) = (app.network("stoke").await, app.network("leek").await);
    let pantry = app.group_at(stoke, "Pantry", "hanley-stoke-on-trent").await;
    app.group_at(stoke, "Choir", "stoke-on-trent").await;
    app.group_at(leek, "Faraway", "cardiff").await;
    app.sql(&format!("update groups set activities = array['food', 'advice'] where id = '{}'", pantry.id)).await;
    assert_eq!(names(&app, "sort=name&locality=stoke-on-trent").await, ["Choir", "Pantry"], "a district with the places in it");
    assert_eq!(names(&app, "locality=hanley-stoke-on-trent").await, ["Pantry"]);
    assert_eq!(names(&app, &format!("network_id={leek}")).await, ["Faraway"]);
    assert_eq!(names(&app, "activity=advice").await, ["Pantry"]);
    assert_eq!(names(&app, &format!("activity=food&network_id={leek}")).await, Vec::<String>::new());
    for (query, parameter, code) in [
        ("locality=atlantis", "locality", "no_such_locality"),
        ("near=atlantis", "near", "no_such_locality"),
        ("activity=money", "activity", "not_one_of"),
        ("network_id=stoke", "network_id", "not_an_id"),
        ("sort=best", "sort", "not_one_of"),
        ("sort=nearest", "sort", "needs_near"),
        ("within_km=5", "within_km", "needs_near"),
        ("near=cardiff&within_km=far", "within_km", "out_of_range"),
        ("limit=101", "limit", "out_of_range"),
    ] {
        app.visitor().get(format!("/v1/groups?{query}")).await.problem(422, "invalid_fields").refuses(parameter, code);
    }
}

#[actix_web::test]
async fn distances_are_whole_kilometres_and_limit_and_order_the_list() {
    let app = TestApp::start().await;
    let network = app.network("stoke").await;
    for (name, locality) in [("Far", "cardiff"), ("Here", "hanley-stoke-on-trent"), ("Near", "stoke-on-trent")] {
        app.group_at(network, name, locality).await;
    }
    let all = app.visitor().get("/v1/groups?near=hanley-stoke-on-trent&sort=nearest").await.expect(200);
    assert_eq!(all.each("/name"), ["Here", "Near", "Far"]);
    let km: Vec<i64> = all.each("/distance_km").iter().map(|km| km.parse().expect("a whole number")).collect();
    assert_eq!(km[0], 0);
    assert!(km[1] <= 5 && (160..=200).contains(&km[2]), "{km:?}");
    assert_eq!(names(&app, "near=hanley-stoke-on-trent&sort=nearest&within_km=20").await, ["Here", "Near"]);
    assert_eq!(names(&app, "near=hanley-stoke-on-trent&within_km=0").await, ["Here"]);
}

#[actix_web::test]
async fn every_order_is_complete_over_its_pages() {
    let app = TestApp::start().await;
    let network = app.network("stoke").await;
    let mut newest = Vec::new();
    for (name, locality) in [
        ("banana", "cardiff"),
        ("Apple", "hanley-stoke-on-trent"),
        ("Écluse", "stoke-on-trent"),
        ("Zebra", "hanley-stoke-on-trent"),
        ("apple tree", "cardiff"),
    ] {
        app.group_at(network, name, locality).await;
        app.sql(&format!("update groups set search_text = '{}' where name = '{name}'", gotit::types::text::fold(name))).await;
        newest.insert(0, name.to_owned());
    }
    assert_eq!(in_pages(&app, "").await, newest);
    assert_eq!(in_pages(&app, "sort=name").await, ["Apple", "apple tree", "banana", "Écluse", "Zebra"]);
    let near = "near=hanley-stoke-on-trent&sort=nearest";
    assert_eq!(in_pages(&app, near).await, names(&app, near).await);
    assert_eq!(in_pages(&app, near).await.len(), 5);
    let cursor = app.visitor().get("/v1/groups?limit=2&sort=name").await.expect(200).str("/next_cursor");
    app.visitor().get(format!("/v1/groups?limit=2&cursor={cursor}")).await.problem(400, "cursor_mismatch");
    app.visitor().get("/v1/groups?cursor=%C3%A9").await.problem(400, "invalid_cursor");
}
