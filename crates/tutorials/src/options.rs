//! Flags that several lessons share.

use std::net::TcpListener;
use std::path::{Path, PathBuf};

use clap::Args;
use clap::builder::BoolishValueParser;
use clap::error::ErrorKind;

use crate::clock::Clock;
use crate::protocol::Protocol;
use crate::say;
use crate::trace::{self, Trace};

/// Where a server listens that doubles numbers.
#[derive(Args, Debug)]
pub struct Port {
    /// Port to listen on; 0 lets the system choose [default: 8080]
    #[arg(long, env = "TUTORIALS_PORT", value_name = "PORT")]
    pub(crate) port: Option<u16>,
}

impl Port {
    /// Listens, and says where and what to type next.
    ///
    /// # Errors
    ///
    /// The port is in use.
    pub fn listen(&self) -> anyhow::Result<TcpListener> {
        listen(self.port.unwrap_or(Protocol::Double.default_port()))
    }
}

/// What a server answers that speaks both protocols, and where it listens.
#[derive(Args, Debug)]
pub struct Speak {
    /// What to answer
    #[arg(long, env = "TUTORIALS_PROTOCOL", value_enum, default_value = "hello")]
    pub protocol: Protocol,

    /// Port to listen on; 0 lets the system choose [default: 5000, or 8080 with --protocol double]
    #[arg(long, env = "TUTORIALS_PORT", value_name = "PORT")]
    port: Option<u16>,
}

impl Speak {
    /// Listens, and says where and what to type next.
    ///
    /// # Errors
    ///
    /// The port is in use.
    pub fn listen(&self) -> anyhow::Result<TcpListener> {
        listen(self.port.unwrap_or(self.protocol.default_port()))
    }
}

fn listen(port: u16) -> anyhow::Result<TcpListener> {
    let listener = common::listen::bind(&format!("127.0.0.1:{port}"), "--port")?;
    let port = listener.local_addr()?.port();
    say!("listening on 127.0.0.1:{port}; try: nc 127.0.0.1 {port}   (Ctrl-C ends)");
    Ok(listener)
}

/// Ends the program as any wrong flag does, with code 2, where only the lesson can see that
/// flags do not go together.
pub fn refuse(message: &str) -> ! {
    clap::Error::raw(ErrorKind::ArgumentConflict, format!("{message}\n")).exit()
}

/// Whether to record who ran when.
#[derive(Args, Debug)]
pub struct Record {
    /// Draw who ran when: a .svg picture, .json for ui.perfetto.dev, - for the terminal
    #[arg(long, env = "TUTORIALS_TRACE", value_name = "FILE", value_parser = drawable)]
    pub trace: Option<PathBuf>,
}

impl Record {
    /// A recorder, if there is to be one.
    #[must_use]
    pub fn recorder(&self, clock: &Clock) -> Option<Trace> {
        self.trace.as_ref().map(|_| Trace::new(clock.clone()))
    }

    /// Draws what was recorded.
    ///
    /// # Errors
    ///
    /// The file cannot be written.
    pub fn draw(&self, trace: Option<&Trace>) -> anyhow::Result<()> {
        match (&self.trace, trace) {
            (Some(path), Some(trace)) => trace::write(&trace.recording(), path),
            _ => Ok(()),
        }
    }
}

/// A name that says what kind of picture is wanted; better to know before the lesson than after it.
fn drawable(name: &str) -> Result<PathBuf, String> {
    let path = Path::new(name);
    let known = path
        .extension()
        .is_some_and(|ending| ending == "svg" || ending == "json");
    if name != "-" && !known {
        return Err("the name must end with .svg or .json, or be - for the terminal".to_owned());
    }
    match path.parent() {
        Some(directory) if directory != Path::new("") && !directory.is_dir() => {
            Err(format!("there is no directory {}", directory.display()))
        }
        _ => Ok(path.to_owned()),
    }
}

/// Whether to record, and on which clock.
#[derive(Args, Debug)]
pub struct Timed {
    #[command(flatten)]
    pub(crate) record: Record,

    /// Jump to the next deadline instead of waiting: the same trace, to the byte, every time
    #[arg(long = "virtual", env = "TUTORIALS_VIRTUAL", value_parser = BoolishValueParser::new())]
    pub jump: bool,
}

impl Timed {
    /// The clock that was asked for.
    #[must_use]
    pub fn clock(&self) -> Clock {
        if self.jump {
            Clock::jumping()
        } else {
            Clock::real()
        }
    }
}
