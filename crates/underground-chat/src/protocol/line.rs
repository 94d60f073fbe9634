//! Lines out of a stream that may be cut anywhere.
//!
//! `StreamReader.readline` does this for the originals; several of the course's
//! clients call `read(100)` instead and break when two lines share a packet.

use bytes::{Buf, BytesMut};

/// The longest line either side takes, in bytes: `asyncio`'s own limit.
pub const LONGEST_LINE: usize = 64 * 1024;

/// A line of more than [`LONGEST_LINE`] bytes. What came before it has been answered; the connection is lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a line is longer than {LONGEST_LINE} bytes")]
pub struct LineTooLong;

/// Collects bytes and gives lines.
///
/// Holds at most [`LONGEST_LINE`] bytes beyond what one call of
/// [`extend`](Self::extend) brings, as long as every line is taken out before
/// the next call. Empty, it owns no memory: an idle connection costs none.
#[derive(Debug, Default)]
pub struct LineBuffer {
    bytes: BytesMut,
    /// How many of `bytes` are known to hold no LF.
    scanned: usize,
}

impl LineBuffer {
    /// Adds what arrived.
    pub fn extend(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    /// The next whole line without its LF or CR LF; bytes that are no UTF-8 become U+FFFD.
    ///
    /// # Errors
    ///
    /// The line is too long.
    pub fn next_line(&mut self) -> Result<Option<String>, LineTooLong> {
        let end = self.bytes[self.scanned..]
            .iter()
            .position(|&byte| byte == b'\n')
            .map(|offset| self.scanned + offset);
        if end.unwrap_or(self.bytes.len()) > LONGEST_LINE {
            return Err(LineTooLong);
        }
        let Some(end) = end else {
            self.scanned = self.bytes.len();
            return Ok(None);
        };
        let line = &self.bytes[..end];
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let line = String::from_utf8_lossy(line).into_owned();
        self.bytes.advance(end + 1);
        self.scanned = 0;
        if self.bytes.is_empty() {
            self.bytes = BytesMut::new();
        }
        Ok(Some(line))
    }

    /// Forgets what has been collected: the stream it came from has ended.
    pub fn clear(&mut self) {
        *self = Self::default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn lines(chunks: &[&[u8]]) -> Vec<String> {
        let mut buffer = LineBuffer::default();
        let mut lines = Vec::new();
        for chunk in chunks {
            buffer.extend(chunk);
            while let Some(line) = buffer.next_line().unwrap() {
                lines.push(line);
            }
        }
        lines
    }

    #[test]
    fn one_trailing_cr_belongs_to_the_line_end() {
        assert_eq!(lines(&[b"a\r\n\r\nb\r\r\n"]), ["a", "", "b\r"]);
    }

    #[test]
    fn bytes_that_are_no_text_are_replaced() {
        assert_eq!(lines(&[b"\xff\xfe!\n"]), ["\u{fffd}\u{fffd}!"]);
    }

    #[test]
    fn the_longest_line_passes_and_one_byte_more_does_not() {
        let mut buffer = LineBuffer::default();
        buffer.extend(&[b'x'; LONGEST_LINE]);
        assert_eq!(buffer.next_line(), Ok(None));
        buffer.extend(b"\n");
        assert_eq!(buffer.next_line().unwrap().unwrap().len(), LONGEST_LINE);
        buffer.extend(&[b'x'; LONGEST_LINE + 1]);
        assert_eq!(buffer.next_line(), Err(LineTooLong));
        buffer.extend(b"\n");
        assert_eq!(buffer.next_line(), Err(LineTooLong));
    }

    proptest! {
        #[test]
        fn where_the_stream_is_cut_makes_no_difference(
            text in "[ab\r\nя🙂]{0,80}",
            size in 1_usize..9,
        ) {
            let cut: Vec<&[u8]> = text.as_bytes().chunks(size).collect();
            prop_assert_eq!(lines(&cut), lines(&[text.as_bytes()]));
        }
    }
}
