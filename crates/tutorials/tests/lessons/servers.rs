//! Every server lesson, driven by the one scenario.

use std::io::{BufRead as _, BufReader};
use std::process::Stdio;

use rustix::process::{Pid, Signal, kill_process};

use crate::process::{Server, run, text, tutorials};
use crate::scenario::{self, Client};

fn whole_scenario(arguments: &[&str]) {
    let Some(server) = Server::start(arguments) else {
        return;
    };
    let doubles = !server.first.contains(":5000") && answers_numbers(&server);
    scenario::lines(server.address, doubles);
    scenario::vanishing(server.address);
    scenario::late_reader(server.address, true);
    scenario::flood(server.address);
    scenario::crowd(server.address, 1000, doubles);
    let said = scenario::interrupted(server);
    assert!(said.contains("connected: 127.0.0.1:"), "{said}");
}

fn answers_numbers(server: &Server) -> bool {
    Client::connect(server.address).ask("1") == "2"
}

#[test]
fn threads() {
    whole_scenario(&["threads"]);
}

#[test]
fn select_hello() {
    whole_scenario(&["select"]);
}

#[test]
fn select_double() {
    whole_scenario(&["select", "--protocol", "double"]);
}

#[test]
fn callbacks_hello() {
    whole_scenario(&["callbacks"]);
}

#[test]
fn callbacks_double() {
    whole_scenario(&["callbacks", "--protocol", "double"]);
}

#[test]
fn generator_server_hello() {
    whole_scenario(&["generator-server"]);
}

#[test]
fn generator_server_double() {
    whole_scenario(&["generator-server", "--protocol", "double"]);
}

#[test]
fn wakers() {
    whole_scenario(&["wakers"]);
}

#[test]
fn async_server() {
    whole_scenario(&["async-server"]);
}

#[test]
fn send() {
    whole_scenario(&["send"]);
}

#[test]
fn completion() {
    whole_scenario(&["completion"]);
}

#[test]
fn tokio() {
    whole_scenario(&["tokio"]);
}

#[test]
fn blocking_serves_one_and_lets_the_others_wait() {
    for (protocol, doubles) in [("hello", false), ("double", true)] {
        let server = Server::start(&["blocking", "--protocol", protocol]).unwrap();
        let answer = if doubles { "4" } else { "Hello world" };
        scenario::lines(server.address, doubles);
        scenario::vanishing(server.address);
        scenario::late_reader(server.address, false);
        let mut first = Client::connect(server.address);
        assert_eq!(first.ask("2"), answer);
        let mut second = Client::connect(server.address);
        second.send("2\n");
        assert!(
            second.hears_nothing(),
            "it waits while the first is connected"
        );
        assert_eq!(first.ask("2"), answer);
        drop(first);
        assert_eq!(second.line(), answer);
        drop(second);
        scenario::interrupted(server);
    }
}

#[test]
fn select_refuses_the_client_past_the_last_descriptor_it_can_watch() {
    for lesson in ["select", "generator-server"] {
        let server = Server::start(&[lesson]).unwrap();
        scenario::too_many_for_select(server.address);
        server.interrupt();
    }
}

#[test]
fn a_server_without_free_descriptors_serves_the_clients_it_has() {
    for lesson in [
        "threads",
        "select",
        "callbacks",
        "generator-server",
        "wakers",
        "async-server",
        "send",
        "completion",
        "tokio",
    ] {
        let Some(server) = Server::start(&[lesson]) else {
            continue;
        };
        println!("{lesson}");
        scenario::no_descriptors_left(&server);
        server.interrupt();
    }
}

/// Those that serve nobody and take their time.
#[test]
fn ctrl_c_ends_the_other_lessons_with_0_too() {
    for lesson in [
        &["scheduler", "--step", "3"][..],
        &["cancellation"],
        &["futures"],
        &["async-await", "--seconds", "60"],
        &["coroutines"],
    ] {
        let mut child = tutorials(lesson)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        if let (["coroutines"], Some(input)) = (lesson, &mut child.stdin) {
            std::io::Write::write_all(input, b"state\n").unwrap();
        }
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        lines.next().unwrap().unwrap();
        kill_process(Pid::from_child(&child), Signal::INT).unwrap();
        // The lesson may get a line in between that word and the end.
        let said: Vec<String> = lines.map(Result::unwrap).collect();
        assert!(said.contains(&"bye".to_owned()), "{lesson:?}: {said:?}");
        assert_eq!(child.wait().unwrap().code(), Some(0), "{lesson:?}");
    }
}

#[test]
fn a_hang_up_of_the_terminal_ends_with_129() {
    for lesson in ["blocking", "select", "async-server", "tokio"] {
        let mut server = Server::start(&[lesson]).unwrap();
        assert_eq!(server.signal(Signal::HUP).code(), Some(129), "{lesson}");
    }
}

#[test]
fn clients_send_numbers_and_print_the_answers() {
    let server = Server::start(&["async-server"]).unwrap();
    let port = server.port();
    let output = run(&[
        "client",
        "-n",
        "8",
        "--requests",
        "3",
        "--pause",
        "1",
        "--port",
        &port,
    ]);
    let said = text(&output.stdout);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    assert_eq!(
        said.lines().filter(|line| line.contains(" -> ")).count(),
        24,
        "{said}"
    );

    // Without --requests, until Ctrl-C.
    let mut endless = tutorials(&["client", "-n", "2", "--port", &port]);
    let mut child = endless.stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    assert!(lines.any(|line| line.unwrap().contains(" -> ")));
    kill_process(Pid::from_child(&child), Signal::INT).unwrap();
    assert_eq!(lines.last().unwrap().unwrap(), "bye");
    assert_eq!(child.wait().unwrap().code(), Some(0));
    server.interrupt();
}

#[test]
fn the_coroutine_works_without_prompts_when_input_is_piped_in() {
    use std::io::Write as _;

    let mut command = tutorials(&["coroutines"]);
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let script = "state\nsend early\nstart\nstate\nsend example\nstate\nuse average\nsend 10\nsend 20\nthrow stop\nuse message\nstart\nthrow fire\nclose\nnonsense\n";
    child
        .stdin
        .take()
        .unwrap()
        .write_all(script.as_bytes())
        .unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success());
    let expected = "\
created
error: cannot send a value to a generator that has not started: start it first
yielded: ready for a message
suspended
received: example
returned: nothing left to do
closed
suspended
yielded: 10.00
yielded: 15.00
returned: 15.00
created
yielded: ready for a message
raised: fire
closed
no such command: \"nonsense\"; type help
";
    assert_eq!(text(&output.stdout), expected);
}
