//! The window by scripts.

mod chance;
mod parting;

use std::time::Duration;

use jiff::civil::date;
use underground_chat::client::Port;
use underground_chat::flags::Address;
use underground_chat::protocol::{Account, ClientSession};

use super::*;
use crate::outbox::Mark;
use crate::settings::Shade;
use crate::words::Words;

fn settings() -> Settings {
    Settings {
        address: Address {
            host: "127.0.0.1".to_owned(),
            read_port: 5000,
            write_port: 5050,
        },
        history: "minechat.history".into(),
        shade: Shade::Light,
        letters: 15,
        words: Words::En,
    }
}

fn token(text: &str) -> Token {
    Token::new(text).unwrap()
}

/// A window and the time it is told.
struct Desk {
    state: State,
    start: Instant,
    elapsed: Duration,
    /// Gives out numbers of messages as the library does.
    library: ClientSession,
}

impl Desk {
    fn new(login: Option<Login>) -> Self {
        let start = Instant::now();
        let mut desk = Self {
            state: State::new(settings(), login, Local::None, start),
            start,
            elapsed: Duration::ZERO,
            library: ClientSession::new(None, 1000, start),
        };
        desk.tell(Message::Resized(600.0, 400.0));
        desk.tell(Message::Past(Vec::new(), None));
        desk
    }

    fn logged_in() -> Self {
        let mut desk = Self::new(Some(Login::Token(token("t"))));
        desk.hear([
            Event::Status(Port::Read, Status::Up),
            Event::Nickname("Boring Eva".to_owned()),
            Event::Status(Port::Write, Status::Up),
        ]);
        desk
    }

    fn tell(&mut self, message: Message) -> Vec<Effect> {
        let now = self.start + self.elapsed;
        self.state
            .update(message, now, date(2026, 11, 21).at(9, 0, 0, 0))
    }

    fn hear(&mut self, events: impl IntoIterator<Item = Event>) -> Vec<Effect> {
        let generation = self.state.generation;
        self.tell(Message::Events(generation, events.into_iter().collect()))
    }

    fn says(&mut self, line: &str) -> Vec<Effect> {
        self.hear([Event::Message(line.to_owned())])
    }

    fn key(&mut self, key: Key) -> Vec<Effect> {
        self.tell(Message::Key(key))
    }

    fn write(&mut self, text: &str) {
        let text = std::sync::Arc::new(text.to_owned());
        let pasted = text_editor::Edit::Paste(text);
        self.tell(Message::Edited(text_editor::Action::Edit(pasted)));
    }

    /// Writes and sends; answers the library's number.
    fn send(&mut self, text: &str) -> MessageId {
        self.write(text);
        let effects = self.tell(Message::Press(Control::Send));
        assert_eq!(effects, [Effect::Post(text.to_owned())]);
        let id = self.library.post(text, self.start).unwrap();
        self.tell(Message::Posted(text.to_owned(), Ok(id)));
        id
    }

    fn lines(&self) -> Vec<&str> {
        let messages = self.state.conversation.messages();
        messages.iter().map(|message| message.line()).collect()
    }
}

fn down() -> Status {
    Status::Down {
        retry_at: tokio::time::Instant::now() + Duration::from_secs(5),
        why: "refused".to_owned(),
    }
}

#[test]
fn without_an_account_a_name_is_asked_for_and_never_posted() {
    let mut desk = Desk::new(None);
    assert_eq!(desk.state.focus, Control::Name);
    desk.tell(Message::Typed(Control::Name, "Eva".to_owned()));
    let effects = desk.tell(Message::Press(Control::Name));
    assert!(effects.contains(&Effect::Register("Eva".to_owned())));
    assert!(
        !effects
            .iter()
            .any(|effect| matches!(effect, Effect::Post(_)))
    );
    assert_eq!(
        (desk.state.dialog.is_none(), desk.state.focus),
        (true, Control::Input)
    );
    let account = Account {
        nickname: "Boring Eva".to_owned(),
        token: token("new"),
    };
    let effects = desk.hear([Event::Registered(account)]);
    assert_eq!(effects, [Effect::KeepToken(token("new"))]);
    assert_eq!(desk.state.nickname.as_deref(), Some("Boring Eva"));
}

#[test]
fn an_empty_name_is_refused_in_the_dialog() {
    let mut desk = Desk::new(None);
    desk.tell(Message::Typed(Control::Name, "  ".to_owned()));
    let effects = desk.tell(Message::Press(Control::Register));
    assert_eq!(effects, [Effect::Focus(Control::Name)]);
    assert!(matches!(
        desk.state.dialog,
        Some(Dialog::Account { error: Some(_), .. })
    ));
}

