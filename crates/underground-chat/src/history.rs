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
use std::io::{self, Write};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use common::escape::visible;
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
#[error("cannot use the history file {}: {source}; choose another with --history", path.display())]
pub struct HistoryError {
    path: PathBuf,
    source: io::Error,
}

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
        let mut history = Self {
            path: path.to_owned(),
            max,
            file: None,
        };
        let taken = history.take();
        history.explain(taken)?;
        Ok(history)
    }

    /// Whether this program writes the file; otherwise another one does.
    #[must_use]
    pub fn is_ours(&self) -> bool {
        self.file.is_some()
    }

    /// Leaves the file to another program for now: nothing is heard here any more.
    pub fn release(&mut self) {
        self.file = None;
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
            Err(TryLockError::WouldBlock) => return Ok(()),
            Err(TryLockError::Error(error)) => return Err(error),
        }
        // Whoever had it may have put it aside between our opening and locking it.
        let (ours, there) = (file.metadata()?, std::fs::metadata(&self.path)?);
        if (ours.dev(), ours.ino()) == (there.dev(), there.ino()) {
            let size = tail::mend(&file)?;
            self.file = Some((file, size));
        }
        Ok(())
    }

    fn explain<T>(&self, result: io::Result<T>) -> Result<T, HistoryError> {
        result.map_err(|source| HistoryError {
            path: self.path.clone(),
            source,
        })
    }
}

#[cfg(test)]
mod tests;
