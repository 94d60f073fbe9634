//! Lesson 6. A coroutine that is sent numbers and answers the largest so far. The first
//! step, before anything was sent, gives `None`.

use std::convert::Infallible;

use tutorials::generator::{Generator, Step, Yielder};

type Largest = Generator<Option<i64>, i64, (), Infallible>;
type Numbers = Yielder<Option<i64>, i64, Infallible>;

fn yours() -> Largest {
    Generator::new(async |y: Numbers| {
        let mut last = None;
        loop {
            last = Some(y.give(last).await?);
        }
    })
}

fn check(largest: fn() -> Largest) {
    let mut largest = largest();
    assert_eq!(largest.start(), Ok(Step::Yielded(None)));
    for (sent, expected) in [(-5, -5), (3, 3), (1, 3), (7, 7), (-9, 7)] {
        assert_eq!(largest.send(sent), Ok(Step::Yielded(Some(expected))));
    }
}

#[test]
#[ignore = "hint: None is smaller than every Some"]
fn yours_keeps_the_largest() {
    check(yours);
}

#[test]
fn the_solution_keeps_the_largest() {
    check(solution);
}

// The solution. Stop reading here until you have tried.

fn solution() -> Largest {
    Generator::new(async |y: Numbers| {
        let mut largest = None;
        loop {
            let sent = y.give(largest).await?;
            largest = largest.max(Some(sent));
        }
    })
}
