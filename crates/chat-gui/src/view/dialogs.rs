//! Dialogs: who are you, and how do you want it.

use iced::widget::{Column, column, container, row, scrollable};
use iced::{Alignment, Background, Element, Fill, Theme};

use super::parts::{Parts, frame};
use crate::settings::Shade;
use crate::state::{Control, Dialog, Message, Reason};
use crate::words::Words;

/// As wide as a dialog gets, in pixels.
const WIDTH: f32 = 460.0;

pub(super) fn view<'a>(parts: &Parts<'a>, dialog: &'a Dialog) -> Element<'a, Message> {
    let colors = parts.colors;
    let content = match dialog {
        Dialog::Account { .. } => account(parts, dialog),
        Dialog::Settings { .. } => settings(parts, dialog),
    };
    container(scrollable(content.spacing(10).padding(18).width(Fill)))
        .max_width(WIDTH)
        .style(move |_: &Theme| container::Style {
            text_color: Some(colors.text),
            background: Some(Background::Color(colors.bar)),
            border: frame(colors, false),
            ..container::Style::default()
        })
        .into()
}

fn headed<'a>(
    parts: &Parts<'a>,
    title: &'a str,
    error: Option<&'static str>,
) -> Column<'a, Message> {
    let title = parts.text(title).size(parts.letters * 1.3);
    // Its place stays when it goes: the fields below keep the keyboard.
    let error: Element<'a, Message> = match error {
        Some(error) => parts.text(error).color(parts.colors.wrong).into(),
        None => iced::widget::Space::new().into(),
    };
    column![title, error]
}

fn account<'a>(parts: &Parts<'a>, dialog: &'a Dialog) -> Column<'a, Message> {
    let Dialog::Account {
        reason,
        name,
        token,
        error,
    } = dialog
    else {
        return column![];
    };
    let words = parts.words;
    let leave = if *reason == Reason::Change {
        parts.button(Control::Cancel, words.cancel())
    } else {
        parts.button(Control::OnlyRead, words.only_read())
    };
    let line = |field, button| row![field, button].spacing(8).align_y(Alignment::Center);
    headed(parts, words.welcome(), *error)
        .push(parts.text(words.register_hint()))
        .push(line(
            parts.field(Control::Name, words.name(), name),
            parts.button(Control::Register, words.register()),
        ))
        .push(parts.text(words.token_hint()))
        .push(line(
            parts.field(Control::Token, words.token(), token),
            parts.button(Control::LogIn, words.log_in()),
        ))
        .push(row![leave, parts.button(Control::Quit, words.quit())].spacing(8))
        .push(parts.state.offers_server().then(|| super::offer(parts)))
}

fn settings<'a>(parts: &Parts<'a>, dialog: &'a Dialog) -> Column<'a, Message> {
    let Dialog::Settings {
        host,
        read_port,
        write_port,
        history,
        letters,
        shade,
        language,
        error,
    } = dialog
    else {
        return column![];
    };
    let words = parts.words;
    let labelled = |label: &'a str, content: Element<'a, Message>| {
        let label = parts.text(label).width(iced::Length::FillPortion(2));
        row![
            label,
            container(content).width(iced::Length::FillPortion(3))
        ]
        .spacing(8)
        .align_y(Alignment::Center)
    };
    let chosen = |on: bool, label: &str| {
        if on {
            format!("• {label}")
        } else {
            label.to_owned()
        }
    };
    let shades = row![
        parts.button(
            Control::Light,
            chosen(*shade == Shade::Light, words.light())
        ),
        parts.button(Control::Dark, chosen(*shade == Shade::Dark, words.dark())),
    ];
    // Each in its own language: whoever looks for it may not read the other.
    let languages = row![
        parts.button(Control::English, chosen(*language == Words::En, "English")),
        parts.button(Control::Russian, chosen(*language == Words::Ru, "Русский")),
    ];
    let sizes = row![
        parts.button(Control::Smaller, "−"),
        parts.text(letters.to_string()),
        parts.button(Control::Larger, "+"),
    ]
    .align_y(Alignment::Center);
    let ends = row![
        parts.button(Control::Account, words.account()),
        iced::widget::Space::new().width(Fill),
        parts.button(Control::Cancel, words.cancel()),
        parts.button(Control::Save, words.save()),
    ];
    headed(parts, words.settings(), *error)
        .push(labelled(
            words.host(),
            parts.field(Control::Host, words.host(), host),
        ))
        .push(labelled(
            words.read_port(),
            parts.field(Control::ReadPort, "5000", read_port),
        ))
        .push(labelled(
            words.write_port(),
            parts.field(Control::WritePort, "5050", write_port),
        ))
        .push(labelled(
            words.history(),
            parts.field(Control::History, words.history(), history),
        ))
        .push(labelled(words.theme(), shades.spacing(8).into()))
        .push(labelled(words.language(), languages.spacing(8).into()))
        .push(labelled(words.font_size(), sizes.spacing(8).into()))
        .push(ends.spacing(8))
}
