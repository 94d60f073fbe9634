//! Large letters: five cells wide, five rows high, of blocks.

use ratatui::style::Style;
use space_game::engine::Art;

/// Rows of a letter, a bit a cell, the highest of five on the left.
const LETTERS: [(char, [u8; 5]); 12] = [
    ('A', [0b01110, 0b11011, 0b11111, 0b11011, 0b11011]),
    ('B', [0b11110, 0b11011, 0b11110, 0b11011, 0b11110]),
    ('E', [0b11111, 0b11000, 0b11110, 0b11000, 0b11111]),
    ('G', [0b01111, 0b11000, 0b11011, 0b11011, 0b01111]),
    ('H', [0b11011, 0b11011, 0b11111, 0b11011, 0b11011]),
    ('M', [0b11011, 0b11111, 0b11111, 0b10101, 0b10101]),
    ('O', [0b01110, 0b11011, 0b11011, 0b11011, 0b01110]),
    ('R', [0b11110, 0b11011, 0b11110, 0b11011, 0b11011]),
    ('S', [0b01111, 0b11000, 0b01110, 0b00011, 0b11110]),
    ('T', [0b11111, 0b01110, 0b00100, 0b00100, 0b00100]),
    ('V', [0b11011, 0b11011, 0b11011, 0b01110, 0b00100]),
    (' ', [0; 5]),
];

/// Between two letters: more than within one.
const GAP: &str = "  ";

/// A word in large letters, each row in its style of `styles`. Its last rows crumble.
///
/// Letters that are not needed for the two names are left out.
#[must_use]
pub fn large(word: &str, styles: [Style; 5]) -> Art {
    let mut text = String::new();
    for row in 0..5 {
        for (index, letter) in word.chars().enumerate() {
            let known = LETTERS.iter().find(|(known, _)| *known == letter);
            let bits = known.map_or(0, |(_, rows)| rows[row]);
            for column in 0..5 {
                let set = bits >> (4 - column) & 1 == 1;
                text.push(if set { block(index, row, column) } else { ' ' });
            }
            text.push_str(GAP);
        }
        text.push('\n');
    }
    Art::new(&text).recoloured(|place, (symbol, _)| (symbol, styles[place.y as usize % 5]))
}

/// Full blocks above; below they wear away, like everything up there.
fn block(index: usize, row: usize, column: usize) -> char {
    let grain = (index * 31 + column * 17 + row * 7) % 5;
    match (row, grain) {
        (0..3, _) => '█',
        (3, 0) => '▓',
        (3, _) => '█',
        (_, 0) => '░',
        (_, 1 | 2) => '▒',
        _ => '▓',
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_the_words_that_are_written_have_their_letters() {
        for letter in "GARBAGE SHOOTER GAME OVER".chars() {
            assert!(
                LETTERS.iter().any(|(known, _)| *known == letter),
                "{letter}"
            );
        }
    }

    #[test]
    fn a_letter_takes_five_cells_and_a_gap_of_two() {
        let art = large("GAME", [Style::new(); 5]);
        assert_eq!((art.size().width, art.size().height), (28, 5));
    }
}
