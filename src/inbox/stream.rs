//! Notices as they come. All streams of a process share one task, which asks the database once a second what is new in the inboxes that
//! anybody watches; docs/decisions/0023-inbox-stream.md says why. A stream that does not take what it is given keeps its position and
//! nothing else; it gets the rest later.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use actix_web::{
    rt,
    web::{Bytes, Data},
};
use chrono::TimeDelta;
use futures_util::{Stream, stream};
use tokio::{
    sync::mpsc::{self, error::TrySendError},
    time::{Instant, sleep_until, timeout},
};

use super::{
    dto::{NoticeOut, StreamOut},
    model::{Read, Watched},
    position::Position,
    queries::{self, Span},
};
use crate::{
    app::App,
    error::{Error, Result},
    http::SignedIn,
    types::ids::{GroupId, InboxId, SessionId},
};

/// A group that a running stream does not know yet was joined so long ago at most, or while the database was away.
const JOINED_LATELY: TimeDelta = TimeDelta::hours(1);
/// From one look at the inboxes to the next.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// After so long without anything else comes a line that says nothing, so that both sides know that the other is there. Shorter than
/// the patience of usual proxies and of `http::connections`.
const HEARTBEAT: Duration = Duration::from_secs(15);
/// How long a client should wait before it comes back, milliseconds.
const RETRY_MS: u32 = 3000;
/// Streams that one person may have in one process.
const MOST_OF_ONE: usize = 5;
/// Events that wait for a client to take them.
const AHEAD: usize = 32;
/// Notices of an inbox that are read at once.
const AT_ONCE: i64 = 32;

crate::word_enum! {
    /// Why a stream ends.
    pub enum Ended {
        /// The access token is no longer good: renew it and come back.
        TokenExpired = "token_expired",
        /// The session has ended: sign in again.
        SessionEnded = "session_ended",
        /// The person is no longer a member of the group.
        NotAMember = "not_a_member",
        /// The server stops: come back.
        Stopping = "stopping",
    }
}

/// The streams of this process.
#[derive(Default)]
pub struct Hub {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    streams: BTreeMap<u64, Live>,
    next_id: u64,
    /// Somebody looks at the inboxes.
    watching: bool,
    closed: bool,
}

/// One stream.
struct Live {
    who: SignedIn,
    /// The group whose inbox it shows; all of the person's otherwise.
    group: Option<GroupId>,
    at: Position,
    events: mpsc::Sender<Bytes>,
    /// Says whether the client has gone.
    has_left: HasLeft,
}

/// Whether a client has gone.
pub type HasLeft = Box<dyn Fn() -> bool + Send>;

impl Hub {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Ends all streams, and lets nobody open another: the server stops.
    pub fn close(&self) {
        let mut state = self.state();
        state.closed = true;
        for (_, live) in std::mem::take(&mut state.streams) {
            live.end(Ended::Stopping);
        }
    }

