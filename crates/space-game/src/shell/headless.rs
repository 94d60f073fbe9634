//! Playing back without a terminal: as fast as it goes, then the last picture as text.

use std::io::{self, Write as _};

use ratatui::buffer::{Buffer, Cell};

use super::ascii::plain;
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
    let text = if ascii {
        drawn(&game, |cell, row| row.push(plain(cell)))
    } else {
        picture(&game)
    };
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
    drawn(game, |cell, row| row.push_str(cell.symbol()))
}

fn drawn<G: Game>(game: &G, add: impl Fn(&Cell, &mut String)) -> String {
    let area = game.size().area();
    let mut buffer = Buffer::empty(area);
    game.paint(&mut buffer, area);
    let mut text = String::new();
    for row in buffer.content.chunks(usize::from(buffer.area.width)) {
        let start = text.len();
        for cell in row {
            add(cell, &mut text);
        }
        text.truncate(start + text[start..].trim_end().len());
        text.push('\n');
    }
    text
}
