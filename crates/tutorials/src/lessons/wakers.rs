//! # Lesson 12: wakers
//!
//! A future that is not ready says `Pending`. How does anybody know when to poll it
//! again? Asking all the time would burn the processor. So whoever polls hands in a
//! [`Waker`], the future leaves it with somebody who will know, and that one calls it.
//! Only who was woken is polled, and who polls sleeps when nobody was.
//!
//! The lesson has two parts. **Part A** is this file and `wakers/lost.rs`: one future, one
//! waker, and a thread. **Part B** is `wakers/server.rs`: many tasks, and one reactor in
//! place of all the threads.
//!
//! **Type this.**
//!
//! ```text
//! cargo run -p tutorials -- wakers --nap      part A: who calls the waker
//! cargo run -p tutorials -- wakers --lost     part A: what can go wrong
//! cargo run -p tutorials -- wakers            part B, in one terminal
//! nc 127.0.0.1 8080                           and in another; type 21
//! ```
//!
//! **Observe.** `--nap` polls twice, and not once in between: `block_on` sleeps until the
//! waker is called, by a thread that has slept itself. `--lost` calls a waker before it is
//! there, and so nobody. There is one such place in `ready.rs` (and another in lesson 16);
//! `tests/loom.rs` proves that they are mended. In part B, `talk` is that of lesson 1 again.
//!
//! **Python and here.** None of the originals has this lesson: there the loop keeps
//! everything, and a future calls `loop.call_soon(task.step)`. That is a waker, too.
//!
//! **Exercise.** `tests/exercises/wakers.rs`: a one-shot channel between threads.

mod lost;
mod server;

use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};
use std::time::{Duration, Instant};

use clap::Args;
use clap::builder::BoolishValueParser;

use crate::clock::Clock;
use crate::options::{Port, Record, refuse};
use crate::say;
use crate::stop::Stop;

/// Flags of the lesson.
#[derive(Args, Debug)]
pub struct Options {
    #[command(flatten)]
    port: Port,
    #[command(flatten)]
    record: Record,

    /// Part A: poll one future that a thread wakes
    #[arg(long, env = "TUTORIALS_NAP", value_parser = BoolishValueParser::new())]
    nap: bool,

    /// Part A: show a wake-up being lost, and how not to lose it
    #[arg(long, env = "TUTORIALS_LOST", value_parser = BoolishValueParser::new())]
    lost: bool,
}

/// Runs part A, or part B until Ctrl-C.
///
/// # Errors
///
/// The port is in use.
pub fn run(options: &Options) -> anyhow::Result<ExitCode> {
    if options.nap || options.lost {
        if options.record.trace.is_some() {
            refuse("--nap and --lost run no task that --trace could draw: leave one out");
        }
        if options.nap {
            nap();
        }
        if options.lost {
            lost::lose_a_wake_up();
        }
        return Ok(ExitCode::SUCCESS);
    }
    let stop = Stop::on_signals()?;
    let listener = options.port.listen()?;
    let trace = options.record.recorder(&Clock::real());
    server::serve(listener, &stop, trace.as_ref())?;
    say!("bye");
    options.record.draw(trace.as_ref())?;
    Ok(stop.exit_code())
}

/// A future that is ready after a while. Timers come in lesson 13; here a thread sleeps, and
/// then calls the waker. That is all it takes.
struct Nap {
    duration: Duration,
    /// `None` before the first poll.
    over: Option<Arc<AtomicBool>>,
}

impl Nap {
    fn new(duration: Duration) -> Self {
        Self {
            duration,
            over: None,
        }
    }
}

impl Future for Nap {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        if let Some(over) = &self.over {
            return match over.load(Ordering::SeqCst) {
                true => Poll::Ready(()),
                // Polled for another reason. The thread has our waker still.
                false => Poll::Pending,
            };
        }
        let over = Arc::new(AtomicBool::new(false));
        self.over = Some(Arc::clone(&over));
        let (duration, waker) = (self.duration, context.waker().clone());
        let sleeper = thread::Builder::new().spawn(move || {
            thread::sleep(duration);
            // In this order: who is woken must find that it is over.
            over.store(true, Ordering::SeqCst);
            waker.wake();
        });
        match sleeper {
            Ok(_) => Poll::Pending,
            // There is no thread to be had: then without a nap.
            Err(_) => Poll::Ready(()),
        }
    }
}

fn nap() {
    let begin = Instant::now();
    let mut nap = pin!(Nap::new(Duration::from_millis(300)));
    // What `nap.await` does, and says so.
    let watched = poll_fn(|context| {
        let polled = nap.as_mut().poll(context);
        say!("{:.1} s: polled: {polled:?}", begin.elapsed().as_secs_f64());
        polled
    });
    match block_on(watched, Duration::from_secs(60)) {
        Some(()) => say!("in between nobody asked: this thread slept until it was woken"),
        None => say!("nobody called the waker"),
    }
}

/// The smallest executor: one future, one thread, which sleeps until it is woken. It gives
/// up after `patience`; a real one has none to lose.
fn block_on<F: Future>(future: F, patience: Duration) -> Option<F::Output> {
    struct Unpark {
        thread: Thread,
        woken: AtomicBool,
    }
    impl Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.woken.store(true, Ordering::SeqCst);
            self.thread.unpark();
        }
    }
    let mut future = pin!(future);
    let unpark = Arc::new(Unpark {
        thread: thread::current(),
        woken: AtomicBool::new(false),
    });
    let waker = Waker::from(Arc::clone(&unpark));
    let end = Instant::now() + patience;
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut Context::from_waker(&waker)) {
            return Some(output);
        }
        // `park` may return for no reason. Only a wake-up is one to poll again.
        while !unpark.woken.swap(false, Ordering::SeqCst) {
            thread::park_timeout(end.checked_duration_since(Instant::now())?);
        }
    }
}
