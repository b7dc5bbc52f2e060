//! Mail: the server that takes it, and what it says. Plain text to one person; no rules about when, and no database.

use std::time::Duration;

use anyhow::Context;
use chrono::{DateTime, Utc};
use lettre::{
    AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor,
    message::{
        Mailbox,
        header::{ContentType, HeaderName, HeaderValue},
    },
    transport::smtp,
};
use secrecy::{ExposeSecret, SecretString};
use uuid::Uuid;

use crate::{groups::Role, inbox::words::one_line};

/// How long one attempt may take, from the connection to the server's last word. (The library limits the connecting only.)
const PATIENCE: Duration = Duration::from_secs(20);

/// Replies that are about us and our password, not about the mail (RFC 4954, RFC 7504): worth another try when the operator has mended it.
const ABOUT_US: [&str; 5] = ["521", "530", "534", "535", "538"];

/// How mail leaves.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct MailConfig {
    /// The server that sends our mail: smtps://user:password@host for TLS, smtp://user:password@host for STARTTLS. ?tls=none at the
    /// end sends everything unencrypted, for a server on the same machine. Without it, no mail is sent
    #[arg(long, env = "SMTP_URL", hide_env_values = true)]
    pub smtp_url: Option<SecretString>,
    /// Whom mail comes from, such as "Got It <gotit@example.org>"
    #[arg(long, env = "GOTIT_MAIL_FROM")]
    pub mail_from: Option<String>,
    /// The address where people sign in, for the text of mail
    #[arg(long, env = "GOTIT_PUBLIC_URL")]
    pub public_url: Option<String>,
}

/// A mail to one person.
pub struct Mail {
    /// The same at each attempt: the Message-ID is made of it.
    pub id: Uuid,
    /// The address.
    pub to: String,
    /// One line.
    pub subject: String,
    /// The text.
    pub text: String,
}

/// Why a mail did not leave, in words without anything personal: what servers say often holds the address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failure {
    /// It may work later.
    Passing(String),
    /// It will never work.
    Final(String),
}

/// Sends mail.
pub struct Mailer {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    from: Mailbox,
    public_url: String,
}

/// What the mail of an invitation says.
pub struct InvitationText<'a> {
    /// Who asks; nobody when they have left.
    pub inviter: Option<&'a str>,
    /// Into which group.
    pub group: &'a str,
    /// To do what.
    pub role: Role,
    /// What to accept it with.
    pub code: &'a str,
    /// Good until.
    pub expires_at: DateTime<Utc>,
}

/// What the mail of a notice says. No link, so that nobody learns to follow links in such mail; no words of other people.
pub struct NoticeText<'a> {
    /// The group it is for; none when it is for the person alone.
    pub group: Option<&'a str>,
    /// What happened.
    pub sentence: &'a str,
}

/// What the mail about a complaint says. What the complainant had written is not repeated.
pub struct ComplaintText<'a> {
    /// Which network answers.
    pub network: &'a str,
    /// What to look the answer up by.
    pub code: &'a str,
    /// By when it is answered.
    pub answer_by: DateTime<Utc>,
    /// What came of it and the answer, if there is one.
    pub answer: Option<(&'a str, &'a str)>,
}

/// The most characters of a subject.
const SUBJECT: usize = 120;

impl Mailer {
    /// The way out for mail; none when no server is set. Does not connect yet.
    pub fn new(config: &MailConfig) -> anyhow::Result<Option<Self>> {
        let Some(url) = config.smtp_url.as_ref().filter(|url| !url.expose_secret().is_empty()) else {
            return Ok(None);
        };
        let from = config.mail_from.as_deref().context("SMTP_URL is set, so GOTIT_MAIL_FROM must say whom mail comes from")?;
        let from = from.parse().context("GOTIT_MAIL_FROM is not an address such as: Got It <gotit@example.org>")?;
        let public_url = config.public_url.as_deref().context("SMTP_URL is set, so GOTIT_PUBLIC_URL must say where people sign in")?;
        anyhow::ensure!(
            public_url.starts_with("https://") || public_url.starts_with("http://"),
            "GOTIT_PUBLIC_URL must begin with https:// or http://"
        );
        let transport = transport(url.expose_secret()).context("SMTP_URL is not an address such as smtps://user:password@host")?;
        Ok(Some(Self { transport, from, public_url: public_url.to_owned() }))
    }

    /// The mail of an invitation.
    pub fn invitation(&self, id: Uuid, to: String, invitation: &InvitationText<'_>) -> Mail {
        let group = one_line(invitation.group);
        let role = match invitation.role {
            Role::Viewer => "a viewer, who reads everything of the group",
            Role::Editor => "an editor, who posts for the group",
            Role::Owner => "an owner, who runs the group",
        };
        let text = format!(
            "Hello,\n\n\
             {inviter} invites you to join the group \"{group}\" on Got It / Want It as {role}. There, community groups say what they \
             have got and what they want, so that they can help each other.\n\n\
             To join, go to {url} and sign in with this e-mail address; sign up with it first if you are new. Then accept the \
             invitation with this code:\n\n    \
             {code}\n\n\
             The code works until {until} (UTC), once, and only for this e-mail address.\n\n\
             If you do not know this group, ignore this mail. Nothing happens unless you use the code.\n",
            inviter = invitation.inviter.map_or_else(|| "Somebody".to_owned(), one_line),
            url = self.public_url,
            code = invitation.code,
            until = invitation.expires_at.format("%-d %B %Y, %H:%M"),
        );
        Mail { id, to, subject: format!("{group} invites you to Got It / Want It"), text }
    }

