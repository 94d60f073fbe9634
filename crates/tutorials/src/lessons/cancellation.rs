//! # Lesson 15: cancellation
//!
//! A future is a value, and a value can be dropped. Dropped in the middle, it is
//! cancelled: it never runs again, and all it held is closed on the spot. From that
//! follow a *timeout* (race against a sleep, drop the loser) and *select* (race two of
//! anything). And a *channel* lets tasks talk without sharing anything.
//!
//! **Type this.**
//!
//! ```text
//! cargo run -p tutorials -- cancellation
//! cargo run -p tutorials -- cancellation --virtual --trace -
//! ```
//!
//! **Observe.** `"the guard of … is dropped"` is printed by a value that the task held:
//! nobody called it, and the task did nothing for it. The channel has room for two, so
//! the producer cannot run ahead of the slow consumer: that is *back-pressure*. In the
//! trace a cross marks where a task was cancelled.
//!
//! **Python and here.** None of the originals has this lesson. `asyncio` cancels by
//! throwing `CancelledError` at the await where the task stands; the task may catch it,
//! ignore it, or take its time. Dropping cannot be refused. The price: a drop cannot
//! await, so a goodbye over the network has to be said before.
//!
//! **Exercise.** `tests/exercises/cancellation.rs`: try again, but not for ever.

use std::process::ExitCode;
use std::time::Duration;

use clap::Args;

use crate::channel::channel;
use crate::options::Timed;
use crate::race::{Either, race};
use crate::say;
use crate::scheduler::{Handle, Scheduler};
use crate::stop::Stop;

/// Flags of the lesson.
#[derive(Args, Debug)]
pub struct Options {
    #[command(flatten)]
    timed: Timed,
}

const TENTH: Duration = Duration::from_millis(100);

/// Says when it is dropped: a socket would close itself here, a file flush, a lock open.
struct Guard(&'static str);

impl Drop for Guard {
    fn drop(&mut self) {
        say!("  the guard of {} is dropped", self.0);
    }
}

/// Sleeps, holding something.
async fn work(scheduler: Handle, name: &'static str, tenths: u32) -> u32 {
    let _guard = Guard(name);
    scheduler.sleep(TENTH * tenths).await;
    say!("  {name} is done");
    tenths
}

async fn lesson(scheduler: Handle) {
    say!("join: wait for a task and take its result");
    let task = scheduler.spawn("joined", work(scheduler.clone(), "joined", 1));
    say!("  {:?}", task.await);

    say!("cancel: drop a task in the middle");
    let task = scheduler.spawn("cancelled", work(scheduler.clone(), "cancelled", 5));
    scheduler.sleep(TENTH).await;
    task.cancel();
    say!("  {:?}", task.await);

    say!("select: two at once, the first wins, the other is dropped");
    let fast = work(scheduler.clone(), "fast", 1);
    let slow = work(scheduler.clone(), "slow", 3);
    match race(fast, slow).await {
        Either::Left(tenths) => say!("  the fast one won after 0.{tenths} s"),
        Either::Right(tenths) => say!("  the slow one won after 0.{tenths} s"),
    }

    say!("timeout: a race against a sleep");
    let slow = work(scheduler.clone(), "too slow", 9);
    say!("  {:?}", scheduler.timeout(2 * TENTH, slow).await);

    say!("channel: room for two, so the producer waits for the consumer");
    let (sender, mut receiver) = channel(2);
    let producer = scheduler.spawn("producer", async move {
        for number in 1..=4 {
            if sender.send(number).await.is_err() {
                return;
            }
            say!("  sent {number}");
        }
    });
    while let Some(number) = receiver.receive().await {
        say!("  received {number}");
        scheduler.sleep(TENTH).await;
    }
    say!("  the producer is gone: {:?}", producer.await);
}

/// Runs the lesson.
///
/// # Errors
///
/// There are no descriptors left, or the trace cannot be written.
pub fn run(options: &Options) -> anyhow::Result<ExitCode> {
    Stop::on_signals()?.exit_when_asked()?;
    let clock = options.timed.clock();
    let trace = options.timed.record.recorder(&clock);
    let scheduler = Scheduler::with(clock, trace.clone())?;
    scheduler.block_on(lesson(scheduler.handle()));
    options.timed.record.draw(trace.as_ref())?;
    Ok(ExitCode::SUCCESS)
}
