//! The client's side of the write port, across reconnects.

mod outbox;

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use super::{Account, LONGEST_LINE, LineBuffer, LineTooLong, Token, text};
pub use outbox::MessageId;
use outbox::Outbox;

/// A connection on which nothing happened for this long is asked whether it is alive (an empty line).
const PING_AFTER: Duration = Duration::from_secs(15);
/// An answer that takes longer than this does not come any more.
const PATIENCE: Duration = Duration::from_secs(10);

/// How to get in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Login {
    /// With the token of an account.
    Token(Token),
    /// By making an account with (about) this nickname.
    Register(String),
}

impl Login {
    /// By making an account; `None` without a name: an empty one is a line that means something else.
    #[must_use]
    pub fn register(name: &str) -> Option<Self> {
        let name = text::flatten(name);
        (!name.is_empty()).then_some(Self::Register(name))
    }
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ClientEvent {
    /// Logged in: the name the others see, as the server gave it.
    Nickname(String),
    /// An account was made. The token is worth keeping: nothing else opens it.
    Registered(Account),
    /// The server knows no such token. Nothing is sent until [`ClientSession::log_in`] says what now.
    TokenRejected,
    /// Messages can be posted from here on.
    Welcome,
    /// The server has the message.
    Sent(MessageId),
}

/// Why a text cannot be posted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PostError {
    /// It would be a ping.
    #[error("there is nothing to send: the text is empty")]
    Empty,
    /// No server would take it.
    #[error("the text is longer than {LONGEST_LINE} bytes")]
    TooLong,
    /// As many messages wait as may wait.
    #[error("{0} messages wait to be sent; no more fit until the server has taken some")]
    Full(usize),
}

/// What makes a connection useless.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ProtocolError {
    /// The server sent a line without end.
    #[error(transparent)]
    LineTooLong(#[from] LineTooLong),
    /// The server sent something else than an account.
    #[error("the server does not speak the chat's protocol: it sent {0:?} for an account")]
    NotAnAccount(String),
    /// The server has not answered for ten seconds.
    #[error("no answer for {} s", PATIENCE.as_secs())]
    Silent,
}

/// What is awaited from the server, or why nothing is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    /// There is no connection.
    Offline,
    /// The first line of a connection.
    Greeting,
    /// The question for the nickname; the answer is sent when it comes.
    Prompt,
    /// The account's line, or `null`. `made`: it is a new one.
    Account { made: bool },
    /// The question that follows `null`.
    PromptAfterNull,
    /// The server waits for a nickname, we for our user's decision.
    Rejected,
    /// The line after the account.
    Welcome,
    /// Nothing: the server speaks when spoken to.
    Quiet,
    /// The answer to a ping.
    Pong,
    /// The confirmation of the first message of the outbox.
    Confirmation,
}

/// Everything a client knows about the write port; it outlives each connection.
///
/// The shell says when a connection is up ([`connected`](Self::connected)) and
/// lost ([`disconnected`](Self::disconnected)), feeds what arrives, sends what
/// [`take_outgoing`](Self::take_outgoing) gives, and calls
/// [`timeout`](Self::timeout) at the [`deadline`](Self::deadline).
///
/// One message is on its way at a time, and the next follows its confirmation.
/// The protocol has no identities: what was sent and not confirmed has to be
/// sent again after a reconnect, and with one on its way at most one message
/// per lost connection can appear twice, in its place. Sending ahead would
/// repeat a whole window, out of order.
#[derive(Debug)]
pub struct ClientSession {
    login: Option<Login>,
    step: Step,
    lines: LineBuffer,
    outgoing: Vec<u8>,
    events: VecDeque<ClientEvent>,
    outbox: Outbox,
    /// When the present step began, or the last line came.
    since: Instant,
}

impl ClientSession {
    /// A session that waits for its first connection, and lets `limit` messages wait for the server.
    #[must_use]
    pub fn new(login: Option<Login>, limit: usize, now: Instant) -> Self {
        Self {
            login,
            step: Step::Offline,
            lines: LineBuffer::default(),
            outgoing: Vec::new(),
            events: VecDeque::new(),
            outbox: Outbox::new(limit),
            since: now,
        }
    }

    /// Whether a connection would be of use: with no way to get in it is not.
    #[must_use]
    pub fn wants_connection(&self) -> bool {
        self.login.is_some()
    }

    /// Whether messages are taken at present.
    #[must_use]
    pub fn is_welcome(&self) -> bool {
        matches!(self.step, Step::Quiet | Step::Pong | Step::Confirmation)
    }

    /// How many messages the server has not confirmed.
    #[must_use]
    pub fn unconfirmed(&self) -> usize {
        self.outbox.len()
    }

    /// The `last` of the messages the server has not confirmed, in the order they were posted in.
    pub fn unconfirmed_texts(&self, last: usize) -> impl Iterator<Item = &str> {
        self.outbox.texts(last)
    }

    /// A connection is up: its greeting is awaited. With no way to get in it is [of no use](Self::wants_connection).
    pub fn connected(&mut self, now: Instant) {
        self.disconnected();
        if self.wants_connection() {
            self.enter(Step::Greeting, now);
        }
    }

    /// The connection is lost. What was not confirmed is sent again on the next one.
    pub fn disconnected(&mut self) {
        self.step = Step::Offline;
        self.lines.clear();
        self.outgoing.clear();
    }

    /// Whether there is no connection, or none that is still of use.
    #[must_use]
    pub fn is_offline(&self) -> bool {
        self.step == Step::Offline
    }

