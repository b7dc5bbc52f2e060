//! What happens to networks, their staff and the groups in them, step by step, each in one transaction with its audit entry.

pub mod lead;
pub mod standing;

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use serde_json::{Value, json};

use super::{
    StaffRole, Standing,
    model::{NetworkText, NetworkThere, StaffMember},
    queries,
    rules::NetworkSlug,
};
use crate::{
    assisted,
    audit::{self, Act},
    catalog::{self, model::Locality},
    db::{Conn, transaction},
    error::{Code, Error, OnConstraint, Result},
    inbox::{self, Notice},
    moderation, policies, reports,
    schema::{network_groups, network_staff, networks},
    threads,
    types::{
        Refusal,
        fields::FieldError,
        ids::{GroupId, NetworkId, UserId},
        text::ExternalId,
    },
};

/// Who does something: a person, or the operator at the command line.
#[derive(Debug, Clone, Copy)]
pub struct Doer {
    /// The person; none for the operator.
    pub actor: Option<UserId>,
    /// When.
    pub now: DateTime<Utc>,
}

impl Doer {
    fn act(self, network: NetworkId, action: &'static str, subject: &'static str, id: impl ToString) -> Act {
        let role = if self.actor.is_some() { StaffRole::Coordinator.as_str() } else { audit::OPERATOR };
        Act { role: Some(role), network: Some(network), ..Act::by(self.actor, action, subject, id) }
    }
}

/// Makes a network under a slug. 409 when there is one with that slug.
pub async fn create(conn: &mut Conn, doer: Doer, slug: &NetworkSlug, text: NetworkText) -> Result<NetworkId> {
    transaction(conn, async |tx| {
        let (id, locality) = (NetworkId::new(), locality_of(tx, &text).await?);
        diesel::insert_into(networks::table)
            .values((
                networks::id.eq(id),
                networks::slug.eq(slug.as_str()),
                networks::name.eq(text.name.as_str()),
                networks::description.eq(text.description.as_str()),
                networks::rules.eq(text.rules.as_str()),
                networks::locality_code.eq(locality.code),
                networks::created_at.eq(doer.now),
                networks::updated_at.eq(doer.now),
            ))
            .execute(tx)
            .await
            .on_constraint("networks_slug_key", || {
                Error::problem(Code::AlreadyExists, format!("There is a network {} already.", slug.as_str()))
            })?;
        let made = for_records(tx, id).await?;
        audit::record(tx, doer.now, doer.act(id, "create_network", "network", id).changing(&Value::Null, &made)).await?;
        Ok(id)
    })
    .await
}

/// Changes a network; `change` gets it as it is, locked, and gives what it is to be.
pub async fn update(
    conn: &mut Conn,
    doer: Doer,
    network: NetworkId,
    change: impl FnOnce(&NetworkThere) -> Result<NetworkText>,
) -> Result<NetworkThere> {
    transaction(conn, async |tx| {
        queries::lock(tx, network).await?.ok_or_else(|| Error::not_found("network"))?;
        let current = find(tx, network).await?;
        let text = change(&current)?;
        let (locality, before) = (locality_of(tx, &text).await?, for_records(tx, network).await?);
        diesel::update(networks::table.find(network))
            .set((
                networks::name.eq(text.name.as_str()),
                networks::description.eq(text.description.as_str()),
                networks::rules.eq(text.rules.as_str()),
                networks::locality_code.eq(locality.code),
                networks::version.eq(networks::version + 1),
                networks::updated_at.eq(doer.now),
            ))
            .execute(tx)
            .await?;
        let after = for_records(tx, network).await?;
        audit::record(tx, doer.now, doer.act(network, "update_network", "network", network).changing(&before, &after)).await?;
        if current.0.rules != text.rules.as_str() {
            policies::service::rules_changed(tx, doer.now, network).await?;
        }
        find(tx, network).await
    })
    .await
}

/// A network as records keep it. What its ground rules say is with their versions.
async fn for_records(tx: &mut Conn, network: NetworkId) -> Result<Value> {
    let (there, locality) = find(tx, network).await?;
    let version = policies::service::ground_rules(tx, network).await?.version;
    Ok(json!({"name": there.name, "description": there.description, "locality": locality.slug, "rules_version": version}))
}

/// A network, or 404.
pub async fn find(conn: &mut Conn, network: NetworkId) -> Result<NetworkThere> {
    queries::find(conn, network).await?.ok_or_else(|| Error::not_found("network"))
}

