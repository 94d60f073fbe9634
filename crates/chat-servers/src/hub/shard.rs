//! One driver's share of the chat: its connections, without their runtime.
//!
//! The driver brings bytes ([`Shard::received`]), the end of a connection
//! ([`Shard::ended`]) and time ([`Shard::sweep`]); once in each turn of its loop
//! it calls [`Shard::flush`], which sends. `S` is whatever the driver's runtime
//! calls a socket. After each of these calls [`Shard::attention`] names the
//! connections that the driver has to look at again.
//!
//! This is what `asyncio.Protocol`, Twisted's `Protocol` and Tornado's
//! `TCPServer` are to the Python servers, only that it is one for all.

mod closing;
mod sending;

use std::collections::VecDeque;
use std::os::fd::AsFd;
use std::sync::Arc;
use std::task::Waker;

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use slab::Slab;
use tungstenite::protocol::frame::coding::CloseCode;

use super::gathering::{Form, Turn};
use super::outbox::Outbox;
use super::{Hub, Link};
use crate::kernel::{Connection, Message, Refusal};
use crate::present::Presenter;
use crate::wire::{Input, Session};

/// How long to wait for a descriptor to come free before accepting again.
const PAUSE: Duration = Duration::from_millis(100);

/// What a listener's clients speak.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transport {
    /// Lines: telnet and the like.
    Tcp,
    /// The page and its WebSocket.
    Web,
}

/// Tenths of a second since the hub began: 13 years of them.
type Tenths = u32;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// In the chat.
    Open,
    /// Out of it; what waits is still sent, until then.
    Closing(Tenths),
    /// To be removed.
    Over,
}

#[derive(Debug)]
struct Peer<S> {
    socket: S,
    /// `None`: one too many, and not in the hub.
    number: Option<Connection>,
    session: Session,
    outbox: Outbox,
    phase: Phase,
    /// When it was accepted.
    opened: Tenths,
    /// When something came last.
    heard: Tenths,
    /// It has been silent since and was asked for a sign of life.
    pinged: bool,
    /// Requests that were read and not yet carried out, because some driver's turn was full.
    unread: Option<Box<[u8]>>,
    /// The peer sends no more.
    ended: bool,
    /// We send no more, and the peer knows.
    finished: bool,
}

/// One driver's connections.
#[derive(Debug)]
pub struct Shard<S> {
    hub: Arc<Hub>,
    index: usize,
    /// For the log.
    runtime: &'static str,
    peers: Slab<Peer<S>>,
    turn: Turn,
    /// Whom the driver is to look at. Bounded by the number of connections times the calls in a turn.
    attention: Vec<usize>,
    /// Who entered [`Phase::Closing`] in this turn.
    leaving: Vec<usize>,
    /// Whose input waits, who has waited longest first. Bounded by the number of connections.
    stalled: VecDeque<usize>,
    /// Everyone was told to go, and has until then.
    stopping: Option<Tenths>,
    exhausted: bool,
}

impl<S: AsFd> Shard<S> {
    /// A new driver's share of this hub; the log calls it by the name of its runtime.
    #[must_use]
    pub fn new(hub: Arc<Hub>, runtime: &'static str) -> Self {
        Self {
            index: hub.add_shard(),
            hub,
            runtime,
            peers: Slab::new(),
            turn: Turn::default(),
            attention: Vec::new(),
            leaving: Vec::new(),
            stalled: VecDeque::new(),
            stopping: None,
            exhausted: false,
        }
    }

    /// The hub of all drivers.
    #[must_use]
    pub fn hub(&self) -> &Arc<Hub> {
        &self.hub
    }

