//! Interests: who may say so, what the owner sees, what comes of it, and that nobody is left without an answer.

mod accept;
mod compare;
mod jobs;
mod races;

use gotit::schema::{interests, notices};
use serde_json::{Value, json};

use crate::support::{Answer, Client, Group, TestApp};

/// A town with a group that has forty chairs, and others that may ask.
pub struct Town {
    pub app: TestApp,
    pub owner: Group,
    pub asker: Group,
    /// Id of the chairs.
    pub chairs: String,
}

impl Town {
    pub async fn new() -> Self {
        Self::with(json!({})).await
    }

    /// With an offer that says more.
    pub async fn with(changes: Value) -> Self {
        let app = TestApp::start().await;
        let network = app.network("stoke").await;
        let owner = app.group(network, "St Mary's").await;
        let asker = app.group_at(network, "Tŷ Coch", "burslem-stoke-on-trent").await;
        let chairs =
            post(&owner, with(json!({"kind": "offer", "title": "Folding chairs", "quantity": 40, "unit": "chairs"}), changes)).await;
        Self { app, owner, asker, chairs }
    }

    pub async fn another(&self, name: &str) -> Group {
        self.app.group(self.owner.network, name).await
    }

    /// Everybody's tokens anew, after the clock has moved on.
    pub fn later(&mut self, by: chrono::Duration) {
        self.app.advance(by);
        for group in [&mut self.owner, &mut self.asker] {
            group.owner = self.app.back_again(&group.owner);
        }
    }

    /// The interest of a group in the chairs.
    pub async fn interest_of(&self, group: &Group, body: Value) -> String {
        ask(group, &self.chairs, body).await.expect(201).str("/id")
    }

    /// How many of the chairs are left.
    pub async fn left(&self) -> i64 {
        self.owner.owner.get(format!("/v1/listings/{}", self.chairs)).await.expect(200).body["quantity_left"].as_i64().unwrap()
    }

    /// The topics and facts of a group's notices, the oldest first.
    pub async fn told(&self, group: &Group) -> Vec<(String, Value)> {
        use diesel::prelude::*;
        use diesel_async::RunQueryDsl;
        use gotit::schema::inboxes;
        let rows = notices::table.inner_join(inboxes::table).filter(inboxes::group_id.eq(group.id)).order(notices::number);
        rows.select((notices::topic, notices::facts)).load(&mut *self.app.conn().await).await.unwrap()
    }

    /// What the network's staff read of an interest after it was said: what was done, why, and the facts.
    pub async fn on_record(&self, interest: &str) -> Vec<(String, Option<String>, Value)> {
        use diesel::prelude::*;
        use diesel_async::RunQueryDsl;
        use gotit::schema::audit_entries as acts;
        let about = acts::table.filter(acts::subject_id.eq(interest)).filter(acts::network_id.eq(self.owner.network.0));
        let rows = about.order((acts::occurred_at, acts::id)).offset(1);
        rows.select((acts::action, acts::reason, acts::detail)).load(&mut *self.app.conn().await).await.unwrap()
    }
}

/// An object with some fields set otherwise.
pub fn with(mut body: Value, changes: Value) -> Value {
    body.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
    body
}

/// Posts a listing, and gives its id.
pub async fn post(group: &Group, listing: Value) -> String {
    group.owner.post(format!("/v1/groups/{}/listings", group.id), listing).await.expect(201).str("/id")
}

/// Says that a group is interested in a listing.
pub async fn ask(group: &Group, listing: &str, body: Value) -> Answer {
    ask_by(&group.owner, group, listing, body).await
}

pub async fn ask_by(client: &Client, group: &Group, listing: &str, body: Value) -> Answer {
    client.post(format!("/v1/listings/{listing}/interests"), with(json!({"group_id": group.id}), body)).await
}

/// Accepts, declines or takes back.
pub async fn step(group: &Group, interest: &str, step: &str, body: Value) -> Answer {
    group.owner.post(format!("/v1/interests/{interest}/{step}"), body).await
}

async fn count(app: &TestApp) -> i64 {
    use diesel::QueryDsl;
    use diesel_async::RunQueryDsl;
    interests::table.count().get_result(&mut *app.conn().await).await.unwrap()
}

