//! The command line.

use std::io::{self, Write as _};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context as _;
use clap::{Args, Parser, Subcommand};
use common::listen::Flags;
use common::shutdown::Shutdown;

use crate::client;
use crate::room::Stage;
use crate::server::{self, Settings};

const EXAMPLES: &str = "\
Examples, in three terminals:
  cargo run -p ws-chatroom -- server
  cargo run -p ws-chatroom -- client
  cargo run -p ws-chatroom -- client

What to type in a client at the last stage: text to chat, `page` to call the
others, `invite 2` for a private chat with client 2, `leave` to end it.
Without a command it is the server and takes the server's flags.";

/// A WebSocket chat room in five stages, and the client for all of them.
#[derive(Debug, Parser)]
#[command(
    name = "ws-chatroom",
    version,
    after_help = EXAMPLES,
    max_term_width = 80,
    args_conflicts_with_subcommands = true
)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    server: ServerFlags,
}

/// What the log shows.
#[derive(Args, Clone, Copy, Debug)]
struct Verbosity {
    /// Show more of what happens (twice: everything); RUST_LOG wins
    #[arg(short, long, action = clap::ArgAction::Count, env = "WS_CHATROOM_VERBOSE")]
    verbose: u8,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the chat room; what this program does by default
    #[command(after_help = "Example:\n  \
        cargo run -p ws-chatroom -- server --stage echo --bind 127.0.0.1:9000")]
    Server(ServerFlags),
    /// Chat: what you type is sent, what comes is shown; Ctrl-D ends it
    #[command(
        after_help = "Examples (with input piped in no prompts are printed):\n  \
        cargo run -p ws-chatroom -- client ws://127.0.0.1:9000\n  \
        echo Hello! | cargo run -p ws-chatroom -- client"
    )]
    Client(ClientFlags),
}

#[derive(Args, Debug)]
struct ServerFlags {
    /// How much of the challenge is solved
    #[arg(long, value_enum, default_value = "private", env = "WS_CHATROOM_STAGE")]
    stage: Stage,
    /// HOST:PORT to listen on; port 0 takes a free one
    #[arg(long, default_value = client::ADDRESS, env = "WS_CHATROOM_BIND")]
    bind: String,
    /// Longest message that a client may send, in bytes
    #[arg(
        long,
        default_value_t = 65_536,
        value_name = "BYTES",
        value_parser = message_bytes,
        env = "WS_CHATROOM_MAX_MESSAGE"
    )]
    max_message: usize,
    /// Bytes that may wait for a client that reads too slowly
    #[arg(
        long,
        default_value_t = 65_536,
        value_name = "BYTES",
        value_parser = backlog_bytes,
        env = "WS_CHATROOM_MAX_BACKLOG"
    )]
    max_backlog: usize,
    /// Drop a client that answers no ping for so many seconds
    #[arg(long, default_value = "60", value_name = "SECONDS", value_parser = seconds, env = "WS_CHATROOM_PING_TIMEOUT")]
    ping_timeout: Duration,
    /// Drop a connection that is no WebSocket after so many seconds
    #[arg(long, default_value = "10", value_name = "SECONDS", value_parser = seconds, env = "WS_CHATROOM_HANDSHAKE_TIMEOUT")]
    handshake_timeout: Duration,
    /// Pages of other sites that may join, like https://example.com; * lets all
    #[arg(
        long,
        value_name = "ORIGIN",
        value_delimiter = ',',
        value_parser = origin,
        env = "WS_CHATROOM_ALLOW_ORIGIN"
    )]
    allow_origin: Vec<String>,
    #[command(flatten)]
    verbosity: Verbosity,
}

#[derive(Args, Debug)]
struct ClientFlags {
    /// The server, as ws://HOST:PORT, HOST:PORT or HOST
    #[arg(default_value = client::URL, env = "WS_CHATROOM_URL")]
    url: String,
    #[command(flatten)]
    verbosity: Verbosity,
}

/// The whole program.
///
/// # Errors
///
/// An origin, or one of the two words that stand for more.
fn origin(text: &str) -> Result<String, String> {
    if matches!(text, "*" | "null") {
        return Ok(text.to_owned());
    }
    common::origin::parse(text)
}

