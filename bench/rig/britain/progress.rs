//! How far a long step is: a bar at a terminal, now and then a line elsewhere.

use std::{
    cell::Cell,
    io::IsTerminal,
    time::{Duration, Instant},
};

use indicatif::{ProgressBar, ProgressStyle};

/// Between two lines where there is no terminal.
const LINE_EVERY: Duration = Duration::from_secs(15);

/// Where progress is shown.
#[derive(Debug, Clone, Copy)]
pub enum Progress {
    /// Bars on standard error.
    Bars,
    /// Lines on standard error.
    Lines,
    /// Nowhere.
    #[allow(dead_code, reason = "for tests")]
    Nowhere,
}

impl Progress {
    /// What suits standard error.
    pub fn here() -> Self {
        if std::io::stderr().is_terminal() { Self::Bars } else { Self::Lines }
    }

    /// Begins a step of so many parts.
    pub fn bar(self, name: &str, length: u64) -> Step {
        let template = "{prefix:<12} {wide_bar} {human_pos}/{human_len}  {per_sec}  {elapsed}  {msg}";
        let bar = if let Self::Bars = self { ProgressBar::new(length) } else { ProgressBar::hidden() };
        let style = ProgressStyle::with_template(template).unwrap_or_else(|_malformed| ProgressStyle::default_bar());
        let bar = bar.with_style(style).with_prefix(name.to_owned());
        bar.set_length(length);
        bar.enable_steady_tick(Duration::from_millis(250));
        let now = Instant::now();
        Step {
            bar,
            name: name.to_owned(),
            lines: matches!(self, Self::Lines),
            length,
            done: Cell::new(0),
            began: now,
            said: Cell::new(now),
        }
    }
}

/// A running step.
#[derive(Debug)]
pub struct Step {
    bar: ProgressBar,
    name: String,
    lines: bool,
    length: u64,
    done: Cell<u64>,
    began: Instant,
    said: Cell<Instant>,
}

impl Step {
    /// So many parts more are done.
    pub fn add(&self, parts: u64) {
        self.bar.inc(parts);
        self.done.set(self.done.get() + parts);
        if self.lines && self.said.get().elapsed() >= LINE_EVERY {
            self.said.set(Instant::now());
            self.say();
        }
    }

    /// What is being done.
    pub fn note(&self, what: &str) {
        self.bar.set_message(what.to_owned());
    }

    /// It is over. Gives how long it took, in seconds.
    pub fn done(self) -> f64 {
        self.bar.finish_and_clear();
        if self.lines {
            self.say();
        }
        self.began.elapsed().as_secs_f64()
    }

    fn say(&self) {
        let seconds = self.began.elapsed().as_secs_f64();
        let done = self.done.get();
        eprintln!("{}: {done} of {} in {seconds:.0} s, {:.0} a second", self.name, self.length, done as f64 / seconds);
    }
}
