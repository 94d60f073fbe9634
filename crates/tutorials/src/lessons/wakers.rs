//! # Lesson 12: wakers
//!
//! A future that is not ready says `Pending`. How does anybody know when to poll it
//! again? Asking all of them all the time would burn the processor. So the poller hands
//! in a [`Waker`], the future leaves it with whoever will know, and that one calls it.
//! The scheduler polls only who was woken, and sleeps when nobody was.
//!
//! **Type this.**
//!
//! ```text
//! cargo run -p tutorials -- wakers
//! nc 127.0.0.1 8080                   type 21
//! cargo run -p tutorials -- wakers --lost
//! ```
//!
//! **Observe.** Three things that know nothing of each other: `talk` (a task) awaits a
//! socket; the *reactor* (`reactor.rs`, added by this lesson) knows which socket which
//! waker waits for; the *executor* (`serve`, below) polls who is in the queue
//! (`ready.rs`). The waker is all that connects them, and it may come from any thread.
//! Before `talk` tries to read it asks for the reactor's `tick`; if it then has to wait,
//! it waits for another one. So nothing is missed that happens between the two.
//!
//! `--lost` shows what can go wrong. A future looks whether the bell has rung (no), the
//! bell rings (nobody waits yet, so nobody is woken), the future leaves its waker: it
//! waits for ever. The mend: leave the waker *first*, then look once more. There is one
//! such place in `ready.rs` (and another in lesson 16); `tests/loom.rs` proves that they
//! are mended.
//!
//! **Python and here.** None of the originals has this lesson: there the loop keeps
//! everything, and a future calls `loop.call_soon(task.step)`. That is a waker, too.
//!
//! **Exercise.** `tests/exercises/wakers.rs`: a one-shot channel between threads.

use std::cell::RefCell;
use std::future::poll_fn;
use std::io::{self, ErrorKind, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::pin::{Pin, pin};
use std::process::ExitCode;
use std::rc::Rc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};
use std::time::{Duration, Instant};

use clap::Args;
use clap::builder::BoolishValueParser;

use crate::clock::Clock;
use crate::options::{Port, Record, refuse};
use crate::protocol::{Conversation, Protocol};
use crate::reactor::{Interest, Reactor};
use crate::ready::Ready;
use crate::say;
use crate::stop::Stop;
use crate::trace::Trace;
use crate::trace::hook::{LoopHook, TaskHook};

/// Flags of the lesson.
#[derive(Args, Debug)]
pub struct Options {
    #[command(flatten)]
    port: Port,
    #[command(flatten)]
    record: Record,

    /// Show a wake-up being lost, and how not to lose it
    #[arg(long, env = "TUTORIALS_LOST", value_parser = BoolishValueParser::new())]
    lost: bool,
}

/// Runs the lesson until Ctrl-C.
///
/// # Errors
///
/// The port is in use.
pub fn run(options: &Options) -> anyhow::Result<ExitCode> {
    if options.lost {
        if options.record.trace.is_some() {
            refuse("--lost runs no task that --trace could draw: leave one of them out");
        }
        lose_a_wake_up();
        return Ok(ExitCode::SUCCESS);
    }
    let stop = Stop::on_signals()?;
    let listener = options.port.listen()?;
    let trace = options.record.recorder(&Clock::real());
    serve(listener, &stop, trace.as_ref())?;
    say!("bye");
    options.record.draw(trace.as_ref())?;
    Ok(stop.exit_code())
}

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
fn serve(listener: TcpListener, stop: &Stop, trace: Option<&Trace>) -> io::Result<()> {
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
                pause(Duration::from_millis(100)).await;
            }
        }
    }
}

