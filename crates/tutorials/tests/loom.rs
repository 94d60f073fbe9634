//! The queue of ready tasks, and the state of a task of several threads, in every order that two
//! threads can run in.
//!
//! `loom` runs a test again and again, each time with another interleaving of its threads,
//! until it has seen them all. The very files that the schedulers use are compiled here with
//! loom's atomics and locks instead of the standard library's.

// A test's helpers are tests too: a panic is how they fail.
#![allow(clippy::unwrap_used, unreachable_pub, missing_docs)]

use loom::sync::{Arc, Mutex, Notify};
use loom::thread;

#[path = "../src/ready.rs"]
mod ready;

#[path = "../src/workers/state.rs"]
mod state;

mod sync {
    pub(crate) use loom::sync::Mutex;
    pub(crate) use loom::sync::atomic::{AtomicBool, AtomicU8, Ordering};
}

/// A scheduler waits for as many tasks as `wakers` threads wake. If a wake-up is lost it
/// waits for ever, and loom reports a deadlock.
fn explore(wakers: u32, preemptions: Option<usize>) {
    let mut model = loom::model::Builder::new();
    model.preemption_bound = preemptions;
    model.check(move || {
        let ready = Arc::new(ready::Ready::new());
        // Stands for the reactor's alarm: a rouse that comes before the sleep ends that sleep.
        let alarm = Arc::new(Notify::new());
        let threads: Vec<_> = (0..wakers)
            .map(|number| {
                let (ready, alarm) = (Arc::clone(&ready), Arc::clone(&alarm));
                thread::spawn(move || {
                    if ready.push(number) {
                        alarm.notify();
                    }
                })
            })
            .collect();
        let mut woken = 0;
        while woken < wakers {
            while ready.pop().is_some() {
                woken += 1;
            }
            if woken < wakers && ready.fall_asleep() {
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
    explore(1, None);
    // With two there are too many orders for a coffee break: those with up to two preemptions.
    explore(2, Some(2));
}

/// The mistake that `fall_asleep` mends, written out: the look comes before the word, and
/// nothing after it.
#[test]
#[should_panic(expected = "a wake-up was lost")]
fn a_look_before_the_word_instead_of_after_it_loses_one() {
    use sync::Ordering::SeqCst;

    loom::model(|| {
        let queue = Arc::new(Mutex::new(0));
        let asleep = Arc::new(sync::AtomicBool::new(false));
        let (waking, sleeping) = (Arc::clone(&queue), Arc::clone(&asleep));
        let waker = thread::spawn(move || {
            *waking.lock().unwrap() += 1;
            // Whether it rouses the sleeper.
            sleeping.swap(false, SeqCst)
        });
        let empty = *queue.lock().unwrap() == 0;
        if empty {
            // Here, between the look above and the word below, it is lost.
            asleep.store(true, SeqCst);
        }
        let roused = waker.join().unwrap();
        assert!(!empty || roused, "a wake-up was lost");
    });
}

/// A task of two workers that waits for two threads. Each says something and wakes it; it is through
/// when it has heard both.
#[test]
fn a_wake_up_that_comes_while_a_worker_polls_is_heard_and_nobody_polls_twice_at_once() {
    use std::collections::VecDeque;
    use sync::Ordering::{Relaxed, SeqCst};

    struct Shared {
        state: state::State,
        /// How often the one task is in the queue, and whether it is through.
        queue: Mutex<(VecDeque<()>, bool)>,
        bell: loom::sync::Condvar,
        said: [sync::AtomicBool; 2],
        polled: sync::AtomicBool,
    }

    impl Shared {
        fn queue(&self) {
            self.queue.lock().unwrap().0.push_back(());
            self.bell.notify_one();
        }

        fn work(&self) {
            loop {
                let mut queue = self.queue.lock().unwrap();
                while queue.0.pop_front().is_none() {
                    if queue.1 {
                        return;
                    }
                    queue = self.bell.wait(queue).unwrap();
                }
                drop(queue);
                self.state.begin();
                assert!(!self.polled.swap(true, SeqCst), "two poll it at once");
                // Relaxed: that it is seen at all is the wake-up's doing.
                let through = self.said.iter().all(|said| said.load(Relaxed));
                self.polled.swap(false, SeqCst);
                if through {
                    self.queue.lock().unwrap().1 = true;
                    self.bell.notify_all();
                    return;
                }
                if self.state.end() {
                    self.queue();
                }
            }
        }
    }

    let mut model = loom::model::Builder::new();
    model.preemption_bound = Some(2);
    model.check(|| {
        let shared = Arc::new(Shared {
            state: state::State::idle(),
            queue: Mutex::new((VecDeque::new(), false)),
            bell: loom::sync::Condvar::new(),
            said: [sync::AtomicBool::new(false), sync::AtomicBool::new(false)],
            polled: sync::AtomicBool::new(false),
        });
        let other = Arc::clone(&shared);
        let mut threads = vec![thread::spawn(move || other.work())];
        for number in 0..2 {
            let shared = Arc::clone(&shared);
            threads.push(thread::spawn(move || {
                shared.said[number].store(true, Relaxed);
                if shared.state.wake() == state::Woken::Queue {
                    shared.queue();
                }
            }));
        }
        shared.work();
        for thread in threads {
            thread.join().unwrap();
        }
    });
}
