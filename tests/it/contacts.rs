//! Contact details: shown by pressing a button to the other party of an agreed exchange, taken back, and erased in time.

use chrono::Duration;
use gotit::threads::jobs::erase_contacts;
use serde_json::{Value, json};

use crate::{pairs::Pair, support::Answer};

fn details() -> Value {
    json!({"name": "Siân O'Neill", "email": "Olwen@Example.org", "phone": "01782 000 111"})
}

/// Name, address and number of one side.
fn shown(answer: &Answer, side: &str) -> String {
    let text = |field: &str| answer.body[side][field].as_str().unwrap_or("-").to_owned();
    ["name", "email", "phone"].map(text).join("|")
}

async fn erase(pair: &Pair) -> usize {
    erase_contacts(&mut *pair.app.conn().await, pair.app.now()).await.unwrap()
}

#[actix_web::test]
async fn a_group_shows_the_other_one_how_to_reach_it() {
    let pair = Pair::start().await;
    let talk = pair.exchange("accepted").await;
    let (giver, receiver) = (&pair.giver.owner, &pair.receiver.owner);
    let nothing = giver.get(talk.contact()).await.expect(200);
    assert_eq!(nothing.body, json!({"ours": null, "theirs": null}), "never by default");
    let answer = giver.post(talk.contact(), details()).await.expect(200);
    assert_eq!(shown(&answer, "ours"), "Siân O'Neill|olwen@example.org|01782 000 111");
    let theirs = receiver.get(talk.contact()).await.expect(200);
    assert_eq!((shown(&theirs, "theirs"), &theirs.body["ours"]), ("Siân O'Neill|olwen@example.org|01782 000 111".into(), &Value::Null));
    assert_eq!(theirs.str("/theirs/group/name"), "St Mary's");
    assert_eq!(pair.told(&pair.receiver).await, ["contact_shared"]);
    giver.post(talk.contact(), details()).await.expect(200);
    assert_eq!(pair.told(&pair.receiver).await, ["contact_shared"], "the same again changes nothing");
    let replaced = giver.post(talk.contact(), json!({"phone": "+44 1782 000222"})).await.expect(200);
    assert_eq!(shown(&replaced, "ours"), "-|-|+44 1782 000222");
    assert_eq!(pair.told(&pair.receiver).await, ["contact_shared"; 2]);
    receiver.post(talk.contact(), json!({"email": "ben@example.org"})).await.expect(200);
    let both = giver.get(talk.contact()).await.expect(200);
    assert_eq!((shown(&both, "ours"), shown(&both, "theirs")), ("-|-|+44 1782 000222".into(), "-|ben@example.org|-".into()));
}

#[actix_web::test]
async fn contact_details_are_checked() {
    let pair = Pair::start().await;
    let talk = pair.exchange("accepted").await;
    for (body, field, code) in [
        (json!({}), "/email", "required"),
        (json!({"name": "Olwen"}), "/email", "required"),
        (json!({"email": null, "phone": null}), "/email", "required"),
        (json!({"email": "olwen"}), "/email", "not_an_email_address"),
        (json!({"phone": "ask at the bar"}), "/phone", "not_a_phone_number"),
        (json!({"phone": "01782 000 111", "name": " "}), "/name", "required"),
        (json!({"phone": "01782 000 111", "name": "a\nb"}), "/name", "control_character"),
        (json!({"phone": 1782000111}), "/phone", "wrong_type"),
        (json!({"phone": "01782 000 111", "address": "1 High St"}), "/address", "unknown_field"),
    ] {
        pair.giver.owner.post(talk.contact(), body).await.problem(422, "invalid_fields").refuses(field, code);
    }
    assert_eq!(pair.texts("select count(*) from contact_reveals").await, ["0"]);
}

#[actix_web::test]
async fn only_parties_of_an_agreed_exchange_show_contact_details() {
    let mut pair = Pair::start().await;
    for state in ["proposed", "declined", "withdrawn", "cancelled", "no_show"] {
        let talk = pair.exchange(state).await;
        let refused = pair.giver.owner.post(talk.contact(), details()).await.problem(409, "wrong_state");
        assert!(refused.str("/detail").contains(state) && refused.str("/detail").contains("accepted"), "{}", refused.text);
    }
    let mut agreed = Vec::new();
    for state in ["scheduled", "handed_over", "completed"] {
        agreed.push(pair.exchange(state).await);
    }
    for talk in &agreed {
        pair.giver.owner.post(talk.contact(), details()).await.expect(200);
    }
    pair.wait(Duration::days(31));
    for (talk, status) in agreed.iter().zip([200, 200, 409]) {
        pair.giver.owner.post(talk.contact(), json!({"phone": "01782 000 333"})).await.expect(status);
    }
}

