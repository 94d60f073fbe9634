//! Looking through everything that was said.

use super::{Conversation, Message};
use crate::foreign::Needle;

impl Conversation {
    /// The nearest message that holds what is looked for, beginning with the one
    /// after `from` and going down, or before it and going up; round at the end.
    #[must_use]
    pub fn next_found(&self, needle: &Needle, from: Option<usize>, down: bool) -> Option<usize> {
        let count = self.messages.len();
        let start = from.unwrap_or(if down { count.wrapping_sub(1) } else { 0 });
        (1..=count)
            .map(|step| {
                let step = if down { step } else { count - step };
                (start.wrapping_add(step)) % count
            })
            .find(|&row| needle.find(self.messages[row].line(), 0).is_some())
    }

    /// How many messages hold it.
    #[must_use]
    pub fn count_found(&self, needle: &Needle) -> usize {
        let holds = |message: &&Message| needle.find(message.line(), 0).is_some();
        self.messages.iter().filter(holds).count()
    }
}
