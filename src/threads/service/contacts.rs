//! Contact details: shown by pressing a button, taken back, and erased. That they were shown stays on record, without them.

use chrono::{DateTime, Utc};
use diesel::{
    dsl::{exists, not},
    prelude::*,
};
use diesel_async::RunQueryDsl;
use serde_json::json;

use crate::{
    audit::{self, Act},
    db::{Conn, transaction},
    error::{Code, Error, OnConstraint, Result},
    inbox::{self, Notice, Topic},
    networks::Standing,
    schema::{assisted_groups, contact_reveals, memberships, network_groups, network_staff},
    threads::{model::Reveal, permissions::Acting, queries, rules},
    types::{
        EmailAddress, PhoneNumber,
        ids::{ExchangeId, GroupId, NetworkId, UserId},
        text::PersonName,
    },
};

/// What a group shows. At least one of address and number is there.
pub struct Contact {
    /// Whom to ask for.
    pub name: Option<PersonName>,
    /// E-mail address.
    pub email: Option<EmailAddress>,
    /// Telephone number.
    pub phone: Option<PhoneNumber>,
}

impl Contact {
    fn is_shown_by(&self, reveal: &Reveal) -> bool {
        self.name.as_ref().map(PersonName::as_str) == reveal.name.as_deref()
            && self.email.as_ref().map(EmailAddress::as_str) == reveal.email.as_deref()
            && self.phone.as_ref().map(PhoneNumber::as_str) == reveal.phone.as_deref()
    }
}

/// The contact details that the two groups of an exchange show each other now; none when it is long over, even if they have not been
/// erased yet.
pub async fn shown(conn: &mut Conn, now: DateTime<Utc>, exchange: ExchangeId) -> Result<Vec<Reveal>> {
    if rules::is_long_over(rules::ended_at(&queries::end_of(conn, exchange).await?), now) {
        return Ok(Vec::new());
    }
    queries::contacts(conn, exchange).await
}

/// Shows the other party of an agreed exchange how to reach the group, in place of what it showed before; the same again changes
/// nothing. Gives what is shown then. 409 when nothing is agreed, or it is long over.
pub async fn show(conn: &mut Conn, now: DateTime<Utc>, exchange: ExchangeId, acting: Acting, contact: &Contact) -> Result<Vec<Reveal>> {
    transaction(conn, async |tx| {
        let end = queries::hold_exchange(tx, exchange).await?;
        if !rules::may_show_contact(&end, now) {
            let state = end.state;
            return Err(Error::problem(
                Code::WrongState,
                format!(
                    "This exchange is {state}. Contact details can be shown while one is accepted, scheduled or handed_over, and for 30 days \
                     after it was completed."
                ),
            ));
        }
        let shown = queries::contacts(tx, exchange).await?;
        if shown.iter().any(|reveal| reveal.group_id == acting.group && contact.is_shown_by(reveal)) {
            return Ok(shown);
        }
        erase(tx, now, exchange, acting.group).await?;
        insert(tx, now, exchange, acting, contact).await?;
        let fields = json!({"name": contact.name.is_some(), "email": contact.email.is_some(), "phone": contact.phone.is_some()});
        record(tx, now, (acting, exchange), "show_contact", json!({"shown": fields})).await?;
        let after = queries::contacts(tx, exchange).await?;
        let told = Notice::to_group(acting.other, Topic::ContactShared);
        inbox::tell(tx, now, vec![Notice { exchange: Some(exchange), other_group: Some(acting.group), ..told }]).await?;
        Ok(after)
    })
    .await
}

async fn insert(tx: &mut Conn, now: DateTime<Utc>, exchange: ExchangeId, acting: Acting, contact: &Contact) -> Result<()> {
    diesel::insert_into(contact_reveals::table)
        .values((
            contact_reveals::id.eq(uuid::Uuid::now_v7()),
            contact_reveals::exchange_id.eq(exchange),
            contact_reveals::group_id.eq(acting.group),
            contact_reveals::revealed_by.eq(acting.user),
            contact_reveals::name.eq(contact.name.as_ref().map(PersonName::as_str)),
            contact_reveals::email.eq(contact.email.as_ref().map(EmailAddress::as_str)),
            contact_reveals::phone.eq(contact.phone.as_ref().map(PhoneNumber::as_str)),
            contact_reveals::created_at.eq(now),
        ))
        .execute(tx)
        .await
        .on_constraint("contact_reveals_one_each", || {
            Error::problem(
                Code::Conflict,
                "Somebody of your group has shown contact details at the same moment. Look at what is shown now.",
            )
        })?;
    Ok(())
}

