//! Where a task of several threads is: idle, in the queue, or with a worker.
//!
//! Two things must not happen: that a task is polled by two workers at once, and that a
//! wake-up which comes while it is polled is lost. One atomic number sees to both. The
//! test in `tests/loom.rs` compiles this very file with `loom`, as it does `ready.rs`.

use super::sync::{AtomicU8, Ordering};

/// Nobody has anything to do with it until it is woken.
const IDLE: u8 = 0;
/// It is in the queue.
const QUEUED: u8 = 1;
/// A worker polls it; or it is through, and stays so.
const RUNNING: u8 = 2;
/// A worker polls it, and it was woken meanwhile: back into the queue it goes.
const WOKEN: u8 = 3;

/// Where a task is.
#[derive(Debug)]
pub(crate) struct State(AtomicU8);

/// What a wake-up came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Woken {
    /// The caller has to put it into the queue.
    Queue,
    /// Its worker will do so.
    Noted,
    /// It was woken already.
    Again,
}

impl State {
    /// A task that was never woken.
    pub(crate) fn idle() -> Self {
        Self(AtomicU8::new(IDLE))
    }

    /// It is woken.
    pub(crate) fn wake(&self) -> Woken {
        // Written even where it stays the same: only so the poll that follows is sure to see what
        // was done before this wake-up.
        let next = |state| {
            Some(match state {
                IDLE | QUEUED => QUEUED,
                _ => WOKEN,
            })
        };
        match self
            .0
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, next)
        {
            Ok(IDLE) => Woken::Queue,
            Ok(RUNNING) => Woken::Noted,
            _ => Woken::Again,
        }
    }

    /// A worker has taken it from the queue and polls it.
    pub(crate) fn begin(&self) {
        // A swap and not a store: it sees what was done before the wake-ups that it answers.
        self.0.swap(RUNNING, Ordering::SeqCst);
    }

    /// The worker has polled it, and it is not through. `true`: it was woken meanwhile, and the worker
    /// has to put it into the queue.
    pub(crate) fn end(&self) -> bool {
        let idle = self
            .0
            .compare_exchange(RUNNING, IDLE, Ordering::SeqCst, Ordering::SeqCst);
        if idle.is_err() {
            self.0.swap(QUEUED, Ordering::SeqCst);
        }
        idle.is_err()
    }
}
