//! Standard replies.

use serde_json::json;

use super::Town;

#[actix_web::test]
async fn a_standard_reply_gives_reason_and_words_with_its_placeholders_filled() {
    let town = Town::new().await;
    let at = format!("/v1/networks/{}/replies", town.network);
    let reply = json!({"name": "Vague", "deed": "ask_changes", "reason": "too_vague", "words": "Dear {group}, what is \"{title}\"? {reason} Yours, {network}"});
    let made = town.mair.with("idempotency-key", "one").post(&at, reply.clone()).await.expect(201);
    let again = town.mair.with("idempotency-key", "one").post(&at, reply.clone()).await.expect(201);
    assert_eq!(made.str("/id"), again.str("/id"));
    town.mair.post(&at, reply).await.problem(409, "already_exists");
    let (_, item) = town.listed("Things {group}", "pending").await;
    let decision = town.decide(&town.mair, &item, json!({"deed": "ask_changes", "reply_id": made.str("/id")})).await.expect(200);
    let words = decision.str("/words");
    assert!(words.starts_with("Dear Caffi'r Môr, what is \"Things {group}\"? A listing says what it is about"), "{words}");
    assert!(words.ends_with("Yours, Network of stoke") && decision.str("/reason") == "too_vague");
}

#[actix_web::test]
async fn standard_replies_are_edited_with_their_version() {
    let town = Town::new().await;
    let at = format!("/v1/networks/{}/replies", town.network);
    let made = town.mair.post(&at, json!({"name": "Thanks", "words": "Thank you!"})).await.expect(201);
    town.mair.post(&at, json!({"name": "Again", "words": "Dear {you}"})).await.refuses("/words", "unknown_placeholder");
    let one = made.header("location");
    let read = town.nerys.get(&one).await.expect(200);
    town.nerys.patch(&one, &read.etag(), json!({"words": "Diolch, {group}!"})).await.expect(200);
    town.mair.patch(&one, &read.etag(), json!({"words": "Ta."})).await.problem(412, "stale");
    assert_eq!(town.mair.get(&at).await.expect(200).each("/words"), ["Diolch, {group}!"]);
    let leek = town.app.network("leek").await;
    let fflur = town.app.staff(leek, "Fflur", "coordinator").await;
    let elsewhere = one.replace(&town.network.to_string(), &leek.to_string());
    fflur.get(&elsewhere).await.problem(404, "not_found");
    fflur.delete(&elsewhere).await.problem(404, "not_found");
    assert_eq!(fflur.get(format!("/v1/networks/{leek}/replies")).await.expect(200).each("/id"), Vec::<String>::new());
    town.mair.delete(&one).await.expect(204);
    town.mair.get(&one).await.problem(404, "not_found");
}
