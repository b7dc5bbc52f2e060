//! What threads ask of the database. Every function starts from the thread, the exchange or the group.

use chrono::{DateTime, Utc};
use diesel::{
    dsl::exists,
    prelude::*,
    sql_types::{BigInt, Nullable, Timestamptz, Uuid},
};
use diesel_async::RunQueryDsl;

use super::{
    model::{ExchangeEnd, Message, Reveal, Subject, Summary},
    rules,
};
use crate::{
    db::{Conn, Prepared},
    error::{Error, Result},
    schema::{contact_reveals, exchanges, groups, interests, listings, messages, thread_groups, threads, users},
    types::ids::{ExchangeId, GroupId, InterestId, ListingId, MessageId, NetworkId, ThreadId, UserId},
};

/// The two groups of a thread; none when there is no such thread.
pub async fn groups_of(conn: &mut Conn, thread: ThreadId) -> Result<Vec<GroupId>> {
    let rows = thread_groups::table.filter(thread_groups::thread_id.eq(thread)).order(thread_groups::group_id);
    Ok(rows.select(thread_groups::group_id).load(conn).await?)
}

/// Holds a thread until the end of the transaction: nobody else writes or notes what was read meanwhile.
pub async fn lock(tx: &mut Conn, thread: ThreadId) -> Result<()> {
    threads::table.find(thread).select(threads::id).for_no_key_update().first::<ThreadId>(tx).await?;
    Ok(())
}

/// What a thread is about. 404 when there is no such thread.
pub async fn subject(conn: &mut Conn, thread: ThreadId) -> Result<Subject> {
    type OfInterest = (InterestId, ListingId, NetworkId, Option<DateTime<Utc>>);
    type OfExchange = (ExchangeId, Option<ListingId>, Option<ListingId>, NetworkId, ExchangeEnd);
    let interest: Option<OfInterest> = interests::table
        .inner_join(listings::table.on(listings::id.eq(interests::listing_id)))
        .filter(interests::thread_id.eq(thread))
        .select((interests::id, interests::listing_id, listings::network_id, interests::answered_at))
        .first(conn)
        .await
        .optional()?;
    let exchange: Option<OfExchange> = exchanges::table
        .filter(exchanges::thread_id.eq(thread))
        .select((exchanges::id, exchanges::offer_id, exchanges::want_id, exchanges::network_id, ExchangeEnd::as_select()))
        .first(conn)
        .await
        .optional()?;
    let (network, ended_at) = match (&exchange, &interest) {
        (Some((.., network, end)), _) => (*network, rules::ended_at(end)),
        (None, Some((.., network, ended_at))) => (*network, *ended_at),
        (None, None) => return Err(Error::not_found("thread")),
    };
    let of_exchange = exchange.map(|(id, offer, want, ..)| (id, offer.or(want)));
    Ok(Subject {
        listing: interest.map(|(_, listing, ..)| listing).or(of_exchange.and_then(|(_, listing)| listing)),
        interest: interest.map(|(id, ..)| id),
        exchange: of_exchange.map(|(id, _)| id),
        network,
        ended_at,
    })
}

/// Whether a group has been closed.
pub async fn is_closed(conn: &mut Conn, group: GroupId) -> Result<bool> {
    let closed = groups::table.find(group).filter(groups::closed_at.is_not_null());
    Ok(diesel::select(exists(closed)).get_result(conn).await?)
}

/// Whether a group has messages of a thread to read that another one wrote.
pub async fn has_unread(conn: &mut Conn, thread: ThreadId, reader: GroupId, writer: GroupId) -> Result<bool> {
    let read_until: Option<DateTime<Utc>> =
        thread_groups::table.find((thread, reader)).select(thread_groups::read_until).first(conn).await?;
    let since = read_until.unwrap_or(DateTime::UNIX_EPOCH);
    let unread = messages::table.filter(messages::thread_id.eq(thread)).filter(messages::group_id.eq(writer));
    Ok(diesel::select(exists(unread.filter(messages::created_at.gt(since)))).get_result(conn).await?)
}

/// A message of a thread.
pub async fn message(conn: &mut Conn, thread: ThreadId, id: MessageId) -> Result<Message> {
    let query = messages::table.inner_join(groups::table.on(groups::id.eq(messages::group_id))).left_join(users::table);
    let one = query.filter(messages::thread_id.eq(thread)).filter(messages::id.eq(id));
    Ok(one.select(Message::as_select()).first(conn).await?)
}

