//! The terminal's modes: taken for the game, and given back however it ends.
//!
//! Given back on quitting, on an error, on a panic (before its message, which
//! would else be lost with the alternate screen), on SIGTERM and SIGHUP (the loop
//! ends), and around a suspension.

use std::io::{self, Write as _};
use std::panic;
use std::sync::Once;
use std::sync::atomic::{AtomicBool, Ordering};

use crossterm::terminal::{disable_raw_mode, enable_raw_mode};
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
/// and doing it again would put the shell's prompt over that message.
static TAKEN: AtomicBool = AtomicBool::new(false);

fn enter() -> io::Result<()> {
    TAKEN.store(true, Ordering::Relaxed);
    enable_raw_mode()?;
    send(ENTER)
}

/// The terminal may be gone: then there is nothing to restore and nobody to tell.
fn leave() {
    if !TAKEN.swap(false, Ordering::Relaxed) {
        return;
    }
    let _ = send(LEAVE);
    let _ = disable_raw_mode();
}

fn send(text: &str) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    stdout.write_all(text.as_bytes())?;
    stdout.flush()
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
