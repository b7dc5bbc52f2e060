//! Groups that are not online: consent, who acts for them, what is marked, the call list, and how it ends.

mod members;

use chrono::Duration;
use gotit::types::ids::NetworkId;
use serde_json::{Value, json};

use crate::{
    accounts::texts,
    support::{Answer, Client, Group, Person, TestApp},
};

fn consent() -> Value {
    json!({"way": "call", "contact": "01782 000 111", "consent_given": "spoken", "consent_words": "The treasurer: post for us, and ring us.",
        "consent_at": "2026-01-06T10:00:00Z"})
}

fn lunch_club() -> Value {
    json!({"name": "Clwb Cinio Llŷn", "locality": "hanley-stoke-on-trent", "activities": ["food", "food"], "size": "small", "assistance": consent()})
}

/// A network with a coordinator and a broker, and a group that is not online.
struct Town {
    app: TestApp,
    network: NetworkId,
    mair: Person,
    bran: Person,
    club: String,
}

impl Town {
    async fn new() -> Self {
        let app = TestApp::start().await;
        let network = app.network("stoke").await;
        let (mair, bran) = (app.staff(network, "Mair", "coordinator").await, app.staff(network, "Bran", "broker").await);
        let club = bran.post(format!("/v1/networks/{network}/groups"), lunch_club()).await.expect(201).str("/group_id");
        Self { app, network, mair, bran, club }
    }

    fn at(&self, rest: &str) -> String {
        format!("/v1/networks/{}{rest}", self.network)
    }

    fn assistance(&self) -> String {
        self.at(&format!("/groups/{}/assistance", self.club))
    }

    async fn post_chairs(&self, by: &Client) -> Answer {
        let chairs = json!({"kind": "offer", "title": "Folding chairs", "category": "seating", "quantity": 12});
        by.post(format!("/v1/groups/{}/listings", self.club), chairs).await
    }

    /// Another group says that it would like a listing; gives the interest.
    async fn ask_for(&self, group: &Group, listing: &str) -> String {
        group.owner.post(format!("/v1/listings/{listing}/interests"), json!({"group_id": group.id})).await.expect(201).str("/id")
    }

    async fn calls(&self, query: &str) -> Answer {
        self.bran.get(self.at(&format!("/follow-ups{query}"))).await.expect(200)
    }
}

/// How many rows of these tables hold a text anywhere.
async fn holding(app: &TestApp, text: &str, tables: &[&str]) -> Vec<String> {
    use diesel_async::RunQueryDsl;
    #[derive(diesel::QueryableByName)]
    struct Count {
        #[diesel(sql_type = diesel::sql_types::BigInt)]
        count: i64,
    }
    let mut found = Vec::new();
    for table in tables {
        let statement = format!("select count(*) from {table} t where t::text like '%{text}%'");
        let count: Count = diesel::sql_query(statement).get_result(&mut *app.conn().await).await.unwrap();
        found.extend((count.count > 0).then(|| (*table).to_owned()));
    }
    found
}

#[actix_web::test]
async fn staff_make_a_group_that_is_not_online_and_everybody_finds_it() {
    let town = Town::new().await;
    let group = town.app.visitor().get(format!("/v1/groups/{}", town.club)).await.expect(200);
    assert_eq!((group.str("/name").as_str(), group.str("/networks/0/state").as_str()), ("Clwb Cinio Llŷn", "approved"));
    assert!(!group.text.contains("01782"), "{}", group.text);
    let recorded = town.mair.get(town.assistance()).await.expect(200);
    assert_eq!((recorded.str("/contact").as_str(), recorded.str("/way").as_str()), ("01782 000 111", "call"));
    assert_eq!(recorded.str("/recorded_by"), town.bran.id.to_string());
    let list = town.mair.get(town.at("/assisted-groups")).await.expect(200);
    assert_eq!(list.each("/assistance/contact"), ["01782 000 111"]);
    let foreign = town.app.staff(town.app.network("leek").await, "Fflur", "coordinator").await;
    foreign.get(town.at("/assisted-groups")).await.problem(403, "not_allowed");
    foreign.get(format!("/v1/groups/{}/assistance", town.club)).await.problem(403, "not_allowed");
    town.app
        .sql(
            "do $$ begin assert (select recheck_at > decided_at + interval '364 days' and sign_of_life_at = decided_at from network_groups); end $$",
        )
        .await;
}

