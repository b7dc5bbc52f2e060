//! How groups come to stand in a network, and what follows from it: the only code that changes `network_groups.state` of a group that is not
//! closing. Each change locks the group, its standing and, when listings appear or disappear with it, those by id, in the order that
//! everybody keeps to (docs/decisions/0024).

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::Doer;
use crate::{
    audit::{self, Act},
    db::{Conn, transaction},
    error::{Code, Error, Result},
    exchanges,
    groups::{
        self, Role,
        model::{GroupText, Invitation},
    },
    inbox::{Notice, Topic},
    interests, listings,
    moderation::{self, QueueKind, service::Opening},
    networks::{
        StaffRole, Standing,
        model::StandingInNetwork,
        queries,
        rules::{Decision, Step, TIME_TO_ANSWER},
    },
    schema::network_groups,
    threads,
    types::{
        EmailAddress,
        ids::{GroupId, NetworkId, UserId},
        text::Reason,
    },
};

/// How a group stood at a time: enough to put it back.
#[derive(Debug, Clone, PartialEq, Queryable, Selectable, AsChangeset, Serialize, Deserialize)]
#[diesel(table_name = network_groups, treat_none_as_null = true)]
pub struct Image {
    /// Its state.
    pub state: Standing,
    /// Why, for the group to read.
    pub reason: Option<String>,
    /// Who decided.
    pub decided_by: Option<UserId>,
    /// When.
    pub decided_at: Option<DateTime<Utc>>,
    /// When the group must next say that it is still there.
    pub recheck_at: Option<DateTime<Utc>>,
    /// When somebody of the group last said so.
    pub sign_of_life_at: Option<DateTime<Utc>>,
}

/// What a decision has changed.
#[derive(Debug, Clone, PartialEq)]
pub struct Decided {
    /// How the group stood.
    pub before: Image,
    /// How it stands.
    pub after: Image,
}

/// Decides about a group as a step of a larger transaction: its standing changes, and its listings with it, through their foreign key.
/// Nobody is told, and nothing in the queue is closed. What follows from a suspension is done by [`aftermath`], when the decision is
/// final. Without an actor, the program decides. 404 when the group is not in the network, 409 when its state does not allow that.
pub async fn decide_within(
    tx: &mut Conn,
    doer: Doer,
    (network, group): (NetworkId, GroupId),
    decision: Decision,
    reason: Option<Reason>,
) -> Result<Decided> {
    let before = hold(tx, (network, group)).await?;
    let state = decision.applied_to(before.state)?;
    let recheck_at = if state.is_good() { Some(doer.now + queries::recheck_after(tx, network).await?) } else { None };
    let after = Image {
        state,
        reason: reason.map(Reason::into_string),
        decided_by: doer.actor,
        decided_at: Some(doer.now),
        recheck_at,
        ..before.clone()
    };
    store(tx, doer.now, (network, group), (&before, &after)).await?;
    if before.state == Standing::Invited {
        groups::service::invitations::revoke_all(tx, doer.now, group).await?;
    }
    let role = if doer.actor.is_some() { StaffRole::Coordinator.as_str() } else { audit::PROGRAM };
    let act = Act { role: Some(role), reason: after.reason.clone(), ..Act::by(doer.actor, decision.act(), "group", group) };
    record(tx, doer.now, (network, group), (&before, &after), act).await?;
    Ok(Decided { before, after })
}

/// Puts a group's standing back as it was before a decision. 409 when it has changed since.
pub async fn undo_within(tx: &mut Conn, doer: Doer, (network, group): (NetworkId, GroupId), decided: &Decided) -> Result<()> {
    let now = hold(tx, (network, group)).await?;
    if now != decided.after {
        let detail = format!("The group is {} by now, so that decision cannot be taken back. Decide again.", now.state);
        return Err(Error::problem(Code::WrongState, detail));
    }
    store(tx, doer.now, (network, group), (&now, &decided.before)).await?;
    let act = Act { role: Some(StaffRole::Coordinator.as_str()), ..Act::by(doer.actor, "undo_group_decision", "group", group) };
    record(tx, doer.now, (network, group), (&now, &decided.before), act).await
}

/// What follows when a group is out of a network: its open interests there and those in its listings end, so do proposals, and whoever
/// has agreed on something with it is told; what staff have shown of themselves for a group that is refused is erased. Nothing while it is
/// in good standing. Gives what others are told; the group itself is told by the caller.
pub async fn aftermath(tx: &mut Conn, now: DateTime<Utc>, (network, group): (NetworkId, GroupId)) -> Result<Vec<Notice>> {
    if hold(tx, (network, group)).await?.state.is_good() {
        return Ok(Vec::new());
    }
    hold_listings(tx, group).await?;
    let mut notices = interests::ending::close_of_group_in(tx, now, group, network).await?;
    notices.extend(exchanges::ending::close_proposals_in(tx, now, group, network).await?);
    notices.extend(exchanges::ending::tell_partners_in(tx, group, network).await?);
    threads::service::contacts::erase_of_those_gone(tx, now, &[group]).await?;
    Ok(notices)
}

