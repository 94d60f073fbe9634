//! What was said, in a text file: `[2026.11.21 09:41] Eva: hello`, one line a message.
//!
//! Each line is one write, so that a killed program leaves at most the end of
//! one line missing; the next start mends that. The Python original keeps its
//! lines in a buffer and loses them all when it is stopped.
//!
//! Two clients in one directory hear the same messages and are given the same
//! file. The first one locks and writes it; the other looks on, and takes over
//! when the first has gone or has lost its connection. So every message that
//! one of them hears stands there once.

mod tail;

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use common::escape::visible;
use common::reason::plain;
use jiff::civil::DateTime;

pub use tail::tail;

/// The size at which a file is put aside, unless told otherwise: 16 MiB.
pub const DEFAULT_MAX: u64 = 16 * 1024 * 1024;
/// How the time stands in front of a message.
const STAMP: &str = "[%Y.%m.%d %H:%M]";
/// `[2026.11.21 09:41`: the original's own histories have a shorter time, with the day first.
const STAMP_LENGTH: usize = 17;

/// The history cannot be read or written.
#[derive(Debug, thiserror::Error)]
#[error("cannot use the history file {}: {}; choose another with --history", path.display(), plain(reason))]
pub struct HistoryError {
    path: PathBuf,
    /// Part of the message, so not its source.
    reason: io::Error,
}

impl HistoryError {
    /// Whether a client of another server writes the file: what is said here does not belong there.
    #[must_use]
    pub fn is_elsewhere(&self) -> bool {
        self.reason
            .get_ref()
            .is_some_and(|error| error.is::<Elsewhere>())
    }
}

/// Another program writes down what is said on this server.
#[derive(Debug, thiserror::Error)]
#[error("another program keeps what is said on {0} there")]
struct Elsewhere(String);

/// One message of the past.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// When it was heard, by the clock on the wall; `None` where the line does not say.
    pub at: Option<DateTime>,
    /// `NICK: TEXT`, free of control characters.
    pub text: String,
}

impl Entry {
    fn parse(line: &str) -> Self {
        let stamped = line.split_once("] ").and_then(|(stamp, text)| {
            if stamp.len() != STAMP_LENGTH {
                return None;
            }
            let at = DateTime::strptime("[%Y.%m.%d %H:%M", stamp).ok()?;
            Some((at, text))
        });
        let (at, text) = match stamped {
            Some((at, text)) => (Some(at), text),
            None => (None, line),
        };
        Self {
            at,
            text: visible(text).into_owned(),
        }
    }
}

/// The file being written.
#[derive(Debug)]
pub struct History {
    path: PathBuf,
    max: u64,
    /// Whose messages they are; empty where that was not said.
    server: String,
    /// Locked by us, and its size; `None` while another program writes it.
    file: Option<(File, u64)>,
}

impl History {
    /// Opens the file at `path`, or makes it; at `max` bytes it is put aside as `path.1` and begun anew.
    ///
    /// # Errors
    ///
    /// The file cannot be had.
    pub fn open(path: &Path, max: u64) -> Result<Self, HistoryError> {
        let mut history = Self::of(path, max, "");
        history.acquire()?;
        Ok(history)
    }

    /// The history of `server` (any text that names it), in the file at `path`, which is opened with
    /// the first message. Programs on one server share a file; those on different ones cannot.
    #[must_use]
    pub fn of(path: &Path, max: u64, server: &str) -> Self {
        Self {
            path: path.to_owned(),
            max,
            server: server.to_owned(),
            file: None,
        }
    }

    /// Opens the file now, unless another program on the same server writes it.
    ///
    /// # Errors
    ///
    /// The file cannot be had, or [a program on another server](HistoryError::is_elsewhere) writes it.
    pub fn acquire(&mut self) -> Result<(), HistoryError> {
        let taken = self.take();
        self.explain(taken)
    }

    /// Whether this program writes the file; otherwise another one does.
    #[must_use]
    pub fn is_ours(&self) -> bool {
        self.file.is_some()
    }

    /// Leaves the file to another program for now: nothing is heard here any more.
    pub fn release(&mut self) {
        if let Some((file, _)) = &self.file
            && !self.server.is_empty()
            && self.is_at_path(file).unwrap_or(false)
        {
            // Before the lock goes: afterwards it may be another's.
            let _ = std::fs::remove_file(self.note());
        }
        self.file = None;
    }

    /// The file beside it that says whose messages its writer keeps.
    fn note(&self) -> PathBuf {
        let mut name = self.path.as_os_str().to_owned();
        name.push(".lock");
        name.into()
    }

    /// Writes down one message; nothing, where another program writes the file.
    ///
    /// # Errors
    ///
    /// The message could not be written. Writing the next one may work.
    pub fn append(&mut self, at: DateTime, text: &str) -> Result<(), HistoryError> {
        let line = format!("{} {}\n", at.strftime(STAMP), visible(text));
        let written = self.write(line.as_bytes());
        if written.is_err() {
            // Part of the line may stand there: opening the file again mends it.
            self.file = None;
        }
        self.explain(written)
    }

    fn write(&mut self, line: &[u8]) -> io::Result<()> {
        if let Some((file, _)) = &self.file
            && !self.is_at_path(file)?
        {
            // Removed, or put aside by another program: this one begins anew.
            self.file = None;
        }
        self.take()?;
        let Some((_, size)) = &self.file else {
            return Ok(());
        };
        if *size > 0 && size + line.len() as u64 > self.max {
            std::fs::rename(&self.path, tail::older(&self.path))?;
            self.file = None;
            self.take()?;
        }
        if let Some((file, size)) = &mut self.file {
            file.write_all(line)?;
            *size += line.len() as u64;
        }
        Ok(())
    }

    /// Opens, locks and mends the file, unless it is ours already or another program's.
    fn take(&mut self) -> io::Result<()> {
        if self.file.is_some() {
            return Ok(());
        }
        let file = OpenOptions::new()
            .read(true)
            .append(true)
            .create(true)
            .open(&self.path)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return self.same_server(),
            Err(TryLockError::Error(error)) => return Err(error),
        }
        // Whoever had it may have put it aside between our opening and locking it.
        if self.is_at_path(&file)? {
            let size = tail::mend(&file)?;
            if !self.server.is_empty() && file.metadata()?.is_file() {
                // A directory that takes no file more is no reason to keep no history.
                let _ = std::fs::write(self.note(), &self.server);
            }
            self.file = Some((file, size));
        }
        Ok(())
    }

    /// Whether `file` is still the one that its name leads to.
    fn is_at_path(&self, file: &File) -> io::Result<bool> {
        let ours = file.metadata()?;
        match std::fs::metadata(&self.path) {
            Ok(there) => Ok((ours.dev(), ours.ino()) == (there.dev(), there.ino())),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// An error where the program that writes the file says that it is on another server.
    fn same_server(&self) -> io::Result<()> {
        if self.server.is_empty() {
            return Ok(());
        }
        match std::fs::read_to_string(self.note()) {
            // Between locking the file and writing the note it is empty or missing;
            // the next message looks again.
            Ok(other) if !other.is_empty() && other != self.server => {
                let other = Elsewhere(visible(&other).into_owned());
                Err(io::Error::other(other))
            }
            _ => Ok(()),
        }
    }

    fn explain<T>(&self, result: io::Result<T>) -> Result<T, HistoryError> {
        result.map_err(|reason| HistoryError {
            path: self.path.clone(),
            reason,
        })
    }
}

impl Drop for History {
    fn drop(&mut self) {
        self.release();
    }
}

#[cfg(test)]
mod tests;
