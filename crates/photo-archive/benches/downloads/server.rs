//! The servers that are measured: how each is started, and what it uses.

use std::fs::{self, File};
use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};

use crate::files::{ALBUM, Files};
use crate::measured::{children, on_core, peak_memory, processor_time, until_it_listens};

const PEERS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/peers");

/// Where peers are installed and data is kept.
pub(crate) fn tools() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("downloads")
}

/// One server.
pub(crate) struct Server {
    /// Its name in the table.
    pub(crate) name: String,
    program: PathBuf,
    kind: Kind,
    /// What installs it.
    install: String,
}

enum Kind {
    PhotoArchive,
    Nginx,
    /// A script of ours, with a program that runs it.
    Script(PathBuf),
}

/// Ours, and its peers.
pub(crate) fn all(files: &Files) -> anyhow::Result<Vec<Server>> {
    let (venv, node) = (files.tools.join("venv"), files.tools.join("node"));
    fs::create_dir_all(&node)?;
    // Modules are looked up from where a script lies.
    fs::copy(
        Path::new(PEERS).join("archiver.mjs"),
        node.join("archiver.mjs"),
    )?;
    let has_archiver = node.join("node_modules/archiver").is_dir();
    Ok(vec![
        Server {
            name: "nginx, ready-made ZIP".into(),
            program: find(&["/usr/sbin/nginx", "/usr/local/sbin/nginx", "/usr/bin/nginx"]),
            kind: Kind::Nginx,
            install: "sudo apt-get install nginx-light".into(),
        },
        Server::photo_archive(files),
        Server {
            name: "zipstream-ng, aiohttp".into(),
            program: venv.join("bin/python"),
            kind: Kind::Script(Path::new(PEERS).join("zipstream_ng.py")),
            install: format!(
                "python3 -m venv {0} && {0}/bin/pip install zipstream-ng aiohttp",
                shown(&venv)
            ),
        },
        Server {
            name: "archiver, Node".into(),
            program: if has_archiver {
                find(&["/usr/bin/node", "/usr/local/bin/node"])
            } else {
                PathBuf::new()
            },
            kind: Kind::Script(node.join("archiver.mjs")),
            install: format!("npm install --prefix {} archiver", shown(&node)),
        },
    ])
}

impl Server {
    /// This build of ours.
    pub(crate) fn photo_archive(_: &Files) -> Self {
        Self {
            name: "photo-archive".into(),
            ..Self::other_build(env!("CARGO_BIN_EXE_photo-archive").into())
        }
    }

    /// Another build of ours.
    pub(crate) fn other_build(program: PathBuf) -> Self {
        Self {
            name: program.display().to_string(),
            program,
            kind: Kind::PhotoArchive,
            install: String::new(),
        }
    }

    /// What would install it, if it is not.
    pub(crate) fn missing(&self) -> Option<&str> {
        (!self.program.exists()).then_some(&self.install)
    }

    /// Whether all others are compared with it.
    pub(crate) fn is_reference(&self) -> bool {
        matches!(self.kind, Kind::Nginx)
    }

    /// Starts it on processor 0 and waits until it answers.
    pub(crate) fn start(&self, files: &Files) -> anyhow::Result<Running> {
        // Nothing else asks for ports while a bench runs.
        let free = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let address = free.local_addr()?;
        drop(free);
        let log = files.tools.join("server.log");
        let mut command = on_core(0, &self.program);
        let path = match &self.kind {
            Kind::PhotoArchive => {
                command.args(["--bind", &address.to_string(), "--photos"]);
                command.arg(&files.albums);
                format!("/archive/{ALBUM}/")
            }
            Kind::Nginx => {
                let settings = files.tools.join("nginx.conf");
                fs::write(&settings, nginx_settings(address, files))?;
                command.arg("-e").arg(&log).arg("-c").arg(settings);
                "/album.zip".to_owned()
            }
            Kind::Script(script) => {
                command.arg(script).arg(files.album());
                command.arg(address.port().to_string());
                "/album.zip".to_owned()
            }
        };
        command.stdin(Stdio::null()).stdout(Stdio::null());
        command.stderr(File::create(&log)?);
        let mut running = Running {
            child: command.spawn().context("taskset (of util-linux)")?,
            address,
            path,
        };
        until_it_listens(&mut running.child, address)
            .with_context(|| format!("see {}", log.display()))?;
        Ok(running)
    }
}

/// nginx as its manual says: sendfile, one worker.
fn nginx_settings(address: SocketAddr, files: &Files) -> String {
    let (tools, root) = (files.tools.display(), files.ready.display());
    format!(
        "daemon off;
user root;
worker_processes 1;
pid {tools}/nginx.pid;
events {{ worker_connections 1024; }}
http {{
    access_log off;
    sendfile on;
    types {{ application/zip zip; }}
    client_body_temp_path {tools}/nginx-body;
    proxy_temp_path {tools}/nginx-proxy;
    fastcgi_temp_path {tools}/nginx-fastcgi;
    uwsgi_temp_path {tools}/nginx-uwsgi;
    scgi_temp_path {tools}/nginx-scgi;
    server {{ listen {address}; root {root}; }}
}}
"
    )
}

/// A server that answers; it ends when this is dropped.
pub(crate) struct Running {
    child: Child,
    /// Where it listens.
    pub(crate) address: SocketAddr,
    /// Where its archive is.
    pub(crate) path: String,
}

impl Running {
    /// Processor seconds that it and its workers have used so far.
    pub(crate) fn cpu_seconds(&self) -> anyhow::Result<f64> {
        let times = self.processes()?.into_iter().map(processor_time);
        let times: Vec<Duration> = times.collect::<io::Result<_>>()?;
        Ok(times.iter().map(Duration::as_secs_f64).sum())
    }

    /// The most memory that it and its workers have had resident, in MiB.
    pub(crate) fn peak_mib(&self) -> anyhow::Result<f64> {
        let peaks = self.processes()?.into_iter().map(peak_memory);
        let bytes: u64 = peaks.sum::<io::Result<_>>()?;
        Ok(bytes as f64 / 1024.0 / 1024.0)
    }

    /// The server and its children.
    fn processes(&self) -> io::Result<Vec<u32>> {
        let mut found = children(self.child.id())?;
        found.push(self.child.id());
        Ok(found)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Asked first, so that workers end too.
        let process = self.child.id().to_string();
        let _ = Command::new("kill").args(["-TERM", &process]).status();
        let deadline = Instant::now() + Duration::from_secs(5);
        while matches!(self.child.try_wait(), Ok(None)) && Instant::now() < deadline {
            thread::sleep(Duration::from_millis(10));
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Pins this process, and so its threads to come, to processor 1.
pub(crate) fn stay_on_processor_1() -> anyhow::Result<()> {
    let process = std::process::id().to_string();
    let pinned = Command::new("taskset")
        .args(["-cp", "1", &process])
        .stdout(Stdio::null())
        .status()
        .context("taskset (of util-linux)")?;
    ensure!(pinned.success(), "taskset cannot pin to processor 1");
    Ok(())
}

fn find(places: &[&str]) -> PathBuf {
    let found = places.iter().map(PathBuf::from).find(|path| path.exists());
    found.unwrap_or_default()
}

/// A path as a reader would type it, from where cargo is called.
fn shown(path: &Path) -> String {
    let here = std::env::current_dir().unwrap_or_default();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let root = root.canonicalize().unwrap_or(here);
    let path = path.strip_prefix(root).unwrap_or(path);
    path.display().to_string()
}
