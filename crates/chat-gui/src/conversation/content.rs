//! What a row shows besides its text, which depends on the message before it.

use std::ops::Range;

use jiff::SignedDuration;
use jiff::civil::{Date, DateTime};

use super::Conversation;
use crate::row::Content;

/// Messages of one author that come sooner after each other stand below one name.
const TOGETHER: SignedDuration = SignedDuration::from_mins(5);

impl Conversation {
    pub(super) fn content(&self, row: usize) -> Content<'_> {
        let message = &self.messages[row];
        let text = message.shown();
        let rest = message.text().len() - text.len();
        Content {
            day: self.day(row).map(|day| self.words.day(day)),
            author: self.author(row),
            time: message
                .at
                .map(|at| at.strftime("%H:%M").to_string())
                .unwrap_or_default(),
            text,
            more: (rest > 0).then(|| self.words.more(rest)),
        }
    }

    /// Where in a row something was found, and what of it is selected.
    pub(super) fn marks(&self, row: usize) -> (Vec<Range<usize>>, Range<usize>) {
        let text = self.messages[row].shown();
        let selection = self.selection.as_ref();
        let selected = selection.map_or(0..0, |selection| selection.within(row, text.len()));
        (self.needle.all(text), selected)
    }

    /// The day that begins with a row.
    pub(super) fn day(&self, row: usize) -> Option<Date> {
        let day = self.messages[row].at?.date();
        let before = self.messages[..row].last().and_then(|before| before.at);
        (before.map(DateTime::date) != Some(day)).then_some(day)
    }

    /// The author's name, where it is to stand above the row.
    pub(super) fn author(&self, row: usize) -> Option<&str> {
        let message = &self.messages[row];
        let author = message.author();
        let goes_on = row.checked_sub(1).is_some_and(|before| {
            let before = &self.messages[before];
            let near = match (before.at, message.at) {
                (Some(before), Some(at)) => {
                    before.date() == at.date() && at.duration_since(before) < TOGETHER
                }
                (before, at) => before.is_none() && at.is_none(),
            };
            before.author() == author && near
        });
        (!author.is_empty() && !goes_on).then_some(author)
    }
}
