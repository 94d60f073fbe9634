//! The line of ready tasks in every order that two threads can run in.
//!
//! `loom` runs a test again and again, each time with another interleaving of its threads,
//! until it has seen them all. The very file that the scheduler uses is compiled here with
//! loom's atomics and locks instead of the standard library's.

// A test's helpers are tests too: a panic is how they fail.
#![allow(clippy::unwrap_used, unreachable_pub, missing_docs)]

use loom::sync::{Arc, Condvar, Mutex};
use loom::thread;

#[path = "../src/ready.rs"]
mod ready;

mod sync {
    pub(crate) use loom::sync::Mutex;
    pub(crate) use loom::sync::atomic::{AtomicBool, Ordering};
}

/// The reactor's alarm: a rouse that comes before the sleep ends that sleep.
struct Alarm {
    rung: Mutex<bool>,
    bell: Condvar,
}

impl Alarm {
    fn new() -> Self {
        Self {
            rung: Mutex::new(false),
            bell: Condvar::new(),
        }
    }

    fn rouse(&self) {
        *self.rung.lock().unwrap() = true;
        self.bell.notify_one();
    }

    fn wait(&self) {
        let mut rung = self.rung.lock().unwrap();
        while !*rung {
            rung = self.bell.wait(rung).unwrap();
        }
        *rung = false;
    }
}

/// A scheduler waits for as many tasks as `wakers` threads wake. If a wake-up is lost it
/// waits for ever, and loom reports a deadlock.
fn explore(wakers: u32, sleeps: fn(&ready::Ready<u32>) -> bool) {
    loom::model(move || {
        let ready = Arc::new(ready::Ready::new());
        let alarm = Arc::new(Alarm::new());
        let threads: Vec<_> = (0..wakers)
            .map(|number| {
                let (ready, alarm) = (Arc::clone(&ready), Arc::clone(&alarm));
                thread::spawn(move || {
                    if ready.push(number) {
                        alarm.rouse();
                    }
                })
            })
            .collect();
        let mut woken = 0;
        while woken < wakers {
            while ready.pop().is_some() {
                woken += 1;
            }
            if woken < wakers && sleeps(&ready) {
                alarm.wait();
                ready.wake_up();
            }
        }
        for thread in threads {
            thread.join().unwrap();
        }
    });
}

#[test]
fn no_wake_up_is_lost() {
    explore(1, ready::Ready::fall_asleep);
    explore(2, ready::Ready::fall_asleep);
}

/// The mistake that `fall_asleep` mends, written out: the look comes before the word.
struct Careless {
    line: Mutex<u32>,
    asleep: sync::AtomicBool,
}

#[test]
#[should_panic(expected = "deadlock")]
fn a_look_before_the_word_instead_of_after_it_loses_one() {
    use sync::Ordering::SeqCst;

    loom::model(|| {
        let careless = Arc::new(Careless {
            line: Mutex::new(0),
            asleep: sync::AtomicBool::new(false),
        });
        let alarm = Arc::new(Alarm::new());
        let (waking, rousing) = (Arc::clone(&careless), Arc::clone(&alarm));
        let waker = thread::spawn(move || {
            *waking.line.lock().unwrap() += 1;
            if waking.asleep.swap(false, SeqCst) {
                rousing.rouse();
            }
        });
        while *careless.line.lock().unwrap() == 0 {
            // Here, between the look above and the word below, it is lost.
            careless.asleep.store(true, SeqCst);
            alarm.wait();
        }
        waker.join().unwrap();
    });
}
