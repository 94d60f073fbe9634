//! # Lesson 11: the state machine behind `async fn`
//!
//! An `async fn` does not run when it is called. It makes a value, a *future*, that
//! holds its local variables and where it stands; `poll` runs it to its next wait. The
//! compiler writes that value's type for you. Lesson 5 wrote such a type by hand for a
//! generator; this file writes one for a future, beside the `async fn` that it equals.
//!
//! **Type this.**
//!
//! ```text
//! cargo run -p tutorials -- poll-by-hand
//! ```
//!
//! **Observe.** Both answer the same at every poll. [`SumByHand`] is an enum with one
//! variant per place where the function can stand, and each holds just the variables
//! that are alive there. `match` jumps to where it stood, as in lesson 5's `ByHand`. What is new:
//! a place may be *inside of another future*, and then that one is polled first. Nothing
//! else is behind every `.await` to come.
//!
//! **What `Pin` is for.** A local variable may be a reference to another one, and both
//! may be alive across an `.await`: then the future holds a pointer *into itself*. Moving
//! it would leave that pointer behind. So before its first poll a future is pinned, which
//! is a promise never to move it again: `poll` takes `Pin<&mut Self>`, and this does
//! not compile:
//!
//! ```compile_fail
//! use std::future::Future;
//! use std::pin::Pin;
//!
//! let mut future = async {
//!     let bytes = [7_u8; 64];
//!     let part = &bytes[..3]; // points into the future itself
//!     std::future::ready(()).await;
//!     part.len()
//! };
//! Pin::new(&mut future); // error[E0277]: cannot be unpinned
//! ```
//!
//! `Box::pin(future)` and `pin!(future)` are fine: one gives it a place on the heap, the
//! other a place in this stack frame, and neither lets it be moved again.
//!
//! **Python and here.** None of the originals has this lesson. Python keeps a frame
//! object on the heap for every coroutine, so nothing ever moves, and it costs an
//! allocation per call. Here a whole stack of `async fn` calls is one flat value.
//!
//! **Exercise.** `tests/exercises/poll_by_hand.rs`: write a future that joins two.

use std::pin::{Pin, pin};
use std::process::ExitCode;
use std::task::{Context, Poll, Waker};

use clap::Args;

use crate::say;

/// Flags of the lesson: none.
#[derive(Args, Debug)]
pub struct Options {}

/// The simplest future that makes somebody wait: so many polls, then a value.
#[derive(Debug)]
pub struct After {
    polls: u32,
    value: u32,
}

impl Future for After {
    type Output = u32;

    fn poll(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<u32> {
        if self.polls == 0 {
            return Poll::Ready(self.value);
        }
        self.polls -= 1;
        // A real one would keep the waker and call it: lesson 12. Here we poll until it is ready.
        Poll::Pending
    }
}

/// What one writes.
async fn sum() -> u32 {
    let first = After {
        polls: 2,
        value: 40,
    }
    .await;
    let second = After { polls: 1, value: 2 }.await;
    first + second
}

/// What the compiler makes of it: one variant per place where `sum` can stand.
#[derive(Debug)]
pub enum SumByHand {
    /// Before the first line.
    Start,
    /// In the first `.await`.
    First {
        /// What is awaited.
        awaited: After,
    },
    /// In the second `.await`. `first` is alive here, so here it is kept.
    Second {
        /// The first result.
        first: u32,
        /// What is awaited.
        awaited: After,
    },
    /// It returned.
    Done,
}

impl Future for SumByHand {
    type Output = u32;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<u32> {
        loop {
            // Run from where it stands to the next place. `loop`: perhaps further than one.
            match &mut *self {
                Self::Start => {
                    let awaited = After {
                        polls: 2,
                        value: 40,
                    };
                    *self = Self::First { awaited };
                }
                Self::First { awaited } => match Pin::new(awaited).poll(context) {
                    Poll::Pending => return Poll::Pending,
                    Poll::Ready(first) => {
                        let awaited = After { polls: 1, value: 2 };
                        *self = Self::Second { first, awaited };
                    }
                },
                Self::Second { first, awaited } => match Pin::new(awaited).poll(context) {
                    Poll::Pending => return Poll::Pending,
                    Poll::Ready(second) => {
                        let sum = *first + second;
                        *self = Self::Done;
                        return Poll::Ready(sum);
                    }
                },
                Self::Done => panic!("polled after it was ready"),
            }
        }
    }
}

/// Holds a reference to its own variable across an `.await`.
async fn points_into_itself() -> usize {
    let bytes = [7_u8; 64];
    let part = &bytes[..3];
    After { polls: 1, value: 0 }.await;
    part.len()
}

/// Runs the lesson.
///
/// # Errors
///
/// None; lessons have one shape.
pub fn run(_: &Options) -> anyhow::Result<ExitCode> {
    let mut context = Context::from_waker(Waker::noop());

    // `pin!` gives the compiler's future a place in this stack frame.
    let mut compiled = pin!(sum());
    let mut written = SumByHand::Start;
    let mut number = 0;
    loop {
        number += 1;
        let ours = Pin::new(&mut written).poll(&mut context);
        let theirs = compiled.as_mut().poll(&mut context);
        say!("poll {number}: async fn {theirs:?}, by hand {ours:?}, which is now {written:?}");
        if ours.is_ready() || theirs.is_ready() {
            break;
        }
    }

    let future = points_into_itself();
    say!(
        "a future with 64 bytes and a reference to them is larger than both: {}",
        size_of_val(&future) >= 64 + size_of::<&[u8]>()
    );
    // Until its first poll it may be moved; from here on it may not.
    let mut future = Box::pin(future);
    let before = &raw const *future;
    let pending = future.as_mut().poll(&mut context).is_pending();
    // Moving the box moves a pointer. What it points to stays.
    let mut moved = future;
    say!(
        "its box is moved, it is not: {}",
        pending && before == &raw const *moved
    );
    say!(
        "and its reference still holds: {:?}",
        moved.as_mut().poll(&mut context)
    );
    Ok(ExitCode::SUCCESS)
}
