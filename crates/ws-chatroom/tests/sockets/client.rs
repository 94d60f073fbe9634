//! The client program, between pipes and at a real pseudo-terminal.

use std::fs::File;
use std::io::Write as _;
use std::process::Stdio;
use std::time::{Duration, Instant};

use rustix::fs::{Mode, OFlags};
use rustix::process::Signal;
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};

use crate::peers::{Output, Piped, Process, Reserved, Server, program};

#[test]
fn control_characters_of_others_are_shown_not_obeyed() {
    let server = Server::start(&["--stage", "chatroom"]);
    let mut client = Piped::start(&server.url());
    let mut other = server.connect();
    client.type_line("ready");
    other.expect(&["ready"]);
    other.send("\x1b]0;gotcha\x07\r\n\u{9b}\u{202e}");
    assert_eq!(client.line(), r"< \x1b]0;gotcha\x07\x0d\x0a\x9b\u{202e}");
}

#[test]
fn everything_piped_in_is_sent_and_everything_answered_is_printed() {
    let server = Server::start(&["--stage", "echo"]);
    let mut client = Piped::start(&server.url());
    let mut wanted = String::new();
    for number in 0..2_000 {
        client.type_line(&format!("line {number}"));
        wanted += &format!("< line {number}\n");
    }
    let (status, printed) = client.end();
    assert_eq!(status.code(), Some(0));
    assert_eq!(printed, wanted);
}

#[test]
fn the_longest_message_that_a_server_lets_through_is_shown() {
    let server = Server::start(&["--stage", "chatroom", "--max-message", "16777216"]);
    let mut client = Piped::start(&server.url());
    let mut other = server.connect();
    client.type_line("ready");
    other.expect(&["ready"]);
    let longest = "x".repeat(16_777_216);
    other.send(&longest);
    assert!(client.line() == format!("< {longest}"));
}

#[test]
fn a_lost_connection_is_told_and_made_again() {
    let port = Reserved::new();
    let address = port.address.to_string();
    let mut server = Server::start_at(&address, &["--stage", "echo"]);
    let mut client = Piped::start(&server.url());
    client.type_line("before");
    assert_eq!(client.line(), "< before");
    server.process.signal(Signal::TERM);
    server.process.wait();
    let _server = Server::start_at(&address, &["--stage", "echo"]);
    client.type_line("after");
    assert_eq!(client.line(), "< after");
    let mut process = std::mem::replace(&mut client.process, Process::start(&mut program()));
    drop(client);
    assert_eq!(process.wait().code(), Some(0));
    let told = process.errors();
    assert!(told.contains("the server stops (code 1001)"), "{told}");
    assert!(told.contains("trying again in 1 s"), "{told}");
    assert!(told.contains("connected again"), "{told}");
}

#[test]
fn no_server_and_no_url_end_with_one_line_that_says_what_to_do() {
    let port = Reserved::new();
    let address = port.address;
    for (url, advice) in [
        (format!("ws://{address}"), "is the server running?"),
        (address.to_string(), "is the server running?"),
        (format!("http://{address}"), "ws://HOST:PORT"),
        // Longer than a part of a name may be: no resolver has to be asked.
        (format!("ws://{}", "x".repeat(70)), "nobody knows that host"),
        ("wss://localhost".to_owned(), "not wss://"),
        ("9100".to_owned(), "give HOST:PORT or ws://HOST:PORT"),
        ("ws://9100".to_owned(), "give HOST:PORT or ws://HOST:PORT"),
    ] {
        let mut client = Process::start(program().args(["client", &url]));
        assert_eq!(client.wait().code(), Some(1), "{url}");
        let errors = client.errors();
        assert_eq!(errors.lines().count(), 1, "{errors}");
        assert!(errors.contains(advice), "{errors}");
    }
}

/// The client at a pseudo-terminal.
struct Typist {
    process: Process,
    master: File,
    screen: Output,
}

impl Typist {
    fn start(url: &str) -> Self {
        let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
        grantpt(&master).unwrap();
        unlockpt(&master).unwrap();
        let name = ptsname(&master, Vec::new()).unwrap();
        let terminal =
            rustix::fs::open(name, OFlags::RDWR | OFlags::NOCTTY, Mode::empty()).unwrap();
        let child = program()
            .args(["client", url])
            .env("TERM", "xterm")
            .stdin(Stdio::from(terminal.try_clone().unwrap()))
            .stdout(Stdio::from(terminal))
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let master = File::from(master);
        Self {
            process: Process { child },
            screen: Output::of(master.try_clone().unwrap()),
            master,
        }
    }

    fn type_keys(&mut self, keys: &str) {
        self.master.write_all(keys.as_bytes()).unwrap();
    }

    /// Waits until the terminal shows `wanted`, and forgets all before it.
    fn until(&mut self, wanted: &str) -> String {
        self.screen.until(wanted)
    }
}

#[test]
fn what_is_being_typed_survives_a_message_and_ctrl_d_ends() {
    let server = Server::start(&[]);
    let mut other = server.connect();
    let mut typist = Typist::start(&server.url());
    typist.until(&format!("* connected to {}; Ctrl-D ends", server.url()));
    for hint in ["page", "invite N", "leave", "< 7 secret", "own number"] {
        typist.until(hint);
    }
    typist.until("> ");
    other.expect(&["Client 2 connected"]);
    typist.type_keys("half a sen");
    typist.until("sen");
    other.send("hello");
    typist.until(" hello");
    // The prompt and the unfinished line are drawn again below it.
    typist.until("> half a sen");
    typist.type_keys("tence\r");
    assert!(other.receive().ends_with(" half a sentence"));
    typist.type_keys("\x04");
    assert_eq!(typist.process.wait().code(), Some(0));
    other.expect(&["Client 2 disconnected"]);
}

#[test]
fn a_client_that_is_told_to_stop_says_goodbye_and_ends_well() {
    let server = Server::start(&[]);
    let mut other = server.connect();
    let mut typist = Typist::start(&server.url());
    typist.until("> ");
    other.expect(&["Client 2 connected"]);
    let asked = Instant::now();
    typist.process.signal(Signal::TERM);
    assert_eq!(typist.process.wait().code(), Some(0));
    assert!(asked.elapsed() < Duration::from_secs(4));
    // The shell's prompt stands on a line of its own.
    assert!(typist.screen.rest().ends_with("\r\n"));
    other.expect(&["Client 2 disconnected"]);
}
