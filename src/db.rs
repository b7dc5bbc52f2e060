//! Connections to PostgreSQL: the pool, its timeouts, and the embedded migrations.

use std::{
    iter,
    sync::Arc,
    time::{Duration, Instant},
};

use deadpool::managed::Timeouts;
use diesel::{
    QueryResult,
    pg::Pg,
    query_builder::{AstPass, Query, QueryFragment, QueryId},
};
use diesel_async::{
    AnsiTransactionManager, AsyncMigrationHarness, AsyncPgConnection, SimpleAsyncConnection, TransactionManager,
    pooled_connection::{
        AsyncDieselConnectionManager, ManagerConfig, RecyclingMethod,
        deadpool::{Object, Pool},
    },
};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};
use futures_util::{FutureExt, future::select_ok};
use tokio_postgres::config::SslMode;
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::error::{Error, Result};

/// The connection that every query takes.
pub type Conn = AsyncPgConnection;

/// A connection on loan from the pool; it goes back when dropped.
pub type PooledConn = Object<AsyncPgConnection>;

/// The migrations of the `migrations` folder, in the program.
pub const MIGRATIONS: EmbeddedMigrations = embed_migrations!("migrations");

/// The key of the advisory lock under which migrations run, so that API processes started together do it once.
const MIGRATION_LOCK: i64 = 0x67_6f74_6974;

/// How the program talks to its database.
#[derive(Debug, Clone, clap::Args)]
pub struct DbConfig {
    /// Connections this process may hold at once
    #[arg(long, env = "GOTIT_DB_CONNECTIONS", default_value_t = 16)]
    pub db_connections: usize,
    /// Milliseconds to wait for a free connection before answering 503
    #[arg(long, env = "GOTIT_DB_ACQUIRE_MS", default_value_t = 1000)]
    pub db_acquire_ms: u64,
    /// Milliseconds after which PostgreSQL gives a statement up
    #[arg(long, env = "GOTIT_DB_STATEMENT_MS", default_value_t = 1500)]
    pub db_statement_ms: u32,
    /// Milliseconds after which PostgreSQL gives up waiting for a lock
    #[arg(long, env = "GOTIT_DB_LOCK_MS", default_value_t = 1000)]
    pub db_lock_ms: u32,
}

impl Default for DbConfig {
    fn default() -> Self {
        Self { db_connections: 16, db_acquire_ms: 1000, db_statement_ms: 1500, db_lock_ms: 1000 }
    }
}

/// The database: hands out connections, or says within the acquire timeout that it cannot.
///
/// A connection is driven by the thread that opened it, and an answer to another thread has to wake that one. So each thread that serves
/// has a pool of its own, or a few of them share one, and takes what the others have open when it has none to give
/// (docs/decisions/0012-deadpool-and-diesel-async.md).
#[derive(Clone)]
pub struct Db {
    pools: Arc<[Pool<AsyncPgConnection>]>,
    own: usize,
}

impl Db {
    /// One pool on `url`; connects when first used.
    pub fn new(url: &str, config: &DbConfig) -> anyhow::Result<Self> {
        Self::for_threads(url, config, 1)
    }

    /// As many pools as threads that serve, which together hold as many connections as `config` allows; threads share one that would be
    /// too small.
    pub fn for_threads(url: &str, config: &DbConfig, threads: usize) -> anyhow::Result<Self> {
        let pools = shares(config.db_connections, threads).map(|size| pool(url, config, size)).collect::<anyhow::Result<_>>()?;
        Ok(Self { pools, own: 0 })
    }

    /// The same database, for the thread of this number.
    #[must_use]
    pub fn of_thread(&self, number: usize) -> Self {
        Self { pools: self.pools.clone(), own: number % self.pools.len() }
    }

