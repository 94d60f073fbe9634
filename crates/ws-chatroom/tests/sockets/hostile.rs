//! Everything that a peer can do wrong, and everything that runs out.

use std::io::{Read as _, Write as _};
use std::process::Command;
use std::time::{Duration, Instant};

use rustix::process::Signal;
use tokio_tungstenite::tungstenite::protocol::frame::Frame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::{CloseCode, Data, OpCode};
use tokio_tungstenite::tungstenite::{Error, Message};

use crate::peers::{Client, PATIENCE, Process, Server, ended, program, unset};

#[test]
fn a_message_may_be_64_kib_and_not_a_byte_longer() {
    let server = Server::start(&["--stage", "echo"]);
    let mut client = server.connect();
    let longest = "x".repeat(65_536);
    client.send(&longest);
    assert_eq!(client.receive(), longest);
    client.send(&"x".repeat(65_537));
    assert_eq!(client.closed(), CloseCode::Size);
}

#[test]
fn fragments_do_not_get_around_the_limit() {
    let server = Server::start(&["--stage", "echo", "--max-message", "32"]);
    let mut client = server.connect();
    for (code, text) in [
        (Data::Text, "0123456789abcdef"),
        (Data::Continue, "0123456789abcdefg"),
    ] {
        let frame = Frame::message(text, OpCode::Data(code), code == Data::Continue);
        client.0.send(Message::Frame(frame)).unwrap();
    }
    assert_eq!(client.closed(), CloseCode::Size);
}

#[test]
fn binary_and_bad_utf_8_are_refused_with_their_codes() {
    let server = Server::start(&["--stage", "echo"]);
    let mut binary = server.connect();
    binary.0.send(Message::binary(&b"\x00"[..])).unwrap();
    assert_eq!(binary.closed(), CloseCode::Unsupported);
    let mut broken = server.connect();
    let frame = Frame::message(&b"\xff"[..], OpCode::Data(Data::Text), true);
    broken.0.send(Message::Frame(frame)).unwrap();
    assert_eq!(broken.closed(), CloseCode::Invalid);
    let mut garbage = server.connect();
    garbage
        .0
        .get_mut()
        .write_all(b"GET / HTTP/1.1\r\n\r\n")
        .unwrap();
    assert_eq!(garbage.closed(), CloseCode::Protocol);
}

