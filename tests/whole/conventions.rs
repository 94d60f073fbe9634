//! What every program does alike: how it helps, how it refuses, how it ends.

use std::net::TcpListener;

use rustix::process::Signal;
use unicode_width::UnicodeWidthStr as _;

use crate::binary::{self, ALL};
use crate::program::{Program, output};
use crate::terminal::Terminal;

/// Programs that listen: how they begin on a free port, and what they say then.
pub(crate) const SERVERS: [(&str, &[&str], &str); 5] = [
    ("chat-servers", &["--port=0", "--ws-port=0"], "try: telnet"),
    ("photo-archive", &["--bind=127.0.0.1:0"], "open http://"),
    ("tutorials", &["async-server", "--port=0"], "try: nc"),
    (
        "underground-chat",
        &["serve", "--read-port=0", "--write-port=0"],
        "try: underground-chat chat",
    ),
    (
        "ws-chatroom",
        &["server", "--bind=127.0.0.1:0"],
        "try: cargo run",
    ),
];

/// Programs that play, and what stands on their first screen.
pub(crate) const GAMES: [(&str, &str); 2] = [
    ("garbage-shooter", "SPACE or ENTER"),
    ("space-game", "arrows fly"),
];

fn words(name: &str, arguments: &[&str]) -> (Option<i32>, String, String) {
    let home = tempfile::tempdir().unwrap();
    let mut command = binary::command(name, home.path());
    command.args(arguments);
    let output = output(command);
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (
        output.status.code(),
        text(output.stdout),
        text(output.stderr),
    )
}

#[test]
fn help_fits_eighty_columns_and_shows_examples() {
    for name in ALL {
        let (code, help, errors) = words(name, &["--help"]);
        assert_eq!((code, errors.as_str()), (Some(0), ""), "{name}");
        assert!(help.contains("Examples"), "{name} shows none:\n{help}");
        for line in help.lines() {
            assert!(line.width() <= 80, "{name}, too wide: {line}");
        }
        let example = format!("\n  {name}");
        let with_cargo = format!("\n  cargo run -p {name}");
        assert!(
            help.contains(&example) || help.contains(&with_cargo),
            "{name} shows no example of itself:\n{help}"
        );
    }
}

/// The help of a program and of each of its commands, with what was typed for it.
fn helps(name: &str) -> Vec<(String, String)> {
    let (_, help, _) = words(name, &["--help"]);
    let commands: Vec<String> = help
        .lines()
        .skip_while(|line| *line != "Commands:")
        .skip(1)
        .take_while(|line| !line.is_empty())
        .filter_map(|line| line.split_whitespace().next().map(str::to_owned))
        .filter(|command| command != "help")
        .collect();
    let mut all = vec![(name.to_owned(), help)];
    for command in commands {
        let (code, help, _) = words(name, &[&command, "--help"]);
        assert_eq!(code, Some(0), "{name} {command}");
        all.push((format!("{name} {command}"), help));
    }
    all
}

#[test]
fn the_help_of_every_command_fits_too() {
    for (name, least) in [
        ("tutorials", 20),
        ("underground-chat", 5),
        ("ws-chatroom", 2),
    ] {
        let helps = helps(name);
        assert!(helps.len() > least, "{helps:?}");
        for (typed, help) in helps {
            for line in help.lines() {
                assert!(line.width() <= 80, "{typed}, too wide: {line}");
            }
        }
    }
}

#[test]
fn every_flag_has_a_variable() {
    let mut count = 0;
    for (typed, help) in ALL.into_iter().flat_map(helps) {
        // A flag's text goes on until the next one or an empty margin.
        let mut flags: Vec<String> = Vec::new();
        let options = help.lines().skip_while(|line| *line != "Options:").skip(1);
        for line in options.take_while(|line| line.is_empty() || line.starts_with(' ')) {
            let text = line.trim_start();
            if text.starts_with('-') && line.len() - text.len() <= 6 {
                flags.push(text.to_owned());
            } else if let Some(flag) = flags.last_mut() {
                flag.push_str(text);
            }
        }
        let own = ["-h, --help", "-V, --version"];
        for flag in flags {
            let is_own = own.iter().any(|own| flag.starts_with(own));
            assert!(is_own || flag.contains("[env:"), "{typed}: {flag}");
            count += 1;
        }
    }
    assert!(count > 150, "only {count} flags were found");
}

#[test]
fn version_is_the_workspaces() {
    for name in ALL {
        let expected = format!("{name} {}\n", env!("CARGO_PKG_VERSION"));
        assert_eq!(
            words(name, &["--version"]),
            (Some(0), expected, String::new())
        );
    }
}

#[test]
fn a_flag_nobody_knows_is_a_usage_error() {
    for name in ALL {
        let (code, out, errors) = words(name, &["--no-such-flag"]);
        assert_eq!((code, out.as_str()), (Some(2), ""), "{name}");
        assert!(errors.contains("--no-such-flag"), "{name}: {errors}");
    }
}

#[test]
fn a_server_says_what_to_type_and_ends_with_ctrl_c_and_sigterm() {
    for (name, arguments, ready) in SERVERS {
        for signal in [Signal::INT, Signal::TERM] {
            let home = tempfile::tempdir().unwrap();
            let mut command = binary::command(name, home.path());
            command.args(arguments);
            let mut server = Program::start(command);
            server.until(ready);
            server.signal(signal);
            assert_eq!(server.code(), 0, "{name}, {signal:?}");
        }
    }
}

#[test]
fn a_game_ends_with_ctrl_c_and_leaves_the_terminal_as_it_was() {
    for (name, first) in GAMES {
        let program = binary::path(name);
        let mut game = Terminal::start(program.to_str().unwrap(), &[], 80, 24);
        game.wait_for(first);
        game.send("\x03");
        assert_eq!(game.end(), 0, "{name}");
        game.assert_restored();
    }
}

#[test]
fn a_port_in_use_is_one_line_that_names_the_flag() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap();
    let port = address.port();
    let bind = format!("--bind={address}");
    let cases: [(&str, &[&str], &str); 8] = [
        ("chat-servers", &["tokio", "--port"], "--port"),
        ("chat-servers", &["mio-ws", "--ws-port"], "--ws-port"),
        ("photo-archive", &[&bind], "--bind"),
        ("tutorials", &["blocking", "--port"], "--port"),
        ("tutorials", &["tokio", "--port"], "--port"),
        (
            "underground-chat",
            &["serve", "--write-port=0", "--read-port"],
            "--read-port",
        ),
        (
            "underground-chat",
            &["serve", "--read-port=0", "--write-port"],
            "--write-port",
        ),
        ("ws-chatroom", &["server", &bind], "--bind"),
    ];
    for (name, arguments, flag) in cases {
        let port = port.to_string();
        let mut arguments = arguments.to_vec();
        if arguments.last().is_some_and(|last| last.ends_with("port")) {
            arguments.push(&port);
        }
        let (code, _, errors) = words(name, &arguments);
        assert_eq!(code, Some(1), "{name} {arguments:?}: {errors}");
        assert_eq!(errors.lines().count(), 1, "{name} {arguments:?}: {errors}");
        let expected =
            format!("{name}: cannot listen on 127.0.0.1:{port}: the port is in use; stop");
        assert!(errors.starts_with(&expected), "{errors}");
        assert!(errors.trim_end().ends_with(flag), "{errors}");
    }
}
