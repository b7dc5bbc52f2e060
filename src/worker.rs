//! Time-driven work: a table of jobs, each a function that deals with some of what is due and says with how many. Run in `gotit
//! serve` and in `gotit worker`, by any number of processes at once: whatever is due is locked while one of them deals with it, and
//! passed over by the others. A process that dies leaves nothing half done, and nothing lost: what is due stays due.

use std::time::Duration;

use actix_web::rt;
use chrono::{DateTime, Utc};
use futures_util::future::LocalBoxFuture;
use tokio::{
    sync::watch,
    task::JoinHandle,
    time::{Instant, sleep_until, timeout},
};

use crate::{
    complaints,
    db::{Conn, Db},
    error::{Error, Result},
    exchanges, housekeeping, interests, listings, moderation, networks,
    outbox::{MailConfig, Post},
    reports, threads,
    types::Clock,
};

/// Something to be done again and again.
pub struct Job {
    /// As logs name it.
    pub name: &'static str,
    /// From one time to the next.
    pub every: Duration,
    run: Run,
}

type Run = for<'a> fn(&'a mut Conn, DateTime<Utc>) -> LocalBoxFuture<'a, Result<usize>>;

/// Makes the table: a name, how often, and the function.
macro_rules! jobs {
    ($($name:literal every $every:ident: $function:path;)+) => {
        /// Everything that is done by the clock. Mail and other events leave beside it; see [`Post`].
        pub const JOBS: &[Job] = &[$(Job { name: $name, every: $every, run: |conn, now| Box::pin($function(conn, now)) }),+];
    };
}

const TEN_SECONDS: Duration = Duration::from_secs(10);
const MINUTE: Duration = Duration::from_secs(60);
const TEN_MINUTES: Duration = Duration::from_secs(600);
const HOUR: Duration = Duration::from_secs(3600);

jobs! {
    "expire_listings" every MINUTE: listings::jobs::expire;
    "warn_a_week_before" every TEN_MINUTES: listings::jobs::warn_a_week_before;
    "warn_a_day_before" every TEN_MINUTES: listings::jobs::warn_a_day_before;
    "wake_listings" every MINUTE: listings::jobs::wake;
    "remind_of_interests" every TEN_MINUTES: interests::jobs::remind_waiting;
    "answer_interests" every TEN_MINUTES: interests::jobs::answer_unanswered;
    "remind_of_proposals" every TEN_MINUTES: exchanges::jobs::remind_unanswered;
    "decline_proposals" every TEN_MINUTES: exchanges::jobs::decline_unanswered;
    "complete_exchanges" every TEN_MINUTES: exchanges::jobs::complete_silent;
    "remind_of_returns" every TEN_MINUTES: exchanges::jobs::remind_returns;
    "recertify_groups" every HOUR: networks::jobs::recertify;
    "suspend_silent_groups" every HOUR: networks::jobs::suspend_silent;
    "erase_contacts" every HOUR: threads::jobs::erase_contacts;
    "forget_reporters_addresses" every HOUR: reports::jobs::forget_addresses;
    "warn_of_complaints" every HOUR: complaints::jobs::warn;
    "erase_complainants_addresses" every HOUR: complaints::jobs::erase_addresses;
    "finish_decisions" every TEN_SECONDS: moderation::jobs::finish;
    "keep_promises" every TEN_MINUTES: moderation::jobs::keep_promises;
    "tidy_up" every HOUR: housekeeping::tidy;
}

/// From the start to the first time, so that a restart does not put anything off.
const FIRST_AFTER: Duration = Duration::from_secs(2);

/// A job that still finds something to do after so many rounds lets the others have their turn.
const MOST_ROUNDS: usize = 1000;

/// How often the outbox is looked at.
const LOOK_EVERY: Duration = Duration::from_secs(2);

/// The pause when the database is away.
const PAUSE_AFTER_ERROR: Duration = Duration::from_secs(10);

/// Works in the background until it is stopped or dropped.
pub struct Worker {
    stop: watch::Sender<bool>,
    tasks: [JoinHandle<()>; 2],
}

impl Worker {
    /// Starts working. Fails when the settings of mail are wrong. Without a mail server, invitations wait.
    pub fn start(db: &Db, clock: &Clock, mail: &MailConfig) -> anyhow::Result<Self> {
        let post = Post::new(db, clock, mail)?;
        if post.has_mail() {
            tracing::info!("mail is on");
        } else {
            tracing::warn!("mail is off, as SMTP_URL is not set: whoever invites somebody has to pass the code on");
        }
        let (stop, stopped) = watch::channel(false);
        let tasks = [rt::spawn(deliver(post, stopped.clone())), rt::spawn(work(db.clone(), clock.clone(), stopped))];
        Ok(Self { stop, tasks })
    }

    /// Lets the work in hand finish, and takes on no other.
    pub async fn stop(self) {
        self.stop.send_replace(true);
        for task in self.tasks {
            if let Err(error) = task.await {
                tracing::error!(%error, "the worker had broken down");
            }
        }
    }
}

/// Does every job until none finds anything more to do. Gives how much was done. For tests and for those who want it done now.
pub async fn catch_up(conn: &mut Conn, now: DateTime<Utc>) -> Result<usize> {
    let mut all = 0;
    loop {
        let mut round = 0;
        for job in JOBS {
            round += (job.run)(conn, now).await?;
        }
        if round == 0 {
            return Ok(all);
        }
        all += round;
    }
}

async fn work(db: Db, clock: Clock, mut stopped: watch::Receiver<bool>) {
    let start = Instant::now() + FIRST_AFTER;
    let mut turns: Vec<(Instant, &Job)> = JOBS.iter().map(|job| (start, job)).collect();
    loop {
        let Some((turn, job)) = turns.iter_mut().min_by_key(|(turn, _)| *turn) else { return };
        tokio::select! {
            () = sleep_until(*turn) => {}
            _ = stopped.wait_for(|stop| *stop) => return,
        }
        match do_all(job, &db, &clock, &stopped).await {
            Ok(0) => {}
            Ok(done) => tracing::info!(job = job.name, done, "did what was due"),
            Err(Error::Unavailable(cause)) => tracing::warn!(job = job.name, cause, "a job waits for the database"),
            Err(error) => tracing::error!(job = job.name, cause = ?error, "a job failed; trying again next time"),
        }
        *turn = Instant::now() + job.every;
    }
}

async fn do_all(job: &Job, db: &Db, clock: &Clock, stopped: &watch::Receiver<bool>) -> Result<usize> {
    let mut all = 0;
    for _ in 0..MOST_ROUNDS {
        // The connection goes back between two rounds, to whoever waits for one.
        let done = (job.run)(&mut *db.conn().await?, clock.now()).await?;
        all += done;
        if done == 0 || *stopped.borrow() {
            break;
        }
    }
    Ok(all)
}

async fn deliver(post: Post, mut stopped: watch::Receiver<bool>) {
    loop {
        let pause = match post.deliver_next().await {
            Ok(true) => Duration::ZERO,
            Ok(false) => LOOK_EVERY,
            Err(error) => {
                tracing::warn!(%error, "the outbox waits: it cannot be read or written");
                PAUSE_AFTER_ERROR
            }
        };
        if timeout(pause, stopped.wait_for(|stop| *stop)).await.is_ok() {
            return;
        }
    }
}
