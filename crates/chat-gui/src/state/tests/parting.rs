//! Leaving: a server, an account, the program. What was written is never lost without a word.

use super::*;

fn move_to(desk: &mut Desk, control: Control, text: &str) -> Vec<Effect> {
    desk.tell(Message::Press(Control::Settings));
    desk.tell(Message::Typed(control, text.to_owned()));
    desk.tell(Message::Press(Control::Save))
}

#[test]
fn what_waits_for_one_server_is_not_posted_on_another_but_comes_back() {
    let mut desk = Desk::logged_in();
    let id = desk.send("for your ears");
    desk.write("half a thought");
    let effects = move_to(&mut desk, Control::Host, "other.example");
    let waiting = vec![(id, "for your ears".to_owned())];
    let elsewhere = true;
    assert!(effects.contains(&Effect::Move { waiting, elsewhere }));
    desk.tell(Message::Returned {
        back: vec!["for your ears".to_owned()],
        unsure: Vec::new(),
    });
    assert_eq!(
        desk.state.input.text().trim_end(),
        "for your ears\nhalf a thought"
    );
    assert!(desk.state.notice.as_deref().unwrap().contains("here again"));
}

#[test]
fn what_may_have_arrived_is_told_when_the_server_changes() {
    let mut desk = Desk::logged_in();
    desk.tell(Message::Returned {
        back: vec!["this not".to_owned()],
        unsure: vec!["this \u{202e}perhaps".to_owned()],
    });
    assert_eq!(
        desk.state.notice.as_deref(),
        Some("Nobody knows whether this arrived: this perhaps")
    );
}

#[test]
fn another_account_takes_what_waits_along_and_shows_what_was_sent_under_the_old_name() {
    let mut desk = Desk::logged_in();
    let sent = desk.send("sent");
    desk.hear([Event::Sent(sent)]);
    let waits = desk.send("waits");
    desk.tell(Message::Press(Control::Settings));
    desk.tell(Message::Press(Control::Account));
    desk.tell(Message::Typed(Control::Name, "Ann".to_owned()));
    let effects = desk.tell(Message::Press(Control::Register));
    let waiting = vec![(waits, "waits".to_owned())];
    let elsewhere = false;
    assert!(effects.contains(&Effect::Move { waiting, elsewhere }));
    assert_eq!(desk.lines(), ["Boring Eva: sent"]);
    assert_eq!(desk.state.generation, 1);
}

#[test]
fn closing_the_window_over_waiting_messages_takes_two_tries() {
    let mut desk = Desk::logged_in();
    assert_eq!(desk.tell(Message::Leave), [Effect::Close]);
    desk.send("waits");
    assert_eq!(desk.tell(Message::Leave), []);
    assert!(desk.state.notice.is_some());
    desk.elapsed = Duration::from_secs(5);
    assert_eq!(desk.tell(Message::Leave), [Effect::Close]);
    // Who was told long ago is told again; a signal is not asked back.
    desk.elapsed = Duration::from_secs(500);
    assert_eq!(desk.tell(Message::Leave), []);
    assert_eq!(desk.tell(Message::Close), [Effect::Close]);
}

#[test]
fn quitting_from_the_dialog_says_in_the_dialog_that_messages_wait() {
    let mut desk = Desk::logged_in();
    desk.send("waits");
    desk.hear([Event::TokenRejected]);
    assert_eq!(desk.tell(Message::Press(Control::Quit)), []);
    let Some(Dialog::Account { error, .. }) = desk.state.dialog else {
        panic!("the dialog is open");
    };
    assert_eq!(error, Some(Words::En.still_waiting()));
    assert_eq!(desk.tell(Message::Press(Control::Quit)), [Effect::Close]);
}

#[test]
fn a_token_refused_twice_leaves_alone_what_is_being_typed() {
    let mut desk = Desk::logged_in();
    desk.hear([Event::TokenRejected]);
    desk.tell(Message::Typed(Control::Name, "Ev".to_owned()));
    desk.hear([Event::TokenRejected]);
    assert!(matches!(&desk.state.dialog, Some(Dialog::Account { name, .. }) if name == "Ev"));
}

#[test]
fn the_language_can_be_changed_and_only_what_changed_is_kept() {
    let mut desk = Desk::logged_in();
    desk.tell(Message::Press(Control::Settings));
    desk.tell(Message::Press(Control::Russian));
    let effects = desk.tell(Message::Press(Control::Save));
    let language = vec![("MINECHAT_LANG", "ru".to_owned())];
    assert!(effects.contains(&Effect::KeepSettings(language)));
    assert_eq!(desk.state.title(), "Подпольный чат");
}

#[test]
fn letters_typed_where_no_field_is_go_to_the_message() {
    let mut desk = Desk::logged_in();
    desk.says("A: 1");
    desk.tell(Message::Clicked(0, false));
    let effects = desk.key(Key::Type("h".into()));
    assert_eq!(effects, [Effect::Focus(Control::Input)]);
    desk.key(Key::Type("i".into()));
    assert_eq!(desk.state.input.text().trim_end(), "hi");
    desk.tell(Message::Press(Control::Settings));
    desk.key(Key::Type("x".into()));
    assert_eq!(desk.state.input.text().trim_end(), "hi");
}

#[test]
fn tab_goes_on_from_the_field_that_was_clicked() {
    let mut desk = Desk::logged_in();
    desk.tell(Message::Press(Control::Settings));
    desk.tell(Message::Focused(Control::History));
    desk.key(Key::Tab { back: false });
    assert_eq!(desk.state.focus, Control::Light);
    // What lies beneath the dialog cannot be clicked.
    desk.tell(Message::Focused(Control::Input));
    assert_eq!(desk.state.focus, Control::Light);
}

#[test]
fn what_is_found_is_counted_while_people_talk() {
    let mut desk = Desk::logged_in();
    desk.says("A: apple");
    desk.tell(Message::Press(Control::Search));
    desk.tell(Message::Typed(Control::SearchField, "apple".to_owned()));
    desk.says("B: an Apple too");
    desk.says("B: a pear");
    assert_eq!(desk.state.search.as_ref().unwrap().count, 2);
}

#[test]
fn a_message_forgotten_between_being_seen_and_clicked_harms_nobody() {
    let mut desk = Desk::logged_in();
    desk.says("A: apple");
    desk.tell(Message::Followed(7, Target::More));
    desk.tell(Message::Clicked(9, true));
    desk.tell(Message::Clicked(7, true));
    assert_eq!(desk.key(Key::Copy), []);
    desk.key(Key::Press);
    desk.key(Key::Arrow {
        down: true,
        extend: true,
    });
}
