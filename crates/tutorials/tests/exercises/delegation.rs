//! Lesson 7. Delegate to two generators, one after the other, and return the sum of what
//! they return. Whoever sends must not notice where the first ends and the second begins.

use tutorials::generator::{Failure, Generator, Step, Yielder};

type Sum = Generator<&'static str, i64, i64, String>;

/// Takes two numbers, and returns their sum.
fn two(name: &'static str) -> Sum {
    Generator::new(async move |y: Yielder<_, i64, String>| {
        let first = y.give(name).await?;
        let second = y.give(name).await?;
        Ok(first + second)
    })
}

fn yours() -> Sum {
    Generator::new(async |y: Yielder<_, i64, String>| y.from(two("first")).await)
}

fn check(both: fn() -> Sum) {
    let mut sum = both();
    assert_eq!(sum.start(), Ok(Step::Yielded("first")));
    assert_eq!(sum.send(1), Ok(Step::Yielded("first")));
    assert_eq!(sum.send(20), Ok(Step::Yielded("second")));
    assert_eq!(sum.send(300), Ok(Step::Yielded("second")));
    assert_eq!(sum.send(4000), Ok(Step::Returned(4321)));
    let mut sum = both();
    sum.start().unwrap();
    assert_eq!(
        sum.throw("stop".to_owned()),
        Err(Failure::Raised("stop".to_owned()))
    );
}

#[test]
#[ignore = "hint: `from` has a value, and may be said twice"]
fn yours_delegates_twice() {
    check(yours);
}

#[test]
fn the_solution_delegates_twice() {
    check(solution);
}

// The solution. Stop reading here until you have tried.

fn solution() -> Sum {
    Generator::new(async |y: Yielder<_, i64, String>| {
        let first = y.from(two("first")).await?;
        let second = y.from(two("second")).await?;
        Ok(first + second)
    })
}