#[test]
fn an_unknown_token_opens_a_dialog_over_a_chat_that_goes_on() {
    let mut desk = Desk::logged_in();
    let effects = desk.hear([Event::TokenRejected]);
    assert_eq!(effects, [Effect::Focus(Control::Name)]);
    assert_eq!(desk.state.nickname, None);
    desk.elapsed = Duration::from_secs(3600);
    desk.says("Vlad: still here");
    assert_eq!(desk.lines(), ["Vlad: still here"]);
    assert!(desk.state.dialog.is_some());
    desk.tell(Message::Typed(Control::Token, " other ".to_owned()));
    let effects = desk.tell(Message::Press(Control::LogIn));
    assert!(effects.contains(&Effect::LogIn(token("other"))));
    assert!(effects.contains(&Effect::KeepToken(token("other"))));
    assert!(desk.state.dialog.is_none());
}

#[test]
fn a_message_is_waiting_then_sent_then_in_the_conversation_once() {
    let mut desk = Desk::logged_in();
    let id = desk.send("two\nlines");
    let marks = |desk: &Desk| -> Vec<Mark> {
        desk.state
            .outbox
            .iter()
            .map(|message| message.mark)
            .collect()
    };
    assert_eq!(marks(&desk), [Mark::Waiting(id)]);
    desk.hear([Event::Sent(id)]);
    assert!(matches!(marks(&desk)[..], [Mark::Sent(_)]));
    desk.says("Boring Eva: two lines");
    assert_eq!(marks(&desk), []);
    assert_eq!(desk.lines(), ["Boring Eva: two lines"]);
    assert!(desk.state.conversation.messages()[0].own);
}

#[test]
fn what_comes_back_before_it_is_confirmed_is_not_shown_twice() {
    let mut desk = Desk::logged_in();
    let id = desk.send("hello");
    desk.says("Boring Eva: hello");
    desk.hear([Event::Sent(id)]);
    assert_eq!(desk.state.outbox.iter().len(), 0);
    desk.elapsed = Duration::from_secs(60);
    desk.tell(Message::Tick);
    assert_eq!(desk.lines(), ["Boring Eva: hello"]);
}

#[test]
fn what_nobody_sends_back_is_shown_and_recorded_all_the_same() {
    let mut desk = Desk::logged_in();
    let id = desk.send("hello");
    desk.hear([Event::Sent(id)]);
    assert!(desk.state.awaits_time());
    desk.elapsed = Duration::from_secs(6);
    let effects = desk.tell(Message::Tick);
    assert_eq!(desk.lines(), ["Boring Eva: hello"]);
    assert!(matches!(&effects[..], [Effect::Record(lines)] if lines.len() == 1));
    assert!(!desk.state.awaits_time());
}

#[test]
fn a_message_that_the_server_cut_is_not_shown_twice_and_the_user_is_told() {
    let mut desk = Desk::logged_in();
    let id = desk.send("many words ".repeat(1000).trim_end());
    desk.hear([Event::Sent(id)]);
    desk.says(&format!(
        "Boring Eva: {}",
        &"many words ".repeat(1000)[..4000]
    ));
    assert_eq!(desk.state.outbox.iter().len(), 0);
    assert!(desk.state.notice.as_deref().unwrap().contains("first 4 kB"));
    let id = desk.send("hello there");
    desk.hear([Event::Sent(id)]);
    desk.says("Boring Eva: hello");
    assert_eq!(desk.state.outbox.iter().len(), 1);
}

#[test]
fn the_last_unsent_message_comes_back_to_be_changed_with_its_lines() {
    let mut desk = Desk::logged_in();
    desk.hear([Event::Status(Port::Write, down())]);
    desk.send("first");
    let id = desk.send("second\nline");
    assert_eq!(desk.key(Key::EditLast), [Effect::TakeBack(id)]);
    desk.tell(Message::TookBack(id, Some("second line".to_owned())));
    assert_eq!(desk.state.input.text().trim_end(), "second\nline");
    assert_eq!(desk.state.outbox.iter().len(), 1);
    desk.tell(Message::TookBack(id, None));
    assert!(desk.state.notice.is_some());
}

#[test]
fn a_message_that_is_not_taken_goes_back_before_what_was_typed_since() {
    let mut desk = Desk::logged_in();
    desk.write("since");
    desk.tell(Message::Posted("long".to_owned(), Err(PostError::TooLong)));
    assert_eq!(desk.state.input.text().trim_end(), "long\nsince");
    assert!(desk.state.notice.is_some());
}

