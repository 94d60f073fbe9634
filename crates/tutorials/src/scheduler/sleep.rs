//! Waiting for a time, for a turn, and for something but not longer than so.

use std::pin::{Pin, pin};
use std::task::{Context, Poll};
use std::time::Duration;

use super::Handle;
use crate::timers::Ticket;
use crate::trace::{self, Why};

/// Done when its time has come. Dropped before, it leaves nothing behind.
#[derive(Debug)]
#[must_use = "a sleep that nobody awaits does nothing"]
pub struct Sleep {
    handle: Handle,
    deadline: Duration,
    ticket: Option<Ticket>,
}

/// The time was over first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the time is over")]
pub struct Elapsed;

impl Handle {
    /// Waits for so long, at least.
    pub fn sleep(&self, duration: Duration) -> Sleep {
        self.sleep_until(self.now().saturating_add(duration))
    }

    /// Waits until the clock of the scheduler shows `deadline`.
    pub fn sleep_until(&self, deadline: Duration) -> Sleep {
        Sleep {
            handle: self.clone(),
            deadline,
            ticket: None,
        }
    }

    /// Lets every other task that is ready run first.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe: there is nothing to lose.
    pub async fn yield_now(&self) {
        let mut yielded = false;
        std::future::poll_fn(|context| {
            if yielded {
                return Poll::Ready(());
            }
            yielded = true;
            trace::waiting(Why::Turn);
            // To the end of the queue: whoever is there already comes first.
            context.waker().wake_by_ref();
            Poll::Pending
        })
        .await;
    }

    /// Waits for `future`, and drops it when it takes longer than `duration`.
    ///
    /// # Errors
    ///
    /// [`Elapsed`], when the time was over first.
    ///
    /// # Cancel safety
    ///
    /// As cancel safe as `future`, which is dropped in the middle when the time is over.
    pub async fn timeout<F: Future>(
        &self,
        duration: Duration,
        future: F,
    ) -> Result<F::Output, Elapsed> {
        let mut sleep = pin!(self.sleep(duration));
        let mut future = pin!(future);
        std::future::poll_fn(|context| {
            // A race, only that the clock is asked first and wins last: so a trace shows what
            // the task really waits for, and an answer in the last instant counts.
            let elapsed = sleep.as_mut().poll(context).is_ready();
            match future.as_mut().poll(context) {
                Poll::Ready(output) => Poll::Ready(Ok(output)),
                Poll::Pending if elapsed => Poll::Ready(Err(Elapsed)),
                Poll::Pending => Poll::Pending,
            }
        })
        .await
    }
}

impl Future for Sleep {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let this = &mut *self;
        if this.handle.now() >= this.deadline {
            return Poll::Ready(());
        }
        trace::waiting(Why::Until(this.deadline));
        // Cloned before the timers are borrowed, and the old one dropped after: wakers of other
        // executors may do anything then, even drop a sleep.
        let waker = context.waker().clone();
        let mut timers = this.handle.core.timers.borrow_mut();
        let old = match this.ticket.and_then(|ticket| timers.waiting(ticket)) {
            // It was given to another task since: that one is to be woken.
            Some(set) => Some(std::mem::replace(set, waker)),
            None => {
                this.ticket = Some(timers.set(this.deadline, waker));
                None
            }
        };
        drop(timers);
        drop(old);
        Poll::Pending
    }
}

impl Drop for Sleep {
    fn drop(&mut self) {
        if let Some(ticket) = self.ticket {
            let waker = self.handle.core.timers.borrow_mut().cancel(ticket);
            // Here, and not while the timers are borrowed.
            drop(waker);
        }
    }
}
