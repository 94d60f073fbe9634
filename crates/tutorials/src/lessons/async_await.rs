//! # Lesson 13: async and await
//!
//! Everything is in place. The *scheduler* (`scheduler.rs`, added by this lesson) has a
//! queue of tasks that were woken, a heap of deadlines and a reactor; tasks are `async fn`s.
//! Two of them run here on one thread, each with a loop that never ends, and neither
//! knows of the other.
//!
//! **Type this.**
//!
//! ```text
//! cargo run -p tutorials -- async-await
//! cargo run -p tutorials -- async-await --virtual --trace -      who ran when
//! ```
//!
//! **Observe.** The numbers come every half second, the seconds every second, and nobody
//! planned how they interleave. At each `.await` a task is left, and the scheduler runs
//! whoever is due. With `--virtual` the clock jumps: three seconds pass in no time, in
//! the same order.
//!
//! **Python and here.** The original is `asyncio_async_await.py`: `asyncio.gather` of
//! two endless coroutines. It is stopped with Ctrl-C; ours stops after `--seconds` (and
//! with Ctrl-C too). `asyncio.sleep` finds its event loop in a global variable, here it
//! is asked of a [`Handle`] that one can see.
//!
//! **Exercise.** `tests/exercises/async_await.rs`: a task that ticks three times.

use std::process::ExitCode;
use std::time::Duration;

use clap::Args;

use crate::net::Watched;
use crate::options::Timed;
use crate::race::{Either, race};
use crate::reactor::Interest;
use crate::say;
use crate::scheduler::{Handle, Scheduler};
use crate::stop::Stop;

/// Flags of the lesson.
#[derive(Args, Debug)]
pub struct Options {
    /// Stop after so many seconds
    #[arg(
        long,
        env = "TUTORIALS_SECONDS",
        value_name = "SECONDS",
        default_value_t = 3
    )]
    seconds: u32,

    #[command(flatten)]
    timed: Timed,
}

async fn print_numbers(scheduler: Handle) {
    let mut number = 1;
    loop {
        say!("{number}");
        number += 1;
        scheduler.sleep(Duration::from_millis(500)).await;
    }
}

async fn print_seconds(scheduler: Handle) {
    let mut seconds = 0;
    loop {
        say!("{seconds} s have passed");
        seconds += 1;
        scheduler.sleep(Duration::from_secs(1)).await;
    }
}

/// Runs the lesson.
///
/// # Errors
///
/// There are no descriptors left, or the trace cannot be written.
pub fn run(options: &Options) -> anyhow::Result<ExitCode> {
    let stop = Stop::on_signals()?;
    let clock = options.timed.clock();
    let trace = options.timed.record.recorder(&clock);
    let scheduler = Scheduler::with(clock, trace.clone())?;
    let handle = scheduler.handle();

    say!(
        "two endless loops; Ctrl-C ends them, or else we do after {} s",
        options.seconds
    );
    let numbers = handle.spawn("numbers", print_numbers(handle.clone()));
    let seconds = handle.spawn("seconds", print_seconds(handle.clone()));
    let enough = handle.sleep(Duration::from_secs(options.seconds.into()));
    // A virtual clock is over before anybody could press a key.
    if options.timed.jump {
        scheduler.block_on(enough);
    } else {
        let stopping = Watched::new(&handle, &stop)?;
        if let Either::Right(()) =
            scheduler.block_on(race(enough, stopping.ready(Interest::Readable)))
        {
            say!("bye");
        }
    }
    // Neither ends by itself. To cancel a task is to drop it: lesson 15.
    numbers.cancel();
    seconds.cancel();
    options.timed.record.draw(trace.as_ref())?;
    Ok(stop.exit_code())
}
