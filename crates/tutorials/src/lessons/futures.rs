//! # Lesson 9: futures from a thread pool
//!
//! A *future* stands for a result that is not there yet. A generator can yield one:
//! "call me when this is done". A `Task` takes it, has itself called back when the
//! result is there, and sends it into the generator, which goes on as if the call had
//! simply returned. Threads do the waiting here; the generator does not know.
//!
//! **Type this.**
//!
//! ```text
//! cargo run -p tutorials -- futures
//! cargo run -p tutorials -- futures --trace -
//! ```
//!
//! **Observe.** Three tasks run side by side on a pool of four threads. `Got: 5` is a
//! result, `Failed: …` an error that was *thrown* into the generator and caught there
//! with an ordinary `match`. The third starts late: `after` first waits for a thread
//! that sleeps, and then delegates to the same `add`.
//!
//! **Python and here.** The original is the second half of `generators.py`. There the
//! callback runs on the pool's thread and steps the generator right there: after its
//! first wait a task wanders from thread to thread. That does not compile here (a
//! generator is not `Send`), and rightly so. The callback only sends the task's number
//! home; this thread does all the stepping. Its failure was a `TypeError` of `2 + "Hello"`.
//!
//! **Exercise.** `tests/exercises/futures.rs`: wait for all of several promises.

use std::process::ExitCode;
use std::rc::Rc;
use std::sync::mpsc::{Sender, channel};
use std::time::Duration;

use clap::Args;

use crate::clock::Clock;
use crate::generator::{Generator, State, Step, Yielder};
use crate::options::Record;
use crate::pool::{Promise, ThreadPool};
use crate::say;
use crate::stop::Stop;
use crate::trace::hook::{LoopHook, TaskHook};
use crate::trace::{self, Why};

/// Flags of the lesson.
#[derive(Args, Debug)]
pub struct Options {
    #[command(flatten)]
    record: Record,
}

/// What a thread answers: a number, or why there is none.
type Answer = Result<i64, String>;
/// Yields promises, is sent their numbers, and has their errors thrown into it.
type Body = Generator<Promise<Answer>, i64, (), String>;
type Promises = Yielder<Promise<Answer>, i64, String>;

/// Adds two numbers, slowly, on a thread, and says what came of it.
fn add(pool: Rc<ThreadPool>, left: &'static str, right: &'static str) -> Body {
    Generator::new(async move |y: Promises| {
        let sum = pool.submit(move || slow_sum(left, right));
        match y.give(sum).await {
            Ok(sum) => say!("Got: {sum}"),
            Err(error) => say!("Failed: {error}"),
        }
        Ok(())
    })
}

/// Starts `body` only after `delay`.
fn after(pool: Rc<ThreadPool>, delay: Duration, body: Body) -> Body {
    Generator::new(async move |y: Promises| {
        let slept = pool.submit(move || {
            std::thread::sleep(delay);
            Ok(0)
        });
        y.give(slept).await?;
        y.from(body).await
    })
}

/// Stands for any call that takes its time and cannot be awaited.
fn slow_sum(left: &str, right: &str) -> Answer {
    std::thread::sleep(Duration::from_millis(200));
    let number = |text: &str| {
        text.parse::<i64>()
            .map_err(|error| format!("cannot add {text:?}: {error}"))
    };
    let (left, right) = (number(left)?, number(right)?);
    left.checked_add(right)
        .ok_or_else(|| format!("{left} + {right} is too large"))
}

struct Task {
    body: Body,
    /// What it waits for.
    promise: Option<Promise<Answer>>,
    /// For `--trace`.
    hook: TaskHook,
}

impl Task {
    /// Sends the result into the body, which runs to its next promise; then `home` will be
    /// sent this task's number when that one is done. `false`: it is through.
    fn step(&mut self, number: usize, home: &Sender<usize>) -> bool {
        let step = match (self.body.state(), self.promise.take()) {
            (State::Created, _) => self.body.start(),
            (_, promise) => match promise.and_then(|promise| promise.take()) {
                Some(Ok(Ok(value))) => self.body.send(value),
                Some(Ok(Err(error))) => self.body.throw(error),
                Some(Err(panicked)) => self.body.throw(panicked.to_string()),
                None => return true,
            },
        };
        match step {
            Ok(Step::Yielded(promise)) => {
                let home = home.clone();
                let hook = self.hook.clone();
                // Runs on the pool's thread, so it does no more than this. Nobody may listen any more.
                promise.when_done(move || {
                    hook.on_wake();
                    let _ = home.send(number);
                });
                self.promise = Some(promise);
                trace::waiting(Why::Thread);
                true
            }
            Ok(Step::Returned(())) => false,
            Err(error) => {
                say!("task {number} ended: {error}");
                false
            }
        }
    }
}

/// Runs the lesson.
///
/// # Errors
///
/// There are no threads to be had.
pub fn run(options: &Options) -> anyhow::Result<ExitCode> {
    Stop::on_signals()?.exit_when_asked()?;
    let trace = options.record.recorder(&Clock::real());
    let hook = LoopHook::new(trace.as_ref());
    let pool = Rc::new(ThreadPool::new(4, trace.as_ref())?);
    let late = add(Rc::clone(&pool), "4", "5");
    let bodies = [
        ("add 2 3", add(Rc::clone(&pool), "2", "3")),
        // A little later, so that its line comes second.
        (
            "add 2 Hello",
            after(
                Rc::clone(&pool),
                Duration::from_millis(100),
                add(Rc::clone(&pool), "2", "Hello"),
            ),
        ),
        (
            "late add 4 5",
            after(Rc::clone(&pool), Duration::from_millis(400), late),
        ),
    ];
    let mut tasks: Vec<Task> = bodies
        .into_iter()
        .map(|(name, body)| Task {
            body,
            promise: None,
            hook: hook.task(name),
        })
        .collect();

    // Each task has at most one message under way: that is the bound of this channel.
    let (home, done) = channel();
    let mut running = tasks.len();
    for number in 0..running {
        home.send(number)?;
    }
    while running > 0 {
        hook.on_sleep(Some(Why::Thread));
        let number = done.recv()?;
        hook.on_awake();
        let task = &mut tasks[number];
        let hook = task.hook.clone();
        let goes_on = hook.on_poll(|| task.step(number, &home));
        if !goes_on {
            running -= 1;
            hook.on_drop(false);
        }
    }
    options.record.draw(trace.as_ref())?;
    Ok(ExitCode::SUCCESS)
}
