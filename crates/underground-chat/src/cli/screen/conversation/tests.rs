//! The conversation by keys and events, and its picture on a screen in memory.

use std::time::Duration;

use crossterm::event::KeyEvent;
use jiff::civil::date;
use proptest::prelude::*;
use ratatui::Terminal;
use ratatui::backend::TestBackend;

use super::super::view;
use super::*;

fn at() -> DateTime {
    date(2026, 11, 21).at(9, 41, 0, 0)
}

fn says(text: &str) -> Event {
    Event::Message(text.to_owned())
}

fn refused() -> Status {
    Status::Down {
        retry_at: Instant::now() + Duration::from_secs(9),
        why: "connection refused".to_owned(),
    }
}

fn press(conversation: &mut Conversation, code: KeyCode) -> Effect {
    conversation.key(&Input::Key(KeyEvent::new(code, KeyModifiers::NONE)))
}

fn write(conversation: &mut Conversation, text: &str) {
    for character in text.chars() {
        press(conversation, KeyCode::Char(character));
    }
}

fn control(conversation: &mut Conversation, key: char) -> Effect {
    let key = KeyEvent::new(KeyCode::Char(key), KeyModifiers::CONTROL);
    conversation.key(&Input::Key(key))
}

/// The picture as lines of text.
fn picture(conversation: &mut Conversation, width: u16, height: u16) -> Vec<String> {
    let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
    let now = Instant::now();
    terminal
        .draw(|frame| view::draw(frame, conversation, now))
        .unwrap();
    let buffer = terminal.backend().buffer();
    (0..height)
        .map(|y| {
            let line: String = (0..width).map(|x| buffer[(x, y)].symbol()).collect();
            line.trim_end().to_owned()
        })
        .collect()
}

fn talking(messages: usize) -> Conversation {
    let mut conversation = Conversation::new(false, Vec::new());
    conversation.event(Event::Nickname("Keen oleg".to_owned()), at(), None);
    for port in [Port::Read, Port::Write] {
        conversation.event(Event::Status(port, Status::Up), at(), None);
    }
    for n in 0..messages {
        conversation.event(says(&format!("Eva: m{n}")), at(), None);
    }
    conversation
}

#[test]
fn history_stands_above_and_the_input_below() {
    let past = vec![Entry {
        at: Some(date(2026, 11, 20).at(23, 59, 0, 0)),
        text: "Vlad: yesterday".to_owned(),
    }];
    let mut conversation = Conversation::new(false, past);
    for port in [Port::Read, Port::Write] {
        conversation.event(Event::Status(port, Status::Up), at(), None);
    }
    conversation.event(Event::Nickname("Keen oleg".to_owned()), at(), None);
    conversation.event(
        says("Eva: a message that is too long for one row"),
        at(),
        None,
    );
    write(&mut conversation, "привет");
    assert_eq!(
        picture(&mut conversation, 40, 9),
        [
            "",
            "",
            "────────────── 2026.11.20 ──────────────",
            "23:59 Vlad: yesterday",
            "────────────── 2026.11.21 ──────────────",
            "09:41 Eva: a message that is too long",
            "      for one row",
            " reading ✓  writing ✓  Keen oleg",
            "> привет",
        ]
    );
}

#[test]
fn enter_sends_what_was_typed_and_blanks_are_nothing() {
    let mut conversation = talking(0);
    write(&mut conversation, " hi");
    assert_eq!(
        press(&mut conversation, KeyCode::Enter),
        Effect::Send(" hi".to_owned())
    );
    write(&mut conversation, "  ");
    assert_eq!(press(&mut conversation, KeyCode::Enter), Effect::None);
    assert_eq!(conversation.input.value(), "");
}

#[test]
fn the_line_can_be_edited() {
    let mut conversation = talking(0);
    write(&mut conversation, "one two");
    press(&mut conversation, KeyCode::Home);
    write(&mut conversation, ">");
    press(&mut conversation, KeyCode::End);
    control(&mut conversation, 'w');
    press(&mut conversation, KeyCode::Backspace);
    assert_eq!(conversation.input.value(), ">one");
}

#[test]
fn what_is_pasted_is_one_line_and_is_not_sent() {
    let mut conversation = talking(0);
    let effect = conversation.key(&Input::Paste("a\r\nb\x1b\n".to_owned()));
    assert_eq!((effect, conversation.input.value()), (Effect::None, "a b"));
}

#[test]
fn a_long_text_is_pasted_at_the_cursor_without_delay() {
    let mut conversation = talking(0);
    write(&mut conversation, "аб");
    press(&mut conversation, KeyCode::Left);
    let long = "в ".repeat(100_000);
    conversation.key(&Input::Paste(long.clone()));
    write(&mut conversation, "!");
    assert_eq!(conversation.input.value(), format!("а{}!б", long.trim()));
}

#[test]
fn the_oldest_messages_go_when_there_are_too_many_or_too_long_ones() {
    let mut conversation = talking(KEPT + 5);
    assert_eq!(conversation.messages.len(), KEPT);
    assert_eq!(conversation.messages[0].entry.text, "Eva: m5");
    let long = "x".repeat(KEPT_BYTES / 4);
    for _ in 0..9 {
        conversation.event(says(&long), at(), None);
    }
    assert_eq!(conversation.messages.len(), 4);
}

