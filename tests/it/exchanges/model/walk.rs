//! A walk of random steps through a small town, each done over the API and in the model, and compared.

use std::collections::BTreeSet;

use chrono::{DateTime, Duration, Utc};
use gotit::types::ids::NetworkId;
use rand::{RngExt, SeedableRng, rngs::StdRng};
use serde_json::{Value, json};

use super::rules::{Deed, Exchange, Listing, Model, Verdict, Who};
use crate::{
    exchanges::{act, read},
    support::{Answer, Group, Person, TestApp},
};

/// How many of the latest exchanges steps are about, mostly.
const LATEST: usize = 8;

pub struct Walk {
    network: NetworkId,
    groups: Vec<Group>,
    staff: Person,
    model: Model,
    random: StdRng,
    pub steps: usize,
    /// What has been seen: a step, and what came of it.
    pub seen: BTreeSet<String>,
}

impl Walk {
    pub async fn new(app: &TestApp, number: u64) -> Self {
        let network = app.network(&format!("town-{number}")).await;
        let mut groups = Vec::new();
        for name in ["St Mary's", "Caffi'r Môr", "Bowls Club"] {
            groups.push(app.group(network, &format!("{name} {number}")).await);
        }
        let staff = app.staff(network, &format!("Mair{number}"), "coordinator").await;
        let (model, random) = (Model::default(), StdRng::seed_from_u64(0x6f74 + number));
        let mut walk = Self { network, groups, staff, model, random, steps: 0, seen: BTreeSet::new() };
        for kind in 0..6 {
            walk.post(kind).await;
        }
        walk
    }

    /// New tokens, when the clock has moved on.
    pub fn wake(&mut self, app: &TestApp) {
        self.staff = app.back_again(&self.staff);
        for group in &mut self.groups {
            group.owner = app.back_again(&group.owner);
        }
    }

    /// So many steps, at a time that stands still as far as the model goes.
    pub async fn on(&mut self, app: &TestApp, steps: usize, now: DateTime<Utc>) {
        for _ in 0..steps {
            self.steps += 1;
            match self.random.random_range(0..100) {
                0..18 => self.propose().await,
                18..24 => self.propose_pair().await,
                24..28 => self.edit().await,
                28..30 => self.hide(app).await,
                30..33 => self.look().await,
                _ => self.do_something(now).await,
            }
        }
    }

    fn pick(&mut self, most: usize) -> usize {
        self.random.random_range(0..most)
    }

    async fn post(&mut self, kind: usize) {
        let (offer, lend, group) = (!kind.is_multiple_of(3), kind % 3 == 1, self.pick(3));
        let quantity = self.random.random_range(1..7_i64);
        let basis = if offer { vec![if lend { "lend" } else { "give" }] } else { vec!["give", "lend"] };
        let listing = json!({"kind": if offer { "offer" } else { "want" }, "title": "Folding chairs", "category": "seating", "quantity": quantity,
            "basis": basis, "standing": true});
        let owner = &self.groups[group];
        let id = owner.owner.post(format!("/v1/groups/{}/listings", owner.id), listing).await.expect(201).str("/id");
        self.model.listings.push(Listing { id, group, offer, lend, quantity, hidden: false, fulfilled: false });
    }

    /// One of the latest listings; a new one when many have ended.
    async fn some_listing(&mut self) -> usize {
        let open = self.model.listings.iter().filter(|listing| !listing.fulfilled).count();
        if open < 4 || self.pick(12) == 0 {
            let kind = self.pick(6);
            self.post(kind).await;
        }
        let all = self.model.listings.len();
        let latest = all.min(6);
        all - 1 - self.pick(latest)
    }

    /// Compares what came of a step with what the model says; true when it was done.
    fn compare(&mut self, step: &str, verdict: Verdict, answer: &Answer) -> bool {
        let came = match verdict {
            Ok(()) => {
                assert!([200, 201].contains(&answer.status), "step {}: {step}: {}", self.steps, answer.text);
                "done".to_owned()
            }
            Err(refusals) => {
                let code = answer.body["code"].as_str().unwrap_or_default();
                let right = refusals.contains(&(answer.status, code));
                assert!(right, "step {}: {step}: {} instead of {refusals:?}: {}", self.steps, answer.status, answer.text);
                code.to_owned()
            }
        };
        self.seen.insert(format!("{} {came}", step.split(['(', ' ']).next().unwrap()));
        verdict.is_ok()
    }

