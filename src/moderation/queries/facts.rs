//! What else is known about items of the queue: the facts that a coordinator decides by, for a whole page at once. Nothing of another
//! network is counted.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Utc};
use diesel::{
    prelude::*,
    sql_types::{Array, BigInt, Bool, Nullable, Text, Timestamptz, Uuid as SqlUuid},
};
use diesel_async::RunQueryDsl;
use uuid::Uuid;

use crate::{
    db::{Conn, Prepared},
    error::Result,
    groups,
    listings::{
        self, Kind, Moderation,
        model::{Edit, ListingView},
    },
    moderation::{
        QueueKind,
        model::{Appeal, Decision, Item},
    },
    networks::Standing,
    schema::{appeals, cross_posts, decisions, listing_edits, users},
    types::ids::{AppealId, EditId, GroupId, ListingId, NetworkId, QueueItemId, UserId},
};

/// A group's history in the network.
#[derive(Debug, Clone, QueryableByName)]
pub struct History {
    /// The group.
    #[diesel(sql_type = SqlUuid)]
    pub group_id: GroupId,
    /// Its name.
    #[diesel(sql_type = Text)]
    pub name: String,
    /// How it stands in the network; none: it does not belong to it.
    #[diesel(sql_type = Nullable<Text>)]
    pub standing: Option<Standing>,
    /// Decisions that let something be seen.
    #[diesel(sql_type = BigInt)]
    pub approved: i64,
    /// Decisions that asked for changes.
    #[diesel(sql_type = BigInt)]
    pub changes_asked: i64,
    /// Decisions that refused, hid, turned or put together.
    #[diesel(sql_type = BigInt)]
    pub refused: i64,
    /// Reports about the group and what it posts.
    #[diesel(sql_type = BigInt)]
    pub reports: i64,
}

const HISTORY: &str = "
    select g.id as group_id, g.name, n.state as standing, d.approved, d.changes_asked, d.refused, r.reports
    from groups g
    left join network_groups n on n.group_id = g.id and n.network_id = $1
    cross join lateral (
      select count(*) filter (where deed = 'approve') as approved, count(*) filter (where deed = 'ask_changes') as changes_asked,
        count(*) filter (where deed in ('reject', 'hold', 'turn', 'merge', 'remove', 'suspend')) as refused
      from decisions where group_id = g.id and network_id = $1 and undone_at is null) d
    cross join lateral (select count(*) as reports from reports where group_id = g.id and network_id = $1) r
    where g.id = any($2)";

/// A listing that says nearly the same.
#[derive(Debug, Clone, QueryableByName)]
pub struct Alike {
    /// Which it is like.
    #[diesel(sql_type = SqlUuid)]
    pub like: ListingId,
    /// The listing.
    #[diesel(sql_type = SqlUuid)]
    pub id: ListingId,
    /// Its short code.
    #[diesel(sql_type = Text)]
    pub code: String,
    /// Its title.
    #[diesel(sql_type = Text)]
    pub title: String,
    /// Offer or want.
    #[diesel(sql_type = Text)]
    pub kind: Kind,
    /// Its moderation state.
    #[diesel(sql_type = Text)]
    pub moderation: Moderation,
    /// Name of its group.
    #[diesel(sql_type = Text)]
    pub group_name: String,
    /// Whether it is the same group's.
    #[diesel(sql_type = Bool)]
    pub is_own: bool,
    /// When it was made.
    #[diesel(sql_type = Timestamptz)]
    pub created_at: DateTime<Utc>,
}

/// What the same group has in the network that shares words of the title, in the same category; of the 200 that it posted last, so that
/// a page of items of a group that has posted ten thousand reads no more for each.
const ALIKE_OWN: &str = "
    select l.id as like, c.id, c.code, c.title, c.kind, c.moderation, g.name as group_name, true as is_own, c.created_at
    from listings l
    join groups g on g.id = l.group_id
    cross join lateral (
      select * from (select * from listings where group_id = l.group_id order by created_at desc, id desc limit 200) o
      where o.network_id = $1 and o.id <> l.id and o.category_code = l.category_code
        and o.state in ('active', 'paused') and o.words && l.words
      order by o.created_at desc, o.id desc limit 3) c
    where l.id = any($2)";