async fn locality_of(tx: &mut Conn, text: &NetworkText) -> Result<Locality> {
    let found = catalog::queries::locality_by_slug(tx, &text.locality).await?;
    found.ok_or_else(|| vec![FieldError::body("/locality", no_such_locality())].into())
}

/// Why a locality's slug is refused.
pub fn no_such_locality() -> Refusal {
    Refusal::new("no_such_locality", "There is no locality with this slug. Look it up under /v1/localities.")
}

/// Gives a person a role in a network's staff. 404 when there is no such person, 409 when it would leave no coordinator.
pub async fn set_staff_role(conn: &mut Conn, doer: Doer, network: NetworkId, user: UserId, role: StaffRole) -> Result<StaffMember> {
    transaction(conn, async |tx| {
        queries::lock(tx, network).await?.ok_or_else(|| Error::not_found("network"))?;
        if role != StaffRole::Coordinator {
            keep_a_coordinator(tx, network, user).await?;
        }
        let before = queries::staff_role_of(tx, network, user).await?;
        diesel::insert_into(network_staff::table)
            .values((
                network_staff::network_id.eq(network),
                network_staff::user_id.eq(user),
                network_staff::role.eq(role),
                network_staff::created_at.eq(doer.now),
            ))
            .on_conflict((network_staff::network_id, network_staff::user_id))
            .do_update()
            .set(network_staff::role.eq(role))
            .execute(tx)
            .await
            .on_constraint("network_staff_user_id_fkey", || Error::not_found("person"))?;
        if role != StaffRole::Coordinator {
            moderation::service::claims::release_all(tx, network, user).await?;
        }
        let act = doer.act(network, "set_staff_role", "user", user).changing(&as_staff(before, false), &as_staff(Some(role), false));
        audit::record(tx, doer.now, Act { detail: json!({"role": role}), ..act }).await?;
        queries::staff_member(tx, network, user).await?.ok_or_else(|| Error::not_found("person"))
    })
    .await
}

/// Takes a person out of a network's staff, at once; when that was its safeguarding lead and worries wait, its coordinators are told. 404
/// when the person is not in it, 409 for the last coordinator.
pub async fn remove_staff(conn: &mut Conn, doer: Doer, network: NetworkId, user: UserId) -> Result<()> {
    transaction(conn, async |tx| {
        queries::lock(tx, network).await?.ok_or_else(|| Error::not_found("network"))?;
        keep_a_coordinator(tx, network, user).await?;
        let (_, was) = leave(tx, doer.now, network, user).await?.ok_or_else(|| Error::not_found("member of the staff"))?;
        audit::record(tx, doer.now, doer.act(network, "remove_staff", "user", user).changing(&was, &Value::Null)).await?;
        let notices = reports::service::lead::after_leaving(tx, network).await?;
        inbox::tell(tx, doer.now, notices).await
    })
    .await
}

/// Takes a person out of a network's staff, and with that out of being its safeguarding lead: a foreign key sees to that. What they were at is
/// free for others, and what they have shown of themselves for groups that it helps is erased. Gives what the person was there, for the
/// records.
async fn leave(tx: &mut Conn, now: DateTime<Utc>, network: NetworkId, user: UserId) -> Result<Option<(StaffRole, Value)>> {
    let Some(role) = queries::staff_role_of(tx, network, user).await? else { return Ok(None) };
    let lead: Option<UserId> = networks::table.find(network).select(networks::safeguarding_lead).first(tx).await?;
    diesel::delete(network_staff::table.find((network, user))).execute(tx).await?;
    moderation::service::claims::release_all(tx, network, user).await?;
    let helped = assisted::queries::groups_of(tx, network).await?;
    threads::service::contacts::erase_of_those_gone(tx, now, &helped).await?;
    Ok(Some((role, as_staff(Some(role), lead == Some(user)))))
}

/// What a person is in a network's staff, for the records.
fn as_staff(role: Option<StaffRole>, is_lead: bool) -> Value {
    match role {
        Some(role) if is_lead => json!({"role": role, "is_safeguarding_lead": true}),
        Some(role) => json!({"role": role}),
        None => Value::Null,
    }
}

/// 409 when this person is the only coordinator. To be asked while the network is locked.
async fn keep_a_coordinator(tx: &mut Conn, network: NetworkId, user: UserId) -> Result<()> {
    let coordinates = queries::staff_role_of(tx, network, user).await? == Some(StaffRole::Coordinator);
    if coordinates && !queries::has_other_coordinator(tx, network, user).await? {
        return Err(Error::problem(Code::Conflict, "A network keeps a coordinator. Make somebody else a coordinator first."));
    }
    Ok(())
}

