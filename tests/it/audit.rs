//! The records: only ever added to, whoever tries; and what somebody tried who may not.

mod changes;

use diesel_async::{RunQueryDsl, SimpleAsyncConnection};
use gotit::{
    audit::{self, Act, Outcome},
    db::{Db, DbConfig, PROGRAM_ROLE},
    types::ids::NetworkId,
};
use serde_json::json;

use crate::{
    accounts::texts,
    pairs::Pair,
    support::{Database, TestApp},
};

#[actix_web::test]
async fn the_program_works_as_a_role_that_may_not_change_its_records() {
    let app = TestApp::start().await;
    let mair = app.person("Mair").await;
    let mut conn = app.conn().await;
    audit::record(&mut conn, app.now(), Act::of(mair.id, "do_something", "user", mair.id)).await.unwrap();
    let role = "select current_user::text as text";
    assert_eq!(texts(&app, role).await, [PROGRAM_ROLE]);
    for change in ["update audit_entries set reason = 'None.'", "delete from audit_entries", "truncate audit_entries"] {
        let refused = conn.batch_execute(change).await.unwrap_err().to_string();
        assert!(refused.contains("permission denied for table audit_entries"), "{change}: {refused}");
    }
    for change in [
        "alter table audit_entries disable trigger all",
        "drop table audit_entries",
        "drop trigger audit_entries_stay on audit_entries",
        "create or replace function refuse_change() returns trigger language plpgsql as $$ begin return null; end $$",
        "create table mine (id integer)",
        "set session_replication_role = replica",
    ] {
        assert!(conn.batch_execute(change).await.is_err(), "{change}");
    }
    assert_eq!(texts(&app, "select count(*)::text as text from audit_entries").await, ["1"]);
}

#[actix_web::test]
async fn not_even_the_owner_of_the_tables_changes_records_in_passing() {
    let app = TestApp::start().await;
    let mair = app.person("Mair").await;
    let mut conn = app.conn().await;
    audit::record(&mut conn, app.now(), Act::of(mair.id, "do_something", "user", mair.id)).await.unwrap();
    conn.batch_execute("reset role").await.unwrap();
    for change in ["update audit_entries set reason = 'None.'", "delete from audit_entries", "truncate audit_entries"] {
        let refused = conn.batch_execute(change).await.unwrap_err().to_string();
        assert!(refused.contains("audit entries are only ever added"), "{change}: {refused}");
    }
    // Those that match nothing, too: a program that tries has a fault.
    assert!(conn.batch_execute("delete from audit_entries where false").await.is_err());
}

#[actix_web::test]
async fn every_connection_of_the_pool_works_as_that_role_and_stays_with_it() {
    let app = TestApp::start().await;
    let mut held = Vec::new();
    for _ in 0..8 {
        let mut conn = app.conn().await;
        let role: String =
            diesel::select(diesel::dsl::sql::<diesel::sql_types::Text>("current_user::text")).get_result(&mut *conn).await.unwrap();
        assert_eq!(role, PROGRAM_ROLE);
        held.push(conn);
    }
}

#[actix_web::test]
async fn a_database_without_the_grants_is_worked_on_as_the_login() {
    let database = Database::empty();
    let db = Db::new(&database.url, &DbConfig { db_connections: 1, ..DbConfig::default() }).unwrap();
    let mut conn = db.conn().await.unwrap();
    let role: String =
        diesel::select(diesel::dsl::sql::<diesel::sql_types::Text>("current_user::text")).get_result(&mut *conn).await.unwrap();
    assert_ne!(role, PROGRAM_ROLE, "the role exists in the cluster, but may do nothing here yet");
    drop(conn);
    db.close();
}

