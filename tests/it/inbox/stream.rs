//! Notices as they come: through any process, in order, none lost and none twice, and over when they should be.

use std::{
    net::{SocketAddr, TcpListener},
    sync::Arc,
    time::Duration,
};

use actix_web::web::Data;
use gotit::{
    app::{self, App},
    config::AppConfig,
    db::{Db, DbConfig},
    http::body::LimitsConfig,
    inbox::{Notice, Topic},
    types::Clock,
};
use serde_json::json;

use super::{Town, tell, to_person};
use crate::support::{CATALOGUE, EventStream, Person, Program, TestApp, eventually};

const MINE: &str = "/v1/users/me/inbox/stream";

async fn watch(address: SocketAddr, person: &Person, path: &str, after: Option<&str>) -> EventStream {
    EventStream::open(address, person.token.as_deref().unwrap(), path, after).await
}

/// A second server on the same database, with the same clock.
async fn beside(app: &TestApp) -> (Data<App>, SocketAddr) {
    let db = Db::new(&app.database.url, &DbConfig { db_connections: 4, ..DbConfig::default() }).unwrap();
    let state = app.state.clone();
    let clock = Clock::from_fn(move || state.clock.now());
    let other = Data::new(App::new(db, clock, Arc::clone(&CATALOGUE), AppConfig::default()).await.unwrap());
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(app::server(other.clone(), listener, &LimitsConfig::default(), 1, Duration::from_secs(1)).unwrap());
    (other, address)
}

#[actix_web::test]
async fn a_notice_made_through_one_process_is_seen_on_the_stream_of_another() {
    let town = Town::new().await;
    let (_other, address) = beside(&town.app).await;
    let path = town.at("inbox/stream");
    let mut here = watch(town.app.address, &town.marys.owner, &path, None).await;
    let mut there = watch(address, &town.marys.owner, &path, None).await;
    let mut mine = watch(address, &town.marys.owner, MINE, None).await;
    town.write(3).await;
    for stream in [&mut here, &mut there, &mut mine] {
        let event = stream.next().await.unwrap();
        assert_eq!((event.name.as_str(), &event.data["number"], &event.data["read"]), ("notice", &json!(1), &json!(false)));
        assert_eq!(event.data["sentence"], "Caffi'r Môr has written to you about \"Forty folding chairs\".");
        assert_eq!(stream.numbers(2).await, [2, 3]);
    }
    assert_eq!((here.last_id.as_deref(), there.last_id.as_deref()), (Some("3"), Some("3")));
}

#[actix_web::test]
async fn coming_back_loses_and_repeats_nothing_whichever_process_it_is() {
    let town = Town::new().await;
    let (_other, other) = beside(&town.app).await;
    let owner = &town.marys.owner;
    town.write(2).await;
    for path in [town.at("inbox/stream"), MINE.to_owned()] {
        let mut last = None;
        let mut expected = Vec::new();
        let mut seen = Vec::new();
        let first = watch(town.app.address, owner, &path, None).await;
        let mut id = first.last_id.clone();
        drop(first);
        for round in 0..6 {
            // Some while nobody watches, some while somebody does.
            town.write(2).await;
            let address = if round % 2 == 0 { other } else { town.app.address };
            let mut stream = watch(address, owner, &path, id.as_deref()).await;
            seen.extend(stream.numbers(1).await);
            if round % 3 == 0 {
                town.write(1).await;
                seen.extend(stream.numbers(2).await);
            }
            id = stream.last_id.clone();
            last = seen.last().copied();
        }
        let mut stream = watch(other, owner, &path, id.as_deref()).await;
        let total = owner.get("/v1/users/me/inbox/counts").await.expect(200).body["inboxes"][1]["last_number"].as_i64().unwrap();
        let left = usize::try_from(total - last.unwrap()).unwrap();
        seen.extend(stream.numbers(left).await);
        expected.extend(seen[0]..=total);
        assert_eq!(seen, expected);
    }
}

#[actix_web::test]
async fn a_killed_server_costs_no_notice() {
    let town = Town::new().await;
    let owner = &town.marys.owner;
    let mut program = Program::on_database(&town.app.database.url, &["--no-worker"]);
    let mut stream = watch(program.address(), owner, MINE, None).await;
    town.write(2).await;
    assert_eq!(stream.numbers(2).await, [1, 2]);
    program.send("KILL");
    program.ended();
    assert_eq!(stream.next().await, None);
    town.write(2).await;
    let again = Program::on_database(&town.app.database.url, &["--no-worker"]);
    let mut stream = watch(again.address(), owner, MINE, stream.last_id.as_deref()).await;
    town.write(1).await;
    assert_eq!(stream.numbers(3).await, [3, 4, 5]);
}

