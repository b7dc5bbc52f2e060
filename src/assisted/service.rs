//! What happens to assisted groups, and how the call list fills and empties. Each use case is one transaction with its audit entry.

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, Utc};
use diesel::{prelude::*, sql_types as sql};
use diesel_async::RunQueryDsl;
use serde_json::{Value, json};

use super::{
    AssistanceState,
    model::{Assistance, Consent, FollowUp, Helper},
    queries::{self, Assisted},
    rules,
};
use crate::{
    audit::{self, Act},
    db::{Conn, transaction},
    error::{Code, Error, OnConstraint, Result},
    groups::{self, model::GroupText},
    inbox::{self, Notice, Recipient, Topic},
    networks::{self, StaffRole, Standing},
    schema::{assisted_groups, follow_ups},
    threads,
    types::ids::{ExchangeId, FollowUpId, GroupId, ListingId, NetworkId, UserId},
};

impl Helper {
    fn act(self, action: &'static str, subject: &'static str, id: impl ToString, group: GroupId) -> Act {
        Act { role: Some(self.role), group: Some(group), network: Some(self.network), ..Act::of(self.user, action, subject, id) }
    }
}

/// Makes a group that is not online: nobody is a member, the network has approved it, and its staff act for it.
pub async fn create(conn: &mut Conn, helper: Helper, text: GroupText, consent: Consent) -> Result<Assisted> {
    transaction(conn, async |tx| {
        let group = groups::service::create_assisted(tx, (helper.user, helper.now), text, helper.network).await?;
        put(tx, helper, group, &consent, Some(helper.now)).await?;
        let made = find(tx, helper.network, group).await?;
        record_consent(tx, helper, None, &made).await?;
        let there = groups::queries::find(tx, group).await?.ok_or_else(|| Error::not_found("group"))?;
        Ok((there, made))
    })
    .await
}

/// Records that a group of the network agrees that staff act for it, and how to reach it, or records that anew. It begins at once for a group
/// that nobody is a member of, which a coordinator records first; otherwise its owners are asked, and it begins when one of them has said yes.
/// 403 for a broker who would begin it, 404 when the group is not in the network, 409 when it was not let in or another network acts for it.
pub async fn set(conn: &mut Conn, helper: Helper, group: GroupId, consent: Consent) -> Result<Assistance> {
    transaction(conn, async |tx| {
        groups::queries::lock(tx, group).await?.ok_or_else(|| Error::not_found("group"))?;
        let standing = networks::queries::lock_standing(tx, helper.network, group).await?.ok_or_else(|| Error::not_found("group"))?;
        if matches!(standing, Standing::Rejected | Standing::Closed) {
            return Err(Error::problem(Code::WrongState, "This network has not let the group in. Approve it first."));
        }
        let before = queries::of_group(tx, helper.network, group).await?;
        let begun_at = match before.as_ref().and_then(|known| known.begun_at) {
            Some(earlier) => Some(earlier),
            None if queries::has_members(tx, group).await? => None,
            None if helper.role == StaffRole::Coordinator.as_str() => Some(helper.now),
            None => {
                let detail = "Nobody is a member of this group who could say yes. A coordinator of the network records that first.";
                return Err(Error::not_allowed(detail));
            }
        };
        put(tx, helper, group, &consent, begun_at).await?;
        let after = find(tx, helper.network, group).await?;
        record_consent(tx, helper, before.as_ref(), &after).await?;
        if before.is_none() && begun_at.is_none() {
            inbox::tell(tx, helper.now, vec![Notice::to_group(group, Topic::AssistanceAsked)]).await?;
        }
        Ok(after)
    })
    .await
}

