//! What reports ask of the database. Every function starts from the network, or from a code that only the reporter has.

use std::collections::{BTreeSet, HashMap};

use chrono::{DateTime, Utc};
use diesel::{
    dsl::{exists, max},
    pg::Pg,
    prelude::*,
};
use diesel_async::RunQueryDsl;
use uuid::Uuid;

use super::{
    Outcome, Reason, State,
    model::{Flag, FlagSummary, Found, Lead, Report},
    rules::Voice,
};
use crate::{
    db::Conn,
    error::Result,
    networks::StaffRole,
    schema::{
        cross_posts, groups, listings, memberships, messages, network_groups, network_policies, network_staff, networks, queue_items,
        reports, safeguarding_flags, users,
    },
    types::{
        LookUpCode,
        ids::{FlagId, GroupId, ListingId, MessageId, NetworkId, QueueItemId, ReportId, UserId},
    },
};

/// That a report is on a subject: a listing, a message or a group, but not on a group's listings and messages.
macro_rules! is_on {
    ($subject:expr) => {{
        let subject = $subject;
        let on_group = reports::group_id.eq(GroupId(subject)).and(reports::listing_id.is_null()).and(reports::message_id.is_null());
        reports::listing_id.eq(ListingId(subject)).or(reports::message_id.eq(MessageId(subject))).or(on_group)
    }};
}
pub(super) use is_on;

/// When the coordinators of a network last decided about reports on a subject.
pub async fn decided_at(conn: &mut Conn, network: NetworkId, subject: Uuid) -> Result<Option<DateTime<Utc>>> {
    let decided = reports::table
        .filter(reports::network_id.eq(network))
        .filter(is_on!(subject))
        .filter(reports::outcome.eq_any([Outcome::Acted, Outcome::NotActed]));
    Ok(decided.select(max(reports::closed_at)).first(conn).await?)
}

/// So many reporters are looked at in order to see how many are independent.
const LOOKED_AT: i64 = 60;

/// Those who have reported a subject in a network since a decision, or who wait for one: each once, however often they have said so.
pub async fn voices(conn: &mut Conn, network: NetworkId, subject: Uuid, since: Option<DateTime<Utc>>) -> Result<Vec<Voice>> {
    type Row = (Option<UserId>, Vec<u8>, Option<Vec<u8>>, Option<Outcome>);
    let since = since.unwrap_or(DateTime::UNIX_EPOCH);
    let later = reports::outcome.eq(Outcome::DecidedBefore).and(reports::made_at.ge(since));
    let rows: Vec<Row> = reports::table
        .filter(reports::network_id.eq(network))
        .filter(is_on!(subject))
        .filter(reports::outcome.is_null().or(later))
        .order((reports::reporter_mark, reports::outcome.is_null().desc(), reports::made_at.desc()))
        .distinct_on(reports::reporter_mark)
        .limit(LOOKED_AT)
        .select((reports::reporter_id, reports::reporter_mark, reports::address_mark, reports::outcome))
        .load(conn)
        .await?;
    let people: Vec<UserId> = rows.iter().filter_map(|(person, ..)| *person).collect();
    let mut groups = groups_of(conn, &people).await?;
    let vouched_for = vouched_for(conn, &people).await?;
    let voice = |(person, mark, address, outcome): Row| {
        let groups = person.and_then(|person| groups.remove(&person)).unwrap_or_default();
        let is_vouched_for = person.is_some_and(|person| vouched_for.contains(&person));
        Voice { mark, person, address, groups, is_vouched_for, is_open: outcome.is_none() }
    };
    Ok(rows.into_iter().map(voice).collect())
}

/// The groups that people belong to.
pub async fn groups_of(conn: &mut Conn, people: &[UserId]) -> Result<HashMap<UserId, BTreeSet<GroupId>>> {
    let rows = memberships::table.filter(memberships::user_id.eq_any(people)).select((memberships::user_id, memberships::group_id));
    let mut groups = HashMap::<UserId, BTreeSet<GroupId>>::new();
    for (person, group) in rows.load::<(UserId, GroupId)>(conn).await? {
        groups.entry(person).or_default().insert(group);
    }
    Ok(groups)
}

/// Those of these people who belong to a group that some network has let in.
pub async fn vouched_for(conn: &mut Conn, people: &[UserId]) -> Result<BTreeSet<UserId>> {
    let members = memberships::table
        .inner_join(network_groups::table.on(network_groups::group_id.eq(memberships::group_id)))
        .filter(memberships::user_id.eq_any(people))
        .filter(network_groups::in_good_standing);
    let known: Vec<UserId> = members.select(memberships::user_id).distinct().load(conn).await?;
    Ok(known.into_iter().collect())
}

/// Whether a network hides what two have reported.
pub async fn hides_reported(conn: &mut Conn, network: NetworkId) -> Result<bool> {
    Ok(network_policies::table.find(network).select(network_policies::hide_reported).first(conn).await?)
}

/// Whether a listing of another network is shown in this one too.
pub async fn is_shown_in(conn: &mut Conn, network: NetworkId, listing: ListingId) -> Result<bool> {
    let shown = cross_posts::table.find((listing, network)).filter(cross_posts::is_shown);
    Ok(diesel::select(exists(shown)).get_result(conn).await?)
}

/// Which of a network's reports.
#[derive(Debug, Clone, Copy, Default)]
pub struct Wanted {
    /// Only those on this subject.
    pub subject: Option<Uuid>,
    /// Only those that stand so.
    pub state: Option<State>,
    /// Only those for this reason.
    pub reason: Option<Reason>,
}

