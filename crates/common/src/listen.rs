//! A listening TCP socket that any runtime can take over.
//!
//! `asyncio.start_server` does the same behind the scenes (`SO_REUSEADDR`, a
//! backlog of 100); here the backlog fits a crowd that connects at once, and an
//! address in use says what to do about it.

use std::io::{self, ErrorKind};
use std::net::{IpAddr, SocketAddr, TcpListener, ToSocketAddrs};

use socket2::{Domain, Protocol, Socket, Type};

use crate::reason::plain;

/// Connections that may wait to be accepted. The kernel caps it at `net.core.somaxconn` (4,096 on Linux).
pub const BACKLOG: i32 = 4096;

/// The flags of the command line that say where to listen: errors name the one at fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flags {
    /// One flag takes both, as `HOST:PORT`.
    Address {
        /// The flag, like `--bind`.
        flag: &'static str,
        /// What it is when it is not given: the example of how to write it.
        default: &'static str,
    },
    /// A flag for each of them.
    HostAndPort {
        /// The flag of the host, like `--host`.
        host: &'static str,
        /// The flag of the port, like `--port`.
        port: &'static str,
    },
}

impl Flags {
    fn host(self) -> &'static str {
        match self {
            Self::Address { flag, .. } => flag,
            Self::HostAndPort { host, .. } => host,
        }
    }

    fn port(self) -> &'static str {
        match self {
            Self::Address { flag, .. } => flag,
            Self::HostAndPort { port, .. } => port,
        }
    }

    /// How to write what was not understood.
    fn example(self) -> String {
        match self {
            Self::Address { flag, default } => format!("give {flag} as HOST:PORT, like {default}"),
            Self::HostAndPort { host, .. } => {
                format!("give {host} as a name or an address of this machine, like 127.0.0.1")
            }
        }
    }
}

impl From<&'static str> for Flags {
    /// One flag for both, with an example that suits any program.
    fn from(flag: &'static str) -> Self {
        Self::Address {
            flag,
            default: "127.0.0.1:8080",
        }
    }
}

/// Why a server cannot listen where it was told to. Each names the flag that chooses another place.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ListenError {
    /// `HOST:PORT` means nothing, or the name is unknown.
    #[error("cannot listen on {address}: {}; {}", plain(reason), flags.example())]
    Address {
        /// What was given.
        address: String,
        /// The flags it was given by.
        flags: Flags,
        /// What the resolver said. Part of the message, so not its source.
        reason: io::Error,
    },
    /// Another program has the port.
    #[error(
        "cannot listen on {address}: the port is in use; stop the program that has it or choose another with {flag}"
    )]
    InUse {
        /// The address that was tried.
        address: SocketAddr,
        /// The flag that chooses another.
        flag: &'static str,
    },
    /// Anything else the kernel said.
    #[error(
        "cannot listen on {address}: {}; choose another {what} with {flag}",
        plain(reason)
    )]
    Refused {
        /// The address that was tried.
        address: SocketAddr,
        /// What of it is at fault, as a word.
        what: &'static str,
        /// The flag that chooses another.
        flag: &'static str,
        /// What the kernel said. Part of the message, so not its source.
        reason: io::Error,
    },
}

/// Listens on `address` (`HOST:PORT`; port 0 lets the kernel choose), not blocking.
///
/// `flags` are those of the command line that chose the address: errors name them; the name of a
/// single one will do. Of a name with several addresses the first that can be had is taken.
///
/// # Errors
///
/// See [`ListenError`].
pub fn bind(address: &str, flags: impl Into<Flags>) -> Result<TcpListener, ListenError> {
    let flags = flags.into();
    first_of(address.to_socket_addrs(), address, flags)
}

/// Listens on `port` of `host`, as [`bind`] does; an IPv6 address may stand in brackets or without.
///
/// # Errors
///
/// See [`ListenError`].
pub fn bind_host(host: &str, port: u16, flags: Flags) -> Result<TcpListener, ListenError> {
    let bare = host
        .strip_prefix('[')
        .and_then(|host| host.strip_suffix(']'))
        .unwrap_or(host);
    first_of((bare, port).to_socket_addrs(), host, flags)
}

/// Listens on the first of `candidates` that can be had; `address` is what they were found by.
fn first_of(
    candidates: io::Result<impl Iterator<Item = SocketAddr>>,
    address: &str,
    flags: Flags,
) -> Result<TcpListener, ListenError> {
    let unusable = |reason| ListenError::Address {
        address: address.to_owned(),
        flags,
        reason: if matches!(flags, Flags::Address { .. }) && lacks_port(address) {
            io::Error::new(ErrorKind::InvalidInput, "the port is missing")
        } else {
            reason
        },
    };
    let mut last = unusable(io::Error::new(
        ErrorKind::NotFound,
        "the name has no address",
    ));
    for candidate in candidates.map_err(unusable)? {
        match open(candidate) {
            Ok(listener) => return Ok(listener),
            Err(reason) => last = explain(candidate, flags, reason),
        }
    }
    Err(last)
}

