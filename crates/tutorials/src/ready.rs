//! The queue of tasks that can go on, and the one place where a wake-up can be lost
//! (added by lesson 12).
//!
//! A scheduler with nothing to do goes to sleep in the kernel. A wake-up from
//! another thread then has to do two things: put the task into this queue, and rouse
//! the sleeper. The sleeper does two things as well: look whether the queue is empty,
//! and fall asleep. Mixed in the wrong order (the sleeper looks, the waker puts and
//! sees nobody asleep, the sleeper falls asleep) the wake-up is lost for ever.
//!
//! The mend is in [`Ready::fall_asleep`]: *first* say that you sleep, *then* look
//! once more. Whichever of the two comes second sees what the other did. The test
//! in `tests/loom.rs` compiles this very file with `loom`, which runs it in every
//! order that threads can.

use std::collections::VecDeque;

use super::sync::{AtomicBool, Mutex, Ordering};

/// A first-in, first-out queue of keys of tasks, filled from any thread.
///
/// Its bound is the number of tasks: a task that is in it is not put in again
/// (its own flag sees to that), so nothing ever has to be dropped or to wait.
#[derive(Debug)]
pub struct Ready<K> {
    queue: Mutex<VecDeque<K>>,
    /// Whether the scheduler sleeps, or is about to.
    asleep: AtomicBool,
}

impl<K> Ready<K> {
    /// An empty queue.
    #[must_use]
    pub fn new() -> Self {
        Self {
            queue: Mutex::new(VecDeque::new()),
            asleep: AtomicBool::new(false),
        }
    }

    /// Puts a task at the end. Whoever gets `true` has to rouse the scheduler; nobody else does.
    #[must_use]
    pub fn push(&self, key: K) -> bool {
        self.with_queue(|queue| queue.push_back(key));
        // The load first: a swap costs much more, and mostly nobody sleeps.
        self.asleep.load(Ordering::SeqCst) && self.asleep.swap(false, Ordering::SeqCst)
    }

    /// Takes the first.
    pub fn pop(&self) -> Option<K> {
        self.with_queue(VecDeque::pop_front)
    }

    /// Whether nobody is in it.
    pub fn is_empty(&self) -> bool {
        self.with_queue(|queue| queue.is_empty())
    }

    /// Says that the scheduler will sleep. After `true` every [`push`](Self::push) is
    /// going to rouse it; on `false` somebody came in between, and it must not sleep.
    #[must_use]
    pub fn fall_asleep(&self) -> bool {
        // Swaps and not stores, here and below: then the changes of this flag have one order that
        // every thread agrees on, and loom can follow it.
        self.asleep.swap(true, Ordering::SeqCst);
        // This second look is the whole trick. Without it the wake-up of a task that
        // came between the first look and the line above would be lost.
        if self.is_empty() {
            return true;
        }
        self.wake_up();
        false
    }

    /// Says that the scheduler is awake again: nobody needs to rouse it.
    pub fn wake_up(&self) {
        self.asleep.swap(false, Ordering::SeqCst);
    }

    fn with_queue<R>(&self, change: impl FnOnce(&mut VecDeque<K>) -> R) -> R {
        // Nothing that can panic runs under this lock, so it is never poisoned.
        let mut queue = self
            .queue
            .lock()
            .unwrap_or_else(|poisoned| poisoned.into_inner());
        change(&mut queue)
    }
}

impl<K> Default for Ready<K> {
    fn default() -> Self {
        Self::new()
    }
}
