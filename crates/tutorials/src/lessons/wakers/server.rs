//! Lesson 12, part B: an executor for many tasks, and a reactor (lesson: `wakers.rs`).
//!
//! In part A one thread slept for one task. A thread for each wait would be lesson 2 again.
//! So there is *one* who waits for all sockets, the *reactor* (`reactor.rs`), and it keeps
//! the wakers. Three things that know nothing of each other:
//!
//! - `talk`, a task, tries to read; if it would block, it leaves its waker with the reactor;
//! - the reactor sleeps in `epoll` until a socket is ready, and calls the waker left for it;
//! - the waker puts the task's number into a queue (`ready.rs`), and the *executor*
//!   ([`serve`]) polls the tasks in the queue. When it is empty, the reactor sleeps again.
//!
//! Read [`serve`] first, then `TaskWaker`, then `talk`. Before `talk` tries to read it asks
//! for the reactor's `tick`; if it has to wait, it waits for another one. So nothing is
//! missed that happens between the two.

use std::cell::RefCell;
use std::future::poll_fn;
use std::io::{self, ErrorKind, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

use super::Nap;
use crate::protocol::{Conversation, Protocol};
use crate::reactor::{Interest, Reactor, Source};
use crate::ready::Ready;
use crate::say;
use crate::stop::Stop;
use crate::trace::Trace;
use crate::trace::hook::{LoopHook, TaskHook};

/// After so many polls the executor looks at the sockets even if somebody is ready still.
const POLLS_BETWEEN_LOOKS: u32 = 61;

type Task = Pin<Box<dyn Future<Output = ()>>>;

/// What tasks share: the reactor, and where to put new tasks.
struct Shared {
    reactor: Arc<Reactor>,
    new: RefCell<Vec<(String, Task)>>,
}

/// What a waker of a task is: put its number into the queue.
struct TaskWaker {
    number: usize,
    queue: Arc<Ready<usize>>,
    reactor: Arc<Reactor>,
    /// Being woken twice is being woken once.
    queued: AtomicBool,
    hook: TaskHook,
}

impl Wake for TaskWaker {
    fn wake(self: Arc<Self>) {
        if self.queued.swap(true, Ordering::AcqRel) {
            return;
        }
        self.hook.on_wake();
        // `true`: the executor sleeps in the kernel, and somebody has to get it out of there.
        if self.queue.push(self.number) {
            self.reactor.rouse();
        }
    }
}

/// The executor: polls who is in the queue, and sleeps in the reactor when nobody does.
pub(super) fn serve(listener: TcpListener, stop: &Stop, trace: Option<&Trace>) -> io::Result<()> {
    let reactor = Arc::new(Reactor::new()?);
    let queue = Arc::new(Ready::new());
    let shared = Rc::new(Shared {
        reactor: Arc::clone(&reactor),
        new: RefCell::default(),
    });
    let stopping = reactor.watch(stop)?;
    let hook = LoopHook::new(trace);
    // Places of finished tasks are used again, or the table would grow for ever.
    let mut tasks: Vec<Option<(Task, Arc<TaskWaker>)>> = Vec::new();
    let mut free: Vec<usize> = Vec::new();
    let first = accept_all(listener, Rc::clone(&shared));
    shared
        .new
        .borrow_mut()
        .push(("server".to_owned(), Box::pin(first)));
    loop {
        for (name, task) in shared.new.borrow_mut().drain(..) {
            let number = free.pop().unwrap_or(tasks.len());
            tasks.resize_with(tasks.len().max(number + 1), || None);
            let waker = Arc::new(TaskWaker {
                number,
                queue: Arc::clone(&queue),
                reactor: Arc::clone(&reactor),
                queued: AtomicBool::new(false),
                hook: hook.task(name),
            });
            tasks[number] = Some((task, Arc::clone(&waker)));
            // Its first poll.
            waker.wake();
        }
        for _ in 0..POLLS_BETWEEN_LOOKS {
            let Some(number) = queue.pop() else {
                break;
            };
            // A waker may be older than its task, and its number be another's by now: then that
            // one is polled for nothing, which does no harm.
            let Some((task, waker)) = &mut tasks[number] else {
                continue;
            };
            waker.queued.swap(false, Ordering::AcqRel);
            let waker = Arc::clone(waker);
            let real_waker = Waker::from(Arc::clone(&waker));
            let mut context = Context::from_waker(&real_waker);
            let done = waker.hook.on_poll(|| task.as_mut().poll(&mut context));
            if done.is_ready() {
                waker.hook.on_drop(false);
                tasks[number] = None;
                free.push(number);
            }
        }
        if !shared.new.borrow().is_empty() || !queue.is_empty() {
            hook.on_awake();
            // Somebody is ready: a glance at the sockets, without sleeping.
            reactor.wait(Some(Duration::ZERO))?;
        } else if queue.fall_asleep() {
            hook.on_sleep(None);
            reactor.wait_then(None, || {
                // Before the first is woken: nobody has to rouse us any more.
                queue.wake_up();
                hook.on_awake();
            })?;
            queue.wake_up();
        }
        if stopping.tick(Interest::Readable) > 0 {
            // All tasks are dropped here, and so all connections closed.
            return Ok(());
        }
    }
}

async fn accept_all(listener: TcpListener, shared: Rc<Shared>) {
    let source = match shared.reactor.watch(&listener) {
        Ok(source) => source,
        Err(error) => return say!("cannot wait for clients: {error}"),
    };
    for number in 1.. {
        let accepted = loop {
            // What the reactor has heard so far. From here on nothing it hears is missed.
            let tick = source.tick(Interest::Readable);
            match listener.accept() {
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    // Here it waits: leaves its waker with the reactor and says `Pending`.
                    source.after(Interest::Readable, tick).await;
                }
                accepted => break accepted,
            }
        };
        match accepted {
            Ok((stream, address)) => {
                let inner = Rc::clone(&shared);
                let task = async move {
                    say!("connected: {address}");
                    match talk(stream, &inner.reactor).await {
                        Ok(()) => say!("disconnected: {address}"),
                        Err(error) => say!("connection broke: {address}: {error}"),
                    }
                };
                shared
                    .new
                    .borrow_mut()
                    .push((format!("client {number}"), Box::pin(task)));
                yield_now().await;
            }
            Err(error) => {
                say!("cannot accept: {error}");
                Nap::new(Duration::from_millis(100)).await;
            }
        }
    }
}

