//! What can be set, by flags and in the dialog.

use std::path::PathBuf;

use underground_chat::flags::Address;

use crate::words::Words;

/// Smallest and largest letters, in pixels.
const SIZES: std::ops::RangeInclusive<u16> = 9..=40;

/// Light or dark.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, clap::ValueEnum)]
pub enum Shade {
    /// Dark letters on a light ground.
    #[default]
    Light,
    /// Light letters on a dark ground.
    Dark,
}

/// Everything that can be set while the program runs.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Where the server is.
    pub address: Address,
    /// Where what is said is kept.
    pub history: PathBuf,
    /// Light or dark.
    pub shade: Shade,
    /// Size of letters in pixels.
    pub letters: u16,
    /// The language.
    pub words: Words,
}

/// Whether letters can have this size.
///
/// # Errors
///
/// A sentence that says which sizes there are.
pub fn letters(text: &str) -> Result<u16, String> {
    text.parse()
        .ok()
        .filter(|size| SIZES.contains(size))
        .ok_or_else(|| format!("give a size from {} to {}", SIZES.start(), SIZES.end()))
}

/// The nearest size that letters can have.
#[must_use]
pub fn clamp(size: u16) -> u16 {
    size.clamp(*SIZES.start(), *SIZES.end())
}

impl Settings {
    /// As the variables of `.env` that the flags read.
    #[must_use]
    pub fn variables(&self) -> Vec<(&'static str, String)> {
        let shade = match self.shade {
            Shade::Light => "light",
            Shade::Dark => "dark",
        };
        vec![
            ("MINECHAT_HOST", self.address.host.clone()),
            ("MINECHAT_READ_PORT", self.address.read_port.to_string()),
            ("MINECHAT_WRITE_PORT", self.address.write_port.to_string()),
            ("MINECHAT_HISTORY", self.history.display().to_string()),
            ("MINECHAT_THEME", shade.to_owned()),
            ("MINECHAT_FONT_SIZE", self.letters.to_string()),
            ("MINECHAT_LANG", self.words.code().to_owned()),
        ]
    }

    /// The variables that are not what they were: only those are kept, so that what was
    /// said once on the command line does not become what is said always.
    #[must_use]
    pub fn changed(&self, before: &Self) -> Vec<(&'static str, String)> {
        let before = before.variables();
        let pairs = self.variables().into_iter().zip(before);
        let changed = pairs.filter(|(now, before)| now != before);
        changed.map(|(now, _)| now).collect()
    }
}
