//! A program while it runs: each runtime on a thread of its own, one hub for all.
//!
//! A driver that fails or panics ends the whole program, which says so: the
//! others would go on with half a chat and nobody would know. The same for one of
//! its tasks: tokio and compio catch that panic and go on without the task.

use std::cell::RefCell;
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::panic::{self, AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Once, mpsc};
use std::thread;
use std::time::Duration;

use anyhow::{Context as _, bail};
use common::listen::{Flags, ListenError};
use common::shutdown::Shutdown;
use socket2::{SockRef, TcpKeepalive};

use crate::drivers::{Driver, Listener};
use crate::hub::{Hub, Transport, name};
use crate::programs::Endpoint;

/// A server that listens and does not serve yet.
#[derive(Debug)]
pub struct Bound {
    endpoint: Endpoint,
    socket: TcpListener,
    /// Where it listens.
    pub address: SocketAddr,
}

impl Bound {
    /// What it runs on.
    #[must_use]
    pub fn driver(&self) -> Driver {
        self.endpoint.driver
    }

    /// What its clients speak.
    #[must_use]
    pub fn transport(&self) -> Transport {
        self.endpoint.transport
    }

    /// As the log calls it.
    #[must_use]
    pub fn log_name(&self) -> String {
        name(self.endpoint.driver.log_name, self.endpoint.transport)
    }
}

/// Listens for an endpoint. A peer that vanishes without a word is noticed after `keep_alive`.
///
/// # Errors
///
/// The port is in use, or cannot be had for another reason; the error names the flag.
pub fn bind(endpoint: Endpoint, host: &str, keep_alive: Duration) -> Result<Bound, ListenError> {
    let flags = Flags::HostAndPort {
        host: "--host",
        port: match endpoint.transport {
            Transport::Tcp => "--port",
            Transport::Web => "--ws-port",
        },
    };
    let socket = common::listen::bind_host(host, endpoint.port, flags)?;
    let address = socket
        .local_addr()
        .expect("a listening socket has an address");
    if let Err(error) = inherit(&socket, keep_alive) {
        tracing::debug!("cannot set options of {address}: {error}");
    }
    Ok(Bound {
        endpoint,
        socket,
        address,
    })
}

/// Options that accepted sockets take over from the listener, so that accepting costs no more calls.
fn inherit(socket: &TcpListener, keep_alive: Duration) -> io::Result<()> {
    let socket = SockRef::from(socket);
    socket.set_tcp_nodelay(true)?;
    // Ctrl-C in telnet sends half of a command as urgent data; it belongs between its neighbours.
    socket.set_out_of_band_inline(true)?;
    // Asked after half the time, then at each sixth: three answers are missed at its end.
    let probes = TcpKeepalive::new()
        .with_time(keep_alive / 2)
        .with_interval(keep_alive / 6)
        .with_retries(3);
    socket.set_tcp_keepalive(&probes)?;
    // The same for one that vanishes while something is on its way to it.
    #[cfg(target_os = "linux")]
    socket.set_tcp_user_timeout(Some(keep_alive))?;
    Ok(())
}

/// Serves until `shutdown`, then says goodbye to everyone for at most 2 s.
///
/// # Errors
///
/// A driver failed or panicked, or its thread cannot start. The others are stopped too.
pub fn run(bound: Vec<Bound>, hub: &Arc<Hub>, shutdown: &Shutdown) -> anyhow::Result<()> {
    watch_for_panics();
    let (report, reports) = mpsc::channel();
    let mut running = 0;
    let mut bound = bound.into_iter().peekable();
    while let Some(first) = bound.next() {
        let driver = first.driver();
        let mut servers = vec![first];
        while let Some(more) = bound.next_if(|next| next.driver().name == driver.name) {
            servers.push(more);
        }
        start(driver, servers, hub.clone(), report.clone())?;
        running += 1;
    }
    wait_for_signal(shutdown.clone(), report)?;
    let mut failure = None;
    while running > 0 {
        match reports.recv().context("the drivers are gone")? {
            Report::Asked => tracing::info!(
                "[Chat] - [SERVER INFO] - stopping; clients to be told: {}",
                hub.connections()
            ),
            Report::Ended => running -= 1,
            Report::Failed(what) => {
                tracing::error!("{what}; the other servers are stopped");
                failure.get_or_insert(what);
            }
        }
        hub.stop();
    }
    match failure {
        Some(what) => bail!(what),
        None => Ok(()),
    }
}

