//! One stop signal for a whole program: Ctrl-C, SIGTERM or SIGHUP, under any runtime.
//!
//! The first signal asks: everything that awaits [`Shutdown::requested`] finishes
//! what it is doing. The second insists: the process ends at once. A thread of
//! its own waits for the signals, so the same type serves tokio, smol, a bare
//! `mio` loop and the lessons' own runtimes; `asyncio` programs get a
//! `KeyboardInterrupt` thrown into whatever line happens to run instead.

use std::io;
use std::process::ExitCode;
use std::sync::atomic::{AtomicI32, Ordering};
use std::sync::{Arc, OnceLock};

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;
use tokio_util::sync::CancellationToken;

/// A stop signal that many can wait for. Clones share it.
#[derive(Clone, Debug, Default)]
pub struct Shutdown {
    token: CancellationToken,
    /// The signal that asked; 0 while none has.
    signal: Arc<AtomicI32>,
    /// What is done before a second signal ends the process.
    last_act: Arc<OnceLock<fn()>>,
}

impl Shutdown {
    /// One that only [`request`](Self::request) sets off: for tests and for parts of a program.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// One that Ctrl-C, SIGTERM and SIGHUP set off; a second signal ends the process with 128 + its number.
    ///
    /// # Errors
    ///
    /// The signals cannot be caught, or the thread that waits for them cannot start.
    pub fn on_signals() -> io::Result<Self> {
        let shutdown = Self::new();
        let mut signals = Signals::new([SIGINT, SIGTERM, SIGHUP])?;
        let waiting = shutdown.clone();
        std::thread::Builder::new()
            .name("signals".to_owned())
            .stack_size(64 * 1024)
            .spawn(move || {
                for signal in signals.forever() {
                    if waiting.is_requested() {
                        if let Some(last_act) = waiting.last_act.get() {
                            last_act();
                        }
                        std::process::exit(128 + signal);
                    }
                    waiting.signal.store(signal, Ordering::Relaxed);
                    waiting.token.cancel();
                }
            })?;
        Ok(shutdown)
    }

    /// Has `last_act` done when a second signal insists, before it ends the process: on the
    /// thread that waits for signals, while everything else runs on. It must come back
    /// whatever hangs, for that is why somebody insists. The first to be given stays.
    pub fn on_insistence(&self, last_act: fn()) {
        let _ = self.last_act.set(last_act);
    }

    /// Asks everything that waits to finish.
    pub fn request(&self) {
        self.token.cancel();
    }

    /// Whether somebody has asked.
    #[must_use]
    pub fn is_requested(&self) -> bool {
        self.token.is_cancelled()
    }

    /// Waits until somebody asks; at once when that has happened.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe: nothing is lost when it is dropped.
    pub async fn requested(&self) {
        self.token.cancelled().await;
    }

    /// How the program ends: 0 after Ctrl-C and SIGTERM, which are how a person and
    /// a supervisor end it, and 129 after SIGHUP, when its terminal went away.
    #[must_use]
    pub fn exit_code(&self) -> ExitCode {
        if self.signal.load(Ordering::Relaxed) == SIGHUP {
            ExitCode::from(129)
        } else {
            ExitCode::SUCCESS
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn every_clone_hears_one_request() {
        let shutdown = Shutdown::new();
        let waiters = [shutdown.clone(), shutdown.clone()];
        assert!(!shutdown.is_requested());
        shutdown.request();
        for waiter in waiters {
            waiter.requested().await;
            assert!(waiter.is_requested());
        }
    }
}
