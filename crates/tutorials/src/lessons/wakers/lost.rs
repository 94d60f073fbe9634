//! Lesson 12, part A: how a wake-up is lost, and how not to lose it (lesson: `wakers.rs`).
//!
//! A future looks whether the bell has rung (no), the bell rings (no waker is there, so
//! nobody is woken), the future leaves its waker: it waits for ever. The mend: leave the
//! waker *first*, then look. Whoever comes second then sees what the other one did.

use std::future::poll_fn;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::{Poll, Waker};
use std::thread;
use std::time::Duration;

use super::block_on;
use crate::say;

/// After so long we believe that it sleeps for ever.
const PATIENCE: Duration = Duration::from_millis(300);

/// Prints what happens in two columns: what the task does, and what the thread with the bell does.
#[derive(Default)]
struct Timeline(AtomicU32);

impl Timeline {
    fn task(&self, what: &str) {
        say!("  {}  {what}", self.next());
    }

    fn bell(&self, what: &str) {
        say!("  {}  {:<31}{what}", self.next(), "");
    }

    fn next(&self) -> u32 {
        self.0.fetch_add(1, Ordering::SeqCst) + 1
    }
}

/// Something that happens once, on another thread.
#[derive(Default)]
struct Bell {
    rung: AtomicBool,
    waiting: Mutex<Option<Waker>>,
    timeline: Timeline,
}

impl Bell {
    fn ring(&self) {
        self.rung.store(true, Ordering::SeqCst);
        let waker = self.waiting().take();
        match waker {
            Some(waker) => {
                self.timeline.bell("rings, and calls the waker");
                waker.wake();
            }
            None => self.timeline.bell("rings: no waker is here to call"),
        }
    }

    fn waiting(&self) -> MutexGuard<'_, Option<Waker>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn is_rung(&self) -> bool {
        let rung = self.rung.load(Ordering::SeqCst);
        self.timeline.task(if rung {
            "looks: it has rung"
        } else {
            "looks: it has not rung"
        });
        rung
    }

    fn leave(&self, waker: &Waker) {
        *self.waiting() = Some(waker.clone());
        self.timeline.task("leaves its waker");
    }

    /// Looks, then leaves its waker. `between` is what happens just between the two.
    async fn careless(&self, between: impl Fn()) {
        poll_fn(|context| {
            if self.is_rung() {
                return Poll::Ready(());
            }
            between();
            self.leave(context.waker());
            Poll::Pending
        })
        .await;
    }

    /// Leaves its waker, then looks.
    async fn careful(&self, between: impl Fn()) {
        poll_fn(|context| {
            self.leave(context.waker());
            between();
            if self.is_rung() {
                return Poll::Ready(());
            }
            Poll::Pending
        })
        .await;
    }
}

/// Rings a bell for both, at the worst moment.
pub(super) fn lose_a_wake_up() {
    // By itself the bell would ring just there once in a million times. So we ring it there.
    say!("careless: looks first\n     task                           bell");
    let bell = Bell::default();
    let ring = || thread::scope(|scope| drop(scope.spawn(|| bell.ring()).join()));
    let careless = block_on(bell.careless(ring), PATIENCE);
    bell.timeline.task(match careless {
        Some(()) => "goes on",
        None => "sleeps for ever: it has rung, and will not ring again",
    });
    say!("careful: leaves its waker first\n     task                           bell");
    let bell = Bell::default();
    let ring = || thread::scope(|scope| drop(scope.spawn(|| bell.ring()).join()));
    let careful = block_on(bell.careful(ring), PATIENCE);
    bell.timeline.task(match careful {
        Some(()) => "goes on",
        None => "sleeps for ever",
    });
}
