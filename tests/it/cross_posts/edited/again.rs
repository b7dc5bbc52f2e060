//! Listings that are edited again and again, or while they are withdrawn, and those that are taken out and asked for anew.

use serde_json::json;

use super::super::Town;

impl Town {
    async fn step(&self, step: &str) {
        let owner = self.again(&self.group.owner);
        owner.send(reqwest::Method::POST, &format!("/v1/listings/{}/{step}", self.chairs), None).await.expect(200);
    }
}

#[actix_web::test]
async fn what_is_edited_while_it_is_withdrawn_is_shown_there_unread_by_no_way() {
    let town = Town::new("review").await;
    let fflur = town.let_in().await;
    town.edit(json!({"title": "Raffle tickets"})).await;
    town.step("withdraw").await;
    assert!(town.waiting(&fflur).await.each("/id").is_empty());
    town.edit(json!({"description": "Three pounds each."})).await;
    town.step("renew").await;
    town.edit(json!({"title": "Forty folding chairs"})).await;
    assert_eq!(town.stands().await, "pending", "nobody there has read the description");
    let waiting = town.waiting(&fflur).await;
    assert_eq!(waiting.body["items"][0]["changes"], json!([{"field": "description", "before": "", "after": "Three pounds each."}]));
    town.edit(json!({"description": ""})).await;
    assert_eq!((town.stands().await.as_str(), town.waiting(&fflur).await.each("/id").len()), ("approved", 0));

    // One that stays in sight there loses nothing of what is still to be looked at.
    town.edit(json!({"unit": "chairs"})).await;
    town.step("withdraw").await;
    town.edit(json!({"description": "Blue."})).await;
    town.step("renew").await;
    let waiting = town.waiting(&fflur).await;
    assert_eq!(waiting.each("/id").len(), 1);
    assert_eq!(waiting.body["items"][0]["changes"].as_array().unwrap().len(), 2, "{}", waiting.text);
}

#[actix_web::test]
async fn many_small_changes_change_the_meaning_there_as_one_does() {
    let town = Town::new("review").await;
    let fflur = town.let_in().await;
    town.edit(json!({"title": "Forty folding tables"})).await;
    assert_eq!(town.stands().await, "approved");
    town.edit(json!({"title": "Forty raffle tables"})).await;
    assert_eq!(town.stands().await, "pending");
    town.judge(&fflur, json!({"deed": "approve"})).await.expect(200);
    town.settle().await;
    town.edit(json!({"title": "Forty raffle tickets"})).await;
    assert_eq!(town.stands().await, "approved");
}

#[actix_web::test]
async fn what_that_network_approved_of_a_check_covers_nothing_else_that_it_finds() {
    let town = Town::new("open").await;
    town.app
        .sql(&format!("insert into network_checks (network_id, rule, action) values ('{}', 'contact_details', 'off')", town.stoke))
        .await;
    town.edit(json!({"description": "See www.stmarys.org."})).await;
    let fflur = town.let_in().await;
    town.edit(json!({"description": "Blue. See www.stmarys.org."})).await;
    assert_eq!(town.stands().await, "approved");
    town.edit(json!({"description": "See www.stmarys.org, or ring Jo on 07700 900123."})).await;
    assert_eq!(town.stands().await, "pending");
    assert!(town.waiting(&fflur).await.body["items"][0]["findings"][0].to_string().contains("07700 900123"));
}

#[actix_web::test]
async fn what_was_decided_against_is_not_asked_for_anew_until_that_is_decided_otherwise() {
    let town = Town::new("review").await;
    let (fflur, gwen) = (town.let_in().await, town.app.staff(town.leek, "Gwen", "coordinator").await);
    let (home, ask) = (town.path(), async || town.again(&town.group.owner).put(town.path(), json!(null)).await);
    for (deed, answer) in [("reject", 409), ("hold", 409), ("ask_changes", 200)] {
        town.edit(json!({"title": format!("Chairs to {deed}")})).await;
        let verdict = json!({"deed": deed, "reason": "too_vague"});
        let decision = town.judge(&fflur, verdict.clone()).await.expect(200).str("/id");
        let undo = format!("/v1/networks/{}/decisions/{decision}/undo", town.leek);
        town.again(&fflur).send(reqwest::Method::POST, &undo, None).await.expect(200);
        town.again(&town.group.owner).delete(&home).await.expect(204);
        assert_eq!(ask().await.expect(200).str("/moderation"), "pending", "what was undone was not decided");

        let decision = town.judge(&fflur, verdict).await.expect(200).str("/id");
        town.settle().await;
        town.again(&town.group.owner).delete(&home).await.expect(204);
        assert_eq!(ask().await.status, answer, "{deed}");
        if answer == 200 {
            continue;
        }
        // Back, so that there is something to let in on appeal.
        town.app
            .sql(&format!(
                "insert into cross_posts (listing_id, network_id, group_id, in_good_standing, moderation, asked_at)
                   values ('{}', '{}', '{}', true, 'rejected', now())",
                town.chairs, town.leek, town.group.id
            ))
            .await;
        let appeal = format!("/v1/groups/{}/decisions/{decision}/appeal", town.group.id);
        town.again(&town.group.owner).post(appeal, json!({"words": "They are chairs."})).await.expect(201);
        let queue = format!("/v1/networks/{}/queue", town.leek);
        let item = town.again(&gwen).get(format!("{queue}?kind=appeal")).await.expect(200).str("/items/0/id");
        let overturn = json!({"deed": "overturn", "reason": "other", "words": "So they are."});
        town.again(&gwen).post(format!("{queue}/{item}/decision"), overturn).await.expect(200);
        town.settle().await;
        town.again(&town.group.owner).delete(&home).await.expect(204);
        assert_eq!(ask().await.expect(200).str("/moderation"), "pending", "{deed}");
        town.judge(&fflur, json!({"deed": "approve"})).await.expect(200);
        town.settle().await;
    }
}
