//! Lesson 13. A task that ticks three times: after one, two and three seconds.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use tutorials::clock::Clock;
use tutorials::scheduler::{Handle, Scheduler};

type Ticks = Rc<RefCell<Vec<Duration>>>;

const SECOND: Duration = Duration::from_secs(1);

async fn yours(scheduler: Handle, ticks: Ticks) {
    scheduler.sleep(SECOND).await;
    ticks.borrow_mut().push(scheduler.now());
}

fn check<F: Future<Output = ()> + 'static>(ticking: fn(Handle, Ticks) -> F) {
    let scheduler = Scheduler::with(Clock::jumping(), None).unwrap();
    let ticks = Ticks::default();
    drop(
        scheduler
            .handle()
            .spawn("ticks", ticking(scheduler.handle(), Rc::clone(&ticks))),
    );
    scheduler.run();
    assert_eq!(*ticks.borrow(), [SECOND, 2 * SECOND, 3 * SECOND]);
}

#[test]
#[ignore = "hint: an async fn may have loops, like any other"]
fn yours_ticks() {
    check(yours);
}

#[test]
fn the_solution_ticks() {
    check(solution);
}

// The solution. Stop reading here until you have tried.

async fn solution(scheduler: Handle, ticks: Ticks) {
    for _ in 0..3 {
        scheduler.sleep(SECOND).await;
        ticks.borrow_mut().push(scheduler.now());
    }
}
