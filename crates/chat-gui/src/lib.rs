//! The anonymous chat of the course in a window of its own.
//!
//! | module | what it is |
//! |---|---|
//! | [`state`] | the whole window as a pure state: a message in, effects out |
//! | [`conversation`] | what was said, and the part of it that can be seen |
//! | [`heights`] | where each row of a long list begins |
//! | [`row`] | one row of the list, laid out exactly |
//! | [`list`] | the list as a widget |
//! | [`rest`] | a field whose cursor stops blinking when nobody writes |
//! | [`outbox`] | what we wrote and have not read back yet |
//! | [`foreign`] | other people's text made fit for a window |
//! | [`view`] | how the window looks |
//! | [`keyboard`] | which keys mean what |
//! | [`palette`], [`settings`], [`words`] | colours, settings, languages |
//! | [`app`] | the shell: connection, files, clipboard, browser |
//! | [`threads`], [`display`] | the runtime beneath, and the window's opening |
//! | [`cli`] | the command line |
//!
//! The protocol and the connection are `underground-chat`'s.

pub mod app;
pub mod cli;
pub mod conversation;
pub mod display;
pub mod foreign;
pub mod heights;
pub mod keyboard;
pub mod list;
pub mod outbox;
pub mod palette;
pub mod rest;
pub mod row;
pub mod settings;
pub mod state;
pub mod threads;
pub mod view;
pub mod words;

/// The font of the window: a bundled one, so that a bare machine shows text; other
/// scripts come from the system's fonts.
pub const FONT: iced::Font = iced::Font::with_name("Fira Sans");
