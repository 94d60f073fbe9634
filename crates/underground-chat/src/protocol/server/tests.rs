//! The oracle's wire examples and details, line by line.

use proptest::prelude::*;

use super::*;
use crate::protocol::LONGEST_LINE;

const TOKEN: &str = "9a08f44c-c541-11eb-8c47-0242ac110002";

fn tolik() -> Account {
    Account {
        nickname: "Distracted Tolik".to_owned(),
        token: Token::new(TOKEN).unwrap(),
    }
}

/// Everything that happens when `bytes` arrive, on a server that knows one token.
fn hear(session: &mut ServerSession, bytes: &[u8]) -> (Vec<Request>, String) {
    session.receive(bytes);
    let mut requests = Vec::new();
    while let Some(request) = session.next_request().unwrap() {
        match &request {
            Request::LogIn(token) if token.expose() == TOKEN => session.logged_in(&tolik()),
            Request::LogIn(_) => session.unknown(),
            Request::Register(name) => session.logged_in(&Account {
                nickname: format!("Keen {name}").trim_end().to_owned(),
                token: Token::new(TOKEN).unwrap(),
            }),
            Request::Post(_) => session.posted(),
        }
        requests.push(request);
    }
    (
        requests,
        String::from_utf8(session.take_outgoing()).unwrap(),
    )
}

fn in_chat() -> ServerSession {
    let mut session = ServerSession::new(Limits::default());
    hear(&mut session, format!("{TOKEN}\n").as_bytes());
    session
}

fn post(line: &str) -> Request {
    Request::Post(format!("Distracted Tolik: {line}\n").into())
}

#[test]
fn the_greeting_is_literal() {
    let mut session = ServerSession::new(Limits::default());
    assert_eq!(
        hear(&mut session, b"").1,
        "Hello %username%! Enter your personal hash or leave it empty to create new account.\n"
    );
}

#[test]
fn a_known_token_gets_its_account_and_the_welcome() {
    let mut session = ServerSession::new(Limits::default());
    session.take_outgoing();
    let (requests, said) = hear(&mut session, format!("  {TOKEN} \r\n").as_bytes());
    assert_eq!(requests, [Request::LogIn(Token::new(TOKEN).unwrap())]);
    assert_eq!(
        said,
        "{\"nickname\": \"Distracted Tolik\", \"account_hash\": \"9a08f44c-c541-11eb-8c47-0242ac110002\"}\n\
         Welcome to chat! Post your message below. End it with an empty line.\n"
    );
}

#[test]
fn an_unknown_token_gets_null_and_the_prompt_and_can_register_there() {
    let mut session = ServerSession::new(Limits::default());
    session.take_outgoing();
    let (_, said) = hear(&mut session, b"WRONG\n");
    assert_eq!(said, "null\nEnter preferred nickname below:\n");
    let (requests, said) = hear(&mut session, b"Tolik\n");
    assert_eq!(requests, [Request::Register("Tolik".to_owned())]);
    assert!(
        said.ends_with("Welcome to chat! Post your message below. End it with an empty line.\n")
    );
}

#[test]
fn an_empty_line_or_blanks_ask_for_an_account() {
    for empty in ["\n", "\r\n", " \n"] {
        let mut session = ServerSession::new(Limits::default());
        session.take_outgoing();
        let (requests, said) = hear(&mut session, empty.as_bytes());
        assert_eq!(requests, []);
        assert_eq!(said, "Enter preferred nickname below:\n");
    }
}

