//! What comes from outside: keys, and the end of the terminal.
//!
//! `crossterm` reads the keys on a thread of their own. Its `read` does not come
//! back from half an escape sequence (Alt-[ is one) nor from a terminal that has
//! hung up, where it spins; on the game's thread either would freeze the game.

use std::io;
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::thread;
use std::time::Instant;

use crossterm::event::{self, Event};
use rustix::event::{PollFd, PollFlags, Timespec, poll};

/// Events that may wait. When it is full the thread waits, and so does the terminal.
pub(super) const BOUND: usize = 256;

#[derive(Debug)]
pub(super) struct Inbox {
    events: Receiver<Event>,
}

impl Inbox {
    /// Starts to read stdin.
    ///
    /// # Errors
    ///
    /// The thread cannot start.
    pub(super) fn open() -> io::Result<Self> {
        let (sender, events) = sync_channel(BOUND);
        thread::Builder::new()
            .name("keys".to_owned())
            .stack_size(256 * 1024)
            .spawn(move || {
                while let Ok(event) = event::read() {
                    if sender.send(event).is_err() {
                        return;
                    }
                }
            })?;
        Ok(Self { events })
    }

    /// The next event, if one comes before `deadline`; one that waits already comes at once.
    pub(super) fn next(&self, deadline: Instant) -> Option<Event> {
        let left = deadline.saturating_duration_since(Instant::now());
        match self.events.recv_timeout(left) {
            Ok(event) => Some(event),
            Err(RecvTimeoutError::Timeout) => None,
            Err(RecvTimeoutError::Disconnected) => {
                // No keys any more; the clock must go on. Hang-ups are found by `is_hung_up`.
                thread::sleep(left);
                None
            }
        }
    }
}

/// Whether the terminal on stdin has gone away. SIGHUP says so too, unless it is ignored (`nohup`).
pub(super) fn is_hung_up() -> bool {
    let stdin = io::stdin();
    let mut watched = [PollFd::new(&stdin, PollFlags::empty())];
    match poll(&mut watched, Some(&Timespec::default())) {
        Ok(0) | Err(_) => false,
        Ok(_) => watched[0]
            .revents()
            .intersects(PollFlags::HUP | PollFlags::ERR | PollFlags::NVAL),
    }
}