#[actix_web::test]
async fn a_group_says_that_it_is_interested_and_the_owner_is_told_without_the_message() {
    let town = Town::new().await;
    let said = ask(&town.asker, &town.chairs, json!({"quantity": 20, "message": "  I'r cinio dydd Iau.\r\nDiolch! "})).await.expect(201);
    assert_eq!(said.header("location"), format!("/v1/interests/{}", said.str("/id")));
    assert_eq!(
        (said.str("/state"), said.str("/message"), said.body["quantity"].as_i64()),
        ("open".into(), "I'r cinio dydd Iau.\nDiolch!".into(), Some(20))
    );
    assert_eq!((said.str("/group/name"), said.str("/listing/group/name")), ("Tŷ Coch".into(), "St Mary's".into()));
    for reader in [&town.asker.owner, &town.owner.owner, &town.app.member(&town.owner, "Vi", "viewer").await] {
        assert_eq!(reader.get(said.header("location")).await.expect(200).body, said.body);
    }
    assert_eq!(town.told(&town.owner).await, [("interest_received".to_owned(), json!({"open": 1, "quantity": 20}))]);
    assert_eq!(town.told(&town.asker).await, []);
    assert_eq!(town.left().await, 40, "an interest reserves nothing");
    let second = town.another("Knitters").await;
    ask(&second, &town.chairs, json!({})).await.expect(201);
    assert_eq!(town.told(&town.owner).await[1].1["open"], 2);
}

#[actix_web::test]
async fn how_many_are_asked_for_is_what_the_own_listing_wants_or_one() {
    let town = Town::new().await;
    assert_eq!(ask(&town.asker, &town.chairs, json!({"quantity": null})).await.expect(201).body["quantity"], 1);
    for (name, wanted, asked) in [("Knitters", 30, 30), ("Bowls", 60, 40)] {
        let group = town.another(name).await;
        let own = post(&group, json!({"kind": "want", "title": "Chairs for lunches", "quantity": wanted})).await;
        let said = ask(&group, &town.chairs, json!({"with_listing_id": own})).await.expect(201);
        assert_eq!((said.body["quantity"].as_i64(), said.str("/with_listing_id")), (Some(asked), own));
    }
}

#[actix_web::test]
async fn a_code_names_the_listing_as_well_as_its_id() {
    let town = Town::new().await;
    let code = town.app.visitor().get(format!("/v1/listings/{}", town.chairs)).await.str("/code");
    assert_eq!(ask(&town.asker, &code.to_lowercase(), json!({})).await.expect(201).str("/listing/id"), town.chairs);
}

#[actix_web::test]
async fn every_field_that_does_not_fit_is_named() {
    let town = Town::new().await;
    let wants = json!({"kind": "want", "title": "Chairs for lunches"});
    let (theirs, offer) = (post(&town.owner, wants.clone()).await, post(&town.asker, with(wants, json!({"kind": "offer"}))).await);
    for (body, field, code) in [
        (json!({"quantity": 0}), "/quantity", "out_of_range"),
        (json!({"quantity": 1_000_001}), "/quantity", "out_of_range"),
        (json!({"quantity": "two"}), "/quantity", "wrong_type"),
        (json!({"message": "x".repeat(1001)}), "/message", "too_long"),
        (json!({"message": "a\u{0}b"}), "/message", "control_character"),
        (json!({"with_listing_id": theirs}), "/with_listing_id", "unknown"),
        (json!({"with_listing_id": town.app.state.clock.now().timestamp()}), "/with_listing_id", "wrong_type"),
        (json!({"with_listing_id": "01980a8e-0000-7000-8000-000000000000"}), "/with_listing_id", "unknown"),
        (json!({"with_listing_id": offer}), "/with_listing_id", "wrong_kind"),
        (json!({"price": 5}), "/price", "unknown_field"),
    ] {
        ask(&town.asker, &town.chairs, body).await.problem(422, "invalid_fields").refuses(field, code);
    }
    assert_eq!(count(&town.app).await, 0);
    assert_eq!(town.told(&town.owner).await, []);
}

#[actix_web::test]
async fn nobody_asks_for_more_than_is_left_or_twice_or_for_their_own() {
    let town = Town::new().await;
    let more = ask(&town.asker, &town.chairs, json!({"quantity": 41})).await.problem(409, "not_enough_left");
    assert!(more.str("/detail").contains("40 left"), "{}", more.text);
    ask(&town.owner, &town.chairs, json!({})).await.problem(409, "conflict");
    let first = town.interest_of(&town.asker, json!({})).await;
    ask(&town.asker, &town.chairs, json!({})).await.problem(409, "already_exists");
    step(&town.asker, &first, "withdraw", Value::Null).await.expect(200);
    ask(&town.asker, &town.chairs, json!({})).await.expect(201);
    assert_eq!(count(&town.app).await, 2);
}

