//! Peers that do not behave, on every runtime.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use chat_servers::hub::Transport;
use socket2::{Domain, SockRef, Socket, Type};
use tungstenite::Message;

use crate::client::{Client, connect, rest};
use crate::process::{Program, RUNTIMES};

#[test]
fn a_reset_in_mid_line_is_a_logout_to_the_others() {
    for runtime in RUNTIMES {
        let program = Program::start(&format!("{runtime}-pair"), &[]);
        let mut ann = program.user(0, "ann");
        for endpoint in 0..2 {
            let mut bob = program.user(endpoint, "bob");
            assert_eq!(ann.hear().unwrap(), "[SYSTEM INFO] - [bob] login to chat.");
            // Half a line; over WebSocket, half a frame.
            bob.stream().write_all(b"\x81\x85\0\0").unwrap();
            bob.reset();
            assert_eq!(
                ann.hear().unwrap(),
                "[SYSTEM INFO] - [bob] logout from chat."
            );
        }
    }
}

#[test]
fn a_peer_that_sends_all_and_closes_its_side_is_answered_and_gone() {
    for runtime in RUNTIMES {
        let program = Program::start(runtime, &["--color", "never"]);
        let mut ann = program.user(0, "ann");
        let mut bob = connect(program.endpoints[0].1);
        bob.write_all(b"login bob\nwhoami\nmsg ann bye\n").unwrap();
        let heard = rest(bob);
        assert!(
            heard.contains("[INFO] - bob\n") && heard.ends_with(": bye\n"),
            "{heard}"
        );
        ann.hear_until("[SYSTEM INFO] - [bob] logout from chat.");
    }
}

#[test]
fn lines_that_are_none_are_answered_and_the_connection_stays() {
    for runtime in RUNTIMES {
        let program = Program::start(&format!("{runtime}-pair"), &["--max-line", "64"]);
        let long = "x".repeat(65);
        for endpoint in 0..2 {
            let mut client = program.user(endpoint, "ann");
            assert_eq!(client.ask(&long), "[ERROR] - message too long");
            assert_eq!(client.ask("whoami"), "[INFO] - ann");
            client.say("logout");
            client.hear_until("[SYSTEM INFO] - [ann] logout from chat.");
            assert_eq!(client.hear(), None);
        }
        let mut telnet = program.user(0, "ann");
        telnet.stream().write_all(b"msgall \xc3\x28\r\n").unwrap();
        assert_eq!(telnet.hear().unwrap(), "[ERROR] - not UTF-8");
        telnet
            .stream()
            .write_all(b"\xff\xfc\x03who\xff\xf1ami\r\n")
            .unwrap();
        assert_eq!(telnet.hear().unwrap(), "[INFO] - ann");

        let mut web = program.user(1, "bob");
        let Client::Web(socket) = &mut web else {
            panic!("a pair's second is the web");
        };
        socket.send(Message::binary(vec![1, 2])).unwrap();
        assert_eq!(web.hear(), None);
        telnet.hear_until("[SYSTEM INFO] - [bob] logout from chat.");
    }
}

#[test]
fn ctrl_c_in_telnet_leaves_the_conversation_as_it_was() {
    for runtime in RUNTIMES {
        let program = Program::start(runtime, &["--color", "never"]);
        let ann = connect(program.endpoints[0].1);
        let mut keyboard = ann.try_clone().unwrap();
        let hears = |expected: &[u8]| {
            let mut heard = vec![0; expected.len()];
            (&ann).read_exact(&mut heard).unwrap();
            assert_eq!(heard, expected, "{runtime}");
        };
        keyboard.write_all(b"userlist\nwho\xff\xf4\xff").unwrap();
        hears(b"[ERROR] - First login!\n");
        // The rest of the second command is urgent data (RFC 854, "synch").
        SockRef::from(&keyboard).send_out_of_band(b"\xf2").unwrap();
        keyboard.write_all(b"\xff\xfd\x06ami\n").unwrap();
        // Telnet shows nothing until it is told that no timing mark will come.
        hears(b"\xff\xfc\x06[ERROR] - First login!\n");
    }
}

