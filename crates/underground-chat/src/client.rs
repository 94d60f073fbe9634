//! A client that stays connected: one handle to send with, one stream of events.
//!
//! ```no_run
//! use underground_chat::client::{Connection, Event, Settings, Tcp};
//! use underground_chat::protocol::Login;
//!
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! let server = Tcp { host: "127.0.0.1".to_owned(), read_port: 5000, write_port: 5050 };
//! let settings = Settings { login: Login::register("oleg"), ..Settings::default() };
//! let (connection, mut events) = Connection::open(server, settings);
//! let id = connection.send("hello")?;
//! while let Some(event) = events.next().await {
//!     match event {
//!         Event::Message(line) => println!("{line}"),
//!         Event::Sent(sent) if sent == id => break,
//!         _ => {}
//!     }
//! }
//! # Ok(())
//! # }
//! ```
//!
//! What the Python clients leave to whoever uses them is done here: both ports
//! are kept up, what was typed while they were down is sent when they are back,
//! and a line that has died without a word is found out by pings, not by the
//! silence of a chat in which nobody happens to talk.

mod backoff;
mod dial;
mod reading;
mod writing;

use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use common::reason::plain;
use futures_util::Stream;
use tokio::sync::{Notify, mpsc, watch};
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::protocol::{Account, ClientSession, Login, MessageId, PostError, Token};
use backoff::Backoff;
pub use dial::{Dial, Tcp, greets};

/// A try to connect that takes longer has failed.
const CONNECT: Duration = Duration::from_secs(10);
/// Events nobody has looked at. Overflow policy: wait; the connections pause meanwhile.
const EVENTS: usize = 256;
/// Read at a time.
const CHUNK: usize = 16 * 1024;

/// One of the server's two.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Port {
    /// Everybody's messages come from it.
    Read,
    /// Our own go to it.
    Write,
}

/// How one connection is doing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Status {
    /// A try is under way.
    Connecting,
    /// It works; on the write port: we are logged in.
    Up,
    /// It does not.
    Down {
        /// When it is tried again.
        retry_at: Instant,
        /// What is the matter, for people.
        why: String,
    },
}

/// What a client learns.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event {
    /// A connection is doing otherwise than before.
    Status(Port, Status),
    /// We are in, under this name: it is not quite what was asked for.
    Nickname(String),
    /// An account was made: keep the token.
    Registered(Account),
    /// The server does not know our token. Nothing is sent until [`Connection::log_in`] or [`Connection::register`].
    TokenRejected,
    /// Somebody, perhaps we, said something: `NICK: TEXT`, control characters made visible.
    Message(String),
    /// The server has our message.
    Sent(MessageId),
}

/// How a client behaves.
#[derive(Clone, Debug)]
pub struct Settings {
    /// How to get in; with `None` nothing can be sent, and the write port is left alone.
    pub login: Option<Login>,
    /// Whether to read what is said.
    pub read: bool,
    /// Messages that may wait for the server's confirmation. Overflow policy: [`Connection::send`] refuses.
    pub queue: usize,
    /// Where the randomness of the waits comes from.
    pub seed: u64,
}

impl Default for Settings {
    /// Reads, sends nothing, lets 1,000 messages wait.
    fn default() -> Self {
        Self {
            login: None,
            read: true,
            queue: 1000,
            seed: rand::random(),
        }
    }
}

/// What the tasks of both ports and the handles have in common.
#[derive(Debug)]
struct Shared {
    session: Mutex<ClientSession>,
    /// The session has something new to do.
    wake: Notify,
    /// Whoever waits to try again need not wait any longer.
    hurry: Notify,
    /// Whether what is said is heard, or nobody wants to hear it.
    heard: watch::Sender<bool>,
    /// The write port is dead without having said so; the read port may be, too.
    suspect: Notify,
}

impl Shared {
    fn session(&self) -> MutexGuard<'_, ClientSession> {
        self.session.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The handle. Clones use the same connections; dropping it stops nothing, dropping [`Events`] does.
#[derive(Clone, Debug)]
pub struct Connection {
    shared: Arc<Shared>,
}

impl Connection {
    /// Starts to connect, on the tokio runtime it is called on.
    ///
    /// # Panics
    ///
    /// Outside a tokio runtime with I/O and time enabled.
    #[must_use]
    pub fn open(server: impl Dial, settings: Settings) -> (Self, Events) {
        let now = Instant::now().into_std();
        let shared = Arc::new(Shared {
            session: Mutex::new(ClientSession::new(settings.login, settings.queue, now)),
            wake: Notify::new(),
            hurry: Notify::new(),
            heard: watch::Sender::new(!settings.read),
            suspect: Notify::new(),
        });
        let server = Arc::new(server);
        let (events, receiver) = mpsc::channel(EVENTS);
        let mut tasks = JoinSet::new();
        let writing = writing::Writing {
            server: Arc::clone(&server),
            shared: Arc::clone(&shared),
            events: events.clone(),
            backoff: Backoff::new(settings.seed),
        };
        tasks.spawn(writing.run());
        if settings.read {
            let reading = reading::Reading {
                server,
                shared: Arc::clone(&shared),
                events,
                backoff: Backoff::new(settings.seed.wrapping_add(1)),
            };
            tasks.spawn(reading.run());
        }
        let events = Events {
            receiver,
            _tasks: tasks,
        };
        (Self { shared }, events)
    }

