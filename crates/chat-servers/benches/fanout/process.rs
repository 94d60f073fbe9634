//! The servers as processes on a core of their own, and what the kernel says about them.

use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::thread::sleep;
use std::time::Duration;

use anyhow::Context as _;
use chat_servers::drivers::DRIVERS;

use crate::measured::{memory, on_core, processor_time_of_threads, until_it_listens};

/// One that can be measured.
pub(crate) struct Server {
    pub(crate) name: String,
    pub(crate) web: bool,
    pub(crate) ours: bool,
    command: Vec<PathBuf>,
}

/// The one that the others are measured by.
pub(crate) const REFERENCE: &str = "uWebSockets, C++";

/// Pins this process, the load, to the second core; servers get the first.
pub(crate) fn pin() -> anyhow::Result<&'static str> {
    use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};
    if sched_getaffinity(None)?.count() < 2 {
        return Ok("ONE CORE ONLY: server and load share it");
    }
    let mut load = CpuSet::new();
    load.set(1);
    sched_setaffinity(None, &load)?;
    Ok("server on core 0, load on core 1")
}

/// All that are installed, ours first; says which are not.
pub(crate) fn servers(only: &str) -> anyhow::Result<Vec<Server>> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let scripts = here.join("benches/peers");
    let installed = here.join("../../target/chat-servers-peers");
    let python = installed.join("venv/bin/python");
    let mut all = Vec::new();
    for web in [true, false] {
        for driver in DRIVERS {
            let (kind, suffix) = if web {
                ("WebSocket", "-ws")
            } else {
                ("TCP", "")
            };
            all.push(Server {
                name: format!("{}, {kind}", driver.name),
                web,
                ours: true,
                command: vec![
                    env!("CARGO_BIN_EXE_chat-servers").into(),
                    format!("{}{suffix}", driver.name).into(),
                ],
            });
        }
    }
    for (name, web, command) in [
        (REFERENCE, true, vec![installed.join("uwebsockets_chat")]),
        (
            "uWebSockets from Python",
            true,
            vec![python.clone(), scripts.join("socketify_chat.py")],
        ),
        (
            "asyncio, TCP",
            false,
            vec![python.clone(), scripts.join("asyncio_chat.py")],
        ),
        (
            "Twisted, TCP",
            false,
            vec![python.clone(), scripts.join("twisted_chat.py")],
        ),
        (
            "Tornado, TCP",
            false,
            vec![python, scripts.join("tornado_chat.py")],
        ),
    ] {
        if command[0].exists() {
            all.push(Server {
                name: name.to_owned(),
                web,
                ours: false,
                command,
            });
        } else {
            println!("{name}: left out; crates/chat-servers/benches/peers/install installs it");
        }
    }
    all.retain(|server| server.name.contains(only) || server.name == REFERENCE);
    Ok(all)
}

/// A server that runs; ended when dropped.
pub(crate) struct Running {
    child: Child,
    pub(crate) address: SocketAddr,
}

impl Server {
    /// Starts it and waits until it listens.
    pub(crate) fn start(&self) -> anyhow::Result<Running> {
        // Not all of them can be told to take any free port and to say which.
        let address = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?;
        let port = address.port().to_string();
        let mut command = on_core(0, &self.command[0]);
        command.args(&self.command[1..]);
        if self.ours {
            let flag = if self.web { "--ws-port" } else { "--port" };
            command.args([
                flag,
                &port,
                "--flood-rate",
                "0",
                "--max-connections",
                "20000",
            ]);
            // The others log nothing.
            command.env("RUST_LOG", "error");
        } else {
            command.arg(port);
        }
        command.stdin(Stdio::null()).stdout(Stdio::null());
        if std::env::var_os("FANOUT_STDERR").is_none() {
            command.stderr(Stdio::null());
        }
        let child = command.spawn().context("cannot start taskset")?;
        let mut running = Running { child, address };
        until_it_listens(&mut running.child, address).context(self.name.clone())?;
        sleep(Duration::from_millis(100));
        Ok(running)
    }
}

impl Running {
    /// Processor time so far, of all its threads.
    pub(crate) fn cpu(&self) -> anyhow::Result<Duration> {
        Ok(processor_time_of_threads(self.child.id())?)
    }

    /// Memory in use, in bytes.
    pub(crate) fn memory(&self) -> anyhow::Result<u64> {
        Ok(memory(self.child.id())?)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended already; there is nobody to tell.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
