//! The history file: killed at any byte, shared, full, and long.

use std::fs;

use jiff::civil::date;
use proptest::prelude::*;

use super::*;

fn nine_forty_one() -> DateTime {
    date(2026, 11, 21).at(9, 41, 30, 0)
}

fn directory() -> (tempfile::TempDir, PathBuf) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("minechat.history");
    (directory, path)
}

fn texts(path: &Path, count: usize) -> Vec<String> {
    let entries = tail(path, count).unwrap();
    entries.into_iter().map(|entry| entry.text).collect()
}

#[test]
fn a_message_is_a_line_on_the_disk_at_once() {
    let (_directory, path) = directory();
    let mut history = History::open(&path, DEFAULT_MAX).unwrap();
    history
        .append(nine_forty_one(), "Eva: при\x1b[2Jвет\n")
        .unwrap();
    assert_eq!(
        fs::read_to_string(&path).unwrap(),
        "[2026.11.21 09:41] Eva: при\\x1b[2Jвет\\x0a\n"
    );
    assert_eq!(
        tail(&path, 5).unwrap()[0].at,
        Some(date(2026, 11, 21).at(9, 41, 0, 0))
    );
}

#[test]
fn a_program_killed_at_any_byte_leaves_a_file_the_next_one_mends() {
    let (_directory, path) = directory();
    let whole = "[2026.11.21 09:41] Eva: раз\n[2026.11.21 09:42] Vlad: два [x] 2\n";
    let first = whole.find('\n').unwrap() + 1;
    for killed in 0..=whole.len() {
        fs::write(&path, &whole.as_bytes()[..killed]).unwrap();
        let mut history = History::open(&path, DEFAULT_MAX).unwrap();
        history.append(nine_forty_one(), "after").unwrap();
        drop(history);
        let text = fs::read_to_string(&path).unwrap();
        let lines: Vec<&str> = text.lines().collect();
        assert!(text.ends_with('\n'));
        assert_eq!(
            *lines.last().unwrap(),
            "[2026.11.21 09:41] after",
            "{killed}"
        );
        for line in &lines {
            assert!(Entry::parse(line).at.is_some(), "{killed}: {line}");
        }
        if killed >= first {
            assert_eq!(lines[0], whole.lines().next().unwrap());
        }
        if killed == whole.len() {
            assert_eq!(lines[1], whole.lines().nth(1).unwrap());
        }
        fs::remove_file(&path).unwrap();
    }
}

#[test]
fn zeros_left_by_a_crash_of_the_machine_go() {
    let (_directory, path) = directory();
    fs::write(&path, b"[2026.11.21 09:41] a\n[2026.11.21 09:42] b\0\0\0").unwrap();
    History::open(&path, DEFAULT_MAX).unwrap();
    assert_eq!(texts(&path, 9), ["a", "b"]);
}

#[test]
fn text_that_is_not_ours_only_gets_its_line_end() {
    let (_directory, path) = directory();
    for foreign in [
        &b"first\nlast note"[..],
        b"caf\xe9",
        b"{\"a\": 1}",
        b"[2026.11.21 no stamp",
        b"note\0\0",
        b"a list:\n[",
        "до конца".as_bytes(),
    ] {
        fs::write(&path, foreign).unwrap();
        let mut history = History::open(&path, DEFAULT_MAX).unwrap();
        history.append(nine_forty_one(), "after").unwrap();
        let expected = [foreign, b"\n[2026.11.21 09:41] after\n"].concat();
        assert_eq!(fs::read(&path).unwrap(), expected);
        fs::remove_file(&path).unwrap();
    }
}

#[test]
fn of_two_programs_one_writes_and_the_other_takes_over() {
    let (_directory, path) = directory();
    let mut first = History::open(&path, DEFAULT_MAX).unwrap();
    let mut second = History::open(&path, DEFAULT_MAX).unwrap();
    assert!(first.is_ours() && !second.is_ours());
    for message in ["one", "two"] {
        first.append(nine_forty_one(), message).unwrap();
        second.append(nine_forty_one(), message).unwrap();
    }
    first.release();
    second.append(nine_forty_one(), "three").unwrap();
    first.append(nine_forty_one(), "three").unwrap();
    assert!(second.is_ours() && !first.is_ours());
    drop(second);
    first.append(nine_forty_one(), "four").unwrap();
    assert_eq!(texts(&path, 9), ["one", "two", "three", "four"]);
}

