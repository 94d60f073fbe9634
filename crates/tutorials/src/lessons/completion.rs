//! # Lesson 17: completion
//!
//! Everything so far asked the kernel *who is ready* and then did the work itself, one
//! system call each. `io_uring` is the other way round: hand in the work ("read into this
//! buffer"), be told when it is *done*. Requests and answers lie in two rings that the
//! program shares with the kernel, so one system call hands in many and collects many.
//!
//! **Type this.**
//!
//! ```text
//! cargo run -p tutorials -- completion
//! nc 127.0.0.1 8080        type 21
//! cargo run -p tutorials -- client -n 8
//! ```
//!
//! **Observe.** There is no non-blocking socket here and no `WouldBlock`: a read that
//! has to wait simply completes later. `strace -f -c` counts the calls: with many clients
//! there are far fewer than two per request. Containers often forbid `io_uring`; then
//! the lesson says so in one line and ends with code 1.
//!
//! **The price.** While a request is under way the kernel owns its buffer. Freeing it, or
//! even dropping a future that owns it, would let the kernel write into memory that is
//! something else by then. So this is the one lesson with `unsafe`, the buffers live in
//! a table until their answer has come, and at the end we wait for all of them. "Cancel
//! = drop" (lesson 15) does not hold here.
//!
//! **Python and here.** None of the originals has this lesson. `asyncio` on Windows
//! (`ProactorEventLoop`) works like this.
//!
//! **Exercise.** `tests/exercises/completion.rs`: match answers to requests.

// A request points to a buffer, and only we can promise that it stays there.
#![allow(unsafe_code)]

use std::io;
use std::net::{TcpListener, TcpStream};
use std::os::fd::{AsRawFd as _, FromRawFd as _};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context as _;
use clap::Args;
use io_uring::types::{CancelBuilder, Fd};
use io_uring::{IoUring, cqueue, opcode, squeue};

use crate::clock::Clock;
use crate::options::{Port, Record};
use crate::protocol::{Conversation, Protocol};
use crate::say;
use crate::stop::Stop;
use crate::trace::hook::{LoopHook, TaskHook};
use crate::trace::{self, Why};

/// Requests that fit into the ring before it is handed to the kernel.
const REQUESTS: u32 = 1024;
/// Answers that fit before the kernel keeps them aside for us: one for each client of a full house.
const ANSWERS: u32 = 16 * 1024;

/// Flags of the lesson.
#[derive(Args, Debug)]
pub struct Options {
    #[command(flatten)]
    port: Port,
    #[command(flatten)]
    record: Record,
}

/// What a request was, in the number that comes back with its answer. Clients count from 0.
const STOP: u64 = u64::MAX;
const ACCEPT: u64 = u64::MAX - 1;
const CANCEL: u64 = u64::MAX - 2;

struct Client {
    stream: TcpStream,
    conversation: Conversation,
    /// The kernel writes here while `reading`.
    piece: Box<[u8; 1024]>,
    /// The kernel reads here while not `reading`. Not touched until all is sent.
    answers: Vec<u8>,
    sent: usize,
    reading: bool,
    name: String,
    /// For `--trace`, as the server's.
    hook: TaskHook,
}

struct Server {
    ring: IoUring,
    listener: TcpListener,
    /// A place is used again only after the last answer to its client.
    clients: Vec<Option<Client>>,
    free: Vec<usize>,
    /// Requests whose last answer has not come.
    under_way: usize,
    connected: usize,
    stopping: bool,
    hook: LoopHook,
}

/// Runs the lesson until Ctrl-C.
///
/// # Errors
///
/// The kernel refuses `io_uring`, or the port is in use.
pub fn run(options: &Options) -> anyhow::Result<ExitCode> {
    let ring = ring().context(
        "the kernel refuses io_uring (see /proc/sys/kernel/io_uring_disabled and the container's seccomp profile)",
    )?;
    let stop = Stop::on_signals()?;
    let listener = options.port.listen()?;
    let trace = options.record.recorder(&Clock::real());
    let mut server = Server {
        ring,
        listener,
        clients: Vec::new(),
        free: Vec::new(),
        under_way: 0,
        connected: 0,
        stopping: false,
        hook: LoopHook::new(trace.as_ref()),
    };
    server.serve(&stop)?;
    say!("bye");
    options.record.draw(trace.as_ref())?;
    Ok(stop.exit_code())
}

fn ring() -> io::Result<IoUring> {
    // Only this thread uses it, and answers may wait until we ask: the kernel then never has to
    // interrupt us. Kernels before 6.1 do not know these two.
    let mut builder = IoUring::builder();
    builder
        .setup_cqsize(ANSWERS)
        .setup_single_issuer()
        .setup_defer_taskrun();
    builder
        .build(REQUESTS)
        .or_else(|_| IoUring::builder().setup_cqsize(ANSWERS).build(REQUESTS))
}

impl Server {
    fn serve(&mut self, stop: &Stop) -> io::Result<()> {
        let readable = rustix::event::PollFlags::IN.bits().into();
        self.ask(
            opcode::PollAdd::new(Fd(stop.as_raw_fd()), readable)
                .build()
                .user_data(STOP),
        )?;
        self.ask_for_clients()?;
        while self.under_way > 0 {
            self.hook.on_sleep(Some(Why::Completion));
            // The one system call: hand in what was asked, and wait for at least one answer.
            let submitted = self.ring.submit_and_wait(1);
            self.hook.on_awake();
            match submitted {
                Err(error)
                    if error.raw_os_error() == Some(rustix::io::Errno::INTR.raw_os_error()) => {}
                // The kernel has answers for us that do not fit: they are taken below.
                Err(error)
                    if error.raw_os_error() == Some(rustix::io::Errno::BUSY.raw_os_error()) => {}
                submitted => drop(submitted?),
            }
            let answers: Vec<cqueue::Entry> = self.ring.completion().collect();
            for answer in answers {
                self.answered(&answer)?;
            }
        }
        Ok(())
    }