    async fn propose(&mut self) {
        let asked = self.some_listing().await;
        let (owner, offer) = (self.model.listings[asked].group, self.model.listings[asked].offer);
        let group = (owner + 1 + self.pick(2)) % 3;
        let own = |with: &usize| self.model.listings[*with].group == group && self.model.listings[*with].offer != offer;
        let own: Vec<usize> = (0..self.model.listings.len()).filter(own).collect();
        let with = if own.is_empty() || self.pick(2) == 0 { None } else { Some(own[self.pick(own.len())]) };
        let quantity = self.random.random_range(1..5_i64);
        let id = |listing: usize| self.model.listings[listing].id.clone();
        let body = json!({"listing_id": id(asked), "with_listing_id": with.map(id), "quantity": quantity});
        let proposer = &self.groups[group];
        let answer = proposer.owner.post(format!("/v1/groups/{}/exchanges", proposer.id), body).await;
        let by = if offer { Who::Receiver } else { Who::Giver };
        let verdict = self.model.may_propose((by, Some(group)), asked, with, quantity);
        if self.compare("propose", verdict, &answer) {
            let (listings, groups) = if offer { ([Some(asked), with], [owner, group]) } else { ([with, Some(asked)], [group, owner]) };
            self.remember(&answer, (by, groups, listings), quantity);
        }
    }

    async fn propose_pair(&mut self) {
        let one = self.some_listing().await;
        let (group, offer) = (self.model.listings[one].group, self.model.listings[one].offer);
        let fits = |other: &usize| self.model.listings[*other].group != group && self.model.listings[*other].offer != offer;
        let fitting: Vec<usize> = (0..self.model.listings.len()).filter(fits).collect();
        if fitting.is_empty() {
            return;
        }
        let other = fitting[self.pick(fitting.len())];
        let (offer, want) = if offer { (one, other) } else { (other, one) };
        let quantity = self.random.random_range(1..4_i64);
        let body = json!({"offer_id": self.model.listings[offer].id, "want_id": self.model.listings[want].id, "quantity": quantity});
        let answer = self.staff.post(format!("/v1/networks/{}/exchanges", self.network), body).await;
        let verdict = self.model.may_propose((Who::Staff, None), offer, Some(want), quantity);
        if self.compare("pair", verdict, &answer) {
            let groups = [self.model.listings[offer].group, self.model.listings[want].group];
            self.remember(&answer, (Who::Staff, groups, [Some(offer), Some(want)]), quantity);
        }
    }

    fn remember(&mut self, answer: &Answer, (by, groups, listings): (Who, [usize; 2], [Option<usize>; 2]), quantity: i64) {
        self.model.exchanges.push(Exchange {
            id: answer.str("/id"),
            groups,
            listings,
            quantity,
            state: "proposed",
            by,
            agreed: [by == Who::Giver, by == Who::Receiver],
            said: [None, None],
            received: None,
            lend: listings[0].is_some_and(|offer| self.model.listings[offer].lend),
            returned: false,
            at: None,
        });
    }

    async fn edit(&mut self) {
        let listing = self.some_listing().await;
        let quantity = self.random.random_range(1..9_i64);
        let it = &self.model.listings[listing];
        let address = format!("/v1/listings/{}", it.id);
        let answer = self.groups[it.group].owner.patch(address, "*", json!({"quantity": quantity})).await;
        let verdict: Verdict = if it.fulfilled {
            Err(&[(409, "wrong_state")])
        } else if quantity < self.model.taken(listing) {
            Err(&[(409, "not_enough_left")])
        } else {
            Ok(())
        };
        if self.compare("edit", verdict, &answer) {
            self.model.listings[listing].quantity = quantity;
            self.model.fulfil_if_gone(listing);
        }
    }

    /// Staff hide a listing, or show it again.
    async fn hide(&mut self, app: &TestApp) {
        let listing = self.some_listing().await;
        let it = &mut self.model.listings[listing];
        it.hidden = !it.hidden;
        let moderation = if it.hidden { "held" } else { "approved" };
        app.sql(&format!("update listings set moderation = '{moderation}' where id = '{}'", it.id)).await;
    }

    /// Reads an exchange and its listings, and compares.
    async fn look(&mut self) {
        if self.model.exchanges.is_empty() {
            return;
        }
        let exchange = self.pick(self.model.exchanges.len());
        self.check(exchange).await;
    }

