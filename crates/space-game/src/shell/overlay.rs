//! Lines that the shell itself puts over a game: paused, too small, the end of a recording.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::{Color, Style};

use super::SMALLEST;
use crate::engine::Size;

/// Puts `text` on a bright line in the middle of the screen.
pub(super) fn notice(text: &str, buffer: &mut Buffer) {
    let style = Style::new()
        .fg(Color::Rgb(8, 8, 18))
        .bg(Color::Rgb(255, 215, 95))
        .bold();
    let width = (text.chars().count() as u16 + 4).min(buffer.area.width);
    let line = Size::new(width, 1).centred_in(buffer.area);
    for x in line.left()..line.right() {
        if let Some(cell) = buffer.cell_mut(Position::new(x, line.y)) {
            cell.reset();
            cell.set_style(style);
        }
    }
    let text_width = usize::from(width.saturating_sub(2));
    buffer.set_stringn(
        line.x + (width > 4) as u16 * 2,
        line.y,
        text,
        text_width,
        style,
    );
}

/// Says how large the screen must be.
pub(super) fn too_small(buffer: &mut Buffer) {
    let Rect { width, height, .. } = buffer.area;
    if height == 0 {
        return;
    }
    let wanted = format!("{}x{}", SMALLEST.width, SMALLEST.height);
    let needs = format!("needs {wanted}");
    let whole = format!("too small: {needs}");
    // The first that fits; in a corner that holds none, as much of the size as it holds.
    let ways: [&[&str]; 5] = [
        &[&whole],
        &["too small:", &needs],
        &[&needs],
        &["needs", &wanted],
        &[&wanted],
    ];
    let fits = |lines: &&[&str]| {
        lines.len() <= usize::from(height)
            && lines.iter().all(|line| line.len() <= usize::from(width))
    };
    let lines = ways.into_iter().find(fits).unwrap_or(ways[4]);
    let top = (height - lines.len() as u16) / 2;
    for (y, line) in (top..).zip(lines) {
        buffer.set_stringn(0, y, line, usize::from(width), Style::new());
    }
}

pub(super) fn is_too_small(screen: Size) -> bool {
    screen.width < SMALLEST.width || screen.height < SMALLEST.height
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notices_fit_every_screen() {
        for width in 0..40 {
            for height in 0..4 {
                let mut buffer = Buffer::empty(Rect::new(0, 0, width, height));
                too_small(&mut buffer);
                if height > 0 {
                    notice("paused", &mut buffer);
                    notice(&"long ".repeat(20), &mut buffer);
                }
            }
        }
    }

    #[test]
    fn a_screen_too_small_is_told_in_words_how_large_it_must_be() {
        for (width, height, words) in [
            (80, 9, &["too small: needs 20x10"][..]),
            (18, 40, &["too small:", "needs 20x10"]),
            (18, 1, &["needs 20x10"]),
            (10, 9, &["needs", "20x10"]),
            (5, 2, &["needs", "20x10"]),
            (5, 1, &["20x10"]),
            (3, 3, &["20x"]),
        ] {
            let mut buffer = Buffer::empty(Rect::new(0, 0, width, height));
            too_small(&mut buffer);
            let rows = buffer.content.chunks(usize::from(width));
            let rows = rows.map(|row| row.iter().map(|cell| cell.symbol()).collect::<String>());
            let shown: Vec<String> = rows
                .map(|row| row.trim().to_owned())
                .filter(|row| !row.is_empty())
                .collect();
            assert_eq!(shown, words, "{width}x{height}");
        }
    }
}
