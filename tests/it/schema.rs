//! The schema as code: migrations there and back, indexes on foreign keys, comments on everything.

use diesel_async::{AsyncConnection, AsyncMigrationHarness, AsyncPgConnection};
use diesel_migrations::MigrationHarness;
use gotit::db::MIGRATIONS;

use crate::support::{Database, TestApp};

/// Every object of the schema with its definition, in a fixed order.
const DESCRIPTION: &str = "
  select 'column ' || table_name || '.' || column_name || ' ' || data_type || ' ' || is_nullable || ' ' || coalesce(column_default, '') || ' ' || coalesce(generation_expression, '')
    from information_schema.columns where table_schema = 'public'
  union all select 'index ' || indexdef from pg_indexes where schemaname = 'public'
  union all select 'constraint ' || conrelid::regclass || ' ' || conname || ' ' || pg_get_constraintdef(oid) from pg_constraint where connamespace = 'public'::regnamespace
  union all select 'function ' || pg_get_functiondef(oid) from pg_proc where pronamespace = 'public'::regnamespace and prokind = 'f'
      and not exists (select from pg_depend where objid = pg_proc.oid and deptype = 'e')
  union all select 'trigger ' || pg_get_triggerdef(oid) from pg_trigger where not tgisinternal
  union all select 'extension ' || extname from pg_extension
  union all select 'sequence ' || sequence_name from information_schema.sequences where sequence_schema = 'public'
  order by 1";

async fn texts(url: &str, sql: &str) -> Vec<String> {
    let (client, connection) = tokio_postgres::connect(url, tokio_postgres::NoTls).await.unwrap();
    tokio::spawn(connection);
    client.query(sql, &[]).await.unwrap().iter().map(|row| row.get(0)).collect()
}

async fn migrate(url: &str, step: impl FnOnce(&mut AsyncMigrationHarness<AsyncPgConnection>) + Send + 'static) {
    let conn = AsyncPgConnection::establish(url).await.unwrap();
    tokio::task::spawn_blocking(|| step(&mut AsyncMigrationHarness::new(conn))).await.unwrap();
}

#[actix_web::test]
async fn migrations_go_up_down_and_up_to_the_same_schema() {
    let database = Database::empty();
    let nothing = texts(&database.url, DESCRIPTION).await;
    migrate(&database.url, |harness| drop(harness.run_pending_migrations(MIGRATIONS).unwrap())).await;
    let up = texts(&database.url, DESCRIPTION).await;
    migrate(&database.url, |harness| drop(harness.revert_all_migrations(MIGRATIONS).unwrap())).await;
    let down: Vec<_> =
        texts(&database.url, DESCRIPTION).await.into_iter().filter(|line| !line.contains("__diesel_schema_migrations")).collect();
    assert_eq!(down, nothing);
    migrate(&database.url, |harness| drop(harness.run_pending_migrations(MIGRATIONS).unwrap())).await;
    assert_eq!(texts(&database.url, DESCRIPTION).await, up);
    assert!(up.len() > 200, "the description of the schema has {} lines", up.len());
}

#[actix_web::test]
async fn every_foreign_key_is_indexed() {
    let app = TestApp::start().await;
    let bare = texts(
        &app.database.url,
        "select conrelid::regclass || ' ' || conname from pg_constraint fk
         where contype = 'f' and connamespace = 'public'::regnamespace and not exists (
           select from pg_index i where i.indrelid = fk.conrelid and (i.indkey::int2[])[0:cardinality(fk.conkey) - 1] @> fk.conkey)",
    )
    .await;
    assert_eq!(bare, Vec::<String>::new());
}

#[actix_web::test]
async fn every_table_column_and_function_has_a_comment() {
    let app = TestApp::start().await;
    let silent = texts(
        &app.database.url,
        "select c.relname::text || coalesce('.' || a.attname, '') from pg_class c
           left join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
           where c.relnamespace = 'public'::regnamespace and c.relkind = 'r' and c.relname not like '\\_\\_%'
             and (col_description(c.oid, a.attnum) is null or obj_description(c.oid) is null)
         union all select proname::text from pg_proc where pronamespace = 'public'::regnamespace and obj_description(oid, 'pg_proc') is null
           and not exists (select from pg_depend where objid = pg_proc.oid and deptype = 'e')",
    )
    .await;
    assert_eq!(silent, Vec::<String>::new());
}

#[actix_web::test]
async fn a_dump_of_the_database_restores_to_the_same_data() {
    let (app, copy) = (TestApp::start().await, Database::empty());
    let network = app.network("stoke").await;
    let group = app.group(network, "St Mary's").await;
    let listing = serde_json::json!({"kind": "offer", "title": "Forty folding chairs"});
    group.owner.post(format!("/v1/groups/{}/listings", group.id), listing).await.expect(201);
    let run = |program: &str, arguments: &[&str]| {
        let output = std::process::Command::new(crate::support::postgres_program(program)).args(arguments).output().unwrap();
        assert!(output.status.success(), "{program}: {}", String::from_utf8_lossy(&output.stderr));
    };
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("dump").display().to_string();
    run("pg_dump", &["--format=custom", "--file", &file, "--dbname", &app.database.url]);
    run("pg_restore", &["--exit-on-error", "--dbname", &copy.url, &file]);
    let everything = "select count(*)::text || ' ' || md5(string_agg(row::text, ',' order by row::text)) from
        (select to_jsonb(c) from categories c union all select to_jsonb(l) from localities l union all select to_jsonb(l) from listings l
         union all select to_jsonb(g) from network_groups g) as all_rows (row)";
    assert_eq!(texts(&copy.url, everything).await, texts(&app.database.url, everything).await);
    assert_eq!(texts(&copy.url, DESCRIPTION).await, texts(&app.database.url, DESCRIPTION).await);
}
