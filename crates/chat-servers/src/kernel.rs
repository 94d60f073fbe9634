//! The chat itself: a line goes in, effects come out.
//!
//! [`Kernel::receive`] is told who sent what and what time it is, and answers who
//! is to be told what. It knows users, commands and errors, and nothing of
//! sockets, colour, JSON or runtimes; so one kernel serves every server, and all
//! of them at once. The Python `ChatKernel` is a base class of each server
//! instead and writes to the sockets itself.

mod command;
mod flood;
mod message;

pub use message::{Message, Refusal};

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use command::Command;
use flood::Bucket;
pub use flood::Flood;

/// Who is connected, as the hub numbers them. Not used for another before [`Kernel::disconnected`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Connection(pub u32);

/// The time that the kernel is told.
#[derive(Clone, Copy, Debug)]
pub struct Now {
    /// Since the server started; never goes back. Floods are measured with it.
    pub elapsed: Duration,
    /// What the clock on the wall says. It dates messages.
    pub wall: Timestamp,
}

/// What a connection sent: one request, or something that cannot be one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Line<'a> {
    /// A request, without its line end.
    Text(&'a str),
    /// A line over the limit; its text was dropped.
    TooLong,
    /// A line that is no UTF-8.
    NotUtf8,
}

/// Who is to receive a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum To {
    /// Everyone logged in.
    Everyone,
    /// Everyone logged in, and this one, who no longer is.
    EveryoneAnd(Connection),
    /// This one alone.
    One(Connection),
    /// These two, which are not the same.
    Both(Connection, Connection),
}

/// What is to be done, in this order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect<'a> {
    /// Tell them this.
    Send {
        /// Whom.
        to: To,
        /// What.
        message: Message<'a>,
    },
    /// End this connection once it has received everything.
    Close(Connection),
}

#[derive(Debug)]
struct User {
    name: Arc<str>,
    connection: Connection,
}

/// What is known of a connection that has ever sent something.
#[derive(Debug, Default)]
struct Client {
    bucket: Bucket,
    /// Its place in the order of logins.
    login: Option<u64>,
}

/// The chat: who is logged in, and what follows from what they say.
#[derive(Debug)]
pub struct Kernel {
    flood: Flood,
    /// In order of login.
    users: BTreeMap<u64, User>,
    names: HashMap<Arc<str>, u64>,
    clients: HashMap<Connection, Client>,
    logins: u64,
}

impl Kernel {
    /// A chat with nobody in it.
    #[must_use]
    pub fn new(flood: Flood) -> Self {
        Self {
            flood,
            users: BTreeMap::new(),
            names: HashMap::new(),
            clients: HashMap::new(),
            logins: 0,
        }
    }

    /// Everyone logged in, in order of login.
    pub fn everyone(&self) -> impl Iterator<Item = Connection> {
        self.users.values().map(|user| user.connection)
    }

    /// What follows from a line that `connection` sent.
    pub fn receive<'a>(
        &mut self,
        now: Now,
        connection: Connection,
        line: Line<'a>,
    ) -> Vec<Effect<'a>> {
        let client = self.clients.entry(connection).or_default();
        if !client.bucket.admits(now.elapsed, &self.flood) {
            return refuse(connection, Refusal::SlowDown);
        }
        let login = client.login;
        let command = match line {
            Line::Text(text) => command::parse(text),
            Line::TooLong => Err(Refusal::TooLong),
            Line::NotUtf8 => Err(Refusal::NotUtf8),
        };
        match (command, login) {
            (Err(refusal), _) => refuse(connection, refusal),
            (Ok(Command::Login(name)), None) => self.log_in(connection, name),
            (Ok(Command::Login(_)), Some(_)) => refuse(connection, Refusal::AlreadyIn),
            (Ok(_), None) => refuse(connection, Refusal::FirstLogin),
            (Ok(command), Some(login)) => self.carry_out(now, connection, login, command),
        }
    }

    /// A connection has ended, in whatever way: that is a logout to the others.
    pub fn disconnected(&mut self, connection: Connection) -> Vec<Effect<'static>> {
        let client = self.clients.remove(&connection);
        match client.and_then(|client| client.login) {
            Some(login) => vec![Effect::Send {
                to: To::Everyone,
                message: Message::Logout(self.forget(login)),
            }],
            None => Vec::new(),
        }
    }

    fn log_in<'a>(&mut self, connection: Connection, name: &'a str) -> Vec<Effect<'a>> {
        if !command::is_name(name) {
            return refuse(connection, Refusal::InvalidName);
        }
        if self.names.contains_key(name) {
            return refuse(connection, Refusal::NameTaken);
        }
        let name: Arc<str> = name.into();
        let login = self.logins;
        self.logins += 1;
        self.names.insert(name.clone(), login);
        let user = User {
            name: name.clone(),
            connection,
        };
        self.users.insert(login, user);
        self.clients.entry(connection).or_default().login = Some(login);
        vec![Effect::Send {
            to: To::Everyone,
            message: Message::Login(name),
        }]
    }

    fn carry_out<'a>(
        &mut self,
        now: Now,
        connection: Connection,
        login: u64,
        command: Command<'a>,
    ) -> Vec<Effect<'a>> {
        let answer = |message| {
            let to = To::One(connection);
            vec![Effect::Send { to, message }]
        };
        match command {
            Command::Login(_) => unreachable!("whoever logs in has no login yet"),
            Command::Private { to, text } => self.private(now, connection, login, to, text),
            Command::Chat(text) => {
                let (at, from) = (now.wall, self.users[&login].name.clone());
                let message = Message::Chat { at, from, text };
                let to = To::Everyone;
                vec![Effect::Send { to, message }]
            }
            Command::Logout => {
                if let Some(client) = self.clients.get_mut(&connection) {
                    client.login = None;
                }
                let message = Message::Logout(self.forget(login));
                let to = To::EveryoneAnd(connection);
                vec![Effect::Send { to, message }, Effect::Close(connection)]
            }
            Command::WhoAmI { bare } => answer(Message::WhoAmI {
                name: self.users[&login].name.clone(),
                bare,
            }),
            Command::UserList { bare } => answer(Message::UserList {
                names: self.users.values().map(|user| user.name.clone()).collect(),
                bare,
            }),
        }
    }

    fn private<'a>(
        &self,
        now: Now,
        connection: Connection,
        login: u64,
        name: &'a str,
        text: &'a str,
    ) -> Vec<Effect<'a>> {
        let Some(other) = self.names.get(name).map(|login| &self.users[login]) else {
            return refuse(connection, Refusal::NotFound(name));
        };
        let message = Message::Private {
            at: now.wall,
            from: self.users[&login].name.clone(),
            to: other.name.clone(),
            text,
        };
        let to = if other.connection == connection {
            To::One(connection)
        } else {
            To::Both(other.connection, connection)
        };
        vec![Effect::Send { to, message }]
    }

    fn forget(&mut self, login: u64) -> Arc<str> {
        let user = self.users.remove(&login).expect("a login has its user");
        self.names.remove(&user.name);
        user.name
    }
}

fn refuse(connection: Connection, refusal: Refusal<'_>) -> Vec<Effect<'_>> {
    vec![Effect::Send {
        to: To::One(connection),
        message: Message::Error(refusal),
    }]
}

#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;
