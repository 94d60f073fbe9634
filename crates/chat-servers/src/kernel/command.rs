//! What a line asks for. Commands are words in lower case, separated by single blanks.
//!
//! Python's `str.split(' ')` in the original has the same edge: two blanks make
//! an empty word, which counts as an argument.

use common::escape::visible;

use super::Refusal;

/// Longest name, in characters.
const LONGEST_NAME: usize = 32;

/// What a name may not hold, beside control characters and those that turn text around: it
/// would forge a message or a page.
const FORBIDDEN: [char; 9] = ['[', ']', ':', '/', '\'', '"', '<', '>', '&'];

/// A well-formed request.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Command<'a> {
    Login(&'a str),
    Private { to: &'a str, text: &'a str },
    Chat(&'a str),
    Logout,
    WhoAmI { bare: bool },
    UserList { bare: bool },
}

/// Reads a line: first which command it is, then whether its arguments fit.
pub(super) fn parse(line: &str) -> Result<Command<'_>, Refusal<'static>> {
    let line = line.trim_matches(' ');
    let (bare, line) = match line.strip_prefix('/') {
        Some(line) => (true, line),
        None => (false, line),
    };
    let (word, arguments) = match line.split_once(' ') {
        Some((word, arguments)) => (word, Some(arguments)),
        None => (line, None),
    };
    match (word, arguments) {
        ("login", None) => Err(Refusal::NameRequired),
        ("login", Some(name)) if !name.contains(' ') => Ok(Command::Login(name)),
        ("login" | "logout", Some(_)) | ("msg", None) => Err(Refusal::Overage),
        ("msg", Some(arguments)) => match arguments.split_once(' ') {
            Some((to, text)) => Ok(Command::Private { to, text }),
            None => Err(Refusal::EmptyMessage),
        },
        ("msgall", None) => Err(Refusal::EmptyMessage),
        ("msgall", Some(text)) => Ok(Command::Chat(text)),
        ("logout", None) => Ok(Command::Logout),
        ("whoami", _) => Ok(Command::WhoAmI { bare }),
        ("userlist", _) => Ok(Command::UserList { bare }),
        _ => Err(Refusal::UnknownCommand),
    }
}

/// Whether somebody may be called that.
pub(super) fn is_name(name: &str) -> bool {
    (1..=LONGEST_NAME).contains(&name.chars().count())
        && !name.contains(FORBIDDEN)
        && visible(name) == name
}
