//! Exchanges, from proposal to completion: what happens, who is told, and what is refused.

mod jobs;
mod model;
mod outcomes;
mod proposals;
mod races;
mod table;

use chrono::Duration;
use diesel::{dsl::sql, sql_types::BigInt};
use diesel_async::RunQueryDsl;
use gotit::types::ids::NetworkId;
use serde_json::{Value, json};

use crate::support::{Answer, Client, Group, Person, TestApp};

/// A network with a group that gives, one that receives, one beside them, and a coordinator.
struct Town {
    app: TestApp,
    network: NetworkId,
    giver: Group,
    receiver: Group,
    beside: Group,
    mair: Person,
}

impl Town {
    async fn new() -> Self {
        let app = TestApp::start().await;
        let network = app.network("stoke").await;
        let (giver, receiver) = (app.group(network, "St Mary's").await, app.group(network, "Caffi'r Môr").await);
        let (beside, mair) = (app.group(network, "Etruria Bowls Club").await, app.staff(network, "Mair", "coordinator").await);
        Self { app, network, giver, receiver, beside, mair }
    }

    /// Posts a listing and gives its id.
    async fn post(&self, group: &Group, more: Value) -> String {
        let mut listing = json!({"kind": "offer", "title": "Folding chairs", "category": "seating", "unit": "chairs"});
        listing.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        group.owner.post(format!("/v1/groups/{}/listings", group.id), listing).await.expect(201).str("/id")
    }

    async fn offer(&self, quantity: i32) -> String {
        self.post(&self.giver, json!({"quantity": quantity})).await
    }

    /// The receiver proposes.
    async fn propose(&self, listing: &str, quantity: i32) -> Answer {
        propose(&self.receiver, json!({"listing_id": listing, "quantity": quantity})).await
    }

    /// An exchange that both have agreed on.
    async fn agreed(&self, listing: &str, quantity: i32) -> String {
        let id = self.propose(listing, quantity).await.expect(201).str("/id");
        act(&self.giver.owner, &id, "accept", Value::Null).await.expect(200);
        id
    }

    /// An exchange that has been completed.
    async fn completed(&self, listing: &str, quantity: i32) -> String {
        let id = self.agreed(listing, quantity).await;
        act(&self.giver.owner, &id, "hand-over", json!({})).await.expect(200);
        act(&self.receiver.owner, &id, "confirm", json!({})).await.expect(200);
        id
    }

    /// What is left of a listing, as its group sees it.
    async fn left(&self, group: &Group, listing: &str) -> i64 {
        group.owner.get(format!("/v1/listings/{listing}")).await.expect(200).body["quantity_left"].as_i64().unwrap()
    }

    async fn state_of(&self, group: &Group, listing: &str) -> String {
        group.owner.get(format!("/v1/listings/{listing}")).await.expect(200).str("/state")
    }

    /// How often a group has been told of a topic.
    async fn told(&self, group: &Group, topic: &str) -> i64 {
        let of_group = format!("from notices join inboxes on inboxes.id = inbox_id where topic = '{topic}' and group_id = '{}'", group.id);
        count(&self.app, &format!("(select count(*) {of_group})")).await
    }
}

async fn propose(group: &Group, body: Value) -> Answer {
    group.owner.post(format!("/v1/groups/{}/exchanges", group.id), body).await
}

/// Does something about an exchange; without a body for null.
async fn act(client: &Client, id: &str, verb: &str, body: Value) -> Answer {
    client.send(reqwest::Method::POST, &format!("/v1/exchanges/{id}/{verb}"), Some(body).filter(|body| !body.is_null())).await
}

async fn read(client: &Client, id: &str) -> Answer {
    client.get(format!("/v1/exchanges/{id}")).await
}

/// A number that the database gives.
async fn count(app: &TestApp, expression: &str) -> i64 {
    diesel::select(sql::<BigInt>(expression))
        .get_result(&mut *app.conn().await)
        .await
        .unwrap_or_else(|error| panic!("{error}: {expression}"))
}

