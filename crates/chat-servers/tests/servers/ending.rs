//! How the program ends, and how it does not start.

use std::io::{BufRead as _, BufReader};
use std::net::TcpListener;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use chat_servers::drivers::{DRIVERS, Driver};
use chat_servers::hub::{Hub, Transport};
use chat_servers::programs::{self, Endpoint};
use chat_servers::server;
use chat_servers::settings::Settings;
use common::shutdown::Shutdown;
use jiff::tz::TimeZone;
use rustix::process::{Pid, Signal, kill_process};

use crate::client::Client;
use crate::process::{Program, RUNTIMES};

#[test]
fn a_signal_is_told_to_everyone_and_ends_within_two_seconds() {
    for (signal, code) in [(Signal::INT, 0), (Signal::TERM, 0), (Signal::HUP, 129)] {
        let mut program = Program::start("all", &[]);
        let mut users: Vec<Client> = (0..8).map(|index| program.client(index)).collect();
        for (index, user) in users.iter_mut().enumerate() {
            user.say(&format!("login user{index}"));
            user.hear_until(&format!("[SYSTEM INFO] - [user{index}] login to chat."));
        }
        // Neither logged in, nor a WebSocket yet, nor will it close.
        let mut stranger = program.client(0);
        let _silent = crate::client::connect(program.endpoints[1].1);
        assert_eq!(stranger.ask("whoami"), "[ERROR] - First login!");
        let asked = Instant::now();
        program.signal(signal);
        users.push(stranger);
        for user in &mut users {
            user.hear_until("[SYSTEM INFO] - server is shutting down.");
            assert_eq!(user.hear(), None);
        }
        assert_eq!(program.wait(), Some(code), "{signal:?}");
        // It may take two; the machine may be loaded.
        assert!(asked.elapsed() < Duration::from_secs(8));
    }
}

#[test]
fn a_port_in_use_is_named_with_the_flag_that_chooses_another() {
    for (program, flag) in [("smol", "--port"), ("smol-ws", "--ws-port")] {
        let taken = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = taken.local_addr().unwrap().port().to_string();
        let output = Command::new(env!("CARGO_BIN_EXE_chat-servers"))
            .args([program, flag, &port])
            .output()
            .unwrap();
        let error = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{error}");
        assert!(error.contains(&port) && error.contains(flag), "{error}");
        assert_eq!(error.lines().count(), 1, "{error}");
    }
}

#[test]
fn a_program_that_does_not_exist_is_answered_with_those_that_do() {
    let output = Command::new(env!("CARGO_BIN_EXE_chat-servers"))
        .arg("gevent")
        .output()
        .unwrap();
    let error = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(
        error.contains("gevent") && error.contains("compio-pair"),
        "{error}"
    );
}

fn hub() -> std::sync::Arc<Hub> {
    Hub::new(Settings::default(), TimeZone::UTC)
}

/// A server of this driver on a free port.
fn bind(driver: Driver, transport: Transport) -> server::Bound {
    let endpoint = Endpoint {
        driver,
        transport,
        port: 0,
    };
    server::bind(endpoint, "127.0.0.1", Settings::default().keep_alive).unwrap()
}

#[test]
fn a_driver_that_panics_ends_the_program_and_says_so() {
    let broken = Driver {
        name: "broken",
        serve: |_, hub| {
            wait(|| hub.connections() > 0);
            panic!("on purpose");
        },
        ..DRIVERS[0]
    };
    // As tokio and compio do with the panic of a task.
    let resilient = Driver {
        serve: |_, hub| {
            wait(|| hub.connections() > 0);
            let _ = std::panic::catch_unwind(|| panic!("on purpose"));
            wait(|| hub.connections() == 0);
            Ok(())
        },
        ..broken
    };
    for (driver, broken) in DRIVERS
        .map(|driver| [(driver, broken), (driver, resilient)])
        .concat()
    {
        let bound = vec![bind(driver, Transport::Tcp), bind(broken, Transport::Tcp)];
        let address = bound[0].address;
        let running = std::thread::spawn(move || server::run(bound, &hub(), &Shutdown::new()));
        // The other panics as soon as somebody is here who has to be told.
        let mut ann = Client::connect(Transport::Tcp, address);
        ann.hear_until("[SYSTEM INFO] - server is shutting down.");
        assert_eq!(ann.hear(), None);
        drop(ann);
        let error = running.join().unwrap().unwrap_err().to_string();
        assert!(error.contains("the broken driver panicked"), "{error}");
    }
}

fn wait(until: impl Fn() -> bool) {
    while !until() {
        std::thread::yield_now();
    }
}

#[test]
fn who_reads_the_log_or_the_first_lines_may_go() {
    for runtime in RUNTIMES {
        let mut program = Program::start(runtime, &["--color", "never"]);
        program.close_log();
        // Each makes two lines of it.
        let users: Vec<Client> = (0..10)
            .map(|n| program.user(0, &format!("user{n}")))
            .collect();
        for (n, mut user) in users.into_iter().enumerate() {
            user.say("/whoami");
            user.hear_until(&format!("user{n}"));
        }
        program.signal(Signal::TERM);
        assert_eq!(program.wait(), Some(0), "{runtime}");
    }
    let mut child = Command::new(env!("CARGO_BIN_EXE_chat-servers"))
        .args(["all", "--port", "0", "--ws-port", "0"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // Gone before anything is said.
    drop(child.stdout.take());
    let log = BufReader::new(child.stderr.take().unwrap());
    let started = log.lines().map_while(Result::ok).take(8);
    assert_eq!(
        started
            .filter(|line| line.contains("started on port"))
            .count(),
        8
    );
    kill_process(Pid::from_child(&child), Signal::TERM).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(0));
}

#[test]
fn every_program_starts_and_stops_with_nobody_in_it() {
    for name in programs::names() {
        let mut program = Program::start(&name, &[]);
        program.signal(Signal::TERM);
        assert_eq!(program.wait(), Some(0), "{name}");
    }
}
