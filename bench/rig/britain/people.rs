//! Networks and groups, and the one person who runs them all: whoever measures signs in as that person.

use chrono::{DateTime, Duration, Utc};
use gotit::types::text::fold;
use tokio_postgres::Client;
use uuid::Uuid;

use super::{
    Plan,
    copy::Copy,
    land::{Place, Places},
    random::{Dice, Weighted},
    uuid_at,
};

/// Listings for each group, on average.
const LISTINGS_OF_GROUP: u64 = 50;
/// Listings for each network, on average: five hundred networks at ten million.
const LISTINGS_OF_NETWORK: u64 = 20_000;
/// The share of groups that their network has suspended.
const SUSPENDED: f64 = 0.01;
/// One in so many groups has blocked another.
const BLOCKS: u64 = 100;

/// What groups are called, with the name of their place.
const NAMES: [&str; 16] = [
    "{} Community Larder",
    "St Mary's, {}",
    "{} Men's Shed",
    "Friends of {} Library",
    "1st {} Scouts",
    "{} Mutual Aid",
    "Eglwys Dewi Sant, {}",
    "{} Toy Library",
    "{} & District Allotments",
    "All Saints' {}",
    "{} Women’s Institute",
    "{} Repair Café",
    "Age Well {}",
    "{} Food Bank",
    "Fáilte {}",
    "{} Youth Theatre",
];

/// A group as its listings see it.
#[derive(Debug, Clone)]
pub struct Group {
    pub id: Uuid,
    pub network: Uuid,
    pub in_good_standing: bool,
    /// Its place, by position.
    pub place: Place,
}

/// Everybody.
#[derive(Debug)]
pub struct People {
    /// Who owns every group.
    pub user: Uuid,
    pub groups: Vec<Group>,
    /// Positions in `groups`: a few post much, many post little.
    active: Weighted<usize>,
    /// The share of listings whose group may show them.
    standing: f64,
    networks: Vec<Network>,
    since: DateTime<Utc>,
}

#[derive(Debug)]
struct Network {
    id: Uuid,
    number: usize,
    district: i64,
    place: String,
}

impl People {
    /// Makes them up. Neighbouring groups are in the same network.
    pub fn invent(plan: &Plan, places: &Places, user: Uuid) -> Self {
        let mut dice = Dice::of(plan.seed, 0x9ea1);
        let since = plan.since() - Duration::days(30);
        let count = (plan.listings / LISTINGS_OF_GROUP).max(8);
        let mut homes: Vec<Place> = (0..count).map(|_| places.anywhere(&mut dice).clone()).collect();
        homes.sort_by_key(|place| place.code);
        let network_count = (plan.listings / LISTINGS_OF_NETWORK).clamp(4, 500) as usize;
        let networks: Vec<Network> = (0..network_count)
            .map(|number| {
                let home = &homes[number * homes.len() / network_count];
                Network { id: uuid_at(since, &mut dice), number, district: home.district, place: home.name.clone() }
            })
            .collect();
        let all = homes.len();
        let suspended = if plan.open_percent < 100 { SUSPENDED } else { 0.0 };
        let groups: Vec<Group> = homes
            .into_iter()
            .enumerate()
            .map(|(number, place)| Group {
                id: uuid_at(since, &mut dice),
                network: networks[number * network_count / all].id,
                in_good_standing: !dice.chance(suspended),
                place,
            })
            .collect();
        let activity: Vec<u64> = groups.iter().map(|_| (1.0 / (dice.unit() + 0.03)) as u64).collect();
        let good: u64 = groups.iter().zip(&activity).filter(|(group, _)| group.in_good_standing).map(|(_, activity)| activity).sum();
        let standing = good as f64 / activity.iter().sum::<u64>() as f64;
        let active = activity.into_iter().enumerate().collect();
        Self { user, groups, active, standing, networks, since }
    }

