//! A Britain that never was: networks, groups and listings in the real places of the country, as many as asked for, the same from the
//! same seed. Fills a database that has been migrated and seeded; knows nothing of servers and measuring.
//!
//! Listings are made in the order in which they would have been posted, so that their ids and places on disk are as they would be.

pub mod copy;
pub mod indexes;
pub mod land;
pub mod listings;
pub mod people;
pub mod progress;
pub mod random;
pub mod texts;
pub mod tuples;

use std::time::Instant;

use chrono::{DateTime, Duration, Utc};
use gotit::catalog::Catalogue;
use tokio_postgres::Client;
use uuid::Uuid;

use self::{
    copy::Copy,
    land::Places,
    listings::{COLUMNS, Dismissal, Latest, World, short_code},
    people::People,
    progress::Progress,
    random::Dice,
    texts::Texts,
};

/// Open listings were published or confirmed within so many days.
pub const OPEN_DAYS: i64 = 120;
/// The most texts that are made up; beyond so many listings, some say the same as others.
const MOST_TEXTS: u64 = 200_000;
/// Rows that are written between two looks at how much has gathered.
const ROWS_AT_ONCE: u64 = 500;

/// Which Britain.
#[derive(Debug, Clone)]
pub struct Plan {
    /// How many listings, half of them offers.
    pub listings: u64,
    /// How many of a hundred are open.
    pub open_percent: u64,
    /// Another seed gives another Britain of the same kind.
    pub seed: u64,
    /// The moment to which all times are relative.
    pub now: DateTime<Utc>,
}

impl Plan {
    fn open_share(&self) -> f64 {
        self.open_percent as f64 / 100.0
    }

    /// When the first listing was made: as long ago as it takes to have the share of open ones in the last [`OPEN_DAYS`].
    pub fn since(&self) -> DateTime<Utc> {
        self.now - Duration::days(OPEN_DAYS * 100 / self.open_percent.max(1) as i64)
    }

    /// When a listing was made.
    fn created_at(&self, number: u64) -> DateTime<Utc> {
        let span = (self.now - self.since()).num_microseconds().unwrap_or_default();
        let part = i128::from(span) * i128::from(2 * number + 1) / i128::from(2 * self.listings);
        self.since() + Duration::microseconds(part as i64)
    }

    /// How likely it is that a listing is open: most of the last [`OPEN_DAYS`], and so many older ones that the sum is right.
    fn chance_open(&self, recent: bool) -> f64 {
        let share = self.open_share();
        if recent { listings::RECENT_OPEN + (1.0 - listings::RECENT_OPEN) * share } else { (1.0 - listings::RECENT_OPEN) * share }
    }
}

/// What one part took.
#[derive(Debug, Clone, PartialEq)]
pub struct Built {
    pub name: String,
    pub seconds: f64,
    pub bytes: i64,
}

/// What filling took.
#[derive(Debug, Default)]
pub struct Report {
    /// Steps, with the size of what they made where that is known.
    pub steps: Vec<Built>,
    pub indexes: Vec<Built>,
    pub groups: u64,
    pub networks: u64,
    pub dismissals: u64,
    pub open: i64,
}

/// An id as the program would have made it at that time: UUIDv7.
pub fn uuid_at(time: DateTime<Utc>, dice: &mut Dice) -> Uuid {
    let millis = u64::try_from(time.timestamp_millis()).unwrap_or_default();
    let chance = (u128::from(dice.next()) << 64 | u128::from(dice.next())).to_be_bytes();
    let mut ten = [0; 10];
    ten.copy_from_slice(&chance[..10]);
    uuid::Builder::from_unix_timestamp_millis(millis, &ten).into_uuid()
}

/// Fills the database behind `client`: nothing but the catalogue, the localities and `user` may be in it.
pub async fn fill(client: &mut Client, plan: &Plan, user: Uuid, progress: Progress) -> anyhow::Result<Report> {
    let mut report = Report::default();
    let places = Places::read(client).await?;
    let categories = land::categories(client).await?;
    let shares = land::popularity(&categories, &mut Dice::of(plan.seed, 0x21bf));
    let step = progress.bar("texts", 1);
    let texts = Texts::write(&Catalogue::built_in()?, &categories, &shares, plan.listings.min(MOST_TEXTS), plan.seed)?;
    step.add(1);
    report.took("texts", step.done(), 0);
    client.batch_execute("set session_replication_role = replica; set maintenance_work_mem = '1GB'; set synchronous_commit = off").await?;
    let step = progress.bar("groups", 1);
    let people = People::invent(plan, &places, user);
    people.store(client, plan.seed).await?;
    step.add(1);
    report.took("groups and networks", step.done(), 0);
    (report.groups, report.networks) = (people.groups.len() as u64, people.networks() as u64);
    let world = World::new(plan, &places, &people, &categories, &shares, &texts);
    let dropped = indexes::drop_secondary(client).await?;
    let dismissals = copy_listings(client, &world, progress, &mut report).await?;
    report.indexes = dropped.make(client, &progress).await?;
    store_dismissals(client, &dismissals, plan.now).await?;
    report.dismissals = dismissals.len() as u64;
    client.batch_execute("set session_replication_role = origin").await?;
    finish(client, plan, progress, &mut report).await?;
    Ok(report)
}

