//! Settings from a `.env` file in the current directory, as the originals read them.
//!
//! The command line wins over the environment, the environment over `.env`, and
//! `.env` over a program's default: so [`load`] runs first and sets only what
//! the environment does not hold yet. A variable that is set to nothing holds nothing.

use std::cell::Cell;
use std::io::{self, ErrorKind, Read};
use std::sync::OnceLock;

use crate::reason::plain;

/// The variables that stand in the environment because `.env` has them.
static LOADED: OnceLock<Vec<String>> = OnceLock::new();

/// A `.env` file that exists but cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("cannot read the settings in .env: {0}; mend the file or move it away")]
pub struct DotenvError(String);

/// Reads `.env` in the current directory, if there is one, into the environment.
///
/// Call it first in `main`, before any thread exists: it changes the environment.
/// Unlike `dotenv` packages elsewhere it does not look in parent directories, where
/// a file of another project might lie.
///
/// # Errors
///
/// The file is there but unreadable, or a line of it is no `NAME=value`.
pub fn load() -> Result<(), DotenvError> {
    let text = match std::fs::read(".env").and_then(text_of) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(DotenvError(plain(&error))),
    };
    let missing = missing(&text, |name| {
        std::env::var_os(name).is_some_and(|value| !value.is_empty())
    })?;
    let lines: String = missing
        .iter()
        .map(|(name, value)| format!("{name}={}\n", quoted(value)))
        .collect();
    dotenvy::from_read_override(lines.as_bytes())
        .map_err(|_again| DotenvError("a value of it cannot be set".to_owned()))?;
    // A second call finds everything set, and adds nothing.
    LOADED.get_or_init(|| missing.into_iter().map(|(name, _)| name).collect());
    Ok(())
}

/// Whether the variable `name` was set by [`load`].
#[must_use]
pub fn set(name: &str) -> bool {
    LOADED
        .get()
        .is_some_and(|names| names.iter().any(|loaded| loaded == name))
}

/// A value as it has to stand in a `.env` file to be read back as it is.
///
/// ```
/// assert_eq!(common::dotenv::quoted("127.0.0.1"), "127.0.0.1");
/// assert_eq!(common::dotenv::quoted("a $b"), r#""a \$b""#);
/// ```
#[must_use]
pub fn quoted(value: &str) -> String {
    let plain = |character: char| character.is_ascii_alphanumeric() || "._-/:".contains(character);
    if value.chars().all(plain) {
        return value.to_owned();
    }
    let mut quoted = String::from("\"");
    for character in value.chars() {
        if matches!(character, '"' | '\\' | '$') {
            quoted.push('\\');
        }
        quoted.push(character);
    }
    quoted + "\""
}

fn text_of(bytes: Vec<u8>) -> io::Result<String> {
    let text = String::from_utf8(bytes)
        .map_err(|_bytes| io::Error::new(ErrorKind::InvalidData, "it is not UTF-8 text"))?;
    // Editors of another system begin a file with it.
    Ok(text.trim_start_matches('\u{feff}').to_owned())
}

/// Gives a text to the library line by line: how far it came says where it stopped.
struct Lines<'a> {
    rest: &'a [u8],
    given: &'a Cell<usize>,
}

impl Read for Lines<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let end = self.rest.iter().position(|&byte| byte == b'\n');
        let line = end.map_or(self.rest.len(), |end| end + 1);
        let (now, later) = self.rest.split_at(line.min(buffer.len()));
        buffer[..now.len()].copy_from_slice(now);
        // What does not fit is the same line still.
        let ends = now.ends_with(b"\n") || !now.is_empty() && later.is_empty();
        self.given.set(self.given.get() + usize::from(ends));
        self.rest = later;
        Ok(now.len())
    }
}

/// The variables of a file that nothing `holds` yet, each with its first value.
fn missing(text: &str, holds: impl Fn(&str) -> bool) -> Result<Vec<(String, String)>, DotenvError> {
    let given = Cell::new(0);
    let lines = Lines {
        rest: text.as_bytes(),
        given: &given,
    };
    let mut missing: Vec<(String, String)> = Vec::new();
    for variable in dotenvy::from_read_iter(lines) {
        let (name, value) = variable.map_err(|error| explain(text, given.get(), &error))?;
        if value.contains('\0') {
            return Err(DotenvError(format!(
                "the value of {name} holds a zero byte"
            )));
        }
        if !holds(&name) && missing.iter().all(|(first, _)| *first != name) {
            missing.push((name, value));
        }
    }
    Ok(missing)
}

/// What is wrong with the last of the lines `given`. The library's text quotes the line, which may
/// hold a secret.
fn explain(text: &str, given: usize, error: &dotenvy::Error) -> DotenvError {
    let dotenvy::Error::LineParse(bad, _) = error else {
        return DotenvError(error.to_string());
    };
    // In quotes it may be several lines; the first one is where to look.
    let more = bad.lines().count().saturating_sub(1);
    let number = given.saturating_sub(more);
    let line = text.lines().nth(number.saturating_sub(1));
    DotenvError(match line.and_then(name_of) {
        Some(name) => {
            format!(
                "line {number}, of {name}, is not NAME=value (a value with blanks needs quotes)"
            )
        }
        None => format!("line {number} is not NAME=value"),
    })
}

/// The variable that a bad line is about; `None` where that might be part of a secret.
fn name_of(line: &str) -> Option<&str> {
    let (name, _) = line.split_once('=')?;
    let name = name.trim();
    let name = name.strip_prefix("export ").map_or(name, str::trim_start);
    let usual = |character: char| matches!(character, 'A'..='Z' | '0'..='9' | '_');
    (name.starts_with(|first: char| first.is_ascii_uppercase()) && name.chars().all(usual))
        .then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn error_of(text: &str) -> String {
        missing(text, |_| false).unwrap_err().to_string()
    }

    #[test]
    fn what_nothing_holds_is_taken_and_of_two_values_the_first() {
        let text = "# mine\nA=1\nexport B='two words'\nA=3\n\nC=\n";
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        assert_eq!(
            missing(text, |name| name == "B").unwrap(),
            [pair("A", "1"), pair("C", "")]
        );
    }

    #[test]
    fn a_bad_line_is_named_by_its_number_and_name_and_its_value_is_not_shown() {
        let error = error_of("# a\n\nOTHER=x\nMINECHAT_TOKEN=5210 a154-secret\n");
        assert!(error.contains("line 4, of MINECHAT_TOKEN,"), "{error}");
        assert!(
            !error.contains("5210") && !error.contains("secret"),
            "{error}"
        );
        // Not even where the secret is all there is, or looks like a name.
        for line in ["5210a154-secret", "c2Vj-cmV0IQ==", "c2VjcmV0 x=y z"] {
            let error = error_of(&format!("A=1\r\n{line}\r\nB=2"));
            assert!(error.contains("line 2 is not NAME=value"), "{error}");
            assert!(!error.contains(&line[..6]), "{error}");
        }
    }

    #[test]
    fn a_quote_that_is_never_closed_is_where_it_was_opened() {
        let error = error_of("A=1\nB='two\nthree\n\n");
        assert!(error.contains("line 2, of B,"), "{error}");
    }

    proptest! {
        #[test]
        fn what_is_quoted_is_read_back_as_it_was(value in "[a-zа-я \"'\\\\$#=\n{}.]{0,20}") {
            let line = format!("A={}\n", quoted(&value));
            let read = missing(&line, |_| false).unwrap();
            prop_assert_eq!(read, [("A".to_owned(), value)]);
        }
    }
}
