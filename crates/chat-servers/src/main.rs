//! The program: `chat-servers` serves on every runtime, `chat-servers tokio` on one.

use std::process::ExitCode;

fn main() -> ExitCode {
    common::exit::code("chat-servers", chat_servers::cli::run())
}
