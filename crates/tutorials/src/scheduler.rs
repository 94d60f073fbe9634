//! A scheduler for one thread: tasks, deadlines and sockets (added by lesson 13).
//!
//! It puts together what the lessons before built: a queue of tasks that can go on
//! ([`ready`](crate::ready)), a heap of deadlines ([`timers`](crate::timers)) and a
//! [`reactor`](crate::reactor). Its loop, [`Scheduler::block_on`], is the event loop:
//!
//! 1. poll the tasks in the queue, one after the other;
//! 2. wake those whose deadline has come;
//! 3. if the queue is empty now, sleep in the kernel until the next deadline, a socket
//!    or a wake-up from another thread. Never spin.
//!
//! ```
//! use std::time::Duration;
//! use tutorials::scheduler::Scheduler;
//!
//! let scheduler = Scheduler::new()?;
//! let handle = scheduler.handle();
//! let answer = scheduler.block_on(async move {
//!     let sleeper = handle.clone();
//!     let task = handle.spawn("task", async move {
//!         sleeper.sleep(Duration::from_millis(5)).await;
//!         6 * 7
//!     });
//!     task.await
//! });
//! assert_eq!(answer, Ok(42));
//! # Ok::<(), std::io::Error>(())
//! ```

mod join;
mod sleep;
mod task;

use std::cell::{Cell, RefCell};
use std::io;
use std::pin::pin;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

pub use join::{Cancelled, JoinHandle};
pub use sleep::{Elapsed, Sleep};
use task::{Key, Shared, Tasks};

use crate::clock::Clock;
use crate::reactor::Reactor;
use crate::timers::Timers;
use crate::trace::hook::LoopHook;
use crate::trace::{Trace, Why};

/// After so many polls the loop looks at deadlines and sockets even if tasks are still ready, so that
/// a task which is always ready starves nobody. tokio's current-thread scheduler uses the same number.
const POLLS_BETWEEN_LOOKS: u32 = 61;

/// Under a virtual clock: how long the kernel may take to hand a packet from one local
/// socket to another. Only after such a silence the clock jumps.
const GRACE: Duration = Duration::from_millis(20);

/// Owns its tasks. When it is dropped, all of them are.
#[derive(Debug)]
pub struct Scheduler {
    handle: Handle,
}

/// What tasks hold of their scheduler: to spawn others, to sleep, to watch sockets. Clones are cheap.
#[derive(Clone, Debug)]
pub struct Handle {
    core: Rc<Core>,
}

#[derive(Debug)]
struct Core {
    shared: Arc<Shared>,
    tasks: RefCell<Tasks>,
    timers: RefCell<Timers<Waker>>,
    clock: Clock,
    hook: LoopHook,
    /// Wakes [`Scheduler::run`] when the last task is over.
    idle: RefCell<Option<Waker>>,
    /// `block_on` runs.
    running: Cell<bool>,
    /// The scheduler is gone, and only handles are left: nobody would poll a new task.
    closed: Cell<bool>,
}

/// Says that `block_on` runs, until it is dropped: a panic passes by here, too.
struct Running<'a>(&'a Cell<bool>);

impl<'a> Running<'a> {
    fn enter(running: &'a Cell<bool>) -> Self {
        // The inner loop would take wake-ups of the outer future out of the queue, and lose them.
        assert!(
            !running.replace(true),
            "block_on inside of itself: a task awaits, it does not block its own scheduler"
        );
        Self(running)
    }
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.0.set(false);
    }
}

impl Scheduler {
    /// One with the real clock.
    ///
    /// # Errors
    ///
    /// There are no descriptors left for the reactor.
    pub fn new() -> io::Result<Self> {
        Self::with(Clock::real(), None)
    }

    /// One with a clock of your choice, that records into `trace` if there is one.
    ///
    /// # Errors
    ///
    /// There are no descriptors left for the reactor.
    pub fn with(clock: Clock, trace: Option<Trace>) -> io::Result<Self> {
        let core = Core {
            shared: Arc::new(Shared::new(Reactor::new()?)),
            tasks: RefCell::default(),
            timers: RefCell::default(),
            clock,
            hook: LoopHook::new(trace.as_ref()),
            idle: RefCell::default(),
            running: Cell::new(false),
            closed: Cell::new(false),
        };
        Ok(Self {
            handle: Handle {
                core: Rc::new(core),
            },
        })
    }

