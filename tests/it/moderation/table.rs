//! Every deed in every state, over HTTP; what each does at once, when it is undone, and when it is final.

use gotit::{
    listings::Moderation,
    moderation::{
        Deed, QueueKind,
        rules::{Case, step},
    },
};
use serde_json::{Value, json};

use super::{Town, because};

#[actix_web::test]
async fn every_deed_in_every_state_does_what_the_table_says_and_can_be_undone() {
    let town = Town::new().await;
    let twin = town.post("Folding chairs, forty").await;
    for state in Moderation::ALL {
        for deed in Deed::ALL {
            let (listing, item) = town.listed(&format!("{state} chairs for {deed}"), state.as_str()).await;
            let mut verdict = because(deed.as_str());
            if *deed == Deed::Merge {
                verdict["merge_into"] = json!(twin);
            }
            let answer = town.decide(&town.mair, &item, verdict).await;
            let now = async || town.own(&listing).await.str("/moderation");
            match step(Case::Listing, *deed, Some(*state)) {
                Ok(to) => {
                    assert_eq!(now().await, to.unwrap().as_str(), "{deed} from {state}: {}", answer.text);
                    town.undo(&town.nerys, &answer.expect(200).str("/id")).await.expect(200);
                    assert_eq!(now().await, state.as_str(), "{deed} from {state}, undone");
                    assert_eq!(town.own(&listing).await.str("/kind"), "offer");
                    let again = town.mair.get(format!("{}/{item}", town.queue())).await.expect(200);
                    assert_eq!(again.str("/state"), "waiting");
                }
                Err(error) => {
                    assert_eq!(answer.status, error.code().status().as_u16(), "{deed} from {state}: {}", answer.text);
                    assert_eq!(answer.str("/code"), error.code().as_str());
                    assert_eq!(now().await, state.as_str());
                }
            }
        }
    }
}

#[actix_web::test]
async fn a_decision_says_why_or_is_refused() {
    let town = Town::new().await;
    let (listing, item) = town.listed("Forty folding chairs", "pending").await;
    let decide = async |verdict: Value| town.decide(&town.mair, &item, verdict).await;
    decide(json!({"deed": "reject"})).await.refuses("/reason", "required");
    decide(json!({"deed": "reject", "reason": "other"})).await.refuses("/words", "required");
    decide(json!({"deed": "reject", "reason": "undecided"})).await.refuses("/reason", "not_for_people");
    decide(json!({"deed": "frown", "reason": "cross"})).await.refuses("/deed", "not_one_of");
    decide(json!({"deed": "overturn", "reason": "duplicate"})).await.refuses("/deed", "not_for_this");
    decide(json!({"deed": "merge", "reason": "duplicate"})).await.refuses("/merge_into", "required");
    decide(json!({"deed": "reject", "reason": "duplicate", "merge_into": item})).await.refuses("/merge_into", "not_for_this");
    decide(json!({"deed": "reject", "reason": "duplicate", "reply_id": item})).await.refuses("/reply_id", "unknown");
    let stranger = town.app.group(town.network, "Etruria Bowls Club").await;
    let other = stranger
        .owner
        .post(format!("/v1/groups/{}/listings", stranger.id), json!({"kind": "offer", "title": "Bowls", "category": "seating"}))
        .await;
    let into = other.expect(201).str("/id");
    decide(json!({"deed": "merge", "reason": "duplicate", "merge_into": into})).await.refuses("/merge_into", "unknown");
    decide(json!({"deed": "merge", "reason": "duplicate", "merge_into": item})).await.refuses("/merge_into", "unknown");
    decide(json!({"deed": "merge", "reason": "duplicate", "merge_into": listing})).await.refuses("/merge_into", "unknown");
    let gone = town.post("Folding chairs, forty").await;
    town.owner().send(reqwest::Method::POST, &format!("/v1/listings/{gone}/withdraw"), None).await.expect(200);
    decide(json!({"deed": "merge", "reason": "duplicate", "merge_into": gone})).await.refuses("/merge_into", "not_open");
}