#[actix_web::test]
async fn an_act_is_recorded_with_its_role_and_what_it_changed() {
    let app = TestApp::start().await;
    let network = app.network("stoke").await;
    let mair = app.person("Mair").await;
    let act = Act {
        role: Some("coordinator"),
        network: Some(network),
        reason: Some("Ring us, please – Siân".to_owned()),
        before: Some(json!({"state": "approved"})),
        after: Some(json!({"state": "suspended"})),
        ..Act::of(mair.id, "suspend_group", "group", NetworkId::new())
    };
    audit::record(&mut *app.conn().await, app.now(), act).await.unwrap();
    audit::record(&mut *app.conn().await, app.now(), Act::by_program("expire_listing", "listing", 7)).await.unwrap();
    let denied = Act { outcome: Outcome::Denied, ..Act::of(mair.id, "use_staff_permission", "operation", "GET /v1/x") };
    audit::record(&mut *app.conn().await, app.now(), denied).await.unwrap();
    let entries = "select concat_ws(' ', action, actor_role, outcome, before ->> 'state', after ->> 'state', reason) as text from audit_entries order by action";
    assert_eq!(
        texts(&app, entries).await,
        [
            "expire_listing program done",
            "suspend_group coordinator done approved suspended Ring us, please – Siân",
            "use_staff_permission denied"
        ]
    );
}

const DENIALS: &str =
    "select concat_ws(' ', actor_id, actor_role, network_id, subject_id) as text from audit_entries where outcome = 'denied' order by id";

#[actix_web::test]
async fn who_tries_what_only_staff_may_is_on_record_once_an_hour() {
    let app = TestApp::start().await;
    let (network, other) = (app.network("stoke").await, app.network("leek").await);
    let (bran, fflur) = (app.staff(network, "Bran", "broker").await, app.staff(other, "Fflur", "coordinator").await);
    let group = app.group(network, "St Mary's").await;
    let suspend = format!("/v1/networks/{network}/groups/{}/suspend", group.id);
    let staff = format!("/v1/networks/{network}/staff");
    for _ in 0..3 {
        bran.post(&suspend, json!({"reason": "Because."})).await.problem(403, "not_allowed");
        fflur.post(&suspend, json!({"reason": "Because."})).await.problem(403, "not_allowed");
    }
    fflur.get(&staff).await.problem(403, "not_allowed");
    bran.get(&staff).await.expect(200);
    app.visitor().get(&staff).await.problem(401, "not_signed_in");
    fflur.get(format!("/v1/networks/{}/staff", NetworkId::new())).await.problem(404, "not_found");
    let pattern = "/v1/networks/{network_id}/groups/{group_id}/suspend";
    let expected = [
        format!("{} broker {network} POST {pattern}", bran.id),
        format!("{} {network} POST {pattern}", fflur.id),
        format!("{} {network} GET /v1/networks/{{network_id}}/staff", fflur.id),
    ];
    assert_eq!(texts(&app, DENIALS).await, expected);
    app.advance(chrono::Duration::minutes(61));
    app.back_again(&bran).post(&suspend, json!({"reason": "Because."})).await.problem(403, "not_allowed");
    assert_eq!(texts(&app, DENIALS).await.len(), 4, "another hour, another entry");
}

#[actix_web::test]
async fn staff_who_try_what_is_not_for_staff_are_on_record_and_others_are_not() {
    let pair = Pair::start().await;
    let talk = pair.exchange("accepted").await;
    let (mair, rhys) = (pair.app.staff(pair.network, "Mair", "coordinator").await, pair.app.person("Rhys").await);
    let flags = format!("/v1/networks/{}/safeguarding-flags", pair.network);
    for person in [&mair, &rhys] {
        person.get(&flags).await.problem(404, "not_found");
    }
    mair.get(talk.contact()).await.problem(403, "not_allowed");
    rhys.get(talk.contact()).await.problem(404, "not_found");
    let entry = |path: &str| format!("{} coordinator {} GET /v1/{path}", mair.id, pair.network);
    let expected = [entry("networks/{network_id}/safeguarding-flags"), entry("exchanges/{exchange_id}/contact")];
    assert_eq!(texts(&pair.app, DENIALS).await, expected);
}

#[actix_web::test]
async fn decisions_of_coordinators_and_of_the_program_say_as_what() {
    let app = TestApp::start().await;
    let network = app.network("stoke").await;
    let mair = app.staff(network, "Mair", "coordinator").await;
    let group = app.group(network, "St Mary's").await;
    mair.post(format!("/v1/networks/{network}/groups/{}/suspend", group.id), json!({"reason": "Ring us."})).await.expect(200);
    let entries =
        "select concat_ws(' ', action, actor_role, outcome, before ->> 'state', after ->> 'state', reason) as text from audit_entries";
    assert_eq!(texts(&app, entries).await, ["suspend_group coordinator done approved suspended Ring us."]);
}