/// What other groups have open in the network, of the same kind and category, that shares words of the title.
const ALIKE_OTHERS: &str = "
    select l.id as like, c.id, c.code, c.title, c.kind, c.moderation, g.name as group_name, false as is_own, c.created_at
    from listings l
    cross join lateral (
      select * from listings o
      where o.is_open and o.shelf = l.shelf and o.network_id = $1 and o.group_id <> l.group_id and o.words && l.words
      order by o.fresh_at desc, o.id desc limit 5) c
    join groups g on g.id = c.group_id
    where l.id = any($2)";

/// Open reports of one thing for one reason.
#[derive(Debug, Clone, QueryableByName)]
pub struct Reported {
    /// What is reported.
    #[diesel(sql_type = SqlUuid)]
    pub subject: Uuid,
    /// Why, as a word.
    #[diesel(sql_type = Text)]
    pub reason: String,
    /// How many say so.
    #[diesel(sql_type = BigInt)]
    pub count: i64,
}

const REPORTED: &str = "
    select coalesce(listing_id, message_id, group_id) as subject, reason, count(*) as count
    from reports
    where coalesce(listing_id, message_id, group_id) = any($2) and network_id = $1 and outcome is null
    group by 1, 2 order by 1, 3 desc, 2";

/// Everything that is known about the items of a page.
#[derive(Debug, Default)]
pub struct Facts {
    /// The listings, as they are.
    pub listings: HashMap<ListingId, ListingView>,
    /// Of those that are another network's: where they stand in this one; none when they are not shown here any more.
    pub guests: HashMap<ListingId, Option<Moderation>>,
    /// The groups.
    pub groups: HashMap<GroupId, History>,
    /// The edits.
    pub edits: HashMap<EditId, Edit>,
    /// The appeals, with what was decided first.
    pub appeals: HashMap<AppealId, (Appeal, Decision)>,
    /// What stands decided.
    pub decisions: HashMap<QueueItemId, Decision>,
    /// Listings that say nearly the same.
    pub alike: Vec<Alike>,
    /// Open reports.
    pub reports: Vec<Reported>,
    /// What those are called who are at items.
    pub names: HashMap<UserId, String>,
    /// Where there are appeals: the groups that the reader belongs to.
    pub own_groups: HashSet<GroupId>,
}

impl Facts {
    /// Where a listing stands in the network; none: another network's that has been taken out of this one.
    pub fn moderation(&self, view: &ListingView) -> Option<Moderation> {
        self.guests.get(&view.listing.id).copied().unwrap_or(Some(view.listing.moderation))
    }

    /// Whether the reader may decide an appeal.
    pub fn is_for(&self, appeal: &Appeal, reader: UserId) -> bool {
        appeal.is_for(reader, self.own_groups.contains(&appeal.group_id))
    }
}

/// What is known about items of a network, for a person of its staff. Listings of other groups are compared only when `others` is asked for.
pub async fn of(conn: &mut Conn, (network, reader): (NetworkId, UserId), items: &[Item], others: bool) -> Result<Facts> {
    let listings: Vec<ListingId> = unique(items.iter().filter_map(|item| item.listing_id));
    let about: Vec<GroupId> = unique(items.iter().map(|item| item.group_id));
    let of_kind = |kind| items.iter().filter(move |item| item.kind == kind).map(|item| item.subject_id);
    let histories = ask::<History>(conn, HISTORY, network, uuids(&about)).await?;
    let mut facts = Facts { groups: histories.into_iter().map(|row| (row.group_id, row)).collect(), ..Facts::default() };
    let subjects = unique(items.iter().flat_map(|item| [Some(item.subject_id), item.listing_id.map(|id| id.0)]).flatten());
    facts.reports = ask(conn, REPORTED, network, subjects).await?;
    if !listings.is_empty() {
        let views = listings::queries::views(conn, &listings).await?;
        let guests = views.iter().filter(|view| view.listing.network_id != network).map(|view| view.listing.id).collect();
        facts.guests = standing_here(conn, network, guests).await?;
        facts.listings = views.into_iter().map(|view| (view.listing.id, view)).collect();
        let ids: Vec<Uuid> = listings.iter().map(|id| id.0).collect();
        facts.alike = ask(conn, ALIKE_OWN, network, ids.clone()).await?;
        if others {
            facts.alike.extend(ask::<Alike>(conn, ALIKE_OTHERS, network, ids).await?);
        }
    }
    facts.edits = edits(conn, network, of_kind(QueueKind::Edit).map(EditId).collect()).await?;
    facts.appeals = appeals_of(conn, network, of_kind(QueueKind::Appeal).map(AppealId).collect()).await?;
    if !facts.appeals.is_empty() {
        facts.own_groups = groups::queries::roles_of(conn, reader).await?.into_iter().map(|(group, ..)| group).collect();
    }
    let decided: Vec<QueueItemId> =
        items.iter().filter(|item| item.state == super::super::ItemState::Decided).map(|item| item.id).collect();
    if !decided.is_empty() {
        facts.decisions = super::standing(conn, network, &decided).await?.into_iter().map(|row| (row.queue_item_id, row)).collect();
    }
    facts.names = names(conn, unique(items.iter().filter_map(|item| item.claimed_by))).await?;
    Ok(facts)
}

