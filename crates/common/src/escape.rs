//! Foreign text made safe to show: control characters become visible.
//!
//! A peer that sends `ESC ]0;…` could otherwise retitle the reader's terminal,
//! move its cursor or forge a line of the log. The originals printed what came.

use std::borrow::Cow;
use std::fmt::Write as _;

/// `text` with every control character (C0, DEL, C1) written as `\xNN`.
///
/// Borrows where there is nothing to change, which is nearly always.
///
/// ```
/// assert_eq!(common::escape::visible("a\x1b[31mb\n"), r"a\x1b[31mb\x0a");
/// ```
#[must_use]
pub fn visible(text: &str) -> Cow<'_, str> {
    if !text.chars().any(char::is_control) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 16);
    for character in text.chars() {
        if character.is_control() {
            // Unicode's control characters all lie below U+00A0: two digits hold them.
            write!(shown, "\\x{:02x}", u32::from(character)).expect("a String takes every write");
        } else {
            shown.push(character);
        }
    }
    Cow::Owned(shown)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn controls_of_all_three_ranges_are_shown() {
        assert_eq!(
            visible("\0\t\r\u{1b}\u{7f}\u{85}\u{9b}"),
            r"\x00\x09\x0d\x1b\x7f\x85\x9b"
        );
    }

    #[test]
    fn ordinary_text_is_borrowed_unchanged() {
        assert!(matches!(visible("Привет, 世界 🙂"), Cow::Borrowed(_)));
    }

    proptest! {
        #[test]
        fn nothing_shown_is_a_control(text in any::<String>()) {
            prop_assert!(!visible(&text).chars().any(char::is_control));
        }
    }
}
