//! The table of rights by enumeration: every action in every state, as everybody.

use gotit::exchanges::{
    Side, State,
    rules::{Action, TABLE},
};
use serde_json::{Value, json};

use super::{Town, act, count, read};
use crate::support::Client;

/// Who asks, and for which side: none for those who are none of it.
struct Caller {
    name: &'static str,
    client: Client,
    side: Option<Side>,
    /// The answer to everything, whatever the state.
    always: Option<u16>,
}

async fn callers(town: &Town) -> Vec<Caller> {
    let app = &town.app;
    let leek = app.network("leek").await;
    let caller = |name, client: &Client, side, always| Caller { name, client: client.clone(), side, always };
    vec![
        caller("owner of the giver", &town.giver.owner, Some(Side::Giver), None),
        caller("editor of the giver", &app.member(&town.giver, "Edd", "editor").await.client, Some(Side::Giver), None),
        caller("viewer of the giver", &app.member(&town.giver, "Vi", "viewer").await.client, None, Some(403)),
        caller("owner of the receiver", &town.receiver.owner, Some(Side::Receiver), None),
        caller("viewer of the receiver", &app.member(&town.receiver, "Val", "viewer").await.client, None, Some(403)),
        caller("coordinator", &town.mair, Some(Side::Staff), None),
        caller("broker", &app.staff(town.network, "Bran", "broker").await.client, Some(Side::Staff), None),
        caller("coordinator of another network", &app.staff(leek, "Fflur", "coordinator").await.client, None, Some(404)),
        caller("owner of another group", &town.beside.owner, None, Some(404)),
        caller("stranger", &app.person("Sol").await.client, None, Some(404)),
        caller("visitor", &app.visitor(), None, Some(401)),
    ]
}

/// An exchange of a loan in a state, as SQL: who proposed it, and what else that state has.
fn situation(state: State, by: Side) -> String {
    let agreed = |side: Side| {
        if state != State::Proposed && state != State::Withdrawn && state != State::Declined || by == side { "now()" } else { "null" }
    };
    let over = matches!(state, State::HandedOver | State::Completed);
    let done = state == State::Completed;
    let ended = matches!(state, State::Declined | State::Withdrawn | State::Cancelled | State::NoShow);
    let word = |yes: bool, word: &str| if yes { word.to_owned() } else { "null".to_owned() };
    format!(
        "update exchanges set state = '{state}', proposed_by = '{by}', giver_agreed_at = {}, receiver_agreed_at = {}, version = 1,
           scheduled_for = now() - interval '1 hour', handed_over_at = {}, giver_quantity = {}, receiver_quantity = {}, received_quantity = {}, completed_at = {},
           ended_by = {}, end_reason = {}, returned_at = null, return_by = null",
        agreed(Side::Giver),
        agreed(Side::Receiver),
        word(over, "now()"),
        word(over, "2"),
        word(done, "2"),
        word(done, "2"),
        word(done, "now()"),
        word(ended, "'giver'"),
        word(ended, "'not_needed'"),
    )
}

/// What the table and the rules beside it say: a status and the state afterwards.
fn expected(action: Action, side: Side, state: State, by: Side) -> (u16, State) {
    let rows: Vec<_> = TABLE.iter().filter(|row| row.action == action && row.by.contains(&side)).collect();
    let Some(row) = rows.iter().find(|row| row.from.contains(&state)) else {
        return (if rows.is_empty() { 403 } else { 409 }, state);
    };
    let refused = match action {
        Action::Accept | Action::Decline => by == side,
        Action::Withdraw => by != side,
        // In these situations the giver has said so.
        Action::Confirm => side == Side::Giver,
        _ => false,
    };
    let to = if action == Action::Accept && by == Side::Staff { State::Proposed } else { row.to };
    if refused { (403, state) } else { (200, to) }
}