enum Report {
    /// A signal came.
    Asked,
    Failed(String),
    /// Whether it failed or not.
    Ended,
}

thread_local! {
    /// On a driver's thread, its name and where it reports.
    static DRIVER: RefCell<Option<(&'static str, mpsc::Sender<Report>)>> = const { RefCell::new(None) };
}

/// Has every panic on a driver's thread reported, before the runtime can catch it.
fn watch_for_panics() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let print = panic::take_hook();
        panic::set_hook(Box::new(move |panic| {
            print(panic);
            DRIVER.with_borrow(|driver| {
                if let Some((name, report)) = driver {
                    let _ = report.send(Report::Failed(format!("the {name} driver panicked")));
                }
            });
        }));
    });
}

fn start(
    driver: Driver,
    servers: Vec<Bound>,
    hub: Arc<Hub>,
    report: mpsc::Sender<Report>,
) -> anyhow::Result<()> {
    for server in &servers {
        let (name, port) = (server.log_name(), server.address.port());
        tracing::info!("[{name}] - [SERVER INFO] - {name} server started on port: {port}");
    }
    let listeners = servers
        .into_iter()
        .map(|server| Listener {
            transport: server.transport(),
            socket: server.socket,
        })
        .collect();
    let serve = move || {
        DRIVER.set(Some((driver.name, report.clone())));
        // Whatever a panic leaves behind is only said goodbye to.
        let result = catch_unwind(AssertUnwindSafe(|| (driver.serve)(listeners, hub)));
        // Nobody listens only when the program has ended already.
        if let Ok(Err(error)) = result {
            let what = format!("the {} driver failed: {error}", driver.name);
            let _ = report.send(Report::Failed(what));
        }
        let _ = report.send(Report::Ended);
    };
    thread::Builder::new()
        .name(driver.name.to_owned())
        .spawn(serve)
        .with_context(|| format!("cannot start a thread for {}", driver.name))?;
    Ok(())
}

fn wait_for_signal(shutdown: Shutdown, report: mpsc::Sender<Report>) -> anyhow::Result<()> {
    thread::Builder::new()
        .name("shutdown".to_owned())
        .stack_size(64 * 1024)
        .spawn(move || {
            smol::future::block_on(shutdown.requested());
            let _ = report.send(Report::Asked);
        })
        .context("cannot start a thread that waits for signals")?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::TcpStream;

    #[test]
    fn accepted_sockets_notice_a_peer_that_vanished_without_a_word() {
        let endpoint = crate::programs::find(&["tokio"]).unwrap()[0];
        let keep_alive = Duration::from_secs(60);
        let bound = bind(
            Endpoint {
                port: 0,
                ..endpoint
            },
            "127.0.0.1",
            keep_alive,
        )
        .unwrap();
        bound.socket.set_nonblocking(false).unwrap();
        let _client = TcpStream::connect(bound.address).unwrap();
        let (stream, _) = bound.socket.accept().unwrap();
        let socket = SockRef::from(&stream);
        assert!(socket.tcp_nodelay().unwrap() && socket.keepalive().unwrap());
        let silence = socket.tcp_keepalive_time().unwrap()
            + socket.tcp_keepalive_interval().unwrap() * socket.tcp_keepalive_retries().unwrap();
        assert_eq!(silence, keep_alive);
        #[cfg(target_os = "linux")]
        assert_eq!(socket.tcp_user_timeout().unwrap(), Some(keep_alive));
    }

    #[test]
    fn an_ipv6_host_may_come_with_brackets_or_without() {
        for host in ["::1", "[::1]"] {
            let endpoint = crate::programs::find(&["mio"]).unwrap()[0];
            match bind(
                Endpoint {
                    port: 0,
                    ..endpoint
                },
                host,
                Duration::from_secs(60),
            ) {
                Ok(bound) => assert!(bound.address.is_ipv6()),
                // A machine may have none; then the address is still understood.
                Err(error) => assert!(!error.to_string().contains("give --host"), "{error}"),
            }
        }
    }
}
