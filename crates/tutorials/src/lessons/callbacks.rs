//! # Lesson 4: callbacks
//!
//! `select` made the loop know everything: listeners, clients, who reads, who writes.
//! Turn it around: whoever wants to wait registers *(socket, interest, callback)*, and
//! the loop only calls callbacks. It does not know any more what a client is, and so
//! it can serve anything.
//!
//! **Type this.**
//!
//! ```text
//! cargo run -p tutorials -- callbacks
//! nc 127.0.0.1 5000        in two terminals
//! cargo run -p tutorials -- callbacks --trace -      then Ctrl-C shows who ran when
//! ```
//!
//! **Observe.** The registration stays in the kernel (`epoll`, which the `mio` crate
//! wraps): no set is told again and again, no limit of 1,023. But follow one client
//! through the code: `on_readable` reads, answers, and if there is no room registers
//! `on_writable`, which some day registers `on_readable` again. What was one loop in
//! `talk` is torn into pieces that call each other through the event loop, and between
//! two pieces everything has to be put away in `Client`. That is *callback hell*, and
//! the lessons that follow are the way out.
//!
//! **Python and here.** The originals are `3_async_with_callbacks/callbacks.py` (module
//! `selectors`) and `non_block.py`. The second names an undefined `addr` when a client
//! leaves. Both read part of a line for a line and lose what `send` did not take. mio
//! tells once that a socket *became* ready; registering again asks once more.
//!
//! **Exercise.** `tests/exercises/callbacks.rs`: a callback that is called later.

use std::collections::HashMap;
use std::io::{self, ErrorKind, Read as _, Write as _};
use std::net::SocketAddr;
use std::os::fd::AsRawFd as _;
use std::process::ExitCode;
use std::time::Duration;

use clap::Args;
use mio::net::{TcpListener, TcpStream};
use mio::unix::SourceFd;
use mio::{Events, Interest, Poll, Token};

use crate::clock::Clock;
use crate::options::{Record, Speak};
use crate::protocol::{Conversation, Protocol};
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

/// What the loop calls when a socket is ready.
type Callback = fn(&mut Server, Token) -> io::Result<()>;

/// All the loop knows: which callback belongs to which token.
struct EventLoop {
    poll: Poll,
    callbacks: HashMap<Token, (Callback, TaskHook)>,
    /// Here and below, hooks are for `--trace`: the lesson is the rest.
    hook: LoopHook,
}

/// All the callbacks share.
struct Server {
    events: EventLoop,
    listener: TcpListener,
    protocol: Protocol,
    clients: HashMap<Token, Client>,
    /// Tokens are never used twice, so a late event cannot reach the wrong client.
    last: Token,
    stopped: bool,
}

struct Client {
    stream: TcpStream,
    address: SocketAddr,
    conversation: Conversation,
    /// Could not be sent yet. While it is not empty we wait for room, and do not read.
    answers: Vec<u8>,
}

const STOP: Token = Token(0);
const LISTENER: Token = Token(1);

/// Runs the lesson until Ctrl-C.
///
/// # Errors
///
/// The port is in use.
pub fn run(options: &Options) -> anyhow::Result<ExitCode> {
    let stop = Stop::on_signals()?;
    let trace = options.record.recorder(&Clock::real());
    let mut server = Server {
        events: EventLoop {
            poll: Poll::new()?,
            callbacks: HashMap::new(),
            hook: LoopHook::new(trace.as_ref()),
        },
        listener: TcpListener::from_std(options.speak.listen()?),
        protocol: options.speak.protocol,
        clients: HashMap::new(),
        last: LISTENER,
        stopped: false,
    };
    let registry = server.events.poll.registry();
    registry.register(&mut SourceFd(&stop.as_raw_fd()), STOP, Interest::READABLE)?;
    registry.register(&mut server.listener, LISTENER, Interest::READABLE)?;
    server.events.remember(STOP, on_stop, "Ctrl-C");
    server.events.remember(LISTENER, on_newcomer, "listener");

    // The event loop. It waits, and calls callbacks; that is all.
    let mut ready = Events::with_capacity(256);
    while !server.stopped {
        server.events.hook.on_sleep(None);
        let polled = server.events.poll.poll(&mut ready, None);
        server.events.hook.on_awake();
        match polled {
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            polled => polled?,
        }
        for event in &ready {
            server.call(event.token());
        }
    }
    say!("bye");
    options.record.draw(trace.as_ref())?;
    Ok(stop.exit_code())
}

