//! Two coordinators at once, on connections of their own.

use futures_util::future::{join, join_all};
use serde_json::{Value, json};

use super::{Town, because};

#[actix_web::test]
async fn of_two_who_decide_one_wins_and_the_other_is_told_what_was_decided() {
    let town = Town::new().await;
    for round in 0..8 {
        let (listing, item) = town.listed(&format!("Chairs number {round}"), "pending").await;
        let (approve, reject) =
            (town.decide(&town.mair, &item, json!({"deed": "approve"})), town.decide(&town.nerys, &item, because("reject")));
        let (one, other) = join(approve, reject).await;
        let (winner, loser) = if one.status == 200 { (&one, &other) } else { (&other, &one) };
        assert_eq!(
            (winner.status, loser.status, loser.str("/code").as_str()),
            (200, 409, "already_decided"),
            "{} {}",
            one.text,
            other.text
        );
        assert!(loser.str("/detail").contains(&winner.str("/deed")), "{}", loser.text);
        let expected = if winner.str("/deed") == "approve" { "approved" } else { "rejected" };
        assert_eq!(town.own(&listing).await.str("/moderation"), expected);
    }
}

#[actix_web::test]
async fn of_two_who_claim_one_is_at_it_and_nobody_carries_more_than_they_want() {
    let town = Town::new().await;
    let mut items = Vec::new();
    for number in 0..6 {
        items.push(town.listed(&format!("Chairs number {number}"), "pending").await.1);
    }
    let claim = |item: &String| format!("{}/{item}/claim", town.queue());
    let (one, other) = join(town.mair.post(claim(&items[0]), Value::Null), town.nerys.post(claim(&items[0]), Value::Null)).await;
    let mut statuses = [one.status, other.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 409]);
    town.app.sql("update network_staff set carries_at_once = 2; update queue_items set claimed_by = null, claimed_until = null").await;
    let claims = join_all(items.iter().map(|item| town.mair.post(claim(item), Value::Null))).await;
    assert_eq!(claims.iter().filter(|answer| answer.status == 200).count(), 2);
    assert!(claims.iter().filter(|answer| answer.status != 200).all(|answer| answer.str("/code") == "limit_reached"));
}

#[actix_web::test]
async fn a_decision_is_undone_or_told_but_never_both() {
    let town = Town::new().await;
    for round in 0..4 {
        let (listing, item) = town.listed(&format!("Chairs number {round}"), "approved").await;
        let decision = town.decide(&town.again(&town.mair), &item, because("remove")).await.expect(200).str("/id");
        town.app.sql(&format!("update decisions set final_at = decided_at where id = '{decision}'")).await;
        let (mair, finish) = (town.again(&town.mair), town.catch_up());
        let (undone, ()) = join(town.undo(&mair, &decision), finish).await;
        assert_eq!(undone.status, 409, "{}", undone.text);
        assert_eq!(town.seen(&listing).await, 404);
    }
    assert_eq!(town.told().await.len(), 4);
}

#[actix_web::test]
async fn edits_and_decisions_at_once_lose_nothing() {
    let town = Town::new().await;
    for round in 0..6 {
        let (listing, item) = town.listed(&format!("Chairs number {round}"), "pending").await;
        let owner = town.owner();
        let edit = owner.patch(format!("/v1/listings/{listing}"), "*", json!({"description": "A metre high."}));
        let (edited, decided) = join(edit, town.decide(&town.mair, &item, because("ask_changes"))).await;
        assert_eq!((edited.status, decided.status), (200, 200), "{} {}", edited.text, decided.text);
        let own = town.own(&listing).await;
        // Edited first, it waits for changes; decided first, the edit has put it back.
        assert!(["changes_requested", "pending"].contains(&own.str("/moderation").as_str()));
        let waits =
            town.mair.get(format!("{}?kind=listing&limit=100", town.queue())).await.expect(200).each("/subject_id").contains(&listing);
        assert_eq!(waits, own.str("/moderation") == "pending");
    }
}