/// Where listings of other networks stand in this one.
async fn standing_here(conn: &mut Conn, network: NetworkId, ids: Vec<ListingId>) -> Result<HashMap<ListingId, Option<Moderation>>> {
    let mut stands: HashMap<ListingId, Option<Moderation>> = ids.iter().map(|id| (*id, None)).collect();
    if !ids.is_empty() {
        let own = cross_posts::table.filter(cross_posts::network_id.eq(network)).filter(cross_posts::listing_id.eq_any(ids));
        let rows: Vec<(ListingId, Moderation)> = own.select((cross_posts::listing_id, cross_posts::moderation)).load(conn).await?;
        stands.extend(rows.into_iter().map(|(id, moderation)| (id, Some(moderation))));
    }
    Ok(stands)
}

async fn ask<T>(conn: &mut Conn, statement: &'static str, network: NetworkId, ids: Vec<Uuid>) -> Result<Vec<T>>
where
    T: diesel::deserialize::QueryableByName<diesel::pg::Pg> + Send + 'static,
{
    let statement = diesel::sql_query(statement).bind::<SqlUuid, _>(network).bind::<Array<SqlUuid>, _>(ids);
    Ok(Prepared(statement).load(conn).await?)
}

async fn edits(conn: &mut Conn, network: NetworkId, ids: Vec<EditId>) -> Result<HashMap<EditId, Edit>> {
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let own = listing_edits::table.filter(listing_edits::network_id.eq(network)).filter(listing_edits::id.eq_any(ids));
    let rows: Vec<Edit> = own.select(Edit::as_select()).load(conn).await?;
    Ok(rows.into_iter().map(|edit| (edit.id, edit)).collect())
}

async fn appeals_of(conn: &mut Conn, network: NetworkId, ids: Vec<AppealId>) -> Result<HashMap<AppealId, (Appeal, Decision)>> {
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let own = appeals::table
        .inner_join(decisions::table.on(decisions::id.eq(appeals::decision_id)))
        .filter(appeals::network_id.eq(network))
        .filter(appeals::id.eq_any(ids));
    let rows: Vec<(Appeal, Decision)> = own.select((Appeal::as_select(), Decision::as_select())).load(conn).await?;
    Ok(rows.into_iter().map(|(appeal, first)| (appeal.id, (appeal, first))).collect())
}

async fn names(conn: &mut Conn, ids: Vec<UserId>) -> Result<HashMap<UserId, String>> {
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let rows: Vec<(UserId, String)> = users::table.filter(users::id.eq_any(ids)).select((users::id, users::name)).load(conn).await?;
    Ok(rows.into_iter().collect())
}

fn uuids(groups: &[GroupId]) -> Vec<Uuid> {
    groups.iter().map(|id| id.0).collect()
}

fn unique<T: Ord>(ids: impl Iterator<Item = T>) -> Vec<T> {
    ids.collect::<std::collections::BTreeSet<_>>().into_iter().collect()
}
