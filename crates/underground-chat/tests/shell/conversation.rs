//! A conversation of `serve`, `listen` and `chat`, through a restart of the server.

use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use super::program::{PATIENCE, Program, text};
use super::server::Server;

#[test]
fn a_conversation_goes_on_through_a_restart_and_the_history_is_right() {
    let directory = tempfile::tempdir().unwrap();
    let here = directory.path();
    let server = Server::start(here, &[]);
    let listen = Program::start(server.client(here, &["listen"]));
    listen.until("connected");
    let mut chat = Program::start(server.client(here, &["chat", "--username", "Anna"]));
    let who = chat.until("you are");
    let who = who.split_once("you are ").unwrap().1.to_owned();
    chat.say("before");
    listen.until(&format!("{who}: before"));

    // The plug is pulled; what is typed meanwhile waits.
    let ports = server.ports();
    server.program.signal(Signal::KILL);
    chat.until("no connection");
    listen.until("no connection");
    chat.say("typed while it was away");
    chat.say("and more");
    drop(server);
    let server = Server::start_on(here, ports, &[]);
    // How soon it has to be is measured elsewhere, in virtual time: this machine may be busy.
    chat.until("connected");
    listen.until("connected");
    chat.say("after");
    chat.until(": after");
    listen.until(&format!("{who}: after"));
    assert_eq!(chat.code(), 0);
    listen.signal(Signal::TERM);
    let mut listen = listen;
    assert_eq!(listen.code(), 0);

    let history = fs::read_to_string(here.join("minechat.history")).unwrap();
    let mut texts = Vec::new();
    for line in history.lines() {
        let (stamp, text) = line.split_at(19);
        let digits = stamp.replace(|c: char| c.is_ascii_digit(), "0");
        assert_eq!(digits, "[0000.00.00 00:00] ", "{line}");
        texts.push(text.to_owned());
    }
    // Whichever of the two is back first writes down what was typed meanwhile.
    // What was on its way when the plug was pulled may stand twice, next to itself.
    texts.dedup();
    let said = ["before", "typed while it was away", "and more", "after"];
    assert_eq!(texts, said.map(|text| format!("{who}: {text}")));
    drop(server);
}

#[test]
fn chat_in_a_pipe_confirms_everything_before_it_ends() {
    let directory = tempfile::tempdir().unwrap();
    let here = directory.path();
    let server = Server::start(here, &[]);
    let mut reader = server.reader();
    let mut chat = Program::start(server.client(here, &["chat", "--username", "Pipe"]));
    for n in 0..50 {
        chat.say(&format!("m{n}"));
    }
    chat.say("");
    assert_eq!(chat.code(), 0);
    for n in 0..50 {
        let line = super::server::line(&mut reader);
        assert!(line.ends_with(&format!(" Pipe: m{n}")), "{line}");
    }
}

#[test]
fn every_way_to_end_it_has_its_exit_code() {
    let directory = tempfile::tempdir().unwrap();
    let here = directory.path();
    for (signal, code) in [(Signal::INT, 0), (Signal::TERM, 0), (Signal::HUP, 129)] {
        let mut server = Server::start(here, &[]);
        let mut listen = Program::start(server.client(here, &["listen"]));
        listen.until("connected");
        let mut chat =
            Program::start(server.client(here, &["chat", "--token", "", "--username", "x"]));
        chat.until("you are");
        for program in [&mut listen, &mut chat, &mut server.program] {
            let stdin = program.stdin.take();
            program.signal(signal);
            assert_eq!(program.code(), code);
            drop(stdin);
        }
        // What says whose messages the history keeps goes with the last who keeps it.
        assert!(!here.join("minechat.history.lock").exists());
        fs::remove_file(here.join(".env")).unwrap();
    }
}

#[test]
fn what_is_not_confirmed_at_the_end_is_given_back_and_is_a_failure() {
    let directory = tempfile::tempdir().unwrap();
    let here = directory.path();
    let server = Server::start(here, &[]);
    assert!(server.run(here, &["register", "Anna"]).status.success());
    let flags = server.flags();
    drop(server);
    for (signal, code) in [(Signal::INT, 1), (Signal::TERM, 1), (Signal::HUP, 129)] {
        let mut command = super::server::binary(here);
        command.args(["chat", "-v"]).args(&flags);
        let mut chat = Program::start(command);
        chat.until("no connection");
        for n in 1..=2 {
            chat.say(&format!("typed {n} \x1b[2J"));
            chat.until("a line was read");
        }
        chat.signal(signal);
        chat.until("2 messages were not confirmed by the server");
        for n in 1..=2 {
            assert_eq!(chat.until("typed"), format!("typed {n} \\x1b[2J"));
        }
        assert_eq!(chat.code(), code);
    }
}

