//! Lesson 5. A generator that counts down: from `start` to 1.

use std::convert::Infallible;

use tutorials::generator::{Generator, Yielder};

type Countdown = Generator<u32, (), (), Infallible>;

fn yours(start: u32) -> Countdown {
    Generator::new(async move |y: Yielder<u32, (), Infallible>| {
        y.give(start).await?;
        Ok(())
    })
}

fn check(countdown: fn(u32) -> Countdown) {
    assert_eq!(countdown(3).collect::<Vec<_>>(), [3, 2, 1]);
    assert_eq!(countdown(0).count(), 0);
    assert_eq!(countdown(u32::MAX).take(2).count(), 2);
}

#[test]
#[ignore = "hint: a loop around give"]
fn yours_counts_down() {
    check(yours);
}

#[test]
fn the_solution_counts_down() {
    check(solution);
}

// The solution. Stop reading here until you have tried.

fn solution(start: u32) -> Countdown {
    Generator::new(async move |y: Yielder<u32, (), Infallible>| {
        for number in (1..=start).rev() {
            y.give(number).await?;
        }
        Ok(())
    })
}
