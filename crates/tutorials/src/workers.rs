//! The same scheduler on several threads (added by lesson 16).
//!
//! One queue of tasks for all, one reactor on a thread of its own, and as many workers
//! as there are processors. A worker takes a task from the queue, polls it, and takes
//! the next. So a task may be polled by this thread now and by another one later: all
//! it holds has to be able to move between threads, which is what `Send` means, and
//! what [`Workers::spawn`] asks for:
//!
//! ```compile_fail
//! # use std::rc::Rc;
//! # use tutorials::workers::Workers;
//! let workers = Workers::new(2)?;
//! workers.spawn(async {
//!     let shared = Rc::new(5); // counted without a lock: for one thread only
//!     std::future::ready(()).await;
//!     drop(shared);
//! });
//! # Ok::<(), std::io::Error>(())
//! ```
//!
//! A task must not be polled by two workers at once, and a wake-up that comes while it
//! is polled must not be lost. Its state is one atomic number (`workers/state.rs`) that sees to it.

mod state;

use std::collections::VecDeque;
use std::fmt;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, Weak};
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, JoinHandle};

use crate::reactor::Reactor;
use crate::sync;
use crate::trace::Trace;
use crate::trace::hook::{LoopHook, TaskHook};
use state::{State, Woken};

/// A number of threads that run tasks. Dropped, it drops its tasks.
#[derive(Debug)]
pub struct Workers {
    shared: Arc<Shared>,
    threads: Vec<JoinHandle<()>>,
}

struct Shared {
    /// Its bound is the number of tasks: each is in it once at most.
    queue: Mutex<VecDeque<Arc<Task>>>,
    /// Rings when a task is put into the queue.
    bell: Condvar,
    reactor: Arc<Reactor>,
    stopped: AtomicBool,
    /// All tasks, so that they can be dropped. Finished ones are swept out as it grows.
    tasks: Mutex<Vec<Weak<Task>>>,
    /// Of the reactor's thread.
    hook: LoopHook,
}

type Body = Pin<Box<dyn Future<Output = ()> + Send>>;

struct Task {
    state: State,
    /// `None` when it is through. The lock is never contended: `state` lets in one at a time.
    body: Mutex<Option<Body>>,
    shared: Arc<Shared>,
    hook: TaskHook,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Workers {
    /// Starts `count` workers and a reactor.
    ///
    /// # Errors
    ///
    /// There are no threads or descriptors left.
    pub fn new(count: usize) -> io::Result<Self> {
        Self::with_trace(count, None)
    }

    /// The same, and each task is a lane of the trace.
    ///
    /// # Errors
    ///
    /// There are no threads or descriptors left.
    pub fn with_trace(count: usize, trace: Option<Trace>) -> io::Result<Self> {
        let shared = Arc::new(Shared {
            queue: Mutex::default(),
            bell: Condvar::new(),
            reactor: Arc::new(Reactor::new()?),
            stopped: AtomicBool::new(false),
            tasks: Mutex::default(),
            hook: LoopHook::new(trace.as_ref()),
        });
        let mut workers = Self {
            shared: Arc::clone(&shared),
            threads: Vec::new(),
        };
        let reacting = Arc::clone(&shared);
        let thread = thread::Builder::new().name("reactor".to_owned());
        workers
            .threads
            .push(thread.spawn(move || reacting.react())?);
        for number in 1..=count.max(1) {
            let working = Arc::clone(&shared);
            let thread = thread::Builder::new().name(format!("worker {number}"));
            workers.threads.push(thread.spawn(move || working.work())?);
        }
        Ok(workers)
    }

    /// What sockets are watched by.
    #[must_use]
    pub fn reactor(&self) -> Arc<Reactor> {
        Arc::clone(&self.shared.reactor)
    }

    /// What tasks spawn others with.
    #[must_use]
    pub fn spawner(&self) -> Spawner {
        Spawner {
            shared: Arc::clone(&self.shared),
        }
    }

    /// A new task. It has to be `Send`: it runs on whichever worker is free.
    pub fn spawn(&self, future: impl Future<Output = ()> + Send + 'static) {
        self.spawner().spawn("task", future);
    }
}

/// Spawns tasks, from inside of others. Clones are cheap.
#[derive(Clone, Debug)]
pub struct Spawner {
    shared: Arc<Shared>,
}

impl Spawner {
    /// A new task; the name is for traces. When the [`Workers`] are gone already, `future` is dropped
    /// at once.
    pub fn spawn(&self, name: &str, future: impl Future<Output = ()> + Send + 'static) {
        let task = Arc::new(Task {
            state: State::idle(),
            body: Mutex::new(Some(Box::pin(future))),
            shared: Arc::clone(&self.shared),
            hook: self.shared.hook.task(name),
        });
        let mut tasks = lock(&self.shared.tasks);
        if tasks.len() == tasks.capacity() {
            tasks.retain(|task| task.strong_count() > 0);
            // As many again before the next sweep: else the last free place is swept for each time.
            let twice = tasks.len();
            tasks.reserve(twice);
        }
        tasks.push(Arc::downgrade(&task));
        drop(tasks);
        task.wake();
    }
}

impl Shared {
    fn react(&self) {
        while !self.stopped.load(Ordering::SeqCst) {
            self.hook.on_sleep(None);
            let waited = self.reactor.wait_then(None, || self.hook.on_awake());
            if let Err(error) = waited {
                // epoll_wait fails for wrong arguments only.
                crate::say!("the reactor failed: {error}");
                return;
            }
        }
    }

