//! How a server hears Ctrl-C: as a descriptor that becomes readable.
//!
//! A signal interrupts a program between any two instructions, where almost
//! nothing is allowed. The classic way out is the *self-pipe*: the signal writes
//! one byte into a pipe, and the event loop, which watches descriptors anyway,
//! watches the other end. Python's `asyncio` does the same inside
//! (`signal.set_wakeup_fd`); the scripts this ports let `KeyboardInterrupt` fall
//! into whatever line happens to run.

use std::io::{self, Read as _};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, RawFd};
use std::os::unix::net::UnixStream;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};

/// A descriptor that becomes readable, and stays so, when somebody asks the program to end.
#[derive(Debug)]
pub struct Stop {
    asked: UnixStream,
    signal: Arc<AtomicUsize>,
}

impl Stop {
    /// Catches Ctrl-C, SIGTERM and SIGHUP. The second signal ends the process at once.
    ///
    /// # Errors
    ///
    /// The signals cannot be caught, or there are no descriptors left.
    pub fn on_signals() -> io::Result<Self> {
        let (asked, asking) = UnixStream::pair()?;
        let signal = Arc::new(AtomicUsize::new(0));
        for number in [SIGINT, SIGTERM, SIGHUP] {
            let again = Arc::new(AtomicBool::new(false));
            signal_hook::flag::register_conditional_shutdown(
                number,
                128 + number,
                Arc::clone(&again),
            )?;
            signal_hook::flag::register(number, again)?;
            let value = usize::try_from(number).expect("signals have small positive numbers");
            signal_hook::flag::register_usize(number, Arc::clone(&signal), value)?;
            signal_hook::low_level::pipe::register(number, asking.try_clone()?)?;
        }
        Ok(Self { asked, signal })
    }

    /// For servers that block: a thread waits for the signal and ends the whole process.
    ///
    /// Nothing gentler is possible there. A thread that sits in `accept` or `recv`
    /// cannot be told anything, which is one reason to read on to lesson 3.
    ///
    /// # Errors
    ///
    /// The thread cannot start.
    pub fn exit_when_asked(self) -> io::Result<()> {
        std::thread::Builder::new()
            .name("signals".to_owned())
            .spawn(move || {
                let mut byte = [0];
                let _ = (&self.asked).read(&mut byte);
                crate::say!("bye");
                std::process::exit(if self.is_hangup() { 129 } else { 0 });
            })?;
        Ok(())
    }

    fn is_hangup(&self) -> bool {
        i32::try_from(self.signal.load(Ordering::Relaxed)) == Ok(SIGHUP)
    }

    /// How the program ends: 0 after Ctrl-C and SIGTERM, 129 when the terminal went away.
    #[must_use]
    pub fn exit_code(&self) -> ExitCode {
        if self.is_hangup() {
            ExitCode::from(129)
        } else {
            ExitCode::SUCCESS
        }
    }
}

impl AsFd for Stop {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.asked.as_fd()
    }
}

impl AsRawFd for Stop {
    fn as_raw_fd(&self) -> RawFd {
        self.asked.as_raw_fd()
    }
}