#[test]
fn scrolled_up_the_view_stays_and_counts_what_comes() {
    let mut conversation = talking(20);
    let bottom = picture(&mut conversation, 30, 7);
    assert_eq!(bottom[4], "09:41 Eva: m19");
    press(&mut conversation, KeyCode::PageUp);
    let above = picture(&mut conversation, 30, 7);
    assert_eq!(above[4], "09:41 Eva: m15");
    for n in 20..23 {
        conversation.event(
            says(&format!("Eva: m{n} {}", "long ".repeat(9))),
            at(),
            None,
        );
    }
    let after = picture(&mut conversation, 30, 7);
    assert_eq!(after[..5], above[..5]);
    assert!(after[5].ends_with("↓ 3 new (Esc)"), "{}", after[5]);
    press(&mut conversation, KeyCode::Esc);
    let end = picture(&mut conversation, 30, 7);
    assert!(!end[5].contains("new"), "{}", end[5]);
    assert_eq!(end[4], "      long");
}

#[test]
fn scrolling_ends_at_the_first_message() {
    let mut conversation = talking(9);
    picture(&mut conversation, 30, 7);
    for _ in 0..9 {
        press(&mut conversation, KeyCode::PageUp);
    }
    assert!(picture(&mut conversation, 30, 7)[0].contains("2026.11.21"));
    press(&mut conversation, KeyCode::Down);
    assert_eq!(picture(&mut conversation, 30, 7)[0], "09:41 Eva: m0");
}

#[test]
fn a_lost_connection_says_why_and_when_it_is_tried_again() {
    let mut conversation = talking(0);
    let down = Status::Down {
        retry_at: Instant::now() + Duration::from_secs(60),
        why: "Connection refused".to_owned(),
    };
    conversation.event(Event::Status(Port::Write, down), at(), Some("F2"));
    conversation.waiting = 2;
    assert!(conversation.counts_down());
    let status = picture(&mut conversation, 90, 3)[1].clone();
    assert!(
        status.starts_with(" reading ✓  writing ✗ again in 60 s  Connection refused"),
        "{status}"
    );
    assert!(status.ends_with("2 to be sent"), "{status}");
}

#[test]
fn with_no_server_here_one_is_offered() {
    let mut conversation = Conversation::new(true, Vec::new());
    let down = || Status::Down {
        retry_at: Instant::now(),
        why: String::new(),
    };
    conversation.event(Event::Status(Port::Read, down()), at(), None);
    assert_eq!(conversation.notice, None);
    conversation.event(Event::Status(Port::Read, down()), at(), Some("F2 does it"));
    assert_eq!(conversation.notice.as_deref(), Some("F2 does it"));
    assert_eq!(press(&mut conversation, KeyCode::F(2)), Effect::StartServer);
}

#[test]
fn half_a_chat_is_no_place_for_a_server() {
    let mut conversation = Conversation::new(true, Vec::new());
    conversation.event(
        Event::Status(Port::Read, Status::Up),
        at(),
        Some("F2 does it"),
    );
    conversation.event(
        Event::Status(Port::Write, refused()),
        at(),
        Some("F2 does it"),
    );
    assert_eq!(conversation.notice.as_deref(), Some(HALF));
    // Who has found out more says that, and goes on to say it.
    let mut asked = Conversation::new(true, Vec::new());
    asked.event(Event::Status(Port::Read, Status::Up), at(), None);
    asked.cannot_serve("port 5000 is nc's".to_owned());
    press(&mut asked, KeyCode::Up);
    asked.event(
        Event::Status(Port::Write, refused()),
        at(),
        Some("F2 does it"),
    );
    assert_eq!(asked.notice.as_deref(), Some("port 5000 is nc's"));
    // It is read to its end, on as many rows as it takes.
    let shown = picture(&mut conversation, 40, 9).join(" ");
    for word in HALF.split(' ') {
        assert!(shown.contains(word), "{word} in {shown}");
    }
}

#[test]
fn what_does_not_fit_ends_between_words_and_says_so() {
    for width in 1..100 {
        let mut conversation = talking(1);
        conversation.event(Event::Status(Port::Write, refused()), at(), None);
        conversation.waiting = 2;
        let status = picture(&mut conversation, width, 4)[2].clone();
        let Some((_, why)) = status.split_once(" s  ") else {
            continue;
        };
        let (why, _) = why.split_once("2 to be").unwrap_or((why, ""));
        let shown = ["connection refused", "connection…", "…", ""];
        let cut_by_the_width = width < 40;
        assert!(
            shown.contains(&why.trim()) || cut_by_the_width,
            "{width}: {status}"
        );
    }
}

