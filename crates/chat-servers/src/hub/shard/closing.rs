//! How connections end: after a last word, by silence, or all at once.

use std::net::Shutdown;
use std::os::fd::AsFd;

use socket2::SockRef;
use tungstenite::protocol::frame::coding::CloseCode;

use super::{Phase, Shard, name, tenths, transport};
use crate::wire;

impl<S: AsFd> Shard<S> {
    /// Whether the server ends: no more connections are accepted.
    #[must_use]
    pub fn is_stopping(&self) -> bool {
        self.stopping.is_some()
    }

    /// Whether everyone has gone after the server was told to end, or had time enough.
    #[must_use]
    pub fn is_finished(&self) -> bool {
        self.stopping
            .is_some_and(|until| self.peers.is_empty() || tenths(self.hub.elapsed()) >= until)
    }

    /// Looks at every connection, a few times a second: at those who should have become a
    /// WebSocket, those whose time to leave is over, and those who are silent.
    pub fn sweep(&mut self) {
        let settings = &self.hub.settings;
        let now = tenths(self.hub.elapsed());
        let (handshake, silence) = (tenths(settings.handshake), tenths(settings.keep_alive));
        let mut over = Vec::new();
        for (slot, peer) in &mut self.peers {
            let silent = now.saturating_sub(peer.heard);
            match peer.phase {
                Phase::Closing(until) if now >= until => over.push(slot),
                Phase::Open if peer.session.is_front() && now - peer.opened >= handshake => {
                    over.push(slot);
                }
                Phase::Open if peer.session.is_socket() && silent >= silence => over.push(slot),
                Phase::Open
                    if peer.session.is_socket() && silent >= silence / 3 && !peer.pinged =>
                {
                    peer.pinged = true;
                    self.hub.push(self.index, slot as u32, &wire::ping());
                }
                _ => {}
            }
        }
        for slot in over {
            self.broken(slot);
        }
        if self.stopping.is_some() {
            self.hub.wake(self.index);
        }
    }

    /// Takes the peer out of the chat, behind a last word.
    pub(super) fn leave(&mut self, slot: usize, last: &[u8]) {
        let peer = &mut self.peers[slot];
        if peer.phase != Phase::Open {
            return;
        }
        peer.phase = Phase::Closing(tenths(self.hub.elapsed() + self.hub.settings.grace));
        peer.unread = None;
        self.leaving.push(slot);
        if let Some(number) = peer.number.take()
            && let Some(news) = self.hub.disconnected(number)
        {
            tracing::info!(
                "[{}] - {news}",
                name(self.runtime, transport(&peer.session))
            );
        }
        self.hub.push(self.index, slot as u32, last);
    }

    /// When all has been sent, tells the peer so; when the peer has ended too, it is over.
    pub(super) fn settle(&mut self, slot: usize) {
        let Some(peer) = self.peers.get_mut(slot) else {
            return;
        };
        if !matches!(peer.phase, Phase::Closing(_))
            || !peer.outbox.is_empty()
            || self.leaving.contains(&slot)
        {
            return;
        }
        if !std::mem::replace(&mut peer.finished, true) {
            // A connection that cannot be shut down is down already.
            let _ = SockRef::from(&peer.socket).shutdown(Shutdown::Write);
        }
        // The peer's end comes last: closing before it could cost the peer our last word.
        if peer.ended {
            peer.phase = Phase::Over;
            self.attention.push(slot);
        }
    }

    /// Everyone has been told that the server ends; now they are let go.
    pub(super) fn dismiss_all(&mut self, until: u32) {
        let slots: Vec<usize> = self.peers.iter().map(|(slot, _)| slot).collect();
        for slot in slots {
            let last = self.peers[slot]
                .session
                .goodbye(CloseCode::Away, "server is shutting down");
            self.leave(slot, &last);
            self.peers[slot].phase = match self.peers[slot].phase {
                Phase::Over => Phase::Over,
                Phase::Open | Phase::Closing(_) => Phase::Closing(until),
            };
        }
        // There may be nobody.
        self.hub.wake(self.index);
    }

    pub(super) fn report_slow(&self, slot: usize) {
        let peer = &self.peers[slot];
        let from = SockRef::from(&peer.socket).peer_addr().ok();
        let from = from.and_then(|address| address.as_socket());
        tracing::warn!(
            "[{}] - {} reads too slowly and is disconnected: more than {} bytes wait (--outbox)",
            name(self.runtime, transport(&peer.session)),
            from.map_or("a client".to_owned(), |from| from.to_string()),
            self.hub.settings.outbox,
        );
    }
}
