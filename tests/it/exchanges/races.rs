//! Races for what there is: two processes on one database, and everybody at once.

use futures_util::future::{BoxFuture, join_all};
use serde_json::{Value, json};

use super::{act, count};
use crate::support::{Answer, Client, Group, Program, TestApp};

/// Groups that race for a listing.
const RACERS: usize = 6;

/// Time enough on a busy machine: a lock that is waited for is no failure.
const PATIENT: [&str; 9] =
    ["--no-migrate", "--db-lock-ms", "30000", "--db-statement-ms", "30000", "--db-acquire-ms", "30000", "--answer-ms", "60000"];

/// Two processes on one database, a group that has or wants something, and those who race for it.
struct Track {
    app: TestApp,
    programs: [Program; 2],
    owner: Group,
    racers: Vec<Group>,
}

/// What else happens while the proposals are being accepted.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Beside {
    Nothing,
    /// Every acceptance is sent twice.
    Twice,
    /// One racer takes its proposal back.
    Withdraw,
    /// What one racer had been promised before is called off.
    Cancel,
    /// The owner says that there are more, or fewer.
    More,
    Fewer,
    /// The owner takes the listing back.
    TakeBack,
    /// Staff reject it.
    Reject,
    /// Its time runs out.
    Expire,
}

const BESIDE: [Beside; 9] = [
    Beside::Nothing,
    Beside::Twice,
    Beside::Withdraw,
    Beside::Cancel,
    Beside::More,
    Beside::Fewer,
    Beside::TakeBack,
    Beside::Reject,
    Beside::Expire,
];

impl Track {
    async fn new() -> Self {
        let app = TestApp::start().await;
        let network = app.network("stoke").await;
        let owner = app.group(network, "St Mary's").await;
        let mut racers = Vec::new();
        for number in 0..RACERS {
            racers.push(app.group(network, &format!("Racer {number}")).await);
        }
        let programs = [(); 2].map(|()| Program::on_database(&app.database.url, &PATIENT));
        Self { app, programs, owner, racers }
    }

    /// The person of a group at one of the two processes.
    fn at(&self, group: &Group, number: usize) -> Client {
        Client::new(self.programs[number % 2].address(), group.owner.client.token.clone())
    }

    async fn post(&self, kind: &str, quantity: usize) -> String {
        let listing = json!({"kind": kind, "title": "Folding chairs", "category": "seating", "quantity": quantity, "standing": true});
        self.owner.owner.post(format!("/v1/groups/{}/listings", self.owner.id), listing).await.expect(201).str("/id")
    }

    async fn proposals(&self, listing: &str) -> Vec<String> {
        let made = self.racers.iter().enumerate().map(async |(number, racer)| {
            let body = json!({"listing_id": listing, "quantity": 1});
            self.at(racer, number).post(format!("/v1/groups/{}/exchanges", racer.id), body).await.expect(201).str("/id")
        });
        join_all(made).await
    }

