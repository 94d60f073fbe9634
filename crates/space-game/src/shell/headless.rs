//! Playing back without a terminal: as fast as it goes, then the last picture as text.

use std::io::{self, Write as _};

use ratatui::buffer::Buffer;

use super::ascii::stand_in;
use super::{Game, Setup};
use crate::recording::Recording;

pub(super) fn play<G: Game>(
    recording: &Recording,
    ascii: bool,
    new: impl FnOnce(Setup) -> G,
) -> io::Result<()> {
    let header = &recording.header;
    let mut game = new(Setup {
        size: header.size,
        seed: header.seed,
        best: header.best,
    });
    for input in recording.inputs() {
        game.step(input);
    }
    let mut text = picture(&game);
    if ascii {
        let plain = |symbol| {
            if symbol == '\n' {
                symbol
            } else {
                stand_in(symbol)
            }
        };
        text = text.chars().map(plain).collect();
    }
    let mut stdout = io::stdout().lock();
    match writeln!(stdout, "{text}{}", game.verdict()) {
        // Whoever reads has seen enough (`| head`).
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        done => done,
    }
}

/// The picture of `game` as text, a line a row, without blanks at their ends.
#[must_use]
pub fn picture<G: Game>(game: &G) -> String {
    let area = game.size().area();
    let mut buffer = Buffer::empty(area);
    game.paint(&mut buffer, area);
    let mut text = String::new();
    for row in buffer.content.chunks(usize::from(buffer.area.width)) {
        let row: String = row.iter().map(ratatui::buffer::Cell::symbol).collect();
        text.push_str(row.trim_end());
        text.push('\n');
    }
    text
}