/// The thread of a message, and the group that wrote it; none when there is no such message.
pub async fn of_message(conn: &mut Conn, message: MessageId) -> Result<Option<(ThreadId, GroupId)>> {
    Ok(messages::table.find(message).select((messages::thread_id, messages::group_id)).first(conn).await.optional()?)
}

/// A page of the messages of a thread, the latest first.
pub async fn messages(conn: &mut Conn, thread: ThreadId, before: Option<(DateTime<Utc>, MessageId)>, limit: i64) -> Result<Vec<Message>> {
    let query = messages::table.inner_join(groups::table.on(groups::id.eq(messages::group_id))).left_join(users::table);
    let mut query = query.filter(messages::thread_id.eq(thread)).into_boxed();
    if let Some((time, id)) = before {
        query = query.filter(messages::created_at.lt(time).or(messages::created_at.eq(time).and(messages::id.lt(id))));
    }
    let rows = query.order((messages::created_at.desc(), messages::id.desc())).limit(limit);
    Ok(rows.select(Message::as_select()).load(conn).await?)
}

/// A page of the threads of a group, those first in which something was written last.
pub async fn of_group(conn: &mut Conn, group: GroupId, before: Option<(DateTime<Utc>, ThreadId)>, limit: i64) -> Result<Vec<Summary>> {
    let (time, id) = before.unzip();
    let statement = diesel::sql_query(
        "select t.id, t.created_at, latest.created_at as last_message_at, unread.count as unread, theirs.group_id as other_id,
           other.name as other_name, i.id as interest_id, e.id as exchange_id, l.id as listing_id, coalesce(e.title,
             case when l.group_id = $1 or l.moderation = 'approved' then l.title end) as title
         from thread_groups mine
         join threads t on t.id = mine.thread_id
         join thread_groups theirs on theirs.thread_id = t.id and theirs.group_id <> mine.group_id
         join groups other on other.id = theirs.group_id
         left join interests i on i.thread_id = t.id
         left join exchanges e on e.thread_id = t.id
         left join listings l on l.id = coalesce(i.listing_id, e.offer_id, e.want_id)
         left join lateral (select m.created_at from messages m where m.thread_id = t.id order by m.created_at desc, m.id desc limit 1) latest on true
         cross join lateral (select count(*) from messages m where m.thread_id = t.id and m.group_id <> mine.group_id
           and m.created_at > coalesce(mine.read_until, '-infinity')) unread
         where mine.group_id = $1 and ($2 is null or (coalesce(latest.created_at, t.created_at), t.id) < ($2, $3))
         order by coalesce(latest.created_at, t.created_at) desc, t.id desc limit $4",
    );
    let statement = statement.bind::<Uuid, _>(group).bind::<Nullable<Timestamptz>, _>(time);
    Ok(Prepared(statement.bind::<Nullable<Uuid>, _>(id).bind::<BigInt, _>(limit)).load(conn).await?)
}

/// The network and the two groups of an exchange, giver first; none when there is no such exchange.
pub async fn parties_of(conn: &mut Conn, exchange: ExchangeId) -> Result<Option<(NetworkId, [GroupId; 2])>> {
    let columns = (exchanges::network_id, exchanges::giver_group_id, exchanges::receiver_group_id);
    let found: Option<(NetworkId, GroupId, GroupId)> = exchanges::table.find(exchange).select(columns).first(conn).await.optional()?;
    Ok(found.map(|(network, giver, receiver)| (network, [giver, receiver])))
}

/// What of an exchange says whether it is over.
pub async fn end_of(conn: &mut Conn, exchange: ExchangeId) -> Result<ExchangeEnd> {
    Ok(exchanges::table.find(exchange).select(ExchangeEnd::as_select()).first(conn).await?)
}

/// What of an exchange says whether it is over; that stays so until the transaction ends.
pub async fn hold_exchange(tx: &mut Conn, exchange: ExchangeId) -> Result<ExchangeEnd> {
    Ok(exchanges::table.find(exchange).select(ExchangeEnd::as_select()).for_share().first(tx).await?)
}

/// The address of a person's account.
pub async fn address_of(conn: &mut Conn, user: UserId) -> Result<Option<String>> {
    Ok(users::table.find(user).select(users::email).first(conn).await.optional()?)
}

/// The contact details that are shown in an exchange and have not been erased.
pub async fn contacts(conn: &mut Conn, exchange: ExchangeId) -> Result<Vec<Reveal>> {
    let shown = contact_reveals::table.filter(contact_reveals::exchange_id.eq(exchange)).filter(contact_reveals::erased_at.is_null());
    Ok(shown.inner_join(groups::table).select(Reveal::as_select()).load(conn).await?)
}