    /// What to give to tasks.
    #[must_use]
    pub fn handle(&self) -> Handle {
        self.handle.clone()
    }

    /// Runs all tasks until `future` is through.
    ///
    /// # Panics
    ///
    /// When a task does. That task is over then, its join handle says [`Cancelled`], and the next
    /// `block_on` goes on with the others. When it is called by a task of this very scheduler; and when
    /// the kernel refuses to wait for descriptors, which it never should.
    pub fn block_on<F: Future>(&self, future: F) -> F::Output {
        let core = &*self.handle.core;
        let _running = Running::enter(&core.running);
        let mut future = pin!(future);
        let hook = core.hook.task("main");
        let (main, waker) = core.shared.waker(Key::MAIN, hook.clone());
        waker.wake_by_ref();
        loop {
            for _ in 0..POLLS_BETWEEN_LOOKS {
                let Some(key) = core.shared.ready.pop() else {
                    break;
                };
                if key != Key::MAIN {
                    self.handle.poll(key);
                    continue;
                }
                main.leaves_queue();
                let mut context = Context::from_waker(&waker);
                let done = hook.on_poll(|| future.as_mut().poll(&mut context));
                if let Poll::Ready(output) = done {
                    hook.on_drop(false);
                    return output;
                }
            }
            core.look();
        }
    }

    /// Runs until no task is left.
    ///
    /// # Panics
    ///
    /// As [`block_on`](Self::block_on).
    pub fn run(&self) {
        let core = &self.handle.core;
        self.block_on(std::future::poll_fn(|context| {
            if core.tasks.borrow().is_empty() {
                return Poll::Ready(());
            }
            crate::trace::waiting(Why::Task);
            *core.idle.borrow_mut() = Some(context.waker().clone());
            Poll::Pending
        }));
    }
}

impl Drop for Scheduler {
    fn drop(&mut self) {
        // Tasks hold handles, and the handle's core holds the tasks: this ends the circle.
        self.handle.drop_all();
    }
}

impl Handle {
    /// A new task; it first runs when the caller next waits. The name is for traces.
    ///
    /// Dropping the [`JoinHandle`] lets the task run on its own. When the [`Scheduler`] is gone already,
    /// `future` is dropped at once.
    pub fn spawn<F>(&self, name: impl Into<String>, future: F) -> JoinHandle<F::Output>
    where
        F: Future + 'static,
        F::Output: 'static,
    {
        let core = &self.core;
        if core.closed.get() {
            // Kept, it would wait for ever, and with the handles in it keep the whole scheduler alive.
            drop(future);
            return JoinHandle::new(join::pair().1, self.clone(), Key::MAIN);
        }
        let hook = core.hook.task(name);
        let (sender, result) = join::pair();
        let key = core.tasks.borrow_mut().insert(|key| {
            let (task, waker) = core.shared.waker(key, hook.clone());
            let future = Box::pin(async move { sender.send(future.await) });
            task::Slot {
                future,
                task,
                waker,
                hook,
            }
        });
        // The queue is not looked at before the task that spawns gives back control.
        core.tasks.borrow().wake(key);
        JoinHandle::new(result, self.clone(), key)
    }

    /// How many tasks there are.
    #[must_use]
    pub fn tasks(&self) -> usize {
        self.core.tasks.borrow().len()
    }

    /// The time since the scheduler was made.
    #[must_use]
    pub fn now(&self) -> Duration {
        self.core.clock.now()
    }

    /// What watches descriptors for this scheduler.
    #[must_use]
    pub fn reactor(&self) -> &Reactor {
        &self.core.shared.reactor
    }

    /// Writes into the trace that the task which runs now gave or got something.
    pub fn note(&self, text: impl FnOnce() -> String) {
        self.core.hook.note(text);
    }

