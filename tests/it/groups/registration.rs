//! How big a group says it is, and under which number it says it is registered.

use serde_json::{Value, json};

use crate::support::TestApp;

#[actix_web::test]
async fn size_and_registration_are_said_at_sign_up_and_shown_to_everybody() {
    let app = TestApp::start().await;
    let (network, olwen) = (app.network("stoke").await, app.person("Olwen").await);
    let group = json!({"name": "Tŷ Coch", "locality": "hanley-stoke-on-trent", "network_id": network, "size": "small", "registered_as": "charity",
        "registered_number": " sc 012 345 "});
    let made = olwen.post("/v1/groups", group).await.expect(201);
    assert_eq!(
        (made.str("/size"), made.str("/registered_as"), made.str("/registered_number")),
        ("small".into(), "charity".into(), "SC012345".into())
    );
    app.sql("update network_groups set state = 'approved', decided_at = now()").await;
    assert_eq!(app.visitor().get(made.header("location")).await.expect(200).body["registered_number"], "SC012345");
}

#[actix_web::test]
async fn they_are_changed_emptied_and_left_alone_by_other_edits() {
    let app = TestApp::start().await;
    let network = app.network("stoke").await;
    let group = app.group(network, "Pantry").await;
    let (owner, path) = (&group.owner, format!("/v1/groups/{}", group.id));
    assert_eq!(owner.get(&path).await.body["size"], Value::Null);
    owner.patch(&path, "*", json!({"size": "medium", "registered_as": "cic", "registered_number": "sc123456"})).await.expect(200);
    let kept = owner.patch(&path, "*", json!({"description": "Tuesdays."})).await.expect(200);
    assert_eq!((kept.str("/size"), kept.str("/registered_number")), ("medium".into(), "SC123456".into()));
    for (body, field, code) in [
        (json!({"size": "huge"}), "/size", "not_one_of"),
        (json!({"registered_as": "club"}), "/registered_as", "not_one_of"),
        (json!({"registered_number": "123"}), "/registered_number", "not_a_registered_number"),
        (json!({"registered_as": "charity", "registered_number": "07123456"}), "/registered_number", "not_a_registered_number"),
        (json!({"registered_as": null}), "/registered_as", "required"),
        (json!({"registered_number": null}), "/registered_number", "required"),
    ] {
        owner.patch(&path, "*", body).await.problem(422, "invalid_fields").refuses(field, code);
    }
    let emptied = owner.patch(&path, "*", json!({"size": null, "registered_as": null, "registered_number": null})).await.expect(200);
    assert_eq!(
        (&emptied.body["size"], &emptied.body["registered_as"], &emptied.body["registered_number"]),
        (&Value::Null, &Value::Null, &Value::Null)
    );
}

#[actix_web::test]
async fn every_network_that_knows_the_group_can_read_what_it_was_let_in_as() {
    let app = TestApp::start().await;
    let (stoke, leek, crewe) = (app.network("stoke").await, app.network("leek").await, app.network("crewe").await);
    let group = app.group(stoke, "Pantry").await;
    let (owner, path) = (&group.owner, format!("/v1/groups/{}", group.id));
    owner.patch(&path, "*", json!({"registered_as": "charity", "registered_number": "1045617"})).await.expect(200);
    owner.post(format!("{path}/networks"), json!({"network_id": leek})).await.expect(201);
    owner.patch(&path, "*", json!({"name": "Payday Loans", "description": "New.", "registered_number": "1045618"})).await.expect(200);
    owner.delete(&path).await.expect(204);
    for (network, name, before) in [(stoke, "Mair", 1), (leek, "Fflur", 0)] {
        let coordinator = app.staff(network, name, "coordinator").await;
        let read = async |action| coordinator.get(format!("/v1/networks/{network}/audit?action={action}")).await.expect(200);
        let changes = read("update_group").await;
        assert_eq!(changes.body["items"][0]["before"], json!({"name": "Pantry", "registered_number": "1045617"}));
        assert_eq!(changes.body["items"][0]["after"], json!({"name": "Payday Loans", "registered_number": "1045618"}));
        assert_eq!(changes.each("/group_id"), vec![group.id.to_string(); 1 + before]);
        assert_eq!(read("close_group").await.each("/subject_id"), [group.id.to_string()]);
    }
    let nia = app.staff(crewe, "Nia", "coordinator").await;
    assert_eq!(nia.get(format!("/v1/networks/{crewe}/audit")).await.expect(200).each("/id").len(), 0);
}
