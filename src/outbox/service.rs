//! Delivers what waits in the outbox. Any number of processes do so side by side: each takes an event for a while, delivers it
//! outside any transaction, and notes the outcome. One that dies in between leaves the event to the others, who deliver it under
//! the same id.

use chrono::{DateTime, Duration, Utc};

use super::{
    mail::{Failure, MailConfig, Mailer},
    queries::{self, Event},
    topics::{self, Letter, TOPICS, Way},
};
use crate::{
    db::{Conn, Db, transaction},
    error::{Error, Result},
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
}

/// What came of an attempt.
enum Outcome {
    Delivered,
    Pointless(&'static str),
    Failed(Failure),
}

impl Post {
    /// Delivery on a database. Without a mail server, what leaves as mail waits until there is one or it is too old.
    pub fn new(db: &Db, clock: &Clock, config: &MailConfig) -> anyhow::Result<Self> {
        Ok(Self { db: db.clone(), clock: clock.clone(), mailer: Mailer::new(config)? })
    }

    /// Whether there is a mail server.
    pub fn has_mail(&self) -> bool {
        self.mailer.is_some()
    }

    /// Delivers the event that has been due longest, or notes why that failed. Gives false when none is due.
    pub async fn deliver_next(&self) -> Result<bool> {
        let here = names(|way| matches!(way, Way::Here(_)));
        if self.deliver_here(&here).await? {
            return Ok(true);
        }
        match &self.mailer {
            Some(mailer) => self.deliver_mail(mailer).await,
            None => Ok(false),
        }
    }

    /// In one transaction with the note that it is over. What fails is noted in another.
    async fn deliver_here(&self, here: &[&str]) -> Result<bool> {
        let (mut conn, now, has_mail) = (self.db.conn().await?, self.clock.now(), self.has_mail());
        let mut taken = None;
        let outcome = transaction(&mut conn, async |tx| {
            let Some(event) = queries::hold(tx, here, now).await? else { return Ok(()) };
            let event = taken.insert(event);
            let Some(Way::Here(deliver)) = topics::named(&event.topic).map(|topic| topic.way) else { return Ok(()) };
            match deliver(tx, event, has_mail, now).await? {
                None => queries::mark_delivered(tx, event, now).await,
                Some(why) => queries::give_up(tx, event, now, why).await,
            }
        });
        let outcome = outcome.await;
        let Some(event) = taken else { return outcome.map(|()| false) };
        match outcome {
            Ok(()) => {}
            Err(error @ Error::Unavailable(_)) => return Err(error),
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

    async fn deliver_mail(&self, mailer: &Mailer) -> Result<bool> {
        let by_mail = names(|way| matches!(way, Way::Mail(_)));
        let Some(event) = queries::claim(&mut *self.db.conn().await?, &by_mail, self.clock.now()).await? else {
            return Ok(false);
        };
        let outcome = self.send(mailer, &event).await?;
        settle(&mut *self.db.conn().await?, &event, outcome, self.clock.now()).await?;
        Ok(true)
    }

    /// Writes the mail of an event and hands it to the server, holding no connection meanwhile.
    async fn send(&self, mailer: &Mailer, event: &Event) -> Result<Outcome> {
        let now = self.clock.now();
        let Some(Way::Mail(write)) = topics::named(&event.topic).map(|topic| topic.way) else {
            return Ok(Outcome::Pointless("There is no such topic."));
        };
        let letter = write(&mut *self.db.conn().await?, mailer, event, now).await?;
        Ok(match letter {
            Letter::Pointless(why) => Outcome::Pointless(why),
            Letter::Ready(mail) => mailer.send(mail, now).await.map_or_else(Outcome::Failed, |()| Outcome::Delivered),
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

/// Half a minute, then twice as long each time, up to six hours.
fn pause_after(attempts: i32) -> Duration {
    let doublings = u32::try_from(attempts.clamp(1, 12) - 1).unwrap_or_default();
    (Duration::seconds(30) * 2_i32.pow(doublings)).min(Duration::hours(6))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_to_six_hours_and_all_of_them_make_two_and_a_half_days() {
        assert_eq!(pause_after(1), Duration::seconds(30));
        assert_eq!(pause_after(2), Duration::seconds(60));
        assert_eq!(pause_after(i32::MAX), Duration::hours(6));
        let all = (1..MOST_ATTEMPTS).fold(Duration::zero(), |sum, attempts| sum + pause_after(attempts));
        assert_eq!(all.num_hours(), 62);
    }
}