#[actix_web::test]
async fn twenty_chairs_go_from_proposal_to_completion_and_each_side_hears_of_the_other() {
    let town = Town::new().await;
    let chairs = town.offer(40).await;
    let proposed = town.propose(&chairs, 20).await.expect(201);
    let id = proposed.str("/id");
    assert_eq!(proposed.header("location"), format!("/v1/exchanges/{id}"));
    assert_eq!((proposed.str("/state"), proposed.str("/you")), ("proposed".into(), "receiver".into()));
    assert_eq!(proposed.body["actions"], json!(["withdraw"]));
    assert_eq!(proposed.str("/receiver/name"), "Caffi'r Môr");
    assert_eq!(town.left(&town.giver, &chairs).await, 40, "a proposal reserves nothing");

    let (giver, receiver) = (&town.giver.owner, &town.receiver.owner);
    assert_eq!(read(giver, &id).await.expect(200).body["actions"], json!(["accept", "decline"]));
    let accepted = act(giver, &id, "accept", Value::Null).await.expect(200);
    assert_eq!(accepted.body["actions"], json!(["schedule", "hand_over", "cancel"]));
    assert_eq!(town.left(&town.giver, &chairs).await, 20);
    let at = (town.app.now() + Duration::days(2)).to_rfc3339();
    let meeting = json!({"scheduled_for": at, "place": "The hall, back door; ring twice"});
    let scheduled = act(receiver, &id, "schedule", meeting).await.expect(200);
    assert_eq!((scheduled.str("/state"), scheduled.str("/place")), ("scheduled".into(), "The hall, back door; ring twice".into()));
    act(giver, &id, "hand-over", json!({"quantity": 19})).await.expect(200);
    let done = act(receiver, &id, "confirm", json!({"quantity": 18})).await.expect(200);
    assert_eq!((done.str("/state"), &done.body["actions"]), ("completed".into(), &json!([])));
    for (field, number) in
        [("requested", 20), ("quantity", 20), ("giver_quantity", 19), ("receiver_quantity", 18), ("received_quantity", 18)]
    {
        assert_eq!(done.body[field], number, "{field}");
    }
    assert_eq!(town.left(&town.giver, &chairs).await, 22, "what was not received is free again");
    for (group, topics) in [
        (&town.giver, ["exchange_proposed", "exchange_scheduled", "exchange_completed"]),
        (&town.receiver, ["exchange_accepted", "exchange_handed_over", "exchange_handed_over"]),
    ] {
        for topic in topics {
            assert_eq!(town.told(group, topic).await, 1, "{topic}");
        }
    }
    let acts = "select count(*) from audit_entries where action in ('propose_exchange', 'accept_exchange', 'schedule_exchange', 'hand_over_exchange', 'confirm_exchange')";
    assert_eq!(count(&town.app, &format!("({acts} and subject_id = '{id}' and actor_id is not null and group_id is not null)")).await, 5);
    assert_eq!(count(&town.app, "(select count(*) from outbox_events where topic = 'notice.created')").await, 5);
}

#[actix_web::test]
async fn an_offer_that_is_all_gone_is_fulfilled_and_nobody_waits_for_it_any_more() {
    let town = Town::new().await;
    let chairs = town.offer(4).await;
    let late = propose(&town.beside, json!({"listing_id": chairs, "quantity": 4})).await.expect(201).str("/id");
    town.completed(&chairs, 3).await;
    assert_eq!(town.state_of(&town.giver, &chairs).await, "active");
    let want = town.post(&town.receiver, json!({"kind": "want", "quantity": 1})).await;
    let last = propose(&town.receiver, json!({"listing_id": chairs, "with_listing_id": want, "quantity": 1})).await.expect(201).str("/id");
    act(&town.giver.owner, &last, "accept", Value::Null).await.expect(200);
    assert_eq!(town.state_of(&town.giver, &chairs).await, "active", "it is on its way");
    act(&town.receiver.owner, &last, "hand-over", json!({})).await.expect(200);
    act(&town.giver.owner, &last, "confirm", json!({})).await.expect(200);
    assert_eq!(town.state_of(&town.giver, &chairs).await, "fulfilled");
    assert_eq!(town.state_of(&town.receiver, &want).await, "fulfilled");
    let closed = read(&town.beside.owner, &late).await.expect(200);
    assert_eq!(
        (closed.str("/state"), closed.str("/end_reason"), closed.str("/ended_by")),
        ("declined".into(), "listing_fulfilled".into(), "system".into())
    );
    assert_eq!(town.told(&town.beside, "exchange_declined").await, 1);
    assert_eq!(town.told(&town.giver, "listing_fulfilled").await, 1);
    act(&town.giver.owner, &late, "accept", Value::Null).await.problem(409, "wrong_state");
    town.propose(&chairs, 1).await.problem(404, "not_found");
}