#[actix_web::test]
async fn contact_details_are_seen_by_the_two_groups_alone() {
    let pair = Pair::start().await;
    let talk = pair.exchange("accepted").await;
    pair.giver.owner.post(talk.contact(), details()).await.expect(200);
    let viewer = pair.app.member(&pair.receiver, "Vi", "viewer").await;
    assert_eq!(shown(&viewer.get(talk.contact()).await.expect(200), "theirs").split('|').next(), Some("Siân O'Neill"));
    viewer.post(talk.contact(), details()).await.problem(403, "not_allowed");
    viewer.delete(talk.contact()).await.problem(403, "not_allowed");
    for role in ["coordinator", "broker"] {
        let staff = pair.app.staff(pair.network, &format!("Staff-{role}"), role).await;
        staff.get(talk.contact()).await.problem(403, "not_allowed");
        staff.post(talk.contact(), details()).await.problem(403, "not_allowed");
        staff.delete(talk.contact()).await.problem(403, "not_allowed");
    }
    let foreign = pair.app.staff(pair.app.network("leek").await, "Fflur", "coordinator").await;
    let other = pair.app.group(pair.network, "Etruria Bowls").await;
    for client in [&foreign, &other.owner, &pair.app.person("Olwen").await] {
        client.get(talk.contact()).await.problem(404, "not_found");
        client.post(talk.contact(), details()).await.problem(404, "not_found");
        client.delete(talk.contact()).await.problem(404, "not_found");
    }
    pair.app.visitor().get(talk.contact()).await.problem(401, "not_signed_in");
}

#[actix_web::test]
async fn what_is_taken_back_is_gone_and_that_it_was_shown_stays_on_record() {
    let pair = Pair::start().await;
    let talk = pair.exchange("accepted").await;
    pair.giver.owner.post(talk.contact(), details()).await.expect(200);
    pair.receiver.owner.post(talk.contact(), json!({"phone": "01782 000 444"})).await.expect(200);
    for _ in 0..2 {
        pair.giver.owner.delete(talk.contact()).await.expect(204);
    }
    let left = pair.receiver.owner.get(talk.contact()).await.expect(200);
    assert_eq!((&left.body["theirs"], shown(&left, "ours")), (&Value::Null, "-|-|01782 000 444".into()));
    let recorded = "select action || ' ' || detail::text from audit_entries where subject_type = 'exchange' order by occurred_at";
    assert_eq!(
        pair.texts(recorded).await,
        [
            r#"show_contact {"shown": {"name": true, "email": true, "phone": true}}"#,
            r#"show_contact {"shown": {"name": false, "email": false, "phone": true}}"#,
            "take_contact_back {}"
        ]
    );
    for table in ["audit_entries", "notices", "outbox_events", "contact_reveals", "idempotency_keys"] {
        for detail in ["Siân", "olwen@", "000 111"] {
            assert_eq!(
                pair.texts(&format!("select count(*) from {table} t where t::text ilike '%{detail}%'")).await,
                ["0"],
                "{table} {detail}"
            );
        }
    }
    assert_eq!(pair.texts("select count(*) from contact_reveals where erased_at is not null").await, ["1"]);
    pair.giver.owner.post(talk.contact(), details()).await.expect(200);
}

#[actix_web::test]
async fn contact_details_are_erased_30_days_after_the_end() {
    let mut pair = Pair::start().await;
    let given = pair.exchange("completed").await;
    let called_off = pair.exchange("accepted").await;
    let under_way = pair.exchange("handed_over").await;
    for talk in [&given, &called_off, &under_way] {
        pair.giver.owner.post(talk.contact(), details()).await.expect(200);
    }
    let ended = "state = 'cancelled', ended_by = 'giver', end_reason = 'changed_plans'";
    pair.app.sql(&format!("update exchanges set {ended} where id = '{}'", called_off.id)).await;
    pair.wait(Duration::days(29));
    assert_eq!(erase(&pair).await, 0);
    pair.wait(Duration::days(2));
    assert_eq!(erase(&pair).await, 2);
    assert_eq!(erase(&pair).await, 0);
    for (talk, there) in [(&given, false), (&called_off, false), (&under_way, true)] {
        let theirs = pair.receiver.owner.get(talk.contact()).await.expect(200);
        assert_eq!(!theirs.body["theirs"].is_null(), there, "{}", theirs.text);
    }
    assert_eq!(pair.texts("select count(*) from contact_reveals where num_nonnulls(name, email, phone) > 0").await, ["1"]);
}