    /// A connection was accepted. Its slot is its own until [`Shard::remove`].
    pub fn open(&mut self, transport: Transport, socket: S, from: SocketAddr) -> usize {
        if std::mem::take(&mut self.exhausted) {
            tracing::info!(
                "[{}] - accepting connections again",
                name(self.runtime, transport)
            );
        }
        tracing::info!(
            "[{}] - New connection: {from}.",
            name(self.runtime, transport)
        );
        let entry = self.peers.vacant_entry();
        let slot = entry.key();
        let (session, form) = match transport {
            Transport::Tcp => (Session::lines(), Some(Form::Line)),
            Transport::Web => (Session::web(), None),
        };
        let number = self.hub.connect(Link {
            shard: u32::try_from(self.index).expect("one for each driver"),
            slot: u32::try_from(slot).expect("far fewer descriptors"),
            form,
        });
        let now = tenths(self.hub.elapsed());
        let mut peer = Peer {
            socket,
            number,
            session,
            outbox: Outbox::default(),
            phase: Phase::Open,
            opened: now,
            heard: now,
            pinged: false,
            unread: None,
            ended: false,
            finished: false,
        };
        if number.is_none() {
            tracing::warn!(
                "[{}] - {from} was sent away: there are {} connections already (--max-connections)",
                name(self.runtime, transport),
                self.hub.settings.max_connections,
            );
            peer.outbox
                .push(&too_many(transport, self.hub.settings.color));
            peer.phase = Phase::Closing(now + tenths(self.hub.settings.grace));
        }
        entry.insert(peer);
        slot
    }

    /// Accepting failed. Answers how long to wait before the next attempt: when descriptors
    /// have run out, those who are here stay, and new ones wait in the backlog.
    pub fn cannot_accept(&mut self, error: &io::Error) -> Option<Duration> {
        use io::ErrorKind::{ConnectionAborted, ConnectionReset, Interrupted, WouldBlock};
        // The peer gave up while it waited in the backlog: its affair, not ours.
        if matches!(
            error.kind(),
            ConnectionAborted | ConnectionReset | Interrupted | WouldBlock
        ) {
            return None;
        }
        if !std::mem::replace(&mut self.exhausted, true) {
            tracing::warn!(
                "[{}_Chat] - cannot accept connections: {error}; new ones wait until there is room",
                self.runtime
            );
        }
        Some(PAUSE)
    }

    /// Bytes came.
    pub fn received(&mut self, slot: usize, bytes: &[u8]) {
        let peer = &mut self.peers[slot];
        peer.heard = tenths(self.hub.elapsed());
        peer.pinged = false;
        if let Some(unread) = peer.unread.take() {
            let mut all = unread.into_vec();
            all.extend_from_slice(bytes);
            peer.unread = Some(all.into());
        } else if self.stalled.is_empty() {
            self.feed(slot, bytes);
        } else if peer.phase == Phase::Open {
            // Others wait already: behind them.
            peer.unread = Some(bytes.into());
            self.stalled.push_back(slot);
        }
    }

    /// Carries out the requests in these bytes, until some driver's turn is full. Nothing of
    /// one who is on the way out.
    fn feed(&mut self, slot: usize, mut bytes: &[u8]) {
        let Self { peers, hub, .. } = self;
        let peer = &mut peers[slot];
        let (shard, key) = (self.index, slot as u32);
        while peer.phase == Phase::Open {
            let (Some(input), Some(number)) = (
                peer.session.next(&mut bytes, &hub.settings.limits),
                peer.number,
            ) else {
                break;
            };
            let congested = match input {
                Input::Line(line) => {
                    let outcome = hub.receive(number, line);
                    if let Some(news) = outcome.news {
                        tracing::info!(
                            "[{}] - {news}",
                            name(self.runtime, transport(&peer.session))
                        );
                    }
                    if outcome.close {
                        let last = peer.session.goodbye(CloseCode::Normal, "logout");
                        return self.leave(slot, &last);
                    }
                    outcome.congested
                }
                Input::Reply(reply) => hub.push(shard, key, &reply),
                Input::Upgraded(answer) => {
                    hub.upgrade(shard, key, number, &answer);
                    false
                }
                Input::Last(last) => return self.leave(slot, &last),
            };
            if congested && !hub.is_clear(shard) {
                peer.unread = Some(bytes.into());
                return self.stalled.push_back(slot);
            }
        }
    }