#[test]
fn nothing_but_blanks_is_sent() {
    let mut desk = Desk::logged_in();
    desk.write(" \n ");
    assert_eq!(desk.tell(Message::Press(Control::Send)), []);
}

#[test]
fn the_history_is_written_in_order_one_batch_at_a_time() {
    let mut desk = Desk::logged_in();
    let written = |effects: &[Effect]| -> Vec<String> {
        let [Effect::Record(lines)] = effects else {
            return Vec::new();
        };
        lines.iter().map(|(_, line)| line.clone()).collect()
    };
    assert_eq!(written(&desk.says("A: 1")), ["A: 1"]);
    assert_eq!(desk.says("A: 2"), []);
    assert_eq!(desk.says("A: 3"), []);
    let failed = Unwritten {
        error: "disk full".to_owned(),
        lines: vec![(date(2026, 11, 21).at(9, 0, 0, 0), "A: 1".to_owned())],
    };
    assert_eq!(desk.tell(Message::Recorded(Err(failed.clone()))), []);
    assert_eq!(desk.state.notice.take().as_deref(), Some("disk full"));
    assert_eq!(
        written(&desk.says("A: 4")),
        ["A: 1", "A: 2", "A: 3", "A: 4"]
    );
    // The same trouble is told once.
    assert_eq!(desk.tell(Message::Recorded(Err(failed))), []);
    assert_eq!(desk.state.notice, None);
    let effects = desk.says("A: 5");
    assert_eq!(written(&effects), ["A: 1", "A: 5"]);
    assert_eq!(desk.tell(Message::Recorded(Ok(()))), []);
}

#[test]
fn the_past_is_shown_once_however_often_the_connection_breaks() {
    let mut desk = Desk::new(None);
    let entry = Entry {
        at: None,
        text: "Eva: before".to_owned(),
    };
    desk.tell(Message::Past(vec![entry], None));
    for _ in 0..3 {
        let effects = desk.hear([Event::Status(Port::Read, down())]);
        assert_eq!(effects, [Effect::ReleaseHistory]);
        desk.hear([Event::Status(Port::Read, Status::Up)]);
    }
    assert_eq!(desk.lines(), ["Eva: before"]);
}

#[test]
fn what_we_said_in_the_past_is_ours_once_our_name_is_known() {
    let mut desk = Desk::new(Some(Login::Token(token("t"))));
    desk.says("Boring Eva: before");
    desk.says("Vlad: too");
    desk.hear([Event::Nickname("Boring Eva".to_owned())]);
    let messages = desk.state.conversation.messages();
    assert!(messages[0].own && !messages[1].own);
}

#[test]
fn what_an_old_connection_still_says_is_not_heard() {
    let mut desk = Desk::logged_in();
    desk.send("waits");
    desk.tell(Message::Press(Control::Settings));
    desk.tell(Message::Typed(Control::ReadPort, "6000".to_owned()));
    let effects = desk.tell(Message::Press(Control::Save));
    assert!(matches!(&effects[0], Effect::Move { waiting, elsewhere: true } if waiting.len() == 1));
    let port = ("MINECHAT_READ_PORT", "6000".to_owned());
    assert!(effects.contains(&Effect::KeepSettings(vec![port])));
    assert_eq!(
        (desk.state.generation, desk.state.settings.address.read_port),
        (1, 6000)
    );
    desk.tell(Message::Events(
        0,
        vec![Event::Message("A: old".to_owned())],
    ));
    assert_eq!(desk.lines(), Vec::<&str>::new());
}

#[test]
fn settings_that_cannot_be_are_refused_where_they_stand() {
    for (control, text) in [
        (Control::Host, " "),
        (Control::ReadPort, "0"),
        (Control::WritePort, "70000"),
        (Control::History, ""),
    ] {
        let mut desk = Desk::logged_in();
        desk.tell(Message::Press(Control::Settings));
        desk.tell(Message::Typed(control, text.to_owned()));
        let effects = desk.tell(Message::Press(Control::Save));
        assert_eq!(effects, [Effect::Focus(control)]);
        assert!(desk.state.dialog.is_some());
        desk.key(Key::Escape);
        assert_eq!(desk.state.settings.address.read_port, 5000);
    }
}

#[test]
fn other_colours_and_letters_need_no_other_connection() {
    let mut desk = Desk::logged_in();
    desk.tell(Message::Press(Control::Settings));
    desk.tell(Message::Press(Control::Dark));
    desk.tell(Message::Press(Control::Larger));
    desk.tell(Message::Press(Control::Save));
    assert_eq!(desk.state.generation, 0);
    assert_eq!(
        (desk.state.settings.shade, desk.state.settings.letters),
        (Shade::Dark, 16)
    );
}