#[actix_web::test]
async fn what_staff_do_for_a_group_is_recorded_as_done_by_staff() {
    let town = Town::new().await;
    let listing = town.post_chairs(&town.bran).await.expect(201).str("/id");
    town.bran.post(format!("/v1/listings/{listing}/withdraw"), json!({})).await.expect(200);
    let history = town.bran.get(format!("/v1/listings/{listing}/history")).await.expect(200);
    assert_eq!(history.each("/by"), ["staff", "staff"]);
    let acts = town.mair.get(town.at(&format!("/audit?group_id={}&subject_type=listing", town.club))).await.expect(200);
    assert_eq!(acts.each("/actor_role"), ["broker", "broker"]);
    town.bran.post(format!("/v1/groups/{}/networks/{}/still-here", town.club, town.network), json!({})).await.expect(200);
    assert_eq!(town.mair.get(town.at("/audit?action=confirm_group")).await.expect(200).each("/actor_role"), ["broker"]);
    // Another network is not told that anybody but the group's own people act for it.
    let leek = town.app.network("leek").await;
    let roles = [town.network, leek].map(|network| format!("acting_role('{}', '{network}', '{}')", town.club, town.bran.id)).join(", ");
    assert_eq!(texts(&town.app, &format!("select concat_ws(' ', {roles}) as text")).await, ["broker editor"]);
    // Who also looks in as a viewer does so still; as an editor, no more.
    for (role, shown) in [("viewer", "broker"), ("editor", "editor")] {
        town.app
            .sql(&format!("delete from memberships; insert into memberships values ('{}', '{}', '{role}', now())", town.club, town.bran.id))
            .await;
        town.post_chairs(&town.bran).await.expect(201);
        assert_eq!(town.mair.get(town.at("/audit?action=create_listing")).await.expect(200).str("/items/0/actor_role"), shown);
    }
}

#[actix_web::test]
async fn the_staff_of_a_network_that_has_refused_a_group_act_for_it_no_more() {
    let town = Town::new().await;
    town.post_chairs(&town.bran).await.expect(201);
    town.app.sql("update network_groups set state = 'rejected'").await;
    town.post_chairs(&town.bran).await.problem(404, "not_found");
}

#[actix_web::test]
async fn making_one_twice_with_the_same_key_makes_one_and_does_not_repeat_how_to_reach_it() {
    let town = Town::new().await;
    let bran = town.bran.with("idempotency-key", "one-club");
    let body = json!({"name": "Knit and Natter", "locality": "hanley-stoke-on-trent", "assistance": consent()});
    let first = bran.post(town.at("/groups"), body.clone()).await.expect(201);
    let again = bran.post(town.at("/groups"), body).await.expect(201);
    assert_eq!(first.str("/group_id"), again.str("/group_id"));
    assert_eq!((first.str("/assistance/way").as_str(), &again.body["assistance"]), ("call", &Value::Null));
    assert_eq!(town.mair.get(town.at("/assisted-groups")).await.expect(200).body["items"].as_array().unwrap().len(), 2);
    let tables = ["audit_entries", "notices", "outbox_events", "idempotency_keys", "listings", "groups"];
    assert_eq!(holding(&town.app, "01782 000", &tables).await, Vec::<String>::new());
}