#[actix_web::test]
async fn the_poster_reads_the_role_the_rule_and_what_to_do_but_only_once_it_is_final() {
    let town = Town::new().await;
    let (listing, item) = town.listed("Forty folding chairs", "approved").await;
    assert_eq!(town.seen(&listing).await, 200);
    town.decide(&town.mair, &item, because("remove")).await.expect(200);
    assert_eq!(town.seen(&listing).await, 404, "at once");
    let decisions = format!("/v1/groups/{}/decisions", town.group.id);
    assert_eq!(town.owner().get(&decisions).await.expect(200).each("/id").len(), 0, "it can be undone yet");
    town.catch_up().await;
    assert_eq!(town.told().await.len(), 0);
    let history = async || town.owner().get(format!("/v1/listings/{listing}/history")).await.expect(200).each("/action");
    assert!(!history().await.contains(&"remove_listing".to_owned()), "nor is it in the history");
    town.settle().await;
    assert_eq!(history().await[0], "remove_listing");
    let done_by = town.owner().get(format!("/v1/listings/{listing}/history")).await.expect(200).each("/by");
    assert_eq!((done_by[0].as_str(), done_by.last().map(String::as_str)), ("staff", Some("group")));
    let of_group = town
        .again(&town.mair)
        .get(format!("/v1/networks/{}/audit?group_id={}&action=remove_listing", town.network, town.group.id))
        .await
        .expect(200);
    assert_eq!((of_group.each("/subject_id"), of_group.each("/actor_role")), (vec![listing.clone()], vec!["coordinator".to_owned()]));
    let read = town.owner().get(&decisions).await.expect(200);
    assert_eq!(read.str("/items/0/decided_by"), "coordinator of Network of stoke");
    assert_eq!(read.str("/items/0/words"), "Say how big they are.");
    assert!(read.str("/items/0/rule").contains("what it is about"));
    assert!(!read.text.contains(&town.mair.id.to_string()) && !read.text.contains("Mair"), "never the person: {}", read.text);
    assert_eq!(read.body["items"][0]["can_appeal"], json!(true));
    assert_eq!(town.told().await.len(), 1);
    assert!(town.told().await[0].contains("Forty folding chairs"));
    town.settle().await;
    assert_eq!(town.told().await.len(), 1, "once");
}

#[actix_web::test]
async fn what_is_undone_nobody_hears_of() {
    let town = Town::new().await;
    let (listing, item) = town.listed("Forty folding chairs", "approved").await;
    let decided = town.decide(&town.mair, &item, because("remove")).await.expect(200);
    let (decision, time) = (decided.str("/id"), |path: &str| decided.str(path).parse::<chrono::DateTime<chrono::Utc>>().unwrap());
    assert_eq!(time("/final_at") - time("/decided_at"), chrono::Duration::seconds(30));
    let undone = town.undo(&town.mair, &decision).await.expect(200);
    assert_eq!(undone.body["can_undo"], json!(false));
    town.undo(&town.mair, &decision).await.problem(409, "wrong_state");
    assert_eq!(town.seen(&listing).await, 200);
    town.settle().await;
    assert_eq!(town.told().await.len(), 0);
    let history = town.owner().get(format!("/v1/listings/{listing}/history")).await.expect(200).each("/action");
    assert_eq!(history, ["create_listing"]);
    assert_eq!(town.owner().get(format!("/v1/groups/{}/decisions", town.group.id)).await.expect(200).each("/id").len(), 0);
    let second = town.decide(&town.again(&town.mair), &item, json!({"deed": "approve"})).await.expect(200).str("/id");
    town.app.advance(chrono::Duration::seconds(31));
    town.undo(&town.again(&town.mair), &second).await.problem(409, "wrong_state");
}

#[actix_web::test]
async fn what_has_changed_since_is_not_undone() {
    let town = Town::new().await;
    let (listing, item) = town.listed("Forty folding chairs", "pending").await;
    let decision = town.decide(&town.mair, &item, because("ask_changes")).await.expect(200).str("/id");
    town.owner().patch(format!("/v1/listings/{listing}"), "*", json!({"description": "A metre high."})).await.expect(200);
    assert_eq!(town.own(&listing).await.str("/moderation"), "pending", "it goes back to the coordinators");
    town.undo(&town.mair, &decision).await.problem(409, "conflict");
    assert_eq!(town.mair.get(town.queue()).await.expect(200).each("/subject_id"), [listing.as_str()]);
}

#[actix_web::test]
async fn many_are_decided_each_by_itself() {
    let town = Town::new().await;
    let (first, one) = town.listed("First chairs", "pending").await;
    let (second, two) = town.listed("Second chairs", "pending").await;
    let (third, three) = town.listed("Third chairs", "pending").await;
    town.decide(&town.nerys, &two, because("reject")).await.expect(200);
    let rows = json!({"decisions": [
        {"item_id": three, "deed": "approve"}, {"item_id": two, "deed": "approve"}, {"item_id": one, "deed": "reject"}, {"item_id": one, "deed": "approve"}]});
    let answer = town.mair.post(format!("{}/decisions", town.queue()), rows).await.expect(200);
    assert_eq!(answer.str("/results/0/decision/deed"), "approve");
    assert_eq!(answer.str("/results/1/problem/code"), "already_decided");
    assert!(answer.str("/results/1/problem/detail").contains("reject (too_vague)"));
    assert_eq!(answer.str("/results/2/problem/errors/0/pointer"), "/reason");
    assert_eq!(answer.str("/results/3/decision/item_id"), one);
    assert_eq!((town.seen(&first).await, town.seen(&second).await, town.seen(&third).await), (200, 404, 200));
    let unread = json!({"decisions": [{"item_id": one, "deed": "approve"}, {"item_id": one, "deed": "frown"}]});
    town.mair.post(format!("{}/decisions", town.queue()), unread).await.refuses("/decisions/1/deed", "not_one_of");
    town.mair.post(format!("{}/decisions", town.queue()), json!({"decisions": []})).await.refuses("/decisions", "out_of_range");
}

