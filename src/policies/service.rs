//! What happens to policies and ground rules, step by step; and whether a group may post.

use std::collections::BTreeMap;

use chrono::{DateTime, Duration, Utc};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    model::{Acceptance, GroundRules, Policy, Terms},
    queries, rules,
};
use crate::{
    audit::{self, Act},
    checks::{Action, Rule},
    db::{Conn, transaction},
    error::{Code, Error, Result},
    inbox::{Notice, Topic},
    networks::StaffRole,
    outbox,
    schema::{ground_rules_acceptances, network_checks, network_policies},
    types::{
        Refusal,
        fields::FieldError,
        ids::{GroupId, ListingId, NetworkId, UserId},
        local_time,
    },
};

/// The outbox topic of changed ground rules. Its payload: `network_id` and `version`.
pub const TOPIC: &str = "ground_rules.changed";

/// Who does something, and when.
pub type Doer = (UserId, DateTime<Utc>);

/// A policy with what its network does about findings, where that differs from the usual.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The policy.
    pub policy: Policy,
    /// What is done about findings.
    pub checks: BTreeMap<Rule, Action>,
}

impl Settings {
    /// What the network does about a finding.
    pub fn action(&self, rule: Rule) -> Action {
        self.checks.get(&rule).copied().unwrap_or_else(|| rule.usual())
    }
}

/// What a policy is to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// What it says.
    pub terms: Terms,
    /// What is done about findings, where that is to differ from the usual.
    pub checks: BTreeMap<Rule, Action>,
}

/// A network's settings. 404 when there is no such network.
pub async fn find(conn: &mut Conn, network: NetworkId) -> Result<Settings> {
    let policy = queries::policy(conn, network).await?.ok_or_else(|| Error::not_found("network"))?;
    Ok(Settings { policy, checks: queries::checks(conn, network).await? })
}

/// Changes a network's settings; `change` gets them as they are, locked, and gives what they are to be.
pub async fn update(
    conn: &mut Conn,
    (user, now): Doer,
    network: NetworkId,
    change: impl FnOnce(&Settings) -> Result<Wanted>,
) -> Result<Settings> {
    transaction(conn, async |tx| {
        queries::lock_policy(tx, network).await?.ok_or_else(|| Error::not_found("network"))?;
        let current = find(tx, network).await?;
        let wanted = change(&current)?;
        diesel::update(network_policies::table.find(network))
            .set((&wanted.terms, network_policies::version.eq(network_policies::version + 1), network_policies::updated_at.eq(now)))
            .execute(tx)
            .await?;
        if wanted.checks != current.checks {
            write_checks(tx, network, &wanted.checks).await?;
        }
        let detail = json!({"checks": wanted.checks, "review": wanted.terms.review});
        let act = Act { role: Some(StaffRole::Coordinator.as_str()), ..Act::of(user, "update_policy", "network", network) };
        let act = act.changing(&for_records(&current.policy.terms, &current.checks), &for_records(&wanted.terms, &wanted.checks));
        audit::record(tx, now, Act { network: Some(network), detail, ..act }).await?;
        find(tx, network).await
    })
    .await
}

/// A policy as records keep it, under the names that the API has. Checks that are as usual are not named.
fn for_records(terms: &Terms, checks: &BTreeMap<Rule, Action>) -> Value {
    json!({
        "review": terms.review, "trust_after": terms.trust_after, "most_active_listings": terms.most_active_listings,
        "most_new_a_day": terms.most_new_a_day, "repeat_after_days": terms.repeat_after_days, "area_margin_km": terms.area_margin_km,
        "cross_posting": terms.cross_posting, "hide_reported": terms.hide_reported, "decide_within_hours": terms.decide_within_hours,
        "undecided_then": terms.undecided_then, "quiet_from": terms.quiet_from, "quiet_until": terms.quiet_until,
        "rules_grace_days": terms.rules_grace_days, "recheck_after_days": terms.recheck_after_days, "checks": checks,
    })
}

/// Makes the table of checks say this and no more. The policy is locked, so nobody else writes here.
async fn write_checks(tx: &mut Conn, network: NetworkId, checks: &BTreeMap<Rule, Action>) -> Result<()> {
    diesel::delete(network_checks::table.filter(network_checks::network_id.eq(network))).execute(tx).await?;
    let row = |(rule, action): (&Rule, &Action)| {
        (network_checks::network_id.eq(network), network_checks::rule.eq(rule.as_str()), network_checks::action.eq(*action))
    };
    diesel::insert_into(network_checks::table).values(checks.iter().map(row).collect::<Vec<_>>()).execute(tx).await?;
    Ok(())
}

