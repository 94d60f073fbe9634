//! Threads that do blocking work, and promises for what comes of it (added by lesson 9).
//!
//! Some work cannot be awaited: a long computation, a DNS lookup, a library that
//! blocks. It is handed to a thread, and the event loop goes on. What comes back at once
//! is a [`Promise`]: it can call somebody back when the work is done
//! (`add_done_callback`), and it can be awaited, which is the same with a waker.

use std::any::Any;
use std::fmt;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::thread::{self, JoinHandle};

use crate::trace::hook::TaskHook;
use crate::trace::{self, Trace, Why};

/// Jobs that may wait for a thread. Whoever submits one more waits until there is room.
const WAITING_JOBS: usize = 1024;

type Job = Box<dyn FnOnce() + Send>;

/// A number of threads that take jobs. Dropped, it finishes those it was given.
#[derive(Debug)]
pub struct ThreadPool {
    jobs: Option<SyncSender<Job>>,
    threads: Vec<JoinHandle<()>>,
}

impl ThreadPool {
    /// Starts `count` threads, at least one; each is a lane of `trace`, if there is one.
    ///
    /// # Errors
    ///
    /// The operating system has no more threads to give.
    pub fn new(count: usize, trace: Option<&Trace>) -> io::Result<Self> {
        let (jobs, waiting) = sync_channel::<Job>(WAITING_JOBS);
        let waiting = Arc::new(Mutex::new(waiting));
        let threads = (1..=count.max(1))
            .map(|number| {
                let name = format!("thread {number}");
                let hook = TaskHook::new(trace, &*name);
                let waiting = Arc::clone(&waiting);
                thread::Builder::new().name(name).spawn(move || {
                    // One thread waits for a job, the others for their turn to wait.
                    while let Some(job) = next(&waiting) {
                        // What the work does is caught inside, this is for callbacks.
                        let _ = hook.on_poll(|| catch_unwind(AssertUnwindSafe(job)));
                    }
                })
            })
            .collect::<io::Result<_>>()?;
        Ok(Self {
            jobs: Some(jobs),
            threads,
        })
    }

    /// Lets a thread do it. Blocks only when 1,024 jobs wait already.
    pub fn submit<T, F>(&self, work: F) -> Promise<T>
    where
        T: Send + 'static,
        F: FnOnce() -> T + Send + 'static,
    {
        let promise = Promise(Arc::new(Mutex::new(State {
            result: None,
            callback: None,
        })));
        let done = Promise(Arc::clone(&promise.0));
        let job = move || done.fulfil(catch_unwind(AssertUnwindSafe(work)));
        if let Some(jobs) = &self.jobs {
            // It fails only when all threads are gone, and they live as long as `self`.
            let _ = jobs.send(Box::new(job));
        }
        promise
    }
}

fn next(waiting: &Mutex<Receiver<Job>>) -> Option<Job> {
    waiting
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .recv()
        .ok()
}

impl Drop for ThreadPool {
    fn drop(&mut self) {
        // Without a sender the threads find no more jobs, and end.
        self.jobs = None;
        for thread in self.threads.drain(..) {
            let _ = thread.join();
        }
    }
}

struct State<T> {
    result: Option<thread::Result<T>>,
    callback: Option<Box<dyn FnOnce() + Send>>,
}

/// What a thread is going to answer. Python's `concurrent.futures.Future`.
pub struct Promise<T>(Arc<Mutex<State<T>>>);

/// The work panicked on its thread, which lives on.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("the work panicked: {0}")]
pub struct Panicked(pub String);

impl<T> Promise<T> {
    fn lock(&self) -> MutexGuard<'_, State<T>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn fulfil(&self, result: thread::Result<T>) {
        let callback = {
            let mut state = self.lock();
            state.result = Some(result);
            state.callback.take()
        };
        if let Some(callback) = callback {
            callback();
        }
    }

    /// Has `callback` called when the answer is there: on the pool's thread, or here and now if it
    /// is there already. The last callback counts.
    pub fn when_done(&self, callback: impl FnOnce() + Send + 'static) {
        {
            let mut state = self.lock();
            // Looked at and left under one lock: an answer between the two would never be heard of.
            if state.result.is_none() {
                state.callback = Some(Box::new(callback));
                return;
            }
        }
        callback();
    }

    /// Takes the answer, if it is there.
    pub fn take(&self) -> Option<Result<T, Panicked>> {
        let result = self.lock().result.take()?;
        Some(result.map_err(|panic| Panicked(text(&*panic))))
    }
}

fn text(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned())
        .unwrap_or_default()
}

impl<T> Future for Promise<T> {
    type Output = Result<T, Panicked>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        if let Some(result) = self.take() {
            return Poll::Ready(result);
        }
        trace::waiting(Why::Thread);
        let waker = context.waker().clone();
        // If the answer came since the look above, this wakes us at once.
        self.when_done(move || waker.wake());
        Poll::Pending
    }
}

impl<T> fmt::Debug for Promise<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Promise")
            .field("done", &self.lock().result.is_some())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scheduler::Scheduler;

    #[test]
    fn a_promise_is_awaited_or_calls_back() {
        let pool = ThreadPool::new(2, None).unwrap();
        let scheduler = Scheduler::new().unwrap();
        assert_eq!(scheduler.block_on(pool.submit(|| 6 * 7)), Ok(42));

        let (sender, called) = std::sync::mpsc::channel();
        let promise = pool.submit(|| "done");
        promise.when_done(move || sender.send(()).unwrap());
        called.recv().unwrap();
        assert_eq!(promise.take(), Some(Ok("done")));
    }

    #[test]
    fn work_that_panics_does_not_take_its_thread_along() {
        let pool = ThreadPool::new(1, None).unwrap();
        let scheduler = Scheduler::new().unwrap();
        let failed: Promise<()> = pool.submit(|| panic!("no such file"));
        assert_eq!(
            scheduler.block_on(failed),
            Err(Panicked("no such file".to_owned()))
        );
        assert_eq!(scheduler.block_on(pool.submit(|| 1)), Ok(1));
    }

    #[test]
    fn a_pool_that_is_dropped_finishes_its_jobs() {
        let pool = ThreadPool::new(1, None).unwrap();
        let promises: Vec<_> = (0..10).map(|number| pool.submit(move || number)).collect();
        drop(pool);
        let answers: Vec<_> = promises
            .iter()
            .map(|promise| promise.take().unwrap().unwrap())
            .collect();
        assert_eq!(answers, (0..10).collect::<Vec<_>>());
    }
    /// What the promise answers, or nothing when it never does.
    fn soon<T: Send + 'static>(promise: Promise<T>) -> Option<Result<T, Panicked>> {
        let (sender, done) = std::sync::mpsc::channel();
        promise.when_done(move || {
            let _ = sender.send(());
        });
        done.recv_timeout(std::time::Duration::from_secs(30)).ok()?;
        promise.take()
    }

    #[test]
    fn a_pool_of_no_threads_has_one() {
        let pool = ThreadPool::new(0, None).unwrap();
        assert_eq!(soon(pool.submit(|| 1)), Some(Ok(1)));
    }

    #[test]
    fn a_callback_that_panics_does_not_take_its_thread_along() {
        let pool = ThreadPool::new(1, None).unwrap();
        let (go, waiting) = std::sync::mpsc::channel::<()>();
        let promise = pool.submit(move || waiting.recv().unwrap());
        promise.when_done(|| panic!("on purpose"));
        go.send(()).unwrap();
        assert_eq!(soon(pool.submit(|| 1)), Some(Ok(1)));
    }
}
