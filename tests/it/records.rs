//! Records: reading and taking away what was done, figures of a period, and the record sheet.

mod plans;

use gotit::types::ids::NetworkId;
use serde_json::{Value, json};

use crate::support::{Person, TestApp};

/// A network with a coordinator, and another one with its own.
struct Town {
    app: TestApp,
    network: NetworkId,
    foreign: NetworkId,
    mair: Person,
    fflur: Person,
}

impl Town {
    async fn new() -> Self {
        let app = TestApp::start().await;
        let (network, foreign) = (app.network("stoke").await, app.network("leek").await);
        let mair = app.staff(network, "Mair", "coordinator").await;
        let fflur = app.staff(foreign, "Fflur", "coordinator").await;
        Self { app, network, foreign, mair, fflur }
    }

    fn at(&self, rest: &str) -> String {
        format!("/v1/networks/{}{rest}", self.network)
    }

    /// Entries of a network, a second apart, from long ago.
    async fn add_entries(&self, network: NetworkId, number: u32, reason: &str) {
        let mair = self.mair.id;
        self.app
            .sql(&format!(
                "insert into audit_entries (id, occurred_at, actor_id, network_id, action, subject_type, subject_id, reason, actor_role, before, after)
                 select gen_random_uuid(), '2026-01-05'::timestamptz + i / 2 * interval '1 second', '{mair}', '{network}', 'suspend_group', 'group', i, '{reason}',
                   'coordinator', '{{\"state\": \"approved\"}}', '{{\"state\": \"suspended\"}}' from generate_series(1, {number}) i"
            ))
            .await;
    }
}

#[actix_web::test]
async fn coordinators_read_what_was_done_and_find_what_they_look_for() {
    let town = Town::new().await;
    let group = town.app.group(town.network, "St Mary's").await;
    let suspend = format!("/groups/{}/suspend", group.id);
    town.mair.post(town.at(&suspend), json!({"reason": "Nobody answers."})).await.expect(200);
    let version = town.mair.get(town.at("")).await.expect(200).etag();
    town.mair.patch(town.at(""), &version, json!({"rules": "Be kind."})).await.expect(200);
    town.fflur.patch(format!("/v1/networks/{}", town.foreign), "*", json!({"rules": "Be kinder."})).await.expect(200);
    let all = town.mair.get(town.at("/audit")).await.expect(200);
    assert_eq!(all.each("/action"), ["update_network", "suspend_group"]);
    assert_eq!(all.each("/actor_name"), ["Mair", "Mair"]);
    assert_eq!(all.str("/items/1/reason"), "Nobody answers.");
    let find = async |query: String| town.mair.get(town.at(&format!("/audit?{query}"))).await.expect(200).each("/action");
    assert_eq!(find("action=suspend_group".into()).await, ["suspend_group"]);
    assert_eq!(find(format!("group_id={}", group.id)).await, ["suspend_group"]);
    assert_eq!(find(format!("subject_type=network&subject_id={}", town.network)).await, ["update_network"]);
    assert_eq!(find(format!("actor_id={}", town.mair.id)).await.len(), 2);
    assert_eq!(find(format!("actor_id={}", town.fflur.id)).await.len(), 0);
    assert_eq!(find("outcome=denied".into()).await.len(), 0);
    assert_eq!(find("from=2100-01-01T00:00:00Z".into()).await.len(), 0);
    assert_eq!(find("until=2100-01-01T00:00:00Z".into()).await.len(), 2);
}

#[actix_web::test]
async fn what_was_tried_by_those_who_may_not_is_found_as_denied() {
    let town = Town::new().await;
    town.app
        .sql(&format!(
            "insert into audit_entries (id, occurred_at, actor_id, network_id, action, subject_type, subject_id, outcome)
             values (gen_random_uuid(), now(), '{}', '{}', 'use_staff_permission', 'operation', 'GET', 'denied')",
            town.fflur.id, town.network
        ))
        .await;
    let denied = town.mair.get(town.at("/audit?outcome=denied&action=use_staff_permission&subject_id=GET")).await.expect(200);
    assert_eq!((denied.each("/outcome"), denied.each("/actor_name")), (vec!["denied".to_owned()], vec!["null".to_owned()]));
}

