//! A pipeline of generators, as one builds them in Python, with those of `tutorials`.
//!
//! ```text
//! cargo run --example pipeline
//! ```
//!
//! Weather stations report temperatures; some lines are spoilt. Watch the order of what
//! is printed: each line goes all the way down before the next one is read, though
//! every stage is a loop of its own. Nothing is collected in between, so the input might
//! as well be endless.
//!
//! The first stages are *pulled*: whoever wants a value asks the stage before. The last
//! are *pushed*: a coroutine for each town stands in its `give` until it is sent the next
//! temperature, and holds sum and count meanwhile.
//!
//! Look at: `give` (`yield`), `from` (`yield from`), `send`; in Python these are
//! `def` with a `yield` in it. Lessons 5 to 8 explain how it works.

use std::collections::BTreeMap;
use std::convert::Infallible;

use tutorials::generator::{Generator, Step, Yielder};

const MORNING: &str = "Oslo -3.5\nCairo 21\nQuito 14.5\n";
const EVENING: &str = "Oslo -6\nOslo broken\nCairo 17.5\n\nQuito 13\nOslo -8.5\n";

/// Gives `T`s, takes nothing, cannot fail: an iterator, therefore.
type Source<T> = Generator<T, (), (), Infallible>;

/// Gives the average so far, is sent the next number.
type Average = Generator<f64, f64, (), Infallible>;

/// The lines of a report, which is read as it is asked for.
fn lines(report: &'static str) -> Source<&'static str> {
    Generator::new(async move |y: Yielder<_, (), _>| {
        for line in report.lines() {
            println!("read      {line:?}");
            y.give(line).await?;
        }
        Ok(())
    })
}

/// Several reports one after the other: `for report in reports: yield from lines(report)`.
fn all(reports: &'static [&'static str]) -> Source<&'static str> {
    Generator::new(async move |y: Yielder<_, (), _>| {
        for report in reports {
            y.from(lines(report)).await?;
        }
        Ok(())
    })
}

/// What the lines say; those that say nothing are left out.
fn measured(lines: Source<&'static str>) -> Source<(&'static str, f64)> {
    Generator::new(async move |y: Yielder<_, (), _>| {
        for line in lines {
            let reading = line
                .split_once(' ')
                .and_then(|(town, degrees)| Some((town, degrees.parse().ok()?)));
            if let Some(reading) = reading {
                println!("measured  {reading:?}");
                y.give(reading).await?;
            } else {
                println!("spoilt    {line:?}");
            }
        }
        Ok(())
    })
}

/// `while True: value = yield total / count`
fn average() -> Average {
    Generator::new(async |y: Yielder<f64, f64, _>| {
        let (mut total, mut count) = (0.0, 0);
        let mut average = f64::NAN;
        loop {
            total += y.give(average).await?;
            count += 1;
            average = total / f64::from(count);
        }
    })
}

fn main() {
    let mut averages: BTreeMap<&str, Average> = BTreeMap::new();
    for (town, degrees) in measured(all(&[MORNING, EVENING])) {
        let average = averages.entry(town).or_insert_with(|| {
            let mut average = average();
            // To its first `give`: nothing can be sent to a body that has not begun.
            let _ = average.start();
            average
        });
        if let Ok(Step::Yielded(degrees)) = average.send(degrees) {
            println!("average   {town} {degrees:.2}\n");
        }
    }
    println!(
        "{} coroutines still stand in their give; dropping them ends them",
        averages.len()
    );
}
