//! Naming the person who reads worries about somebody's safety. Both who was it and who is it now are told.

use super::flags::lead_is_missing;
use crate::{
    db::{Conn, transaction},
    error::Result,
    inbox::{self, Notice, Topic},
    networks::service::{self as networks, Doer},
    reports::{model::Lead, queries},
    types::ids::{NetworkId, UserId},
};

/// What a network's coordinators are told once somebody has left its staff: that worries wait and nobody is named to read them, if that
/// is so now.
pub async fn after_leaving(tx: &mut Conn, network: NetworkId) -> Result<Vec<Notice>> {
    if queries::lead(tx, network).await?.is_some() || queries::count_open_flags(tx, network).await? == 0 {
        return Ok(Vec::new());
    }
    lead_is_missing(tx, network).await
}

/// Names a network's lead, or nobody. Naming the same again changes nothing. 422 when the person does not work for the network.
pub async fn name(conn: &mut Conn, doer: Doer, network: NetworkId, lead: Option<UserId>) -> Result<Option<Lead>> {
    transaction(conn, async |tx| {
        let before = networks::lead::name(tx, doer, network, lead).await?;
        if before != lead {
            let mut notices = match lead {
                Some(lead) => vec![Notice::to_person(lead, Topic::SafeguardingLeadNamed)],
                None if queries::count_open_flags(tx, network).await? > 0 => lead_is_missing(tx, network).await?,
                None => Vec::new(),
            };
            notices.extend(before.map(|before| Notice::to_person(before, Topic::SafeguardingLeadReplaced)));
            inbox::tell(tx, doer.now, notices).await?;
        }
        queries::lead(tx, network).await
    })
    .await
}
