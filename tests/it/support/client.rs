//! A client over a real socket. Every answer is checked against the contract.

use std::{net::SocketAddr, sync::LazyLock};

use reqwest::{Method, header::HeaderMap};
use serde_json::Value;

use super::contract::CONTRACT;

static HTTP: LazyLock<reqwest::Client> = LazyLock::new(|| {
    reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).pool_max_idle_per_host(0).build().expect("an HTTP client")
});

/// Somebody who sends requests: a visitor, or a person with a token.
#[derive(Clone)]
pub struct Client {
    base: String,
    pub token: Option<String>,
    headers: Vec<(&'static str, String)>,
}

/// An answer, read to its end.
#[derive(Debug, Clone)]
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub text: String,
    pub body: Value,
}

impl Client {
    pub fn new(address: SocketAddr, token: Option<String>) -> Self {
        Self { base: format!("http://{address}"), token, headers: Vec::new() }
    }

    /// The same client sending one more header.
    pub fn with(&self, name: &'static str, value: impl ToString) -> Self {
        let mut client = self.clone();
        client.headers.push((name, value.to_string()));
        client
    }

    pub async fn get(&self, path: impl AsRef<str>) -> Answer {
        self.send(Method::GET, path.as_ref(), None).await
    }

    pub async fn post(&self, path: impl AsRef<str>, body: Value) -> Answer {
        self.send(Method::POST, path.as_ref(), Some(body)).await
    }

    pub async fn put(&self, path: impl AsRef<str>, body: Value) -> Answer {
        self.send(Method::PUT, path.as_ref(), Some(body)).await
    }

    /// PATCH with If-Match.
    pub async fn patch(&self, path: impl AsRef<str>, etag: &str, body: Value) -> Answer {
        self.with("if-match", etag).send(Method::PATCH, path.as_ref(), Some(body)).await
    }

    pub async fn delete(&self, path: impl AsRef<str>) -> Answer {
        self.send(Method::DELETE, path.as_ref(), None).await
    }

    pub async fn send(&self, method: Method, path: &str, body: Option<Value>) -> Answer {
        let text = body.map(|body| body.to_string());
        self.send_text(method, path, text.as_deref().map(|text| ("application/json", text))).await
    }

    /// Sends a body as it is, which need not be JSON.
    pub async fn send_text(&self, method: Method, path: &str, body: Option<(&str, &str)>) -> Answer {
        let mut request = HTTP.request(method.clone(), format!("{}{path}", self.base));
        if let Some(token) = &self.token {
            request = request.bearer_auth(token);
        }
        for (name, value) in &self.headers {
            request = request.header(*name, value);
        }
        if let Some((media_type, text)) = body {
            request = request.header("content-type", media_type).body(text.to_owned());
        }
        let response = request.send().await.expect("the server answers");
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let text = if headers.get("content-type").is_some_and(|value| value == "text/event-stream") {
            first_event(response).await
        } else {
            response.text().await.expect("the answer is text")
        };
        let body = serde_json::from_str(&text).unwrap_or(Value::Null);
        let answer = Answer { status, headers, text, body };
        CONTRACT.check(method.as_str(), path, &answer);
        answer
    }
}

/// What a stream without end sends first.
async fn first_event(mut response: reqwest::Response) -> String {
    let mut text = String::new();
    while !text.contains("\n\n") {
        match response.chunk().await.expect("the answer goes on") {
            Some(chunk) => text.push_str(&String::from_utf8_lossy(&chunk)),
            None => break,
        }
    }
    text
}

impl Answer {
    /// This answer, which must have the status.
    #[track_caller]
    pub fn expect(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{}", self.text);
        self
    }

    /// This answer, which must be the problem.
    #[track_caller]
    pub fn problem(self, status: u16, code: &str) -> Self {
        assert_eq!((self.status, self.body["code"].as_str()), (status, Some(code)), "{}", self.text);
        self
    }

    /// This answer, which must refuse a field (a JSON pointer, a parameter or a header) for this reason.
    #[track_caller]
    pub fn refuses(self, field: &str, code: &str) -> Self {
        let errors = self.body["errors"].as_array().cloned().unwrap_or_default();
        let found = errors
            .iter()
            .any(|error| error["code"] == code && ["pointer", "parameter", "header"].iter().any(|place| error[place] == field));
        assert!(found, "{field} is not refused as {code}: {}", self.text);
        self
    }

    /// Each line of an answer that is lines of JSON.
    #[track_caller]
    pub fn lines(&self) -> Vec<Value> {
        self.text.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"))).collect()
    }

    pub fn header(&self, name: &str) -> String {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned()
    }

    pub fn etag(&self) -> String {
        self.header("etag")
    }

    /// The number of edits, which an ETag begins with.
    pub fn version(&self) -> String {
        self.etag().trim_matches('"').split('.').next().unwrap_or_default().to_owned()
    }

    /// A text of the body; `path` is a JSON pointer.
    #[track_caller]
    pub fn str(&self, path: &str) -> String {
        self.body.pointer(path).and_then(Value::as_str).unwrap_or_else(|| panic!("no text at {path}: {}", self.text)).to_owned()
    }

    /// One text of each of the items.
    #[track_caller]
    pub fn each(&self, path: &str) -> Vec<String> {
        let items = self.body["items"].as_array().unwrap_or_else(|| panic!("no items: {}", self.text));
        items
            .iter()
            .map(|item| item.pointer(path).map_or(String::new(), |value| value.as_str().map_or_else(|| value.to_string(), str::to_owned)))
            .collect()
    }
}
