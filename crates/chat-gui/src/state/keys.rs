//! Keys that mean something to the window as a whole.

use iced::advanced::graphics::core::SmolStr;
use iced::widget::text_editor::{Action, Edit};
use jiff::civil::DateTime;

use super::{Control, Effect, State};
use crate::conversation::Selection;
use crate::row::Target;

/// Pixels an arrow key moves the list by.
const STEP: i64 = 60;

/// A key that no field took, or that the window takes before any field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Key {
    /// To the next control, or with `back` to the one before.
    Tab {
        /// Shift is held.
        back: bool,
    },
    /// Closes what is open.
    Escape,
    /// Presses what has the keyboard.
    Press,
    /// Ctrl-F.
    Search,
    /// F3, or Shift-F3 up.
    SearchOn {
        /// Towards the newest.
        down: bool,
    },
    /// Ctrl-C with nothing selected in a field.
    Copy,
    /// Ctrl-A with the list focused.
    SelectAll,
    /// Letters that no field took.
    Type(SmolStr),
    /// An arrow: one message on.
    Arrow {
        /// Towards the newest.
        down: bool,
        /// Shift is held.
        extend: bool,
    },
    /// Up in an empty field.
    EditLast,
    /// One page on.
    Page {
        /// Towards the newest.
        down: bool,
    },
    /// To the oldest or the newest.
    End {
        /// The newest.
        down: bool,
    },
    /// Ctrl and plus or minus.
    Letters {
        /// By so many pixels.
        by: i16,
    },
}

impl State {
    pub(super) fn key(&mut self, key: Key, clock: DateTime, effects: &mut Vec<Effect>) {
        let list = self.dialog.is_none();
        match key {
            Key::Tab { back } => self.focus_next(back, effects),
            Key::Escape => self.escape(effects),
            Key::Press if !self.focus.is_field() && self.controls().contains(&self.focus) => {
                self.press(self.focus, clock, effects);
            }
            Key::Search if list => self.press(Control::Search, clock, effects),
            Key::SearchOn { down } if list => self.look_on(down),
            Key::Copy => {
                if let Some(text) = self.conversation.selected() {
                    self.say(self.settings.words.copied().to_owned());
                    effects.push(Effect::Copy(text));
                }
            }
            Key::SelectAll if list && self.focus == Control::List => {
                if let Some(to) = self.conversation.messages().len().checked_sub(1) {
                    self.conversation
                        .select(Some(Selection::Rows { from: 0, to }));
                }
            }
            Key::Arrow { down, extend } if list && self.focus == Control::List => {
                self.step(down, extend);
            }
            Key::EditLast if list => self.edit_last(effects),
            Key::Page { down } if list => {
                let page = (self.conversation.page() - STEP).max(STEP);
                self.conversation.scroll(if down { page } else { -page });
            }
            Key::End { down: true } if list => self.conversation.to_newest(),
            Key::End { down: false } if list => self.conversation.to_part(0.0),
            Key::Type(text) if list && (!self.focus.is_field() || self.focus == Control::Input) => {
                self.focus_on(Control::Input, effects);
                let text = std::sync::Arc::new(text.to_string());
                self.input.perform(Action::Edit(Edit::Paste(text)));
            }
            Key::Letters { by } => self.letters(by, effects),
            _ => {}
        }
    }

    fn escape(&mut self, effects: &mut Vec<Effect>) {
        if self.dialog.is_some() {
            self.close_dialog(effects);
        } else if self.search.is_some() {
            self.close_search(effects);
        } else {
            self.notice = None;
            self.conversation.select(None);
            self.focus_on(Control::Input, effects);
        }
    }

    /// Selects the message before or after the selected one, and brings it into sight.
    fn step(&mut self, down: bool, extend: bool) {
        let count = self.conversation.messages().len();
        if count == 0 {
            return;
        }
        let next = match self.conversation.selection {
            Some(Selection::Rows { to, .. } | Selection::Text { row: to, .. }) if down => {
                (to + 1).min(count - 1)
            }
            Some(Selection::Rows { to, .. } | Selection::Text { row: to, .. }) => {
                to.saturating_sub(1)
            }
            None => self
                .conversation
                .visible()
                .last()
                .map_or(0, |(row, ..)| row),
        };
        self.followed = None;
        self.conversation.click(next, extend);
        self.conversation.reveal(next);
    }

    /// Enter on a message: its links, one each time, and more of it.
    pub(super) fn open_selected(&mut self, effects: &mut Vec<Effect>) {
        let Some(Selection::Rows { to, .. }) = self.conversation.selection else {
            return;
        };
        let turn = match self.followed {
            Some((row, turn)) if row == to => turn + 1,
            _ => 0,
        };
        self.followed = Some((to, turn));
        match self.conversation.target(to, turn) {
            Some(Target::More) => self.conversation.open(to),
            Some(Target::Link(address)) => effects.push(Effect::Open(address)),
            None => {}
        }
    }

    fn letters(&mut self, by: i16, effects: &mut Vec<Effect>) {
        let before = self.settings.clone();
        let settings = &mut self.settings;
        settings.letters = crate::settings::clamp(settings.letters.saturating_add_signed(by));
        let link = crate::palette::of(settings.shade).link;
        self.conversation
            .dress(f32::from(settings.letters), link, settings.words);
        effects.push(Effect::KeepSettings(self.settings.changed(&before)));
    }
}
