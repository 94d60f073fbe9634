//! The servers as processes on a core of their own, and what the kernel says about them.

use std::fs;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use chat_servers::drivers::DRIVERS;

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
        let mut command = Command::new("taskset");
        command.args(["-c", "0"]).args(&self.command);
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
        let end = Instant::now() + Duration::from_secs(10);
        while TcpStream::connect(address).is_err() {
            if let Some(status) = running.child.try_wait()? {
                bail!("{} ended at once: {status}", self.name);
            }
            if Instant::now() > end {
                bail!("{} does not listen", self.name);
            }
            sleep(Duration::from_millis(20));
        }
        sleep(Duration::from_millis(100));
        Ok(running)
    }
}

impl Running {
    /// Processor time so far, of all its threads.
    pub(crate) fn cpu(&self) -> anyhow::Result<Duration> {
        let mut nanoseconds = 0;
        for task in fs::read_dir(format!("/proc/{}/task", self.child.id()))? {
            let text = fs::read_to_string(task?.path().join("schedstat"))?;
            let first = text.split(' ').next().unwrap_or_default();
            nanoseconds += first.parse::<u64>().context("schedstat changed its form")?;
        }
        Ok(Duration::from_nanos(nanoseconds))
    }

    /// Memory in use, in bytes.
    pub(crate) fn memory(&self) -> anyhow::Result<u64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let kilobytes: u64 = line
            .and_then(|line| line.trim().strip_suffix(" kB"))
            .context("no VmRSS")?
            .parse()?;
        Ok(kilobytes * 1024)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended already; there is nobody to tell.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