    /// A connection, within the acquire timeout: one of the thread's own, opened if need be, or else the first that any pool has to give.
    pub async fn conn(&self) -> Result<PooledConn> {
        let begun = Instant::now();
        let (before, from_own) = self.pools.split_at(self.own);
        let (own, after) = from_own.split_first().ok_or_else(|| Error::Internal(anyhow::anyhow!("a thread has no pool")))?;
        let limits = own.timeouts();
        if let Ok(conn) = own.timeout_get(&Timeouts { wait: Some(Duration::ZERO), ..limits }).await {
            return Ok(conn);
        }
        let left = limits.wait.map(|limit| limit.saturating_sub(begun.elapsed()));
        let (of_own, of_others) =
            (Timeouts { wait: left, create: left, ..limits }, Timeouts { wait: left, create: Some(Duration::ZERO), ..limits });
        let others = after.iter().chain(before).filter(|pool| gives_without_opening(pool));
        // In this order, so that none is opened while another thread has one that nobody uses.
        let tries = others.map(|pool| pool.timeout_get(&of_others).boxed()).chain(iter::once(own.timeout_get(&of_own).boxed()));
        Ok(select_ok(tries).await?.0)
    }

    /// How many connections there are, and what they do.
    pub fn pool_state(&self) -> PoolState {
        self.pools.iter().map(Pool::status).fold(PoolState::default(), |sum, pool| PoolState {
            open: sum.open + pool.size,
            idle: sum.idle + pool.available,
            // Who waits, waits for all of them.
            waiting: sum.waiting.max(pool.waiting),
        })
    }

    /// Closes every connection and refuses to make new ones.
    pub fn close(&self) {
        self.pools.iter().for_each(Pool::close);
    }
}

/// Whether a pool has a connection that nobody uses, or will have one: each that it may hold is open. What a thread opens it drives for good,
/// so threads open their own alone.
fn gives_without_opening(pool: &Pool<AsyncPgConnection>) -> bool {
    let status = pool.status();
    status.available > 0 || status.size == status.max_size
}

/// The fewest connections of a pool, where there are so many: a slow statement or two must not keep its threads from all they have.
const FEWEST: usize = 4;

/// So many connections dealt out to so many threads, as evenly as it goes; few enough pools that none is small.
fn shares(connections: usize, threads: usize) -> impl Iterator<Item = usize> {
    let pools = threads.clamp(1, (connections / FEWEST).max(1));
    (0..pools).map(move |pool| connections / pools + usize::from(pool < connections % pools))
}

/// A pool of so many connections.
fn pool(url: &str, config: &DbConfig, size: usize) -> anyhow::Result<Pool<AsyncPgConnection>> {
    let url: tokio_postgres::Config = url.parse().map_err(|error| anyhow::anyhow!("DATABASE_URL is not a PostgreSQL address: {error}"))?;
    let patience = Some(Duration::from_millis(config.db_acquire_ms));
    let tls = tls_for(&url)?;
    let settings = with_settings(url, config);
    let mut manager = ManagerConfig::default();
    manager.recycling_method = RecyclingMethod::Fast;
    manager.custom_setup = Box::new(move |_| connect_as_program(settings.clone(), tls.clone()).boxed());
    let manager = AsyncDieselConnectionManager::new_with_config("", manager);
    Ok(Pool::builder(manager)
        .max_size(size)
        .wait_timeout(patience)
        .create_timeout(patience)
        .recycle_timeout(patience)
        .runtime(deadpool::Runtime::Tokio1)
        .build()?)
}

/// Connections at one moment.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct PoolState {
    /// Connections to the database.
    pub open: usize,
    /// Those that nobody uses.
    pub idle: usize,
    /// Requests that wait for one.
    pub waiting: usize,
}

/// Runs `work` in a transaction: committed when it succeeds, rolled back when it fails or is dropped. Inside another
/// transaction it is a savepoint.
pub async fn transaction<T>(conn: &mut Conn, work: impl AsyncFnOnce(&mut Conn) -> Result<T>) -> Result<T> {
    AnsiTransactionManager::begin_transaction(conn).await?;
    match work(conn).await {
        Ok(value) => {
            AnsiTransactionManager::commit_transaction(conn).await?;
            Ok(value)
        }
        Err(error) => {
            if let Err(rollback) = AnsiTransactionManager::rollback_transaction(conn).await {
                tracing::warn!(%rollback, "a transaction could not be rolled back; its connection is given up");
            }
            Err(error)
        }
    }
}

