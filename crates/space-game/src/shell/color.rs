//! Colours: what the terminal can show of what a game paints.
//!
//! Games paint in 24-bit colour. Fewer are reached by the nearest colour, so that
//! no game needs a second palette.

use std::env;

use ratatui::style::Color;

/// How many colours there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Depth {
    /// None; bold and dim remain.
    None,
    /// The sixteen of every terminal, which its user may have chosen.
    #[value(name = "16")]
    Sixteen,
    /// The 6x6x6 cube and the greys.
    #[value(name = "256")]
    Indexed,
    /// 24 bits.
    Truecolor,
}

impl Depth {
    /// What the environment says of the terminal: `NO_COLOR`, `COLORTERM`, `TERM`.
    #[must_use]
    pub fn from_environment() -> Self {
        let variable = |name| env::var(name).unwrap_or_default();
        Self::detect(
            &variable("NO_COLOR"),
            &variable("COLORTERM"),
            &variable("TERM"),
        )
    }

    fn detect(no_color: &str, colorterm: &str, term: &str) -> Self {
        if !no_color.is_empty() || term == "dumb" {
            Self::None
        } else if matches!(colorterm, "truecolor" | "24bit") || term.ends_with("-direct") {
            Self::Truecolor
        } else if term.contains("256color") {
            Self::Indexed
        } else {
            Self::Sixteen
        }
    }

    /// The nearest colour there is. `Reset` stays: it is the terminal's own.
    #[must_use]
    pub fn nearest(self, color: Color) -> Color {
        let Color::Rgb(r, g, b) = color else {
            return if self == Self::None {
                Color::Reset
            } else {
                color
            };
        };
        match self {
            Self::None => Color::Reset,
            Self::Sixteen => Color::Indexed(nearest_of(&SIXTEEN, [r, g, b])),
            Self::Indexed => Color::Indexed(nearest_in_cube([r, g, b]).0),
            // The same colour in fewer bytes, where the cube holds it.
            Self::Truecolor => match nearest_in_cube([r, g, b]) {
                (index, true) => Color::Indexed(index),
                (_, false) => color,
            },
        }
    }
}

/// xterm's values for colours 0 to 15.
const SIXTEEN: [[u8; 3]; 16] = [
    [0, 0, 0],
    [205, 0, 0],
    [0, 205, 0],
    [205, 205, 0],
    [0, 0, 238],
    [205, 0, 205],
    [0, 205, 205],
    [229, 229, 229],
    [127, 127, 127],
    [255, 0, 0],
    [0, 255, 0],
    [255, 255, 0],
    [92, 92, 255],
    [255, 0, 255],
    [0, 255, 255],
    [255, 255, 255],
];

/// xterm's steps of the cube, colours 16 to 231.
const STEPS: [u8; 6] = [0, 95, 135, 175, 215, 255];

fn nearest_in_cube(wanted: [u8; 3]) -> (u8, bool) {
    let step = |value: u8| {
        let distance = |&index: &usize| STEPS[index].abs_diff(value);
        (0..STEPS.len()).min_by_key(distance).unwrap_or(0)
    };
    let [r, g, b] = wanted.map(step);
    let cube = [STEPS[r], STEPS[g], STEPS[b]];
    let average = wanted.iter().map(|&value| u16::from(value)).sum::<u16>() / 3;
    let level = (average.saturating_sub(3) / 10).min(23) as u8;
    let grey = [8 + 10 * level; 3];
    let (index, found) = if distance(grey, wanted) < distance(cube, wanted) {
        (232 + level, grey)
    } else {
        ((16 + 36 * r + 6 * g + b) as u8, cube)
    };
    (index, found == wanted)
}

fn nearest_of(palette: &[[u8; 3]], wanted: [u8; 3]) -> u8 {
    let nearest = (0..palette.len()).min_by_key(|&index| distance(palette[index], wanted));
    nearest.unwrap_or(0) as u8
}

fn distance(one: [u8; 3], other: [u8; 3]) -> u32 {
    let square = |index: usize| u32::from(one[index].abs_diff(other[index])).pow(2);
    square(0) + square(1) + square(2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_environment_decides_and_no_color_wins() {
        let cases = [
            (("", "truecolor", "xterm-256color"), Depth::Truecolor),
            (("", "24bit", "xterm"), Depth::Truecolor),
            (("", "", "screen-256color"), Depth::Indexed),
            (("", "", "linux"), Depth::Sixteen),
            (("", "", ""), Depth::Sixteen),
            (("", "", "dumb"), Depth::None),
            (("1", "truecolor", "xterm-256color"), Depth::None),
        ];
        for ((no_color, colorterm, term), depth) in cases {
            assert_eq!(Depth::detect(no_color, colorterm, term), depth);
        }
    }

    #[test]
    fn colours_go_to_the_nearest_there_is() {
        let orange = Color::Rgb(255, 140, 10);
        assert_eq!(Depth::Truecolor.nearest(orange), orange);
        assert_eq!(Depth::Indexed.nearest(orange), Color::Indexed(208));
        assert_eq!(Depth::Sixteen.nearest(orange), Color::Indexed(3));
        assert_eq!(Depth::None.nearest(orange), Color::Reset);
        assert_eq!(
            Depth::Indexed.nearest(Color::Rgb(80, 80, 82)),
            Color::Indexed(239)
        );
    }

    #[test]
    fn a_colour_of_the_cube_is_written_the_short_way() {
        let exact = Color::Rgb(255, 135, 0);
        assert_eq!(Depth::Truecolor.nearest(exact), Color::Indexed(208));
    }
}