#[test]
fn a_browser_that_asks_for_a_page_is_told_how_to_connect() {
    let server = Server::start(&[]);
    let mut stream = server.raw();
    stream
        .write_all(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(
        answer.starts_with("HTTP/1.1 426 Upgrade Required\r\n"),
        "{answer}"
    );
    assert!(answer.contains(&server.url()), "{answer}");
}

#[test]
fn a_page_of_another_site_may_join_only_where_it_is_allowed() {
    let request = "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nOrigin: https://evil.example\r\n\
        Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n\
        Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
    for (flags, status) in [
        (&[][..], "HTTP/1.1 403"),
        (&["--allow-origin", "https://evil.example"], "HTTP/1.1 101"),
    ] {
        let server = Server::start(flags);
        let mut page = server.raw();
        page.write_all(request.as_bytes()).unwrap();
        let mut answer = [0; 12];
        page.read_exact(&mut answer).unwrap();
        assert_eq!(String::from_utf8_lossy(&answer), status);
    }
}

#[test]
fn half_a_handshake_and_an_endless_one_are_dropped() {
    let server = Server::start(&["--handshake-timeout", "0.3"]);
    let mut half = server.raw();
    half.write_all(b"GET / HTTP/1.1\r\nHost: ").unwrap();
    assert!(ended(&mut half));
    let mut silent = server.raw();
    assert!(ended(&mut silent));
    // This one is not to be dropped for its slowness before it has said too much.
    let server = Server::start(&[]);
    let mut endless = server.raw();
    endless.write_all(b"GET / HTTP/1.1\r\n").unwrap();
    endless.write_all(&b"a: b\r\n".repeat(2_000)).unwrap();
    let mut answer = [0; 12];
    endless.read_exact(&mut answer).unwrap();
    assert_eq!(&answer[..9], b"HTTP/1.1 ");
    assert!(answer[9] == b'4', "{answer:?}");
}

#[test]
fn whoever_answers_no_ping_is_dropped_and_announced() {
    let server = Server::start(&["--ping-timeout", "5"]);
    let mut one = server.connect();
    // This one reads, and so answers pings, all the while.
    let reader = std::thread::spawn(move || {
        one.expect(&["Client 2 connected", "Client 2 disconnected"]);
        one.send("still here");
    });
    let mut dead = server.connect();
    reader.join().unwrap();
    assert!(ended(dead.0.get_mut()));
}

#[test]
fn a_slow_reader_is_sent_away_and_never_delays_the_room() {
    let server = Server::start(&[]);
    let mut slow = server.connect();
    let (mut talker, mut listener) = (server.connect(), server.connect());
    slow.expect(&["Client 2 connected"]);
    talker.expect(&["Client 3 connected"]);
    // The kernel holds megabytes before the server's own queue fills.
    let text = "x".repeat(60_000);
    let end = Instant::now() + PATIENCE;
    loop {
        assert!(Instant::now() < end, "the slow reader stays");
        talker.send(&text);
        let heard = listener.receive();
        if heard == "Client 1 disconnected" {
            break;
        }
        assert!(heard.ends_with(&text));
    }
    assert_eq!(slow.closed(), CloseCode::Again);
    talker.expect(&["Client 1 disconnected"]);
    talker.send("go on");
    while !listener.receive().ends_with(" go on") {}
}

#[test]
fn a_thousand_connections_that_do_nothing_disturb_nobody() {
    // Shells give a process 1,024; the other tests need some at the same time.
    common::limits::raise_descriptors();
    let server = Server::start(&["--stage", "chatroom"]);
    let idle: Vec<_> = (0..300).map(|_| server.connect()).collect();
    let silent: Vec<_> = (0..700).map(|_| server.raw()).collect();
    let (mut one, mut two) = (server.connect(), server.connect());
    one.send("anybody?");
    two.expect(&["anybody?"]);
    drop((idle, silent));
}

#[test]
fn out_of_descriptors_new_ones_wait_and_nothing_dies() {
    let program = env!("CARGO_BIN_EXE_ws-chatroom");
    let script =
        format!("ulimit -n 40 && exec '{program}' server --stage chatroom --bind 127.0.0.1:0");
    let mut command = Command::new("sh");
    unset(&mut command);
    let mut server = Server::run(command.args(["-c", &script]));
    let (mut one, mut two) = (server.connect(), server.connect());
    let crowd: Vec<_> = (0..60).map(|_| server.raw()).collect();
    one.send("still here?");
    two.expect(&["still here?"]);
    drop(crowd);
    // Room is made, and those who come now get in.
    let mut three = server.connect();
    three.send("at last");
    one.expect(&["at last"]);
    server.process.signal(Signal::TERM);
    assert_eq!(server.process.wait().code(), Some(0));
    let log = server.process.errors();
    assert!(log.contains("cannot accept connections"), "{log}");
    assert!(log.contains("accepting connections again"), "{log}");
}

#[test]
fn a_stopping_server_says_goodbye_to_everyone_and_waits_two_seconds_at_most() {
    for (signal, code) in [(Signal::TERM, 0), (Signal::INT, 0), (Signal::HUP, 129)] {
        let mut server = Server::start(&[]);
        let mut polite = server.connect();
        let _mute = server.connect();
        polite.expect(&["Client 2 connected"]);
        let asked = Instant::now();
        server.process.signal(signal);
        assert_eq!(polite.closed(), CloseCode::Away);
        assert_eq!(server.process.wait().code(), Some(code));
        // Two seconds, and as much again for a busy machine.
        assert!(asked.elapsed() < Duration::from_secs(4));
    }
}

#[test]
fn a_client_that_says_goodbye_is_answered() {
    let server = Server::start(&[]);
    let mut one = server.connect();
    let mut two = server.connect();
    one.expect(&["Client 2 connected"]);
    two.0.close(None).unwrap();
    loop {
        match two.0.read() {
            Ok(Message::Close(_)) => {}
            Err(Error::ConnectionClosed) => break,
            other => panic!("{other:?}"),
        }
    }
    one.expect(&["Client 2 disconnected"]);
}

#[test]
fn pings_are_answered_between_the_rooms_frames() {
    let server = Server::start(&["--stage", "chatroom"]);
    let (Client(mut one), mut two) = (server.connect(), server.connect());
    for number in 0..50 {
        two.send(&number.to_string());
        one.send(Message::Ping(vec![number].into())).unwrap();
    }
    let (mut texts, mut pongs) = (0, 0);
    while texts < 50 || pongs < 50 {
        match one.read().unwrap() {
            Message::Text(text) => {
                assert_eq!(text.as_str(), texts.to_string());
                texts += 1;
            }
            Message::Pong(number) => {
                assert_eq!(number[..], [pongs]);
                pongs += 1;
            }
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn a_port_in_use_and_a_wrong_flag_end_with_one_line_and_their_codes() {
    let server = Server::start(&[]);
    let taken = server.address.to_string();
    let mut second = Process::start(program().args(["server", "--bind", &taken]));
    assert_eq!(second.wait().code(), Some(1));
    let errors = second.errors();
    assert_eq!(errors.lines().count(), 1, "{errors}");
    assert!(
        errors.contains(&taken) && errors.contains("--bind"),
        "{errors}"
    );
    let mut late = Process::start(program().args(["--stage", "echo", "client"]));
    assert_eq!(late.wait().code(), Some(2));
    for wrong in [
        ["--stage", "perfect"],
        ["--allow-origin", "foo"],
        ["--max-message", "0"],
        ["--max-message", "31"],
        ["--max-backlog", "1023"],
    ] {
        let mut process = Process::start(program().arg("server").args(wrong));
        assert_eq!(process.wait().code(), Some(2), "{wrong:?}");
        let errors = process.errors();
        assert!(errors.contains(wrong[0]), "{errors}");
    }
}
