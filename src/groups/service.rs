//! What happens to groups, step by step, each in one transaction with its audit entry.

pub mod closing;
pub mod invitations;
pub mod members;

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use serde_json::{Value, json};

use super::{
    Activity, Role,
    model::{Group, GroupText, GroupThere, Said},
    queries::{
        self,
        directory::{self, After, Entry, Filters, Sort},
    },
    rules::{Looker, SeenStanding},
};
use crate::{
    audit::{self, Act},
    catalog::{self, model::Locality},
    db::{Conn, transaction},
    error::{Code, Error, OnConstraint, Result},
    exchanges, inbox,
    interests::{self, EndReason},
    moderation, networks, policies,
    schema::{group_blocks, groups, memberships},
    types::{
        ReachKm, Refusal, Written,
        fields::FieldError,
        ids::{GroupId, NetworkId, UserId},
        text::{ExternalId, SearchWords},
    },
};

/// A person who does something, and when.
pub type Doer = (UserId, DateTime<Utc>);

/// A group as somebody sees it.
#[derive(Debug, Clone)]
pub struct SeenGroup {
    /// The group.
    pub group: Group,
    /// Where it is.
    pub locality: Locality,
    /// How it stands in those networks that the person may know of.
    pub standings: Vec<SeenStanding>,
}

/// What somebody asks of the directory; localities still by their slugs.
#[derive(Debug, Clone)]
pub struct Search {
    /// Words of name or description.
    pub words: Option<SearchWords>,
    /// In this locality or below it.
    pub locality: Option<String>,
    /// From where distances count.
    pub near: Option<String>,
    /// At most so far from there.
    pub within_km: Option<ReachKm>,
    /// Approved by this network.
    pub network: Option<NetworkId>,
    /// Does this.
    pub activity: Option<Activity>,
    /// The order.
    pub sort: Sort,
}

/// A page of the directory.
pub async fn search(conn: &mut Conn, search: Search, after: Option<After>, limit: i64) -> Result<Vec<Entry>> {
    let within = find_locality(conn, "locality", search.locality.as_deref()).await?;
    let near = find_locality(conn, "near", search.near.as_deref()).await?.map(|near| near.position());
    let Search { words, within_km, network, activity, sort, .. } = search;
    directory::list(conn, &Filters { words, within, near, within_km, network, activity, sort }, after, limit).await
}

async fn find_locality(conn: &mut Conn, parameter: &str, slug: Option<&str>) -> Result<Option<Locality>> {
    let Some(slug) = slug else {
        return Ok(None);
    };
    let found = catalog::queries::locality_by_slug(conn, slug).await?;
    found.map(Some).ok_or_else(|| vec![FieldError::parameter(parameter, no_such_locality())].into())
}

async fn locality_of(tx: &mut Conn, text: &GroupText) -> Result<Locality> {
    let found = catalog::queries::locality_by_slug(tx, &text.locality).await?;
    found.ok_or_else(|| vec![FieldError::body("/locality", no_such_locality())].into())
}

fn no_such_locality() -> Refusal {
    Refusal::new("no_such_locality", "There is no locality with this slug. Look it up under /v1/localities.")
}

/// A group as a person, or a visitor, sees it. 404 when no network has approved it and the person neither belongs to it nor works for
/// a network that it has asked to join.
pub async fn see(conn: &mut Conn, person: Option<UserId>, group: GroupId) -> Result<SeenGroup> {
    let looker = match person {
        Some(user) => Looker {
            member: queries::membership_of(conn, group, user).await?.is_some(),
            staff_of: networks::queries::networks_of_staff(conn, user).await?,
        },
        None => Looker::default(),
    };
    let standings = looker.sees(networks::queries::standings_of(conn, group).await?);
    if standings.is_empty() && !looker.member {
        return Err(Error::not_found("group"));
    }
    let (group, locality) = find(conn, group).await?;
    Ok(SeenGroup { group, locality, standings })
}

async fn find(conn: &mut Conn, group: GroupId) -> Result<GroupThere> {
    queries::find(conn, group).await?.ok_or_else(|| Error::not_found("group"))
}

/// A group that an importer knows under its own id, in a network.
#[derive(Debug)]
pub struct Imported<'a> {
    /// The network.
    pub network: NetworkId,
    /// The importer's id, unique within the network.
    pub external_id: &'a ExternalId,
    /// Let it in at once; otherwise it awaits review as any other.
    pub approve: bool,
}