/// Runs `work` in a transaction that is rolled back whatever comes of it: to see what it would do.
pub async fn rehearse<T>(conn: &mut Conn, work: impl AsyncFnOnce(&mut Conn) -> Result<T>) -> Result<T> {
    AnsiTransactionManager::begin_transaction(conn).await?;
    let outcome = work(conn).await;
    AnsiTransactionManager::rollback_transaction(conn).await?;
    outcome
}

/// A statement that each connection prepares once. `diesel::sql_query` and whatever updates are prepared anew each time they run, which costs
/// more than running them; the text must be one of few, or the connections collect them without end.
#[derive(Debug, Clone)]
pub struct Prepared<Q>(pub Q);

impl<Q: QueryFragment<Pg>> QueryFragment<Pg> for Prepared<Q> {
    fn walk_ast<'b>(&'b self, out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        self.0.walk_ast(out)
    }

    fn is_safe_to_cache_prepared(&self, _backend: &Pg) -> QueryResult<bool> {
        Ok(true)
    }
}

impl<Q> QueryId for Prepared<Q> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl<Q: Query> Query for Prepared<Q> {
    type SqlType = Q::SqlType;
}

/// Adds the timeouts, the name under which the server lists us, and that each prepared statement is planned once: planning costs
/// more than most of our queries, and plans that do not depend on the values asked for do not surprise anybody
/// (docs/decisions/0020-generic-plans.md).
fn with_settings(mut url: tokio_postgres::Config, config: &DbConfig) -> tokio_postgres::Config {
    let options = format!(
        "{} -c statement_timeout={} -c lock_timeout={} -c idle_in_transaction_session_timeout=10000 -c timezone=UTC -c plan_cache_mode=force_generic_plan",
        url.get_options().unwrap_or_default(),
        config.db_statement_ms,
        config.db_lock_ms
    );
    url.options(options.trim())
        .application_name("gotit")
        .connect_timeout(Duration::from_millis(config.db_acquire_ms))
        .tcp_user_timeout(Duration::from_secs(5));
    url
}

/// How to encrypt, when `sslmode=require` asks for it: the server must then show a certificate for its name from an authority
/// that this system trusts. docs/decisions/0019-tls-to-postgresql.md says why other modes do without.
fn tls_for(url: &tokio_postgres::Config) -> anyhow::Result<Option<MakeRustlsConnect>> {
    if url.get_ssl_mode() != SslMode::Require {
        return Ok(None);
    }
    let (tls, passed_over) = MakeRustlsConnect::with_native_certs()
        .map_err(|errors| anyhow::anyhow!("sslmode=require needs the system's certificates, and none were found: {errors:?}"))?;
    for error in passed_over {
        tracing::warn!(%error, "a certificate of this system cannot be read");
    }
    Ok(Some(tls))
}

/// The role that the program works as: it may use every table, change none of them, and only add to the audit entries.
pub const PROGRAM_ROLE: &str = "gotit_program";

/// Sets that role where it exists in this database and the login may: not before the migration that makes it, and not where an operator
/// has yet to make it (docs/OPERATIONS.md). The trigger on audit entries guards them even so.
const WORK_AS_PROGRAM: &str = "select set_config('role', rolname, false) from pg_roles
  where rolname = 'gotit_program' and pg_has_role(oid, 'member') and has_table_privilege(oid, to_regclass('public.audit_entries'), 'insert')";

/// Opens one connection that works as the program.
async fn connect_as_program(
    settings: tokio_postgres::Config,
    tls: Option<MakeRustlsConnect>,
) -> diesel::ConnectionResult<AsyncPgConnection> {
    let mut conn = connect(settings, tls).await?;
    if let Err(error) = conn.batch_execute(WORK_AS_PROGRAM).await {
        tracing::warn!(%error, "the program cannot work as the role {PROGRAM_ROLE}, and works as its login");
    }
    Ok(conn)
}

