//! Closing a group for good, and what happens to the groups of a person whose account is deleted. What a closed group did stays readable
//! to the other side, under its name.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use serde_json::json;

use super::Doer;
use crate::{
    assisted,
    audit::{self, Act},
    db::{Conn, transaction},
    error::{Code, Error, OnConstraint, Result},
    exchanges,
    groups::{Activity, Role, queries},
    inbox::{self, Notice},
    interests, listings,
    moderation::{self, QueueKind},
    networks,
    schema::{groups, invitations, memberships},
    threads,
    types::{
        ids::{GroupId, InvitationId},
        text::fold,
    },
};

/// Closes a group. Everybody who waits for it is told.
pub async fn close(conn: &mut Conn, doer: Doer, group: GroupId) -> Result<()> {
    transaction(conn, async |tx| {
        let notices = close_all(tx, doer, &[group]).await?;
        inbox::tell(tx, doer.1, notices).await
    })
    .await
}

/// Closes groups: they leave their networks, their listings are withdrawn, what they have open with others ends, what they showed is
/// erased, and nobody acts for them any more. Gives what the others are told. 404 when one of them is not there.
///
/// Locks the groups, their standings, the listings by id, then what depends on those, in the order that everybody keeps to.
async fn close_all(tx: &mut Conn, (user, now): Doer, ids: &[GroupId]) -> Result<Vec<Notice>> {
    let open = queries::lock_all(tx, ids).await?;
    if open.len() < ids.len() {
        return Err(Error::not_found("group"));
    }
    networks::queries::lock_standings_of(tx, ids).await?;
    let promised = exchanges::ending::listings_of_groups(tx, ids).await?;
    listings::service::closing::lock(tx, ids, &promised).await?;
    networks::service::close_standings(tx, (user, now), ids).await?;
    listings::service::closing::withdraw_all(tx, (user, now), ids).await?;
    let subjects: Vec<_> = ids.iter().map(|id| id.0).collect();
    moderation::service::withdraw(tx, now, QueueKind::Group, &subjects).await?;
    let mut notices = interests::ending::close_of_groups(tx, now, ids).await?;
    notices.extend(exchanges::ending::close_of_groups(tx, (user, now), ids).await?);
    threads::service::contacts::erase_of_groups(tx, now, ids).await?;
    // Invitations first: one that is being accepted has made its member when this goes on.
    let asked = diesel::delete(invitations::table.filter(invitations::group_id.eq_any(ids)));
    let asked: Vec<InvitationId> = asked.returning(invitations::id).get_results(tx).await?;
    super::invitations::forget_mail(tx, now, &asked).await?;
    for group in ids {
        super::record_everywhere(tx, now, *group, &Act::of(user, "close_group", "group", group)).await?;
    }
    diesel::delete(memberships::table.filter(memberships::group_id.eq_any(ids))).execute(tx).await?;
    assisted::service::forget(tx, now, ids).await?;
    for (group, name) in open {
        empty(tx, now, group, &name).await?;
    }
    Ok(notices)
}

/// Leaves of a group its name and its place.
async fn empty(tx: &mut Conn, now: DateTime<Utc>, group: GroupId, name: &str) -> Result<()> {
    diesel::update(groups::table.find(group))
        .set((
            groups::description.eq(""),
            groups::activities.eq(Vec::<Option<Activity>>::new()),
            groups::search_text.eq(fold(name)),
            groups::size.eq(None::<String>),
            groups::registered_as.eq(None::<String>),
            groups::registered_number.eq(None::<String>),
            groups::closed_at.eq(now),
            groups::version.eq(groups::version + 1),
            groups::updated_at.eq(now),
        ))
        .execute(tx)
        .await?;
    Ok(())
}

/// Takes a person out of all their groups, because their account is deleted. Groups of which they are the only member close. Gives what
/// others are told. 409 when they are the only owner of a group that has other members, naming it.
pub async fn leave_all(tx: &mut Conn, (user, now): Doer, email: &str) -> Result<Vec<Notice>> {
    let ids: Vec<GroupId> = queries::roles_of(tx, user).await?.into_iter().map(|(group, ..)| group).collect();
    let (mut alone, mut needed, mut left) = (Vec::new(), Vec::new(), Vec::new());
    for (group, name) in queries::lock_all(tx, &ids).await? {
        let role = queries::membership_of(tx, group, user).await?;
        match queries::others_in(tx, group, user).await? {
            (0, _) => alone.push(group),
            (_, 0) if role == Some(Role::Owner) => needed.push(name),
            _ => left.push(group),
        }
    }
    if !needed.is_empty() {
        return Err(only_owner_of(&needed));
    }
    let notices = if alone.is_empty() { Vec::new() } else { close_all(tx, (user, now), &alone).await? };
    for group in left {
        leave(tx, (user, now), group).await?;
    }
    let asked = diesel::delete(invitations::table.filter(invitations::email.eq(email)));
    let asked: Vec<InvitationId> = asked.returning(invitations::id).get_results(tx).await?;
    super::invitations::forget_mail(tx, now, &asked).await?;
    Ok(notices)
}

async fn leave(tx: &mut Conn, (user, now): Doer, group: GroupId) -> Result<()> {
    let act = Act::of(user, "remove_member", "user", user);
    audit::record(tx, now, Act { group: Some(group), detail: json!({"account": "deleted"}), ..act }).await?;
    diesel::delete(memberships::table.find((group, user))).execute(tx).await.on_constraint("memberships_keep_an_owner", || {
        Error::problem(Code::LastOwner, "Somebody else has just left one of your groups. Try again.")
    })?;
    super::invitations::revoke_those_of(tx, now, group, user).await
}

fn only_owner_of(names: &[String]) -> Error {
    let detail = format!(
        "You are the only owner of {}, which others belong to. Make somebody else an owner first, or close the group.",
        names.join(" and of ")
    );
    Error::problem(Code::LastOwner, detail)
}
