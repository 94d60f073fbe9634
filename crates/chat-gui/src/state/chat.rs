//! What the connection brings, and what is sent through it.

use std::sync::Arc;
use std::time::Duration;

use jiff::civil::DateTime;
use underground_chat::client::{Event, Port, Status};
use underground_chat::history::Entry;
use underground_chat::protocol::{Login, MessageId, PostError, text};

use super::{Control, Dialog, Effect, Local, Reason, State, UNWRITTEN, Unwritten};
use crate::conversation::Message as Said;
use crate::foreign::{self, Needle};
use crate::outbox::Echo;

/// Whoever asks to leave again so soon has read that messages wait.
const WARNED: Duration = Duration::from_secs(30);
/// Names that were ours and are remembered.
const NAMES: usize = 8;

impl State {
    pub(super) fn past(&mut self, past: Vec<Entry>, trouble: Option<String>) {
        self.ready = true;
        let said = past
            .into_iter()
            .map(|entry| Said::new(entry.at, &entry.text, false));
        self.conversation.extend(said);
        if let Some(trouble) = trouble {
            self.unwritable = Some(trouble.clone());
            self.say(trouble);
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
                    if !matches!(self.dialog, Some(Dialog::Account { .. })) {
                        self.show(dialog, effects);
                    }
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
            if let Some(search) = &mut self.search {
                let needle = Needle::new(&search.text);
                let holds = |said: &&Said| needle.find(said.line(), 0).is_some();
                search.count += said.iter().filter(holds).count();
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
        if own && self.outbox.echoed(said.text()) == Some(Echo::Cut) {
            self.say(self.settings.words.cut_short(said.text().len()));
        }
        said.own = own;
        said
    }

    /// Has the history written, a batch at a time and in order.
    pub(super) fn record(&mut self, effects: &mut Vec<Effect>) {
        if self.unwritten.len() > UNWRITTEN {
            let excess = self.unwritten.len() - UNWRITTEN;
            self.unwritten.drain(..excess);
            self.complain(self.settings.words.history_lost().to_owned());
        }
        if !self.recording && !self.unwritten.is_empty() {
            self.recording = true;
            effects.push(Effect::Record(std::mem::take(&mut self.unwritten)));
        }
    }

    pub(super) fn recorded(&mut self, result: Result<(), Unwritten>, effects: &mut Vec<Effect>) {
        self.recording = false;
        match result {
            Ok(()) => {
                self.unwritable = None;
                self.record(effects);
            }
            // Tried again with what is heard next: at once would be over and over.
            Err(Unwritten { error, mut lines }) => {
                lines.append(&mut self.unwritten);
                self.unwritten = lines;
                self.complain(error);
            }
        }
    }

    /// Says what is the matter with the history, once.
    fn complain(&mut self, error: String) {
        if self.unwritable.as_ref() != Some(&error) {
            self.unwritable = Some(error.clone());
            self.say(error);
        }
    }

    /// What is to be written before the end.
    pub fn take_unwritten(&mut self) -> Vec<(DateTime, String)> {
        std::mem::take(&mut self.unwritten)
    }

    pub(super) fn tick(&mut self, clock: DateTime, effects: &mut Vec<Effect>) {
        let overdue = self.outbox.overdue(self.now);
        self.unheard(&overdue, clock, effects);
    }

    /// Shows what the server has and did not send us, and has it written down.
    fn unheard(&mut self, messages: &[String], clock: DateTime, effects: &mut Vec<Effect>) {
        if messages.is_empty() {
            return;
        }
        let name = self.own_names.last().cloned().unwrap_or_default();
        let lines: Vec<String> = messages
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
    pub(super) fn reconnect(
        &mut self,
        elsewhere: bool,
        clock: DateTime,
        effects: &mut Vec<Effect>,
    ) {
        // What this server has will not be heard on the next connection.
        let sent = self.outbox.take_sent();
        self.unheard(&sent, clock, effects);
        effects.push(Effect::Move {
            waiting: self.outbox.take_waiting(),
            elsewhere,
        });
        self.generation += 1;
        self.nickname = None;
        self.reading = Status::Connecting;
        self.writing = Status::Connecting;
    }

    /// What was not confirmed by the server before.
    pub(super) fn returned(
        &mut self,
        back: &[String],
        unsure: &[String],
        effects: &mut Vec<Effect>,
    ) {
        let words = self.settings.words;
        if !back.is_empty() {
            self.write(&back.join("\n"), effects);
            self.say(words.brought_back(back.len()));
        }
        if let Some(first) = unsure.first() {
            // Louder than what came back, which can be seen.
            let first = foreign::clean(foreign::start(first, 60));
            self.say(words.unsure(unsure.len(), &first));
        }
    }

    /// Ends, unless messages wait and the user does not know.
    pub(super) fn leave(&mut self, effects: &mut Vec<Effect>) {
        let told = self
            .warned
            .is_some_and(|at| self.now.saturating_duration_since(at) < WARNED);
        if self.outbox.last_waiting().is_none() || told {
            return effects.push(Effect::Close);
        }
        self.warned = Some(self.now);
        let warning = self.settings.words.still_waiting();
        if let Some(Dialog::Account { error, .. }) = &mut self.dialog {
            *error = Some(warning);
        }
        self.say(warning.to_owned());
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
