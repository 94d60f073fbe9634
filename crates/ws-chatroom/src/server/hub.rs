//! The room among its connections: events go in here, effects become frames.
//!
//! Everything lives on one thread. In each turn of the loop the connections'
//! tasks read whatever there is and hand it in; the frames that come of it
//! gather in one batch; when every task that had something to read has run, the
//! flush sends each client what has gathered for it. So the busier the room, the
//! fewer system calls for each message.

mod closing;
mod flush;
#[cfg(test)]
mod tests;

pub(super) use flush::flush_every_turn;

use std::cell::RefCell;
use std::ops::Range;
use std::rc::Rc;
use std::task::Waker;
use std::time::Duration;

use slab::Slab;
use tokio::net::tcp::OwnedWriteHalf;
use tokio::sync::Notify;
use tokio::time::Instant;
use tokio_tungstenite::tungstenite::protocol::frame::Frame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::{CloseCode, Data, OpCode};

use self::closing::close_frame;
use super::Settings;
use super::outbox::{BATCH, Batch, Outbox};
use crate::room::{Effect, Event, Room, Seat};

/// The hub as the tasks of one thread share it.
pub(super) type Shared = Rc<RefCell<Hub>>;

/// How far a connection has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    /// In the room.
    Open,
    /// Reads too slowly: receives nothing more, and is sent away as soon as all
    /// effects of the event at hand are sent.
    Slow,
    /// Out of the room; what waits for it and the closing frame are still sent, until then.
    Closing(Instant),
    /// To be dropped.
    Broken,
}

/// One connection as the hub holds it; its task reads and the hub writes.
#[derive(Debug)]
struct Peer {
    writer: OwnedWriteHalf,
    outbox: Outbox,
    phase: Phase,
    /// Wakes the connection's task.
    waker: Waker,
    /// When the last pong came, or the connection itself.
    heard: Instant,
    /// When the last ping went out, or the connection came.
    pinged: Instant,
}

/// The room, its connections and what this turn has gathered for them.
#[derive(Debug)]
pub(super) struct Hub {
    pub(super) settings: Settings,
    room: Room,
    opened: Instant,
    /// A client's place here is its [`Seat`], held until its task has ended.
    peers: Slab<Peer>,
    /// The frames of this turn, not yet sent.
    batch: Batch,
    /// Who receives any of them. Bounded by the number of connections.
    gathered: Vec<usize>,
    /// Those of [`Phase::Slow`]. Empty between events, bounded by the number of connections.
    doomed: Vec<Seat>,
    /// Wakes the task that flushes; `None` while it is to run anyway.
    flusher: Option<Waker>,
    /// What every connection reads into, one at a time.
    pub(super) scratch: Vec<u8>,
    /// When the clock's task will look at the room next.
    armed: Option<Duration>,
    /// Tells the clock's task that it is to look earlier.
    pub(super) rearm: Rc<Notify>,
    /// Tells that the last connection has gone.
    pub(super) emptied: Rc<Notify>,
}

impl Hub {
    /// An empty room, opened now.
    pub(super) fn new(settings: Settings) -> Self {
        Self {
            room: Room::new(settings.stage),
            settings,
            opened: Instant::now(),
            peers: Slab::new(),
            batch: Batch::default(),
            gathered: Vec::new(),
            doomed: Vec::new(),
            flusher: None,
            scratch: vec![0; super::READ],
            armed: None,
            rearm: Rc::default(),
            emptied: Rc::default(),
        }
    }

    /// Lets a connection in.
    pub(super) fn connect(&mut self, writer: OwnedWriteHalf, waker: Waker) -> Seat {
        let now = Instant::now();
        let seat = self.peers.insert(Peer {
            writer,
            outbox: Outbox::default(),
            phase: Phase::Open,
            waker,
            heard: now,
            pinged: now,
        });
        self.handle(Event::Connected(Seat(seat)));
        Seat(seat)
    }

