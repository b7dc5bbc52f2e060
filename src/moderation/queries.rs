//! What moderation asks of the database. Every function starts from the network, the group, or what the caller has found through them.

pub mod facts;
pub mod load;

use chrono::{DateTime, Duration, Utc};
use diesel::{
    dsl::sql,
    pg::Pg,
    prelude::*,
    sql_types::{self, Bool, Jsonb, Timestamptz},
};
use diesel_async::RunQueryDsl;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{
    Deed, QueueKind,
    model::{Appeal, Decision, Item, Reply},
};
use crate::{
    checks::Rule,
    db::{Conn, Prepared},
    error::Result,
    http::Limit,
    schema::{appeals, decisions, exchanges, network_policies, networks, queue_findings, queue_items, standard_replies},
    setbacks::not_put_off,
    types::ids::{AppealId, DecisionId, GroupId, ListingId, NetworkId, QueueItemId, ReplyId, UserId},
};

/// How long a network promises to take for a decision.
pub async fn promise(conn: &mut Conn, network: NetworkId) -> Result<Duration> {
    let hours: i32 = network_policies::table.find(network).select(network_policies::decide_within_hours).first(conn).await?;
    Ok(Duration::hours(hours.into()))
}

/// How a network looks at edits of a listing.
#[derive(Debug, Clone, Copy, QueryableByName)]
pub struct Looks {
    /// The listing itself waits in the queue: it is looked at as it is then.
    #[diesel(sql_type = Bool)]
    pub is_to_come: bool,
    /// Somebody has decided about it, so there is an approved version.
    #[diesel(sql_type = Bool)]
    pub is_decided: bool,
}

const LOOKS: &str = "
    select
      exists (select from queue_items q
        where q.network_id = $1 and q.kind = 'listing' and q.subject_id = $2 and q.state = 'waiting') as is_to_come,
      exists (select from queue_items q
        where q.listing_id = $2 and q.network_id = $1 and q.kind <> 'cross_post' and q.state = 'decided') as is_decided";

/// How a network looks at edits of a listing.
pub async fn review_of(conn: &mut Conn, network: NetworkId, listing: ListingId) -> Result<Looks> {
    let statement = diesel::sql_query(LOOKS).bind::<sql_types::Uuid, _>(network).bind::<sql_types::Uuid, _>(listing);
    Ok(Prepared(statement).get_result(conn).await?)
}

/// Whose items a page shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Claimed {
    /// Those that this person is at.
    By(UserId),
    /// Those that nobody is at.
    ByNobody,
}

/// Which part of the queue.
#[derive(Debug, Clone, Default)]
pub struct QueueFilter {
    /// Only this kind.
    pub kind: Option<QueueKind>,
    /// Only of this group.
    pub group: Option<GroupId>,
    /// Only with a finding of this check.
    pub finding: Option<Rule>,
    /// Only those that are, or are not, claimed.
    pub claimed: Option<Claimed>,
}

/// After which item a page begins.
pub type After = Option<(DateTime<Utc>, QueueItemId)>;

/// A page of what waits for a network, oldest promise first. However much waits, it reads little more than the page: what a person is at, and
/// what is of one group, is few; a finding, a kind and everything have indexes in the order of the queue (migrations/0013).
pub async fn waiting(
    conn: &mut Conn,
    (network, now): (NetworkId, DateTime<Utc>),
    filter: &QueueFilter,
    limit: Limit,
    after: After,
) -> Result<Vec<Item>> {
    match (filter.finding, filter.group, filter.claimed) {
        (Some(rule), None, None | Some(Claimed::ByNobody)) => {
            waiting_with_finding(conn, (network, now), (rule, filter), limit, after).await
        }
        _ => waiting_in_order(conn, (network, now), filter, limit, after).await,
    }
}

/// Those that nobody is at. Few are claimed, so few are passed over.
macro_rules! free_at {
    ($now:expr) => {
        queue_items::claimed_by.is_null().or(queue_items::claimed_until.le($now).assume_not_null())
    };
}