#[actix_web::test]
async fn a_persons_stream_takes_in_groups_that_are_joined_and_lets_go_of_those_that_are_left() {
    let town = Town::new().await;
    let nia = town.app.person("Nia").await;
    town.write(3).await;
    let mut stream = watch(town.app.address, &nia, MINE, None).await;
    tell(&town.app, vec![to_person(nia.id, Topic::ListingsWoke)]).await;
    assert_eq!(stream.next().await.unwrap().data["group_id"], json!(null));
    town.app.sql(&format!("insert into memberships values ('{}', '{}', 'viewer', now())", town.marys.id, nia.id)).await;
    // It looks for new groups from time to time; what is written before it has is not for her.
    let event = loop {
        town.write(1).await;
        if let Ok(event) = stream.next_within(Duration::from_secs(1)).await {
            break event.expect("the stream goes on");
        }
    };
    assert_eq!(event.data["group_id"], json!(town.marys.id));
    assert!(event.data["number"].as_i64() > Some(3), "not what was before: {event:?}");
    town.app.sql(&format!("delete from memberships where user_id = '{}'", nia.id)).await;
    town.write(1).await;
    assert!(stream.next_within(Duration::from_secs(3)).await.is_err());
    tell(&town.app, vec![to_person(nia.id, Topic::ListingsWoke)]).await;
    assert_eq!(stream.next().await.unwrap().data["group_id"], json!(null));
}

#[actix_web::test]
async fn who_comes_back_sees_what_a_group_was_told_that_was_joined_meanwhile() {
    let town = Town::new().await;
    let nia = town.app.person("Nia").await;
    town.write(2).await;
    let stream = watch(town.app.address, &nia, MINE, None).await;
    let last = stream.last_id.clone();
    drop(stream);
    town.app.sql(&format!("insert into memberships values ('{}', '{}', 'viewer', now())", town.marys.id, nia.id)).await;
    town.write(2).await;
    let mut stream = watch(town.app.address, &nia, MINE, last.as_deref()).await;
    assert_eq!(stream.numbers(2).await, [3, 4], "and nothing from before");
}

#[actix_web::test]
async fn a_stream_ends_with_the_token_the_session_and_the_membership() {
    let town = Town::new().await;
    let path = town.at("inbox/stream");
    let [ben, carys] = [town.app.member(&town.marys, "Ben", "viewer").await, town.app.member(&town.marys, "Carys", "viewer").await];
    let mut of_ben = watch(town.app.address, &ben, &path, None).await;
    let mut of_carys = watch(town.app.address, &carys, &path, None).await;
    let mut own = watch(town.app.address, &carys, MINE, None).await;
    let mut of_owner = watch(town.app.address, &town.marys.owner, &path, None).await;
    ben.delete("/v1/sessions/current").await.expect(204);
    town.app.sql(&format!("delete from memberships where user_id = '{}'", carys.id)).await;
    for (stream, reason) in [(&mut of_ben, "session_ended"), (&mut of_carys, "not_a_member")] {
        let event = stream.next().await.unwrap();
        assert_eq!((event.name.as_str(), &event.data["reason"], event.id), ("end", &json!(reason), None));
        assert_eq!(stream.next().await, None);
    }
    // The others go on, until their tokens end.
    town.write(1).await;
    assert_eq!(of_owner.numbers(1).await, [1]);
    town.app.advance(chrono::Duration::minutes(16));
    for stream in [&mut own, &mut of_owner] {
        assert_eq!(stream.next().await.unwrap().data["reason"], "token_expired");
        assert_eq!(stream.next().await, None);
    }
    eventually("nothing is left of them", async || town.app.state.streams.is_empty()).await;
}

#[actix_web::test]
async fn one_person_has_five_streams_at_most_and_closing_one_makes_room() {
    let town = Town::new().await;
    let mut streams = Vec::new();
    for _ in 0..5 {
        streams.push(watch(town.app.address, &town.marys.owner, MINE, None).await);
    }
    let refused = town.marys.owner.get(MINE).await.problem(429, "too_many_requests");
    assert!(refused.header("retry-after").parse::<u32>().unwrap() > 0);
    town.bank.owner.get(MINE).await.expect(200);
    streams.pop();
    eventually("there is room again", async || town.marys.owner.get(MINE).await.status == 200).await;
}

