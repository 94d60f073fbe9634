//! `underground-chat`: server and client of the anonymous chat on the command line.

use std::process::ExitCode;

fn main() -> ExitCode {
    common::exit::code("underground-chat", underground_chat::cli::run())
}
