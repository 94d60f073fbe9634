//! Lesson 16. A hundred tasks on several threads each count one up. On one thread they
//! would share an `Rc<Cell<u32>>`; try it, and read what the compiler says.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc::channel;

use tutorials::workers::Workers;

fn yours(workers: &Workers) -> u32 {
    let count = 0;
    let (done, finished) = channel();
    for _ in 0..100 {
        let done = done.clone();
        workers.spawn(async move {
            // Each task counts up a copy of its own.
            let mut count = count;
            count += 1;
            done.send(count).unwrap();
        });
    }
    drop(done);
    finished.iter().count();
    count
}

fn check(count: fn(&Workers) -> u32) {
    let workers = Workers::new(4).unwrap();
    assert_eq!(count(&workers), 100);
}

#[test]
#[ignore = "hint: Arc is the Rc for several threads; what is the Cell?"]
fn yours_counts_all() {
    check(yours);
}

#[test]
fn the_solution_counts_all() {
    check(solution);
}

// The solution. Stop reading here until you have tried.

fn solution(workers: &Workers) -> u32 {
    let count = Arc::new(AtomicU32::new(0));
    let (done, finished) = channel();
    for _ in 0..100 {
        let (count, done) = (Arc::clone(&count), done.clone());
        workers.spawn(async move {
            count.fetch_add(1, Ordering::Relaxed);
            // Everything before a send is visible after its receive.
            done.send(()).unwrap();
        });
    }
    drop(done);
    finished.iter().count();
    count.load(Ordering::Relaxed)
}