#[test]
fn what_waits_is_shown_while_nothing_can_be_sent() {
    let mut conversation = talking(1);
    conversation.waiting = 2;
    conversation.last_waiting = vec!["one".to_owned(), "\x1b two words that are long".to_owned()];
    assert!(!picture(&mut conversation, 30, 9).join("").contains("one"));
    conversation.event(Event::Status(Port::Write, refused()), at(), None);
    let shown = picture(&mut conversation, 30, 9);
    assert_eq!(
        shown[5..7],
        ["    … one", "    … \\x1b two words that are…"]
    );
    // In a low window the line of status is worth more.
    assert!(picture(&mut conversation, 30, 2)[0].contains("reading"));
}

#[test]
fn the_keys_are_named_until_there_is_something_to_read() {
    let mut conversation = Conversation::new(true, Vec::new());
    let hint = picture(&mut conversation, 80, 5)[2].clone();
    assert!(
        hint.contains("Enter") && hint.contains("Ctrl-C leaves"),
        "{hint}"
    );
    let mut conversation = talking(0);
    assert!(picture(&mut conversation, 80, 5)[2].contains("Ctrl-C leaves"));
    conversation.event(says("Eva: hi"), at(), None);
    assert!(
        !picture(&mut conversation, 80, 5)
            .join("")
            .contains("Ctrl-C")
    );
}

#[test]
fn without_an_account_the_first_line_is_a_name() {
    let mut conversation = Conversation::new(true, Vec::new());
    assert_eq!(picture(&mut conversation, 40, 3)[2], "nickname>");
    write(&mut conversation, "oleg");
    assert_eq!(
        press(&mut conversation, KeyCode::Enter),
        Effect::Register("oleg".to_owned())
    );
    conversation.event(Event::Nickname("Keen oleg".to_owned()), at(), None);
    write(&mut conversation, "hi");
    assert_eq!(
        press(&mut conversation, KeyCode::Enter),
        Effect::Send("hi".to_owned())
    );
}

#[test]
fn a_message_that_is_refused_goes_back_to_the_line() {
    let mut conversation = talking(0);
    conversation.refused("too much".to_owned(), "1000 messages wait");
    assert_eq!(conversation.input.value(), "too much");
    assert!(picture(&mut conversation, 60, 3)[1].contains("1000 messages wait"));
}

#[test]
fn a_screen_of_any_size_is_painted() {
    for (width, height) in [(1, 1), (2, 2), (5, 3), (300, 2), (1, 60)] {
        let mut conversation = talking(50);
        write(&mut conversation, "a text longer than the line");
        picture(&mut conversation, width, height);
        press(&mut conversation, KeyCode::PageUp);
        picture(&mut conversation, width, height);
    }
}

#[test]
fn ctrl_c_leaves_and_ctrl_d_only_when_nothing_is_typed() {
    let mut conversation = talking(0);
    assert_eq!(control(&mut conversation, 'c'), Effect::Leave);
    write(&mut conversation, "x");
    assert_eq!(control(&mut conversation, 'd'), Effect::None);
    press(&mut conversation, KeyCode::Backspace);
    assert_eq!(control(&mut conversation, 'd'), Effect::Leave);
}

proptest! {
    #[test]
    fn the_rows_shown_are_a_window_of_all_rows(
        texts in proptest::collection::vec(("[aя ]{0,60}", 1_i8..4), 0..30),
        moves in proptest::collection::vec((1_usize..40, 1_usize..12, 0_usize..20, 0_usize..20), 1..9),
    ) {
        let mut days: Vec<i8> = texts.iter().map(|(_, day)| *day).collect();
        days.sort_unstable();
        let past: Vec<Entry> = texts
            .iter()
            .zip(days)
            .map(|((text, _), day)| Entry {
                at: Some(date(2026, 11, day).at(9, 41, 0, 0)),
                text: text.clone(),
            })
            .collect();
        let mut conversation = Conversation::new(false, past.clone());
        for (width, height, up, down) in moves {
            conversation.rows(width, height);
            conversation.scroll_up(up);
            conversation.scroll_down(down);
            let (mut all, mut day) = (Vec::new(), None);
            for entry in &past {
                if day_of(entry) != day {
                    day = day_of(entry);
                    all.extend(day.map(Row::Day));
                }
                all.extend(wrap(entry, width));
            }
            let shown = conversation.rows(width, height);
            let end = all.len() - conversation.above;
            prop_assert!(end >= height.min(all.len()), "scrolled past the first row");
            prop_assert_eq!(&shown, &all[end.saturating_sub(height)..end]);
        }
    }
}

#[test]
fn a_rejected_token_asks_for_a_name_and_gives_back_what_was_being_typed() {
    let mut conversation = talking(1);
    write(&mut conversation, "half a sen");
    conversation.event(Event::TokenRejected, at(), None);
    let shown = picture(&mut conversation, 80, 4);
    assert!(shown[2].contains("does not know your token"), "{shown:?}");
    assert_eq!(shown[3], "nickname>");
    write(&mut conversation, "Anna");
    let effect = press(&mut conversation, KeyCode::Enter);
    assert_eq!(effect, Effect::Register("Anna".to_owned()));
    conversation.event(Event::Nickname("Keen Anna".to_owned()), at(), None);
    assert_eq!(picture(&mut conversation, 80, 4)[3], "> half a sen");
}
