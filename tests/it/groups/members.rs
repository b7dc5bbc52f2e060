//! The people of a group: roles, removal, leaving, and the owner that every group keeps.

use futures_util::future::join;
use gotit::types::ids::UserId;
use serde_json::json;

use crate::{accounts::texts, support::TestApp};

#[actix_web::test]
async fn members_see_each_other_and_outsiders_do_not() {
    let app = TestApp::start().await;
    let network = app.network("stoke").await;
    let group = app.group(network, "Pantry").await;
    let path = format!("/v1/groups/{}/members", group.id);
    let vi = app.member(&group, "Vi", "viewer").await;
    let list = vi.get(&path).await.expect(200);
    assert_eq!(list.each("/role"), ["owner", "viewer"]);
    assert!(!list.text.contains('@'));
    let first = vi.get(format!("{path}?limit=1")).await.expect(200);
    assert_eq!(vi.get(format!("{path}?limit=1&cursor={}", first.str("/next_cursor"))).await.expect(200).each("/name"), ["Vi"]);
    app.visitor().get(&path).await.problem(401, "not_signed_in");
    app.person("Ben").await.get(&path).await.problem(403, "not_allowed");
    app.staff(network, "Mair", "coordinator").await.get(&path).await.problem(403, "not_allowed");
}

#[actix_web::test]
async fn a_changed_role_and_a_removal_work_at_once() {
    let app = TestApp::start().await;
    let group = app.group(app.network("stoke").await, "Pantry").await;
    let path = format!("/v1/groups/{}", group.id);
    let (ed, vi) = (app.member(&group, "Ed", "editor").await, app.member(&group, "Vi", "viewer").await);
    let of = |id: UserId| format!("{path}/members/{id}");
    vi.patch(&path, "*", json!({"description": "Mine"})).await.problem(403, "not_allowed");
    let changed = group.owner.client.send(reqwest::Method::PATCH, &of(vi.id), Some(json!({"role": "editor"}))).await.expect(200);
    assert_eq!((changed.str("/name"), changed.str("/role")), ("Vi".into(), "editor".into()));
    vi.patch(&path, "*", json!({"description": "Ours"})).await.expect(200);

    ed.send(reqwest::Method::PATCH, &of(ed.id), Some(json!({"role": "owner"}))).await.problem(403, "not_allowed");
    ed.delete(of(vi.id)).await.problem(403, "not_allowed");
    let change = |id: UserId, body| group.owner.send(reqwest::Method::PATCH, of(id).leak(), Some(body));
    change(UserId::new(), json!({"role": "owner"})).await.problem(404, "not_found");
    change(vi.id, json!({"role": "king"})).await.problem(422, "invalid_fields").refuses("/role", "not_one_of");
    app.visitor().send(reqwest::Method::PATCH, &of(vi.id), Some(json!({"role": "owner"}))).await.problem(401, "not_signed_in");
    app.visitor().delete(of(vi.id)).await.problem(401, "not_signed_in");
    app.person("Ben").await.delete(of(vi.id)).await.problem(403, "not_allowed");

    group.owner.delete(of(vi.id)).await.expect(204);
    vi.patch(&path, "*", json!({"description": "Still mine"})).await.problem(403, "not_allowed");
    group.owner.delete(of(vi.id)).await.problem(404, "not_found");
    ed.delete(of(ed.id)).await.expect(204);
    ed.get(format!("{path}/members")).await.problem(403, "not_allowed");
}

#[actix_web::test]
async fn the_last_owner_can_neither_leave_nor_step_down() {
    let app = TestApp::start().await;
    let group = app.group(app.network("stoke").await, "Pantry").await;
    let own = format!("/v1/groups/{}/members/{}", group.id, group.owner.id);
    // Alone, and with others.
    for _ in 0..2 {
        group.owner.delete(&own).await.problem(409, "last_owner");
        group.owner.send(reqwest::Method::PATCH, &own, Some(json!({"role": "viewer"}))).await.problem(409, "last_owner");
        app.sql("delete from users where name = 'Ed'").await;
        app.member(&group, "Ed", "editor").await;
    }
}

#[actix_web::test]
async fn an_owner_who_steps_down_did_so_as_an_owner() {
    let app = TestApp::start().await;
    let group = app.group(app.network("stoke").await, "Pantry").await;
    app.member(&group, "Ed", "owner").await;
    let own = format!("/v1/groups/{}/members/{}", group.id, group.owner.id);
    group.owner.send(reqwest::Method::PATCH, &own, Some(json!({"role": "viewer"}))).await.expect(200);
    let act = "select concat_ws(' ', actor_role, before ->> 'role', after ->> 'role') as text from audit_entries where action = 'change_member_role'";
    assert_eq!(texts(&app, act).await, ["owner owner viewer"]);
}

#[actix_web::test]
async fn of_two_owners_who_leave_at_the_same_moment_one_stays() {
    let app = TestApp::start().await;
    let network = app.network("stoke").await;
    for (round, with_others) in [(0, false), (1, true), (2, false), (3, true)] {
        let group = app.group(network, &format!("Pantry {round}")).await;
        let second = app.member(&group, &format!("Second{round}"), "owner").await;
        if with_others {
            app.member(&group, &format!("Vi{round}"), "viewer").await;
        }
        let of = |id: UserId| format!("/v1/groups/{}/members/{id}", group.id);
        let (a, b) = join(group.owner.delete(of(group.owner.id)), second.delete(of(second.id))).await;
        let mut statuses = [a.status, b.status];
        statuses.sort_unstable();
        assert_eq!(statuses, [204, 409], "{} {}", a.text, b.text);
        app.sql(&format!(
            "do $$ begin assert (select count(*) = 1 from memberships where group_id = '{}' and role = 'owner'); end $$",
            group.id
        ))
        .await;
    }
}

#[actix_web::test]
async fn two_owners_who_demote_each_other_at_the_same_moment_leave_one_owner() {
    let app = TestApp::start().await;
    let group = app.group(app.network("stoke").await, "Pantry").await;
    let second = app.member(&group, "Second", "owner").await;
    let of = |id: UserId| format!("/v1/groups/{}/members/{id}", group.id);
    let (owners, seconds) = (of(group.owner.id), of(second.id));
    let body = || Some(json!({"role": "viewer"}));
    let (a, b) =
        join(group.owner.send(reqwest::Method::PATCH, &seconds, body()), second.send(reqwest::Method::PATCH, &owners, body())).await;
    let mut statuses = [a.status, b.status];
    statuses.sort_unstable();
    assert!(statuses == [200, 409] || statuses == [200, 403], "{} {}", a.text, b.text);
}
