//! Between whom: offers with more than enough of everything, and for each the groups that ask, one for each client.

use anyhow::ensure;
use serde_json::json;
use tokio_postgres::Client;

use crate::rig::wire::Request;

/// An offer, whose it is, and the groups that ask for it: each has one open proposal about it at a time.
#[derive(Debug, Clone)]
pub struct Pair {
    pub offer: String,
    pub owner: String,
    pub askers: Vec<String>,
}

impl Pair {
    /// The group of a client proposes to take one.
    pub fn propose(&self, client: usize, token: &str) -> Request {
        let body = json!({"listing_id": self.offer, "quantity": 1});
        Request::post(&format!("/v1/groups/{}/exchanges", self.askers[client]), Some(token), &body)
    }

    /// The owner accepts.
    pub fn accept(&self, exchange: &str, token: &str) -> Request {
        Request::post(&format!("/v1/exchanges/{exchange}/accept?as={}", self.owner), Some(token), &json!({}))
    }
}

/// Makes `count` offers of different groups inexhaustible, and chooses as many other groups of the same network for each as there are
/// clients.
pub async fn pairs(client: &Client, count: usize, clients: usize) -> anyhow::Result<Vec<Pair>> {
    let sql = format!(
        "with offers as (
           select distinct on (group_id) id, group_id, network_id from listings
           where kind = 'offer' and is_open and (expires_at is null or expires_at > now() + interval '1 day') order by group_id, id limit {count})
         select o.id::text, o.group_id::text, array(select n.group_id::text from network_groups n
           where n.network_id = o.network_id and n.group_id <> o.group_id and n.in_good_standing
             and not exists (select from group_blocks b where (b.group_id, b.blocked_group_id) in ((n.group_id, o.group_id), (o.group_id, n.group_id)))
           order by n.group_id offset abs(hashtext(o.id::text)) % 5 limit {clients})
         from offers o"
    );
    let rows = client.query(&sql, &[]).await?;
    let all = rows.iter().map(|row| Pair { offer: row.get(0), owner: row.get(1), askers: row.get(2) });
    let pairs: Vec<Pair> = all.filter(|pair| pair.askers.len() == clients).collect();
    ensure!(pairs.len() * 2 > count, "only {} offers have {clients} groups to ask for them", pairs.len());
    let ids: Vec<&str> = pairs.iter().map(|pair| pair.offer.as_str()).collect();
    client.execute("update listings set quantity = 1000000 where id = any($1::text[]::uuid[])", &[&ids]).await?;
    Ok(pairs)
}

/// Takes back what measuring has left, so that each measurement finds the same.
pub async fn clean_up(client: &Client) -> anyhow::Result<()> {
    let sql = "truncate notices, inbox_readers, inboxes, outcomes, contact_reveals, exchanges, interests, messages, thread_groups, threads, reminders,
                 reports, safeguarding_flags, follow_ups;
               update listings set quantity_promised = 0 where quantity_promised > 0 and quantity = 1000000;
               alter table audit_entries disable trigger audit_entries_stay;
               delete from audit_entries where subject_type = 'exchange';
               alter table audit_entries enable trigger audit_entries_stay;
               delete from outbox_events where topic = 'notice.created'";
    Ok(client.batch_execute(sql).await?)
}

/// What is promised must be what the exchanges add up to, whatever has happened. Gives how many exchanges there are.
pub async fn check(client: &Client) -> anyhow::Result<i64> {
    let sql = "select count(*) filter (where promised <> counted), sum(exchanges)::bigint from (
                 select l.quantity_promised as promised, sum(e.counts_on_offer) as counted, count(*) as exchanges
                 from listings l join exchanges e on e.offer_id = l.id group by l.id) each";
    let row = client.query_one(sql, &[]).await?;
    let wrong: i64 = row.get(0);
    ensure!(wrong == 0, "{wrong} listings have promised something else than their exchanges say");
    Ok(row.get::<_, Option<i64>>(1).unwrap_or(0))
}
