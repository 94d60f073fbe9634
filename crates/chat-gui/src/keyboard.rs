//! Which keys mean what.

use iced::advanced::graphics::core::SmolStr;
use iced::keyboard::key::Named;
use iced::keyboard::{Key as Pressed, Modifiers, key};
use iced::widget::text_editor::{Binding, KeyPress, Status};

use crate::state::{Control, Key, Message};

/// What a key means to the window; `taken` where a field has used it.
#[must_use]
pub fn key(
    pressed: &Pressed,
    physical: key::Physical,
    modifiers: Modifiers,
    text: Option<&SmolStr>,
    taken: bool,
) -> Option<Key> {
    let (extend, command) = (modifiers.shift(), modifiers.command());
    // These are the window's even when a field has the keyboard.
    match (pressed.as_ref(), pressed.to_latin(physical)) {
        (Pressed::Named(Named::Tab), _) if !modifiers.alt() => {
            return Some(Key::Tab { back: extend });
        }
        (Pressed::Named(Named::Escape), _) => return Some(Key::Escape),
        (Pressed::Named(Named::F3), _) => return Some(Key::SearchOn { down: !extend }),
        (_, Some('f')) if command => return Some(Key::Search),
        (Pressed::Character("+" | "="), _) if command => return Some(Key::Letters { by: 1 }),
        (Pressed::Character("-"), _) if command => return Some(Key::Letters { by: -1 }),
        _ if taken => return None,
        (_, Some('c')) if command => return Some(Key::Copy),
        (_, Some('a')) if command => return Some(Key::SelectAll),
        _ => {}
    }
    Some(match pressed.as_ref() {
        Pressed::Named(Named::Enter | Named::Space) => Key::Press,
        Pressed::Named(Named::ArrowUp) => Key::Arrow {
            down: false,
            extend,
        },
        Pressed::Named(Named::ArrowDown) => Key::Arrow { down: true, extend },
        Pressed::Named(Named::PageUp) => Key::Page { down: false },
        Pressed::Named(Named::PageDown) => Key::Page { down: true },
        Pressed::Named(Named::Home) => Key::End { down: false },
        Pressed::Named(Named::End) => Key::End { down: true },
        Pressed::Character(_) if !command && !modifiers.alt() && !modifiers.logo() => {
            let typed = text.filter(|text| !text.chars().any(char::is_control));
            Key::Type(typed?.clone())
        }
        _ => return None,
    })
}

/// What a key does in the field that messages are written in.
#[must_use]
pub fn binding(press: KeyPress, empty: bool, selected: bool) -> Option<Binding<Message>> {
    if !matches!(press.status, Status::Focused { .. }) {
        return None;
    }
    let (shift, command) = (press.modifiers.shift(), press.modifiers.command());
    let window = |key| Some(Binding::Custom(Message::Key(key)));
    match press.key.as_ref() {
        Pressed::Named(Named::Enter) if shift => Some(Binding::Enter),
        Pressed::Named(Named::Enter) => Some(Binding::Custom(Message::Press(Control::Send))),
        Pressed::Named(Named::ArrowUp) if empty => window(Key::EditLast),
        Pressed::Named(Named::PageUp) => window(Key::Page { down: false }),
        Pressed::Named(Named::PageDown) => window(Key::Page { down: true }),
        Pressed::Named(Named::Home) if command => window(Key::End { down: false }),
        Pressed::Named(Named::End) if command => window(Key::End { down: true }),
        // The window has these; the field would type them or let go.
        Pressed::Named(Named::Tab | Named::Escape) => None,
        _ if command && !selected && press.key.to_latin(press.physical_key) == Some('c') => {
            window(Key::Copy)
        }
        // At once and not by way of the runtime: the next letter is the search's.
        _ if command && press.key.to_latin(press.physical_key) == Some('f') => window(Key::Search),
        _ => Binding::from_key_press(press),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn meaning(named: Named, modifiers: Modifiers, taken: bool) -> Option<Key> {
        let physical = key::Physical::Unidentified(key::NativeCode::Unidentified);
        key(&Pressed::Named(named), physical, modifiers, None, taken)
    }

    #[test]
    fn tab_and_escape_are_the_windows_even_in_a_field() {
        let back = meaning(Named::Tab, Modifiers::SHIFT, true);
        assert_eq!(back, Some(Key::Tab { back: true }));
        assert_eq!(
            meaning(Named::Escape, Modifiers::empty(), true),
            Some(Key::Escape)
        );
    }

    #[test]
    fn letters_that_no_field_took_are_typed() {
        let typed = |modifiers, taken| {
            let pressed = Pressed::Character(SmolStr::new("é"));
            let physical = key::Physical::Unidentified(key::NativeCode::Unidentified);
            key(
                &pressed,
                physical,
                modifiers,
                Some(&SmolStr::new("é")),
                taken,
            )
        };
        let letter = Some(Key::Type(SmolStr::new("é")));
        assert_eq!(typed(Modifiers::empty(), false), letter);
        assert_eq!(typed(Modifiers::SHIFT, false), letter);
        assert_eq!(typed(Modifiers::empty(), true), None);
        assert_eq!(typed(Modifiers::CTRL, false), None);
    }

    #[test]
    fn a_key_that_a_field_took_does_nothing_else() {
        assert_eq!(meaning(Named::Enter, Modifiers::empty(), true), None);
        assert_eq!(
            meaning(Named::Enter, Modifiers::empty(), false),
            Some(Key::Press)
        );
    }
}
