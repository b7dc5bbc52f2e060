//! A decision holds for a while: until five new ones say so, or seven days are over.

use chrono::Duration;
use gotit::{types::ids::NetworkId, worker};
use serde_json::json;

use super::{NO_ITEM, ONE_ITEM, Town};

#[actix_web::test]
async fn after_a_decision_it_takes_five_new_ones() {
    let town = Town::new().await;
    town.reported_by(&["Ann"]).await;
    town.settle(&town.chairs, false).await;
    let states = town.reported_by(&["Bob", "Cai", "Dai", "Eve"]).await;
    assert_eq!(states, ["decided_before"; 4]);
    town.holds(NO_ITEM).await;
    assert!(town.is_seen().await);
    // Those of one group are one voice.
    let club = town.app.group(town.network, "Etruria Bowls Club").await;
    town.app
        .sql(&format!(
            "insert into memberships (group_id, user_id, role, created_at) select '{}', id, 'viewer', now() from users where name = 'Eve'",
            club.id
        ))
        .await;
    assert_eq!(town.report(&club.owner, "misleading").await.expect(201).str("/state"), "decided_before");
    assert_eq!(town.reported_by(&["Fay"]).await, ["waiting"]);
    town.holds(ONE_ITEM).await;
    assert!(!town.is_seen().await, "five independent ones hide it again");
}

#[actix_web::test]
async fn one_who_says_it_again_and_again_does_not_drown_the_others() {
    let town = Town::new().await;
    town.reported_by(&["Ann"]).await;
    town.settle(&town.chairs, false).await;
    assert_eq!(town.reported_by(&["Bob", "Cai", "Dai", "Eve"]).await, ["decided_before"; 4]);
    town.app
        .sql(
            "insert into reports (id, code, network_id, listing_id, group_id, reason, reporter_id, reporter_mark, made_at, outcome, closed_at)
             select gen_random_uuid(), 'ABCD' || translate(lpad(i::text, 4, '0'), '01', 'XY'), network_id, listing_id, group_id, reason, reporter_id, reporter_mark,
               made_at + interval '1 second', outcome, closed_at
             from (select * from reports order by made_at desc, id desc limit 1) r, generate_series(1, 80) i",
        )
        .await;
    assert_eq!(town.reported_by(&["Fay"]).await, ["waiting"]);
}

#[actix_web::test]
async fn what_is_reported_while_a_decision_can_still_be_undone_is_answered_with_it() {
    let town = Town::new().await;
    town.reported_by(&["Ann", "Bob"]).await;
    assert!(!town.is_seen().await);
    let item = town.item(&town.mair, town.network, &town.chairs).await;
    let decision = format!("/v1/networks/{}/queue/{item}/decision", town.network);
    town.mair.post(&decision, json!({"deed": "keep"})).await.expect(200);
    assert!(town.is_seen().await);
    assert_eq!(town.reported_by(&["Cai"]).await, ["decided_before"]);
    assert!(town.is_seen().await, "it is not hidden again with nothing in the queue that could bring it back");
    town.app.advance(Duration::seconds(31));
    worker::catch_up(&mut *town.app.conn().await, town.app.now()).await.unwrap();
    assert!(town.is_seen().await);
    town.holds(NO_ITEM).await;
    town.holds("count(*) = 0 from reports where outcome is null").await;
}

#[actix_web::test]
async fn a_decision_holds_in_its_own_network_alone() {
    let town = Town::new().await;
    let (leek, group) = (town.app.network("leek").await, town.marys.id);
    town.app.let_in(leek, group).await;
    let report = async |name: &str, network: NetworkId| {
        let body = json!({"group_id": group, "network_id": network, "reason": "unkind"});
        town.somebody(name).await.post("/v1/reports", body).await.expect(201).str("/state")
    };
    assert_eq!(report("Ann", town.network).await, "waiting");
    town.settle(&group.to_string(), false).await;
    assert_eq!(report("Bob", town.network).await, "decided_before");
    assert_eq!(report("Cai", leek).await, "waiting", "Leek has decided nothing");
}

#[actix_web::test]
async fn or_seven_days() {
    let town = Town::new().await;
    town.reported_by(&["Ann"]).await;
    town.settle(&town.chairs, false).await;
    town.app.advance(Duration::days(7) - Duration::hours(1));
    assert_eq!(town.reported_by(&["Bob"]).await, ["decided_before"]);
    town.app.advance(Duration::hours(1));
    assert_eq!(town.reported_by(&["Cai"]).await, ["waiting"]);
    assert!(town.is_seen().await, "those that were answered do not count any more");
    town.holds(ONE_ITEM).await;
}
