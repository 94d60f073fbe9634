//! How a program of the workshop ends: a code, and on failure one line that says why.

use std::fmt::Display;
use std::process::ExitCode;

/// Turns what `run` answered into the process's exit code.
///
/// An error becomes one line on stderr, `program: what: why`, and code 1. The
/// alternate form (`{:#}`) is used, so an `anyhow` error shows its whole chain.
pub fn code(program: &str, result: Result<ExitCode, impl Display>) -> ExitCode {
    match result {
        Ok(code) => code,
        Err(error) => {
            let line = format!("{error:#}");
            eprintln!("{program}: {}", crate::escape::visible(line.trim_end()));
            ExitCode::FAILURE
        }
    }
}
