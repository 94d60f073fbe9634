//! What is on the screen, as data: keys and events in, effects out.

use std::collections::VecDeque;

use crossterm::event::{Event as Input, KeyCode, KeyEvent, KeyEventKind, KeyModifiers};
use jiff::civil::{Date, DateTime};
use tokio::time::Instant;
use tui_input::backend::crossterm::EventHandler as _;

use crate::client::{Event, Port, Status};
use crate::history::Entry;

/// Messages kept for scrolling back, and bytes of them. Overflow policy: the oldest go; the file has them.
const KEPT: usize = 10_000;
const KEPT_BYTES: usize = 4 * 1024 * 1024;
/// Cells that the time of a message takes.
const MARGIN: usize = 6;

/// What it means when one port is there and the other is not.
const HALF: &str =
    "Only one of both ports answers: is it another program's? See --read-port and --write-port.";

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

/// A message and how many rows it takes at the present width, its day not counted.
#[derive(Debug)]
struct Message {
    entry: Entry,
    rows: usize,
}

/// The chat as its user sees it.
#[derive(Debug)]
pub(super) struct Conversation {
    messages: VecDeque<Message>,
    bytes: usize,
    /// The width that rows were counted for, and the rows of conversation on the screen.
    size: (usize, usize),
    /// Rows between the last one shown and the last one there is.
    above: usize,
    /// Messages that came while scrolled up.
    pub(super) unread: usize,
    pub(super) input: tui_input::Input,
    /// There is no account: what is typed is a name.
    pub(super) naming: bool,
    /// What was being typed when a name was asked for.
    draft: Option<tui_input::Input>,
    pub(super) nickname: Option<String>,
    pub(super) reading: Status,
    pub(super) writing: Status,
    pub(super) notice: Option<String>,
    /// Why no server can be started here.
    obstacle: Option<String>,
    /// Messages the server has not confirmed, and the last few of them.
    pub(super) waiting: usize,
    pub(super) last_waiting: Vec<String>,
}

impl Conversation {
    /// Begins with the past; `naming` where there is no account yet.
    pub(super) fn new(naming: bool, past: Vec<Entry>) -> Self {
        let mut conversation = Self {
            messages: VecDeque::new(),
            bytes: 0,
            size: (80, 24),
            above: 0,
            unread: 0,
            input: tui_input::Input::default(),
            naming,
            draft: None,
            nickname: None,
            reading: Status::Connecting,
            writing: Status::Connecting,
            notice: None,
            obstacle: None,
            waiting: 0,
            last_waiting: Vec::new(),
        };
        for entry in past {
            conversation.message(entry);
        }
        conversation
    }

    /// Says something to the user until the next key.
    pub(super) fn notice(&mut self, text: &str) {
        self.notice = Some(common::escape::visible(text).into_owned());
    }

    /// No server can be started here: that is what is said from now on, and nothing else recommended.
    pub(super) fn cannot_serve(&mut self, why: String) {
        self.notice(&why);
        self.obstacle = Some(why);
    }

    /// A message was not taken: it goes back to where it was typed.
    pub(super) fn refused(&mut self, text: String, why: &str) {
        self.input = tui_input::Input::new(text);
        self.notice(why);
    }

    /// What to do next, where there is nothing else to look at.
    pub(super) fn hint(&self) -> Option<&'static str> {
        if self.naming {
            Some("Type a name, Enter. Then: Enter sends, PgUp/PgDn scroll, Ctrl-C leaves.")
        } else if self.messages.is_empty() {
            Some("Enter sends, PgUp/PgDn scroll, Ctrl-R reconnects, Ctrl-C leaves.")
        } else {
            None
        }
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

    /// Something happened; `advice` is what to do where there is no server.
    pub(super) fn event(&mut self, event: Event, at: DateTime, advice: Option<&str>) {
        match event {
            Event::Message(text) => self.message(Entry { at: Some(at), text }),
            Event::Nickname(name) => {
                self.naming = false;
                if let Some(draft) = self.draft.take() {
                    self.input = draft;
                }
                self.nickname = Some(common::escape::visible(&name).into_owned());
            }
            Event::TokenRejected => {
                self.naming = true;
                self.draft
                    .get_or_insert_with(|| std::mem::take(&mut self.input));
                self.notice(
                    "The server does not know your token. Type a name for a new account, or leave.",
                );
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
                // A chat has both ports from its first moment on.
                let half = port == Port::Write && self.reading == Status::Up;
                let advice = match &self.obstacle {
                    Some(obstacle) => Some(obstacle.clone()),
                    None if half => Some(HALF.to_owned()),
                    None if port == Port::Read => advice.map(str::to_owned),
                    None => None,
                };
                if refused
                    && self.nickname.is_none()
                    && let Some(advice) = advice
                {
                    self.notice(&advice);
                }
            }
            _ => {}
        }
    }

