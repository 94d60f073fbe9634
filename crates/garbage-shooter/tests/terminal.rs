//! The real program in a pseudo-terminal: title, play, pause, quit, and the best score on disk.

// A test's helpers are tests too: a panic is how they fail.
#![allow(clippy::unwrap_used)]

#[path = "../../space-game/tests/pty/terminal.rs"]
mod terminal;

use std::fs;
use std::process::Stdio;

use rustix::process::Signal;
use terminal::{Terminal, without_terminal};

const PROGRAM: &str = env!("CARGO_BIN_EXE_garbage-shooter");
const DEMO: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/assets/demo-80x24.txt");

#[test]
fn it_plays_pauses_and_quits() {
    let mut terminal = Terminal::start(PROGRAM, &["--seed", "3", "--mute"], 80, 24);
    terminal.wait_for("SPACE or ENTER");
    terminal.send(" ");
    terminal.wait_for("1957 Sputnik");
    terminal.wait_for("1958");
    terminal.send("p");
    terminal.wait_for("paused");
    terminal.send("p");
    terminal.wait_for("1961 Gagarin");
    terminal.send("r");
    terminal.wait_for("1957 Sputnik");
    terminal.send("q");
    assert_eq!(terminal.end(), 0);
    terminal.assert_restored();
    assert!(
        terminal.text().contains("score 0, seed 4"),
        "{}",
        terminal.text()
    );
}

#[test]
fn sigterm_sighup_and_a_panic_leave_the_terminal_as_it_was() {
    for (signal, code) in [(Signal::TERM, 0), (Signal::HUP, 129)] {
        let mut terminal = Terminal::start(PROGRAM, &[], 80, 24);
        terminal.wait_for("SPACE or ENTER");
        terminal.signal(signal);
        assert_eq!(terminal.end(), code);
        terminal.assert_restored();
    }
    let mut terminal = Terminal::start(PROGRAM, &["--panic-at", "5"], 80, 24);
    assert_eq!(terminal.end(), 101);
    terminal.assert_restored();
}

#[test]
fn the_best_score_of_this_user_is_shown() {
    let home = tempfile::tempdir().unwrap();
    let directory = home.path().join("garbage-shooter");
    fs::create_dir(&directory).unwrap();
    fs::write(directory.join("best"), "4321\n").unwrap();
    let home = home.path().to_str().unwrap();
    let mut terminal = Terminal::start_with(PROGRAM, &[], 80, 24, &[("XDG_DATA_HOME", home)]);
    terminal.wait_for("best 4321");
    terminal.send("q");
    assert_eq!(terminal.end(), 0);
}

#[test]
fn ascii_and_no_colour_are_obeyed() {
    let arguments = ["--ascii", "--color", "none"];
    let mut terminal = Terminal::start(PROGRAM, &arguments, 80, 24);
    terminal.wait_for("SPACE or ENTER");
    terminal.send(" ");
    terminal.wait_for("1958");
    terminal.send("q");
    assert_eq!(terminal.end(), 0);
    assert!(terminal.bytes.is_ascii());
    let text = String::from_utf8_lossy(&terminal.bytes);
    assert!(!text.contains("38;") && !text.contains("48;"), "no colours");
}

#[test]
fn without_a_terminal_a_recording_ends_in_its_last_picture_and_the_score() {
    let output = without_terminal(PROGRAM)
        .args(["--replay", DEMO])
        .stdin(Stdio::null())
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    let text = String::from_utf8(output.stdout).unwrap();
    let last = text.lines().last().unwrap();
    let score = last.strip_prefix("2050, score ").unwrap();
    let score: u32 = score.parse().unwrap();
    assert!(score >= 100, "{text}");
    assert!(text.contains(" 2050 "), "{text}");
}

#[test]
fn the_picture_in_the_readme_is_the_one_of_the_demo() {
    let output = without_terminal(PROGRAM)
        .args(["--replay", DEMO])
        .output()
        .unwrap();
    let picture = String::from_utf8(output.stdout).unwrap();
    assert!(include_str!("../README.md").contains(&picture), "{picture}");
}

#[test]
fn without_a_terminal_or_a_recording_it_says_so_in_one_line() {
    let output = without_terminal(PROGRAM)
        .stdin(Stdio::null())
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    let error = String::from_utf8(output.stderr).unwrap();
    assert_eq!(error.lines().count(), 1, "{error}");
}

#[test]
fn a_best_score_that_cannot_be_read_is_said_and_spoils_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("file");
    fs::write(&file, "").unwrap();
    let home = [("XDG_DATA_HOME", file.to_str().unwrap())];
    let mut terminal = Terminal::start_with(PROGRAM, &[], 80, 24, &home);
    terminal.wait_for("SPACE or ENTER");
    terminal.send("q");
    assert_eq!(terminal.end(), 0);
    let text = terminal.text();
    assert!(text.contains("cannot read the best score"), "{text}");
    // A recording does not ask for it.
    let output = without_terminal(PROGRAM)
        .args(["--replay", DEMO])
        .envs(home)
        .output()
        .unwrap();
    assert!(
        output.status.success() && output.stderr.is_empty(),
        "{output:?}"
    );
}
