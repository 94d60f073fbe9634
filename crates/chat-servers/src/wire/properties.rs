//! Any chunking of the same bytes gives the same requests.

use proptest::prelude::*;
use tungstenite::protocol::frame::coding::{Control, Data, OpCode};

use super::*;

/// Everything that a session says to these chunks.
fn hear(mut session: Session, chunks: &[&[u8]], limits: &Limits) -> Vec<String> {
    let mut heard = Vec::new();
    let mut replies = Vec::new();
    for mut chunk in chunks.iter().copied() {
        while let Some(input) = session.next(&mut chunk, limits) {
            match input {
                // Where pongs fall between the requests is up to the chunks.
                Input::Reply(reply) => replies.extend_from_slice(&reply),
                Input::Last(last) => {
                    replies.extend_from_slice(&last);
                    heard.push("the end".to_owned());
                }
                other => heard.push(format!("{other:?}")),
            }
        }
        assert!(chunk.is_empty(), "bytes were left");
    }
    heard.push(format!("{replies:?}"));
    heard
}

/// Cuts at these places, taken modulo what is left.
fn cut<'a>(mut bytes: &'a [u8], cuts: &[usize]) -> Vec<&'a [u8]> {
    let mut chunks = Vec::new();
    for cut in cuts {
        let (chunk, rest) = bytes.split_at(cut % (bytes.len() + 1));
        chunks.push(chunk);
        bytes = rest;
    }
    chunks.push(bytes);
    chunks
}

fn telnet_like() -> impl Strategy<Value = Vec<u8>> {
    let token = prop_oneof![
        4 => "[a-z ]{0,12}".prop_map(String::into_bytes),
        2 => Just(b"\r\n".to_vec()),
        2 => Just(b"\n".to_vec()),
        1 => Just(vec![0xff, 0xfb, 0x01]),
        1 => Just(vec![0xff, 0xfa, 0x18, b'\n', 0xff, 0xf0]),
        1 => Just("жñ🙂".as_bytes().to_vec()),
        1 => prop::collection::vec(any::<u8>(), 0..4),
    ];
    prop::collection::vec(token, 0..30).prop_map(|tokens| tokens.concat())
}

/// A handshake and masked frames, some of them no good.
fn web_like() -> impl Strategy<Value = Vec<u8>> {
    let frame = prop_oneof![
        6 => "[a-zж ]{0,200}".prop_map(|text| (OpCode::Data(Data::Text), text.into_bytes())),
        1 => Just((OpCode::Control(Control::Ping), b"p".to_vec())),
        1 => Just((OpCode::Data(Data::Binary), vec![1])),
        1 => prop::collection::vec(any::<u8>(), 0..20).prop_map(|bytes| (OpCode::Data(Data::Text), bytes)),
    ];
    prop::collection::vec((frame, any::<[u8; 4]>()), 0..12).prop_map(|frames| {
        let mut bytes =
            b"GET /ws HTTP/1.1\r\nHost: x\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\
            Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
                .to_vec();
        for ((opcode, payload), mask) in frames {
            let mut frame = match opcode {
                OpCode::Control(_) => Frame::ping(payload),
                OpCode::Data(_) => Frame::message(payload, opcode, true),
            };
            frame.header_mut().mask = Some(mask);
            frame.format(&mut bytes).unwrap();
        }
        bytes
    })
}

const LIMIT: usize = 100;

proptest! {
    #[test]
    fn lines_do_not_depend_on_chunks(bytes in telnet_like(), cuts in prop::collection::vec(any::<usize>(), 0..20)) {
        let limits = Limits { max_line: 20, ..Limits::default() };
        let whole = hear(Session::lines(), &[&bytes], &limits);
        let chunked = hear(Session::lines(), &cut(&bytes, &cuts), &limits);
        prop_assert_eq!(whole, chunked);
    }

    #[test]
    fn the_web_does_not_depend_on_chunks(bytes in web_like(), cuts in prop::collection::vec(0..400usize, 0..40)) {
        let limits = Limits { max_line: LIMIT, ..Limits::default() };
        let whole = hear(Session::web("Tokio"), &[&bytes], &limits);
        let chunked = hear(Session::web("Tokio"), &cut(&bytes, &cuts), &limits);
        prop_assert_eq!(whole, chunked);
    }

    #[test]
    fn no_bytes_break_the_front_door(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        hear(Session::web("Tokio"), &[&bytes], &Limits::default());
    }
}

#[test]
fn websocket_messages_that_are_no_requests_are_answered_in_kind() {
    let say = |opcode, payload: Vec<u8>| {
        let mut socket = Socket::new(&Limits::default());
        let mut frame = Frame::message(payload, opcode, true);
        frame.header_mut().mask = Some([1, 2, 3, 4]);
        let bytes = format(frame);
        let answer = socket
            .next(&mut &bytes[..], LIMIT)
            .map(|input| format!("{input:?}"));
        answer.unwrap()
    };
    let code = |code: u16| {
        let [high, low] = code.to_be_bytes();
        format!("{:?}", Bytes::copy_from_slice(&[high, low]))
            .trim_matches(['b', '"'])
            .to_owned()
    };
    let text = OpCode::Data(Data::Text);
    assert_eq!(say(text, vec![b'x'; LIMIT + 1]), "Line(TooLong)");
    for (opcode, payload, expected) in [
        (text, vec![0xff], 1007),
        (OpCode::Data(Data::Binary), vec![1], 1003),
        (text, vec![b'x'; 70_000], 1009),
    ] {
        let answer = say(opcode, payload);
        assert!(
            answer.starts_with("Last") && answer.contains(&code(expected)),
            "{expected}: {answer}"
        );
    }
}
