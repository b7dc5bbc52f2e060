//! What becomes of listings: edits, publishing, withdrawing, renewing, copying, expiry, standing, and who may do that.

use chrono::Duration;
use serde_json::{Value, json};

use crate::support::{Answer, Client, Group, TestApp};

/// A network with a group in Hanley.
async fn town() -> (TestApp, Group) {
    let app = TestApp::start().await;
    let network = app.network("stoke").await;
    let group = app.group(network, "St Mary's").await;
    (app, group)
}

async fn post(group: &Group, body: Value) -> Answer {
    post_to(format!("/v1/groups/{}/listings", group.id), group, body).await
}

async fn draft(group: &Group, body: Value) -> Answer {
    post_to(format!("/v1/groups/{}/listings?draft=true", group.id), group, body).await
}

async fn post_to(path: String, group: &Group, body: Value) -> Answer {
    let mut whole = json!({"kind": "offer", "title": "Forty folding chairs", "category": "seating"});
    whole.as_object_mut().unwrap().extend(body.as_object().unwrap().clone());
    group.owner.post(path, whole).await.expect(201)
}

fn address(listing: &Answer) -> String {
    format!("/v1/listings/{}", listing.str("/id"))
}

async fn step(client: &Client, listing: &Answer, verb: &str) -> Answer {
    client.send(reqwest::Method::POST, &format!("{}/{verb}", address(listing)), None).await
}

/// Whether everybody can find it by browsing; reading it must agree.
async fn is_open(app: &TestApp, listing: &Answer) -> bool {
    let browsed = app.visitor().get("/v1/listings?limit=100").await.expect(200).each("/id").contains(&listing.str("/id"));
    let read = app.visitor().get(address(listing)).await;
    assert_eq!(read.status, if browsed { 200 } else { 404 }, "browsing and reading disagree");
    browsed
}

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

#[actix_web::test]
async fn steps_are_taken_from_their_states_only() {
    let (app, group) = town().await;
    let owner = &group.owner;
    let listing = draft(&group, json!({})).await;
    assert!(!is_open(&app, &listing).await);
    step(owner, &listing, "renew").await.problem(409, "wrong_state");
    let published = step(owner, &listing, "publish").await.expect(200);
    assert_eq!((published.str("/state"), published.version()), ("active".into(), "2".into()));
    assert!(is_open(&app, &listing).await);
    let refused = step(owner, &listing, "publish").await.problem(409, "wrong_state");
    assert!(refused.str("/detail").contains("active") && refused.str("/detail").contains("draft"), "{}", refused.text);
    step(owner, &listing, "withdraw").await.expect(200);
    assert!(!is_open(&app, &listing).await);
    let refused = step(owner, &listing, "withdraw").await.problem(409, "wrong_state");
    for state in ["withdrawn", "draft", "active", "paused", "expired"] {
        assert!(refused.str("/detail").contains(state), "{}", refused.text);
    }
    let edited = owner.patch(address(&listing), "*", json!({"title": "Thirty folding chairs"})).await.expect(200);
    assert_eq!(edited.str("/state"), "withdrawn", "an edit does not bring it back");
    let renewed = step(owner, &listing, "renew").await.expect(200);
    assert_eq!(renewed.str("/state"), "active");
    assert_ne!(renewed.body["confirmed_at"], Value::Null);
    assert!(is_open(&app, &listing).await);
    let given_up = draft(&group, json!({})).await;
    step(owner, &given_up, "withdraw").await.expect(200);
    step(owner, &given_up, "publish").await.problem(409, "wrong_state");
    assert_ne!(step(owner, &given_up, "renew").await.expect(200).body["published_at"], Value::Null);
    assert!(is_open(&app, &given_up).await);
    app.sql("update listings set state = 'fulfilled'").await;
    for verb in ["publish", "withdraw", "renew"] {
        step(owner, &listing, verb).await.problem(409, "wrong_state");
    }
    owner.patch(address(&listing), "*", json!({})).await.problem(409, "wrong_state");
    let audit: i64 = {
        use diesel::QueryDsl;
        use diesel_async::RunQueryDsl;
        gotit::schema::audit_entries::table.count().get_result(&mut *app.conn().await).await.unwrap()
    };
    assert_eq!(audit, 5 + 3, "each act that was done is recorded, and none that was refused");
}

#[actix_web::test]
async fn of_two_who_publish_at_once_one_does() {
    let (_app, group) = town().await;
    let listing = draft(&group, json!({})).await;
    let (one, two) = tokio::join!(step(&group.owner, &listing, "publish"), step(&group.owner, &listing, "publish"));
    assert_eq!(one.status.min(two.status), 200);
    (if one.status == 200 { two } else { one }).problem(409, "wrong_state");
}

