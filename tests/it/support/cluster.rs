//! One throwaway PostgreSQL for the run; a template database, migrated and seeded once; a copy of it for each test.

use std::sync::{
    LazyLock,
    atomic::{AtomicU32, Ordering},
};

use gotit::{
    catalog::seed,
    db::{self, Db, DbConfig},
    private_postgres::{Durability, Options, PrivatePostgres},
};

use super::eventually;

/// The server ends, and its folder goes, when this process does: its watchdog sees to that, even after a SIGKILL.
static CLUSTER: LazyLock<PrivatePostgres> = LazyLock::new(|| {
    let data_dir = std::env::temp_dir().join(format!("gotit-test-{}", std::process::id()));
    let cluster =
        PrivatePostgres::start(Options { data_dir, durability: Durability::Throwaway, bin_dir: None }).expect("PostgreSQL starts");
    in_runtime(make_template(cluster.url("postgres"), cluster.url("gotit_template")));
    cluster
});

/// A client program of the running version, such as pg_dump.
pub fn postgres_program(name: &str) -> std::path::PathBuf {
    CLUSTER.bin_dir().join(name)
}

static NUMBER: AtomicU32 = AtomicU32::new(0);

async fn make_template(admin: String, template: String) {
    run_sql(&admin, "create database gotit_template").await;
    db::migrate(&template).await.expect("the migrations run");
    let db = Db::new(&template, &DbConfig { db_connections: 1, db_statement_ms: 60_000, ..DbConfig::default() })
        .expect("the template has a good address");
    seed::seed(&mut db.conn().await.expect("a connection")).await.expect("the catalogue is written");
    db.close();
}

/// A database of one test.
pub struct Database {
    pub name: String,
    pub url: String,
}

impl Database {
    /// A copy of the template.
    pub fn create() -> Self {
        Self::with("template gotit_template strategy file_copy")
    }

    /// An empty database.
    pub fn empty() -> Self {
        Self::with("template template0")
    }

    fn with(options: &str) -> Self {
        let name = format!("test_{}", NUMBER.fetch_add(1, Ordering::SeqCst));
        let sql = format!("create database {name} {options}");
        in_runtime(async move { run_sql(&CLUSTER.url("postgres"), &sql).await });
        Self { url: CLUSTER.url(&name), name }
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        let sql = format!("drop database {} with (force)", self.name);
        in_runtime(async move { run_sql(&CLUSTER.url("postgres"), &sql).await });
    }
}

/// A connection of one's own, beside the program's.
pub async fn connect(url: &str) -> tokio_postgres::Client {
    let (client, connection) = tokio_postgres::connect(url, tokio_postgres::NoTls).await.expect("PostgreSQL takes connections");
    tokio::spawn(connection);
    client
}

/// Waits until so many of a database's connections wait for a lock that another one holds. `watcher` is in no transaction: in one, what
/// others do is seen as it was at the first look.
pub async fn waiting_for_a_lock(watcher: &tokio_postgres::Client, number: i64) {
    let waiting = "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'";
    eventually("they wait for the lock", async || watcher.query_one(waiting, &[]).await.unwrap().get::<_, i64>(0) >= number).await;
}

/// Runs one statement outside any transaction.
pub async fn run_sql(url: &str, sql: &str) {
    let (client, connection) = tokio_postgres::connect(url, tokio_postgres::NoTls).await.expect("PostgreSQL takes connections");
    let driver = tokio::spawn(connection);
    client.batch_execute(sql).await.expect(sql);
    drop(client);
    driver.await.expect("the connection ends").ok();
}

/// Runs a future to its end on a thread of its own, so that it can be done inside and outside a runtime.
fn in_runtime(future: impl Future<Output = ()> + Send + 'static) {
    let thread =
        std::thread::spawn(|| tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime").block_on(future));
    thread.join().expect("the work on the database is done");
}