    /// Carries out what waited, as far as there is room: one after the other, so that who
    /// fills a turn alone waits behind all others for the next.
    fn feed_stalled(&mut self) {
        for _ in 0..self.stalled.len() {
            if !self.hub.is_clear(self.index) {
                return;
            }
            let Some(slot) = self.stalled.pop_front() else {
                return;
            };
            let Some(bytes) = self.peers.get_mut(slot).and_then(|peer| peer.unread.take()) else {
                continue;
            };
            self.feed(slot, &bytes);
            self.attention.push(slot);
        }
    }

    /// The peer sends no more. What it is owed is still sent.
    pub fn ended(&mut self, slot: usize) {
        self.peers[slot].ended = true;
        self.leave(slot, &[]);
        self.settle(slot);
    }

    /// The connection is broken.
    pub fn broken(&mut self, slot: usize) {
        self.leave(slot, &[]);
        self.peers[slot].phase = Phase::Over;
        self.attention.push(slot);
    }

    /// The driver has let go of this connection.
    pub fn remove(&mut self, slot: usize) -> S {
        self.leave(slot, &[]);
        self.hub.forget(self.index, slot as u32);
        if self.stopping.is_some() {
            self.hub.wake(self.index);
        }
        self.peers.remove(slot).socket
    }

    /// The driver's socket.
    pub fn socket(&mut self, slot: usize) -> &mut S {
        &mut self.peers[slot].socket
    }

    /// Whether somebody is in this slot.
    #[must_use]
    pub fn is_open(&self, slot: usize) -> bool {
        self.peers.contains(slot)
    }

    /// Whether to read from it now.
    #[must_use]
    pub fn wants_input(&self, slot: usize) -> bool {
        let peer = &self.peers[slot];
        !peer.ended && peer.unread.is_none() && peer.phase != Phase::Over
    }

    /// Whether something waits that the socket did not take.
    #[must_use]
    pub fn wants_output(&self, slot: usize) -> bool {
        let peer = &self.peers[slot];
        !peer.outbox.is_empty() && peer.phase != Phase::Over
    }

    /// Whether the driver is to [`remove`](Self::remove) it.
    #[must_use]
    pub fn is_over(&self, slot: usize) -> bool {
        self.peers[slot].phase == Phase::Over
    }

    /// Whom the driver has to look at: to send what was kept, to read on, or to remove.
    pub fn attention(&mut self) -> Vec<usize> {
        let mut slots = std::mem::take(&mut self.attention);
        slots.retain(|slot| self.peers.contains(*slot));
        slots
    }

    /// Whether there is nothing to flush; if so, `waker` is woken when there is.
    #[must_use]
    pub fn park(&self, waker: &Waker) -> bool {
        self.hub.park(self.index, waker)
    }

    /// The driver is awake and will flush before it parks again: its waker can sleep.
    pub fn unpark(&self) {
        self.hub.unpark(self.index);
    }
}

fn transport(session: &Session) -> Transport {
    if session.is_lines() {
        Transport::Tcp
    } else {
        Transport::Web
    }
}

/// As the log calls a server.
pub(crate) fn name(runtime: &str, transport: Transport) -> String {
    match transport {
        Transport::Tcp => format!("{runtime}_Chat"),
        Transport::Web => format!("{runtime}_WS_Chat"),
    }
}

fn too_many(transport: Transport, color: bool) -> bytes::Bytes {
    match transport {
        Transport::Tcp => {
            Presenter::new(color, jiff::tz::TimeZone::UTC).line(&Message::Error(Refusal::TooMany))
        }
        Transport::Web => crate::wire::too_many(),
    }
}

fn tenths(duration: Duration) -> Tenths {
    Tenths::try_from(duration.as_millis() / 100).unwrap_or(Tenths::MAX / 2)
}