async fn waiting_in_order(
    conn: &mut Conn,
    (network, now): (NetworkId, DateTime<Utc>),
    filter: &QueueFilter,
    limit: Limit,
    after: After,
) -> Result<Vec<Item>> {
    // As text: a statement planned once for all values sees only then that the partial indexes serve.
    let mut query = queue_items::table
        .filter(queue_items::network_id.eq(network))
        .filter(sql::<Bool>("queue_items.state = 'waiting'"))
        .order((queue_items::due_at, queue_items::id))
        .limit(limit.and_one())
        .into_boxed::<Pg>();
    if let Some(kind) = filter.kind {
        query = query.filter(queue_items::kind.eq(kind));
    }
    if let Some(group) = filter.group {
        query = query.filter(queue_items::group_id.eq(group));
    }
    if let Some(rule) = filter.finding {
        query = query.filter(sql::<Bool>("queue_items.findings @> ").bind::<Jsonb, _>(json!([{"rule": rule}])));
    }
    match filter.claimed {
        Some(Claimed::By(user)) => {
            // Found first, and as a list: the queue is not walked for them.
            let claimed = sql::<Bool>(
                "queue_items.id = any(array(select c.id from queue_items c
                   where c.state = 'waiting' and c.claimed_by is not null and c.network_id = ",
            );
            let claimed = claimed.bind::<sql_types::Uuid, _>(network).sql(" and c.claimed_until > ").bind::<Timestamptz, _>(now);
            query = query.filter(claimed.sql(" and c.claimed_by = ").bind::<sql_types::Uuid, _>(user).sql("))"));
        }
        Some(Claimed::ByNobody) => query = query.filter(free_at!(now)),
        None => {}
    }
    if let Some((due_at, id)) = after {
        let behind = sql::<Bool>("(queue_items.due_at, queue_items.id) > (").bind::<Timestamptz, _>(due_at);
        query = query.filter(behind.sql(", ").bind::<sql_types::Uuid, _>(id).sql(")"));
    }
    Ok(query.select(Item::as_select()).load(conn).await?)
}

/// Goes through what was found, which is kept in the order of the queue: a rare finding and a frequent one are read alike.
async fn waiting_with_finding(
    conn: &mut Conn,
    (network, now): (NetworkId, DateTime<Utc>),
    (rule, filter): (Rule, &QueueFilter),
    limit: Limit,
    after: After,
) -> Result<Vec<Item>> {
    let mut query = queue_findings::table
        .inner_join(queue_items::table)
        .filter(queue_findings::network_id.eq(network))
        .filter(queue_findings::rule.eq(rule.as_str()))
        .order((queue_findings::due_at, queue_findings::item_id))
        .limit(limit.and_one())
        .into_boxed::<Pg>();
    if let Some(kind) = filter.kind {
        query = query.filter(queue_findings::kind.eq(kind));
    }
    if filter.claimed == Some(Claimed::ByNobody) {
        query = query.filter(free_at!(now));
    }
    if let Some((due_at, id)) = after {
        let behind = sql::<Bool>("(queue_findings.due_at, queue_findings.item_id) > (").bind::<Timestamptz, _>(due_at);
        query = query.filter(behind.sql(", ").bind::<sql_types::Uuid, _>(id).sql(")"));
    }
    Ok(query.select(Item::as_select()).load(conn).await?)
}

/// One item of a network's queue, whatever state it is in.
pub async fn item(conn: &mut Conn, network: NetworkId, id: QueueItemId) -> Result<Option<Item>> {
    let own = queue_items::table.find(id).filter(queue_items::network_id.eq(network));
    Ok(own.select(Item::as_select()).first(conn).await.optional()?)
}

/// One item of a network's queue, held until the end of the transaction.
pub async fn lock_item(tx: &mut Conn, network: NetworkId, id: QueueItemId) -> Result<Option<Item>> {
    let own = queue_items::table.find(id).filter(queue_items::network_id.eq(network));
    Ok(own.select(Item::as_select()).for_update().first(tx).await.optional()?)
}