#[actix_web::test]
async fn what_is_long_over_is_shown_to_nobody_even_before_it_is_erased() {
    let mut pair = Pair::start().await;
    let given = pair.exchange("completed").await;
    pair.giver.owner.post(given.contact(), details()).await.expect(200);
    pair.wait(Duration::days(29));
    assert!(!pair.receiver.owner.get(given.contact()).await.expect(200).body["theirs"].is_null());
    pair.wait(Duration::days(2));
    for client in [&pair.giver.owner, &pair.receiver.owner] {
        assert_eq!(client.get(given.contact()).await.expect(200).body, json!({"ours": null, "theirs": null}));
    }
    assert_eq!(erase(&pair).await, 1);
}

#[actix_web::test]
async fn what_somebody_showed_goes_when_they_leave_the_group() {
    let pair = Pair::start().await;
    let owner = &pair.giver.owner;
    let edd = pair.app.member(&pair.giver, "Edd", "editor").await;
    let (by_them, of_them, of_others) = (pair.exchange("accepted").await, pair.exchange("accepted").await, pair.exchange("accepted").await);
    edd.post(by_them.contact(), json!({"phone": "01782 000 111"})).await.expect(200);
    owner.post(of_them.contact(), json!({"email": "edd@example.org"})).await.expect(200);
    owner.post(of_others.contact(), json!({"phone": "01782 000 222"})).await.expect(200);
    owner.delete(format!("/v1/groups/{}/members/{}", pair.giver.id, edd.id)).await.expect(204);
    for (talk, there) in [(&by_them, false), (&of_them, false), (&of_others, true)] {
        let theirs = pair.receiver.owner.get(talk.contact()).await.expect(200);
        assert_eq!(!theirs.body["theirs"].is_null(), there, "{}", theirs.text);
    }
}

#[actix_web::test]
async fn contact_details_of_a_loan_stay_until_it_has_come_back() {
    let mut pair = Pair::start().await;
    pair.app.sql("update listings set basis = '{lend}'").await;
    let lent = pair.exchange("completed").await;
    let due = (pair.app.now() + Duration::days(20)).to_rfc3339();
    pair.app.sql(&format!("update exchanges set basis = 'lend', return_by = '{due}'")).await;
    pair.receiver.owner.post(lent.contact(), details()).await.expect(200);
    pair.wait(Duration::days(45));
    assert_eq!(erase(&pair).await, 0, "due back 25 days ago");
    pair.receiver.owner.post(lent.contact(), json!({"phone": "01782 000 111"})).await.expect(200);
    let back = (pair.app.now() - Duration::days(31)).to_rfc3339();
    pair.app.sql(&format!("update exchanges set returned_at = '{back}'")).await;
    pair.receiver.owner.post(lent.contact(), details()).await.problem(409, "wrong_state");
    assert_eq!(erase(&pair).await, 1);
}

#[actix_web::test]
async fn who_belongs_to_both_groups_says_for_which_they_show_contact_details() {
    let pair = Pair::start().await;
    let talk = pair.exchange("accepted").await;
    let both = pair.app.member(&pair.giver, "Bo", "editor").await;
    let member = "insert into memberships (group_id, user_id, role, created_at) values";
    pair.app.sql(&format!("{member} ('{}', '{}', 'editor', now())", pair.receiver.id, both.id)).await;
    both.get(talk.contact()).await.problem(422, "invalid_fields").refuses("as", "required");
    both.post(talk.contact(), details()).await.problem(422, "invalid_fields").refuses("as", "required");
    both.delete(talk.contact()).await.problem(422, "invalid_fields").refuses("as", "required");
    let as_receiver = format!("{}?as={}", talk.contact(), pair.receiver.id);
    both.post(&as_receiver, details()).await.expect(200);
    assert_eq!(shown(&both.get(&as_receiver).await.expect(200), "ours").split('|').next(), Some("Siân O'Neill"));
    let other = pair.app.group(pair.network, "Etruria Bowls").await;
    both.get(format!("{}?as={}", talk.contact(), other.id)).await.refuses("as", "not_a_member");
    both.get(format!("{}?as=us", talk.contact())).await.refuses("as", "not_an_id");
    both.get(format!("{}?for=us", talk.contact())).await.problem(400, "unknown_parameter");
}

#[actix_web::test]
async fn of_two_who_show_contact_details_at_once_one_stays() {
    let pair = Pair::start().await;
    let talk = pair.exchange("accepted").await;
    let editor = pair.app.member(&pair.giver, "Edd", "editor").await;
    let (phone, mail) = (json!({"phone": "01782 000 111"}), json!({"email": "edd@example.org"}));
    let (one, two) = tokio::join!(pair.giver.owner.post(talk.contact(), phone), editor.post(talk.contact(), mail));
    let mut statuses = [one.status, two.status];
    statuses.sort_unstable();
    assert!(statuses == [200, 200] || statuses == [200, 409], "{statuses:?}");
    assert_eq!(pair.texts("select count(*) from contact_reveals where erased_at is null").await, ["1"]);
}