impl Report {
    fn took(&mut self, name: &str, seconds: f64, bytes: i64) {
        self.steps.push(Built { name: name.to_owned(), seconds, bytes });
    }
}

/// Emptied and filled in one transaction, the table needs no log (`wal_level=minimal`) and its rows are frozen at once.
async fn copy_listings(client: &mut Client, world: &World<'_>, progress: Progress, report: &mut Report) -> anyhow::Result<Vec<Dismissal>> {
    let (mut dismissals, mut latest) = (Vec::new(), Latest::new());
    let total = world.plan.listings;
    let step = progress.bar("listings", total);
    client.batch_execute("begin; truncate listings cascade").await?;
    indexes::keep_triggers(client, true).await?;
    let mut copy = Copy::begin_with(client, "listings", &COLUMNS, "format binary, freeze").await?;
    for number in 0..total {
        dismissals.extend(world.write(number, copy.rows(), &mut latest));
        if (number + 1) % ROWS_AT_ONCE == 0 || number + 1 == total {
            copy.flush().await?;
            step.add(number % ROWS_AT_ONCE + 1);
        }
    }
    copy.finish().await?;
    indexes::keep_triggers(client, false).await?;
    client.execute("select setval('listing_numbers', $1)", &[&i64::try_from(total)?]).await?;
    client.batch_execute("commit").await?;
    let bytes = client.query_one("select pg_table_size('listings')", &[]).await?.get(0);
    report.took("listings", step.done(), bytes);
    Ok(dismissals)
}

async fn store_dismissals(client: &Client, dismissals: &[Dismissal], now: DateTime<Utc>) -> anyhow::Result<()> {
    let mut copy = Copy::begin(client, "match_dismissals", &["offer_id", "want_id", "group_id", "created_at"]).await?;
    for pair in dismissals {
        let row = copy.row();
        row.uuid(pair.offer);
        row.uuid(pair.want);
        row.uuid(pair.group);
        row.time(now);
        copy.flush().await?;
    }
    copy.finish().await
}

/// Foreign keys were at rest while the tables were filled, and short codes were made here: a sample of each is looked at.
const FAULTS: &str = "
    select count(*) filter (where ng.group_id is null), count(*) filter (where p.code is null), count(*) filter (where c.code is null),
           count(*) filter (where u.id is null)
    from listings l tablesample bernoulli ({percent}) repeatable (1)
    left join network_groups ng on (ng.group_id, ng.network_id, ng.in_good_standing) = (l.group_id, l.network_id, l.in_good_standing)
    left join localities p on (p.code, p.lat, p.lng) = (l.locality_code, l.lat, l.lng)
    left join categories c on c.code = l.category_code
    left join users u on u.id = l.created_by";

async fn finish(client: &Client, plan: &Plan, progress: Progress, report: &mut Report) -> anyhow::Result<()> {
    let step = progress.bar("vacuum", 1);
    client.batch_execute("vacuum analyze").await?;
    step.add(1);
    report.took("vacuum analyze", step.done(), 0);
    let started = Instant::now();
    let percent = (2_000_000.0 / plan.listings as f64).min(100.0);
    let faults = client.query_one(&FAULTS.replace("{percent}", &percent.to_string()), &[]).await?;
    let faults: Vec<i64> = (0..4).map(|column| faults.get(column)).collect();
    anyhow::ensure!(faults.iter().all(|count| *count == 0), "listings refer to what is not there: {faults:?} in the sample");
    for number in [1, plan.listings, 11_881_375, 11_881_376, 20_000_000] {
        let code: String = client.query_one("select short_code($1)", &[&i64::try_from(number)?]).await?.get(0);
        anyhow::ensure!(
            code == short_code(number),
            "short_code({number}) is {code} in the database: make bench/matching/britain/listings.rs agree"
        );
    }
    report.open = client.query_one("select count(*) from listings where is_open", &[]).await?.get(0);
    report.took("a sample verified", started.elapsed().as_secs_f64(), 0);
    Ok(())
}