/// An owner says yes: from now on the network's staff act for the group. Said before: nothing changes. 404 when nobody has asked.
pub async fn confirm(conn: &mut Conn, (user, now): (UserId, DateTime<Utc>), group: GroupId) -> Result<Assistance> {
    transaction(conn, async |tx| {
        groups::queries::lock(tx, group).await?.ok_or_else(|| Error::not_found("group"))?;
        let asked = queries::of_own(tx, group).await?.ok_or_else(|| Error::not_found("assistance"))?;
        if asked.state == AssistanceState::Begun {
            return Ok(asked);
        }
        let begun = become_of(tx, &asked, Some(now)).await?;
        let helper = Helper { user, role: groups::Role::Owner.as_str(), network: asked.network_id, now };
        let act = helper.act("confirm_assistance", "group", group, group);
        audit::record(tx, now, act.changing(&asked.for_records(), &begun.for_records())).await?;
        inbox::tell(tx, now, vec![Notice::to_group(group, Topic::AssistanceBegan)]).await?;
        Ok(begun)
    })
    .await
}

/// The first owner of a group that the network's staff act for has come: they go on when an owner has said yes. The group is locked.
pub async fn ask_first_owner(tx: &mut Conn, now: DateTime<Utc>, group: GroupId) -> Result<()> {
    let Some(begun) = queries::of_own(tx, group).await?.filter(|known| known.state == AssistanceState::Begun) else { return Ok(()) };
    let asked = become_of(tx, &begun, None).await?;
    let act = Act { group: Some(group), network: Some(begun.network_id), ..Act::by_program("ask_about_assistance", "group", group) };
    audit::record(tx, now, act.changing(&begun.for_records(), &asked.for_records())).await?;
    inbox::tell(tx, now, vec![Notice::to_group(group, Topic::AssistanceAsked)]).await
}

async fn become_of(tx: &mut Conn, known: &Assistance, begun_at: Option<DateTime<Utc>>) -> Result<Assistance> {
    let values = (assisted_groups::state.eq(state(begun_at)), assisted_groups::begun_at.eq(begun_at));
    diesel::update(assisted_groups::table.find(known.group_id)).set(values).execute(tx).await?;
    find(tx, known.network_id, known.group_id).await
}

fn state(begun_at: Option<DateTime<Utc>>) -> AssistanceState {
    if begun_at.is_some() { AssistanceState::Begun } else { AssistanceState::Asked }
}

async fn find(conn: &mut Conn, network: NetworkId, group: GroupId) -> Result<Assistance> {
    queries::of_group(conn, network, group).await?.ok_or_else(|| Error::not_found("assistance"))
}

/// One network at a time acts for a group.
async fn put(tx: &mut Conn, helper: Helper, group: GroupId, consent: &Consent, begun_at: Option<DateTime<Utc>>) -> Result<()> {
    let values = (
        assisted_groups::network_id.eq(helper.network),
        assisted_groups::way.eq(consent.way),
        assisted_groups::contact.eq(&consent.contact),
        assisted_groups::consent_given.eq(consent.given),
        assisted_groups::consent_words.eq(&consent.words),
        assisted_groups::consent_at.eq(consent.at),
        assisted_groups::recorded_by.eq(helper.user.0),
        assisted_groups::recorded_at.eq(helper.now),
        assisted_groups::state.eq(state(begun_at)),
        assisted_groups::begun_at.eq(begun_at),
    );
    let own = assisted_groups::table.find(group).filter(assisted_groups::network_id.eq(helper.network));
    if diesel::update(own).set(values).execute(tx).await? == 1 {
        return Ok(());
    }
    diesel::insert_into(assisted_groups::table)
        .values((assisted_groups::group_id.eq(group), values))
        .execute(tx)
        .await
        .on_constraint("assisted_groups_pkey", || {
            Error::problem(Code::Conflict, "The staff of another network act for this group already. One network at a time does.")
        })?;
    Ok(())
}

/// Neither how to reach the group nor its words are in the record.
async fn record_consent(tx: &mut Conn, helper: Helper, before: Option<&Assistance>, after: &Assistance) -> Result<()> {
    let detail = json!({"way": after.way, "consent_given": after.consent_given, "consent_at": after.consent_at});
    let act = helper.act("set_assistance", "group", after.group_id, after.group_id);
    let before = before.map_or(Value::Null, Assistance::for_records);
    audit::record(tx, helper.now, Act { detail, ..act.changing(&before, &after.for_records()) }).await
}

