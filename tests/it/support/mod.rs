#![allow(dead_code, unused_imports, reason = "not every test file needs every part")]
//! What tests stand on: a database each, a server each, a client that checks every answer against the contract.

mod client;
mod cluster;
mod contract;
mod fixtures;
mod plans;
mod program;
mod stream;

use std::{
    net::{SocketAddr, TcpListener},
    sync::{
        Arc, LazyLock,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use actix_web::web::Data;
use chrono::{DateTime, Utc};
use gotit::{
    app::{self, App},
    catalog::Catalogue,
    config::AppConfig,
    db::{Db, DbConfig, PooledConn},
    http::body::LimitsConfig,
    types::Clock,
};

pub use client::{Answer, Client};
pub use cluster::{Database, connect, postgres_program, run_sql, waiting_for_a_lock};
pub use contract::CONTRACT;
pub use fixtures::{Group, Person};
pub use plans::reads;
pub use program::{PATIENCE, Program, ends, eventually, open_folder, send_signal};
pub use stream::{Event, EventStream};

/// The catalogue is read once for all tests.
pub static CATALOGUE: LazyLock<Arc<Catalogue>> =
    LazyLock::new(|| Arc::new(Catalogue::built_in().expect("the built-in catalogue is sound")));

/// A server with a database of its own. Both go when it is dropped.
pub struct TestApp {
    pub state: Data<App>,
    pub address: SocketAddr,
    pub database: Database,
    clock_offset: Arc<AtomicI64>,
    handle: actix_web::dev::ServerHandle,
}

impl TestApp {
    /// A server on a fresh copy of the migrated and seeded database.
    pub async fn start() -> Self {
        Self::start_patiently(AppConfig::default()).await
    }

    /// The same for a server behind a proxy, which says by X-Forwarded-For from where a request comes.
    pub async fn start_behind_proxy() -> Self {
        Self::start_patiently(AppConfig { behind_proxy: true, ..AppConfig::default() }).await
    }

    async fn start_patiently(config: AppConfig) -> Self {
        let limits = LimitsConfig { answer_ms: 20_000, ..LimitsConfig::default() };
        let db_config = DbConfig { db_connections: 8, db_statement_ms: 15_000, db_acquire_ms: 15_000, db_lock_ms: 15_000 };
        Self::start_as(config, limits, db_config).await
    }

    /// The same with other limits.
    pub async fn start_with(limits: LimitsConfig, db_config: DbConfig) -> Self {
        Self::start_as(AppConfig::default(), limits, db_config).await
    }

    async fn start_as(config: AppConfig, limits: LimitsConfig, db_config: DbConfig) -> Self {
        let database = Database::create();
        let clock_offset = Arc::new(AtomicI64::new(0));
        let db = Db::new(&database.url, &db_config).expect("the test database has a good address");
        let app = App::new(db, shifted_clock(clock_offset.clone()), CATALOGUE.clone(), config).await.expect("the application starts");
        let state = Data::new(app);
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("a bound port");
        let server = app::server(state.clone(), listener, &limits, 1, Duration::from_secs(1)).expect("the server starts");
        let handle = server.handle();
        tokio::spawn(server);
        Self { state, address, database, clock_offset, handle }
    }

    /// A visitor who is not signed in.
    pub fn visitor(&self) -> Client {
        Client::new(self.address, None)
    }

    /// Moves the application's clock on.
    pub fn advance(&self, by: chrono::Duration) {
        self.clock_offset.fetch_add(by.num_microseconds().expect("a short time"), Ordering::SeqCst);
    }

    /// The application's time.
    pub fn now(&self) -> DateTime<Utc> {
        self.state.clock.now()
    }

    /// Stops the server as the program does: running requests may finish, within a second.
    pub async fn stop(&self) {
        self.state.streams.close();
        self.handle.stop(true).await;
    }

    /// A connection of the application's pool.
    pub async fn conn(&self) -> PooledConn {
        self.state.db.conn().await.expect("a connection")
    }
}

impl Drop for TestApp {
    fn drop(&mut self) {
        self.state.db.close();
        drop(self.handle.stop(false));
    }
}

/// The system's clock, so many microseconds on.
fn shifted_clock(offset: Arc<AtomicI64>) -> Clock {
    let system = Clock::system();
    Clock::from_fn(move || system.now() + chrono::Duration::microseconds(offset.load(Ordering::SeqCst)))
}
