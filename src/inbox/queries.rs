//! What inboxes ask of the database. Every function starts from the person, the group or the inbox.

use chrono::{DateTime, Utc};
use diesel::{prelude::*, sql_types as sql};
use diesel_async::RunQueryDsl;

use super::{
    Topic, WaitsFor,
    model::{Mailbox, Read, ToMail, Waiting, Watched},
};
use crate::{
    db::{Conn, Prepared},
    error::Result,
    groups::Role,
    http::SignedIn,
    listings,
    schema::{groups, inbox_readers, inboxes, memberships, notices, reminders, users},
    types::ids::{GroupId, InboxId, ListingId, UserId},
};

/// The inboxes that a person reads, or that of one of the person's groups, each with how far it has been read. What was there before
/// somebody joined a group, or came back to it, counts as read. The inbox of a group that is not online is there for the staff who act for
/// it, when they ask for it.
const MAILBOXES: &str = "
with mine as (
  select null::uuid as group_id, null::text as group_name, i.id, i.last_number, null::timestamptz as joined_at
  from (select $1 as user_id) u left join inboxes i on i.user_id = u.user_id where $2 is null
  union all
  select g.id, g.name, i.id, i.last_number, m.created_at
  from memberships m join groups g on g.id = m.group_id left join inboxes i on i.group_id = m.group_id
  where m.user_id = $1 and ($2 is null or m.group_id = $2)
  union all
  select g.id, g.name, i.id, i.last_number, a.begun_at
  from assisted_groups a join network_staff s on s.network_id = a.network_id and s.user_id = $1
  join groups g on g.id = a.group_id left join inboxes i on i.group_id = a.group_id
  where a.group_id = $2 and a.state = 'begun' and not exists (select from memberships m where m.group_id = $2 and m.user_id = $1)),
known as (
  select mine.*, coalesce((
    select n.number from notices n
    where n.inbox_id = mine.id and n.created_at < mine.joined_at and n.number > coalesce(r.read_until, 0) order by n.number desc limit 1),
    r.read_until, 0) as read_until
  from mine left join inbox_readers r on r.inbox_id = mine.id and r.user_id = $1)
select id, group_id, group_name, coalesce(last_number, 0) as last_number, read_until,
  (select count(*) from notices n where n.inbox_id = known.id and n.number > known.read_until) as unread
from known order by group_name nulls first, group_id";

/// The inboxes that a person reads: the own one, then those of the person's groups by name; or that of one group alone.
pub async fn mailboxes(conn: &mut Conn, user: UserId, group: Option<GroupId>) -> Result<Vec<Mailbox>> {
    let statement = diesel::sql_query(MAILBOXES).bind::<sql::Uuid, _>(user).bind::<sql::Nullable<sql::Uuid>, _>(group);
    Ok(Prepared(statement).load(conn).await?)
}

/// A part of an inbox: the notices with numbers between these two, both left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Span {
    /// The inbox.
    pub inbox: InboxId,
    /// Those with higher numbers.
    pub above: i64,
    /// Those with lower numbers.
    pub below: i64,
}