#[actix_web::test]
async fn everything_that_does_not_fit_is_named() {
    let town = Town::new().await;
    let tomorrow = (town.app.now() + Duration::days(1)).to_rfc3339();
    let wrong =
        json!({"way": "call", "contact": "ask at the bar", "consent_given": "perhaps", "consent_words": " ", "consent_at": tomorrow});
    town.bran
        .put(town.assistance(), wrong.clone())
        .await
        .problem(422, "invalid_fields")
        .refuses("/contact", "not_a_phone_number")
        .refuses("/consent_given", "not_one_of")
        .refuses("/consent_words", "required")
        .refuses("/consent_at", "in_the_future");
    let group = json!({"name": "x", "locality": "hanley-stoke-on-trent", "activities": ["flying"], "assistance": wrong});
    town.bran
        .post(town.at("/groups"), group)
        .await
        .problem(422, "invalid_fields")
        .refuses("/name", "too_short")
        .refuses("/activities/0", "not_one_of")
        .refuses("/assistance/contact", "not_a_phone_number");
    let nowhere = json!({"name": "Nowhere", "locality": "nowhere", "assistance": consent()});
    town.bran.post(town.at("/groups"), nowhere).await.problem(422, "invalid_fields").refuses("/locality", "no_such_locality");
    let by_post = json!({"way": "post", "contact": "The Hall, Piccadilly, Hanley", "consent_given": "written", "consent_words": "A letter.", "consent_at": "2026-01-06T10:00:00Z"});
    assert_eq!(town.mair.put(town.assistance(), by_post).await.expect(200).str("/way"), "post");
    town.bran.get(town.at("/follow-ups?due=soon")).await.problem(422, "invalid_fields").refuses("due", "not_a_time");
    town.bran.get(town.at("/follow-ups?done=yes&group_id=7")).await.refuses("done", "not_one_of").refuses("group_id", "not_an_id");
    town.bran.delete(format!("{}?close_group=maybe", town.assistance())).await.refuses("close_group", "not_one_of");
}

#[actix_web::test]
async fn staff_post_for_it_and_nobody_but_staff_sees_that() {
    let town = Town::new().await;
    let posted = town.post_chairs(&town.bran).await.expect(201);
    assert_eq!(posted.body["posted_by_staff"], true);
    let listing = format!("/v1/listings/{}", posted.str("/id"));
    assert_eq!(town.mair.get(&listing).await.expect(200).body["posted_by_staff"], true);
    let own = town.bran.get(format!("/v1/groups/{}/listings", town.club)).await.expect(200);
    assert_eq!(own.each("/posted_by_staff"), ["true"]);
    let pantry = town.app.group(town.network, "Pantry").await;
    let foreign = town.app.staff(town.app.network("leek").await, "Fflur", "coordinator").await;
    for outsider in [&town.app.visitor(), &pantry.owner.client, &foreign.client] {
        for address in [listing.as_str(), "/v1/listings"] {
            let seen = outsider.get(address).await.expect(200);
            assert!(seen.text.contains("\"posted_by_staff\":null") && !seen.text.contains("staff\":true"), "{}", seen.text);
        }
    }
    let theirs = json!({"kind": "offer", "title": "Folding tables", "category": "tables"});
    let theirs = pantry.owner.post(format!("/v1/groups/{}/listings", pantry.id), theirs).await.expect(201);
    assert_eq!(theirs.body["posted_by_staff"], Value::Null);
    let seen = town.mair.get(format!("/v1/listings/{}", theirs.str("/id"))).await.expect(200);
    assert_eq!(seen.body["posted_by_staff"], false);
}

#[actix_web::test]
async fn staff_act_for_it_as_editors_and_no_further() {
    let town = Town::new().await;
    let listing = town.post_chairs(&town.bran).await.expect(201);
    let address = format!("/v1/listings/{}", listing.str("/id"));
    town.mair.patch(&address, &listing.etag(), json!({"quantity": 10})).await.expect(200);
    let pantry = town.app.group(town.network, "Pantry").await;
    let interest = town.ask_for(&pantry, &listing.str("/id")).await;
    let exchange = town.mair.post(format!("/v1/interests/{interest}/accept"), json!({})).await.expect(201).str("/exchange_id");
    let soon = (town.app.now() + Duration::days(1)).to_rfc3339();
    town.bran.post(format!("/v1/exchanges/{exchange}/schedule"), json!({"scheduled_for": soon})).await.expect(200);
    town.bran.get(format!("/v1/exchanges/{exchange}/contact")).await.expect(200);
    let group = format!("/v1/groups/{}", town.club);
    town.bran.get(format!("{group}/inbox")).await.expect(200);
    town.bran.get(format!("{group}/waiting")).await.expect(200);
    town.bran.get(format!("{group}/threads")).await.expect(200);
    // What is for owners is for nobody here.
    town.mair.delete(&group).await.problem(403, "not_allowed");
    town.mair.post(format!("{group}/invitations"), json!({"email": "rhys@example.org", "role": "owner"})).await.problem(403, "not_allowed");
    town.mair.delete(format!("{group}/assistance")).await.problem(403, "not_allowed");
}

