//! Contact details on the wire. They do not print.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::ThreadGroupOut;
use crate::{
    error::Result,
    groups::Role,
    threads::{
        model::Reveal,
        permissions::{Acting, Insider},
        service::contacts::Contact,
    },
    types::{EmailAddress, Fields, PhoneNumber, Refusal, fields::FieldError, text::PersonName},
};

/// Contact details to show to the other group. At least one of e-mail address and telephone number.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"name": "Olwen", "email": "olwen@example.org", "phone": "01782 000 111"}))]
pub struct ContactIn {
    /// Whom to ask for.
    #[serde(default)]
    #[schema(min_length = 1, max_length = 100)]
    name: Option<String>,
    /// E-mail address.
    #[serde(default)]
    #[schema(format = "email", max_length = 254)]
    email: Option<String>,
    /// Telephone number: digits, and what people write between them.
    #[serde(default)]
    #[schema(min_length = 5, max_length = 40)]
    phone: Option<String>,
}

impl ContactIn {
    /// The checked details, or everything that is wrong with them.
    pub fn parse(self) -> Result<Contact, Vec<FieldError>> {
        let mut fields = Fields::body();
        if self.email.is_none() && self.phone.is_none() {
            fields.refuse("/email", Refusal::new("required", "Give an e-mail address, a telephone number, or both."));
        }
        let name = fields.check_optional("/name", self.name, PersonName::parse);
        let email = fields.check_optional("/email", self.email, EmailAddress::parse);
        let phone = fields.check_optional("/phone", self.phone, PhoneNumber::parse);
        fields.finish(|| Some(Contact { name: name?, email: email?, phone: phone? }))
    }
}

/// For which group a person acts who belongs to both.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct AsQuery {
    /// The group that you act for; needed only by who belongs to both.
    #[serde(rename = "as")]
    #[param(value_type = Option<crate::types::ids::GroupId>)]
    group: Option<String>,
}

impl AsQuery {
    /// For which group the person acts.
    pub fn acting(self, person: &Insider, least: Role) -> Result<Acting> {
        let mut fields = Fields::query();
        let not_an_id = |_| Refusal::new("not_an_id", "Give the id of a group.");
        let named = fields.check_optional("as", self.group, |text| text.parse().map_err(not_an_id));
        let named = fields.finish(|| named)?;
        person.acting(named, least, |refusal| FieldError::parameter("as", refusal))
    }
}

/// Contact details that a group shows.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = Contact, example = json!({
    "group": {"id": "01980a8e-0c7c-7d10-a3c0-2a5f3c1d9e05", "name": "Hanley Food Bank"}, "name": "Ben", "email": null, "phone": "01782 000 222",
    "shown_at": "2026-11-22T09:30:00Z"
}))]
pub struct ContactOut {
    /// The group.
    group: ThreadGroupOut,
    /// Whom to ask for.
    #[schema(required)]
    name: Option<String>,
    /// E-mail address.
    #[schema(required)]
    email: Option<String>,
    /// Telephone number.
    #[schema(required)]
    phone: Option<String>,
    /// Since when they are shown (UTC).
    shown_at: DateTime<Utc>,
}

/// The contact details that are shown in an exchange.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = Contacts, example = json!({
    "ours": {"group": {"id": "01980a8e-0c7c-7d10-a3c0-2a5f3c1d9e02", "name": "St Mary's Community Hall"}, "name": "Olwen", "email": "olwen@example.org",
        "phone": "01782 000 111", "shown_at": "2026-11-22T09:30:00Z"},
    "theirs": null
}))]
pub struct ContactsOut {
    /// What your group shows to the other; null when it shows nothing.
    #[schema(required)]
    ours: Option<ContactOut>,
    /// What the other group shows to yours; null when it shows nothing.
    #[schema(required)]
    theirs: Option<ContactOut>,
}

impl ContactsOut {
    /// The details of an exchange as one of the two groups sees them.
    pub fn of(shown: Vec<Reveal>, acting: Acting) -> Self {
        let (ours, theirs): (Vec<_>, Vec<_>) = shown.into_iter().partition(|reveal| reveal.group_id == acting.group);
        let show = |reveal: Reveal| ContactOut {
            group: ThreadGroupOut { id: reveal.group_id, name: reveal.group_name },
            name: reveal.name,
            email: reveal.email,
            phone: reveal.phone,
            shown_at: reveal.created_at,
        };
        Self { ours: ours.into_iter().next().map(show), theirs: theirs.into_iter().next().map(show) }
    }
}
