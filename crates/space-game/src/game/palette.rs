//! Colours, used with care: most are on the 256-colour cube, where they cost the
//! terminal half the bytes and look the same in 256 colours as in all.

use ratatui::style::{Color, Modifier, Style};

const fn ink(r: u8, g: u8, b: u8) -> Style {
    Style::new().fg(Color::Rgb(r, g, b))
}

/// No ink at all: for filling holes.
pub const NIGHT: Style = Style::new();
/// Words that should not draw the eye, and the border.
pub const FAINT: Style = ink(95, 95, 135);
/// Words to be read.
pub const PLAIN: Style = ink(175, 175, 215);
/// Words not to be missed.
pub const BRIGHT: Style = ink(255, 255, 255).add_modifier(Modifier::BOLD);
/// A number that grows.
pub const GOLD: Style = ink(255, 215, 95);

/// The ship's plates, from light to dark.
pub const HULL: [Style; 3] = [ink(215, 215, 255), ink(135, 175, 215), ink(95, 135, 175)];
/// Its window.
pub const WINDOW: Style = ink(95, 255, 255);
/// The tips of its wings.
pub const SIGNAL: Style = ink(255, 95, 95);

/// Fire as it cools.
pub const FIRE: [Style; 5] = [
    ink(255, 255, 215),
    ink(255, 215, 95),
    ink(255, 135, 0),
    ink(215, 95, 0),
    ink(135, 0, 0),
];

/// What is left of fire.
pub const SMOKE: [Style; 2] = [ink(95, 95, 95), ink(58, 58, 58)];

/// Stars by distance: near, middling, far.
pub const STARS: [Style; 3] = [ink(215, 215, 255), ink(135, 135, 175), ink(95, 95, 135)];
/// The odd star that is not white.
pub const ODD_STARS: [Style; 2] = [ink(255, 215, 175), ink(135, 215, 255)];

/// The first shot, and all the others of the relaxing game.
pub const SHOT: Style = ink(135, 255, 255);
