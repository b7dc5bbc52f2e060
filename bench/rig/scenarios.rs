//! What is asked: a name for each kind of question, and questions of that kind about listings and places of the database.

use anyhow::ensure;
use gotit::catalog::seed;
use serde_json::json;
use tokio_postgres::Client;
use uuid::Uuid;

use super::{
    britain::{OPEN_DAYS, random::Dice},
    database::Ready,
    sample::Timing,
    wire::Request,
};

/// A kind of question.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, clap::ValueEnum)]
pub enum Scenario {
    /// Matches of open listings anywhere
    Random,
    /// Matches of listings of the most popular category in the most populous places
    Dense,
    /// Matches of listings where the fewest people live
    Sparse,
    /// Matches of all listings of a group
    Group,
    /// The newest listings
    Newest,
    /// The newest listings of a category
    Category,
    /// The newest listings of a district
    Locality,
    /// The nearest listings of a category within 20 km
    Near,
    /// Listings that say some words
    Words,
    /// Matches of every listing of a network, in one answer
    Network,
    /// Posting a listing
    Insert,
}

impl Scenario {
    /// All, in the order of the report.
    pub const ALL: [Self; 11] = [
        Self::Random,
        Self::Dense,
        Self::Sparse,
        Self::Group,
        Self::Newest,
        Self::Category,
        Self::Locality,
        Self::Near,
        Self::Words,
        Self::Network,
        Self::Insert,
    ];

    /// Its name in tables and files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Random => "random",
            Self::Dense => "dense",
            Self::Sparse => "sparse",
            Self::Group => "group",
            Self::Newest => "newest",
            Self::Category => "category",
            Self::Locality => "locality",
            Self::Near => "near",
            Self::Words => "words",
            Self::Network => "network",
            Self::Insert => "insert",
        }
    }

    /// Whether the program may not have it yet: then it is left out, with a note, when it answers 404.
    pub fn may_be_missing(self) -> bool {
        self == Self::Network
    }

    /// Whether pgbench runs the same statements beside it. Not those of a group or a network: it would prepare and plan each of the
    /// hundreds anew, as it does not know a statement of the same text again.
    pub fn compares(self) -> bool {
        !matches!(self, Self::Group | Self::Network)
    }

    /// How long it is measured with so many clients; none when it is not. A network takes as long as a thousand matches, so one client
    /// asks, for five times as long.
    pub fn timing(self, usual: Timing, clients: usize) -> Option<Timing> {
        match self {
            Self::Network => (clients == 1).then_some(Timing { seconds: usual.seconds * 5.0, ..usual }),
            _ => Some(usual),
        }
    }

    /// Whether it asks as a person who is signed in.
    pub fn signs_in(self) -> bool {
        matches!(self, Self::Random | Self::Dense | Self::Sparse | Self::Group | Self::Network | Self::Insert)
    }
}

/// A question: where it is asked, and with what.
#[derive(Debug, Clone)]
pub enum Question {
    /// GET of an address.
    Get(String),
    /// POST of a listing for a group.
    Post(String, serde_json::Value),
}

impl Question {
    /// It as bytes, asked by whoever has the token.
    pub fn request(&self, token: Option<&str>) -> Request {
        match self {
            Self::Get(path) => Request::get(path, token),
            Self::Post(path, body) => Request::post(path, token, body),
        }
    }
}

/// Makes up questions about one database.
pub struct Questions<'a> {
    client: &'a Client,
    ready: &'a Ready,
    count: usize,
}

/// How many places count as the densest and the emptiest.
const DENSE_PLACES: i64 = 5;
const SPARSE_PLACES: usize = 300;

impl<'a> Questions<'a> {
    /// About `count` of each kind.
    pub fn new(client: &'a Client, ready: &'a Ready, count: usize) -> Self {
        Self { client, ready, count }
    }

    /// Questions of a kind; always the same for the same database.
    pub async fn of(&self, scenario: Scenario) -> anyhow::Result<Vec<Question>> {
        let questions = match scenario {
            Scenario::Random => matches_of("listings", self.random_listings("id", self.count).await?),
            Scenario::Dense => matches_of("listings", self.dense().await?),
            Scenario::Sparse => matches_of("listings", self.sparse().await?),
            Scenario::Group => matches_of("groups", self.random_listings("group_id", self.count).await?),
            Scenario::Network => matches_of("networks", self.ids("select id from networks order by id limit $1").await?),
            Scenario::Newest => vec![Question::Get("/v1/listings".to_owned()); 2],
            Scenario::Category => self.pages("select '/v1/listings?category=' || slug from categories where code % 1000000 <> 0").await?,
            Scenario::Locality => self.pages("select '/v1/listings?locality=' || slug from localities where kind = 'district'").await?,
            Scenario::Near => self.near().await?,
            Scenario::Words => self.words()?,
            Scenario::Insert => self.posts().await?,
        };
        ensure!(!questions.is_empty(), "this database has nothing to ask about for {}: take a larger --size", scenario.name());
        Ok(questions)
    }

    /// The ids of open listings from any time, or of their groups: those that came next after moments drawn by chance.
    pub async fn random_listings(&self, column: &str, count: usize) -> anyhow::Result<Vec<Uuid>> {
        let sql = format!(
            "select {column}::text from listings where is_open and (expires_at is null or expires_at > $1::text::timestamptz)
               and fresh_at <= $1::text::timestamptz - $2 * interval '1 second' order by fresh_at desc, id desc limit 1"
        );
        let mut dice = Dice::of(11, 0);
        let mut ids = Vec::new();
        let now = self.ready.now.to_rfc3339();
        while ids.len() < count {
            let seconds = dice.unit() * (OPEN_DAYS * 86_400) as f64 * 0.9;
            let found = self.client.query_opt(&sql, &[&now, &seconds]).await?;
            match found {
                Some(row) => ids.push(row.get::<_, &str>(0).parse()?),
                None => break,
            }
        }
        Ok(ids)
    }

