//! The end of the conversation, once for all readers.
//!
//! Each reader is a position in the stream of everything ever said. What waits
//! for it is what stands between there and the end, in one piece or two, so
//! that everything gathered leaves in one send; and a reader further behind
//! than the log is long is too slow, without anybody having counted. A reader
//! costs eight bytes, and a message is stored once, not once for each.

use std::io::IoSlice;

/// A position in the stream of all bytes ever appended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Position(u64);

impl Position {
    /// `bytes` later.
    pub(super) fn after(self, bytes: usize) -> Self {
        Self(self.0 + bytes as u64)
    }
}

/// The last bytes of the stream. Bound: its size; the oldest bytes make room.
#[derive(Debug)]
pub(super) struct Log {
    ring: Box<[u8]>,
    end: u64,
}

impl Log {
    /// A log of the last `size` bytes.
    pub(super) fn new(size: usize) -> Self {
        Self {
            ring: vec![0; size.max(1)].into(),
            end: 0,
        }
    }

    /// Where a new reader begins: with what is said next.
    pub(super) fn end(&self) -> Position {
        Position(self.end)
    }

    pub(super) fn append(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            let at = self.index(self.end);
            let fits = bytes.len().min(self.ring.len() - at);
            self.ring[at..at + fits].copy_from_slice(&bytes[..fits]);
            self.end += fits as u64;
            bytes = &bytes[fits..];
        }
    }

    /// What stands after `position`, in two pieces of which the second is mostly empty;
    /// `None` where part of it is gone.
    pub(super) fn since(&self, position: Position) -> Option<[IoSlice<'_>; 2]> {
        let waiting = usize::try_from(self.end - position.0)
            .ok()
            .filter(|&waiting| waiting <= self.ring.len())?;
        let from = self.index(position.0);
        let first = waiting.min(self.ring.len() - from);
        Some([
            IoSlice::new(&self.ring[from..from + first]),
            IoSlice::new(&self.ring[..waiting - first]),
        ])
    }

    fn index(&self, position: u64) -> usize {
        usize::try_from(position % self.ring.len() as u64).expect("below the ring's length")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn joined(pieces: [IoSlice<'_>; 2]) -> Vec<u8> {
        pieces.iter().flat_map(|piece| piece.to_vec()).collect()
    }

    #[test]
    fn a_reader_exactly_a_log_behind_is_served_and_one_byte_more_is_too_slow() {
        let mut log = Log::new(8);
        let start = log.end();
        log.append(b"12345678");
        assert_eq!(joined(log.since(start).unwrap()), b"12345678");
        log.append(b"9");
        assert!(log.since(start).is_none());
        assert_eq!(joined(log.since(start.after(1)).unwrap()), b"23456789");
    }

    proptest! {
        #[test]
        fn every_reader_gets_the_stream_or_is_told_that_it_is_too_slow(
            size in 1_usize..40,
            pieces in proptest::collection::vec((0_usize..50, 0_usize..60), 1..30),
        ) {
            let mut log = Log::new(size);
            let mut all: Vec<u8> = Vec::new();
            let mut read = 0;
            for (written, taken) in pieces {
                let bytes: Vec<u8> = (0..written).map(|n| (all.len() + n) as u8).collect();
                log.append(&bytes);
                all.extend(&bytes);
                let waiting = log.since(Position(read as u64));
                prop_assert_eq!(waiting.is_none(), all.len() - read > size);
                match waiting {
                    Some(pieces) => {
                        prop_assert_eq!(joined(pieces), &all[read..]);
                        read = (read + taken).min(all.len());
                    }
                    None => read = all.len(),
                }
            }
        }
    }
}
