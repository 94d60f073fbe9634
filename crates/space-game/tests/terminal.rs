//! The real program in a pseudo-terminal: it plays, pauses, suspends and quits, and
//! however it ends, the terminal is as it was.

// A test's helpers are tests too: a panic is how they fail.
#![allow(clippy::unwrap_used)]

#[path = "pty/terminal.rs"]
mod terminal;

use std::cell::Cell;
use std::fs;
use std::process::Stdio;

use rustix::process::Signal;
use terminal::{Terminal, without_terminal};

const PROGRAM: &str = env!("CARGO_BIN_EXE_space-game");

fn start(arguments: &[&str]) -> Terminal {
    let mut terminal = Terminal::start(PROGRAM, arguments, 80, 24);
    terminal.wait_until("the ship is there", |screen| nose(screen).is_some());
    terminal
}

/// Where the ship is: the column and row of its nose.
fn nose(screen: &vt100::Screen) -> Option<(usize, usize)> {
    let rows = screen.rows(0, 80).enumerate();
    let mut found = rows.filter_map(|(y, row)| Some((row.chars().position(|c| c == '▲')?, y)));
    found.next()
}

#[test]
fn the_ship_flies_by_arrows_and_letters() {
    let mut terminal = start(&["--seed", "1"]);
    for (key, left) in [("h", true), ("\x1b[C", false), ("a", true), ("l", false)] {
        // From frame to frame: it may glide on the other way before it has the key.
        let last = Cell::new(nose(terminal.screen()).unwrap().0);
        terminal.send(key);
        terminal.wait_until("the ship has flown", |screen| {
            nose(screen).is_some_and(|(x, _)| {
                let before = last.replace(x);
                if left { x < before } else { x > before }
            })
        });
    }
    terminal.send("q");
    assert_eq!(terminal.end(), 0);
    terminal.assert_restored();
    assert!(
        terminal.text().contains("space-game: flew for"),
        "{}",
        terminal.text()
    );
}

#[test]
fn a_paused_game_stands_still_until_it_goes_on() {
    let mut terminal = start(&["--seed", "1"]);
    terminal.send("p");
    terminal.wait_for("paused");
    let before = nose(terminal.screen()).unwrap();
    terminal.send("hhh");
    terminal.send("p");
    terminal.wait_until("it goes on", |screen| !screen.contents().contains("paused"));
    assert_eq!(nose(terminal.screen()).unwrap(), before);
    // The terminal lost the focus.
    terminal.send("\x1b[O");
    terminal.wait_for("paused");
    terminal.send("\x1b");
    assert_eq!(terminal.end(), 0);
    terminal.assert_restored();
}

#[test]
fn signals_and_ctrl_c_end_it_and_restore_the_terminal() {
    for (signal, code) in [
        (Some(Signal::TERM), 0),
        (Some(Signal::INT), 0),
        (Some(Signal::HUP), 129),
        (None, 0),
    ] {
        let mut terminal = start(&[]);
        match signal {
            Some(signal) => terminal.signal(signal),
            None => terminal.send("\x03"),
        }
        assert_eq!(terminal.end(), code, "{signal:?}");
        terminal.assert_restored();
    }
}

#[test]
fn a_panic_restores_the_terminal_before_it_is_reported() {
    let mut terminal = start(&["--panic-at", "20"]);
    assert_eq!(terminal.end(), 101);
    terminal.assert_restored();
    assert!(terminal.text().contains("drill"), "{}", terminal.text());
}

#[test]
fn a_hang_up_ends_it() {
    assert_eq!(start(&[]).hang_up(), 129);
}

#[test]
fn half_an_escape_sequence_does_not_stop_the_clock() {
    let mut terminal = start(&["--stars", "500"]);
    terminal.send("\x1b[");
    for _ in 0..3 {
        let before = terminal.screen().contents_formatted();
        terminal.wait_until("a star blinks", |screen| {
            screen.contents_formatted() != before
        });
    }
    terminal.signal(Signal::TERM);
    assert_eq!(terminal.end(), 0);
}

#[test]
fn any_size_will_do_and_too_small_says_so() {
    let mut terminal = start(&["--seed", "1"]);
    terminal.resize(15, 5);
    terminal.wait_for("needs 20x10");
    terminal.resize(20, 10);
    terminal.wait_until("the ship is back", |screen| nose(screen).is_some());
    terminal.resize(100, 30);
    terminal.wait_until("the border has moved", |screen| {
        screen.contents_between(29, 99, 29, 100).contains('╯')
    });
    terminal.send("q");
    assert_eq!(terminal.end(), 0);
}

#[test]
fn ctrl_z_suspends_and_fg_comes_back() {
    let mut terminal = Terminal::start("/bin/sh", &["-i"], 80, 24);
    terminal.send(&format!("{PROGRAM} --seed 1\n"));
    terminal.wait_until("the ship is there", |screen| nose(screen).is_some());
    terminal.send("\x1a");
    terminal.wait_until("the shell is back", |screen| {
        !screen.alternate_screen() && !screen.hide_cursor()
    });
    terminal.wait_for("Stopped");
    terminal.send("fg\n");
    terminal.wait_until("the game is back", |screen| {
        screen.alternate_screen() && nose(screen).is_some()
    });
    terminal.send("q");
    terminal.wait_for("flew for");
    terminal.child.kill().unwrap();
}

#[test]
fn every_frame_is_one_write() {
    let mut terminal = start(&["--stats"]);
    terminal.send("l");
    terminal.wait_until("the hint has gone", |screen| {
        !screen.contents().contains("arrows")
    });
    terminal.send("q");
    assert_eq!(terminal.end(), 0);
    let text = terminal.text().replace('\n', " ");
    let number_before = |word: &str| {
        let before = text.split(word).next().unwrap();
        before.rsplit(' ').next().unwrap().parse::<u64>().unwrap()
    };
    let frames = number_before(" frames in");
    assert!(frames > 10, "{text}");
    assert_eq!(number_before(" writes,"), frames, "{text}");
}

