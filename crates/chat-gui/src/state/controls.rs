//! Everything that can have the keyboard, in order, and what pressing it does.
//!
//! The toolkit gives the keyboard to fields only; buttons get it here.

use super::{Dialog, Effect, Local, Reason, Search, State};
use crate::foreign::Needle;
use crate::palette;
use crate::settings::{Shade, clamp};
use crate::words::Words;
use jiff::civil::DateTime;
use underground_chat::protocol::{Login, Token};

/// Something that can have the keyboard.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "each is named as what it shows")]
pub enum Control {
    List,
    Input,
    Send,
    Search,
    Settings,
    Retry,
    StartServer,
    Newest,
    SearchField,
    SearchUp,
    SearchDown,
    SearchClose,
    Name,
    Register,
    Token,
    LogIn,
    OnlyRead,
    Quit,
    Host,
    ReadPort,
    WritePort,
    History,
    Smaller,
    Larger,
    Light,
    Dark,
    English,
    Russian,
    Account,
    Save,
    Cancel,
}

impl Control {
    /// Whether it is a field to type in.
    #[must_use]
    pub fn is_field(self) -> bool {
        matches!(
            self,
            Self::Input
                | Self::SearchField
                | Self::Name
                | Self::Token
                | Self::Host
                | Self::ReadPort
                | Self::WritePort
                | Self::History
        )
    }

    /// What the toolkit knows it by.
    #[must_use]
    pub fn id(self) -> iced::widget::Id {
        iced::widget::Id::from(format!("{self:?}"))
    }
}

impl State {
    /// What can have the keyboard now, in the order of the Tab key.
    #[must_use]
    pub fn controls(&self) -> Vec<Control> {
        if let Some(dialog) = &self.dialog {
            let mut controls = dialog.controls();
            if self.offers_server() && matches!(dialog, Dialog::Account { .. }) {
                controls.push(Control::StartServer);
            }
            return controls;
        }
        let mut controls = vec![Control::Search, Control::Settings];
        if self.search.is_some() {
            controls.extend([
                Control::SearchField,
                Control::SearchUp,
                Control::SearchDown,
                Control::SearchClose,
            ]);
        }
        controls.push(Control::List);
        let there = [
            (self.offers_server(), Control::StartServer),
            (
                self.conversation.unread > 0 || !self.conversation.is_newest(),
                Control::Newest,
            ),
            (true, Control::Input),
            (true, Control::Send),
            (self.is_down(), Control::Retry),
        ];
        controls.extend(
            there
                .iter()
                .filter(|(there, _)| *there)
                .map(|(_, control)| *control),
        );
        controls
    }

    /// Whether a connection waits to be tried again.
    #[must_use]
    pub fn is_down(&self) -> bool {
        use underground_chat::client::Status::Down;
        matches!(self.reading, Down { .. }) || matches!(self.writing, Down { .. })
    }

    pub(super) fn focus_on(&mut self, control: Control, effects: &mut Vec<Effect>) {
        self.focus = control;
        effects.push(Effect::Focus(control));
    }

    pub(super) fn focus_next(&mut self, back: bool, effects: &mut Vec<Effect>) {
        let controls = self.controls();
        let count = controls.len();
        let at = controls.iter().position(|control| *control == self.focus);
        let next = match at {
            Some(at) if back => (at + count - 1) % count,
            Some(at) => (at + 1) % count,
            None => 0,
        };
        self.focus_on(controls[next], effects);
    }

    pub(super) fn show(&mut self, dialog: Dialog, effects: &mut Vec<Effect>) {
        let first = dialog.first();
        self.dialog = Some(dialog);
        self.focus_on(first, effects);
    }