#[actix_web::test]
async fn what_does_not_fit_is_named() {
    let town = Town::new().await;
    let refused =
        town.mair.get(town.at("/audit?actor_id=7&outcome=perhaps&from=2026-02-01T00:00:00Z&until=2026-01-01T00:00:00Z&limit=0")).await;
    refused
        .problem(422, "invalid_fields")
        .refuses("actor_id", "not_an_id")
        .refuses("outcome", "not_one_of")
        .refuses("until", "before_start")
        .refuses("limit", "out_of_range");
    town.mair.get(town.at("/audit.csv?limit=5")).await.problem(400, "unknown_parameter");
    town.mair.get(town.at("/audit?cursor=nonsense")).await.problem(400, "invalid_cursor");
    for report in ["moderation-report", "record-sheet"] {
        let backwards = town.at(&format!("/{report}?from=2026-02-01T00:00:00Z&until=2026-01-01T00:00:00Z"));
        town.mair.get(backwards).await.problem(422, "invalid_fields").refuses("until", "before_start");
        let ages = town.at(&format!("/{report}?from=2010-01-01T00:00:00Z&until=2026-01-01T00:00:00Z"));
        town.mair.get(ages).await.problem(422, "invalid_fields").refuses("from", "out_of_range");
    }
}

#[actix_web::test]
async fn pages_and_exports_show_each_entry_once_and_nothing_of_other_networks() {
    let town = Town::new().await;
    town.add_entries(town.network, 1203, "Nobody answers.").await;
    town.add_entries(town.foreign, 40, "Not here.").await;
    let (mut ids, mut query) = (Vec::new(), "?limit=100".to_owned());
    loop {
        let page = town.mair.get(town.at(&format!("/audit{query}"))).await.expect(200);
        ids.extend(page.each("/id"));
        let Some(cursor) = page.body["next_cursor"].as_str() else { break };
        query = format!("?limit=100&cursor={cursor}");
    }
    assert_eq!(ids.len(), 1203);
    let lines = town.mair.get(town.at("/audit.jsonl?until=2026-02-01T00:00:00Z")).await.expect(200);
    assert!(lines.header("content-disposition").ends_with(".jsonl\""), "{}", lines.header("content-disposition"));
    let exported: Vec<String> = lines.lines().iter().map(|line| line["id"].as_str().unwrap().to_owned()).collect();
    assert_eq!(exported, ids);
    let table = town.mair.get(town.at("/audit.csv?action=suspend_group")).await.expect(200);
    let mut reader = csv::Reader::from_reader(table.text.as_bytes());
    let rows: Vec<csv::StringRecord> = reader.records().map(|row| row.unwrap()).collect();
    assert_eq!(rows.iter().map(|row| row[0].to_owned()).collect::<Vec<_>>(), ids);
    assert_eq!((&rows[0][3], &rows[0][4], &rows[0][11]), ("Mair", "coordinator", "{\"state\":\"approved\"}"));
    assert!(!table.text.contains("Not here."));
    // Taking away is recorded.
    assert_eq!(town.mair.get(town.at("/audit?action=export_audit")).await.expect(200).each("/detail/form"), ["csv", "jsonl"]);
}

#[actix_web::test]
async fn an_empty_export_is_a_table_with_headings() {
    let town = Town::new().await;
    let table = town.mair.get(town.at("/audit.csv?action=nothing_at_all")).await.expect(200);
    assert_eq!(
        table.text.trim_end(),
        "id,occurred_at,actor_id,actor_name,actor_role,group_id,action,subject_type,subject_id,outcome,reason,before,after,detail"
    );
}

#[actix_web::test]
async fn what_people_wrote_is_no_formula_in_a_table() {
    let town = Town::new().await;
    town.add_entries(town.network, 1, "=HYPERLINK(1)").await;
    let table = town.mair.get(town.at("/audit.csv?action=suspend_group")).await.expect(200);
    assert!(table.text.contains(",'=HYPERLINK(1),"), "{}", table.text);
}

#[actix_web::test]
async fn records_are_taken_away_ten_times_in_ten_minutes() {
    let town = Town::new().await;
    for _ in 0..10 {
        town.mair.get(town.at("/audit.csv")).await.expect(200);
    }
    town.mair.get(town.at("/audit.jsonl")).await.problem(429, "too_many_requests");
    town.mair.get(town.at("/audit")).await.expect(200);
}

