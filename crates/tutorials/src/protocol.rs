//! What the servers of all lessons say: two line protocols, without any socket.
//!
//! Bytes go in as they arrive, answers come out. Where a line begins and ends is
//! not where a packet begins and ends: TCP hands over a stream, and `recv` gives
//! any piece of it. The Python servers take each piece for one request, so
//! `"4\n5\n"` in one packet kills the doubling ones. [`Conversation`] keeps the
//! unfinished line until the rest arrives.
//!
//! The lessons are about *waiting*. This file is what they wait for; read it once.

use std::fmt::Write as _;

use clap::ValueEnum;

/// The longest line in bytes, without its end. A peer that never ends its line costs no more memory than this.
pub const LONGEST_LINE: usize = 1024;

/// What a server answers to a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Protocol {
    /// Any line is answered `Hello world`
    Hello,
    /// A line with a whole number is answered with its double
    Double,
}

impl Protocol {
    /// The port that the Python servers of this protocol listen on.
    #[must_use]
    pub fn default_port(self) -> u16 {
        match self {
            Self::Hello => 5000,
            Self::Double => 8080,
        }
    }

    /// The answer to one line (without its end), a line itself.
    fn answer(self, line: &[u8], answers: &mut Vec<u8>) {
        match self {
            Self::Hello => answers.extend_from_slice(b"Hello world\n"),
            Self::Double => answers.extend_from_slice(double(line).as_bytes()),
        }
    }
}

fn double(line: &[u8]) -> String {
    let text = String::from_utf8_lossy(line);
    let digits = text.trim();
    let mut answer = String::new();
    // Writing to a `String` cannot fail.
    let _ = match digits.parse::<i64>().map(|number| number.checked_mul(2)) {
        Ok(Some(doubled)) => writeln!(answer, "{doubled}"),
        Ok(None) => writeln!(answer, "error: number too large: {digits:?}"),
        Err(_) if is_whole(digits) => writeln!(answer, "error: number too large: {digits:?}"),
        // `{:?}` shows control characters instead of sending them to a terminal.
        Err(_) => writeln!(answer, "error: not a whole number: {digits:?}"),
    };
    answer
}

/// Whether these are digits with or without a sign, however many.
fn is_whole(text: &str) -> bool {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
}

/// One client's side of a protocol: the bytes that do not make a whole line yet.
#[derive(Debug)]
pub struct Conversation {
    protocol: Protocol,
    /// At most [`LONGEST_LINE`] bytes.
    line: Vec<u8>,
    /// The line is too long, has been complained about, and is thrown away up to its end.
    skipping: bool,
}

impl Conversation {
    /// One in which nothing has been said.
    #[must_use]
    pub fn new(protocol: Protocol) -> Self {
        Self {
            protocol,
            line: Vec::new(),
            skipping: false,
        }
    }

    /// Takes what `recv` gave, and appends one answer to `answers` for every line that is now whole.
    ///
    /// A line ends with `\n` or `\r\n`. What comes after the last one waits for the next piece.
    pub fn receive(&mut self, mut piece: &[u8], answers: &mut Vec<u8>) {
        while let Some(end) = piece.iter().position(|&byte| byte == b'\n') {
            self.keep(&piece[..end], answers);
            piece = &piece[end + 1..];
            if !self.skipping {
                let line = self.line.strip_suffix(b"\r").unwrap_or(&self.line);
                self.protocol.answer(line, answers);
            }
            self.line.clear();
            self.skipping = false;
        }
        self.keep(piece, answers);
    }

    /// Adds to the unfinished line, or complains once when it gets too long.
    fn keep(&mut self, bytes: &[u8], answers: &mut Vec<u8>) {
        if self.skipping {
            return;
        }
        // The `\r` of `\r\n` does not count; whether one follows is not known yet.
        let length = self.line.len() + bytes.len();
        let ends_in_return = bytes.last().or(self.line.last()) == Some(&b'\r');
        if length - usize::from(ends_in_return) > LONGEST_LINE {
            let limit = LONGEST_LINE;
            answers.extend_from_slice(
                format!("error: line too long (limit {limit} bytes)\n").as_bytes(),
            );
            self.line.clear();
            self.skipping = true;
        } else {
            self.line.extend_from_slice(bytes);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn answers(protocol: Protocol, pieces: &[&[u8]]) -> String {
        let mut conversation = Conversation::new(protocol);
        let mut answers = Vec::new();
        for piece in pieces {
            conversation.receive(piece, &mut answers);
        }
        String::from_utf8(answers).unwrap()
    }

    #[test]
    fn several_lines_in_a_piece_are_several_requests() {
        assert_eq!(
            answers(Protocol::Double, &[b"4\n5\r\n-6\n7"]),
            "8\n10\n-12\n"
        );
        assert_eq!(
            answers(Protocol::Hello, &[b"\n\xff\n"]),
            "Hello world\nHello world\n"
        );
    }

    #[test]
    fn what_is_no_number_is_named_and_shown_safely() {
        assert_eq!(
            answers(
                Protocol::Double,
                &[b"abc\n", b"\x1b[2J\xff\n", b"\n", b"1.5\n"]
            ),
            "error: not a whole number: \"abc\"\n\
             error: not a whole number: \"\\u{1b}[2J\u{fffd}\"\n\
             error: not a whole number: \"\"\n\
             error: not a whole number: \"1.5\"\n"
        );
    }

    #[test]
    fn a_number_whose_double_does_not_fit_is_too_large() {
        let largest = i64::MAX / 2;
        assert_eq!(
            answers(Protocol::Double, &[format!("{largest}\n").as_bytes()]),
            format!("{}\n", largest * 2)
        );
        for large in ["4611686018427387904", "-9999999999999999999999"] {
            assert_eq!(
                answers(Protocol::Double, &[format!("{large}\n").as_bytes()]),
                format!("error: number too large: \"{large}\"\n")
            );
        }
    }

    #[test]
    fn a_line_too_long_is_answered_once_and_the_next_line_normally() {
        let too_long = "error: line too long (limit 1024 bytes)\n";
        let long = [b'1'; LONGEST_LINE + 1];
        for protocol in [Protocol::Hello, Protocol::Double] {
            let answer = answers(protocol, &[&long, &long, b"\n3\n"]);
            assert!(answer.starts_with(too_long), "{answer}");
            assert_eq!(answer.lines().count(), 2, "{answer}");
        }
        let fits = [&[b'x'; LONGEST_LINE][..], b"\r\n"].concat();
        assert_eq!(answers(Protocol::Hello, &[&fits]), "Hello world\n");
        assert_eq!(
            answers(Protocol::Hello, &[&fits[..LONGEST_LINE + 1], b"\n"]),
            "Hello world\n"
        );
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn answers_do_not_depend_on_how_the_bytes_are_cut(
            text in proptest::collection::vec(
                prop_oneof![Just(b'\n'), Just(b'\r'), Just(b'7'), any::<u8>()], 0..1500),
            cuts in proptest::collection::vec(0usize..3000, 0..8),
        ) {
            let mut cuts: Vec<usize> = cuts.into_iter().map(|cut| cut.min(text.len())).collect();
            cuts.extend([0, text.len()]);
            cuts.sort_unstable();
            let pieces: Vec<&[u8]> = cuts.windows(2).map(|pair| &text[pair[0]..pair[1]]).collect();
            for protocol in [Protocol::Hello, Protocol::Double] {
                prop_assert_eq!(answers(protocol, &[&text]), answers(protocol, &pieces));
            }
        }
    }
}