#[test]
fn a_recording_plays_the_same_flight_again_without_a_terminal() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("flight.txt");
    let path = path.to_str().unwrap();
    let mut terminal = start(&["--seed", "5", "--record", path]);
    let before = nose(terminal.screen()).unwrap();
    terminal.send("h");
    terminal.wait_until("the ship has flown", |screen| {
        nose(screen).is_some_and(|place| place != before)
    });
    terminal.send("q");
    assert_eq!(terminal.end(), 0);
    let recording = fs::read_to_string(path).unwrap();
    assert!(
        recording.starts_with("space-game-recording 1\ngame space-game "),
        "{recording}"
    );
    assert!(
        recording.contains(" left\n") && recording.contains("end "),
        "{recording}"
    );
    let replay = || {
        let output = without_terminal(PROGRAM)
            .args(["--replay", path])
            .output()
            .unwrap();
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).unwrap()
    };
    let picture = replay();
    assert_eq!(picture, replay());
    let last = picture.lines().last().unwrap();
    assert!(last.starts_with("flew for"), "{picture}");
    let row = picture.lines().find(|row| row.contains('▲')).unwrap();
    assert!(row.chars().position(|c| c == '▲').unwrap() < before.0);
}

#[test]
fn the_picture_in_the_readme_is_the_one_of_the_recorded_flight() {
    let flight = concat!(env!("CARGO_MANIFEST_DIR"), "/assets/flight.txt");
    let output = without_terminal(PROGRAM)
        .args(["--replay", flight])
        .output()
        .unwrap();
    let picture = String::from_utf8(output.stdout).unwrap();
    assert!(include_str!("../README.md").contains(&picture), "{picture}");
}

#[test]
fn without_a_terminal_it_says_so_in_one_line() {
    let output = without_terminal(PROGRAM)
        .stdin(Stdio::null())
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    let error = String::from_utf8(output.stderr).unwrap();
    assert_eq!(error.lines().count(), 1, "{error}");
    assert!(error.contains("needs a terminal"), "{error}");
    assert!(output.stdout.is_empty());
}

#[test]
fn a_recording_that_is_none_is_named() {
    let output = without_terminal(PROGRAM)
        .args(["--replay", "Cargo.toml"])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    let error = String::from_utf8(output.stderr).unwrap();
    assert!(
        error.contains("Cargo.toml") && error.lines().count() == 1,
        "{error}"
    );
}

#[test]
fn a_second_signal_at_once_restores_the_terminal_too() {
    for _ in 0..5 {
        let mut terminal = start(&[]);
        terminal.signal(Signal::HUP);
        terminal.signal(Signal::TERM);
        let code = terminal.end();
        assert!([0, 129, 143].contains(&code), "{code}");
        terminal.assert_restored();
    }
}

#[test]
fn a_terminal_that_stops_reading_is_cooked_again_when_a_signal_insists() {
    let mut terminal = Terminal::start_stalled(PROGRAM, &[]);
    terminal.signal(Signal::TERM);
    terminal.signal(Signal::INT);
    let code = terminal.end();
    assert!([130, 143].contains(&code), "{code}");
    assert!(terminal.is_cooked());
}

#[test]
fn beginning_again_ends_a_pause_and_the_seed_printed_is_that_of_the_last_game() {
    let mut terminal = start(&["--seed", "5"]);
    terminal.send("p");
    terminal.wait_for("paused");
    terminal.send("r");
    terminal.wait_until("it goes on", |screen| !screen.contents().contains("paused"));
    terminal.send("q");
    assert_eq!(terminal.end(), 0);
    assert!(terminal.text().contains("seed 6"), "{}", terminal.text());
}

#[test]
fn a_recording_is_not_recorded_nor_seeded_again() {
    for other in [["--record", "new.txt"], ["--seed", "3"]] {
        let output = without_terminal(PROGRAM)
            .args(["--replay", "flight.txt"])
            .args(other)
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(2));
        let error = String::from_utf8(output.stderr).unwrap();
        assert!(error.contains("cannot be used with"), "{error}");
    }
}

#[test]
fn more_stars_than_a_million_are_refused() {
    let output = without_terminal(PROGRAM)
        .args(["--stars", "1000001"])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2));
    let error = String::from_utf8(output.stderr).unwrap();
    assert!(error.contains("1000000"), "{error}");
}

#[test]
fn a_locale_without_utf_8_is_drawn_in_ascii() {
    let mut terminal = Terminal::start_with(PROGRAM, &[], 80, 24, &[("LC_ALL", "C")]);
    terminal.wait_for("arrows fly");
    terminal.send("q");
    assert_eq!(terminal.end(), 0);
    assert!(terminal.bytes.is_ascii());
}

#[test]
fn a_recording_that_began_without_a_size_can_be_played() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("flight.txt");
    let path = path.to_str().unwrap();
    let mut terminal = Terminal::start(PROGRAM, &["--record", path], 0, 0);
    terminal.wait_until("it has begun", |screen| screen.alternate_screen());
    terminal.resize(80, 24);
    terminal.wait_until("the ship is there", |screen| nose(screen).is_some());
    terminal.send("q");
    assert_eq!(terminal.end(), 0);
    let output = without_terminal(PROGRAM)
        .args(["--replay", path])
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    let picture = String::from_utf8(output.stdout).unwrap();
    assert!(
        picture.contains('▲') && picture.lines().count() == 25,
        "{picture}"
    );
}