    fn message(&mut self, entry: Entry) {
        let rows = wrap(&entry, self.size.0).len();
        self.bytes += entry.text.len();
        self.messages.push_back(Message { entry, rows });
        if self.above > 0 {
            // What is being read stays where it is.
            self.above += self.height(self.messages.len() - 1);
            self.unread += 1;
        }
        while self.messages.len() > KEPT || self.bytes > KEPT_BYTES {
            let oldest = self.messages.pop_front();
            self.bytes -= oldest.map_or(0, |oldest| oldest.entry.text.len());
        }
    }

    /// A key was pressed, something pasted, or the window changed its size.
    pub(super) fn key(&mut self, input: &Input) -> Effect {
        match input {
            Input::Paste(text) => {
                self.paste(text);
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

    /// All at once: letter by letter, a long text would take for ever.
    fn paste(&mut self, text: &str) {
        let mut text = crate::protocol::text::flatten(text);
        text.retain(|character| !character.is_control());
        let cursor = self.input.cursor();
        let mut value: String = self.input.value().chars().take(cursor).collect();
        value.push_str(&text);
        value.extend(self.input.value().chars().skip(cursor));
        self.input = tui_input::Input::new(value).with_cursor(cursor + text.chars().count());
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
        self.stay_within();
    }

    fn scroll_down(&mut self, rows: usize) {
        self.above = self.above.saturating_sub(rows);
        if self.above == 0 {
            self.unread = 0;
        }
    }

    /// The rows to show on `height` rows of `width` cells, the newest at the end; keeps the scroll within what there is.
    pub(super) fn rows(&mut self, width: usize, height: usize) -> Vec<Row> {
        if self.size.0 != width {
            for message in &mut self.messages {
                message.rows = wrap(&message.entry, width).len();
            }
        }
        self.size = (width, height);
        self.stay_within();
        // From the newest up to the first that is not shown any more.
        let (mut first, mut heights) = (self.messages.len(), 0);
        while first > 0 && heights < self.above + height {
            first -= 1;
            heights += self.height(first);
        }
        let mut rows = Vec::new();
        for index in first..self.messages.len() {
            if rows.len() + self.above >= heights {
                break;
            }
            rows.extend(self.new_day(index).map(Row::Day));
            rows.extend(wrap(&self.messages[index].entry, width));
        }
        let end = heights - self.above;
        rows.truncate(end);
        rows.split_off(end.saturating_sub(height))
    }

    /// Not further up than the first message at the top of the screen.
    fn stay_within(&mut self) {
        if self.above == 0 {
            return;
        }
        let all: usize = (0..self.messages.len())
            .map(|index| self.height(index))
            .sum();
        self.above = self.above.min(all.saturating_sub(self.size.1));
    }

    /// The rows of a message and of the day above it, where there is one.
    fn height(&self, index: usize) -> usize {
        self.messages[index].rows + usize::from(self.new_day(index).is_some())
    }

    /// The day that begins with a message.
    fn new_day(&self, index: usize) -> Option<Date> {
        let before = index
            .checked_sub(1)
            .and_then(|before| day_of(&self.messages[before].entry));
        day_of(&self.messages[index].entry).filter(|day| before != Some(*day))
    }
}

/// A message on rows of `width` cells.
fn wrap(entry: &Entry, width: usize) -> Vec<Row> {
    let width = width.saturating_sub(MARGIN).max(1);
    let mut lines = textwrap::wrap(&entry.text, width).into_iter();
    let first = lines.next().unwrap_or_default();
    let (author, text) = match first.split_once(": ") {
        Some((author, text)) => (format!("{author}: "), text.to_owned()),
        None => (String::new(), first.into_owned()),
    };
    let time = entry
        .at
        .map_or_else(String::new, |at| at.strftime("%H:%M").to_string());
    let first = Row::First { time, author, text };
    std::iter::once(first)
        .chain(lines.map(|line| Row::More(line.into_owned())))
        .collect()
}

fn day_of(entry: &Entry) -> Option<Date> {
    entry.at.map(DateTime::date)
}

#[cfg(test)]
mod tests;
