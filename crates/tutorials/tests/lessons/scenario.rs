//! What every server lesson has to stand, whatever it is made of.

use std::io::{BufRead as _, BufReader, ErrorKind, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use socket2::SockRef;

use crate::process::{PATIENCE, Server};

/// Only one crowd at a time: each side of a connection costs a descriptor.
static CROWD: Mutex<()> = Mutex::new(());

/// A person at `nc`.
pub(crate) struct Client {
    stream: BufReader<TcpStream>,
}

impl Client {
    pub(crate) fn connect(server: SocketAddr) -> Self {
        let stream = TcpStream::connect(server).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.set_nodelay(true).unwrap();
        Self {
            stream: BufReader::new(stream),
        }
    }

    pub(crate) fn send(&self, bytes: impl AsRef<[u8]>) {
        self.stream.get_ref().write_all(bytes.as_ref()).unwrap();
    }

    /// The next line, without its end; empty when the server has hung up.
    pub(crate) fn line(&mut self) -> String {
        let mut line = String::new();
        self.stream.read_line(&mut line).unwrap();
        line.trim_end_matches('\n').to_owned()
    }

    pub(crate) fn ask(&mut self, question: &str) -> String {
        self.send(format!("{question}\n"));
        self.line()
    }

    /// Whether nothing comes for a while.
    pub(crate) fn hears_nothing(&mut self) -> bool {
        let stream = self.stream.get_ref();
        stream
            .set_read_timeout(Some(Duration::from_millis(200)))
            .unwrap();
        let mut byte = [0];
        let silent =
            matches!(stream.peek(&mut byte), Err(error) if error.kind() == ErrorKind::WouldBlock);
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        silent
    }

    /// Pulls the plug: the server gets an error, not an end.
    pub(crate) fn vanish(self) {
        SockRef::from(self.stream.get_ref())
            .set_linger(Some(Duration::ZERO))
            .unwrap();
    }
}

/// Lines, cut up in every way, and lines that are none.
pub(crate) fn lines(server: SocketAddr, doubles: bool) {
    let expect = |answer: &str| {
        if doubles {
            answer.to_owned()
        } else {
            "Hello world".to_owned()
        }
    };
    let mut client = Client::connect(server);
    // The second line is cut in two: its first half arrives with the line before.
    client.send("3\n2");
    assert_eq!(client.line(), expect("6"));
    client.send("1\n");
    assert_eq!(client.line(), expect("42"));
    client.send("1\n2\r\n-3\n");
    for answer in ["2", "4", "-6"] {
        assert_eq!(client.line(), expect(answer));
    }
    client.send(b"\xff\xfe\n");
    assert_eq!(
        client.line(),
        expect("error: not a whole number: \"\u{fffd}\u{fffd}\"")
    );
    assert_eq!(
        client.ask("abc"),
        expect("error: not a whole number: \"abc\"")
    );
    let large = "4611686018427387904";
    assert_eq!(
        client.ask(large),
        expect(&format!("error: number too large: \"{large}\""))
    );
    client.send([b'1'; 5000]);
    client.send("\n");
    assert_eq!(client.line(), "error: line too long (limit 1024 bytes)");
    assert_eq!(client.ask("5"), expect("10"));
}

/// A client that is gone in the middle of a line, with its answers unread.
pub(crate) fn vanishing(server: SocketAddr) {
    for _ in 0..3 {
        let client = Client::connect(server);
        client.send("1\n2\n3");
        client.vanish();
    }
    let answer = Client::connect(server).ask("4");
    assert!(answer == "8" || answer == "Hello world", "{answer}");
}

/// A client that asks and asks and does not read keeps nobody else waiting, and in the end
/// gets every answer.
pub(crate) fn late_reader(server: SocketAddr, others: bool) {
    let mut late = Client::connect(server);
    let stream = late.stream.get_ref().try_clone().unwrap();
    SockRef::from(&stream)
        .set_send_buffer_size(16 * 1024)
        .unwrap();
    stream.set_nonblocking(true).unwrap();
    // Two bytes ask for an answer of twelve, or of thirty.
    let asked = b"x\n".repeat(1024);
    let mut written = 0;
    // Until the server stops reading, because it cannot write. That is its back-pressure.
    let mut full = 0;
    while full < 20 {
        match (&stream).write(&asked[written % 2..]) {
            Ok(count) => (written, full) = (written + count, 0),
            Err(error) if error.kind() == ErrorKind::WouldBlock => {
                full += 1;
                // Nothing tells when a peer stops reading: it is a silence.
                std::thread::sleep(Duration::from_millis(5));
            }
            Err(error) => panic!("{error}"),
        }
        assert!(
            written < 200 << 20,
            "the server reads for ever and keeps all the answers"
        );
    }
    if others {
        let answer = Client::connect(server).ask("4");
        assert!(answer == "8" || answer == "Hello world", "{answer}");
    }
    stream.set_nonblocking(false).unwrap();
    for _ in 0..written / 2 {
        let answer = late.line();
        assert!(
            answer.ends_with("\"x\"") || answer == "Hello world",
            "{answer}"
        );
    }
}

/// A client that sends as fast as it can, and reads as fast, does not keep others from being served.
pub(crate) fn flood(server: SocketAddr) {
    let flooding = Client::connect(server);
    let stream = flooding.stream.get_ref();
    let (writer, mut reader) = (stream.try_clone().unwrap(), stream.try_clone().unwrap());
    let writing =
        std::thread::spawn(move || while (&writer).write_all(&b"1\n".repeat(2048)).is_ok() {});
    let reading = std::thread::spawn(move || {
        let mut piece = [0; 64 * 1024];
        while reader.read(&mut piece).is_ok_and(|count| count > 0) {}
    });
    let mut other = Client::connect(server);
    for _ in 0..20 {
        let answer = other.ask("4");
        assert!(answer == "8" || answer == "Hello world", "{answer}");
    }
    stream.shutdown(std::net::Shutdown::Both).unwrap();
    writing.join().unwrap();
    reading.join().unwrap();
}

/// So many clients, all connected at the same time.
pub(crate) fn crowd(server: SocketAddr, count: i64, doubles: bool) {
    let _alone = CROWD.lock().unwrap_or_else(PoisonError::into_inner);
    common::limits::raise_descriptors();
    let mut clients: Vec<_> = (0..count).map(|_| Client::connect(server)).collect();
    for round in 0..2 {
        for (number, client) in (0..).zip(&clients) {
            client.send(format!("{}\n", number + round));
        }
        for (number, client) in (0..).zip(&mut clients) {
            let expected = if doubles {
                (2 * (number + round)).to_string()
            } else {
                "Hello world".to_owned()
            };
            assert_eq!(client.line(), expected);
        }
    }
}

/// More clients than `select(2)` can watch: the last are told so, the first are served on.
pub(crate) fn too_many_for_select(server: SocketAddr) {
    let _alone = CROWD.lock().unwrap_or_else(PoisonError::into_inner);
    common::limits::raise_descriptors();
    let mut clients: Vec<_> = (0..1100).map(|_| Client::connect(server)).collect();
    let last = clients.last_mut().unwrap();
    let line = last.line();
    assert!(
        line.starts_with("error: server full: select(2) watches descriptors up to 1023"),
        "{line}"
    );
    assert_eq!(last.line(), "", "and it hangs up");
    // To refuse one holds up nobody: five hundred pauses of 10 ms would be five seconds.
    let started = Instant::now();
    for _ in 0..500 {
        assert!(Client::connect(server).line().contains("server full"));
    }
    let took = started.elapsed();
    assert!(took < Duration::from_secs(4), "{took:?}");
    for client in &mut clients[..1000] {
        assert_eq!(client.ask("x"), "Hello world");
    }
}

/// More clients than the server has descriptors for: those it has are served as ever, and the others
/// when there is room.
pub(crate) fn no_descriptors_left(server: &Server) {
    server.limit_descriptors(40);
    let mut clients: Vec<_> = (0..60).map(|_| Client::connect(server.address)).collect();
    let started = Instant::now();
    while server.descriptors() < 40 {
        assert!(started.elapsed() < PATIENCE, "it does not accept them");
        std::thread::yield_now();
    }
    let started = Instant::now();
    for _ in 0..30 {
        let answer = clients[0].ask("4");
        assert!(answer == "8" || answer == "Hello world", "{answer}");
    }
    let took = started.elapsed();
    assert!(took < Duration::from_secs(3), "{took:?} for 30 answers");
    let mut last = clients.pop().unwrap();
    drop(clients);
    let answer = last.ask("4");
    assert!(answer == "8" || answer == "Hello world", "{answer}");
}

/// Ctrl-C while somebody is connected: the server says goodbye by hanging up.
pub(crate) fn interrupted(server: Server) -> String {
    let mut client = Client::connect(server.address);
    client.ask("1");
    let said = server.interrupt();
    let mut rest = Vec::new();
    client.stream.read_to_end(&mut rest).unwrap();
    assert!(rest.is_empty());
    said
}
