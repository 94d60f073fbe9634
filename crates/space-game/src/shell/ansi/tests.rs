//! The encoder against a terminal: whatever changes, the picture must be the one painted.

use std::num::NonZeroU16;

use proptest::prelude::*;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::*;

const WIDTH: u16 = 12;
const HEIGHT: u16 = 6;

fn style() -> impl Strategy<Value = Style> {
    let color = prop::sample::select(vec![
        Color::Reset,
        Color::Rgb(255, 135, 0),
        Color::Rgb(250, 130, 3),
        Color::Rgb(90, 90, 120),
        Color::Indexed(9),
    ]);
    let modifier = prop::sample::select(vec![
        Modifier::empty(),
        Modifier::BOLD,
        Modifier::DIM,
        Modifier::BOLD | Modifier::ITALIC,
        Modifier::BOLD | Modifier::DIM,
        Modifier::REVERSED,
    ]);
    (color.clone(), color, modifier)
        .prop_map(|(fg, bg, modifier)| Style::new().fg(fg).bg(bg).add_modifier(modifier))
}

fn picture() -> impl Strategy<Value = Buffer> {
    let cell = (
        0..WIDTH,
        0..HEIGHT,
        prop::sample::select(vec!["#", ".", "█", " "]),
        style(),
    );
    prop::collection::vec(cell, 0..40).prop_map(|cells| {
        let mut buffer = Buffer::empty(Rect::new(0, 0, WIDTH, HEIGHT));
        for (x, y, symbol, style) in cells {
            buffer[(x, y)].set_symbol(symbol).set_style(style);
        }
        buffer
    })
}

fn cells(number: u16) -> NonZeroU16 {
    NonZeroU16::new(number).unwrap()
}

/// What a cell of the painted picture should be in the terminal.
fn expected(encoder: &Encoder, cell: &Cell) -> (String, Look) {
    (cell.symbol().to_owned(), encoder.look(cell))
}

fn shown(cell: &vt100::Cell) -> (String, Look) {
    let color = |color| match color {
        vt100::Color::Default => Color::Reset,
        vt100::Color::Idx(index) => Color::Indexed(index),
        vt100::Color::Rgb(r, g, b) => Color::Rgb(r, g, b),
    };
    let mut modifier = Modifier::empty();
    modifier.set(Modifier::BOLD, cell.bold());
    modifier.set(Modifier::DIM, cell.dim());
    modifier.set(Modifier::ITALIC, cell.italic());
    modifier.set(Modifier::REVERSED, cell.inverse());
    let symbol = if cell.has_contents() {
        cell.contents()
    } else {
        " "
    };
    let (fg, bg) = (color(cell.fgcolor()), color(cell.bgcolor()));
    (symbol.to_owned(), Look { fg, bg, modifier })
}

proptest! {
    #[test]
    fn a_terminal_shows_every_picture_of_a_series_as_painted(
        pictures in prop::collection::vec(picture(), 1..8),
        depth in prop::sample::select(vec![
            Depth::None, Depth::Sixteen, Depth::Indexed, Depth::Truecolor]),
    ) {
        let mut encoder = Encoder::new(depth, false);
        let mut terminal = vt100::Parser::new(cells(HEIGHT), cells(WIDTH), 0);
        let mut out = Vec::new();
        encoder.clear(WIDTH, HEIGHT, &mut out);
        let mut before = Buffer::empty(Rect::new(0, 0, WIDTH, HEIGHT));
        for picture in pictures {
            encoder.encode(&mut before.diff(&picture), WIDTH, &mut out);
            terminal.process(&out);
            out.clear();
            for (x, y) in (0..HEIGHT).flat_map(|y| (0..WIDTH).map(move |x| (x, y))) {
                let cell = &picture[(x, y)];
                let (symbol, look) = shown(terminal.screen().cell(y, x).unwrap());
                let (wanted, mut wanted_look) = expected(&encoder, cell);
                if is_blank(cell) {
                    wanted_look = Look { bg: wanted_look.bg, ..look };
                }
                prop_assert_eq!((symbol, look), (wanted, wanted_look), "at {},{}", x, y);
            }
            before = picture;
        }
    }

    #[test]
    fn ascii_means_that_nothing_else_is_sent(picture in picture()) {
        let mut encoder = Encoder::new(Depth::Truecolor, true);
        let mut out = Vec::new();
        let before = Buffer::empty(picture.area);
        encoder.encode(&mut before.diff(&picture), WIDTH, &mut out);
        prop_assert!(out.is_ascii());
    }
}

#[test]
fn without_colours_none_is_sent_but_bold_is() {
    let mut encoder = Encoder::new(Depth::None, false);
    let mut cell = Cell::new("*");
    cell.set_style(Style::new().fg(Color::Rgb(1, 2, 3)).bg(Color::Red).bold());
    let mut out = Vec::new();
    encoder.encode(&mut [(0, 0, &cell)], WIDTH, &mut out);
    assert_eq!(out, b"\x1b[1;1H\x1b[1m*");
}

#[test]
fn a_neighbour_of_the_same_look_costs_its_character_only() {
    let mut encoder = Encoder::new(Depth::Truecolor, false);
    let cell = Cell::new("x");
    let mut out = Vec::new();
    encoder.encode(&mut [(4, 2, &cell)], WIDTH, &mut out);
    out.clear();
    encoder.encode(&mut [(5, 2, &cell), (5, 3, &cell)], WIDTH, &mut out);
    assert_eq!(out, b"x\n\x08x");
}