#[test]
fn a_server_is_offered_where_none_answers_on_this_machine() {
    let mut desk = Desk::new(None);
    assert!(!desk.state.offers_server());
    desk.hear([Event::Status(Port::Read, down())]);
    assert!(desk.state.offers_server());
    // The first screen is a dialog; the button is there as well.
    assert!(desk.state.controls().contains(&Control::StartServer));
    let effects = desk.tell(Message::Press(Control::StartServer));
    assert!(effects.contains(&Effect::StartServer));
    assert!(!desk.state.offers_server());
    let effects = desk.tell(Message::ServerStarted(Ok(true)));
    assert_eq!(effects, [Effect::Retry]);
    assert_eq!(desk.state.local, Local::Running);
}

#[test]
fn unread_messages_stand_in_the_title_while_nobody_looks() {
    let mut desk = Desk::logged_in();
    desk.says("A: seen");
    desk.tell(Message::Attention(false));
    desk.says("A: 1");
    desk.says("A: 2");
    assert_eq!(desk.state.title(), "(2) Underground chat");
    desk.tell(Message::Attention(true));
    assert_eq!(desk.state.title(), "Underground chat");
}

#[test]
fn every_control_is_reached_by_tab_and_left_by_shift_tab() {
    let mut desk = Desk::logged_in();
    desk.hear([Event::Status(Port::Read, down())]);
    let screens = [
        None,
        Some(Control::Search),
        Some(Control::Settings),
        Some(Control::Account),
    ];
    for screen in screens {
        if let Some(control) = screen {
            desk.tell(Message::Press(control));
        }
        let controls = desk.state.controls();
        let start = desk.state.focus;
        assert!(controls.contains(&start), "{start:?}");
        let mut seen = Vec::new();
        for _ in &controls {
            desk.key(Key::Tab { back: false });
            seen.push(desk.state.focus);
        }
        assert_eq!(desk.state.focus, start);
        assert!(controls.iter().all(|control| seen.contains(control)));
        desk.key(Key::Tab { back: true });
        desk.key(Key::Tab { back: false });
        assert_eq!(desk.state.focus, start);
    }
}

#[test]
fn search_finds_goes_on_and_lets_go() {
    let mut desk = Desk::logged_in();
    for text in ["A: apple", "B: pear", "A: Apple pie"] {
        desk.says(text);
    }
    assert_eq!(desk.key(Key::Search), [Effect::Focus(Control::SearchField)]);
    desk.tell(Message::Typed(Control::SearchField, "apple".to_owned()));
    let at = |desk: &Desk| {
        desk.state
            .search
            .as_ref()
            .map(|search| (search.count, search.at))
    };
    assert_eq!(at(&desk), Some((2, Some(2))));
    desk.tell(Message::Press(Control::SearchField));
    assert_eq!(at(&desk), Some((2, Some(0))));
    desk.key(Key::SearchOn { down: true });
    assert_eq!(at(&desk), Some((2, Some(2))));
    desk.key(Key::Escape);
    assert_eq!(at(&desk), None);
    assert_eq!(desk.state.focus, Control::Input);
}

#[test]
fn messages_are_selected_and_copied_by_keys_alone() {
    let mut desk = Desk::logged_in();
    for text in ["A: 1", "B: 2", "C: 3"] {
        desk.says(text);
    }
    while desk.state.focus != Control::List {
        desk.key(Key::Tab { back: false });
    }
    desk.key(Key::Arrow {
        down: false,
        extend: false,
    });
    desk.key(Key::Arrow {
        down: false,
        extend: true,
    });
    assert_eq!(desk.key(Key::Copy), [Effect::Copy("B: 2\nC: 3".to_owned())]);
    desk.key(Key::SelectAll);
    assert_eq!(
        desk.key(Key::Copy),
        [Effect::Copy("A: 1\nB: 2\nC: 3".to_owned())]
    );
}

#[test]
fn enter_on_a_message_opens_its_links() {
    let mut desk = Desk::logged_in();
    let long = format!("https://b.example/{}", "long-".repeat(40));
    desk.says(&format!("A: look https://a.example/ and {long}"));
    desk.tell(Message::Clicked(0, false));
    assert_eq!(desk.state.focus, Control::List);
    // Each of several in turn, though one stands on more than one line.
    for address in ["https://a.example/", &long, "https://a.example/"] {
        let effects = desk.key(Key::Press);
        assert_eq!(effects, [Effect::Open(address.to_owned())]);
    }
}