#[actix_web::test]
async fn the_own_listing_must_be_open_and_have_so_many() {
    let town = Town::new().await;
    let own = post(&town.asker, json!({"kind": "want", "title": "Chairs for lunches", "quantity": 5})).await;
    let more = ask(&town.asker, &town.chairs, json!({"with_listing_id": own, "quantity": 6})).await.problem(409, "not_enough_left");
    assert!(more.str("/detail").contains("own listing has 5 left"), "{}", more.text);
    let interest = town.interest_of(&town.asker, json!({"with_listing_id": own})).await;
    step(&town.owner, &interest, "accept", json!({})).await.expect(201);
    let none = ask(&town.asker, &town.chairs, json!({"with_listing_id": own})).await.problem(409, "not_enough_left");
    assert!(none.str("/detail").contains("own listing has 0 left"), "{}", none.text);
    town.app.sql(&format!("update listings set state = 'paused' where id = '{own}'")).await;
    ask(&town.asker, &town.chairs, json!({"with_listing_id": own})).await.problem(409, "wrong_state");
}

#[actix_web::test]
async fn only_editors_of_a_group_that_a_network_has_let_in_may_ask() {
    let town = Town::new().await;
    let (visitor, viewer) = (town.app.visitor(), town.app.member(&town.asker, "Vi", "viewer").await);
    ask_by(&visitor, &town.asker, &town.chairs, json!({})).await.problem(401, "not_signed_in");
    ask_by(&viewer, &town.asker, &town.chairs, json!({})).await.problem(403, "not_allowed");
    ask_by(&town.owner.owner, &town.asker, &town.chairs, json!({})).await.problem(403, "not_allowed");
    let nothing = json!({"group_id": "01980a8e-0000-7000-8000-000000000000"});
    ask(&town.asker, &town.chairs, nothing).await.problem(404, "not_found");
    ask_by(&town.app.member(&town.asker, "Edd", "editor").await.client, &town.asker, &town.chairs, json!({})).await.expect(201);
    let waiting = town.another("Waiting").await;
    town.app.sql(&format!("update network_groups set state = 'suspended' where group_id = '{}'", waiting.id)).await;
    ask(&waiting, &town.chairs, json!({})).await.problem(409, "wrong_state");
}

#[actix_web::test]
async fn a_listing_that_is_not_open_or_whose_group_is_blocked_is_as_if_it_were_not_there() {
    let town = Town::new().await;
    let seen = |answer: Answer| (answer.status, answer.body["code"].clone(), answer.body["detail"].clone());
    let absent = seen(ask(&town.asker, "01980a8e-0000-7000-8000-000000000000", json!({})).await.problem(404, "not_found"));
    for state in ["paused", "withdrawn", "fulfilled", "expired"] {
        town.app.sql(&format!("update listings set state = '{state}' where id = '{}'", town.chairs)).await;
        assert_eq!(seen(ask(&town.asker, &town.chairs, json!({})).await), absent, "{state}");
    }
    town.app.sql("update listings set state = 'active', moderation = 'held'").await;
    assert_eq!(seen(ask(&town.asker, &town.chairs, json!({})).await), absent);
    town.app.sql("update listings set moderation = 'approved'").await;
    for (by, whom) in [(&town.owner, &town.asker), (&town.asker, &town.owner)] {
        let block = format!("/v1/groups/{}/blocks/{}", by.id, whom.id);
        by.owner.put(&block, Value::Null).await.expect(204);
        assert_eq!(seen(ask(&town.asker, &town.chairs, json!({})).await), absent);
        by.owner.delete(&block).await.expect(204);
    }
    assert_eq!(count(&town.app).await, 0);
    ask(&town.asker, &town.chairs, json!({})).await.expect(201);
}

#[actix_web::test]
async fn who_knows_of_a_closed_listing_is_told_that_it_is_closed() {
    let town = Town::new().await;
    let mair = town.app.staff(town.owner.network, "Mair", "coordinator").await;
    town.app
        .sql(&format!(
            "insert into memberships (group_id, user_id, role, created_at) values ('{}', '{}', 'editor', now())",
            town.asker.id, mair.id
        ))
        .await;
    town.app.sql("update listings set state = 'paused'").await;
    ask_by(&mair, &town.asker, &town.chairs, json!({})).await.problem(409, "wrong_state");
}

