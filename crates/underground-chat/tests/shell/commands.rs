//! Each command, what it prints, and how it ends.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use rustix::process::Signal;

use super::program::{Program, output, text};
use super::server::{Server, bare, binary, line, run};

fn token_of(directory: &std::path::Path) -> String {
    let dotenv = fs::read_to_string(directory.join(".env")).unwrap();
    let line = dotenv
        .lines()
        .find_map(|line| line.strip_prefix("MINECHAT_TOKEN="));
    line.unwrap().to_owned()
}

#[test]
fn registering_keeps_the_token_and_a_second_time_needs_replace() {
    let directory = tempfile::tempdir().unwrap();
    let here = directory.path();
    let server = Server::start(here, &[]);
    fs::write(here.join(".env"), "# mine\nMINECHAT_HISTORY=other.txt\n").unwrap();

    let made = server.run(here, &["register", "Tolik"]);
    assert_eq!(made.status.code(), Some(0));
    assert!(text(&made.stdout).ends_with(" Tolik\n"), "{made:?}");
    let token = token_of(here);
    assert!(!text(&made.stdout).contains(&token) && !text(&made.stderr).contains(&token));
    let dotenv = fs::read_to_string(here.join(".env")).unwrap();
    assert!(dotenv.starts_with("# mine\nMINECHAT_HISTORY=other.txt\n"));
    let mode = fs::metadata(here.join(".env"))
        .unwrap()
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o600);

    let again = server.run(here, &["register", "Tolik"]);
    assert_eq!(again.status.code(), Some(1));
    assert!(text(&again.stderr).contains("--replace"));
    assert_eq!(token_of(here), token);
    let replaced = server.run(here, &["register", "Tolik", "--replace"]);
    assert_eq!(replaced.status.code(), Some(0));
    assert_ne!(token_of(here), token);

    let mut help = binary(here);
    help.env("MINECHAT_TOKEN", &token).args(["send", "--help"]);
    let help = output(help);
    assert!(
        !text(&help.stdout).contains(&token),
        "--help shows the token"
    );
}

#[test]
fn a_message_is_sent_with_the_token_of_dotenv_and_stdin_is_one_message() {
    let directory = tempfile::tempdir().unwrap();
    let here = directory.path();
    let server = Server::start(here, &[]);
    let name = text(&server.run(here, &["register", "oleg"]).stdout);
    let mut reader = server.reader();
    assert_eq!(
        server.run(here, &["send", "two\nlines"]).status.code(),
        Some(0)
    );
    assert_eq!(line(&mut reader), format!("{}: two lines", name.trim()));

    let mut program = Program::start(server.client(here, &["send", "-"]));
    program.say("из\nтрубы");
    assert_eq!(program.code(), 0);
    assert_eq!(line(&mut reader), format!("{}: из трубы", name.trim()));
}

#[test]
fn the_originals_names_are_read_and_the_environment_wins_over_dotenv() {
    let directory = tempfile::tempdir().unwrap();
    let here = directory.path();
    let server = Server::start(here, &[]);
    server.run(here, &["register", "oleg"]);
    let token = token_of(here);
    // `.env` leads astray under our own names; the environment under the originals'.
    fs::write(
        here.join(".env"),
        "MINECHAT_HOST=192.0.2.1\nMINECHAT_WRITE_PORT=9\n",
    )
    .unwrap();
    let mut command = binary(here);
    command
        .args(["send", "hi", "--timeout", "30"])
        .env("SERVER_HOST", "127.0.0.1")
        .env(
            "MINECHAT_SERVER_WRITE_PORT",
            server.write.port().to_string(),
        )
        .env("TOKEN", &token);
    let sent = output(command);
    assert_eq!(sent.status.code(), Some(0), "{sent:?}");
}

#[test]
fn an_unknown_token_and_no_account_are_failures_that_say_what_to_do() {
    let directory = tempfile::tempdir().unwrap();
    let here = directory.path();
    let server = Server::start(here, &[]);
    for command in [&["send", "hi"][..], &["chat"]] {
        let output = server.run(here, command);
        assert_eq!(output.status.code(), Some(1), "{output:?}");
        assert!(text(&output.stderr).contains("register NAME"), "{output:?}");
        let wrong = [command, &["--token", "4f2d9b9e-wrong-token"]].concat();
        let mut program = Program::start(server.client(here, &wrong));
        let line = program.until("does not know this token");
        assert!(!line.contains("wrong-token"));
        assert_eq!(program.code(), 1);
    }
    let output = server.run(here, &["send", " \n", "--username", "x"]);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
}

