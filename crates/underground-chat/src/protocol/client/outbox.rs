//! Messages the server has not confirmed, in the order in which they were typed.

use std::collections::VecDeque;

use super::super::{LONGEST_LINE, text};
use super::PostError;

/// Names one message of one session; later messages have greater ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MessageId(u64);

/// A queue with a bound; what does not fit is refused, and its writer told.
#[derive(Debug)]
pub(super) struct Outbox {
    messages: VecDeque<(MessageId, String)>,
    /// Whether the first may have arrived; the others cannot have.
    first_sent: bool,
    limit: usize,
    next: u64,
}

impl Outbox {
    pub(super) fn new(limit: usize) -> Self {
        Self {
            messages: VecDeque::new(),
            first_sent: false,
            limit,
            next: 0,
        }
    }

    pub(super) fn push(&mut self, text: &str) -> Result<MessageId, PostError> {
        let text = text::flatten(text);
        if text.is_empty() {
            return Err(PostError::Empty);
        }
        if text.len() > LONGEST_LINE {
            return Err(PostError::TooLong);
        }
        if self.messages.len() >= self.limit {
            return Err(PostError::Full(self.limit));
        }
        let id = MessageId(self.next);
        self.next += 1;
        self.messages.push_back((id, text));
        Ok(id)
    }

    /// The first message, which is being sent.
    pub(super) fn send_first(&mut self) -> Option<&str> {
        let (_, text) = self.messages.front()?;
        self.first_sent = true;
        Some(text)
    }

    /// Takes a message out that cannot have arrived.
    pub(super) fn take_back(&mut self, id: MessageId) -> Option<String> {
        let index = self
            .messages
            .binary_search_by_key(&id, |(id, _)| *id)
            .ok()?;
        if index == 0 && self.first_sent {
            return None;
        }
        self.messages.remove(index).map(|(_, text)| text)
    }

    /// The first message has arrived.
    pub(super) fn confirm(&mut self) -> Option<MessageId> {
        self.first_sent = false;
        self.messages.pop_front().map(|(id, _)| id)
    }

    /// The `last` ones, in their order.
    pub(super) fn texts(&self, last: usize) -> impl Iterator<Item = &str> {
        let earlier = self.messages.len().saturating_sub(last);
        self.messages
            .range(earlier..)
            .map(|(_, text)| text.as_str())
    }

    pub(super) fn len(&self) -> usize {
        self.messages.len()
    }
}