    /// Gets in by other means from here on.
    ///
    /// A new account is made at once where the server is waiting for a nickname;
    /// another token needs another connection, and so does a change of mind while
    /// the server looks for the old one. Who is in stays in until the connection ends.
    pub fn log_in(&mut self, login: Login, now: Instant) {
        match (self.step, &login) {
            (Step::Rejected, Login::Register(name)) => {
                let name = text::flatten(name);
                self.say(&name);
                self.enter(Step::Account { made: true }, now);
            }
            (Step::Rejected | Step::Prompt | Step::Account { .. }, _) => self.disconnected(),
            _ => {}
        }
        self.login = Some(login);
    }

    /// Takes in a text to post: now, or when the server can be reached.
    ///
    /// # Errors
    ///
    /// See [`PostError`].
    pub fn post(&mut self, text: &str, now: Instant) -> Result<MessageId, PostError> {
        let id = self.outbox.push(text)?;
        self.send_next(now);
        Ok(id)
    }

    /// Gives back a text that has not been sent yet, to be changed or forgotten; `None` when
    /// it is too late: the server has it, or may have it.
    pub fn take_back(&mut self, id: MessageId) -> Option<String> {
        self.outbox.take_back(id)
    }

    /// Takes in what the server sent.
    ///
    /// # Errors
    ///
    /// The connection is useless: close it and say [`disconnected`](Self::disconnected).
    pub fn receive(&mut self, bytes: &[u8], now: Instant) -> Result<(), ProtocolError> {
        self.lines.extend(bytes);
        while let Some(line) = self.lines.next_line()? {
            self.line(&line, now)?;
        }
        Ok(())
    }

    fn line(&mut self, line: &str, now: Instant) -> Result<(), ProtocolError> {
        self.since = now;
        match self.step {
            // Not asked for, so not understood: no reason to give up a connection that works.
            Step::Offline | Step::Quiet | Step::Rejected => {}
            Step::Greeting => match &self.login {
                Some(Login::Token(token)) => {
                    let token = token.expose().to_owned();
                    self.say(&token);
                    self.enter(Step::Account { made: false }, now);
                }
                Some(Login::Register(_)) => {
                    self.say("");
                    self.enter(Step::Prompt, now);
                }
                None => self.disconnected(),
            },
            Step::Prompt => {
                if let Some(Login::Register(name)) = &self.login {
                    let name = text::flatten(name);
                    self.say(&name);
                }
                self.enter(Step::Account { made: true }, now);
            }
            Step::Account { made } => self.account(line, made, now)?,
            Step::PromptAfterNull => {
                self.enter(Step::Rejected, now);
                // Decided already, between the two lines.
                if let Some(login) = self.login.take() {
                    self.log_in(login, now);
                }
            }
            Step::Welcome => {
                self.events.push_back(ClientEvent::Welcome);
                self.enter(Step::Quiet, now);
                self.send_next(now);
            }
            Step::Pong => {
                self.enter(Step::Quiet, now);
                self.send_next(now);
            }
            Step::Confirmation => {
                if let Some(id) = self.outbox.confirm() {
                    self.events.push_back(ClientEvent::Sent(id));
                }
                self.enter(Step::Quiet, now);
                self.send_next(now);
            }
        }
        Ok(())
    }

    fn account(&mut self, line: &str, made: bool, now: Instant) -> Result<(), ProtocolError> {
        let answer = Account::from_line(line)
            .filter(|account| account.is_some() || !made)
            .ok_or_else(|| ProtocolError::NotAnAccount(text::cut(line, 80).to_owned()))?;
        let Some(account) = answer else {
            self.login = None;
            self.events.push_back(ClientEvent::TokenRejected);
            self.enter(Step::PromptAfterNull, now);
            return Ok(());
        };
        self.events
            .push_back(ClientEvent::Nickname(account.nickname.clone()));
        if made {
            // The next connection logs in with it: registering again would make one more.
            self.login = Some(Login::Token(account.token.clone()));
            self.events.push_back(ClientEvent::Registered(account));
        }
        self.enter(Step::Welcome, now);
        Ok(())
    }

    /// The next thing that happened.
    pub fn next_event(&mut self) -> Option<ClientEvent> {
        self.events.pop_front()
    }

    /// What is to be sent now.
    pub fn take_outgoing(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.outgoing)
    }

    /// When [`timeout`](Self::timeout) is to be called, if nothing happens before.
    #[must_use]
    pub fn deadline(&self) -> Option<Instant> {
        match self.step {
            Step::Offline | Step::Rejected => None,
            Step::Quiet => Some(self.since + PING_AFTER),
            _ => Some(self.since + PATIENCE),
        }
    }

    /// The deadline may have passed: pings a quiet connection, gives up a silent one.
    ///
    /// # Errors
    ///
    /// The server did not answer in time: [`ProtocolError::Silent`].
    pub fn timeout(&mut self, now: Instant) -> Result<(), ProtocolError> {
        if self.deadline().is_none_or(|deadline| now < deadline) {
            return Ok(());
        }
        if self.step != Step::Quiet {
            return Err(ProtocolError::Silent);
        }
        self.say("");
        self.enter(Step::Pong, now);
        Ok(())
    }

    fn send_next(&mut self, now: Instant) {
        if self.step == Step::Quiet
            && let Some(message) = self.outbox.send_first()
        {
            self.outgoing.extend_from_slice(message.as_bytes());
            self.outgoing.extend_from_slice(b"\n\n");
            self.enter(Step::Confirmation, now);
        }
    }

    fn say(&mut self, line: &str) {
        self.outgoing.extend_from_slice(line.as_bytes());
        self.outgoing.push(b'\n');
    }

    fn enter(&mut self, step: Step, now: Instant) {
        self.step = step;
        self.since = now;
    }
}

#[cfg(test)]
mod tests;
