//! Any bytes as a telnet client sends them, in two chunks and in one: the same lines, and no panic.
#![no_main]

use chat_servers::wire::{Limits, Session};
use libfuzzer_sys::fuzz_target;

fn hear(chunks: &[&[u8]]) -> Vec<String> {
    let limits = Limits {
        max_line: 64,
        ..Limits::default()
    };
    let mut session = Session::lines();
    let mut heard = Vec::new();
    for mut chunk in chunks.iter().copied() {
        while let Some(input) = session.next(&mut chunk, &limits) {
            heard.push(format!("{input:?}"));
        }
    }
    heard
}

fuzz_target!(|input: (usize, Vec<u8>)| {
    let (at, bytes) = input;
    let (head, tail) = bytes.split_at(at % (bytes.len() + 1));
    assert_eq!(hear(&[&bytes]), hear(&[head, tail]));
});
