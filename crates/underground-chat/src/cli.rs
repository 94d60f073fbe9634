//! The command line: what each command is called, and what it reads its settings from.

mod account;
mod chat;
mod listen;
mod outage;
mod pipe;
mod printer;
mod screen;
mod send;
mod serve;
mod unsent;

use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context as _;
use clap::{Args, CommandFactory, FromArgMatches, Parser, Subcommand};
use common::shutdown::Shutdown;

use crate::flags::Names;

/// An anonymous chat, and everything it needs: server, reader, writer.
#[derive(Debug, Parser)]
#[command(
    max_term_width = 80,
    name = "underground-chat",
    version,
    args_conflicts_with_subcommands = true,
    after_help = "Examples:
  underground-chat serve                 the server, on this machine
  underground-chat register Tolik        an account; its token goes to .env
  underground-chat                       join the conversation
  underground-chat listen | grep Eva     only read
  date | underground-chat send -         only write
  underground-chat --with-server         all in one

Every setting can stand in the environment or in .env of this directory; the
command line wins over the environment, and that over .env."
)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    chat: chat::Chat,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Join the conversation; what this program does by default
    Chat(chat::Chat),
    /// Print what is said, and keep it in the history
    Listen(listen::Listen),
    /// Send one message
    Send(send::Send),
    /// Make an account and keep its token in .env
    Register(send::Register),
    /// Run a server
    Serve(serve::Serve),
}

/// What the log shows.
#[derive(Args, Clone, Copy, Debug)]
struct Verbosity {
    /// Log more (twice: everything); RUST_LOG overrides it
    #[arg(short, long, action = clap::ArgAction::Count, env = "MINECHAT_VERBOSE")]
    verbose: u8,
}

impl Verbosity {
    fn log_to_stderr(self) -> anyhow::Result<()> {
        Ok(common::logging::to_stderr(
            "underground_chat",
            self.verbose,
        )?)
    }

    /// What a person is to know as plain sentences; the log where it was asked for.
    fn talk_on_stderr(self) -> anyhow::Result<()> {
        let filtered = std::env::var_os("RUST_LOG").is_some_and(|filter| !filter.is_empty());
        if self.verbose > 0 || filtered {
            return self.log_to_stderr();
        }
        tracing_subscriber::fmt()
            .with_env_filter(common::logging::filter("underground_chat", 0)?)
            .with_writer(std::io::stderr)
            .with_ansi(false)
            .with_level(false)
            .with_target(false)
            .without_time()
            .init();
        Ok(())
    }
}

/// How the user calls this program: through cargo, where that has started it.
fn program() -> &'static str {
    if std::env::var_os("CARGO").is_some() {
        "cargo run -p underground-chat --"
    } else {
        "underground-chat"
    }
}

/// How long to try.
#[derive(Args, Clone, Copy, Debug)]
struct Patience {
    /// Seconds to try before giving up
    #[arg(long, env = "MINECHAT_TIMEOUT", value_name = "SECONDS", default_value = "10", value_parser = seconds)]
    timeout: Duration,
}

fn seconds(text: &str) -> Result<Duration, String> {
    text.parse()
        .ok()
        .and_then(|seconds| Duration::try_from_secs_f64(seconds).ok())
        .filter(|time| !time.is_zero())
        .ok_or_else(|| "give seconds, like 10 or 0.5".to_owned())
}

/// Does what the command line says.
///
/// # Errors
///
/// What went wrong, for one line on stderr.
pub fn run() -> anyhow::Result<ExitCode> {
    let names = Names::before_dotenv();
    common::dotenv::load()?;
    let cli = common::usage::matches(names.apply(Cli::command()), std::env::args_os())
        .and_then(|matches| Cli::from_arg_matches(&matches))
        .unwrap_or_else(|error| error.exit());
    let shutdown = Shutdown::on_signals().context("cannot listen for signals")?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("cannot start the runtime")?;
    let result = runtime.block_on(async {
        match cli.command.unwrap_or(Command::Chat(cli.chat)) {
            Command::Chat(chat) => chat.run(shutdown).await,
            Command::Listen(listen) => listen.run(shutdown).await,
            Command::Send(send) => send.run(shutdown).await,
            Command::Register(register) => register.run(shutdown).await,
            Command::Serve(serve) => serve.run(shutdown).await,
        }
    });
    // A thread may hang in a read of the terminal or a look-up of a name; nobody waits for it.
    runtime.shutdown_background();
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_well_formed_and_every_flag_names_its_variable() {
        let command = Names::default().apply(Cli::command());
        command.clone().debug_assert();
        for command in command.get_subcommands().chain([&command]) {
            for flag in command
                .get_arguments()
                .filter(|flag| flag.get_long().is_some())
            {
                let name = flag.get_id().as_str();
                let exempt = ["help", "version"].contains(&name);
                assert!(exempt || flag.get_env().is_some(), "{name}");
            }
        }
    }

    #[test]
    fn help_fits_80_columns() {
        let mut command = Cli::command().term_width(80);
        command.build();
        for command in command.get_subcommands().cloned().chain([command.clone()]) {
            let help = command.term_width(80).render_long_help().to_string();
            for line in help.lines() {
                assert!(line.chars().count() <= 80, "{line}");
            }
        }
    }

    #[test]
    fn with_no_command_the_flags_are_those_of_chat() {
        let cli = Cli::try_parse_from(["underground-chat", "--with-server"]).unwrap();
        assert!(cli.command.is_none() && cli.chat.with_server);
    }
}
