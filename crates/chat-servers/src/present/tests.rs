//! The oracle's forms, to the byte.

use super::*;
use crate::kernel::Refusal;
use jiff::Timestamp;
use jiff::tz::Offset;

fn presenter(color: bool) -> Presenter {
    let zone = TimeZone::fixed(Offset::from_seconds(3 * 3600 + 1800).unwrap());
    Presenter::new(color, zone)
}

fn line(color: bool, message: &Message<'_>) -> String {
    String::from_utf8(presenter(color).line(message).to_vec()).unwrap()
}

fn at() -> Timestamp {
    "2018-08-23T09:05:07.9Z".parse().unwrap()
}

fn chat(text: &str) -> Message<'_> {
    Message::Chat {
        at: at(),
        from: "ann".into(),
        text,
    }
}

fn private<'a>() -> Message<'a> {
    Message::Private {
        at: at(),
        from: "ann".into(),
        to: "bob".into(),
        text: "psst",
    }
}

fn names(bare: bool) -> Message<'static> {
    Message::UserList {
        names: vec!["ann".into(), "bob".into()],
        bare,
    }
}

fn name(bare: bool) -> Message<'static> {
    Message::WhoAmI {
        name: "ann".into(),
        bare,
    }
}

#[test]
fn lines_without_colour() {
    for (message, expected) in [
        (
            Message::Login("ann".into()),
            "[SYSTEM INFO] - [ann] login to chat.\n",
        ),
        (
            Message::Logout("ann".into()),
            "[SYSTEM INFO] - [ann] logout from chat.\n",
        ),
        (
            Message::ShuttingDown,
            "[SYSTEM INFO] - server is shutting down.\n",
        ),
        (chat("hi"), "[12:35:07][ann]: hi\n"),
        (private(), "[12:35:07][ann][->][bob]: psst\n"),
        (names(false), "[INFO] - ['ann', 'bob']\n"),
        (names(true), "['ann', 'bob']\n"),
        (name(false), "[INFO] - ann\n"),
        (name(true), "ann\n"),
        (
            Message::Error(Refusal::NotFound("bo\tb")),
            "[ERROR] - [bo\\x09b] not found!\n",
        ),
        (
            Message::Error(Refusal::FirstLogin),
            "[ERROR] - First login!\n",
        ),
    ] {
        assert_eq!(line(false, &message), expected);
    }
}

/// `{r:text}` is text in red; so for g, y, b and w.
fn painted(text: &str) -> String {
    let mut painted = text.to_owned();
    for (letter, digit) in [("r", 1), ("g", 2), ("y", 3), ("b", 4), ("w", 7)] {
        painted = painted.replace(&format!("{{{letter}:"), &format!("\x1b[3{digit}m\x1b[22m"));
    }
    painted.replace('}', "\x1b[39m\x1b[22m") + "\n"
}

#[test]
fn lines_with_colour() {
    for (message, expected) in [
        (
            Message::Login("ann".into()),
            "{g:[SYSTEM INFO]} - {y:[ann] }{g:login to chat.}",
        ),
        (
            Message::Logout("ann".into()),
            "{g:[SYSTEM INFO]} - {y:[ann] }{r:logout from chat.}",
        ),
        (
            Message::ShuttingDown,
            "{g:[SYSTEM INFO]} - {g:server is shutting down.}",
        ),
        (chat("a - b: c"), "{y:[12:35:07][ann]}: {w:a - b: c}"),
        (private(), "{y:[12:35:07][ann][->][bob]}: {w:psst}"),
        (names(false), "{b:[INFO]} - {g:['ann', 'bob']}"),
        (names(true), "['ann', 'bob']"),
        (name(false), "{b:[INFO]} - {g:ann}"),
        (name(true), "ann"),
        (
            Message::Error(Refusal::NotFound("bob")),
            "{r:[ERROR]} - {y:[bob] }{g:not found!}",
        ),
        (
            Message::Error(Refusal::SlowDown),
            "{r:[ERROR]} - {g:slow down}",
        ),
    ] {
        assert_eq!(line(true, &message), painted(expected));
    }
}

#[test]
fn frames_are_the_same_lines_in_json() {
    for (message, expected) in [
        (
            Message::Login("ann".into()),
            r#"{"action":"response","kind":"system","message":"[SYSTEM INFO] - [ann] login to chat.","from":"ann"}"#,
        ),
        (
            chat("<b>\"x\"\u{1b}"),
            r#"{"action":"response","kind":"chat","message":"[12:35:07][ann]: <b>\"x\"\\x1b","from":"ann","at":"2018-08-23T12:35:07+03:30"}"#,
        ),
        (
            private(),
            r#"{"action":"response","kind":"private","message":"[12:35:07][ann][->][bob]: psst","from":"ann","to":"bob","at":"2018-08-23T12:35:07+03:30"}"#,
        ),
        (names(true), r#"{"action":"list","message":["ann","bob"]}"#),
        (
            names(false),
            r#"{"action":"response","kind":"info","message":"[INFO] - ['ann', 'bob']"}"#,
        ),
        (
            name(true),
            r#"{"action":"response","kind":"info","message":"ann"}"#,
        ),
        (
            Message::Error(Refusal::UnknownCommand),
            r#"{"action":"response","kind":"error","message":"[ERROR] - unknown command"}"#,
        ),
    ] {
        assert_eq!(presenter(true).json(&message), expected);
    }
}

#[test]
fn a_frame_is_one_unmasked_text_frame() {
    let mut presenter = presenter(true);
    let json = presenter.json(&name(true));
    let frame = presenter.frame(&name(true));
    assert_eq!(frame[0], 0x81);
    assert_eq!(usize::from(frame[1]), json.len());
    assert_eq!(&frame[2..], json.as_bytes());
}

#[test]
fn every_second_has_its_own_time() {
    let mut presenter = presenter(false);
    for (at, expected) in [
        ("2018-08-23T09:05:07.1Z", "[12:35:07][ann]: x\n"),
        ("2018-08-23T09:05:08.0Z", "[12:35:08][ann]: x\n"),
        ("2018-08-23T09:05:07.9Z", "[12:35:07][ann]: x\n"),
    ] {
        let message = Message::Chat {
            at: at.parse().unwrap(),
            from: "ann".into(),
            text: "x",
        };
        assert_eq!(presenter.line(&message), expected);
    }
}
