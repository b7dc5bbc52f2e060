//! `gotit localities`, through the real program: published files in, places found, and whom they are from.

use std::process::{Command, Output};

use gotit::catalog::seed::{self, Seeded};
use serde_json::json;

use crate::support::TestApp;

fn file(name: &str) -> String {
    format!("{}/tests/data/published/{name}", env!("CARGO_MANIFEST_DIR"))
}

async fn gotit(app: &TestApp, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_gotit"));
    command.arg("localities").args(arguments).env("DATABASE_URL", &app.database.url);
    tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap()
}

/// What the program says when all went well.
async fn says(app: &TestApp, arguments: &[&str]) -> String {
    let output = gotit(app, arguments).await;
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(String::from_utf8_lossy(&output.stderr), "", "no progress bar where there is no terminal");
    String::from_utf8(output.stdout).unwrap()
}

/// Whether the summary has this count.
#[track_caller]
fn counts(summary: &str, number: u32, what: &str) {
    assert!(summary.lines().any(|line| line.trim().starts_with(&format!("{number} {what}"))), "no {number} {what} in:\n{summary}");
}

#[actix_web::test]
async fn a_postcode_directory_is_imported_once_however_often_it_is_read() {
    let app = TestApp::start().await;
    let st7 = app.visitor().get("/v1/localities/st7").await.expect(200).body["parent"].clone();
    let dry = says(&app, &["import", "--dry-run", &file("onspd.csv")]).await;
    counts(&dry, 3, "changed");
    assert_eq!(seed::seed(&mut *app.conn().await).await.unwrap(), Seeded { categories: 0, localities: 0 }, "a dry run writes nothing");
    let first = says(&app, &["import", &file("onspd.csv")]).await;
    counts(&first, 0, "new");
    counts(&first, 3, "changed");
    counts(&first, 1, "rows left out: postcodes no longer in use");
    counts(&first, 3, "rows left out: outside Great Britain");
    counts(&first, 1, "rows left out: without a position");
    let st1 = app.visitor().get("/v1/localities/st1").await.expect(200).body;
    assert_eq!(st1["centroid"], json!({"lat": 53.025, "lng": -2.175}));
    assert_eq!(app.visitor().get("/v1/localities/st7").await.expect(200).body["parent"], st7, "what is there keeps its parent");
    counts(&says(&app, &["import", &file("onspd.csv")]).await, 3, "as they were");
    assert_eq!(seed::seed(&mut *app.conn().await).await.unwrap(), Seeded { categories: 0, localities: 0 }, "the import stays");
    assert_eq!(app.visitor().get("/v1/localities/st1").await.expect(200).body, st1);
}

#[actix_web::test]
async fn new_postcode_districts_and_wards_belong_to_the_district_of_the_nearest_place() {
    let app = TestApp::start().await;
    app.sql("delete from localities where slug in ('st1', 'st13')").await;
    let postcodes = says(&app, &["import", &file("code-point-open-st.csv")]).await;
    counts(&postcodes, 2, "new");
    let st1 = app.visitor().get("/v1/localities/st1").await.expect(200);
    assert_eq!((st1.str("/parent/slug"), st1.str("/kind")), ("stoke-on-trent".into(), "postcode_district".into()));
    assert_eq!(app.visitor().get("/v1/localities/st13").await.expect(200).str("/parent/slug"), "staffordshire");

    let wards = says(&app, &["import", &file("wards.csv")]).await;
    counts(&wards, 2, "new");
    counts(&wards, 1, "rows left out: outside Great Britain");
    let park = app.visitor().get("/v1/localities/example-park-e05000001").await.expect(200);
    assert_eq!((park.str("/parent/slug"), park.str("/kind")), ("stoke-on-trent".into(), "ward".into()));
    let house = app.visitor().get("/v1/localities?q=ty+esiampl").await.expect(200);
    assert_eq!(house.body["items"][0]["slug"], "example-house-w05000001");
    assert_eq!(house.body["items"][0]["also_known_as"], json!(["Tŷ Esiampl"]));
    assert_eq!(house.body["items"][0]["parent"]["slug"], "gwynedd");
    counts(&says(&app, &["import", &file("wards.csv")]).await, 2, "as they were");
    app.sql(
        "do $$ begin
           assert (select count(*) = 2 from localities where kind = 'ward' and code / 1000 % 100000 = 50001);
           assert (select count(*) = 2 from localities where kind = 'postcode_district' and code / 1000 % 100000 = 95001);
         end $$",
    )
    .await;
}

