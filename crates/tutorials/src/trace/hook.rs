//! What event loops and tasks tell a trace: a word for each event (added by lesson 4).
//!
//! A lesson is about its loop, not about the picture of it. So its code says
//! `hook.on_wake()` and the like, and whether anybody records is looked up here. Where
//! nobody does, each of these words costs one comparison.

use std::sync::atomic::{AtomicBool, Ordering};

use super::{Lane, Trace, Why};

/// The hook of an event loop, which sleeps and wakes others.
#[derive(Debug, Default)]
pub struct LoopHook {
    recorder: Option<(Trace, Lane)>,
    /// The trace says that the loop sleeps.
    asleep: AtomicBool,
}

impl LoopHook {
    /// The first lane of `trace`, if there is one.
    #[must_use]
    pub fn new(trace: Option<&Trace>) -> Self {
        Self {
            recorder: trace.map(|trace| (trace.clone(), trace.lane("reactor"))),
            asleep: AtomicBool::new(false),
        }
    }

    /// The hook of a task of this loop.
    #[must_use]
    pub fn task(&self, name: impl Into<String>) -> TaskHook {
        TaskHook::new(self.recorder.as_ref().map(|(trace, _)| trace), name)
    }

    /// Nobody can go on: the loop falls asleep.
    pub fn on_sleep(&self, why: Option<Why>) {
        if let Some((trace, lane)) = &self.recorder {
            trace.asleep(*lane, why);
            self.asleep.store(true, Ordering::Relaxed);
        }
    }

    /// The loop is awake, if it slept. Whoever is woken from here on is woken by it.
    pub fn on_awake(&self) {
        if let Some((trace, lane)) = &self.recorder {
            if self.asleep.swap(false, Ordering::Relaxed) {
                trace.awake(*lane);
            }
            trace.mark(*lane);
        }
    }

    /// The loop turns to its tasks: what happens from here on is not its doing.
    pub fn on_turn(&self) {
        if let Some((trace, _)) = &self.recorder {
            trace.unmark();
        }
    }

    /// The task that runs now gave or got something.
    pub fn note(&self, text: impl FnOnce() -> String) {
        if let Some((trace, _)) = &self.recorder {
            trace.note(text());
        }
    }
}

/// The hook of a task, a thread or a callback.
#[derive(Clone, Debug, Default)]
pub struct TaskHook(Option<(Trace, Lane)>);

impl TaskHook {
    /// A new lane of `trace`, if there is one: a task was made.
    #[must_use]
    pub fn new(trace: Option<&Trace>, name: impl Into<String>) -> Self {
        Self(trace.map(|trace| (trace.clone(), trace.spawn(name))))
    }

    /// It waits from the start, and not for its turn.
    #[must_use]
    pub fn waiting(self, why: Why) -> Self {
        if let Some((trace, lane)) = &self.0 {
            trace.asleep(*lane, Some(why));
        }
        self
    }

    /// It can go on, thanks to whoever runs on this thread.
    pub fn on_wake(&self) {
        if let Some((trace, lane)) = &self.0 {
            trace.wake(*lane);
        }
    }

    /// It runs, and gives control back. What it waits for then, [`waiting`](super::waiting) says.
    pub fn on_poll<R>(&self, poll: impl FnOnce() -> R) -> R {
        let Some((trace, lane)) = &self.0 else {
            return poll();
        };
        trace.begin(*lane);
        let result = poll();
        trace.end(*lane);
        result
    }

    /// It gave or got something.
    pub fn note(&self, text: &str) {
        if let Some((trace, _)) = &self.0 {
            trace.note(text);
        }
    }

    /// It is over: through, or cancelled.
    pub fn on_drop(&self, cancelled: bool) {
        if let Some((trace, lane)) = &self.0 {
            trace.drop(*lane, cancelled);
        }
    }
}
