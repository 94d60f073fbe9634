//! The README against the lessons: every session that it shows is played, and every line
//! of output has to be there. `…` in the README stands for what differs from run to run.
//!
//! A block is a terminal: `$ command`, then what it says. In a block of `nc`, a line that
//! begins with `> ` is typed.

use std::collections::BTreeSet;
use std::io::Write as _;
use std::process::Stdio;

use crate::process::{Server, run, text, tutorials};
use crate::scenario::Client;

const README: &str = include_str!("../../README.md");
const PROGRAM: &str = "cargo run -p tutorials";

/// Lessons that wait. Under the virtual clock they say the same, sooner, and always exactly.
const TIMED: [&str; 3] = ["scheduler", "async-await", "cancellation"];

struct Session<'a> {
    command: &'a str,
    output: Vec<&'a str>,
}

fn sessions() -> Vec<Session<'static>> {
    let mut sessions: Vec<Session<'static>> = Vec::new();
    for block in README.split("```console\n").skip(1) {
        for line in block.split("\n```").next().unwrap().lines() {
            match line.strip_prefix("$ ") {
                Some(command) => sessions.push(Session {
                    command,
                    output: Vec::new(),
                }),
                None => sessions.last_mut().unwrap().output.push(line),
            }
        }
    }
    sessions
}

/// Whether `line` is `pattern`, with anything in place of each `…`.
fn like(pattern: &str, line: &str) -> bool {
    let mut rest = line;
    let mut parts = pattern.split('…');
    let Some(after) = rest.strip_prefix(parts.next().unwrap_or("")) else {
        return false;
    };
    rest = after;
    let parts: Vec<&str> = parts.collect();
    for (number, part) in parts.iter().enumerate() {
        if number + 1 == parts.len() {
            return rest.ends_with(part);
        }
        let Some(place) = rest.find(part) else {
            return false;
        };
        rest = &rest[place + part.len()..];
    }
    rest.is_empty()
}

fn compare(expected: &[&str], said: &str, command: &str) {
    let said: Vec<&str> = said.lines().collect();
    let same = expected.len() == said.len()
        && expected
            .iter()
            .zip(&said)
            .all(|(pattern, line)| like(pattern, line));
    assert!(
        same,
        "$ {command}\nthe README says\n{}\nand the lesson\n{}",
        expected.join("\n"),
        said.join("\n")
    );
}

/// Plays a session of a lesson that ends by itself; what the README shows after `> ` is typed.
fn converse(arguments: &[&str], session: &Session<'_>) {
    let mut child = tutorials(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = child.stdin.take().unwrap();
    for typed in session
        .output
        .iter()
        .filter_map(|line| line.strip_prefix("> "))
    {
        writeln!(input, "{typed}").unwrap();
    }
    drop(input);
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "$ {}", session.command);
    let expected: Vec<&str> = session
        .output
        .iter()
        .copied()
        .filter(|line| !line.starts_with("> "))
        .collect();
    compare(&expected, &text(&output.stdout), session.command);
}

/// Plays one session of `nc` against a server, and stays connected.
fn play(server: &Server, session: &Session<'_>) -> Client {
    let mut client = Client::connect(server.address);
    for line in &session.output {
        match line.strip_prefix("> ") {
            Some(typed) => client.send(format!("{typed}\n")),
            None => assert_eq!(&client.line(), line, "$ {}", session.command),
        }
    }
    client
}

#[test]
fn every_session_in_the_readme_is_what_happens() {
    let sessions = sessions();
    let mut shown = BTreeSet::new();
    let mut number = 0;
    while number < sessions.len() {
        let session = &sessions[number];
        number += 1;
        let Some(arguments) = session.command.strip_prefix(PROGRAM) else {
            panic!(
                "the README shows {:?} without a server before it",
                session.command
            );
        };
        let mut arguments: Vec<&str> = arguments
            .trim_start_matches(" --")
            .split_whitespace()
            .collect();
        let lesson = arguments.first().copied().unwrap_or_default();
        shown.insert(lesson);
        if !session
            .output
            .first()
            .is_some_and(|line| line.starts_with("listening on "))
        {
            if TIMED.contains(&lesson) && !arguments.contains(&"--virtual") {
                arguments.push("--virtual");
            }
            converse(&arguments, session);
            continue;
        }
        let server = Server::start(&arguments);
        let mut clients = Vec::new();
        while let Some(nc) = sessions
            .get(number)
            .filter(|next| next.command.starts_with("nc "))
        {
            number += 1;
            if let Some(server) = &server {
                clients.push(play(server, nc));
            }
        }
        // Refused by the kernel, and said so: nothing to compare.
        let Some(server) = server else { continue };
        let first = server.first.replace(&server.port(), "PORT");
        let expected = session.output[0]
            .replace("5000", "PORT")
            .replace("8080", "PORT");
        assert_eq!(first, expected, "$ {}", session.command);
        compare(&session.output[1..], &server.interrupt(), session.command);
    }
    let listed = text(&run(&[]).stdout);
    let lessons = listed
        .lines()
        .filter_map(|line| line.get(4..)?.strip_prefix("  ")?.split_whitespace().next());
    for lesson in lessons.filter(|lesson| *lesson != "client") {
        assert!(shown.contains(lesson), "the README does not show {lesson}");
    }
}

#[test]
fn the_wildcard_stands_for_anything_and_only_it_does() {
    assert!(
        like("a…c", "abc") && like("a…", "abc") && like("abc", "abc") && like("a…b…c", "a-b-c")
    );
    assert!(!like("abc", "abd") && !like("a…c", "abd") && !like("ab", "abc"));
}
