//! A coroutine engine for terminal games, the shell that plays them, and one game.
//!
//! - [`engine`]: the stage and its coroutines. Pure: no clock, no terminal.
//! - [`recording`]: games as text, to be played again.
//! - [`shell`]: the terminal, the clock and the keys around any game.
//! - [`game`]: the ship among the stars, a coroutine each. Its stars, border and
//!   first shot serve the sequel, `garbage-shooter`, too.
//!
//! The original (`01.async_console_game`) is one loop over a list of Python
//! coroutines that paint through `curses`; README.md says what became of each part.

pub mod engine;
pub mod game;
pub mod recording;
pub mod shell;
