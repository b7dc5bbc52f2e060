//! `gotit staff`: who works for a network. The way to a network's first coordinator; afterwards coordinators do this over the API.

use clap::{Args, Subcommand};
use comfy_table::{Table, presets};

use super::{on_database, plain, say};
use crate::{
    config::DatabaseConfig,
    db::Conn,
    error::{Code, Error, Result},
    networks::{
        StaffRole, queries,
        service::{self, Doer},
    },
    types::{
        Clock, EmailAddress, Fields,
        ids::{NetworkId, UserId},
    },
};

/// The verbs about staff.
#[derive(Debug, Subcommand)]
pub(super) enum StaffVerb {
    /// Take a person on, or change their role
    ///
    /// The person must have signed up. It works at once, without signing in again.
    #[command(after_help = "Example:\n  gotit staff add --network stoke --email mair@example.org --role coordinator")]
    Add(AddArgs),
    /// List the staff of a network
    #[command(after_help = "Example:\n  gotit staff list --network stoke")]
    List(ListArgs),
    /// Remove a person from the staff, at once. The last coordinator stays
    #[command(after_help = "Example:\n  gotit staff remove --network stoke --email mair@example.org")]
    Remove(RemoveArgs),
}

#[derive(Debug, Args)]
pub(super) struct AddArgs {
    /// Slug of the network
    #[arg(long)]
    network: String,
    /// The address that the person signed up with
    #[arg(long)]
    email: String,
    /// coordinator decides; broker may propose matches and post for others
    #[arg(long)]
    role: String,
    #[command(flatten)]
    database: DatabaseConfig,
}

#[derive(Debug, Args)]
pub(super) struct ListArgs {
    /// Slug of the network
    #[arg(long)]
    network: String,
    #[command(flatten)]
    database: DatabaseConfig,
}

#[derive(Debug, Args)]
pub(super) struct RemoveArgs {
    /// Slug of the network
    #[arg(long)]
    network: String,
    /// The address that the person signed up with
    #[arg(long)]
    email: String,
    #[command(flatten)]
    database: DatabaseConfig,
}

/// Does what the verb says.
pub(super) async fn run(verb: StaffVerb) -> anyhow::Result<()> {
    match verb {
        StaffVerb::Add(AddArgs { network, email, role, database }) => {
            on_database(&database, async |conn| add(conn, &network, email, role).await.map_err(plain)).await
        }
        StaffVerb::List(ListArgs { network, database }) => {
            on_database(&database, async |conn| list(conn, &network).await.map_err(plain)).await
        }
        StaffVerb::Remove(RemoveArgs { network, email, database }) => {
            on_database(&database, async |conn| remove(conn, &network, email).await.map_err(plain)).await
        }
    }
}

async fn add(conn: &mut Conn, network: &str, email: String, role: String) -> Result<()> {
    let mut fields = Fields::body();
    let email = fields.check("/email", EmailAddress::parse(email));
    let role = fields.check("/role", StaffRole::parse(role));
    let (email, role) = fields.finish(|| Some((email?, role?)))?;
    let (network_id, user) = (network_by_slug(conn, network).await?, person(conn, &email).await?);
    let member = service::set_staff_role(conn, operator(), network_id, user, role).await?;
    say(format!("{} is {} of {network} now.", member.name, member.role))?;
    say(format!("E-mail addresses are not verified, so make sure that it is the right person: their id is {}", member.user_id))?;
    say(format!(
        "(they see it at /v1/users/me). If it is not, take somebody else on, and then: gotit staff remove --network {network} --email ADDRESS"
    ))?;
    Ok(())
}

async fn list(conn: &mut Conn, network: &str) -> Result<()> {
    let network = network_by_slug(conn, network).await?;
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_header(["NAME", "ROLE", "SINCE", "USER ID"]);
    for member in queries::staff(conn, network, None, i64::MAX).await? {
        table.add_row([member.name, member.role.to_string(), member.created_at.date_naive().to_string(), member.user_id.to_string()]);
    }
    say(table)?;
    Ok(())
}

async fn remove(conn: &mut Conn, network: &str, email: String) -> Result<()> {
    let mut fields = Fields::body();
    let email = fields.check("/email", EmailAddress::parse(email));
    let email = fields.finish(|| email)?;
    let (network_id, user) = (network_by_slug(conn, network).await?, person(conn, &email).await?);
    service::remove_staff(conn, operator(), network_id, user).await?;
    say(format!("Removed from the staff of {network}."))?;
    Ok(())
}

fn operator() -> Doer {
    Doer { actor: None, now: Clock::system().now() }
}

async fn network_by_slug(conn: &mut Conn, slug: &str) -> Result<NetworkId> {
    queries::id_by_slug(conn, slug)
        .await?
        .ok_or_else(|| Error::problem(Code::NotFound, format!("There is no network {slug}. See gotit networks list, or add it first.")))
}

async fn person(conn: &mut Conn, email: &EmailAddress) -> Result<UserId> {
    queries::user_by_email(conn, email).await?.ok_or_else(|| {
        Error::problem(Code::NotFound, "Nobody has signed up with this e-mail address. The person signs up first, and then you try again.")
    })
}