    /// What happens beside the acceptances, if anything.
    fn beside<'a>(
        &'a self,
        beside: Beside,
        (listing, quantity): (&'a str, usize),
        (first, taken): (&'a str, &'a str),
    ) -> BoxFuture<'a, Option<Answer>> {
        Box::pin(async move {
            let owner = self.at(&self.owner, 1);
            let edit =
                async |quantity: usize| Some(owner.patch(format!("/v1/listings/{listing}"), "*", json!({"quantity": quantity})).await);
            let sql = async |set: &str| {
                self.app.sql(&format!("update listings set {set} where id = '{listing}'")).await;
                None
            };
            match beside {
                Beside::Nothing | Beside::Twice => None,
                Beside::Withdraw => Some(act(&self.at(&self.racers[0], 1), first, "withdraw", Value::Null).await),
                Beside::Cancel => Some(act(&owner, taken, "cancel", json!({"reason": "not_needed"})).await),
                Beside::More => edit(quantity + 2).await,
                Beside::Fewer => edit(1).await,
                Beside::TakeBack => Some(owner.send(reqwest::Method::POST, &format!("/v1/listings/{listing}/withdraw"), None).await),
                Beside::Reject => sql("moderation = 'rejected'").await,
                Beside::Expire => sql("expires_at = now() - interval '1 second'").await,
            }
        })
    }

    async fn round(&self, kind: &str, quantity: usize, beside: Beside) {
        let listing = self.post(kind, quantity).await;
        let proposals = self.proposals(&listing).await;
        let mut open: Vec<&String> = proposals.iter().collect();
        let mut before = 0;
        let taken = open[RACERS - 1];
        if beside == Beside::Cancel {
            act(&self.at(&self.owner, 0), taken, "accept", Value::Null).await.expect(200);
            open.pop();
            before = 1;
        }
        let times = if beside == Beside::Twice { 2 } else { 1 };
        let accepts = open.iter().enumerate().flat_map(|(number, id)| (0..times).map(move |time| (number + time, *id)));
        let accepts = join_all(accepts.map(async |(process, id)| act(&self.at(&self.owner, process), id, "accept", Value::Null).await));
        let (answers, other) = futures_util::future::join(accepts, self.beside(beside, (&listing, quantity), (&proposals[0], taken))).await;

        for answer in answers.iter().filter(|answer| answer.status != 200) {
            let code = answer.str("/code");
            let fair = answer.status == 409 && ["not_enough_left", "wrong_state"].contains(&code.as_str());
            assert!(fair, "{beside:?}: {}\n{}", answer.text, self.complaints());
        }
        let other = other.map(|answer| answer.status);
        assert!([None, Some(200), Some(409)].contains(&other), "{beside:?}: {other:?}\n{}", self.complaints());
        let winners = answers.iter().filter(|answer| answer.status == 200).count();
        self.judge(beside, (quantity, before), winners, (&answers, other));
        self.check_sums(&listing, beside).await;
    }

    /// What the processes complain of.
    fn complaints(&self) -> String {
        let said = self.programs.iter().map(Program::said).collect::<String>();
        said.lines().filter(|line| line.contains("WARN") || line.contains("ERROR")).collect::<Vec<_>>().join("\n")
    }

    /// Exactly the right winners.
    fn judge(&self, beside: Beside, (quantity, before): (usize, usize), winners: usize, (answers, other): (&[Answer], Option<u16>)) {
        let lost = |code: &str| answers.iter().filter(|answer| answer.body["code"] == code).count();
        match beside {
            Beside::Nothing => assert_eq!((winners, lost("not_enough_left")), (quantity, RACERS - quantity)),
            // The second click of a winner is told its state.
            Beside::Twice => assert_eq!((winners, lost("wrong_state")), (quantity, quantity)),
            // Its acceptance may have been too late before it was taken back.
            Beside::Withdraw => assert!(winners == quantity && lost("wrong_state") <= usize::from(other == Some(200))),
            // Before it is called off there is one less.
            Beside::Cancel => assert!((quantity - before..=quantity).contains(&winners) && other == Some(200), "{winners} of {quantity}"),
            Beside::More => assert!((quantity..=quantity + 2).contains(&winners) && other == Some(200), "{winners} of {quantity} and 2"),
            Beside::Fewer if other == Some(409) => assert_eq!(winners, quantity),
            Beside::Fewer => assert_eq!(winners, 1),
            Beside::TakeBack | Beside::Reject | Beside::Expire => {
                assert!(winners <= quantity);
                assert!(winners == quantity || lost("wrong_state") > 0);
            }
        }
        assert_eq!(winners + lost("not_enough_left") + lost("wrong_state"), answers.len());
    }

    /// What is promised of a listing is what its exchanges take, and never more than there is.
    async fn check_sums(&self, listing: &str, beside: Beside) {
        let wrong = format!(
            "(select count(*) from listings l where id = '{listing}' and (quantity_promised > quantity or quantity_promised <>
               (select coalesce(sum(case when offer_id = l.id then counts_on_offer else counts_on_want end), 0) from exchanges
                where l.id in (offer_id, want_id))))"
        );
        assert_eq!(count(&self.app, &wrong).await, 0, "after {beside:?}");
    }

    /// Rounds of everything, of offers and wants in turn.
    async fn race(&self, rounds: usize, quantity: usize) {
        for round in 0..rounds {
            let beside = BESIDE[round % BESIDE.len()];
            self.round(if (round / BESIDE.len()).is_multiple_of(2) { "offer" } else { "want" }, quantity, beside).await;
        }
    }
}

#[actix_web::test]
async fn the_last_one_is_promised_once_whatever_happens_beside() {
    Track::new().await.race(54, 1).await;
}

#[actix_web::test]
async fn three_are_promised_three_times_whatever_happens_beside() {
    Track::new().await.race(54, 3).await;
}

#[actix_web::test]
async fn proposals_of_two_listings_in_either_order_never_wait_for_each_other() {
    let track = Track::new().await;
    let (owner, other) = (&track.owner, &track.racers[0]);
    for round in 0..12_usize {
        // The offer is older than the want, and the other way round.
        let body = |kind: &str| json!({"kind": kind, "title": "Folding chairs", "category": "seating", "quantity": 3, "standing": true});
        let kinds = if round.is_multiple_of(2) { ["offer", "want"] } else { ["want", "offer"] };
        let own = owner.owner.post(format!("/v1/groups/{}/listings", owner.id), body(kinds[0])).await.expect(201).str("/id");
        let theirs = other.owner.post(format!("/v1/groups/{}/listings", other.id), body(kinds[1])).await.expect(201).str("/id");
        let propose = async |number: usize| {
            let (group, listing, with) = if number.is_multiple_of(2) { (owner, &theirs, &own) } else { (other, &own, &theirs) };
            let body = json!({"listing_id": listing, "with_listing_id": with, "quantity": 1});
            // While another one of the group waits for its answer, there is no second one.
            let id = loop {
                let id = track.at(group, number).post(format!("/v1/groups/{}/exchanges", group.id), body.clone()).await;
                if (id.status, id.body["code"].as_str()) != (409, Some("already_exists")) {
                    break id;
                }
            };
            // Everything may be promised before this one is proposed.
            if id.status != 201 {
                return (0, id.status);
            }
            let asked = if number.is_multiple_of(2) { other } else { owner };
            let answer = act(&track.at(asked, number + 1), &id.str("/id"), "accept", Value::Null).await;
            (i64::from(answer.status == 200), answer.status)
        };
        let answers = join_all((0..6).map(propose)).await;
        assert!(answers.iter().all(|(_, status)| [200, 404, 409, 422].contains(status)), "{answers:?}");
        assert_eq!(answers.iter().map(|(won, _)| won).sum::<i64>(), 3, "{answers:?}");
        track.check_sums(&own, Beside::Nothing).await;
        track.check_sums(&theirs, Beside::Nothing).await;
    }
}
