//! What comes over the wire from clients that are slow, broken or hostile: an answer or an end in bounded time, never a 500.

use std::time::Duration;

use gotit::{db::DbConfig, http::body::LimitsConfig};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::support::{TestApp, ends, eventually};

/// A server that has little patience. (actix-web's clock ticks twice a second: deadlines much shorter than this are past at once.)
async fn impatient() -> TestApp {
    let limits = LimitsConfig { head_ms: 1200, body_ms: 400, idle_ms: 1200, body_bytes: 1000, ..LimitsConfig::default() };
    TestApp::start_with(limits, DbConfig { db_connections: 2, ..DbConfig::default() }).await
}

async fn connect(app: &TestApp) -> TcpStream {
    TcpStream::connect(app.address).await.expect("a connection")
}

/// What the server still says before it ends the connection.
async fn rest(stream: &mut TcpStream) -> String {
    let mut said = Vec::new();
    // A reset is an end too.
    ends("the connection ends", stream.read_to_end(&mut said)).await.ok();
    String::from_utf8_lossy(&said).into_owned()
}

/// Sends bytes and gives what the server says until it ends the connection.
async fn say(app: &TestApp, bytes: &[u8]) -> String {
    let mut stream = connect(app).await;
    stream.write_all(bytes).await.ok();
    rest(&mut stream).await
}

fn status(said: &str) -> u16 {
    said.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or_else(|| panic!("no status: {said:?}"))
}

/// Reads one answer, whose body is of known length, from a connection that stays open.
async fn one_answer(stream: &mut TcpStream) -> String {
    let mut said = Vec::new();
    loop {
        let text = String::from_utf8_lossy(&said).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head.to_lowercase().lines().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok()).unwrap_or(0);
            if body.len() >= length {
                return text;
            }
        }
        let mut chunk = [0; 4096];
        let read = ends("something comes", stream.read(&mut chunk)).await.expect("bytes");
        assert!(read > 0, "the connection ended after {text:?}");
        said.extend_from_slice(&chunk[..read]);
    }
}

#[actix_web::test]
async fn a_head_that_never_ends_is_given_up() {
    let app = impatient().await;
    let said = say(&app, b"GET /health/live HTTP/1.1\r\nHost: x\r\nX-Slow: ").await;
    assert!(said.is_empty() || status(&said) == 408, "{said}");
}

#[actix_web::test]
async fn a_head_that_drips_in_is_given_up() {
    let app = impatient().await;
    let mut stream = connect(&app).await;
    eventually("it is read no more", async || stream.write_all(b"G").await.is_err() || stream.try_read(&mut [0; 1]).is_ok()).await;
}

#[actix_web::test]
async fn a_second_head_that_never_ends_is_given_up_too() {
    let app = impatient().await;
    let mut stream = connect(&app).await;
    stream.write_all(b"GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n").await.expect("sent");
    assert_eq!(status(&one_answer(&mut stream).await), 200);
    stream.write_all(b"GET /health/live HT").await.expect("sent");
    rest(&mut stream).await;
}

#[actix_web::test]
async fn a_silent_connection_is_ended() {
    let app = impatient().await;
    assert!(rest(&mut connect(&app).await).await.len() < 200);
}

