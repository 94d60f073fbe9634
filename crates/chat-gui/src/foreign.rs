//! Text from other people, made fit for a window: what it may not do to our own words.
//!
//! A paragraph of the toolkit is its own world of writing directions. What is taken
//! out are the controls that turn letters round, by which an address or a name is
//! made to read as another, and everything that would break a line; what is left
//! of controls is written out.

use std::ops::Range;

/// Longest start of a message that is shown before somebody asks for more, in bytes.
pub const FOLD: usize = 1200;

/// Embeddings, overrides and isolates: they change the order of letters they do not own.
fn turns_round(character: char) -> bool {
    matches!(character, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// `text` as one line in which nothing is obeyed: controls are written out, blanks of a line's end become spaces.
#[must_use]
pub fn clean(text: &str) -> String {
    let text: String = text
        .chars()
        .filter(|&character| !turns_round(character))
        .map(|character| match character {
            '\u{2028}' | '\u{2029}' | '\n' | '\r' | '\t' => ' ',
            other => other,
        })
        .collect();
    common::escape::visible(&text).into_owned()
}

/// A name to stand among our own words: cleaned, without marks of direction, and short.
#[must_use]
pub fn name(text: &str) -> String {
    let mark = |character: &char| matches!(character, '\u{200e}' | '\u{200f}' | '\u{61c}');
    let unmarked: String = text.chars().filter(|character| !mark(character)).collect();
    clean(&unmarked).chars().take(64).collect()
}

/// Where the author's name in `NICK: TEXT` ends; 0 where there is none.
#[must_use]
pub fn author(line: &str) -> usize {
    line.find(": ").unwrap_or(0)
}

/// At most `bytes` of the start of `text`, ending between two characters.
#[must_use]
pub fn start(text: &str, bytes: usize) -> &str {
    underground_chat::protocol::text::cut(text, bytes)
}

/// Where web addresses stand in `text`.
#[must_use]
pub fn links(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut from = 0;
    while let Some(begin) = text[from..].find("http").map(|at| at + from) {
        let rest = &text[begin..];
        let end = rest
            .find(|character: char| character.is_whitespace() || "<>\"“”«»".contains(character))
            .unwrap_or(rest.len());
        // A full stop or a bracket after an address belongs to the sentence around it.
        let mut address = rest[..end].trim_end_matches(['.', ',', ';', ':', '!', '?', '\'']);
        if address.ends_with(')') && !address.contains('(') {
            address = address.trim_end_matches([')', '.', ',']);
        }
        let host = ["https://", "http://"]
            .iter()
            .find_map(|scheme| address.strip_prefix(scheme));
        if host.is_some_and(|host| !host.is_empty()) {
            found.push(begin..begin + address.len());
        }
        from = begin + end.max("http".len());
    }
    found
}

fn fold(character: char) -> char {
    if character.is_ascii() {
        return character.to_ascii_lowercase();
    }
    character.to_lowercase().next().unwrap_or(character)
}

/// What is looked for, once made ready for many texts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Needle(Vec<char>);

impl Needle {
    /// Finds `text`, whatever the case of its letters; nothing, where it is empty.
    #[must_use]
    pub fn new(text: &str) -> Self {
        Self(text.chars().map(fold).collect())
    }

    /// Where it stands first in `text` at or after `from`.
    #[must_use]
    pub fn find(&self, text: &str, from: usize) -> Option<Range<usize>> {
        let &first = self.0.first()?;
        let rest = text.get(from..)?;
        if first.is_ascii() {
            // Most texts do not hold it: their bytes are gone through many at a time. The few
            // letters beyond ASCII that fold into it (the sign for Kelvin) are not looked for.
            let (lower, upper) = (first as u8, first.to_ascii_uppercase() as u8);
            let mut begins = memchr::memchr2_iter(lower, upper, rest.as_bytes());
            return begins.find_map(|begin| self.stands_at(text, from + begin));
        }
        let mut begins = rest
            .char_indices()
            .filter(|&(_, character)| fold(character) == first);
        begins.find_map(|(begin, _)| self.stands_at(text, from + begin))
    }

    /// Where it ends, if it begins at `begin`, where its first letter stands.
    fn stands_at(&self, text: &str, begin: usize) -> Option<Range<usize>> {
        let mut after = text[begin..].char_indices().skip(1);
        let same = self.0[1..]
            .iter()
            .all(|&wanted| after.next().is_some_and(|(_, found)| fold(found) == wanted));
        let end = after.next().map_or(text.len(), |(end, _)| begin + end);
        same.then_some(begin..end)
    }

    /// Everywhere it stands in `text`.
    #[must_use]
    pub fn all(&self, text: &str) -> Vec<Range<usize>> {
        let mut found = Vec::new();
        let mut from = 0;
        while let Some(range) = self.find(text, from) {
            from = range.end;
            found.push(range);
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn addresses(text: &str) -> Vec<&str> {
        links(text).into_iter().map(|range| &text[range]).collect()
    }

    #[test]
    fn controls_are_written_out_and_letters_stay_in_their_order() {
        assert_eq!(
            clean("a\x1b[1mb\u{202e}c\u{2068}d\u{2029}e"),
            r"a\x1b[1mbcd e"
        );
        assert_eq!(name("\u{200f}Eva\u{202e}"), "Eva");
        assert_eq!(clean("שלום عالم"), "שלום عالم");
    }

    #[test]
    fn an_address_ends_before_the_sentence_does() {
        assert_eq!(
            addresses(
                "see https://a.example/x_(y)?q=1, (http://b.example). httpd http:// https://é.example»"
            ),
            [
                "https://a.example/x_(y)?q=1",
                "http://b.example",
                "https://é.example"
            ]
        );
    }

    #[test]
    fn what_is_looked_for_is_found_in_any_case() {
        let needle = Needle::new("при");
        assert_eq!(needle.all("Привет, ПРИвет").len(), 2);
        assert_eq!(Needle::new("").find("anything", 0), None);
    }

    proptest! {
        #[test]
        fn nothing_clean_is_a_control_or_turns_letters_round(text in any::<String>()) {
            let clean = clean(&text);
            prop_assert!(!clean.chars().any(|c| c.is_control() || turns_round(c)));
        }

        #[test]
        fn every_place_found_lies_between_characters(text in "(http|://|é|A|a| |\\.){0,12}", looked in "[aAé]{1,2}") {
            for range in links(&text).into_iter().chain(Needle::new(&looked).all(&text)) {
                prop_assert!(text.get(range).is_some_and(|found| !found.is_empty()));
            }
        }
    }
}
