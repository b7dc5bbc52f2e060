//! Access by enumeration: every operation of the contract, as everybody, on things that are there, that are not, and that are
//! none of the caller's business.

mod recorded;
mod table;
mod world;

use std::collections::BTreeSet;

use serde_json::{Value, json};
use table::{CALLERS, Row, TABLE};
use world::{World, operation_of};

use crate::support::{Answer, CONTRACT, Client};

/// An id and a short code that nothing has.
const NOTHING: &str = "01980a8e-0000-7000-8000-000000000000";
const NO_CODE: &str = "ZZZZZ";

#[test]
fn every_operation_has_a_row() {
    let rows: BTreeSet<&str> = TABLE.iter().map(|row| row.operation).collect();
    let operations = CONTRACT.operations();
    let missing: Vec<_> =
        operations.iter().map(|(.., operation)| operation["operationId"].as_str().unwrap()).filter(|id| !rows.contains(id)).collect();
    assert!(missing.is_empty(), "say in tests/it/access/table.rs who may do this: {missing:?}");
}

#[test]
fn rows_and_contract_agree_on_who_needs_a_token() {
    for row in TABLE {
        let (_, operation) = operation_of(row);
        let only_with_token = operation["security"] == json!([{"access_token": []}]);
        assert_eq!(only_with_token, row.expected[0] == 401 && row.expected[1..].iter().any(|status| *status != 401), "{}", row.operation);
    }
}

/// Makes a test of the rows of one tag, so that they run side by side.
macro_rules! everybody_gets_what_the_table_says {
    ($($test:ident = $tag:literal),+ $(,)?) => {$(
        #[actix_web::test]
        async fn $test() {
            check($tag).await;
        }
    )+};
}

everybody_gets_what_the_table_says! {
    everybody_gets_their_answer_from_accounts = "Accounts",
    everybody_gets_their_answer_from_networks = "Networks",
    everybody_gets_their_answer_from_groups = "Groups",
    everybody_gets_their_answer_from_the_catalogue = "Catalogue",
    everybody_gets_their_answer_from_listings = "Listings",
    everybody_gets_their_answer_from_matches = "Matches",
    everybody_gets_their_answer_from_exchanges = "Exchanges",
    everybody_gets_their_answer_from_interests = "Interests",
    everybody_gets_their_answer_from_messages = "Messages",
    everybody_gets_their_answer_from_inboxes = "Inbox",
    everybody_gets_their_answer_from_policies = "Policies",
    everybody_gets_their_answer_from_checks = "Checks",
    everybody_gets_their_answer_from_moderation = "Moderation",
    everybody_gets_their_answer_from_reports = "Reports",
    everybody_gets_their_answer_from_complaints = "Complaints",
    everybody_gets_their_answer_from_assisted_groups = "Assisted groups",
    everybody_gets_their_answer_from_records = "Records",
    everybody_gets_their_answer_from_health = "Health",
}

#[test]
fn every_tag_has_its_test() {
    let tags: Vec<&str> = CONTRACT.document["tags"].as_array().unwrap().iter().map(|tag| tag["name"].as_str().unwrap()).collect();
    assert_eq!(
        tags,
        [
            "Accounts",
            "Networks",
            "Groups",
            "Catalogue",
            "Listings",
            "Matches",
            "Exchanges",
            "Interests",
            "Messages",
            "Inbox",
            "Policies",
            "Checks",
            "Moderation",
            "Reports",
            "Complaints",
            "Assisted groups",
            "Records",
            "Health"
        ]
    );
}

