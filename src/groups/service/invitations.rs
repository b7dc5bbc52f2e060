//! Asking people into a group by e-mail address.
//!
//! Only the hash of a code is kept with its invitation. The code itself goes to the inviter, once, and into the outbox, because the
//! mail has to carry it: until that is sent, or there is nothing to accept any more. So whoever reads the outbox reads codes. That
//! alone does not let them in: accepting also takes an account with the invited address.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use serde_json::json;

use super::{Doer, find, members};
use crate::{
    accounts::tokens::Secret,
    assisted,
    audit::{self, Act},
    db::{Conn, transaction},
    error::{Code, Error, OnConstraint, Result},
    groups::{
        Role,
        model::{Group, Invitation},
        queries,
        rules::INVITATION_GOOD_FOR,
    },
    networks, outbox,
    schema::{invitations, memberships},
    types::{
        EmailAddress,
        ids::{GroupId, InvitationId, UserId},
    },
};

/// The outbox topic of the mail of an invitation. Its payload: `invitation_id` and `code`; all else is read when the mail is written.
pub const TOPIC: &str = "invitation.created";

/// Why such a mail is not sent.
pub const NOT_OPEN: &str = "The invitation was no longer open.";

/// Asks somebody into the group; gives the invitation and its code. 409 when that address has an open invitation. One that has
/// expired is replaced.
pub async fn invite(conn: &mut Conn, doer: Doer, group: GroupId, email: EmailAddress, role: Role) -> Result<(Invitation, String)> {
    transaction(conn, async |tx| {
        let (invitation, code) = send(tx, doer, group, email, role).await?;
        let act = Act::of(doer.0, "invite_member", "invitation", invitation.id);
        audit::record(tx, doer.1, Act { group: Some(group), detail: json!({"role": role}), ..act }).await?;
        Ok((invitation, code))
    })
    .await
}

/// The same for whoever records it in words of their own.
pub async fn send(tx: &mut Conn, (user, now): Doer, group: GroupId, email: EmailAddress, role: Role) -> Result<(Invitation, String)> {
    let (group, _) = find(tx, group).await?;
    forget_expired(tx, group.id, &email, now).await?;
    let (id, code) = (InvitationId::new(), Secret::generate());
    let invitation = diesel::insert_into(invitations::table)
        .values((
            invitations::id.eq(id),
            invitations::group_id.eq(group.id),
            invitations::email.eq(email.as_str()),
            invitations::role.eq(role),
            invitations::code_hash.eq(&code.hash),
            invitations::invited_by.eq(user),
            invitations::created_at.eq(now),
            invitations::expires_at.eq(now + INVITATION_GOOD_FOR),
        ))
        .returning(Invitation::as_returning())
        .get_result(tx)
        .await
        .on_constraint("invitations_one_open", || {
            Error::problem(Code::AlreadyExists, "This address has an open invitation. Take that back first to send another.")
        })?;
    outbox::record(tx, now, TOPIC, json!({"invitation_id": id, "code": code.text})).await?;
    Ok((invitation, code.text))
}

/// An expired invitation stays open until somebody asks the same address again.
async fn forget_expired(tx: &mut Conn, group: GroupId, email: &EmailAddress, now: DateTime<Utc>) -> Result<()> {
    let expired = invitations::table
        .filter(invitations::group_id.eq(group))
        .filter(invitations::email.eq(email.as_str()))
        .filter(invitations::accepted_at.is_null())
        .filter(invitations::revoked_at.is_null())
        .filter(invitations::expires_at.le(now));
    let expired = diesel::update(expired).set(invitations::revoked_at.eq(now));
    let ids: Vec<InvitationId> = expired.returning(invitations::id).get_results(tx).await?;
    forget_mail(tx, now, &ids).await
}

/// Empties what waits to be mailed of invitations that nobody can accept any more: it holds their codes.
pub(super) async fn forget_mail(tx: &mut Conn, now: DateTime<Utc>, ids: &[InvitationId]) -> Result<()> {
    let ids = ids.iter().map(ToString::to_string).collect();
    outbox::forget(tx, now, TOPIC, ("invitation_id", ids), NOT_OPEN).await
}