/// Signs a group up under an importer's id, or makes the one that has that id say the same. It has no members until somebody
/// invites them.
pub async fn put(conn: &mut Conn, now: DateTime<Utc>, imported: &Imported<'_>, text: GroupText) -> Result<(Written, GroupId)> {
    transaction(conn, async |tx| {
        let Imported { network, external_id, approve } = *imported;
        let Some(id) = networks::queries::group_by_external_id(tx, network, external_id).await? else {
            let id = insert(tx, now, &text).await?;
            networks::service::admit_imported(tx, now, (network, id), external_id, approve).await?;
            record_import(tx, now, "create_group", id, network).await?;
            return Ok((Written::Created, id));
        };
        let closed = || Error::problem(Code::Conflict, "The group that has this external id has been closed.");
        queries::lock(tx, id).await?.ok_or_else(closed)?;
        let current = find(tx, id).await?;
        let text = text.keeping_what_is_not_said(&current);
        if text.is_said_by(&current) {
            return Ok((Written::Unchanged, id));
        }
        rewrite(tx, now, id, &text).await?;
        record_import(tx, now, "update_group", id, network).await?;
        Ok((Written::Changed, id))
    })
    .await
}

async fn record_import(tx: &mut Conn, now: DateTime<Utc>, action: &'static str, group: GroupId, network: NetworkId) -> Result<()> {
    let (role, detail) = (Some(audit::OPERATOR), json!({"by": "import"}));
    let act = Act { role, group: Some(group), network: Some(network), detail, ..Act::by_program(action, "group", group) };
    audit::record(tx, now, act).await
}

/// Signs a group up in a network: whoever does it is its owner, and the network decides whether to let it in.
pub async fn create(conn: &mut Conn, (user, now): Doer, text: GroupText, network: NetworkId) -> Result<SeenGroup> {
    transaction(conn, async |tx| {
        let id = insert(tx, now, &text).await?;
        diesel::insert_into(memberships::table)
            .values((
                memberships::group_id.eq(id),
                memberships::user_id.eq(user),
                memberships::role.eq(Role::Owner),
                memberships::created_at.eq(now),
            ))
            .execute(tx)
            .await?;
        networks::service::ask_to_join(tx, now, network, id).await?;
        policies::service::accept_by_joining(tx, (user, now), network, id).await?;
        audit::record(tx, now, Act { group: Some(id), network: Some(network), ..Act::of(user, "create_group", "group", id) }).await?;
        see(tx, Some(user), id).await
    })
    .await
}

/// Makes a group that is not online, for which a network's staff act: it has no members, and the network has approved it.
pub async fn create_assisted(tx: &mut Conn, (user, now): Doer, text: GroupText, network: NetworkId) -> Result<GroupId> {
    let id = insert(tx, now, &text).await?;
    networks::service::admit_assisted(tx, (user, now), (network, id)).await?;
    audit::record(tx, now, Act { group: Some(id), network: Some(network), ..Act::of(user, "create_group", "group", id) }).await?;
    Ok(id)
}

/// Changes a group; `change` gets it as it is, locked, and gives what it is to be.
pub async fn update(
    conn: &mut Conn,
    (user, now): Doer,
    group: GroupId,
    change: impl FnOnce(&GroupThere) -> Result<GroupText>,
) -> Result<SeenGroup> {
    transaction(conn, async |tx| {
        queries::lock(tx, group).await?.ok_or_else(|| Error::not_found("group"))?;
        let before = find(tx, group).await?;
        let text = change(&before)?;
        rewrite(tx, now, group, &text).await?;
        let act = Act::of(user, "update_group", "group", group);
        let act = act.changing(&for_records(&before.0), &for_records(&find(tx, group).await?.0));
        record_everywhere(tx, now, group, &act).await?;
        see(tx, Some(user), group).await
    })
    .await
}

/// What networks have let a group in as.
fn for_records(group: &Group) -> Value {
    json!({"name": group.name, "registered_as": group.registered_as, "registered_number": group.registered_number})
}

/// Records what a group has done to itself in each of the networks that know it.
async fn record_everywhere(tx: &mut Conn, now: DateTime<Utc>, group: GroupId, act: &Act) -> Result<()> {
    for there in networks::queries::standings_of(tx, group).await? {
        audit::record(tx, now, Act { group: Some(group), network: Some(there.standing.network_id), ..act.clone() }).await?;
    }
    Ok(())
}