#[actix_web::test]
async fn the_same_request_again_says_it_once() {
    let town = Town::new().await;
    let asker = town.asker.owner.with("idempotency-key", "k1");
    let first = ask_by(&asker, &town.asker, &town.chairs, json!({"quantity": 3})).await.expect(201);
    let again = ask_by(&asker, &town.asker, &town.chairs, json!({"quantity": 3})).await.expect(201);
    assert_eq!((again.body, again.headers.get("location")), (first.body, first.headers.get("location")));
    ask_by(&asker, &town.asker, &town.chairs, json!({"quantity": 4})).await.problem(422, "idempotency_key_reused");
    assert_eq!((count(&town.app).await, town.told(&town.owner).await.len()), (1, 1));
}

#[actix_web::test]
async fn a_group_that_asks_all_day_has_to_stop() {
    let town = Town::new().await;
    for _ in 0..50 {
        let interest = town.interest_of(&town.asker, json!({})).await;
        step(&town.asker, &interest, "withdraw", Value::Null).await.expect(200);
    }
    town.app.sql("update credential_attempts set attempts = 100").await;
    ask(&town.asker, &town.chairs, json!({})).await.problem(429, "too_many_requests");
}

#[actix_web::test]
async fn what_is_taken_back_or_declined_has_ended_and_the_other_side_hears_it() {
    let town = Town::new().await;
    let first = town.interest_of(&town.asker, json!({})).await;
    let back = step(&town.asker, &first, "withdraw", Value::Null).await.expect(200);
    assert_eq!(
        (back.str("/state"), back.str("/end_reason"), back.str("/answer")),
        ("withdrawn".into(), "taken_back".into(), "Taken back.".into())
    );
    let second = town.interest_of(&town.asker, json!({})).await;
    let words = "Rhywun arall oedd gyntaf.";
    let declined = step(&town.owner, &second, "decline", json!({"words": words})).await.expect(200);
    assert_eq!(
        (declined.str("/state"), declined.str("/end_reason"), declined.str("/end_words")),
        ("declined".into(), "not_chosen".into(), words.into())
    );
    let topics = |told: Vec<(String, Value)>| told.into_iter().map(|(topic, _)| topic).collect::<Vec<_>>();
    assert_eq!(topics(town.told(&town.owner).await), ["interest_received", "interest_withdrawn", "interest_received"]);
    assert_eq!(town.told(&town.asker).await, [("interest_declined".to_owned(), json!({"reason": "not_chosen"}))]);
    assert_eq!(town.on_record(&first).await, [("withdraw_interest".to_owned(), None, json!({}))]);
    assert_eq!(town.on_record(&second).await, [("decline_interest".to_owned(), None, json!({}))], "without the owner's words");
    for interest in [&first, &second] {
        for (group, what) in [(&town.asker, "withdraw"), (&town.owner, "decline"), (&town.owner, "accept")] {
            let refused = step(group, interest, what, json!({})).await.problem(409, "wrong_state");
            assert!(refused.str("/detail").contains("while it is open"), "{}", refused.text);
        }
    }
    step(&town.owner, &second, "decline", json!({"words": "x".repeat(1001)}))
        .await
        .problem(422, "invalid_fields")
        .refuses("/words", "too_long");
    let third = town.interest_of(&town.asker, json!({})).await;
    assert_eq!(step(&town.owner, &third, "decline", json!({"words": "  "})).await.expect(200).body["end_words"], Value::Null);
}

#[actix_web::test]
async fn each_side_does_its_own_and_others_know_nothing() {
    let town = Town::new().await;
    let interest = town.interest_of(&town.asker, json!({})).await;
    let (vi, other) = (town.app.member(&town.owner, "Vi", "viewer").await, town.another("Knitters").await);
    let staff = town.app.staff(town.owner.network, "Mair", "coordinator").await;
    let at = |what: &str| format!("/v1/interests/{interest}/{what}");
    town.owner.owner.post(at("withdraw"), Value::Null).await.problem(403, "not_allowed");
    for what in ["accept", "decline"] {
        town.asker.owner.post(at(what), json!({})).await.problem(403, "not_allowed");
        vi.post(at(what), json!({})).await.problem(403, "not_allowed");
    }
    for (client, status) in [(&town.app.visitor(), 401), (&*other.owner, 404), (&*staff, 404)] {
        client.get(format!("/v1/interests/{interest}")).await.expect(status);
        for what in ["withdraw", "decline", "accept"] {
            client.post(at(what), json!({})).await.expect(status);
        }
    }
}

