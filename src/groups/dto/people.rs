//! Members and invitations on the wire.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::{
    groups::{
        Role,
        model::{Group, Invitation, Member},
    },
    types::{
        EmailAddress, Fields,
        fields::FieldError,
        ids::{GroupId, InvitationId, UserId},
    },
};

/// A person in a group.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = Member, example = json!({
    "user_id": "01980a8e-0c7c-7d10-a3c0-2a5f3c1d9e11", "name": "Olwen Price", "role": "owner", "since": "2026-01-06T10:00:00Z"
}))]
pub struct MemberOut {
    /// The person.
    pub user_id: UserId,
    /// What the person is called.
    pub name: String,
    /// What the person may do for the group.
    pub role: Role,
    /// Since when (UTC).
    pub since: DateTime<Utc>,
}

impl From<Member> for MemberOut {
    fn from(member: Member) -> Self {
        Self { user_id: member.user_id, name: member.name, role: member.role, since: member.created_at }
    }
}

/// The role that a member is to have.
#[derive(Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = MemberRoleIn, example = json!({"role": "editor"}))]
pub struct MemberRoleIn {
    /// owner runs the group; editor posts for it; viewer reads.
    #[schema(value_type = Role)]
    pub role: String,
}

impl MemberRoleIn {
    /// Checks the role.
    pub fn parse(self) -> Result<Role, Vec<FieldError>> {
        let mut fields = Fields::body();
        let role = fields.check("/role", Role::parse(self.role));
        fields.finish(|| role)
    }
}

impl From<Role> for MemberRoleIn {
    fn from(role: Role) -> Self {
        Self { role: role.to_string() }
    }
}

/// Somebody to be asked into a group.
#[derive(Debug, Clone, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = InvitationIn, example = json!({"email": "ben@example.org", "role": "editor"}))]
pub struct InvitationIn {
    /// Their e-mail address: only an account with it can accept.
    #[schema(format = Email, max_length = 254)]
    pub email: String,
    /// The role that they would have.
    #[schema(value_type = Role)]
    pub role: String,
}

impl InvitationIn {
    /// Checks address and role.
    pub fn parse(self) -> Result<(EmailAddress, Role), Vec<FieldError>> {
        let mut fields = Fields::body();
        let email = fields.check("/email", EmailAddress::parse(self.email));
        let role = fields.check("/role", Role::parse(self.role));
        fields.finish(|| Some((email?, role?)))
    }
}

/// An invitation, with its code: this is the only time that it is shown.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = NewInvitation, example = json!({
    "id": "01980a8e-0c7c-7d10-a3c0-2a5f3c1d9e20", "email": "ben@example.org", "role": "editor", "expires_at": "2026-01-20T10:00:00Z",
    "code": "vKxM0Xo2b1cQm3J8yX4m9m0aZb7pQ2fS5tR6uV7wX8Y"
}))]
pub struct NewInvitationOut {
    /// Its id.
    pub id: InvitationId,
    /// Who is asked.
    pub email: String,
    /// The role that they would have.
    pub role: Role,
    /// Good until (UTC): 14 days.
    pub expires_at: DateTime<Utc>,
    /// What the person has to give to accept. Pass it on; it is not shown again, and null in the
    /// answer to a repeat of the request.
    #[schema(required)]
    pub code: Option<String>,
}

impl NewInvitationOut {
    /// An invitation with its code.
    pub fn new(invitation: Invitation, code: String) -> Self {
        Self { id: invitation.id, email: invitation.email, role: invitation.role, expires_at: invitation.expires_at, code: Some(code) }
    }
}

/// An invitation that has been neither accepted nor taken back.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = Invitation, example = json!({
    "id": "01980a8e-0c7c-7d10-a3c0-2a5f3c1d9e20", "email": "ben@example.org", "role": "editor", "created_at": "2026-01-06T10:00:00Z",
    "expires_at": "2026-01-20T10:00:00Z"
}))]
pub struct InvitationOut {
    /// Its id.
    pub id: InvitationId,
    /// Who is asked.
    pub email: String,
    /// The role that they would have.
    pub role: Role,
    /// When they were asked (UTC).
    pub created_at: DateTime<Utc>,
    /// Good until (UTC).
    pub expires_at: DateTime<Utc>,
}

impl From<Invitation> for InvitationOut {
    fn from(invitation: Invitation) -> Self {
        Self {
            id: invitation.id,
            email: invitation.email,
            role: invitation.role,
            created_at: invitation.created_at,
            expires_at: invitation.expires_at,
        }
    }
}

/// What an invited person has to give.
#[derive(Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = AcceptInvitationIn, example = json!({"code": "vKxM0Xo2b1cQm3J8yX4m9m0aZb7pQ2fS5tR6uV7wX8Y"}))]
pub struct AcceptInvitationIn {
    /// The code of the invitation.
    pub code: String,
}

/// The group that a person has joined.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = AcceptedInvitation, example = json!({
    "group_id": "01980a8e-0c7c-7d10-a3c0-2a5f3c1d9e01", "group_name": "St Mary's Pantry", "role": "editor"
}))]
pub struct AcceptedInvitationOut {
    /// The group.
    pub group_id: GroupId,
    /// Name of the group.
    pub group_name: String,
    /// The role that the person has there now.
    pub role: Role,
}

impl From<(Group, Role)> for AcceptedInvitationOut {
    fn from((group, role): (Group, Role)) -> Self {
        Self { group_id: group.id, group_name: group.name, role }
    }
}