#[actix_web::test]
async fn a_district_is_moved_and_one_that_the_tree_has_not_is_named() {
    let app = TestApp::start().await;
    let done = says(&app, &["import", &file("districts.csv")]).await;
    counts(&done, 1, "changed");
    let new = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(
        new.path(),
        "LAD24CD,LAD24NM,LAT,LONG\nE07000195,Newcastle-under-Lyme,53.01,-2.23\nE06000023,\"Bristol, City of\",51.471,-2.578\n",
    )
    .unwrap();
    let done = says(&app, &["import", new.path().to_str().unwrap()]).await;
    counts(&done, 1, "changed");
    counts(&done, 1, "left out: districts that our tree has not");
    assert!(done.contains("Newcastle-under-Lyme"), "{done}");
    let bristol = app.visitor().get("/v1/localities/bristol").await.expect(200);
    assert_eq!((bristol.str("/name"), bristol.body["centroid"]["lat"].as_f64()), ("Bristol".into(), Some(51.471)));
}

#[actix_web::test]
async fn groups_move_with_their_locality() {
    let app = TestApp::start().await;
    let network = app.network("stoke").await;
    app.group_at(network, "St Mary's", "st1").await;
    says(&app, &["import", &file("onspd.csv")]).await;
    app.sql("do $$ begin assert (select lat = 53.025 from groups); end $$").await;
}

#[actix_web::test]
async fn a_newer_edition_of_the_program_does_not_touch_what_was_imported() {
    let app = TestApp::start().await;
    // As if the import had known ST2 before the program did.
    app.sql("update localities set code = code + 5000000, published = true where slug = 'st2'").await;
    assert_eq!(seed::seed(&mut *app.conn().await).await.unwrap(), Seeded { categories: 0, localities: 0 });
}

#[actix_web::test]
async fn a_file_that_is_none_of_them_changes_nothing_and_is_explained() {
    let app = TestApp::start().await;
    let broken = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(broken.path(), "WD24CD,WD24NM,LAT,LONG\nE05000009,Good,53.0,-2.2\nE05000010,Bad,north,-2.2\n").unwrap();
    let output = gotit(&app, &["import", broken.path().to_str().unwrap()]).await;
    assert!(!output.status.success());
    assert!(String::from_utf8_lossy(&output.stderr).contains("row 3, field lat"), "{}", String::from_utf8_lossy(&output.stderr));
    app.visitor().get("/v1/localities/good-e05000009").await.problem(404, "not_found");
    assert!(!gotit(&app, &["import", &file("README.md")]).await.status.success());
    assert!(!gotit(&app, &["import", "/no/such/file.csv"]).await.status.success());
}

#[actix_web::test]
async fn a_ward_that_is_there_twice_is_taken_once_and_a_new_name_keeps_its_address() {
    let app = TestApp::start().await;
    let wards = tempfile::NamedTempFile::new().unwrap();
    let path = wards.path().to_str().unwrap();
    let rows = "WD24CD,WD24NM,LAT,LONG\nE05000009,Old Name,53.0,-2.2\n";
    std::fs::write(path, format!("{rows}E05000009,Again,53.0,-2.2\n")).unwrap();
    let done = says(&app, &["import", path]).await;
    counts(&done, 1, "new");
    counts(&done, 1, "left out: the file has them again");
    std::fs::write(path, rows.replace("Old Name", "New Name").replace("WD24", "WD25")).unwrap();
    counts(&says(&app, &["import", path]).await, 1, "changed");
    assert_eq!(app.visitor().get("/v1/localities/old-name-e05000009").await.expect(200).str("/name"), "New Name");
}

#[actix_web::test]
async fn places_are_found_on_the_command_line_and_their_source_is_shown() {
    let app = TestApp::start().await;
    let found = says(&app, &["find", "Hanly"]).await;
    assert!(found.lines().nth(1).unwrap().contains("Hanley, Stoke-on-Trent, West Midlands, England"), "{found}");
    assert!(!gotit(&app, &["find", "Xyzzyq"]).await.status.success());
    for words in [&["attribution"][..], &["--help"][..]] {
        let said = says(&app, words).await;
        assert!(said.contains("GeoNames") && said.contains("creativecommons.org/licenses/by/4.0"), "{said}");
    }
}
