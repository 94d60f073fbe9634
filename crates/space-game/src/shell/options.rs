//! The command line that both games share.

use std::fs::File;
use std::hash::{BuildHasher as _, RandomState};
use std::io::Read as _;
use std::path::PathBuf;

use anyhow::{Context as _, bail};
use clap::builder::BoolishValueParser;

use super::color::Depth;
use crate::recording::Recording;

/// The largest file that is read as a recording, in bytes. An hour of wild flying is 1 MB.
const LARGEST: u64 = 64 << 20;

/// How to play. A game adds its own flags beside these.
#[derive(Clone, Debug, clap::Args)]
pub struct Options {
    /// Play the game of this number again; chosen by chance if not given
    #[arg(long, env = "GAME_SEED", value_name = "N")]
    pub seed: Option<u64>,

    /// Write a recording of the game to this file
    #[arg(long, env = "GAME_RECORD", value_name = "FILE")]
    pub record: Option<PathBuf>,

    /// Play a recording back, without --seed and --record; into a pipe, print
    /// its last picture and the score
    #[arg(long, env = "GAME_REPLAY", value_name = "FILE")]
    pub replay: Option<PathBuf>,

    /// Pictures per second, 1 to 60; the game itself always makes 60 ticks
    #[arg(long, env = "GAME_FPS", value_name = "N", default_value_t = 60,
          value_parser = clap::value_parser!(u32).range(1..=60))]
    pub fps: u32,

    /// Colours to use; found out from NO_COLOR, COLORTERM and TERM if not given
    #[arg(long, env = "GAME_COLOR", value_name = "COLOURS")]
    pub color: Option<Depth>,

    /// Draw with ASCII characters only
    #[arg(long, env = "GAME_ASCII", value_parser = BoolishValueParser::new())]
    pub ascii: bool,

    /// Do not ring the terminal's bell
    #[arg(long, env = "GAME_MUTE", value_parser = BoolishValueParser::new())]
    pub mute: bool,

    /// On leaving, say on stderr what was drawn, and how late
    #[arg(long, env = "GAME_STATS", value_parser = BoolishValueParser::new())]
    pub stats: bool,

    /// Panic at this tick: a drill that shows the terminal restored
    #[arg(long, value_name = "TICK", hide = true)]
    pub panic_at: Option<u64>,
}

impl Options {
    /// The recording to play back, if one was asked for.
    pub(super) fn recording(&self, name: &str, version: &str) -> anyhow::Result<Option<Recording>> {
        let Some(path) = &self.replay else {
            return Ok(None);
        };
        let place = path.display();
        let mut text = String::new();
        File::open(path)
            .and_then(|file| file.take(LARGEST).read_to_string(&mut text))
            .with_context(|| format!("cannot read {place}, given by --replay"))?;
        let recording = Recording::parse(&text).with_context(|| format!("cannot play {place}"))?;
        let header = &recording.header;
        if header.game != name {
            bail!("cannot play {place}: it is a recording of {}", header.game);
        }
        if header.version != version {
            eprintln!(
                "{name}: {place} was recorded by version {}, this is {version}: it may play differently",
                header.version
            );
        }
        Ok(Some(recording))
    }

    pub(super) fn seed(&self) -> u64 {
        // The standard library's own source of chance is enough to begin a game, and
        // such a seed is short enough to be typed again.
        let chance = || RandomState::new().hash_one(()) % 1_000_000;
        self.seed.unwrap_or_else(chance)
    }
}