    async fn check(&self, exchange: usize) {
        let it = &self.model.exchanges[exchange];
        let seen = read(&self.groups[it.groups[1]].owner, &it.id).await.expect(200);
        let expected = (it.state.to_owned(), json!(it.received), json!(it.quantity), it.returned);
        assert_eq!(
            (
                seen.str("/state"),
                seen.body["received_quantity"].clone(),
                seen.body["quantity"].clone(),
                seen.body["returned_at"].is_string()
            ),
            expected
        );
        for listing in it.listings.iter().flatten() {
            self.check_listing(*listing).await;
        }
    }

    async fn check_listing(&self, listing: usize) {
        let it = &self.model.listings[listing];
        let seen = self.groups[it.group].owner.get(format!("/v1/listings/{}", it.id)).await.expect(200);
        let state = if it.fulfilled { "fulfilled" } else { "active" };
        assert_eq!((seen.body["quantity_left"].as_i64().unwrap(), seen.str("/state")), (self.model.left(listing), state.to_owned()));
    }

    pub async fn check_everything(&self) {
        for exchange in 0..self.model.exchanges.len() {
            self.check(exchange).await;
        }
        for listing in 0..self.model.listings.len() {
            self.check_listing(listing).await;
        }
    }

    async fn do_something(&mut self, now: DateTime<Utc>) {
        let all = self.model.exchanges.len();
        if all == 0 {
            return;
        }
        let latest = if self.pick(10) == 0 { all } else { all.min(LATEST) };
        let exchange = all - 1 - self.pick(latest);
        let who =
            [Who::Giver, Who::Giver, Who::Giver, Who::Receiver, Who::Receiver, Who::Receiver, Who::Staff, Who::Stranger][self.pick(8)];
        let deed = self.some_deed(exchange, now);
        let (verb, body) = written(deed);
        let it = &self.model.exchanges[exchange];
        let client = match who {
            Who::Giver => &self.groups[it.groups[0]].owner,
            Who::Receiver => &self.groups[it.groups[1]].owner,
            Who::Staff => &self.staff,
            Who::Stranger => &self.groups[3 - it.groups[0] - it.groups[1]].owner,
        };
        let answer = act(client, &it.id, verb, body).await;
        let verdict = self.model.may(who, exchange, deed, now);
        let step = format!("{deed:?} by {who:?} of {:?}", self.model.exchanges[exchange]);
        if self.compare(&step, verdict, &answer) {
            self.model.does(who, exchange, deed);
            let state = self.model.exchanges[exchange].state;
            assert_eq!(answer.str("/state"), state, "step {}: {step}", self.steps);
        }
    }

    /// Mostly what comes next, sometimes anything.
    fn some_deed(&mut self, exchange: usize, now: DateTime<Utc>) -> Deed {
        let it = &self.model.exchanges[exchange];
        let (state, quantity) = (it.state, it.quantity);
        let count = self.random.random_range(1..=quantity + 1);
        // Half of them are past when the clock has moved on.
        let at = now + if self.pick(2) == 0 { Duration::minutes(30) } else { Duration::days(30) };
        let next = match (state, self.pick(6)) {
            ("proposed", 0..4) => Some(Deed::Accept),
            ("accepted", 0..3) => Some(Deed::Schedule(at)),
            ("accepted" | "scheduled", 3) => Some(Deed::HandOver(count)),
            ("scheduled", 0) => Some(Deed::NoShow),
            ("handed_over", 0..5) => Some(Deed::Confirm(count)),
            ("completed", 0..3) => Some(Deed::Return),
            _ => None,
        };
        let anything = [
            Deed::Accept,
            Deed::Decline,
            Deed::Withdraw,
            Deed::Schedule(at),
            Deed::HandOver(count),
            Deed::Confirm(count),
            Deed::Cancel,
            Deed::NoShow,
            Deed::Return,
        ];
        let any = anything[self.pick(anything.len())];
        next.unwrap_or(any)
    }
}

/// A deed as it is sent.
fn written(deed: Deed) -> (&'static str, Value) {
    match deed {
        Deed::Accept => ("accept", Value::Null),
        Deed::Decline => ("decline", json!({})),
        Deed::Withdraw => ("withdraw", Value::Null),
        Deed::Schedule(at) => ("schedule", json!({"scheduled_for": at.to_rfc3339()})),
        Deed::HandOver(count) => ("hand-over", json!({"quantity": count})),
        Deed::Confirm(count) => ("confirm", json!({"quantity": count})),
        Deed::Cancel => ("cancel", json!({"reason": "not_needed"})),
        Deed::NoShow => ("no-show", json!({})),
        Deed::Return => ("return", Value::Null),
    }
}
