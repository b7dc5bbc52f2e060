//! Several at once, over parallel connections: exactly the right ones win, and nobody gets a 5xx.

use futures_util::future::join_all;
use serde_json::{Value, json};

use super::{Town, ask, post, step};
use crate::support::Answer;

const ROUNDS: usize = 15;

/// The statuses, in order; none of them a failure of ours.
fn statuses(answers: &[Answer]) -> Vec<u16> {
    assert!(answers.iter().all(|answer| answer.status < 500), "{:?}", answers.iter().map(|answer| &answer.text).collect::<Vec<_>>());
    let mut statuses: Vec<u16> = answers.iter().map(|answer| answer.status).collect();
    statuses.sort_unstable();
    statuses
}

#[actix_web::test]
async fn two_who_accept_the_same_interest_at_once_make_one_exchange() {
    let town = Town::new().await;
    let edd = town.app.member(&town.owner, "Edd", "editor").await;
    for round in 0..ROUNDS {
        let interest = town.interest_of(&town.another(&format!("Group {round}")).await, json!({"quantity": 2})).await;
        let at = format!("/v1/interests/{interest}/accept");
        let answers = join_all([town.owner.owner.post(&at, json!({})), edd.post(&at, json!({}))]).await;
        assert_eq!(statuses(&answers), [201, 409]);
        assert!(answers.iter().any(|answer| answer.body["code"] == "wrong_state"));
        assert_eq!(town.left().await, 38 - 2 * i64::try_from(round).unwrap());
    }
}

#[actix_web::test]
async fn the_last_one_goes_to_exactly_one_of_those_who_are_accepted_at_once() {
    let town = Town::new().await;
    let mut groups = Vec::new();
    for number in 0..4 {
        groups.push(town.another(&format!("Group {number}")).await);
    }
    for quantity in [1, 3].repeat(ROUNDS / 2) {
        let listing = post(&town.owner, json!({"kind": "offer", "title": "Tea urns", "quantity": quantity})).await;
        let said = join_all(groups.iter().map(|group| ask(group, &listing, json!({})))).await;
        let ids: Vec<String> = said.into_iter().map(|said| said.expect(201).str("/id")).collect();
        let answers = join_all(ids.iter().map(|id| step(&town.owner, id, "accept", json!({})))).await;
        let winners = usize::try_from(quantity).unwrap();
        let expected = [vec![201; winners], vec![409; groups.len() - winners]].concat();
        assert_eq!(statuses(&answers), expected);
        assert!(answers.iter().all(|answer| answer.status == 201 || answer.body["code"] == "not_enough_left"));
        let left = town.owner.owner.get(format!("/v1/listings/{listing}")).await.body["quantity_left"].clone();
        assert_eq!(left, 0);
    }
}

#[actix_web::test]
async fn two_interests_that_need_the_same_two_listings_do_not_wait_for_each_other() {
    let town = Town::new().await;
    for _ in 0..ROUNDS {
        let offer = post(&town.owner, json!({"kind": "offer", "title": "Tea urn"})).await;
        let want = post(&town.asker, json!({"kind": "want", "title": "Tea urn"})).await;
        let would = ask(&town.asker, &offer, json!({"with_listing_id": want})).await.expect(201).str("/id");
        let could = ask(&town.owner, &want, json!({"with_listing_id": offer})).await.expect(201).str("/id");
        let (one, other) = tokio::join!(step(&town.owner, &would, "accept", json!({})), step(&town.asker, &could, "accept", json!({})));
        assert_eq!(statuses(&[one, other]), [201, 409]);
    }
}

#[actix_web::test]
async fn accepting_while_the_listing_is_taken_back_either_comes_first_or_not_at_all() {
    let town = Town::new().await;
    for round in 0..ROUNDS {
        let listing = post(&town.owner, json!({"kind": "offer", "title": "Tea urn"})).await;
        let interest = ask(&town.another(&format!("Group {round}")).await, &listing, json!({})).await.expect(201).str("/id");
        let (accepted, withdrawn) = tokio::join!(
            step(&town.owner, &interest, "accept", json!({})),
            town.owner.owner.post(format!("/v1/listings/{listing}/withdraw"), json!({}))
        );
        assert_eq!(withdrawn.status, 200, "{}", withdrawn.text);
        assert!([201, 409].contains(&accepted.status), "{}", accepted.text);
        let promised = 1 - town.owner.owner.get(format!("/v1/listings/{listing}")).await.body["quantity_left"].as_i64().unwrap();
        assert_eq!(promised, i64::from(accepted.status == 201));
    }
}

#[actix_web::test]
async fn accepting_while_it_is_taken_back_or_declined_ends_it_in_one_way() {
    let town = Town::new().await;
    for round in 0..ROUNDS {
        let group = town.another(&format!("Group {round}")).await;
        let interest = town.interest_of(&group, json!({})).await;
        let answers = tokio::join!(
            step(&town.owner, &interest, "accept", json!({})),
            step(&group, &interest, "withdraw", Value::Null),
            step(&town.owner, &interest, "decline", json!({}))
        );
        let answers = [answers.0, answers.1, answers.2];
        let done: Vec<&Answer> = answers.iter().filter(|answer| answer.status < 300).collect();
        statuses(&answers);
        assert_eq!(done.len(), 1);
        assert_eq!(group.owner.get(format!("/v1/interests/{interest}")).await.body["state"], done[0].body["state"]);
    }
}

#[actix_web::test]
async fn accepting_while_the_program_answers_ends_it_in_one_way() {
    use gotit::interests::jobs::answer_unanswered;
    let mut town = Town::new().await;
    let mut interests = Vec::new();
    for round in 0..ROUNDS {
        interests.push(town.interest_of(&town.another(&format!("Group {round}")).await, json!({})).await);
    }
    town.later(chrono::Duration::days(8));
    let (mut conn, now) = (town.app.conn().await, town.app.now());
    let (accepted, answered) =
        tokio::join!(join_all(interests.iter().map(|id| step(&town.owner, id, "accept", json!({})))), answer_unanswered(&mut conn, now));
    statuses(&accepted);
    let won = accepted.iter().filter(|answer| answer.status == 201).count();
    let later = answer_unanswered(&mut conn, now).await.unwrap();
    assert_eq!(won + answered.unwrap() + later, ROUNDS);
    assert_eq!(town.left().await, 40 - i64::try_from(won).unwrap());
}

#[actix_web::test]
async fn a_group_that_asks_several_times_at_once_has_asked_once() {
    let town = Town::new().await;
    let answers = join_all((0..5).map(|_| ask(&town.asker, &town.chairs, json!({})))).await;
    assert_eq!(statuses(&answers), [201, 409, 409, 409, 409]);
    let keyed = town.another("Knitters").await;
    let client = keyed.owner.with("idempotency-key", "once");
    let answers = join_all((0..3).map(|_| super::ask_by(&client, &keyed, &town.chairs, json!({})))).await;
    let said: Vec<_> = answers.iter().filter(|answer| answer.status == 201).map(|answer| answer.str("/id")).collect();
    assert!(!said.is_empty() && said.iter().all(|id| *id == said[0]), "{said:?}");
    assert!(answers.iter().all(|answer| answer.status == 201 || answer.body["code"] == "idempotency_in_progress"));
}
