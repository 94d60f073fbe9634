//! What is on the screen, as data: keys and events in, effects out.

use std::collections::VecDeque;

use crossterm::event::{Event as Input, KeyCode, KeyEvent, KeyEventKind, KeyModifiers};
use jiff::civil::{Date, DateTime};
use tokio::time::Instant;
use tui_input::InputRequest;
use tui_input::backend::crossterm::EventHandler as _;

use crate::client::{Event, Port, Status};
use crate::history::Entry;

/// Messages kept for scrolling back. Overflow policy: the oldest go; the file has them.
const KEPT: usize = 10_000;
/// Cells that the time of a message takes.
const MARGIN: usize = 6;

/// What a key asks for.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Effect {
    None,
    Send(String),
    Register(String),
    StartServer,
    Retry,
    Leave,
}

/// One row of the conversation, as wide as the screen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Row {
    /// A new day begins.
    Day(Date),
    /// The first row of a message: its time, its author, and what follows.
    First {
        time: String,
        author: String,
        text: String,
    },
    /// A further row of a message.
    More(String),
}

/// The chat as its user sees it.
#[derive(Debug)]
pub(super) struct Conversation {
    messages: VecDeque<Entry>,
    /// The width that `above` was counted for, and the rows of conversation on the screen.
    size: (usize, usize),
    /// Rows between the last one shown and the last one there is.
    above: usize,
    /// Messages that came while scrolled up.
    pub(super) unread: usize,
    pub(super) input: tui_input::Input,
    /// There is no account: what is typed is a name.
    pub(super) naming: bool,
    pub(super) nickname: Option<String>,
    pub(super) reading: Status,
    pub(super) writing: Status,
    pub(super) notice: Option<String>,
    /// Messages the server has not confirmed.
    pub(super) waiting: usize,
}

impl Conversation {
    /// Begins with the past; `naming` where there is no account yet.
    pub(super) fn new(naming: bool, past: Vec<Entry>) -> Self {
        Self {
            messages: past.into(),
            size: (80, 24),
            above: 0,
            unread: 0,
            input: tui_input::Input::default(),
            naming,
            nickname: None,
            reading: Status::Connecting,
            writing: Status::Connecting,
            notice: None,
            waiting: 0,
        }
    }

    /// Says something to the user until the next key.
    pub(super) fn notice(&mut self, text: &str) {
        self.notice = Some(common::escape::visible(text).into_owned());
    }

    /// A message was not taken: it goes back to where it was typed.
    pub(super) fn refused(&mut self, text: String, why: &str) {
        self.input = tui_input::Input::new(text);
        self.notice(why);
    }

    /// Whether time alone changes the picture.
    pub(super) fn counts_down(&self) -> bool {
        [&self.reading, &self.writing]
            .iter()
            .any(|status| matches!(status, Status::Down { .. }))
    }

    /// Seconds until a port that is down is tried again, and why it is.
    pub(super) fn trouble(status: &Status, now: Instant) -> Option<(u64, &str)> {
        match status {
            Status::Down { retry_at, why } => {
                let wait = retry_at.saturating_duration_since(now);
                Some((wait.as_secs_f64().ceil() as u64, why))
            }
            _ => None,
        }
    }

    /// Something happened; `offer`: a server could be started here.
    pub(super) fn event(&mut self, event: Event, at: DateTime, offer: bool) {
        match event {
            Event::Message(text) => self.message(Entry { at: Some(at), text }),
            Event::Nickname(name) => {
                self.naming = false;
                self.nickname = Some(common::escape::visible(&name).into_owned());
            }
            Event::Status(port, status) => {
                let refused = matches!(&status, Status::Down { .. });
                if status == Status::Up {
                    // What was said about a lost connection is no longer true.
                    self.notice = None;
                }
                match port {
                    Port::Read => self.reading = status,
                    Port::Write => self.writing = status,
                }
                if port == Port::Read && refused && offer && self.nickname.is_none() {
                    self.notice(
                        "No server here. F2 starts one inside this program (--with-server does, too).",
                    );
                }
            }
            _ => {}
        }
    }

    fn message(&mut self, entry: Entry) {
        if self.above > 0 {
            // What is being read stays where it is.
            let day = self.messages.back().and_then(day_of);
            self.above += self.rows_of(&entry, day).len();
            self.unread += 1;
        }
        self.messages.push_back(entry);
        if self.messages.len() > KEPT {
            self.messages.pop_front();
        }
    }

