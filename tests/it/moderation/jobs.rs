//! Promises that are broken.

use chrono::Duration;
use gotit::moderation::QueueKind;
use serde_json::json;

use super::{Town, because};
use crate::support::{Person, connect};

impl Town {
    async fn told_staff(&self, by: &Person) -> Vec<String> {
        self.again(by).get("/v1/users/me/inbox").await.expect(200).each("/sentence")
    }
}

#[actix_web::test]
async fn the_staff_who_work_are_told_once_of_what_is_late() {
    let town = Town::new().await;
    let (listing, _) = town.listed("Forty folding chairs", "pending").await;
    town.app.sql(&format!("update network_staff set paused = true where user_id = '{}'", town.nerys.id)).await;
    town.app.advance(Duration::hours(23));
    town.catch_up().await;
    assert_eq!(town.told_staff(&town.mair).await.len(), 0);
    town.app.advance(Duration::hours(2));
    town.catch_up().await;
    town.catch_up().await;
    let told = town.told_staff(&town.mair).await;
    assert!(told.len() == 1 && told[0].contains("Forty folding chairs"), "{told:?}");
    assert_eq!(town.told_staff(&town.nerys).await.len(), 0, "who has a break is left in peace");
    let waiting = town.again(&town.mair).get(town.queue()).await.expect(200);
    assert_eq!((waiting.each("/subject_id"), &waiting.body["items"][0]["is_late"]), (vec![listing], &json!(true)));
}

#[actix_web::test]
async fn who_does_not_work_today_is_left_in_peace() {
    let town = Town::new().await;
    town.listed("Forty folding chairs", "pending").await;
    let now = town.app.now();
    let noon = (now + Duration::hours(36)).date_naive().and_hms_opt(12, 0, 0).unwrap().and_utc();
    town.app.advance(noon - now);
    let others = format!("array_remove('{{mon,tue,wed,thu,fri,sat,sun}}', '{}')", noon.format("%a").to_string().to_lowercase());
    town.app.sql(&format!("update network_staff set works_on = {others} where user_id = '{}'", town.nerys.id)).await;
    town.catch_up().await;
    assert_eq!((town.told_staff(&town.mair).await.len(), town.told_staff(&town.nerys).await.len()), (1, 0));
}

#[actix_web::test]
async fn the_promise_is_the_networks_own() {
    let town = Town::new().await;
    town.app.sql("update network_policies set decide_within_hours = 2").await;
    town.listed("Forty folding chairs", "pending").await;
    let item = town.mair.get(town.queue()).await.expect(200);
    let time = |path: &str| item.str(path).parse::<chrono::DateTime<chrono::Utc>>().unwrap();
    assert_eq!(time("/items/0/due_at") - time("/items/0/opened_at"), Duration::hours(2));
}

#[actix_web::test]
async fn all_are_told_when_nobody_is_on_duty() {
    let town = Town::new().await;
    town.listed("Forty folding chairs", "pending").await;
    town.listed("Sixty stools", "pending").await;
    town.app.sql("update network_staff set works_on = '{}'").await;
    town.app.advance(Duration::hours(25));
    town.catch_up().await;
    assert!(town.told_staff(&town.mair).await[0].starts_with("2 things"));
    assert_eq!(town.told_staff(&town.nerys).await.len(), 1);
}

#[actix_web::test]
async fn the_program_decides_what_the_network_lets_it() {
    for (then, status, moderation) in [("approve", 200, "approved"), ("reject", 404, "rejected")] {
        let town = Town::new().await;
        town.app.sql(&format!("update network_policies set undecided_then = '{then}'")).await;
        let (listing, _) = town.listed("Forty folding chairs", "pending").await;
        let group = town.open(QueueKind::Group, town.group.id.0, None).await;
        town.app.advance(Duration::hours(25));
        town.catch_up().await;
        assert_eq!((town.seen(&listing).await, town.own(&listing).await.str("/moderation")), (status, moderation.to_owned()));
        town.settle().await;
        assert_eq!(town.again(&town.mair).get(town.queue()).await.expect(200).each("/id"), [group.as_str()], "groups wait for a person");
        let read = town.owner().get(format!("/v1/groups/{}/decisions", town.group.id)).await.expect(200);
        assert_eq!(
            (read.str("/items/0/reason"), read.str("/items/0/decided_by")),
            ("undecided".into(), "the program, as Network of stoke has set it".into())
        );
        assert_eq!(read.body["items"][0]["can_appeal"], json!(then == "reject"));
        assert_eq!(town.told().await.len(), 1);
    }
}