/// What waits under a subject in a network's queue, held until the end of the transaction.
pub async fn lock_waiting(tx: &mut Conn, (network, kind): (NetworkId, QueueKind), subject: Uuid) -> Result<Option<Item>> {
    let waiting = queue_items::table
        .filter(queue_items::network_id.eq(network))
        .filter(queue_items::kind.eq(kind))
        .filter(queue_items::subject_id.eq(subject))
        .filter(sql::<Bool>("queue_items.state = 'waiting'"));
    Ok(waiting.select(Item::as_select()).for_update().first(tx).await.optional()?)
}

/// What waits because it was reported of a group: the group itself and its messages, not its listings. The group is locked.
pub async fn reported_of_group(tx: &mut Conn, network: NetworkId, group: GroupId) -> Result<Vec<Uuid>> {
    let waiting = queue_items::table
        .filter(queue_items::network_id.eq(network))
        .filter(queue_items::group_id.eq(group))
        .filter(queue_items::kind.eq(QueueKind::Report))
        .filter(queue_items::listing_id.is_null())
        .filter(sql::<Bool>("queue_items.state = 'waiting'"));
    Ok(waiting.order(queue_items::id).select(queue_items::subject_id).load(tx).await?)
}

/// A decision of a network.
pub async fn decision(conn: &mut Conn, network: NetworkId, id: DecisionId) -> Result<Option<Decision>> {
    let own = decisions::table.find(id).filter(decisions::network_id.eq(network));
    Ok(own.select(Decision::as_select()).first(conn).await.optional()?)
}

/// The decision, held until the end of the transaction.
pub async fn lock_decision(tx: &mut Conn, network: NetworkId, id: DecisionId) -> Result<Option<Decision>> {
    let own = decisions::table.find(id).filter(decisions::network_id.eq(network));
    Ok(own.select(Decision::as_select()).for_update().first(tx).await.optional()?)
}

/// What stands decided about items of a network.
pub async fn standing(conn: &mut Conn, network: NetworkId, items: &[QueueItemId]) -> Result<Vec<Decision>> {
    let own = decisions::table.filter(decisions::network_id.eq(network)).filter(decisions::queue_item_id.eq_any(items));
    Ok(own.filter(decisions::undone_at.is_null()).select(Decision::as_select()).load(conn).await?)
}

/// Decisions about a subject, or about a listing by way of something else, of which nobody has been told, with what had waited.
pub async fn unfinished(conn: &mut Conn, network: NetworkId, subject: Uuid) -> Result<Vec<(Item, Decision)>> {
    let about = queue_items::subject_id.eq(subject).or(queue_items::listing_id.assume_not_null().eq(ListingId(subject)));
    let unfinished = queue_items::table
        .inner_join(decisions::table.on(decisions::queue_item_id.eq(queue_items::id)))
        .filter(decisions::network_id.eq(network))
        .filter(decisions::told_at.is_null())
        .filter(decisions::undone_at.is_null())
        .filter(about);
    Ok(unfinished.select((Item::as_select(), Decision::as_select())).load(conn).await?)
}

/// Whether a listing that a decision is about was taken out of sight by a later one of the same network, which stands.
pub async fn is_hidden_since(tx: &mut Conn, first: &Decision, listing: ListingId) -> Result<bool> {
    let later = decisions::table
        .filter(decisions::listing_id.eq(listing))
        .filter(decisions::decided_at.gt(first.decided_at))
        .filter(decisions::network_id.eq(first.network_id))
        .filter(decisions::id.ne(first.id))
        .filter(decisions::undone_at.is_null())
        .order((decisions::decided_at.desc(), decisions::id.desc()))
        .select((decisions::deed, decisions::after));
    let later: Vec<(Deed, Value)> = later.load(tx).await?;
    // The latest that changed where it stands: an edit that is not taken does not, nor does an appeal that is turned down.
    let stands = |after: &Value| after.get("listing").or(after.get("cross_post")).is_some();
    let last = later.into_iter().find(|(_, after)| stands(after) && after.pointer("/edit/live") != Some(&json!(false)));
    Ok(last.is_some_and(|(deed, _)| matches!(deed, Deed::AskChanges | Deed::Reject | Deed::Hold | Deed::Merge | Deed::Remove)))
}

