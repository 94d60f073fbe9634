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
    limit: usize,
    next: u64,
}

impl Outbox {
    pub(super) fn new(limit: usize) -> Self {
        Self {
            messages: VecDeque::new(),
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

    pub(super) fn first(&self) -> Option<&str> {
        self.messages.front().map(|(_, text)| text.as_str())
    }

    /// The first message has arrived.
    pub(super) fn confirm(&mut self) -> Option<MessageId> {
        self.messages.pop_front().map(|(id, _)| id)
    }

    pub(super) fn len(&self) -> usize {
        self.messages.len()
    }
}
