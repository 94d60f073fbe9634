//! Messages on stdout, by a thread of its own: whoever does not read them stops nothing else.

use std::io::{self, ErrorKind, Write};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

use anyhow::Context as _;
use common::shutdown::Shutdown;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};

/// Bytes that may wait to be printed. Overflow policy: what comes meanwhile is not printed,
/// and that is said; the history has it.
const WAITING: usize = 4 * 1024 * 1024;
/// How long the last lines may take once a signal has asked to stop.
const LAST: Duration = Duration::from_millis(500);

/// A line, and its share of the bytes that may wait.
type Line = (String, OwnedSemaphorePermit);

pub(super) struct Printer {
    lines: Sender<Line>,
    room: Arc<Semaphore>,
    ended: oneshot::Receiver<io::Result<()>>,
    /// Lines that were not printed since the last one that was.
    lost: usize,
}

impl Printer {
    /// Starts to print to `output`.
    pub(super) fn start(output: impl Write + Send + 'static) -> io::Result<Self> {
        let (lines, waiting) = channel();
        let (tell, ended) = oneshot::channel();
        std::thread::Builder::new()
            .name("stdout".to_owned())
            .spawn(move || {
                // Nobody listens any more where the program ends without waiting.
                let _ = tell.send(print(&waiting, output));
            })?;
        Ok(Self {
            lines,
            room: Arc::new(Semaphore::new(WAITING)),
            ended,
            lost: 0,
        })
    }

    /// Prints one line as soon as it is its turn.
    pub(super) fn print(&mut self, line: String) {
        let size = u32::try_from(line.len() + 1).unwrap_or(u32::MAX);
        let Ok(permit) = Arc::clone(&self.room).try_acquire_many_owned(size) else {
            if self.lost == 0 {
                tracing::warn!("nobody reads stdout: messages go to the history only");
            }
            self.lost += 1;
            return;
        };
        if self.lost > 0 {
            tracing::warn!(
                "messages not printed, for nobody read stdout: {}",
                self.lost
            );
            self.lost = 0;
        }
        // A thread that has ended says so itself.
        let _ = self.lines.send((line, permit));
    }

    /// Waits until nothing can be printed any more; no error where the reader has left.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe until it has returned; then it is not to be called again.
    pub(super) async fn ended(&mut self) -> anyhow::Result<()> {
        explain((&mut self.ended).await)
    }

    /// Waits until all is printed, or `shutdown` is requested and it takes long.
    pub(super) async fn finish(self, shutdown: &Shutdown) -> anyhow::Result<()> {
        drop(self.lines);
        let impatient = async {
            shutdown.requested().await;
            tokio::time::sleep(LAST).await;
        };
        tokio::select! {
            biased;
            ended = self.ended => explain(ended),
            () = impatient => Ok(()),
        }
    }
}

/// Prints until there is nobody to say anything more.
fn print(lines: &Receiver<Line>, mut output: impl Write) -> io::Result<()> {
    for (line, permit) in lines {
        writeln!(output, "{line}")?;
        output.flush()?;
        drop(permit);
    }
    Ok(())
}

fn explain(ended: Result<io::Result<()>, oneshot::error::RecvError>) -> anyhow::Result<()> {
    match ended {
        Ok(Err(error)) if error.kind() != ErrorKind::BrokenPipe => {
            Err(error).context("cannot write to stdout")
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_reader_that_stops_costs_no_more_than_the_bound_and_gets_what_fits() {
        let (reader, writer) = io::pipe().unwrap();
        let mut printer = Printer::start(writer).unwrap();
        let line = "x".repeat(WAITING / 64);
        for _ in 0..200 {
            printer.print(line.clone());
        }
        assert!(printer.lost > 100, "{}", printer.lost);
        // Told to stop, it does not wait for the reader for ever.
        let shutdown = Shutdown::new();
        shutdown.request();
        printer.finish(&shutdown).await.unwrap();
        drop(reader);
    }

    #[tokio::test]
    async fn all_is_printed_before_the_end_and_a_reader_that_has_left_ends_it() {
        let (reader, writer) = io::pipe().unwrap();
        let mut printer = Printer::start(writer).unwrap();
        printer.print("one".to_owned());
        printer.print("two".to_owned());
        printer.finish(&Shutdown::new()).await.unwrap();
        assert_eq!(io::read_to_string(reader).unwrap(), "one\ntwo\n");

        let (reader, writer) = io::pipe().unwrap();
        let mut printer = Printer::start(writer).unwrap();
        drop(reader);
        printer.print("three".to_owned());
        printer.ended().await.unwrap();
    }
}