/// What `main` prints in one line.
pub fn run() -> anyhow::Result<ExitCode> {
    common::dotenv::load()?;
    let cli: Cli = common::usage::parse();
    let command = cli.command.unwrap_or(Command::Server(cli.server));
    let (Command::Server(ServerFlags { verbosity, .. })
    | Command::Client(ClientFlags { verbosity, .. })) = &command;
    common::logging::to_stderr("ws_chatroom", verbosity.verbose)?;
    let shutdown = Shutdown::on_signals().context("cannot wait for signals")?;
    match command {
        Command::Server(flags) => serve(flags, &shutdown)?,
        Command::Client(flags) => client::run(&flags.url, &shutdown)?,
    }
    Ok(shutdown.exit_code())
}

fn serve(flags: ServerFlags, shutdown: &Shutdown) -> anyhow::Result<()> {
    common::limits::raise_descriptors();
    let choice = Flags::Address {
        flag: "--bind",
        default: client::ADDRESS,
    };
    let listener = common::listen::bind(&flags.bind, choice)?;
    let address = listener.local_addr()?;
    // A server whose stdout has gone serves all the same.
    let _ = writeln!(
        io::stdout(),
        "listening on ws://{address}; Ctrl-C ends it\n\
         try: cargo run -p ws-chatroom -- client ws://{address}"
    );
    let settings = Settings {
        stage: flags.stage,
        max_message: flags.max_message,
        max_backlog: flags.max_backlog,
        ping_timeout: flags.ping_timeout,
        handshake_timeout: flags.handshake_timeout,
        allow_origin: flags.allow_origin.into(),
    };
    server::run(listener, settings, shutdown).context("the server cannot run")
}

/// What a message may have: at least what `invite` with the highest number takes, at most
/// what a client shows.
fn message_bytes(text: &str) -> Result<usize, String> {
    text.parse()
        .ok()
        .filter(|bytes| (32..=server::LONGEST_MESSAGE).contains(bytes))
        .ok_or_else(|| "it is a number of bytes from 32 to 16777216, like 65536".to_owned())
}

/// What may wait in a queue: at least some notices of the room, at most 1 GiB.
fn backlog_bytes(text: &str) -> Result<usize, String> {
    text.parse()
        .ok()
        .filter(|bytes| (1024..=1 << 30).contains(bytes))
        .ok_or_else(|| "it is a number of bytes from 1024 to 1073741824, like 65536".to_owned())
}

fn seconds(text: &str) -> Result<Duration, String> {
    text.parse()
        .ok()
        .and_then(|seconds| Duration::try_from_secs_f64(seconds).ok())
        .filter(|duration| !duration.is_zero())
        .ok_or_else(|| "it is a number of seconds above 0, like 10 or 0.5".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory as _;

    #[test]
    fn every_help_page_fits_eighty_columns() {
        let mut command = Cli::command();
        command.build();
        let whole = command.render_long_help();
        let pages = command.get_subcommands_mut();
        for page in pages.map(|page| page.render_long_help()).chain([whole]) {
            for line in page.to_string().lines() {
                assert!(line.chars().count() <= 80, "{line}");
            }
        }
    }

    #[test]
    fn every_flag_names_its_variable() {
        let command = Cli::command();
        for page in command.get_subcommands().chain([&command]) {
            for flag in page
                .get_arguments()
                .filter(|flag| flag.get_long().is_some())
            {
                let variable = flag.get_env().unwrap_or_default();
                let name = flag.get_id().as_str().to_uppercase();
                assert_eq!(variable, format!("WS_CHATROOM_{name}").as_str());
            }
        }
    }

    #[test]
    fn the_server_starts_with_the_oracles_settings() {
        let Some(Command::Server(flags)) = Cli::parse_from(["ws-chatroom", "server"]).command
        else {
            panic!("`server` is the server");
        };
        let oracle = Settings::new(Stage::Private);
        assert_eq!(flags.stage, oracle.stage);
        assert_eq!(flags.max_message, oracle.max_message);
        assert_eq!(flags.max_backlog, oracle.max_backlog);
        assert_eq!(flags.ping_timeout, oracle.ping_timeout);
        assert_eq!(flags.handshake_timeout, oracle.handshake_timeout);
        assert_eq!(flags.allow_origin, *oracle.allow_origin);
    }
}
