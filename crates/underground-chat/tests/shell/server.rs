//! The real binary, as a server and as its clients.

use std::io::{BufRead, BufReader};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::{Command, Output};

use super::program::{PATIENCE, Program, output};

/// The binary, in `directory`, knowing nothing of this process's settings.
pub(crate) fn binary(directory: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_underground-chat"));
    command.current_dir(directory).env_clear().env("TZ", "UTC");
    command
}

/// Runs to the end with `arguments`.
pub(crate) fn run(directory: &Path, arguments: &[&str]) -> Output {
    let mut command = binary(directory);
    command.args(arguments);
    output(command)
}

/// A server of the real binary.
pub(crate) struct Server {
    pub(crate) program: Program,
    pub(crate) read: SocketAddr,
    pub(crate) write: SocketAddr,
}

impl Server {
    /// On ports of the kernel's choice.
    pub(crate) fn start(directory: &Path, more: &[&str]) -> Self {
        Self::start_on(directory, [0, 0], more)
    }

    pub(crate) fn start_on(directory: &Path, [read, write]: [u16; 2], more: &[&str]) -> Self {
        let mut command = binary(directory);
        command
            .arg("serve")
            .args([
                format!("--read-port={read}"),
                format!("--write-port={write}"),
            ])
            .args(more);
        let program = Program::start(command);
        let line = program.until("listening on");
        let mut addresses = line.split_whitespace().filter_map(|word| word.parse().ok());
        Self {
            read: addresses.next().unwrap(),
            write: addresses.next().unwrap(),
            program,
        }
    }

    pub(crate) fn ports(&self) -> [u16; 2] {
        [self.read.port(), self.write.port()]
    }

    /// The flags that lead a client here.
    pub(crate) fn flags(&self) -> [String; 2] {
        [
            format!("--read-port={}", self.read.port()),
            format!("--write-port={}", self.write.port()),
        ]
    }

    /// A client of the real binary.
    pub(crate) fn client(&self, directory: &Path, arguments: &[&str]) -> Command {
        let mut command = binary(directory);
        command.args(arguments).args(self.flags());
        command
    }

    /// Runs a client to its end.
    pub(crate) fn run(&self, directory: &Path, arguments: &[&str]) -> Output {
        output(self.client(directory, arguments))
    }

    /// A bare connection to the read port.
    pub(crate) fn reader(&self) -> BufReader<TcpStream> {
        bare(self.read)
    }

    /// A bare connection to the write port.
    pub(crate) fn writer(&self) -> BufReader<TcpStream> {
        bare(self.write)
    }
}

pub(crate) fn bare(address: SocketAddr) -> BufReader<TcpStream> {
    let stream = TcpStream::connect(address).unwrap();
    stream.set_nodelay(true).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    BufReader::new(stream)
}

/// The next line of a bare connection, without its LF.
pub(crate) fn line(stream: &mut BufReader<TcpStream>) -> String {
    let mut line = String::new();
    stream.read_line(&mut line).unwrap();
    assert!(line.ends_with('\n'), "the connection ended: {line:?}");
    line.pop();
    line
}
