//! The picture of a [`Conversation`]: messages above, a line of status, the input below.

use std::hash::{DefaultHasher, Hash, Hasher};

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Position, Rect};
use ratatui::style::{Color, Modifier, Style, Stylize};
use ratatui::text::{Line, Span};
use tokio::time::Instant;

use super::conversation::{Conversation, Row};
use crate::client::Status;

/// Colours that are told apart on dark and on light screens.
const AUTHORS: [Color; 6] = [
    Color::Cyan,
    Color::Green,
    Color::Yellow,
    Color::Magenta,
    Color::Blue,
    Color::Red,
];

/// Paints everything.
pub(super) fn draw(frame: &mut Frame<'_>, conversation: &mut Conversation, now: Instant) {
    let [messages, status, input] = Layout::vertical([
        Constraint::Min(0),
        Constraint::Length(1),
        Constraint::Length(1),
    ])
    .areas(frame.area());
    draw_messages(frame, messages, conversation);
    draw_status(frame, status, conversation, now);
    draw_input(frame, input, conversation);
}

fn draw_messages(frame: &mut Frame<'_>, area: Rect, conversation: &mut Conversation) {
    let rows = conversation.rows(area.width.into(), area.height.into());
    // A short conversation stands at the bottom, where it goes on.
    let empty = usize::from(area.height).saturating_sub(rows.len());
    let own = conversation.nickname.as_deref();
    for (row, y) in rows.iter().zip(usize::from(area.y) + empty..) {
        let y = u16::try_from(y).unwrap_or(u16::MAX);
        let place = Rect {
            y,
            height: 1,
            ..area
        };
        frame.render_widget(line(row, own, area.width), place);
    }
}

fn line<'a>(row: &'a Row, own: Option<&str>, width: u16) -> Line<'a> {
    match row {
        Row::Day(day) => {
            let day = day.strftime(" %Y.%m.%d ").to_string();
            Line::from(format!("{day:─^width$}", width = usize::from(width))).dim()
        }
        Row::First { time, author, text } => {
            let name = author.trim_end_matches(": ");
            let mut style = Style::new().fg(color(name));
            if own == Some(name) {
                style = style.add_modifier(Modifier::BOLD | Modifier::UNDERLINED);
            }
            Line::from(vec![
                Span::from(format!("{time:5} ")).dim(),
                Span::styled(name, style),
                Span::from(&author[name.len()..]),
                Span::from(text.as_str()),
            ])
        }
        Row::More(text) => Line::from(format!("      {text}")),
    }
}

fn color(name: &str) -> Color {
    let mut hasher = DefaultHasher::new();
    name.hash(&mut hasher);
    let index = hasher.finish() % AUTHORS.len() as u64;
    AUTHORS[usize::try_from(index).unwrap_or_default()]
}

fn draw_status(frame: &mut Frame<'_>, area: Rect, conversation: &Conversation, now: Instant) {
    let bar = Style::new().add_modifier(Modifier::REVERSED);
    frame.buffer_mut().set_style(area, bar);
    let left = match &conversation.notice {
        Some(notice) => vec![Span::from(format!(" {notice}")).bold()],
        None => status(conversation, now),
    };
    frame.render_widget(Line::from(left), area);
    let mut right = String::new();
    if conversation.unread > 0 {
        right = format!(" ↓ {} new (Esc) ", conversation.unread);
    } else if conversation.waiting > 0 {
        right = format!(" {} to be sent ", conversation.waiting);
    }
    let width = u16::try_from(right.chars().count())
        .unwrap_or(u16::MAX)
        .min(area.width);
    let place = Rect {
        x: area.right() - width,
        width,
        ..area
    };
    frame.render_widget(Line::from(right.bold()), place);
}

/// How both connections are, in words: colours say nothing in a black and white terminal.
fn status(conversation: &Conversation, now: Instant) -> Vec<Span<'_>> {
    let mut parts = vec![Span::from(" ")];
    let mut trouble = None;
    for (name, status) in [
        ("reading", &conversation.reading),
        ("writing", &conversation.writing),
    ] {
        let word = match status {
            _ if name == "writing" && conversation.naming => "no account".to_owned(),
            Status::Connecting => "connecting…".to_owned(),
            Status::Up => "✓".to_owned(),
            Status::Down { .. } => match Conversation::trouble(status, now) {
                Some((seconds, why)) => {
                    trouble = Some(why);
                    format!("✗ again in {seconds} s")
                }
                None => String::new(),
            },
        };
        parts.push(Span::from(format!("{name} {word}  ")));
    }
    match (trouble, &conversation.nickname) {
        (Some(why), _) => parts.push(Span::from(why.to_owned())),
        (None, Some(name)) => parts.push(Span::from(name.as_str()).bold()),
        (None, None) => {}
    }
    parts
}

fn draw_input(frame: &mut Frame<'_>, area: Rect, conversation: &Conversation) {
    let prompt = if conversation.naming {
        "nickname> "
    } else {
        "> "
    };
    let left = u16::try_from(prompt.len()).unwrap_or(0);
    let [before, field] =
        Layout::horizontal([Constraint::Length(left), Constraint::Min(0)]).areas(area);
    frame.render_widget(Span::from(prompt).dim(), before);
    let width = usize::from(field.width.max(1));
    let scroll = conversation.input.visual_scroll(width);
    let text = ratatui::widgets::Paragraph::new(conversation.input.value())
        .scroll((0, u16::try_from(scroll).unwrap_or(u16::MAX)));
    frame.render_widget(text, field);
    let cursor = conversation.input.visual_cursor().saturating_sub(scroll);
    let x = field.x
        + u16::try_from(cursor)
            .unwrap_or(0)
            .min(field.width.saturating_sub(1));
    frame.set_cursor_position(Position { x, y: field.y });
}
