//! Ten thousand steps over the API beside a model that knows the rules, written without a look at the program's table.

mod rules;
mod walk;

use futures_util::future::join_all;
use gotit::{db::DbConfig, http::body::LimitsConfig};
use walk::Walk;

use crate::support::TestApp;

/// Towns that are walked through side by side, steps in each between two moves of the clock, and how often it is moved.
const WALKS: u64 = 4;
const STEPS: usize = 126;
const HOURS: usize = 20;

#[actix_web::test]
async fn ten_thousand_steps_go_as_the_model_says() {
    // Nobody waits for anybody here: what takes long is the machine's business.
    let app = TestApp::start_with(
        LimitsConfig { answer_ms: 120_000, ..LimitsConfig::default() },
        DbConfig { db_connections: 8, db_lock_ms: 60_000, db_statement_ms: 60_000, db_acquire_ms: 60_000 },
    )
    .await;
    let mut walks = Vec::new();
    for number in 0..WALKS {
        walks.push(Walk::new(&app, number).await);
    }
    for _ in 0..HOURS {
        let now = app.now();
        join_all(walks.iter_mut().map(|walk| walk.on(&app, STEPS, now))).await;
        app.advance(chrono::Duration::hours(1));
        walks.iter_mut().for_each(|walk| walk.wake(&app));
    }
    let steps: usize = walks.iter().map(|walk| walk.steps).sum();
    assert!(steps >= 10_000, "{steps}");
    for walk in &walks {
        walk.check_everything().await;
        // Of each kind of step, both what can be done and what cannot has been seen.
        assert!(walk.seen.len() >= 30, "the walk saw little: {:?}", walk.seen);
    }
}