    /// A key was pressed, something pasted, or the window changed its size.
    pub(super) fn key(&mut self, input: &Input) -> Effect {
        match input {
            Input::Paste(text) => {
                let text = crate::protocol::text::flatten(text);
                for character in text.chars().filter(|character| !character.is_control()) {
                    self.input.handle(InputRequest::InsertChar(character));
                }
                Effect::None
            }
            Input::Key(key) if key.kind != KeyEventKind::Release => self.press(key, input),
            _ => Effect::None,
        }
    }

    fn press(&mut self, key: &KeyEvent, input: &Input) -> Effect {
        self.notice = None;
        let control = key.modifiers.contains(KeyModifiers::CONTROL);
        let page = self.size.1.saturating_sub(1).max(1);
        match key.code {
            KeyCode::Char('c') if control => return Effect::Leave,
            KeyCode::Char('d') if control && self.input.value().is_empty() => return Effect::Leave,
            KeyCode::Char('r') if control => return Effect::Retry,
            KeyCode::F(2) => return Effect::StartServer,
            KeyCode::Enter => return self.enter(),
            KeyCode::Up => self.scroll_up(1),
            KeyCode::Down => self.scroll_down(1),
            KeyCode::PageUp => self.scroll_up(page),
            KeyCode::PageDown => self.scroll_down(page),
            KeyCode::Home if control => self.scroll_up(usize::MAX),
            KeyCode::End if control => self.scroll_down(usize::MAX),
            KeyCode::Esc => self.scroll_down(usize::MAX),
            _ => {
                self.input.handle_event(input);
            }
        }
        Effect::None
    }

    fn enter(&mut self) -> Effect {
        if self.input.value().trim().is_empty() {
            self.input.reset();
            return Effect::None;
        }
        let text = self.input.value_and_reset();
        if self.naming {
            return Effect::Register(text);
        }
        // Who speaks looks at the end of the conversation.
        self.scroll_down(usize::MAX);
        Effect::Send(text)
    }

    fn scroll_up(&mut self, rows: usize) {
        self.above = self.above.saturating_add(rows);
        self.rows(self.size.0, self.size.1);
    }

    fn scroll_down(&mut self, rows: usize) {
        self.above = self.above.saturating_sub(rows);
        if self.above == 0 {
            self.unread = 0;
        }
    }

    /// The rows to show on `height` rows of `width` cells, the newest at the end; keeps the scroll within what there is.
    pub(super) fn rows(&mut self, width: usize, height: usize) -> Vec<Row> {
        self.size = (width, height);
        let wanted = self.above.saturating_add(height);
        let mut rows: VecDeque<Row> = VecDeque::new();
        for index in (0..self.messages.len()).rev() {
            if rows.len() >= wanted {
                break;
            }
            let before = index
                .checked_sub(1)
                .and_then(|before| day_of(&self.messages[before]));
            for row in self
                .rows_of(&self.messages[index], before)
                .into_iter()
                .rev()
            {
                rows.push_front(row);
            }
        }
        self.above = self.above.min(rows.len().saturating_sub(height));
        let end = rows.len() - self.above;
        let start = end.saturating_sub(height);
        rows.drain(start..end).collect()
    }

    /// One message on rows of the current width, below its day where that has changed.
    fn rows_of(&self, entry: &Entry, before: Option<Date>) -> Vec<Row> {
        let mut rows = Vec::new();
        if let Some(day) = day_of(entry).filter(|day| before != Some(*day)) {
            rows.push(Row::Day(day));
        }
        let width = self.size.0.saturating_sub(MARGIN).max(1);
        let mut lines = textwrap::wrap(&entry.text, width).into_iter();
        let first = lines.next().unwrap_or_default();
        let (author, text) = match first.split_once(": ") {
            Some((author, text)) => (format!("{author}: "), text.to_owned()),
            None => (String::new(), first.into_owned()),
        };
        let time = entry
            .at
            .map_or_else(String::new, |at| at.strftime("%H:%M").to_string());
        rows.push(Row::First { time, author, text });
        rows.extend(lines.map(|line| Row::More(line.into_owned())));
        rows
    }
}

fn day_of(entry: &Entry) -> Option<Date> {
    entry.at.map(DateTime::date)
}

#[cfg(test)]
mod tests;