    pub(super) fn press(&mut self, control: Control, clock: DateTime, effects: &mut Vec<Effect>) {
        self.notice = None;
        match control {
            Control::Send | Control::Input => self.submit(effects),
            Control::Search => {
                self.search.get_or_insert_default();
                self.focus_on(Control::SearchField, effects);
            }
            Control::SearchUp | Control::SearchField => self.look_on(false),
            Control::SearchDown => self.look_on(true),
            Control::SearchClose => self.close_search(effects),
            Control::Settings => self.show(Dialog::settings(&self.settings), effects),
            Control::Retry => effects.push(Effect::Retry),
            Control::StartServer => {
                self.local = Local::Starting;
                effects.push(Effect::StartServer);
                let first = self.dialog.as_ref().map_or(Control::Input, Dialog::first);
                self.focus_on(first, effects);
            }
            Control::Newest => {
                self.conversation.to_newest();
                self.focus_on(Control::Input, effects);
            }
            Control::Name | Control::Register => self.register(clock, effects),
            Control::Token | Control::LogIn => self.log_in(clock, effects),
            Control::OnlyRead | Control::Cancel => self.close_dialog(effects),
            Control::Quit => self.leave(effects),
            Control::Account => {
                let dialog = Dialog::account(Reason::Change, self.settings.words);
                self.show(dialog, effects);
            }
            Control::Save
            | Control::Host
            | Control::ReadPort
            | Control::WritePort
            | Control::History => self.save(clock, effects),
            Control::Smaller
            | Control::Larger
            | Control::Light
            | Control::Dark
            | Control::English
            | Control::Russian => {
                if let Some(Dialog::Settings {
                    letters,
                    shade,
                    language,
                    ..
                }) = &mut self.dialog
                {
                    match control {
                        Control::English => *language = Words::En,
                        Control::Russian => *language = Words::Ru,
                        Control::Smaller => *letters = clamp(*letters - 1),
                        Control::Larger => *letters = clamp(*letters + 1),
                        Control::Light => *shade = Shade::Light,
                        _ => *shade = Shade::Dark,
                    }
                }
                self.focus = control;
            }
            Control::List => self.open_selected(effects),
        }
    }

    pub(super) fn close_search(&mut self, effects: &mut Vec<Effect>) {
        self.search = None::<Search>;
        self.conversation.look_for(Needle::default());
        self.focus_on(Control::Input, effects);
    }

    pub(super) fn close_dialog(&mut self, effects: &mut Vec<Effect>) {
        self.dialog = None;
        self.focus_on(Control::Input, effects);
    }

    fn register(&mut self, clock: DateTime, effects: &mut Vec<Effect>) {
        let words = self.settings.words;
        let Some(Dialog::Account {
            reason,
            name,
            error,
            ..
        }) = &mut self.dialog
        else {
            return;
        };
        let Some(login) = Login::register(name) else {
            *error = Some(words.empty_name());
            return self.focus_on(Control::Name, effects);
        };
        let (name, change) = (name.clone(), *reason == Reason::Change);
        let here = Effect::Register(name);
        self.enter(login, here, change.then_some(clock), effects);
    }

    fn log_in(&mut self, clock: DateTime, effects: &mut Vec<Effect>) {
        let words = self.settings.words;
        let Some(Dialog::Account {
            reason,
            token,
            error,
            ..
        }) = &mut self.dialog
        else {
            return;
        };
        let Some(token) = Token::new(token) else {
            *error = Some(words.empty_token());
            return self.focus_on(Control::Token, effects);
        };
        let change = *reason == Reason::Change;
        effects.push(Effect::KeepToken(token.clone()));
        self.enter(
            Login::Token(token.clone()),
            Effect::LogIn(token),
            change.then_some(clock),
            effects,
        );
    }

    /// Goes in by `login`: on this connection, where it waits for that, or on another
    /// from `anew` on.
    fn enter(
        &mut self,
        login: Login,
        here: Effect,
        anew: Option<DateTime>,
        effects: &mut Vec<Effect>,
    ) {
        self.login = Some(login);
        match anew {
            Some(clock) => self.reconnect(false, clock, effects),
            None => effects.push(here),
        }
        self.close_dialog(effects);
    }

    fn save(&mut self, clock: DateTime, effects: &mut Vec<Effect>) {
        let Some(dialog) = &mut self.dialog else {
            return;
        };
        let settings = match dialog.read_settings(&self.settings) {
            Ok(settings) => settings,
            Err(at) => return self.focus_on(at, effects),
        };
        let before = std::mem::replace(&mut self.settings, settings);
        let now = &self.settings;
        let link = palette::of(now.shade).link;
        self.conversation
            .dress(f32::from(now.letters), link, now.words);
        if before.history != now.history {
            effects.push(Effect::MoveHistory);
        }
        let place = |address: &underground_chat::flags::Address| {
            (address.host.clone(), address.read_port, address.write_port)
        };
        if place(&before.address) != place(&now.address) {
            self.reconnect(true, clock, effects);
        }
        effects.push(Effect::KeepSettings(self.settings.changed(&before)));
        self.close_dialog(effects);
    }
}