/// Timers come in lesson 13. Here another thread sleeps, and calls the waker: that is all it takes.
async fn pause(duration: Duration) {
    let mut begun = false;
    poll_fn(|context| {
        if std::mem::replace(&mut begun, true) {
            return Poll::Ready(());
        }
        let waker = context.waker().clone();
        let sleeper = thread::Builder::new().spawn(move || {
            thread::sleep(duration);
            waker.wake();
        });
        if sleeper.is_err() {
            // No thread either: then without a pause.
            context.waker().wake_by_ref();
        }
        Poll::Pending
    })
    .await;
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

async fn send(
    client: &mut TcpStream,
    source: &crate::reactor::Source,
    mut bytes: &[u8],
) -> io::Result<()> {
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

/// The smallest executor: one future, one thread, which sleeps until it is woken. It gives
/// up after `patience`; a real one has none to lose.
fn block_on<F: Future>(future: F, patience: Duration) -> Option<F::Output> {
    struct Unpark {
        thread: Thread,
        woken: AtomicBool,
    }
    impl Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.woken.store(true, Ordering::SeqCst);
            self.thread.unpark();
        }
    }
    let mut future = pin!(future);
    let unpark = Arc::new(Unpark {
        thread: thread::current(),
        woken: AtomicBool::new(false),
    });
    let waker = Waker::from(Arc::clone(&unpark));
    let end = Instant::now() + patience;
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut Context::from_waker(&waker)) {
            return Some(output);
        }
        // `park` may return for no reason. Only a wake-up is one to poll again.
        while !unpark.woken.swap(false, Ordering::SeqCst) {
            thread::park_timeout(end.checked_duration_since(Instant::now())?);
        }
    }
}

/// Prints what happens in two columns: what the task does, and what the thread with the bell does.
#[derive(Default)]
struct Timeline(AtomicU32);

impl Timeline {
    fn task(&self, what: &str) {
        say!("  {}  {what}", self.next());
    }

    fn bell(&self, what: &str) {
        say!("  {}  {:<31}{what}", self.next(), "");
    }

    fn next(&self) -> u32 {
        self.0.fetch_add(1, Ordering::SeqCst) + 1
    }
}

/// Something that happens once, on another thread.
#[derive(Default)]
struct Bell {
    rung: AtomicBool,
    waiting: Mutex<Option<Waker>>,
    timeline: Timeline,
}

impl Bell {
    fn ring(&self) {
        self.rung.store(true, Ordering::SeqCst);
        let waker = self.waiting().take();
        match waker {
            Some(waker) => {
                self.timeline.bell("rings, and calls the waker");
                waker.wake();
            }
            None => self.timeline.bell("rings: no waker is here to call"),
        }
    }

    fn waiting(&self) -> MutexGuard<'_, Option<Waker>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn is_rung(&self) -> bool {
        let rung = self.rung.load(Ordering::SeqCst);
        self.timeline.task(if rung {
            "looks: it has rung"
        } else {
            "looks: it has not rung"
        });
        rung
    }

    fn leave(&self, waker: &Waker) {
        *self.waiting() = Some(waker.clone());
        self.timeline.task("leaves its waker");
    }

    /// Looks, then leaves its waker. `between` is what happens just between the two.
    async fn careless(&self, between: impl Fn()) {
        poll_fn(|context| {
            if self.is_rung() {
                return Poll::Ready(());
            }
            between();
            self.leave(context.waker());
            Poll::Pending
        })
        .await;
    }

    /// Leaves its waker, then looks.
    async fn careful(&self, between: impl Fn()) {
        poll_fn(|context| {
            self.leave(context.waker());
            between();
            if self.is_rung() {
                return Poll::Ready(());
            }
            Poll::Pending
        })
        .await;
    }
}

fn lose_a_wake_up() {
    // By itself the bell would ring just there once in a million times. So we ring it there.
    say!("careless: looks first\n     task                           bell");
    let bell = Bell::default();
    let ring = || thread::scope(|scope| drop(scope.spawn(|| bell.ring()).join()));
    let careless = block_on(bell.careless(ring), PATIENCE);
    bell.timeline.task(match careless {
        Some(()) => "goes on",
        None => "sleeps for ever: it has rung, and will not ring again",
    });
    say!("careful: leaves its waker first\n     task                           bell");
    let bell = Bell::default();
    let ring = || thread::scope(|scope| drop(scope.spawn(|| bell.ring()).join()));
    let careful = block_on(bell.careful(ring), PATIENCE);
    bell.timeline.task(match careful {
        Some(()) => "goes on",
        None => "sleeps for ever",
    });
}

/// After so long we believe that it sleeps for ever.
const PATIENCE: Duration = Duration::from_millis(300);