/// Takes back what a group shows in an exchange. Nothing is shown: nothing changes.
pub async fn take_back(conn: &mut Conn, now: DateTime<Utc>, exchange: ExchangeId, acting: Acting) -> Result<()> {
    transaction(conn, async |tx| {
        if erase(tx, now, exchange, acting.group).await? == 0 {
            return Ok(());
        }
        record(tx, now, (acting, exchange), "take_contact_back", json!({})).await
    })
    .await
}

async fn record(
    tx: &mut Conn,
    now: DateTime<Utc>,
    (acting, exchange): (Acting, ExchangeId),
    action: &'static str,
    detail: serde_json::Value,
) -> Result<()> {
    let network: Option<NetworkId> = queries::parties_of(tx, exchange).await?.map(|(network, _)| network);
    let act = Act::of(acting.user, action, "exchange", exchange);
    audit::record(tx, now, Act { group: Some(acting.group), network, detail, ..act }).await
}

/// What erasing makes of a row: the details go, the fact stays.
macro_rules! erased {
    ($now:expr) => {
        (
            contact_reveals::name.eq(None::<String>),
            contact_reveals::email.eq(None::<String>),
            contact_reveals::phone.eq(None::<String>),
            contact_reveals::erased_at.eq($now),
        )
    };
}

async fn erase(tx: &mut Conn, now: DateTime<Utc>, exchange: ExchangeId, group: GroupId) -> Result<usize> {
    let shown = contact_reveals::table
        .filter(contact_reveals::exchange_id.eq(exchange))
        .filter(contact_reveals::group_id.eq(group))
        .filter(contact_reveals::erased_at.is_null());
    Ok(diesel::update(shown).set(erased!(now)).execute(tx).await?)
}

/// Erases all that groups show, because they close.
pub async fn erase_of_groups(tx: &mut Conn, now: DateTime<Utc>, groups: &[GroupId]) -> Result<()> {
    let shown = contact_reveals::table.filter(contact_reveals::group_id.eq_any(groups)).filter(contact_reveals::erased_at.is_null());
    diesel::update(shown).set(erased!(now)).execute(tx).await?;
    Ok(())
}

/// Erases all that a person has shown, and the person's own address wherever else it is shown, because they delete their account.
pub async fn erase_of_person(tx: &mut Conn, now: DateTime<Utc>, user: UserId) -> Result<()> {
    let address = queries::address_of(tx, user).await?;
    let theirs = contact_reveals::revealed_by.eq(user).or(contact_reveals::email.eq(address));
    let shown = contact_reveals::table.filter(theirs).filter(contact_reveals::erased_at.is_null());
    diesel::update(shown).set(erased!(now)).execute(tx).await?;
    Ok(())
}

/// Erases what people have shown for these groups who neither belong to them nor to the staff of a network that acts for them, or would
/// once their owners have said yes.
pub async fn erase_of_those_gone(tx: &mut Conn, now: DateTime<Utc>, groups: &[GroupId]) -> Result<()> {
    let members = memberships::table
        .filter(memberships::group_id.eq(contact_reveals::group_id))
        .filter(memberships::user_id.nullable().eq(contact_reveals::revealed_by));
    let standings = network_groups::network_id.eq(assisted_groups::network_id).and(network_groups::group_id.eq(assisted_groups::group_id));
    let helpers = assisted_groups::table
        .inner_join(network_staff::table.on(network_staff::network_id.eq(assisted_groups::network_id)))
        .inner_join(network_groups::table.on(standings))
        .filter(network_groups::state.ne_all([Standing::Rejected, Standing::Closed]))
        .filter(assisted_groups::group_id.eq(contact_reveals::group_id))
        .filter(network_staff::user_id.nullable().eq(contact_reveals::revealed_by));
    let shown = contact_reveals::table.filter(contact_reveals::group_id.eq_any(groups)).filter(contact_reveals::erased_at.is_null());
    let theirs = shown.filter(not(exists(members))).filter(not(exists(helpers)));
    diesel::update(theirs).set(erased!(now)).execute(tx).await?;
    Ok(())
}

/// Erases what a person has shown for one group, and their own address wherever it is shown for it, because they leave it.
pub async fn erase_of_member(tx: &mut Conn, now: DateTime<Utc>, group: GroupId, user: UserId) -> Result<()> {
    let address = queries::address_of(tx, user).await?;
    let theirs = contact_reveals::revealed_by.eq(user).or(contact_reveals::email.eq(address));
    let shown = contact_reveals::table.filter(contact_reveals::group_id.eq(group)).filter(theirs);
    diesel::update(shown.filter(contact_reveals::erased_at.is_null())).set(erased!(now)).execute(tx).await?;
    Ok(())
}
