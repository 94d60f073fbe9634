//! `chat`: joins the conversation, in the terminal or in a pipe.

use std::io::{IsTerminal, stdin, stdout};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use clap::builder::BoolishValueParser;
use common::shutdown::Shutdown;

use super::{Verbosity, pipe, screen};
use crate::flags::{Address, Data, Identity, Record};
use crate::server::Inside;

#[derive(Args, Debug)]
#[command(after_help = "Examples:
  underground-chat chat
  underground-chat chat --with-server --username Tolik
  printf 'one\\ntwo\\n' | underground-chat chat
Keys: Enter sends, PgUp/PgDn and Up/Down scroll, Esc goes to the end, Ctrl-R
tries to connect at once, F2 starts a server inside, Ctrl-C leaves.
Without a terminal it sends the lines of stdin, prints what is said, and ends
when stdin has ended and everything is confirmed.")]
pub(super) struct Chat {
    #[command(flatten)]
    pub(super) address: Address,
    #[command(flatten)]
    pub(super) identity: Identity,
    #[command(flatten)]
    pub(super) record: Record,
    /// Messages of the history to begin with
    #[arg(
        long,
        env = "MINECHAT_HISTORY_LINES",
        value_name = "N",
        default_value_t = 1000
    )]
    pub(super) history_lines: usize,
    /// Start a server inside, if there is none at that address
    #[arg(long, env = "MINECHAT_WITH_SERVER", value_parser = BoolishValueParser::new())]
    pub(super) with_server: bool,
    #[command(flatten)]
    pub(super) data: Data,
    /// Write the log to this file; on a full screen there is none otherwise
    #[arg(long, env = "MINECHAT_LOG", value_name = "FILE")]
    log: Option<PathBuf>,
    #[command(flatten)]
    pub(super) verbosity: Verbosity,
}

impl Chat {
    pub(super) async fn run(self, shutdown: Shutdown) -> anyhow::Result<ExitCode> {
        let on_screen = stdin().is_terminal() && stdout().is_terminal();
        match &self.log {
            Some(path) => {
                common::logging::to_file("underground_chat", self.verbosity.verbose, path)?
            }
            // A log line in the picture would be no picture any more.
            None if on_screen => {}
            None => self.verbosity.talk_on_stderr()?,
        }
        let server = if self.with_server {
            self.start_server().await?
        } else {
            None
        };
        if on_screen {
            return screen::run(&self, server, &shutdown).await;
        }
        let result = pipe::run(&self, &shutdown).await;
        if let Some(server) = server {
            server.stop().await;
        }
        result
    }

    /// A server inside; none where there is one already.
    pub(super) async fn start_server(&self) -> anyhow::Result<Option<Inside>> {
        let Address {
            host,
            read_port,
            write_port,
        } = &self.address;
        let server = Inside::start(host, *read_port, *write_port, &self.data.data).await?;
        if server.is_none() {
            tracing::info!("there is a server already; using that one");
        }
        Ok(server)
    }
}
