//! The window by chance: whatever is done to it.

use proptest::prelude::*;

use super::*;

#[derive(Clone, Debug)]
enum Step {
    Message(Message),
    Hear(Event),
}

fn steps() -> impl Strategy<Value = Step> {
    let controls = prop::sample::select(vec![
        Control::Send,
        Control::Search,
        Control::SearchUp,
        Control::SearchClose,
        Control::Settings,
        Control::Account,
        Control::Register,
        Control::LogIn,
        Control::Save,
        Control::Smaller,
        Control::Larger,
        Control::Dark,
        Control::Cancel,
        Control::Newest,
        Control::List,
        Control::StartServer,
    ]);
    let keys = prop::sample::select(vec![
        Key::Tab { back: false },
        Key::Tab { back: true },
        Key::Escape,
        Key::Press,
        Key::Search,
        Key::SearchOn { down: false },
        Key::Copy,
        Key::SelectAll,
        Key::Arrow {
            down: false,
            extend: true,
        },
        Key::Arrow {
            down: true,
            extend: false,
        },
        Key::EditLast,
        Key::Page { down: false },
        Key::Page { down: true },
        Key::End { down: false },
        Key::End { down: true },
        Key::Letters { by: 1 },
    ]);
    let fields = prop::sample::select(vec![
        Control::Name,
        Control::Token,
        Control::Host,
        Control::ReadPort,
        Control::SearchField,
    ]);
    prop_oneof![
        controls.prop_map(|control| Step::Message(Message::Press(control))),
        keys.prop_map(|key| Step::Message(Message::Key(key))),
        (fields, "[a-e0-9]{0,4}")
            .prop_map(|(field, text)| Step::Message(Message::Typed(field, text))),
        (-900_i64..900).prop_map(|pixels| Step::Message(Message::Scrolled(pixels))),
        (60.0_f32..900.0, 0.0_f32..700.0)
            .prop_map(|(width, height)| Step::Message(Message::Resized(width, height))),
        "(A|Boring Eva): \\PC{0,30}".prop_map(|line| Step::Hear(Event::Message(line))),
        Just(Step::Hear(Event::TokenRejected)),
        Just(Step::Hear(Event::Status(Port::Read, Status::Up))),
        Just(Step::Hear(Event::Status(Port::Write, down()))),
        Just(Step::Message(Message::Tick)),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn whatever_happens_the_keyboard_is_somewhere_and_nothing_is_lost(
        steps in proptest::collection::vec(steps(), 0..60),
    ) {
        let mut desk = Desk::logged_in();
        let mut heard = 0;
        for step in steps {
            match step {
                Step::Message(message) => {
                    desk.tell(message);
                }
                Step::Hear(event) => {
                    heard += usize::from(matches!(event, Event::Message(_)));
                    desk.hear([event]);
                }
            }
            prop_assert!(!desk.state.controls().is_empty());
            // A dialog has the keyboard while it is open.
            if let Some(dialog) = &desk.state.dialog {
                prop_assert!(dialog.controls().contains(&desk.state.focus));
            }
            prop_assert_eq!(desk.state.conversation.messages().len(), heard);
        }
    }
}
