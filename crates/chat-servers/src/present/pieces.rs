//! A message as pieces of text, each in its colour.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::sync::Arc;

use common::escape::visible;

use super::clock::Clock;
use crate::kernel::{Message, Refusal};

/// A terminal's colour: the second digit of its escape sequence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Color {
    /// Errors, and who has gone.
    Red = 1,
    /// What the system says.
    Green = 2,
    /// Who, and when.
    Yellow = 3,
    /// Answers.
    Blue = 4,
    /// What people say.
    White = 7,
}

/// Text in one colour, or in the reader's own.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Piece<'a> {
    pub(super) text: Cow<'a, str>,
    color: Option<Color>,
}

impl Piece<'_> {
    /// Adds it to a line with the escape sequences of the original (its colour at
    /// normal intensity, then the terminal's own).
    pub(super) fn paint(&self, line: &mut String) {
        let text = &self.text;
        match self.color {
            Some(color) => write!(line, "\x1b[3{}m\x1b[22m{text}\x1b[39m\x1b[22m", color as u8)
                .expect("a String takes every write"),
            None => line.push_str(text),
        }
    }
}

fn piece<'a>(color: Color, text: impl Into<Cow<'a, str>>) -> Piece<'a> {
    Piece {
        text: text.into(),
        color: Some(color),
    }
}

fn plain<'a>(text: impl Into<Cow<'a, str>>) -> Piece<'a> {
    Piece {
        text: text.into(),
        color: None,
    }
}

/// Everything that came from a person passes [`visible`] here, but for names: they hold nothing
/// that it would change.
pub(super) fn pieces<'a>(message: &'a Message<'_>, clock: &mut Clock) -> Vec<Piece<'a>> {
    use Color::{Green, Red, White, Yellow};
    match message {
        Message::Login(name) => vec![
            piece(Green, "[SYSTEM INFO]"),
            plain(" - "),
            piece(Yellow, format!("[{name}] ")),
            piece(Green, "login to chat."),
        ],
        Message::Logout(name) => vec![
            piece(Green, "[SYSTEM INFO]"),
            plain(" - "),
            piece(Yellow, format!("[{name}] ")),
            piece(Red, "logout from chat."),
        ],
        Message::ShuttingDown => vec![
            piece(Green, "[SYSTEM INFO]"),
            plain(" - "),
            piece(Green, "server is shutting down."),
        ],
        Message::Chat { at, from, text } => vec![
            piece(Yellow, format!("[{}][{from}]", clock.time(*at))),
            plain(": "),
            piece(White, visible(text)),
        ],
        Message::Private { at, from, to, text } => vec![
            piece(Yellow, format!("[{}][{from}][->][{to}]", clock.time(*at))),
            plain(": "),
            piece(White, visible(text)),
        ],
        Message::WhoAmI { name, bare } => info(*bare, name.to_string()),
        Message::UserList { names, bare } => info(*bare, list(names)),
        Message::Error(Refusal::NotFound(name)) => vec![
            piece(Red, "[ERROR]"),
            plain(" - "),
            piece(Yellow, format!("[{}] ", visible(name))),
            piece(Green, "not found!"),
        ],
        Message::Error(refusal) => vec![
            piece(Red, "[ERROR]"),
            plain(" - "),
            piece(Green, refusal.to_string()),
        ],
    }
}

fn info<'a>(bare: bool, body: String) -> Vec<Piece<'a>> {
    if bare {
        return vec![plain(body)];
    }
    vec![
        piece(Color::Blue, "[INFO]"),
        plain(" - "),
        piece(Color::Green, body),
    ]
}

/// As Python writes a list of names.
fn list(names: &[Arc<str>]) -> String {
    let mut list = String::from("[");
    for (index, name) in names.iter().enumerate() {
        let separator = if index == 0 { "" } else { ", " };
        write!(list, "{separator}'{name}'").expect("a String takes every write");
    }
    list.push(']');
    list
}
