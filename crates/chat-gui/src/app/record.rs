//! The history file, as the window reads and writes it: where waiting for a disk holds nobody up.

use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::civil::DateTime;
use underground_chat::flags::{Address, Record};
use underground_chat::history::{self, Entry, History};

use crate::state::Unwritten;

/// Messages of the past that are read at the start.
const PAST: usize = 100_000;

/// The history of a server.
pub(super) fn of(record: &Record, address: &Address) -> Arc<Mutex<History>> {
    let history = History::of(&record.history, record.history_max, &address.server());
    Arc::new(Mutex::new(history))
}

pub(super) fn lock(history: &Mutex<History>) -> MutexGuard<'_, History> {
    history.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What was said before, and what is the matter with the file.
pub(super) fn past(history: &Mutex<History>, path: &Path) -> (Vec<Entry>, Option<String>) {
    let trouble = lock(history).acquire().err();
    let past = match &trouble {
        // It is not this server's past.
        Some(error) if error.is_elsewhere() => Ok(Vec::new()),
        _ => history::tail(path, PAST),
    };
    let (past, unread) = match past {
        Ok(past) => (past, None),
        Err(error) => (Vec::new(), Some(error)),
    };
    (past, trouble.or(unread).map(|error| error.to_string()))
}

/// Writes lines down, up to the first that cannot be written.
pub(super) fn write(
    history: &Mutex<History>,
    lines: Vec<(DateTime, String)>,
) -> Result<(), Unwritten> {
    let mut history = lock(history);
    let mut lines = lines.into_iter();
    while let Some((at, line)) = lines.next() {
        if let Err(error) = history.append(at, &line) {
            return Err(Unwritten {
                error: error.to_string(),
                lines: std::iter::once((at, line)).chain(lines).collect(),
            });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn server(port: u16) -> Address {
        Address {
            host: "127.0.0.1".to_owned(),
            read_port: port,
            write_port: port + 1,
        }
    }

    fn lines(texts: &[&str]) -> Vec<(DateTime, String)> {
        let at = jiff::civil::date(2026, 11, 21).at(9, 0, 0, 0);
        texts.iter().map(|text| (at, (*text).to_owned())).collect()
    }

    #[test]
    fn the_past_of_another_server_is_neither_shown_nor_added_to_while_its_window_is_open() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("history");
        let record = Record {
            history: path.clone(),
            history_max: history::DEFAULT_MAX,
        };
        let theirs = of(&record, &server(5000));
        assert_eq!(past(&theirs, &path), (Vec::new(), None));
        write(&theirs, lines(&["A: theirs"])).unwrap();

        let ours = of(&record, &server(6000));
        let (shown, trouble) = past(&ours, &path);
        assert!(shown.is_empty());
        assert!(trouble.unwrap().contains(&server(5000).server()));
        let unwritten = write(&ours, lines(&["B: 1", "B: 2"])).unwrap_err();
        assert_eq!(unwritten.lines.len(), 2);

        // The other window is closed: what was kept back can be written.
        drop(theirs);
        write(&ours, unwritten.lines).unwrap();
        let (shown, trouble) = past(&ours, &path);
        assert_eq!((shown.len(), trouble), (3, None));
    }
}
