//! Waiting for two things at once: the first to be done wins (added by lesson 15).
//!
//! A future is a value. To wait for two is to poll both; to cancel the slower one is
//! to drop it. Python needs `asyncio.wait(…, FIRST_COMPLETED)`, two tasks and a
//! `cancel()` that the loser may catch.

use std::future::poll_fn;
use std::pin::pin;
use std::task::Poll;

/// Which of two it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Either<A, B> {
    /// The first.
    Left(A),
    /// The second.
    Right(B),
}

/// Waits for whichever is done first, and drops the other. When both are done, the left one wins.
///
/// # Cancel safety
///
/// The loser is dropped where it stands: give it only what may be dropped there.
pub async fn race<A: Future, B: Future>(left: A, right: B) -> Either<A::Output, B::Output> {
    let mut left = pin!(left);
    let mut right = pin!(right);
    poll_fn(|context| {
        if let Poll::Ready(output) = left.as_mut().poll(context) {
            return Poll::Ready(Either::Left(output));
        }
        right.as_mut().poll(context).map(Either::Right)
    })
    .await
}