/// Counts a table anew for the planner, which only its owner may: as the login, and then on as the program.
pub async fn analyze(conn: &mut Conn, table: &'static str) -> Result<()> {
    Ok(conn.batch_execute(&format!("reset role; analyze {table}; {WORK_AS_PROGRAM}")).await?)
}

/// Opens one connection, as the login; the task that drives it ends with it.
async fn connect(settings: tokio_postgres::Config, tls: Option<MakeRustlsConnect>) -> diesel::ConnectionResult<AsyncPgConnection> {
    let refused = |error: tokio_postgres::Error| diesel::ConnectionError::BadConnection(with_causes(&error));
    let mut conn = if let Some(tls) = tls {
        let (client, connection) = settings.connect(tls).await.map_err(refused)?;
        AsyncPgConnection::try_from_client_and_connection(client, connection).await?
    } else {
        let (client, connection) = settings.connect(tokio_postgres::NoTls).await.map_err(refused)?;
        AsyncPgConnection::try_from_client_and_connection(client, connection).await?
    };
    // `error` tells our timeouts from faults by PostgreSQL's words. Not every server lets us choose its language; English is usual.
    if let Err(error) = conn.batch_execute("set lc_messages to 'C'").await {
        tracing::debug!(%error, "the server does not let us choose the language of its messages");
    }
    Ok(conn)
}

/// An error and what is behind it, in one line.
fn with_causes(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(error.source(), |cause| cause.source());
    causes.fold(error.to_string(), |text, cause| format!("{text}: {cause}"))
}

/// Runs what is missing of the migrations, under an advisory lock, and gives the names of those it ran.
/// Takes a connection of its own, without the timeouts of the pool.
pub async fn migrate(url: &str) -> anyhow::Result<Vec<String>> {
    let settings: tokio_postgres::Config = url.parse()?;
    let tls = tls_for(&settings)?;
    let mut conn = connect(settings, tls).await?;
    conn.batch_execute(&format!("select pg_advisory_lock({MIGRATION_LOCK})")).await?;
    tokio::task::spawn_blocking(move || {
        let mut harness = AsyncMigrationHarness::new(conn);
        let done = harness.run_pending_migrations(MIGRATIONS).map_err(|error| anyhow::anyhow!("a migration failed: {error}"))?;
        Ok(done.iter().map(ToString::to_string).collect())
    })
    .await?
}

/// Whether every migration of this program has been run; the names of the missing ones.
pub async fn missing_migrations(conn: &mut Conn) -> Result<Vec<String>> {
    use diesel::migration::MigrationSource;
    use diesel_async::RunQueryDsl;
    let run: Vec<String> =
        match diesel::dsl::sql::<diesel::sql_types::Text>("select version from __diesel_schema_migrations").load(conn).await {
            Ok(run) => run,
            Err(diesel::result::Error::DatabaseError(diesel::result::DatabaseErrorKind::Unknown, info))
                if info.message().contains("does not exist") =>
            {
                Vec::new()
            }
            Err(error) => return Err(error.into()),
        };
    let all = MigrationSource::<diesel::pg::Pg>::migrations(&MIGRATIONS).map_err(|error| Error::Internal(anyhow::anyhow!("{error}")))?;
    Ok(all
        .iter()
        .filter(|migration| !run.contains(&migration.name().version().to_string()))
        .map(|migration| migration.name().to_string())
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connections_are_dealt_out_wholly_and_no_pool_is_small() {
        let dealt = |connections, threads| shares(connections, threads).collect::<Vec<_>>();
        assert_eq!(dealt(16, 2), [8, 8]);
        assert_eq!(dealt(16, 16), [4, 4, 4, 4]);
        assert_eq!(dealt(14, 3), [5, 5, 4]);
        assert_eq!(dealt(7, 3), [7]);
        assert_eq!(dealt(2, 4), [2]);
        assert_eq!((dealt(1, 1), dealt(5, 0)), (vec![1], vec![5]));
    }
}
