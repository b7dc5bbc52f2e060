//! What statements read, as PostgreSQL counts it.

use diesel::{QueryableByName, sql_query, sql_types};
use diesel_async::RunQueryDsl;
use gotit::db::Conn;

use super::TestApp;

#[derive(QueryableByName)]
struct Read {
    #[diesel(sql_type = sql_types::Text)]
    relation: String,
    #[diesel(sql_type = sql_types::BigInt)]
    entries: i64,
}

/// The indexes of these tables that some work reads, with the number of entries; the tables themselves when they are read from end to end.
pub async fn reads(app: &TestApp, tables: &[&str], work: impl AsyncFnOnce(&mut Conn)) -> Vec<(String, i64)> {
    let mut conn = app.conn().await;
    // The role that the program works as may not reset counters.
    sql_query("reset role").execute(&mut *conn).await.unwrap();
    sql_query("select pg_stat_force_next_flush(), pg_stat_reset()").execute(&mut *conn).await.unwrap();
    work(&mut conn).await;
    sql_query("select pg_stat_force_next_flush()").execute(&mut *conn).await.unwrap();
    let counted: Vec<Read> = sql_query(
        "select indexrelname::text as relation, idx_tup_read as entries from pg_stat_user_indexes
           where relname = any($1) and idx_tup_read > 0
         union all select relname::text, seq_tup_read from pg_stat_user_tables
           where relname = any($1) and seq_scan > 0 order by 1",
    )
    .bind::<sql_types::Array<sql_types::Text>, _>(tables)
    .load(&mut *conn)
    .await
    .unwrap();
    counted.into_iter().map(|read| (read.relation, read.entries)).collect()
}
