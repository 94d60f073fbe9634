//! Waiting for another task, and ending it.

use std::cell::Cell;
use std::fmt;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use super::Handle;
use super::task::Key;
use crate::trace::{self, Why};

/// The task was cancelled before it had returned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the task was cancelled")]
pub struct Cancelled;

struct Shared<T> {
    result: Cell<Option<Result<T, Cancelled>>>,
    waiting: Cell<Option<Waker>>,
}

/// The task's end. It lives in the task's future: dropped unsent, it says that the task was cancelled.
pub(super) struct Sender<T>(Rc<Shared<T>>);

pub(super) struct Receiver<T>(Rc<Shared<T>>);

pub(super) fn pair<T>() -> (Sender<T>, Receiver<T>) {
    let shared = Rc::new(Shared {
        result: Cell::new(Some(Err(Cancelled))),
        waiting: Cell::new(None),
    });
    (Sender(Rc::clone(&shared)), Receiver(shared))
}

impl<T> Sender<T> {
    pub(super) fn send(self, value: T) {
        self.0.result.set(Some(Ok(value)));
    }
}

impl<T> Drop for Sender<T> {
    fn drop(&mut self) {
        if let Some(waker) = self.0.waiting.take() {
            waker.wake();
        }
    }
}

/// A task's result, to be awaited. Dropped, it lets the task run on its own.
#[must_use = "a task whose handle is dropped runs on; say `drop` if that is meant"]
pub struct JoinHandle<T> {
    shared: Rc<Shared<T>>,
    handle: Handle,
    key: Key,
}

impl<T> JoinHandle<T> {
    pub(super) fn new(receiver: Receiver<T>, handle: Handle, key: Key) -> Self {
        Self {
            shared: receiver.0,
            handle,
            key,
        }
    }

    /// Ends the task: its future is dropped, here and now, with everything in it.
    ///
    /// There is nothing that a task could do against it, and nothing that it has to do for it: what
    /// it held is closed by being dropped. A task that cancels itself is dropped when it next waits.
    pub fn cancel(&self) {
        self.handle.cancel(self.key);
    }

    /// Whether the task is over, in whatever way.
    #[must_use]
    pub fn is_finished(&self) -> bool {
        // The task holds the other end for as long as there is a task.
        Rc::strong_count(&self.shared) == 1
    }
}

impl<T> Future for JoinHandle<T> {
    type Output = Result<T, Cancelled>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        if self.is_finished() {
            let result = self.shared.result.take();
            return Poll::Ready(result.expect("a finished join handle is not polled again"));
        }
        trace::waiting(Why::Task);
        self.shared.waiting.set(Some(context.waker().clone()));
        Poll::Pending
    }
}

impl<T> fmt::Debug for JoinHandle<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JoinHandle")
            .field("key", &self.key)
            .field("finished", &self.is_finished())
            .finish_non_exhaustive()
    }
}