#[actix_web::test]
async fn turning_makes_a_want_of_an_offer_unless_somebody_is_interested() {
    let town = Town::new().await;
    let (listing, item) = town.listed("Looking for forty chairs", "approved").await;
    let other = town.app.group(town.network, "Etruria Bowls Club").await;
    let interest = json!({"group_id": other.id, "quantity": 1});
    let said = other.owner.post(format!("/v1/listings/{listing}/interests"), interest).await.expect(201).str("/id");
    let turn = json!({"deed": "turn", "reason": "wrong_kind"});
    town.decide(&town.mair, &item, turn.clone()).await.problem(409, "conflict");
    other.owner.send(reqwest::Method::POST, &format!("/v1/interests/{said}/withdraw"), None).await.expect(200);
    town.decide(&town.mair, &item, turn.clone()).await.problem(409, "conflict");
    let (listing, item) = town.listed("Looking for sixty stools", "approved").await;
    town.decide(&town.mair, &item, turn).await.expect(200);
    let turned = town.own(&listing).await;
    assert_eq!((turned.str("/kind"), &turned.body["basis"]), ("want".into(), &json!(["give"])));
    assert_eq!(town.seen(&listing).await, 200);
}

#[actix_web::test]
async fn who_waits_for_what_is_taken_down_is_answered_when_it_is_final() {
    let town = Town::new().await;
    let (listing, item) = town.listed("Forty folding chairs", "approved").await;
    let other = town.app.group(town.network, "Etruria Bowls Club").await;
    let interest = json!({"group_id": other.id, "quantity": 1});
    let said = other.owner.post(format!("/v1/listings/{listing}/interests"), interest).await.expect(201).str("/id");
    town.decide(&town.mair, &item, because("remove")).await.expect(200);
    let state = async || town.again(&other.owner).get(format!("/v1/interests/{said}")).await.expect(200).str("/state");
    assert_eq!(state().await, "open");
    town.settle().await;
    assert_eq!(state().await, "declined");
}

#[actix_web::test]
async fn what_is_held_comes_back_into_the_queue() {
    let town = Town::new().await;
    let (listing, item) = town.listed("Forty folding chairs", "approved").await;
    town.decide(&town.mair, &item, because("hold")).await.expect(200);
    assert_eq!(town.seen(&listing).await, 404);
    assert_eq!(town.mair.get(town.queue()).await.expect(200).each("/id").len(), 0);
    town.settle().await;
    let back = town.again(&town.mair).get(town.queue()).await.expect(200);
    assert_eq!(back.each("/subject_id"), [listing.as_str()]);
    let second = back.str("/items/0/id");
    town.decide(&town.again(&town.nerys), &second, json!({"deed": "approve"})).await.expect(200);
    assert_eq!(town.seen(&listing).await, 200);
}

#[actix_web::test]
async fn what_was_reported_is_kept_or_taken_down() {
    let town = Town::new().await;
    let (listing, _) = town.listed("Forty folding chairs", "pending").await;
    let reported = town.open(QueueKind::Report, listing.parse().unwrap(), Some(&listing)).await;
    let kept = town.decide(&town.mair, &reported, json!({"deed": "keep"})).await.expect(200);
    assert_eq!(town.seen(&listing).await, 200, "what the reports had hidden is back");
    assert_eq!(town.mair.get(town.queue()).await.expect(200).each("/id").len(), 0, "the listing itself is decided with it");
    town.undo(&town.mair, &kept.str("/id")).await.expect(200);
    assert_eq!(town.mair.get(town.queue()).await.expect(200).each("/id").len(), 2, "and waits again with it");
    town.decide(&town.mair, &reported, because("remove")).await.expect(200);
    assert_eq!(town.seen(&listing).await, 404);
}

#[actix_web::test]
async fn a_group_is_decided_about_and_put_back() {
    let town = Town::new().await;
    let knitters = json!({"name": "Gweuwyr", "locality": "hanley-stoke-on-trent", "network_id": town.network});
    let person = town.app.person("Olwen").await;
    let group = person.post("/v1/groups", knitters).await.expect(201).str("/id");
    let item = town.open_of(group.parse().unwrap(), QueueKind::Group, group.parse().unwrap(), None).await;
    let seen = async || town.app.visitor().get(format!("/v1/groups/{group}")).await.status;
    let decision = town.decide(&town.mair, &item, json!({"deed": "approve"})).await.expect(200).str("/id");
    assert_eq!(seen().await, 200);
    town.undo(&town.mair, &decision).await.expect(200);
    assert_eq!(seen().await, 404);
    town.decide(&town.mair, &item, json!({"deed": "reject", "reason": "not_a_group"})).await.expect(200);
    town.settle().await;
    assert_eq!(seen().await, 404);
    let person = town.again(&person);
    let told = person.get(format!("/v1/groups/{group}/inbox")).await.expect(200).each("/sentence");
    assert!(told.len() == 1 && told[0].contains("has not let your group in"), "{told:?}");
    let read = person.get(format!("/v1/groups/{group}/decisions")).await.expect(200);
    assert_eq!(read.str("/items/0/what_to_do"), "Speak to a coordinator, or appeal.");
}