/// Whether an address that the resolver refuses ends before its port. Of `::1:8080`, which is an
/// address as well as one with a port, the resolver takes the latter.
fn lacks_port(address: &str) -> bool {
    address.parse::<IpAddr>().is_ok() || !address.contains(':') || address.ends_with([':', ']'])
}

fn open(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = Socket::new(
        Domain::for_address(address),
        Type::STREAM,
        Some(Protocol::TCP),
    )?;
    // Without it a restarted server finds its own port taken for a minute (TIME_WAIT).
    socket.set_reuse_address(true)?;
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    Ok(socket.into())
}

fn explain(address: SocketAddr, flags: Flags, reason: io::Error) -> ListenError {
    let (what, flag) = match reason.kind() {
        ErrorKind::AddrInUse => {
            let flag = flags.port();
            return ListenError::InUse { address, flag };
        }
        // Ports below 1,024 need a privilege.
        ErrorKind::PermissionDenied => ("port", flags.port()),
        _ => ("address", flags.host()),
    };
    ListenError::Refused {
        address,
        what,
        flag,
        reason,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_in_use_names_the_flag() {
        let first = bind("127.0.0.1:0", "--bind").unwrap();
        let taken = first.local_addr().unwrap().to_string();
        let error = bind(&taken, "--bind").unwrap_err();
        assert!(matches!(error, ListenError::InUse { .. }), "{error}");
        assert!(error.to_string().contains("--bind"), "{error}");
    }

    #[test]
    fn an_address_without_a_port_says_how_to_write_one() {
        for address in ["localhost", "127.0.0.1", "127.0.0.1:", "::1", "[::1]"] {
            let error = bind(address, "--bind").unwrap_err().to_string();
            assert!(error.contains("the port is missing"), "{error}");
            assert!(error.contains("HOST:PORT"), "{error}");
        }
        let error = bind("127.0.0.1:http", "--bind").unwrap_err().to_string();
        assert!(!error.contains("missing"), "{error}");
    }

    #[test]
    fn with_a_flag_for_each_the_one_at_fault_is_named() {
        const FLAGS: Flags = Flags::HostAndPort {
            host: "--host",
            port: "--port",
        };
        let says = |host: &str, port| bind_host(host, port, FLAGS).unwrap_err().to_string();
        let first = bind_host("localhost", 0, FLAGS).unwrap();
        let taken = first.local_addr().unwrap();
        let error = says(&taken.ip().to_string(), taken.port());
        assert!(error.contains("another with --port"), "{error}");
        // Names below `invalid` exist nowhere (RFC 6761, 6.4); whoever has no resolver says so, too.
        let error = says("nonsense.invalid", 0);
        assert!(error.contains("give --host as a name"), "{error}");
        assert!(!error.contains("--port"), "{error}");
        // Documentation's own (RFC 5737): no machine has it.
        let error = says("192.0.2.1", 0);
        assert!(
            error.ends_with("choose another address with --host"),
            "{error}"
        );
        assert!(!error.contains("os error"), "{error}");
    }

    #[test]
    fn an_ipv6_host_may_come_with_brackets_or_without() {
        let flags = Flags::HostAndPort {
            host: "--host",
            port: "--port",
        };
        for host in ["::1", "[::1]"] {
            match bind_host(host, 0, flags) {
                Ok(listener) => assert!(listener.local_addr().unwrap().is_ipv6()),
                // A machine may have none; then the address is still understood.
                Err(error) => assert!(!error.to_string().contains("give"), "{error}"),
            }
        }
    }

    #[test]
    fn the_example_of_a_single_flag_is_its_own_default() {
        let flags = Flags::Address {
            flag: "--bind",
            default: "127.0.0.1:8765",
        };
        let error = bind("localhost", flags).unwrap_err().to_string();
        assert!(error.ends_with("like 127.0.0.1:8765"), "{error}");
    }

    #[test]
    fn a_restarted_server_gets_its_port_back_at_once() {
        let first = bind("127.0.0.1:0", "--bind").unwrap();
        let address = first.local_addr().unwrap();
        let client = std::net::TcpStream::connect(address).unwrap();
        first.set_nonblocking(false).unwrap();
        let (peer, _) = first.accept().unwrap();
        // The server closes first, so its side of the connection stays in TIME_WAIT.
        drop((peer, first, client));
        bind(&address.to_string(), "--bind").unwrap();
    }
}
