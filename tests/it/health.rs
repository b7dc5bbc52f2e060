//! Whether the program says truly how it is, and answers in problem documents whatever is sent.

use crate::support::TestApp;

#[actix_web::test]
async fn a_new_server_is_live_and_ready() {
    let app = TestApp::start().await;
    assert_eq!(app.visitor().get("/health/live").await.expect(200).body["status"], "ok");
    assert_eq!(app.visitor().get("/health/ready").await.expect(200).body["status"], "ok");
}

#[actix_web::test]
async fn unknown_addresses_and_methods_are_problems_that_help() {
    let app = TestApp::start().await;
    let lost = app.visitor().get("/v1/nothing").await.problem(404, "not_found");
    assert_eq!(lost.header("content-type"), "application/problem+json");
    assert_eq!(lost.body["instance"], "/v1/nothing");
    assert_eq!(lost.body["request_id"], lost.header("x-request-id"));
    let wrong = app.visitor().delete("/health/live").await.problem(405, "method_not_allowed");
    assert_eq!(wrong.header("allow"), "GET");
}
