//! Edits of listings.

use chrono::Duration;
use serde_json::{Value, json};

use super::{address, post, town};

#[actix_web::test]
async fn an_edit_names_the_version_it_changes() {
    let (app, group) = town().await;
    let listing = post(&group, json!({})).await;
    let owner = &group.owner;
    owner.send(reqwest::Method::PATCH, &address(&listing), Some(json!({"quantity": 2}))).await.problem(428, "precondition_required");
    for stale in ["\"0\"", "\"2\"", "1", "W/\"1\"", ""] {
        owner.patch(address(&listing), stale, json!({"quantity": 2})).await.problem(412, "stale");
    }
    app.advance(Duration::minutes(1));
    let edited = owner.patch(address(&listing), "\"7\", \"1\"", json!({"quantity": 40, "unit": "chairs"})).await.expect(200);
    assert_eq!((edited.version(), &edited.body["quantity"], &edited.body["quantity_left"]), ("2".into(), &json!(40), &json!(40)));
    assert_ne!(edited.body["updated_at"], listing.body["updated_at"]);
    for kept in ["code", "title", "created_at", "published_at", "expires_at", "basis", "category", "locality"] {
        assert_eq!(edited.body[kept], listing.body[kept], "{kept}");
    }
    assert_eq!(owner.get(address(&listing)).await.expect(200).body, edited.body);
    assert_eq!(owner.patch(address(&listing), "*", json!({})).await.expect(200).etag(), edited.etag(), "nothing was changed");
    owner
        .patch(format!("/v1/listings/{}", listing.str("/code").to_lowercase()), &edited.etag(), json!({"title": "Chairs"}))
        .await
        .expect(200);
}

#[actix_web::test]
async fn null_empties_what_can_be_empty() {
    let (_app, group) = town().await;
    let said = json!({"title": "Settee", "description": "Blue", "unit": "sofas", "available_from": "2027-01-01T00:00:00Z", "available_until": "2027-02-01T00:00:00Z",
        "availability_note": "Mondays", "category": "tables", "locality": "burslem-stoke-on-trent"});
    let listing = post(&group, said).await;
    let nulls = json!({"description": null, "unit": null, "available_from": null, "available_until": null, "availability_note": null, "category": null, "locality": null, "network_id": null});
    let emptied = group.owner.patch(address(&listing), &listing.etag(), nulls).await.expect(200);
    for field in ["unit", "available_from", "available_until", "availability_note"] {
        assert_eq!(emptied.body[field], Value::Null, "{field}");
    }
    assert_eq!(emptied.str("/description"), "");
    assert_eq!((emptied.str("/category/slug"), emptied.str("/locality/slug")), ("seating".into(), "hanley-stoke-on-trent".into()));
    group.owner.patch(address(&listing), "*", json!({"title": null})).await.refuses("/title", "wrong_type");
}

#[actix_web::test]
async fn an_edit_is_checked_like_a_post() {
    let (app, group) = town().await;
    let listing = post(&group, json!({})).await;
    let other = app.network("crewe").await;
    for (changes, field, code) in [
        (json!({"kind": "want"}), "/kind", "cannot_change"),
        (json!({"network_id": other}), "/network_id", "cannot_change"),
        (json!({"title": "ab"}), "/title", "too_short"),
        (json!({"basis": ["give", "lend"]}), "/basis", "one_basis"),
        (json!({"colour": "red"}), "/colour", "unknown_field"),
        (json!({"colour": null}), "/colour", "unknown_field"),
        (json!({"category": "no-such"}), "/category", "unknown"),
        (json!({"expires_at": "2026-01-01T00:00:00Z"}), "/expires_at", "in_the_past"),
    ] {
        group.owner.patch(address(&listing), "*", changes).await.problem(422, "invalid_fields").refuses(field, code);
    }
    let client = group.owner.with("if-match", "*");
    let send = |media_type: &'static str, text: &'static str| {
        let (client, path) = (client.clone(), address(&listing));
        async move { client.send_text(reqwest::Method::PATCH, &path, Some((media_type, text))).await }
    };
    send("application/json", r#"{"title": "Chairs", "title": "Tables"}"#).await.refuses("/title", "duplicate_field");
    for body in ["[]", "null", "{", r#"["offer", "Forty chairs"]"#] {
        send("application/json", body).await.problem(400, "invalid_json");
    }
    send("text/plain", "{}").await.problem(415, "unsupported_media_type");
    send("application/merge-patch+json", "{}").await.expect(200);
    assert_eq!(group.owner.get(address(&listing)).await.str("/title"), "Forty folding chairs");
}

#[actix_web::test]
async fn of_edits_made_at_once_one_wins() {
    let (_app, group) = town().await;
    let listing = post(&group, json!({})).await;
    let edit = |quantity: i32| group.owner.patch(address(&listing), "\"1\"", json!({"quantity": quantity}));
    let (a, b, c) = tokio::join!(edit(2), edit(3), edit(4));
    let mut statuses = [a.status, b.status, c.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 412, 412]);
    let winner = [a, b, c].into_iter().find(|answer| answer.status == 200).unwrap();
    assert_eq!(group.owner.get(address(&listing)).await.body, winner.body);
}

#[actix_web::test]
async fn standing_and_expiring_replace_each_other_in_an_edit() {
    let (app, group) = town().await;
    let listing = post(&group, json!({})).await;
    let edit = |changes: Value| group.owner.patch(address(&listing), "*", changes);
    assert_eq!(edit(json!({"standing": false})).await.expect(200).body["expires_at"], listing.body["expires_at"]);
    assert_eq!(edit(json!({"standing": true})).await.expect(200).body["expires_at"], Value::Null);
    let soon = (app.now() + Duration::days(3)).format("%Y-%m-%dT%H:%M:%SZ").to_string();
    let expiring = edit(json!({"expires_at": soon})).await.expect(200);
    assert_eq!((&expiring.body["standing"], expiring.str("/expires_at")), (&json!(false), soon.clone()));
    edit(json!({"standing": true, "expires_at": soon})).await.refuses("/standing", "standing_or_expiring");
    assert_ne!(edit(json!({"expires_at": null})).await.expect(200).str("/expires_at"), soon, "the usual time");
}
