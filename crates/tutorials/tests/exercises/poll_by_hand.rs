//! Lesson 11. Write a future that waits for two others at the same time: it is ready when
//! both are, and answers both results.

use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};

type Boxed = Pin<Box<dyn Future<Output = u32>>>;

async fn yours(left: Boxed, right: Boxed) -> (u32, u32) {
    // Correct, but not at the same time.
    (left.await, right.await)
}

/// Ready at the poll after `polls` others.
fn after(mut polls: u32, value: u32) -> Boxed {
    Box::pin(poll_fn(move |_| {
        if polls == 0 {
            return Poll::Ready(value);
        }
        polls -= 1;
        Poll::Pending
    }))
}

fn check<F: Future<Output = (u32, u32)>>(both: fn(Boxed, Boxed) -> F) {
    for (left, right) in [(2, 2), (3, 1), (0, 3), (0, 0)] {
        let mut future = pin!(both(after(left, 1), after(right, 2)));
        let mut context = Context::from_waker(Waker::noop());
        for _ in 0..left.max(right) {
            assert!(future.as_mut().poll(&mut context).is_pending());
        }
        let done = future.as_mut().poll(&mut context);
        assert_eq!(
            done,
            Poll::Ready((1, 2)),
            "both had been polled often enough"
        );
    }
}

#[test]
#[ignore = "hint: at each poll, poll both; keep the result of the one that is ready first"]
fn yours_waits_for_both() {
    check(yours);
}

#[test]
fn the_solution_waits_for_both() {
    check(|left, right| Solution(Half::Waiting(left), Half::Waiting(right)));
}

// The solution. Stop reading here until you have tried.

enum Half {
    Waiting(Boxed),
    Done(u32),
}

struct Solution(Half, Half);

impl Half {
    fn poll(&mut self, context: &mut Context<'_>) -> Option<u32> {
        // A future that was ready must not be polled again.
        if let Self::Waiting(future) = self
            && let Poll::Ready(value) = future.as_mut().poll(context)
        {
            *self = Self::Done(value);
        }
        match self {
            Self::Done(value) => Some(*value),
            Self::Waiting(_) => None,
        }
    }
}

impl Future for Solution {
    type Output = (u32, u32);

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let left = self.0.poll(context);
        let right = self.1.poll(context);
        left.zip(right).map_or(Poll::Pending, Poll::Ready)
    }
}