/// Things that waited, and what became of them, in January 2026.
async fn add_moderation(town: &Town) {
    let group = town.app.group(town.network, "Pantry").await.id;
    let foreign_group = town.app.group(town.foreign, "Leek Pantry").await.id;
    let (network, foreign, mair) = (town.network, town.foreign, town.mair.id);
    town.app
        .sql(&format!(
            "create function item(network uuid, grp uuid, kind text, opened timestamptz, promise interval, state text, closed timestamptz, findings jsonb) returns uuid language sql as $$
               insert into queue_items (id, network_id, kind, subject_id, group_id, findings, opened_at, due_at, state, closed_at)
               values (gen_random_uuid(), network, kind, gen_random_uuid(), grp, findings, opened, opened + promise, state, closed) returning id $$;
             create function decision(item uuid, hours float8, deed text, reason text, who uuid, undone boolean) returns void language sql as $$
               insert into decisions (id, queue_item_id, network_id, group_id, deed, reason, decided_by, decided_at, final_at, undone_by, undone_at)
               select gen_random_uuid(), id, network_id, group_id, deed, reason, who, opened_at + hours * interval '1 hour', opened_at + hours * interval '1 hour',
                 case when undone then who end, case when undone then opened_at + hours * interval '1 hour' end from queue_items where id = item $$;
             do $$
             declare
               i integer; one uuid; knives jsonb := '[{{\"rule\": \"knives\", \"action\": \"hold\", \"pointer\": \"/title\", \"words\": \"knife\", \"listing\": null}}]';
             begin
               -- Eleven groups decided after 1 to 11 hours, the promise being ten; nine approved, two rejected, one of these by the program.
               for i in 1..11 loop
                 one := item('{network}', '{group}', 'group', '2026-01-05', interval '10 hours', 'decided', '2026-01-06', case when i = 1 then knives else '[]' end);
                 perform decision(one, i, case when i > 9 then 'reject' else 'approve' end, case when i > 9 then 'not_reachable' end, case when i = 11 then null else '{mair}' end::uuid, false);
               end loop;
               -- One was taken back and still waits, late; one went of itself; one came before the period.
               one := item('{network}', '{group}', 'appeal', '2026-01-10', interval '24 hours', 'waiting', null, '[]');
               perform decision(one, 2, 'keep', null, '{mair}', true);
               perform item('{network}', '{group}', 'report', '2026-01-11', interval '24 hours', 'withdrawn', '2026-01-12', '[]');
               perform item('{network}', '{group}', 'report', '2025-12-30', interval '24 hours', 'withdrawn', '2025-12-31', knives);
               -- Another network is none of this.
               one := item('{foreign}', '{foreign_group}', 'group', '2026-01-05', interval '1 hour', 'decided', '2026-01-06', knives);
               perform decision(one, 100, 'reject', 'other', '{mair}', false);
             end $$;
             insert into appeals (id, decision_id, network_id, group_id, words, made_at, outcome, decided_at)
               select gen_random_uuid(), id, network_id, group_id, 'We are there.', '2026-01-07', case when row_number() over (order by decided_at) = 1 then 'overturned' end,
                 case when row_number() over (order by decided_at) = 1 then '2026-01-08'::timestamptz end from decisions where network_id = '{network}' and deed = 'reject';
             insert into complaints (id, code, network_id, about, words, made_at, answer_by, outcome, answered_at) values
               (gen_random_uuid(), 'ABCD2345', '{network}', 'service', 'Slow.', '2026-01-03', '2026-01-31', 'upheld', '2026-02-02'),
               (gen_random_uuid(), 'ABCD2346', '{network}', 'data_protection', 'Mine.', '2026-01-03', '2026-01-31', null, null),
               (gen_random_uuid(), 'ABCD2347', '{foreign}', 'service', 'Slow.', '2026-01-03', '2026-01-31', null, null);
             insert into safeguarding_flags (id, code, network_id, words, made_at) values (gen_random_uuid(), 'ABCD2348', '{network}', 'A worry.', '2026-01-03')"
        ))
        .await;
}

const JANUARY: &str = "?from=2026-01-01T00:00:00Z&until=2026-02-01T00:00:00Z";

