//! Where the programs and the examples are, and how one runs without knowing this machine.

use std::path::{Path, PathBuf};
use std::process::Command;

/// Every program of the workshop.
pub(crate) const ALL: [&str; 8] = [
    "chat-gui",
    "chat-servers",
    "garbage-shooter",
    "photo-archive",
    "space-game",
    "tutorials",
    "underground-chat",
    "ws-chatroom",
];

/// The file of a program, beside this test's own.
pub(crate) fn path(name: &str) -> PathBuf {
    let own = std::env::current_exe().unwrap();
    let directory = own.parent().unwrap().parent().unwrap();
    let path = directory.join(name);
    assert!(
        path.exists(),
        "{name} is not built: run cargo test --workspace, or cargo build --workspace before"
    );
    path
}

/// A program that knows no setting of whoever runs the tests, and has `directory` for a home.
pub(crate) fn command(name: &str, directory: &Path) -> Command {
    let mut command = Command::new(path(name));
    command
        .current_dir(directory)
        .env_clear()
        .env("HOME", directory)
        .env("TMPDIR", directory)
        .env("TZ", "UTC");
    command
}

/// An example, likewise.
pub(crate) fn example(name: &str, directory: &Path) -> Command {
    command(&format!("examples/{name}"), directory)
}
