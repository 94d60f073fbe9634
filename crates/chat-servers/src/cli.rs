//! The command line.

use std::io::{self, Write as _};
use std::process::ExitCode;

use clap::builder::RangedU64ValueParser;
use clap::error::ErrorKind;
use clap::{CommandFactory as _, Parser, ValueEnum};
use common::shutdown::Shutdown;
use jiff::tz::TimeZone;

use crate::hub::{Hub, Transport};
use crate::kernel::Flood;
use crate::programs::{self, Endpoint};
use crate::server::{self, Bound};
use crate::settings::Settings;
use crate::wire::Limits;

const EXAMPLES: &str = "\
Examples:
  chat-servers                     every runtime, TCP and web, all in one chat
  chat-servers compio-pair         one runtime, TCP and web
  chat-servers tokio mio-ws        any number of programs, in one chat
  chat-servers mio --port 2000     one server on a port of its own
  telnet 127.0.0.1 10000           then type: login ann
                                              msgall hello
                                              msg bob psst
                                              userlist, whoami, logout

Programs: tokio, mio, smol, compio (TCP); with -ws (page and WebSocket) or
-pair (both) behind the name; all, tcp_all, ws_all. The names of the Python
programs work too: as_chat, tw_ws_chat, tor_chats, bind tcp_all and so on.";

/// One chat over TCP and the web, on four async runtimes.
#[derive(Debug, Parser)]
#[command(name = "chat-servers", version, after_help = EXAMPLES, max_term_width = 80)]
struct Cli {
    /// What to run, all in one chat; see below
    #[arg(default_value = "all", env = "CHAT_SERVERS_PROGRAM", num_args = 0..)]
    program: Vec<String>,
    /// Address to listen on
    #[arg(long, default_value = "127.0.0.1", env = "CHAT_SERVERS_HOST")]
    host: String,
    /// TCP port; several for several servers, as `10000,1234`; 0 takes free ones
    #[arg(long, value_delimiter = ',', env = "CHAT_SERVERS_PORT")]
    port: Vec<u16>,
    /// Web port, likewise
    #[arg(long, value_delimiter = ',', env = "CHAT_SERVERS_WS_PORT")]
    ws_port: Vec<u16>,
    /// Colour for TCP clients, whose terminal it is
    #[arg(long, value_enum, default_value = "always", env = "CHAT_SERVERS_COLOR")]
    color: Color,
    /// Longest request, in bytes
    #[arg(
        long,
        default_value_t = 4096,
        value_name = "BYTES",
        value_parser = RangedU64ValueParser::<usize>::new().range(1..),
        env = "CHAT_SERVERS_MAX_LINE"
    )]
    max_line: usize,
    /// Requests a second that a client may send; 0 is no limit
    #[arg(
        long,
        default_value_t = 20,
        value_name = "RATE",
        env = "CHAT_SERVERS_FLOOD_RATE"
    )]
    flood_rate: u32,
    /// Requests that a client may send at once
    #[arg(
        long,
        default_value_t = 40,
        value_name = "REQUESTS",
        value_parser = clap::value_parser!(u32).range(1..),
        env = "CHAT_SERVERS_FLOOD_BURST"
    )]
    flood_burst: u32,
    /// Bytes that may wait for a client that does not read
    #[arg(
        long,
        default_value_t = 65_536,
        value_name = "BYTES",
        env = "CHAT_SERVERS_OUTBOX"
    )]
    outbox: usize,
    /// Connections of all servers together
    #[arg(
        long,
        default_value_t = 10_000,
        value_name = "COUNT",
        value_parser = RangedU64ValueParser::<usize>::new().range(1..),
        env = "CHAT_SERVERS_MAX_CONNECTIONS"
    )]
    max_connections: usize,
    /// Let pages of this origin, as `https://example.org`, open the WebSocket
    /// beside the server's own
    #[arg(
        long,
        value_parser = common::origin::parse,
        value_name = "ORIGIN",
        value_delimiter = ',',
        env = "CHAT_SERVERS_ALLOW_ORIGIN"
    )]
    allow_origin: Vec<String>,
    /// Show more of what happens (twice: everything); RUST_LOG wins
    #[arg(
        short,
        long,
        action = clap::ArgAction::Count,
        env = "CHAT_SERVERS_VERBOSE"
    )]
    verbose: u8,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Color {
    Always,
    Never,
}

/// The whole program.
///
/// # Errors
///
/// What `main` prints in one line.
pub fn run() -> anyhow::Result<ExitCode> {
    common::dotenv::load()?;
    let cli: Cli = common::usage::parse();
    let endpoints = endpoints(&cli).unwrap_or_else(|error| error.exit());
    crate::log::to_stderr(cli.verbose)?;
    let shutdown = Shutdown::on_signals()?;
    common::limits::raise_descriptors();
    let settings = settings(&cli);
    let mut bound = Vec::new();
    for endpoint in endpoints {
        bound.push(server::bind(endpoint, &cli.host, settings.keep_alive)?);
    }
    // It serves also where nobody reads that.
    let _ = io::stdout().write_all(invite(&bound).as_bytes());
    let hub = Hub::new(settings, TimeZone::system());
    server::run(bound, &hub, &shutdown)?;
    Ok(shutdown.exit_code())
}