    /// A text from a connection that is in the room.
    pub(super) fn text(&mut self, seat: Seat, text: &str) {
        self.handle(Event::Text(seat, text));
    }

    /// A connection's task ends: its seat is free.
    pub(super) fn remove(&mut self, Seat(seat): Seat) {
        self.peers.remove(seat);
        // The room may have forgotten it already; then this changes nothing.
        self.handle(Event::Disconnected(Seat(seat)));
        if self.peers.is_empty() {
            self.emptied.notify_one();
        }
    }

    pub(super) fn phase(&self, Seat(seat): Seat) -> Phase {
        self.peers[seat].phase
    }

    /// How many connections there are, those that are closing among them.
    pub(super) fn connections(&self) -> usize {
        self.peers.len()
    }

    /// Time has passed for the room.
    pub(super) fn tick(&mut self) {
        self.handle(Event::Tick);
    }

    /// How long until the room's next deadline; the clock's task waits that long.
    pub(super) fn arm(&mut self) -> Option<Instant> {
        self.armed = self.room.next_deadline();
        self.armed.map(|deadline| self.opened + deadline)
    }

    /// What the protocol itself answers to a connection: pongs.
    pub(super) fn answer(&mut self, seat: Seat, frames: &[u8]) {
        self.make_room(frames.len());
        self.dismiss();
        if self.phase(seat) == Phase::Open {
            self.push_frames(seat, frames);
        }
    }

    /// Hands an event in and does what comes of it, to the end.
    fn handle(&mut self, event: Event<'_>) {
        self.apply(event);
        self.dismiss();
    }

    /// Sends away who has turned out to be slow. Never among the effects of an event:
    /// the room hears of it as an event of its own, behind all that came of the one before.
    fn dismiss(&mut self) {
        // Each that goes is announced, for which others may turn out to be slow.
        while let Some(seat) = self.doomed.pop() {
            if self.phase(seat) == Phase::Slow {
                tracing::info!(seat = seat.0, "a client reads too slowly: disconnected");
                self.part(seat, &close_frame(CloseCode::Again, "you read too slowly"));
                self.apply(Event::Disconnected(seat));
            }
        }
    }

    fn apply(&mut self, event: Event<'_>) {
        for effect in self.room.handle(event, self.opened.elapsed()) {
            match effect {
                Effect::Send { to, text } => self.send(&to, text),
                Effect::Close(seats) => self.close_all(&seats),
            }
        }
        let deadline = self.room.next_deadline();
        if deadline.is_some_and(|new| self.armed.is_none_or(|armed| new < armed)) {
            self.rearm.notify_one();
        }
    }

    /// Frames a text once, for all of these.
    fn send(&mut self, to: &[Seat], text: String) {
        let frame = Frame::message(text, OpCode::Data(Data::Text), true);
        self.make_room(frame.len());
        let range = self.batch.push(frame);
        for &Seat(seat) in to {
            if self.peers[seat].phase == Phase::Open {
                self.give(seat, &range);
            }
        }
        self.gather();
    }

    /// Bounds the batch: sends it when `more` bytes would be too many. Some may turn
    /// out to be slow by that; they are dismissed later.
    fn make_room(&mut self, more: usize) {
        if self.batch.len() + more > BATCH {
            self.send_batch();
        }
    }

    fn push_frames(&mut self, Seat(seat): Seat, frames: &[u8]) {
        let range = self.batch.push_frames(frames);
        self.give(seat, &range);
        self.gather();
    }

    fn give(&mut self, seat: usize, range: &Range<usize>) {
        if self.peers[seat].outbox.add(range) {
            self.gathered.push(seat);
        }
    }

    /// Sees to it that the flush runs once this turn's reading is done.
    fn gather(&mut self) {
        if let Some(flusher) = self.flusher.take() {
            flusher.wake();
        }
    }
}
