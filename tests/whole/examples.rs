//! Each example shows what its first lines promise.

use std::fs;
use std::io::Cursor;
use std::path::Path;

use rustix::process::Signal;

use crate::binary::example;
use crate::program::{Program, output};

const LONGEST: usize = 120;

/// Those that have a test, here or among the flows.
const SEEN: [&str; 6] = [
    "archive-plan",
    "chat-bot",
    "chat-kernel",
    "graceful",
    "pipeline",
    "snow",
];

fn shown(name: &str, arguments: &[&str]) -> Vec<u8> {
    let home = tempfile::tempdir().unwrap();
    let mut command = example(name, home.path());
    command.args(arguments);
    let output = output(command);
    assert!(output.status.success(), "{name}: {output:?}");
    assert_eq!(fs::read_dir(home.path()).unwrap().count(), 0, "{name}");
    output.stdout
}

fn text(name: &str) -> String {
    String::from_utf8(shown(name, &[])).unwrap()
}

#[test]
fn each_is_short_and_opens_with_what_to_type() {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples");
    let mut names = Vec::new();
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "rs") {
            continue;
        }
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.lines().count() < LONGEST, "{name} is too long");
        let header: Vec<&str> = text
            .lines()
            .take_while(|line| line.starts_with("//!"))
            .collect();
        let typed = header.iter().any(|line| {
            line.starts_with("//! cargo run ") && line.contains(&format!("--example {name}"))
        });
        assert!(typed, "{name} does not say how it is run");
        names.push(name);
    }
    names.sort();
    assert_eq!(names, SEEN);
}

#[test]
fn an_archive_is_one_that_others_can_read() {
    let bytes = shown("archive-plan", &[]);
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).unwrap();
    assert!(archive.len() > 5);
    for index in 0..archive.len() {
        // Reading to the end compares the checksum.
        let mut file = archive.by_index(index).unwrap();
        let size = file.size();
        let read = std::io::copy(&mut file, &mut std::io::sink()).unwrap();
        assert!(read == size && size > 1000, "{read} of {size}");
    }
}

#[test]
fn a_beginning_behind_the_end_of_the_archive_is_refused() {
    let length = shown("archive-plan", &[]).len();
    for from in [length, usize::MAX] {
        let home = tempfile::tempdir().unwrap();
        let mut command = example("archive-plan", home.path());
        command.args(["--from", &from.to_string()]);
        let refused = output(command);
        assert_eq!(refused.status.code(), Some(1));
        let line = format!("archive-plan: --from {from}: the archive has {length} bytes\n");
        assert_eq!(String::from_utf8(refused.stderr).unwrap(), line);
    }
}

#[test]
fn the_kernel_needs_nothing_but_a_script() {
    let shown = text("chat-kernel");
    let lines: Vec<&str> = shown.lines().map(str::trim).collect();
    let after = |line: &str| {
        let at = lines.iter().position(|shown| *shown == line).unwrap();
        &lines[at + 1..]
    };
    assert_eq!(
        after("ann > msgall is anybody here?")[0],
        "ann < [ERROR] - First login!"
    );
    let private = after("bob > msg ann between you and me: hi");
    assert!(private[0].ends_with("[bob][->][ann]: between you and me: hi"));
    assert!(private[2].starts_with("eve >"), "nobody else hears it");
    assert_eq!(
        after("eve > msgall three, all within a second")[0],
        "eve < [ERROR] - slow down"
    );
    assert_eq!(after("ann > logout").last(), Some(&"ann is closed"));
}

#[test]
fn a_pipeline_takes_each_line_all_the_way_before_the_next() {
    let shown = text("pipeline");
    let stages: Vec<&str> = shown
        .lines()
        .filter_map(|line| line.split_whitespace().next())
        .take(6)
        .collect();
    assert_eq!(
        stages,
        ["read", "measured", "average", "read", "measured", "average"]
    );
    // (-3.5 - 6 - 8.5) / 3
    assert!(shown.contains("average   Oslo -6.00"), "{shown}");
    assert!(shown.contains("spoilt    \"Oslo broken\""), "{shown}");
    assert!(shown.contains("3 coroutines still stand"), "{shown}");
}

#[test]
fn ten_thousand_flakes_fall() {
    let shown = text("snow");
    let verdict = shown.lines().last().unwrap();
    assert!(verdict.starts_with("10000 coroutines, "), "{verdict}");
    let seen: usize = verdict.split(' ').nth(2).unwrap().parse().unwrap();
    assert!((50..500).contains(&seen), "{verdict}");
    let sky = &shown[..shown.rfind("10000").unwrap()];
    let flakes = sky.matches(['*', '+', '.']).count();
    assert!(flakes > 40 && flakes <= seen, "{flakes}");
}

#[test]
fn a_kitchen_finishes_what_is_on_the_fire() {
    for (signal, code) in [(Signal::INT, 0), (Signal::TERM, 0), (Signal::HUP, 129)] {
        let home = tempfile::tempdir().unwrap();
        let mut kitchen = Program::start(example("graceful", home.path()));
        kitchen.until("cook 3 begins");
        kitchen.signal(signal);
        let closing = kitchen.until("closing; still cooking: ");
        let (_, cooking) = closing.split_once(": ").unwrap();
        let cooking: Vec<&str> = cooking.split(", ").collect();
        assert_eq!(cooking.len(), 3, "{closing}");
        let mut served = [(); 3].map(|()| kitchen.until("serves").replace("serves ", ""));
        served.sort();
        assert_eq!(served.each_ref().map(|line| line.trim())[..], cooking);
        kitchen.until("dishes, none of them half done");
        assert_eq!(kitchen.code(), code, "{signal:?}");
    }
}

#[test]
fn whoever_insists_gets_the_end_at_once() {
    let home = tempfile::tempdir().unwrap();
    let mut kitchen = Program::start(example("graceful", home.path()));
    kitchen.until("cook 3 begins");
    kitchen.signal(Signal::INT);
    kitchen.until("closing");
    kitchen.signal(Signal::INT);
    assert_eq!(kitchen.code(), 128 + 2);
}
