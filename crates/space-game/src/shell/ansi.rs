//! The cheapest bytes that change a terminal's picture: `ratatui` says which cells
//! differ, this says how to get there.
//!
//! The terminal's cursor and colours stay known from frame to frame, so neither is
//! reset. Each way to the next cell is weighed by its length, and a frame is
//! encoded twice, by rows and by colour, of which the shorter is sent.

use std::io::Write as _;

use ratatui::buffer::Cell;
use ratatui::style::{Color, Modifier};

use super::ascii::stand_in;
use super::color::Depth;

/// Space itself, where the terminal can show it: the same night on a light terminal as on a dark one.
pub const SPACE: Color = Color::Rgb(8, 8, 18);

/// A cell that is to change.
pub(super) type Changed<'a> = (u16, u16, &'a Cell);

/// What is known of the terminal, and what it can show.
#[derive(Debug)]
pub(super) struct Encoder {
    depth: Depth,
    ascii: bool,
    pen: Pen,
    /// Kept between frames for its memory.
    trials: [Vec<u8>; 2],
}

/// The terminal's cursor and style.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Pen {
    /// Unknown at first, and after the last column, where terminals differ.
    at: Option<(u16, u16)>,
    look: Look,
}

/// Colours as the terminal is told them. The default is what `SGR 0` leaves.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Look {
    fg: Color,
    bg: Color,
    modifier: Modifier,
}

impl Encoder {
    pub(super) fn new(depth: Depth, ascii: bool) -> Self {
        Self {
            depth,
            ascii,
            pen: Pen::unknown(),
            trials: [Vec::new(), Vec::new()],
        }
    }

    /// Clears a screen of `width` x `height`, by blanks: not every terminal clears in the current colour.
    pub(super) fn clear(&mut self, width: u16, height: u16, out: &mut Vec<u8>) {
        out.extend(b"\x1b[0m");
        self.pen = Pen::unknown();
        let blank = Cell::EMPTY;
        for y in 0..height {
            for x in 0..width {
                self.encode_cell((x, y, &blank), width, out);
            }
        }
    }

