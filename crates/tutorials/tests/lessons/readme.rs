//! The README against the lessons: every session that it shows is played, in the order in
//! which it stands there, and every line of output has to come. `…` in the README stands for
//! what differs from run to run.
//!
//! `$ command`, then what it says; a line that begins with `> ` is typed. `# terminal 2` says
//! where the lines below it stand: in the first terminal a server runs, in the others is `nc`.

use std::collections::{BTreeMap, BTreeSet};
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

/// What stands between one pair of fences.
fn blocks() -> impl Iterator<Item = Vec<&'static str>> {
    let blocks = README.split("```console\n").skip(1);
    blocks.map(|block| block.split("\n```").next().unwrap().lines().collect())
}

/// The sessions of a block of one terminal.
fn sessions<'a>(block: &[&'a str]) -> Vec<Session<'a>> {
    let mut sessions: Vec<Session<'a>> = Vec::new();
    for line in block {
        match line.strip_prefix("$ ") {
            Some(command) => sessions.push(Session {
                command,
                output: Vec::new(),
            }),
            None => sessions.last_mut().unwrap().output.push(line),
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

/// The arguments of the lesson that a command runs.
fn arguments(command: &str) -> Vec<&str> {
    let arguments = command.strip_prefix(PROGRAM);
    let arguments = arguments.unwrap_or_else(|| panic!("the README shows {command:?}"));
    let arguments = arguments.trim_start_matches(" --").split_whitespace();
    arguments.collect()
}

/// Plays a block of several terminals. Nothing to compare where the kernel refuses io_uring.
fn play(block: &[&str]) {
    let server = Server::start(&arguments(block[1].strip_prefix("$ ").unwrap()));
    let Some(server) = server else { return };
    let first = server.first.replace(&server.port(), "PORT");
    let expected = block[2].replace("5000", "PORT").replace("8080", "PORT");
    assert_eq!(first, expected);

    let mut server = Some(server);
    let mut clients: BTreeMap<char, Client> = BTreeMap::new();
    let mut terminal = '1';
    for (number, line) in block.iter().enumerate().skip(3) {
        if let Some(name) = line.strip_prefix("# terminal ") {
            terminal = name.chars().next().unwrap();
        } else if terminal == '1' && *line == "> ^C" {
            let said = server.take().unwrap().interrupt();
            compare(&block[number + 1..], &said, block[1]);
            break;
        } else if let (Some(server), '1') = (&server, terminal) {
            let said = server.line();
            assert!(like(line, &said), "{}: {line:?}, not {said:?}", block[1]);
        } else if line.starts_with("$ nc ") {
            let address = server.as_ref().unwrap().address;
            clients.insert(terminal, Client::connect(address));
        } else if *line == "> ^C" {
            clients.remove(&terminal).unwrap();
        } else {
            let client = clients.get_mut(&terminal).unwrap();
            match line.strip_prefix("> ") {
                Some(typed) => client.send(format!("{typed}\n")),
                None => assert_eq!(&client.line(), line, "{}", block[1]),
            }
        }
    }
    assert!(server.is_none(), "{} is not ended", block[1]);
}

#[test]
fn every_session_in_the_readme_is_what_happens() {
    let mut shown = BTreeSet::new();
    for block in blocks() {
        if block[0] == "# terminal 1" {
            shown.insert(arguments(&block[1][2..])[0]);
            play(&block);
            continue;
        }
        for session in sessions(&block) {
            let mut arguments = arguments(session.command);
            let lesson = arguments.first().copied().unwrap_or_default();
            shown.insert(lesson);
            if TIMED.contains(&lesson) && !arguments.contains(&"--virtual") {
                arguments.push("--virtual");
            }
            converse(&arguments, &session);
        }
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
fn the_lessons_that_draw_are_those_that_the_readme_lists() {
    assert!(README.contains("in lessons 4, 6 to 10 and 12 to 19 `--trace FILE` draws"));
    for number in 1..=19 {
        let listed = matches!(number, 4 | 6..=10 | 12..=19);
        let help = text(&run(&[&number.to_string(), "--help"]).stdout);
        assert_eq!(help.contains("--trace"), listed, "lesson {number}");
    }
}

#[test]
fn the_wildcard_stands_for_anything_and_only_it_does() {
    assert!(
        like("a…c", "abc") && like("a…", "abc") && like("abc", "abc") && like("a…b…c", "a-b-c")
    );
    assert!(!like("abc", "abd") && !like("a…c", "abd") && !like("ab", "abc"));
}