    /// How many streams there are.
    pub fn len(&self) -> usize {
        self.state().streams.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// Opens a stream that goes on after `at`: of a group's inbox, or of all of the person's. 429 when the person has too many.
/// `has_left` says whether the client has gone.
pub fn open(
    app: &Data<App>,
    (who, group): (SignedIn, Option<GroupId>),
    at: Position,
    has_left: HasLeft,
) -> Result<impl Stream<Item = Result<Bytes>> + use<>> {
    let (events, taken) = mpsc::channel(AHEAD);
    let first = Bytes::from(format!("retry: {RETRY_MS}\nid: {}\n\n", at.text(group)));
    let mut state = app.streams.state();
    if state.closed {
        return Err(Error::Unavailable("the server stops".to_owned()));
    }
    state.streams.retain(|_, live| !(live.has_left)());
    if state.streams.values().filter(|live| live.who.user_id == who.user_id).count() >= MOST_OF_ONE {
        return Err(Error::too_many_requests(10, format!("You have {MOST_OF_ONE} streams open already. Close one first.")));
    }
    let id = state.next_id;
    state.next_id += 1;
    state.streams.insert(id, Live { who, group, at, events, has_left });
    if !std::mem::replace(&mut state.watching, true) {
        rt::spawn(watch(Watch { app: app.clone(), ended: false }));
    }
    drop(state);
    let client = Client { app: app.clone(), id, first: Some(first), taken };
    Ok(stream::unfold(client, |mut client| async { client.next().await.map(|piece| (Ok(piece), client)) }))
}

/// The end of a stream that the client holds; the stream is over when it is dropped.
struct Client {
    app: Data<App>,
    id: u64,
    first: Option<Bytes>,
    taken: mpsc::Receiver<Bytes>,
}

impl Client {
    async fn next(&mut self) -> Option<Bytes> {
        if self.first.is_some() {
            return self.first.take();
        }
        timeout(HEARTBEAT, self.taken.recv()).await.unwrap_or(Some(Bytes::from_static(b": still here\n\n")))
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        self.app.streams.state().streams.remove(&self.id);
    }
}

/// Looks at the inboxes as long as there are streams. Should it break down, the streams end with it, and their clients come back.
struct Watch {
    app: Data<App>,
    /// It has ended in order: nobody was there to look for.
    ended: bool,
}

impl Drop for Watch {
    fn drop(&mut self) {
        if self.ended {
            return;
        }
        let mut state = self.app.streams.state();
        state.watching = false;
        state.streams.clear();
    }
}

async fn watch(mut watch: Watch) {
    let mut warned = false;
    loop {
        let next = Instant::now() + LOOK_EVERY;
        match look(&watch.app).await {
            Ok(true) => warned = false,
            Ok(false) => {
                watch.ended = true;
                return;
            }
            // Streams wait for the database as their clients would.
            Err(error) => {
                if !std::mem::replace(&mut warned, true) {
                    tracing::warn!(%error, "live streams wait: the inboxes cannot be read");
                }
            }
        }
        sleep_until(next).await;
    }
}

/// Looks once. Gives false, and is not called again, when nobody is there to look for.
async fn look(app: &App) -> Result<bool> {
    let now = app.clock.now();
    let (sessions, before) = {
        let mut state = app.streams.state();
        state.streams.retain(|_, live| !(live.has_left)());
        state.end_if(|live| (live.who.token_ends_at <= now).then_some(Ended::TokenExpired));
        if state.streams.is_empty() {
            state.watching = false;
            return Ok(false);
        }
        (state.sessions(), state.next_id)
    };
    let mut conn = app.db.conn().await?;
    let mut watched = HashMap::<SessionId, Vec<Watched>>::new();
    for inbox in queries::watched(&mut conn, &sessions, now, now - JOINED_LATELY).await? {
        watched.entry(inbox.session_id).or_default().push(inbox);
    }
    let spans: Vec<Span> = app.streams.state().news(&watched, before).into_iter().collect();
    if spans.is_empty() {
        return Ok(true);
    }
    let mut notices = BTreeMap::<InboxId, BTreeMap<i64, Read>>::new();
    for notice in queries::oldest(&mut conn, &spans, AT_ONCE).await? {
        notices.entry(notice.inbox_id).or_default().insert(notice.number, notice);
    }
    drop(conn);
    app.streams.state().send(&watched, &notices, before);
    Ok(true)
}

impl State {
    /// The sessions of all streams, each once.
    fn sessions(&self) -> Vec<SignedIn> {
        let mut seen = HashSet::new();
        self.streams.values().map(|live| live.who).filter(|who| seen.insert(who.session_id)).collect()
    }

    fn end_if(&mut self, reason: impl Fn(&Live) -> Option<Ended>) {
        let over: Vec<(u64, Ended)> = self.streams.iter().filter_map(|(id, live)| Some((*id, reason(live)?))).collect();
        for (id, reason) in over {
            if let Some(live) = self.streams.remove(&id) {
                live.end(reason);
            }
        }
    }

    /// Ends the streams of those who may no longer watch, and gives what is new to the others, as far as they can take it. Streams from
    /// `before` on were opened since the question was asked.
    fn news(&mut self, watched: &HashMap<SessionId, Vec<Watched>>, before: u64) -> HashSet<Span> {
        let mut over = HashMap::new();
        let mut spans = HashSet::new();
        for (id, live) in self.streams.range_mut(..before) {
            let Some(inboxes) = watched.get(&live.who.session_id) else {
                over.insert(*id, Ended::SessionEnded);
                continue;
            };
            let mine: Vec<&Watched> = inboxes.iter().filter(|inbox| live.shows(inbox)).collect();
            if mine.is_empty() {
                over.insert(*id, Ended::NotAMember);
                continue;
            }
            live.at.keep(&mine);
            if live.events.capacity() > 0 {
                spans.extend(mine.iter().filter_map(|inbox| live.at.news_in(inbox)));
            }
        }
        for (id, reason) in over {
            if let Some(live) = self.streams.remove(&id) {
                live.end(reason);
            }
        }
        spans
    }

    fn send(&mut self, watched: &HashMap<SessionId, Vec<Watched>>, notices: &BTreeMap<InboxId, BTreeMap<i64, Read>>, before: u64) {
        for (_, live) in self.streams.range_mut(..before) {
            for inbox in watched.get(&live.who.session_id).into_iter().flatten() {
                let new = live.at.news_in(inbox).filter(|_| live.shows(inbox)).and_then(|span| Some((span, notices.get(&span.inbox)?)));
                let Some((span, notices)) = new else { continue };
                // The first so many above its position are those of its own span, whatever else was read for other streams.
                let most = usize::try_from(AT_ONCE).unwrap_or_default();
                let theirs = notices.range(span.above + 1..span.below).take(most);
                if !theirs.into_iter().all(|(_, notice)| live.take(notice, inbox.read_until)) {
                    break;
                }
            }
        }
    }
}

impl Live {
    fn shows(&self, inbox: &Watched) -> bool {
        self.group.is_none() || self.group == inbox.group_id
    }

    /// Sends a notice and moves on; false when the client has not made room for it.
    fn take(&mut self, notice: &Read, read_until: i64) -> bool {
        let mut at = self.at.clone();
        at.set(notice.group_id, notice.number);
        let shown = StreamOut::Notice(Box::new(NoticeOut::of(notice.clone(), read_until)));
        let sent = self.events.try_send(event(Some(&at.text(self.group)), "notice", &shown));
        if sent.is_ok() {
            self.at = at;
        }
        !matches!(sent, Err(TrySendError::Full(_) | TrySendError::Closed(_)))
    }

    /// Says why it is over. A client that has no room for that is told by the end alone.
    fn end(self, reason: Ended) {
        if self.events.try_send(event(None, "end", &StreamOut::End { reason })).is_err() {
            tracing::debug!("a stream ended whose client did not read");
        }
    }
}

/// An event as it is sent (HTML, section 9.2.5): JSON has no line breaks.
fn event(id: Option<&str>, name: &str, data: &StreamOut) -> Bytes {
    let id = id.map(|id| format!("id: {id}\n")).unwrap_or_default();
    let data = serde_json::to_string(data).unwrap_or_default();
    Bytes::from(format!("{id}event: {name}\ndata: {data}\n\n"))
}

/// Where a stream of a session begins: after the event with this id, or now. None when there is nothing that it could show.
pub fn begin(watched: &[Watched], group: Option<GroupId>, after: Option<&Position>) -> Option<Position> {
    let mine: Vec<&Watched> = watched.iter().filter(|inbox| group.is_none() || inbox.group_id == group).collect();
    (!mine.is_empty()).then(|| Position::begin(&mine, after))
}
