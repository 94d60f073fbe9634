//! The terminal's modes: taken for the game, and given back however it ends.
//!
//! Given back on quitting, on an error, on a panic (before its message, which
//! would else be lost with the alternate screen), on SIGTERM and SIGHUP (the loop
//! ends), around a suspension, and when a second signal insists while the loop hangs
//! in a write to a terminal that reads no more.

use std::io::{self, Write as _};
use std::panic;
use std::sync::{Mutex, Once, PoisonError, TryLockError};
use std::thread;
use std::time::{Duration, Instant};

use crossterm::terminal::{disable_raw_mode, enable_raw_mode};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::{Errno, ioctl_fionbio};
use rustix::process::{Signal, getpgrp, getpid, getsid, kill_current_process_group, kill_process};

/// Alternate screen; no cursor; focus reports; Kitty keyboard flags 1 (escape codes that
/// cannot be mistaken), 2 (releases) and 8 (also of letters). A terminal that does not
/// know a sequence leaves it out. `crossterm` can ask which are known, but may wait two
/// seconds for the answer.
const ENTER: &str = "\x1b[?1049h\x1b[?25l\x1b[?1004h\x1b[>11u";

/// The same backwards, and the colours. A bare `ESC[<u` takes off what was put on.
const LEAVE: &str = "\x1b[?2026l\x1b[<u\x1b[?1004l\x1b[0m\x1b[?25h\x1b[?1049l";

/// Raw mode and the alternate screen, for as long as it lives.
#[derive(Debug)]
pub(super) struct Modes(());

impl Modes {
    /// Takes the terminal.
    ///
    /// # Errors
    ///
    /// It cannot be put into raw mode, or written to.
    pub(super) fn take() -> io::Result<Self> {
        restore_before_panics();
        // Made first, so that half a taking is given back as well.
        let modes = Self(());
        enter()?;
        Ok(modes)
    }

    /// Stops this program as Ctrl-Z does in a shell, and takes the terminal again when it
    /// goes on. Does nothing where no shell could continue it.
    ///
    /// # Errors
    ///
    /// As [`take`](Self::take).
    pub(super) fn suspend(&self, whole_group: bool) -> io::Result<()> {
        // The leader of a session runs straight under a terminal: nobody could say `fg`.
        if whole_group && getsid(None).is_ok_and(|session| session == getpgrp()) {
            return Ok(());
        }
        leave();
        // SIGSTOP, for SIGTSTP is caught here. The whole job where a key asked for it:
        // `cargo run` must stop too, or the shell does not come back.
        let stopped = if whole_group {
            kill_current_process_group(Signal::STOP)
        } else {
            kill_process(getpid(), Signal::STOP)
        };
        stopped?;
        enter()
    }
}

impl Drop for Modes {
    fn drop(&mut self) {
        leave();
    }
}

/// Whether the terminal is taken. It is given back once: a panic does so before its message,
/// and doing it again would put the shell's prompt over that message. Locked while it is
/// given back: whoever wants to end the process meanwhile has to wait.
static TAKEN: Mutex<bool> = Mutex::new(false);

/// How long a slow terminal may take to read [`LEAVE`], when nobody is in a hurry.
const PATIENCE: Duration = Duration::from_secs(5);

/// The same when somebody insists.
const HURRY: Duration = Duration::from_millis(500);

fn enter() -> io::Result<()> {
    *TAKEN.lock().unwrap_or_else(PoisonError::into_inner) = true;
    enable_raw_mode()?;
    let mut stdout = io::stdout().lock();
    stdout.write_all(ENTER.as_bytes())?;
    stdout.flush()
}

fn leave() {
    let mut taken = TAKEN.lock().unwrap_or_else(PoisonError::into_inner);
    if std::mem::take(&mut *taken) {
        give_back(PATIENCE);
    }
}

/// Gives the terminal back although the game's loop may hang, even in giving it back: for
/// the signal that insists, after which the process ends.
pub(super) fn give_back_at_once() {
    let deadline = Instant::now() + HURRY;
    loop {
        match TAKEN.try_lock() {
            Ok(mut taken) => {
                if std::mem::take(&mut *taken) {
                    give_back(HURRY);
                }
                return;
            }
            Err(TryLockError::Poisoned(_)) => return give_back(HURRY),
            // Being given back: its modes are set first, so only the sequence may be cut off.
            Err(TryLockError::WouldBlock) if Instant::now() >= deadline => return,
            Err(TryLockError::WouldBlock) => thread::sleep(Duration::from_millis(5)),
        }
    }
}

/// The terminal may be gone: then there is nothing to restore and nobody to tell. The modes
/// come first, for setting them never waits for the terminal to read.
fn give_back(patience: Duration) {
    let _ = disable_raw_mode();
    let _ = send_within(LEAVE, patience);
}

/// Writes `text` to stdout, or what the terminal takes of it in time.
fn send_within(text: &str, patience: Duration) -> io::Result<()> {
    let stdout = io::stdout();
    let deadline = Instant::now() + patience;
    // Shared with whoever started this program, who expects it to be blocking again.
    ioctl_fionbio(&stdout, true)?;
    let mut rest = text.as_bytes();
    let sent = loop {
        if rest.is_empty() {
            break Ok(());
        }
        // Not through `Stdout`: its lock may be held by who hangs.
        match rustix::io::write(&stdout, rest) {
            Ok(taken) => rest = &rest[taken..],
            Err(Errno::INTR) => {}
            Err(Errno::AGAIN) if Instant::now() < deadline => {
                // A terminal may say it is ready and not be so: a look each hundredth.
                let pause = Timespec {
                    tv_sec: 0,
                    tv_nsec: 10_000_000,
                };
                let mut watched = [PollFd::new(&stdout, PollFlags::empty())];
                let _ = poll(&mut watched, Some(&pause));
            }
            Err(error) => break Err(error.into()),
        }
    };
    ioctl_fionbio(&stdout, false)?;
    sent
}

fn restore_before_panics() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let report = panic::take_hook();
        panic::set_hook(Box::new(move |panic| {
            leave();
            report(panic);
        }));
    });
}
