//! # Lesson 5: generators
//!
//! A generator is a function that can stop in the middle, hand out a value, and go on
//! later exactly where it stopped, with all its local variables. That is what lesson 4
//! was missing: a way to leave `talk` and come back.
//!
//! **Type this.**
//!
//! ```text
//! cargo run -p tutorials -- generators
//! ```
//!
//! **Without help from the language** one writes [`ByHand`], below: an enum that says where
//! the function stands and what it remembers there, and a `next` that goes on from there to
//! the next value. It is all there is to a generator. But the loop has gone: it is cut up
//! into the arms of a `match`, as `talk` was into callbacks.
//!
//! **With help** one writes `fibonacci`, a plain loop, and the compiler makes the enum.
//! In Python the word for it is `yield`. In Rust `yield` is unstable (error E0658), but
//! the compiler makes the same enum of every `async` body, and each `.await` is a place
//! where it can stand. So `generator.rs` (added by this lesson) has Python's words, made of
//! these: `y.give(v).await` is `yield v`. Here `async` means nothing more than "can be left
//! and entered again": nobody waits for anything. A generator has four types:
//!
//! | in `Generator<Y, S, R, E>` | is what | in Python | nothing at all |
//! |---|---|---|---|
//! | `Y` | it gives | `yield y` | `()` |
//! | `S` | it is sent | `s = yield` | `()` |
//! | `R` | it returns at its end | `return r` | `()` |
//! | `E` | may be thrown into it, or by it | `g.throw(e)`, `raise e` | `Infallible` |
//!
//! The `?` after a `give` lets a thrown error pass. Where `E` is `Infallible` there is none.
//!
//! **Observe.** The Fibonacci loop is endless, and yet the program ends: the loop runs
//! only as far as somebody asks. The second generator is *sent* values, the third one
//! also *returns* one. Nothing here runs at the same time as anything else; there are
//! no threads and no magic, only functions that are left and entered again.
//!
//! **Python and here.** The original is the first half of `generators.py`. Lesson 11 shows
//! how the compiler's enum is entered; until then it is enough that there is one.
//!
//! **Exercise.** `tests/exercises/generators.rs`: a generator that counts down.

use std::convert::Infallible;
use std::process::ExitCode;

use clap::Args;

use crate::generator::{Generator, Step};
use crate::say;

/// Flags of the lesson: none.
#[derive(Args, Debug)]
pub struct Options {}

/// Fibonacci numbers without help from the language: where it stands, and what it remembers there.
#[derive(Debug)]
pub enum ByHand {
    /// Nobody has asked yet.
    Start,
    /// It has given `current`, and `next` is the one after it.
    Given {
        /// What was given last.
        current: u64,
        /// What is given next.
        next: u64,
    },
    /// The numbers do not fit any more.
    Done,
}

impl Iterator for ByHand {
    type Item = u64;

    fn next(&mut self) -> Option<u64> {
        // From where it stands to the next value.
        *self = match *self {
            Self::Start => Self::Given {
                current: 0,
                next: 1,
            },
            Self::Given { current, next } => match current.checked_add(next) {
                Some(sum) => Self::Given {
                    current: next,
                    next: sum,
                },
                None => Self::Done,
            },
            Self::Done => Self::Done,
        };
        match *self {
            Self::Given { current, .. } => Some(current),
            _ => None,
        }
    }
}

/// Gives numbers; is sent nothing, returns nothing, and nothing can be thrown into it.
type Numbers = Generator<u64, (), (), Infallible>;

/// The same as a loop.
fn fibonacci() -> Numbers {
    Generator::new(async |y| {
        let (mut current, mut next) = (0_u64, 1_u64);
        loop {
            // Here it is left, and here it goes on.
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
    Generator::new(async |y| {
        let mut sum = 0;
        loop {
            // Out goes the sum; what is sent next comes in, and `give` answers it.
            sum += y.give(sum).await?;
        }
    })
}

/// Is sent numbers until one is `None`, and then returns the total.
fn total() -> Generator<(), Option<i64>, i64, Infallible> {
    Generator::new(async |y| {
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
    say!("by hand: {}", first_ten(ByHand::Start));
    say!("generator: {}", first_ten(fibonacci()));

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

fn first_ten(numbers: impl Iterator<Item = u64>) -> String {
    let first: Vec<String> = numbers.take(10).map(|number| number.to_string()).collect();
    first.join(" ")
}

fn show<Y: std::fmt::Debug, R: std::fmt::Debug>(step: Step<Y, R>) -> String {
    match step {
        Step::Yielded(value) => format!("yielded {value:?}"),
        Step::Returned(value) => format!("returned {value:?}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_generator_gives_what_the_enum_gives_and_ends_where_it_ends() {
        let numbers: Vec<u64> = ByHand::Start.collect();
        assert_eq!(numbers, fibonacci().collect::<Vec<_>>());
        assert_eq!(numbers.len(), 93);
    }
}
