//! A bounded channel between tasks of one thread (added by lesson 15).
//!
//! Full, it lets senders wait: a fast producer is slowed down to its consumer
//! (*back-pressure*) instead of filling the memory. `asyncio.Queue(maxsize=n)` is the
//! same; Python's default, `maxsize=0`, is a queue without a bound.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::future::poll_fn;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use crate::trace::{self, Why};
use crate::waiting::{Place, Waiting};

#[derive(Debug)]
struct State<T> {
    queue: VecDeque<T>,
    capacity: usize,
    senders: usize,
    receiver: bool,
    receiving: Option<Waker>,
    /// Those who wait for room.
    sending: Waiting,
}

/// Sends. Clones send into the same channel.
#[derive(Debug)]
pub struct Sender<T>(Rc<RefCell<State<T>>>);

/// Receives, in the order things were sent.
#[derive(Debug)]
pub struct Receiver<T>(Rc<RefCell<State<T>>>);

/// Nobody will receive it. This is what was to be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("nobody receives from this channel any more")]
pub struct Closed<T>(pub T);

/// A channel that holds at most `capacity` things; whoever sends one more waits.
///
/// # Panics
///
/// When `capacity` is zero: nothing could ever be sent.
#[must_use]
pub fn channel<T>(capacity: usize) -> (Sender<T>, Receiver<T>) {
    assert!(capacity > 0, "a channel needs room for one thing");
    let state = Rc::new(RefCell::new(State {
        queue: VecDeque::new(),
        capacity,
        senders: 1,
        receiver: true,
        receiving: None,
        sending: Waiting::default(),
    }));
    (Sender(Rc::clone(&state)), Receiver(state))
}

impl<T> Sender<T> {
    /// Sends when there is room.
    ///
    /// # Errors
    ///
    /// [`Closed`], when the receiver was dropped.
    ///
    /// # Cancel safety
    ///
    /// Dropped before it is done, it has sent nothing, and `value` is dropped with it.
    pub async fn send(&self, value: T) -> Result<(), Closed<T>> {
        Sending {
            state: &self.0,
            value: Some(value),
            place: Place::default(),
        }
        .await
    }
}

/// A value on its way. Dropped, it waits no longer.
struct Sending<'a, T> {
    state: &'a RefCell<State<T>>,
    value: Option<T>,
    place: Place,
}

// Nothing points into it.
impl<T> Unpin for Sending<'_, T> {}

impl<T> Future for Sending<'_, T> {
    type Output = Result<(), Closed<T>>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let this = &mut *self;
        let mut state = this.state.borrow_mut();
        if state.receiver && state.queue.len() >= state.capacity {
            trace::waiting(Why::Message);
            let waker = context.waker().clone();
            let old = state.sending.leave(&mut this.place, waker);
            // Dropped when nothing is borrowed any more: that may run anything.
            drop(state);
            drop(old);
            return Poll::Pending;
        }
        let value = this.value.take();
        let value = value.expect("a send that is done is not polled again");
        if !state.receiver {
            return Poll::Ready(Err(Closed(value)));
        }
        state.queue.push_back(value);
        let waiting = state.receiving.take();
        drop(state);
        if let Some(waker) = waiting {
            waker.wake();
        }
        Poll::Ready(Ok(()))
    }
}

impl<T> Receiver<T> {
    /// The next thing; `None` when all senders are gone and everything was received.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe: dropped before it is done, it has received nothing.
    pub async fn receive(&mut self) -> Option<T> {
        poll_fn(|context| {
            let mut state = self.0.borrow_mut();
            if let Some(value) = state.queue.pop_front() {
                // All who wait for room: one of them might have been cancelled since.
                let waiting: Vec<Waker> = state.sending.take_all().collect();
                drop(state);
                waiting.into_iter().for_each(Waker::wake);
                return Poll::Ready(Some(value));
            }
            if state.senders == 0 {
                return Poll::Ready(None);
            }
            trace::waiting(Why::Message);
            let old = state.receiving.replace(context.waker().clone());
            drop(state);
            drop(old);
            Poll::Pending
        })
        .await
    }
}

impl<T> Drop for Sending<'_, T> {
    fn drop(&mut self) {
        let waker = self.state.borrow_mut().sending.take_back(&self.place);
        drop(waker);
    }
}

impl<T> Clone for Sender<T> {
    fn clone(&self) -> Self {
        self.0.borrow_mut().senders += 1;
        Self(Rc::clone(&self.0))
    }
}

impl<T> Drop for Sender<T> {
    fn drop(&mut self) {
        let mut state = self.0.borrow_mut();
        state.senders -= 1;
        let last = state.senders == 0;
        let waiting = state.receiving.take_if(|_| last);
        drop(state);
        if let Some(waker) = waiting {
            waker.wake();
        }
    }
}

impl<T> Drop for Receiver<T> {
    fn drop(&mut self) {
        let mut state = self.0.borrow_mut();
        state.receiver = false;
        let queue = std::mem::take(&mut state.queue);
        let waiting: Vec<Waker> = state.sending.take_all().collect();
        drop(state);
        drop(queue);
        waiting.into_iter().for_each(Waker::wake);
    }
}

#[cfg(test)]
impl<T> Sender<T> {
    pub(crate) fn waiting(&self) -> usize {
        self.0.borrow().sending.len()
    }
}