#[actix_web::test]
async fn a_copy_is_a_draft_that_says_the_same() {
    let (app, group) = town().await;
    let said = json!({"kind": "want", "description": "Blue", "quantity": 7, "unit": "chairs", "basis": ["lend"], "reach_km": 3, "urgency": "low", "remote": true,
        "availability_note": "Mondays", "locality": "burslem-stoke-on-trent", "available_from": "2026-12-01T00:00:00Z"});
    let listing = post(&group, said).await;
    step(&group.owner, &listing, "withdraw").await.expect(200);
    let copy = step(&group.owner, &listing, "copy").await.expect(201);
    assert_eq!((copy.str("/state"), &copy.body["published_at"], copy.version()), ("draft".into(), &Value::Null, "1".into()));
    let said = |answer: &Answer| {
        let mut body = answer.body.clone();
        for own in ["id", "code", "state", "published_at", "confirmed_at", "expires_at", "created_at", "updated_at", "findings"] {
            body[own].take();
        }
        body
    };
    assert_eq!(said(&copy), said(&listing));
    assert!(copy.str("/id") != listing.str("/id") && copy.str("/code") != listing.str("/code"));
    assert_eq!(group.owner.get(copy.header("location")).await.expect(200).body, copy.body);
    let with_key = group.owner.with("idempotency-key", "copy");
    let (one, two) = (step(&with_key, &listing, "copy").await.expect(201), step(&with_key, &listing, "copy").await.expect(201));
    assert_eq!(one.str("/id"), two.str("/id"));
    let standing = post(&group, json!({"standing": true})).await;
    assert_eq!(step(&group.owner, &standing, "copy").await.expect(201).body["standing"], true);
    app.advance(Duration::minutes(1));
    step(&group.owner.with("idempotency-key", ""), &listing, "copy").await.refuses("Idempotency-Key", "malformed");
}

#[actix_web::test]
async fn a_reader_who_has_the_version_is_told_so() {
    let (app, group) = town().await;
    let listing = post(&group, json!({})).await;
    let tag = app.visitor().get(address(&listing)).await.expect(200).etag();
    for known in [tag.clone(), format!("W/{tag}"), "*".to_owned(), format!("\"8\", {tag}")] {
        let answer = app.visitor().with("if-none-match", known).get(address(&listing)).await.expect(304);
        assert_eq!((answer.text.as_str(), answer.etag()), ("", tag.clone()));
    }
    // What is shown has changed, though nobody has edited the listing.
    app.sql("update groups set name = 'St Chad''s'").await;
    app.visitor().with("if-none-match", &tag).get(address(&listing)).await.expect(200);
    app.visitor().with("if-none-match", "\"2\"").get(address(&listing)).await.expect(200);
}

#[actix_web::test]
async fn listings_expire_by_resource_type_and_renewing_brings_them_back() {
    let (app, group) = town().await;
    let mut listings = Vec::new();
    for (category, days) in [("food", 14), ("thing", 60), ("time", 90), ("transport", 90), ("space", 180), ("skill", 180)] {
        listings.push((post(&group, json!({"category": category})).await, days));
    }
    let standing = post(&group, json!({"standing": true})).await;
    let mut day = 0;
    for (listing, days) in &listings {
        app.advance(Duration::days(days - day) - Duration::minutes(1));
        assert!(is_open(&app, listing).await, "{days} days are not over");
        app.advance(Duration::minutes(1) + Duration::seconds(30));
        assert!(!is_open(&app, listing).await, "{days} days are over");
        app.advance(-Duration::seconds(30));
        day = *days;
    }
    assert!(is_open(&app, &standing).await);
    let owner = app.back_again(&group.owner);
    app.advance(Duration::seconds(30));
    let food = &listings[0].0;
    assert_eq!(owner.get(address(food)).await.expect(200).str("/state"), "expired");
    let own = owner.get(format!("/v1/groups/{}/listings", group.id)).await.expect(200);
    assert_eq!(own.each("/state").iter().filter(|state| *state == "expired").count(), 6);
    let edited = owner.patch(address(food), "*", json!({"quantity": 3})).await.expect(200);
    assert_eq!((edited.str("/state"), &edited.body["expires_at"]), ("expired".into(), &food.body["expires_at"]));
    let renewed = step(&owner, food, "renew").await.expect(200);
    assert_eq!(renewed.str("/state"), "active");
    let expires: chrono::DateTime<chrono::Utc> = renewed.str("/expires_at").parse().unwrap();
    assert!((expires - app.now() - Duration::days(14)).abs() < Duration::minutes(1));
    assert!(is_open(&app, food).await);
    assert_eq!(app.visitor().get("/v1/listings?sort=newest&limit=1").await.each("/id"), [food.str("/id")], "it counts as fresh");
    step(&owner, &listings[1].0, "withdraw").await.expect(200);
}

