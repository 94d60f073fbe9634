//! What is done to a text before it goes on the wire, by either side.

/// `text` as one line: LF, CR and CR LF become a blank each, blanks at both ends go.
///
/// The originals delete line ends, so that `two\nlines` becomes `twolines`.
///
/// ```
/// use underground_chat::protocol::text::flatten;
/// assert_eq!(flatten("two\r\nlines\n"), "two lines");
/// ```
#[must_use]
pub fn flatten(text: &str) -> String {
    text.trim().replace("\r\n", " ").replace(['\n', '\r'], " ")
}

/// The longest beginning of `text` that is at most `bytes` long and ends between characters.
#[must_use]
pub fn cut(text: &str, bytes: usize) -> &str {
    &text[..text.floor_char_boundary(bytes)]
}

/// A nickname as the server keeps it: no control characters, single blanks, at most `characters` long.
///
/// A `:` becomes `_`: readers split `NICK: TEXT` at the first one. Characters that turn
/// the direction of writing go: they would reorder what others say on the same line.
#[must_use]
pub fn nickname(text: &str, characters: usize) -> String {
    let kept: String = text
        .chars()
        .filter(|character| character.is_whitespace() || !character.is_control())
        .filter(|character| !turns_direction(*character))
        .map(|character| if character == ':' { '_' } else { character })
        .collect();
    let words: Vec<&str> = kept.split_whitespace().collect();
    let short: String = words.join(" ").chars().take(characters).collect();
    short.trim_end().to_owned()
}

/// The explicit directional characters of Unicode's bidirectional algorithm (UAX #9, 2).
fn turns_direction(character: char) -> bool {
    matches!(character, '\u{061c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn line_ends_become_blanks() {
        assert_eq!(flatten("\na\nb\rc\r\nd \n"), "a b c d");
        assert_eq!(flatten(" \r\n "), "");
    }

    #[test]
    fn a_cut_never_splits_a_character() {
        assert_eq!(cut("пример", 5), "пр");
        assert_eq!(cut("ab", 5), "ab");
    }

    #[test]
    fn a_nickname_keeps_what_a_line_can_hold() {
        assert_eq!(nickname(" a\u{1b}[31m \t b:c\u{0} ", 32), "a[31m b_c");
        assert_eq!(nickname("абвгд е", 6), "абвгд");
        assert_eq!(nickname(" \t ", 32), "");
        assert_eq!(nickname("\u{202e}cilA \u{2066}שלום", 32), "cilA שלום");
    }

    proptest! {
        #[test]
        fn any_nickname_becomes_one_that_stays_as_it_is(text in any::<String>(), limit in 0_usize..40) {
            let once = nickname(&text, limit);
            prop_assert!(once.chars().count() <= limit);
            prop_assert!(!once.contains(|c: char| c == ':' || c.is_control()));
            prop_assert_eq!(nickname(&once, limit), once);
        }
    }
}
