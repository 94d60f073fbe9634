//! Lines: a request ends with `\n` or `\r\n`.
//!
//! A line that arrives whole, as nearly all do, is not copied. What is kept of an
//! unfinished line is bounded by the limit. `asyncio`'s `readline` raises past
//! its limit and ends the connection; here only the line is lost.

use bytes::Bytes;
use memchr::memchr2;

use super::Input;
use super::telnet::{Step, Telnet};
use crate::kernel::Line;

/// A TCP client's side of the conversation.
#[derive(Debug, Default)]
pub struct Lines {
    /// The beginning of a line whose end has not come; after [`Lines::next`] answered it, the whole line.
    partial: Vec<u8>,
    telnet: Telnet,
    state: State,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum State {
    #[default]
    Keeping,
    /// `partial` has been answered and is to be forgotten.
    Answered,
    /// The line is too long and has been answered; its rest is dropped.
    Dropping,
}

impl Lines {
    /// The next line in `bytes`, or the answer to a telnet command; they are taken as they are used.
    pub fn next<'s, 'b: 's>(&'s mut self, bytes: &mut &'b [u8], limit: usize) -> Option<Input<'s>> {
        if self.state == State::Answered {
            self.state = State::Keeping;
            self.partial = Vec::new();
        }
        if self.state == State::Keeping && self.partial.is_empty() && self.telnet == Telnet::Text {
            // The way of nearly every line: it is here whole and holds no telnet command.
            if let Some(end) = memchr2(b'\n', 0xff, bytes)
                && bytes[end] == b'\n'
            {
                let line = &bytes[..end];
                *bytes = &bytes[end + 1..];
                return Some(Input::Line(finish(line, limit)));
            }
        }
        self.gather(bytes, limit)
    }

    fn gather<'s, 'b: 's>(&'s mut self, bytes: &mut &'b [u8], limit: usize) -> Option<Input<'s>> {
        while let [byte, rest @ ..] = bytes {
            if self.state == State::Dropping && self.telnet == Telnet::Text {
                // Nothing before these two is of interest.
                let skipped = memchr2(b'\n', 0xff, bytes).unwrap_or(bytes.len());
                if skipped > 0 {
                    *bytes = &bytes[skipped..];
                    continue;
                }
            }
            *bytes = rest;
            let byte = match self.telnet.step(*byte) {
                Step::Text(byte) => byte,
                Step::Taken => continue,
                Step::Answer(answer) => {
                    return Some(Input::Reply(Bytes::copy_from_slice(&answer)));
                }
            };
            if byte == b'\n' {
                if self.state == State::Dropping {
                    self.state = State::Keeping;
                    // Whoever comes next may have come whole.
                    return self.next(bytes, limit);
                }
                self.state = State::Answered;
                return Some(Input::Line(finish(&self.partial, limit)));
            }
            if self.state == State::Dropping {
                continue;
            }
            self.partial.push(byte);
            if is_too_long(&self.partial, limit) {
                self.partial = Vec::new();
                self.state = State::Dropping;
                return Some(Input::Line(Line::TooLong));
            }
        }
        None
    }
}

/// The `\r` of a line end may stand where a byte too many would.
fn is_too_long(line: &[u8], limit: usize) -> bool {
    line.strip_suffix(b"\r").unwrap_or(line).len() > limit
}

fn finish(line: &[u8], limit: usize) -> Line<'_> {
    if is_too_long(line, limit) {
        return Line::TooLong;
    }
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    std::str::from_utf8(line).map_or(Line::NotUtf8, Line::Text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(mut bytes: &[u8], limit: usize) -> Vec<String> {
        let mut lines = Lines::default();
        let mut found = Vec::new();
        while let Some(line) = lines.next(&mut bytes, limit) {
            found.push(match line {
                Input::Line(Line::Text(text)) => text.to_owned(),
                Input::Line(other) => format!("{other:?}"),
                Input::Reply(reply) => format!("{:x?}", &reply[..]),
                other => panic!("lines never say {other:?}"),
            });
        }
        assert!(lines.partial.len() <= limit + 1);
        found
    }

    #[test]
    fn both_line_ends_end_a_line_and_nothing_else_does() {
        let found = all(b"one\ntwo\r\n\r\n\na\rb\nthree", 10);
        assert_eq!(found, ["one", "two", "", "", "a\rb"]);
    }

    #[test]
    fn a_line_over_the_limit_is_answered_once_and_only_it_is_lost() {
        assert_eq!(all(b"1234\n12345\n1\n", 4), ["1234", "TooLong", "1"]);
        assert_eq!(all(b"1234\r\n1234\rx\n1\n", 4), ["1234", "TooLong", "1"]);
        assert_eq!(all(b"123456789", 4), ["TooLong"]);
    }

    #[test]
    fn bytes_that_are_no_text_are_said_to_be_so() {
        assert_eq!(all(b"\xc3\x28\nok\n", 10), ["NotUtf8", "ok"]);
    }

    #[test]
    fn telnet_commands_are_taken_out() {
        let bytes =
            b"\xff\xfb\x01\xff\xfd\x03lo\xff\xf1gin\xff\xfa\x18\0x\nterm\xff\xff\xff\xf0 ann\r\n";
        let declined = ["[ff, fe, 1]", "[ff, fc, 3]"];
        assert_eq!(all(bytes, 100), [declined[0], declined[1], "login ann"]);
        assert_eq!(all(b"\xff\xff\n", 100), ["NotUtf8"]);
    }

    #[test]
    fn what_telnet_asks_for_is_declined_and_what_it_declines_is_not_answered() {
        // Ctrl-C: interrupt, data mark, and please mark the time.
        let interrupted = b"\xff\xf4\xff\xf2\xff\xfd\x06";
        assert_eq!(all(interrupted, 100), ["[ff, fc, 6]"]);
        assert_eq!(all(b"\xff\xfc\x01\xff\xfe\x03", 100), [""; 0]);
        let while_dropped = b"123456\xff\xfd\x06xx\n1\n";
        assert_eq!(all(while_dropped, 4), ["TooLong", "[ff, fc, 6]", "1"]);
    }
}
