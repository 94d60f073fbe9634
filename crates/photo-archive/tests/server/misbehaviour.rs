//! Clients that leave, stall or attack, and files that change while they are sent.

use std::fs::{self, File};
use std::io::Read;
use std::net::Shutdown;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::Signal;
use socket2::{Domain, Socket, Type};

use crate::client::{PATIENCE, Pending, Server};
use crate::{BROWSER, MISSING, albums, files, unpacked};

/// An album `big` of one photo that is longer than all buffers on the way together; it takes no room on disk.
fn big(directory: &Path, length: u64) {
    fs::create_dir(directory.join("big")).unwrap();
    let file = File::create(directory.join("big/holiday.jpg")).unwrap();
    file.set_len(length).unwrap();
}

#[test]
fn of_a_hundred_clients_half_leave_and_nothing_is_left_of_them() {
    let directory = albums();
    big(directory.path(), 64 << 20);
    let server = Server::start(directory.path(), &[]);
    let expected = files(&directory.path().join("7kna"));
    let before = server.descriptors();
    thread::scope(|scope| {
        for client in 0..100 {
            let (server, expected) = (&server, &expected);
            scope.spawn(move || {
                if client % 2 == 0 {
                    let archive = server.get("/archive/7kna/");
                    assert_eq!(&unpacked(&archive.body), expected);
                } else {
                    let mut pending = server.open("GET", "/archive/big/", &[]);
                    pending.read(10_000 * client);
                }
            });
        }
    });
    server.wait_for_descriptors(before);
    assert_eq!(server.children(), "", "no process was started");
}

/// A client with little room for what it does not take.
fn open_narrow(server: &Server, path: &str) -> Pending {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
    socket.set_recv_buffer_size(32 * 1024).unwrap();
    socket.connect(&server.address.into()).unwrap();
    server.open_over(socket.into(), "GET", path, &[])
}

/// One is sent by `sendfile`, one by hyper.
const LONG: [&str; 2] = ["/archive/big/", "/photo/big/holiday.jpg"];

#[test]
fn a_client_that_takes_nothing_is_dropped() {
    let directory = tempfile::tempdir().unwrap();
    big(directory.path(), 256 << 20);
    let server = Server::start(directory.path(), &["--stall-timeout", "1"]);
    let before = server.descriptors();
    let started = Instant::now();
    let clients = LONG.map(|path| server.open("GET", path, &[]));
    clients.iter().for_each(Pending::wait_for_reset);
    let took = started.elapsed();
    server.wait_for_descriptors(before);
    assert!(took > Duration::from_secs(1), "{took:?}");
    // By its own rules the kernel would take minutes.
    assert!(took < Duration::from_secs(20), "{took:?}");
    for client in clients {
        let rest = client.read_to_end();
        assert!(rest.body.len() < rest.length());
    }
    let (_, log) = server.end(Signal::TERM);
    assert_eq!(log.matches("took no byte").count(), LONG.len(), "{log}");
}

#[test]
fn a_client_is_dropped_that_takes_nothing_of_what_the_socket_holds_at_the_end() {
    let directory = tempfile::tempdir().unwrap();
    big(directory.path(), 1 << 20);
    let server = Server::start(directory.path(), &["--stall-timeout", "3"]);
    // With Linux's usual limits the server's socket takes all of it.
    let client = open_narrow(&server, "/archive/big/");
    client.wait_for_reset();
    let rest = client.read_to_end();
    assert!(rest.body.len() < rest.length());
    let (_, log) = server.end(Signal::TERM);
    assert!(log.contains("took no byte"), "{log}");
}

/// Its window is nearly closed all the time: for the kernel, what gets through is not worth counting.
#[test]
fn a_client_that_takes_a_trickle_is_not_dropped() {
    const TIMEOUT: Duration = Duration::from_secs(2);
    let directory = tempfile::tempdir().unwrap();
    big(directory.path(), 256 << 20);
    let server = Server::start(directory.path(), &["--stall-timeout", "2"]);
    let trickle = &|path| {
        let mut client = open_narrow(&server, path);
        let started = Instant::now();
        while started.elapsed() < 4 * TIMEOUT {
            client.read(4096);
            // Not to wait for something, but to be slow.
            thread::sleep(Duration::from_millis(40));
        }
    };
    thread::scope(|scope| {
        for path in LONG {
            scope.spawn(move || trickle(path));
        }
    });
}

#[test]
fn a_client_that_has_all_and_leaves_at_once_is_not_called_cut_off() {
    const TIMES: usize = 300;
    let directory = tempfile::tempdir().unwrap();
    big(directory.path(), 1 << 20);
    let server = Server::start(directory.path(), &[]);
    for _ in 0..TIMES {
        // It ends in the middle of a photo: nothing is left to be sent that would tell.
        let range = [("Range", "bytes=100-199100")];
        server.open("GET", "/archive/big/", &range).read(199_001);
    }
    let (_, log) = server.end(Signal::TERM);
    assert_eq!(log.matches(" 199001 bytes sent").count(), TIMES, "{log}");
}

