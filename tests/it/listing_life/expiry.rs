//! When listings end by themselves, and how they come back.

use chrono::Duration;
use serde_json::json;

use super::{address, draft, is_open, post, step, town};
use crate::support::TestApp;

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
