//! `send` and `register`: one thing, then out.

use std::io::Read;
use std::process::ExitCode;

use anyhow::{Context as _, bail};
use clap::Args;
use clap::builder::BoolishValueParser;
use common::shutdown::Shutdown;

use super::{Patience, Verbosity, account, unsent};
use crate::client::{Connection, Event, Settings, Status};
use crate::credentials::{self, CredentialsError};
use crate::flags::{Address, DOTENV, Identity};
use crate::protocol::text::flatten;
use crate::protocol::{Account, Login, PostError};

#[derive(Args, Debug)]
#[command(after_help = "Examples:
  underground-chat send 'hello, everybody'
  uptime | underground-chat send -")]
pub(super) struct Send {
    /// The message; - takes it from stdin, its lines joined by blanks
    text: String,
    #[command(flatten)]
    address: Address,
    #[command(flatten)]
    identity: Identity,
    #[command(flatten)]
    patience: Patience,
    #[command(flatten)]
    verbosity: Verbosity,
}

#[derive(Args, Debug)]
#[command(after_help = "Example:
  underground-chat register Tolik
The server puts an adjective before the name; the full nickname is printed.")]
pub(super) struct Register {
    /// The name to ask for
    name: String,
    /// Give up the account that .env holds a token of
    #[arg(long, env = "MINECHAT_REPLACE", value_parser = BoolishValueParser::new())]
    replace: bool,
    #[command(flatten)]
    address: Address,
    #[command(flatten)]
    patience: Patience,
    #[command(flatten)]
    verbosity: Verbosity,
}

/// What is waited for, and what was the matter last.
struct Errand {
    connection: Connection,
    events: crate::client::Events,
    trouble: Option<String>,
}

impl Errand {
    fn start(address: &Address, login: Login) -> Self {
        let settings = Settings {
            login: Some(login),
            read: false,
            ..Settings::default()
        };
        let (connection, events) = Connection::open(address.tcp(), settings);
        Self {
            connection,
            events,
            trouble: None,
        }
    }

    /// The next event of interest; troubles are remembered for the day they have to be explained.
    async fn next(&mut self) -> Event {
        loop {
            match self.events.next().await.expect("it ends with its owner") {
                Event::Status(port, Status::Down { why, .. }) => {
                    tracing::debug!(?port, why, "no connection");
                    self.trouble = Some(why);
                }
                Event::Status(..) => {}
                event => return event,
            }
        }
    }
}

impl Send {
    pub(super) async fn run(self, shutdown: Shutdown) -> anyhow::Result<ExitCode> {
        self.verbosity.talk_on_stderr()?;
        let login = account::login(&self.identity)?;
        let from_stdin = self.text == "-";
        let text = if from_stdin {
            // Not before a signal can end it: reading may take for ever.
            let read = tokio::task::spawn_blocking(|| {
                let mut bytes = Vec::new();
                // One byte more than fits is enough to refuse it.
                let limit = crate::protocol::LONGEST_LINE as u64 * 2;
                std::io::stdin().take(limit).read_to_end(&mut bytes)?;
                Ok::<_, std::io::Error>(String::from_utf8_lossy(&bytes).into_owned())
            });
            tokio::select! {
                text = read => text?.context("cannot read stdin")?,
                () = shutdown.requested() => bail!("interrupted before there was a message"),
            }
        } else {
            self.text.clone()
        };
        let sent = self.deliver(login, &text, &shutdown).await;
        if sent.is_err() && from_stdin {
            // Unlike the command line, nobody has it any more.
            unsent::give_back(&[flatten(&text)], ExitCode::FAILURE);
        }
        sent.map(|()| ExitCode::SUCCESS)
    }

    async fn deliver(&self, login: Login, text: &str, shutdown: &Shutdown) -> anyhow::Result<()> {
        let mut errand = Errand::start(&self.address, login);
        let id = errand.connection.send(text).map_err(|error| match error {
            PostError::TooLong => anyhow::anyhow!("{error}; send it in parts"),
            error => error.into(),
        })?;
        let sent = async {
            loop {
                match errand.next().await {
                    Event::Sent(sent) if sent == id => return Ok(()),
                    Event::Registered(account) => account::keep(&account, false)?,
                    Event::TokenRejected => return Err(account::rejected(&self.identity)),
                    _ => {}
                }
            }
        };
        tokio::select! {
            sent = sent => sent,
            () = tokio::time::sleep(self.patience.timeout) => {
                Err(gave_up(&self.address, self.patience, errand.trouble))
            }
            () = shutdown.requested() => bail!("interrupted before the server confirmed the message"),
        }
    }
}

impl Register {
    pub(super) async fn run(self, shutdown: Shutdown) -> anyhow::Result<ExitCode> {
        self.verbosity.talk_on_stderr()?;
        let login = Login::register(&self.name).context("a nickname needs at least one letter")?;
        let dotenv = std::path::Path::new(DOTENV);
        // Asked before the account is made: one whose token cannot be kept is lost.
        if !self.replace && credentials::load(dotenv)?.is_some() {
            let path = dotenv.to_owned();
            return Err(CredentialsError::Exists { path }.into());
        }
        let mut errand = Errand::start(&self.address, login);
        let made = async {
            loop {
                if let Event::Registered(account) = errand.next().await {
                    return account;
                }
            }
        };
        let account: Account = tokio::select! {
            account = made => account,
            () = tokio::time::sleep(self.patience.timeout) => {
                return Err(gave_up(&self.address, self.patience, errand.trouble));
            }
            () = shutdown.requested() => bail!("interrupted before there was an account"),
        };
        account::keep(&account, self.replace)?;
        println!("{}", common::escape::visible(&account.nickname));
        Ok(ExitCode::SUCCESS)
    }
}

fn gave_up(address: &Address, patience: Patience, trouble: Option<String>) -> anyhow::Error {
    anyhow::anyhow!(
        "gave up after {} s: {}:{}: {}; see --host, --write-port and --timeout",
        patience.timeout.as_secs_f64(),
        address.host,
        address.write_port,
        trouble.as_deref().unwrap_or("no answer")
    )
}
