//! What one client still has to receive, and the frames of one turn that all share.
//!
//! A turn of the loop is everything that could be read at once. Its frames are
//! built once, one behind the other, in one [`Batch`]; each [`Outbox`] only
//! notes which ranges of it are its own. Neighbouring ranges melt into one, so
//! a client that receives all that the room says has a single range, and one
//! `send(2)` takes it to the kernel straight from the shared batch. Only what a
//! socket does not take at once is kept. Python's `websockets` builds, copies
//! and sends a frame for each message and each client.
//!
//! Sans-IO: what writes is an argument.

use std::collections::VecDeque;
use std::io::{self, ErrorKind, IoSlice};
use std::ops::Range;

use bytes::{Buf as _, Bytes};
use tokio_tungstenite::tungstenite::protocol::frame::Frame;

/// A batch of this many bytes is sent before more is added: what one turn may take of memory.
pub(super) const BATCH: usize = 64 * 1024;

/// Slices for one `writev(2)`: more would be written by the next.
const SLICES: usize = 16;

/// What a kept piece costs beside its bytes, so that many small ones are bounded too.
const PIECE: usize = 64;

/// Ready-made frames, one behind the other, shared by all who receive any of them.
#[derive(Debug, Default)]
pub(super) struct Batch(Vec<u8>);

impl Batch {
    /// Adds a frame and answers where it lies.
    pub(super) fn push(&mut self, frame: Frame) -> Range<usize> {
        let start = self.0.len();
        frame
            .format(&mut self.0)
            .expect("a Vec takes every write and an unmasked frame has every length");
        start..self.0.len()
    }

    /// Adds bytes that are whole frames already.
    pub(super) fn push_frames(&mut self, frames: &[u8]) -> Range<usize> {
        let start = self.0.len();
        self.0.extend_from_slice(frames);
        start..self.0.len()
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// Empties it, keeping its memory for the next turn.
    pub(super) fn clear(&mut self) {
        self.0.clear();
        self.0.shrink_to(2 * BATCH);
    }

    /// Empties it into bytes that can be shared for as long as somebody needs them.
    ///
    /// They are copied once: its own memory has room for a full batch, and a slow
    /// client with one small frame of each turn would keep all of that alive.
    pub(super) fn take(&mut self) -> Bytes {
        let shared = Bytes::copy_from_slice(&self.0);
        self.clear();
        shared
    }
}

/// More waits for a client than may: it does not read.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Overflow;

/// One client's queue, bounded in bytes; overflow policy: disconnect.
#[derive(Debug, Default)]
pub(super) struct Outbox {
    /// Ranges of this turn's batch.
    due: Vec<Range<u32>>,
    /// What the socket did not take in earlier turns.
    kept: VecDeque<Bytes>,
    /// The memory that `kept` holds on to.
    kept_bytes: usize,
}

impl Outbox {
    /// Notes that this range of the turn's batch is to be sent; true when it is the first.
    pub(super) fn add(&mut self, range: &Range<usize>) -> bool {
        let end = u32::try_from(range.end).expect("a batch is far smaller than 4 GiB");
        let start = u32::try_from(range.start).expect("it lies before the end");
        match self.due.last_mut() {
            Some(last) if last.end == start => {
                last.end = end;
                false
            }
            last => {
                let first = last.is_none();
                self.due.push(start..end);
                first
            }
        }
    }

    /// Whether everything has been written.
    pub(super) fn is_empty(&self) -> bool {
        self.due.is_empty() && self.kept.is_empty()
    }

    /// Writes this turn's ranges straight from the batch; false when some of them remain.
    ///
    /// # Errors
    ///
    /// What `write` answers, save that it would block.
    pub(super) fn send(
        &mut self,
        batch: &[u8],
        write: impl Fn(&[IoSlice<'_>]) -> io::Result<usize>,
    ) -> io::Result<bool> {
        // Older bytes go first; the client's own task waits for the socket to take them.
        if !self.kept.is_empty() {
            return Ok(self.due.is_empty());
        }
        while !self.due.is_empty() {
            let mut slices = [IoSlice::new(&[]); SLICES];
            let mut offered = 0;
            let mut total = 0;
            for (slice, range) in slices.iter_mut().zip(&self.due) {
                *slice = IoSlice::new(&batch[range.start as usize..range.end as usize]);
                total += slice.len();
                offered += 1;
            }
            match write(&slices[..offered]) {
                Ok(written) if written == total => drop(self.due.drain(..offered)),
                Ok(written) => {
                    self.advance(written);
                    return Ok(false);
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(false),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        // A crowd's worth of ranges is not kept by a client that falls silent.
        self.due.shrink_to(SLICES);
        Ok(true)
    }

    fn advance(&mut self, mut written: usize) {
        let mut whole = 0;
        for range in &mut self.due {
            let length = range.len();
            if written < length {
                range.start += u32::try_from(written).expect("less than a range");
                break;
            }
            written -= length;
            whole += 1;
        }
        self.due.drain(..whole);
    }

    /// Keeps what remains of this turn's ranges until the socket takes it.
    ///
    /// A slice keeps its whole batch alive, so one much smaller than it is copied:
    /// what is kept never holds on to more than twice `limit`.
    ///
    /// # Errors
    ///
    /// [`Overflow`] when more than `limit` bytes would wait. What waits still ends
    /// with a whole frame, so that a closing frame can follow.
    pub(super) fn keep(&mut self, batch: &Bytes, limit: usize) -> Result<(), Overflow> {
        let more: usize = self.due.iter().map(ExactSizeIterator::len).sum();
        if more == 0 {
            return Ok(());
        }
        let overflow = self.kept_bytes + more + PIECE > limit;
        if overflow && !self.kept.is_empty() {
            // This turn has not begun to be sent, so it can be left out whole.
            self.due.clear();
            return Err(Overflow);
        }
        let piece = match self.due.as_slice() {
            [one] if more * 2 >= batch.len() => batch.slice(one.start as usize..one.end as usize),
            several => {
                let mut copy = Vec::with_capacity(more);
                for range in several {
                    copy.extend_from_slice(&batch[range.start as usize..range.end as usize]);
                }
                copy.into()
            }
        };
        self.due.clear();
        self.kept_bytes += piece.len() + PIECE;
        self.kept.push_back(piece);
        if overflow { Err(Overflow) } else { Ok(()) }
    }

    /// Writes what has been kept; false when some of it remains.
    ///
    /// # Errors
    ///
    /// What `write` answers, save that it would block.
    pub(super) fn resume(
        &mut self,
        write: impl Fn(&[IoSlice<'_>]) -> io::Result<usize>,
    ) -> io::Result<bool> {
        while !self.kept.is_empty() {
            let mut slices = [IoSlice::new(&[]); SLICES];
            let mut offered = 0;
            for (slice, piece) in slices.iter_mut().zip(&self.kept) {
                *slice = IoSlice::new(piece);
                offered += 1;
            }
            let mut written = match write(&slices[..offered]) {
                Ok(written) => written,
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(false),
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(error) => return Err(error),
            };
            while let Some(piece) = self.kept.front_mut() {
                if written < piece.len() {
                    piece.advance(written);
                    self.kept_bytes -= written;
                    break;
                }
                written -= piece.len();
                self.kept_bytes -= piece.len() + PIECE;
                self.kept.pop_front();
            }
        }
        // The client that was slow for a moment gives its queue's memory back.
        self.kept = VecDeque::new();
        Ok(true)
    }
}

#[cfg(test)]
mod tests;
