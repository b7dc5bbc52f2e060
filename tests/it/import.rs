//! `gotit import` through the real program: the same validation as the API, bad rows reported, twice the same.

use std::process::{Command, Output};

use serde_json::{Value, json};

use crate::support::TestApp;

const GROUPS: &str = r#"{"type": "group", "external_id": "g1", "name": "Tŷ Coch Pantry", "description": "Fridays.", "activities": ["food"], "locality": "Hanley"}
{"type": "group", "external_id": "g2", "name": "St Mary's", "locality": "ST6"}
"#;

fn gotit(app: &TestApp, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_gotit"));
    command.args(arguments).env("DATABASE_URL", &app.database.url).env("RUST_BACKTRACE", "0");
    command.output().expect("gotit runs")
}

fn stdout(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// Writes `text` to a file of the test's own and imports it.
fn import(app: &TestApp, name: &str, text: &str, more: &[&str]) -> Output {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join(name);
    std::fs::write(&file, text).unwrap();
    gotit(app, &[&["import", file.to_str().unwrap(), "--network", "stoke"], more].concat())
}

#[actix_web::test]
async fn groups_and_listings_come_in_once_however_often_they_are_imported() {
    let app = TestApp::start().await;
    app.network("stoke").await;
    let rows = format!(
        "{GROUPS}{}\n{}\n",
        json!({"type": "listing", "external_id": "l1", "group": "g1", "kind": "want", "title": "Settee for the waiting room", "reach_km": 20}),
        json!({"type": "listing", "external_id": "l2", "group": "g2", "kind": "offer", "title": "Sofa", "category": "seating", "lat": 53.05, "lng": -2.2})
    );
    let first = import(&app, "rows.jsonl", &rows, &["--approve"]);
    assert!(first.status.success(), "{first:?}");
    assert!(stdout(&first).contains("groups    2 new, 0 changed, 0 as they were"), "{}", stdout(&first));
    let listings = app.visitor().get("/v1/listings?sort=newest").await.expect(200);
    assert_eq!(listings.each("/category/slug"), ["seating", "seating"]);
    let second = import(&app, "rows.jsonl", &rows, &["--approve"]);
    assert!(stdout(&second).contains("groups    0 new, 0 changed, 2 as they were"), "{}", stdout(&second));
    assert!(stdout(&second).contains("listings  0 new, 0 changed, 2 as they were"), "{}", stdout(&second));
    assert_eq!(app.visitor().get("/v1/listings?sort=newest").await.body, listings.body);
    let third = import(&app, "rows.jsonl", &rows.replace("Sofa", "Green sofa"), &[]);
    assert!(stdout(&third).contains("listings  0 new, 1 changed, 1 as they were"), "{}", stdout(&third));
}

#[actix_web::test]
async fn groups_await_review_unless_the_operator_approves_them() {
    let app = TestApp::start().await;
    app.network("stoke").await;
    assert!(import(&app, "rows.jsonl", GROUPS, &[]).status.success());
    assert!(app.visitor().get("/v1/groups").await.expect(200).each("/name").is_empty());
}

#[actix_web::test]
async fn imported_groups_whom_nobody_could_ask_stay_without_a_yearly_check() {
    let app = TestApp::start().await;
    app.network("stoke").await;
    assert!(import(&app, "rows.jsonl", GROUPS, &["--approve"]).status.success());
    let names = app.visitor().get("/v1/groups").await.expect(200).each("/name");
    assert!(!names.is_empty());
    app.advance(chrono::Duration::days(400));
    for _ in 0..2 {
        gotit::worker::catch_up(&mut *app.conn().await, app.now()).await.unwrap();
        app.advance(chrono::Duration::days(40));
    }
    assert_eq!(app.visitor().get("/v1/groups").await.expect(200).each("/name"), names);
}

#[actix_web::test]
async fn importing_again_leaves_alone_what_the_file_does_not_say() {
    let app = TestApp::start().await;
    app.network("stoke").await;
    let row = json!({"type": "listing", "external_id": "l1", "group": "g1", "kind": "offer", "title": "Sofa"});
    let rows = format!("{GROUPS}{row}\n");
    assert!(import(&app, "rows.jsonl", &rows, &["--approve"]).status.success());
    app.sql(
        "update groups set size = 'small', registered_as = 'charity', registered_number = '1045617';
         update listings set choose_first = '{small_groups}', choose_after_hours = 48",
    )
    .await;
    let again = import(&app, "rows.jsonl", &rows, &[]);
    assert!(stdout(&again).contains("groups    0 new, 0 changed, 2 as they were"), "{}", stdout(&again));
    assert!(stdout(&again).contains("listings  0 new, 0 changed, 1 as they were"), "{}", stdout(&again));
    let listing = app.visitor().get("/v1/listings").await.expect(200);
    assert_eq!(
        (&listing.body["items"][0]["choose_first"], &listing.body["items"][0]["choose_after_hours"]),
        (&json!(["small_groups"]), &json!(48))
    );
    let csv = "type,external_id,name,group,kind,title,locality,size,choose_first,choose_after_hours\ngroup,g1,Tŷ Coch Pantry,,,,Hanley,large,,\n\
        listing,l1,,g1,offer,Sofa,,,small_groups|this_locality,24\n";
    let said = import(&app, "rows.csv", csv, &[]);
    assert!(said.status.success(), "{}", stdout(&said));
    let listing = app.visitor().get("/v1/listings").await.expect(200);
    assert_eq!(listing.body["items"][0]["choose_first"], json!(["small_groups", "this_locality"]));
}

#[actix_web::test]
async fn a_dry_run_says_the_same_and_writes_nothing() {
    let app = TestApp::start().await;
    app.network("stoke").await;
    let dry = import(&app, "rows.jsonl", GROUPS, &["--approve", "--dry-run"]);
    assert!(stdout(&dry).contains("nothing was written") && stdout(&dry).contains("groups    2 new"), "{}", stdout(&dry));
    assert!(app.visitor().get("/v1/groups").await.expect(200).each("/name").is_empty());
}

#[actix_web::test]
async fn bad_rows_are_reported_by_line_and_field_and_good_ones_are_kept() {
    let app = TestApp::start().await;
    app.network("stoke").await;
    let bad = |fields: Value| {
        let mut row = json!({"type": "listing", "external_id": "x", "group": "g1", "kind": "offer", "title": "Chairs"});
        row.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
        row.to_string()
    };
    let rows = [
        GROUPS.trim_end().to_owned(),
        "{broken".to_owned(),
        bad(json!({"title": "ab"})),
        bad(json!({"group": "nobody"})),
        bad(json!({"locality": "Atlantis"})),
        bad(json!({"locality": "Stone"})),
        bad(json!({"colour": "red"})),
        bad(json!({"title": "Xyzzy plugh"})),
        bad(json!({"type": "card"})),
        bad(json!({"external_id": "good"})),
    ];
    let output = import(&app, "rows.jsonl", &rows.join("\n"), &["--approve"]);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let said = stdout(&output);
    for line in [
        "line 3:  invalid_json",
        "line 4 (x): /title too_short",
        "line 5 (x): /group unknown",
        "line 6 (x): /locality unknown",
        "line 7 (x): /locality ambiguous",
        "line 8 (x): /colour unknown_field",
        "line 9 (x): /category required",
        "line 10 (x): /type not_one_of",
        "listings  1 new",
        "bad rows  8",
    ] {
        assert!(said.contains(line), "{line} is missing from:\n{said}");
    }
    assert_eq!(app.visitor().get("/v1/listings").await.expect(200).each("/title"), ["Chairs"]);
}

#[actix_web::test]
async fn csv_says_the_same_as_json() {
    let app = TestApp::start().await;
    app.network("stoke").await;
    let rows = "type,external_id,name,group,kind,title,locality,activities,quantity,basis,standing\n\
                group,g1,Y Caban,,,,\"Stone, Staffordshire\",food|faith,,,\n\
                listing,l1,,g1,want,Any furniture,,,3,give|lend,yes\n";
    let output = import(&app, "rows.csv", rows, &["--approve"]);
    assert!(output.status.success(), "{output:?}");
    let listing = app.visitor().get("/v1/listings").await.expect(200);
    assert_eq!(listing.str("/items/0/locality/slug"), "stone-staffordshire");
    assert_eq!((&listing.body["items"][0]["basis"], &listing.body["items"][0]["standing"]), (&json!(["give", "lend"]), &json!(true)));
}

#[actix_web::test]
async fn give_food_rows_become_groups_wants_and_offers() {
    let app = TestApp::start().await;
    app.network("stoke").await;
    let row = json!({"id": "leek", "slug": "leek", "organisation": "Leek", "location": null, "lat": 53.107, "lng": -2.024,
        "needed": ["UHT Milk", "Toilet Roll"], "excess": ["Pasta", "Any Items Containing Alcohol Or Medical Products"]});
    let output = import(&app, "food-banks.jsonl", &row.to_string(), &["--approve"]);
    assert!(output.status.success(), "{output:?}");
    let listings = app.visitor().get("/v1/listings?sort=newest").await.expect(200);
    let mut titles = listings.each("/title");
    titles.sort();
    assert_eq!(titles, ["Pasta", "Toilet Roll", "UHT Milk"]);
    let groups = app.visitor().get("/v1/groups").await.expect(200);
    assert_eq!((groups.each("/name"), groups.each("/locality/name")), (vec!["Leek Food Bank".to_owned()], vec!["Leek".to_owned()]));
}

#[actix_web::test]
async fn an_unknown_network_or_file_is_said_in_one_line() {
    let app = TestApp::start().await;
    let no_network = import(&app, "rows.jsonl", GROUPS, &[]);
    assert_eq!(String::from_utf8_lossy(&no_network.stderr), "gotit: There is no network stoke. See gotit networks list.\n");
    let no_file = gotit(&app, &["import", "/nowhere.csv", "--network", "stoke"]);
    assert!(String::from_utf8_lossy(&no_file.stderr).starts_with("gotit: /nowhere.csv cannot be opened"), "{no_file:?}");
}

#[actix_web::test]
async fn the_demo_town_loads_whole_once_and_its_people_can_sign_in() {
    let app = TestApp::start().await;
    let demo = gotit(&app, &["demo"]);
    assert!(demo.status.success() && stdout(&demo).contains("The demo town is there."), "{demo:?}");
    assert!(stdout(&gotit(&app, &["demo"])).contains("not loaded"));
    let signed_in = async |email: &str| {
        let login = json!({"email": email, "password": "four kettles on a barge"});
        let token = app.visitor().post("/v1/sessions", login).await.expect(201).str("/access_token");
        crate::support::Client::new(app.address, Some(token))
    };
    let editor = signed_in("editor@example.org").await;
    let group = editor.get("/v1/users/me").await.expect(200).str("/memberships/0/group_id");
    let matches = editor.get(format!("/v1/groups/{group}/matches?limit=100")).await.expect(200);
    let two_way = matches.body["items"].as_array().unwrap().iter().filter(|found| found["two_way"] == true).count();
    assert!(matches.each("/score").len() >= 5 && two_way >= 2, "{} matches, {two_way} two-way", matches.each("/score").len());
    let coordinator = signed_in("coordinator@example.org").await;
    let network = app.visitor().get("/v1/networks").await.expect(200).str("/items/0/id");
    let exchanges = coordinator.get(format!("/v1/networks/{network}/exchanges?limit=100")).await.expect(200).each("/state");
    for state in gotit::exchanges::State::ALL {
        assert!(exchanges.contains(&state.to_string()), "the demo town has no exchange that is {state}");
    }
    assert_eq!(app.visitor().get(format!("/v1/networks/{network}/stories")).await.expect(200).each("/story").len(), 2);
}
