//! Takes the indexes of a table away while it is filled, and makes them again as the migrations have them: from PostgreSQL's own
//! definitions, so that nothing here has to know which there are.

use std::time::Instant;

use tokio_postgres::Client;

use super::{Built, progress::Progress};

/// An index that was taken away.
#[derive(Debug)]
struct Index {
    name: String,
    drop: String,
    make: String,
}

/// What was taken away from the table of listings.
#[derive(Debug)]
pub struct Dropped(Vec<Index>);

/// Indexes without the primary key, and unique constraints to which no foreign key refers; those first that build fastest.
const SECONDARY: &str = "
    select i.indexrelid::regclass::text,
      case when c.oid is null then format('drop index %s', i.indexrelid::regclass)
           else format('alter table %s drop constraint %I', i.indrelid::regclass, c.conname) end,
      case when c.oid is null then pg_get_indexdef(i.indexrelid)
           else format('alter table %s add constraint %I %s', i.indrelid::regclass, c.conname, pg_get_constraintdef(c.oid)) end
    from pg_index i
    join pg_class r on r.oid = i.indexrelid
    join pg_am a on a.oid = r.relam
    left join pg_constraint c on c.conindid = i.indexrelid and c.contype in ('p', 'u', 'x')
    where i.indrelid = 'listings'::regclass and not i.indisprimary
      and not exists (select from pg_constraint f where f.conindid = i.indexrelid and f.contype = 'f')
    order by a.amname <> 'btree', 1";

/// Drops them.
pub async fn drop_secondary(client: &Client) -> anyhow::Result<Dropped> {
    let rows = client.query(SECONDARY, &[]).await?;
    let indexes: Vec<Index> = rows.iter().map(|row| Index { name: row.get(0), drop: row.get(1), make: row.get(2) }).collect();
    for index in &indexes {
        client.batch_execute(&index.drop).await?;
    }
    Ok(Dropped(indexes))
}

impl Dropped {
    /// Makes them again, one after the other.
    pub async fn make(self, client: &Client, progress: &Progress) -> anyhow::Result<Vec<Built>> {
        let bar = progress.bar("indexes", self.0.len() as u64);
        let mut built = Vec::new();
        for index in self.0 {
            bar.note(&index.name);
            let started = Instant::now();
            client.batch_execute(&index.make).await?;
            let bytes: i64 = client.query_one("select pg_relation_size($1::text::regclass)", &[&index.name]).await?.get(0);
            built.push(Built { name: index.name, seconds: started.elapsed().as_secs_f64(), bytes });
            bar.add(1);
        }
        bar.done();
        Ok(built)
    }
}

/// Keeps the triggers of the table at work while `session_replication_role = replica` puts foreign keys to rest, so that columns that
/// a trigger fills are filled. `always` or, afterwards, not.
pub async fn keep_triggers(client: &Client, always: bool) -> anyhow::Result<()> {
    let mode = if always { "always " } else { "" };
    let sql = "select tgname::text from pg_trigger where tgrelid = 'listings'::regclass and not tgisinternal";
    for row in client.query(sql, &[]).await? {
        let name: String = row.get(0);
        client.batch_execute(&format!("alter table listings enable {mode}trigger {name}")).await?;
    }
    Ok(())
}
