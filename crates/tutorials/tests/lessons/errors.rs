//! Mistakes get one line that says what to do, and the compiler's own mistake lesson.

use std::path::Path;
use std::process::Command;

use crate::process::{Server, run, text, tutorials};

#[test]
fn a_port_in_use_is_one_line_that_names_the_flag() {
    let server = Server::start(&["async-server"]).unwrap();
    let port = server.port();
    for lesson in ["blocking", "select", "completion", "tokio"] {
        let output = run(&[lesson, "--port", &port]);
        let error = text(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{lesson}");
        assert!(error.lines().count() == 1, "{error}");
        assert!(
            error.contains("--port") || error.contains("io_uring"),
            "{error}"
        );
    }
    server.interrupt();
}

#[test]
fn wrong_flags_are_usage_errors() {
    for arguments in [
        &["scheduler", "--step", "8"][..],
        &["downloads", "--url", "picture.png"],
        &[
            "downloads",
            "--url",
            "http://name:secret@localhost/picture.png",
        ],
        &["async-await", "--trace", "picture.gif"],
        &["async-await", "--trace", "no/such/directory/picture.svg"],
        &["scheduler", "--step", "1", "--tasks", "3"],
        &["wakers", "--lost", "--trace", "-"],
        &["send", "--error", "--trace", "-"],
        &["nonsense"],
        &["20"],
    ] {
        let output = run(arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
    }
}

#[test]
fn a_lesson_has_its_number_for_a_name() {
    let list = text(&run(&[]).stdout);
    let lessons: Vec<&str> = list
        .lines()
        .filter_map(|line| line.get(4..)?.strip_prefix("  ")?.split_whitespace().next())
        .collect();
    // The last is the client, which is no lesson.
    assert_eq!(lessons.len(), 20, "{lessons:?}");
    for (number, lesson) in (1..=19).zip(lessons) {
        let by_number = text(&run(&[&number.to_string(), "--help"]).stdout);
        assert_eq!(by_number, text(&run(&[lesson, "--help"]).stdout));
    }
}

#[test]
fn a_variable_that_is_neither_yes_nor_no_is_refused() {
    for (lesson, variable) in [
        ("wakers", "TUTORIALS_LOST"),
        ("wakers", "TUTORIALS_NAP"),
        ("send", "TUTORIALS_ERROR"),
        ("async-await", "TUTORIALS_VIRTUAL"),
    ] {
        let output = tutorials(&[lesson])
            .env(variable, "maybe")
            .output()
            .unwrap();
        let error = text(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{variable}: {error}");
        assert!(error.contains("maybe"), "{error}");
    }
    let output = tutorials(&["wakers", "--lost"])
        .env("TUTORIALS_LOST", "no")
        .output()
        .unwrap();
    assert!(output.status.success(), "the command line wins");
}

#[test]
fn a_client_at_a_server_that_says_hello_is_told_how_to_start_it() {
    let server = Server::start(&["select"]).unwrap();
    let output = run(&["client", "-n", "2", "--port", &server.port()]);
    let error = text(&output.stderr);
    assert_eq!(output.status.code(), Some(1));
    assert!(
        error.contains("start it with --protocol double") && error.lines().count() == 1,
        "{error}"
    );
    server.interrupt();
}

#[test]
fn a_client_without_a_server_says_what_to_do() {
    // A port that was free a moment ago, and that nobody was given.
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port().to_string();
    drop(listener);
    let output = run(&["client", "--port", &port]);
    let error = text(&output.stderr);
    assert_eq!(output.status.code(), Some(1));
    assert!(
        error.contains("is a lesson running there?") && error.lines().count() == 1,
        "{error}"
    );
}

#[test]
fn every_help_fits_a_terminal_of_eighty_columns() {
    let list = text(&run(&[]).stdout);
    let lessons: Vec<&str> = list
        .lines()
        .filter_map(|line| line.get(6..)?.split_whitespace().next())
        .filter(|word| list.contains(&format!("  {word} ")))
        .collect();
    for lesson in ["blocking", "downloads", "tokio", "client"] {
        assert!(lessons.contains(&lesson), "{lessons:?}");
    }
    for arguments in std::iter::once(vec!["--help"]).chain(
        ["blocking", "scheduler", "downloads", "client"].map(|lesson| vec![lesson, "--help"]),
    ) {
        let help = text(&run(&arguments).stdout);
        for line in help.lines() {
            assert!(line.chars().count() <= 80, "{arguments:?}: {line}");
        }
    }
}

#[test]
fn a_task_with_an_rc_does_not_compile_and_the_lesson_shows_why() {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/not_send");
    let output = tempfile::tempdir().unwrap();
    let compiler = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let compiled = Command::new(compiler)
        .current_dir(&directory)
        .args([
            "--edition",
            "2024",
            "--crate-type",
            "lib",
            "--emit",
            "metadata",
            "rc_across_await.rs",
        ])
        .arg("--out-dir")
        .arg(output.path())
        .output()
        .unwrap();
    assert!(!compiled.status.success());
    let error = text(&compiled.stderr);
    // The wording changes with the compiler; what it is about does not.
    for part in [
        "future cannot be sent between threads safely",
        "`Rc<i32>`",
        "required by this bound in `spawn`",
    ] {
        assert!(error.contains(part), "{error}");
        let shown = text(&run(&["send", "--error"]).stdout);
        assert!(shown.contains(part), "{shown}");
    }
}