/// Ends it for the network's staff, because the consent has ended: how to reach the group is erased at once. A group that has no members
/// closes with it, as nobody would be left to act for it; 409 unless `close_group` says that this is meant.
pub async fn end(conn: &mut Conn, helper: Helper, group: GroupId, close_group: bool) -> Result<()> {
    transaction(conn, async |tx| {
        groups::queries::lock(tx, group).await?.ok_or_else(|| Error::not_found("assistance"))?;
        let before = find(tx, helper.network, group).await?;
        let has_members = queries::has_members(tx, group).await?;
        if !has_members && !close_group {
            return Err(Error::problem(
                Code::Conflict,
                "Nobody else acts for this group, so it closes for good: its listings end and others are told. Say so with close_group=true.",
            ));
        }
        record_end(tx, helper, &before).await?;
        if has_members { forget(tx, helper.now, &[group]).await } else { groups::service::closing::close(tx, (helper.user, helper.now), group).await }
    })
    .await
}

/// Ends it for the group's own owners. 404 when nobody acts for the group.
pub async fn end_own(conn: &mut Conn, (user, now): (UserId, DateTime<Utc>), group: GroupId) -> Result<()> {
    transaction(conn, async |tx| {
        groups::queries::lock(tx, group).await?.ok_or_else(|| Error::not_found("group"))?;
        let before = queries::of_own(tx, group).await?.ok_or_else(|| Error::not_found("assistance"))?;
        let helper = Helper { user, role: groups::Role::Owner.as_str(), network: before.network_id, now };
        record_end(tx, helper, &before).await?;
        forget(tx, now, &[group]).await
    })
    .await
}

async fn record_end(tx: &mut Conn, helper: Helper, before: &Assistance) -> Result<()> {
    let act = helper.act("end_assistance", "group", before.group_id, before.group_id);
    audit::record(tx, helper.now, act.changing(&before.for_records(), &Value::Null)).await
}

/// Erases how to reach these groups, and what staff have shown of themselves for them, and takes them off the call list: they close, or no
/// longer want it.
pub async fn forget(tx: &mut Conn, now: DateTime<Utc>, ids: &[GroupId]) -> Result<()> {
    diesel::delete(assisted_groups::table.filter(assisted_groups::group_id.eq_any(ids))).execute(tx).await?;
    threads::service::contacts::erase_of_those_gone(tx, now, ids).await?;
    let to_do = follow_ups::table.filter(follow_ups::group_id.eq_any(ids)).filter(follow_ups::done_at.is_null());
    diesel::delete(to_do).execute(tx).await?;
    Ok(())
}

/// What a group is called about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Subject {
    group: GroupId,
    topic: Topic,
    listing: Option<ListingId>,
    exchange: Option<ExchangeId>,
}

impl Subject {
    /// What a notice is about; none when it goes to a person.
    pub fn of(notice: &Notice) -> Option<Self> {
        let Recipient::Group(group) = notice.to else { return None };
        Some(Self { group, topic: notice.topic, listing: notice.listing, exchange: notice.exchange })
    }
}

/// Puts on the call list of their networks those of these groups that have nobody to read their notices. One entry stands for all that
/// is told about the same thing, and keeps its date. Called by `inbox::tell`, which holds the inboxes of these groups.
pub async fn call_about(tx: &mut Conn, now: DateTime<Utc>, told: &[Subject]) -> Result<()> {
    let ids: Vec<GroupId> = told.iter().map(|subject| subject.group).collect();
    if ids.is_empty() {
        return Ok(());
    }
    let called: BTreeMap<GroupId, NetworkId> = queries::called(tx, &ids).await?.into_iter().collect();
    for subject in told {
        if let Some(network) = called.get(&subject.group) {
            let entry = Entry { group: subject.group, listing: subject.listing, exchange: subject.exchange };
            put_on_list(tx, *network, entry, subject.topic.as_str(), (now, now + rules::due_after(subject.topic))).await?;
        }
    }
    Ok(())
}

/// Whom to call, about what thing.
struct Entry {
    group: GroupId,
    listing: Option<ListingId>,
    exchange: Option<ExchangeId>,
}