/// Takes an invitation back. 404 when the group has no such open invitation.
pub async fn revoke(conn: &mut Conn, (user, now): Doer, group: GroupId, invitation: InvitationId) -> Result<()> {
    transaction(conn, async |tx| {
        let open = invitations::table
            .find(invitation)
            .filter(invitations::group_id.eq(group))
            .filter(invitations::accepted_at.is_null())
            .filter(invitations::revoked_at.is_null());
        if diesel::update(open).set(invitations::revoked_at.eq(now)).execute(tx).await? == 0 {
            return Err(Error::not_found("invitation"));
        }
        forget_mail(tx, now, &[invitation]).await?;
        let act = Act { group: Some(group), ..Act::of(user, "revoke_invitation", "invitation", invitation) };
        audit::record(tx, now, act).await
    })
    .await
}

/// Makes the person a member with the role of the invitation that has this code; a member keeps a higher role. Gives the group and
/// the role that the person has now. 404 unless the invitation is open and was sent to the person's own address.
pub async fn accept(conn: &mut Conn, (user, now): Doer, code: &str) -> Result<(Group, Role)> {
    transaction(conn, async |tx| {
        let hash = Secret::hash(code);
        // The group before the invitation, as when it closes.
        if let Some(group) = queries::group_of_invitation(tx, &hash).await? {
            queries::lock(tx, group).await?;
        }
        let invitation = queries::lock_invitation(tx, user, &hash, now).await?;
        let invitation = invitation.ok_or_else(|| Error::not_found("invitation"))?;
        diesel::update(invitations::table.find(invitation.id)).set(invitations::accepted_at.eq(now)).execute(tx).await?;
        let had_owner = queries::has_owner(tx, invitation.group_id).await?;
        let role = join(tx, (user, now), invitation.group_id, invitation.role).await?;
        let act = Act::of(user, "accept_invitation", "invitation", invitation.id);
        audit::record(tx, now, Act { group: Some(invitation.group_id), detail: json!({"role": role}), ..act }).await?;
        if role == Role::Owner {
            networks::service::standing::arrive(tx, (user, now), invitation.group_id).await?;
        }
        if role == Role::Owner && !had_owner {
            assisted::service::ask_first_owner(tx, now, invitation.group_id).await?;
        }
        Ok((find(tx, invitation.group_id).await?.0, role))
    })
    .await
}

/// Makes the person a member with at least this role; gives the role that they have then.
async fn join(tx: &mut Conn, (user, now): (UserId, DateTime<Utc>), group: GroupId, role: Role) -> Result<Role> {
    members::enrol(tx, now, group, user, role).await?;
    let lower: Vec<Role> = Role::ALL.iter().copied().filter(|lower| *lower < role).collect();
    let lower = memberships::table.find((group, user)).filter(memberships::role.eq_any(lower));
    diesel::update(lower).set(memberships::role.eq(role)).execute(tx).await?;
    queries::membership_of(tx, group, user).await?.ok_or_else(|| Error::not_found("group"))
}

/// Takes back every open invitation of a group that a network does not want to come any more.
pub async fn revoke_all(tx: &mut Conn, now: DateTime<Utc>, group: GroupId) -> Result<()> {
    let open = invitations::table
        .filter(invitations::group_id.eq(group))
        .filter(invitations::accepted_at.is_null())
        .filter(invitations::revoked_at.is_null());
    let revoked = diesel::update(open).set(invitations::revoked_at.eq(now));
    let ids: Vec<InvitationId> = revoked.returning(invitations::id).get_results(tx).await?;
    forget_mail(tx, now, &ids).await
}

/// Takes back the open invitations that a person has sent for a group: whoever may not invite any more has no way back in through them.
pub(super) async fn revoke_those_of(tx: &mut Conn, now: DateTime<Utc>, group: GroupId, inviter: UserId) -> Result<()> {
    let open = invitations::table
        .filter(invitations::group_id.eq(group))
        .filter(invitations::invited_by.eq(inviter))
        .filter(invitations::accepted_at.is_null())
        .filter(invitations::revoked_at.is_null());
    let revoked = diesel::update(open).set(invitations::revoked_at.eq(now));
    let ids: Vec<InvitationId> = revoked.returning(invitations::id).get_results(tx).await?;
    forget_mail(tx, now, &ids).await
}
