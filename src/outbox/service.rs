//! Delivers what waits in the outbox. Any number of processes do so side by side: each takes an event for a while, delivers it
//! outside any transaction, and notes the outcome. One that dies in between leaves the event to the others, who deliver it under
//! the same id.

use std::time::Duration as Pause;

use actix_web::{rt, web::Data};
use chrono::{DateTime, Duration, Utc};
use serde::Deserialize;
use tokio::{sync::oneshot, task::JoinHandle, time::timeout};

use super::{
    mail::{Failure, InvitationText, MailConfig, Mailer},
    queries::{self, Event},
};
use crate::{
    app::App,
    error::Result,
    groups::{self, rules::INVITATION_GOOD_FOR},
    matching::notices,
    types::ids::InvitationId,
};

const INVITATION_CREATED: &str = "invitation.created";

/// Attempts before an event is given up. With the pauses between them, two and a half days.
const MOST_ATTEMPTS: i32 = 20;

/// How long a notice of a match is news. Until notices are delivered, they only wait here.
const NEWS_GOOD_FOR: Duration = Duration::days(7);

/// How long what is over is kept.
const KEPT: Duration = Duration::days(30);

/// How often old events are looked for.
const TIDY_EVERY: Duration = Duration::hours(1);

/// How often new events are looked for.
const LOOK_EVERY: Pause = Pause::from_secs(2);

/// The pause when the database is away.
const PAUSE_AFTER_ERROR: Pause = Pause::from_secs(10);

/// What `groups` records of an invitation, as far as it is not read from the invitation itself.
#[derive(Deserialize)]
struct Created {
    invitation_id: InvitationId,
    code: String,
}

/// Delivers in the background until it is stopped or dropped.
pub struct Worker {
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

impl Worker {
    /// Starts delivering. Without a mail server, events wait until there is one or they are too old.
    pub fn start(app: &Data<App>, config: &MailConfig) -> anyhow::Result<Self> {
        let mailer = Mailer::new(config)?;
        match mailer {
            Some(_) => tracing::info!("mail is on"),
            None => tracing::warn!("mail is off, as SMTP_URL is not set: whoever invites somebody has to pass the code on"),
        }
        let (stop, stopped) = oneshot::channel();
        Ok(Self { stop, task: rt::spawn(work(app.clone(), mailer, stopped)) })
    }

    /// Lets the delivery in hand finish and takes on no other.
    pub async fn stop(self) {
        drop(self.stop);
        if let Err(error) = self.task.await {
            tracing::error!(%error, "the delivery of mail had broken down");
        }
    }
}

async fn work(app: Data<App>, mailer: Option<Mailer>, mut stopped: oneshot::Receiver<()>) {
    let mut tidy_at = app.clock.now();
    loop {
        let pause = match step(&app, mailer.as_ref(), &mut tidy_at).await {
            Ok(true) => Pause::ZERO,
            Ok(false) => LOOK_EVERY,
            Err(error) => {
                tracing::warn!(%error, "mail waits: the outbox cannot be read or written");
                PAUSE_AFTER_ERROR
            }
        };
        if timeout(pause, &mut stopped).await.is_ok() {
            return;
        }
    }
}

async fn step(app: &App, mailer: Option<&Mailer>, tidy_at: &mut DateTime<Utc>) -> Result<bool> {
    let now = app.clock.now();
    if *tidy_at <= now {
        tidy(app).await?;
        *tidy_at = now + TIDY_EVERY;
    }
    match mailer {
        Some(mailer) => deliver_next(app, mailer).await,
        None => Ok(false),
    }
}

/// Gives up the invitations that have expired while they waited, and deletes what has been over for long.
pub async fn tidy(app: &App) -> Result<()> {
    let (mut conn, now) = (app.db.conn().await?, app.clock.now());
    queries::give_up_older(&mut conn, INVITATION_CREATED, now - INVITATION_GOOD_FOR, now, "It expired before it could be sent.").await?;
    queries::give_up_older(&mut conn, notices::TOPIC, now - NEWS_GOOD_FOR, now, "Nobody has asked for notices of matches.").await?;
    queries::forget_older(&mut conn, now - KEPT).await?;
    Ok(())
}

/// Delivers the event that has been due longest, or notes why that failed. Gives false when none is due.
pub async fn deliver_next(app: &App, mailer: &Mailer) -> Result<bool> {
    let Some(event) = queries::claim(&mut *app.db.conn().await?, INVITATION_CREATED, app.clock.now()).await? else {
        return Ok(false);
    };
    let outcome = send_invitation(app, mailer, &event).await?;
    let (mut conn, now) = (app.db.conn().await?, app.clock.now());
    match outcome {
        Ok(()) => queries::mark_delivered(&mut conn, &event, now).await?,
        Err(Failure::Passing(why)) if event.attempts < MOST_ATTEMPTS => {
            tracing::warn!(event = %event.id, attempts = event.attempts, why, "a mail has to wait");
            queries::put_off(&mut conn, &event, now + pause_after(event.attempts), &why).await?;
        }
        Err(Failure::Passing(why) | Failure::Final(why)) => {
            tracing::warn!(event = %event.id, attempts = event.attempts, why, "a mail was given up");
            queries::give_up(&mut conn, &event, now, &why).await?;
        }
    }
    Ok(true)
}

/// Sends the mail of an invitation, as that is now; one that is no longer open is not sent.
async fn send_invitation(app: &App, mailer: &Mailer, event: &Event) -> Result<Result<(), Failure>> {
    let Ok(created) = Created::deserialize(&event.payload) else {
        return Ok(Err(Failure::Final("What was recorded of it cannot be read.".to_owned())));
    };
    let now = app.clock.now();
    let open = groups::queries::open_invitation(&mut *app.db.conn().await?, created.invitation_id, now).await?;
    let Some((invitation, group, inviter)) = open else {
        return Ok(Err(Failure::Final("The invitation was no longer open.".to_owned())));
    };
    let text = InvitationText {
        inviter: inviter.as_deref(),
        group: &group,
        role: invitation.role,
        code: &created.code,
        expires_at: invitation.expires_at,
    };
    let mail = mailer.invitation(event.id, invitation.email, &text);
    Ok(mailer.send(mail, now).await)
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