#[actix_web::test]
async fn an_edit_that_waits_too_long_is_taken_where_the_network_says_so() {
    let town = Town::new().await;
    let (listing, item) = town.listed("Forty folding chairs", "pending").await;
    town.decide(&town.mair, &item, json!({"deed": "approve"})).await.expect(200);
    town.settle().await;
    town.owner().patch(format!("/v1/listings/{listing}"), "*", json!({"title": "Deck chairs"})).await.expect(200);
    town.app.sql("update network_policies set undecided_then = 'approve'").await;
    town.app.advance(Duration::hours(25));
    town.catch_up().await;
    assert_eq!(town.own(&listing).await.str("/title"), "Deck chairs");
}

impl Town {
    /// Lets decisions with a deed fail when they are to be concluded, or lets them be.
    async fn fail(&self, deed: &str) {
        let sql = format!(
            "create or replace function fail() returns trigger language plpgsql as $$
               begin if new.deed = '{deed}' then raise exception 'it cannot be'; end if; return new; end $$;
             create or replace trigger fail before update of told_at on decisions for each row execute function fail()"
        );
        self.app.sql(&sql).await;
    }
}

#[actix_web::test]
async fn decisions_that_cannot_be_concluded_step_back_and_keep_no_other_waiting() {
    let town = Town::new().await;
    for number in 0..21 {
        let (_, item) = town.listed(&format!("Chairs number {number}"), "approved").await;
        town.decide(&town.mair, &item, because("hold")).await.expect(200);
    }
    let (_, item) = town.listed("Sixty stools", "approved").await;
    town.decide(&town.mair, &item, because("remove")).await.expect(200);
    town.fail("hold").await;
    town.settle().await;
    let told = town.told().await;
    assert!(told.len() == 1 && told[0].contains("Sixty stools"), "{told:?}");
    let put_off = |attempts| {
        format!(
            "do $$ begin assert (select count(*) = 21 and bool_and(attempts = {attempts}) from setbacks where job = 'finish_decisions'); end $$"
        )
    };
    town.app.sql(&put_off(1)).await;
    town.catch_up().await;
    town.app.sql(&put_off(1)).await;
    // Each pause is longer than the one before.
    town.settle().await;
    town.app.sql(&put_off(2)).await;
    town.settle().await;
    town.app.sql(&put_off(2)).await;
    town.fail("nothing").await;
    town.settle().await;
    town.app.sql("do $$ begin assert (select count(*) = 22 from notices where topic = 'listing_decided'); end $$").await;
}

#[actix_web::test]
async fn a_decision_about_what_somebody_holds_waits_and_the_others_do_not() {
    let town = Town::new().await;
    let (held, first) = town.listed("Forty folding chairs", "approved").await;
    let (_, second) = town.listed("Sixty stools", "approved").await;
    for item in [first, second] {
        town.decide(&town.mair, &item, because("remove")).await.expect(200);
    }
    let holder = connect(&town.app.database.url).await;
    holder.batch_execute(&format!("begin; select from listings where id = '{held}' for update")).await.unwrap();
    town.settle().await;
    let told = town.told().await;
    assert!(told.len() == 1 && told[0].contains("Sixty stools"), "{told:?}");
    holder.batch_execute("rollback").await.unwrap();
    town.settle().await;
    assert_eq!(town.told().await.len(), 2);
}