#[test]
fn a_flood_is_dropped_and_the_others_chat_on() {
    for runtime in RUNTIMES {
        let program = Program::start(&format!("{runtime}-pair"), &["--flood-burst", "5"]);
        for endpoint in 0..2 {
            let mut ann = program.user(endpoint, "ann");
            for _ in 0..50 {
                ann.say("whoami");
            }
            let heard: Vec<_> = (0..50).map(|_| ann.hear().unwrap()).collect();
            let dropped = heard.iter().filter(|line| *line == "[ERROR] - slow down");
            assert!(dropped.count() >= 25, "{heard:?}");
            let mut bob = program.user(endpoint, "bob");
            assert_eq!(bob.ask("whoami"), "[INFO] - bob");
            ann.reset();
            bob.hear_until("[SYSTEM INFO] - [ann] logout from chat.");
        }
    }
}

/// A connection whose kernel holds as little for it as can be.
fn narrow(program: &Program, endpoint: usize) -> TcpStream {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
    socket.set_recv_buffer_size(4096).unwrap();
    socket
        .connect(&program.endpoints[endpoint].1.into())
        .unwrap();
    socket.into()
}

const UPGRADE: &[u8] =
    b"GET /ws HTTP/1.1\r\nHost: x\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\
    Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
const LOGIN_FRAME: &[u8] = b"\x81\x8a\0\0\0\0login slow";

#[test]
fn a_client_that_never_reads_is_disconnected_and_holds_up_nobody() {
    for runtime in RUNTIMES {
        for endpoint in 0..2 {
            let program = Program::start(&format!("{runtime}-pair"), &["--flood-rate", "0"]);
            let mut ann = program.user(0, "ann");
            let mut slow = narrow(&program, endpoint);
            if endpoint == 0 {
                slow.write_all(b"login slow\n").unwrap();
            } else {
                slow.write_all(UPGRADE).unwrap();
                slow.read_exact(&mut [0; 64]).unwrap();
                slow.write_all(LOGIN_FRAME).unwrap();
            }
            ann.hear_until("[SYSTEM INFO] - [slow] login to chat.");
            let text = "x".repeat(4000);
            let mut said = 0;
            // The kernel holds some megabytes for it before anything waits here.
            while said < 10_000 {
                said += 1;
                if !ann.ask(&format!("msgall {text}")).ends_with('x') {
                    break;
                }
            }
            assert!(said < 10_000, "{runtime} keeps everything");
            let line = program.logs("reads too slowly");
            assert!(line.contains("--outbox"), "{line}");
            ann.say("/whoami");
            ann.hear_until("ann");
        }
    }
}

#[test]
fn one_connection_too_many_is_told_so() {
    for runtime in RUNTIMES {
        let flags = ["--max-connections", "2", "--color", "never"];
        let program = Program::start(&format!("{runtime}-pair"), &flags);
        let (mut ann, bob) = (program.user(0, "ann"), program.user(1, "bob"));
        ann.hear_until("[SYSTEM INFO] - [bob] login to chat.");
        let told = rest(connect(program.endpoints[0].1));
        assert_eq!(told, "[ERROR] - too many connections\n");
        let told = rest(connect(program.endpoints[1].1));
        assert!(told.starts_with("HTTP/1.1 503 "), "{told}");
        program.logs("--max-connections");
        drop(bob);
        ann.hear_until("[SYSTEM INFO] - [bob] logout from chat.");
        program.user(1, "bob");
    }
}

