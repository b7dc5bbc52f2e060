//! Delivers what waits in the outbox. Any number of processes do so side by side: each takes an event for a while, delivers it
//! outside any transaction, and notes the outcome. One that dies in between leaves the event to the others, who deliver it under
//! the same id.

use std::sync::atomic::{AtomicBool, Ordering};

use chrono::{DateTime, Duration, Utc};

use super::{
    mail::{Failure, MailConfig, Mailer},
    queries::{self, Event},
    topics::{self, Letter, TOPICS, Way},
};
use crate::{
    db::{Conn, Db, transaction},
    error::{Error, Result},
    setbacks::{BUSY, pause_after},
    types::Clock,
};

/// Attempts before an event is given up. With the pauses between them, two and a half days.
const MOST_ATTEMPTS: i32 = 20;

/// How long what is over is kept.
const KEPT: Duration = Duration::days(30);

/// Everything that delivery needs.
pub struct Post {
    db: Db,
    clock: Clock,
    mailer: Option<Mailer>,
    /// An event was dealt with in the database: now it is the turn of a mail.
    mail_is_next: AtomicBool,
}

/// What came of an attempt.
enum Outcome {
    Delivered,
    Pointless(&'static str),
    Quiet(DateTime<Utc>),
    Failed(Failure),
}

impl Post {
    /// Delivery on a database. Without a mail server, what leaves as mail waits until there is one or it is too old.
    pub fn new(db: &Db, clock: &Clock, config: &MailConfig) -> anyhow::Result<Self> {
        Ok(Self { db: db.clone(), clock: clock.clone(), mailer: Mailer::new(config)?, mail_is_next: AtomicBool::new(false) })
    }

    /// Whether there is a mail server.
    pub fn has_mail(&self) -> bool {
        self.mailer.is_some()
    }

    /// Delivers an event that is due, or notes why that failed. Gives false when none is due. After each event in the database it is the
    /// turn of a mail, so that neither waits for all of the others.
    pub async fn deliver_next(&self) -> Result<bool> {
        let mail_first = self.mail_is_next.swap(false, Ordering::Relaxed);
        if mail_first && self.deliver_mail().await? {
            return Ok(true);
        }
        if self.deliver_here().await? {
            self.mail_is_next.store(true, Ordering::Relaxed);
            return Ok(true);
        }
        Ok(!mail_first && self.deliver_mail().await?)
    }

    /// In one transaction with the note that it is over. What fails is noted in another.
    async fn deliver_here(&self) -> Result<bool> {
        let here = names(|way| matches!(way, Way::Here(_)));
        let (mut conn, now, has_mail) = (self.db.conn().await?, self.clock.now(), self.has_mail());
        let mut taken = None;
        let outcome = transaction(&mut conn, async |tx| {
            let Some(event) = queries::hold(tx, &here, now).await? else { return Ok(()) };
            let event = taken.insert(event);
            let Some(topic) = topics::named(&event.topic) else { return Ok(()) };
            let Way::Here(deliver) = topic.way else { return Ok(()) };
            let too_old = topic.is_too_old(event, now).then_some(topic.too_old);
            let pointless = if too_old.is_some() { too_old } else { deliver(tx, event, has_mail, now).await? };
            match pointless {
                None => queries::mark_delivered(tx, event, now).await,
                Some(why) => queries::give_up(tx, event, now, why).await,
            }
        });
        let outcome = outcome.await;
        let Some(event) = taken else { return outcome.map(|()| false) };
        match outcome {
            Ok(()) => {}
            // It waits for a lock or took too long: the others need not wait for it. When it is the database, this fails too.
            Err(Error::Unavailable(cause)) => {
                tracing::warn!(event = %event.id, topic = event.topic, cause, "an event has to wait");
                queries::put_off(&mut conn, &event, now + BUSY, "The database was too busy.").await?;
            }
            Err(error) => {
                tracing::error!(event = %event.id, topic = event.topic, cause = ?error, "an event could not be dealt with");
                queries::count_attempt(&mut conn, &event).await?;
                let counted = Event { attempts: event.attempts + 1, ..event };
                settle(
                    &mut conn,
                    &counted,
                    Outcome::Failed(Failure::Passing("It could not be dealt with; the log says why.".to_owned())),
                    now,
                )
                .await?;
            }
        }
        Ok(true)
    }