/// Whether a network has decided anew how a group stands in it since a decision about that, and that stands.
pub async fn is_standing_decided_since(tx: &mut Conn, first: &Decision) -> Result<bool> {
    let later = decisions::table
        .filter(decisions::group_id.eq(first.group_id))
        .filter(decisions::network_id.eq(first.network_id))
        .filter(decisions::decided_at.gt(first.decided_at))
        .filter(decisions::id.ne(first.id))
        .filter(decisions::undone_at.is_null())
        // Not an appeal that was turned down, nor what was decided about a listing.
        .filter(sql::<Bool>("decisions.after ? 'standing'"));
    Ok(diesel::select(diesel::dsl::exists(later)).get_result(tx).await?)
}

/// Whether an item left the queue because its listing was decided about by way of something else, such as a report.
pub async fn is_decided_otherwise(tx: &mut Conn, listing: ListingId, item: QueueItemId) -> Result<bool> {
    let decided = decisions::table
        .filter(decisions::listing_id.eq(listing))
        .filter(decisions::undone_at.is_null())
        .filter(sql::<Bool>("decisions.before @> ").bind::<Jsonb, _>(json!({"items": [item]})));
    Ok(diesel::select(diesel::dsl::exists(decided)).get_result(tx).await?)
}

/// Of decisions: not that something reported stays as it is. Who was reported is not to know of the report, unless that had hidden the listing,
/// at home or as a guest, of which its group was told: then it hears that it can be found again. Staff read it in their records.
pub const CONCERNS_GROUP: &str = "not (decisions.deed = 'keep'
  and (decisions.before -> 'listing', decisions.before -> 'cross_post') is not distinct from (decisions.after -> 'listing', decisions.after -> 'cross_post')
  and exists (select from queue_items q where q.id = decisions.queue_item_id and q.kind = 'report'))";

/// A page of the final decisions about a group, newest first, with the names of the networks.
pub async fn decisions_of_group(
    conn: &mut Conn,
    (group, now): (GroupId, DateTime<Utc>),
    limit: Limit,
    after: Option<(DateTime<Utc>, DecisionId)>,
) -> Result<Vec<(Decision, String)>> {
    let mut query = decisions::table
        .inner_join(networks::table.on(networks::id.eq(decisions::network_id)))
        .filter(decisions::group_id.eq(group))
        .filter(decisions::undone_at.is_null())
        .filter(decisions::final_at.le(now))
        .filter(sql::<Bool>(CONCERNS_GROUP))
        .order((decisions::decided_at.desc(), decisions::id.desc()))
        .limit(limit.and_one())
        .into_boxed::<Pg>();
    if let Some((time, id)) = after {
        query = query.filter(decisions::decided_at.lt(time).or(decisions::decided_at.eq(time).and(decisions::id.lt(id))));
    }
    Ok(query.select((Decision::as_select(), networks::name)).load(conn).await?)
}

/// A final decision about a group, as the group may know of it.
pub async fn final_decision(conn: &mut Conn, (group, now): (GroupId, DateTime<Utc>), id: DecisionId) -> Result<Option<Decision>> {
    let own = decisions::table.find(id).filter(decisions::group_id.eq(group)).filter(decisions::final_at.le(now));
    let own = own.filter(decisions::undone_at.is_null()).filter(sql::<Bool>(CONCERNS_GROUP));
    Ok(own.select(Decision::as_select()).first(conn).await.optional()?)
}

/// The appeals against decisions.
pub async fn appeals_against(conn: &mut Conn, ids: &[DecisionId]) -> Result<Vec<Appeal>> {
    Ok(appeals::table.filter(appeals::decision_id.eq_any(ids)).select(Appeal::as_select()).load(conn).await?)
}

/// An appeal, held until the end of the transaction.
pub async fn lock_appeal(tx: &mut Conn, id: AppealId) -> Result<Option<Appeal>> {
    Ok(appeals::table.find(id).select(Appeal::as_select()).for_update().first(tx).await.optional()?)
}