#[test]
fn programs_on_different_servers_do_not_share_a_file_unnoticed() {
    let (directory, path) = directory();
    let mut here = History::of(&path, DEFAULT_MAX, "here:5000");
    let mut elsewhere = History::of(&path, DEFAULT_MAX, "elsewhere:5000");
    here.acquire().unwrap();
    let mut beside = History::of(&path, DEFAULT_MAX, "here:5000");
    beside.acquire().unwrap();
    assert!(here.is_ours() && !beside.is_ours());
    for _ in 0..2 {
        let error = elsewhere.append(nine_forty_one(), "lost?").unwrap_err();
        assert!(error.is_elsewhere(), "{error}");
        let error = error.to_string();
        assert!(
            error.contains("here:5000") && error.contains("--history"),
            "{error}"
        );
    }
    here.release();
    elsewhere.append(nine_forty_one(), "now").unwrap();
    assert!(here.acquire().unwrap_err().is_elsewhere());
    drop(elsewhere);
    assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1);
    assert_eq!(texts(&path, 9), ["now"]);
}

#[test]
fn a_file_that_was_removed_or_put_aside_is_begun_anew() {
    let (directory, path) = directory();
    let mut history = History::open(&path, DEFAULT_MAX).unwrap();
    history.append(nine_forty_one(), "one").unwrap();
    fs::rename(&path, directory.path().join("aside")).unwrap();
    history.append(nine_forty_one(), "two").unwrap();
    fs::remove_file(&path).unwrap();
    history.append(nine_forty_one(), "three").unwrap();
    assert_eq!(texts(&path, 9), ["three"]);
}

#[test]
fn a_full_file_is_put_aside_and_both_are_read_back() {
    let (_directory, path) = directory();
    let mut history = History::open(&path, 100).unwrap();
    for n in 0..12 {
        history
            .append(nine_forty_one(), &format!("m{n:02}"))
            .unwrap();
        assert!(fs::metadata(&path).unwrap().len() <= 100);
    }
    // 23 bytes a line, four lines a file.
    assert_eq!(
        texts(&path, 100),
        ["m04", "m05", "m06", "m07", "m08", "m09", "m10", "m11"]
    );
    assert_eq!(texts(&path, 5), ["m07", "m08", "m09", "m10", "m11"]);
    assert_eq!(texts(&path, 0), [""; 0]);
    let long = "x".repeat(1000);
    history.append(nine_forty_one(), &long).unwrap();
    assert_eq!(texts(&path, 1), [long]);
}

#[test]
fn lines_of_other_programs_are_shown_as_they_stand() {
    let (_directory, path) = directory();
    fs::write(&path, b"[21.11.26 09:41] Eva: \x07hi\nno time\n").unwrap();
    let entries = tail(&path, 9).unwrap();
    assert_eq!(entries[0].text, r"[21.11.26 09:41] Eva: \x07hi");
    assert_eq!(entries[1].at, None);
}

#[test]
fn a_history_that_cannot_be_had_names_the_file_and_the_flag() {
    let (directory, _) = directory();
    let error = History::open(directory.path(), DEFAULT_MAX).unwrap_err();
    assert!(error.to_string().contains("--history"), "{error}");
    assert_eq!(texts(&directory.path().join("none"), 9), [""; 0]);
}

proptest! {
    #[test]
    fn the_last_lines_are_the_last_lines_wherever_blocks_end(
        lengths in proptest::collection::vec(0_usize..40_000, 0..9),
        count in 0_usize..12,
    ) {
        let (_directory, path) = directory();
        let mut history = History::open(&path, u64::MAX).unwrap();
        let all: Vec<String> = lengths.iter().map(|&length| "y".repeat(length)).collect();
        for text in &all {
            history.append(nine_forty_one(), text).unwrap();
        }
        prop_assert_eq!(texts(&path, count), &all[all.len().saturating_sub(count)..]);
    }
}
