//! What a newcomer gets wrong: settings that mean nothing, and ports that are another program's.

use std::fs;
use std::net::TcpListener;

use super::program::{Program, output, text};
use super::server::{Server, binary, run};

/// A program that is no chat: it listens and says nothing.
pub(super) fn stranger() -> (TcpListener, u16) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    (listener, port)
}

#[test]
fn a_bad_value_of_a_variable_is_blamed_on_the_variable_and_its_place() {
    let directory = tempfile::tempdir().unwrap();
    let here = directory.path();
    for (name, value) in [
        ("MINECHAT_READ_PORT", "abc"),
        ("SERVER_WRITE_PORT", "99999"),
        ("MINECHAT_WITH_SERVER", "maybe"),
    ] {
        let mut command = binary(here);
        command.env(name, value);
        fs::write(here.join(".env"), format!("# mine\n{name}={value}\n")).unwrap();
        for (command, place) in [(command, "the environment"), (binary(here), ".env")] {
            let refused = output(command);
            assert_eq!(refused.status.code(), Some(2), "{refused:?}");
            let blamed = format!("'{value}' for '{name} (from {place})'");
            assert!(text(&refused.stderr).contains(&blamed), "{refused:?}");
        }
    }
    // Given by the flag, it is the flag that is wrong.
    let refused = run(here, &["--read-port=many"]);
    assert!(text(&refused.stderr).contains("'many' for '--read-port <PORT>'"));
}

#[test]
fn switches_refuse_what_is_no_switch() {
    let directory = tempfile::tempdir().unwrap();
    for (command, name) in [
        (
            &["serve", "--read-port=0", "--write-port=0"][..],
            "MINECHAT_BOTS",
        ),
        (&["register", "x"], "MINECHAT_REPLACE"),
        (&["chat"], "MINECHAT_WITH_SERVER"),
    ] {
        let mut program = binary(directory.path());
        program.args(command).env(name, "maybe");
        let refused = output(program);
        assert_eq!(refused.status.code(), Some(2), "{refused:?}");
        assert!(text(&refused.stderr).contains(name), "{refused:?}");
    }
}

#[test]
fn a_bad_line_of_dotenv_is_named_and_the_token_in_it_is_not_shown() {
    let directory = tempfile::tempdir().unwrap();
    let here = directory.path();
    fs::write(
        here.join(".env"),
        "# mine\nMINECHAT_HOST=::1\nMINECHAT_TOKEN=4f2d9b9e secret\n",
    )
    .unwrap();
    let refused = run(here, &["listen"]);
    assert_eq!(refused.status.code(), Some(1));
    let error = text(&refused.stderr);
    assert!(error.contains("line 3, of MINECHAT_TOKEN,"), "{error}");
    assert!(
        !error.contains("4f2d") && !error.contains("secret"),
        "{error}"
    );
    assert_eq!(error.lines().count(), 1, "{error}");
}

#[test]
fn a_variable_set_to_nothing_does_not_hide_the_one_in_dotenv() {
    let directory = tempfile::tempdir().unwrap();
    let here = directory.path();
    let server = Server::start(here, &[]);
    assert!(server.run(here, &["register", "oleg"]).status.success());
    let mut command = server.client(here, &["send", "hi"]);
    command.env("MINECHAT_TOKEN", "");
    let sent = output(command);
    assert!(sent.status.success(), "{sent:?}");
}

#[test]
fn a_bad_host_is_blamed_on_its_own_flag() {
    let directory = tempfile::tempdir().unwrap();
    // No machine has the second one (RFC 5737).
    for host in ["nonsense.invalid", "192.0.2.1"] {
        let refused = run(directory.path(), &["serve", "--host", host]);
        assert_eq!(refused.status.code(), Some(1));
        let error = text(&refused.stderr);
        assert!(
            error.contains("--host") && !error.contains("-port"),
            "{error}"
        );
    }
}

#[test]
fn a_file_that_cannot_be_had_is_said_once_and_without_numbers() {
    let directory = tempfile::tempdir().unwrap();
    let here = directory.path();
    for wrong in [
        &["listen", "--history=none/history"][..],
        &[
            "serve",
            "--data=none/data",
            "--read-port=0",
            "--write-port=0",
        ],
    ] {
        let refused = run(here, wrong);
        assert_eq!(refused.status.code(), Some(1));
        let error = text(&refused.stderr);
        assert_eq!(error.matches("no such file").count(), 1, "{error}");
        assert!(!error.contains("os error"), "{error}");
    }
}

#[test]
fn with_server_beside_a_stranger_says_whose_the_port_is() {
    let directory = tempfile::tempdir().unwrap();
    let here = directory.path();
    let (_listener, taken) = stranger();
    let free = {
        let (_listener, port) = stranger();
        port
    };
    for [read, write] in [[taken, free], [free, taken]] {
        let ports = [
            format!("--read-port={read}"),
            format!("--write-port={write}"),
        ];
        let mut command = binary(here);
        command.args(["--with-server", "--username=x"]).args(&ports);
        let refused = output(command);
        assert_eq!(refused.status.code(), Some(1), "{refused:?}");
        let error = text(&refused.stderr);
        let whose = format!("port {taken} of 127.0.0.1 belongs to a program that does not answer");
        assert!(error.contains(&whose), "{error}");
        assert!(error.contains("--read-port and --write-port"), "{error}");
        assert!(!error.contains("--with-server"), "{error}");
    }
    // Without the flag it is found out as well, a little later.
    let mut command = binary(here);
    command.args([
        "chat".to_owned(),
        "--username=x".to_owned(),
        format!("--read-port={taken}"),
        format!("--write-port={free}"),
    ]);
    Program::start(command).until("may be another program's");
}
