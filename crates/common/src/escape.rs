//! Foreign text made safe to show: control characters and those that turn text around become visible.
//!
//! A peer that sends `ESC ]0;…` could otherwise retitle the reader's terminal,
//! move its cursor or forge a line of the log; one that sends U+202E could make
//! what stands there read otherwise. The originals printed what came.

use std::borrow::Cow;
use std::fmt::Write as _;

/// `text` with every control character (C0, DEL, C1) written as `\xNN`, and every
/// one that only changes the direction of what stands around it as `\u{NNNN}`
/// (Unicode's `Bidi_Control`, UAX #9). Right-to-left scripts need none of them.
///
/// Borrows where there is nothing to change, which is nearly always.
///
/// ```
/// assert_eq!(common::escape::visible("a\x1b[31mb\n"), r"a\x1b[31mb\x0a");
/// assert_eq!(common::escape::visible("\u{202e}txt"), r"\u{202e}txt");
/// ```
#[must_use]
pub fn visible(text: &str) -> Cow<'_, str> {
    if !text.chars().any(|c| c.is_control() || is_bidi_control(c)) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 16);
    for character in text.chars() {
        if character.is_control() {
            // Unicode's control characters all lie below U+00A0: two digits hold them.
            write!(shown, "\\x{:02x}", u32::from(character)).expect("a String takes every write");
        } else if is_bidi_control(character) {
            write!(shown, "{}", character.escape_unicode()).expect("a String takes every write");
        } else {
            shown.push(character);
        }
    }
    Cow::Owned(shown)
}

/// Unicode's `Bidi_Control`: marks, embeddings, overrides and isolates.
fn is_bidi_control(character: char) -> bool {
    matches!(character, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
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

    #[test]
    fn what_turns_text_around_is_shown_and_right_to_left_text_is_not_touched() {
        assert_eq!(
            visible("\u{202e}gnp.exe\u{2066}\u{200f}"),
            r"\u{202e}gnp.exe\u{2066}\u{200f}"
        );
        assert!(matches!(
            visible("\u{5e9}\u{5dc}\u{5d5}\u{5dd}"),
            Cow::Borrowed(_)
        ));
    }

    proptest! {
        #[test]
        fn nothing_shown_is_a_control(text in any::<String>()) {
            prop_assert!(!visible(&text).chars().any(|c| c.is_control() || is_bidi_control(c)));
        }
    }
}
