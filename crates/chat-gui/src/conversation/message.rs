//! One message, as it is kept.

use jiff::civil::DateTime;

use crate::foreign;

/// Bytes that a word hardly has.
const WORD: usize = 60;

/// One message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// When it was heard; `None` where the history does not say.
    pub at: Option<DateTime>,
    /// Ours, and the server has it.
    pub own: bool,
    /// How much of it is shown: the start, doubled so many times.
    pub(super) opened: u8,
    /// Where the author's name ends in the line.
    author: u32,
    pub(super) line: Box<str>,
}

impl Message {
    /// From a line `NICK: TEXT` of the read port or of the history.
    #[must_use]
    pub fn new(at: Option<DateTime>, line: &str, own: bool) -> Self {
        let line = foreign::clean(line);
        let author = u32::try_from(foreign::author(&line)).unwrap_or(0);
        Self {
            at,
            own,
            opened: 0,
            author,
            line: line.into(),
        }
    }

    /// Who said it; empty where the line does not say.
    #[must_use]
    pub fn author(&self) -> &str {
        &self.line[..self.author as usize]
    }

    /// What was said.
    #[must_use]
    pub fn text(&self) -> &str {
        match self.author {
            0 => &self.line,
            author => &self.line[author as usize + 2..],
        }
    }

    /// `NICK: TEXT`.
    #[must_use]
    pub fn line(&self) -> &str {
        &self.line
    }

    /// What is shown of the text.
    pub(super) fn shown(&self) -> &str {
        let text = self.text();
        let start = foreign::start(text, foreign::FOLD << self.opened.min(16));
        if start.len() == text.len() {
            return start;
        }
        // Not in the middle of a word, where words are of an ordinary length.
        let space = start.rfind(' ').filter(|space| start.len() - space < WORD);
        space.map_or(start, |space| &start[..space])
    }
}
