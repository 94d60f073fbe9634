//! ASCII stand-ins for the characters that games draw with, for `--ascii`.

use ratatui::buffer::Cell;
use ratatui::style::Color;

/// From dark to light.
const SHADES: [char; 7] = ['.', ':', '-', '=', '+', '*', '%'];

/// The character to show for `cell`. A half block over another colour is two points of a
/// picture, which only its light tells from the next.
pub(super) fn plain(cell: &Cell) -> char {
    match (cell.symbol(), cell.fg, cell.bg) {
        ("▀", Color::Rgb(r, g, b), Color::Rgb(..)) => {
            let light = (u32::from(r) * 3 + u32::from(g) * 5 + u32::from(b) * 2) / 10;
            SHADES[(light as usize * SHADES.len() / 256).min(SHADES.len() - 1)]
        }
        (symbol, ..) => symbol.chars().next().map_or(' ', stand_in),
    }
}

/// The character to show for `symbol` where only ASCII can be shown.
#[must_use]
pub fn stand_in(symbol: char) -> char {
    match symbol {
        ' '..='~' => symbol,
        '─' | '━' | '═' | '╌' | '▔' | '—' | '╾' | '╼' | '╴' | '╶' => '-',
        '│' | '┃' | '║' | '╎' | '▏' | '▕' | '╿' | '╽' | '╷' | '╵' => '|',
        '┌' | '┐' | '└' | '┘' | '╭' | '╮' | '╰' | '╯' | '┼' | '╋' | '╪' | '╫' | '├' | '┤' | '┬'
        | '┴' | '✚' | '✛' | '╬' | '╔' | '╗' | '╚' | '╝' => '+',
        '╱' | '◢' | '▗' | '▞' | '▟' | '◤' | '▘' | '⟋' => '/',
        '╲' | '◣' | '▖' | '▚' | '▙' | '◥' | '▝' | '⟍' => '\\',
        '▲' | '△' | '▴' | '▵' | '⌃' => '^',
        '▼' | '▽' | '▾' => 'v',
        '◀' | '◁' | '◂' | '⟨' => '<',
        '▶' | '▷' | '▸' | '⟩' => '>',
        '█' | '▓' | '▉' | '■' | '▦' | '▩' | '▤' | '▥' => '#',
        '▒' | '▨' | '▧' | '□' | '▣' => '%',
        '░' | '▪' | '▫' => ':',
        '▀' => '"',
        '▄' | '▁' | '▂' | '▃' | '▅' | '▆' | '▇' => '_',
        '▌' | '▛' => '[',
        '▐' | '▜' => ']',
        '●' | '◉' | '◎' | '○' | '◍' | '◌' | '◯' => 'o',
        '◆' | '◇' | '◈' | '✦' | '✧' | '✶' | '✷' | '✸' | '✹' | '✺' | '★' | '☆' | '※' => {
            '*'
        }
        '·' | '∙' | '•' | '˙' => '.',
        '×' | '✕' | '╳' => 'x',
        '∩' => 'n',
        '∪' => 'u',
        '¤' => '@',
        '«' => '<',
        '»' => '>',
        '’' | '‘' => '\'',
        _ => '?',
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_of_half_blocks_keeps_its_light_and_shade() {
        let shown = |light: u8| {
            let mut cell = Cell::new("▀");
            cell.set_fg(Color::Rgb(light, light, light));
            cell.set_bg(Color::Rgb(9, 9, 9));
            plain(&cell)
        };
        assert_eq!([0, 120, 255].map(shown), ['.', '=', '%']);
        assert_eq!(plain(&Cell::new("▀")), '"', "a stroke stays a stroke");
    }

    #[test]
    fn whatever_comes_is_shown_as_printable_ascii() {
        for symbol in '\0'..='\u{ffff}' {
            assert!(matches!(stand_in(symbol), ' '..='~'), "{symbol:?}");
        }
    }
}