/// A page of a network's reports, the latest first.
pub async fn list(
    conn: &mut Conn,
    network: NetworkId,
    wanted: Wanted,
    before: Option<(DateTime<Utc>, ReportId)>,
    limit: i64,
) -> Result<Vec<Report>> {
    let mut query = reports::table
        .inner_join(groups::table)
        .left_join(listings::table.on(listings::id.nullable().eq(reports::listing_id)))
        .left_join(messages::table.on(messages::id.nullable().eq(reports::message_id)))
        .filter(reports::network_id.eq(network))
        .into_boxed::<Pg>();
    if let Some(subject) = wanted.subject {
        query = query.filter(is_on!(subject));
    }
    if let Some(reason) = wanted.reason {
        query = query.filter(reports::reason.eq(reason));
    }
    query = match wanted.state {
        None => query,
        Some(State::Waiting) => query.filter(reports::outcome.is_null()),
        Some(state) => query.filter(reports::outcome.eq(state.as_str())),
    };
    if let Some((time, id)) = before {
        query = query.filter(reports::made_at.lt(time).or(reports::made_at.eq(time).and(reports::id.lt(id))));
    }
    let rows = query.order((reports::made_at.desc(), reports::id.desc())).limit(limit).select(Report::as_select());
    Ok(rows.load(conn).await?)
}

/// What something that waits, or waited, for a network's coordinators is about: what is reported, or else the listing.
pub async fn subject_of_item(conn: &mut Conn, network: NetworkId, item: QueueItemId) -> Result<Option<Uuid>> {
    let item = queue_items::table.filter(queue_items::network_id.eq(network)).filter(queue_items::id.eq(item));
    let found: Option<(Option<ListingId>, Uuid)> =
        item.select((queue_items::listing_id, queue_items::subject_id)).first(conn).await.optional()?;
    Ok(found.map(|(listing, subject)| listing.map_or(subject, |listing| listing.0)))
}

/// What came of what was sent under a code, for whoever has the code.
pub async fn by_code(conn: &mut Conn, code: &LookUpCode) -> Result<Option<(State, Found)>> {
    let report = reports::table.filter(reports::code.eq(code.as_str()));
    let report: Option<(Option<Outcome>, Found)> =
        report.select((reports::outcome, (reports::made_at, reports::closed_at))).first(conn).await.optional()?;
    if let Some((outcome, found)) = report {
        return Ok(Some((outcome.into(), found)));
    }
    let flag = safeguarding_flags::table.filter(safeguarding_flags::code.eq(code.as_str()));
    let flag: Option<Found> = flag.select((safeguarding_flags::made_at, safeguarding_flags::closed_at)).first(conn).await.optional()?;
    Ok(flag.map(|found| (if found.closed_at.is_some() { State::DealtWith } else { State::Waiting }, found)))
}

/// A network's safeguarding lead. For its staff.
pub async fn lead(conn: &mut Conn, network: NetworkId) -> Result<Option<Lead>> {
    let lead = networks::table.find(network).inner_join(users::table.on(users::id.nullable().eq(networks::safeguarding_lead)));
    Ok(lead.select((users::id, users::name)).first(conn).await.optional()?)
}

/// The coordinators of a network.
pub async fn coordinators(conn: &mut Conn, network: NetworkId) -> Result<Vec<UserId>> {
    let coordinators =
        network_staff::table.filter(network_staff::network_id.eq(network)).filter(network_staff::role.eq(StaffRole::Coordinator));
    Ok(coordinators.order(network_staff::user_id).select(network_staff::user_id).load(conn).await?)
}

/// How many flags of a network nobody has closed. For its lead; to others it is only told that there are some.
pub async fn count_open_flags(conn: &mut Conn, network: NetworkId) -> Result<i64> {
    let open = safeguarding_flags::table.filter(safeguarding_flags::network_id.eq(network)).filter(safeguarding_flags::closed_at.is_null());
    Ok(open.count().get_result(conn).await?)
}

/// A page of a network's flags, the latest first. For its lead alone.
pub async fn flags(conn: &mut Conn, network: NetworkId, before: Option<(DateTime<Utc>, FlagId)>, limit: i64) -> Result<Vec<FlagSummary>> {
    use safeguarding_flags::{id, made_at, network_id, table};
    let mut query = table.filter(network_id.eq(network)).into_boxed();
    if let Some((time, last)) = before {
        query = query.filter(made_at.lt(time).or(made_at.eq(time).and(id.lt(last))));
    }
    Ok(query.order((made_at.desc(), id.desc())).limit(limit).select(FlagSummary::as_select()).load(conn).await?)
}

/// A flag of a network, locked until the transaction ends. For its lead alone.
pub async fn lock_flag(tx: &mut Conn, network: NetworkId, flag: FlagId) -> Result<Option<FlagSummary>> {
    let one = safeguarding_flags::table.find(flag).filter(safeguarding_flags::network_id.eq(network));
    Ok(one.select(FlagSummary::as_select()).for_no_key_update().first(tx).await.optional()?)
}

/// A flag of a network. For its lead alone.
pub async fn flag(conn: &mut Conn, network: NetworkId, flag: FlagId) -> Result<Option<Flag>> {
    let one = safeguarding_flags::table
        .left_join(users::table)
        .left_join(groups::table)
        .left_join(listings::table.on(listings::id.nullable().eq(safeguarding_flags::listing_id)))
        .left_join(messages::table.on(messages::id.nullable().eq(safeguarding_flags::message_id)))
        .filter(safeguarding_flags::network_id.eq(network))
        .filter(safeguarding_flags::id.eq(flag));
    Ok(one.select(Flag::as_select()).first(conn).await.optional()?)
}
