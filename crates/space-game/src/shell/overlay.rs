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
    let wanted = format!("at least {}x{}, please", SMALLEST.width, SMALLEST.height);
    let short = format!(">{}x{}", SMALLEST.width, SMALLEST.height);
    let text = if wanted.len() <= usize::from(width) {
        &wanted
    } else {
        &short
    };
    buffer.set_stringn(0, height / 2, text, usize::from(width), Style::new());
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
    fn a_screen_too_small_is_told_how_large_it_must_be() {
        let mut buffer = Buffer::empty(Rect::new(0, 0, 19, 9));
        too_small(&mut buffer);
        let text: String = buffer.content.iter().map(|cell| cell.symbol()).collect();
        assert!(text.contains("20x10"), "{text}");
    }
}
