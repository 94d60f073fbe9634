//! The program as a program: settings, errors, and how it ends.

use std::fs;
use std::net::TcpListener;
use std::os::unix::process::ExitStatusExt;
use std::process::Output;

use rustix::process::Signal;

use crate::albums;
use crate::client::{Server, output, program};

fn run(arguments: &[&str]) -> Output {
    let mut command = program();
    command.args(arguments);
    output(command)
}

fn one_line(output: &Output) -> String {
    let text = String::from_utf8(output.stderr.clone()).unwrap();
    assert_eq!(text.lines().count(), 1, "{text}");
    assert!(text.starts_with("photo-archive: "), "{text}");
    text
}

#[test]
fn a_port_in_use_is_one_line_that_says_what_to_do() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let output = run(&["--bind", &address]);
    assert_eq!(output.status.code(), Some(1));
    let line = one_line(&output);
    assert!(line.contains(&address) && line.contains("--bind"), "{line}");
}

#[test]
fn a_directory_that_is_not_there_is_one_line_that_names_it() {
    let output = run(&["--photos", "/nowhere/at all"]);
    assert_eq!(output.status.code(), Some(1));
    let line = one_line(&output);
    assert!(
        line.contains("/nowhere/at all") && line.contains("--photos"),
        "{line}"
    );
}

#[test]
fn wrong_usage_ends_with_two() {
    for arguments in [
        &["--bogus"][..],
        &["--delay", "soon"],
        &["--max-downloads", "0"],
    ] {
        assert_eq!(run(arguments).status.code(), Some(2), "{arguments:?}");
    }
}

#[test]
fn a_variable_is_as_strict_as_its_flag() {
    for (variable, value, told) in [
        ("DEBUG", "release", "DEBUG (from the environment)"),
        (
            "PHOTOS_INDEX",
            "perhaps",
            "PHOTOS_INDEX (from the environment)",
        ),
        (
            "PHOTOS_VERBOSE",
            "much",
            "PHOTOS_VERBOSE (from the environment)",
        ),
        ("PHOTOS_STALL_TIMEOUT", "0", "must be more than 0"),
        ("PHOTOS_MAX_DOWNLOADS", "0", "from 1 to"),
    ] {
        let mut command = program();
        command.env(variable, value);
        let output = output(command);
        let text = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{variable}: {text}");
        assert!(text.contains(told), "{variable}: {text}");
    }
}

#[test]
fn either_of_two_variables_logs_more() {
    let directory = albums();
    for (variable, value, more) in [
        ("DEBUG", "yes", true),
        ("DEBUG", "off", false),
        ("PHOTOS_VERBOSE", "1", true),
        ("PHOTOS_VERBOSE", "0", false),
    ] {
        let mut command = program();
        command.env("PHOTOS_PATH", directory.path());
        command.env(variable, value);
        let server = Server::run(command);
        // It is no picture, which only an engineer wants to know.
        server.get("/thumbnail/7kna/1.jpg");
        let (_, log) = server.end(Signal::INT);
        assert_eq!(log.contains("DEBUG"), more, "{variable}={value}: {log}");
    }
}

#[test]
fn help_fits_a_terminal_and_shows_examples() {
    let help = String::from_utf8(run(&["--help"]).stdout).unwrap();
    assert!(help.contains("Examples:"), "{help}");
    assert!(
        help.lines().all(|line| line.chars().count() <= 80),
        "{help}"
    );
    for variable in [
        "PHOTOS_PATH",
        "BIND",
        "DELAY",
        "DEBUG",
        "PHOTOS_MAX_DOWNLOADS",
        "PHOTOS_INDEX",
        "PHOTOS_STALL_TIMEOUT",
        "PHOTOS_VERBOSE",
    ] {
        assert!(help.contains(&format!("[env: {variable}")), "{variable}");
    }
    assert!(run(&["--version"]).stdout.starts_with(b"photo-archive "));
}

#[test]
fn the_command_line_wins_over_the_environment_and_that_over_a_file() {
    let directory = albums();
    let here = tempfile::tempdir().unwrap();
    let settings = format!(
        "PHOTOS_PATH={}\nPHOTOS_INDEX=1\n",
        directory.path().display()
    );
    fs::write(here.path().join(".env"), settings).unwrap();
    let listed = |environment: Option<&str>, arguments: &[&str]| {
        let mut command = program();
        command.current_dir(here.path()).args(arguments);
        if let Some(value) = environment {
            command.env("PHOTOS_INDEX", value);
        }
        Server::run(command).get("/").text().contains("7kna")
    };
    assert!(listed(None, &[]));
    assert!(!listed(Some("0"), &[]));
    assert!(listed(Some("0"), &["--index"]));
}

#[test]
fn the_program_ends_cleanly_when_asked() {
    let directory = albums();
    for (signal, code) in [(Signal::INT, 0), (Signal::TERM, 0), (Signal::HUP, 129)] {
        let server = Server::start(directory.path(), &[]);
        let (status, _) = server.end(signal);
        assert_eq!(
            status.code(),
            Some(code),
            "{signal:?}: {:?}",
            status.signal()
        );
    }
}

#[test]
fn a_download_under_way_does_not_keep_the_program_from_ending() {
    let directory = albums();
    let server = Server::start(directory.path(), &["--delay", "3600"]);
    let mut pending = server.open("GET", "/archive/7kna/", &[]);
    pending.read(1000);
    let (status, log) = server.end(Signal::INT);
    assert_eq!(status.code(), Some(0));
    assert!(log.contains("ended after"), "{log}");
}
