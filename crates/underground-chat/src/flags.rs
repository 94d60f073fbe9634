//! Flags and variables that every client of the chat shares, whatever it looks like.
//!
//! Parts of a `clap` command line, to be flattened into a program's own. The
//! variables are read under the names of the course's clients, too:
//!
//! ```
//! use clap::{CommandFactory, FromArgMatches, Parser};
//! use underground_chat::flags::{Address, Names};
//!
//! #[derive(Parser)]
//! struct Program {
//!     #[command(flatten)]
//!     address: Address,
//! }
//!
//! let names = Names::before_dotenv();
//! // Here `.env` is read into the environment.
//! let matches = names.apply(Program::command()).get_matches_from(["program", "--host=::1"]);
//! let program = Program::from_arg_matches(&matches).unwrap();
//! assert!(program.address.is_local());
//! ```

mod environment;

use std::fmt;
use std::net::IpAddr;
use std::path::PathBuf;

use clap::Args;

use crate::client::Tcp;
use crate::history;
use crate::protocol::{Login, Token};
pub use environment::Names;

/// The file of the current directory that settings and the token stand in.
pub const DOTENV: &str = ".env";

/// Where the server is.
#[derive(Args, Clone, Debug)]
pub struct Address {
    /// The server's name or address
    #[arg(long, env = "MINECHAT_HOST", default_value = "127.0.0.1")]
    pub host: String,
    /// The port that messages are read from
    #[arg(
        long,
        env = "MINECHAT_READ_PORT",
        value_name = "PORT",
        default_value_t = 5000
    )]
    pub read_port: u16,
    /// The port that messages are written to
    #[arg(
        long,
        env = "MINECHAT_WRITE_PORT",
        value_name = "PORT",
        default_value_t = 5050
    )]
    pub write_port: u16,
}

impl Address {
    /// What [`Connection::open`](crate::client::Connection::open) connects to.
    #[must_use]
    pub fn tcp(&self) -> Tcp {
        Tcp {
            host: self.host.clone(),
            read_port: self.read_port,
            write_port: self.write_port,
        }
    }

    /// The server as its messages are told from another's: one name for all names of this machine.
    #[must_use]
    pub fn server(&self) -> String {
        let host = if self.is_local() {
            "localhost"
        } else {
            &self.host
        };
        format!("{host}:{}", self.read_port)
    }

    /// Whether the server is to be on this machine: one could be started there.
    #[must_use]
    pub fn is_local(&self) -> bool {
        let host = self.host.trim_matches(['[', ']']);
        host == "localhost"
            || host
                .parse()
                .is_ok_and(|address: IpAddr| address.is_loopback())
    }
}

/// Where what is said is kept.
#[derive(Args, Clone, Debug)]
pub struct Record {
    /// The history file
    #[arg(
        long,
        env = "MINECHAT_HISTORY",
        value_name = "FILE",
        default_value = "minechat.history"
    )]
    pub history: PathBuf,
    /// Bytes after which it is put aside as FILE.1
    #[arg(long, env = "MINECHAT_HISTORY_MAX", value_name = "BYTES", default_value_t = history::DEFAULT_MAX)]
    pub history_max: u64,
}

/// Who we are.
#[derive(Args, Clone)]
pub struct Identity {
    /// The token of an account; better kept in .env, where nobody sees it
    #[arg(long, env = "MINECHAT_TOKEN", hide_env_values = true)]
    token: Option<String>,
    /// Make an account of (about) this name if there is no token
    #[arg(long, env = "MINECHAT_USERNAME", value_name = "NAME")]
    username: Option<String>,
}

impl Identity {
    /// How to get in; `None` where nothing was given to get in with.
    #[must_use]
    pub fn login(&self) -> Option<Login> {
        let name = self.username.as_deref();
        self.token()
            .map(Login::Token)
            .or_else(|| name.and_then(Login::register))
    }

    fn token(&self) -> Option<Token> {
        self.token.as_deref().and_then(Token::new)
    }
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Identity")
            .field("token", &self.token())
            .field("username", &self.username)
            .finish()
    }
}

/// Where a server keeps the accounts.
#[derive(Args, Clone, Debug)]
pub struct Data {
    /// The file of the accounts
    #[arg(
        long,
        env = "MINECHAT_DATA",
        value_name = "FILE",
        default_value = "minechat-accounts.redb"
    )]
    pub data: PathBuf,
}
