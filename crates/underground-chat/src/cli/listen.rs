//! `listen`: prints what is said.

use std::io::{self, Write};
use std::process::ExitCode;

use anyhow::Context as _;
use clap::Args;
use common::shutdown::Shutdown;

use super::Verbosity;
use crate::client::{Connection, Event, Port, Settings, Status};
use crate::flags::{Address, Record};
use crate::history::History;

#[derive(Args, Debug)]
#[command(after_help = "Examples:
  underground-chat listen
  underground-chat listen --history /tmp/today.txt | grep Eva")]
pub(super) struct Listen {
    #[command(flatten)]
    address: Address,
    #[command(flatten)]
    record: Record,
    #[command(flatten)]
    verbosity: Verbosity,
}

impl Listen {
    pub(super) async fn run(self, shutdown: Shutdown) -> anyhow::Result<ExitCode> {
        self.verbosity.log_to_stderr()?;
        let mut transcript = Transcript::open(&self.record)?;
        let (_connection, mut events) = Connection::open(self.address.tcp(), Settings::default());
        loop {
            let event = tokio::select! {
                event = events.next() => event,
                () = shutdown.requested() => None,
            };
            let Some(event) = event else {
                return Ok(shutdown.exit_code());
            };
            match event {
                Event::Message(line) if !transcript.message(&line)? => {
                    return Ok(ExitCode::SUCCESS);
                }
                Event::Status(port, status) => {
                    transcript.status(port, &status);
                    log(&self.address, port, &status);
                }
                _ => {}
            }
        }
    }
}

/// Messages on stdout and in the history.
pub(super) struct Transcript {
    history: History,
}

impl Transcript {
    pub(super) fn open(record: &Record) -> anyhow::Result<Self> {
        let history = History::open(&record.history, record.history_max)?;
        if !history.is_ours() {
            tracing::info!(
                "another program writes the history {}; it keeps the messages for both",
                record.history.display()
            );
        }
        Ok(Self { history })
    }

    /// While we hear nothing, another program may keep the history.
    pub(super) fn status(&mut self, port: Port, status: &Status) {
        if port == Port::Read && matches!(status, Status::Down { .. }) {
            self.history.release();
        }
    }

    /// Prints and keeps one; `false` when nobody reads stdout any more.
    pub(super) fn message(&mut self, line: &str) -> anyhow::Result<bool> {
        self.history.append(now(), line)?;
        let mut stdout = io::stdout().lock();
        match writeln!(stdout, "{line}").and_then(|()| stdout.flush()) {
            Ok(()) => Ok(true),
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(false),
            Err(error) => Err(error).context("cannot write to stdout"),
        }
    }
}

/// The time on the wall.
pub(super) fn now() -> jiff::civil::DateTime {
    jiff::Zoned::now().datetime()
}

/// What a change of status looks like on stderr.
pub(super) fn log(address: &Address, port: Port, status: &Status) {
    let number = match port {
        Port::Read => address.read_port,
        Port::Write => address.write_port,
    };
    let host = &address.host;
    match status {
        Status::Connecting => tracing::debug!("connecting to {host}:{number}"),
        Status::Up => tracing::info!("connected to {host}:{number}"),
        Status::Down { retry_at, why } => {
            let wait = retry_at.saturating_duration_since(tokio::time::Instant::now());
            tracing::warn!(
                "no connection to {host}:{number}: {why}; next try in {:.1} s",
                wait.as_secs_f64()
            );
        }
    }
}