/// Puts a group into a network's queue. 422 when there is no such network, 409 when the group has asked before.
pub async fn ask_to_join(tx: &mut Conn, now: DateTime<Utc>, network: NetworkId, group: GroupId) -> Result<()> {
    diesel::insert_into(network_groups::table)
        .values((
            network_groups::network_id.eq(network),
            network_groups::group_id.eq(group),
            network_groups::state.eq(Standing::AwaitingReview),
            network_groups::requested_at.eq(now),
        ))
        .execute(tx)
        .await
        .on_constraint("network_groups_network_id_fkey", || {
            let refusal = Refusal::new("no_such_network", "There is no network with this id. Look it up under /v1/networks.");
            vec![FieldError::body("/network_id", refusal)].into()
        })
        .on_constraint("network_groups_pkey", || {
            Error::problem(
                Code::AlreadyExists,
                "The group has asked this network before. If it was refused, speak to a coordinator: they can still approve it.",
            )
        })?;
    standing::put_in_queue(tx, now, (network, group)).await
}

/// Puts a group that was imported into a network under the importer's id: approved by the operator, or into the queue. Nobody is there who
/// could be asked every year whether it is still there.
pub async fn admit_imported(
    tx: &mut Conn,
    now: DateTime<Utc>,
    (network, group): (NetworkId, GroupId),
    external_id: &ExternalId,
    approved: bool,
) -> Result<()> {
    diesel::insert_into(network_groups::table)
        .values((
            network_groups::network_id.eq(network),
            network_groups::group_id.eq(group),
            network_groups::state.eq(if approved { Standing::Approved } else { Standing::AwaitingReview }),
            network_groups::external_id.eq(external_id.as_str()),
            network_groups::decided_at.eq(approved.then_some(now)),
            network_groups::requested_at.eq(now),
        ))
        .execute(tx)
        .await?;
    if approved { Ok(()) } else { standing::put_in_queue(tx, now, (network, group)).await }
}

/// Lets in a group that the network's staff have made because it is not online: they know it. It is checked again as every group is.
pub async fn admit_assisted(tx: &mut Conn, (user, now): (UserId, DateTime<Utc>), (network, group): (NetworkId, GroupId)) -> Result<()> {
    let recheck_at = now + queries::recheck_after(tx, network).await?;
    diesel::insert_into(network_groups::table)
        .values((
            network_groups::network_id.eq(network),
            network_groups::group_id.eq(group),
            network_groups::state.eq(Standing::Approved),
            network_groups::decided_by.eq(user),
            network_groups::decided_at.eq(now),
            network_groups::requested_at.eq(now),
            network_groups::recheck_at.eq(recheck_at),
            network_groups::sign_of_life_at.eq(now),
        ))
        .execute(tx)
        .await?;
    // Whoever made it keeps the ground rules for it, as they are now.
    policies::service::accept_by_joining(tx, (user, now), network, group).await
}

/// Takes groups that close out of all their networks. Their listings follow at once.
pub async fn close_standings(tx: &mut Conn, (user, now): (UserId, DateTime<Utc>), groups: &[GroupId]) -> Result<()> {
    diesel::update(network_groups::table.filter(network_groups::group_id.eq_any(groups)))
        .set((
            network_groups::state.eq(Standing::Closed),
            network_groups::reason.eq(None::<String>),
            network_groups::decided_by.eq(user),
            network_groups::decided_at.eq(now),
        ))
        .execute(tx)
        .await?;
    Ok(())
}

/// Takes a person out of the staff of all their networks, because their account is deleted. Gives what those are told who stay. 409 when
/// one would have no coordinator.
pub async fn leave_all_staff(tx: &mut Conn, (user, now): (UserId, DateTime<Utc>)) -> Result<Vec<Notice>> {
    let mut notices = Vec::new();
    let mut networks: Vec<NetworkId> = queries::networks_of_staff(tx, user).await?;
    networks.sort_unstable();
    for network in networks {
        queries::lock(tx, network).await?.ok_or_else(|| Error::not_found("network"))?;
        keep_a_coordinator(tx, network, user).await?;
        if let Some((role, was)) = leave(tx, now, network, user).await? {
            let act = Act { role: Some(role.as_str()), network: Some(network), ..Act::of(user, "remove_staff", "user", user) };
            audit::record(tx, now, act.changing(&was, &Value::Null)).await?;
        }
        notices.extend(reports::service::lead::after_leaving(tx, network).await?);
    }
    Ok(notices)
}
