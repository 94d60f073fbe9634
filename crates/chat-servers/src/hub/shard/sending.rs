//! The end of a turn: every client is sent what has gathered for it.

use std::io::{self, IoSlice};
use std::os::fd::AsFd;

use bytes::Bytes;

use super::super::outbox::Sent;
use super::{Phase, Shard, tenths};

impl<S: AsFd> Shard<S> {
    /// Sends what has gathered; `write` is `writev(2)` that does not block. A client whose
    /// socket is full delays nobody: [`Shard::resume`] goes on when it has room.
    pub fn flush(&mut self, write: impl Fn(&S, &[IoSlice<'_>]) -> io::Result<usize>) {
        let stopping = self.hub.take(self.index, &mut self.turn);
        let limit = self.hub.settings.outbox;
        let mut slow = Vec::new();
        for due in &self.turn.due {
            let slot = due.slot as usize;
            let Some(peer) = self.peers.get_mut(slot) else {
                continue;
            };
            if peer.phase == Phase::Over {
                continue;
            }
            let batch = &self.turn.batch;
            let socket = &peer.socket;
            match peer
                .outbox
                .send(batch, &due.ranges, limit, |slices| write(socket, slices))
            {
                Ok(Sent::All) => {}
                Ok(Sent::Some) => self.attention.push(slot),
                Ok(Sent::Overflow) => slow.push((slot, true)),
                Err(_) => slow.push((slot, false)),
            }
        }
        self.turn.clear();
        self.end_turn(stopping, &slow);
    }

    /// The socket has room again. Nothing remains once [`Shard::wants_output`] says so.
    pub fn resume(&mut self, slot: usize, write: impl Fn(&S, &[IoSlice<'_>]) -> io::Result<usize>) {
        let peer = &mut self.peers[slot];
        let socket = &peer.socket;
        match peer.outbox.resume(|slices| write(socket, slices)) {
            Ok(true) => self.settle(slot),
            Ok(false) => {}
            Err(_) => self.broken(slot),
        }
    }

    /// For runtimes that send by completion: hands each client's bytes to `submit`, which
    /// starts to send them and reports to [`Shard::sent`].
    pub fn launch(&mut self, mut submit: impl FnMut(usize, &S, Bytes)) {
        let stopping = self.hub.take(self.index, &mut self.turn);
        let limit = self.hub.settings.outbox;
        let batch = Bytes::from(std::mem::take(&mut self.turn.batch));
        let mut slow = Vec::new();
        for due in &self.turn.due {
            let slot = due.slot as usize;
            let Some(peer) = self.peers.get_mut(slot) else {
                continue;
            };
            if peer.phase == Phase::Over {
                continue;
            }
            match peer.outbox.launch(&batch, &due.ranges, limit) {
                Ok(Some(bytes)) => submit(slot, &peer.socket, bytes),
                Ok(None) => {}
                Err(_) => slow.push((slot, true)),
            }
        }
        self.turn.clear();
        self.end_turn(stopping, &slow);
    }

    /// What was launched has been sent but for the rest; answers what to send next.
    pub fn sent(&mut self, slot: usize, rest: io::Result<Bytes>) -> Option<Bytes> {
        let Ok(rest) = rest else {
            self.broken(slot);
            return None;
        };
        let next = self.peers[slot].outbox.landed(&rest);
        self.settle(slot);
        next
    }

    /// The first bytes for a connection that was refused: nothing else launches them.
    pub fn refusal(&mut self, slot: usize) -> Option<Bytes> {
        self.peers[slot].outbox.landed(&[])
    }

    fn end_turn(&mut self, stopping: bool, slow: &[(usize, bool)]) {
        for &(slot, overflow) in slow {
            if overflow {
                self.report_slow(slot);
            }
            self.broken(slot);
        }
        for slot in std::mem::take(&mut self.leaving) {
            self.settle(slot);
        }
        self.feed_stalled();
        if stopping && self.stopping.is_none() {
            let until = tenths(self.hub.elapsed() + self.hub.settings.goodbye);
            self.stopping = Some(until);
            self.dismiss_all(until);
        }
    }
}
