//! The servers as processes on a core of their own, and what the kernel says about them.

use std::fs;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::thread::sleep;
use std::time::Duration;

use anyhow::{Context as _, bail};

use crate::measured::{memory, on_core, processor_time_of_threads, until_it_listens};

/// One that can be measured.
pub(crate) struct Server {
    pub(crate) name: &'static str,
    command: Vec<PathBuf>,
    /// The one that it is pinned to.
    core: usize,
    /// Its last argument is an address and not a port.
    ours: bool,
}

/// Where servers and the load run.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cores {
    pub(crate) server: usize,
    pub(crate) load: usize,
}

/// Pins this process, the load, to the second core that it may use; servers get the first.
pub(crate) fn pin() -> anyhow::Result<Cores> {
    use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};
    let allowed = sched_getaffinity(None)?;
    let mut allowed = (0..CpuSet::MAX_CPU).filter(|&core| allowed.is_set(core));
    let server = allowed.next().context("this process may use no core")?;
    let load = allowed.next().unwrap_or(server);
    let mut own = CpuSet::new();
    own.set(load);
    sched_setaffinity(None, &own).with_context(|| format!("cannot run on core {load} alone"))?;
    Ok(Cores { server, load })
}

/// All that are installed, ours first; says which are not.
pub(crate) fn servers(only: &[String], cores: Cores) -> anyhow::Result<Vec<Server>> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let scripts = here.join("benches/peers");
    let installed = here.join("../../target/ws-chatroom-peers");
    let python = installed.join("venv/bin/python");
    let bench = std::env::current_exe()?;
    let all = [
        (
            "ws-chatroom",
            vec![env!("CARGO_BIN_EXE_ws-chatroom").into()],
        ),
        (
            "uWebSockets, C++",
            vec![installed.join("uwebsockets_server")],
        ),
        (
            "uWebSockets from Python",
            vec![python.clone(), scripts.join("uwebsockets_server.py")],
        ),
        (
            "tokio-tungstenite, obvious",
            vec![bench, "--obvious".into()],
        ),
        (
            "Node ws",
            vec!["node".into(), scripts.join("ws_server.cjs")],
        ),
        (
            "Python websockets",
            vec![python, scripts.join("websockets_server.py")],
        ),
    ];
    let mut servers = Vec::new();
    for (name, command) in all {
        if !only.iter().any(|part| name.contains(part)) {
            continue;
        }
        if command[0].is_absolute() && !command[0].exists()
            || !installed.exists() && name == "Node ws"
        {
            println!("{name}: left out; crates/ws-chatroom/benches/peers/install installs it");
            continue;
        }
        servers.push(Server {
            name,
            command,
            core: cores.server,
            ours: name == "ws-chatroom",
        });
    }
    if servers.is_empty() {
        bail!("no server's name contains {only:?}; leave --only out to measure all");
    }
    Ok(servers)
}

/// A server that runs; ended when dropped.
pub(crate) struct Running {
    child: Child,
    pub(crate) address: SocketAddr,
}

impl Server {
    /// Starts it and waits until it listens.
    pub(crate) fn start(&self) -> anyhow::Result<Running> {
        // The others cannot be told to take any free port and to say which.
        let address = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?;
        let mut command = on_core(self.core, &self.command[0]);
        command.args(&self.command[1..]);
        if self.ours {
            command.args(["server", "--stage", "chatroom", "--bind"]);
            command.arg(address.to_string());
        } else {
            command.arg(address.port().to_string());
        }
        let modules = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("../../target/ws-chatroom-peers/node_modules");
        command.env("NODE_PATH", modules);
        command.stdin(Stdio::null()).stdout(Stdio::null());
        if std::env::var_os("FANOUT_STDERR").is_none() {
            command.stderr(Stdio::null());
        }
        let child = command.spawn().context("cannot start taskset")?;
        let mut running = Running { child, address };
        until_it_listens(&mut running.child, address).context(self.name)?;
        sleep(Duration::from_millis(200));
        Ok(running)
    }
}

impl Running {
    /// Processor time so far, of all its threads.
    pub(crate) fn cpu(&self) -> anyhow::Result<Duration> {
        Ok(processor_time_of_threads(self.child.id())?)
    }

    /// Descriptors that it has open, and how many it may have.
    pub(crate) fn descriptors(&self) -> anyhow::Result<(usize, String)> {
        let process = format!("/proc/{}", self.child.id());
        let open = fs::read_dir(format!("{process}/fd"))?.count();
        let limits = fs::read_to_string(format!("{process}/limits"))?;
        let limit = limits
            .lines()
            .find_map(|line| line.strip_prefix("Max open files"))
            .and_then(|line| line.split_whitespace().next())
            .context("no limit of open files")?;
        Ok((open, limit.to_owned()))
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
