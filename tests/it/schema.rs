//! The schema as code: migrations there and back, indexes on foreign keys, comments on everything.

use diesel_async::{AsyncConnection, AsyncMigrationHarness, AsyncPgConnection};
use diesel_migrations::MigrationHarness;
use gotit::db::MIGRATIONS;

use crate::support::{Database, TestApp, connect};

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
    let client = connect(url).await;
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

/// What is there of decisions about groups, the oldest first.
const DECISIONS: &str = "
  select concat_ws(' ', d.deed, d.reason, d.words, d.before #>> '{standing,state}', d.after #>> '{standing,state}', q.state, d.decided_at = q.closed_at and d.told_at = d.final_at)
  from decisions d join queue_items q on q.id = d.queue_item_id and q.network_id = d.network_id order by d.decided_at";

#[actix_web::test]
async fn what_was_decided_about_groups_when_that_was_no_decision_yet_becomes_one() {
    let app = TestApp::start().await;
    let (network, mair) = (app.network("stoke").await, app.person("Mair").await);
    let group = app.group(network, "St Mary's").await;
    migrate(&app.database.url, |harness| {
        while harness.applied_migrations().unwrap()[0].to_string().as_str() >= "0012" {
            harness.revert_last_migration(MIGRATIONS).unwrap();
        }
    })
    .await;
    let entry = |at: &str, action: &str, actor: &str, images: &str| {
        format!(
            "insert into audit_entries (id, occurred_at, actor_id, network_id, group_id, action, subject_type, subject_id, reason, before, after, detail)
               values (gen_random_uuid(), '{at}', {actor}, '{network}', '{0}', '{action}', 'group', '{0}', {images});",
            group.id
        )
    };
    let (person, id) = (format!("'{}'", mair.id), group.id);
    app.sql(
        &[
            // Without images: from before there were any. What had waited was closed then.
            entry("2026-01-05 12:00Z", "approve_group", &person, "null, null, null, '{\"from\": \"awaiting_review\", \"to\": \"approved\"}'"),
            format!(
                "insert into queue_items (id, network_id, kind, subject_id, group_id, opened_at, due_at, state, closed_at)
                   values (gen_random_uuid(), '{network}', 'group', '{id}', '{id}', '2026-01-05 09:00Z', '2026-01-06 09:00Z', 'decided', '2026-01-05 12:00Z');"
            ),
            entry("2026-01-07 12:00Z", "suspend_group", &person, "'Ring us.', '{\"state\": \"approved\"}', '{\"state\": \"suspended\"}', '{}'"),
            entry("2026-01-08 12:00Z", "reinstate_group", &person, "null, '{\"state\": \"suspended\"}', '{\"state\": \"approved\"}', '{}'"),
            // By the clock, and from the queue.
            entry("2026-01-09 12:00Z", "suspend_group", "null", "'Silent.', '{\"state\": \"approved\"}', '{\"state\": \"suspended\"}', '{}'"),
            entry("2026-01-10 12:00Z", "approve_group", &person, "null, '{\"state\": \"suspended\"}', '{\"state\": \"approved\"}', '{}'"),
            format!(
                "with item as (
                   insert into queue_items (id, network_id, kind, subject_id, group_id, opened_at, due_at, state, closed_at)
                     values (gen_random_uuid(), '{network}', 'group', '{id}', '{id}', '2026-01-10 09:00Z', '2026-01-11 09:00Z', 'decided', '2026-01-10 12:00Z') returning id)
                 insert into decisions (id, queue_item_id, network_id, group_id, deed, decided_by, decided_at, final_at, told_at)
                   select gen_random_uuid(), id, '{network}', '{id}', 'approve', {person}, '2026-01-10 12:00Z', '2026-01-10 12:01Z', '2026-01-10 12:01Z' from item"
            ),
        ]
        .concat(),
    )
    .await;
    migrate(&app.database.url, |harness| drop(harness.run_pending_migrations(MIGRATIONS).unwrap())).await;
    let decisions = texts(&app.database.url, DECISIONS).await;
    let expected = [
        "approve awaiting_review approved decided t",
        "suspend other Ring us. approved suspended decided t",
        "approve suspended approved decided t",
        "approve decided t",
    ];
    assert_eq!(decisions, expected);
    assert_eq!(texts(&app.database.url, "select count(*)::text from queue_items").await, ["4"], "what had waited was taken");
    let read = group.owner.get(format!("/v1/groups/{}/decisions", group.id)).await.expect(200);
    assert_eq!(read.each("/words"), ["null", "null", "Ring us.", "null"]);
}

#[actix_web::test]
async fn groups_that_asked_before_there_was_a_queue_wait_in_it_and_those_whom_nobody_can_ask_are_not_checked() {
    let app = TestApp::start().await;
    let network = app.network("stoke").await;
    let (waits, asked_for) = (app.group(network, "Waits").await, app.group(network, "Asked").await);
    let (runs, alone) = (app.group(network, "Runs").await, app.group(network, "Imported").await);
    migrate(&app.database.url, |harness| {
        while harness.applied_migrations().unwrap()[0].to_string().as_str() >= "0015" {
            harness.revert_last_migration(MIGRATIONS).unwrap();
        }
    })
    .await;
    app.sql(&format!(
        "update network_groups set state = 'awaiting_review', decided_at = null where group_id in ('{0}', '{1}');
         insert into queue_items (id, network_id, kind, subject_id, group_id, opened_at, due_at)
           values (gen_random_uuid(), '{network}', 'group', '{1}', '{1}', now(), now());
         update network_groups set recheck_at = now() + interval '1 year' where group_id in ('{2}', '{3}');
         delete from memberships where group_id = '{3}'",
        waits.id, asked_for.id, runs.id, alone.id
    ))
    .await;
    migrate(&app.database.url, |harness| drop(harness.run_pending_migrations(MIGRATIONS).unwrap())).await;
    let waiting = "select g.name::text || ' ' || (q.due_at > now()) from queue_items q join groups g on g.id = q.group_id order by g.name";
    assert_eq!(texts(&app.database.url, waiting).await, ["Asked false", "Waits true"]);
    let checked = "select g.name::text from network_groups n join groups g on g.id = n.group_id where n.recheck_at is not null";
    assert_eq!(texts(&app.database.url, checked).await, ["Runs"]);
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
