//! Who reads a network's worries about somebody's safety.

use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use serde_json::json;

use super::Doer;
use crate::{
    audit,
    db::Conn,
    error::{Error, OnConstraint, Result},
    networks::queries,
    schema::networks,
    types::{
        Refusal,
        fields::FieldError,
        ids::{NetworkId, UserId},
    },
};

/// Names a network's safeguarding lead, or nobody. Gives who it was before. 404 when there is no such network, 422 when the person does not
/// work for it. Whoever leaves the staff is the lead no more: a foreign key sees to that.
pub async fn name(tx: &mut Conn, doer: Doer, network: NetworkId, lead: Option<UserId>) -> Result<Option<UserId>> {
    queries::lock(tx, network).await?.ok_or_else(|| Error::not_found("network"))?;
    let before: Option<UserId> = networks::table.find(network).select(networks::safeguarding_lead).first(tx).await?;
    if before == lead {
        return Ok(before);
    }
    let named = networks::safeguarding_lead.eq(lead.map(|lead| lead.0));
    diesel::update(networks::table.find(network)).set(named).execute(tx).await.on_constraint("networks_safeguarding_lead_fkey", || {
        let refusal = Refusal::new("not_a_member", "This person does not work for the network. Take them into its staff first.");
        vec![FieldError::body("/user_id", refusal)].into()
    })?;
    let act = doer.act(network, "name_safeguarding_lead", "network", network);
    let act = act.changing(&json!({"safeguarding_lead": before}), &json!({"safeguarding_lead": lead}));
    audit::record(tx, doer.now, audit::Act { detail: json!({"from": before, "to": lead}), ..act }).await?;
    Ok(before)
}
