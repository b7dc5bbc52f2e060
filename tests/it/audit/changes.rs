//! What acts of staff changed, as it was and as it is: the fields that changed and no others, and nothing personal.

use chrono::{DateTime, Utc};
use gotit::types::ids::NetworkId;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Person, TestApp};

/// An act, and the entry that it leaves. In addresses and bodies `<name>` stands for an id.
struct Row {
    act: (Method, &'static str, Value),
    action: &'static str,
    before: Value,
    after: Value,
}

fn row(method: Method, at: &'static str, body: Value, action: &'static str, before: Value, after: Value) -> Row {
    Row { act: (method, at, body), action, before, after }
}

const NULL: Value = Value::Null;

/// In this order: each begins where the one before it ended.
fn table() -> Vec<Row> {
    [of_the_network(), of_its_staff(), of_their_work(), of_its_groups()].into_iter().flatten().collect()
}

fn of_the_network() -> Vec<Row> {
    vec![
        row(
            Method::PATCH,
            "/policy",
            json!({"review": "before", "cross_posting": "open", "quiet_from": 21, "quiet_until": 7, "checks": {"animals": "refuse"}}),
            "update_policy",
            json!({"review": "after", "cross_posting": "review", "quiet_from": null, "quiet_until": null, "checks": {"animals": null}}),
            json!({"review": "before", "cross_posting": "open", "quiet_from": 21, "quiet_until": 7, "checks": {"animals": "refuse"}}),
        ),
        row(
            Method::PATCH,
            "/policy",
            json!({"checks": {"animals": null}}),
            "update_policy",
            json!({"checks": {"animals": "refuse"}}),
            json!({"checks": {"animals": null}}),
        ),
        row(Method::PATCH, "/policy", json!({"review": "before"}), "update_policy", NULL, NULL),
        row(
            Method::PATCH,
            "",
            json!({"rules": "Byddwch yn garedig.", "description": null, "locality": "hanley-stoke-on-trent"}),
            "update_network",
            json!({"rules_version": 1, "description": "For everybody", "locality": "stoke-on-trent"}),
            json!({"rules_version": 2, "description": "", "locality": "hanley-stoke-on-trent"}),
        ),
    ]
}

fn of_its_staff() -> Vec<Row> {
    vec![
        row(Method::PUT, "/staff/<ben>", json!({"role": "broker"}), "set_staff_role", NULL, json!({"role": "broker"})),
        row(
            Method::PUT,
            "/staff/<ben>",
            json!({"role": "coordinator"}),
            "set_staff_role",
            json!({"role": "broker"}),
            json!({"role": "coordinator"}),
        ),
        row(
            Method::PUT,
            "/safeguarding-lead",
            json!({"user_id": "<ben>"}),
            "name_safeguarding_lead",
            json!({"safeguarding_lead": null}),
            json!({"safeguarding_lead": "<ben>"}),
        ),
        row(
            Method::DELETE,
            "/safeguarding-lead",
            NULL,
            "name_safeguarding_lead",
            json!({"safeguarding_lead": "<ben>"}),
            json!({"safeguarding_lead": null}),
        ),
        row(
            Method::PUT,
            "/safeguarding-lead",
            json!({"user_id": "<ben>"}),
            "name_safeguarding_lead",
            json!({"safeguarding_lead": null}),
            json!({"safeguarding_lead": "<ben>"}),
        ),
        row(Method::DELETE, "/staff/<ben>", NULL, "remove_staff", json!({"role": "coordinator", "is_safeguarding_lead": true}), NULL),
    ]
}

fn of_their_work() -> Vec<Row> {
    let thanks = json!({"name": "Thanks", "deed": null, "reason": null, "words": "Diolch, {group}!"});
    vec![
        row(Method::POST, "/replies", json!({"name": "Thanks", "words": "Diolch, {group}!"}), "create_reply", NULL, thanks),
        row(
            Method::PATCH,
            "/replies/<reply>",
            json!({"reason": "duplicate"}),
            "update_reply",
            json!({"reason": null}),
            json!({"reason": "duplicate"}),
        ),
        row(
            Method::DELETE,
            "/replies/<reply>",
            NULL,
            "delete_reply",
            json!({"name": "Thanks", "deed": null, "reason": "duplicate", "words": "Diolch, {group}!"}),
            NULL,
        ),
        row(
            Method::PUT,
            "/staff/me/load",
            json!({"carries_at_once": 5, "works_on": ["tue"], "paused": true, "paused_until": "2100-01-01T08:00:00Z"}),
            "set_load",
            json!({"carries_at_once": 20, "works_on": ["mon", "tue", "wed", "thu", "fri", "sat", "sun"], "paused": false, "paused_until": null}),
            json!({"carries_at_once": 5, "works_on": ["tue"], "paused": true, "paused_until": "2100-01-01T08:00:00Z"}),
        ),
    ]
}

fn of_its_groups() -> Vec<Row> {
    let spoken = json!({"way": "call", "consent_given": "spoken", "consent_at": "2026-01-06T10:00:00Z", "state": "begun"});
    let consent = |way: &str, contact: &str| json!({"way": way, "contact": contact, "consent_given": "spoken", "consent_words": "Siân said so.", "consent_at": "2026-01-06T10:00:00Z"});
    vec![
        row(Method::PUT, "/groups/<club>/assistance", consent("call", "01782 000 111"), "set_assistance", NULL, spoken),
        row(
            Method::PUT,
            "/groups/<club>/assistance",
            consent("post", "Siân Rees, 7 Church Street"),
            "set_assistance",
            json!({"way": "call"}),
            json!({"way": "post"}),
        ),
        row(
            Method::DELETE,
            "/groups/<club>/assistance?close_group=true",
            NULL,
            "end_assistance",
            json!({"way": "post", "consent_given": "spoken", "consent_at": "2026-01-06T10:00:00Z", "state": "begun"}),
            NULL,
        ),
        row(
            Method::POST,
            "/groups/<group>/suspend",
            json!({"reason": "Ring us."}),
            "suspend_group",
            json!({"state": "approved", "reason": null, "recheck_at": null}),
            json!({"state": "suspended", "reason": "Ring us.", "recheck_at": null}),
        ),
    ]
}

/// A network with a coordinator, a group with members and one without.
struct Town {
    app: TestApp,
    network: NetworkId,
    mair: Person,
    ids: Vec<(&'static str, String)>,
}

impl Town {
    async fn new() -> Self {
        let app = TestApp::start().await;
        let network = app.network("stoke").await;
        let (mair, ben) = (app.staff(network, "Mair", "coordinator").await, app.person("Ben").await);
        let (group, club) = (app.group(network, "St Mary's").await, app.group(network, "Clwb Cinio").await);
        app.sql(&format!("delete from memberships where group_id = '{}'", club.id)).await;
        let ids = vec![("ben", ben.id.to_string()), ("group", group.id.to_string()), ("club", club.id.to_string())];
        Self { app, network, mair, ids }
    }

