//! Every wake-up counts, nobody is polled twice at once, panics stay where they are, and in the
//! end everything is dropped.

use std::sync::atomic::AtomicU32;
use std::sync::mpsc::channel;
use std::time::Duration;

use super::*;

/// Only a failure lasts so long.
const PATIENCE: Duration = Duration::from_secs(30);

#[test]
fn every_task_runs_to_its_end_however_often_it_is_woken_from_wherever() {
    let workers = Workers::new(4).unwrap();
    let (done, finished) = channel();
    for _ in 0..100 {
        let done = done.clone();
        workers.spawn(async move {
            for _ in 0..100 {
                let mut asked = false;
                std::future::poll_fn(|context| {
                    if std::mem::replace(&mut asked, true) {
                        return Poll::Ready(());
                    }
                    // Once here, while it is polled, and once from another task's thread.
                    context.waker().wake_by_ref();
                    Poll::Pending
                })
                .await;
            }
            done.send(()).unwrap();
        });
    }
    drop(done);
    assert_eq!(finished.iter().count(), 100);
}

#[test]
fn a_task_is_never_polled_by_two_workers_at_once() {
    let workers = Workers::new(4).unwrap();
    let inside = Arc::new(AtomicU32::new(0));
    let (done, finished) = channel();
    let polls = Arc::clone(&inside);
    workers.spawn(async move {
        let mut rounds = 0;
        std::future::poll_fn(|context| {
            assert_eq!(polls.fetch_add(1, Ordering::SeqCst), 0);
            let waker = context.waker().clone();
            let waking = thread::spawn(move || waker.wake());
            waking.join().unwrap();
            assert_eq!(polls.fetch_sub(1, Ordering::SeqCst), 1);
            rounds += 1;
            if rounds == 200 {
                Poll::Ready(())
            } else {
                Poll::Pending
            }
        })
        .await;
        done.send(()).unwrap();
    });
    finished.recv().unwrap();
}

#[test]
fn a_task_that_panics_takes_nobody_along_and_dropping_drops_the_rest() {
    let workers = Workers::new(1).unwrap();
    let held = Arc::new(());
    let kept = Arc::clone(&held);
    workers.spawn(async { panic!("on purpose") });
    let (done, finished) = channel();
    workers.spawn(async move {
        done.send(()).unwrap();
        std::future::pending::<()>().await;
        drop(kept);
    });
    finished.recv().unwrap();
    drop(workers);
    assert_eq!(Arc::strong_count(&held), 1);
}

/// Panics when it is dropped, after having been polled without any trouble.
struct Brittle;

impl Future for Brittle {
    type Output = ();

    fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
        Poll::Ready(())
    }
}

impl Drop for Brittle {
    fn drop(&mut self) {
        panic!("on purpose");
    }
}

#[test]
fn a_task_that_panics_while_it_is_dropped_takes_its_worker_not_along() {
    let workers = Workers::new(1).unwrap();
    workers.spawn(Brittle);
    let (done, finished) = channel();
    workers.spawn(async move { done.send(()).unwrap() });
    finished.recv_timeout(PATIENCE).unwrap();
}

#[test]
fn what_is_spawned_when_the_workers_are_gone_is_dropped_at_once() {
    let workers = Workers::new(1).unwrap();
    let spawner = workers.spawner();
    drop(workers);
    let held = Arc::new(());
    let kept = Arc::clone(&held);
    spawner.spawn("late", async move { drop(kept) });
    assert_eq!(Arc::strong_count(&held), 1, "it would never be polled");
}

#[test]
fn a_waker_that_is_called_after_the_end_keeps_nothing_alive() {
    let workers = Workers::new(1).unwrap();
    let reactor = Arc::downgrade(&workers.reactor());
    let (waker, given) = channel();
    workers.spawn(std::future::poll_fn(move |context| {
        waker.send(context.waker().clone()).unwrap();
        Poll::Pending
    }));
    let late = given.recv_timeout(PATIENCE).unwrap();
    drop(workers);
    late.wake();
    assert!(
        reactor.upgrade().is_none(),
        "the reactor's descriptors are open still"
    );
}

#[test]
fn the_last_to_hold_the_workers_may_be_one_of_their_tasks() {
    let workers = Arc::new(Workers::new(2).unwrap());
    let (done, finished) = channel();
    let (go, waiting) = channel::<()>();
    let held = Arc::clone(&workers);
    workers.spawn(async move {
        // Not how one waits in a task; but nobody else has anything to do here.
        waiting.recv().unwrap();
        let _done = Said(done);
        drop(held);
    });
    drop(workers);
    go.send(()).unwrap();
    assert_eq!(finished.recv_timeout(PATIENCE), Ok("went on"));

    struct Said(std::sync::mpsc::Sender<&'static str>);
    impl Drop for Said {
        fn drop(&mut self) {
            let what = if thread::panicking() {
                "panicked"
            } else {
                "went on"
            };
            self.0.send(what).unwrap();
        }
    }
}

#[test]
fn to_sweep_out_the_finished_costs_no_more_than_to_spawn_them() {
    let workers = Workers::new(1).unwrap();
    let spawner = workers.spawner();
    let (done, finished) = channel();
    let inner = spawner.clone();
    workers.spawn(async move {
        // One less than the list of tasks has room for, and all of them stay.
        let stay = 16 * 1024 - 1;
        while lock(&inner.shared.tasks).len() < stay {
            inner.spawn("stays", std::future::pending());
        }
        let before = thread_time();
        for _ in 0..20_000 {
            // Dropped by nobody but the sweep: they are polled when this task gives back control.
            inner.spawn("goes", std::future::pending());
            let last = lock(&inner.shared.queue).pop_back();
            drop(last);
        }
        done.send(thread_time() - before).unwrap();
    });
    let used = finished.recv_timeout(PATIENCE).unwrap();
    assert!(used < Duration::from_secs(1), "{used:?}");
}

fn thread_time() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    Duration::try_from(time).unwrap()
}
