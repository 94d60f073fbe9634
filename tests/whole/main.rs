//! The programs together: what all of them do alike, what they do with one another,
//! and what the examples show. Needs the binaries of all members: `cargo test --workspace`.

// A test's helpers are tests too: a panic is how they fail.
#![allow(clippy::unwrap_used)]

mod binary;
mod conventions;
mod examples;
mod flows;
mod leftovers;
#[path = "../../crates/underground-chat/tests/shell/program.rs"]
mod program;
#[path = "../../crates/space-game/tests/pty/terminal.rs"]
mod terminal;
