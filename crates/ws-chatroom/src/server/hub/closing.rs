//! How connections end: with a code, within a grace, by silence, or all at once.

use std::time::Duration;

use bytes::Bytes;
use tokio::time::Instant;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::protocol::frame::{Frame, Utf8Bytes};

use super::{Hub, Peer, Phase};
use crate::room::{Event, Seat};

/// How long a connection that is being closed may take to read what waits for it and to answer.
const GRACE: Duration = Duration::from_secs(10);

impl Hub {
    /// Sends a client away with a code and its reason. Who is on the way out stays on it.
    pub(in crate::server) fn close(&mut self, seat: Seat, code: CloseCode, reason: &'static str) {
        if self.phase(seat) == Phase::Open {
            let frame = close_frame(code, reason);
            self.leave(seat, &frame);
        }
    }

    /// The client has said goodbye itself; `answer` is the frame that it waits for.
    pub(in crate::server) fn left(&mut self, seat: Seat, answer: &[u8]) {
        if self.phase(seat) == Phase::Open {
            self.leave(seat, answer);
        }
    }

    /// The server stops: everybody is told.
    pub(in crate::server) fn stop(&mut self) {
        self.handle(Event::Stopped);
    }

    pub(super) fn close_all(&mut self, seats: &[Seat]) {
        let frame = close_frame(CloseCode::Away, "the server stops");
        for &seat in seats {
            self.part(seat, &frame);
        }
    }

    fn leave(&mut self, seat: Seat, last: &[u8]) {
        self.part(seat, last);
        self.handle(Event::Disconnected(seat));
    }

    /// Nothing is sent to this connection behind `last`.
    pub(super) fn part(&mut self, seat: Seat, last: &[u8]) {
        self.peers[seat.0].phase = Phase::Closing(Instant::now() + GRACE);
        self.make_room(last.len());
        self.push_frames(seat, last);
    }

    /// A pong came.
    pub(in crate::server) fn pong(&mut self, Seat(seat): Seat) {
        self.peers[seat].heard = Instant::now();
    }

    /// Looks at every connection: pings it when that is due, drops it when it has
    /// answered none for too long or when its grace has passed.
    pub(in crate::server) fn sweep(&mut self) {
        let now = Instant::now();
        let silence = self.settings.ping_timeout;
        let mut pinged = Vec::new();
        for (seat, peer) in &mut self.peers {
            match peer.phase {
                // Whoever answers no ping answers no closing frame either.
                Phase::Open if now - peer.heard >= silence => {
                    tracing::info!(seat, "a client answers no ping: dropped");
                    peer.give_up();
                }
                Phase::Open if now - peer.pinged >= silence / 3 => {
                    peer.pinged = now;
                    pinged.push(seat);
                }
                Phase::Closing(until) if now >= until => peer.give_up(),
                _ => {}
            }
        }
        if !pinged.is_empty() {
            let ping = self.batch.push(Frame::ping(Bytes::new()));
            for seat in pinged {
                self.give(seat, &ping);
            }
            self.gather();
        }
    }
}

impl Peer {
    /// Lets the connection's task drop it.
    pub(super) fn give_up(&mut self) {
        self.phase = Phase::Broken;
        self.waker.wake_by_ref();
    }
}

pub(super) fn close_frame(code: CloseCode, reason: &'static str) -> Vec<u8> {
    let reason = Utf8Bytes::from_static(reason);
    let mut bytes = Vec::new();
    Frame::close(Some(CloseFrame { code, reason }))
        .format(&mut bytes)
        .expect("a Vec takes every write");
    bytes
}
