//! What happened when, and to whom: the recording behind `--trace` (added by lesson 4).
//!
//! An event loop records every time it hands control to somebody and gets it back.
//! From that list a picture is drawn: [`svg`] for a page, [`chrome`] for
//! [Perfetto](https://ui.perfetto.dev), [`terminal`] for right here. Under a virtual
//! clock the list, and so each picture, is the same to the byte every time.
//!
//! The recorder may be used from any thread. Who runs on a thread, and what it is
//! about to wait for, is remembered per thread, so that futures can say
//! [`waiting`]`(Why::Readable)` without knowing whether anybody records it.

pub mod chrome;
pub mod future;
pub mod hook;
pub mod svg;
pub mod terminal;

mod chart;

use std::cell::Cell;
use std::fmt;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::clock::Clock;

/// How many events are kept, and of how many lanes. A server may run for days, and everybody who
/// connects is a lane: what comes later is counted, not kept.
const EVENTS: usize = 200_000;
const LANES: usize = 5_000;

/// Names a lane: a task, a thread or a callback.
pub type Lane = usize;

/// What somebody waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// A time on the clock of the trace.
    Until(Duration),
    /// Bytes or a connection.
    Readable,
    /// Room for bytes.
    Writable,
    /// Nothing: it lets others go first.
    Turn,
    /// A message, or room for one, in a channel.
    Message,
    /// The end of another task.
    Task,
    /// A thread's answer.
    Thread,
    /// The kernel's answer to what it was asked to do.
    Completion,
    /// Whoever steps it, to be sent something.
    Caller,
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Until(deadline) => write!(f, "until {:.3} s", deadline.as_secs_f64()),
            Self::Readable => f.write_str("readable"),
            Self::Writable => f.write_str("writable"),
            Self::Turn => f.write_str("its turn"),
            Self::Message => f.write_str("a message"),
            Self::Task => f.write_str("a task"),
            Self::Thread => f.write_str("a thread"),
            Self::Completion => f.write_str("completion"),
            Self::Caller => f.write_str("its caller"),
        }
    }
}

/// What happened to a lane.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// It came to be, made by another lane or by the program.
    Spawn {
        /// The lane that made it.
        by: Option<Lane>,
    },
    /// It runs from here on.
    Begin,
    /// It gave control back, and waits for something or has nothing to do.
    End {
        /// What it waits for, if it said so.
        why: Option<Why>,
    },
    /// The event loop sleeps in the kernel: nobody can go on.
    Asleep {
        /// What it sleeps for, where that is known.
        why: Option<Why>,
    },
    /// The event loop is awake again.
    Awake,
    /// It was woken: it can go on.
    Wake {
        /// The lane that woke it; none is another thread.
        by: Option<Lane>,
    },
    /// A value or an error went in or came out: `send 5`, `throw stop`, `yield 3`.
    Note(String),
    /// It is over.
    Drop {
        /// It was dropped before it had returned.
        cancelled: bool,
    },
}

/// One line of a recording.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// Since the clock was started.
    pub at: Duration,
    /// Whom it is about.
    pub lane: Lane,
    /// What happened.
    pub what: What,
}

/// What has been recorded.
#[derive(Clone, Debug, Default)]
pub struct Recording {
    /// The names of the lanes, by number, as they came to be.
    pub lanes: Vec<String>,
    /// What happened, in order.
    pub events: Vec<Event>,
    /// How many events are not kept: beyond 200,000, or of lanes beyond 5,000.
    pub lost: usize,
}

/// Records. Clones write into the same recording.
#[derive(Clone, Debug)]
pub struct Trace {
    clock: Clock,
    recording: Arc<Mutex<Recording>>,
}

thread_local! {
    /// Which lane runs on this thread.
    static RUNNING: Cell<Option<Lane>> = const { Cell::new(None) };
    /// What the lane that runs on this thread is about to wait for.
    static WHY: Cell<Option<Why>> = const { Cell::new(None) };
}

/// Says what the running task is about to wait for. Costs next to nothing when nobody records.
pub fn waiting(why: Why) {
    WHY.set(Some(why));
}