const PUT_ON_LIST: &str = "
insert into follow_ups (id, network_id, group_id, topic, listing_id, exchange_id, due_at, made_at) values ($1, $2, $3, $4, $5, $6, $7, $8)
on conflict (group_id, topic, coalesce(listing_id, exchange_id, group_id)) where done_at is null
do update set due_at = least(follow_ups.due_at, excluded.due_at), exchange_id = excluded.exchange_id";

async fn put_on_list(
    tx: &mut Conn,
    network: NetworkId,
    entry: Entry,
    topic: &str,
    (now, due): (DateTime<Utc>, DateTime<Utc>),
) -> Result<()> {
    diesel::sql_query(PUT_ON_LIST)
        .bind::<sql::Uuid, _>(FollowUpId::new())
        .bind::<sql::Uuid, _>(network)
        .bind::<sql::Uuid, _>(entry.group)
        .bind::<sql::Text, _>(topic)
        .bind::<sql::Nullable<sql::Uuid>, _>(entry.listing)
        .bind::<sql::Nullable<sql::Uuid>, _>(entry.exchange)
        .bind::<sql::Timestamptz, _>(due)
        .bind::<sql::Timestamptz, _>(now)
        .execute(tx)
        .await?;
    Ok(())
}

/// What came of a call, and when to call again, if that was promised.
#[derive(Debug, Clone)]
pub struct Called {
    /// What came of it.
    pub note: String,
    /// When to call again.
    pub again: Option<DateTime<Utc>>,
}

/// Notes that an entry of the call list was done. 404 when the network has no such entry, 409 when somebody has done it already.
pub async fn finish(conn: &mut Conn, helper: Helper, id: FollowUpId, called: Called) -> Result<FollowUp> {
    let unknown = || Error::not_found("entry of the call list");
    transaction(conn, async |tx| {
        // The group first: the consent may end meanwhile, and takes what is to be done with it.
        let group = queries::follow_up(tx, helper.network, id).await?.ok_or_else(unknown)?.group_id;
        groups::queries::lock(tx, group).await?;
        let to_do = follow_ups::table.find(id).filter(follow_ups::network_id.eq(helper.network)).filter(follow_ups::done_at.is_null());
        let done = (follow_ups::done_at.eq(helper.now), follow_ups::done_by.eq(helper.user.0), follow_ups::note.eq(&called.note));
        let changed = diesel::update(to_do).set(done).execute(tx).await?;
        let entry = queries::follow_up(tx, helper.network, id).await?.ok_or_else(unknown)?;
        if changed == 0 {
            return Err(Error::problem(Code::WrongState, "Somebody has done this already. Read the list again."));
        }
        if let Some(again) = called.again {
            let about = Entry { group: entry.group_id, listing: entry.listing_id, exchange: entry.exchange_id };
            put_on_list(tx, helper.network, about, rules::CALL_BACK, (helper.now, again)).await?;
        }
        let detail = json!({"topic": entry.topic, "call_again_at": called.again});
        audit::record(tx, helper.now, Act { detail, ..helper.act("finish_follow_up", "follow_up", id, entry.group_id) }).await?;
        Ok(entry)
    })
    .await
}

/// What to say in each of these calls: the words of the last notice that it stands for, where that is still there.
pub async fn sentences(conn: &mut Conn, entries: &[FollowUp]) -> Result<HashMap<FollowUpId, String>> {
    let spans: Vec<inbox::queries::Span> = entries
        .iter()
        .filter_map(|entry| {
            let number = entry.number?;
            Some(inbox::queries::Span { inbox: entry.inbox_id?, above: number - 1, below: number + 1 })
        })
        .collect();
    let told = inbox::queries::oldest(conn, &spans, 1).await?;
    let told: HashMap<_, _> = told.into_iter().map(|notice| ((notice.inbox_id, notice.number), notice.sentence())).collect();
    Ok(entries.iter().filter_map(|entry| Some((entry.id, told.get(&(entry.inbox_id?, entry.number?))?.clone()))).collect())
}
