//! A mail server on a loopback socket: takes, refuses or keeps silent as told, and remembers what it was sent.

use std::{
    collections::HashMap,
    net::SocketAddr,
    sync::{Arc, Mutex},
};

use base64::{Engine, prelude::BASE64_STANDARD};
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
    sync::watch,
};

#[derive(Clone)]
pub struct Receiver {
    pub address: SocketAddr,
    mails: watch::Sender<Vec<Received>>,
    answers: Arc<Mutex<HashMap<&'static str, String>>>,
    commands: Arc<Mutex<Vec<String>>>,
}

/// A mail as it came, headers and body apart.
#[derive(Debug, Clone)]
pub struct Received {
    pub to: Vec<String>,
    pub head: String,
    body: String,
}

impl Receiver {
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let receiver = Self { address, mails: watch::Sender::new(Vec::new()), answers: Arc::default(), commands: Arc::default() };
        let each = receiver.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let one = each.clone();
                tokio::spawn(async move { one.converse(stream).await.ok() });
            }
        });
        receiver
    }

    /// From now on answers a command so; with nothing at all, keeps silent. `END` is the end of a mail.
    pub fn answer(&self, command: &'static str, with: &str) {
        self.answers.lock().unwrap().insert(command, with.to_owned());
    }

    /// From now on behaves.
    pub fn behave(&self) {
        self.answers.lock().unwrap().clear();
    }

    pub fn mails(&self) -> Vec<Received> {
        self.mails.borrow().clone()
    }

    /// The commands it was given.
    pub fn commands(&self) -> Vec<String> {
        self.commands.lock().unwrap().clone()
    }

    /// Waits for so many mails.
    pub async fn wait_for(&self, number: usize) -> Vec<Received> {
        let mut mails = self.mails.subscribe();
        mails.wait_for(|mails| mails.len() >= number).await.unwrap().clone()
    }

    async fn converse(&self, stream: TcpStream) -> std::io::Result<()> {
        let mut stream = BufReader::new(stream);
        let mut mail = Received { to: Vec::new(), head: String::new(), body: String::new() };
        stream.write_all(b"220 test\r\n").await?;
        loop {
            let line = read_line(&mut stream).await?;
            self.commands.lock().unwrap().push(line.clone());
            let verb = line.split([' ', ':']).next().unwrap_or_default();
            let told = self.told(verb);
            let usual = match verb {
                "" => return Ok(()),
                "EHLO" => "250-test\r\n250-8BITMIME\r\n250 AUTH PLAIN",
                "AUTH" => "235 welcome",
                "DATA" => "354 go on",
                "QUIT" => "221 bye",
                _ => "250 ok",
            };
            let answer = told.clone().unwrap_or_else(|| usual.to_owned());
            if verb == "RCPT" && told.is_none() {
                mail.to.push(line);
            }
            stream.write_all(format!("{answer}\r\n").as_bytes()).await?;
            if answer.starts_with("354") {
                read_mail(&mut stream, &mut mail).await?;
                self.mails.send_modify(|mails| mails.push(mail.clone()));
                match self.told("END") {
                    Some(silence) if silence.is_empty() => std::future::pending().await,
                    told => stream.write_all(format!("{}\r\n", told.unwrap_or("250 taken".into())).as_bytes()).await?,
                }
            }
        }
    }

    fn told(&self, verb: &str) -> Option<String> {
        self.answers.lock().unwrap().get(verb).cloned()
    }
}

async fn read_line(stream: &mut BufReader<TcpStream>) -> std::io::Result<String> {
    let mut line = String::new();
    stream.read_line(&mut line).await?;
    Ok(line.trim_end().to_owned())
}

async fn read_mail(stream: &mut BufReader<TcpStream>, mail: &mut Received) -> std::io::Result<()> {
    let mut in_head = true;
    loop {
        match read_line(stream).await?.as_str() {
            "." => return Ok(()),
            "" if in_head => in_head = false,
            line if in_head => mail.head.push_str(&format!("{line}\n")),
            line => mail.body.push_str(&format!("{}\n", line.strip_prefix('.').unwrap_or(line))),
        }
    }
}

impl Received {
    /// A header as it stands, unfolded. Panics when there is none, or more than one.
    pub fn header(&self, name: &str) -> String {
        let head = self.head.replace("\n ", " ");
        let found: Vec<_> = head.lines().filter_map(|line| line.split_once(": ")).filter(|(found, _)| *found == name).collect();
        assert_eq!(found.len(), 1, "{name} in {head}");
        found[0].1.to_owned()
    }

    /// The names of the headers.
    pub fn header_names(&self) -> Vec<String> {
        self.head.lines().filter(|line| !line.starts_with(' ')).map(|line| line.split(':').next().unwrap().to_owned()).collect()
    }

    /// A header, decoded (RFC 2047, base64 words).
    pub fn decoded(&self, name: &str) -> String {
        let encoded = self.header(name).replace("?= =?", "?==?");
        let mut decoded = String::new();
        let mut rest = encoded.as_str();
        while let Some((before, word)) = rest.split_once("=?utf-8?b?") {
            let (word, after) = word.split_once("?=").unwrap();
            decoded += before;
            decoded += &String::from_utf8(BASE64_STANDARD.decode(word).unwrap()).unwrap();
            rest = after;
        }
        decoded + rest
    }

    /// The text, decoded.
    pub fn text(&self) -> String {
        assert_eq!(self.header("Content-Type"), "text/plain; charset=utf-8");
        match self.header("Content-Transfer-Encoding").as_str() {
            "7bit" => self.body.clone(),
            "base64" => String::from_utf8(BASE64_STANDARD.decode(self.body.replace('\n', "")).unwrap()).unwrap(),
            "quoted-printable" => {
                let percent = self.body.replace("=\n", "").replace('%', "%25").replace('=', "%");
                percent_encoding::percent_decode_str(&percent).decode_utf8().unwrap().into_owned()
            }
            other => panic!("sent as {other}"),
        }
    }

    /// The code in the text: the one indented line.
    pub fn code(&self) -> String {
        self.text().lines().find_map(|line| line.strip_prefix("    ")).expect("a code").to_owned()
    }
}