#[test]
fn without_descriptors_those_who_are_here_stay_and_the_others_wait() {
    for runtime in RUNTIMES {
        let program = Program::with_descriptors(runtime, 40);
        let mut ann = program.user(0, "ann");
        let mut crowd: Vec<_> = (0..60).map(|_| program.client(0)).collect();
        program.logs("cannot accept connections");
        assert_eq!(ann.ask("whoami"), "[INFO] - ann");
        let mut last = crowd.pop().unwrap();
        drop(crowd);
        assert_eq!(last.ask("whoami"), "[ERROR] - First login!");
        program.logs("accepting connections again");
    }
}

#[test]
fn the_page_is_served_and_foreign_origins_are_kept_out() {
    for runtime in RUNTIMES {
        let flags = ["--allow-origin", "https://friend.test"];
        let program = Program::start(&format!("{runtime}-ws"), &flags);
        let (transport, address) = program.endpoints[0];
        assert_eq!(transport, Transport::Web);
        let ask = |request: &str| {
            let mut stream = connect(address);
            stream.write_all(request.as_bytes()).unwrap();
            let mut answer = [0; 12];
            stream.read_exact(&mut answer).unwrap();
            (String::from_utf8(answer.to_vec()).unwrap(), stream)
        };
        let (status, stream) = ask("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
        assert_eq!(status, "HTTP/1.1 200");
        let page = rest(stream);
        assert!(
            page.contains("<!doctype html>") && page.ends_with("</html>\n"),
            "{page}"
        );
        for (origin, expected) in [
            (format!("http://{address}"), "HTTP/1.1 101"),
            ("https://friend.test".to_owned(), "HTTP/1.1 101"),
            ("https://evil.test".to_owned(), "HTTP/1.1 403"),
        ] {
            let request = String::from_utf8(UPGRADE.to_vec()).unwrap();
            let host = format!("Host: {address}\r\nOrigin: {origin}\r\n");
            let (status, _) = ask(&request.replace("Host: x\r\n", &host));
            assert_eq!(status, expected, "{origin}");
        }
    }
}

#[test]
fn more_than_a_turn_holds_is_carried_out_in_order_and_nothing_is_lost() {
    for runtime in RUNTIMES {
        let program = Program::start(
            &format!("{runtime}-pair"),
            &["--flood-rate", "0", "--outbox", "9000000"],
        );
        let mut ann = program.user(0, "ann");
        let mut bob = program.user(1, "bob");
        ann.hear_until("[SYSTEM INFO] - [bob] login to chat.");
        // Far more than one batch, in one piece.
        let text = "y".repeat(1000);
        let lines: String = (0..1000).map(|n| format!("msgall {n} {text}\n")).collect();
        let mut stream = ann.stream().try_clone().unwrap();
        let writer = std::thread::spawn(move || stream.write_all(lines.as_bytes()).unwrap());
        for client in [&mut ann, &mut bob] {
            for n in 0..1000 {
                let line = client.hear().unwrap();
                assert!(line.contains(&format!("[ann]: {n} yyy")), "{n}: {line:.40}");
            }
        }
        writer.join().unwrap();
    }
}

#[test]
fn a_thousand_connections_come_at_once() {
    for runtime in RUNTIMES {
        let program = Program::start(runtime, &[]);
        let mut crowd: Vec<Client> = (0..1000).map(|_| program.client(0)).collect();
        for client in &mut crowd {
            client.say("whoami");
        }
        for client in &mut crowd {
            assert_eq!(client.hear().unwrap(), "[ERROR] - First login!");
        }
    }
}

#[test]
fn a_line_that_never_ends_holds_up_nobody() {
    for runtime in RUNTIMES {
        let program = Program::start(runtime, &[]);
        let mut ann = program.user(0, "ann");
        let mut endless = connect(program.endpoints[0].1);
        let stream = endless.try_clone().unwrap();
        let writer =
            std::thread::spawn(move || while endless.write_all(&[b'x'; 65_536]).is_ok() {});
        for _ in 0..20 {
            assert_eq!(ann.ask("/whoami"), "ann");
        }
        stream.shutdown(std::net::Shutdown::Both).unwrap();
        writer.join().unwrap();
    }
}
