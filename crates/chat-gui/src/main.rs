//! The chat in a window: `cargo run -p chat-gui -- --with-server`.

use std::process::ExitCode;

fn main() -> ExitCode {
    common::exit::code("chat-gui", chat_gui::cli::run())
}
