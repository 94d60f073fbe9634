//! The challenge's text, stage by stage, as its reader would follow it.

use crate::peers::{Output, Piped, Process, Server, program};

#[test]
fn stage_0_the_client_prints_what_it_typed() {
    let server = Server::start(&["--stage", "echo"]);
    let mut client = Piped::start(&server.url());
    client.type_line("Hello!");
    assert_eq!(client.line(), "< Hello!");
    let (status, rest) = client.end();
    assert_eq!((status.code(), rest.as_str()), (Some(0), ""));
}

#[test]
fn without_a_command_it_is_the_server_and_takes_its_flags() {
    let mut process = Process::start(
        program()
            .args(["-v", "--bind", "127.0.0.1:0"])
            .env("WS_CHATROOM_STAGE", "echo"),
    );
    let mut output = Output::of(process.child.stdout.take().unwrap());
    let url = output.until("; Ctrl-C ends it\n");
    let url = url.strip_prefix("listening on ").unwrap();
    let url = url.split(';').next().unwrap();
    let next = format!("try: cargo run -p ws-chatroom -- client {url}");
    assert_eq!(output.line(), next);
    let mut client = Piped::start(url);
    client.type_line("Hello!");
    assert_eq!(client.line(), "< Hello!");
}

#[test]
fn stage_1_two_terminals_hear_each_other_and_not_themselves() {
    let server = Server::start(&["--stage", "chatroom"]);
    let (mut one, mut two) = (server.connect(), server.connect());
    let mut third = Piped::start(&server.url());
    third.type_line("here");
    one.expect(&["here"]);
    two.expect(&["here"]);
    one.send("Hello!");
    two.expect(&["Hello!"]);
    assert_eq!(third.line(), "< Hello!");
    two.send("Hello yourself!");
    // Its own `Hello!` would have come first.
    one.expect(&["Hello yourself!"]);
}

#[test]
fn stage_2_a_text_comes_with_its_senders_seconds() {
    let server = Server::start(&["--stage", "timestamps"]);
    let (mut one, mut two) = (server.connect(), server.connect());
    one.send("pizza later?");
    let text = two.receive();
    let (seconds, text) = text.split_once(' ').unwrap();
    assert_eq!(text, "pizza later?");
    assert!(seconds.parse::<u64>().unwrap() <= 30);
}

#[test]
fn stage_3_a_page_calls_every_second_until_another_types() {
    let server = Server::start(&["--stage", "pagers"]);
    let (mut one, mut two) = (server.connect(), server.connect());
    one.send("page");
    two.expect(&["PAGING", "PAGING"]);
    one.send("please");
    while two.receive() == "PAGING" {}
    two.send("yes?");
    assert!(one.receive().ends_with(" yes?"));
}

#[test]
fn stage_4_follows_the_challenge_line_by_line() {
    let server = Server::start(&[]);
    let mut one = server.connect();
    let mut two = Piped::start(&server.url());
    one.expect(&["Client 2 connected"]);
    let mut three = server.connect();
    one.expect(&["Client 3 connected"]);
    assert_eq!(two.line(), "< Client 3 connected");
    one.send("invite 2");
    one.expect(&["Private chatting with Client 2"]);
    assert_eq!(two.line(), "< Private chatting with Client 1");
    two.type_line("only you");
    assert!(one.receive().ends_with(" only you"));
    two.type_line("leave");
    one.expect(&["Private chat ended."]);
    assert_eq!(two.line(), "< Private chat ended.");
    one.send("everybody");
    // Nothing of the private chat came before.
    assert!(three.receive().ends_with(" everybody"));
    one.send("invite 2");
    one.expect(&["Private chatting with Client 2"]);
    let (status, _) = two.end();
    assert_eq!(status.code(), Some(0));
    one.expect(&["Private chat ended.", "Client 2 disconnected"]);
    three.expect(&["Client 2 disconnected"]);
    let _four = server.connect();
    one.expect(&["Client 4 connected"]);
}
