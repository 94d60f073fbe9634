//! `chat` in a terminal: keys and events into a [`Conversation`], its picture on the screen.
//!
//! The screen is painted only when something has changed: a quiet chat costs nothing.

mod conversation;
mod view;

use std::io::stdout;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context as _;
use common::shutdown::Shutdown;
use crossterm::event::{DisableBracketedPaste, EnableBracketedPaste, EventStream};
use crossterm::execute;
use futures_util::{FutureExt as _, StreamExt as _};
use ratatui::DefaultTerminal;
use tokio::time::Instant;

use super::account;
use super::chat::Chat;
use super::listen::now;
use super::unsent;
use crate::client::{Connection, Event, Events, Port, Settings, Status};
use crate::credentials::CredentialsError;
use crate::history::{self, History};
use crate::server::Inside;
use conversation::{Conversation, Effect};

/// How often the countdown to the next try moves.
const COUNTDOWN: Duration = Duration::from_secs(1);
/// Events shown in one picture, when they come faster than pictures can.
const BATCH: usize = 500;

/// Short enough for the line of status.
const ELSEWHERE: &str =
    "Not kept: the history file is another server's; choose one with --history.";

/// The whole screen; given back as it was when dropped, in a panic too.
struct Screen(DefaultTerminal);

impl Screen {
    fn take() -> anyhow::Result<Self> {
        // Also makes a panic restore the terminal before it prints its message.
        let terminal = ratatui::try_init().context("cannot take over the terminal")?;
        let screen = Self(terminal);
        // What is pasted comes as one text: its line ends must not send it in pieces.
        execute!(stdout(), EnableBracketedPaste).context("cannot set up the terminal")?;
        Ok(screen)
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        // The terminal may be gone (SIGHUP): then there is nothing to restore.
        let _ = execute!(stdout(), DisableBracketedPaste);
        let _ = ratatui::try_restore();
    }
}

/// Everything a chat on the screen consists of.
struct Session<'a> {
    chat: &'a Chat,
    connection: Connection,
    events: Events,
    history: History,
    /// Nothing is kept for now: another program uses the file for another server.
    elsewhere: bool,
    conversation: Conversation,
    server: Option<Inside>,
    /// What to do where there is no server.
    advice: Option<String>,
}

/// Joins the conversation until its user leaves.
pub(super) async fn run(
    chat: &Chat,
    server: Option<Inside>,
    shutdown: &Shutdown,
) -> anyhow::Result<ExitCode> {
    let record = &chat.record;
    let mut history = History::of(&record.history, record.history_max, &chat.address.server());
    let (entries, elsewhere) = match history.acquire() {
        Ok(()) => (history::tail(&record.history, chat.history_lines)?, false),
        // Its past is another server's, too.
        Err(error) if error.is_elsewhere() => (Vec::new(), true),
        Err(error) => return Err(error.into()),
    };
    let login = chat.identity.login();
    let mut conversation = Conversation::new(login.is_none(), entries);
    if server.is_some() {
        conversation.notice("A server runs inside this program.");
    }
    let advice = (server.is_none() && chat.address.is_local()).then(|| {
        let too = if chat.with_server {
            ""
        } else {
            " (--with-server does, too)"
        };
        format!("No server here. F2 starts one inside this program{too}.")
    });
    let settings = Settings {
        login,
        ..Settings::default()
    };
    let (connection, events) = Connection::open(chat.address.tcp(), settings);
    let mut session = Session {
        chat,
        connection,
        events,
        history,
        elsewhere,
        conversation,
        server,
        advice,
    };
    let mut screen = Screen::take()?;
    let result = session.run(&mut screen.0, shutdown).await;
    drop(screen);
    session.settle().await;
    let unsent = session.connection.unconfirmed_texts(usize::MAX);
    drop(session.events);
    if let Some(server) = session.server {
        server.stop().await;
    }
    let code = unsent::give_back(&unsent, shutdown.exit_code());
    result?;
    Ok(code)
}

