//! `serve`: the server.

use std::io::Write;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::process::ExitCode;

use clap::Args;
use clap::builder::BoolishValueParser;
use common::shutdown::Shutdown;

use super::Verbosity;
use crate::flags::{Address, Data};
use crate::protocol::Limits;
use crate::server::{Server, Settings};

/// Descriptors that are no connections: the listeners, the database, stdio, the runtime's own.
const RESERVED: u64 = 32;

#[derive(Args, Debug)]
#[command(after_help = "Examples:
  underground-chat serve
  underground-chat serve --host 0.0.0.0 --bots
  underground-chat serve --rate 5 --max-connections 500 --data /var/lib/chat.redb
By hand: `nc 127.0.0.1 5000` reads, `nc 127.0.0.1 5050` registers and writes.")]
pub(super) struct Serve {
    #[command(flatten)]
    address: Address,
    #[command(flatten)]
    data: Data,
    /// Two bots talk, for clients that reconnect when it is silent
    #[arg(long, env = "MINECHAT_BOTS", value_parser = BoolishValueParser::new())]
    bots: bool,
    /// Messages a second per account; 0 is no limit, what comes faster waits
    #[arg(long, env = "MINECHAT_RATE", value_name = "N", default_value_t = 0)]
    rate: u32,
    /// Connections on both ports; as many as the system allows if not given
    #[arg(long, env = "MINECHAT_MAX_CONNECTIONS", value_name = "N")]
    max_connections: Option<usize>,
    /// Bytes of a message; a longer one is cut at a character
    #[arg(long, env = "MINECHAT_MAX_MESSAGE", value_name = "BYTES", default_value_t = 4096, value_parser = message_limit)]
    max_message: usize,
    /// Characters of a nickname
    #[arg(long, env = "MINECHAT_MAX_NICKNAME", value_name = "N", default_value_t = 32, value_parser = nickname_limit)]
    max_nickname: usize,
    /// Bytes a reader may be behind before it is dropped
    #[arg(
        long,
        env = "MINECHAT_BACKLOG",
        value_name = "BYTES",
        default_value_t = 65536
    )]
    backlog: usize,
    #[command(flatten)]
    verbosity: Verbosity,
}

fn message_limit(text: &str) -> Result<usize, String> {
    within(text, 1..=crate::protocol::LONGEST_LINE)
}

fn nickname_limit(text: &str) -> Result<usize, String> {
    within(text, 1..=128)
}

fn within(text: &str, range: std::ops::RangeInclusive<usize>) -> Result<usize, String> {
    text.parse()
        .ok()
        .filter(|number| range.contains(number))
        .ok_or_else(|| format!("give a number from {} to {}", range.start(), range.end()))
}

/// What a client on this machine has to be told, beside what it takes for granted.
fn flags(reading: SocketAddr, writing: SocketAddr) -> String {
    let known: [IpAddr; 2] = [Ipv4Addr::LOCALHOST.into(), Ipv4Addr::UNSPECIFIED.into()];
    let host = (!known.contains(&reading.ip())).then(|| reading.ip().to_string());
    beside_defaults(host.as_deref(), reading.port(), writing.port())
}

/// The command that starts a server at `address`.
pub(super) fn command(address: &Address) -> String {
    let host = Some(&*address.host).filter(|host| *host != "127.0.0.1");
    let flags = beside_defaults(host, address.read_port, address.write_port);
    format!("{} serve{flags}", super::program())
}

fn beside_defaults(host: Option<&str>, read_port: u16, write_port: u16) -> String {
    let mut flags = host.map_or_else(String::new, |host| format!(" --host {host}"));
    if read_port != 5000 {
        flags += &format!(" --read-port {read_port}");
    }
    if write_port != 5050 {
        flags += &format!(" --write-port {write_port}");
    }
    flags
}

impl Serve {
    pub(super) async fn run(self, shutdown: Shutdown) -> anyhow::Result<ExitCode> {
        self.verbosity.log_to_stderr()?;
        let possible = common::limits::raise_descriptors()
            .and_then(|limit| usize::try_from(limit.saturating_sub(RESERVED)).ok());
        let default = Settings::default();
        let settings = Settings {
            limits: Limits {
                message: self.max_message,
                nickname: self.max_nickname,
            },
            rate: self.rate,
            max_connections: self
                .max_connections
                .or(possible)
                .unwrap_or(default.max_connections),
            backlog: self.backlog,
            bots: self.bots,
        };
        let server = Server::open(
            &self.address.host,
            self.address.read_port,
            self.address.write_port,
            &self.data.data,
            settings,
        )?;
        let (reading, writing) = (server.read_address()?, server.write_address()?);
        let hello = format!(
            "listening on {reading} (messages out) and {writing} (messages in)\n\
             accounts in {}\n\
             try: {} chat{}    or: nc {} {}\n",
            self.data.data.display(),
            super::program(),
            flags(reading, writing),
            reading.ip(),
            reading.port()
        );
        // Nobody needs to read it: a server outlives the pipe it said hello to.
        let _ = std::io::stdout().write_all(hello.as_bytes());
        server.run(shutdown.clone()).await;
        Ok(shutdown.exit_code())
    }
}
