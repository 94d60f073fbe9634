//! The program: `ws-chatroom server` and `ws-chatroom client`.

use std::process::ExitCode;

fn main() -> ExitCode {
    common::exit::code("ws-chatroom", ws_chatroom::cli::run())
}