/// What to serve and where, or what is wrong with the words of the command line.
fn endpoints(cli: &Cli) -> Result<Vec<Endpoint>, clap::Error> {
    // The variable holds all words in one.
    let words: Vec<&str> = cli
        .program
        .iter()
        .flat_map(|word| word.split(' '))
        .collect();
    let mut endpoints = programs::find(&words).map_err(|unknown| {
        let names = programs::names().join(", ");
        wrong(format!("{unknown}; choose from {names}"))
    })?;
    for (transport, flag, ports) in [
        (Transport::Tcp, "--port", &cli.port),
        (Transport::Web, "--ws-port", &cli.ws_port),
    ] {
        let places: Vec<_> = endpoints
            .iter_mut()
            .filter(|endpoint| endpoint.transport == transport)
            .collect();
        let count = places.len();
        let given: Vec<u16> = match ports.as_slice() {
            [] => continue,
            [0] => vec![0; count],
            ports if ports.len() == count => ports.to_vec(),
            _ if count == 0 => return Err(wrong(format!("there is no server here for {flag}"))),
            _ => {
                return Err(wrong(format!(
                    "{flag} takes {} here{}",
                    counted(count, "port"),
                    if count == 1 {
                        ""
                    } else {
                        ", separated by commas, or a single 0"
                    },
                )));
            }
        };
        for (endpoint, port) in places.into_iter().zip(given) {
            endpoint.port = port;
        }
    }
    Ok(endpoints)
}

fn wrong(what: String) -> clap::Error {
    Cli::command().error(ErrorKind::ValueValidation, what)
}

/// `1 port`, `2 ports`.
fn counted(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

fn settings(cli: &Cli) -> Settings {
    Settings {
        limits: Limits {
            max_line: cli.max_line,
            allow_origin: cli.allow_origin.clone(),
        },
        flood: Flood {
            rate: cli.flood_rate,
            burst: cli.flood_burst,
        },
        outbox: cli.outbox,
        max_connections: cli.max_connections,
        color: cli.color == Color::Always,
        ..Settings::default()
    }
}

/// Says where everything listens and what to type next.
fn invite(bound: &[Bound]) -> String {
    let mut text = String::new();
    if bound.len() > 1 {
        text += &format!("One chat, {} servers; Ctrl-C ends them.\n", bound.len());
    }
    for server in bound {
        let (name, address) = (server.driver().name, server.address);
        text += &match server.transport() {
            Transport::Tcp => format!(
                "{name:6} listening on {address}; try: telnet {} {}, then: login ann\n",
                address.ip(),
                address.port()
            ),
            Transport::Web => {
                format!("{name:6} listening on http://{address}/; open it in a browser\n")
            }
        };
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(arguments: &[&str]) -> Cli {
        Cli::parse_from([&["chat-servers"], arguments].concat())
    }

    #[test]
    fn help_fits_eighty_columns_and_every_flag_has_its_variable() {
        let mut command = Cli::command();
        for line in command.render_long_help().to_string().lines() {
            assert!(line.chars().count() <= 80, "{line}");
        }
        for argument in command.get_arguments() {
            let named = matches!(argument.get_id().as_str(), "help" | "version");
            assert!(named || argument.get_env().is_some(), "{argument:?}");
        }
    }

    #[test]
    fn the_flags_start_with_the_oracles_settings() {
        let (flags, oracle) = (settings(&parse(&[])), Settings::default());
        assert_eq!(format!("{flags:?}"), format!("{oracle:?}"));
    }

    #[test]
    fn ports_are_given_for_one_or_for_all() {
        let ports = |arguments: &[&str]| {
            let endpoints = endpoints(&parse(arguments)).map_err(|error| error.to_string())?;
            Ok::<Vec<u16>, String>(endpoints.iter().map(|endpoint| endpoint.port).collect())
        };
        assert_eq!(ports(&["mio"]).unwrap(), [1234]);
        assert_eq!(ports(&["mio", "--port", "5"]).unwrap(), [5]);
        assert_eq!(
            ports(&["mio-pair", "--port", "5", "--ws-port", "6"]).unwrap(),
            [5, 6]
        );
        assert_eq!(
            ports(&["bind", "tcp_all", "--port", "1,2,3,4"]).unwrap(),
            [1, 2, 3, 4]
        );
        assert_eq!(ports(&["--port", "0", "--ws-port", "0"]).unwrap(), [0; 8]);
        assert!(
            ports(&["--port", "5"])
                .unwrap_err()
                .contains("--port takes 4 ports")
        );
        assert!(
            ports(&["mio", "--port", "5,6"])
                .unwrap_err()
                .contains("--port takes 1 port here")
        );
        assert_eq!(ports(&["mio", "tokio", "--port", "5,6"]).unwrap(), [5, 6]);
        assert!(
            ports(&["mio", "--ws-port", "5"])
                .unwrap_err()
                .contains("no server here for --ws-port")
        );
        assert_eq!(ports(&["bind ws_all", "--ws-port", "0"]).unwrap(), [0; 4]);
        assert!(ports(&["tokyo"]).unwrap_err().contains("tokio-pair"));
    }

    #[test]
    fn what_could_never_be_meant_is_an_error_of_usage() {
        for flags in [
            ["--max-line", "0"],
            ["--max-connections", "0"],
            ["--flood-burst", "0"],
            ["--allow-origin", "foo"],
        ] {
            let error = Cli::try_parse_from(["chat-servers", flags[0], flags[1]]).unwrap_err();
            assert_eq!(error.exit_code(), 2, "{flags:?}");
        }
    }
}