const VERBS: [(Action, &str, &str); 9] = [
    (Action::Accept, "accept", ""),
    (Action::Decline, "decline", "{}"),
    (Action::Withdraw, "withdraw", ""),
    (Action::Schedule, "schedule", r#"{"scheduled_for": "<soon>"}"#),
    (Action::HandOver, "hand-over", "{}"),
    (Action::Confirm, "confirm", "{}"),
    (Action::Cancel, "cancel", r#"{"reason": "not_needed"}"#),
    (Action::NoShow, "no-show", "{}"),
    (Action::Return, "return", ""),
];

/// What must not change when something is refused.
const TRACES: &str = "(select (select count(*) from audit_entries) + (select count(*) from notices) + (select count(*) from outbox_events)
    + (select sum(version) from exchanges) + (select sum(quantity_promised) from listings))::bigint";

#[actix_web::test]
async fn every_action_in_every_state_by_everybody_is_as_the_table_says() {
    let town = Town::new().await;
    let chairs = town.post(&town.giver, json!({"quantity": 9, "basis": ["lend"]})).await;
    let id = town.propose(&chairs, 2).await.expect(201).str("/id");
    let soon = (town.app.now() + chrono::Duration::days(1)).to_rfc3339();
    let callers = callers(&town).await;
    let mut situations: Vec<_> = State::ALL.iter().map(|state| (*state, Side::Receiver)).collect();
    situations.extend([(State::Proposed, Side::Giver), (State::Proposed, Side::Staff), (State::Accepted, Side::Giver)]);
    let (mut wrong, mut asked) = (Vec::new(), 0);
    for (state, by) in situations {
        town.app.sql(&situation(state, by)).await;
        for Caller { name, client, side, always } in &callers {
            let mut possible = Vec::new();
            for (action, verb, body) in VERBS {
                let body = if body.is_empty() { Value::Null } else { serde_json::from_str(&body.replace("<soon>", &soon)).unwrap() };
                let (status, to) = side.map_or((always.unwrap_or_default(), state), |side| expected(action, side, state, by));
                let before = count(&town.app, TRACES).await;
                let answer = act(client, &id, verb, body).await;
                asked += 1;
                if answer.status != status || status == 200 && answer.body["state"] != json!(to) {
                    wrong.push(format!(
                        "{verb} by {name} while {state}, proposed by {by}: {} instead of {status}: {}",
                        answer.status, answer.text
                    ));
                }
                if answer.status == 200 {
                    possible.push(json!(action));
                    town.app.sql(&situation(state, by)).await;
                } else if count(&town.app, TRACES).await != before {
                    wrong.push(format!("{verb} by {name} while {state} was refused and left a trace"));
                }
                if status == 409 {
                    let rows = TABLE.iter().filter(|row| row.action == action && side.is_some_and(|side| row.by.contains(&side)));
                    let named = rows.flat_map(|row| row.from).all(|from| answer.text.contains(from.in_words()));
                    assert!(named && answer.body["code"] == "wrong_state", "{}", answer.text);
                }
            }
            if side.is_some() {
                assert_eq!(read(client, &id).await.expect(200).body["actions"], json!(possible), "{name} while {state}, proposed by {by}");
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_eq!(asked, 12 * 11 * 9);
}

#[actix_web::test]
async fn the_table_that_is_served_is_the_table_that_holds() {
    let town = Town::new().await;
    let served = town.app.visitor().get("/v1/exchanges/transitions").await.expect(200);
    let items = served.body["items"].as_array().unwrap();
    assert_eq!(items.len(), TABLE.len());
    for (item, row) in items.iter().zip(TABLE) {
        let row = json!({"action": row.action, "from": row.from, "by": row.by, "to": row.to, "when": row.when});
        assert_eq!(*item, row);
    }
}

#[actix_web::test]
async fn a_second_click_changes_nothing_and_says_so() {
    let town = Town::new().await;
    let chairs = town.offer(9).await;
    let id = town.agreed(&chairs, 2).await;
    let again = act(&town.giver.owner, &id, "accept", Value::Null).await.problem(409, "wrong_state");
    assert_eq!(again.str("/detail"), "This exchange is accepted. It can be accepted while it is proposed.");
    assert_eq!((town.left(&town.giver, &chairs).await, town.told(&town.receiver, "exchange_accepted").await), (7, 1));
    let (one, two) = (act(&town.giver.owner, &id, "hand-over", json!({})), act(&town.receiver.owner, &id, "hand-over", json!({})));
    let (one, two) = futures_util::future::join(one, two).await;
    let mut statuses = [one.status, two.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 409]);
}