/// `talk` of lesson 1, and where it would block it waits for the reactor.
async fn talk(mut client: TcpStream, reactor: &Reactor) -> io::Result<()> {
    client.set_nonblocking(true)?;
    let source = reactor.watch(&client)?;
    let mut conversation = Conversation::new(Protocol::Double);
    let mut piece = [0; 1024];
    let result = loop {
        let tick = source.tick(Interest::Readable);
        let count = match client.read(&mut piece) {
            Ok(0) => break Ok(()),
            Ok(count) => count,
            Err(error) if error.kind() == ErrorKind::WouldBlock => {
                source.after(Interest::Readable, tick).await;
                continue;
            }
            Err(error) => break Err(error),
        };
        let mut answers = Vec::new();
        conversation.receive(&piece[..count], &mut answers);
        if let Err(error) = send(&mut client, &source, &answers).await {
            break Err(error);
        }
        // One who sends faster than we read would never let us wait, nor anybody else run.
        yield_now().await;
    };
    reactor.forget(&client, &source);
    result
}

async fn send(client: &mut TcpStream, source: &Source, mut bytes: &[u8]) -> io::Result<()> {
    while !bytes.is_empty() {
        let tick = source.tick(Interest::Writable);
        match client.write(bytes) {
            Ok(written) => bytes = &bytes[written..],
            Err(error) if error.kind() == ErrorKind::WouldBlock => {
                source.after(Interest::Writable, tick).await;
            }
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// Pending once, and woken at once: the others come first.
async fn yield_now() {
    let mut yielded = false;
    poll_fn(|context| {
        if std::mem::replace(&mut yielded, true) {
            return Poll::Ready(());
        }
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}
