//! How the window looks.

mod dialogs;
mod parts;

use iced::widget::{Space, column, container, opaque, row, stack, text, text_editor};
use iced::{Alignment, Background, Color, Element, Fill, Theme};
use underground_chat::client::Status;

use crate::keyboard;
use crate::list::List;
use crate::outbox::Mark;
use crate::palette;
use crate::rest::Rest;
use crate::state::{Control, Message, State};
use parts::Parts;

/// Messages on their way that are shown at once.
const ON_THE_WAY: usize = 3;

/// Bytes of the system's explanation why there is no connection that are shown.
const WHY: usize = 200;

/// The window of `state`.
#[must_use]
pub fn view(state: &State) -> Element<'_, Message> {
    let parts = Parts::of(state);
    let colors = parts.colors;
    // A part that is not there leaves its place empty: were the others to move up,
    // the field would lose the keyboard.
    let offered: Element<'_, Message> = match &state.reading {
        _ if state.offers_server() => container(offer(&parts)).padding([4, 12]).into(),
        Status::Down { why, .. } => {
            let host = crate::foreign::name(&state.settings.address.host);
            let why = crate::foreign::clean(crate::foreign::start(why, WHY));
            let why = parts.text(parts.words.no_connection(&host, &why));
            container(why.color(colors.wrong)).padding([4, 12]).into()
        }
        _ => Space::new().into(),
    };
    let window = column![
        bar(&parts),
        search(&parts),
        offered,
        conversation(&parts),
        on_the_way(&parts),
        notice(&parts),
        writing(&parts),
        status(&parts),
    ];
    // No ground of its own: the toolkit has filled what is painted anew with the theme's,
    // and a second one costs as much as all letters of a line.
    let window = container(window)
        .width(Fill)
        .height(Fill)
        .style(move |_: &Theme| container::Style {
            text_color: Some(colors.text),
            ..container::Style::default()
        });
    // One shape of tree with a dialog and without: widgets keep what they remember.
    let dialog = state.dialog.as_ref().map(|dialog| {
        let dialog = container(dialogs::view(&parts, dialog))
            .center(Fill)
            .padding(12)
            .style(|_: &Theme| container::Style {
                background: Some(Background::Color(Color::BLACK.scale_alpha(0.45))),
                ..container::Style::default()
            });
        opaque(dialog)
    });
    stack![window, dialog].into()
}

fn bar<'a>(parts: &Parts<'a>) -> Element<'a, Message> {
    let words = parts.words;
    let state = parts.state;
    let name = match &state.nickname {
        Some(name) => parts.text(name.clone()).color(parts.colors.of_name(name)),
        None if state.login.is_none() => parts.faint(words.no_account()),
        None => parts.faint(words.not_logged_in()),
    };
    // A name as long as it likes leaves the buttons where they are.
    let name = container(name.wrapping(text::Wrapping::None))
        .width(Fill)
        .clip(true);
    row![
        name,
        parts.button(Control::Search, words.search()),
        parts.button(Control::Settings, words.settings()),
    ]
    .spacing(8)
    .padding([6, 12])
    .align_y(Alignment::Center)
    .into()
}

fn search<'a>(parts: &Parts<'a>) -> Element<'a, Message> {
    let words = parts.words;
    let Some(search) = &parts.state.search else {
        return Space::new().into();
    };
    let found = if search.text.is_empty() {
        String::new()
    } else {
        words.found(search.count)
    };
    row![
        parts.field(Control::SearchField, words.search(), &search.text),
        parts.small(found),
        parts.button(Control::SearchUp, "↑"),
        parts.button(Control::SearchDown, "↓"),
        parts.button(Control::SearchClose, words.close()),
    ]
    .spacing(8)
    .padding([4, 12])
    .align_y(Alignment::Center)
    .into()
}

/// A server of our own is offered where none answers.
fn offer<'a>(parts: &Parts<'a>) -> Element<'a, Message> {
    let words = parts.words;
    let hint = parts.text(words.no_server()).width(Fill);
    row![
        hint,
        parts.button(Control::StartServer, words.start_server())
    ]
    .spacing(8)
    .align_y(Alignment::Center)
    .into()
}

fn conversation<'a>(parts: &Parts<'a>) -> Element<'a, Message> {
    let state = parts.state;
    let focused = state.focus == Control::List && state.dialog.is_none();
    let list = List::new(&state.conversation, parts.colors, focused);
    let above = if state.conversation.messages().is_empty() {
        Some(container(parts.faint(parts.words.empty())).center(Fill))
    } else if state.conversation.is_newest() {
        None
    } else {
        let label = match state.conversation.unread {
            0 => "↓".to_owned(),
            unread => parts.words.unread(unread),
        };
        let newest = container(parts.button(Control::Newest, label));
        Some(
            newest
                .align_right(Fill)
                .align_bottom(Fill)
                .padding([10, 20]),
        )
    };
    // The list stays the first child, so that a drag of its bar outlives the button's coming.
    stack![Element::from(list), above].into()
}