    /// The mail of a notice.
    pub fn notice(&self, id: Uuid, to: String, notice: &NoticeText<'_>) -> Mail {
        let sentence = one_line(notice.sentence);
        let whose = notice.group.map_or_else(|| "you".to_owned(), |group| format!("\"{}\"", one_line(group)));
        let text = format!(
            "Hello,\n\n\
             there is news for {whose} on Got It / Want It:\n\n    \
             {sentence}\n\n\
             Sign in as usual to see it and to answer.\n\n\
             If you do not want such mail, switch it off in your account there. The news stays in the inbox.\n"
        );
        let subject = if sentence.chars().count() > SUBJECT {
            format!("{}...", sentence.chars().take(SUBJECT).collect::<String>().trim_end())
        } else {
            sentence
        };
        Mail { id, to, subject, text }
    }

    /// The mail that a complaint has come, or that it has been answered.
    pub fn complaint(&self, id: Uuid, to: String, complaint: &ComplaintText<'_>) -> Mail {
        let (network, code) = (one_line(complaint.network), complaint.code);
        let (subject, news) = match complaint.answer {
            None => {
                let by = complaint.answer_by.format("%-d %B %Y");
                let news =
                    format!("has come. You have an answer by {by}.\n\nIts code is {code}. Keep it: with it you can look up the answer.");
                (format!("Your complaint {code} has come"), news)
            }
            Some((outcome, answer)) => {
                let news = format!(
                    "has been answered. Its code is {code}.\n\n{outcome}\n\n{answer}\n\nIf it is about your personal data and you do not \
                     agree with the answer, you may complain to the Information Commissioner's Office."
                );
                (format!("Your complaint {code} has been answered"), news)
            }
        };
        let text = format!(
            "Hello,\n\n\
             your complaint to the network \"{network}\" on Got It / Want It {news}\n\n\
             If you have not complained, ignore this mail: somebody has given your address by mistake.\n"
        );
        Mail { id, to, subject, text }
    }

    /// Hands a mail to the server.
    pub async fn send(&self, mail: Mail, now: DateTime<Utc>) -> Result<(), Failure> {
        let Ok(message) = self.message(mail, now) else {
            return Err(Failure::Final("Mail cannot be sent to an address like this.".to_owned()));
        };
        match tokio::time::timeout(PATIENCE, self.transport.send(message)).await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(error)) => Err(Failure::of(&error)),
            Err(_) => Err(Failure::Passing(format!("The mail server took longer than {} seconds.", PATIENCE.as_secs()))),
        }
    }

    fn message(&self, mail: Mail, now: DateTime<Utc>) -> anyhow::Result<Message> {
        // Asks holiday replies and the like to stay away (RFC 3834).
        let automatic = HeaderValue::new(HeaderName::new_from_ascii_str("Auto-Submitted"), "auto-generated".to_owned());
        let message = Message::builder()
            .message_id(Some(format!("<{}@{}>", mail.id, self.from.email.domain())))
            .date(now.into())
            .from(self.from.clone())
            .to(Mailbox::new(None, mail.to.parse()?))
            .subject(mail.subject)
            .raw_header(automatic)
            .header(ContentType::TEXT_PLAIN);
        Ok(message.body(mail.text)?)
    }
}

impl Failure {
    fn of(error: &smtp::Error) -> Self {
        match error.status().map(|code| code.to_string()) {
            Some(code) if ABOUT_US.contains(&code.as_str()) => {
                Self::Passing(format!("The mail server does not let us in: {code}. Check SMTP_URL."))
            }
            Some(code) if error.is_permanent() => Self::Final(format!("The mail server refused it for good: {code}.")),
            Some(code) => Self::Passing(format!("The mail server refused it for now: {code}.")),
            None if error.is_tls() => Self::Passing("There is no safe connection (TLS) to the mail server.".to_owned()),
            None if error.is_client() => {
                Self::Passing("The mail server lacks STARTTLS, our way to sign in, or addresses in other alphabets.".to_owned())
            }
            None => Self::Passing("The mail server could not be reached, or broke off.".to_owned()),
        }
    }
}

/// The library takes smtp:// for unencrypted; to us that has to be said.
fn transport(url: &str) -> Result<AsyncSmtpTransport<Tokio1Executor>, smtp::Error> {
    let url = match url.strip_suffix("?tls=none") {
        Some(open) => open.to_owned(),
        None if url.starts_with("smtp://") && !url.contains('?') => format!("{url}?tls=required"),
        None => url.to_owned(),
    };
    Ok(AsyncSmtpTransport::<Tokio1Executor>::from_url(&url)?.timeout(Some(PATIENCE)).build())
}