/// `order` is `desc` or `asc`. The limit is for each inbox. What a listing is called now is for its own group and its network's staff, and
/// for others while they can find it; for those who deal with it, as long as its network has nothing against it.
macro_rules! notices_in_spans {
    ($order:literal) => {
        concat!(
            "select n.inbox_id, i.group_id, n.number, n.topic, n.listing_id, n.interest_id, n.exchange_id, n.other_group_id, n.facts, n.created_at,
               coalesce(case when l.group_id = i.group_id or l.is_open
                 or l.moderation = 'approved' and coalesce(n.interest_id, n.exchange_id) is not null
                 or exists (select from network_staff s where s.network_id = l.network_id and s.user_id = i.user_id) then l.title end, e.title) as title,
               l.kind, g.name as other_group_name
             from unnest($1, $2, $3) as span (inbox_id, above, below)
             join inboxes i on i.id = span.inbox_id
             cross join lateral (
               select * from notices n
               where n.inbox_id = span.inbox_id and n.number > span.above and n.number < span.below and ($4 is null or n.topic = $4)
               order by n.number ", $order, " limit $5) n
             left join listings l on l.id = n.listing_id
             left join exchanges e on e.id = n.exchange_id
             left join groups g on g.id = n.other_group_id
             order by n.inbox_id, n.number ", $order)
    };
}

/// So many of the newest notices of each span, newest first.
pub async fn newest(conn: &mut Conn, spans: &[Span], topic: Option<Topic>, most: i64) -> Result<Vec<Read>> {
    load(conn, notices_in_spans!("desc"), spans, topic, most).await
}

/// So many of the oldest notices of each span, oldest first.
pub async fn oldest(conn: &mut Conn, spans: &[Span], most: i64) -> Result<Vec<Read>> {
    load(conn, notices_in_spans!("asc"), spans, None, most).await
}

async fn load(conn: &mut Conn, text: &'static str, spans: &[Span], topic: Option<Topic>, most: i64) -> Result<Vec<Read>> {
    let statement = diesel::sql_query(text)
        .bind::<sql::Array<sql::Uuid>, _>(spans.iter().map(|span| span.inbox).collect::<Vec<_>>())
        .bind::<sql::Array<sql::BigInt>, _>(spans.iter().map(|span| span.above).collect::<Vec<_>>())
        .bind::<sql::Array<sql::BigInt>, _>(spans.iter().map(|span| span.below).collect::<Vec<_>>())
        .bind::<sql::Nullable<sql::Text>, _>(topic)
        .bind::<sql::BigInt, _>(most);
    Ok(Prepared(statement).load(conn).await?)
}

/// Notes how far a person has read an inbox; never back.
pub async fn mark_read(conn: &mut Conn, inbox: InboxId, user: UserId, until: i64) -> Result<()> {
    use diesel::upsert::excluded;
    let farther =
        diesel::dsl::case_when(excluded(inbox_readers::read_until).gt(inbox_readers::read_until), excluded(inbox_readers::read_until))
            .otherwise(inbox_readers::read_until);
    diesel::insert_into(inbox_readers::table)
        .values((inbox_readers::inbox_id.eq(inbox.0), inbox_readers::user_id.eq(user), inbox_readers::read_until.eq(until)))
        .on_conflict((inbox_readers::inbox_id, inbox_readers::user_id))
        .do_update()
        .set(inbox_readers::read_until.eq(farther))
        .execute(conn)
        .await?;
    Ok(())
}

const WATCHED: &str = "
select w.user_id, w.session_id, i.id as inbox_id, i.group_id, coalesce(i.last_number, 0) as last_number,
  coalesce(r.read_until, 0) as read_until, i.before_joining
from unnest($1, $2) as w (user_id, session_id)
join sessions s on s.id = w.session_id and s.user_id = w.user_id and s.ended_at is null and s.expires_at > $3
cross join lateral (
  select i.id, null::uuid as group_id, i.last_number, null::bigint as before_joining
  from (values (1)) one left join inboxes i on i.user_id = w.user_id
  union all
  select i.id, m.group_id, i.last_number, case when m.created_at >= $4 then coalesce((
    select n.number from notices n where n.inbox_id = i.id and n.created_at < m.created_at order by n.number desc limit 1), 0) end
  from memberships m left join inboxes i on i.group_id = m.group_id where m.user_id = w.user_id) i
left join inbox_readers r on r.inbox_id = i.id and r.user_id = w.user_id";

/// The inboxes that the people of these sessions may read now; nothing of a session that has ended. Of each that lives, at least the
/// person's own. For groups that were joined since `since`, also where the notices from before that end.
pub async fn watched(conn: &mut Conn, sessions: &[SignedIn], now: DateTime<Utc>, since: DateTime<Utc>) -> Result<Vec<Watched>> {
    let statement = diesel::sql_query(WATCHED)
        .bind::<sql::Array<sql::Uuid>, _>(sessions.iter().map(|session| session.user_id).collect::<Vec<_>>())
        .bind::<sql::Array<sql::Uuid>, _>(sessions.iter().map(|session| session.session_id).collect::<Vec<_>>())
        .bind::<sql::Timestamptz, _>(now)
        .bind::<sql::Timestamptz, _>(since);
    Ok(Prepared(statement).load(conn).await?)
}

/// An interest is answered for the group when `interests::jobs` says, never while the listing is paused. A group is asked whether it is still
/// there so long before it is suspended as `networks::rules::TIME_TO_ANSWER` says. `$1` the group, `$2` now, `$3` and `$4` where the page
/// before ended, `$5` how many, `$6` kinds to leave out.
const WAITING: &str = "
with mine as (
  select e.*, receiver_group_id as other_id, giver_agreed_at as agreed_at, giver_quantity as said from exchanges e where giver_group_id = $1
  union all
  select e.*, giver_group_id, receiver_agreed_at, receiver_quantity from exchanges e where receiver_group_id = $1),
waiting (kind, id, listing_id, interest_id, exchange_id, other_group_id, title, since, due, urgency) as (
  select 'answer_interest', i.id, l.id, i.id, null::uuid, i.group_id, l.title, i.created_at, case when l.state <> 'paused' then answered end, answered
  from listings l join interests i on i.listing_id = l.id and i.listing_kind = l.kind and i.owner_group_id = l.group_id
  cross join lateral (
    select greatest(coalesce(i.waits_from, i.created_at), l.published_at + l.choose_after_hours * interval '1 hour') + interval '7 days' as answered) a
  where l.group_id = $1 and i.state = 'open'
  union all
  select 'answer_proposal', id, coalesce(offer_id, want_id), null, id, other_id, title, created_at, created_at + interval '7 days', created_at + interval '7 days'
  from mine where state = 'proposed' and agreed_at is null
  union all
  select 'agree_time', id, coalesce(offer_id, want_id), null, id, other_id, title, greatest(giver_agreed_at, receiver_agreed_at), null,
    greatest(giver_agreed_at, receiver_agreed_at) + interval '7 days'
  from mine where state = 'accepted'
  union all
  select 'say_handed_over', id, coalesce(offer_id, want_id), null, id, other_id, title, scheduled_for, null, scheduled_for + interval '7 days'
  from mine where state = 'scheduled' and scheduled_for <= $2
  union all
  select 'confirm_hand_over', id, coalesce(offer_id, want_id), null, id, other_id, title, handed_over_at, handed_over_at + interval '14 days',
    handed_over_at + interval '14 days'
  from mine where state = 'handed_over' and said is null
  union all
  select 'return_loan', id, coalesce(offer_id, want_id), null, id, other_id, title, completed_at, return_by, return_by
  from mine where state = 'completed' and returned_at is null and return_by <= $2 + interval '7 days'
  union all
  select 'renew_listing', id, id, null, null, null, title, fresh_at, expires_at, expires_at
  from listings where group_id = $1 and state = 'active' and expires_at > $2 and expires_at <= $2 + interval '7 days'
  union all
  select 'accept_rules', n.id, null, null, null, null, n.name, r.published_at, d.due, d.due
  from network_groups ng
  join networks n on n.id = ng.network_id
  join network_policies p on p.network_id = n.id
  join ground_rules r on r.network_id = n.id and r.version = n.rules_version and r.text <> ''
  cross join lateral (select greatest(r.published_at, ng.requested_at) + p.rules_grace_days * interval '1 day' as due) d
  where ng.group_id = $1 and ng.state not in ('rejected', 'closed') and not exists (
    select from ground_rules_acceptances a where a.network_id = n.id and a.group_id = $1 and a.version = n.rules_version)
  union all
  select 'change_group', n.id, null, null, null, null, n.name, ng.decided_at, null, ng.decided_at + interval '7 days'
  from network_groups ng join networks n on n.id = ng.network_id where ng.group_id = $1 and ng.state = 'changes_requested'
  union all
  select 'confirm_group', n.id, null, null, null, null, n.name, ng.recheck_at - interval '30 days', ng.recheck_at, ng.recheck_at
  from network_groups ng join networks n on n.id = ng.network_id
  where ng.group_id = $1 and ng.state = 'recertification_required' and ng.recheck_at is not null
  union all
  select 'confirm_assistance', n.id, null, null, null, null, n.name, a.recorded_at, null, a.recorded_at + interval '7 days'
  from assisted_groups a join networks n on n.id = a.network_id where a.group_id = $1 and a.state = 'asked')
select w.*, case when w.kind in ('accept_rules', 'change_group', 'confirm_group', 'confirm_assistance') then w.id end as network_id,
  case when w.kind = 'change_group' then (select ng.reason from network_groups ng where ng.network_id = w.id and ng.group_id = $1) end as words,
  g.name as other_group_name
from waiting w left join groups g on g.id = w.other_group_id
where (w.urgency, w.id) > ($3, $4) and w.kind <> all($6) order by w.urgency, w.id limit $5";

/// Where the page before ended.
pub type AfterWaiting = (DateTime<Utc>, uuid::Uuid);

/// What waits for a group, as somebody with this role in it sees it, the most urgent first.
pub async fn waiting(
    conn: &mut Conn,
    (group, role): (GroupId, Role),
    now: DateTime<Utc>,
    after: Option<AfterWaiting>,
    most: i64,
) -> Result<Vec<Waiting>> {
    let (time, id) = after.unwrap_or((DateTime::UNIX_EPOCH, uuid::Uuid::nil()));
    let not_for_them = WaitsFor::ALL.iter().filter(|kind| !role.includes(kind.least_role()));
    let statement = diesel::sql_query(WAITING)
        .bind::<sql::Uuid, _>(group)
        .bind::<sql::Timestamptz, _>(now)
        .bind::<sql::Timestamptz, _>(time)
        .bind::<sql::Uuid, _>(id)
        .bind::<sql::BigInt, _>(most)
        .bind::<sql::Array<sql::Text>, _>(not_for_them.map(|kind| kind.as_str()).collect::<Vec<_>>());
    Ok(Prepared(statement).load(conn).await?)
}

/// The groups that have been told this of a listing after a time.
pub async fn told_since(conn: &mut Conn, listing: ListingId, topic: Topic, since: DateTime<Utc>) -> Result<Vec<GroupId>> {
    let told =
        notices::table.inner_join(inboxes::table).filter(notices::listing_id.eq(listing.0)).filter(notices::topic.eq(topic.as_str()));
    let groups = told.filter(notices::created_at.gt(since)).filter(inboxes::group_id.is_not_null());
    Ok(groups.select(inboxes::group_id.assume_not_null()).load(conn).await?)
}

/// The people who are told by mail what comes into an inbox: the person, or the owners and editors of the group, unless they do not
/// want it.
pub async fn mailed(conn: &mut Conn, inbox: InboxId) -> Result<Vec<UserId>> {
    let own = inboxes::table.inner_join(users::table.on(inboxes::user_id.eq(users::id.nullable())));
    let mut people: Vec<UserId> = own.filter(inboxes::id.eq(inbox)).filter(users::mail_notices).select(users::id).load(conn).await?;
    let of_group = inboxes::table
        .inner_join(memberships::table.on(inboxes::group_id.eq(memberships::group_id.nullable())))
        .inner_join(users::table.on(users::id.eq(memberships::user_id)))
        .filter(inboxes::id.eq(inbox))
        .filter(memberships::role.eq_any([Role::Owner, Role::Editor]))
        .filter(users::mail_notices);
    people.extend(of_group.select(users::id).order(users::id).load::<UserId>(conn).await?);
    Ok(people)
}

/// What is mailed to a person of a notice; nothing when the person has left meanwhile, wants no mail, or the notice is gone.
pub async fn to_mail(conn: &mut Conn, (inbox, number): (InboxId, i64), user: UserId, now: DateTime<Utc>) -> Result<Option<ToMail>> {
    if !mailed(conn, inbox).await?.contains(&user) {
        return Ok(None);
    }
    let span = Span { inbox, above: number - 1, below: number + 1 };
    let Some(notice) = oldest(conn, &[span], 1).await?.pop() else { return Ok(None) };
    let read_until = inbox_readers::table.find((inbox.0, user)).select(inbox_readers::read_until);
    let read_until: i64 = read_until.first(conn).await.optional()?.unwrap_or_default();
    let group_name = match notice.group_id {
        Some(group) => groups::table.find(group).select(groups::name).first(conn).await.optional()?,
        None => None,
    };
    let email: Option<String> = users::table.find(user).select(users::email).first(conn).await.optional()?;
    let fitted = notice.listing_id.filter(|_| notice.topic == Topic::ListingsMatched.as_str());
    let has_gone = match fitted {
        Some(listing) => listings::queries::open_among(conn, &[listing], now).await?.is_empty(),
        None => false,
    };
    Ok(email.map(|email| ToMail { email, group_name, sentence: notice.sentence(), is_read: read_until >= number, has_gone }))
}

/// Forgets notices, and what somebody was reminded of, from before `since`. Numbers go on. Gives how many there were.
pub async fn forget_older(conn: &mut Conn, since: DateTime<Utc>) -> Result<usize> {
    let told = diesel::delete(notices::table.filter(notices::created_at.lt(since))).execute(conn).await?;
    Ok(told + diesel::delete(reminders::table.filter(reminders::created_at.lt(since))).execute(conn).await?)
}
