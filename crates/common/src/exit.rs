//! How a program of the workshop ends: a code, and on failure one line that says why.

use std::fmt::Display;
use std::io::{self, Write as _};
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
            let line = crate::escape::visible(line.trim_end());
            // Nobody may be left to read it; the code says it too.
            let _ = writeln!(io::stderr(), "{program}: {line}");
            ExitCode::FAILURE
        }
    }
}