impl Server {
    fn call(&mut self, token: Token) {
        // It may have been forgotten by a callback that ran just before.
        let Some((callback, hook)) = self.events.callbacks.get(&token).cloned() else {
            return;
        };
        self.events.hook.on_awake();
        hook.on_wake();
        let result = hook.on_poll(|| callback(self, token));
        if let Err(error) = result {
            self.forget(token, &error.to_string());
        }
    }

    fn forget(&mut self, token: Token, why: &str) {
        if let Some((_, hook)) = self.events.callbacks.remove(&token) {
            hook.on_drop(false);
        }
        // Closing the socket takes it out of epoll, too.
        if let Some(client) = self.clients.remove(&token) {
            say!("{why}: {}", client.address);
        }
    }
}

fn on_stop(server: &mut Server, _: Token) -> io::Result<()> {
    server.stopped = true;
    Ok(())
}

fn on_newcomer(server: &mut Server, listener: Token) -> io::Result<()> {
    loop {
        match server.listener.accept() {
            Ok((stream, address)) => {
                // Its own failure: the listener goes on.
                if let Err(error) = server.welcome(stream, address) {
                    say!("cannot wait for {address}: {error}");
                }
            }
            Err(error) if error.kind() == ErrorKind::WouldBlock => {
                trace::waiting(Why::Readable);
                return Ok(());
            }
            Err(error) => {
                say!("cannot accept: {error}");
                // If no descriptor is free, asking again at once would spin.
                std::thread::sleep(Duration::from_millis(10));
                let registry = server.events.poll.registry();
                return registry.reregister(&mut server.listener, listener, Interest::READABLE);
            }
        }
    }
}

impl Server {
    fn welcome(&mut self, mut stream: TcpStream, address: SocketAddr) -> io::Result<()> {
        say!("connected: {address}");
        self.last.0 += 1;
        let token = self.last;
        self.events
            .poll
            .registry()
            .register(&mut stream, token, Interest::READABLE)?;
        let name = format!("client {}", token.0 - LISTENER.0);
        self.events.remember(token, on_readable, &name);
        let client = Client {
            stream,
            address,
            conversation: Conversation::new(self.protocol),
            answers: Vec::new(),
        };
        self.clients.insert(token, client);
        Ok(())
    }
}

fn on_readable(server: &mut Server, token: Token) -> io::Result<()> {
    let Some(client) = server.clients.get_mut(&token) else {
        return Ok(());
    };
    let mut piece = [0; 1024];
    match client.stream.read(&mut piece) {
        Ok(0) => {
            server.forget(token, "disconnected");
            Ok(())
        }
        Ok(count) => {
            client
                .conversation
                .receive(&piece[..count], &mut client.answers);
            // From here it goes on in the other callback; perhaps at once, perhaps after an hour.
            on_writable(server, token)
        }
        Err(error) if is_not_yet(&error) => server.events.when_readable(token, client),
        Err(error) => Err(error),
    }
}

fn on_writable(server: &mut Server, token: Token) -> io::Result<()> {
    let Some(client) = server.clients.get_mut(&token) else {
        return Ok(());
    };
    while !client.answers.is_empty() {
        match client.stream.write(&client.answers) {
            Ok(written) => drop(client.answers.drain(..written)),
            Err(error) if is_not_yet(&error) => return server.events.when_writable(token, client),
            Err(error) => return Err(error),
        }
    }
    // One piece each: others are waiting too. There may be more to read; asking again tells.
    server.events.when_readable(token, client)
}

fn is_not_yet(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted)
}

impl EventLoop {
    fn when_readable(&mut self, token: Token, client: &mut Client) -> io::Result<()> {
        trace::waiting(Why::Readable);
        self.replace(token, on_readable);
        self.poll
            .registry()
            .reregister(&mut client.stream, token, Interest::READABLE)
    }

    fn when_writable(&mut self, token: Token, client: &mut Client) -> io::Result<()> {
        trace::waiting(Why::Writable);
        self.replace(token, on_writable);
        self.poll
            .registry()
            .reregister(&mut client.stream, token, Interest::WRITABLE)
    }

    fn replace(&mut self, token: Token, callback: Callback) {
        if let Some(entry) = self.callbacks.get_mut(&token) {
            entry.0 = callback;
        }
    }

    fn remember(&mut self, token: Token, callback: Callback, name: &str) {
        let hook = self.hook.task(name).waiting(Why::Readable);
        self.callbacks.insert(token, (callback, hook));
    }
}
