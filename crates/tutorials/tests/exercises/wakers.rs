//! Lesson 12. A slot that one thread puts a number into and a task waits for. The task
//! must be woken, whether the number comes before it waits or after.

use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};
use std::thread;
use std::time::Duration;

use tutorials::scheduler::Scheduler;

trait Slot: Default + Send + 'static {
    fn put(&mut self, number: u32);
    fn poll(&mut self, context: &mut Context<'_>) -> Poll<u32>;
}

#[derive(Default)]
struct Yours(Option<u32>);

impl Slot for Yours {
    fn put(&mut self, number: u32) {
        self.0 = Some(number);
    }

    fn poll(&mut self, context: &mut Context<'_>) -> Poll<u32> {
        let _ = context;
        self.0.map_or(Poll::Pending, Poll::Ready)
    }
}

fn check<S: Slot>() {
    let scheduler = Scheduler::new().unwrap();
    let handle = scheduler.handle();
    for put_first in [true, false] {
        let slot = Arc::new(Mutex::new(S::default()));
        let (polled, was_polled) = std::sync::mpsc::channel();
        let putting = Arc::clone(&slot);
        let putter = thread::spawn(move || {
            if !put_first {
                was_polled.recv().unwrap();
            }
            putting.lock().unwrap().put(5);
            was_polled
        });
        let mut putter = Some(putter);
        if put_first {
            putter.take().map(|putter| putter.join().unwrap());
        }
        let waiting = std::future::poll_fn(|context| {
            let done = slot.lock().unwrap().poll(context);
            let _ = polled.send(());
            done
        });
        let patience = handle.now() + Duration::from_secs(2);
        let answer = scheduler.block_on(handle.timeout(Duration::from_secs(2), waiting));
        assert_eq!(answer, Ok(5), "put first: {put_first}");
        // At the end of its time the future is polled once more. That is no wake-up.
        assert!(handle.now() < patience, "nobody woke it");
        putter.map(|putter| putter.join().unwrap());
    }
}

#[test]
#[ignore = "hint: whoever finds nothing leaves his waker, and whoever puts calls it"]
fn yours_wakes() {
    check::<Yours>();
}

#[test]
fn the_solution_wakes() {
    check::<Solution>();
}

// The solution. Stop reading here until you have tried.

#[derive(Default)]
struct Solution {
    number: Option<u32>,
    waiting: Option<Waker>,
}

impl Slot for Solution {
    fn put(&mut self, number: u32) {
        self.number = Some(number);
        if let Some(waker) = self.waiting.take() {
            waker.wake();
        }
    }

    // Both are called under one lock: nothing comes between the look and the leaving.
    fn poll(&mut self, context: &mut Context<'_>) -> Poll<u32> {
        if let Some(number) = self.number {
            return Poll::Ready(number);
        }
        self.waiting = Some(context.waker().clone());
        Poll::Pending
    }
}
