//! The picture of a [`Conversation`]: messages above, a line of status, the input below.

use std::hash::{DefaultHasher, Hash, Hasher};

use common::escape::visible;
use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Position, Rect};
use ratatui::style::{Color, Modifier, Style, Stylize};
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;
use textwrap::core::display_width;
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

/// Rows that a notice may take.
const NOTICE: u16 = 3;
/// Cells on which the beginning of a long word still says something.
const WORD: usize = 20;
/// Rows of what waits to be sent, or of the hint.
pub(super) const WAITING: u16 = 3;

/// Paints everything.
pub(super) fn draw(frame: &mut Frame<'_>, conversation: &mut Conversation, now: Instant) {
    let area = frame.area();
    // Of a low window the lines of status and input come first.
    let spare = area.height.saturating_sub(2);
    let right = counts(conversation);
    let notice = notice(conversation, usize::from(area.width), display_width(&right));
    let rows = |lines: usize, most: u16| u16::try_from(lines).unwrap_or(most).min(most);
    let more = rows(notice.len().saturating_sub(1), (NOTICE - 1).min(spare / 2));
    let waiting = waiting(conversation, usize::from(area.width));
    let below = rows(waiting.len(), WAITING.min(spare / 2));
    let [messages, last, status, input] = Layout::vertical([
        Constraint::Min(0),
        Constraint::Length(below),
        Constraint::Length(1 + more),
        Constraint::Length(1),
    ])
    .areas(area);
    draw_messages(frame, messages, conversation);
    frame.render_widget(Paragraph::new(waiting).dim(), last);
    draw_status(frame, status, conversation, notice, now);
    draw_input(frame, input, conversation);
}

/// What waits for the server while it cannot be reached, or else the hint.
fn waiting(conversation: &Conversation, width: usize) -> Vec<Line<'static>> {
    // On a line that works it is there for a moment only.
    if conversation.writing != Status::Up && !conversation.last_waiting.is_empty() {
        let texts = conversation.last_waiting.iter();
        return texts
            .map(|text| {
                Line::from(format!(
                    "    … {}",
                    shorten(&visible(text), width.saturating_sub(6))
                ))
            })
            .collect();
    }
    let hint = conversation.hint().map(|hint| format!(" {hint}"));
    hint.map(Line::from).into_iter().collect()
}

/// `text` on `width` cells: what does not fit goes, from a blank on, and that is shown.
fn shorten(text: &str, width: usize) -> String {
    // The rest of a long text could not be seen anyway.
    let text: String = text.chars().take(4 * width + 1).collect();
    if display_width(&text) <= width {
        return text;
    }
    // The last cell is the sign's.
    let kept = width.saturating_sub(1);
    let options = textwrap::Options::new(kept).break_words(kept >= WORD);
    match textwrap::wrap(&text, options).first() {
        Some(first) if display_width(first) <= kept => format!("{}…", first.trim_end()),
        _ if width > 0 => "…".to_owned(),
        _ => String::new(),
    }
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

/// What there is to read and to send, at the end of the line of status.
fn counts(conversation: &Conversation) -> String {
    if conversation.unread > 0 {
        format!(" ↓ {} new (Esc) ", conversation.unread)
    } else if conversation.waiting > 0 {
        format!(" {} to be sent ", conversation.waiting)
    } else {
        String::new()
    }
}

/// What is to be said in place of the status, on as many rows as it takes; `counts` are the cells kept free.
fn notice(conversation: &Conversation, width: usize, counts: usize) -> Vec<Line<'static>> {
    let Some(notice) = &conversation.notice else {
        return Vec::new();
    };
    let width = width.saturating_sub(2 + counts).max(1);
    textwrap::wrap(notice, width)
        .into_iter()
        .map(|line| Line::from(format!(" {line}")).bold())
        .collect()
}

fn draw_status(
    frame: &mut Frame<'_>,
    area: Rect,
    conversation: &Conversation,
    notice: Vec<Line<'static>>,
    now: Instant,
) {
    let bar = Style::new().add_modifier(Modifier::REVERSED);
    frame.buffer_mut().set_style(area, bar);
    let right = counts(conversation);
    let width = u16::try_from(display_width(&right))
        .unwrap_or(u16::MAX)
        .min(area.width);
    if notice.is_empty() {
        let free = usize::from(area.width - width);
        frame.render_widget(Line::from(status(conversation, free, now)), area);
    } else {
        frame.render_widget(Paragraph::new(notice), area);
    }
    let place = Rect {
        x: area.right() - width,
        width,
        height: area.height.min(1),
        ..area
    };
    frame.render_widget(Line::from(right.bold()), place);
}

/// How both connections are, in words: colours say nothing in a black and white terminal.
fn status(conversation: &Conversation, width: usize, now: Instant) -> Vec<Span<'_>> {
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
        (Some(why), _) => {
            let taken: usize = parts.iter().map(Span::width).sum();
            parts.push(Span::from(shorten(why, width.saturating_sub(taken))));
        }
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
    let text = Paragraph::new(conversation.input.value())
        .scroll((0, u16::try_from(scroll).unwrap_or(u16::MAX)));
    frame.render_widget(text, field);
    let cursor = conversation.input.visual_cursor().saturating_sub(scroll);
    let x = field.x
        + u16::try_from(cursor)
            .unwrap_or(0)
            .min(field.width.saturating_sub(1));
    frame.set_cursor_position(Position { x, y: field.y });
}
