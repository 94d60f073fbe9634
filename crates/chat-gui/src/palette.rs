//! Colours, light and dark, and one for each name.
//!
//! Every pair of letters and ground has a contrast of at least 4.5 to 1, what
//! WCAG 2.2 (1.4.3) asks for text of ordinary size; a test looks at all of them.

use iced::theme::Palette;
use iced::{Color, Theme, color};

use crate::settings::Shade;

/// Colours of one shade.
#[derive(Clone, Copy, Debug)]
pub struct Colors {
    /// Beneath messages.
    pub ground: Color,
    /// Beneath bars and dialogs.
    pub bar: Color,
    /// Beneath our own messages.
    pub own: Color,
    /// Letters.
    pub text: Color,
    /// Letters that matter less.
    pub faint: Color,
    /// What can be clicked, and the frame of what has the keyboard.
    pub link: Color,
    /// Lines between parts.
    pub line: Color,
    /// Beneath what is selected.
    pub selected: Color,
    /// Beneath what was looked for.
    pub found: Color,
    /// Something is wrong.
    pub wrong: Color,
    /// All is well.
    pub well: Color,
    dark: bool,
}

const LIGHT: Colors = Colors {
    ground: color!(0xffffff),
    bar: color!(0xf2f3f5),
    own: color!(0xe8f1fb),
    text: color!(0x1c1e21),
    faint: color!(0x5f6670),
    link: color!(0x0b57b8),
    line: color!(0xd4d7dc),
    selected: color!(0xbcd7f7),
    found: color!(0xffe08a),
    wrong: color!(0xb3261e),
    well: color!(0x1a6b34),
    dark: false,
};

const DARK: Colors = Colors {
    ground: color!(0x17191c),
    bar: color!(0x212429),
    own: color!(0x1e2a38),
    text: color!(0xe6e8eb),
    faint: color!(0xa3abb5),
    link: color!(0x7db7ff),
    line: color!(0x383d45),
    selected: color!(0x264f80),
    found: color!(0x6b5600),
    wrong: color!(0xff9d94),
    well: color!(0x7ed695),
    dark: true,
};

/// The colours of a shade.
#[must_use]
pub fn of(shade: Shade) -> &'static Colors {
    match shade {
        Shade::Light => &LIGHT,
        Shade::Dark => &DARK,
    }
}

/// The toolkit's theme in these colours.
#[must_use]
pub fn theme(shade: Shade) -> Theme {
    let colors = of(shade);
    let palette = Palette {
        background: colors.bar,
        text: colors.text,
        primary: colors.link,
        success: colors.well,
        warning: colors.found,
        danger: colors.wrong,
    };
    Theme::custom(format!("{shade:?}"), palette)
}

impl Colors {
    /// A colour for a name: always the same for the same name.
    #[must_use]
    pub fn of_name(&self, name: &str) -> Color {
        // FNV-1a, 32 bits: a name's hash is not to change between versions of a library.
        let hash = name.bytes().fold(0x811c_9dc5_u32, |hash, byte| {
            (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193)
        });
        let hue = (hash >> 8) % 24;
        self.hue(hue as f32 * 15.0)
    }

    /// The colour of a hue that is light or dark enough to be read on both grounds.
    fn hue(&self, degrees: f32) -> Color {
        let grounds = [self.ground, self.own];
        let steps = (0..=40).map(|step| step as f32 / 40.0);
        let readable = |color: &Color| {
            grounds
                .iter()
                .all(|&ground| color.relative_contrast(ground) >= 4.6)
        };
        let shades = steps.map(|step| {
            let lightness = if self.dark {
                0.5 + step / 2.0
            } else {
                0.5 - step / 2.0
            };
            from_hsl(degrees, 0.65, lightness)
        });
        let mut shades = shades;
        shades.find(readable).unwrap_or(self.text)
    }
}

fn from_hsl(degrees: f32, saturation: f32, lightness: f32) -> Color {
    let reach = saturation * lightness.min(1.0 - lightness);
    let part = |shift: f32| {
        let k = (shift + degrees / 30.0) % 12.0;
        lightness - reach * (k - 3.0).min(9.0 - k).clamp(-1.0, 1.0)
    };
    Color::from_rgb(part(0.0), part(8.0), part(4.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_letters_can_be_read_on_their_ground() {
        for colors in [LIGHT, DARK] {
            for letters in [
                colors.text,
                colors.faint,
                colors.link,
                colors.wrong,
                colors.well,
            ] {
                for ground in [colors.ground, colors.bar, colors.own] {
                    assert!(
                        letters.relative_contrast(ground) >= 4.5,
                        "{letters:?} on {ground:?}"
                    );
                }
            }
            for ground in [colors.selected, colors.found] {
                assert!(colors.text.relative_contrast(ground) >= 4.5, "{ground:?}");
            }
        }
    }

    #[test]
    fn every_name_can_be_read_and_most_differ() {
        for colors in [LIGHT, DARK] {
            let mut seen = std::collections::HashSet::new();
            for number in 0..200 {
                let color = colors.of_name(&format!("Boring {number}"));
                assert!(color.relative_contrast(colors.ground) >= 4.5);
                assert!(color.relative_contrast(colors.own) >= 4.5);
                seen.insert(color.into_rgba8());
            }
            assert!(seen.len() >= 20, "{}", seen.len());
        }
        assert_eq!(LIGHT.of_name("Eva"), LIGHT.of_name("Eva"));
    }
}
