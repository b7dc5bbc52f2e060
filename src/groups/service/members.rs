//! The people of a group: other roles, and leaving.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use serde_json::json;

use super::Doer;
use crate::{
    audit::{self, Act},
    db::{Conn, transaction},
    error::{Code, Error, OnConstraint, Result},
    groups::{Role, model::Member, queries},
    schema::memberships,
    threads,
    types::ids::{GroupId, UserId},
};

/// Gives a member another role; `change` gets the one they have. 404 when the person is not a member, 409 when no owner would be left.
pub async fn change_role(
    conn: &mut Conn,
    (actor, now): Doer,
    group: GroupId,
    user: UserId,
    change: impl FnOnce(Role) -> Result<Role>,
) -> Result<Member> {
    transaction(conn, async |tx| {
        queries::lock(tx, group).await?.ok_or_else(|| Error::not_found("group"))?;
        let was = queries::membership_of(tx, group, user).await?.ok_or_else(|| Error::not_found("member"))?;
        let role = change(was)?;
        let act = Act { group: Some(group), ..Act::of(actor, "change_member_role", "user", user) };
        audit::record(tx, now, act.changing(&json!({"role": was}), &json!({"role": role}))).await?;
        diesel::update(memberships::table.find((group, user)))
            .set(memberships::role.eq(role))
            .execute(tx)
            .await
            .on_constraint("memberships_keep_an_owner", last_owner)?;
        if role != Role::Owner {
            super::invitations::revoke_those_of(tx, now, group, user).await?;
        }
        queries::member(tx, group, user).await?.ok_or_else(|| Error::not_found("member"))
    })
    .await
}

/// Puts a person into a group without asking anybody; a member keeps the role they have.
pub async fn enrol(conn: &mut Conn, now: DateTime<Utc>, group: GroupId, user: UserId, role: Role) -> Result<()> {
    diesel::insert_into(memberships::table)
        .values((
            memberships::group_id.eq(group),
            memberships::user_id.eq(user),
            memberships::role.eq(role),
            memberships::created_at.eq(now),
        ))
        .on_conflict_do_nothing()
        .execute(conn)
        .await?;
    Ok(())
}

/// Takes a person out of a group, at once, and what they showed for it of contact details. 404 when the person is not a member, 409 for
/// the last owner, who would leave a group that nobody can run.
pub async fn remove(conn: &mut Conn, (actor, now): Doer, group: GroupId, user: UserId) -> Result<()> {
    transaction(conn, async |tx| {
        queries::lock(tx, group).await?.ok_or_else(|| Error::not_found("group"))?;
        audit::record(tx, now, Act { group: Some(group), ..Act::of(actor, "remove_member", "user", user) }).await?;
        let removed = diesel::delete(memberships::table.find((group, user)))
            .execute(tx)
            .await
            .on_constraint("memberships_keep_an_owner", last_owner)?;
        if removed == 0 {
            return Err(Error::not_found("member"));
        }
        // The constraint lets the only member go, for the day their account is deleted; leaving of one's own accord is refused.
        if !queries::has_owner(tx, group).await? {
            return Err(last_owner());
        }
        super::invitations::revoke_those_of(tx, now, group, user).await?;
        threads::service::contacts::erase_of_member(tx, now, group, user).await
    })
    .await
}

fn last_owner() -> Error {
    Error::problem(Code::LastOwner, "This is the only owner of the group. Make somebody else an owner first.")
}
