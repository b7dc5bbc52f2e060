//! Two who have nothing to do with each other hide a listing. Who counts as two.

use super::{ONE_ITEM, Town};
use crate::support::TestApp;

#[actix_web::test]
async fn two_who_have_nothing_to_do_with_each_other_hide_a_listing_and_nobody_learns_who() {
    let town = Town::new().await;
    let (olwen, rhys) = (town.somebody("Olwen").await, town.somebody("Rhys").await);
    town.report(&olwen, "misleading").await.expect(201);
    assert!(town.is_seen().await);
    town.report(&rhys, "money").await.expect(201);
    assert!(!town.is_seen().await);
    assert!(!town.app.visitor().get("/v1/listings").await.expect(200).text.contains(&town.chairs));
    let own = town.marys.owner.get(format!("/v1/listings/{}", town.chairs)).await.expect(200);
    assert!(own.text.contains("pending"), "{}", own.text);
    let told = town.marys.owner.get(format!("/v1/groups/{}/inbox", town.marys.id)).await.expect(200);
    assert_eq!(told.each("/topic"), ["listing_hidden"]);
    assert!(told.str("/items/0/sentence").starts_with("\"Forty folding chairs\" was reported, and is hidden"));
    town.holds(ONE_ITEM).await;
    town.holds("count(*) = 1 from audit_entries where action = 'hide_reported_listing' and actor_id is null").await;
    for person in [&olwen, &rhys] {
        for (text, name) in [(&told.text, "inbox"), (&own.text, "listing"), (&town.reports("").await.text, "reports")] {
            assert!(!text.contains(&person.id.to_string()) && !text.contains("Olwen") && !text.contains("Rhys"), "{name}: {text}");
        }
        town.holds(&format!("count(*) = 0 from audit_entries where to_jsonb(audit_entries)::text like '%{}%'", person.id)).await;
    }
    assert_eq!(town.reports("").await.each("/reason"), ["money", "misleading"]);
}

#[actix_web::test]
async fn people_of_one_group_and_a_person_who_comes_as_a_visitor_too_count_once() {
    let town = Town::new().await;
    let club = town.app.group(town.network, "Etruria Bowls Club").await;
    for person in [&club.owner, &town.app.member(&club, "Ben", "viewer").await] {
        town.report(person, "misleading").await.expect(201);
    }
    // From where both of them have reported already.
    town.report(&town.app.visitor(), "misleading").await.expect(201);
    assert!(town.is_seen().await);
    let olwen = town.somebody("Olwen").await;
    town.report(&olwen, "misleading").await.expect(201);
    assert!(!town.is_seen().await);
}

#[actix_web::test]
async fn two_visitors_count_if_they_come_from_different_places() {
    let town = Town::on(TestApp::start_behind_proxy().await).await;
    let from = |address: &str| town.app.visitor().with("x-forwarded-for", address);
    town.report(&from("192.0.2.1"), "misleading").await.expect(201);
    town.report(&from("192.0.2.1"), "unsafe").await.problem(409, "already_exists");
    assert!(town.is_seen().await);
    town.report(&from("192.0.2.2"), "misleading").await.expect(201);
    assert!(!town.is_seen().await);
}

#[actix_web::test]
async fn accounts_that_are_made_one_after_the_other_in_one_place_count_once() {
    let town = Town::new().await;
    let (one, another) = (town.app.person("Olwen").await, town.app.person("Olwena").await);
    for person in [&one, &another] {
        town.report(person, "misleading").await.expect(201);
    }
    assert!(town.is_seen().await);
    // Groups that networks have let in stand for their people, also where two share a desk.
    let (club, choir) = (town.app.group(town.network, "Etruria Bowls Club").await, town.app.group(town.network, "Côr y Môr").await);
    town.report(&club.owner, "misleading").await.expect(201);
    assert!(town.is_seen().await, "she may have one of the accounts");
    town.report(&choir.owner, "misleading").await.expect(201);
    assert!(!town.is_seen().await);
}

#[actix_web::test]
async fn a_network_may_leave_reported_listings_where_they_are() {
    let town = Town::new().await;
    town.app.sql("update network_policies set hide_reported = false").await;
    town.reported_by(&["Olwen", "Rhys", "Nia"]).await;
    assert!(town.is_seen().await);
    town.holds(ONE_ITEM).await;
}

#[actix_web::test]
async fn two_at_once_are_both_counted() {
    let town = Town::new().await;
    let (olwen, rhys) = (town.somebody("Olwen").await, town.somebody("Rhys").await);
    let (one, other) = futures_util::future::join(town.report(&olwen, "misleading"), town.report(&rhys, "misleading")).await;
    assert_eq!((one.status, other.status), (201, 201), "{} {}", one.text, other.text);
    assert!(!town.is_seen().await);
    town.holds(ONE_ITEM).await;
    town.holds("count(*) = 1 from audit_entries where action = 'hide_reported_listing'").await;
}
