//! As little HTTP client as will do: what it costs must not be taken for what the server costs.

use anyhow::{Context, bail, ensure};
use std::net::SocketAddr;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

/// A request as bytes, made before anything is measured.
#[derive(Debug, Clone)]
pub struct Request(Vec<u8>);

impl Request {
    /// A request without a body.
    pub fn get(path: &str, token: Option<&str>) -> Self {
        Self(format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n{}\r\n", authorization(token)).into_bytes())
    }

    /// A request with JSON.
    pub fn post(path: &str, token: Option<&str>, body: &serde_json::Value) -> Self {
        let body = body.to_string();
        let head = format!(
            "POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: {}\r\n{}\r\n",
            body.len(),
            authorization(token)
        );
        Self([head.into_bytes(), body.into_bytes()].concat())
    }
}

fn authorization(token: Option<&str>) -> String {
    token.map_or_else(String::new, |token| format!("Authorization: Bearer {token}\r\n"))
}

/// One connection, kept alive.
pub struct Wire {
    stream: TcpStream,
    buffer: Vec<u8>,
}

impl Wire {
    /// Connects.
    pub async fn to(address: SocketAddr) -> anyhow::Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, buffer: Vec::with_capacity(256 * 1024) })
    }

    /// The body of the answer to a request, which must be 200 or 201.
    pub async fn answer(&mut self, request: &Request) -> anyhow::Result<&[u8]> {
        let (status, body) = self.ask(request).await?;
        let said = || String::from_utf8_lossy(body).chars().take(500).collect::<String>();
        ensure!(matches!(status, 200 | 201), "the API answered {status}: {}", said());
        Ok(body)
    }

    /// Sends a request and reads the whole answer: its status and its body.
    pub async fn ask(&mut self, request: &Request) -> anyhow::Result<(u16, &[u8])> {
        self.stream.write_all(&request.0).await?;
        self.buffer.clear();
        let head = self.read_head().await?;
        let (status, length) = parse_head(&self.buffer[..head])?;
        match length {
            Some(length) => {
                while self.buffer.len() < head + length {
                    self.read().await?;
                }
            }
            None => {
                while !self.buffer.ends_with(b"0\r\n\r\n") {
                    self.read().await?;
                }
            }
        }
        Ok((status, &self.buffer[head..]))
    }

    async fn read(&mut self) -> anyhow::Result<()> {
        ensure!(self.stream.read_buf(&mut self.buffer).await? > 0, "the server closed the connection in the middle of an answer");
        Ok(())
    }

    /// Gives the length of the head, with the empty line.
    async fn read_head(&mut self) -> anyhow::Result<usize> {
        loop {
            if let Some(end) = self.buffer.windows(4).position(|four| four == b"\r\n\r\n") {
                return Ok(end + 4);
            }
            self.read().await?;
        }
    }
}

/// The status, and the length of the body; none when it comes in chunks.
fn parse_head(head: &[u8]) -> anyhow::Result<(u16, Option<usize>)> {
    let head = std::str::from_utf8(head).context("the answer's head is no text")?;
    let status = head.get(9..12).context("the answer has no status")?.parse()?;
    for line in head.lines().skip(1) {
        let Some((name, value)) = line.split_once(':') else { continue };
        if name.eq_ignore_ascii_case("content-length") {
            return Ok((status, Some(value.trim().parse()?)));
        }
        if name.eq_ignore_ascii_case("transfer-encoding") {
            return Ok((status, None));
        }
    }
    if status == 204 { Ok((status, Some(0))) } else { bail!("the answer has neither a length nor chunks:\n{head}") }
}
