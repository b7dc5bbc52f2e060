//! What is reported of a group, and of its messages: the group is taken out of the network, or is not there to be taken out.

use chrono::Duration;
use gotit::{types::ids::NetworkId, worker};
use serde_json::{Value, json};

use crate::{
    pairs::{Pair, Talk},
    support::{Answer, Group, Person},
};

async fn say(talk: &Talk, group: &Group, words: &str) -> String {
    group.owner.post(talk.messages(), json!({"body": words})).await.expect(201).str("/id")
}

async fn waiting(staff: &Person, network: NetworkId) -> Answer {
    staff.get(format!("/v1/networks/{network}/queue?kind=report")).await.expect(200)
}

async fn decide(staff: &Person, network: NetworkId, item: &Value, deed: &str) -> Answer {
    let verdict = json!({"deed": deed, "reason": "other", "words": "Ring us."});
    staff.post(format!("/v1/networks/{network}/queue/{}/decision", item.as_str().unwrap()), verdict).await
}

#[actix_web::test]
async fn whoever_reported_a_group_hears_that_it_is_suspended_however_that_was_decided() {
    for way in ["direct", "queue"] {
        let pair = Pair::start().await;
        let mair = pair.app.staff(pair.network, "Mair", "coordinator").await;
        let talk = pair.interest("open").await;
        let (first, second) = (say(&talk, &pair.giver, "Thieves.").await, say(&talk, &pair.giver, "All of you.").await);
        let named = [json!({"message_id": first}), json!({"message_id": second}), json!({"group_id": pair.giver.id})];
        for what in named.into_iter().chain([json!({"listing_id": pair.offer})]) {
            let mut report = what;
            report["reason"] = json!("other");
            report["words"] = json!("They shout.");
            pair.receiver.owner.post("/v1/reports", report).await.expect(201);
        }
        let items = waiting(&mair, pair.network).await;
        assert_eq!(items.each("/subject_id"), [first, second, pair.giver.id.to_string(), pair.offer.clone()]);
        if way == "direct" {
            let at = format!("/v1/networks/{}/groups/{}/suspend", pair.network, pair.giver.id);
            mair.post(at, json!({"reason": "Ring us."})).await.expect(200);
        } else {
            decide(&mair, pair.network, &items.body["items"][0]["id"], "suspend").await.expect(200);
            pair.app.advance(Duration::seconds(31));
            worker::catch_up(&mut *pair.app.conn().await, pair.app.now()).await.unwrap();
        }
        assert_eq!(waiting(&mair, pair.network).await.each("/subject_id"), std::slice::from_ref(&pair.offer), "{way}");
        assert_eq!(pair.texts("select distinct outcome from reports where listing_id is null").await, ["acted"], "{way}");
        let told = pair.receiver.owner.get("/v1/users/me/inbox").await.expect(200).each("/topic");
        assert_eq!(told.iter().filter(|topic| *topic == "report_settled").count(), 3, "{way}: {told:?}");
    }
}

#[actix_web::test]
async fn what_a_group_that_is_not_in_good_standing_wrote_can_only_be_left() {
    let pair = Pair::start().await;
    let mair = pair.app.staff(pair.network, "Mair", "coordinator").await;
    let rude = say(&pair.interest("open").await, &pair.giver, "Thieves.").await;
    let at = format!("/v1/networks/{}/groups/{}/suspend", pair.network, pair.giver.id);
    mair.post(at, json!({"reason": "Ring us."})).await.expect(200);
    pair.receiver.owner.post("/v1/reports", json!({"message_id": rude, "reason": "unkind"})).await.expect(201);
    let item = waiting(&mair, pair.network).await.body["items"][0].clone();
    assert_eq!(item["deeds"], json!(["keep"]));
    decide(&mair, pair.network, &item["id"], "keep").await.expect(200);
}

#[actix_web::test]
async fn a_message_is_decided_about_where_its_writer_belongs() {
    let pair = Pair::start().await;
    let (leek, bath) = (pair.app.network("leek").await, pair.app.network("bath").await);
    let (mair, fflur) = (pair.app.staff(pair.network, "Mair", "coordinator").await, pair.app.staff(leek, "Fflur", "coordinator").await);
    let far = pair.app.group(leek, "Leek Hall").await;
    let talk = pair.interest_in(&pair.offer, &far, "open").await;
    let mut reports = Vec::new();
    for words in ["Thieves.", "All of you."] {
        reports.push(json!({"message_id": say(&talk, &far, words).await, "reason": "unkind"}));
    }
    let owner = &pair.giver.owner;
    reports[1]["network_id"] = json!(bath);
    owner.post("/v1/reports", reports[1].clone()).await.problem(422, "invalid_fields").refuses("/network_id", "other_network");
    reports[1]["network_id"] = json!(pair.network);
    for report in reports {
        owner.post("/v1/reports", report).await.expect(201);
    }
    // Where they deal with each other it is read, if that network is named; nothing is offered that it cannot do.
    assert_eq!(waiting(&mair, pair.network).await.body["items"][0]["deeds"], json!(["keep"]));
    let item = waiting(&fflur, leek).await.body["items"][0].clone();
    assert_eq!(item["deeds"], json!(["keep", "suspend"]));
    decide(&fflur, leek, &item["id"], "suspend").await.expect(200);
}
