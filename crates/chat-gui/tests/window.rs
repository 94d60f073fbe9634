//! The window drawn, typed into and clicked without a display.

// A test's helpers are tests too: a panic is how they fail.
#![allow(clippy::unwrap_used)]

use std::time::{Duration, Instant};

use chat_gui::settings::{Settings, Shade};
use chat_gui::state::{Control, Effect, Local, Message, State};
use chat_gui::words::Words;
use chat_gui::{conversation, view};
use iced::advanced::graphics::core::SmolStr;
use iced::keyboard::key::Named;
use iced_test::Simulator;
use jiff::civil::date;
use underground_chat::client::{Event, Port, Status};
use underground_chat::flags::Address;
use underground_chat::protocol::{Login, Token};

/// A window, and what its user does.
struct Person {
    state: State,
    start: Instant,
    size: (f32, f32),
}

impl Person {
    fn new(login: Option<Login>, shade: Shade, words: Words) -> Self {
        let settings = Settings {
            address: Address {
                host: "127.0.0.1".to_owned(),
                read_port: 5000,
                write_port: 5050,
            },
            history: "minechat.history".into(),
            shade,
            letters: 15,
            words,
        };
        let start = Instant::now();
        let mut person = Self {
            state: State::new(settings, login, Local::None, start),
            start,
            size: (640.0, 480.0),
        };
        person.tell(Message::Past(Vec::new(), None));
        person
    }

    fn logged_in(shade: Shade, words: Words) -> Self {
        let mut person = Self::new(Token::new("t").map(Login::Token), shade, words);
        person.hear([
            Event::Status(Port::Read, Status::Up),
            Event::Nickname("Boring Eva".to_owned()),
            Event::Status(Port::Write, Status::Up),
        ]);
        person
    }

    fn tell(&mut self, message: Message) -> Vec<Effect> {
        let clock = date(2026, 11, 21).at(9, 41, 0, 0);
        self.state.update(message, self.start, clock)
    }

    fn hear(&mut self, events: impl IntoIterator<Item = Event>) {
        let generation = self.state.generation;
        self.tell(Message::Events(generation, events.into_iter().collect()));
    }

    /// Does something at the window; then its messages are taken in, until it is content.
    fn acts(&mut self, act: impl FnOnce(&mut Simulator<'_, Message>)) -> Vec<Effect> {
        let mut simulator = self.simulator();
        act(&mut simulator);
        let messages: Vec<Message> = simulator.into_messages().collect();
        messages
            .into_iter()
            .flat_map(|message| self.tell(message))
            .collect()
    }

    fn simulator(&self) -> Simulator<'_, Message> {
        let settings = iced::Settings {
            default_font: chat_gui::FONT,
            ..iced::Settings::default()
        };
        Simulator::with_size(settings, self.size, view::view(&self.state))
    }

    /// The list learns its size from the first picture of it.
    fn looks(&mut self) {
        for _ in 0..2 {
            self.acts(|simulator| {
                simulator.simulate([iced::Event::Window(iced::window::Event::RedrawRequested(
                    Instant::now(),
                ))]);
            });
        }
    }

    fn sees(&self, text: &str) -> bool {
        self.simulator().find(text).is_ok()
    }

    /// Compares the picture with the one kept; a new one is kept.
    fn picture(&mut self, name: &str) {
        self.looks();
        let path = format!("{}/tests/pictures/{name}", env!("CARGO_MANIFEST_DIR"));
        let snapshot = self
            .simulator()
            .snapshot(&view::theme(&self.state))
            .unwrap();
        assert!(
            snapshot.matches_image(&path).unwrap(),
            "{name} looks otherwise; if that is meant, delete {path}*.png, run again and look"
        );
    }
}

fn talk(person: &mut Person) {
    let lines = [
        "Silver Vlad: Has anybody tried the tunnels under the old station?",
        "Silver Vlad: They say there is a map at https://example.org/map (of a kind)",
        "Boring Eva: I have been there. It is dark, so bring a lamp, and it goes on for longer than you think: an hour at least, if you do not stop to read what is written on the walls.",
        "Keen Маша: А сегодня кто-нибудь идёт?",
        "Silver Vlad: I am in.",
    ];
    person.hear(lines.map(|line| Event::Message(line.to_owned())));
}

fn down(wait: Duration, start: Instant) -> Status {
    Status::Down {
        retry_at: (start + wait).into(),
        why: "refused".to_owned(),
    }
}