#[actix_web::test]
async fn a_time_of_expiry_that_was_chosen_survives_publishing() {
    let (app, group) = town().await;
    let friday = (app.now() + Duration::days(3)).format("%Y-%m-%dT%H:%M:%SZ").to_string();
    let listing = draft(&group, json!({"expires_at": friday})).await;
    assert_eq!(step(&group.owner, &listing, "publish").await.expect(200).str("/expires_at"), friday);
    let (old, usual) = (draft(&group, json!({"expires_at": friday})).await, draft(&group, json!({})).await);
    app.advance(Duration::days(5));
    let owner = app.back_again(&group.owner);
    owner.patch(address(&old), "*", json!({"quantity": 5})).await.expect(200);
    for listing in [old, usual] {
        let expires: chrono::DateTime<chrono::Utc> =
            step(&owner, &listing, "publish").await.expect(200).str("/expires_at").parse().unwrap();
        assert!((expires - app.now() - Duration::days(60)).abs() < Duration::minutes(1), "the usual time from publishing");
    }
}

#[actix_web::test]
async fn only_those_who_may_change_a_listing_and_the_rest_learn_only_what_they_may() {
    let (app, group) = town().await;
    let other_network = app.network("crewe").await;
    let (viewer, editor) = (app.member(&group, "Vi", "viewer").await, app.member(&group, "Ed", "editor").await);
    let (staff, foreign) = (app.staff(group.network, "Mair", "coordinator").await, app.staff(other_network, "Huw", "coordinator").await);
    let outsider = app.person("Olwen").await;
    let (open, hidden) = (post(&group, json!({})).await, draft(&group, json!({})).await);
    let withdrawn = post(&group, json!({})).await;
    step(&group.owner, &withdrawn, "withdraw").await.expect(200);
    let all = async |client: &Client, listing: &Answer| {
        let mut answers = vec![client.patch(address(listing), "*", json!({"quantity": 2})).await];
        for verb in ["publish", "withdraw", "renew", "copy"] {
            answers.push(step(client, listing, verb).await);
        }
        answers
    };
    for (who, listing, status) in [
        (&app.visitor(), &open, 401),
        (&app.visitor(), &hidden, 401),
        (&outsider.client, &open, 403),
        (&outsider.client, &hidden, 404),
        (&outsider.client, &withdrawn, 404),
        (&viewer.client, &open, 403),
        (&viewer.client, &hidden, 403),
        (&foreign.client, &open, 403),
        (&foreign.client, &hidden, 404),
        (&staff.client, &open, 403),
        (&staff.client, &hidden, 403),
    ] {
        for answer in all(who, listing).await {
            assert_eq!(answer.status, status, "{}", answer.text);
        }
    }
    for (who, status) in
        [(&app.visitor(), 404), (&outsider.client, 404), (&foreign.client, 404), (&viewer.client, 200), (&staff.client, 200)]
    {
        for listing in [&hidden, &withdrawn] {
            who.get(address(listing)).await.expect(status);
        }
        who.get(address(&open)).await.expect(200);
    }
    let (new, own) = (json!({"kind": "offer", "title": "Chairs"}), format!("/v1/groups/{}/listings", group.id));
    for (who, posts, lists) in [
        (&app.visitor(), 401, 401),
        (&outsider.client, 403, 403),
        (&viewer.client, 403, 200),
        (&editor.client, 201, 200),
        (&foreign.client, 403, 403),
    ] {
        who.post(&own, new.clone()).await.expect(posts);
        who.get(&own).await.expect(lists);
    }
    app.sql(&format!("delete from memberships where user_id = '{}'", editor.id)).await;
    editor.post(&own, new).await.problem(403, "not_allowed");
    editor.get(address(&hidden)).await.problem(404, "not_found");
    app.visitor().with("authorization", "Bearer nonsense").get(address(&open)).await.problem(401, "not_signed_in");
}

