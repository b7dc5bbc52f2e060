//! `gotit networks`: adds and lists networks.

use clap::{Args, Subcommand};
use comfy_table::{Table, presets};

use super::{on_database, plain, say};
use crate::{
    config::DatabaseConfig,
    db::Conn,
    error::Result,
    networks::{
        model::NetworkText,
        queries,
        rules::NetworkSlug,
        service::{self, Doer},
    },
    types::{
        Clock, Fields,
        text::{About, OrganisationName, Rules},
    },
};

/// The verbs about networks.
#[derive(Debug, Subcommand)]
pub(super) enum NetworksVerb {
    /// Add a network
    ///
    /// Then take its first coordinator on with `gotit staff add`; coordinators do the rest over the API.
    #[command(after_help = "Example:\n  gotit networks add stoke --name \"1000 Lives Stoke-on-Trent\" --locality stoke-on-trent")]
    Add(AddArgs),
    /// List the networks
    #[command(after_help = "Example:\n  gotit networks list")]
    List {
        #[command(flatten)]
        database: DatabaseConfig,
    },
}

#[derive(Debug, Args)]
pub(super) struct AddArgs {
    /// Short name in addresses and on the command line, for example stoke
    slug: String,
    /// Name on screens
    #[arg(long)]
    name: String,
    /// Slug of the locality that it covers
    #[arg(long)]
    locality: String,
    /// Who it is for
    #[arg(long, default_value = "")]
    description: String,
    /// What may be posted and how people treat each other
    #[arg(long, default_value = "")]
    rules: String,
    #[command(flatten)]
    database: DatabaseConfig,
}

/// Does what the verb says.
pub(super) async fn run(verb: NetworksVerb) -> anyhow::Result<()> {
    match verb {
        NetworksVerb::Add(arguments) => {
            let database = arguments.database.clone();
            on_database(&database, async |conn| add(conn, arguments).await.map_err(plain)).await
        }
        NetworksVerb::List { database } => on_database(&database, async |conn| list(conn).await.map_err(plain)).await,
    }
}

async fn add(conn: &mut Conn, arguments: AddArgs) -> Result<()> {
    let mut fields = Fields::body();
    let slug = fields.check("SLUG", NetworkSlug::parse(&arguments.slug));
    let name = fields.check("/name", OrganisationName::parse(&arguments.name));
    let description = fields.check("/description", About::parse(&arguments.description));
    let rules = fields.check("/rules", Rules::parse(&arguments.rules));
    let locality = arguments.locality;
    let (slug, text) = fields.finish(|| Some((slug?, NetworkText { name: name?, description: description?, rules: rules?, locality })))?;
    let id = service::create(conn, Doer { actor: None, now: Clock::system().now() }, &slug, text).await?;
    say(format!("Added the network {} ({id}).", slug.as_str()))?;
    say(format!(
        "Its first coordinator signs up, and then: gotit staff add --network {} --email ADDRESS --role coordinator",
        slug.as_str()
    ))?;
    Ok(())
}

async fn list(conn: &mut Conn) -> Result<()> {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_header(["SLUG", "NAME", "LOCALITY", "ID"]);
    for (network, locality) in queries::list(conn, None, i64::MAX).await? {
        table.add_row([network.slug, network.name, locality.name, network.id.to_string()]);
    }
    say(table)?;
    Ok(())
}
