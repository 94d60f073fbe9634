//! # Lesson 10: a scheduler
//!
//! Seven steps from two functions that take turns by hand to `async`/`await`. Each
//! step changes one thing; run them one by one. The two tasks are the same throughout:
//! `down` counts 5, 4, 3, 2, 1 and sleeps 0.2 s after each, `up` counts 1, 2, 3 and
//! sleeps 0.5 s after each.
//!
//! **Type this.**
//!
//! ```text
//! cargo run -p tutorials -- scheduler --step 1      … up to --step 7
//! cargo run -p tutorials -- scheduler --step 4 --trace -
//! cargo run -p tutorials -- scheduler --step 4 --tasks 1000
//! ```
//!
//! **Observe.**
//!
//! | step | what is new | takes |
//! |---|---|---|
//! | 1 | two coroutines, stepped by hand | nothing |
//! | 2 | a queue steps them in turn: *round robin* | nothing |
//! | 3 | they sleep, and the queue sleeps with each | 2.5 s |
//! | 4 | sleepers wait in a heap, the loop sleeps until the first is due | 1.5 s |
//! | 5 | a task that calls another one, passing on its waits by hand | 1.5 s |
//! | 6 | the same by delegation | 1.5 s |
//! | 7 | the same with `async` and `.await` | 1.5 s |
//!
//! Step 4 is the heart: 1 s and 1.5 s of sleep take 1.5 s, and so do a thousand tasks.
//! Nobody waits for anybody who is asleep.
//!
//! **Python and here.** The original is `one_thread_concurrency.py`. Its second step
//! hands functions instead of coroutines to the scheduler and fails; its heap compares
//! coroutines when two deadlines are equal (see `timers.rs`, added by this lesson).
//! Step 7 uses `scheduler.rs`, which lessons 12 and 13 explain.
//!
//! **Exercise.** `tests/exercises/scheduler.rs`: a task with priority.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::process::ExitCode;
use std::time::Duration;

use clap::Args;

use crate::clock::Clock;
use crate::generator::{Generator, State, Step, Yielder};
use crate::options::{Timed, refuse};
use crate::say;
use crate::scheduler::{Handle, Scheduler};
use crate::stop::Stop;
use crate::timers::Timers;
use crate::trace::hook::{LoopHook, TaskHook};
use crate::trace::{self, Trace, Why};

/// Flags of the lesson.
#[derive(Args, Debug)]
pub struct Options {
    /// One of the seven steps; without it all of them, or step 4 if there is a trace
    #[arg(long, env = "TUTORIALS_STEP", value_name = "N", value_parser = clap::value_parser!(u8).range(1..=7))]
    step: Option<u8>,

    /// Tasks of step 4 [default: 2]
    #[arg(long, env = "TUTORIALS_TASKS", value_name = "N", value_parser = clap::value_parser!(u32).range(1..=100_000))]
    tasks: Option<u32>,

    #[command(flatten)]
    timed: Timed,
}

/// Why a task gave back control.
enum Wait {
    /// To let others go first.
    Turn,
    /// To sleep.
    Sleep(Duration),
}

type Waits = Yielder<Wait, (), Infallible>;
type Body = Generator<Wait, (), (), Infallible>;

const FIFTH: Duration = Duration::from_millis(200);
const HALF: Duration = Duration::from_millis(500);

/// Counts 5 to 1.
fn down(pause: fn() -> Wait) -> Body {
    Generator::new(async move |y: Waits| {
        for number in (1..=5).rev() {
            say!("  down {number}");
            y.give(pause()).await?;
        }
        Ok(())
    })
}

/// Counts 1 to 3.
fn up(pause: fn() -> Wait) -> Body {
    Generator::new(async move |y: Waits| {
        for number in 1..=3 {
            say!("  up {number}");
            y.give(pause()).await?;
        }
        Ok(())
    })
}

fn turn() -> Wait {
    Wait::Turn
}

fn short_sleep() -> Wait {
    Wait::Sleep(FIFTH)
}