    /// Puts a request into the ring. What it points to lives until its answer is there:
    /// clients stay in the table, listener and signals as long as `serve` runs.
    fn ask(&mut self, request: squeue::Entry) -> io::Result<()> {
        loop {
            // SAFETY: the buffers of requests belong to clients in `self.clients`, on the heap. Such
            // a client is removed, and its buffers changed, only when no request of it is under way;
            // and when `self` is dropped before that, they are leaked.
            if unsafe { self.ring.submission().push(&request) }.is_ok() {
                self.under_way += 1;
                return Ok(());
            }
            // The ring is full: the kernel empties it.
            self.ring.submit()?;
        }
    }

    fn ask_for_clients(&mut self) -> io::Result<()> {
        // One request, an answer for every client that comes.
        let accept = opcode::AcceptMulti::new(Fd(self.listener.as_raw_fd()));
        self.ask(accept.build().user_data(ACCEPT))
    }

    fn answered(&mut self, answer: &cqueue::Entry) -> io::Result<()> {
        if !cqueue::more(answer.flags()) {
            self.under_way -= 1;
        }
        match answer.user_data() {
            STOP => self.stop(),
            CANCEL => Ok(()),
            ACCEPT => {
                if answer.result() >= 0 {
                    // SAFETY: the kernel has just made this descriptor for us; nobody else has it.
                    let stream = unsafe { TcpStream::from_raw_fd(answer.result()) };
                    self.welcome(stream)?;
                } else if !self.stopping {
                    say!(
                        "cannot accept: {}",
                        io::Error::from_raw_os_error(-answer.result())
                    );
                    std::thread::sleep(Duration::from_millis(10));
                }
                if !cqueue::more(answer.flags()) && !self.stopping {
                    self.ask_for_clients()?;
                }
                Ok(())
            }
            number => {
                let number = usize::try_from(number).map_err(io::Error::other)?;
                let client = self.clients[number].as_ref();
                let hook = client.map(|client| client.hook.clone()).unwrap_or_default();
                self.hook.on_awake();
                hook.on_wake();
                let goes_on = hook.on_poll(|| {
                    let goes_on = self.client_answered(number, answer.result());
                    trace::waiting(Why::Completion);
                    goes_on
                });
                if !goes_on? {
                    self.goodbye(number);
                }
                Ok(())
            }
        }
    }

    fn welcome(&mut self, stream: TcpStream) -> io::Result<()> {
        if self.stopping {
            return Ok(());
        }
        let name = stream
            .peer_addr()
            .map_or_else(|_| "?".to_owned(), |peer| peer.to_string());
        say!("connected: {name}");
        self.connected += 1;
        let hook = self.hook.task(format!("client {}", self.connected));
        let client = Client {
            stream,
            conversation: Conversation::new(Protocol::Double),
            piece: Box::new([0; 1024]),
            answers: Vec::new(),
            sent: 0,
            reading: true,
            name,
            hook,
        };
        let number = self.free.pop().unwrap_or_else(|| {
            self.clients.push(None);
            self.clients.len() - 1
        });
        self.clients[number] = Some(client);
        self.go_on(number)
    }

    /// One request per client, always: to send what is left, or else to read.
    fn go_on(&mut self, number: usize) -> io::Result<()> {
        let Some(client) = &mut self.clients[number] else {
            return Ok(());
        };
        let descriptor = Fd(client.stream.as_raw_fd());
        let rest = &client.answers[client.sent..];
        client.reading = rest.is_empty();
        let request = if client.reading {
            opcode::Recv::new(descriptor, client.piece.as_mut_ptr(), 1024).build()
        } else {
            let length = u32::try_from(rest.len()).unwrap_or(u32::MAX);
            opcode::Send::new(descriptor, rest.as_ptr(), length).build()
        };
        self.ask(request.user_data(number as u64))
    }

    /// `false`: it is gone.
    fn client_answered(&mut self, number: usize, result: i32) -> io::Result<bool> {
        let Some(client) = &mut self.clients[number] else {
            return Ok(true);
        };
        let Ok(count) = usize::try_from(result) else {
            if !self.stopping {
                let error = io::Error::from_raw_os_error(-result);
                say!("connection broke: {}: {error}", client.name);
            }
            return Ok(false);
        };
        if count == 0 || self.stopping {
            return Ok(false);
        }
        if client.reading {
            client.answers.clear();
            client.sent = 0;
            client
                .conversation
                .receive(&client.piece[..count], &mut client.answers);
        } else {
            client.sent += count;
        }
        self.go_on(number)?;
        Ok(true)
    }

    fn goodbye(&mut self, number: usize) {
        if let Some(client) = self.clients[number].take() {
            client.hook.on_drop(false);
            if !self.stopping {
                say!("disconnected: {}", client.name);
            }
            self.free.push(number);
        }
    }

    /// Asks the kernel to give back everything; `serve` ends when the last answer is there.
    fn stop(&mut self) -> io::Result<()> {
        self.stopping = true;
        let everything = CancelBuilder::any().all();
        self.ask(
            opcode::AsyncCancel2::new(everything)
                .build()
                .user_data(CANCEL),
        )
    }
}

impl Drop for Server {
    /// After an error or a panic requests may still be under way. The kernel keeps working on them for a
    /// while even when the ring is closed, so their buffers must not be freed: rather leak them.
    fn drop(&mut self) {
        if self.under_way > 0 {
            std::mem::forget(std::mem::take(&mut self.clients));
        }
    }
}
