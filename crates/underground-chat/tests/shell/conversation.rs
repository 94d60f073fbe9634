//! A conversation of `serve`, `listen` and `chat`, through a restart of the server.

use std::fs;
use std::time::{Duration, Instant};

use rustix::process::Signal;

use super::program::{Program, Server};

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
    let back = Instant::now();
    chat.until("connected");
    // How soon it has to be is measured elsewhere, in virtual time: this machine may be busy.
    assert!(
        back.elapsed() < Duration::from_secs(15),
        "{:?}",
        back.elapsed()
    );
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
        let line = super::program::line(&mut reader);
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
        fs::remove_file(here.join(".env")).unwrap();
    }
}