#[actix_web::test]
async fn listings_come_and_go_with_their_groups_standing() {
    let (app, group) = town().await;
    let outsider = app.person("Olwen").await;
    let listing = post(&group, json!({})).await;
    let stand = async |state: &str, decided: &str| {
        app.sql(&format!("update network_groups set state = '{state}', decided_at = {decided} where group_id = '{}'", group.id)).await;
    };
    for (state, decided, open) in
        [("suspended", "now()", false), ("approved", "now()", true), ("awaiting_review", "null", false), ("approved", "now()", true)]
    {
        stand(state, decided).await;
        assert_eq!(is_open(&app, &listing).await, open, "{state}");
        let (status, code) = if open { (403, "not_allowed") } else { (404, "not_found") };
        outsider.patch(address(&listing), "*", json!({})).await.problem(status, code);
        group.owner.get(address(&listing)).await.expect(200);
    }
    stand("awaiting_review", "null").await;
    let early = post(&group, json!({})).await;
    outsider.get(format!("/v1/groups/{}/listings", group.id)).await.problem(404, "not_found");
    assert!(!is_open(&app, &early).await);
    stand("approved", "now()").await;
    assert!(is_open(&app, &early).await);
    for (column, value, back) in [("moderation", "'held'", "'approved'"), ("quantity_promised", "1", "0")] {
        app.sql(&format!("update listings set {column} = {value}")).await;
        assert!(!is_open(&app, &listing).await, "{column}");
        app.sql(&format!("update listings set {column} = {back}")).await;
    }
    app.sql("update listings set quantity = 5, quantity_promised = 3").await;
    group.owner.patch(address(&listing), "*", json!({"quantity": 2})).await.problem(409, "not_enough_left");
}

#[actix_web::test]
async fn short_codes_can_be_said_on_the_telephone() {
    let (app, group) = town().await;
    let listing = post(&group, json!({})).await;
    let code = listing.str("/code");
    for spelt in [code.clone(), code.to_lowercase()] {
        assert_eq!(app.visitor().get(format!("/v1/listings/{spelt}")).await.expect(200).str("/id"), listing.str("/id"));
    }
    let unknown = if code == "BBBBB" { "CCCCC" } else { "BBBBB" };
    for wrong in [unknown, "AAAAA", "B", "BBBBBBB", "B%20BBB", "%C3%89BBBB", "01980a8e-0c7c-7d10-a3c0-2a5f3c1d9e03"] {
        app.visitor().get(format!("/v1/listings/{wrong}")).await.problem(404, "not_found");
    }
    app.sql(
        "do $$ begin
           assert (select count(distinct short_code(n)) from generate_series(1, 1000) n) = 1000;
           assert (select bool_and(short_code(n) ~ '^[2-9BCDFGHJKMNPQRTVWXY]{5}$') from generate_series(1, 1000) n);
           assert (select bool_and(short_code(n) ~ '^[2-9BCDFGHJKMNPQRTVWXY]{6}$') from generate_series(11881376, 11882376) n);
         end $$",
    )
    .await;
}

async fn expire(app: &TestApp) -> usize {
    gotit::listings::jobs::expire(&mut *app.conn().await, app.now()).await.unwrap()
}

#[actix_web::test]
async fn what_has_expired_is_put_away_and_can_still_be_renewed() {
    let (app, group) = town().await;
    let (over, standing) = (post(&group, json!({})).await, post(&group, json!({"title": "More chairs", "standing": true})).await);
    let expired = "select count(*) = 1 from listings where state = 'expired' and not is_open";
    assert_eq!(expire(&app).await, 0);
    app.advance(Duration::days(61));
    assert_eq!(expire(&app).await, 1);
    assert_eq!(expire(&app).await, 0);
    app.sql(&format!("do $$ begin assert ({expired}); end $$")).await;
    let owner = app.back_again(&group.owner);
    let read = owner.get(address(&over)).await.expect(200);
    assert_eq!((read.str("/state"), read.version()), ("expired".into(), over.version()), "it is no edit");
    assert!(is_open(&app, &standing).await);
    assert_eq!(step(&owner, &over, "renew").await.expect(200).str("/state"), "active");
    assert!(is_open(&app, &over).await);
}

#[actix_web::test]
async fn an_edit_that_ends_later_opens_what_has_expired_put_away_or_not() {
    let (app, group) = town().await;
    let listings = [post(&group, json!({})).await, post(&group, json!({"title": "More chairs"})).await];
    app.advance(Duration::days(61));
    let owner = app.back_again(&group.owner);
    for (listing, put_away) in listings.iter().zip([false, true]) {
        if put_away {
            assert_eq!(expire(&app).await, 1);
        }
        let same = owner.patch(address(listing), "\"1\"", json!({"quantity": 3})).await.expect(200);
        assert_eq!(same.str("/state"), "expired", "put away: {put_away}");
        let later = owner.patch(address(listing), "\"2\"", json!({"expires_at": null, "standing": true})).await.expect(200);
        assert_eq!(later.str("/state"), "active", "put away: {put_away}");
        assert!(is_open(&app, listing).await);
    }
}
