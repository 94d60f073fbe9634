//! Buttons, fields and text, each the same everywhere.

use iced::widget::{Text, button, text, text_input};
use iced::{Background, Border, Element, Theme};

use crate::palette::{self, Colors};
use crate::rest::Rest;
use crate::state::{Control, Message, State};
use crate::words::Words;

/// What every part of the window needs to draw itself.
#[derive(Clone, Copy, Debug)]
pub(super) struct Parts<'a> {
    pub(super) state: &'a State,
    pub(super) colors: &'static Colors,
    pub(super) words: Words,
    pub(super) letters: f32,
}

impl<'a> Parts<'a> {
    pub(super) fn of(state: &'a State) -> Self {
        Self {
            state,
            colors: palette::of(state.settings.shade),
            words: state.settings.words,
            letters: f32::from(state.settings.letters),
        }
    }

    pub(super) fn text(&self, content: impl text::IntoFragment<'a>) -> Text<'a> {
        text(content)
            .size(self.letters)
            .font(crate::FONT)
            .color(self.colors.text)
    }

    pub(super) fn faint(&self, content: impl text::IntoFragment<'a>) -> Text<'a> {
        self.text(content).color(self.colors.faint)
    }

    pub(super) fn small(&self, content: impl text::IntoFragment<'a>) -> Text<'a> {
        self.faint(content).size((self.letters * 0.85).round())
    }

    pub(super) fn button(
        &self,
        control: Control,
        label: impl text::IntoFragment<'a>,
    ) -> Element<'a, Message> {
        let colors = self.colors;
        let focused = self.state.focus == control;
        let label = text(label)
            .size((self.letters * 0.95).round())
            .font(crate::FONT);
        button(label)
            .padding([5, 10])
            .on_press(Message::Press(control))
            .style(move |_: &Theme, status| {
                let ground = match status {
                    button::Status::Hovered | button::Status::Pressed => colors.own,
                    _ => colors.ground,
                };
                button::Style {
                    background: Some(Background::Color(ground)),
                    text_color: colors.text,
                    border: frame(colors, focused),
                    ..button::Style::default()
                }
            })
            .into()
    }

    pub(super) fn field(
        &self,
        control: Control,
        placeholder: &str,
        value: &str,
    ) -> Element<'a, Message> {
        let colors = self.colors;
        let field = text_input(placeholder, value)
            .id(control.id())
            .size(self.letters)
            .font(crate::FONT)
            .padding(7)
            .secure(control == Control::Token)
            .on_input(move |text| Message::Typed(control, text))
            .on_submit(Message::Press(control))
            .style(move |_: &Theme, status| {
                let focused = matches!(status, text_input::Status::Focused { .. });
                text_input::Style {
                    background: Background::Color(colors.ground),
                    border: frame(colors, focused),
                    icon: colors.faint,
                    placeholder: colors.faint,
                    value: colors.text,
                    selection: colors.selected,
                }
            });
        Rest::new(field, control).into()
    }
}

/// The frame of a part that can have the keyboard.
pub(super) fn frame(colors: &Colors, focused: bool) -> Border {
    let (width, color) = if focused {
        (2.0, colors.link)
    } else {
        (1.0, colors.line)
    };
    Border::default().width(width).color(color).rounded(5)
}
