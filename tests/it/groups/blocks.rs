//! A block against what begins at the same moment: once it has answered, nothing new passes between the two groups. Over connections of
//! their own: one that holds what the other side would, and the API's.

use reqwest::Method;
use serde_json::json;
use tokio_postgres::Client as Connection;

use crate::{
    pairs::{Pair, Talk, post},
    support::{Answer, Person, connect, waiting_for_a_lock},
};

/// What may begin between two groups.
#[derive(Debug, Clone, Copy)]
enum Beginning {
    Interest,
    Proposal,
    Pair,
    Message,
}

impl Beginning {
    const ALL: [Self; 4] = [Self::Interest, Self::Proposal, Self::Pair, Self::Message];
}

struct Town {
    pair: Pair,
    mair: Person,
    want: String,
    talk: Talk,
}

impl Town {
    async fn new() -> Self {
        let pair = Pair::start().await;
        let mair = pair.app.staff(pair.network, "Mair", "coordinator").await;
        let want = json!({"kind": "want", "title": "Folding chairs", "category": "seating", "quantity": 10});
        let want = post(&pair.receiver, want).await;
        let talk = pair.exchange("accepted").await;
        Self { pair, mair, want, talk }
    }

    async fn begin(&self, beginning: Beginning) -> Answer {
        let (receiver, offer) = (&self.pair.receiver, &self.pair.offer);
        match beginning {
            Beginning::Interest => receiver.owner.post(format!("/v1/listings/{offer}/interests"), json!({"group_id": receiver.id})).await,
            Beginning::Proposal => {
                let body = json!({"listing_id": offer, "quantity": 1});
                receiver.owner.post(format!("/v1/groups/{}/exchanges", receiver.id), body).await
            }
            Beginning::Pair => {
                let body = json!({"offer_id": offer, "want_id": self.want, "quantity": 1});
                self.mair.post(format!("/v1/networks/{}/exchanges", self.pair.network), body).await
            }
            Beginning::Message => receiver.owner.post(self.talk.messages(), json!({"body": "Ten o'clock?"})).await,
        }
    }

    async fn block(&self, method: Method) -> Answer {
        let (giver, receiver) = (&self.pair.giver, &self.pair.receiver);
        giver.owner.send(method, &format!("/v1/groups/{}/blocks/{}", giver.id, receiver.id), None).await
    }

    /// Another connection, which has begun a transaction.
    async fn other(&self) -> Connection {
        let client = connect(&self.pair.app.database.url).await;
        client.batch_execute("begin").await.unwrap();
        client
    }

    /// Holds the two groups on another connection, as `how` says.
    async fn hold(&self, other: &Connection, how: &str) {
        let (giver, receiver) = (self.pair.giver.id, self.pair.receiver.id);
        let sql = format!("select from groups where id in ('{giver}', '{receiver}') order by id for {how}");
        other.batch_execute(&sql).await.unwrap();
    }

    /// What is open between the two.
    async fn open(&self) -> Vec<String> {
        let open = "select state from interests where state = 'open' union all select state from exchanges where state = 'proposed'";
        self.pair.texts(open).await
    }
}

#[actix_web::test]
async fn what_begins_while_a_block_is_being_made_finds_it() {
    let town = Town::new().await;
    let watcher = connect(&town.pair.app.database.url).await;
    for beginning in Beginning::ALL {
        let other = town.other().await;
        town.hold(&other, "no key update").await;
        let block = format!("insert into group_blocks values ('{}', '{}', now())", town.pair.giver.id, town.pair.receiver.id);
        other.batch_execute(&block).await.unwrap();
        let made = async {
            waiting_for_a_lock(&watcher, 1).await;
            other.batch_execute("commit").await.unwrap();
        };
        let (answer, ()) = futures_util::future::join(town.begin(beginning), made).await;
        assert!([404, 409].contains(&answer.status), "{beginning:?}: {}", answer.text);
        assert!(town.open().await.is_empty(), "{beginning:?}");
        town.block(Method::DELETE).await.expect(204);
        // The same is taken when nothing is in its way.
        town.begin(beginning).await.expect(201);
        town.pair.app.sql("delete from notices; delete from interests; delete from exchanges where state = 'proposed'").await;
    }
}

#[actix_web::test]
async fn a_block_waits_for_what_is_beginning_and_ends_it() {
    let town = Town::new().await;
    let other = town.other().await;
    town.hold(&other, "share").await;
    let begun = async {
        waiting_for_a_lock(&connect(&town.pair.app.database.url).await, 1).await;
        assert_eq!(town.pair.texts("select count(*) from group_blocks").await, ["0"]);
        // What had begun is there when the block is made.
        let interest = town.pair.interest("open").await;
        other.batch_execute("commit").await.unwrap();
        interest
    };
    let (answer, interest) = futures_util::future::join(town.block(Method::PUT), begun).await;
    answer.expect(204);
    assert_eq!(town.pair.stands("interests", &interest).await, "declined not_available");
}

#[actix_web::test]
async fn blocks_and_beginnings_at_once_leave_nothing_open() {
    let town = Town::new().await;
    for round in 0..8 {
        let begun = futures_util::future::join_all(Beginning::ALL.map(|beginning| town.begin(beginning)));
        let (blocked, begun) = futures_util::future::join(town.block(Method::PUT), begun).await;
        blocked.expect(204);
        let texts = || begun.iter().map(|answer| &answer.text).collect::<Vec<_>>();
        assert!(begun.iter().all(|answer| [201, 404, 409].contains(&answer.status)), "{:?}", texts());
        assert!(town.open().await.is_empty(), "round {round}");
        town.block(Method::DELETE).await.expect(204);
    }
}