/// A page of a network's standard replies, by name.
pub async fn replies(conn: &mut Conn, network: NetworkId, limit: Limit, after: Option<(String, ReplyId)>) -> Result<Vec<Reply>> {
    let mut query = standard_replies::table
        .filter(standard_replies::network_id.eq(network))
        .order((standard_replies::name, standard_replies::id))
        .limit(limit.and_one())
        .into_boxed::<Pg>();
    if let Some((name, id)) = after {
        let same = standard_replies::name.eq(name.clone()).and(standard_replies::id.gt(id));
        query = query.filter(standard_replies::name.gt(name).or(same));
    }
    Ok(query.select(Reply::as_select()).load(conn).await?)
}

/// A standard reply of a network.
pub async fn reply(conn: &mut Conn, network: NetworkId, id: ReplyId) -> Result<Option<Reply>> {
    let own = standard_replies::table.find(id).filter(standard_replies::network_id.eq(network));
    Ok(own.select(Reply::as_select()).first(conn).await.optional()?)
}

/// The reply, held until the end of the transaction.
pub async fn lock_reply(tx: &mut Conn, network: NetworkId, id: ReplyId) -> Result<Option<Reply>> {
    let own = standard_replies::table.find(id).filter(standard_replies::network_id.eq(network));
    Ok(own.select(Reply::as_select()).for_update().first(tx).await.optional()?)
}

/// Whether anything of a listing is proposed, agreed, promised or handed over. The listing is locked.
pub async fn is_spoken_for(tx: &mut Conn, listing: ListingId) -> Result<bool> {
    let about = exchanges::table.filter(exchanges::offer_id.eq(listing).or(exchanges::want_id.eq(listing)));
    let live = about.filter(exchanges::state.ne_all(["declined", "withdrawn", "cancelled"]));
    Ok(diesel::select(diesel::dsl::exists(live)).get_result(tx).await?)
}

/// A decision that has become final and of which nobody has been told.
#[derive(Debug, Clone, Copy, Queryable)]
pub struct Due {
    /// Which.
    pub id: DecisionId,
    /// Of which network.
    pub network: NetworkId,
}

/// So many decisions that have become final and of which nobody has been told, oldest first, but for those that the job has put off. For the
/// worker.
pub async fn due(conn: &mut Conn, job: &str, now: DateTime<Utc>, most: i64) -> Result<Vec<Due>> {
    let due = decisions::table.filter(
        sql::<Bool>("decisions.told_at is null and decisions.undone_at is null and decisions.final_at <= ").bind::<Timestamptz, _>(now),
    );
    let due = due.filter(not_put_off!(job, decisions::id, now));
    let rows = due.order((decisions::final_at, decisions::id)).limit(most).select((decisions::id, decisions::network_id));
    Ok(rows.load(conn).await?)
}

/// What is late and of which nobody has been warned, with what its network does then. For the worker.
#[derive(Debug, Clone, Queryable)]
pub struct Late {
    /// Which.
    pub id: QueueItemId,
    /// Whose.
    pub network: NetworkId,
    /// wait, approve or reject.
    pub then: String,
}

/// So many items whose promise is broken and of which nobody has been warned, oldest first, but for those that the job has put off, alone or
/// with all of their network, and for those that somebody is at. For the worker.
pub async fn late(conn: &mut Conn, job: &str, now: DateTime<Utc>, most: i64) -> Result<Vec<Late>> {
    let late = sql::<Bool>("queue_items.state = 'waiting' and queue_items.warned_at is null and queue_items.due_at <= ")
        .bind::<Timestamptz, _>(now);
    let query = queue_items::table.inner_join(network_policies::table.on(network_policies::network_id.eq(queue_items::network_id)));
    let query = query.filter(not_put_off!(job, queue_items::id, now)).filter(not_put_off!(job, queue_items::network_id, now));
    let rows = query.filter(late).filter(free_at!(now)).order((queue_items::due_at, queue_items::id)).limit(most);
    Ok(rows.select((queue_items::id, queue_items::network_id, network_policies::undecided_then)).load(conn).await?)
}