#[actix_web::test]
async fn staff_of_another_network_cannot_act_for_it() {
    let town = Town::new().await;
    let leek = town.app.network("leek").await;
    let foreign = town.app.staff(leek, "Fflur", "coordinator").await;
    town.post_chairs(&foreign).await.problem(403, "not_allowed");
    foreign.get(format!("/v1/networks/{leek}/groups/{}/assistance", town.club)).await.problem(404, "not_found");
    foreign.put(format!("/v1/networks/{leek}/groups/{}/assistance", town.club), consent()).await.problem(404, "not_found");
    town.app.sql(&format!("insert into network_groups (network_id, group_id, state, decided_at, requested_at) values ('{leek}', '{}', 'approved', now(), now())", town.club)).await;
    // One network at a time acts for a group.
    foreign.put(format!("/v1/networks/{leek}/groups/{}/assistance", town.club), consent()).await.problem(409, "conflict");
    assert_eq!(town.mair.get(town.assistance()).await.expect(200).str("/recorded_by"), town.bran.id.to_string());
}

#[actix_web::test]
async fn who_leaves_the_staff_stops_acting_at_once() {
    let town = Town::new().await;
    town.post_chairs(&town.bran).await.expect(201);
    town.mair.delete(town.at(&format!("/staff/{}", town.bran.id))).await.expect(204);
    town.post_chairs(&town.bran).await.problem(403, "not_allowed");
}

#[actix_web::test]
async fn what_it_is_told_comes_onto_the_call_list_once_for_each_thing() {
    let town = Town::new().await;
    let listing = town.post_chairs(&town.bran).await.expect(201).str("/id");
    let (pantry, bowls) = (town.app.group(town.network, "St Mary's Pantry").await, town.app.group(town.network, "Bowls").await);
    town.ask_for(&pantry, &listing).await;
    town.ask_for(&bowls, &listing).await;
    let calls = town.calls("").await;
    assert_eq!(calls.each("/topic"), ["interest_received"]);
    assert_eq!(calls.str("/items/0/says"), "Bowls would like \"Folding chairs\". Accept or decline.");
    assert_eq!((calls.str("/items/0/contact").as_str(), calls.str("/items/0/group/name").as_str()), ("01782 000 111", "Clwb Cinio Llŷn"));
    assert_eq!(calls.body["items"][0]["late"], false);
    town.app.advance(Duration::days(2));
    let bran = town.app.back_again(&town.bran);
    let late = bran.get(town.at("/follow-ups")).await.expect(200);
    assert_eq!(late.body["items"][0]["late"], true);
    let due = late.str("/items/0/due_at");
    assert_eq!(bran.get(town.at(&format!("/follow-ups?due={due}"))).await.expect(200).each("/topic").len(), 1);
    assert!(bran.get(town.at("/follow-ups?due=2026-01-01T00:00:00Z")).await.expect(200).each("/topic").is_empty());
    let other = bran.get(town.at(&format!("/follow-ups?group_id={}", pantry.id))).await.expect(200);
    assert!(other.each("/topic").is_empty());
}

#[actix_web::test]
async fn a_call_that_was_made_leaves_the_list_and_a_promised_one_joins_it() {
    let town = Town::new().await;
    let listing = town.post_chairs(&town.bran).await.expect(201).str("/id");
    let pantry = town.app.group(town.network, "Pantry").await;
    town.ask_for(&pantry, &listing).await;
    let done = town.at(&format!("/follow-ups/{}/done", town.calls("").await.str("/items/0/id")));
    town.bran.post(&done, json!({"note": ""})).await.problem(422, "invalid_fields").refuses("/note", "required");
    let past = json!({"note": "Nobody at home.", "call_again_at": "2026-01-01T09:00:00Z"});
    town.bran.post(&done, past).await.refuses("/call_again_at", "out_of_range");
    let thursday = (town.app.now() + Duration::days(3)).to_rfc3339();
    let made = town.bran.post(&done, json!({"note": "Nobody at home.", "call_again_at": thursday})).await.expect(200);
    assert_eq!((made.str("/note").as_str(), made.str("/done_by")), ("Nobody at home.", town.bran.id.to_string()));
    town.mair.post(&done, json!({"note": "Me too."})).await.problem(409, "wrong_state");
    let left = town.calls("").await;
    assert_eq!(
        (left.each("/topic"), left.str("/items/0/says")),
        (vec!["call_back".to_owned()], "A call was promised about \"Folding chairs\".".to_owned())
    );
    assert_eq!(town.calls("?done=true").await.each("/note"), ["Nobody at home."]);
    let foreign = town.app.staff(town.app.network("leek").await, "Fflur", "coordinator").await;
    foreign.get(town.at("/follow-ups")).await.problem(403, "not_allowed");
    // What happens afterwards is another entry.
    town.ask_for(&town.app.group(town.network, "Bowls").await, &listing).await;
    assert_eq!(town.calls("").await.each("/topic"), ["interest_received", "call_back"]);
}