#[test]
fn a_client_that_leaves_during_a_checksum_stops_it() {
    let directory = tempfile::tempdir().unwrap();
    // A checksum of a tebibyte takes far longer than anybody's patience.
    big(directory.path(), 1 << 40);
    let server = Server::start(directory.path(), &[]);
    let before = server.descriptors();
    let pending = server.open("GET", "/archive/big/", &[]);
    drop(pending);
    server.wait_for_descriptors(before);
}

#[test]
fn the_program_ends_in_the_middle_of_a_download() {
    let directory = tempfile::tempdir().unwrap();
    big(directory.path(), 256 << 20);
    let server = Server::start(directory.path(), &[]);
    let mut pending = server.open("GET", "/archive/big/", &[]);
    pending.read(1000);
    let (status, log) = server.end(Signal::INT);
    assert_eq!(status.code(), Some(0));
    assert!(log.contains("ended after"), "{log}");
}

#[test]
fn the_program_ends_while_a_slow_client_still_gets_the_last_bytes() {
    let directory = tempfile::tempdir().unwrap();
    big(directory.path(), 1 << 20);
    let server = Server::start(directory.path(), &[]);
    // With Linux's usual limits the server's socket takes all of it.
    let client = open_narrow(&server, "/archive/big/");
    let (status, log) = server.end(Signal::INT);
    assert_eq!(status.code(), Some(0));
    assert!(log.contains("bytes sent in"), "{log}");
    assert!(!log.contains("cut off"), "{log}");
    assert!(!log.contains("ended after"), "{log}");
    let archive = client.read_to_end();
    assert_eq!(archive.body.len(), archive.length(), "the kernel delivers");
}

#[test]
fn a_photo_that_changed_after_it_was_sent_breaks_the_download() {
    let directory = tempfile::tempdir().unwrap();
    fs::create_dir(directory.path().join("big")).unwrap();
    fs::write(directory.path().join("big/a small one.jpg"), [7; 1000]).unwrap();
    let file = File::create(directory.path().join("big/holiday.jpg")).unwrap();
    file.set_len(256 << 20).unwrap();
    let server = Server::start(directory.path(), &[]);
    let mut pending = server.open("GET", "/archive/big/", &[]);
    pending.read(1 << 20);
    fs::write(directory.path().join("big/a small one.jpg"), [8; 1000]).unwrap();
    let rest = pending.read_to_end();
    assert!(rest.body.len() + (1 << 20) < rest.length());
    let (_, log) = server.end(Signal::TERM);
    assert!(log.contains("a small one.jpg"), "{log}");
}

#[test]
fn a_photo_truncated_while_it_is_sent_breaks_the_download() {
    let directory = tempfile::tempdir().unwrap();
    big(directory.path(), 256 << 20);
    let server = Server::start(directory.path(), &[]);
    let mut pending = server.open("GET", "/archive/big/", &[]);
    pending.read(1 << 20);
    let photo = File::options()
        .write(true)
        .open(directory.path().join("big/holiday.jpg"));
    photo.unwrap().set_len(1 << 20).unwrap();
    let rest = pending.read_to_end();
    assert!(
        rest.body.len() + (1 << 20) < rest.length(),
        "the client can tell"
    );
    let (_, log) = server.end(Signal::TERM);
    assert!(
        log.contains("holiday.jpg") && log.contains("changed"),
        "{log}"
    );
}

#[test]
fn a_photo_rewritten_while_it_is_sent_breaks_the_download() {
    for path in ["/archive/big/", "/photo/big/holiday.jpg"] {
        let directory = tempfile::tempdir().unwrap();
        big(directory.path(), 256 << 20);
        let server = Server::start(directory.path(), &[]);
        let mut pending = server.open("GET", path, &[]);
        pending.read(1 << 20);
        let photo = File::options()
            .write(true)
            .open(directory.path().join("big/holiday.jpg"));
        std::os::unix::fs::FileExt::write_all_at(&photo.unwrap(), b"new", 250 << 20).unwrap();
        let rest = pending.read_to_end();
        assert!(
            rest.body.len() + (1 << 20) < rest.length(),
            "the client can tell: {path}"
        );
        let (_, log) = server.end(Signal::TERM);
        assert!(log.contains("cut off"), "{path}: {log}");
    }
}

#[test]
fn one_download_too_many_is_asked_to_come_again() {
    let directory = tempfile::tempdir().unwrap();
    big(directory.path(), 256 << 20);
    let server = Server::start(directory.path(), &["--max-downloads", "1"]);
    let first = server.open("GET", "/archive/big/", &[]);
    let second = server.ask("GET", "/archive/big/", &[BROWSER]);
    assert_eq!(second.status, 503);
    assert!(second.text().contains("<h1>All places"));
    assert!(second.headers["retry-after"].parse::<u32>().is_ok());
    assert_eq!(server.ask("HEAD", "/archive/big/", &[]).status, 200);
    assert_eq!(server.get("/album/big/").status, 200);
    drop(first);
    let deadline = Instant::now() + PATIENCE;
    while server.open("GET", "/archive/big/", &[]).status == 503 {
        assert!(Instant::now() < deadline, "the place was not given back");
        thread::sleep(Duration::from_millis(10));
    }
}

