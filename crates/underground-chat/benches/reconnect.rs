//! The server is killed and comes back a while later: how soon is the client back?
//!
//!     cargo bench -p underground-chat --bench reconnect
//!
//! The time is from the server's first line, when it listens, to the moment both
//! connections of the client work again.

// A measurement that cannot be made has nothing to report: a panic says why.
#![allow(clippy::unwrap_used)]

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use underground_chat::client::{Connection, Event, Events, Settings, Status, Tcp};
use underground_chat::protocol::Login;

const RUNS: usize = 10;

struct Server(Child);

impl Server {
    /// Starts one and waits until it listens; its ports.
    fn start(data: &Path, [read, write]: [u16; 2]) -> (Self, [u16; 2]) {
        let mut process = Command::new(env!("CARGO_BIN_EXE_underground-chat"))
            .arg("serve")
            .arg(format!("--read-port={read}"))
            .arg(format!("--write-port={write}"))
            .arg("--data")
            .arg(data)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut line = String::new();
        let mut stdout = BufReader::new(process.stdout.take().unwrap());
        stdout.read_line(&mut line).unwrap();
        let mut ports = line
            .split_whitespace()
            .filter_map(|word| word.parse::<std::net::SocketAddr>().ok())
            .map(|address| address.port());
        let ports = [(); 2].map(|()| ports.next().unwrap());
        (Self(process), ports)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

async fn both_up(events: &mut Events) {
    let mut up = 0;
    while up < 2 {
        if matches!(events.next().await.unwrap(), Event::Status(_, Status::Up)) {
            up += 1;
        }
    }
}

async fn run(data: &Path, away: Duration) -> (Duration, Duration) {
    let (server, ports) = Server::start(data, [0, 0]);
    let tcp = Tcp {
        host: "127.0.0.1".to_owned(),
        read_port: ports[0],
        write_port: ports[1],
    };
    let settings = Settings {
        login: Login::register("back"),
        ..Settings::default()
    };
    let (_connection, mut events) = Connection::open(tcp, settings);
    both_up(&mut events).await;
    let gone = Instant::now();
    drop(server);
    tokio::time::sleep(away.saturating_sub(gone.elapsed())).await;
    let directory = data.to_owned();
    // The client goes on trying meanwhile.
    let started = tokio::task::spawn_blocking(move || {
        let server = Server::start(&directory, ports);
        (server, Instant::now())
    });
    let ((_server, returned), ()) =
        tokio::join!(async { started.await.unwrap() }, both_up(&mut events));
    let back = Instant::now();
    (returned - gone, back.saturating_duration_since(returned))
}

fn main() {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .unwrap();
    let directory = tempfile::tempdir().unwrap();
    println!("{RUNS} runs each; seconds\n");
    println!("| server away for | back after, median | longest |");
    println!("|---|---|---|");
    for away in [0.1, 0.5, 1.0, 1.8, 4.0] {
        let mut aways = Vec::new();
        let mut backs: Vec<Duration> = (0..RUNS)
            .map(|run_number| {
                let data = directory.path().join(format!("{away}-{run_number}"));
                let (gone, back) = runtime.block_on(run(&data, Duration::from_secs_f64(away)));
                aways.push(gone);
                back
            })
            .collect();
        backs.sort_unstable();
        let longest_away = aways.iter().max().unwrap();
        println!(
            "| {away} (at most {:.2}) | {:.2} | {:.2} |",
            longest_away.as_secs_f64(),
            backs[RUNS / 2].as_secs_f64(),
            backs[RUNS - 1].as_secs_f64(),
        );
    }
}