impl Trace {
    /// An empty recording whose events have the times of `clock`.
    #[must_use]
    pub fn new(clock: Clock) -> Self {
        Self {
            clock,
            recording: Arc::default(),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Recording> {
        self.recording
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn record(&self, lane: Lane, what: What) {
        let at = self.clock.now();
        let mut recording = self.lock();
        let lanes = recording.lanes.len();
        let known = |by: &Option<Lane>| by.is_none_or(|by| by < lanes);
        let known = match &what {
            What::Spawn { by } | What::Wake { by } => known(by),
            _ => true,
        };
        if recording.events.len() < EVENTS && lane < lanes && known {
            recording.events.push(Event { at, lane, what });
        } else {
            recording.lost += 1;
        }
    }

    /// A lane for the event loop itself, which only sleeps and wakes.
    #[must_use]
    pub fn lane(&self, name: impl Into<String>) -> Lane {
        let mut recording = self.lock();
        let lane = recording.lanes.len();
        if lane < LANES {
            recording.lanes.push(name.into());
        }
        // Past the last one, where nothing is recorded.
        lane
    }

    /// A new lane: a task was made.
    #[must_use]
    pub fn spawn(&self, name: impl Into<String>) -> Lane {
        let lane = self.lane(name);
        let by = RUNNING.get();
        self.record(lane, What::Spawn { by });
        lane
    }

    /// Control goes to a lane, on this thread.
    pub fn begin(&self, lane: Lane) {
        RUNNING.set(Some(lane));
        WHY.set(None);
        self.record(lane, What::Begin);
    }

    /// The lane that runs on this thread gives control back.
    pub fn end(&self, lane: Lane) {
        RUNNING.set(None);
        let why = WHY.take();
        self.record(lane, What::End { why });
    }

    /// Control goes to a lane that the one which runs now calls. Give the answer to [`leave`](Self::leave).
    #[must_use]
    pub fn enter(&self, lane: Lane) -> Option<Lane> {
        let caller = RUNNING.get();
        self.begin(lane);
        caller
    }

    /// The lane gives control back to the one that called it.
    pub fn leave(&self, lane: Lane, caller: Option<Lane>) {
        self.end(lane);
        RUNNING.set(caller);
    }

    /// The event loop falls asleep.
    pub fn asleep(&self, lane: Lane, why: Option<Why>) {
        self.record(lane, What::Asleep { why });
    }

    /// The event loop is awake.
    pub fn awake(&self, lane: Lane) {
        self.record(lane, What::Awake);
    }

    /// What happens on this thread is the doing of `lane`, until a task begins or [`unmark`](Self::unmark).
    pub fn mark(&self, lane: Lane) {
        RUNNING.set(Some(lane));
    }

    /// What happens on this thread is nobody's doing.
    pub fn unmark(&self) {
        RUNNING.set(None);
    }

    /// A lane can go on, thanks to the one that runs on this thread.
    pub fn wake(&self, lane: Lane) {
        let by = RUNNING.get();
        self.record(lane, What::Wake { by });
    }

    /// Something went into the lane that runs on this thread, or came out of it.
    pub fn note(&self, text: impl Into<String>) {
        if let Some(lane) = RUNNING.get() {
            self.record(lane, What::Note(text.into()));
        }
    }

    /// A lane is over.
    pub fn drop(&self, lane: Lane, cancelled: bool) {
        self.record(lane, What::Drop { cancelled });
    }

    /// What has been recorded so far.
    #[must_use]
    pub fn recording(&self) -> Recording {
        self.lock().clone()
    }
}

/// Writes a recording where `--trace` says: `-` is the terminal, `.json` Chrome's format, `.svg` a picture.
///
/// # Errors
///
/// The file cannot be written, or its name has another ending.
pub fn write(recording: &Recording, path: &Path) -> anyhow::Result<()> {
    use anyhow::Context as _;

    if path == Path::new("-") {
        crate::say!("{}", terminal::draw(recording, terminal::WIDTH).trim_end());
        return Ok(());
    }
    let text = match path.extension().and_then(|extension| extension.to_str()) {
        Some("svg") => svg::draw(recording),
        Some("json") => chrome::write(recording),
        _ => anyhow::bail!(
            "--trace {}: the name must end with .svg or .json, or be - for the terminal",
            path.display()
        ),
    };
    std::fs::write(path, text)
        .with_context(|| format!("cannot write --trace {}", path.display()))?;
    crate::say!("trace written to {}", path.display());
    Ok(())
}

#[cfg(test)]
mod tests;
