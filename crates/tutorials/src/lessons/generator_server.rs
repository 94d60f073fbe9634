//! # Lesson 8: a server made of generators
//!
//! Lesson 3 had one thread but had to tear `talk` apart; lesson 1 had `talk` in one
//! piece but one client. With generators we get both. `talk` stands where it would have
//! to wait, *yields* what it waits for (this socket, to read), and is entered again when
//! `select` says so.
//!
//! **Type this.**
//!
//! ```text
//! cargo run -p tutorials -- generator-server
//! nc 127.0.0.1 5000        in two terminals
//! cargo run -p tutorials -- generator-server --trace -      then Ctrl-C
//! ```
//!
//! **Observe.** Lay `talk` beside `talk` of lesson 1: the same lines in the same order,
//! and one `y.give(…)` in front of every call that might wait. What was in `Client` in
//! lessons 3 and 4 (the conversation, the rest of the answers) is local variables again.
//! The event loop has become small and knows nothing of clients: it has generators that
//! are ready, and generators that wait for a socket.
//!
//! **Python and here.** The original is `4_generators/generators.py`, with its two
//! dictionaries `to_read` and `to_write`. It yields pairs `('read', socket)`; here the
//! pair has a type, `Wait`. The limits of `select` are those of lesson 3.
//!
//! **Exercise.** `tests/exercises/generator_server.rs`: serve generators in turn.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::convert::Infallible;
use std::io::{self, ErrorKind, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::os::fd::AsFd;
use std::process::ExitCode;
use std::rc::Rc;
use std::time::Duration;

use clap::Args;
use nix::errno::Errno;
use nix::sys::select::{FdSet, select};

use crate::clock::Clock;
use crate::generator::{Generator, State, Step, Yielder};
use crate::lessons::select::watchable;
use crate::options::{Record, Speak};
use crate::protocol::{Conversation, Protocol};
use crate::reactor::Interest;
use crate::say;
use crate::stop::Stop;
use crate::trace::hook::{LoopHook, TaskHook};
use crate::trace::{self, Why};

/// Flags of the lesson.
#[derive(Args, Debug)]
pub struct Options {
    #[command(flatten)]
    speak: Speak,
    #[command(flatten)]
    record: Record,
}

/// What a generator yields: wake me when this socket is ready for that.
struct Wait(Rc<dyn AsFd>, Interest);

type Waits = Yielder<Wait, (), Infallible>;
type Body = Generator<Wait, (), (), Infallible>;

struct Task {
    body: Body,
    /// For `--trace`.
    hook: TaskHook,
}

/// Who can go on. Tasks put new tasks here: as many as there are connections.
type Queue = Rc<RefCell<VecDeque<Task>>>;

/// Waits for clients, and makes a generator for each.
fn server(listener: TcpListener, protocol: Protocol, queue: Queue, hook: Rc<LoopHook>) -> Body {
    Generator::new(async move |y: Waits| {
        let listener = Rc::new(listener);
        let mut number = 0;
        loop {
            y.give(Wait(listener.clone(), Interest::Readable)).await?;
            match listener.accept() {
                Ok((stream, address)) => {
                    let Some(stream) = watchable(stream, address) else {
                        continue;
                    };
                    number += 1;
                    let hook = hook.task(format!("client {number}"));
                    let body = client(stream, protocol);
                    queue.borrow_mut().push_back(Task { body, hook });
                }
                Err(error) if is_not_yet(&error) => {}
                Err(error) => {
                    say!("cannot accept: {error}");
                    // If no descriptor is free, the listener stays ready: do not spin.
                    std::thread::sleep(Duration::from_millis(10));
                }
            }
        }
    })
}

/// One client, from hello to goodbye.
fn client(stream: TcpStream, protocol: Protocol) -> Body {
    Generator::new(async move |y: Waits| {
        let name = stream
            .peer_addr()
            .map_or_else(|_| "?".to_owned(), |peer| peer.to_string());
        say!("connected: {name}");
        match talk(&y, Rc::new(stream), protocol).await? {
            Ok(()) => say!("disconnected: {name}"),
            Err(error) => say!("connection broke: {name}: {error}"),
        }
        Ok(())
    })
}

/// `talk` of lesson 1, and it says where it waits.
async fn talk(
    y: &Waits,
    client: Rc<TcpStream>,
    protocol: Protocol,
) -> Result<io::Result<()>, Infallible> {
    let mut conversation = Conversation::new(protocol);
    let mut piece = [0; 1024];
    loop {
        y.give(Wait(client.clone(), Interest::Readable)).await?;
        let count = match (&*client).read(&mut piece) {
            Ok(0) => return Ok(Ok(())),
            Ok(count) => count,
            Err(error) if is_not_yet(&error) => continue,
            Err(error) => return Ok(Err(error)),
        };
        let mut answers = Vec::new();
        conversation.receive(&piece[..count], &mut answers);
        while !answers.is_empty() {
            y.give(Wait(client.clone(), Interest::Writable)).await?;
            match (&*client).write(&answers) {
                Ok(written) => drop(answers.drain(..written)),
                Err(error) if is_not_yet(&error) => {}
                Err(error) => return Ok(Err(error)),
            }
        }
    }
}

/// Runs the lesson until Ctrl-C.
///
/// # Errors
///
/// The port is in use.
pub fn run(options: &Options) -> anyhow::Result<ExitCode> {
    let stop = Stop::on_signals()?;
    let listener = options.speak.listen()?;
    let trace = options.record.recorder(&Clock::real());
    let hook = Rc::new(LoopHook::new(trace.as_ref()));
    let queue = Queue::default();
    let first = Task {
        hook: hook.task("server"),
        body: server(
            listener,
            options.speak.protocol,
            Rc::clone(&queue),
            Rc::clone(&hook),
        ),
    };
    queue.borrow_mut().push_back(first);

    // The event loop: run who is ready, ask who is ready next.
    let mut waiting: Vec<(Wait, Task)> = Vec::new();
    loop {
        loop {
            // Not in the `while`: the borrow must end before the task runs and wants the queue.
            let Some(mut task) = queue.borrow_mut().pop_front() else {
                break;
            };
            if let Some(wait) = task.step() {
                waiting.push((wait, task));
            }
        }
        if is_stopped(&stop, &mut waiting, &queue, &hook)? {
            say!("bye");
            options.record.draw(trace.as_ref())?;
            return Ok(stop.exit_code());
        }
    }
}

/// Waits in `select` and moves who is ready into the queue. `true`: somebody pressed Ctrl-C.
fn is_stopped(
    stop: &Stop,
    waiting: &mut Vec<(Wait, Task)>,
    queue: &Queue,
    hook: &LoopHook,
) -> io::Result<bool> {
    let mut readable = FdSet::new();
    let mut writable = FdSet::new();
    readable.insert(stop.as_fd());
    for (Wait(socket, interest), _) in waiting.iter() {
        match interest {
            Interest::Readable => readable.insert(socket.as_fd()),
            Interest::Writable => writable.insert(socket.as_fd()),
        }
    }
    hook.on_sleep(None);
    let selected = select(None, &mut readable, &mut writable, None, None);
    hook.on_awake();
    match selected {
        Ok(_) => {}
        Err(Errno::EINTR) => return Ok(false),
        Err(error) => return Err(error.into()),
    }
    let stopped = readable.contains(stop.as_fd());
    let ready: Vec<bool> = waiting
        .iter()
        .map(|(Wait(socket, interest), _)| match interest {
            Interest::Readable => readable.contains(socket.as_fd()),
            Interest::Writable => writable.contains(socket.as_fd()),
        })
        .collect();
    let mut ready = ready.into_iter();
    let ready = waiting.extract_if(.., |_| ready.next().unwrap_or(false));
    queue.borrow_mut().extend(ready.map(|(_, task)| {
        task.hook.on_wake();
        task
    }));
    Ok(stopped)
}

impl Task {
    /// Runs it to its next wait; `None` when it is through.
    fn step(&mut self) -> Option<Wait> {
        let wait = self.hook.on_poll(|| {
            let step = match self.body.state() {
                State::Created => self.body.start(),
                _ => self.body.send(()),
            };
            match step {
                Ok(Step::Yielded(wait)) => {
                    trace::waiting(match wait.1 {
                        Interest::Readable => Why::Readable,
                        Interest::Writable => Why::Writable,
                    });
                    Some(wait)
                }
                _ => None,
            }
        });
        if wait.is_none() {
            self.hook.on_drop(false);
        }
        wait
    }
}

fn is_not_yet(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted)
}
