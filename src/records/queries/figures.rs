//! What is counted of a network's moderation in a period. Worries about somebody's safety are not.

use chrono::{DateTime, Utc};
use diesel::sql_types as sql;
use diesel_async::RunQueryDsl;

use crate::{
    db::{Conn, Prepared},
    error::Result,
    records::model::{Counted, Extent, Flow, Pace, Period},
    types::ids::NetworkId,
};

const FLOWS: &str = "
with came as (
  select kind, count(*) as came_in from queue_items where network_id = $1 and opened_at >= $2 and opened_at < $3 group by kind),
went as (
  select kind, count(*) as withdrawn from queue_items
  where network_id = $1 and state = 'withdrawn' and closed_at >= $2 and closed_at < $3 group by kind),
waits as (
  select kind, count(*) as waiting, count(*) filter (where due_at < $4) as late, min(opened_at) as oldest, min(due_at) as first_due
  from queue_items where network_id = $1 and state = 'waiting' group by kind)
select kind, coalesce(came_in, 0) as came_in, coalesce(withdrawn, 0) as withdrawn, coalesce(waiting, 0) as waiting, coalesce(late, 0) as late,
  oldest, first_due
from came full join went using (kind) full join waits using (kind)";

/// What came and went, by kind, and what waits at `now`.
pub async fn flows(conn: &mut Conn, network: NetworkId, period: Period, now: DateTime<Utc>) -> Result<Vec<Flow>> {
    let statement = diesel::sql_query(FLOWS)
        .bind::<sql::Uuid, _>(network)
        .bind::<sql::Timestamptz, _>(period.from)
        .bind::<sql::Timestamptz, _>(period.until)
        .bind::<sql::Timestamptz, _>(now);
    Ok(Prepared(statement).load(conn).await?)
}

const PACES: &str = "
with done (kind, opened_at, due_at, done_at) as (
  select q.kind, q.opened_at, q.due_at, d.decided_at
  from decisions d join queue_items q on q.id = d.queue_item_id and q.network_id = d.network_id
  where d.network_id = $1 and d.decided_at >= $2 and d.decided_at < $3 and d.undone_at is null)
select kind, count(*) as decided, count(*) filter (where done_at <= due_at) as in_time,
  percentile_cont(0.5) within group (order by t.hours) filter (where t.hours > 0) as median_hours,
  percentile_cont(0.95) within group (order by t.hours) filter (where t.hours > 0) as p95_hours
from done cross join lateral (select extract(epoch from done_at - opened_at)::float8 / 3600 as hours) t
group by grouping sets ((kind), ())";

/// How long the decisions of the period took that stand, by kind and all together. What was decided about a group beside the queue without
/// having waited there is counted, and took no time: the hours are of what waited.
pub async fn paces(conn: &mut Conn, network: NetworkId, period: Period) -> Result<Vec<Pace>> {
    let statement = diesel::sql_query(PACES)
        .bind::<sql::Uuid, _>(network)
        .bind::<sql::Timestamptz, _>(period.from)
        .bind::<sql::Timestamptz, _>(period.until);
    Ok(Prepared(statement).load(conn).await?)
}

/// Lists: `deed` and `reason` of decisions that stand; `decision` (by_people, by_program, undone); `finding` of what came in; `appeal`,
/// `report` and `complaint` that were made in the period, by their outcome; `report_reason`, `complaint_about`, and `complaint_time`.
const COUNTS: &str = "
with decided as (select * from decisions where network_id = $1 and decided_at >= $2 and decided_at < $3),
reported as (select * from reports where network_id = $1 and made_at >= $2 and made_at < $3),
complained as (select * from complaints where network_id = $1 and made_at >= $2 and made_at < $3),
words (list, word) as (
  select 'deed', deed from decided where undone_at is null
  union all select 'reason', reason from decided where undone_at is null and reason is not null
  union all select 'decision', case when undone_at is not null then 'undone' when decided_by is null then 'by_program' else 'by_people' end from decided
  union all select 'finding', f.value ->> 'rule' from queue_items q cross join jsonb_array_elements(q.findings) f
    where q.network_id = $1 and q.opened_at >= $2 and q.opened_at < $3
  union all select 'appeal', coalesce(outcome, 'waiting') from appeals where network_id = $1 and made_at >= $2 and made_at < $3
  union all select 'report', coalesce(outcome, 'waiting') from reported
  union all select 'report_reason', reason from reported
  union all select 'complaint', coalesce(outcome, 'waiting') from complained
  union all select 'complaint_about', about from complained
  union all select 'complaint_time',
    case when answered_at is null then case when answer_by < $4 then 'open_and_late' else 'open' end
      when answered_at <= answer_by then 'answered_in_time' else 'answered_late' end from complained)
select list, word, count(*) from words where word is not null group by list, word order by list, count(*) desc, word";

/// Words and how often they were used.
pub async fn counts(conn: &mut Conn, network: NetworkId, period: Period, now: DateTime<Utc>) -> Result<Vec<Counted>> {
    let statement = diesel::sql_query(COUNTS)
        .bind::<sql::Uuid, _>(network)
        .bind::<sql::Timestamptz, _>(period.from)
        .bind::<sql::Timestamptz, _>(period.until)
        .bind::<sql::Timestamptz, _>(now);
    Ok(Prepared(statement).load(conn).await?)
}

const EXTENT: &str = "
with members as (select group_id from network_groups where network_id = $1 and in_good_standing)
select (select count(*) from members) as groups,
  (select count(*) from members join assisted_groups a using (group_id) where a.network_id = $1 and a.state = 'begun') as assisted,
  (select count(distinct user_id) from members join memberships using (group_id)) as people,
  (select count(*) from network_staff where network_id = $1 and role = 'coordinator') as coordinators,
  (select count(*) from listings where network_id = $1 and is_open and (expires_at is null or expires_at > $4)) as listings,
  (select count(*) from listings where network_id = $1 and published_at >= $2 and published_at < $3) as published,
  (select count(*) from messages where network_id = $1 and created_at >= $2 and created_at < $3
    and group_id in (select group_id from members)) as messages,
  (select count(*) from exchanges where network_id = $1 and completed_at >= $2 and completed_at < $3) as exchanges,
  p.review, p.decide_within_hours, p.recheck_after_days, p.undecided_then, p.hide_reported, n.rules_version, n.safeguarding_lead is not null as has_lead
from networks n join network_policies p on p.network_id = n.id where n.id = $1";

/// What there is in a network, what happened in the period, and its settings.
pub async fn extent(conn: &mut Conn, network: NetworkId, period: Period, now: DateTime<Utc>) -> Result<Extent> {
    let statement = diesel::sql_query(EXTENT)
        .bind::<sql::Uuid, _>(network)
        .bind::<sql::Timestamptz, _>(period.from)
        .bind::<sql::Timestamptz, _>(period.until)
        .bind::<sql::Timestamptz, _>(now);
    Ok(Prepared(statement).get_result(conn).await?)
}