#[actix_web::test]
async fn a_connection_serves_several_requests() {
    let limits = LimitsConfig { idle_ms: 5000, head_ms: 5000, ..LimitsConfig::default() };
    let app = TestApp::start_with(limits, DbConfig::default()).await;
    let mut stream = connect(&app).await;
    for _ in 0..15 {
        stream.write_all(b"GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n").await.expect("sent");
        assert_eq!(status(&one_answer(&mut stream).await), 200);
        // Longer in all than a connection may be quiet.
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
}

#[actix_web::test]
async fn a_body_that_stalls_is_a_408() {
    let app = impatient().await;
    let head = "POST /v1/sessions HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n";
    for rest in ["Content-Length: 50\r\n\r\n{\"em", "Transfer-Encoding: chunked\r\n\r\n3\r\n{\"e\r\n"] {
        let mut stream = connect(&app).await;
        stream.write_all(format!("{head}{rest}").as_bytes()).await.expect("sent");
        let said = one_answer(&mut stream).await;
        assert_eq!(status(&said), 408, "{said}");
        assert!(said.contains("body_timeout"), "{said}");
        // The next bytes must not be taken for a request.
        stream.write_all(b"GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n").await.ok();
        assert!(!crate::wire::rest(&mut stream).await.contains("200 OK"));
    }
}

#[actix_web::test]
async fn a_body_that_breaks_off_is_no_fault_of_ours() {
    let app = impatient().await;
    let mut stream = connect(&app).await;
    let head = "POST /v1/sessions HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 50\r\n\r\n{\"em";
    stream.write_all(head.as_bytes()).await.expect("sent");
    stream.shutdown().await.expect("half closed");
    let said = rest(&mut stream).await;
    assert!(said.is_empty() || status(&said) < 500, "{said}");
}

#[actix_web::test]
async fn a_body_over_the_limit_is_a_413_however_it_is_sent() {
    let app = impatient().await;
    let head = "POST /v1/sessions HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n";
    let body = "x".repeat(1001);
    let known = format!("{head}Content-Length: 1001\r\n\r\n{body}");
    let chunked = format!("{head}Transfer-Encoding: chunked\r\n\r\n3e9\r\n{body}\r\n0\r\n\r\n");
    let huge = format!("{head}Content-Length: 99999999999\r\n\r\n{body}");
    for request in [known, chunked, huge] {
        let mut stream = connect(&app).await;
        stream.write_all(request.as_bytes()).await.expect("sent");
        let said = one_answer(&mut stream).await;
        assert_eq!(status(&said), 413, "{said}");
        assert!(said.contains("body_too_large") && said.contains("application/problem+json"), "{said}");
    }
    let fits = format!("{head}Connection: close\r\nContent-Length: 1000\r\n\r\n{}", "x".repeat(1000));
    assert_eq!(status(&say(&app, fits.as_bytes()).await), 400);
}

#[actix_web::test]
async fn heads_of_any_size_are_answered_or_refused() {
    let app = impatient().await;
    let many = (0..500).map(|n| format!("X-{n}: y\r\n")).collect::<String>();
    let long = "y".repeat(300_000);
    let heads = [
        format!("GET /health/live HTTP/1.1\r\nHost: x\r\n{many}\r\n"),
        format!("GET /health/live HTTP/1.1\r\nHost: x\r\nX-Long: {long}\r\n\r\n"),
        format!("GET /v1/listings?q={long} HTTP/1.1\r\nHost: x\r\n\r\n"),
        format!("GET /v1/{} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", "y".repeat(60_000)),
        format!("GET /v1/networks?cursor={} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", "y".repeat(60_000)),
    ];
    for head in heads {
        let said = say(&app, head.as_bytes()).await;
        // Where the server ends a connection that it has not read to the end, its answer may be lost on the way.
        assert!(said.is_empty() || (400..500).contains(&status(&said)), "{}: {said}", &head[..60]);
    }
}

#[actix_web::test]
async fn garbage_is_refused_and_harms_nobody() {
    let app = impatient().await;
    let garbage: [&[u8]; 12] = [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 a TLS greeting \r\n\r\n",
        b"\0\0\0\0\0\0\0\0\r\n\r\n",
        b"\xff\xfe\xfd / HTTP/1.1\r\n\r\n",
        b"GET / HTTP/9.9\r\nHost: x\r\n\r\n",
        b"GET /\xff\xfe HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
        b"GET /v1/listings/%ff%00%c3 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
        b"GET /v1/networks?a=%ff%00&b=%zz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
        b"GET http://[::1 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
        b"POST /v1/sessions HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n{}",
        b"POST /v1/sessions HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n{}",
        b"POST /v1/sessions HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    ];
    for bytes in garbage {
        let said = say(&app, bytes).await;
        let shown = String::from_utf8_lossy(bytes);
        assert!(said.is_empty() || (400..500).contains(&status(&said)), "{shown:?}: {said}");
    }
    for header in ["authorization", "if-match", "idempotency-key", "x-forwarded-for", "accept-encoding", "origin"] {
        let request = format!("GET /v1/networks HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{header}: ");
        let said = say(&app, &[request.as_bytes(), b"\xff\xfe, \x80;;==\r\n\r\n"].concat()).await;
        assert!(status(&said) < 500, "{header}: {said}");
    }
    app.visitor().get("/health/live").await.expect(200);
}

#[actix_web::test]
async fn methods_that_nobody_knows_are_refused() {
    let app = impatient().await;
    for (method, expected) in [("BREW", 405), ("TRACE", 405), ("OPTIONS", 405)] {
        let said = say(&app, format!("{method} /health/live HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").as_bytes()).await;
        assert_eq!(status(&said), expected, "{said}");
    }
}

#[actix_web::test]
async fn head_is_get_without_the_body() {
    let app = impatient().await;
    let ask =
        async |method, path: &str| say(&app, format!("{method} {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").as_bytes()).await;
    for (path, expected) in
        [("/health/live", 200), ("/v1/networks", 200), ("/openapi.yaml", 200), ("/v1/nothing", 404), ("/v1/users/me", 401)]
    {
        let (head, get) = (ask("HEAD", path).await, ask("GET", path).await);
        assert_eq!((status(&head), status(&get)), (expected, expected), "{path}");
        assert!(head.ends_with("\r\n\r\n"), "{path} has a body: {head}");
        let length = |said: &str| said.to_lowercase().lines().find(|line| line.starts_with("content-length")).map(str::to_owned);
        if expected == 200 {
            assert_eq!(length(&head), length(&get), "{path}");
        }
    }
}

#[actix_web::test]
async fn a_client_that_asks_before_it_sends_is_told_to_go_on() {
    let app = impatient().await;
    let mut stream = connect(&app).await;
    let head =
        "POST /v1/sessions HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n";
    stream.write_all(head.as_bytes()).await.expect("sent");
    assert!(one_answer(&mut stream).await.starts_with("HTTP/1.1 100"));
    stream.write_all(b"{}").await.expect("sent");
    assert_eq!(status(&one_answer(&mut stream).await), 422);
}