#[test]
fn without_a_server_send_gives_up_and_usage_is_2() {
    let directory = tempfile::tempdir().unwrap();
    let here = directory.path();
    // A port that was just free: nobody listens there.
    let ports = Server::start(here, &[]).ports();
    let write = format!("--write-port={}", ports[1]);
    let output = run(
        here,
        &["send", "hi", "--username", "x", "--timeout", "0.2", &write],
    );
    assert_eq!(output.status.code(), Some(1));
    let error = text(&output.stderr);
    assert!(
        error.contains("gave up") && error.contains("--timeout"),
        "{error}"
    );
    assert_eq!(error.lines().count(), 1, "{error}");
    // What came through a pipe nobody else has.
    let piped = ["send", "-", "--username", "x", "--timeout", "0.2", &write];
    let mut command = binary(here);
    command.args(piped);
    let mut program = Program::start(command);
    program.say("two\nlines");
    drop(program.stdin.take());
    program.until("1 message was not confirmed");
    program.until("two lines");
    assert_eq!(program.code(), 1);
    for wrong in [
        &["send"][..],
        &["register"],
        &["shout"],
        &["send", "x", "--timeout", "soon"],
    ] {
        assert_eq!(run(here, wrong).status.code(), Some(2), "{wrong:?}");
    }
    assert_eq!(run(here, &["--version"]).status.code(), Some(0));
}

#[test]
fn chat_without_a_server_offers_one_and_with_server_starts_it() {
    let directory = tempfile::tempdir().unwrap();
    let here = directory.path();
    let [read, write] = Server::start(here, &[]).ports();
    let ports = [
        format!("--read-port={read}"),
        format!("--write-port={write}"),
    ];

    let mut command = binary(here);
    command.args(["chat", "--username", "x"]).args(&ports);
    let program = Program::start(command);
    program.until("--with-server");
    drop(program);

    let mut command = binary(here);
    command
        .args(["--with-server", "--username", "Anna"])
        .args(&ports);
    let mut program = Program::start(command);
    program.until("you are");
    program.say("hello");
    let said = program.until(": hello");
    assert!(said.contains(" Anna: "), "{said}");

    // Beside it a second one uses the server that is there.
    let mut command = binary(here);
    command.args(["--with-server"]).args(&ports);
    let mut second = Program::start(command);
    second.until("using that one");
    second.say("me too");
    program.until(" Anna: me too");
    assert_eq!(second.code(), 0);
    assert_eq!(program.code(), 0);
}

#[test]
fn a_port_or_file_that_is_taken_is_named() {
    let directory = tempfile::tempdir().unwrap();
    let here = directory.path();
    let server = Server::start(here, &[]);
    let output = server.run(here, &["serve", "--data", "other.redb"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains("--read-port"), "{output:?}");
    let output = run(here, &["serve", "--read-port=0", "--write-port=0"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains("--data"), "{output:?}");
}

#[test]
fn switches_take_the_usual_words_and_an_empty_variable_is_not_set() {
    let directory = tempfile::tempdir().unwrap();
    let here = directory.path();
    for (value, talks) in [("1", true), ("yes", true), ("0", false), ("", false)] {
        let mut command = binary(here);
        command
            .args(["serve", "-v", "--read-port=0", "--write-port=0"])
            .env("MINECHAT_BOTS", value)
            .env("MINECHAT_RATE", "");
        let program = Program::start(command);
        let hello = program.until("listening on");
        let address = hello.split_whitespace().nth(2).unwrap().parse().unwrap();
        if talks {
            let said = line(&mut bare(address));
            assert!(said.contains(": "), "{said}");
        }
        program.signal(Signal::TERM);
    }
    let server = Server::start(here, &[]);
    for value in ["1", "0", ""] {
        let mut command = server.client(here, &["register", "x", "--replace"]);
        command
            .env("MINECHAT_TIMEOUT", "")
            .env("MINECHAT_WITH_SERVER", value);
        let made = output(command);
        assert!(made.status.success(), "{made:?}");
        let mut command = server.client(here, &["register", "x"]);
        command.env("MINECHAT_REPLACE", value);
        let again = output(command);
        assert_eq!(again.status.success(), value == "1", "{again:?}");
    }
}