fn on_the_way<'a>(parts: &Parts<'a>) -> Element<'a, Message> {
    let outbox = &parts.state.outbox;
    let words = parts.words;
    let count = outbox.iter().len();
    if count == 0 {
        return Space::new().into();
    }
    let hidden = count.saturating_sub(ON_THE_WAY);
    let mut lines = column![].spacing(2).padding([4, 12]);
    if hidden > 0 {
        lines = lines.push(parts.small(words.more_waiting(hidden)));
    }
    for message in outbox.iter().skip(hidden) {
        let mark = match message.mark {
            Mark::Waiting(_) => words.waiting(),
            Mark::Sent(_) => words.sent(),
        };
        // As one line: it is only to be recognised.
        let shown = crate::foreign::clean(crate::foreign::start(&message.text, 300));
        let shown = container(parts.text(shown).wrapping(text::Wrapping::None));
        lines = lines.push(row![shown.width(Fill).clip(true), parts.small(mark)].spacing(8));
    }
    lines.into()
}

fn notice<'a>(parts: &Parts<'a>) -> Element<'a, Message> {
    match &parts.state.notice {
        Some(notice) => container(parts.text(notice.clone()))
            .padding([2, 12])
            .into(),
        None => Space::new().into(),
    }
}

fn writing<'a>(parts: &Parts<'a>) -> Element<'a, Message> {
    let state = parts.state;
    let colors = parts.colors;
    let empty = state.input.is_empty();
    let selected = state.input.selection().is_some();
    let field = text_editor(&state.input)
        .id(Control::Input.id())
        .placeholder(parts.words.write_here())
        .size(parts.letters)
        .font(crate::FONT)
        .padding(8)
        .max_height(parts.letters * 9.0)
        .on_action(Message::Edited)
        .key_binding(move |press| keyboard::binding(press, empty, selected))
        .style(move |_: &Theme, status| {
            let focused = matches!(status, text_editor::Status::Focused { .. });
            text_editor::Style {
                background: Background::Color(colors.ground),
                border: parts::frame(colors, focused),
                placeholder: colors.faint,
                value: colors.text,
                selection: colors.selected,
            }
        });
    row![
        Rest::new(field, Control::Input),
        parts.button(Control::Send, parts.words.send())
    ]
    .spacing(8)
    .padding([6, 12])
    .align_y(Alignment::Center)
    .into()
}

fn status<'a>(parts: &Parts<'a>) -> Element<'a, Message> {
    let (state, words) = (parts.state, parts.words);
    let selected = state
        .conversation
        .selection
        .as_ref()
        .and_then(|selection| selection.rows());
    let selected = selected.map(|rows| words.selected(rows.count()));
    let login = state.login.is_some();
    let ports = row![
        port(parts, words.reading(), &state.reading, true),
        port(parts, words.sending(), &state.writing, login),
    ]
    .spacing(16)
    .align_y(Alignment::Center)
    .wrap();
    let mut line = row![container(ports).width(Fill)]
        .spacing(12)
        .align_y(Alignment::Center);
    if let Some(selected) = selected {
        line = line.push(parts.small(selected));
    }
    if state.is_down() {
        line = line.push(parts.button(Control::Retry, words.retry()));
    }
    line.padding([4, 12]).into()
}

fn port<'a>(parts: &Parts<'a>, name: &str, status: &Status, wanted: bool) -> Element<'a, Message> {
    let words = parts.words;
    let (color, says) = match status {
        _ if !wanted => (parts.colors.faint, words.not_logged_in().to_owned()),
        Status::Up => (parts.colors.well, words.up().to_owned()),
        Status::Connecting => (parts.colors.faint, words.connecting().to_owned()),
        Status::Down { retry_at, .. } => {
            let wait = retry_at
                .into_std()
                .saturating_duration_since(parts.state.now);
            (
                parts.colors.wrong,
                words.retry_in(wait.as_secs_f32().ceil() as u64),
            )
        }
    };
    parts.small(format!("{name}: {says}")).color(color).into()
}

/// The theme that the toolkit's own widgets take their colours from.
#[must_use]
pub fn theme(state: &State) -> Theme {
    palette::theme(state.settings.shade)
}
