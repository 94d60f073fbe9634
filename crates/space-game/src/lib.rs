//! A coroutine engine for terminal games, the shell that plays them, and one game.
//!
//! - [`engine`]: the stage and its coroutines. Pure: no clock, no terminal.
pub mod engine;
