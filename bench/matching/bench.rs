//! What every measurement stands on: the database, the API server on it, pgbench with the same settings, and captured statements.

use std::path::PathBuf;

use tokio_postgres::{Client, NoTls};

use crate::rig::{
    api::Api,
    britain::{random::Dice, uuid_at},
    capture::{Capture, Captured, quieten},
    cluster::{Cluster, connect},
    database::{self, BritainArgs, Ready},
    pgbench::{Pgbench, Script},
    processes,
    scenarios::{Question, Questions, Scenario},
};

/// What is measured.
#[derive(Debug, Clone, clap::Args)]
pub struct WhatArgs {
    /// Kinds of questions; all unless named
    #[arg(long, value_delimiter = ',', value_enum)]
    pub scenarios: Vec<Scenario>,
    /// Questions of each kind
    #[arg(long, default_value_t = 16)]
    pub questions: usize,
    /// The release program that is measured; cargo builds it with this one
    #[arg(long, default_value = env!("CARGO_BIN_EXE_gotit"))]
    pub gotit: PathBuf,
}

/// Rows of the floor.
const FLOOR_ROWS: usize = 20;

/// Everything that is running for a measurement.
pub struct Bench {
    pub cluster: Cluster,
    pub ready: Ready,
    pub client: Client,
    pub api: Api,
    pub pgbench: Pgbench,
    pub postmaster: u32,
    /// Settings of the program's sessions, in the form of PGOPTIONS.
    pub options: String,
    pub scenarios: Vec<(Scenario, Vec<Question>, Captured)>,
    pub floor: Vec<Script>,
}

impl Bench {
    /// Opens the database, starts the API server, and captures what each scenario runs. The cluster must be running.
    pub async fn start(cluster: &Cluster, britain: &BritainArgs, what: &WhatArgs) -> anyhow::Result<Self> {
        processes::can_measure()?;
        let ready = database::open(cluster, britain).await?;
        let client = connect(&ready.url).await?;
        quieten(&client).await?;
        clean_up(&client, &ready).await?;
        look_after_networks(&client).await?;
        let options = database::session_options(&ready.url).await?;
        let pgbench = Pgbench::new(cluster, &ready.name, options.clone())?;
        let questions = Questions::new(&client, &ready, what.questions);
        let floor = floor(&questions.random_listings("id", what.questions * FLOOR_ROWS).await?);
        let mut capture = Capture::begin(cluster, &client).await?;
        let mut api = Api::start(&what.gotit, &ready, cluster.folder()).await?;
        let mut scenarios = Vec::new();
        for scenario in if what.scenarios.is_empty() { Scenario::ALL.to_vec() } else { what.scenarios.clone() } {
            eprintln!("capturing what {} runs", scenario.name());
            let asked = questions.of(scenario).await?;
            match capture.take(&mut api, scenario, &asked).await? {
                Some(captured) => scenarios.push((scenario, asked, captured)),
                None => eprintln!("{}: the program has no such operation yet; left out", scenario.name()),
            }
        }
        capture.end().await?;
        // Its sessions go on telling; what is measured is a server that does not.
        api.stop().await?;
        let api = Api::start(&what.gotit, &ready, cluster.folder()).await?;
        Ok(Self { postmaster: cluster.postmaster()?, cluster: cluster.clone(), ready, client, api, pgbench, options, scenarios, floor })
    }

    /// Stops what was started.
    pub async fn stop(self) -> anyhow::Result<()> {
        self.api.stop().await
    }

    /// Deletes what posting has left.
    pub async fn clean_up(&self) -> anyhow::Result<()> {
        clean_up(&self.client, &self.ready).await
    }

    /// A session with the settings of the program's sessions.
    pub async fn session(&self) -> anyhow::Result<Client> {
        let mut config: tokio_postgres::Config = self.ready.url.parse()?;
        config.options(&self.options);
        let (client, connection) = config.connect(NoTls).await?;
        tokio::spawn(async move { drop(connection.await) });
        Ok(client)
    }
}

/// Deletes what was posted since the database was filled: at the end, and before the start for a run that was broken off. As the owner
/// of the tables, who alone may stop the trigger that keeps audit entries.
async fn clean_up(client: &Client, ready: &Ready) -> anyhow::Result<()> {
    let first = format!("{}-0000-0000-000000000000", &uuid_at(ready.now, &mut Dice::of(0, 0)).to_string()[..13]);
    let time = ready.now.to_rfc3339();
    let sql = format!(
        "drop table if exists bench.bare_listings;
         alter table audit_entries disable trigger audit_entries_stay;
         delete from audit_entries where occurred_at >= '{time}';
         alter table audit_entries enable trigger audit_entries_stay;
         delete from outbox_events where created_at >= '{time}'"
    );
    client.batch_execute(&sql).await?;
    client.batch_execute(&format!("delete from queue_items where listing_id >= '{first}'")).await?;
    let posted = format!("delete from listings where id >= '{first}' and title like 'Posted by the bench:%'");
    if client.execute(&posted, &[]).await? > 0 {
        client.batch_execute("vacuum listings").await?;
    }
    Ok(())
}

/// Makes whoever measures a coordinator of all networks, so that they may ask for the matches of one, and as often as they like: tries
/// are counted as always, but the count stays at one.
async fn look_after_networks(client: &Client) -> anyhow::Result<()> {
    let patience = "create schema if not exists bench;
        create or replace function bench.count_one() returns trigger language plpgsql as 'begin new.attempts := 1; return new; end';
        create or replace trigger bench_count_one before insert or update on credential_attempts for each row execute function bench.count_one()";
    client.batch_execute(patience).await?;
    let sql = "insert into network_staff (network_id, user_id, role, created_at)
               select networks.id, users.id, 'coordinator', networks.created_at from networks, users where email = $1 on conflict do nothing";
    client.execute(sql, &[&database::EMAIL]).await?;
    Ok(())
}

/// Twenty rows by primary key, in one statement.
fn floor(ids: &[uuid::Uuid]) -> Vec<Script> {
    let script = |(number, ids): (usize, &[uuid::Uuid])| {
        let ids: Vec<String> = ids.iter().map(ToString::to_string).collect();
        let name = format!("f{number}");
        Script {
            sql: format!("select * from listings where id = any(:{name}::uuid[]);\n"),
            variables: vec![(name, format!("{{{}}}", ids.join(",")))],
        }
    };
    ids.chunks(FLOOR_ROWS).enumerate().map(script).collect()
}
