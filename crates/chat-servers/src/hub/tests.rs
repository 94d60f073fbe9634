//! Drivers of a hub as tests have them: sockets are pairs, and a turn comes when the test says so.

use std::io::{self, IoSlice, Read as _, Write as _};
use std::net::SocketAddr;
use std::os::unix::net::UnixStream;

use super::gathering::FULL;
use super::*;

/// What one answer may add to a batch that is not full yet.
const ANSWER: usize = 5000;

fn hub() -> Arc<Hub> {
    let mut settings = Settings::default();
    settings.flood.rate = 0;
    settings.outbox = usize::MAX;
    Hub::new(settings, TimeZone::UTC)
}

fn write(mut socket: &UnixStream, slices: &[IoSlice<'_>]) -> io::Result<usize> {
    socket.write_vectored(slices)
}

/// A connection to this shard: its slot, and the client's end.
fn open(shard: &mut Shard<UnixStream>, transport: Transport) -> (usize, UnixStream) {
    let (ours, theirs) = UnixStream::pair().unwrap();
    ours.set_nonblocking(true).unwrap();
    theirs.set_nonblocking(true).unwrap();
    let from = SocketAddr::from(([127, 0, 0, 1], 1));
    (shard.open(transport, ours, from), theirs)
}

/// What the client has received until now.
fn heard(client: &mut UnixStream) -> String {
    let mut bytes = Vec::new();
    // It ends with "would block" while the connection is open.
    let _ = client.read_to_end(&mut bytes);
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Bytes that wait for this driver's turn.
fn waiting(hub: &Hub, shard: usize) -> usize {
    hub.lock().shards[shard].waiting()
}

#[test]
fn everyone_is_told_once_that_the_server_ends_however_many_drivers_end_before() {
    let hub = hub();
    let mut shard = Shard::new(hub.clone(), "Test");
    let (_, mut client) = open(&mut shard, Transport::Tcp);
    // The signal, and a driver that had nobody to say goodbye to.
    hub.stop();
    hub.stop();
    shard.flush(write);
    let heard = heard(&mut client);
    assert_eq!(heard.matches("shutting down").count(), 1, "{heard:?}");
}

#[test]
fn a_driver_that_takes_its_time_stops_everybodys_requests() {
    let hub = hub();
    let mut busy = Shard::new(hub.clone(), "Busy");
    let mut quick = Shard::new(hub.clone(), "Quick");
    let (listener, mut theirs) = open(&mut busy, Transport::Tcp);
    busy.received(listener, b"login listener\n");
    let text = "x".repeat(4000);
    let talkers: Vec<_> = (0..3).map(|_| open(&mut quick, Transport::Tcp)).collect();
    let lines: String = (0..100).map(|n| format!("msgall {n} {text}\n")).collect();
    for (n, (slot, _)) in talkers.iter().enumerate() {
        quick.received(*slot, format!("login talker{n}\n{lines}").as_bytes());
    }
    for _ in 0..50 {
        quick.flush(write);
        for (_, client) in &talkers {
            heard(&mut client.try_clone().unwrap());
        }
        assert!(waiting(&hub, 0) < FULL + ANSWER, "{}", waiting(&hub, 0));
    }
    // All of it comes once the busy one has its turns.
    let mut all = String::new();
    for _ in 0..100 {
        busy.flush(write);
        while let Some(slot) = busy.attention().first() {
            busy.resume(*slot, write);
        }
        all += &heard(&mut theirs);
        quick.flush(write);
        for (_, client) in &talkers {
            heard(&mut client.try_clone().unwrap());
        }
    }
    assert_eq!(all.matches("xx\u{1b}").count(), 300);
}

#[test]
fn pings_fill_no_more_than_a_turn_either() {
    let hub = hub();
    let mut shard = Shard::new(hub.clone(), "Test");
    let (slot, mut client) = open(&mut shard, Transport::Web);
    shard.received(
        slot,
        b"GET /ws HTTP/1.1\r\nHost: x\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\
          Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
    );
    let mut pings = Vec::new();
    while pings.len() < 16_000 {
        pings.extend_from_slice(b"\x89\xfd\0\0\0\0");
        pings.extend_from_slice(&[b'p'; 125]);
    }
    for _ in 0..100 {
        if shard.wants_input(slot) {
            shard.received(slot, &pings);
        }
    }
    assert!(waiting(&hub, 0) < FULL + 16_000, "{}", waiting(&hub, 0));
    shard.flush(write);
    assert!(heard(&mut client).contains("ppp"));
    assert!(shard.wants_input(slot));
}
