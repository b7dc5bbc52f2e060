//! Worries about somebody's safety: read by one person, and nowhere else to be seen.

use gotit::types::ids::NetworkId;
use serde_json::{Value, json};

use crate::support::{Answer, Client, Group, Person, TestApp};

const WORDS: &str = "A helper there asks children for their telephone numbers.";

/// A network with a coordinator, a broker who is the lead, and a group.
struct Town {
    app: TestApp,
    network: NetworkId,
    mair: Person,
    lead: Person,
    marys: Group,
}

impl Town {
    async fn without_lead() -> Self {
        let app = TestApp::start().await;
        let network = app.network("stoke").await;
        let (mair, lead) = (app.staff(network, "Mair", "coordinator").await, app.staff(network, "Siân", "broker").await);
        let marys = app.group(network, "St Mary's").await;
        Self { app, network, mair, lead, marys }
    }

    async fn new() -> Self {
        let town = Self::without_lead().await;
        town.name(&town.lead).await.expect(200);
        town
    }

    fn at(&self, rest: &str) -> String {
        format!("/v1/networks/{}/{rest}", self.network)
    }

    async fn name(&self, person: &Person) -> Answer {
        self.mair.put(self.at("safeguarding-lead"), json!({"user_id": person.id})).await
    }

    async fn raise(&self, by: &Client) -> Answer {
        by.post("/v1/reports", json!({"group_id": self.marys.id, "reason": "safeguarding", "words": WORDS})).await.expect(201)
    }

    /// The only flag, as the lead lists it.
    async fn flag(&self, lead: &Person) -> String {
        let flags = lead.get(self.at("safeguarding-flags")).await.expect(200);
        assert_eq!(flags.body["items"].as_array().unwrap().len(), 1, "{}", flags.text);
        self.at(&format!("safeguarding-flags/{}", flags.str("/items/0/id")))
    }

    async fn count(&self, count: usize, from: &str) {
        self.app.sql(&format!("do $$ begin assert (select count(*) = {count} from {from}); end $$")).await;
    }
}

async fn topics(person: &Client) -> Vec<String> {
    person.get("/v1/users/me/inbox").await.expect(200).each("/topic")
}

#[actix_web::test]
async fn a_worry_is_read_by_the_lead_alone_and_each_reading_is_recorded() {
    let town = Town::new().await;
    let olwen = town.app.person("Olwen").await;
    let code = town.raise(&olwen).await.str("/code");
    let list = town.lead.get(town.at("safeguarding-flags")).await.expect(200);
    assert!(!list.text.contains("children") && !list.text.contains("Olwen"), "a list shows that there are some: {}", list.text);
    assert_eq!(list.body["items"][0]["read_at"], Value::Null);
    let flag = town.flag(&town.lead).await;
    town.count(0, "audit_entries where action = 'read_safeguarding_flag'").await;
    for readings in 1..=2 {
        let read = town.lead.get(&flag).await.expect(200);
        assert_eq!((read.str("/words"), read.str("/code"), read.str("/group/name")), (WORDS.into(), code.clone(), "St Mary's".into()));
        assert_eq!(read.str("/reporter/name"), "Olwen");
        let by_the_lead = format!("audit_entries where action = 'read_safeguarding_flag' and actor_id = '{}'", town.lead.id);
        town.count(readings, &format!("{by_the_lead} and network_id = '{}' and subject_type = 'safeguarding_flag'", town.network)).await;
    }
    let fflur = town.app.staff(town.app.network("leek").await, "Fflur", "coordinator").await;
    for client in [&town.mair, &town.marys.owner, &olwen, &fflur] {
        for path in [&flag, &town.at("safeguarding-flags"), &town.at("safeguarding-flags/01980a8e-0000-7000-8000-000000000000")] {
            client.get(path).await.problem(404, "not_found");
        }
        client.post(format!("{flag}/close"), json!({"outcome": "Nothing."})).await.problem(404, "not_found");
    }
    town.app.visitor().get(&flag).await.problem(401, "not_signed_in");
}