#[actix_web::test]
async fn what_was_lent_comes_back_and_can_be_lent_again() {
    let town = Town::new().await;
    let chairs = town.post(&town.giver, json!({"quantity": 10, "basis": ["lend"]})).await;
    let id = town.agreed(&chairs, 10).await;
    let day = |days| (town.app.now() + Duration::days(days)).to_rfc3339();
    act(&town.giver.owner, &id, "schedule", json!({"scheduled_for": day(3), "return_by": day(2)}))
        .await
        .refuses("/return_by", "before_start");
    act(&town.giver.owner, &id, "schedule", json!({"scheduled_for": day(3), "return_by": day(9)})).await.expect(200);
    act(&town.giver.owner, &id, "hand-over", json!({})).await.expect(200);
    act(&town.receiver.owner, &id, "confirm", json!({})).await.expect(200);
    assert_eq!(
        (town.left(&town.giver, &chairs).await, town.state_of(&town.giver, &chairs).await),
        (0, "active".into()),
        "a loan is never gone"
    );
    act(&town.receiver.owner, &id, "return", Value::Null).await.problem(403, "not_allowed");
    let back = act(&town.giver.owner, &id, "return", Value::Null).await.expect(200);
    assert!(back.body["returned_at"].is_string() && back.str("/state") == "completed");
    assert_eq!(town.left(&town.giver, &chairs).await, 10);
    assert_eq!(town.told(&town.receiver, "exchange_returned").await, 1);
    act(&town.giver.owner, &id, "return", Value::Null).await.problem(409, "wrong_state");
    let given = town.offer(1).await;
    let given = town.completed(&given, 1).await;
    act(&town.giver.owner, &given, "return", Value::Null).await.problem(409, "wrong_state");
}

#[actix_web::test]
async fn who_comes_too_late_hears_how_many_are_left_and_the_exchange_stays_as_it_was() {
    let town = Town::new().await;
    for (unit, quantity, sentence) in
        [("chairs", 10, "Only 4 chairs are left."), ("chairs", 7, "Only 1 is left."), ("boxes", 6, "None are left.")]
    {
        let offer = town.post(&town.giver, json!({"quantity": quantity, "unit": unit})).await;
        let second = propose(&town.beside, json!({"listing_id": offer, "quantity": 5})).await.expect(201).str("/id");
        town.agreed(&offer, 6).await;
        let refused = act(&town.giver.owner, &second, "accept", Value::Null).await.problem(409, "not_enough_left");
        assert_eq!(refused.str("/detail"), sentence);
        assert_eq!(read(&town.beside.owner, &second).await.str("/state"), "proposed");
    }
}

#[actix_web::test]
async fn what_is_called_off_is_free_again() {
    let town = Town::new().await;
    let chairs = town.offer(6).await;
    let cancelled = town.agreed(&chairs, 2).await;
    act(&town.receiver.owner, &cancelled, "cancel", json!({"reason": "other_reason"})).await.refuses("/words", "required");
    act(&town.receiver.owner, &cancelled, "cancel", json!({"reason": "bored"})).await.refuses("/reason", "not_one_of");
    let answer =
        act(&town.receiver.owner, &cancelled, "cancel", json!({"reason": "not_needed", "words": "Dim diolch, mae'n ddrwg gennym"})).await;
    let answer = answer.expect(200);
    assert_eq!(
        (answer.str("/state"), answer.str("/ended_by"), answer.str("/end_reason")),
        ("cancelled".into(), "receiver".into(), "not_needed".into())
    );
    assert_eq!(town.left(&town.giver, &chairs).await, 6);
    let missed = town.agreed(&chairs, 3).await;
    let soon = (town.app.now() + Duration::minutes(5)).to_rfc3339();
    act(&town.giver.owner, &missed, "schedule", json!({"scheduled_for": soon})).await.expect(200);
    act(&town.giver.owner, &missed, "no-show", json!({})).await.problem(409, "wrong_state");
    town.app.advance(Duration::minutes(6));
    let ended = act(&town.giver.owner, &missed, "no-show", json!({"words": "We waited half an hour."})).await.expect(200);
    assert_eq!((ended.str("/state"), ended.str("/end_reason")), ("no_show".into(), "receiver_did_not_come".into()));
    assert_eq!(town.left(&town.giver, &chairs).await, 6);
    assert_eq!(town.told(&town.receiver, "exchange_no_show").await + town.told(&town.giver, "exchange_cancelled").await, 2);
}