/// A new group, without members and in no network yet.
pub async fn insert(tx: &mut Conn, now: DateTime<Utc>, text: &GroupText) -> Result<GroupId> {
    let (id, locality) = (GroupId::new(), locality_of(tx, text).await?);
    diesel::insert_into(groups::table)
        .values((groups::id.eq(id), Said::of(text, &locality), groups::created_at.eq(now), groups::updated_at.eq(now)))
        .execute(tx)
        .await?;
    Ok(id)
}

/// Makes a group say something else.
async fn rewrite(tx: &mut Conn, now: DateTime<Utc>, group: GroupId, text: &GroupText) -> Result<()> {
    let locality = locality_of(tx, text).await?;
    diesel::update(groups::table.find(group))
        .set((Said::of(text, &locality), groups::version.eq(groups::version + 1), groups::updated_at.eq(now)))
        .execute(tx)
        .await?;
    moderation::service::group_changed(tx, group).await
}

/// Gives the group a new version because how it stands in a network has changed, which is part of what is shown of it.
pub async fn standing_changed(tx: &mut Conn, now: DateTime<Utc>, group: GroupId) -> Result<()> {
    diesel::update(groups::table.find(group))
        .set((groups::version.eq(groups::version + 1), groups::updated_at.eq(now)))
        .execute(tx)
        .await?;
    Ok(())
}

/// Asks another network to let the group in. 422 when there is no such network, 409 when it has been asked before.
pub async fn join_network(conn: &mut Conn, (user, now): Doer, group: GroupId, network: NetworkId) -> Result<SeenStanding> {
    transaction(conn, async |tx| {
        networks::service::ask_to_join(tx, now, network, group).await?;
        policies::service::accept_by_joining(tx, (user, now), network, group).await?;
        standing_changed(tx, now, group).await?;
        let act = Act { group: Some(group), network: Some(network), ..Act::of(user, "join_network", "group", group) };
        audit::record(tx, now, act).await?;
        let standings = see(tx, Some(user), group).await?.standings;
        let standing = standings.into_iter().find(|seen| seen.of.standing.network_id == network);
        standing.ok_or_else(|| Error::Internal(anyhow::anyhow!("a group's new standing was not found")))
    })
    .await
}

/// Blocks another group: neither sees the other in matches, and what is open between the two is declined, which both hear without
/// being told who wanted it. What was agreed stays agreed. Done before: nothing changes. 404 when the person may not know of the other
/// group.
pub async fn block(conn: &mut Conn, (user, now): Doer, group: GroupId, other: GroupId) -> Result<()> {
    see(conn, Some(user), other).await?;
    transaction(conn, async |tx| {
        // Waits for those who are beginning something between the two, which is then ended; who comes later finds the block.
        queries::lock_all(tx, &[group, other]).await?;
        let blocked = diesel::insert_into(group_blocks::table)
            .values((group_blocks::group_id.eq(group), group_blocks::blocked_group_id.eq(other), group_blocks::created_at.eq(now)))
            .on_conflict_do_nothing()
            .execute(tx)
            .await
            .on_constraint("group_blocks_not_oneself", || Error::problem(Code::Conflict, "A group cannot block itself."))?;
        record_block(tx, (user, now), (group, other), "block_group", blocked).await?;
        if blocked == 0 {
            return Ok(());
        }
        let mut notices = interests::ending::close_between(tx, now, group, other).await?;
        notices.extend(exchanges::service::close_between(tx, now, [group, other], EndReason::NotAvailable).await?);
        inbox::tell(tx, now, notices).await
    })
    .await
}

/// Lifts a block. Not there: nothing changes.
pub async fn unblock(conn: &mut Conn, (user, now): Doer, group: GroupId, other: GroupId) -> Result<()> {
    transaction(conn, async |tx| {
        let lifted = diesel::delete(group_blocks::table.find((group, other))).execute(tx).await?;
        record_block(tx, (user, now), (group, other), "unblock_group", lifted).await
    })
    .await
}

async fn record_block(
    tx: &mut Conn,
    (user, now): Doer,
    (group, other): (GroupId, GroupId),
    action: &'static str,
    changed: usize,
) -> Result<()> {
    if changed == 0 {
        return Ok(());
    }
    let act = Act { group: Some(group), detail: json!({"by": group}), ..Act::of(user, action, "group", other) };
    audit::record(tx, now, act).await
}
