//! Buffers that are used again: one pool for all downloads.
//!
//! A fresh 256 KiB buffer per chunk would be mapped, zeroed and unmapped by the
//! system each time, which costs more than filling it. A buffer that comes back
//! is still in the processor's cache.

use std::mem;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;

/// Length of a buffer: large enough that a system call costs little beside the
/// copy it makes, small enough that what was read is still in the cache when it is sent.
pub const CAPACITY: usize = 256 * 1024;

/// Free buffers that are kept, 8 MiB of them; the ones above that are given back to the system.
const KEPT: usize = 32;

/// A pool of equal buffers. Clones share it.
#[derive(Clone, Debug, Default)]
pub struct Pool {
    free: Arc<Mutex<Vec<Box<[u8]>>>>,
}

impl Pool {
    /// An empty buffer, new or used before.
    #[must_use]
    pub fn take(&self) -> Buffer {
        let free = self
            .free
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .pop();
        Buffer {
            bytes: free.unwrap_or_else(|| vec![0; CAPACITY].into()),
            filled: 0,
            pool: self.clone(),
        }
    }
}

/// A buffer of [`CAPACITY`] bytes, the first of which are filled. It goes back to its pool when dropped.
#[derive(Debug)]
pub struct Buffer {
    bytes: Box<[u8]>,
    filled: usize,
    pool: Pool,
}

impl Buffer {
    /// How many bytes are filled.
    #[must_use]
    pub fn len(&self) -> usize {
        self.filled
    }

    /// Whether none is.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.filled == 0
    }

    /// How many more bytes fit.
    #[must_use]
    pub fn room(&self) -> usize {
        CAPACITY - self.filled
    }

    /// The bytes that are filled.
    #[must_use]
    pub fn filled(&self) -> &[u8] {
        &self.bytes[..self.filled]
    }

    /// The first `limit` bytes that are not filled yet.
    pub fn unfilled(&mut self, limit: usize) -> &mut [u8] {
        let end = CAPACITY.min(self.filled + limit);
        &mut self.bytes[self.filled..end]
    }

    /// Takes `count` more bytes for filled.
    ///
    /// # Panics
    ///
    /// If there are not so many.
    pub fn advance(&mut self, count: usize) {
        assert!(count <= self.room(), "more bytes than fit");
        self.filled += count;
    }

    /// Appends what fits of `bytes`, and answers how much that was.
    pub fn append(&mut self, bytes: &[u8]) -> usize {
        let count = bytes.len().min(self.room());
        self.unfilled(count).copy_from_slice(&bytes[..count]);
        self.advance(count);
        count
    }

    /// The filled bytes, to be sent; the buffer goes back to its pool when they have been.
    #[must_use]
    pub fn freeze(self) -> Bytes {
        Bytes::from_owner(Frozen(self))
    }
}

impl Drop for Buffer {
    fn drop(&mut self) {
        let mut free = self
            .pool
            .free
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if free.len() < KEPT {
            free.push(mem::take(&mut self.bytes));
        }
    }
}

struct Frozen(Buffer);

impl AsRef<[u8]> for Frozen {
    fn as_ref(&self) -> &[u8] {
        self.0.filled()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_buffer_comes_back_when_its_bytes_were_sent() {
        let pool = Pool::default();
        let mut buffer = pool.take();
        assert_eq!(buffer.append(b"abc"), 3);
        let bytes = buffer.freeze();
        let rest = bytes.slice(1..);
        drop(bytes);
        assert_eq!(pool.free.lock().unwrap().len(), 0);
        assert_eq!(&rest[..], b"bc");
        drop(rest);
        assert_eq!(pool.free.lock().unwrap().len(), 1);
        assert!(pool.take().is_empty());
        assert_eq!(pool.free.lock().unwrap().len(), 1);
    }

    #[test]
    fn what_does_not_fit_is_not_taken() {
        let mut buffer = Pool::default().take();
        assert_eq!(buffer.append(&vec![7; CAPACITY + 1]), CAPACITY);
        assert_eq!(buffer.room(), 0);
        assert!(buffer.unfilled(1).is_empty());
    }

    #[test]
    fn the_pool_keeps_a_bounded_number() {
        let pool = Pool::default();
        let taken: Vec<Buffer> = (0..KEPT + 3).map(|_| pool.take()).collect();
        drop(taken);
        assert_eq!(pool.free.lock().unwrap().len(), KEPT);
    }
}
