//! Searches by words.

use serde_json::json;

use super::{post, titles, town};
use crate::support::TestApp;

#[actix_web::test]
async fn words_are_found_as_people_write_them() {
    let (app, group) = town().await;
    post(&group, "Forty folding chairs", json!({"description": "Blue, of the old sort"})).await;
    post(&group, "Settee", json!({})).await;
    post(&group, "Bwrdd o Dŷ Coch", json!({"category": "tables"})).await;
    post(&group, "Bench from St Mary’s", json!({})).await;
    post(&group, "Kitchen boxes", json!({"category": "kitchenware", "description": "Knives, forks; an O'Neill couch comes with it"})).await;
    for (words, found) in [
        ("folding chairs", vec!["Forty folding chairs"]),
        ("foldng chairs", vec!["Forty folding chairs"]),
        ("FOLDING", vec!["Forty folding chairs"]),
        ("fold-up chair", vec!["Forty folding chairs"]),
        ("blue chairs", vec!["Forty folding chairs"]),
        ("red chairs", vec![]),
        ("couch", vec!["Kitchen boxes", "Settee"]),
        ("sofas", vec!["Kitchen boxes", "Settee"]),
        ("settee", vec!["Kitchen boxes", "Settee"]),
        ("knives", vec!["Kitchen boxes"]),
        ("knife", vec!["Kitchen boxes"]),
        ("dy coch", vec!["Bwrdd o Dŷ Coch"]),
        ("Dŷ Coch", vec!["Bwrdd o Dŷ Coch"]),
        ("Dy\u{302} Coch", vec!["Bwrdd o Dŷ Coch"]),
        ("St Mary's", vec!["Bench from St Mary’s"]),
        ("st mary’s", vec!["Bench from St Mary’s"]),
        ("st marys", vec!["Bench from St Mary’s"]),
        ("o'neill", vec!["Kitchen boxes"]),
        ("oneill", vec!["Kitchen boxes"]),
        ("the", vec!["Forty folding chairs"]),
        ("100% _\\ ' \" wool", vec![]),
        ("!!!", vec![]),
        ("'; drop table listings; --", vec![]),
    ] {
        assert_eq!(titles(&app, &[("q", words)]).await, found, "{words}");
    }
}

#[actix_web::test]
async fn short_words_are_found_at_the_beginning_of_words_and_not_by_likeness() {
    let app = TestApp::start().await;
    let network = app.network("stoke").await;
    let group = app.group(network, "Toy Library").await;
    app.group(network, "Tower Street Friends").await;
    for title in ["Village hall on Tuesdays", "Halal meals", "Half a shipping container", "Two gazebos and a tent", "Basmati rice"] {
        let listing = json!({"kind": "offer", "title": title, "category": "halls"});
        group.owner.post(format!("/v1/groups/{}/listings", group.id), listing).await.expect(201);
    }
    let titles = async |q: &str| app.visitor().get(format!("/v1/listings?q={q}")).await.expect(200).each("/title");
    assert_eq!(titles("hall").await, ["Village hall on Tuesdays"]);
    assert_eq!(titles("tent").await, ["Two gazebos and a tent"]);
    assert_eq!(titles("tents").await, ["Two gazebos and a tent"]);
    assert_eq!(app.visitor().get("/v1/groups?q=toy").await.expect(200).each("/name"), ["Toy Library"]);
}
