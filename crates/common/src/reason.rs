//! What the system says about a failure, as people read it.
//!
//! The standard library adds `(os error 111)`, which helps whoever looks the number up;
//! in a sentence or a line of status it only takes the room of what matters.

use std::io;

/// What went wrong, as part of a sentence: without the number, and not as the beginning of one.
///
/// ```
/// let error = std::net::TcpStream::connect("127.0.0.1:1").unwrap_err();
/// assert_eq!(common::reason::plain(&error), "connection refused");
/// ```
#[must_use]
pub fn plain(error: &io::Error) -> String {
    let mut text = error.to_string();
    if let Some(number) = error.raw_os_error() {
        let number = format!(" (os error {number})");
        text.truncate(text.trim_end_matches(&number).len());
    }
    let mut first = text.chars();
    // Where a second capital follows it is no beginning of a sentence but an abbreviation.
    if let (Some(upper @ 'A'..='Z'), Some('a'..='z' | ' ')) = (first.next(), first.next()) {
        text.replace_range(..1, &upper.to_ascii_lowercase().to_string());
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_is_part_of_a_sentence_and_has_no_number() {
        let refused = rustix::io::Errno::CONNREFUSED.raw_os_error();
        let reason = plain(&io::Error::from_raw_os_error(refused));
        assert!(
            reason.starts_with('c') && !reason.contains("os error"),
            "{reason}"
        );
        let own = io::Error::other("EOF (os error 5)");
        assert_eq!(plain(&own), "EOF (os error 5)");
        assert_eq!(plain(&io::Error::other("")), "");
    }
}
