//! Readers that do not read, writers that close at once, and more guests than places.

use std::io::{BufReader, Read, Write};
use std::net::TcpStream;
use std::time::Instant;

use socket2::{Domain, Socket, Type};

use super::program::{PATIENCE, Program};
use super::server::{Server, line};

/// Logs a bare connection in; what it says is posted as `NAME`.
fn enter(server: &Server) -> (BufReader<TcpStream>, String) {
    let mut writer = server.writer();
    writer.get_mut().write_all(b"\nwriter\n").unwrap();
    let [_, _, account] = [(); 3].map(|()| line(&mut writer));
    assert!(line(&mut writer).starts_with("Welcome"));
    let name = account.split('"').nth(3).unwrap().to_owned();
    (writer, name)
}

#[test]
fn a_reader_that_does_not_read_is_dropped_and_nobody_else_misses_a_message() {
    let directory = tempfile::tempdir().unwrap();
    let server = Server::start(directory.path(), &[]);
    let mut good = server.reader();
    let stuck = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
    stuck.set_recv_buffer_size(4096).unwrap();
    stuck.connect(&server.read.into()).unwrap();
    let (mut writer, name) = enter(&server);
    let text = "x".repeat(4000);
    // Four megabytes: more than the kernel and the server keep for one who stopped.
    for n in 0..1000 {
        writer
            .get_mut()
            .write_all(format!("{n} {text}\n\n").as_bytes())
            .unwrap();
        assert!(line(&mut writer).starts_with("Message send"));
        assert_eq!(line(&mut good), format!("{name}: {n} {text}"));
    }
    let mut stuck = TcpStream::from(stuck);
    stuck.set_read_timeout(Some(PATIENCE)).unwrap();
    let mut got = Vec::new();
    // The server's close may come as a reset.
    let _ = stuck.read_to_end(&mut got);
    assert!(
        got.len() < 1_000_000,
        "{} bytes were kept for it",
        got.len()
    );
}

#[test]
fn what_was_sent_before_a_hasty_close_is_posted() {
    let directory = tempfile::tempdir().unwrap();
    let server = Server::start(directory.path(), &[]);
    let mut reader = server.reader();
    for n in 0..20 {
        let stream = TcpStream::connect(server.write).unwrap();
        (&stream)
            .write_all(format!("\nhasty\nm{n}\n\npart of a mess").as_bytes())
            .unwrap();
        // The greeting lies there unread: this close sends a reset.
        drop(stream);
        let said = line(&mut reader);
        assert!(said.ends_with(&format!(" hasty: m{n}")), "{said}");
    }
}

#[test]
fn guests_beyond_the_places_are_turned_away_and_a_place_comes_free() {
    let directory = tempfile::tempdir().unwrap();
    let server = Server::start(directory.path(), &["--max-connections=2"]);
    let first = server.writer();
    let mut second = server.writer();
    line(&mut second);
    let mut third = server.writer();
    assert_eq!(third.read(&mut [0; 9]).unwrap_or(0), 0);
    drop(first);
    let deadline = Instant::now() + PATIENCE;
    loop {
        assert!(Instant::now() < deadline, "no place came free");
        let mut again = server.writer();
        if again.read(&mut [0; 9]).is_ok_and(|count| count > 0) {
            break;
        }
    }
}

#[test]
fn a_line_over_64_kib_closes_and_bots_talk() {
    let directory = tempfile::tempdir().unwrap();
    let server = Server::start(directory.path(), &["--bots"]);
    let mut reader = server.reader();
    let mut writer = server.writer();
    line(&mut writer);
    // The server may close before all of it is written.
    let _ = writer.get_mut().write_all(&vec![b'x'; 100_000]);
    assert_eq!(writer.read(&mut [0; 9]).unwrap_or(0), 0);
    let names = [line(&mut reader), line(&mut reader)]
        .map(|said| said.split_once(": ").unwrap().0.to_owned());
    assert!(
        names.contains(&"Eva".to_owned()) && names.contains(&"Vlad".to_owned()),
        "{names:?}"
    );
}

#[test]
fn a_rate_spreads_the_messages_of_one_account() {
    let directory = tempfile::tempdir().unwrap();
    let server = Server::start(directory.path(), &["--rate=10"]);
    let (mut writer, _) = enter(&server);
    let began = Instant::now();
    writer
        .get_mut()
        .write_all("m\n\n".repeat(15).as_bytes())
        .unwrap();
    for _ in 0..15 {
        line(&mut writer);
    }
    // Ten at once, five more a tenth of a second apart.
    assert!(began.elapsed().as_millis() >= 450, "{:?}", began.elapsed());
}

#[test]
fn a_message_held_back_is_delivered_once_however_many_clients_send_for_one_account() {
    let directory = tempfile::tempdir().unwrap();
    let here = directory.path();
    // Eleven seconds for the last: more than a client waits for an answer.
    let server = Server::start(here, &["--rate=1"]);
    assert!(server.run(here, &["register", "Fast"]).status.success());
    let mut reader = server.reader();
    let clients: Vec<Program> = (0..12)
        .map(|n| {
            let text = format!("m{n}");
            Program::start(server.client(here, &["send", "--timeout=60", &text]))
        })
        .collect();
    let mut said: Vec<String> = (0..12).map(|_| line(&mut reader)).collect();
    for mut client in clients {
        assert_eq!(client.code(), 0);
    }
    said.sort_unstable();
    said.dedup();
    assert_eq!(said.len(), 12, "{said:?}");
}