#[test]
fn a_name_typed_into_the_dialog_is_registered_by_enter() {
    let mut person = Person::new(None, Shade::Light, Words::En);
    person.acts(|window| {
        window
            .click(iced_test::selector::id(Control::Name.id()))
            .unwrap();
        window.typewrite("E");
    });
    person.acts(|window| {
        window
            .click(iced_test::selector::id(Control::Name.id()))
            .unwrap();
        window.typewrite("v");
    });
    let effects = person.acts(|window| {
        window
            .click(iced_test::selector::id(Control::Name.id()))
            .unwrap();
        window.tap_key(iced::keyboard::Key::Named(Named::Enter));
    });
    assert!(
        matches!(&effects[0], Effect::Register(name) if name.len() == 2),
        "{effects:?}"
    );
    assert!(!person.sees("Join the chat"));
}

#[test]
fn what_is_typed_is_sent_by_the_button() {
    let mut person = Person::logged_in(Shade::Light, Words::En);
    person.acts(|window| {
        window
            .click(iced_test::selector::id(Control::Input.id()))
            .unwrap();
        window.typewrite("hello");
    });
    let effects = person.acts(|window| {
        window.click("Send").unwrap();
    });
    assert_eq!(effects, [Effect::Post("hello".to_owned())]);
}

#[test]
fn shift_enter_breaks_the_line_and_enter_sends_it_whole() {
    let mut person = Person::logged_in(Shade::Light, Words::En);
    let enter = |modifiers| {
        let key = iced::keyboard::Key::Named(Named::Enter);
        iced::Event::Keyboard(iced::keyboard::Event::KeyPressed {
            key: key.clone(),
            modified_key: key,
            physical_key: iced::keyboard::key::Physical::Code(iced::keyboard::key::Code::Enter),
            location: iced::keyboard::Location::Standard,
            modifiers,
            text: Some(SmolStr::new("\r")),
            repeat: false,
        })
    };
    person.acts(|window| {
        window
            .click(iced_test::selector::id(Control::Input.id()))
            .unwrap();
        window.typewrite("one");
        window.simulate([enter(iced::keyboard::Modifiers::SHIFT)]);
        window.typewrite("two");
    });
    let effects = person.acts(|window| {
        window
            .click(iced_test::selector::id(Control::Input.id()))
            .unwrap();
        window.simulate([enter(iced::keyboard::Modifiers::empty())]);
    });
    assert_eq!(effects, [Effect::Post("one\ntwo".to_owned())]);
}

#[test]
fn why_there_is_no_connection_stands_in_the_window() {
    let mut person = Person::logged_in(Shade::Light, Words::En);
    person.state.settings.address.host = "no-such-host.invalid".to_owned();
    let status = Status::Down {
        retry_at: (person.start + Duration::from_secs(4)).into(),
        why: "Name or service \u{202e}not known".to_owned(),
    };
    person.hear([Event::Status(Port::Read, status)]);
    assert!(person.sees("No connection to no-such-host.invalid: Name or service not known"));
    person.hear([Event::Status(Port::Read, Status::Up)]);
    assert!(!person.sees("No connection to no-such-host.invalid: Name or service not known"));
}

