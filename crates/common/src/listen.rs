//! A listening TCP socket that any runtime can take over.
//!
//! `asyncio.start_server` does the same behind the scenes (`SO_REUSEADDR`, a
//! backlog of 100); here the backlog fits a crowd that connects at once, and an
//! address in use says what to do about it.

use std::io::{self, ErrorKind};
use std::net::{IpAddr, SocketAddr, TcpListener, ToSocketAddrs};

use socket2::{Domain, Protocol, Socket, Type};

/// Connections that may wait to be accepted. The kernel caps it at `net.core.somaxconn` (4,096 on Linux).
pub const BACKLOG: i32 = 4096;

/// Why a server cannot listen where it was told to. Each names the flag that chooses another place.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ListenError {
    /// `HOST:PORT` means nothing, or the name is unknown.
    #[error("cannot listen on {address}: {reason}; give {flag} as HOST:PORT, like 127.0.0.1:8080")]
    Address {
        /// What was given.
        address: String,
        /// The flag it was given by.
        flag: &'static str,
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
    #[error("cannot listen on {address}: {reason}; choose another address with {flag}")]
    Refused {
        /// The address that was tried.
        address: SocketAddr,
        /// The flag that chooses another.
        flag: &'static str,
        /// What the kernel said. Part of the message, so not its source.
        reason: io::Error,
    },
}

/// Listens on `address` (`HOST:PORT`; port 0 lets the kernel choose), not blocking.
///
/// `flag` is the command-line flag that chose the address: errors name it. Of a
/// name with several addresses the first that can be had is taken.
///
/// # Errors
///
/// See [`ListenError`].
pub fn bind(address: &str, flag: &'static str) -> Result<TcpListener, ListenError> {
    let unusable = |reason| ListenError::Address {
        address: address.to_owned(),
        flag,
        reason: if lacks_port(address) {
            io::Error::new(ErrorKind::InvalidInput, "the port is missing")
        } else {
            reason
        },
    };
    let mut last = unusable(io::Error::new(
        ErrorKind::NotFound,
        "the name has no address",
    ));
    for candidate in address.to_socket_addrs().map_err(unusable)? {
        match open(candidate) {
            Ok(listener) => return Ok(listener),
            Err(reason) => last = explain(candidate, flag, reason),
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

fn explain(address: SocketAddr, flag: &'static str, reason: io::Error) -> ListenError {
    if reason.kind() == ErrorKind::AddrInUse {
        ListenError::InUse { address, flag }
    } else {
        ListenError::Refused {
            address,
            flag,
            reason,
        }
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
