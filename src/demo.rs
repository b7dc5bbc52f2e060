//! The demo town: invented groups of Stoke-on-Trent with what they have and want, what has happened between them, what waits for
//! their coordinators, and six people to sign in as.

mod exchanges;
mod queue;

use std::collections::BTreeMap;

use anyhow::Context;
use chrono::{DateTime, Utc};

use crate::{
    accounts::{
        passwords::{Password, Passwords},
        service::{SignUp, create_user},
    },
    catalog::Catalogue,
    db::{Conn, Db, transaction},
    error::{Error, Result},
    groups::{self, Role},
    import::{
        rows::{self, Format},
        service::{self, Options},
    },
    networks::{self, StaffRole, model::NetworkText, rules::NetworkSlug, service::Doer},
    types::{
        EmailAddress,
        ids::{NetworkId, UserId},
        text::{About, ExternalId, OrganisationName, PersonName, Rules},
    },
};

/// The groups and listings, in the format of `gotit import`.
const ROWS: &str = include_str!("../data/demo/stoke.jsonl");

/// Everybody's password. Public, so a database with the demo town in it is for looking at.
pub const PASSWORD: &str = "four kettles on a barge";

/// Who can sign in: what they are for, their address, their name.
const PEOPLE: [(&str, &str, &str); 6] = [
    ("group editor", "editor@example.org", "Carys the Editor"),
    ("coordinator", "coordinator@example.org", "Mo the Coordinator"),
    ("another coordinator", "second@example.org", "Siân the Second Coordinator"),
    ("viewer", "viewer@example.org", "Ann the Viewer"),
    ("group owner", "owner@example.org", "Jean the Owner"),
    ("other group", "foodbank@example.org", "Dev of the Food Bank"),
];

/// The logins, for the terminal.
pub fn logins() -> String {
    let lines = PEOPLE.iter().map(|(what, email, _)| format!("  {what:<20} {email}\n"));
    format!("Demo logins, all with the password \"{PASSWORD}\":\n{}", lines.collect::<String>())
}

/// Loads the demo town, if the database has no network yet. All of it or nothing.
pub async fn load(db: &Db, passwords: &Passwords, catalogue: &Catalogue, now: DateTime<Utc>) -> Result<bool> {
    if !networks::queries::list(&mut *db.conn().await?, None, 1).await?.is_empty() {
        return Ok(false);
    }
    let mut people = BTreeMap::new();
    for (what, email, name) in PEOPLE {
        let new = SignUp {
            email: checked(EmailAddress::parse(email))?,
            password: checked(Password::parse(PASSWORD))?,
            name: checked(PersonName::parse(name))?,
        };
        let user = create_user(db, passwords, new, now).await?;
        people.insert(what, user.ok_or_else(|| Error::Internal(anyhow::anyhow!("{email} has an account already")))?);
    }
    let mut conn = db.conn().await?;
    transaction(&mut conn, async |tx| {
        let network = add_network(tx, now).await?;
        let rows = rows::read(ROWS.as_bytes(), Format::Jsonl).context("the demo town cannot be read")?;
        let report = service::import(tx, catalogue, &rows, Options { network, approve: true, dry_run: false, now }, |_| {}).await?;
        if let Some(bad) = report.bad.first() {
            return Err(Error::Internal(anyhow::anyhow!("line {} of the demo town was refused: {:?}", bad.line, bad.errors)));
        }
        employ(tx, now, network, &people).await?;
        exchanges::happen(tx, now, network, person(&people, "group owner")?, person(&people, "coordinator")?).await?;
        let cast = queue::Cast {
            owner: person(&people, "group owner")?,
            viewer: person(&people, "viewer")?,
            coordinator: person(&people, "coordinator")?,
            second: person(&people, "another coordinator")?,
        };
        Box::pin(queue::fill(tx, catalogue, now, network, &cast)).await
    })
    .await?;
    Ok(true)
}

async fn add_network(tx: &mut Conn, now: DateTime<Utc>) -> Result<NetworkId> {
    let text = NetworkText {
        name: checked(OrganisationName::parse("1000 Lives Stoke-on-Trent (demo)"))?,
        description: checked(About::parse("An invented network of invented groups in the Potteries and round about."))?,
        rules: checked(Rules::parse("Be kind. No money changes hands. Never name a private person. Say when something has gone."))?,
        locality: "stoke-on-trent".to_owned(),
    };
    networks::service::create(tx, Doer { actor: None, now }, &checked(NetworkSlug::parse("stoke"))?, text).await
}

/// Gives the people their roles: in the network, and in the two groups that the README's tour visits.
async fn employ(tx: &mut Conn, now: DateTime<Utc>, network: NetworkId, people: &BTreeMap<&str, UserId>) -> Result<()> {
    for what in ["coordinator", "another coordinator"] {
        let person = person(people, what)?;
        networks::service::set_staff_role(tx, Doer { actor: None, now }, network, person, StaffRole::Coordinator).await?;
    }
    for (group, what, role) in [
        ("g-st-marys", "group owner", Role::Owner),
        ("g-st-marys", "group editor", Role::Editor),
        ("g-st-marys", "viewer", Role::Viewer),
        ("g-hanley-food-bank", "group owner", Role::Owner),
        ("g-hanley-food-bank", "other group", Role::Editor),
    ] {
        let known = networks::queries::group_by_external_id(tx, network, &checked(ExternalId::parse(group))?).await?;
        let group = known.ok_or_else(|| Error::Internal(anyhow::anyhow!("the demo town has no group {group}")))?;
        groups::service::members::enrol(tx, now, group, person(people, what)?, role).await?;
    }
    Ok(())
}

fn person(people: &BTreeMap<&str, UserId>, what: &str) -> Result<UserId> {
    people.get(what).copied().ok_or_else(|| Error::Internal(anyhow::anyhow!("the demo town has no {what}")))
}

/// A value that is written in this program, so that a refusal is a fault of ours.
fn checked<T>(value: Result<T, crate::types::Refusal>) -> Result<T> {
    value.map_err(|refusal| Error::Internal(anyhow::anyhow!("the demo town is malformed: {refusal}")))
}