#[test]
fn an_input_method_is_asked_for_shows_what_it_composes_and_commits_it() {
    use iced::advanced::{InputMethod, clipboard, input_method, widget::operation};
    use iced_test::runtime::UserInterface;
    use iced_test::runtime::user_interface::{Cache, State};

    let mut person = Person::logged_in(Shade::Light, Words::En);
    person.looks();
    let mut renderer = iced::Renderer::new(chat_gui::FONT, iced::Pixels(15.0));
    let size = iced::Size::new(person.size.0, person.size.1);
    let view = view::view(&person.state);
    let mut window = UserInterface::build(view, size, Cache::default(), &mut renderer);
    let mut focus: Box<dyn operation::Operation> =
        Box::new(operation::focusable::focus(Control::Input.id()));
    window.operate(&renderer, focus.as_mut());
    let mut happens = |event| {
        let mut messages = Vec::new();
        let cursor = iced::mouse::Cursor::Unavailable;
        let board = &mut clipboard::Null;
        let (state, _) = window.update(&[event], cursor, &mut renderer, board, &mut messages);
        (state, messages)
    };
    let redraw = || iced::Event::Window(iced::window::Event::RedrawRequested(Instant::now()));
    let asked = |state| match state {
        State::Updated { input_method, .. } => input_method,
        State::Outdated => panic!("nothing has changed"),
    };
    let (state, _) = happens(redraw());
    assert!(matches!(
        asked(state),
        InputMethod::Enabled { preedit: None, .. }
    ));

    let composing = |text: &str| {
        let event = input_method::Event::Preedit(text.to_owned(), None);
        iced::Event::InputMethod(event)
    };
    let (_, messages) = happens(iced::Event::InputMethod(input_method::Event::Opened));
    assert!(messages.is_empty());
    happens(composing("nihao"));
    let (state, _) = happens(redraw());
    let InputMethod::Enabled { preedit, .. } = asked(state) else {
        panic!("the input method was let go");
    };
    assert_eq!(preedit.unwrap().content, "nihao");
    happens(composing(""));
    let committed = input_method::Event::Commit("你好".to_owned());
    let (_, messages) = happens(iced::Event::InputMethod(committed));
    drop(window);
    for message in messages {
        person.tell(message);
    }
    assert_eq!(person.state.input.text().trim_end(), "你好");
}

/// How many parts the window has, at every level down to the field: where that
/// changes, the field loses the keyboard.
fn parts(state: &State) -> Vec<usize> {
    let window = view::view(state);
    let whole = iced::advanced::widget::Tree::new(window.as_widget());
    let mut tree = &whole;
    let mut counts = Vec::new();
    // The stack's first layer, down to the column of parts.
    while counts.last().is_none_or(|&count| count < 4) {
        tree = &tree.children[0];
        counts.push(tree.children.len());
    }
    counts
}

#[test]
fn parts_that_come_and_go_leave_the_field_in_its_place() {
    let mut person = Person::logged_in(Shade::Light, Words::En);
    let before = parts(&person.state);
    let status = down(Duration::from_secs(4), person.start);
    person.hear([Event::Status(Port::Read, status)]);
    assert!(person.sees("Start a server here"));
    assert_eq!(parts(&person.state), before);
    person.tell(Message::Notice("something".to_owned()));
    person.tell(Message::Press(Control::Search));
    assert_eq!(parts(&person.state), before);
}

#[test]
fn a_message_that_is_clicked_is_selected() {
    let mut person = Person::logged_in(Shade::Light, Words::En);
    talk(&mut person);
    person.looks();
    person.acts(|window| {
        window.click("Silver Vlad: I am in.").unwrap();
    });
    let rows = conversation::Selection::Rows { from: 4, to: 4 };
    assert_eq!(person.state.conversation.selection, Some(rows));
}

#[test]
fn settings_open_and_cancel_by_mouse() {
    let mut person = Person::logged_in(Shade::Light, Words::En);
    person.acts(|window| {
        window.click("Settings").unwrap();
    });
    assert!(person.sees("History file"));
    person.acts(|window| {
        window.click("Cancel").unwrap();
    });
    assert!(!person.sees("History file"));
}

#[test]
fn each_screen_looks_as_it_did() {
    let mut person = Person::new(None, Shade::Light, Words::En);
    person.picture("registration");

    let mut person = Person::logged_in(Shade::Light, Words::En);
    talk(&mut person);
    person.picture("light");
    person.tell(Message::Press(Control::Settings));
    person.picture("settings");

    let mut person = Person::logged_in(Shade::Dark, Words::Ru);
    talk(&mut person);
    person.picture("dark");

    let mut person = Person::logged_in(Shade::Light, Words::En);
    talk(&mut person);
    let status = down(Duration::from_secs(4), person.start);
    person.hear([
        Event::Status(Port::Read, status.clone()),
        Event::Status(Port::Write, status),
    ]);
    let mut library = underground_chat::protocol::ClientSession::new(None, 10, person.start);
    for text in ["Wait for me", "I am on the train"] {
        let id = library.post(text, person.start).unwrap();
        person.tell(Message::Posted(text.to_owned(), Ok(id)));
    }
    person.picture("offline");

    let mut person = Person::logged_in(Shade::Dark, Words::En);
    person.size = (330.0, 420.0);
    talk(&mut person);
    person.looks();
    person.tell(Message::Scrolled(-150));
    person.hear([Event::Message("Silver Vlad: something new".to_owned())]);
    person.picture("narrow");
}
