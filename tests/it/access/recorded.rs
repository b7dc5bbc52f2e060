//! Whatever is changed is in the records, and what is done for a network in those of that network.

use super::{table::Row, world::World};
use crate::accounts::texts;

/// Operations that are not in the records, each with the reason. What a worry about somebody's safety does leave there is in
/// tests/it/safeguarding.rs.
const UNRECORDED: &[(&str, &str)] = &[
    ("sign_up", "an account is recorded by being there"),
    ("sign_in", "a session is recorded by being there"),
    ("end_session", "a session says itself when and how it ended"),
    ("update_me", "one's own name"),
    ("mark_thread_read", "what somebody has read is nobody's business"),
    ("mark_group_inbox_read", "what somebody has read is nobody's business"),
    ("mark_my_inbox_read", "what somebody has read is nobody's business"),
    ("check_listing", "nothing is posted"),
    ("preview_listing", "nothing is posted"),
    ("create_report", "who reports is told to nobody"),
    ("unblock_group", "there is no block to lift"),
    ("accept_ground_rules", "they are accepted already"),
    ("release_queue_item", "nobody is at it"),
    ("take_contact_back", "nothing was shown"),
    ("confirm_assistance", "it has begun already"),
];

/// How many entries there are, all together and in the world's network.
pub async fn entries(world: &World) -> (u32, u32) {
    let sql = format!(
        "select concat(count(*), ' ', count(*) filter (where network_id = '{}')) as text from audit_entries where outcome = 'done'",
        world.id("network")
    );
    let counts = texts(&world.app, &sql).await.remove(0);
    let (all, of_network) = counts.split_once(' ').unwrap();
    (all.parse().unwrap(), of_network.parse().unwrap())
}

/// The acts of people for a group or in a network that do not say as what.
async fn without_role(world: &World) -> Vec<String> {
    let sql = "select action as text from audit_entries where actor_id is not null and coalesce(actor_role, 'none') not in ('coordinator', 'broker', 'safeguarding_lead', 'owner', 'editor', 'viewer') and outcome = 'done' and coalesce(group_id, network_id) is not null";
    texts(&world.app, sql).await
}

/// What is wrong with the records after a row was done, if anything is.
pub async fn fault(world: &World, row: &Row, before: (u32, u32)) -> Option<String> {
    let (all, of_network) = entries(world).await;
    let nameless = without_role(world).await;
    if !nameless.is_empty() {
        return Some(format!("leaves entries that do not say as what it was done: {}", nameless.join(", ")));
    }
    match UNRECORDED.iter().find(|(operation, _)| *operation == row.operation) {
        Some(_) => (all != before.0).then(|| "is in the records all the same: take it off the list".to_owned()),
        None if all == before.0 => Some("is not in the records".to_owned()),
        None => {
            (row.at.starts_with("/v1/networks/<network>/") && of_network == before.1).then(|| "is not in the network's records".to_owned())
        }
    }
}