    /// Takes a message: it goes out as soon as the server can be reached, after those before it.
    ///
    /// An [`Event::Sent`] with the same number follows when the server has it.
    ///
    /// # Errors
    ///
    /// It is empty, too long, or too many wait.
    pub fn send(&self, text: &str) -> Result<MessageId, PostError> {
        let id = self
            .shared
            .session()
            .post(text, Instant::now().into_std())?;
        self.shared.wake.notify_one();
        Ok(id)
    }

    /// Gives back a message that waits and has not been sent, to be changed or forgotten.
    ///
    /// `None` when it is too late: the server has it, or may have it.
    #[must_use]
    pub fn take_back(&self, id: MessageId) -> Option<String> {
        self.shared.session().take_back(id)
    }

    /// Makes an account called about `name`; `false` when there is nothing in the name.
    #[must_use]
    pub fn register(&self, name: &str) -> bool {
        let login = Login::register(name);
        let named = login.is_some();
        if let Some(login) = login {
            self.enter(login);
        }
        named
    }

    /// Uses another token from now on.
    pub fn log_in(&self, token: Token) {
        self.enter(Login::Token(token));
    }

    fn enter(&self, login: Login) {
        let now = Instant::now().into_std();
        self.shared.session().log_in(login, now);
        self.shared.wake.notify_one();
    }

    /// How many messages the server has not confirmed.
    #[must_use]
    pub fn unconfirmed(&self) -> usize {
        self.shared.session().unconfirmed()
    }

    /// The `last` of them, in the order they were taken in: what would be lost if it ended now.
    #[must_use]
    pub fn unconfirmed_texts(&self, last: usize) -> Vec<String> {
        let session = self.shared.session();
        session.unconfirmed_texts(last).map(str::to_owned).collect()
    }

    /// Tries again at once what waits to be tried again.
    pub fn retry_now(&self) {
        self.shared.hurry.notify_waiters();
    }
}

/// What happens, in order. Dropping it closes both connections.
#[derive(Debug)]
pub struct Events {
    receiver: mpsc::Receiver<Event>,
    _tasks: JoinSet<()>,
}

impl Events {
    /// The next event; it never ends on its own.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe: an event is returned or still to come.
    pub async fn next(&mut self) -> Option<Event> {
        self.receiver.recv().await
    }
}

impl Stream for Events {
    type Item = Event;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Event>> {
        self.receiver.poll_recv(context)
    }
}

/// Nobody listens to the events any more.
struct Closed;

async fn tell(events: &mpsc::Sender<Event>, event: Event) -> Result<(), Closed> {
    events.send(event).await.map_err(|_unheard| Closed)
}

/// One try, reported.
async fn connect<D: Dial>(
    server: &D,
    port: Port,
    events: &mpsc::Sender<Event>,
) -> Result<Result<D::Stream, String>, Closed> {
    tell(events, Event::Status(port, Status::Connecting)).await?;
    Ok(
        match tokio::time::timeout(CONNECT, server.dial(port)).await {
            Ok(stream) => stream.map_err(|error| plain(&error)),
            Err(_) => Err(format!("no connection within {} s", CONNECT.as_secs())),
        },
    )
}

/// Says what is wrong and until when, and waits that long, or until somebody is in a hurry.
async fn pause(
    shared: &Shared,
    port: Port,
    events: &mpsc::Sender<Event>,
    wait: Duration,
    why: String,
) -> Result<(), Closed> {
    let retry_at = Instant::now() + wait;
    tracing::debug!(?port, ?wait, why, "down");
    // Listens from before the event is out: whoever acts on it is heard.
    let hurry = shared.hurry.notified();
    tell(events, Event::Status(port, Status::Down { retry_at, why })).await?;
    tokio::select! {
        () = tokio::time::sleep_until(retry_at) => {}
        () = hurry => {}
    }
    Ok(())
}

#[cfg(test)]
mod tests;
