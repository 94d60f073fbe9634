//! One exercise per lesson. Each file says what to do, has a function `yours` that does not
//! do it yet, a test that shows so, and, at its end, a solution.
//!
//! ```text
//! cargo test -p tutorials --test exercises                               the solutions pass
//! cargo test -p tutorials --test exercises blocking -- --include-ignored yours fails, until it is right
//! ```
//!
//! The reason that cargo prints beside an ignored test is a hint.

// A test's helpers are tests too: a panic is how they fail.
#![allow(clippy::unwrap_used)]

mod async_await;
mod async_server;
mod blocking;
mod callbacks;
mod cancellation;
mod completion;
mod coroutines;
mod delegation;
mod downloads;
mod futures;
mod generator_server;
mod generators;
mod poll_by_hand;
mod scheduler;
mod select;
mod send;
mod threads;
mod tokio;
mod wakers;
