//! Settings from a `.env` file in the current directory, as the originals read them.
//!
//! The command line wins over the environment, the environment over `.env`, and
//! `.env` over a program's default: so [`load`] runs first and sets only what
//! the environment does not hold yet.

use std::io::ErrorKind;

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
    match dotenvy::from_path(".env") {
        Ok(()) => Ok(()),
        Err(dotenvy::Error::Io(error)) if error.kind() == ErrorKind::NotFound => Ok(()),
        // The library's text for a bad line quotes the line, which may hold a secret.
        Err(dotenvy::Error::LineParse(_, column)) => Err(DotenvError(format!(
            "a line is not NAME=value (at its character {column})"
        ))),
        Err(error) => Err(DotenvError(error.to_string())),
    }
}
