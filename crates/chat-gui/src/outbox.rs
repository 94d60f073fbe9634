//! What we wrote and have not read back yet.
//!
//! The library keeps messages until the server has confirmed them; this is how
//! they look meanwhile: `waiting`, then `sent` until the message comes back on the
//! read port as everybody sees it.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use underground_chat::protocol::{MessageId, text};

/// What the server has and does not echo for so long goes into the list all the same.
const ECHO: Duration = Duration::from_secs(5);

/// Servers cut messages somewhere; none cuts shorter ones than this, in bytes.
const LONG: usize = 500;

/// How a message of ours came back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Echo {
    /// As it was sent.
    Whole,
    /// Its start: to the server it was too long.
    Cut,
}

/// How far a message has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    /// Not confirmed.
    Waiting(MessageId),
    /// The server has had it since then.
    Sent(Instant),
}

/// A message on its way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outgoing {
    /// As it was typed.
    pub text: String,
    /// How far it has come.
    pub mark: Mark,
}

/// All messages on their way, oldest first. Bounded by the library's queue, which refuses more.
#[derive(Debug, Default)]
pub struct Outbox {
    messages: VecDeque<Outgoing>,
}

impl Outbox {
    /// All of them.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &Outgoing> + ExactSizeIterator {
        self.messages.iter()
    }

    /// A message was taken by the library.
    pub fn push(&mut self, id: MessageId, text: String) {
        let mark = Mark::Waiting(id);
        self.messages.push_back(Outgoing { text, mark });
    }

    /// The newest that is not confirmed: the one to be changed.
    #[must_use]
    pub fn last_waiting(&self) -> Option<MessageId> {
        self.messages
            .iter()
            .rev()
            .find_map(|message| match message.mark {
                Mark::Waiting(id) => Some(id),
                Mark::Sent(_) => None,
            })
    }

    /// A message as it was typed.
    #[must_use]
    pub fn text(&self, id: MessageId) -> Option<String> {
        let wanted = Mark::Waiting(id);
        let message = self.messages.iter().find(|message| message.mark == wanted);
        message.map(|message| message.text.clone())
    }

    /// It was taken back.
    pub fn remove(&mut self, id: MessageId) {
        self.messages
            .retain(|message| message.mark != Mark::Waiting(id));
    }

    /// The server has it.
    pub fn sent(&mut self, id: MessageId, now: Instant) {
        for message in &mut self.messages {
            if message.mark == Mark::Waiting(id) {
                message.mark = Mark::Sent(now);
            }
        }
    }

    /// A message of ours came back: whether we were waiting for it, and whether all of it came.
    pub fn echoed(&mut self, said: &str) -> Option<Echo> {
        let ours = |message: &Outgoing| crate::foreign::clean(&text::flatten(&message.text));
        let whole = self
            .messages
            .iter()
            .position(|message| ours(message) == said);
        let cut = || {
            let starts = |message: &Outgoing| said.len() >= LONG && ours(message).starts_with(said);
            self.messages.iter().position(starts)
        };
        let (index, echo) = match whole {
            Some(index) => (index, Echo::Whole),
            None => (cut()?, Echo::Cut),
        };
        self.messages.remove(index).map(|_echoed| echo)
    }

    /// What the server has had for a while and nobody will send us: we were not listening.
    pub fn overdue(&mut self, now: Instant) -> Vec<String> {
        let late = |message: &Outgoing| match message.mark {
            Mark::Sent(since) => now.saturating_duration_since(since) >= ECHO,
            Mark::Waiting(_) => false,
        };
        let overdue = self.messages.iter().filter(|message| late(message));
        let overdue = overdue.map(|message| message.text.clone()).collect();
        self.messages.retain(|message| !late(message));
        overdue
    }

    /// Everything that was not confirmed, for another connection.
    pub fn take_waiting(&mut self) -> Vec<(MessageId, String)> {
        let mut waiting = Vec::new();
        self.messages.retain(|message| match message.mark {
            Mark::Waiting(id) => {
                waiting.push((id, message.text.clone()));
                false
            }
            Mark::Sent(_) => true,
        });
        waiting
    }

    /// Everything that the server has and that has not come back.
    pub fn take_sent(&mut self) -> Vec<String> {
        let mut sent = Vec::new();
        self.messages.retain(|message| match message.mark {
            Mark::Waiting(_) => true,
            Mark::Sent(_) => {
                sent.push(message.text.clone());
                false
            }
        });
        sent
    }

    /// Whether something is awaited that time alone decides.
    #[must_use]
    pub fn awaits_echo(&self) -> bool {
        let sent = |message: &Outgoing| matches!(message.mark, Mark::Sent(_));
        self.messages.iter().any(sent)
    }
}