/// The ground rules of a network that hold now. 404 when there is no such network.
pub async fn ground_rules(conn: &mut Conn, network: NetworkId) -> Result<GroundRules> {
    queries::ground_rules(conn, network).await?.ok_or_else(|| Error::not_found("network"))
}

/// Notes that a group has accepted the ground rules of one of its networks as they are now. Done before: nothing changes. 422 when the
/// group does not belong to the network, 409 when another version holds by now.
pub async fn accept(conn: &mut Conn, doer: Doer, group: GroupId, (network, version): (NetworkId, i32)) -> Result<Acceptance> {
    transaction(conn, async |tx| {
        let standing = acceptance(tx, group, network).await?;
        if standing.version != version {
            let detail = format!("The ground rules are at version {} now. Read them and accept that.", standing.version);
            return Err(Error::problem(Code::Conflict, detail));
        }
        record_acceptance(tx, doer, (network, group), version).await?;
        acceptance(tx, group, network).await
    })
    .await
}

async fn acceptance(tx: &mut Conn, group: GroupId, network: NetworkId) -> Result<Acceptance> {
    let found = queries::acceptances(tx, group, Some(network)).await?.pop();
    found.ok_or_else(|| {
        let refusal = Refusal::new("not_a_member", "The group does not belong to this network.");
        vec![FieldError::body("/network_id", refusal)].into()
    })
}

/// Asking to join a network accepts its ground rules as they are now.
pub async fn accept_by_joining(tx: &mut Conn, doer: Doer, network: NetworkId, group: GroupId) -> Result<()> {
    let rules = ground_rules(tx, network).await?;
    record_acceptance(tx, doer, (network, group), rules.version).await
}

async fn record_acceptance(tx: &mut Conn, (user, now): Doer, (network, group): (NetworkId, GroupId), version: i32) -> Result<()> {
    let written = diesel::insert_into(ground_rules_acceptances::table)
        .values((
            ground_rules_acceptances::network_id.eq(network),
            ground_rules_acceptances::group_id.eq(group),
            ground_rules_acceptances::version.eq(version),
            ground_rules_acceptances::accepted_by.eq(user),
            ground_rules_acceptances::accepted_at.eq(now),
        ))
        .on_conflict_do_nothing()
        .execute(tx)
        .await?;
    if written == 0 {
        return Ok(());
    }
    let act = Act { group: Some(group), network: Some(network), ..Act::of(user, "accept_ground_rules", "network", network) };
    audit::record(tx, now, Act { detail: json!({"version": version}), ..act }).await
}

/// Records that a network's ground rules have changed, so that its groups are told.
pub async fn rules_changed(tx: &mut Conn, now: DateTime<Utc>, network: NetworkId) -> Result<()> {
    let rules = ground_rules(tx, network).await?;
    outbox::record(tx, now, TOPIC, json!({"network_id": network, "version": rules.version})).await
}

/// What [`rules_changed`] has recorded.
#[derive(Deserialize)]
struct Changed {
    network_id: NetworkId,
    version: i32,
}

/// What the groups of a network are told when its ground rules have changed: those that have to accept them. Nothing when they have changed
/// again, which is told by itself. None when `payload` cannot be read.
pub async fn to_groups(tx: &mut Conn, payload: &Value) -> Result<Option<Vec<Notice>>> {
    let Ok(Changed { network_id, version }) = Changed::deserialize(payload) else { return Ok(None) };
    if queries::ground_rules(tx, network_id).await?.is_none_or(|rules| rules.version != version) {
        return Ok(Some(Vec::new()));
    }
    let mut notices = Vec::new();
    for group in queries::groups_to_tell(tx, network_id).await? {
        for standing in queries::acceptances(tx, group, Some(network_id)).await?.into_iter().filter(Acceptance::is_missing) {
            let facts = json!({"network": standing.network_name, "accept_by": standing.accept_by});
            notices.push(Notice { facts, ..Notice::to_group(group, Topic::RulesChanged) });
        }
    }
    Ok(Some(notices))
}

/// Whether a group may publish one more listing in a network: it has accepted the ground rules, or there is time left to do so, and its
/// limits are not reached. 409 otherwise. Until the transaction ends, no other listing of the group is published there.
pub async fn may_publish(tx: &mut Conn, now: DateTime<Utc>, of: (GroupId, NetworkId), beside: ListingId, policy: &Policy) -> Result<()> {
    let (group, network) = of;
    queries::lock_postings(tx, group, network).await?;
    let late = queries::acceptances(tx, group, Some(network))
        .await?
        .into_iter()
        .find(|standing| standing.is_missing() && standing.accept_by <= now);
    if let Some(late) = late {
        let detail = format!(
            "The ground rules of {} have changed. Before the group posts again, somebody who posts for it reads them (GET /v1/networks/{network}/ground-rules) and \
             accepts version {} (POST /v1/groups/{group}/ground-rules).",
            late.network_name, late.version
        );
        return Err(Error::problem(Code::RulesNotAccepted, detail));
    }
    may_be_active(tx, now, of, beside, policy).await?;
    may_be_new(tx, now, of, beside, policy).await
}

