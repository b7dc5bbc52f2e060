//! Server-sent events, read as they come.

use std::{collections::VecDeque, net::SocketAddr, time::Duration};

use serde_json::Value;

use super::{Answer, CONTRACT, PATIENCE, ends};

/// An event. One without data moves the position alone; a comment is no event.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    pub id: Option<String>,
    pub name: String,
    pub data: Value,
}

/// An open stream.
pub struct EventStream {
    response: reqwest::Response,
    path: String,
    text: String,
    ready: VecDeque<Event>,
    /// Id of the last event that had one.
    pub last_id: Option<String>,
    /// Comments so far.
    pub comments: usize,
}

impl EventStream {
    /// Opens a stream, and reads its first lines.
    pub async fn open(address: SocketAddr, token: &str, path: &str, after: Option<&str>) -> Self {
        let client = reqwest::Client::builder().pool_max_idle_per_host(0).build().expect("a client");
        let mut request = client.get(format!("http://{address}{path}")).bearer_auth(token);
        if let Some(after) = after {
            request = request.header("last-event-id", after);
        }
        let response = request.send().await.expect("the server answers");
        assert_eq!((response.status().as_u16(), &response.headers()["content-type"]), (200, &"text/event-stream".parse().unwrap()));
        let mut stream = Self { response, path: path.to_owned(), text: String::new(), ready: VecDeque::new(), last_id: None, comments: 0 };
        while stream.last_id.is_none() {
            assert!(ends("something comes", stream.read()).await, "it ends at once");
        }
        stream
    }

    /// The next event; nothing when the stream ends.
    pub async fn next(&mut self) -> Option<Event> {
        self.next_within(PATIENCE).await.expect("an event or the end")
    }

    /// The next event, the end of the stream (nothing), or an error when neither comes in time.
    pub async fn next_within(&mut self, time: Duration) -> Result<Option<Event>, ()> {
        let until = std::time::Instant::now() + time;
        loop {
            if let Some(event) = self.ready.pop_front() {
                return Ok(Some(event));
            }
            let left = until.saturating_duration_since(std::time::Instant::now());
            if left.is_zero() {
                return Err(());
            }
            match tokio::time::timeout(left, self.read()).await {
                Ok(true) => {}
                Ok(false) => return Ok(None),
                Err(_) => return Err(()),
            }
        }
    }

    /// The numbers of the next so many notices.
    pub async fn numbers(&mut self, count: usize) -> Vec<i64> {
        let mut numbers = Vec::new();
        while numbers.len() < count {
            let event = self.next().await.expect("the stream goes on");
            assert_eq!(event.name, "notice", "{event:?}");
            numbers.push(event.data["number"].as_i64().expect("a number"));
        }
        numbers
    }

    /// Reads what comes next; false at the end.
    async fn read(&mut self) -> bool {
        let Ok(Some(chunk)) = self.response.chunk().await else { return false };
        self.text.push_str(std::str::from_utf8(&chunk).expect("UTF-8"));
        while let Some((block, rest)) = self.text.split_once("\n\n") {
            let (block, rest) = (block.to_owned(), rest.to_owned());
            self.text = rest;
            self.take(&block);
        }
        true
    }

    fn take(&mut self, block: &str) {
        self.comments += usize::from(block.starts_with(':'));
        let events = parse(block);
        for event in events {
            self.last_id = event.id.clone().or(self.last_id.take());
            if !event.name.is_empty() {
                let answer =
                    Answer { status: 200, headers: self.response.headers().clone(), text: format!("{block}\n\n"), body: Value::Null };
                CONTRACT.check("GET", &self.path, &answer);
                self.ready.push_back(event);
            }
        }
    }
}

/// The events of a text.
fn parse(text: &str) -> Vec<Event> {
    let blocks = text.split("\n\n").filter(|block| block.lines().any(|line| line.contains(": ") && !line.starts_with(':')));
    let field = |block: &str, name: &str| block.lines().find_map(|line| line.strip_prefix(name)).map(str::to_owned);
    blocks
        .map(|block| Event {
            id: field(block, "id: "),
            name: field(block, "event: ").unwrap_or_default(),
            data: field(block, "data: ").map_or(Value::Null, |data| serde_json::from_str(&data).expect("JSON")),
        })
        .collect()
}

impl Answer {
    /// The events of this answer that have data.
    pub fn events(&self) -> Vec<Event> {
        parse(&self.text).into_iter().filter(|event| !event.data.is_null()).collect()
    }
}
