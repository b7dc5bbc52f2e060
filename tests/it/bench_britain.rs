//! The made-up Britain of `./dev bench matching`: what it fills a database with must be what the program itself would have written,
//! or the bench measures something else.

#[path = "../../bench/rig/britain/mod.rs"]
#[allow(dead_code, clippy::as_conversions, clippy::print_stderr, reason = "the bench's own; it uses all of it")]
mod britain;

use chrono::Duration;
use gotit::{listings::service::search_text, types::Clock};
use tokio_postgres::Client;

use self::britain::{
    Plan, Report,
    progress::Progress,
    random::{Dice, Weighted},
};
use super::support::{CATALOGUE, Database, connect};

/// A small Britain in a database of its own.
struct Small {
    _database: Database,
    client: Client,
    plan: Plan,
    report: Report,
}

impl Small {
    async fn with(listings: u64, open_percent: u64) -> Self {
        let database = Database::create();
        let mut client = connect(&database.url).await;
        let user = uuid::Uuid::now_v7();
        let sql = format!(
            "insert into users (id, email, name, password_hash, password_changed_at, created_at, updated_at)
             values ('{user}', 'bench@example.org', 'Bench', '$argon2id$none', now(), now(), now())"
        );
        client.batch_execute(&sql).await.expect(&sql);
        let plan = Plan { listings, open_percent, seed: 1, now: Clock::system().now() };
        let report = britain::fill(&mut client, &plan, user, Progress::Nowhere).await.expect("Britain is filled");
        Self { _database: database, client, plan, report }
    }

    async fn number(&self, sql: &str) -> i64 {
        self.client.query_one(sql, &[]).await.expect(sql).get(0)
    }
}

#[actix_web::test]
async fn a_small_britain_has_what_was_asked_for() {
    let small = Small::with(2_000, 15).await;
    assert_eq!(small.number("select count(*) from listings").await, 2_000);
    let open = small.number("select count(*) from listings where is_open").await;
    assert_eq!(open, small.report.open);
    assert!((240..=360).contains(&open), "{open} of 2,000 are open");
    let offers = small.number("select count(*) from listings where kind = 'offer'").await;
    assert!((900..=1_100).contains(&offers), "{offers} of 2,000 are offers");
    for some in ["remote", "reach_km = 0", "reach_km > 50", "expires_at is null", "available_from is not null", "title ~ '[’''éê]'"] {
        assert!(small.number(&format!("select count(*) from listings where {some}")).await > 0, "no listing with {some}");
    }
    let wide = small.number("select count(*) from listings where category_code % 1000000 = 0").await;
    assert!(wide > 0 && wide == small.number("select count(*) from listings where category_code % 1000000 = 0 and kind = 'want'").await);
    let stale = small.number("select count(*) from listings where is_open and fresh_at < now() - interval '121 days'").await;
    assert_eq!(stale, 0, "open listings are fresh");
}

#[actix_web::test]
async fn all_listings_can_be_open() {
    let small = Small::with(500, 100).await;
    assert_eq!(small.report.open, 500);
}

#[actix_web::test]
async fn every_listing_says_what_the_program_would_have_stored() {
    let small = Small::with(2_000, 15).await;
    let rows = small.client.query("select title, description, words, search_text from listings", &[]).await.expect("listings");
    for row in rows {
        let (title, description): (&str, &str) = (row.get(0), row.get(1));
        let words: Vec<String> = CATALOGUE.lexicon.words(title).into_iter().collect();
        assert_eq!(row.get::<_, Vec<String>>(2), words, "{title}");
        assert_eq!(row.get::<_, &str>(3), search_text(&CATALOGUE, title, description), "{title}");
    }
}

/// Foreign keys are not checked while the tables are filled: PostgreSQL checks them all here, by making them again.
#[actix_web::test]
async fn every_constraint_holds_and_every_index_is_back() {
    let small = Small::with(2_000, 15).await;
    let again = "select format('alter table %s drop constraint %I; alter table %1$s add constraint %2$I %s', conrelid::regclass, conname,
                   pg_get_constraintdef(oid)) from pg_constraint where contype in ('c', 'f') and connamespace = 'public'::regnamespace and conparentid = 0";
    for row in small.client.query(again, &[]).await.expect("constraints") {
        let sql: &str = row.get(0);
        small.client.batch_execute(sql).await.expect(sql);
    }
    let untouched = Database::create();
    let client = connect(&untouched.url).await;
    let sql = "select array_agg(indexdef order by indexname) from pg_indexes where schemaname = 'public'";
    let (ours, theirs): (Vec<String>, Vec<String>) =
        (small.client.query_one(sql, &[]).await.expect(sql).get(0), client.query_one(sql, &[]).await.expect(sql).get(0));
    assert_eq!(ours, theirs);
}

#[actix_web::test]
async fn the_same_seed_makes_the_same_listings() {
    let (one, other) = (Small::with(300, 15).await, Small::with(300, 15).await);
    let apart = one.plan.now - other.plan.now;
    assert!(apart < Duration::minutes(10));
    let sql = "select md5(string_agg(concat_ws('|', code, kind, title, category_code, locality_code, reach_km, quantity, state), ';' order by code)) from listings";
    let (ours, theirs): (String, String) =
        (one.client.query_one(sql, &[]).await.expect(sql).get(0), other.client.query_one(sql, &[]).await.expect(sql).get(0));
    assert_eq!(ours, theirs);
}

#[test]
fn dice_keep_to_weights() {
    let coins: Weighted<&str> = [("often", 3), ("never", 0), ("seldom", 1)].into_iter().collect();
    let mut dice = Dice::of(7, 7);
    let often = (0..10_000).filter(|_| *coins.pick(&mut dice) == "often").count();
    assert!((7_200..7_800).contains(&often), "{often}");
}
