//! `chat` without a terminal: lines in, messages out.

use std::io::{self, BufRead, Read};
use std::process::ExitCode;
use std::time::Duration;

use common::shutdown::Shutdown;
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until};

use super::account;
use super::chat::Chat;
use super::listen::{self, Transcript};
use crate::client::{Connection, Event, Port, Settings, Status};
use crate::protocol::{LONGEST_LINE, PostError};

/// Lines read ahead. Overflow policy: wait; whoever writes into the pipe waits.
const AHEAD: usize = 16;
/// How long our own messages may take to come back once all are confirmed.
const ECHO: Duration = Duration::from_secs(1);

/// Our own messages: the server sends them to us as well.
#[derive(Default)]
struct Own {
    name: Option<String>,
    sent: usize,
    heard: usize,
}

impl Own {
    fn heard(&mut self, line: &str) {
        let name = self
            .name
            .as_deref()
            .and_then(|name| line.strip_prefix(name));
        if name.is_some_and(|rest| rest.starts_with(": ")) {
            self.heard += 1;
        }
    }

    fn missing(&self) -> bool {
        self.heard < self.sent
    }
}

/// Sends the lines of stdin and prints what is said, until all is confirmed.
pub(super) async fn run(chat: &Chat, shutdown: &Shutdown) -> anyhow::Result<ExitCode> {
    let login = account::login(&chat.identity)?;
    let mut transcript = Transcript::open(&chat.record, &chat.address)?;
    let settings = Settings {
        login: Some(login),
        ..Settings::default()
    };
    let queue = settings.queue;
    let (connection, mut events) = Connection::open(chat.address.tcp(), settings);
    let mut lines = lines_of_stdin()?;
    let mut code = ExitCode::SUCCESS;
    let mut at_end = false;
    let mut offer = chat.address.is_local() && !chat.with_server;
    let mut own = Own::default();
    let mut reading = false;
    // Set when all is confirmed, and our own messages need not be awaited after it.
    let mut echo: Option<Instant> = None;
    loop {
        if at_end && connection.unconfirmed() == 0 {
            let until = *echo.get_or_insert_with(|| Instant::now() + ECHO);
            if !reading || !own.missing() || Instant::now() >= until {
                transcript.finish(shutdown).await?;
                return Ok(code);
            }
        }
        tokio::select! {
            () = shutdown.requested() => {
                if connection.unconfirmed() > 0 {
                    tracing::warn!(messages = connection.unconfirmed(), "not confirmed by the server");
                }
                transcript.finish(shutdown).await?;
                return Ok(shutdown.exit_code());
            }
            printed = transcript.printed() => return printed.map(|()| code),
            () = sleep_until(echo.unwrap_or_else(Instant::now)), if echo.is_some() => {}
            line = lines.recv(), if !at_end && connection.unconfirmed() < queue => match line {
                None => at_end = true,
                Some(line) => match connection.send(&line) {
                    Ok(_) => own.sent += 1,
                    Err(PostError::Empty) => {}
                    Err(error) => {
                        tracing::error!(%error, "a line is not sent");
                        code = ExitCode::FAILURE;
                    }
                },
            },
            event = events.next() => match event {
                None => return Ok(code),
                Some(Event::Message(line)) => {
                    own.heard(&line);
                    transcript.message(line)?;
                }
                Some(Event::Registered(made)) => account::keep(&made, false)?,
                Some(Event::TokenRejected) => return Err(account::rejected(&chat.identity)),
                Some(Event::Nickname(name)) => {
                    let name = common::escape::visible(&name).into_owned();
                    tracing::info!("you are {name}");
                    own.name = Some(name);
                }
                Some(Event::Status(port, status)) => {
                    transcript.status(port, &status);
                    listen::log(&chat.address, port, &status);
                    if port == Port::Read {
                        reading = status == Status::Up;
                    }
                    match status {
                        Status::Up => offer = false,
                        Status::Down { .. } if port == Port::Write && std::mem::take(&mut offer) => {
                            tracing::warn!(
                                "there is no server here: run `{} serve` in another terminal, or add --with-server to start one inside",
                                super::program()
                            );
                        }
                        _ => {}
                    }
                }
                Some(_) => {}
            },
        }
    }
}

/// A thread of its own reads: a read of stdin cannot be taken back.
fn lines_of_stdin() -> anyhow::Result<mpsc::Receiver<String>> {
    let (sender, lines) = mpsc::channel(AHEAD);
    std::thread::Builder::new()
        .name("stdin".to_owned())
        .spawn(move || {
            let mut stdin = io::stdin().lock();
            while let Ok(Some(line)) = next_line(&mut stdin) {
                if sender.blocking_send(line).is_err() {
                    return;
                }
            }
        })?;
    Ok(lines)
}

/// The next line; of one that is too long to be sent, only as much as shows that.
fn next_line(input: &mut impl BufRead) -> io::Result<Option<String>> {
    let mut line = Vec::new();
    let limit = 2 * LONGEST_LINE as u64;
    if input.by_ref().take(limit).read_until(b'\n', &mut line)? == 0 {
        return Ok(None);
    }
    if line.len() as u64 == limit && line.last() != Some(&b'\n') {
        input.skip_until(b'\n')?;
    }
    Ok(Some(String::from_utf8_lossy(&line).into_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_without_end_is_not_kept_and_the_next_one_is_read() {
        let endless = io::repeat(b'x').take(50_000_000);
        let mut input = io::BufReader::new(endless.chain(&b"\nnext\nlast"[..]));
        let mut lines = Vec::new();
        while let Some(line) = next_line(&mut input).unwrap() {
            lines.push(line);
        }
        assert_eq!(lines[0].len(), 2 * LONGEST_LINE);
        assert_eq!(lines[1..], ["next\n", "last"]);
    }

    #[test]
    fn own_messages_are_awaited_until_as_many_came_as_were_sent() {
        let mut own = Own::default();
        own.sent += 1;
        assert!(own.missing());
        own.heard("Shy Eva: early");
        assert!(own.missing());
        own.name = Some("Shy Eva".to_owned());
        own.heard("Shy Eva Braun: other");
        own.heard("Vlad: Shy Eva: other");
        assert!(own.missing());
        own.heard("Shy Eva: mine");
        assert!(!own.missing());
    }
}