#[actix_web::test]
async fn a_network_that_cannot_be_told_does_not_keep_the_others_waiting() {
    let town = Town::new().await;
    let leek = town.app.network("leek").await;
    let fflur = town.app.staff(leek, "Fflur", "coordinator").await;
    let fill = format!(
        "insert into queue_items (id, network_id, kind, subject_id, group_id, opened_at, due_at)
           select gen_random_uuid(), '{0}', 'report', gen_random_uuid(), '{1}', now(), now() + n * interval '1 second' from generate_series(1, 101) n;
         insert into queue_items (id, network_id, kind, subject_id, group_id, opened_at, due_at)
           values (gen_random_uuid(), '{leek}', 'report', gen_random_uuid(), '{1}', now(), now() + interval '1 hour');
         create function fail() returns trigger language plpgsql as $$ begin raise exception 'it cannot be'; end $$;
         create trigger fail before update of warned_at on queue_items for each row when (new.network_id = '{0}') execute function fail()",
        town.network, town.group.id
    );
    town.app.sql(&fill).await;
    town.app.advance(Duration::hours(2));
    town.catch_up().await;
    assert_eq!((town.told_staff(&fflur).await.len(), town.told_staff(&town.mair).await.len()), (1, 0));
    town.app.sql("drop trigger fail on queue_items").await;
    town.app.advance(Duration::minutes(1));
    town.catch_up().await;
    assert!(!town.told_staff(&town.mair).await.is_empty());
}

#[actix_web::test]
async fn what_is_held_or_reported_waits_for_a_person_whatever_the_network_has_set() {
    for then in ["approve", "reject"] {
        let town = Town::new().await;
        town.app.sql(&format!("update network_policies set undecided_then = '{then}'")).await;
        let (held, item) = town.listed("Sixty stools", "approved").await;
        town.decide(&town.mair, &item, because("hold")).await.expect(200);
        town.settle().await;
        let (listing, _) = town.listed("Forty folding chairs", "pending").await;
        town.app.advance(Duration::hours(1));
        town.open(QueueKind::Report, listing.parse().unwrap(), Some(&listing)).await;
        town.app.advance(Duration::hours(23) + Duration::minutes(30));
        town.catch_up().await;
        town.settle().await;
        assert_eq!(
            (town.own(&held).await.str("/moderation"), town.own(&listing).await.str("/moderation")),
            ("held".into(), "pending".into())
        );
        assert_eq!(town.again(&town.mair).get(town.queue()).await.expect(200).each("/kind"), ["listing", "listing", "report"]);
        assert!(town.told_staff(&town.mair).await[0].starts_with("2 things"), "{:?}", town.told_staff(&town.mair).await);
    }
}

#[actix_web::test]
async fn what_the_network_refuses_is_not_shown_because_nobody_decided() {
    let town = Town::new().await;
    let set = async |checks: &str| {
        let of = format!("network_checks (network_id, rule, action) values ('{}', 'medicines', '{checks}')", town.network);
        town.app.sql(&format!("delete from network_checks; insert into {of}")).await;
    };
    set("hold").await;
    let listing = town.post("Two boxes of paracetamol").await;
    set("refuse").await;
    for step in ["withdraw", "renew"] {
        town.owner().post(format!("/v1/listings/{listing}/{step}"), json!({})).await.expect(200);
    }
    town.app.sql("update network_policies set undecided_then = 'approve'").await;
    town.app.advance(Duration::hours(25));
    town.catch_up().await;
    let waiting = town.again(&town.mair).get(town.queue()).await.expect(200);
    assert_eq!(
        (waiting.str("/items/0/findings/0/action"), town.own(&listing).await.str("/moderation")),
        ("refuse".into(), "pending".into())
    );
    assert_eq!(town.told_staff(&town.mair).await.len(), 1, "a person decides, who is told");
    town.decide(&town.again(&town.mair), &waiting.str("/items/0/id"), json!({"deed": "approve"})).await.expect(200);
}

#[actix_web::test]
async fn the_program_decides_nothing_that_somebody_is_at() {
    let town = Town::new().await;
    town.app.sql("update network_policies set undecided_then = 'approve'").await;
    let (listing, item) = town.listed("Forty folding chairs", "pending").await;
    town.app.advance(Duration::hours(23) + Duration::minutes(50));
    town.again(&town.mair).post(format!("{}/{item}/claim", town.queue()), json!({})).await.expect(200);
    let stands = async || {
        town.catch_up().await;
        town.own(&listing).await.str("/moderation")
    };
    town.app.advance(Duration::minutes(14));
    assert_eq!(stands().await, "pending");
    town.app.advance(Duration::minutes(1));
    assert_eq!(stands().await, "approved");
}
