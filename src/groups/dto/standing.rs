//! Groups that a coordinator asks in, on the wire.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::{GroupIn, GroupOut};
use crate::{
    groups::{
        model::{GroupText, Invitation},
        service::SeenGroup,
    },
    types::{EmailAddress, Fields, fields::FieldError},
};

/// A group that is to be asked in.
#[derive(Debug, Clone, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = InvitedGroupIn, example = json!({"name": "Etruria Bowls Club", "locality": "hanley-stoke-on-trent", "email": "ben@example.org"}))]
pub struct InvitedGroupIn {
    /// Name on screens, 2 to 120 characters. The group can change it.
    #[schema(min_length = 2, max_length = 120)]
    pub name: String,
    /// What it does, up to 2,000 characters. The group can change it.
    #[serde(default)]
    #[schema(max_length = 2000)]
    pub description: Option<String>,
    /// Slug of the locality where it is.
    pub locality: String,
    /// Address of whoever is to run the group here: only an account with it can accept.
    #[schema(format = Email, max_length = 254)]
    pub email: String,
}

impl InvitedGroupIn {
    /// Checks every field.
    pub fn parse(self) -> Result<(GroupText, EmailAddress), Vec<FieldError>> {
        let mut fields = Fields::body();
        let email = fields.check("/email", EmailAddress::parse(self.email));
        let Self { name, description, locality, .. } = self;
        let (activities, size, registered_as, registered_number) = (None, None, None, None);
        let text = GroupIn { name, description, locality, activities, size, registered_as, registered_number }.parse();
        match (text, fields.finish(|| email)) {
            (Ok(text), Ok(email)) => Ok((text, email)),
            (text, email) => Err([text.err(), email.err()].into_iter().flatten().flatten().collect()),
        }
    }
}

/// A group that has been asked in, with the code of its owner's invitation: this is the only time that it is shown.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = InvitedGroup)]
pub struct InvitedGroupOut {
    /// The group, as it waits for its owner.
    pub group: GroupOut,
    /// Until when the invitation is good (UTC): 14 days.
    pub expires_at: DateTime<Utc>,
    /// What the owner has to give to accept. Pass it on if no mail reaches them; it is not shown again, and null in the answer to a repeat
    /// of the request.
    #[schema(required)]
    pub code: Option<String>,
}

impl InvitedGroupOut {
    /// A group with its invitation.
    pub fn new(seen: SeenGroup, invitation: &Invitation, code: String) -> Self {
        Self { group: seen.into(), expires_at: invitation.expires_at, code: Some(code) }
    }
}