    /// Open listings of the category that has most of them, in the largest places.
    async fn dense(&self) -> anyhow::Result<Vec<Uuid>> {
        self.ids(&format!(
            "with top as (select category_code from listings where is_open group by 1 order by count(*) desc, 1 limit 1),
                  largest as (select code from localities where kind = 'place' order by population desc, code limit {DENSE_PLACES})
             select l.id from listings l join top using (category_code) join largest on largest.code = l.locality_code
             where l.is_open and (l.expires_at is null or l.expires_at > now()) order by md5(l.id::text) limit $1"
        ))
        .await
    }

    /// Open listings in the places with the fewest people within some 30 km.
    async fn sparse(&self) -> anyhow::Result<Vec<Uuid>> {
        let rows = self.client.query("select code, lat, lng, greatest(population, 400) from localities where kind = 'place'", &[]).await?;
        let places: Vec<(i64, f64, f64, i32)> = rows.iter().map(|row| (row.get(0), row.get(1), row.get(2), row.get(3))).collect();
        let people = |(_, lat, lng, _): &(i64, f64, f64, i32)| -> i64 {
            let near = places.iter().filter(|(_, there, across, _)| (there - lat).hypot((across - lng) * lat.to_radians().cos()) < 0.27);
            near.map(|(_, _, _, people)| i64::from(*people)).sum()
        };
        let mut by_people: Vec<(i64, i64)> = places.iter().map(|place| (people(place), place.0)).collect();
        by_people.sort_unstable();
        let codes: Vec<String> = by_people.iter().take(SPARSE_PLACES).map(|(_, code)| code.to_string()).collect();
        self.ids(&format!(
            "select id from listings where is_open and (expires_at is null or expires_at > now()) and locality_code in ({})
             order by md5(id::text) limit $1",
            codes.join(",")
        ))
        .await
    }

    /// A popular category near a place where somebody lives.
    async fn near(&self) -> anyhow::Result<Vec<Question>> {
        self.pages(
            "select '/v1/listings?within_km=20&near=' || l.slug || '&category=' || c.slug
             from localities l cross join categories c where l.kind = 'place' and l.population > 5000 and c.code % 1000000 <> 0",
        )
        .await
    }

    /// What people look for: words of the catalogue.
    fn words(&self) -> anyhow::Result<Vec<Question>> {
        let terms: Vec<String> = csv::Reader::from_reader(seed::SYNONYMS.as_bytes())
            .records()
            .filter_map(|row| row.ok()?.get(0).filter(|term| term.len() > 4).map(str::to_owned))
            .collect();
        ensure!(!terms.is_empty(), "the synonyms are empty");
        let mut dice = Dice::of(12, 0);
        let encode = |term: &String| percent_encoding::utf8_percent_encode(term, percent_encoding::NON_ALPHANUMERIC).to_string();
        Ok((0..self.count).map(|_| Question::Get(format!("/v1/listings?q={}", encode(dice.pick(&terms))))).collect())
    }

    /// New listings of groups all over the country.
    async fn posts(&self) -> anyhow::Result<Vec<Question>> {
        let sql = "select g.id::text, c.slug from (select l.group_id as id, l.category_code from listings l join network_groups n using (group_id)
                     where l.is_open and n.state = 'approved' and l.category_code % 1000000 <> 0 order by l.fresh_at desc limit 2000) g
                   join categories c on c.code = g.category_code order by md5(g.id::text) limit $1";
        let rows = self.client.query(sql, &[&i64::try_from(self.count)?]).await?;
        let post = |(number, row): (usize, &tokio_postgres::Row)| {
            let body = json!({
                "kind": if number % 2 == 0 { "offer" } else { "want" },
                "title": "Posted by the bench: sturdy folding chairs for the summer fête",
                "description": "In good condition. We can help to load and unload. Weekday mornings suit us best.",
                "category": row.get::<_, &str>(1), "reach_km": 20, "basis": ["give"], "quantity": 4
            });
            Question::Post(format!("/v1/groups/{}/listings", row.get::<_, &str>(0)), body)
        };
        Ok(rows.iter().enumerate().map(post).collect())
    }

    /// Pages of listings whose addresses a query gives.
    async fn pages(&self, addresses: &str) -> anyhow::Result<Vec<Question>> {
        let sql = format!("select address from ({addresses}) of (address) order by md5(address) limit $1");
        let rows = self.client.query(&sql, &[&i64::try_from(self.count)?]).await?;
        Ok(rows.iter().map(|row| Question::Get(row.get(0))).collect())
    }

    /// What a query gives; $1 is how many.
    async fn ids(&self, sql: &str) -> anyhow::Result<Vec<Uuid>> {
        let sql = format!("select id::text from ({sql}) found");
        let rows = self.client.query(&sql, &[&i64::try_from(self.count)?]).await?;
        Ok(rows.iter().map(|row| row.get::<_, &str>(0).parse()).collect::<Result<_, _>>()?)
    }
}

fn matches_of(what: &str, ids: Vec<Uuid>) -> Vec<Question> {
    ids.into_iter().map(|id| Question::Get(format!("/v1/{what}/{id}/matches"))).collect()
}