    /// The share of listings whose group is in good standing.
    pub fn share_in_good_standing(&self) -> f64 {
        self.standing
    }

    /// A group, the active ones more often.
    pub fn group(&self, dice: &mut Dice) -> &Group {
        &self.groups[*self.active.pick(dice)]
    }

    /// How many networks there are.
    pub fn networks(&self) -> usize {
        self.networks.len()
    }

    /// Writes them.
    pub async fn store(&self, client: &Client, seed: u64) -> anyhow::Result<()> {
        self.store_networks(client).await?;
        self.store_groups(client, seed).await?;
        self.store_roles(client).await?;
        self.store_blocks(client, seed).await
    }

    async fn store_networks(&self, client: &Client) -> anyhow::Result<()> {
        let columns = ["id", "slug", "name", "description", "rules", "locality_code", "created_at", "updated_at"];
        let mut copy = Copy::begin(client, "networks", &columns).await?;
        for network in &self.networks {
            let row = copy.row();
            row.uuid(network.id);
            row.text(&format!("network-{}", network.number));
            row.text(&format!("Groups round {}", network.place));
            row.text("A network of invented groups.");
            row.text("Be kind. No money changes hands.");
            row.int8(network.district);
            row.time(self.since);
            row.time(self.since);
            copy.flush().await?;
        }
        copy.finish().await
    }

    async fn store_groups(&self, client: &Client, seed: u64) -> anyhow::Result<()> {
        let columns = ["id", "name", "description", "locality_code", "lat", "lng", "search_text", "created_at", "updated_at"];
        let mut copy = Copy::begin(client, "groups", &columns).await?;
        for (number, group) in self.groups.iter().enumerate() {
            let name = Dice::of(seed ^ 0x6f, number as u64).pick(&NAMES).replace("{}", &group.place.name);
            let description = "We lend, share and give what we have, and ask for what we lack.";
            let row = copy.row();
            row.uuid(group.id);
            row.text(&name);
            row.text(description);
            row.int8(group.place.code);
            row.float8(group.place.lat);
            row.float8(group.place.lng);
            row.text(&fold(&format!("{name} {description}")));
            row.time(self.since);
            row.time(self.since);
            copy.flush().await?;
        }
        copy.finish().await
    }

    /// Standing of the groups in their networks, and the one owner of all groups.
    async fn store_roles(&self, client: &Client) -> anyhow::Result<()> {
        let columns = ["network_id", "group_id", "state", "decided_at", "requested_at"];
        let mut copy = Copy::begin(client, "network_groups", &columns).await?;
        for group in &self.groups {
            let row = copy.row();
            row.uuid(group.network);
            row.uuid(group.id);
            row.text(if group.in_good_standing { "approved" } else { "suspended" });
            row.time(self.since);
            row.time(self.since);
            copy.flush().await?;
        }
        copy.finish().await?;
        let mut copy = Copy::begin(client, "memberships", &["group_id", "user_id", "role", "created_at"]).await?;
        for group in &self.groups {
            let row = copy.row();
            row.uuid(group.id);
            row.uuid(self.user);
            row.text("owner");
            row.time(self.since);
            copy.flush().await?;
        }
        copy.finish().await
    }

    async fn store_blocks(&self, client: &Client, seed: u64) -> anyhow::Result<()> {
        let mut copy = Copy::begin(client, "group_blocks", &["group_id", "blocked_group_id", "created_at"]).await?;
        let mut dice = Dice::of(seed, 0xb10c);
        let count = self.groups.len();
        for number in (0..count).filter(|number| *number as u64 % BLOCKS == 1) {
            // Somebody not far away: groups are in the order of their places.
            let other = (number + 1 + dice.below(20) as usize) % count;
            if other != number {
                let row = copy.row();
                row.uuid(self.groups[number].id);
                row.uuid(self.groups[other].id);
                row.time(self.since);
                copy.flush().await?;
            }
        }
        copy.finish().await
    }
}