fn long_sleep() -> Wait {
    Wait::Sleep(HALF)
}

/// Runs the lesson.
///
/// # Errors
///
/// The trace cannot be written.
pub fn run(options: &Options) -> anyhow::Result<ExitCode> {
    if options.tasks.is_some() && options.step.is_some_and(|step| step != 4) {
        refuse("--tasks is for step 4 only: the other steps have two tasks");
    }
    Stop::on_signals()?.exit_when_asked()?;
    let record = &options.timed.record;
    let steps = match (options.step, &record.trace) {
        (Some(step), _) => step..=step,
        (None, Some(_)) => 4..=4,
        (None, None) => 1..=7,
    };
    for step in steps {
        let clock = options.timed.clock();
        let trace = record.recorder(&clock);
        let what = match step {
            1 => "stepped by hand",
            2 => "round robin",
            3 => "sleeps, one after the other",
            4 => "sleepers in a heap",
            5 => "nested by hand",
            6 => "delegation",
            _ => "async and await",
        };
        say!("step {step}: {what}");
        match step {
            1 => by_hand(&clock, trace.as_ref())?,
            2 => round_robin([down(turn), up(turn)], &clock, trace.as_ref()),
            3 => round_robin([down(short_sleep), up(long_sleep)], &clock, trace.as_ref()),
            4 => heap(crowd(options.tasks.unwrap_or(2)), &clock, trace.as_ref()),
            5 => heap(
                vec![
                    ("nested".to_owned(), nested()),
                    ("up".to_owned(), up(long_sleep)),
                ],
                &clock,
                trace.as_ref(),
            ),
            6 => heap(
                vec![
                    ("delegating".to_owned(), delegating()),
                    ("up".to_owned(), up(long_sleep)),
                ],
                &clock,
                trace.as_ref(),
            ),
            _ => with_await(&clock, trace.clone())?,
        }
        say!("step {step}: took {:.1} s", clock.now().as_secs_f64());
        record.draw(trace.as_ref())?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Step 1. Whose turn it is, we say ourselves.
fn by_hand(clock: &Clock, trace: Option<&Trace>) -> anyhow::Result<()> {
    let mut tasks = [
        Task::new("down", down(turn), clock, trace),
        Task::new("up", up(turn), clock, trace),
    ];
    for whose in [0, 0, 1, 0, 1] {
        anyhow::ensure!(
            tasks[whose].step().is_some(),
            "each is stepped less often than it counts"
        );
    }
    // Both are left in the middle of their loops. Nobody misses them.
    Ok(())
}

/// Steps 2 and 3. A queue; each goes to its end when it has had its turn.
fn round_robin(bodies: [Body; 2], clock: &Clock, trace: Option<&Trace>) {
    let names = ["down", "up"].into_iter();
    let mut queue: VecDeque<Task> = names
        .zip(bodies)
        .map(|(name, body)| Task::new(name, body, clock, trace))
        .collect();
    while let Some(mut task) = queue.pop_front() {
        match task.step() {
            Some(Wait::Turn) => {}
            // The mistake of step 3: one sleeps, and all the others sleep with it.
            Some(Wait::Sleep(duration)) => clock.advance(clock.now() + duration),
            None => continue,
        }
        queue.push_back(task);
    }
}

/// Step 4. Who sleeps is in the heap and not in the queue. Only when the queue is empty, and
/// so nobody has anything to do, the loop itself sleeps.
fn heap(bodies: Vec<(String, Body)>, clock: &Clock, trace: Option<&Trace>) {
    let bodies = bodies.into_iter();
    let hook = LoopHook::new(trace);
    let mut queue: VecDeque<Task> = bodies
        .map(|(name, body)| Task::new(&name, body, clock, trace))
        .collect();
    let mut sleepers: Timers<Task> = Timers::new();
    loop {
        while let Some(mut task) = queue.pop_front() {
            match task.step() {
                Some(Wait::Turn) => queue.push_back(task),
                Some(Wait::Sleep(duration)) => {
                    sleepers.set(clock.now() + duration, task);
                }
                None => {}
            }
        }
        let Some(deadline) = sleepers.earliest() else {
            return;
        };
        hook.on_sleep(Some(Why::Until(deadline)));
        clock.advance(deadline);
        hook.on_awake();
        while let Some(task) = sleepers.due(clock.now()) {
            task.hook.on_wake();
            queue.push_back(task);
        }
    }
}

/// Two tasks that talk, or very many that are silent.
fn crowd(count: u32) -> Vec<(String, Body)> {
    if count == 2 {
        return vec![
            ("down".to_owned(), down(short_sleep)),
            ("up".to_owned(), up(long_sleep)),
        ];
    }
    say!("  {count} tasks: one half sleeps 5 times 0.2 s, the other 3 times 0.5 s");
    let silent = |times: u32, pause: Duration| {
        Generator::new(async move |y: Waits| {
            for _ in 0..times {
                y.give(Wait::Sleep(pause)).await?;
            }
            Ok(())
        })
    };
    let task = |number: u32| match number % 2 {
        1 => (format!("down {number}"), silent(5, FIFTH)),
        _ => (format!("up {number}"), silent(3, HALF)),
    };
    (1..=count).map(task).collect()
}

/// Step 5. To call another task, step it, and pass out whatever it waits for.
fn nested() -> Body {
    Generator::new(async move |y: Waits| {
        let mut inner = down(short_sleep);
        say!("  nested calls down");
        let mut step = inner.start();
        while let Ok(Step::Yielded(wait)) = step {
            y.give(wait).await?;
            step = inner.send(());
        }
        say!("  nested is back");
        Ok(())
    })
}

/// Step 6. The same in a line.
fn delegating() -> Body {
    Generator::new(async move |y: Waits| {
        say!("  delegating calls down");
        y.from(down(short_sleep)).await?;
        say!("  delegating is back");
        Ok(())
    })
}

/// Step 7. `async fn` is the generator, `.await` the delegation, and the loop is the scheduler
/// that the rest of the lessons use.
fn with_await(clock: &Clock, trace: Option<Trace>) -> anyhow::Result<()> {
    let scheduler = Scheduler::with(clock.clone(), trace)?;
    drop(
        scheduler
            .handle()
            .spawn("awaiting", awaiting(scheduler.handle())),
    );
    drop(scheduler.handle().spawn("up", async_up(scheduler.handle())));
    scheduler.run();
    Ok(())
}

async fn awaiting(scheduler: Handle) {
    say!("  awaiting calls down");
    async_down(&scheduler).await;
    say!("  awaiting is back");
}

async fn async_down(scheduler: &Handle) {
    for number in (1..=5).rev() {
        say!("  down {number}");
        scheduler.sleep(FIFTH).await;
    }
}

async fn async_up(scheduler: Handle) {
    for number in 1..=3 {
        say!("  up {number}");
        scheduler.sleep(HALF).await;
    }
}

/// A generator, and what `--trace` hears of it.
struct Task {
    body: Body,
    clock: Clock,
    hook: TaskHook,
}

impl Task {
    fn new(name: &str, body: Body, clock: &Clock, trace: Option<&Trace>) -> Self {
        Self {
            body,
            clock: clock.clone(),
            hook: TaskHook::new(trace, name),
        }
    }

    /// Runs it to its next wait; `None` when it is through.
    fn step(&mut self) -> Option<Wait> {
        let wait = self.hook.on_poll(|| {
            let step = match self.body.state() {
                State::Created => self.body.start(),
                _ => self.body.send(()),
            };
            match step {
                Ok(Step::Yielded(wait)) => {
                    self.hook.note("yield");
                    trace::waiting(match wait {
                        Wait::Turn => Why::Turn,
                        Wait::Sleep(duration) => Why::Until(self.clock.now() + duration),
                    });
                    Some(wait)
                }
                _ => None,
            }
        });
        if wait.is_none() {
            self.hook.on_drop(false);
        }
        wait
    }
}
