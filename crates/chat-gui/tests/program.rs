//! The real program where it cannot open a window.

// A test's helpers are tests too: a panic is how they fail.
#![allow(clippy::unwrap_used)]

use std::process::{Command, Output};

fn program(arguments: &[&str]) -> Output {
    let directory = tempfile::tempdir().unwrap();
    Command::new(env!("CARGO_BIN_EXE_chat-gui"))
        .args(arguments)
        .current_dir(directory.path())
        .env_clear()
        .output()
        .unwrap()
}

#[test]
fn without_a_display_one_line_says_so() {
    let output = program(&[]);
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert_eq!(said.lines().count(), 1, "{said}");
    assert!(said.starts_with("chat-gui: there is no display"), "{said}");
}

#[test]
fn where_nobody_answers_at_the_display_one_line_says_so() {
    for display in [
        ("DISPLAY", ":4095"),
        ("WAYLAND_DISPLAY", "/nowhere/wayland-9"),
    ] {
        let directory = tempfile::tempdir().unwrap();
        let output = Command::new(env!("CARGO_BIN_EXE_chat-gui"))
            .current_dir(directory.path())
            .env_clear()
            .envs([display])
            .output()
            .unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{said}");
        assert_eq!(said.lines().count(), 1, "{said}");
        let line = format!(
            "chat-gui: cannot open a window on {}={}",
            display.0, display.1
        );
        assert!(said.starts_with(&line), "{said}");
    }
}

#[test]
fn letters_that_nobody_can_read_are_refused() {
    let output = program(&["--font-size", "3"]);
    assert_eq!(output.status.code(), Some(2));
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("from 9 to 40"), "{said}");
}