/// Whether a group still stands as was decided: nobody has decided anew, nor has it asked again.
pub async fn is_as_decided(tx: &mut Conn, of: (NetworkId, GroupId), decided: &Image) -> Result<bool> {
    let now = hold(tx, of).await?;
    Ok((now.state, now.decided_at) == (decided.state, decided.decided_at))
}

/// What a group is told of its standing.
pub async fn told(tx: &mut Conn, (network, group): (NetworkId, GroupId), image: &Image) -> Result<Notice> {
    let (there, _) = super::find(tx, network).await?;
    let facts = json!({"network_id": network, "network": there.name, "state": image.state, "until": image.recheck_at});
    Ok(Notice { facts, ..Notice::to_group(group, Topic::GroupStanding) })
}

/// Lets a group wait for the coordinators.
pub async fn put_in_queue(tx: &mut Conn, now: DateTime<Utc>, (network, group): (NetworkId, GroupId)) -> Result<()> {
    let opening = Opening { network, kind: QueueKind::Group, subject: group.0, listing: None, group, findings: Vec::new() };
    moderation::service::open(tx, now, &opening).await
}

/// Makes a group and asks its owner in by e-mail; once they have come, it waits in the queue like any other. Gives the invitation, which
/// names the group, and its code.
pub async fn invite(
    conn: &mut Conn,
    (user, now): (UserId, DateTime<Utc>),
    network: NetworkId,
    text: GroupText,
    owner: EmailAddress,
) -> Result<(Invitation, String)> {
    transaction(conn, async |tx| {
        let group = groups::service::insert(tx, now, &text).await?;
        diesel::insert_into(network_groups::table)
            .values((
                network_groups::network_id.eq(network),
                network_groups::group_id.eq(group),
                network_groups::state.eq(Standing::Invited),
                network_groups::requested_at.eq(now),
            ))
            .execute(tx)
            .await?;
        let act = Act { role: Some(StaffRole::Coordinator.as_str()), ..Act::of(user, "invite_group", "group", group) };
        audit::record(tx, now, Act { group: Some(group), network: Some(network), ..act }).await?;
        groups::service::invitations::send(tx, (user, now), group, owner, Role::Owner).await
    })
    .await
}

/// The address at which a group was asked in that has not come. 404 when the group is not in the network, 409 when it is not invited.
pub async fn address_of_invited(tx: &mut Conn, (network, group): (NetworkId, GroupId)) -> Result<EmailAddress> {
    let state = hold(tx, (network, group)).await?.state;
    if state != Standing::Invited {
        let detail = format!("The group is {state} in this network. You can ask a group again that is {}.", Standing::Invited);
        return Err(Error::problem(Code::WrongState, detail));
    }
    let last = groups::queries::last_asked_owner(tx, group).await?.and_then(|email| EmailAddress::parse(email).ok());
    last.ok_or_else(|| Error::problem(Code::Conflict, "Nobody knows any more whom to ask. Reject the group, and ask it in anew."))
}

/// Asks the owner of an invited group once more, at the same address, with a new code; the old one is good for nothing from now on. Gives
/// the invitation and its code. 404 and 409 as [`address_of_invited`].
pub async fn invite_again(
    conn: &mut Conn,
    (user, now): (UserId, DateTime<Utc>),
    (network, group): (NetworkId, GroupId),
) -> Result<(Invitation, String)> {
    transaction(conn, async |tx| {
        let owner = address_of_invited(tx, (network, group)).await?;
        groups::service::invitations::revoke_all(tx, now, group).await?;
        let act = Act { role: Some(StaffRole::Coordinator.as_str()), ..Act::of(user, "invite_group_again", "group", group) };
        audit::record(tx, now, Act { group: Some(group), network: Some(network), ..act }).await?;
        groups::service::invitations::send(tx, (user, now), group, owner, Role::Owner).await
    })
    .await
}

/// The owner of an invited group has come: it waits for the coordinators of those networks that have invited it. The group is locked.
pub async fn arrive(tx: &mut Conn, (user, now): (UserId, DateTime<Utc>), group: GroupId) -> Result<()> {
    for network in queries::networks_that_invited(tx, group).await? {
        let before = hold(tx, (network, group)).await?;
        let after = Image { state: Step::Arrive.applied_to(before.state)?, sign_of_life_at: Some(now), ..before.clone() };
        store(tx, now, (network, group), (&before, &after)).await?;
        // From now on it has time to accept the ground rules.
        diesel::update(network_groups::table.find((network, group))).set(network_groups::requested_at.eq(now)).execute(tx).await?;
        let act = Act { role: Some(Role::Owner.as_str()), ..Act::of(user, Step::Arrive.act(), "group", group) };
        record(tx, now, (network, group), (&before, &after), act).await?;
        put_in_queue(tx, now, (network, group)).await?;
    }
    Ok(())
}

