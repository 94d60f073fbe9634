//! Any future, on any runtime, as a lane of a trace (added by lesson 19).
//!
//! A runtime of one's own records when it polls and wakes. A runtime of somebody else's is
//! seen from the task: a future around the task's that says when it is polled, and a waker
//! around the runtime's that says when it is called.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};

use super::{Lane, Trace};

/// A future that records when it runs and who wakes it.
#[derive(Debug)]
pub struct Traced<F> {
    future: Pin<Box<F>>,
    recorder: Option<(Trace, Lane)>,
}

/// Lets `trace`, if there is one, record a future.
pub fn traced<F: Future>(trace: Option<&Trace>, name: &str, future: F) -> Traced<F> {
    Traced {
        future: Box::pin(future),
        recorder: trace.map(|trace| (trace.clone(), trace.spawn(name))),
    }
}

struct Watched {
    waker: Waker,
    trace: Trace,
    lane: Lane,
}

impl Wake for Watched {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.trace.wake(self.lane);
        self.waker.wake_by_ref();
    }
}

impl<F: Future> Future for Traced<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        let this = &mut *self;
        let Some((trace, lane)) = &this.recorder else {
            return this.future.as_mut().poll(context);
        };
        let waker = Waker::from(Arc::new(Watched {
            waker: context.waker().clone(),
            trace: trace.clone(),
            lane: *lane,
        }));
        let caller = trace.enter(*lane);
        let polled = this.future.as_mut().poll(&mut Context::from_waker(&waker));
        trace.leave(*lane, caller);
        if polled.is_ready() {
            trace.drop(*lane, false);
            this.recorder = None;
        }
        polled
    }
}

impl<F> Drop for Traced<F> {
    fn drop(&mut self) {
        if let Some((trace, lane)) = &self.recorder {
            trace.drop(*lane, true);
        }
    }
}
