//! What one client has not been sent yet.
//!
//! What is due goes to the socket straight from the turn's batch; only what the
//! socket does not take is kept, so a client that reads keeps nothing.
//!
//! Bound: a setting, in bytes; overflow policy: *disconnect*. The Python servers
//! keep all of it (`StreamWriter.write` without `drain`), for as long as the
//! client does not read.

use std::collections::VecDeque;
use std::io::{self, ErrorKind, IoSlice};

use bytes::Bytes;

use super::gathering::Ranges;

/// Slices for one `writev(2)`: more are written by the next.
const SLICES: usize = 16;

/// How it went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sent {
    /// All has been sent.
    All,
    /// Some of it waits.
    Some,
    /// More would have to wait than may.
    Overflow,
}

/// What waits for one client.
#[derive(Debug, Default)]
pub(super) struct Outbox {
    kept: VecDeque<u8>,
    /// Bytes that the operating system is to send and has not taken yet, for all we know.
    flying: usize,
}

impl Outbox {
    /// Nothing waits.
    pub(super) fn is_empty(&self) -> bool {
        self.kept.is_empty() && self.flying == 0
    }

    /// Sends what is due, and keeps what `write` does not take.
    ///
    /// # Errors
    ///
    /// What `write` answers, save that it would block.
    pub(super) fn send(
        &mut self,
        batch: &[u8],
        due: &Ranges,
        limit: usize,
        write: impl Fn(&[IoSlice<'_>]) -> io::Result<usize>,
    ) -> io::Result<Sent> {
        let mut written = 0;
        if self.is_empty() {
            let total = due.len();
            while written < total {
                let (slices, offered) = slices(due.parts(batch), written);
                match attempt(&slices[..offered], &write)? {
                    0 => break,
                    more => written += more,
                }
            }
            if written == total {
                return Ok(Sent::All);
            }
        }
        Ok(self.keep(batch, due, written, limit))
    }

    /// Keeps what is due but for its first bytes.
    fn keep(&mut self, batch: &[u8], due: &Ranges, mut skip: usize, limit: usize) -> Sent {
        if self.flying + self.kept.len() + due.len() - skip > limit {
            return Sent::Overflow;
        }
        for part in due.parts(batch) {
            let skipped = skip.min(part.len());
            self.kept.extend(&part[skipped..]);
            skip -= skipped;
        }
        if self.is_empty() {
            Sent::All
        } else {
            Sent::Some
        }
    }

    /// Keeps these bytes, whatever waits already.
    pub(super) fn push(&mut self, bytes: &[u8]) {
        self.kept.extend(bytes);
    }

    /// Sends what was kept; whether that is all of it.
    ///
    /// # Errors
    ///
    /// What `write` answers, save that it would block.
    pub(super) fn resume(
        &mut self,
        write: impl Fn(&[IoSlice<'_>]) -> io::Result<usize>,
    ) -> io::Result<bool> {
        while !self.kept.is_empty() {
            let (front, back) = self.kept.as_slices();
            let slices = [IoSlice::new(front), IoSlice::new(back)];
            let offered = if back.is_empty() { 1 } else { 2 };
            match attempt(&slices[..offered], &write)? {
                0 => return Ok(false),
                written => drop(self.kept.drain(..written)),
            }
        }
        // The client that was slow for a moment gives its queue's memory back.
        self.kept = VecDeque::new();
        Ok(true)
    }

    /// What is due as bytes that the operating system may hold while it sends them,
    /// for completion-based runtimes; `None` while it is still sending others, or
    /// when it is too much.
    ///
    /// # Errors
    ///
    /// [`Sent::Overflow`] when more would have to wait than may.
    pub(super) fn launch(
        &mut self,
        batch: &Bytes,
        due: &Ranges,
        limit: usize,
    ) -> Result<Option<Bytes>, Sent> {
        if self.is_empty() {
            let bytes = match due.single() {
                Some(range) => batch.slice(range),
                None => due.parts(batch).flatten().copied().collect(),
            };
            self.flying = bytes.len();
            return Ok((!bytes.is_empty()).then_some(bytes));
        }
        match self.keep(batch, due, 0, limit) {
            Sent::Overflow => Err(Sent::Overflow),
            _ => Ok(None),
        }
    }

    /// The operating system has sent what was launched but for this rest. Answers what to
    /// launch next: that, or all that was kept meanwhile.
    pub(super) fn landed(&mut self, rest: &[u8]) -> Option<Bytes> {
        let next = if rest.is_empty() {
            Bytes::from(Vec::from(std::mem::take(&mut self.kept)))
        } else {
            // A copy, so that one who reads slowly does not hold the whole batch.
            Bytes::copy_from_slice(rest)
        };
        self.flying = next.len();
        (!next.is_empty()).then_some(next)
    }
}

/// The first slices of these parts, but for their first bytes.
fn slices<'a>(
    parts: impl Iterator<Item = &'a [u8]>,
    mut skip: usize,
) -> ([IoSlice<'a>; SLICES], usize) {
    let mut slices = [IoSlice::new(&[]); SLICES];
    let mut offered = 0;
    for part in parts {
        if skip >= part.len() {
            skip -= part.len();
            continue;
        }
        if offered == SLICES {
            break;
        }
        slices[offered] = IoSlice::new(&part[skip..]);
        skip = 0;
        offered += 1;
    }
    (slices, offered)
}

/// Writes once; 0 when it would block.
fn attempt(
    slices: &[IoSlice<'_>],
    write: impl Fn(&[IoSlice<'_>]) -> io::Result<usize>,
) -> io::Result<usize> {
    loop {
        match write(slices) {
            Ok(0) => return Err(ErrorKind::WriteZero.into()),
            Ok(written) => return Ok(written),
            Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(0),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

#[cfg(test)]
mod tests;