/// A group that was asked for changes asks again. 404 when it is not in the network, 409 in another state.
pub async fn resubmit(
    conn: &mut Conn,
    (user, now): (UserId, DateTime<Utc>),
    (network, group): (NetworkId, GroupId),
) -> Result<StandingInNetwork> {
    transaction(conn, async |tx| {
        let anew = |before| Image { reason: None, decided_by: None, decided_at: None, ..before };
        take(tx, (user, now), (network, group), Step::Resubmit, anew).await?;
        put_in_queue(tx, now, (network, group)).await?;
        queries::standing_in(tx, network, group).await?.ok_or_else(|| Error::not_found("group"))
    })
    .await
}

/// A group says that it is still there and that what it says is true: its approval lasts for the network's usual time again. 404 when it
/// is not in the network, 409 in another state.
pub async fn still_here(
    conn: &mut Conn,
    (user, now): (UserId, DateTime<Utc>),
    (network, group): (NetworkId, GroupId),
) -> Result<StandingInNetwork> {
    transaction(conn, async |tx| {
        let recheck_at = Some(now + queries::recheck_after(tx, network).await?);
        take(tx, (user, now), (network, group), Step::StillHere, |before| Image { recheck_at, ..before }).await?;
        queries::standing_in(tx, network, group).await?.ok_or_else(|| Error::not_found("group"))
    })
    .await
}

/// A step that somebody of the group takes, which is a sign of life; `change` is what else it changes.
async fn take(
    tx: &mut Conn,
    (user, now): (UserId, DateTime<Utc>),
    of: (NetworkId, GroupId),
    step: Step,
    change: impl FnOnce(Image) -> Image,
) -> Result<()> {
    let before = hold(tx, of).await?;
    let state = step.applied_to(before.state)?;
    let after = Image { state, sign_of_life_at: Some(now), ..change(before.clone()) };
    store(tx, now, of, (&before, &after)).await?;
    let act = Act::of(user, step.act(), "group", of.1);
    record(tx, now, of, (&before, &after), act).await
}

/// Asks a group whose approval has lasted for long enough whether it is still there. Gives what it is told. The group is locked.
pub async fn recertify(tx: &mut Conn, now: DateTime<Utc>, (network, group): (NetworkId, GroupId)) -> Result<Notice> {
    let before = hold(tx, (network, group)).await?;
    let after = Image { state: Step::Recertify.applied_to(before.state)?, recheck_at: Some(now + TIME_TO_ANSWER), ..before.clone() };
    store(tx, now, (network, group), (&before, &after)).await?;
    record(tx, now, (network, group), (&before, &after), Act::by_program(Step::Recertify.act(), "group", group)).await?;
    told(tx, (network, group), &after).await
}

/// How the group stands, locked, the group before its standing. 404 when it is not in the network.
async fn hold(tx: &mut Conn, (network, group): (NetworkId, GroupId)) -> Result<Image> {
    groups::queries::lock(tx, group).await?;
    let row = network_groups::table.find((network, group)).select(Image::as_select()).for_no_key_update();
    row.first(tx).await.optional()?.ok_or_else(|| Error::not_found("group"))
}

/// Holds what appears and disappears with the group's standing, and what it has proposed.
async fn hold_listings(tx: &mut Conn, group: GroupId) -> Result<()> {
    let proposed = exchanges::ending::listings_of_groups(tx, &[group]).await?;
    listings::service::closing::lock(tx, &[group], &proposed).await
}

async fn store(tx: &mut Conn, now: DateTime<Utc>, (network, group): (NetworkId, GroupId), (before, after): (&Image, &Image)) -> Result<()> {
    if before.state.is_good() != after.state.is_good() {
        hold_listings(tx, group).await?;
    }
    diesel::update(network_groups::table.find((network, group))).set(after).execute(tx).await?;
    if after.state.is_good() && !before.state.is_good() {
        listings::service::appearing::of_group(tx, now, (network, group)).await?;
    }
    groups::service::standing_changed(tx, now, group).await
}

async fn record(
    tx: &mut Conn,
    now: DateTime<Utc>,
    (network, group): (NetworkId, GroupId),
    (before, after): (&Image, &Image),
    act: Act,
) -> Result<()> {
    let image = |image: &Image| Some(json!({"state": image.state, "reason": image.reason, "recheck_at": image.recheck_at}));
    let detail = json!({"from": before.state, "to": after.state});
    let act = Act { group: Some(group), network: Some(network), detail, before: image(before), after: image(after), ..act };
    audit::record(tx, now, act).await
}