    fn fill(&self, text: &str) -> String {
        self.ids.iter().fold(text.to_owned(), |text, (name, id)| text.replace(&format!("<{name}>"), id))
    }

    fn json(&self, value: &Value) -> Value {
        serde_json::from_str(&self.fill(&value.to_string())).unwrap()
    }

    /// The latest entry of an action, as coordinators read it.
    async fn entry(&self, action: &str) -> Value {
        let found = self.mair.get(format!("/v1/networks/{}/audit?action={action}&limit=1", self.network)).await.expect(200);
        found.body["items"][0].clone()
    }
}

#[actix_web::test]
async fn every_act_of_staff_says_what_it_changed_and_no_more() {
    let mut town = Town::new().await;
    let mair = town.mair.with("if-match", "*");
    for row in table() {
        let (method, at, body) = row.act;
        let body = (!body.is_null()).then(|| town.json(&body));
        let path = town.fill(&format!("/v1/networks/{}{at}", town.network));
        let answer = mair.send(method.clone(), &path, body).await;
        assert!(answer.status < 300, "{method} {path}: {}", answer.text);
        if row.action == "create_reply" {
            town.ids.push(("reply", answer.str("/id")));
        }
        let entry = town.entry(row.action).await;
        assert_eq!((&entry["before"], &entry["after"]), (&town.json(&row.before), &town.json(&row.after)), "{method} {path}");
        assert_eq!(
            (&entry["actor_role"], &entry["outcome"], &entry["actor_name"]),
            (&json!("coordinator"), &json!("done"), &json!("Mair")),
            "{method} {path}"
        );
    }
    let all = town.mair.get(format!("/v1/networks/{}/audit?limit=100", town.network)).await.expect(200);
    for personal in ["01782", "example.org", "Church Street", "Siân", "Ben"] {
        assert!(!all.text.contains(personal), "{personal} is in the records: {}", all.text);
    }
}

#[actix_web::test]
async fn complaints_are_recorded_by_where_they_stand_and_not_by_their_words() {
    let town = Town::new().await;
    let complaint = json!({"about": "staff", "words": "Mair's brother Huw rang me.", "email": "olwen@example.org"});
    town.app.visitor().post(format!("/v1/networks/{}/complaints", town.network), complaint).await.expect(201);
    let made = town.entry("create_complaint").await;
    assert_eq!((&made["before"], &made["after"]["outcome"], &made["actor_id"]), (&NULL, &NULL, &NULL));
    let answer_by: DateTime<Utc> = made["after"]["answer_by"].as_str().unwrap().parse().unwrap();
    assert!(answer_by > town.app.now());
    let answer = format!("/v1/networks/{}/complaints/{}/answer", town.network, made["subject_id"].as_str().unwrap());
    town.mair.post(answer, json!({"outcome": "upheld", "answer": "Huw will not ring again."})).await.expect(200);
    let answered = town.entry("answer_complaint").await;
    assert_eq!((&answered["before"], &answered["after"]["outcome"]), (&json!({"outcome": null, "answered_at": null}), &json!("upheld")));
    assert_eq!((&answered["after"]["answer_by"], &answered["actor_role"]), (&NULL, &json!("coordinator")));
    assert!(!made.to_string().contains("Huw") && !answered.to_string().contains("Huw"));
}

#[actix_web::test]
async fn an_owner_who_lets_staff_act_for_the_group_and_ends_it_is_on_record() {
    let town = Town::new().await;
    let group = town.app.group(town.network, "Pantry").await;
    let consent = json!({"way": "call", "contact": "01782 000 111", "consent_given": "spoken", "consent_words": "Siân.", "consent_at": "2026-01-06T10:00:00Z"});
    town.mair.put(format!("/v1/networks/{}/groups/{}/assistance", town.network, group.id), consent).await.expect(200);
    let own = format!("/v1/groups/{}/assistance", group.id);
    group.owner.send(Method::POST, &format!("{own}/confirm"), None).await.expect(200);
    let yes = town.entry("confirm_assistance").await;
    assert_eq!(
        (&yes["before"], &yes["after"], &yes["actor_role"]),
        (&json!({"state": "asked"}), &json!({"state": "begun"}), &json!("owner"))
    );
    group.owner.delete(&own).await.expect(204);
    let ended = town.entry("end_assistance").await;
    assert_eq!((&ended["before"]["state"], &ended["after"], &ended["actor_role"]), (&json!("begun"), &NULL, &json!("owner")));
}

#[actix_web::test]
async fn whoever_leaves_with_their_account_leaves_the_staff_on_record() {
    let town = Town::new().await;
    let bran = town.app.staff(town.network, "Bran", "broker").await;
    let hash = town.app.state.passwords.hash(&gotit::accounts::passwords::Password::parse("kettle-harbour-violin").unwrap()).await.unwrap();
    town.app.sql(&format!("update users set password_hash = '{hash}' where id = '{}'", bran.id)).await;
    bran.send(Method::DELETE, "/v1/users/me", Some(json!({"password": "kettle-harbour-violin"}))).await.expect(204);
    let left = town.entry("remove_staff").await;
    assert_eq!((&left["before"], &left["after"], &left["actor_id"]), (&json!({"role": "broker"}), &NULL, &json!(bran.id)));
    assert_eq!(left["subject_id"], json!(bran.id));
}
