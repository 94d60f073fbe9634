//! Log lines: to stderr, or to a file for programs that paint the whole screen.
//!
//! `RUST_LOG` wins; else each `-v` shows more of the program's own lines.

use std::fs::File;
use std::io::{self, IsTerminal};
use std::path::{Path, PathBuf};

use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::ParseError;

/// Why logging could not be set up.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LoggingError {
    /// `RUST_LOG` holds something that is no filter.
    #[error("RUST_LOG is not a log filter: {0}; try RUST_LOG=debug")]
    Filter(ParseError),
    /// `RUST_LOG` is not text.
    #[error("RUST_LOG is not valid Unicode")]
    Unicode,
    /// The log file cannot be opened.
    #[error("cannot write the log file {}: {reason}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the system said. Part of the message, so not its source.
        reason: io::Error,
    },
}

/// Logs to stderr, coloured only where stderr is a terminal and `NO_COLOR` is not set.
///
/// `program` is the crate whose lines `-v` shows more of, as in `module_path!()`;
/// `verbosity` counts the `-v`s: none for what a user should know, one for what
/// an engineer asks, two for everything. Dependencies stay at errors, and at warnings
/// with `-v`: what they warn of is for engineers.
///
/// # Errors
///
/// See [`LoggingError`].
///
/// # Panics
///
/// When called twice in one process.
pub fn to_stderr(program: &str, verbosity: u8) -> Result<(), LoggingError> {
    let no_color = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    tracing_subscriber::fmt()
        .with_env_filter(filter(program, verbosity)?)
        .with_writer(io::stderr)
        .with_ansi(io::stderr().is_terminal() && !no_color)
        // Who read the log may have gone; to complain of it on stderr would panic.
        .log_internal_errors(false)
        .init();
    Ok(())
}

/// Logs to the end of the file at `path`, without colour: for programs that own the whole screen.
///
/// # Errors
///
/// See [`LoggingError`].
///
/// # Panics
///
/// When called twice in one process.
pub fn to_file(program: &str, verbosity: u8, path: &Path) -> Result<(), LoggingError> {
    let file = File::options()
        .append(true)
        .create(true)
        .open(path)
        .map_err(|reason| LoggingError::File {
            path: path.to_owned(),
            reason,
        })?;
    tracing_subscriber::fmt()
        .with_env_filter(filter(program, verbosity)?)
        .with_writer(file)
        .with_ansi(false)
        .init();
    Ok(())
}

/// What is logged: `RUST_LOG` where it is set, else as [`to_stderr`] has it. For programs
/// that give their lines a form of their own.
///
/// # Errors
///
/// `RUST_LOG` is no filter or no text.
pub fn filter(program: &str, verbosity: u8) -> Result<EnvFilter, LoggingError> {
    match std::env::var("RUST_LOG") {
        Ok(directives) if !directives.is_empty() => {
            EnvFilter::try_new(directives).map_err(LoggingError::Filter)
        }
        Err(std::env::VarError::NotUnicode(_)) => Err(LoggingError::Unicode),
        _ => EnvFilter::try_new(directives(program, verbosity)).map_err(LoggingError::Filter),
    }
}

fn directives(program: &str, verbosity: u8) -> String {
    let level = ["info", "debug", "trace"][usize::from(verbosity.min(2))];
    let others = if verbosity == 0 { "error" } else { "warn" };
    format!("{others},common={level},{program}={level}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_v_shows_more_of_the_program_and_nothing_of_its_dependencies() {
        assert_eq!(directives("chat", 0), "error,common=info,chat=info");
        assert_eq!(directives("chat", 1), "warn,common=debug,chat=debug");
        assert_eq!(directives("chat", 9), "warn,common=trace,chat=trace");
        for verbosity in 0..4 {
            EnvFilter::try_new(directives("chat", verbosity)).unwrap();
        }
    }

    #[test]
    fn a_log_file_that_cannot_be_opened_is_named() {
        let directory = tempfile::tempdir().unwrap();
        let error = to_file("chat", 0, directory.path()).unwrap_err();
        assert!(
            error
                .to_string()
                .contains(&*directory.path().to_string_lossy())
        );
    }
}
