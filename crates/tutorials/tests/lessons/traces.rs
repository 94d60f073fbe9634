//! Traces under the virtual clock: the same to the byte, every time. The pictures in the
//! README are the snapshots. To take new ones: UPDATE_SNAPSHOTS=1 cargo test -p tutorials

use std::fs;
use std::path::Path;
use std::process::Stdio;

use crate::process::{Server, run, text, tutorials};
use crate::scenario::Client;

fn traced(arguments: &[&str], ending: &str) -> String {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join(format!("trace.{ending}"));
    let mut all = arguments.to_vec();
    all.extend(["--virtual", "--trace", path.to_str().unwrap()]);
    let output = run(&all);
    assert!(output.status.success(), "{}", text(&output.stderr));
    fs::read_to_string(path).unwrap()
}

fn matches_snapshot(name: &str, taken: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(name);
    if std::env::var_os("UPDATE_SNAPSHOTS").is_some() {
        fs::write(&path, taken).unwrap();
    }
    let kept = fs::read_to_string(&path).unwrap_or_default();
    assert!(
        kept == taken,
        "{name} is not what the lesson draws now; UPDATE_SNAPSHOTS=1 takes a new one:\n{taken}"
    );
}

/// The lessons whose traces do not depend on how fast the machine is.
const LESSONS: [(&str, &[&str]); 5] = [
    ("scheduler", &["scheduler", "--step", "4"]),
    ("async-await", &["async-await"]),
    ("async-server", &["async-server"]),
    ("cancellation", &["cancellation"]),
    ("downloads", &["downloads", "-n", "6", "--concurrency", "3"]),
];

#[test]
fn pictures_are_the_same_to_the_byte() {
    for (name, arguments) in LESSONS {
        let picture = traced(arguments, "svg");
        matches_snapshot(&format!("docs/{name}.svg"), &picture);
        assert_eq!(picture, traced(arguments, "svg"), "{name}");
    }
}

#[test]
fn chrome_traces_are_the_same_to_the_byte_and_are_json() {
    for (name, arguments) in LESSONS {
        let trace = traced(arguments, "json");
        matches_snapshot(&format!("tests/snapshots/{name}.json"), &trace);
        // One event a line, between brackets.
        let lines: Vec<&str> = trace.lines().collect();
        assert_eq!((lines[0], lines[lines.len() - 1]), ("[", "]"));
        for line in &lines[1..lines.len() - 1] {
            let event = line.trim_end_matches(',');
            assert!(
                event.starts_with("{\"ph\":\"") && event.ends_with('}'),
                "{event}"
            );
        }
    }
}

#[test]
fn traces_in_the_terminal_are_the_same_to_the_byte() {
    for (name, arguments) in LESSONS {
        let mut all = arguments.to_vec();
        all.extend(["--virtual", "--trace", "-"]);
        let output = text(&run(&all).stdout);
        let picture: String = output
            .lines()
            .skip_while(|line| !line.trim_start().starts_with("reactor "))
            .map(|line| format!("{line}\n"))
            .collect();
        matches_snapshot(&format!("tests/snapshots/{name}.txt"), &picture);
        assert!(
            picture.lines().all(|line| line.chars().count() <= 80),
            "{picture}"
        );
    }
}

#[test]
fn every_task_has_a_lane_with_its_name() {
    let picture = traced(&["scheduler", "--step", "4", "--tasks", "1000"], "svg");
    assert_eq!(picture.matches("class=\"lane\"").count(), 1001);
    assert!(picture.contains("data-name=\"up 1000\""));
    for (name, arguments) in LESSONS {
        assert!(
            traced(arguments, "svg").contains("data-name=\"reactor\""),
            "{name}"
        );
    }
    for step in ["1", "2", "3", "5", "6", "7"] {
        let picture = traced(&["scheduler", "--step", step], "svg");
        assert!(picture.contains("data-name=\"up\""), "step {step}");
    }
}

#[test]
fn servers_draw_their_clients_at_the_end() {
    for lesson in [
        "callbacks",
        "generator-server",
        "wakers",
        "async-server",
        "send",
        "completion",
        "tokio",
    ] {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("trace.svg");
        let Some(server) = Server::start(&[lesson, "--trace", path.to_str().unwrap()]) else {
            continue;
        };
        let mut client = Client::connect(server.address);
        // Sooner or later the server is faster than we are, and has to wait.
        for _ in 0..50 {
            client.ask("1");
        }
        let said = {
            let mut server = server;
            let status = server.signal(rustix::process::Signal::INT);
            assert_eq!(status.code(), Some(0), "{lesson}");
            fs::read_to_string(&path).unwrap()
        };
        assert!(said.contains("data-name=\"client 1\""), "{lesson}: {said}");
        // The first lane is the loop's own, asleep, and it wakes the others.
        let first = said.split("data-name=\"").nth(1).unwrap();
        assert!(first.starts_with("reactor\""), "{lesson}: {said}");
        assert!(
            first.contains("class=\"wait\"") && said.contains("class=\"wake\""),
            "{lesson}: {said}"
        );
        assert!(
            said.contains("class=\"run\"") && said.contains("class=\"wait\""),
            "{lesson}"
        );
    }
}

#[test]
fn threads_and_tokens_of_the_future_lesson_are_lanes() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("trace.svg");
    let output = run(&["futures", "--trace", path.to_str().unwrap()]);
    assert!(output.status.success());
    let picture = fs::read_to_string(path).unwrap();
    for lane in ["thread 1", "thread 4", "add 2 3", "late add 4 5"] {
        assert!(picture.contains(&format!("data-name=\"{lane}\"")), "{lane}");
    }
}

#[test]
fn generators_that_call_generators_are_lanes_inside_of_each_other() {
    let output = text(&run(&["delegation", "--virtual", "--trace", "-"]).stdout);
    let picture: Vec<&str> = output.lines().rev().take(5).collect();
    let expected = [
        "      █ runs  · waits  ▲ woken  × cancelled",
        "inner             █·█",
        "outer             ████",
        "inner █·█·█·█·█·█",
        "outer ████████████",
    ];
    assert_eq!(picture, expected, "{output}");
    // What went in and came out, too.
    let trace = traced(&["delegation"], "json");
    for (what, times) in [("start", 4), ("send", 6), ("throw", 6), ("yield", 12)] {
        let note = format!("\"name\":\"{what}\"");
        assert_eq!(trace.matches(&note).count(), times, "{what}: {trace}");
    }
}

#[test]
fn a_coroutine_that_is_put_away_is_crossed_out() {
    use std::io::Write as _;

    let mut child = tutorials(&["coroutines", "--virtual", "--trace", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let input = b"start\nsend hi\nuse average\nsend 1\n";
    child.stdin.take().unwrap().write_all(input).unwrap();
    let output = text(&child.wait_with_output().unwrap().stdout);
    assert!(output.contains("message ██\naverage   ██×\n"), "{output}");
}
