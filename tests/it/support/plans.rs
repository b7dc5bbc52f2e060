//! What statements read, as PostgreSQL counts it.

use diesel::{QueryableByName, sql_query, sql_types};
use diesel_async::RunQueryDsl;
use gotit::{
    db::{Conn, transaction},
    error::Result,
};

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
    // From here on this connection's own counters, those of one transaction: others may hand in what they have read before at any time.
    sql_query("select pg_stat_force_next_flush()").execute(&mut *conn).await.unwrap();
    let counted: Result<Vec<Read>> = transaction(&mut conn, async |tx| {
        work(tx).await;
        let counted = sql_query(
            "select c.relname::text as relation, pg_stat_get_xact_tuples_returned(c.oid) as entries
             from pg_class c left join pg_index i on i.indexrelid = c.oid
             where coalesce(i.indrelid, c.oid) = any($1::regclass[]) and pg_stat_get_xact_numscans(c.oid) > 0 order by 1",
        );
        Ok(counted.bind::<sql_types::Array<sql_types::Text>, _>(tables).load(tx).await?)
    })
    .await;
    counted.unwrap().into_iter().map(|read| (read.relation, read.entries)).collect()
}
