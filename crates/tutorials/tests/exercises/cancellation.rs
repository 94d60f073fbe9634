//! Lesson 15. Try something up to three times, and each time for one second at most.
//! Answer the first success, or `None`.

use std::rc::Rc;
use std::time::Duration;

use tutorials::clock::Clock;
use tutorials::scheduler::{Handle, Scheduler};

const SECOND: Duration = Duration::from_secs(1);

/// The first attempt takes an hour, the second ten minutes, the third half a second.
async fn attempt(scheduler: Handle, number: u32, held: Rc<()>) -> u32 {
    let takes = [3600 * SECOND, 600 * SECOND, SECOND / 2];
    scheduler.sleep(takes[number as usize - 1]).await;
    drop(held);
    number
}

async fn yours(scheduler: Handle, held: Rc<()>) -> Option<u32> {
    let trying = attempt(scheduler.clone(), 1, held);
    scheduler.timeout(SECOND, trying).await.ok()
}

fn check<F: Future<Output = Option<u32>>>(patiently: fn(Handle, Rc<()>) -> F) {
    let scheduler = Scheduler::with(Clock::jumping(), None).unwrap();
    let handle = scheduler.handle();
    let held = Rc::new(());
    let answer = scheduler.block_on(patiently(handle.clone(), Rc::clone(&held)));
    assert_eq!(answer, Some(3));
    assert_eq!(handle.now(), 2 * SECOND + SECOND / 2);
    assert_eq!(Rc::strong_count(&held), 1, "what was given up is gone");
}

#[test]
#[ignore = "hint: a loop around the timeout"]
fn yours_tries_again() {
    check(yours);
}

#[test]
fn the_solution_tries_again() {
    check(solution);
}

// The solution. Stop reading here until you have tried.

async fn solution(scheduler: Handle, held: Rc<()>) -> Option<u32> {
    for number in 1..=3 {
        let trying = attempt(scheduler.clone(), number, Rc::clone(&held));
        if let Ok(answer) = scheduler.timeout(SECOND, trying).await {
            return Some(answer);
        }
    }
    None
}