    fn work(&self) {
        while let Some(task) = self.next() {
            task.run();
        }
    }

    /// Waits for a task; `None` when all is over.
    fn next(&self) -> Option<Arc<Task>> {
        let mut queue = lock(&self.queue);
        loop {
            if self.stopped.load(Ordering::SeqCst) {
                return None;
            }
            if let Some(task) = queue.pop_front() {
                return Some(task);
            }
            // Lets go of the lock and sleeps in one step: no wake-up fits in between.
            queue = self
                .bell
                .wait(queue)
                .unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn enqueue(&self, task: Arc<Task>) {
        let mut queue = lock(&self.queue);
        if self.stopped.load(Ordering::SeqCst) {
            // Nobody will take it. In the queue, it would keep the queue's owner alive, and that it.
            drop(queue);
            task.end();
            return;
        }
        queue.push_back(task);
        drop(queue);
        self.bell.notify_one();
    }
}

impl Task {
    fn run(self: Arc<Self>) {
        self.state.begin();
        let waker = Waker::from(Arc::clone(&self));
        let mut body = lock(&self.body);
        let Some(future) = body.as_mut() else {
            return;
        };
        // A task that panics is over. Its worker and everybody else go on.
        let poll = || future.as_mut().poll(&mut Context::from_waker(&waker));
        let survive = || catch_unwind(AssertUnwindSafe(poll)).unwrap_or(Poll::Ready(()));
        let done = self.hook.on_poll(survive);
        if done.is_ready() {
            // The state stays as it is while a worker polls: a waker that comes later finds nothing to do.
            drop(body);
            self.end();
            self.hook.on_drop(false);
            return;
        }
        drop(body);
        if self.shared.stopped.load(Ordering::SeqCst) {
            // It has dropped the workers, or they were dropped meanwhile: nobody polls it again.
            self.end();
            return;
        }
        if self.state.end() {
            let shared = Arc::clone(&self.shared);
            shared.enqueue(self);
        }
    }

    /// Drops what it holds. That may run anything: outside of the lock, and a panic stays here.
    fn end(&self) {
        let future = lock(&self.body).take();
        let _ = catch_unwind(AssertUnwindSafe(|| drop(future)));
    }
}

impl Wake for Task {
    fn wake(self: Arc<Self>) {
        let woken = self.state.wake();
        if woken != Woken::Again {
            self.hook.on_wake();
        }
        if woken == Woken::Queue {
            let shared = Arc::clone(&self.shared);
            shared.enqueue(self);
        }
    }
}

impl Drop for Workers {
    fn drop(&mut self) {
        {
            // Under the lock: a worker between its look at `stopped` and its sleep would not hear.
            let _queue = lock(&self.shared.queue);
            self.shared.stopped.store(true, Ordering::SeqCst);
            self.shared.bell.notify_all();
        }
        self.shared.reactor.rouse();
        for thread in self.threads.drain(..) {
            // The last to hold us may be a task of ours: a thread cannot wait for its own end.
            if thread.thread().id() != thread::current().id() {
                let _ = thread.join();
            }
        }
        // Nobody polls any more. What tasks hold (sockets, other tasks' handles) goes with them.
        let tasks = std::mem::take(&mut *lock(&self.shared.tasks));
        for task in tasks.iter().filter_map(Weak::upgrade) {
            // One that holds its lock is the one that drops us. It goes when it gives back control.
            if task.body.try_lock().is_ok() {
                task.end();
            }
        }
        let queue = std::mem::take(&mut *lock(&self.shared.queue));
        drop(queue);
    }
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shared")
            .field("queue", &lock(&self.queue).len())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