#[test]
fn no_link_leads_out_of_the_directory_of_albums() {
    let directory = albums();
    let outside = tempfile::tempdir().unwrap();
    fs::write(outside.path().join("secret.jpg"), b"secret").unwrap();
    symlink(outside.path(), directory.path().join("linked")).unwrap();
    symlink(
        outside.path().join("secret.jpg"),
        directory.path().join("7kna/l.jpg"),
    )
    .unwrap();
    let server = Server::start(directory.path(), &["--index"]);
    let outside = outside.path().file_name().unwrap().to_str().unwrap();
    for path in [
        "/archive/linked/".to_owned(),
        format!("/archive/..%2f{outside}/"),
        format!("/archive/../{outside}/"),
        "/archive/%2e%2e/".to_owned(),
        "/archive/%2e/".to_owned(),
        "/archive/7kna%00/".to_owned(),
        "/archive//".to_owned(),
        format!("/archive/{}/", "x".repeat(129)),
        "/archive/absent/".to_owned(),
        format!("/photo/7kna/..%2f..%2f{outside}%2fsecret.jpg"),
        "/photo/linked/secret.jpg".to_owned(),
        "/photo/7kna/l.jpg".to_owned(),
        "/thumbnail/7kna/l.jpg".to_owned(),
        "/photo/7kna/%2e%2e".to_owned(),
        // Links that are no text at all, and ones that only lack their slash.
        "/album/%ff/".to_owned(),
        "/album/%ff".to_owned(),
        "/archive/%ff/".to_owned(),
        "/photo/7kna/%ff.jpg".to_owned(),
        "/thumbnail/%ff/1.jpg".to_owned(),
        "/album/a%0ab".to_owned(),
        "/album/%2fexample.org".to_owned(),
    ] {
        let answer = server.get(&path);
        assert_eq!((answer.status, answer.text()), (404, MISSING), "{path}");
    }
    assert!(!server.get("/").text().contains("linked"));
    assert!(!server.get("/album/7kna/").text().contains("l.jpg\""));
    assert!(!unpacked(&server.get("/archive/7kna/").body).contains_key("l.jpg"));
}

#[test]
fn no_name_reaches_a_shell() {
    let directory = tempfile::tempdir().unwrap();
    let album = directory.path().join("a");
    fs::create_dir(&album).unwrap();
    let hostile = [
        "$(touch pwned).jpg",
        "; touch pwned;.jpg",
        "`touch pwned`.jpg",
        "-T --unzip-command=touch pwned.jpg",
        "| touch pwned",
        "line\nbreak.jpg",
        "back\\slash.jpg",
    ];
    for name in hostile {
        fs::write(album.join(name), name).unwrap();
    }
    let server = Server::start(directory.path(), &[]);
    let contents = unpacked(&server.get("/archive/a/").body);
    assert_eq!(contents.len(), hostile.len());
    for name in hostile {
        let safe = name.replace(['\n', '\\'], "_");
        assert_eq!(contents[&safe], name.as_bytes());
    }
    for hash in ["a;touch%20pwned", "$(touch%20pwned)", "a%0atouch%20pwned"] {
        assert_eq!(server.get(&format!("/archive/{hash}/")).status, 404);
    }
    assert!(
        !Path::new(env!("CARGO_TARGET_TMPDIR"))
            .join("pwned")
            .exists()
    );
    assert!(!album.join("pwned").exists());
}

#[test]
fn a_client_that_leaves_during_a_pause_leaves_nothing_behind() {
    let directory = tempfile::tempdir().unwrap();
    big(directory.path(), 64 << 20);
    let server = Server::start(directory.path(), &["--delay", "3600"]);
    let before = server.descriptors();
    let mut pending = server.open("GET", "/archive/big/", &[]);
    pending.read(1000);
    // The server is in the middle of its pause, with nothing to send.
    pending.stream.get_ref().shutdown(Shutdown::Both).unwrap();
    let mut rest = Vec::new();
    let _ = pending.stream.read_to_end(&mut rest);
    drop(pending);
    server.wait_for_descriptors(before);
}

#[test]
fn directories_that_no_link_can_name_are_told_at_the_start() {
    let directory = albums();
    fs::create_dir(directory.path().join("summer 2026")).unwrap();
    let server = Server::start(directory.path(), &[]);
    assert_eq!(server.get("/album/summer%202026/").status, 404);
    let (_, log) = server.end(Signal::TERM);
    assert!(
        log.contains("summer 2026") && !log.contains("7kna"),
        "{log}"
    );
}
