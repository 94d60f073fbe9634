//! The shell: plays a game in a terminal, or a recording without one.
//!
//! Both games run in this one loop: wait for the next tick's deadline while taking
//! in keys, step the game, paint it when its picture changed. All that is not the
//! game's own lives here: the terminal's modes, colours, size and hang-up, pausing,
//! suspending, signals, recording and playing back.

mod ansi;
mod ascii;
mod color;
mod headless;
mod inbox;
mod keyboard;
mod modes;
mod options;
mod overlay;
mod pace;
mod screen;
mod session;
mod source;
mod stats;

use std::io::{self, IsTerminal as _};
use std::process::ExitCode;

use anyhow::bail;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::engine::{Input, Size};

pub use ansi::SPACE;
pub use ascii::stand_in;
pub use color::Depth;
pub use headless::picture;
pub use options::Options;
pub use pace::TICKS_PER_SECOND;

/// The smallest screen that a game must fit on.
pub const SMALLEST: Size = Size::new(20, 10);

/// A game as the shell sees it: something that takes inputs tick by tick and paints.
pub trait Game {
    /// The program's name, as recordings give it.
    const NAME: &'static str;
    /// The program's version, as recordings give it.
    const VERSION: &'static str;

    /// Lets one tick pass.
    fn step(&mut self, input: Input);

    /// The size it plays in.
    fn size(&self) -> Size;

    /// Paints into `area`, whose corner is the game's, and nothing outside it.
    fn paint(&self, buffer: &mut Buffer, area: Rect);

    /// Whether the picture changed since this was last asked.
    fn take_changed(&mut self) -> bool;

    /// Whether the bell rang since this was last asked.
    fn take_bell(&mut self) -> bool {
        false
    }

    /// How it stands, in a few words: `score 12`.
    fn verdict(&self) -> String;

    /// The seed of the game being played, which a restart changes.
    fn seed(&self) -> u64;

    /// The best score ever, this game included.
    fn best(&self) -> u32 {
        0
    }

    /// Whether the game is lost, and only waits to be begun again.
    fn is_over(&self) -> bool {
        false
    }
}

/// What a new game is given.
#[derive(Clone, Copy, Debug)]
pub struct Setup {
    /// The screen.
    pub size: Size,
    /// For all its randomness.
    pub seed: u64,
    /// The best score so far.
    pub best: u32,
}

/// Plays the game that `new` makes, as `options` say, until its player quits.
///
/// `best` is the best score so far; `save` is called with a better one when a game is over
/// and when its player quits, though not while a recording is played. That it cannot be
/// kept is said on stderr at the end, and spoils nobody's game.
///
/// # Errors
///
/// There is no terminal, it went away, or a recording cannot be read or written.
pub fn play<G: Game>(
    options: &Options,
    best: u32,
    new: impl FnOnce(Setup) -> G,
    save: impl FnMut(u32) -> anyhow::Result<()>,
) -> anyhow::Result<ExitCode> {
    let recording = options.recording(G::NAME, G::VERSION)?;
    if let Some(recording) = &recording
        && !io::stdout().is_terminal()
    {
        headless::play(recording, options.ascii == Some(true), new)?;
        return Ok(ExitCode::SUCCESS);
    }
    if !(io::stdin().is_terminal() && io::stdout().is_terminal()) {
        bail!(
            "a game needs a terminal on stdin and stdout; without one it only plays back: --replay FILE"
        );
    }
    session::run(options, recording, best, new, save)
}
