//! What the connection brings, and what is sent through it.

use std::sync::Arc;

use jiff::civil::DateTime;
use underground_chat::client::{Event, Port, Status};
use underground_chat::history::Entry;
use underground_chat::protocol::{Login, MessageId, PostError, text};

use super::{Control, Dialog, Effect, Local, Reason, State, UNWRITTEN};
use crate::conversation::Message as Said;
use crate::foreign;

/// Names that were ours and are remembered.
const NAMES: usize = 8;

impl State {
    pub(super) fn past(&mut self, past: Result<Vec<Entry>, String>) {
        self.ready = true;
        match past {
            Ok(past) => {
                let said = past
                    .into_iter()
                    .map(|entry| Said::new(entry.at, &entry.text, false));
                self.conversation.extend(said);
            }
            Err(error) => self.say(error),
        }
    }

    pub(super) fn events(
        &mut self,
        events: Vec<Event>,
        clock: DateTime,
        effects: &mut Vec<Effect>,
    ) {
        let mut said = Vec::new();
        for event in events {
            match event {
                Event::Status(Port::Read, status) => {
                    if matches!(status, Status::Down { .. }) {
                        effects.push(Effect::ReleaseHistory);
                    }
                    self.reading = status;
                }
                Event::Status(Port::Write, status) => {
                    self.writing = status;
                }
                Event::Nickname(nickname) => self.named(&nickname),
                Event::Registered(account) => {
                    self.named(&account.nickname);
                    self.login = Some(Login::Token(account.token.clone()));
                    effects.push(Effect::KeepToken(account.token));
                }
                Event::TokenRejected => {
                    self.nickname = None;
                    self.login = None;
                    let dialog = Dialog::account(Reason::UnknownToken, self.settings.words);
                    self.show(dialog, effects);
                }
                Event::Message(line) => said.push(self.heard(line, clock)),
                Event::Sent(id) => self.outbox.sent(id, self.now),
                _ => {}
            }
        }
        if !said.is_empty() {
            if !self.attended {
                self.unseen += said.len();
            }
            self.conversation.extend(said);
            self.record(effects);
        }
    }

    fn named(&mut self, nickname: &str) {
        let name = foreign::clean(nickname);
        self.conversation.claim(&name);
        self.own_names.retain(|own| *own != name);
        self.own_names.push(name);
        if self.own_names.len() > NAMES {
            self.own_names.remove(0);
        }
        self.nickname = Some(foreign::name(nickname));
    }

    fn heard(&mut self, line: String, clock: DateTime) -> Said {
        let mut said = Said::new(Some(clock), &line, false);
        self.unwritten.push((clock, line));
        let own = self.own_names.iter().any(|name| name == said.author());
        if own {
            self.outbox.echoed(said.text());
        }
        said.own = own;
        said
    }

    /// Has the history written, a batch at a time and in order.
    pub(super) fn record(&mut self, effects: &mut Vec<Effect>) {
        if self.unwritten.len() > UNWRITTEN {
            let excess = self.unwritten.len() - UNWRITTEN;
            self.unwritten.drain(..excess);
            self.say(self.settings.words.history_lost().to_owned());
        }
        if !self.recording && !self.unwritten.is_empty() {
            self.recording = true;
            effects.push(Effect::Record(std::mem::take(&mut self.unwritten)));
        }
    }

    /// What is to be written before the end.
    pub fn take_unwritten(&mut self) -> Vec<(DateTime, String)> {
        std::mem::take(&mut self.unwritten)
    }

    pub(super) fn tick(&mut self, clock: DateTime, effects: &mut Vec<Effect>) {
        let overdue = self.outbox.overdue(self.now);
        if overdue.is_empty() {
            return;
        }
        let name = self.nickname.clone().unwrap_or_default();
        let lines: Vec<String> = overdue
            .iter()
            .map(|message| format!("{name}: {}", text::flatten(message)))
            .collect();
        let said = lines.iter().map(|line| Said::new(Some(clock), line, true));
        self.conversation.extend(said);
        self.unwritten
            .extend(lines.into_iter().map(|line| (clock, line)));
        self.record(effects);
    }

    /// Sends what was written.
    pub(super) fn submit(&mut self, effects: &mut Vec<Effect>) {
        let text = self.input.text();
        if text.trim().is_empty() {
            return;
        }
        if self.login.is_none() {
            // What was written stays; it can be sent once there is an account.
            let dialog = Dialog::account(Reason::NoAccount, self.settings.words);
            return self.show(dialog, effects);
        }
        self.input = iced::widget::text_editor::Content::new();
        self.conversation.to_newest();
        effects.push(Effect::Post(text.trim_end().to_owned()));
    }

    /// The library did not take a text: it goes back to where it was written.
    pub(super) fn refused(&mut self, text: String, error: PostError, effects: &mut Vec<Effect>) {
        let words = self.settings.words;
        match error {
            PostError::Empty => return,
            PostError::TooLong => self.say(words.too_long().to_owned()),
            PostError::Full(_) => self.say(words.queue_full().to_owned()),
            error => self.say(error.to_string()),
        }
        self.write(&text, effects);
    }

    pub(super) fn edit_last(&mut self, effects: &mut Vec<Effect>) {
        if let Some(id) = self.outbox.last_waiting() {
            effects.push(Effect::TakeBack(id));
        }
    }

    pub(super) fn took_back(
        &mut self,
        id: MessageId,
        text: Option<String>,
        effects: &mut Vec<Effect>,
    ) {
        let Some(flat) = text else {
            return self.say(self.settings.words.too_late().to_owned());
        };
        // The library keeps one line; the outbox still has the lines as they were written.
        let written = self.outbox.text(id).unwrap_or(flat);
        self.outbox.remove(id);
        self.write(&written, effects);
    }

    /// Puts a text where messages are written, before what stands there.
    fn write(&mut self, text: &str, effects: &mut Vec<Effect>) {
        let rest = self.input.text();
        let rest = rest.trim_end();
        let whole = if rest.is_empty() {
            text.to_owned()
        } else {
            format!("{text}\n{rest}")
        };
        self.input = iced::widget::text_editor::Content::new();
        let pasted = iced::widget::text_editor::Edit::Paste(Arc::new(whole));
        self.input
            .perform(iced::widget::text_editor::Action::Edit(pasted));
        self.focus_on(Control::Input, effects);
    }

    /// Connects anew: to another server, or as somebody else.
    pub(super) fn reconnect(&mut self, effects: &mut Vec<Effect>) {
        effects.push(Effect::Move(self.outbox.take_waiting()));
        self.generation += 1;
        self.nickname = None;
        self.reading = Status::Connecting;
        self.writing = Status::Connecting;
    }

    pub(super) fn server_started(
        &mut self,
        result: Result<bool, String>,
        effects: &mut Vec<Effect>,
    ) {
        let words = self.settings.words;
        match result {
            Ok(ours) => {
                self.local = if ours { Local::Running } else { Local::None };
                self.say(
                    if ours {
                        words.server_runs()
                    } else {
                        words.server_found()
                    }
                    .to_owned(),
                );
                effects.push(Effect::Retry);
            }
            Err(error) => {
                self.local = Local::None;
                self.say(error);
            }
        }
    }
}
