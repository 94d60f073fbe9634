//! A person at a terminal: a line that can be edited while messages come in above it.

use std::io;
use std::thread;

use rustix::termios::{OptionalActions, Termios, tcgetattr, tcsetattr};
use rustyline::config::Config;
use rustyline::error::ReadlineError;
use rustyline::history::MemHistory;
use rustyline::{Editor, ExternalPrinter as _};
use tokio::sync::{mpsc, oneshot};

const PROMPT: &str = "> ";

/// Puts the terminal back as it was, wherever the editor's thread happens to be.
pub(super) struct Restore(Termios);

impl Drop for Restore {
    fn drop(&mut self) {
        // What was typed ahead is the next program's. A terminal that has gone needs nothing.
        let _ = tcsetattr(io::stdin(), OptionalActions::Now, &self.0);
    }
}

/// Starts the thread that reads lines and the one that prints above them.
pub(super) fn open(
    lines: mpsc::Sender<String>,
    mut messages: mpsc::Receiver<String>,
    printed: oneshot::Sender<()>,
) -> anyhow::Result<Restore> {
    let before = Restore(tcgetattr(io::stdin())?);
    let config = Config::builder().bracketed_paste(false).build();
    let mut editor: Editor<(), _> = Editor::with_history(config, MemHistory::new())?;
    let mut printer = editor.create_external_printer()?;
    thread::spawn(move || {
        loop {
            match editor.readline(PROMPT) {
                Ok(line) if line.is_empty() => {}
                Ok(line) => {
                    // History is a convenience; without it the line is still sent.
                    let _ = editor.add_history_entry(line.as_str());
                    if lines.blocking_send(line).is_err() {
                        return;
                    }
                }
                // Ctrl-D and Ctrl-C: closing the channel ends the chat.
                Err(ReadlineError::Eof | ReadlineError::Interrupted) => return,
                Err(error) => return tracing::warn!(%error, "cannot read the terminal"),
            }
        }
    });
    thread::spawn(move || {
        while let Some(message) = messages.blocking_recv() {
            if printer.print(message).is_err() {
                break;
            }
        }
        let _ = printed.send(());
    });
    Ok(before)
}
