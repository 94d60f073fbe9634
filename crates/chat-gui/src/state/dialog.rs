//! Dialogs inside the window. Each can stay open as long as it likes: the chat goes on beneath.

use underground_chat::flags::Address;

use super::Control;
use crate::settings::{Settings, Shade};
use crate::words::Words;

/// Why an account is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// There is none.
    NoAccount,
    /// The server does not know the token.
    UnknownToken,
    /// The user wants another.
    Change,
}

/// A dialog and what was typed into it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "fields are named as what they show")]
pub enum Dialog {
    /// Who are you?
    Account {
        reason: Reason,
        name: String,
        token: String,
        error: Option<&'static str>,
    },
    /// How do you want it?
    Settings {
        host: String,
        read_port: String,
        write_port: String,
        history: String,
        letters: u16,
        shade: Shade,
        language: Words,
        error: Option<&'static str>,
    },
}

impl Dialog {
    pub(super) fn account(reason: Reason, words: Words) -> Self {
        Self::Account {
            reason,
            name: String::new(),
            token: String::new(),
            error: (reason == Reason::UnknownToken).then(|| words.unknown_token()),
        }
    }

    pub(super) fn settings(settings: &Settings) -> Self {
        Self::Settings {
            host: settings.address.host.clone(),
            read_port: settings.address.read_port.to_string(),
            write_port: settings.address.write_port.to_string(),
            history: settings.history.display().to_string(),
            letters: settings.letters,
            shade: settings.shade,
            language: settings.words,
            error: None,
        }
    }

    /// What has the keyboard when it opens.
    #[must_use]
    pub fn first(&self) -> Control {
        self.controls()[0]
    }

    pub(super) fn controls(&self) -> Vec<Control> {
        match self {
            Self::Account { reason, .. } => vec![
                Control::Name,
                Control::Register,
                Control::Token,
                Control::LogIn,
                if *reason == Reason::Change {
                    Control::Cancel
                } else {
                    Control::OnlyRead
                },
                Control::Quit,
            ],
            Self::Settings { .. } => vec![
                Control::Host,
                Control::ReadPort,
                Control::WritePort,
                Control::History,
                Control::Light,
                Control::Dark,
                Control::English,
                Control::Russian,
                Control::Smaller,
                Control::Larger,
                Control::Account,
                Control::Cancel,
                Control::Save,
            ],
        }
    }

    pub(super) fn typed(&mut self, control: Control, text: String) {
        let field = match self {
            Self::Account { name, token, .. } => match control {
                Control::Name => name,
                Control::Token => token,
                _ => return,
            },
            Self::Settings {
                host,
                read_port,
                write_port,
                history,
                ..
            } => match control {
                Control::Host => host,
                Control::ReadPort => read_port,
                Control::WritePort => write_port,
                Control::History => history,
                _ => return,
            },
        };
        *field = text;
        match self {
            Self::Account { error, .. } | Self::Settings { error, .. } => *error = None,
        }
    }

    /// The settings as typed; or what is wrong is said, and where.
    pub(super) fn read_settings(&mut self, before: &Settings) -> Result<Settings, Control> {
        let Self::Settings {
            host,
            read_port,
            write_port,
            history,
            letters,
            shade,
            language,
            error,
        } = self
        else {
            return Ok(before.clone());
        };
        let words = before.words;
        let port = |text: &str| text.trim().parse().ok().filter(|&port: &u16| port > 0);
        let wrong = if host.trim().is_empty() {
            Some((words.bad_host(), Control::Host))
        } else if port(read_port).is_none() {
            Some((words.bad_port(), Control::ReadPort))
        } else if port(write_port).is_none() {
            Some((words.bad_port(), Control::WritePort))
        } else if history.trim().is_empty() {
            Some((words.bad_history(), Control::History))
        } else {
            None
        };
        if let Some((text, control)) = wrong {
            *error = Some(text);
            return Err(control);
        }
        Ok(Settings {
            address: Address {
                host: host.trim().to_owned(),
                read_port: port(read_port).unwrap_or(before.address.read_port),
                write_port: port(write_port).unwrap_or(before.address.write_port),
            },
            history: history.trim().into(),
            shade: *shade,
            letters: *letters,
            words: *language,
        })
    }
}
