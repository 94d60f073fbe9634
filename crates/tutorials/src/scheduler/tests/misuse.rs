//! What a scheduler does when it is used in ways nobody should: panics, `block_on` inside of
//! itself, spawning when all is over, wakers from elsewhere.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::task::Wake;

use super::*;

#[test]
fn block_on_inside_of_block_on_is_refused_and_not_a_lost_wake_up() {
    let scheduler = jumping();
    let nested = || scheduler.block_on(async {});
    let outcome = scheduler.block_on(async {
        let panic = catch_unwind(AssertUnwindSafe(nested)).expect_err("it has to be refused");
        *panic.downcast::<&str>().unwrap()
    });
    assert!(outcome.contains("inside of itself"), "{outcome}");
    // And the scheduler is as good as new.
    assert_eq!(scheduler.block_on(async { 1 }), 1);
}

#[test]
fn a_task_that_panics_is_over_and_the_scheduler_can_be_used_again() {
    let scheduler = jumping();
    let handle = scheduler.handle();
    let task = handle.spawn("panics", async { panic!("on purpose") });
    let outcome = catch_unwind(AssertUnwindSafe(|| scheduler.run()));
    assert!(outcome.is_err(), "nobody else would say that it failed");
    assert_eq!(handle.tasks(), 0);
    assert!(task.is_finished());
    assert_eq!(scheduler.block_on(task), Err::<(), _>(Cancelled));
    scheduler.run();
}

#[test]
fn what_is_spawned_when_the_scheduler_is_gone_is_dropped_at_once() {
    struct Spawns(Handle, Rc<()>);
    impl Drop for Spawns {
        fn drop(&mut self) {
            // One that spawns itself again whenever it is dropped would keep a careless loop busy for ever.
            let again = Self(self.0.clone(), Rc::clone(&self.1));
            if Rc::strong_count(&self.1) < 100 {
                drop(self.0.spawn("again", async move { drop(again) }));
            } else {
                std::mem::forget(again);
            }
        }
    }
    let scheduler = jumping();
    let handle = scheduler.handle();
    let held = Rc::new(());
    let again = Spawns(handle.clone(), Rc::clone(&held));
    drop(handle.spawn("first", async move {
        std::future::pending::<()>().await;
        drop(again);
    }));
    drop(scheduler);
    assert_eq!(handle.tasks(), 0);

    let late = Rc::new(());
    let (kept, inner) = (Rc::clone(&late), handle.clone());
    let task = handle.spawn("late", async move {
        inner.yield_now().await;
        drop(kept);
    });
    assert_eq!(Rc::strong_count(&late), 1, "it would never be polled");
    assert!(task.is_finished());
}

#[test]
fn dropping_very_many_tasks_takes_no_more_than_a_look_at_each() {
    let scheduler = jumping();
    let handle = scheduler.handle();
    for _ in 0..200_000 {
        drop(handle.spawn("", std::future::pending::<()>()));
    }
    let before = thread_time();
    drop(scheduler);
    let used = thread_time() - before;
    // Looked through from the start for each, these are twenty thousand million looks.
    assert!(used < 3 * SECOND, "{used:?}");
    assert_eq!(handle.tasks(), 0);
}

thread_local! {
    static OWNED: RefCell<Vec<Sleep>> = const { RefCell::new(Vec::new()) };
}

/// The wakers of some executors own their task: the last of them to go drops it, and all in it.
struct Owner;

impl Wake for Owner {
    fn wake(self: Arc<Self>) {}
}

impl Drop for Owner {
    fn drop(&mut self) {
        drop(OWNED.take());
    }
}

#[test]
fn a_waker_from_elsewhere_may_own_another_sleep() {
    let scheduler = jumping();
    let handle = scheduler.handle();
    for replaced in [false, true] {
        let mut owned = handle.sleep(SECOND);
        let mut ignored = Context::from_waker(Waker::noop());
        assert!(pin!(&mut owned).poll(&mut ignored).is_pending());
        OWNED.set(vec![owned]);

        let mut sleep = handle.sleep(SECOND);
        let owner = Waker::from(Arc::new(Owner));
        let mut context = Context::from_waker(&owner);
        assert!(pin!(&mut sleep).poll(&mut context).is_pending());
        drop(owner);
        // The last clone of the owner lies among the timers, and goes now.
        if replaced {
            assert!(pin!(&mut sleep).poll(&mut ignored).is_pending());
        }
        drop(sleep);
        assert!(handle.core.timers.borrow().is_empty());
    }
}

#[test]
fn a_sleep_without_end_does_not_keep_a_virtual_clock_spinning() {
    let scheduler = jumping();
    let handle = scheduler.handle();
    let before = thread_time();
    let (woken, rung) = (Arc::new(Mutex::new(None::<Waker>)), Rc::new(Cell::new(0)));
    let ringing = Arc::clone(&woken);
    let ringer = std::thread::spawn(move || {
        loop {
            if let Some(waker) = ringing.lock().unwrap().take() {
                std::thread::sleep(Duration::from_millis(200));
                return waker.wake();
            }
            std::thread::yield_now();
        }
    });
    let bell = std::future::poll_fn(|context| {
        rung.set(rung.get() + 1);
        *woken.lock().unwrap() = Some(context.waker().clone());
        if rung.get() > 1 {
            Poll::Ready(())
        } else {
            Poll::Pending
        }
    });
    scheduler.block_on(race(bell, handle.sleep(Duration::MAX)));
    ringer.join().unwrap();
    let used = thread_time() - before;
    assert!(used < Duration::from_millis(100), "{used:?}");
}