#[actix_web::test]
async fn staff_settle_what_the_two_sides_do_not_agree_on() {
    let town = Town::new().await;
    let chairs = town.offer(6).await;
    let id = town.agreed(&chairs, 2).await;
    act(&town.giver.owner, &id, "hand-over", json!({})).await.expect(200);
    let refused = act(&town.receiver.owner, &id, "cancel", json!({"reason": "disputed"})).await.problem(409, "wrong_state");
    assert!(refused.str("/detail").contains("accepted or scheduled"), "{}", refused.text);
    let words = json!({"reason": "disputed", "words": "The van never came."});
    let settled = act(&town.mair, &id, "cancel", words).await.expect(200);
    assert_eq!((settled.str("/you"), settled.str("/end_words")), ("staff".into(), "The van never came.".into()));
    assert_eq!(town.told(&town.giver, "exchange_cancelled").await + town.told(&town.receiver, "exchange_cancelled").await, 2);
    assert_eq!(town.left(&town.giver, &chairs).await, 6);
}

#[actix_web::test]
async fn staff_see_neither_time_nor_place_nor_words() {
    let town = Town::new().await;
    let chairs = town.offer(6).await;
    let id = propose(&town.receiver, json!({"listing_id": chairs, "quantity": 2, "message": "Ask for Olwen"})).await.expect(201).str("/id");
    act(&town.giver.owner, &id, "accept", Value::Null).await.expect(200);
    let at = town.app.now() + Duration::days(1);
    let meeting =
        json!({"scheduled_for": at.to_rfc3339(), "scheduled_until": (at + Duration::hours(1)).to_rfc3339(), "place": "Back door"});
    act(&town.giver.owner, &id, "schedule", meeting).await.expect(200);
    let list = format!("/v1/networks/{}/exchanges", town.network);
    for shown in [read(&town.mair, &id).await.expect(200).body, town.mair.get(list).await.expect(200).body["items"][0].clone()] {
        for hidden in ["scheduled_for", "scheduled_until", "place", "message", "thread_id", "end_words"] {
            assert!(shown[hidden].is_null(), "{hidden} is shown: {shown}");
        }
        assert_eq!((&shown["state"], &shown["you"], &shown["actions"]), (&json!("scheduled"), &json!("staff"), &json!(["cancel"])));
    }
    act(&town.receiver.owner, &id, "cancel", json!({"reason": "not_needed", "words": "Olwen is ill"})).await.expect(200);
    assert!(read(&town.mair, &id).await.body["end_words"].is_null());
    assert_eq!(read(&town.giver.owner, &id).await.str("/end_words"), "Olwen is ill");
}

#[actix_web::test]
async fn a_person_of_both_groups_says_for_which_one() {
    let town = Town::new().await;
    let both = town.app.member(&town.giver, "Bet", "editor").await;
    let in_receiver = format!(
        "insert into memberships (group_id, user_id, role, created_at) values ('{}', '{}', 'editor', now())",
        town.receiver.id, both.id
    );
    town.app.sql(&in_receiver).await;
    let staff_too = format!(
        "insert into network_staff (network_id, user_id, role, created_at) values ('{}', '{}', 'broker', now())",
        town.network, both.id
    );
    town.app.sql(&staff_too).await;
    let chairs = town.offer(6).await;
    let id = town.propose(&chairs, 2).await.expect(201).str("/id");
    act(&both, &id, "accept", Value::Null).await.expect(422).refuses("as", "required");
    read(&both, &id).await.expect(422).refuses("as", "required");
    let as_ = |whom: &dyn std::fmt::Display| format!("accept?as={whom}");
    act(&both, &id, &as_(&town.beside.id), Value::Null).await.refuses("as", "not_a_member");
    act(&both, &id, "accept?as=giver", Value::Null).await.refuses("as", "not_an_id");
    act(&both, &id, &as_(&town.receiver.id), Value::Null).await.problem(403, "not_allowed");
    act(&both, &id, &as_(&town.network), Value::Null).await.problem(403, "not_allowed");
    assert_eq!(act(&both, &id, &as_(&town.giver.id), Value::Null).await.expect(200).str("/you"), "giver");
    let as_staff = both.get(format!("/v1/exchanges/{id}?as={}", town.network)).await.expect(200);
    assert_eq!(as_staff.str("/you"), "staff");
    let stranger = town.app.person("Sol").await;
    stranger.get(format!("/v1/exchanges/{id}?as={}", town.giver.id)).await.problem(404, "not_found");
}