#[actix_web::test]
async fn nothing_else_tells_that_there_is_one() {
    let town = Town::new().await;
    let listing = json!({"kind": "offer", "title": "Forty folding chairs", "category": "seating"});
    let chairs = town.marys.owner.post(format!("/v1/groups/{}/listings", town.marys.id), listing).await.expect(201).str("/id");
    for name in ["Olwen", "Rhys", "Nia"] {
        let person = town.app.person(name).await;
        person.post("/v1/reports", json!({"listing_id": chairs, "reason": "safeguarding", "words": WORDS})).await.expect(201);
        assert_eq!(topics(&person).await, Vec::<String>::new());
    }
    town.count(3, "safeguarding_flags").await;
    town.count(0, "reports").await;
    town.count(0, "queue_items where kind = 'report'").await;
    town.count(0, "audit_entries where subject_type = 'safeguarding_flag' or to_jsonb(audit_entries)::text like '%children%'").await;
    town.count(0, "notices where to_jsonb(notices)::text like '%children%' or listing_id is not null").await;
    town.count(0, "outbox_events where payload::text like '%children%'").await;
    assert_eq!(town.mair.get(town.at("reports?reason=safeguarding")).await.expect(200).each("/id"), Vec::<String>::new());
    assert_eq!(topics(&town.mair).await, Vec::<String>::new());
    town.app.visitor().get(format!("/v1/listings/{chairs}")).await.expect(200);
    assert_eq!(
        topics(&town.lead).await,
        ["safeguarding_flag_raised"; 3].into_iter().chain(["safeguarding_lead_named"]).collect::<Vec<_>>()
    );
    let sentence = town.lead.get("/v1/users/me/inbox").await.expect(200).str("/items/0/sentence");
    assert_eq!(sentence, "A worry about somebody's safety waits for you. Nobody else can read it.");
}

#[actix_web::test]
async fn it_is_closed_once_and_whoever_has_the_code_hears_no_more_than_that() {
    let town = Town::new().await;
    let visitor = town.app.visitor();
    let code = town.raise(&visitor).await.str("/code");
    assert_eq!(visitor.get(format!("/v1/reports/{code}")).await.expect(200).str("/state"), "waiting");
    let close = format!("{}/close", town.flag(&town.lead).await);
    town.lead.post(&close, json!({"outcome": " "})).await.problem(422, "invalid_fields").refuses("/outcome", "required");
    let outcome = format!("Rang the council's helpline. {}", "x".repeat(3971));
    town.lead.post(&close, json!({"outcome": format!("{outcome}x")})).await.problem(422, "invalid_fields").refuses("/outcome", "too_long");
    let closed = town.lead.post(&close, json!({"outcome": outcome})).await.expect(200);
    assert_eq!((closed.str("/outcome"), closed.body["reporter"].clone()), (outcome, Value::Null));
    assert!(!closed.body["read_at"].is_null() && !closed.body["closed_at"].is_null());
    town.lead.post(&close, json!({"outcome": "Again."})).await.problem(409, "wrong_state");
    let found = visitor.get(format!("/v1/reports/{code}")).await.expect(200);
    assert_eq!(found.str("/state"), "dealt_with");
    assert!(!found.text.contains("council") && !found.text.contains("children"), "{}", found.text);
    town.count(1, "audit_entries where action = 'close_safeguarding_flag' and to_jsonb(audit_entries)::text not like '%council%'").await;
}