impl Session<'_> {
    async fn run(
        &mut self,
        terminal: &mut DefaultTerminal,
        shutdown: &Shutdown,
    ) -> anyhow::Result<()> {
        let mut keys = EventStream::new();
        let mut countdown = tokio::time::interval(COUNTDOWN);
        loop {
            self.conversation.waiting = self.connection.unconfirmed();
            let shown = usize::from(view::WAITING);
            self.conversation.last_waiting = self.connection.unconfirmed_texts(shown);
            let painted =
                terminal.draw(|frame| view::draw(frame, &mut self.conversation, Instant::now()));
            if let Err(error) = painted {
                // The terminal may vanish a moment before its SIGHUP arrives.
                return leave_or(shutdown, error.into()).await;
            }
            tokio::select! {
                () = shutdown.requested() => return Ok(()),
                key = keys.next() => match key {
                    Some(Ok(key)) => {
                        if !self.act(|conversation| conversation.key(&key)).await {
                            return Ok(());
                        }
                    }
                    Some(Err(error)) => return leave_or(shutdown, error.into()).await,
                    None => return Ok(()),
                },
                event = self.events.next() => {
                    let mut event = event;
                    for _ in 0..BATCH {
                        let Some(one) = event.take() else { break };
                        self.event(one);
                        event = self.events.next().now_or_never().flatten();
                    }
                    if let Some(last) = event {
                        self.event(last);
                    }
                }
                _ = countdown.tick(), if self.conversation.counts_down() => {}
            }
        }
    }

    fn event(&mut self, event: Event) {
        // Shown after what the event itself has to say.
        let mut notice = None;
        match &event {
            Event::Message(line) => {
                notice = match self.history.append(now(), line) {
                    Err(error) if error.is_elsewhere() => Some(ELSEWHERE.to_owned()),
                    Err(error) => Some(error.to_string()),
                    Ok(()) => {
                        self.elsewhere = false;
                        None
                    }
                };
            }
            // While we hear nothing, another program may keep it.
            Event::Status(Port::Read, Status::Down { .. }) => self.history.release(),
            Event::Status(_, Status::Up) if self.elsewhere => notice = Some(ELSEWHERE.to_owned()),
            // A token in .env may be good elsewhere: it is not overwritten unasked.
            Event::Registered(made) => {
                notice = account::keep(made, false).err().map(|error| {
                    match error.downcast_ref() {
                        Some(CredentialsError::Exists { .. }) => {
                            "You are in until you leave: .env keeps its token (see register --replace)."
                                .to_owned()
                        }
                        _ => format!("You are in until you leave: {error:#}"),
                    }
                });
            }
            _ => {}
        }
        self.conversation
            .event(event, now(), self.advice.as_deref());
        if let Some(notice) = notice {
            self.conversation.notice(&notice);
        }
    }

    /// Does what a key asks for; `false` when it asks to leave.
    async fn act(&mut self, key: impl FnOnce(&mut Conversation) -> Effect) -> bool {
        match key(&mut self.conversation) {
            Effect::None => {}
            Effect::Leave => return false,
            Effect::Send(text) => {
                if let Err(error) = self.connection.send(&text) {
                    self.conversation.refused(text, &error.to_string());
                }
            }
            Effect::Register(name) => {
                if self.connection.register(&name) {
                    self.conversation.notice("Making an account…");
                }
            }
            Effect::StartServer if self.server.is_some() || !self.chat.address.is_local() => {}
            Effect::StartServer => match self.chat.start_server().await {
                Ok(Some(server)) => {
                    self.server = Some(server);
                    self.advice = None;
                    self.conversation
                        .notice("A server runs inside this program now.");
                    self.connection.retry_now();
                }
                Ok(None) => self.conversation.notice("There is a server already."),
                Err(error) => self.conversation.cannot_serve(format!("{error:#}")),
            },
            Effect::Retry => self.connection.retry_now(),
        }
        true
    }

    /// Gives what is on its way as its author leaves a moment to be confirmed.
    async fn settle(&mut self) {
        let confirmed = async {
            while self.conversation.writing == Status::Up
                && self.connection.unconfirmed() > 0
                && let Some(event) = self.events.next().await
            {
                self.event(event);
            }
        };
        let _ = tokio::time::timeout(unsent::SETTLE, confirmed).await;
    }
}

/// No error where a stop signal explains it, or is about to.
async fn leave_or(shutdown: &Shutdown, error: anyhow::Error) -> anyhow::Result<()> {
    let signal = tokio::time::timeout(Duration::from_millis(200), shutdown.requested());
    match signal.await {
        Ok(()) => Ok(()),
        Err(_) => Err(error),
    }
}
