//! # Lesson 3: one thread that asks who is ready
//!
//! One thread can serve all clients if it never waits for *one* of them. `select(2)`
//! takes a set of descriptors and waits until *any* of them is ready; then reading
//! from that one returns at once. Wait for all, serve the ready ones, start over:
//! this loop is an **event loop**, and there is nothing more to the idea.
//!
//! **Type this.**
//!
//! ```text
//! cargo run -p tutorials -- select
//! nc 127.0.0.1 5000        in two terminals: both are answered, at once
//! ```
//!
//! **Observe.** One thread, any number of clients. But each turn of the loop tells the
//! kernel the whole set again, and looks through all of it for the few that are ready.
//! And the set is an array of 1,024 bits: a descriptor past 1,023 does not fit. In C,
//! `FD_SET` of such a one silently writes beyond the array. Here the client is told so
//! and sent away:
//!
//! ```text
//! error: server full: select(2) watches descriptors up to 1023, this connection is 1024
//! ```
//!
//! **Python and here.** The original is `2_event_loop/event_loop.py`. It asks `select`
//! only whether it may read; a client that sends and never reads stops it in `send`.
//! Here each socket is non-blocking, what could not be sent is kept, and while there
//! is such a rest we wait for *writable* and do not read any more of that client.
//!
//! **Exercise.** `tests/exercises/select.rs`: find who is ready in a set of bits.

use std::io::{self, ErrorKind, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::os::fd::{AsFd as _, AsRawFd as _};
use std::process::ExitCode;
use std::time::Duration;

use clap::Args;
use nix::errno::Errno;
use nix::sys::select::{FD_SETSIZE, FdSet, select};

use crate::options::Speak;
use crate::protocol::{Conversation, Protocol};
use crate::say;
use crate::stop::Stop;

/// Flags of the lesson.
#[derive(Args, Debug)]
pub struct Options {
    #[command(flatten)]
    speak: Speak,
}

/// What we remember of a client while we are busy with others. In lessons 1 and 2
/// these were local variables of `talk`: now that nobody stands in `talk` and waits,
/// they need a place to live. Keep an eye on them; lesson 8 makes them local again.
struct Client {
    stream: TcpStream,
    address: SocketAddr,
    conversation: Conversation,
    /// Could not be sent yet. While it is not empty we do not read, so it stays small.
    answers: Vec<u8>,
}

/// Runs the lesson until Ctrl-C.
///
/// # Errors
///
/// The port is in use.
pub fn run(options: &Options) -> anyhow::Result<ExitCode> {
    let stop = Stop::on_signals()?;
    let listener = options.speak.listen()?;
    let mut clients: Vec<Client> = Vec::new();
    loop {
        // 1. Whom do we wait for? Everybody, and Ctrl-C.
        let mut readable = FdSet::new();
        let mut writable = FdSet::new();
        readable.insert(stop.as_fd());
        readable.insert(listener.as_fd());
        for client in &clients {
            if client.answers.is_empty() {
                readable.insert(client.stream.as_fd());
            } else {
                writable.insert(client.stream.as_fd());
            }
        }

        // 2. Wait. This is the only line of the program in which it stands still.
        match select(None, &mut readable, &mut writable, None, None) {
            Ok(_) => {}
            Err(Errno::EINTR) => continue,
            Err(error) => return Err(error.into()),
        }

        // 3. Who is ready? The sets now hold only those; we have to look at all.
        if readable.contains(stop.as_fd()) {
            say!("bye");
            return Ok(stop.exit_code());
        }
        let newcomer = readable.contains(listener.as_fd());
        let is_ready = |client: &Client| {
            let descriptor = client.stream.as_fd();
            readable.contains(descriptor) || writable.contains(descriptor)
        };
        let ready: Vec<bool> = clients.iter().map(is_ready).collect();

        // 4. Serve them. None of these calls waits.
        let mut ready = ready.into_iter();
        clients.retain_mut(|client| !ready.next().unwrap_or(false) || client.go_on());
        if newcomer {
            clients.extend(welcome(&listener, options.speak.protocol));
        }
    }
}

fn welcome(listener: &TcpListener, protocol: Protocol) -> Option<Client> {
    match listener.accept() {
        Ok((stream, address)) => {
            let stream = watchable(stream, address)?;
            say!("connected: {address}");
            Some(Client {
                stream,
                address,
                conversation: Conversation::new(protocol),
                answers: Vec::new(),
            })
        }
        // It hung up before we came to it.
        Err(error) if error.kind() == ErrorKind::WouldBlock => None,
        Err(error) => {
            say!("cannot accept: {error}");
            // If no descriptor is free, the listener stays ready: without this pause we would spin.
            std::thread::sleep(Duration::from_millis(10));
            None
        }
    }
}

/// The connection, if `select` can watch it. Else the client is told so and hung up on.
/// Lesson 8 has the same limit.
pub(super) fn watchable(mut stream: TcpStream, address: SocketAddr) -> Option<TcpStream> {
    // It fails for what is no socket.
    stream.set_nonblocking(true).ok()?;
    let descriptor = stream.as_raw_fd();
    if usize::try_from(descriptor).is_ok_and(|descriptor| descriptor < FD_SETSIZE) {
        return Some(stream);
    }
    let last = FD_SETSIZE - 1;
    let line = format!(
        "error: server full: select(2) watches descriptors up to {last}, \
         this connection is {descriptor}\n"
    );
    // A new connection has room for one line. If not, it is closed without.
    let _ = stream.write(line.as_bytes());
    say!("refused: {address}: it is descriptor {descriptor}");
    None
}

impl Client {
    /// Sends the rest or reads on; `false` when the client is gone.
    fn go_on(&mut self) -> bool {
        let here = if self.answers.is_empty() {
            self.read()
        } else {
            self.write().map(|()| true)
        };
        match here {
            Ok(true) => true,
            Ok(false) => {
                say!("disconnected: {}", self.address);
                false
            }
            // `select` can be wrong: then there is simply nothing to do yet.
            Err(error) if error.kind() == ErrorKind::WouldBlock => true,
            Err(error) if error.kind() == ErrorKind::Interrupted => true,
            Err(error) => {
                say!("connection broke: {}: {error}", self.address);
                false
            }
        }
    }

    fn read(&mut self) -> io::Result<bool> {
        let mut piece = [0; 1024];
        let count = self.stream.read(&mut piece)?;
        if count == 0 {
            return Ok(false);
        }
        self.conversation
            .receive(&piece[..count], &mut self.answers);
        // Mostly there is room at once; if not, `select` will tell when.
        self.write()?;
        Ok(true)
    }

    fn write(&mut self) -> io::Result<()> {
        if self.answers.is_empty() {
            return Ok(());
        }
        let written = self.stream.write(&self.answers)?;
        self.answers.drain(..written);
        Ok(())
    }
}