#[test]
fn a_listener_is_told_of_an_outage_once_in_plain_words_and_stdout_has_only_messages() {
    let directory = tempfile::tempdir().unwrap();
    let here = directory.path();
    let server = Server::start(here, &[]);
    assert!(server.run(here, &["register", "Anna"]).status.success());
    let ports = server.ports();
    drop(server);
    let mut command = super::server::binary(here);
    command
        .arg("listen")
        .arg(format!("--read-port={}", ports[0]))
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::from(fs::File::create(here.join("said")).unwrap()));
    let mut listen = Silent(command.spawn().unwrap());
    let said = || fs::read_to_string(here.join("said")).unwrap();
    let wait_for = |wanted: &str| {
        let deadline = Instant::now() + PATIENCE;
        while !said().contains(wanted) {
            assert!(Instant::now() < deadline, "no {wanted:?} in {}", said());
            // A file tells nobody when it grows.
            std::thread::sleep(Duration::from_millis(5));
        }
    };
    wait_for("start one with");
    let server = Server::start_on(here, ports, &[]);
    wait_for("\nconnected to");
    drop(server);
    wait_for("closed the connection");
    let server = Server::start_on(here, ports, &[]);
    wait_for("connected again");
    assert!(server.run(here, &["send", "hello"]).status.success());
    let mut heard = String::new();
    let mut stdout = BufReader::new(listen.0.stdout.take().unwrap());
    stdout.read_line(&mut heard).unwrap();
    assert!(heard.ends_with("Anna: hello\n"), "{heard}");
    kill_process(Pid::from_child(&listen.0), Signal::TERM).unwrap();
    let mut rest = String::new();
    stdout.read_to_string(&mut rest).unwrap();
    assert_eq!(rest, "");
    let place = format!("127.0.0.1:{}", ports[0]);
    assert_eq!(
        said().lines().collect::<Vec<_>>(),
        [
            format!(
                "no connection to {place}: connection refused; trying again, start one with: underground-chat serve --read-port {}",
                ports[0]
            ),
            format!("connected to {place}"),
            format!("no connection to {place}: the server closed the connection; trying again"),
            "connected again".to_owned(),
        ]
    );
}

#[test]
fn chat_in_a_pipe_prints_and_keeps_its_own_last_message() {
    let directory = tempfile::tempdir().unwrap();
    let here = directory.path();
    let server = Server::start(here, &[]);
    assert!(server.run(here, &["register", "Pipe"]).status.success());
    for n in 0..10 {
        let mut chat = Program::start(server.client(here, &["chat"]));
        chat.say(&format!("first {n}\nlast {n}"));
        assert_eq!(chat.code(), 0);
        chat.until(&format!("Pipe: last {n}"));
        let history = fs::read_to_string(here.join("minechat.history")).unwrap();
        assert!(history.ends_with(&format!("Pipe: last {n}\n")), "{history}");
    }
}

#[test]
fn a_stdout_that_nobody_reads_stops_neither_the_history_nor_a_signal() {
    let directory = tempfile::tempdir().unwrap();
    let here = directory.path();
    let server = Server::start(here, &["--max-message=60000"]);
    assert!(server.run(here, &["register", "Loud"]).status.success());
    let mut command = server.client(here, &["listen"]);
    command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    // Its stdout is held and not read.
    let mut listen = Silent(command.spawn().unwrap());
    let history = here.join("minechat.history");
    let long = "x".repeat(50_000);
    // The first may come before it listens; a pipe takes the least part of the rest.
    let deadline = Instant::now() + PATIENCE;
    let mut kept = 0;
    while kept < 500_000 {
        assert!(Instant::now() < deadline, "{kept} bytes kept");
        assert!(server.run(here, &["send", &long]).status.success());
        kept = fs::metadata(&history).map_or(0, |there| there.len());
    }
    kill_process(Pid::from_child(&listen.0), Signal::TERM).unwrap();
    let status = loop {
        assert!(Instant::now() < deadline, "it does not end");
        if let Some(status) = listen.0.try_wait().unwrap() {
            break status;
        }
        // The operating system tells nobody when a child ends without blocking for it.
        std::thread::sleep(Duration::from_millis(5));
    };
    assert_eq!(status.code(), Some(0));
}

/// A child that nobody reads.
struct Silent(Child);

impl Drop for Silent {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn a_second_client_in_one_directory_but_on_another_server_is_told_to_choose_a_file() {
    let directory = tempfile::tempdir().unwrap();
    let here = directory.path();
    let server = Server::start(here, &[]);
    let other = Server::start(here, &["--data=other.redb"]);
    let listen = Program::start(server.client(here, &["listen"]));
    listen.until("connected");
    let refused = other.run(here, &["listen"]);
    assert_eq!(refused.status.code(), Some(1), "{refused:?}");
    assert!(text(&refused.stderr).contains("--history"), "{refused:?}");
    let mut second = Program::start(other.client(here, &["listen", "--history=other.txt"]));
    second.until("connected");
    second.signal(Signal::TERM);
    assert_eq!(second.code(), 0);
}