#[actix_web::test]
async fn of_two_who_make_the_same_call_at_once_one_is_told() {
    let town = Town::new().await;
    let listing = town.post_chairs(&town.bran).await.expect(201).str("/id");
    let pantry = town.app.group(town.network, "Pantry").await;
    town.ask_for(&pantry, &listing).await;
    let done = town.at(&format!("/follow-ups/{}/done", town.calls("").await.str("/items/0/id")));
    let note = || json!({"note": "They are glad."});
    let (one, other) = futures_util::future::join(town.bran.post(&done, note()), town.mair.post(&done, note())).await;
    let mut statuses = [one.status, other.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 409]);
}

#[actix_web::test]
async fn the_call_list_is_paged_without_doubles_and_gaps() {
    let town = Town::new().await;
    for hour in 0..25 {
        let (topic, club, network) = (["call_back", "message_received"][hour % 2], &town.club, town.network);
        town.app
            .sql(&format!(
                "with new as (insert into groups (id, name, description, locality_code, lat, lng, search_text, created_at, updated_at)
                   select gen_random_uuid(), name, '', locality_code, lat, lng, '', now(), now() from groups where id = '{club}' returning id)
                 insert into follow_ups (id, network_id, group_id, topic, due_at, made_at)
                   select gen_random_uuid(), '{network}', id, '{topic}', '2026-01-01'::timestamptz + {} * interval '1 hour', now() from new",
                hour / 3
            ))
            .await;
    }
    let (mut seen, mut query) = (Vec::new(), "?limit=10".to_owned());
    loop {
        let page = town.calls(&query).await;
        seen.extend(page.each("/id"));
        let Some(cursor) = page.body["next_cursor"].as_str() else { break };
        query = format!("?limit=10&cursor={cursor}");
    }
    assert_eq!(seen.len(), 25);
    seen.sort_unstable();
    seen.dedup();
    assert_eq!(seen.len(), 25);
}

#[actix_web::test]
async fn when_the_consent_ends_a_group_without_members_closes_and_how_to_reach_it_is_erased() {
    let town = Town::new().await;
    let listing = town.post_chairs(&town.bran).await.expect(201).str("/id");
    let pantry = town.app.group(town.network, "Pantry").await;
    town.ask_for(&pantry, &listing).await;
    town.bran.delete(town.assistance()).await.problem(409, "conflict");
    town.bran.delete(format!("{}?close_group=true", town.assistance())).await.expect(204);
    town.bran.delete(format!("{}?close_group=true", town.assistance())).await.problem(404, "not_found");
    town.app.visitor().get(format!("/v1/groups/{}", town.club)).await.problem(404, "not_found");
    town.post_chairs(&town.bran).await.problem(404, "not_found");
    assert_eq!(holding(&town.app, "01782 000", &["assisted_groups", "audit_entries", "follow_ups"]).await, Vec::<String>::new());
    assert!(town.calls("").await.each("/id").is_empty());
    let told = pantry.owner.get(format!("/v1/groups/{}/inbox", pantry.id)).await.expect(200);
    assert!(told.each("/topic").contains(&"interest_declined".to_owned()), "{}", told.text);
}

#[actix_web::test]
async fn who_was_not_let_in_is_not_helped() {
    let town = Town::new().await;
    let pantry = town.app.group(town.network, "Pantry").await;
    town.app.sql(&format!("update network_groups set state = 'rejected' where group_id = '{}'", pantry.id)).await;
    town.mair.put(town.at(&format!("/groups/{}/assistance", pantry.id)), consent()).await.problem(409, "wrong_state");
}