#[actix_web::test]
async fn without_a_lead_the_coordinators_hear_that_one_waits_and_name_somebody() {
    let town = Town::without_lead().await;
    town.raise(&town.app.visitor()).await;
    assert_eq!(topics(&town.mair).await, ["safeguarding_lead_missing"]);
    assert_eq!(topics(&town.lead).await, Vec::<String>::new(), "brokers name nobody");
    town.mair.get(town.at("safeguarding-flags")).await.problem(404, "not_found");
    assert_eq!(town.mair.get(town.at("safeguarding-lead")).await.expect(200).body["lead"], Value::Null);
    assert_eq!(town.name(&town.lead).await.expect(200).str("/lead/name"), "Siân");
    assert_eq!(topics(&town.lead).await, ["safeguarding_lead_named"]);
    town.lead.get(town.flag(&town.lead).await).await.expect(200);
    // Naming the same again tells nobody.
    town.name(&town.lead).await.expect(200);
    assert_eq!(topics(&town.lead).await.len(), 1);
    town.count(1, "audit_entries where action = 'name_safeguarding_lead'").await;
}

#[actix_web::test]
async fn who_is_the_lead_no_more_reads_no_more() {
    let town = Town::new().await;
    town.raise(&town.app.visitor()).await;
    let flag = town.flag(&town.lead).await;
    let second = town.app.staff(town.network, "Tegid", "coordinator").await;
    town.name(&second).await.expect(200);
    town.lead.get(&flag).await.problem(404, "not_found");
    second.get(&flag).await.expect(200);
    assert!(topics(&town.lead).await.contains(&"safeguarding_lead_replaced".to_owned()));
    for _ in 0..2 {
        town.mair.delete(town.at("safeguarding-lead")).await.expect(204);
    }
    second.get(&flag).await.problem(404, "not_found");
    assert_eq!(topics(&town.mair).await, ["safeguarding_lead_missing"], "one waits still");
    town.name(&second).await.expect(200);
    town.mair.delete(town.at(&format!("staff/{}", second.id))).await.expect(204);
    assert_eq!(topics(&town.mair).await, ["safeguarding_lead_missing"; 2], "that the lead has left must not leave it unread");
    second.get(&flag).await.problem(404, "not_found");
    assert_eq!(town.mair.get(town.at("safeguarding-lead")).await.expect(200).body["lead"], Value::Null);
}

#[actix_web::test]
async fn the_lead_is_one_of_the_staff_and_named_by_a_coordinator() {
    let town = Town::without_lead().await;
    let olwen = town.app.person("Olwen").await;
    town.name(&olwen).await.problem(422, "invalid_fields").refuses("/user_id", "not_a_member");
    let path = town.at("safeguarding-lead");
    for (client, status) in [(&town.lead.client, 403), (&olwen.client, 403), (&town.app.visitor(), 401)] {
        assert_eq!(client.put(&path, json!({"user_id": town.lead.id})).await.status, status);
        assert_eq!(client.delete(&path).await.status, status);
    }
    town.lead.get(&path).await.expect(200);
    olwen.get(&path).await.problem(403, "not_allowed");
}

#[actix_web::test]
async fn a_worry_need_not_be_about_a_group_and_goes_to_the_network_that_is_named() {
    let town = Town::new().await;
    let leek = town.app.network("leek").await;
    let other = town.app.staff(leek, "Fflur", "coordinator").await;
    other.put(format!("/v1/networks/{leek}/safeguarding-lead"), json!({"user_id": other.id})).await.expect(200);
    let report = json!({"network_id": leek, "reason": "safeguarding", "words": "x".repeat(4000)});
    town.app.visitor().post("/v1/reports", report).await.expect(201);
    assert_eq!(town.lead.get(town.at("safeguarding-flags")).await.expect(200).each("/id"), Vec::<String>::new());
    let flags = other.get(format!("/v1/networks/{leek}/safeguarding-flags")).await.expect(200).each("/id");
    assert_eq!(flags.len(), 1);
    let read = other.get(format!("/v1/networks/{leek}/safeguarding-flags/{}", flags[0])).await.expect(200);
    assert_eq!((&read.body["group"], &read.body["listing"], &read.body["message"]), (&Value::Null, &Value::Null, &Value::Null));
    town.lead.get(town.at(&format!("safeguarding-flags/{}", flags[0]))).await.problem(404, "not_found");
}
