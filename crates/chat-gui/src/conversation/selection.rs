//! What is selected: a part of one message, or whole messages.

use std::ops::{Range, RangeInclusive};

use super::Conversation;

/// What is selected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Selection {
    /// Part of a message's text, from where the button was pressed to where it is now.
    Text {
        /// The message.
        row: usize,
        /// Bytes of the text.
        from: usize,
        /// Bytes of the text.
        to: usize,
    },
    /// Whole messages, from the one clicked first to the one clicked last.
    Rows {
        /// Clicked first.
        from: usize,
        /// Clicked last, with Shift.
        to: usize,
    },
}

impl Selection {
    /// Messages that are selected as a whole.
    #[must_use]
    pub fn rows(&self) -> Option<RangeInclusive<usize>> {
        match *self {
            Self::Text { .. } => None,
            Self::Rows { from, to } => Some(from.min(to)..=from.max(to)),
        }
    }

    /// The same messages after `count` before them were forgotten; `None` where it reached into those.
    pub(super) fn up_by(self, count: usize) -> Option<Self> {
        Some(match self {
            Self::Text { row, from, to } => Self::Text {
                row: row.checked_sub(count)?,
                from,
                to,
            },
            Self::Rows { from, to } => Self::Rows {
                from: from.checked_sub(count)?,
                to: to.checked_sub(count)?,
            },
        })
    }

    /// The part of the text of `row`, `length` bytes long, that is selected.
    #[must_use]
    pub fn within(&self, row: usize, length: usize) -> Range<usize> {
        match *self {
            Self::Text { row: own, from, to } if own == row => {
                from.min(to).min(length)..from.max(to).min(length)
            }
            _ => 0..0,
        }
    }
}

impl Conversation {
    /// Selects something else, or nothing.
    pub fn select(&mut self, selection: Option<Selection>) {
        let before = std::mem::replace(&mut self.selection, selection);
        if before == self.selection {
            return;
        }
        for changed in [before, self.selection.clone()].into_iter().flatten() {
            if let Selection::Text { row, .. } = changed {
                self.mark(row);
            }
        }
    }

    /// Selects the message at `row`, or everything from the one selected before.
    pub fn click(&mut self, row: usize, extend: bool) {
        let from = match self.selection {
            Some(Selection::Rows { from, .. } | Selection::Text { row: from, .. }) if extend => {
                from
            }
            _ => row,
        };
        self.select(Some(Selection::Rows { from, to: row }));
    }

    /// What is selected, as text: part of a message, or messages in order, a line each.
    #[must_use]
    pub fn selected(&self) -> Option<String> {
        let selection = self.selection.as_ref()?;
        if let Selection::Text { row, .. } = *selection {
            let text = self.messages.get(row)?.text();
            let part = text.get(selection.within(row, text.len()))?;
            return (!part.is_empty()).then(|| part.to_owned());
        }
        let lines: Vec<&str> = self
            .messages
            .get(selection.rows()?)?
            .iter()
            .map(super::Message::line)
            .collect();
        Some(lines.join("\n"))
    }
}