#[actix_web::test]
async fn the_calendar_file_says_when_and_where_to_the_two_groups() {
    let town = Town::new().await;
    let chairs = town.offer(6).await;
    let id = town.agreed(&chairs, 2).await;
    let calendar = format!("/v1/exchanges/{id}/calendar.ics");
    town.giver.owner.get(&calendar).await.problem(409, "wrong_state");
    let from = town.app.now() + Duration::days(30);
    let until = from + Duration::minutes(30);
    let meeting = json!({"scheduled_for": from.to_rfc3339(), "scheduled_until": until.to_rfc3339(), "place": "Tŷ Coch; back door, ring"});
    act(&town.giver.owner, &id, "schedule", meeting).await.expect(200);
    let file = town.receiver.owner.get(&calendar).await.expect(200);
    assert_eq!(file.header("content-type"), "text/calendar; charset=utf-8");
    for line in [
        from.format("DTSTART:%Y%m%dT%H%M%SZ\r\n").to_string().as_str(),
        until.format("DTEND:%Y%m%dT%H%M%SZ\r\n").to_string().as_str(),
        "LOCATION:Tŷ Coch\\; back door\\, ring\r\n",
        "SUMMARY:Receive from St Mary's: Folding chairs\r\n",
        "SEQUENCE:3\r\n",
    ] {
        assert!(file.text.contains(line), "{line} is missing: {}", file.text);
    }
    assert!(file.text.contains(&format!("UID:{id}@gotit\r\n")) && file.text.ends_with("END:VCALENDAR\r\n"));
    assert!(town.giver.owner.get(&calendar).await.text.contains("SUMMARY:Hand over to Caffi'r Môr: Folding chairs\r\n"));
    town.mair.get(&calendar).await.problem(403, "not_allowed");
    town.beside.owner.get(&calendar).await.problem(404, "not_found");
}

#[actix_web::test]
async fn lists_are_of_one_group_or_network_newest_first_page_by_page() {
    let town = Town::new().await;
    let tables = town.post(&town.receiver, json!({"title": "Tables", "quantity": 9})).await;
    let mut ids = Vec::new();
    for quantity in 1..=3 {
        let chairs = town.offer(9).await;
        ids.insert(0, town.propose(&chairs, quantity).await.expect(201).str("/id"));
    }
    let gives = propose(&town.giver, json!({"listing_id": tables, "quantity": 1})).await.expect(201).str("/id");
    propose(&town.beside, json!({"listing_id": tables, "quantity": 1})).await.expect(201);
    act(&town.giver.owner, &ids[2], "accept", Value::Null).await.expect(200);
    let list = format!("/v1/groups/{}/exchanges", town.giver.id);
    let get = async |query: &str| town.giver.owner.get(format!("{list}{query}")).await;
    assert_eq!(get("").await.expect(200).each("/id"), [vec![gives.clone()], ids.clone()].concat());
    assert_eq!(get("?side=receiver").await.each("/id"), std::slice::from_ref(&gives));
    assert_eq!(get("?side=giver&state=proposed").await.each("/id"), ids[..2]);
    let first = get("?side=giver&limit=2").await.expect(200);
    let next = format!("?side=giver&limit=2&cursor={}", first.str("/next_cursor"));
    assert_eq!((first.each("/id"), get(&next).await.each("/id")), (ids[..2].to_vec(), ids[2..].to_vec()));
    get(&format!("?cursor={}", first.str("/next_cursor"))).await.problem(400, "cursor_mismatch");
    get("?side=staff").await.refuses("side", "not_one_of");
    get("?state=lost").await.refuses("state", "not_one_of");
    let network = town.mair.get(format!("/v1/networks/{}/exchanges?state=proposed", town.network)).await.expect(200);
    assert_eq!(network.each("/id").len(), 4);
}
