//! Where lines come from and messages go: a terminal, or two pipes.
//!
//! Reading and printing each have a thread, because a terminal and a pipe both
//! block. Python needed the package `aioconsole` for the same.

use std::io::{self, BufRead, IsTerminal as _, Read as _, Write as _};
use std::thread;

use anyhow::Context as _;
use tokio::sync::{mpsc, oneshot};

use super::terminal::{self, Restore};

/// Lines read ahead of the connection; overflow policy: reading waits.
const LINES: usize = 1;

/// Messages waiting to be printed; overflow policy: receiving waits.
const MESSAGES: usize = 64;

/// The longest line that a piped input may have, in bytes.
const LONGEST_LINE: u64 = 1024 * 1024;

/// What comes from the person.
#[derive(Debug)]
pub(super) enum Input {
    /// A line without its end; never empty.
    Line(String),
    /// There will be no more.
    End,
}

/// The lines that are typed or piped in.
pub(super) struct Lines {
    channel: mpsc::Receiver<String>,
    /// A line that waits for the connection to come back.
    waiting: Option<String>,
}

impl Lines {
    /// The next line.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe: no line is lost.
    pub(super) async fn next(&mut self) -> Input {
        match self.waiting.take() {
            Some(line) => Input::Line(line),
            None => self.channel.recv().await.map_or(Input::End, Input::Line),
        }
    }
}

/// Prints whole lines, whoever is typing.
pub(super) struct Printer(mpsc::Sender<String>);

impl Printer {
    /// Prints `line`, which ends with its line feed.
    pub(super) async fn print(&self, line: String) {
        // A reader that has gone away (`| head`) is noticed by the thread that prints.
        let _ = self.0.send(line).await;
    }
}

/// Both ends of the person.
pub(super) struct Console {
    lines: Lines,
    printer: Printer,
    printed: oneshot::Receiver<()>,
    /// Puts the terminal back; `None` between pipes.
    terminal: Option<Restore>,
}

impl Console {
    /// The terminal, or stdin and stdout when one of them is none.
    pub(super) fn open() -> anyhow::Result<Self> {
        let (line, lines) = mpsc::channel(LINES);
        let (printer, messages) = mpsc::channel(MESSAGES);
        let (done, printed) = oneshot::channel();
        let terminal = if io::stdin().is_terminal() && io::stdout().is_terminal() {
            Some(terminal::open(line, messages, done).context("cannot use the terminal")?)
        } else {
            thread::spawn(move || read_lines(io::stdin().lock(), &line));
            thread::spawn(move || print_lines(messages, done));
            None
        };
        Ok(Self {
            lines: Lines {
                channel: lines,
                waiting: None,
            },
            printer: Printer(printer),
            printed,
            terminal,
        })
    }

    pub(super) fn is_terminal(&self) -> bool {
        self.terminal.is_some()
    }

    pub(super) fn halves(&mut self) -> (&mut Lines, &Printer) {
        (&mut self.lines, &self.printer)
    }

    /// Tells the person something that no client sent; between pipes on stderr.
    pub(super) async fn notice(&self, text: String) {
        let text = common::escape::visible(&text);
        if self.is_terminal() {
            self.printer.print(format!("* {text}\n")).await;
        } else {
            // Nobody may be there to read it.
            let _ = writeln!(io::stderr(), "ws-chatroom: {text}");
        }
    }

    /// What a person types while there is no connection. Piped lines wait for it,
    /// and only their end is heard, if it is next.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe.
    pub(super) async fn input_while_away(&mut self) -> Input {
        let input = self.lines.next().await;
        match input {
            Input::Line(line) if !self.is_terminal() => {
                self.lines.waiting = Some(line);
                std::future::pending().await
            }
            input => input,
        }
    }

    /// Waits until everything is printed and puts the terminal back.
    pub(super) async fn close(self) {
        drop(self.printer);
        let _ = self.printed.await;
        // The editor, which ends its line itself, is still at it.
        let amid_line = self.terminal.is_some() && !self.lines.channel.is_closed();
        drop(self.terminal);
        if amid_line {
            // Nobody may be there to see it.
            let _ = writeln!(io::stdout());
        }
    }
}

/// Reads lines until the input or the receiver ends.
fn read_lines(mut input: impl BufRead, lines: &mpsc::Sender<String>) {
    let mut line = Vec::new();
    loop {
        line.clear();
        match input
            .by_ref()
            .take(LONGEST_LINE)
            .read_until(b'\n', &mut line)
        {
            Ok(0) => return,
            Ok(_) => {}
            Err(error) => return tracing::warn!(%error, "cannot read the input"),
        }
        let text = String::from_utf8_lossy(&line);
        let text = text.strip_suffix('\n').unwrap_or(&text);
        let text = text.strip_suffix('\r').unwrap_or(text);
        // The server ignores empty messages.
        if !text.is_empty() && lines.blocking_send(text.to_owned()).is_err() {
            return;
        }
    }
}

/// Prints what comes, at once when nothing more is waiting.
fn print_lines(mut messages: mpsc::Receiver<String>, done: oneshot::Sender<()>) {
    let mut output = io::BufWriter::new(io::stdout().lock());
    while let Some(message) = messages.blocking_recv() {
        let written = output.write_all(message.as_bytes());
        let flushed = if messages.is_empty() {
            output.flush()
        } else {
            Ok(())
        };
        if written.and(flushed).is_err() {
            // Nobody reads any more: there is nothing left to chat for.
            std::process::exit(0);
        }
    }
    let _ = output.flush();
    let _ = done.send(());
}
