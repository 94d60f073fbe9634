//! # Lesson 7: delegation
//!
//! A generator that calls another one has a problem: when the inner one stops in the
//! middle, the outer one has to stop too, pass its value out, and pass in whatever is
//! sent. `yield from` does all of that in one word, and its value is what the inner
//! one returned. In Rust the word is `.await`.
//!
//! **Type this.**
//!
//! ```text
//! cargo run -p tutorials -- delegation
//! cargo run -p tutorials -- delegation --virtual --trace -      who ran inside of whom
//! ```
//!
//! **Observe.** The caller only ever speaks to `outer`, and `inner` hears it. The error
//! thrown into `outer` is caught by `inner`, because that is where things stand. When
//! `inner` is through, its total is the value of the `from` expression, and `outer` goes
//! on in the next line. This is how one `async fn` calls another: a whole stack of calls
//! that stops and goes on as one.
//!
//! **Python and here.** The original is `5_coroutines/delegation.py`. `y.from(inner)` is
//! written with `give`, in ten lines of `generator.rs`; read them, it is the loop that
//! Python runs in C.
//!
//! **Exercise.** `tests/exercises/delegation.rs`: delegate to two, one after the other.

use std::process::ExitCode;

use clap::Args;

use crate::generator::{Failure, Generator, Step, Yielder};
use crate::options::Timed;
use crate::say;
use crate::trace::Trace;

/// Flags of the lesson.
#[derive(Args, Debug)]
pub struct Options {
    #[command(flatten)]
    timed: Timed,
}

type Counting = Generator<String, i64, i64, String>;

/// Adds what it is sent; "again" starts over, "enough" returns the total, any other error ends it.
fn inner() -> Counting {
    Generator::new(async |y: Yielder<_, i64, String>| {
        let mut total = 0;
        loop {
            match y.give(format!("inner has {total}")).await {
                Ok(number) => total += number,
                Err(error) if error == "again" => {
                    say!("    inner caught {error:?}");
                    total = 0;
                }
                Err(error) if error == "enough" => return Ok(total),
                Err(error) => return Err(error),
            }
        }
    })
}

/// Passes everything on to `inner`, and doubles what that returns.
fn outer(trace: Option<Trace>) -> Counting {
    let recorder = trace.clone();
    let outer = Generator::new(async move |y: Yielder<_, i64, String>| {
        let total = y.from(inner().traced(trace.as_ref(), "inner")).await?;
        say!("    outer got {total} from inner");
        Ok(2 * total)
    });
    outer.traced(recorder.as_ref(), "outer")
}

/// Runs the lesson.
///
/// # Errors
///
/// The trace cannot be written.
pub fn run(options: &Options) -> anyhow::Result<ExitCode> {
    let record = &options.timed.record;
    let trace = record.recorder(&options.timed.clock());
    let mut generator = outer(trace.clone());
    say!("start          {}", show(generator.start()));
    say!("send 3         {}", show(generator.send(3)));
    say!(
        "throw again    {}",
        show(generator.throw("again".to_owned()))
    );
    say!("send 4         {}", show(generator.send(4)));
    say!("send 5         {}", show(generator.send(5)));
    say!(
        "throw enough   {}",
        show(generator.throw("enough".to_owned()))
    );

    let mut generator = outer(trace.clone());
    say!("start          {}", show(generator.start()));
    say!(
        "throw fire     {}",
        show(generator.throw("fire".to_owned()))
    );
    say!("send 1         {}", show(generator.send(1)));
    record.draw(trace.as_ref())?;
    Ok(ExitCode::SUCCESS)
}

fn show(step: Result<Step<String, i64>, Failure<String>>) -> String {
    match step {
        Ok(Step::Yielded(value)) => format!("yielded: {value}"),
        Ok(Step::Returned(value)) => format!("returned: {value}"),
        Err(Failure::Raised(error)) => format!("raised: {error}"),
        Err(misuse) => format!("error: {misuse}"),
    }
}