/// Calls every row of a tag as everybody. Reading and being refused change nothing, so a world lasts until something is done in it. What is
/// done is in the records.
async fn check(tag: &str) {
    let mut wrong = Vec::new();
    let mut world = World::new().await;
    for row in TABLE {
        let (method, operation) = operation_of(row);
        if operation["tags"] != json!([tag]) {
            continue;
        }
        for (caller, expected) in CALLERS.iter().zip(row.expected) {
            let before = recorded::entries(&world).await;
            let answer = world.call(&world.by(caller), row, row.at).await;
            if answer.status != expected {
                wrong.push(format!("{} as {caller}: {} instead of {expected}: {}", row.operation, answer.status, answer.text));
            }
            if answer.status < 400 && !method.is_safe() {
                let fault = recorded::fault(&world, row, before).await;
                wrong.extend(fault.map(|fault| format!("{} as {caller} {fault}", row.operation)));
                world = World::new().await;
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Those who do it wherever it may be done at all.
fn most_able(row: &Row) -> Option<&'static str> {
    CALLERS.iter().zip(row.expected).find(|(caller, status)| **caller != "visitor" && *status < 300).map(|(caller, _)| *caller)
}

/// The names in the path of a row, not in its query.
fn names(row: &Row) -> Vec<&'static str> {
    row.at.split('/').filter_map(|part| part.strip_prefix('<')?.strip_suffix('>')).collect()
}

#[actix_web::test]
async fn what_does_not_exist_is_not_found_even_by_those_who_may() {
    // Lifting a block that is not there changes nothing, and is no error.
    let harmless = [("unblock_group", "other_group")];
    let world = World::new().await;
    let mut wrong = Vec::new();
    for row in TABLE {
        let Some(caller) = most_able(row) else { continue };
        for name in names(row) {
            for id in [NOTHING, "not-an-id", "%00", "%C3%B1", "..%2f", &"x".repeat(500)] {
                let answer = world.call(&world.by(caller), row, &row.at.replace(&format!("<{name}>"), id)).await;
                let expected = if id == NOTHING && harmless.contains(&(row.operation, name)) { 204 } else { 404 };
                if answer.status != expected {
                    wrong.push(format!("{} with {name} = {id} as {caller}: {} {}", row.operation, answer.status, answer.text));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What an outsider can tell two answers apart by.
fn tellable(answer: &Answer) -> (u16, Value) {
    let mut body = answer.body.clone();
    if let Some(fields) = body.as_object_mut() {
        fields.retain(|name, _| !["instance", "request_id"].contains(&name.as_str()));
    }
    (answer.status, body)
}

#[actix_web::test]
async fn an_outsider_cannot_tell_a_private_thing_from_one_that_does_not_exist() {
    let world = World::new().await;
    let outside = ["visitor", "stranger", "foreign_coordinator", "other_owner"];
    let outside_of_waiting = ["visitor", "stranger", "viewer", "editor", "owner", "foreign_coordinator", "other_owner"];
    let mut asked = 0;
    for row in TABLE {
        let pairs: &[(&str, &str, &[&str])] = if row.at.starts_with("/v1/groups/<group>") {
            &[("waiting_group", NOTHING, &outside_of_waiting)]
        } else if row.at.starts_with("/v1/listings/<") {
            &[("draft", NOTHING, &outside), ("draft_code", NO_CODE, &outside), ("waiting_listing", NOTHING, &outside_of_waiting)]
        } else if row.at.starts_with("/v1/exchanges/<") {
            &[("agreed_exchange", NOTHING, &outside), ("lent_exchange", NOTHING, &outside)]
        } else {
            continue;
        };
        let (first, rest) = row.at.split_once('>').unwrap();
        let start = first.split_once('<').unwrap().0;
        for (private, absent, callers) in pairs {
            for caller in *callers {
                let client = world.by(caller);
                let there = world.call(&client, row, &format!("{start}<{private}>{rest}")).await;
                let not_there = world.call(&client, row, &format!("{start}{absent}{rest}")).await;
                assert_eq!(tellable(&there), tellable(&not_there), "{} of {private} as {caller}", row.operation);
                assert!([401, 404].contains(&there.status), "{} of {private} as {caller}: {}", row.operation, there.text);
                asked += 1;
            }
        }
    }
    assert!(asked > 150, "{asked}");
}

/// Private things further along an address, in a query or in a body: who asks, the operation, where, and what the private thing is.
const FURTHER_ALONG: &[(&str, &str, &str, &str)] = &[
    ("stranger", "end_session", "/v1/sessions/<?>", "session"),
    ("foreign_coordinator", "approve_group", "/v1/networks/<foreign_network>/groups/<?>/approve", "waiting_group"),
    ("foreign_coordinator", "ask_group_for_changes", "/v1/networks/<foreign_network>/groups/<?>/ask-changes", "waiting_group"),
    ("foreign_coordinator", "reject_group", "/v1/networks/<foreign_network>/groups/<?>/reject", "waiting_group"),
    ("foreign_coordinator", "suspend_group", "/v1/networks/<foreign_network>/groups/<?>/suspend", "group"),
    ("foreign_coordinator", "reinstate_group", "/v1/networks/<foreign_network>/groups/<?>/reinstate", "suspended_group"),
    ("foreign_coordinator", "invite_group_again", "/v1/networks/<foreign_network>/groups/<?>/invitation", "invited_group"),
    ("foreign_coordinator", "get_queue_item", "/v1/networks/<foreign_network>/queue/<?>", "item"),
    ("foreign_coordinator", "claim_queue_item", "/v1/networks/<foreign_network>/queue/<?>/claim", "item"),
    ("foreign_coordinator", "release_queue_item", "/v1/networks/<foreign_network>/queue/<?>/claim", "item"),
    ("foreign_coordinator", "decide_queue_item", "/v1/networks/<foreign_network>/queue/<?>/decision", "item"),
    ("foreign_coordinator", "undo_decision", "/v1/networks/<foreign_network>/decisions/<?>/undo", "fresh_decision"),
    ("foreign_coordinator", "get_reply", "/v1/networks/<foreign_network>/replies/<?>", "reply"),
    ("foreign_coordinator", "update_reply", "/v1/networks/<foreign_network>/replies/<?>", "reply"),
    ("foreign_coordinator", "delete_reply", "/v1/networks/<foreign_network>/replies/<?>", "reply"),
    ("other_owner", "create_appeal", "/v1/groups/<other_group>/decisions/<?>/appeal", "decision"),
    ("other_owner", "get_appeal", "/v1/groups/<other_group>/decisions/<?>/appeal", "appealed"),
    ("other_owner", "withdraw_appeal", "/v1/groups/<other_group>/decisions/<?>/appeal", "appealed"),
    ("owner", "create_appeal", "/v1/groups/<group>/decisions/<?>/appeal", "fresh_decision"),
    ("coordinator", "remove_staff", "/v1/networks/<network>/staff/<?>", "nobody"),
    ("owner", "remove_member", "/v1/groups/<group>/members/<?>", "nobody"),
    ("owner", "change_member_role", "/v1/groups/<group>/members/<?>", "nobody"),
    ("owner", "revoke_invitation", "/v1/groups/<group>/invitations/<?>", "other_invitation"),
    ("owner", "block_group", "/v1/groups/<group>/blocks/<?>", "waiting_group"),
    ("owner", "unblock_group", "/v1/groups/<group>/blocks/<?>", "waiting_group"),
    ("owner", "dismiss_match", "/v1/listings/<listing>/dismissals/<?>", "other_draft"),
    ("owner", "dismiss_match", "/v1/listings/<listing>/dismissals/<?>", "other_draft_offer"),
    ("owner", "dismiss_match", "/v1/listings/<listing>/dismissals/<?>", "waiting_listing"),
    ("owner", "restore_match", "/v1/listings/<listing>/dismissals/<?>", "other_draft"),
    ("owner", "restore_match", "/v1/listings/<listing>/dismissals/<?>", "other_draft_offer"),
    ("owner", "restore_match", "/v1/listings/<listing>/dismissals/<?>", "waiting_listing"),
    ("stranger", "explain_match", "/v1/matching/explain?offer=<?>&want=<wanted>", "draft"),
    ("owner", "explain_match", "/v1/matching/explain?offer=<listing>&want=<?>", "other_draft"),
    ("owner", "explain_match", "/v1/matching/explain?offer=<listing>&want=<?>", "other_draft_offer"),
    ("owner", "explain_match", "/v1/matching/explain?offer=<listing>&want=<?>", "waiting_listing"),
    ("other_owner", "explain_match", "/v1/matching/explain?offer=<?>&want=<wanted>", "draft"),
    ("foreign_coordinator", "explain_match", "/v1/matching/explain?offer=<?>&want=<other_draft>", "draft"),
    ("stranger", "get_exchange", "/v1/exchanges/<?>", "agreed_exchange"),
    ("other_owner", "accept_exchange", "/v1/exchanges/<?>/accept", "asked_exchange"),
    ("foreign_coordinator", "get_exchange_calendar", "/v1/exchanges/<?>/calendar.ics", "past_exchange"),
    ("stranger", "get_interest", "/v1/interests/<?>", "interest"),
    ("coordinator", "get_interest", "/v1/interests/<?>", "interest"),
    ("foreign_coordinator", "accept_interest", "/v1/interests/<?>/accept", "interest"),
    ("broker", "decline_interest", "/v1/interests/<?>/decline", "interest"),
    ("waiting_owner", "withdraw_interest", "/v1/interests/<?>/withdraw", "interest"),
    ("foreign_coordinator", "list_item_reports", "/v1/networks/<foreign_network>/queue/<?>/reports", "report_item"),
    ("foreign_coordinator", "get_network_complaint", "/v1/networks/<foreign_network>/complaints/<?>", "complaint"),
    ("foreign_coordinator", "answer_complaint", "/v1/networks/<foreign_network>/complaints/<?>/answer", "complaint"),
    ("coordinator", "get_safeguarding_flag", "/v1/networks/<network>/safeguarding-flags/<?>", "flag"),
    ("coordinator", "close_safeguarding_flag", "/v1/networks/<network>/safeguarding-flags/<?>/close", "flag"),
    ("stranger", "list_listings", "/v1/listings?group_id=<?>", "waiting_group"),
    ("visitor", "list_listings", "/v1/listings?group_id=<?>", "suspended_group"),
    ("foreign_coordinator", "get_assistance", "/v1/networks/<foreign_network>/groups/<?>/assistance", "assisted_group"),
    ("foreign_coordinator", "set_assistance", "/v1/networks/<foreign_network>/groups/<?>/assistance", "waiting_group"),
    ("foreign_coordinator", "end_assistance", "/v1/networks/<foreign_network>/groups/<?>/assistance", "assisted_group"),
    ("foreign_coordinator", "finish_follow_up", "/v1/networks/<foreign_network>/follow-ups/<?>/done", "follow_up"),
];

#[actix_web::test]
async fn nor_can_anybody_further_along_an_address() {
    let world = World::new().await;
    for (caller, operation, at, private) in FURTHER_ALONG {
        let row = TABLE.iter().find(|row| row.operation == *operation).unwrap();
        let client = world.by(caller);
        let there = world.call(&client, row, &at.replace("<?>", &format!("<{private}>"))).await;
        let not_there = world.call(&client, row, &at.replace("<?>", NOTHING)).await;
        assert_eq!(tellable(&there), tellable(&not_there), "{operation} of {private} as {caller}");
    }
    let accept = async |code: &str| world.by("viewer").post("/v1/invitations/accept", json!({"code": code})).await;
    let (somebody_elses, nobodys) = (accept(world.id("other_code")).await, accept("vKxM0Xo2b1cQm3J8yX4m9m0aZb7pQ2fS5tR6uV7wX8Y").await);
    assert_eq!(tellable(&somebody_elses), tellable(&nobodys));
}

#[actix_web::test]
async fn lists_show_outsiders_nothing_private() {
    let world = World::new().await;
    for row in TABLE.iter().filter(|row| row.expected == [200; 9]) {
        for caller in ["visitor", "stranger", "foreign_coordinator"] {
            let answer = world.call(&world.by(caller), row, row.at).await.expect(200);
            for private in
                ["draft", "other_draft", "waiting_group", "suspended_group", "waiting_listing", "session", "invitation", "interest"]
            {
                assert!(!answer.text.contains(world.id(private)), "{} shows {private} to {caller}", row.operation);
            }
            assert!(!answer.text.contains("@example.org"), "{} shows an e-mail address: {}", row.operation, answer.text);
        }
    }
}

/// Calls everything that `was` could do and `now` cannot, and expects the answers that `now` gets.
async fn check_that_is_now(world: &World, client: &Client, was: &str, now: &str) {
    let column = |name: &str| CALLERS.iter().position(|caller| *caller == name).unwrap();
    let lost: Vec<&Row> = TABLE.iter().filter(|row| row.expected[column(was)] != row.expected[column(now)]).collect();
    assert!(lost.len() >= 6, "{was} could hardly do anything");
    // Who has deleted their account can do nothing else.
    for row in lost.into_iter().filter(|row| !["accept_invitation", "delete_me"].contains(&row.operation)) {
        let answer = world.call(client, row, row.at).await;
        assert_eq!(answer.status, row.expected[column(now)], "{} by who was {was} and is {now}: {}", row.operation, answer.text);
    }
}

#[actix_web::test]
async fn a_role_that_was_taken_away_stops_at_once() {
    let world = World::new().await;
    let (owner, editor) = (world.by("owner"), world.by("editor"));
    let editor_at = world.address("/v1/groups/<group>/members/<editor>");
    editor.get(world.address("/v1/groups/<group>/blocks")).await.expect(200);
    owner.patch(&editor_at, "*", json!({"role": "viewer"})).await.expect(200);
    check_that_is_now(&world, &editor, "editor", "viewer").await;
    owner.delete(&editor_at).await.expect(204);
    check_that_is_now(&world, &editor, "editor", "stranger").await;
    let (coordinator, staff) = (world.by("coordinator"), world.address("/v1/networks/<network>/staff"));
    coordinator.put(format!("{staff}/{}", world.user("helper")), json!({"role": "coordinator"})).await.expect(200);
    let helper = world.by("helper");
    helper.put(format!("{staff}/{}", world.user("coordinator")), json!({"role": "broker"})).await.expect(200);
    check_that_is_now(&world, &coordinator, "coordinator", "broker").await;
    helper.delete(format!("{staff}/{}", world.user("coordinator"))).await.expect(204);
    check_that_is_now(&world, &coordinator, "coordinator", "stranger").await;
}

#[actix_web::test]
async fn a_token_of_an_ended_session_is_refused_everywhere() {
    let world = World::new().await;
    let owner = world.by("owner");
    owner.delete("/v1/sessions/current").await.expect(204);
    check_that_token_is_refused(&world, &owner, "session_ended").await;
}

#[actix_web::test]
async fn a_bad_or_expired_token_is_refused_everywhere() {
    let world = World::new().await;
    let forged = Client::new(world.app.address, Some("eyJhbGciOiJub25lIn0.e30.".to_owned()));
    check_that_token_is_refused(&world, &forged, "not_signed_in").await;
    world.app.advance(chrono::Duration::minutes(16));
    check_that_token_is_refused(&world, &world.by("owner"), "not_signed_in").await;
}

/// Also where a token is optional: a person who believes to be signed in must not silently get the public's answer.
async fn check_that_token_is_refused(world: &World, client: &Client, code: &str) {
    for row in TABLE {
        let (_, operation) = operation_of(row);
        if operation["security"].as_array().unwrap().contains(&json!({"access_token": []})) {
            world.call(client, row, row.at).await.problem(401, code);
        }
    }
}