#[actix_web::test]
async fn a_group_sees_what_it_has_said_page_by_page() {
    let town = Town::new().await;
    let mut said = Vec::new();
    for title in ["Folding tables", "Tea urn", "Projector"] {
        let listing = post(&town.owner, json!({"kind": "offer", "title": title})).await;
        said.insert(0, ask(&town.asker, &listing, json!({})).await.expect(201).str("/id"));
    }
    step(&town.owner, &said[1], "decline", json!({})).await.expect(200);
    let at = format!("/v1/groups/{}/interests", town.asker.id);
    let first = town.asker.owner.get(format!("{at}?limit=2")).await.expect(200);
    let rest = town.asker.owner.get(format!("{at}?limit=2&cursor={}", first.str("/next_cursor"))).await.expect(200);
    assert_eq!([first.each("/id"), rest.each("/id")].concat(), said);
    assert_eq!(town.asker.owner.get(format!("{at}?state=declined")).await.expect(200).each("/id"), [said[1].clone()]);
    town.asker.owner.get(format!("{at}?state=open&cursor={}", first.str("/next_cursor"))).await.problem(400, "cursor_mismatch");
    town.asker.owner.get(format!("{at}?state=lost")).await.problem(422, "invalid_fields").refuses("state", "not_one_of");
    assert_eq!(town.owner.owner.get(format!("/v1/groups/{}/interests", town.owner.id)).await.expect(200).each("/id"), Vec::<String>::new());
}

#[actix_web::test]
async fn a_listing_that_ends_answers_everybody_with_the_owners_words() {
    use gotit::{
        db::transaction,
        inbox,
        interests::{EndReason, service},
    };
    let town = Town::new().await;
    let (open, other) = (town.interest_of(&town.asker, json!({})).await, town.another("Knitters").await);
    let gone = town.interest_of(&other, json!({})).await;
    step(&other, &gone, "withdraw", Value::Null).await.expect(200);
    let (mut conn, now, id) = (town.app.conn().await, town.app.now(), town.chairs.parse().unwrap());
    transaction(&mut conn, async |tx| {
        let notices = service::close_for_listing(tx, now, id, EndReason::ListingFulfilled, Some("Y cyfan wedi mynd.")).await?;
        inbox::tell(tx, now, notices).await
    })
    .await
    .unwrap();
    let ended = town.asker.owner.get(format!("/v1/interests/{open}")).await.expect(200);
    assert_eq!((ended.str("/end_reason"), ended.str("/end_words")), ("listing_fulfilled".into(), "Y cyfan wedi mynd.".into()));
    assert_eq!(town.told(&town.asker).await, [("interest_declined".to_owned(), json!({"reason": "listing_fulfilled"}))]);
    assert_eq!(town.told(&other).await, [], "what was taken back before needs no answer");
    assert_eq!(town.on_record(&open).await, [("decline_interest".to_owned(), None, json!({"reason": "listing_fulfilled"}))]);
    assert_eq!(town.on_record(&gone).await.len(), 1);
}

#[actix_web::test]
async fn ends_between_groups_that_part_and_of_groups_that_close_are_on_record() {
    let town = Town::new().await;
    let interest = town.interest_of(&town.asker, json!({})).await;
    let block = format!("/v1/groups/{}/blocks/{}", town.asker.id, town.owner.id);
    town.asker.owner.put(block, Value::Null).await.expect(204);
    assert_eq!(town.on_record(&interest).await, [("decline_interest".to_owned(), None, json!({"reason": "not_available"}))]);
    let (one, other) = (town.another("Knitters").await, town.another("Bowls").await);
    let (own, left) = (town.interest_of(&one, json!({})).await, town.interest_of(&other, json!({})).await);
    for group in [&one, &town.owner] {
        group.owner.delete(format!("/v1/groups/{}", group.id)).await.expect(204);
    }
    assert_eq!(town.on_record(&own).await, [("withdraw_interest".to_owned(), None, json!({"reason": "group_closed"}))]);
    let left = town.on_record(&left).await;
    assert_eq!(left.iter().map(|(action, ..)| action.as_str()).collect::<Vec<_>>(), ["decline_interest"]);
}
