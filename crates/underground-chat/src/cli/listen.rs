//! `listen`: prints what is said.

use std::io;
use std::process::ExitCode;

use clap::Args;
use common::shutdown::Shutdown;

use super::outage::Outage;
use super::printer::Printer;
use super::{Verbosity, serve};
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
        self.verbosity.talk_on_stderr()?;
        let mut transcript = Transcript::open(&self.record, &self.address)?;
        let advice = self
            .address
            .is_local()
            .then(|| format!("start one with: {}", serve::command(&self.address)));
        let mut outage = Outage::new(&self.address, advice);
        let (_connection, mut events) = Connection::open(self.address.tcp(), Settings::default());
        loop {
            let event = tokio::select! {
                event = events.next() => event,
                printed = transcript.printed() => return printed.map(|()| ExitCode::SUCCESS),
                () = shutdown.requested() => None,
            };
            let Some(event) = event else {
                transcript.finish(&shutdown).await?;
                return Ok(shutdown.exit_code());
            };
            match event {
                Event::Message(line) => transcript.message(line)?,
                Event::Status(port, status) => {
                    transcript.status(port, &status);
                    outage.tell(port, &status);
                }
                _ => {}
            }
        }
    }
}

/// Messages on stdout and in the history.
pub(super) struct Transcript {
    history: History,
    printer: Printer,
}

impl Transcript {
    pub(super) fn open(record: &Record, address: &Address) -> anyhow::Result<Self> {
        let mut history = History::of(&record.history, record.history_max, &address.server());
        history.acquire()?;
        if !history.is_ours() {
            tracing::info!(
                "another program writes the history {}; it keeps the messages for both",
                record.history.display()
            );
        }
        let printer = Printer::start(io::stdout())?;
        Ok(Self { history, printer })
    }

    /// While we hear nothing, another program may keep the history.
    pub(super) fn status(&mut self, port: Port, status: &Status) {
        if port == Port::Read && matches!(status, Status::Down { .. }) {
            self.history.release();
        }
    }

    /// Keeps one, and has it printed.
    pub(super) fn message(&mut self, line: String) -> anyhow::Result<()> {
        self.history.append(now(), &line)?;
        self.printer.print(line);
        Ok(())
    }

    /// Waits until nothing can be printed any more; an error unless whoever read it has left.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe.
    pub(super) async fn printed(&mut self) -> anyhow::Result<()> {
        self.printer.ended().await
    }

    /// Waits until all is printed, for a short while where nobody reads it.
    pub(super) async fn finish(self, shutdown: &Shutdown) -> anyhow::Result<()> {
        self.printer.finish(shutdown).await
    }
}

/// The time on the wall.
pub(super) fn now() -> jiff::civil::DateTime {
    jiff::Zoned::now().datetime()
}
