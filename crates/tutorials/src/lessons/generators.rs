//! # Lesson 5: generators
//!
//! A generator is a function that can stop in the middle, hand out a value, and go on
//! later exactly where it stopped, with all its local variables. That is what lesson 4
//! was missing: a way to leave `talk` and come back. In Rust every `async` block is
//! such a function, and `generator.rs` (added by this lesson) puts Python's words on it.
//!
//! **Type this.**
//!
//! ```text
//! cargo run -p tutorials -- generators
//! ```
//!
//! **Observe.** The Fibonacci loop is endless, and yet the program ends: the loop runs
//! only as far as somebody asks. The second generator is *sent* values, the third one
//! also *returns* one. Nothing here runs at the same time as anything else; there are
//! no threads and no magic, only functions that are left and entered again.
//!
//! **Python and here.** The original is the first half of `generators.py`. `yield v` is
//! `y.give(v).await`. `yield` itself is unstable in Rust (error E0658), but `async`
//! compiles to the same thing: a struct with the local variables and a number that says
//! where to go on. Lesson 11 writes that struct out.
//!
//! **Exercise.** `tests/exercises/generators.rs`: a generator that counts down.

use std::convert::Infallible;
use std::process::ExitCode;

use clap::Args;

use crate::generator::{Generator, Step, Yielder};
use crate::say;

/// Flags of the lesson: none.
#[derive(Args, Debug)]
pub struct Options {}

/// Gives the Fibonacci numbers, as long as they fit.
fn fibonacci() -> Generator<u64, (), (), Infallible> {
    Generator::new(async |y: Yielder<_, _, _>| {
        let (mut current, mut next) = (0_u64, 1_u64);
        loop {
            y.give(current).await?;
            let Some(sum) = current.checked_add(next) else {
                return Ok(());
            };
            (current, next) = (next, sum);
        }
    })
}

/// Is sent numbers, and answers each with the sum so far.
fn running_sum() -> Generator<i64, i64, (), Infallible> {
    Generator::new(async |y: Yielder<_, _, _>| {
        let mut sum = 0;
        loop {
            // Out goes the sum; what is sent next comes in, and `give` answers it.
            sum += y.give(sum).await?;
        }
    })
}

/// Is sent numbers until one is `None`, and then returns the total.
fn total() -> Generator<(), Option<i64>, i64, Infallible> {
    Generator::new(async |y: Yielder<_, _, _>| {
        let mut total = 0;
        while let Some(number) = y.give(()).await? {
            total += number;
        }
        Ok(total)
    })
}

/// Runs the lesson.
///
/// # Errors
///
/// None; lessons have one shape.
pub fn run(_: &Options) -> anyhow::Result<ExitCode> {
    let first: Vec<String> = fibonacci()
        .take(10)
        .map(|number| number.to_string())
        .collect();
    say!("fibonacci: {}", first.join(" "));

    let mut sum = running_sum();
    // The first step only runs to the first `give`: before it there is nothing to send to.
    say!("running sum: start -> {}", show(sum.start()?));
    for number in [10, 20, -5] {
        say!("running sum: send {number} -> {}", show(sum.send(number)?));
    }

    let mut sum = total();
    sum.start()?;
    for number in [1, 2, 3] {
        say!("total: send {number} -> {}", show(sum.send(Some(number))?));
    }
    say!("total: send nothing -> {}", show(sum.send(None)?));
    Ok(ExitCode::SUCCESS)
}

fn show<Y: std::fmt::Debug, R: std::fmt::Debug>(step: Step<Y, R>) -> String {
    match step {
        Step::Yielded(value) => format!("yielded {value:?}"),
        Step::Returned(value) => format!("returned {value:?}"),
    }
}
