//! `chat` without a terminal: lines in, messages out.

use std::io::BufRead;
use std::process::ExitCode;

use common::shutdown::Shutdown;
use tokio::sync::mpsc;

use super::account;
use super::chat::Chat;
use super::listen::{self, Transcript};
use crate::client::{Connection, Event, Port, Settings, Status};
use crate::protocol::PostError;

/// Lines read ahead. Overflow policy: wait; whoever writes into the pipe waits.
const AHEAD: usize = 16;

/// Sends the lines of stdin and prints what is said, until all is confirmed.
pub(super) async fn run(chat: &Chat, shutdown: &Shutdown) -> anyhow::Result<ExitCode> {
    let login = account::login(&chat.identity)?;
    let mut transcript = Transcript::open(&chat.record)?;
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
    loop {
        if at_end && connection.unconfirmed() == 0 {
            return Ok(code);
        }
        tokio::select! {
            () = shutdown.requested() => {
                if connection.unconfirmed() > 0 {
                    tracing::warn!(messages = connection.unconfirmed(), "not confirmed by the server");
                }
                return Ok(shutdown.exit_code());
            }
            line = lines.recv(), if !at_end && connection.unconfirmed() < queue => match line {
                None => at_end = true,
                Some(line) => match connection.send(&line) {
                    Ok(_) | Err(PostError::Empty) => {}
                    Err(error) => {
                        tracing::error!(%error, "a line is not sent");
                        code = ExitCode::FAILURE;
                    }
                },
            },
            event = events.next() => match event {
                None => return Ok(code),
                Some(Event::Message(line)) if !transcript.message(&line)? => return Ok(code),
                Some(Event::Registered(made)) => account::keep(&made, false)?,
                Some(Event::TokenRejected) => return Err(account::rejected()),
                Some(Event::Nickname(name)) => tracing::info!("you are {}", common::escape::visible(&name)),
                Some(Event::Status(port, status)) => {
                    transcript.status(port, &status);
                    listen::log(&chat.address, port, &status);
                    match status {
                        Status::Up => offer = false,
                        Status::Down { .. } if port == Port::Write && std::mem::take(&mut offer) => {
                            tracing::warn!(
                                "there is no server here: run `underground-chat serve` in another terminal, or add --with-server to start one inside"
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
            let mut stdin = std::io::stdin().lock();
            let mut line = Vec::new();
            while stdin
                .read_until(b'\n', &mut line)
                .is_ok_and(|count| count > 0)
            {
                let text = String::from_utf8_lossy(&line).into_owned();
                if sender.blocking_send(text).is_err() {
                    return;
                }
                line.clear();
            }
        })?;
    Ok(lines)
}