#[test]
fn an_empty_nickname_makes_an_account_at_once() {
    let mut session = ServerSession::new(Limits::default());
    let (requests, said) = hear(&mut session, b"\n\n");
    assert_eq!(requests, [Request::Register(String::new())]);
    assert!(said.contains(r#"{"nickname": "Keen", "#), "{said}");
}

#[test]
fn greeting_token_and_message_may_all_be_one_packet() {
    let mut session = ServerSession::new(Limits::default());
    let (requests, said) = hear(&mut session, b"\nTolik\nhello\n\n");
    assert_eq!(
        requests,
        [
            Request::Register("Tolik".to_owned()),
            Request::Post("Keen Tolik: hello\n".into())
        ]
    );
    assert!(said.ends_with("Message send. Write more, end message with an empty line.\n"));
}

#[test]
fn an_empty_line_after_the_token_is_a_ping_with_an_answer_of_its_own() {
    let mut session = ServerSession::new(Limits::default());
    let (requests, said) = hear(&mut session, format!("{TOKEN}\n\n").as_bytes());
    assert_eq!(requests.len(), 1);
    assert_eq!(said.lines().count(), 4);
    assert_eq!(said.lines().last(), Some(SENT));
}

#[test]
fn every_ping_gets_exactly_one_answer_and_is_not_posted() {
    let (requests, said) = hear(&mut in_chat(), b"\n\r\n\n");
    assert_eq!(requests, []);
    assert_eq!(said, format!("{SENT}\n{SENT}\n{SENT}\n"));
}

#[test]
fn the_lines_of_a_message_are_joined_by_a_blank() {
    let (requests, said) = hear(&mut in_chat(), b"one\r\ntwo\n\nthree\n\n");
    assert_eq!(requests, [post("one two"), post("three")]);
    assert_eq!(said, format!("{SENT}\n{SENT}\n"));
}

#[test]
fn a_message_without_its_empty_line_is_not_sent() {
    let (requests, said) = hear(&mut in_chat(), b"hello\n");
    assert_eq!((requests, said), (Vec::new(), String::new()));
}

#[test]
fn blanks_alone_are_answered_but_bother_nobody() {
    let (requests, said) = hear(&mut in_chat(), b"  \n\n");
    assert_eq!((requests, said), (Vec::new(), format!("{SENT}\n")));
}

#[test]
fn bytes_that_are_no_text_are_replaced_and_nobody_is_thrown_out() {
    let (requests, _) = hear(&mut in_chat(), b"a\xff\n\n");
    assert_eq!(requests, [post("a\u{fffd}")]);
}

#[test]
fn a_message_too_long_is_cut_at_a_character_and_posted() {
    let mut session = in_chat();
    let long = format!("x{}\n\n", "ж".repeat(3000));
    let (requests, _) = hear(&mut session, long.as_bytes());
    // 4,096 bytes would end in the middle of a ж.
    assert_eq!(requests, [post(&format!("x{}", "ж".repeat(2047)))]);
    let many = "line\n".repeat(100_000);
    hear(&mut session, many.as_bytes());
    assert!(session.message.capacity() < 16 * 1024);
    let (requests, _) = hear(&mut session, b"\n");
    assert_eq!(requests.len(), 1);
}

#[test]
fn a_line_over_64_kib_ends_the_session() {
    let mut session = in_chat();
    session.receive(&vec![b'x'; LONGEST_LINE + 1]);
    assert_eq!(session.next_request(), Err(LineTooLong));
}

#[test]
fn a_nickname_that_would_confuse_readers_is_mended() {
    let mut session = ServerSession::new(Limits::default());
    let (requests, _) = hear(&mut session, b"\n a:b \x1b  c \n");
    assert_eq!(requests, [Request::Register("a_b c".to_owned())]);
}

proptest! {
    #[test]
    fn what_a_client_sends_can_be_cut_anywhere(text in "[ab\r\n:ж]{0,60}", size in 1_usize..9) {
        let whole = hear(&mut ServerSession::new(Limits::default()), text.as_bytes());
        let mut session = ServerSession::new(Limits::default());
        let mut cut = (Vec::new(), String::new());
        for piece in text.as_bytes().chunks(size) {
            session.receive(piece);
            let (requests, said) = hear(&mut session, b"");
            cut.0.extend(requests);
            cut.1.push_str(&said);
        }
        if cut.1.is_empty() {
            cut.1 = hear(&mut session, b"").1;
        }
        prop_assert_eq!(cut, whole);
    }

    #[test]
    fn nothing_a_client_sends_makes_a_second_line_for_readers(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let (requests, _) = hear(&mut in_chat(), &bytes);
        for request in requests {
            let Request::Post(line) = request else { panic!("{request:?}") };
            prop_assert_eq!(line.iter().filter(|&&byte| byte == b'\n').count(), 1);
            prop_assert!(line.starts_with(b"Distracted Tolik: ") && line.ends_with(b"\n"));
        }
    }
}