#[actix_web::test]
async fn an_id_that_is_none_of_ours_is_refused() {
    let town = Town::new().await;
    for (path, id) in
        [(MINE.to_owned(), "12"), (MINE.to_owned(), "***"), (town.at("inbox/stream"), "AAAA"), (town.at("inbox/stream"), "-1")]
    {
        town.marys.owner.with("last-event-id", id).get(path).await.problem(400, "invalid_cursor");
    }
    // One ahead of what there is (the database was restored, say) goes on from there.
    town.write(1).await;
    let mut stream = watch(town.app.address, &town.marys.owner, &town.at("inbox/stream"), Some("99")).await;
    assert_eq!(stream.last_id.as_deref(), Some("1"));
    town.write(1).await;
    assert_eq!(stream.numbers(1).await, [2]);
}

#[actix_web::test]
async fn somebody_elses_position_shows_nothing_of_theirs() {
    let town = Town::new().await;
    town.write(2).await;
    let mut owners = watch(town.app.address, &town.marys.owner, MINE, None).await;
    town.write(1).await;
    owners.numbers(1).await;
    let nia = town.app.person("Nia").await;
    let mut stream = watch(town.app.address, &nia, MINE, owners.last_id.as_deref()).await;
    town.write(1).await;
    assert!(stream.next_within(Duration::from_secs(3)).await.is_err());
}

#[actix_web::test]
async fn a_client_that_does_not_read_holds_back_nobody_and_gets_the_rest_later() {
    let town = Town::new().await;
    let path = town.at("inbox/stream");
    let mut lazy = watch(town.app.address, &town.marys.owner, &path, None).await;
    let mut eager = watch(town.app.address, &town.marys.owner, &path, None).await;
    // Far more than the channel and the socket's buffers hold, were it all sent.
    town.write(1).await;
    town.app
        .sql("insert into notices (inbox_id, number, topic, facts, created_at) select id, n, 'message_received', '{}', now() from inboxes, generate_series(2, 200) n;
              update inboxes set last_number = 200")
        .await;
    assert_eq!(eager.numbers(200).await, (1..=200).collect::<Vec<_>>());
    assert_eq!(lazy.numbers(200).await, (1..=200).collect::<Vec<_>>());
}

#[actix_web::test]
async fn a_quiet_stream_says_that_it_is_there_and_is_not_taken_for_dead() {
    let limits = LimitsConfig { answer_ms: 5_000, head_ms: 9_000, idle_ms: 9_000, ..LimitsConfig::default() };
    let app = TestApp::start_with(limits, DbConfig::default()).await;
    let nia = app.person("Nia").await;
    let mut stream = watch(app.address, &nia, MINE, None).await;
    // After 15 s and after 30 s; either limit would have ended it before the second.
    while stream.comments < 2 {
        assert!(stream.next_within(Duration::from_secs(1)).await.is_err(), "there is no event, and no end");
    }
    tell(&app, vec![to_person(nia.id, Topic::ListingsWoke)]).await;
    assert_eq!(stream.numbers(1).await, [1]);
}

#[actix_web::test]
async fn a_database_that_is_away_for_a_while_ends_no_stream() {
    let town = Town::new().await;
    let mut stream = watch(town.app.address, &town.marys.owner, MINE, None).await;
    town.app.sql("alter table inboxes rename to away").await;
    tokio::time::sleep(Duration::from_millis(2500)).await;
    town.app.sql("alter table away rename to inboxes").await;
    town.write(1).await;
    assert_eq!(stream.numbers(1).await, [1]);
}

#[actix_web::test]
async fn a_stop_ends_streams_at_once_with_a_word() {
    let town = Town::new().await;
    let mut program = Program::on_database(&town.app.database.url, &["--no-worker"]);
    let mut stream = watch(program.address(), &town.marys.owner, MINE, None).await;
    program.send("TERM");
    assert_eq!(stream.next().await.unwrap().data["reason"], "stopping");
    assert_eq!(stream.next().await, None);
    assert_eq!(program.ended().code(), Some(0), "{}", program.said());
}

#[actix_web::test]
async fn compression_does_not_hold_events_back() {
    let town = Town::new().await;
    let answer = town.marys.owner.with("accept-encoding", "gzip, br").get(MINE).await.expect(200);
    assert_eq!(answer.header("content-encoding"), "identity");
    assert!(answer.text.starts_with("retry: 3000\nid: "), "{}", answer.text);
}

#[actix_web::test]
async fn notices_of_other_groups_are_not_seen() {
    let town = Town::new().await;
    let mut stream = watch(town.app.address, &town.marys.owner, MINE, None).await;
    tell(&town.app, vec![Notice::to_group(town.bank.id, Topic::ListingsWoke), to_person(town.bank.owner.id, Topic::ListingsWoke)]).await;
    town.write(1).await;
    assert_eq!(stream.next().await.unwrap().data["topic"], "message_received");
    assert!(stream.next_within(Duration::from_secs(3)).await.is_err());
}