/// Whether a group may show one more listing in a network that nobody has seen: 409 when it has published as many in 24 hours as the network
/// takes. The caller has locked the group's postings there ([`queries::lock_postings`]).
pub async fn may_be_new(tx: &mut Conn, now: DateTime<Utc>, of: (GroupId, NetworkId), beside: ListingId, policy: &Policy) -> Result<()> {
    let (Some(most), Some(room)) = (policy.terms.most_new_a_day, room_for_new(tx, now, of, beside, policy).await?) else { return Ok(()) };
    let detail =
        format!("A group may post {most} listings in 24 hours in this network. There is room from {}.", local_time::in_words(room));
    Err(Error::problem(Code::LimitReached, detail))
}

/// From when on a group may show one more listing in a network that nobody has seen; none: now. See [`may_be_new`].
async fn room_for_new(
    tx: &mut Conn,
    now: DateTime<Utc>,
    of: (GroupId, NetworkId),
    beside: ListingId,
    policy: &Policy,
) -> Result<Option<DateTime<Utc>>> {
    let Some(most) = policy.terms.most_new_a_day else { return Ok(None) };
    Ok(rules::room_for_new(&queries::published_lately(tx, of, beside, now).await?, most))
}

/// Whether a group may have one more listing active in a network, which may have been published before: 409 when it has as many as the
/// network takes. The caller has locked the group's postings there ([`queries::lock_postings`]).
pub async fn may_be_active(tx: &mut Conn, now: DateTime<Utc>, of: (GroupId, NetworkId), beside: ListingId, policy: &Policy) -> Result<()> {
    let Some(most) = policy.terms.most_active_listings else { return Ok(()) };
    let (active, first_end) = queries::active(tx, of, beside, now).await?;
    if active < i64::from(most) {
        return Ok(());
    }
    let by_itself = first_end.map(|end| format!(", or when the first of them ends ({})", local_time::in_words(end))).unwrap_or_default();
    let detail = format!("A group may have {most} active listings in this network. There is room when you withdraw one{by_itself}.");
    Err(Error::problem(Code::LimitReached, detail))
}

/// Whether there is room for one more active listing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Room {
    /// There is.
    Now,
    /// From then on: the group has published as many in 24 hours as the network takes.
    From(DateTime<Utc>),
    /// When the group takes another one out: it has as many active as the network takes.
    None,
}

/// Whether there is room for a listing of a group that is to be active by itself; `is_new`: nobody has seen it yet. See [`may_be_active`] and
/// [`may_be_new`].
pub async fn room(tx: &mut Conn, now: DateTime<Utc>, of: (GroupId, NetworkId), beside: ListingId, is_new: bool) -> Result<Room> {
    let policy = queries::policy(tx, of.1).await?.ok_or_else(|| Error::not_found("network"))?;
    match may_be_active(tx, now, of, beside, &policy).await {
        Err(Error::Problem(problem)) if problem.code == Code::LimitReached => return Ok(Room::None),
        outcome => outcome?,
    }
    let later = if is_new { room_for_new(tx, now, of, beside, &policy).await? } else { None };
    Ok(later.map_or(Room::Now, Room::From))
}

/// Whether coordinators look at a group's listings before they are published: always, never, or until so many were approved.
pub async fn is_reviewed_before(conn: &mut Conn, group: GroupId, policy: &Policy) -> Result<bool> {
    Ok(match policy.terms.review {
        super::Review::Before => true,
        super::Review::After => false,
        super::Review::Trust => !trusts(conn, group, policy).await?,
    })
}

/// Whether a network that looks at listings until it trusts their group has had as many of a group's approved as it wants to see.
pub async fn trusts(conn: &mut Conn, group: GroupId, policy: &Policy) -> Result<bool> {
    let trusts = policy.terms.review == super::Review::Trust;
    Ok(trusts && queries::approved(conn, group, policy.network_id).await? >= i64::from(policy.terms.trust_after))
}

/// From when on saying the same again is not too soon any more.
pub fn too_soon_since(policy: &Policy, now: DateTime<Utc>) -> DateTime<Utc> {
    now - Duration::days(policy.terms.repeat_after_days.into())
}
