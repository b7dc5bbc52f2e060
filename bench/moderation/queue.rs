//! A queue that nobody has looked at for a long time, and the pages of it that are asked for.

use anyhow::{Context, ensure};
use serde_json::Value;
use tokio_postgres::Client;

use crate::rig::{
    api::Api,
    database::EMAIL,
    wire::{Request, Wire},
};

/// Pages of a hundred that are asked for, one after the other.
const PAGES: usize = 20;

/// Which part of the queue is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    /// From the oldest promise on.
    First,
    /// From the middle on.
    Middle,
    /// Only reports that nobody is at.
    Filtered,
    /// Only with a finding that every fifth thing has.
    Frequent,
    /// Only with a finding that fifty things have: less than a page.
    Rare,
    /// Not a page: how much waits, and who carries what.
    Load,
}

impl Part {
    /// Every part.
    pub const ALL: [Self; 6] = [Self::First, Self::Middle, Self::Filtered, Self::Frequent, Self::Rare, Self::Load];

    /// As the table names it.
    pub fn name(self) -> &'static str {
        match self {
            Self::First => "from the oldest on",
            Self::Middle => "from the middle on",
            Self::Filtered => "reports that nobody is at",
            Self::Frequent => "a finding of every fifth",
            Self::Rare => "a finding of 50 (all)",
            Self::Load => "who carries what (no page)",
        }
    }

    /// What is asked of a network's queue.
    fn path(self) -> &'static str {
        match self {
            Self::First | Self::Middle => "?limit=100",
            Self::Filtered => "?limit=100&kind=report&claimed=nobody",
            Self::Frequent => "?limit=100&finding=contact_details",
            Self::Rare => "?limit=100&finding=weapons",
            Self::Load => "/load",
        }
    }

    /// Whether it goes on after one answer.
    fn has_pages(self) -> bool {
        !matches!(self, Self::Rare | Self::Load)
    }
}

/// Fills the queue of the network with the most listings, and makes whoever measures its coordinator. Each listing waits once; the rest are
/// reports about them.
pub async fn fill(client: &Client, waiting: i64) -> anyhow::Result<String> {
    let busiest = "select network_id::text from listings group by network_id order by count(*) desc, network_id limit 1";
    let network: String = client.query_one(busiest, &[]).await?.get(0);
    clean_up(client).await?;
    let sql = format!(
        "insert into network_staff (network_id, user_id, role, created_at)
           select '{network}', id, 'coordinator', now() from users where email = '{EMAIL}' on conflict do nothing;
         with own as (select id, group_id, row_number() over (order by id) - 1 as place, count(*) over () as many from listings where network_id = '{network}')
         insert into queue_items (id, network_id, kind, subject_id, listing_id, group_id, findings, opened_at, due_at)
           select gen_random_uuid(), '{network}', case when number < many then 'listing' else 'report' end,
             case when number < many then own.id else gen_random_uuid() end, own.id, own.group_id,
             case when number % 5 = 0 then '[{{\"rule\": \"contact_details\", \"action\": \"hold\", \"pointer\": \"/description\", \"words\": \"01782 000 111\", \"listing\": null}}]'::jsonb
               when number % greatest({waiting} / 50, 1) = 1 then '[{{\"rule\": \"weapons\", \"action\": \"hold\", \"pointer\": \"/title\", \"words\": \"rifle\", \"listing\": null}}]' else '[]' end,
             now() - interval '2 days' + number * interval '1 second', now() - interval '1 day' + number * interval '1 second'
           from generate_series(0, {waiting} - 1) number join own on own.place = number % own.many"
    );
    // What is not yet in the log is not yet visible to all, and would be looked up in the table.
    client.batch_execute("set synchronous_commit = on").await?;
    client.batch_execute(&sql).await?;
    // As autovacuum leaves it; each by itself, as no transaction may hold it.
    for table in ["queue_items", "queue_findings"] {
        client.batch_execute(&format!("vacuum analyze {table}")).await?;
    }
    let row = client.query_one("select count(*) from queue_items where network_id::text = $1 and state = 'waiting'", &[&network]).await?;
    ensure!(row.get::<_, i64>(0) == waiting, "the queue has {} items instead of {waiting}", row.get::<_, i64>(0));
    Ok(network)
}

/// Empties the queue.
pub async fn clean_up(client: &Client) -> anyhow::Result<()> {
    Ok(client.batch_execute("truncate appeals, decisions, queue_findings, queue_items").await?)
}

/// The requests for a part; for its pages, following the cursors of the program.
pub async fn pages(api: &mut Api, network: &str, part: Part, waiting: i64) -> anyhow::Result<Vec<Request>> {
    let token = api.token().await?;
    let mut wire = Wire::to(api.address).await?;
    if !part.has_pages() {
        let request = Request::get(&format!("/v1/networks/{network}/queue{}", part.path()), Some(&token));
        let (status, body) = wire.ask(&request).await?;
        let body: Value = serde_json::from_slice(body)?;
        let is_whole =
            if part == Part::Load { body["waiting"] == waiting } else { body["items"][0].is_object() && body["next_cursor"].is_null() };
        ensure!(status == 200 && is_whole, "the API answered {status}, and not as it should");
        return Ok(vec![request]);
    }
    let (mut requests, mut cursor) = (Vec::new(), None::<String>);
    let skipped = if part == Part::Middle { usize::try_from(waiting / 200)? } else { 0 };
    for page in 0..skipped + PAGES {
        let after = cursor.as_ref().map_or(String::new(), |cursor| format!("&cursor={cursor}"));
        let request = Request::get(&format!("/v1/networks/{network}/queue{}{after}", part.path()), Some(&token));
        let body: Value = serde_json::from_slice(wire.answer(&request).await?)?;
        ensure!(body["items"].as_array().is_some_and(|items| items.len() == 100), "page {page} is not full");
        cursor = Some(body["next_cursor"].as_str().context("the queue is too short")?.to_owned());
        if page >= skipped {
            requests.push(request);
        }
    }
    Ok(requests)
}
