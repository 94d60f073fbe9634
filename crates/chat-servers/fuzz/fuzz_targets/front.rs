//! Any bytes at the front door, and behind a handshake: an end is reached, and no panic.
#![no_main]

use chat_servers::wire::{Limits, Session};
use libfuzzer_sys::fuzz_target;

const HANDSHAKE: &[u8] = b"GET /ws HTTP/1.1\r\nHost: x\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\
    Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";

fn feed(session: &mut Session, mut bytes: &[u8]) {
    let limits = Limits::default();
    while session.next(&mut bytes, &limits).is_some() {}
    assert!(bytes.is_empty());
}

fuzz_target!(|bytes: &[u8]| {
    feed(&mut Session::web("Tokio"), bytes);
    let mut socket = Session::web("Tokio");
    feed(&mut socket, HANDSHAKE);
    assert!(socket.is_socket());
    feed(&mut socket, bytes);
});
