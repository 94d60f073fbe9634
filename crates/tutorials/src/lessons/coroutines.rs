//! # Lesson 6: coroutines
//!
//! A generator that is *sent* values is called a coroutine. It has a life: **created**
//! (nothing has run), **suspended** (it stands in a `give` and waits for somebody to
//! send), **closed** (it returned, failed, or was closed). It has to be *primed*, that
//! is run to its first `give`, before anything can be sent; errors can be thrown into it.
//!
//! **Type this.** It is a prompt; `help` lists what it knows.
//!
//! ```text
//! cargo run -p tutorials -- coroutines
//! > state
//! > send example          too early
//! > start
//! > send example
//! > use average           the priming wrapper has started this one
//! > send 10
//! > send 20
//! > throw stop
//! ```
//!
//! With input piped in it does the same without prompts:
//! `printf 'start\nsend hi\n' | cargo run -p tutorials -- coroutines`. With `--trace -`
//! it draws at the end (`quit`, or Ctrl-D) when each coroutine ran.
//!
//! **Observe.** Between two commands the coroutine is neither running nor over. All
//! its variables (count, sum) are still there, and no thread holds them.
//!
//! **Python and here.** The original is `5_coroutines/coroutines.py`, typed at by hand
//! in `python -i`. What Python checks at run time ("generator already executing") does
//! not compile here. Its `GeneratorExit`, which a body may catch, is being dropped here,
//! which nobody can catch; a `finally` is a value whose `Drop` does it.
//!
//! **Exercise.** `tests/exercises/coroutines.rs`: the largest number so far.

use std::io::{self, BufRead as _, IsTerminal as _, Write as _};
use std::process::ExitCode;

use clap::Args;

use crate::generator::{Failure, Generator, State, Step, Yielder};
use crate::options::Timed;
use crate::say;
use crate::stop::Stop;

/// Flags of the lesson.
#[derive(Args, Debug)]
pub struct Options {
    #[command(flatten)]
    timed: Timed,
}

/// Gives texts, is sent texts, returns a text, fails with a text: so that all can be typed.
type Coroutine = Generator<String, String, String, String>;

/// Takes one message.
fn message() -> Coroutine {
    Generator::new(async |y: Yielder<_, String, _>| {
        let message = y.give("ready for a message".to_owned()).await?;
        say!("received: {message}");
        Ok("nothing left to do".to_owned())
    })
}

/// Is sent numbers and answers the average so far; the thrown error `stop` makes it return.
fn average() -> Coroutine {
    Generator::new(async |y: Yielder<_, String, _>| {
        let mut count = 0.0;
        let mut sum = 0.0;
        let mut average = "nothing yet".to_owned();
        loop {
            match y.give(average.clone()).await {
                Ok(text) => {
                    let Ok(number) = text.parse::<f64>() else {
                        return Err(format!("{text:?} is no number"));
                    };
                    count += 1.0;
                    sum += number;
                    average = format!("{:.2}", sum / count);
                }
                // `except StopIteration` in the original: here just an error like any other.
                Err(thrown) if thrown == "stop" => return Ok(average),
                Err(thrown) => return Err(thrown),
            }
        }
    })
}

/// The priming wrapper, `@coroutine` in the original: nobody can forget to start it.
fn primed(mut coroutine: Coroutine) -> Coroutine {
    // A body that ends before its first `give` is closed now, and says so when asked.
    let _ = coroutine.start();
    coroutine
}

/// Runs the lesson.
///
/// # Errors
///
/// The input cannot be read.
pub fn run(options: &Options) -> anyhow::Result<ExitCode> {
    let record = &options.timed.record;
    let trace = record.recorder(&options.timed.clock());
    let input = io::stdin();
    let at_terminal = input.is_terminal();
    Stop::on_signals()?.exit_when_asked()?;
    if at_terminal {
        say!("a coroutine was created; type help");
    }
    let trace = trace.as_ref();
    let mut coroutine = message().traced(trace, "message");
    let mut line = Vec::new();
    loop {
        if at_terminal {
            let mut output = io::stdout();
            let _ = write!(output, "> ").and_then(|()| output.flush());
        }
        line.clear();
        if input.lock().read_until(b'\n', &mut line)? == 0 {
            break;
        }
        let text = String::from_utf8_lossy(&line);
        let text = text.trim();
        let (command, value) = text.split_once(' ').unwrap_or((text, ""));
        match (command, value) {
            ("", _) => {}
            ("quit", _) => break,
            ("start", _) => show(coroutine.start()),
            ("send", value) => show(coroutine.send(value.to_owned())),
            ("throw", error) => show(coroutine.throw(error.to_owned())),
            ("close", _) => {
                coroutine.close();
                say!("closed");
            }
            ("state", _) => say!("{}", name(coroutine.state())),
            ("use", "message") => {
                coroutine = message().traced(trace, "message");
                say!("{}", name(coroutine.state()));
            }
            ("use", "average") => {
                coroutine = primed(average().traced(trace, "average"));
                say!("{}", name(coroutine.state()));
            }
            ("help", _) => {
                say!("start, send TEXT, throw TEXT, close, state, use message, use average, quit")
            }
            _ => say!("no such command: {text:?}; type help"),
        }
    }
    drop(coroutine);
    record.draw(trace)?;
    Ok(ExitCode::SUCCESS)
}

fn name(state: State) -> &'static str {
    match state {
        State::Created => "created",
        State::Suspended => "suspended",
        State::Closed => "closed",
    }
}

fn show(step: Result<Step<String, String>, Failure<String>>) {
    match step {
        Ok(Step::Yielded(value)) => say!("yielded: {value}"),
        Ok(Step::Returned(value)) => say!("returned: {value}"),
        Err(Failure::Raised(error)) => say!("raised: {error}"),
        Err(misuse) => say!("error: {misuse}"),
    }
}