#[actix_web::test]
async fn the_figures_of_a_period_are_those_of_what_happened() {
    let town = Town::new().await;
    add_moderation(&town).await;
    let report = town.mair.get(town.at(&format!("/moderation-report{JANUARY}"))).await.expect(200).body;
    let all = json!({"kind": null, "came_in": 13, "decided": 11, "decided_in_time": 10, "median_hours": 6.0, "p95_hours": 10.5, "withdrawn": 1, "waiting": 1, "late": 1});
    assert_eq!(report["all"], all);
    let kinds: Vec<&str> = report["kinds"].as_array().unwrap().iter().map(|kind| kind["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["listing", "edit", "cross_post", "group", "report", "appeal"]);
    assert_eq!(report["kinds"][3]["came_in"], 11);
    assert_eq!((&report["kinds"][5]["waiting"], &report["kinds"][5]["median_hours"]), (&json!(1), &Value::Null));
    let decisions = json!({"by_people": 10, "by_program": 1, "undone": 1, "deeds": [{"word": "approve", "count": 9}, {"word": "reject", "count": 2}],
        "reasons": [{"word": "not_reachable", "count": 2}]});
    assert_eq!(report["decisions"], decisions);
    assert_eq!(report["findings"], json!([{"word": "knives", "count": 1}]));
    assert_eq!(report["appeals"], json!({"made": 2, "upheld": 0, "overturned": 1, "withdrawn": 0, "waiting": 1}));
    assert_eq!(
        (&report["complaints"]["made"], &report["complaints"]["answered_late"], &report["complaints"]["late"]),
        (&json!(2), &json!(1), &json!(1))
    );
    assert_eq!((&report["promises"]["waiting"], &report["promises"]["late"]), (&json!(1), &json!(1)));
    assert!(report["promises"]["most_hours_late"].as_f64().unwrap() > 1000.0);
    assert!(!report.to_string().contains("safeguarding"));
    let quiet = town.mair.get(town.at("/moderation-report?from=2020-01-01T00:00:00Z&until=2021-01-01T00:00:00Z")).await.expect(200).body;
    assert_eq!((&quiet["all"]["came_in"], &quiet["all"]["median_hours"], &quiet["all"]["waiting"]), (&json!(0), &Value::Null, &json!(1)));
}

#[actix_web::test]
async fn what_is_decided_about_groups_beside_the_queue_is_counted_once() {
    let town = Town::new().await;
    let olwen = town.app.person("Olwen").await;
    let pantry = json!({"name": "Pantry", "locality": "hanley-stoke-on-trent", "network_id": town.network});
    let group = olwen.post("/v1/groups", pantry).await.expect(201).str("/id");
    town.app.advance(chrono::Duration::hours(3));
    let mair = town.app.back_again(&town.mair);
    let decide = async |deed: &str, body: Value| mair.post(town.at(&format!("/groups/{group}/{deed}")), body).await.expect(200);
    decide("approve", json!({})).await;
    decide("suspend", json!({"reason": "Ring us.", "reason_code": "not_reachable"})).await;
    decide("reinstate", json!({})).await;
    let mut report = mair.get(town.at("/moderation-report")).await.expect(200).body;
    // What did not wait took no time, and does not make those who wait look better served.
    for hours in ["median_hours", "p95_hours"] {
        let waited = report["all"][hours].take().as_f64().unwrap();
        assert!((2.9..3.2).contains(&waited), "{hours}: {waited}");
    }
    let all = json!({"kind": null, "came_in": 3, "decided": 3, "decided_in_time": 3, "median_hours": null, "p95_hours": null, "withdrawn": 0, "waiting": 0, "late": 0});
    assert_eq!(report["all"], all);
    let decisions = json!({"by_people": 3, "by_program": 0, "undone": 0, "deeds": [{"word": "approve", "count": 2}, {"word": "suspend", "count": 1}],
        "reasons": [{"word": "not_reachable", "count": 1}]});
    assert_eq!(report["decisions"], decisions);
}

#[actix_web::test]
async fn the_record_sheet_is_filled_with_the_networks_own_numbers() {
    let town = Town::new().await;
    add_moderation(&town).await;
    let sheet = town.mair.get(town.at(&format!("/record-sheet{JANUARY}"))).await.expect(200).text;
    for line in [
        "| Network | Network of stoke |",
        "| Period | 1 January 2026 to 1 February 2026 |",
        "| Groups in good standing | 1 |",
        "| Firearms, knives and other weapons | 1 findings (knives) |",
        "| all | 13 | 11 | 10 | 6 | 10.5 | 1 | 1 |",
        "| Decisions | approve 9, reject 2 |",
        "| Complaints, by subject | data_protection 1, service 1 |",
        "**is not named: name one**",
    ] {
        assert!(sheet.contains(line), "{line} is not in\n{sheet}");
    }
    assert!(!sheet.contains("ABCD2348") && !sheet.contains("A worry."));
    let theirs = town.fflur.get(format!("/v1/networks/{}/record-sheet{JANUARY}", town.foreign)).await.expect(200).text;
    assert!(theirs.contains("| all | 1 | 1 | 0 | 100 | 100 | 0 | 0 |"), "{theirs}");
}