    /// Adds to `out` what changes `cells`, of a screen `width` columns wide.
    pub(super) fn encode(&mut self, cells: &mut [Changed<'_>], width: u16, out: &mut Vec<u8>) {
        let [mut by_rows, mut by_look] = std::mem::take(&mut self.trials);
        let start = self.pen;
        for &cell in &*cells {
            self.encode_cell(cell, width, &mut by_rows);
        }
        let end = std::mem::replace(&mut self.pen, start);
        cells.sort_by_cached_key(|&(x, y, cell)| (self.rank(cell), y, x));
        for &cell in &*cells {
            self.encode_cell(cell, width, &mut by_look);
        }
        if by_rows.len() <= by_look.len() {
            self.pen = end;
            out.extend(&by_rows);
        } else {
            out.extend(&by_look);
        }
        by_rows.clear();
        by_look.clear();
        self.trials = [by_rows, by_look];
    }

    /// Cells of equal rank look alike. The look the terminal has now comes first.
    fn rank(&self, cell: &Cell) -> (bool, u64) {
        let look = self.look(cell);
        let number = |color| match color {
            Color::Reset => 0,
            Color::Indexed(index) => 1 << 24 | u64::from(index),
            Color::Rgb(r, g, b) => 2 << 24 | u64::from(u32::from_be_bytes([0, r, g, b])),
            _ => 3 << 24,
        };
        let key = u64::from(look.modifier.bits()) << 52 | number(look.bg) << 26 | number(look.fg);
        (look != self.pen.look && !is_blank(cell), key)
    }

    fn look(&self, cell: &Cell) -> Look {
        let bg = match (cell.bg, self.depth) {
            (Color::Reset, Depth::None) => Color::Reset,
            (Color::Reset, Depth::Sixteen) => Color::Indexed(0),
            (Color::Reset, _) => SPACE,
            (other, _) => other,
        };
        // Grey, not the terminal's own: that may be black, for paper.
        let fg = match (cell.fg, self.depth) {
            (Color::Reset, Depth::None) => Color::Reset,
            (Color::Reset, _) => Color::Indexed(7),
            (other, _) => other,
        };
        let mut modifier = cell.modifier;
        if modifier.contains(Modifier::BOLD) {
            // Terminals differ in what both weights at once are.
            modifier -= Modifier::DIM;
        }
        Look {
            fg: self.depth.nearest(fg),
            bg: self.depth.nearest(bg),
            modifier,
        }
    }

    fn encode_cell(&mut self, (x, y, cell): Changed<'_>, width: u16, out: &mut Vec<u8>) {
        if self.pen.at != Some((x, y)) {
            go(self.pen.at, (x, y), out);
        }
        let mut wanted = self.look(cell);
        if is_blank(cell) {
            // Of a blank only the background is seen.
            wanted = Look {
                bg: wanted.bg,
                ..self.pen.look
            };
        }
        change(self.pen.look, wanted, out);
        self.pen.look = wanted;
        if self.ascii {
            out.extend(cell.symbol().chars().map(|symbol| stand_in(symbol) as u8));
        } else {
            out.extend(cell.symbol().as_bytes());
        }
        self.pen.at = (x + 1 < width).then_some((x + 1, y));
    }
}

impl Pen {
    fn unknown() -> Self {
        Self {
            at: None,
            look: Look::default(),
        }
    }
}

fn is_blank(cell: &Cell) -> bool {
    cell.symbol() == " "
        && !cell
            .modifier
            .intersects(Modifier::REVERSED | Modifier::UNDERLINED)
}

/// The shortest way from one cell to another: along the row, straight down, or by address.
fn go(from: Option<(u16, u16)>, (x, y): (u16, u16), out: &mut Vec<u8>) {
    let address = 4 + digits(y + 1) + digits(x + 1);
    if let Some((at, row)) = from
        && y >= row
    {
        let down = usize::from(y - row);
        let (ahead, back) = (x.saturating_sub(at), at.saturating_sub(x));
        let along = match (ahead, back) {
            (0, 0) => 0,
            (1, _) => 3,
            (_, 0) => 3 + digits(ahead),
            (_, back) => usize::from(back).min(3 + digits(back)),
        };
        if down + along < address {
            // A line feed keeps the column in raw mode, and never scrolls: the row exists.
            out.resize(out.len() + down, b'\n');
            match (ahead, back) {
                (0, 0) => {}
                (1, _) => out.extend(b"\x1b[C"),
                (_, 0) => put(out, format_args!("\x1b[{ahead}C")),
                (_, back) if usize::from(back) <= 3 + digits(back) => {
                    out.resize(out.len() + usize::from(back), b'\x08');
                }
                (_, back) => put(out, format_args!("\x1b[{back}D")),
            }
            return;
        }
    }
    put(out, format_args!("\x1b[{};{}H", y + 1, x + 1));
}

fn digits(number: u16) -> usize {
    number
        .checked_ilog10()
        .map_or(1, |power| power as usize + 1)
}

/// One SGR sequence from one look to another, or nothing.
fn change(from: Look, to: Look, out: &mut Vec<u8>) {
    if from == to {
        return;
    }
    out.extend(b"\x1b[");
    let start = out.len();
    let mut code = |text: std::fmt::Arguments<'_>| {
        if out.len() > start {
            out.push(b';');
        }
        put(out, text);
    };
    let gone = from.modifier - to.modifier;
    let mut come = to.modifier - from.modifier;
    let weights = Modifier::BOLD | Modifier::DIM;
    if gone.intersects(weights) {
        // One code ends both weights.
        code(format_args!("22"));
        come |= to.modifier & weights;
    }
    for (flag, on, off) in [
        (Modifier::BOLD, 1, 0),
        (Modifier::DIM, 2, 0),
        (Modifier::ITALIC, 3, 23),
        (Modifier::UNDERLINED, 4, 24),
        (Modifier::REVERSED, 7, 27),
    ] {
        if come.contains(flag) {
            code(format_args!("{on}"));
        } else if off > 0 && gone.contains(flag) {
            code(format_args!("{off}"));
        }
    }
    for (layer, from, to) in [(30, from.fg, to.fg), (40, from.bg, to.bg)] {
        if from == to {
            continue;
        }
        match to {
            Color::Indexed(index @ 0..8) => code(format_args!("{}", layer + u16::from(index))),
            Color::Indexed(index @ 8..16) => {
                code(format_args!("{}", layer + 52 + u16::from(index)))
            }
            Color::Indexed(index) => code(format_args!("{};5;{index}", layer + 8)),
            Color::Rgb(r, g, b) => code(format_args!("{};2;{r};{g};{b}", layer + 8)),
            _ => code(format_args!("{}", layer + 9)),
        }
    }
    if out.len() == start {
        // Only modifiers that have no code here changed.
        out.truncate(start - 2);
    } else {
        out.push(b'm');
    }
}

fn put(out: &mut Vec<u8>, text: std::fmt::Arguments<'_>) {
    out.write_fmt(text).expect("a Vec takes every write");
}

#[cfg(test)]
mod tests;
