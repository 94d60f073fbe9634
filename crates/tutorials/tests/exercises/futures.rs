//! Lesson 9. Wait for all of several jobs, and have them run side by side: together they
//! must not take longer than the longest.

use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use tutorials::pool::ThreadPool;
use tutorials::scheduler::Scheduler;

type Job = Box<dyn FnOnce() -> bool + Send>;

fn yours(pool: &ThreadPool, jobs: Vec<Job>) -> Vec<bool> {
    let scheduler = Scheduler::new().unwrap();
    jobs.into_iter()
        .map(|job| scheduler.block_on(pool.submit(job)).unwrap())
        .collect()
}

fn check(all: fn(&ThreadPool, Vec<Job>) -> Vec<bool>) {
    let pool = ThreadPool::new(3, None).unwrap();
    // Three jobs that wait for each other: they only meet if they run at the same time.
    let meeting = Arc::new((Mutex::new(0), Condvar::new()));
    let job = |_| -> Job {
        let meeting = Arc::clone(&meeting);
        Box::new(move || {
            let (present, bell) = &*meeting;
            let mut present = present.lock().unwrap();
            *present += 1;
            bell.notify_all();
            let patience = Duration::from_millis(500);
            let (_present, wait) = bell
                .wait_timeout_while(present, patience, |present| *present < 3)
                .unwrap();
            !wait.timed_out()
        })
    };
    assert_eq!(
        all(&pool, (0..3).map(job).collect()),
        [true; 3],
        "did they meet?"
    );
}

#[test]
#[ignore = "hint: a promise is kept whether or not anybody waits for it yet"]
fn yours_lets_them_meet() {
    check(yours);
}

#[test]
fn the_solution_lets_them_meet() {
    check(solution);
}

// The solution. Stop reading here until you have tried.

fn solution(pool: &ThreadPool, jobs: Vec<Job>) -> Vec<bool> {
    let scheduler = Scheduler::new().unwrap();
    // First hand in all of them, then wait for one after the other.
    let promises: Vec<_> = jobs.into_iter().map(|job| pool.submit(job)).collect();
    promises
        .into_iter()
        .map(|promise| scheduler.block_on(promise).unwrap())
        .collect()
}
