//! A hundred thousand messages of history: how long until they are there?
//!
//!     cargo bench -p underground-chat --bench history
//!
//! Beside it stands what reading the bare lines takes in Python, where there is one.

// A measurement that cannot be made has nothing to report: a panic says why.
#![allow(clippy::unwrap_used)]

use std::hint::black_box;
use std::process::Command;
use std::time::Instant;

use jiff::civil::date;
use underground_chat::history::{History, tail};

const MESSAGES: usize = 100_000;
const RUNS: usize = 5;

fn main() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("history");
    let mut history = History::open(&path, u64::MAX).unwrap();
    let at = date(2026, 11, 21).at(9, 41, 0, 0);
    let began = Instant::now();
    for n in 0..MESSAGES {
        history
            .append(
                at,
                &format!("Keen oleg: сообщение number {n}, about as long as most are"),
            )
            .unwrap();
    }
    let each = began.elapsed() / u32::try_from(MESSAGES).unwrap();
    println!("{MESSAGES} messages written, each at once: {each:?} a message");
    for _ in 0..RUNS {
        let began = Instant::now();
        let entries = black_box(tail(&path, MESSAGES).unwrap());
        let all = began.elapsed();
        assert_eq!(entries.len(), MESSAGES);
        let began = Instant::now();
        assert_eq!(black_box(tail(&path, 1000).unwrap()).len(), 1000);
        println!(
            "loaded {MESSAGES} in {all:?}, the last 1000 of them in {:?}",
            began.elapsed()
        );
    }
    let script = "import sys,time; t=time.perf_counter(); n=len(open(sys.argv[1]).readlines()); \
                  print(f'python: {n} bare lines in {(time.perf_counter()-t)*1000:.1f} ms')";
    let python = Command::new("python3")
        .args(["-c", script])
        .arg(&path)
        .status();
    if python.is_err() {
        println!("python: there is none here");
    }
}
