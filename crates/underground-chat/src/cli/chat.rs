//! `chat`: joins the conversation, in the terminal or in a pipe.

use std::io::{IsTerminal, stdin, stdout};
use std::process::ExitCode;

use clap::Args;
use common::shutdown::Shutdown;

use super::account::Identity;
use super::serve::{self, Data};
use super::{Address, Record, Verbosity, pipe};
use crate::server::{ServerError, Settings};

#[derive(Args, Debug)]
#[command(after_help = "Examples:
  underground-chat chat
  underground-chat chat --with-server --username Tolik
  printf 'one\\ntwo\\n' | underground-chat chat
Without a terminal it sends the lines of stdin, prints what is said, and ends
when stdin has ended and everything is confirmed.")]
pub(super) struct Chat {
    #[command(flatten)]
    pub(super) address: Address,
    #[command(flatten)]
    pub(super) identity: Identity,
    #[command(flatten)]
    pub(super) record: Record,
    /// Start a server inside, if there is none at that address
    #[arg(long, env = "MINECHAT_WITH_SERVER")]
    pub(super) with_server: bool,
    #[command(flatten)]
    pub(super) data: Data,
    #[command(flatten)]
    pub(super) verbosity: Verbosity,
}

impl Chat {
    pub(super) async fn run(self, shutdown: Shutdown) -> anyhow::Result<ExitCode> {
        self.verbosity.log_to_stderr()?;
        let server = if self.with_server {
            self.start_server(&shutdown)?
        } else {
            None
        };
        let result = pipe::run(&self, &shutdown).await;
        if let Some((server, stop)) = server {
            stop.request();
            server.await?;
        }
        result
    }

    /// A server inside; none where there is one already.
    pub(super) fn start_server(
        &self,
        _shutdown: &Shutdown,
    ) -> anyhow::Result<Option<(tokio::task::JoinHandle<()>, Shutdown)>> {
        let server = match serve::start(&self.address, &self.data, Settings::default()) {
            Ok(server) => server,
            Err(error) => {
                let in_use = matches!(
                    error.downcast_ref(),
                    Some(ServerError::Listen(
                        common::listen::ListenError::InUse { .. }
                    ))
                );
                if in_use {
                    tracing::info!("there is a server already; using that one");
                    return Ok(None);
                }
                return Err(error);
            }
        };
        let stop = Shutdown::new();
        Ok(Some((tokio::spawn(server.run(stop.clone())), stop)))
    }

    /// What to do about a server that is not there; `None` where it is somebody else's machine.
    pub(super) fn offer(&self) -> Option<String> {
        let host = self.address.host.trim_matches(['[', ']']);
        let here = host == "localhost"
            || host
                .parse()
                .is_ok_and(|address: std::net::IpAddr| address.is_loopback());
        here.then(|| {
            format!(
                "there is no server on {host}: run `underground-chat serve` in another terminal, or add --with-server to start one inside"
            )
        })
    }
}

/// Whether somebody sits in front of it.
#[must_use]
pub(super) fn has_terminal() -> bool {
    stdin().is_terminal() && stdout().is_terminal()
}