    /// Without a mail server there is none to deliver.
    async fn deliver_mail(&self) -> Result<bool> {
        let Some(mailer) = &self.mailer else { return Ok(false) };
        let Some(event) = self.claim_mail().await? else { return Ok(false) };
        let outcome = self.send(mailer, &event).await?;
        settle(&mut *self.db.conn().await?, &event, outcome, self.clock.now()).await?;
        Ok(true)
    }

    /// The mail that has been due longest of the first topic that has one.
    async fn claim_mail(&self) -> Result<Option<Event>> {
        let (mut conn, now) = (self.db.conn().await?, self.clock.now());
        for name in names(|way| matches!(way, Way::Mail(_))) {
            let event = queries::claim(&mut conn, &[name], now).await?;
            if event.is_some() {
                return Ok(event);
            }
        }
        Ok(None)
    }

    /// Writes the mail of an event and hands it to the server, holding no connection meanwhile.
    async fn send(&self, mailer: &Mailer, event: &Event) -> Result<Outcome> {
        let now = self.clock.now();
        let Some(topic) = topics::named(&event.topic) else { return Ok(Outcome::Pointless("There is no such topic.")) };
        let Way::Mail(write) = topic.way else { return Ok(Outcome::Pointless("It does not leave as mail.")) };
        if topic.is_too_old(event, now) {
            return Ok(Outcome::Pointless(topic.too_old));
        }
        let letter = write(&mut *self.db.conn().await?, mailer, event, now).await;
        Ok(match letter {
            Ok(Letter::Pointless(why)) => Outcome::Pointless(why),
            Ok(Letter::Later(time)) => Outcome::Quiet(time),
            Ok(Letter::Ready(mail)) => mailer.send(mail, now).await.map_or_else(Outcome::Failed, |()| Outcome::Delivered),
            Err(error) => {
                tracing::error!(event = %event.id, topic = event.topic, cause = ?error, "a mail could not be written");
                Outcome::Failed(Failure::Passing("It could not be written; the log says why.".to_owned()))
            }
        })
    }
}

async fn settle(conn: &mut Conn, event: &Event, outcome: Outcome, now: DateTime<Utc>) -> Result<()> {
    match outcome {
        Outcome::Delivered => queries::mark_delivered(conn, event, now).await,
        Outcome::Pointless(why) => {
            tracing::info!(event = %event.id, topic = event.topic, why, "a mail was not sent");
            queries::give_up(conn, event, now, why).await
        }
        Outcome::Quiet(until) => queries::put_off(conn, event, until, "It waits for the end of quiet hours.").await,
        Outcome::Failed(Failure::Passing(why)) if event.attempts < MOST_ATTEMPTS => {
            tracing::warn!(event = %event.id, topic = event.topic, attempts = event.attempts, why, "a mail has to wait");
            queries::put_off(conn, event, now + pause_after(event.attempts), &why).await
        }
        Outcome::Failed(Failure::Passing(why) | Failure::Final(why)) => {
            tracing::warn!(event = %event.id, topic = event.topic, attempts = event.attempts, why, "a mail was given up");
            queries::give_up(conn, event, now, &why).await
        }
    }
}

/// The names of the topics that are delivered so.
fn names(so: impl Fn(&Way) -> bool) -> Vec<&'static str> {
    TOPICS.iter().filter(|topic| so(&topic.way)).map(|topic| topic.name).collect()
}

/// Gives up what is too old to be worth delivering, and deletes what has been over for long. Gives their number.
pub async fn tidy(conn: &mut Conn, now: DateTime<Utc>) -> Result<usize> {
    let mut all = 0;
    for topic in TOPICS {
        all += queries::give_up_older(conn, topic.name, now - topic.good_for, now, topic.too_old).await?;
    }
    Ok(all + queries::forget_older(conn, now - KEPT).await?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_pauses_make_two_and_a_half_days() {
        let all = (1..MOST_ATTEMPTS).fold(Duration::zero(), |sum, attempts| sum + pause_after(attempts));
        assert_eq!(all.num_hours(), 62);
    }
}
