//! `chat` without a terminal: lines in, messages out.

use std::io::{self, BufRead, Read};
use std::process::ExitCode;
use std::time::Duration;

use common::shutdown::Shutdown;
use tokio::runtime::Handle;
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until};

use super::account;
use super::chat::Chat;
use super::listen::Transcript;
use super::outage::Outage;
use super::{serve, unsent};
use crate::client::{Connection, Event, Events, Port, Settings, Status};
use crate::protocol::text::flatten;
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

/// A chat whose lines come from a pipe.
struct Pipe<'a> {
    chat: &'a Chat,
    connection: Connection,
    events: Events,
    transcript: Transcript,
    outage: Outage<'a>,
    /// Lines read ahead.
    lines: mpsc::Receiver<String>,
    own: Own,
    /// Whether what is said is heard, and whether we can say anything.
    reading: bool,
    writing: bool,
    /// Whether anything can be printed still.
    printing: bool,
    /// How it ends where nothing else happens.
    code: ExitCode,
}

/// Sends the lines of stdin and prints what is said, until all is confirmed.
pub(super) async fn run(chat: &Chat, shutdown: &Shutdown) -> anyhow::Result<ExitCode> {
    let login = account::login(&chat.identity)?;
    let transcript = Transcript::open(&chat.record, &chat.address)?;
    let settings = Settings {
        login: Some(login),
        ..Settings::default()
    };
    let queue = settings.queue;
    let advice = (chat.address.is_local() && !chat.with_server).then(|| {
        let serve = serve::command(&chat.address);
        format!("start one with: {serve}, or inside this program with --with-server")
    });
    let (connection, events) = Connection::open(chat.address.tcp(), settings);
    let mut pipe = Pipe {
        chat,
        connection,
        events,
        transcript,
        outage: Outage::new(&chat.address, advice),
        lines: lines_of_stdin()?,
        own: Own::default(),
        reading: false,
        writing: false,
        printing: true,
        code: ExitCode::SUCCESS,
    };
    let ended = pipe.run(queue, shutdown).await;
    if ended.is_ok() {
        pipe.settle().await;
    }
    let unsent = pipe.unsent();
    let ended = match ended {
        Ok(code) if pipe.printing => pipe.transcript.finish(shutdown).await.map(|()| code),
        ended => ended,
    };
    let code = unsent::give_back(&unsent, *ended.as_ref().unwrap_or(&ExitCode::FAILURE));
    ended.map(|_| code)
}

impl Pipe<'_> {
    /// Runs until it is over, however that comes about; what was printed is not waited for.
    async fn run(&mut self, queue: usize, shutdown: &Shutdown) -> anyhow::Result<ExitCode> {
        let mut at_end = false;
        // Set when all is confirmed, and our own messages need not be awaited after it.
        let mut echo: Option<Instant> = None;
        loop {
            if at_end && self.connection.unconfirmed() == 0 {
                let until = *echo.get_or_insert_with(|| Instant::now() + ECHO);
                if !self.reading || !self.own.missing() || Instant::now() >= until {
                    return Ok(self.code);
                }
            }
            tokio::select! {
                () = shutdown.requested() => return Ok(shutdown.exit_code()),
                printed = self.transcript.printed() => {
                    self.printing = false;
                    return printed.map(|()| self.code);
                }
                () = sleep_until(echo.unwrap_or_else(Instant::now)), if echo.is_some() => {}
                line = self.lines.recv(), if !at_end && self.connection.unconfirmed() < queue => {
                    match line {
                        Some(line) => self.send(&line),
                        None => at_end = true,
                    }
                }
                event = self.events.next() => match event {
                    Some(event) => self.event(event)?,
                    None => return Ok(self.code),
                },
            }
        }
    }

    fn send(&mut self, line: &str) {
        match self.connection.send(line) {
            Ok(_) => {
                self.own.sent += 1;
                tracing::debug!(waiting = self.connection.unconfirmed(), "a line was read");
            }
            Err(PostError::Empty) => {}
            Err(error) => {
                tracing::error!("a line is not sent: {error}");
                self.code = ExitCode::FAILURE;
            }
        }
    }

    fn event(&mut self, event: Event) -> anyhow::Result<()> {
        match event {
            Event::Message(line) => {
                self.own.heard(&line);
                self.transcript.message(line)?;
            }
            Event::Registered(made) => account::keep(&made, false)?,
            Event::TokenRejected => return Err(account::rejected(&self.chat.identity)),
            Event::Nickname(name) => {
                let name = common::escape::visible(&name).into_owned();
                tracing::info!("you are {name}");
                self.own.name = Some(name);
            }
            Event::Status(port, status) => {
                self.transcript.status(port, &status);
                self.outage.tell(port, &status);
                let up = status == Status::Up;
                match port {
                    Port::Read => self.reading = up,
                    Port::Write => self.writing = up,
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// Gives what is on its way a moment to be confirmed.
    async fn settle(&mut self) {
        let confirmed = async {
            while self.writing
                && self.connection.unconfirmed() > 0
                && let Some(event) = self.events.next().await
                && self.event(event).is_ok()
            {}
        };
        let _ = tokio::time::timeout(unsent::SETTLE, confirmed).await;
    }

    /// What was read from stdin and is not confirmed; nothing more is read.
    fn unsent(&mut self) -> Vec<String> {
        let mut unsent = self.connection.unconfirmed_texts(usize::MAX);
        self.lines.close();
        while let Ok(line) = self.lines.try_recv() {
            unsent.push(flatten(&line));
        }
        unsent.retain(|text| !text.is_empty());
        unsent
    }
}

/// A thread of its own reads: a read of stdin cannot be taken back.
fn lines_of_stdin() -> anyhow::Result<mpsc::Receiver<String>> {
    let (sender, lines) = mpsc::channel(AHEAD);
    let runtime = Handle::current();
    std::thread::Builder::new()
        .name("stdin".to_owned())
        .spawn(move || {
            let mut stdin = io::stdin().lock();
            // Nothing is read before there is room for it: here it would be lost at the end.
            while let Ok(room) = runtime.block_on(sender.reserve()) {
                match next_line(&mut stdin) {
                    Ok(Some(line)) => room.send(line),
                    _ => return,
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