    fn poll(&self, key: Key) {
        let core = &*self.core;
        // Taken out while it runs, so that it can spawn, cancel and ask for others.
        let Some(slot) = core.tasks.borrow_mut().take(key) else {
            return;
        };
        // Declared before the slot, so dropped after it, even when the task panics.
        let over = Over { core, key };
        let mut slot = slot;
        slot.task.leaves_queue();
        let mut context = Context::from_waker(&slot.waker);
        let poll = || slot.future.as_mut().poll(&mut context);
        let done = slot.hook.on_poll(poll);
        if done.is_pending() {
            let back = core.tasks.borrow_mut().put_back(key, slot);
            let Err(cancelled) = back else {
                std::mem::forget(over);
                return;
            };
            slot = cancelled;
        }
        slot.hook.on_drop(done.is_pending());
    }

    /// Drops a task where it stands. One that cancels itself is dropped when it next waits.
    fn cancel(&self, key: Key) {
        let slot = self.core.tasks.borrow_mut().cancel(key);
        if let Some(slot) = slot {
            slot.hook.on_drop(true);
            // Not while `tasks` is borrowed: what the task holds may do anything in its `Drop`.
            drop(slot);
            self.core.one_less();
        }
    }

    fn drop_all(&self) {
        self.core.closed.set(true);
        // One at a time: a drop can cancel others. It cannot spawn any, so one pass meets all.
        let mut place = 0;
        loop {
            let next = self.core.tasks.borrow().waiting_from(place);
            let Some((key, after)) = next else { return };
            place = after;
            self.cancel(key);
        }
    }
}

/// A task that was polled, and is over unless somebody puts it back.
struct Over<'a> {
    core: &'a Core,
    key: Key,
}

impl Drop for Over<'_> {
    fn drop(&mut self) {
        self.core.tasks.borrow_mut().remove(self.key);
        self.core.one_less();
    }
}

impl Core {
    /// Deadlines that have come, then sockets; sleeps only when no task is ready.
    fn look(&self) {
        self.hook.on_awake();
        let due = self.wake_due();
        let reactor = &self.shared.reactor;
        if due || !self.shared.ready.is_empty() {
            // Others are ready: a glance at the sockets, without sleeping.
            if !reactor.is_empty() {
                self.wait(Some(Duration::ZERO));
            }
        } else if self.shared.ready.fall_asleep() {
            let deadline = self.timers.borrow_mut().earliest();
            self.hook.on_sleep(deadline.map(Why::Until));
            self.sleep(deadline);
            self.shared.ready.wake_up();
            self.hook.on_awake();
            self.wake_due();
        }
        self.hook.on_turn();
    }

    fn sleep(&self, deadline: Option<Duration>) {
        match deadline {
            Some(deadline) if self.clock.is_virtual() && deadline <= Clock::END => {
                // A packet may still be on its way. Only when all is silent the clock jumps.
                let silent = self.shared.reactor.is_empty() || self.wait(Some(GRACE)) == 0;
                if silent && self.shared.ready.is_empty() {
                    self.clock.advance(deadline);
                }
            }
            Some(deadline) if !self.clock.is_virtual() => {
                self.wait(Some(deadline.saturating_sub(self.clock.now())));
            }
            // No deadline, or one that the clock will never show.
            _ => {
                self.wait(None);
            }
        }
    }

    fn wait(&self, timeout: Option<Duration>) -> usize {
        // epoll_wait fails for wrong arguments only.
        let awake = || {
            // Before the first is woken: that needs no alarm, we are awake.
            self.shared.ready.wake_up();
            self.hook.on_awake();
        };
        let ready = self.shared.reactor.wait_then(timeout, awake);
        ready.expect("the reactor's descriptor is open")
    }

    fn wake_due(&self) -> bool {
        let mut any = false;
        if self.timers.borrow().is_empty() {
            return any;
        }
        let now = self.clock.now();
        loop {
            let due = self.timers.borrow_mut().due(now);
            let Some(waker) = due else { return any };
            waker.wake();
            any = true;
        }
    }

    fn one_less(&self) {
        if self.tasks.borrow().is_empty() {
            let idle = self.idle.borrow_mut().take();
            if let Some(waker) = idle {
                waker.wake();
            }
        }
    }
}

#[cfg(test)]
mod tests;
