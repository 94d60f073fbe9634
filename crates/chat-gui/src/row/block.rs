//! A message's text in pieces: one, unless somebody asked for more of a long message.

use std::ops::Range;

use iced::advanced::text::{Paragraph as _, Span};
use iced::{Color, Point, Rectangle};

use super::{Metrics, Paragraph, style};
use crate::foreign;

/// Longest part of a message that is laid out in one piece, in bytes: of a message of 100 kB
/// only the pieces in sight are drawn.
pub(super) const BLOCK: usize = 2000;

/// A part of a message that is laid out by itself.
#[derive(Debug)]
pub(super) struct Block {
    pub(super) text: Paragraph,
    /// Where in the message it begins, in bytes.
    pub(super) from: usize,
    /// Where in the row its letters begin.
    pub(super) at: Point,
    pub(super) height: f32,
}

/// The blocks of a text: one, unless somebody asked for more of a long message.
pub(super) fn cut(text: &str) -> Vec<Range<usize>> {
    let mut blocks = Vec::new();
    let mut from = 0;
    while text.len() - from > BLOCK {
        let rest = &text[from..];
        let block = foreign::start(rest, BLOCK);
        // Between two words, where there are words.
        let length = block.rfind(' ').map_or(block.len(), |space| space + 1);
        blocks.push(from..from + length);
        from += length;
    }
    blocks.push(from..text.len());
    blocks
}

impl Block {
    pub(super) fn new(
        text: &str,
        range: Range<usize>,
        links: &[Range<usize>],
        color: Color,
        metrics: Metrics,
        corner: Point,
    ) -> Self {
        let mut spans: Vec<Span<'_, ()>> = Vec::new();
        let mut plain_from = range.start;
        for link in links {
            let link = link.start.max(range.start)..link.end.min(range.end);
            if !link.is_empty() {
                spans.push(Span::new(&text[plain_from..link.start]));
                spans.push(Span::new(&text[link.clone()]).color(color));
                plain_from = link.end;
            }
        }
        spans.push(Span::new(&text[plain_from..range.end]));
        let shape = style(metrics.text, metrics.line(), metrics.text_width());
        let text = Paragraph::with_spans(shape.with_content(spans.as_slice()));
        let indent = indent(&text, metrics.text_width());
        Self {
            from: range.start,
            at: Point::new(corner.x + indent, corner.y),
            height: text.min_bounds().height.max(metrics.line()),
            text,
        }
    }

    /// Where the letters of a part of the message stand: one area a line, or more where directions mix.
    ///
    /// The toolkit's own answer takes letters to follow each other to the right.
    pub(super) fn areas(&self, range: &Range<usize>) -> Vec<Rectangle> {
        let mut areas: Vec<Rectangle> = Vec::new();
        let from = range.start.saturating_sub(self.from);
        let to = range.end.saturating_sub(self.from);
        if from >= to {
            return areas;
        }
        for run in self.text.buffer().layout_runs() {
            let mut parts: Vec<(f32, f32)> = run
                .glyphs
                .iter()
                .filter(|glyph| glyph.start < to && glyph.end > from)
                .map(|glyph| (glyph.x, glyph.x + glyph.w))
                .collect();
            parts.sort_unstable_by(|one, other| one.0.total_cmp(&other.0));
            let mut joined: Vec<(f32, f32)> = Vec::new();
            for (from, to) in parts {
                match joined.last_mut() {
                    Some(last) if from - last.1 < 0.5 => last.1 = last.1.max(to),
                    _ => joined.push((from, to)),
                }
            }
            areas.extend(joined.into_iter().map(|(from, to)| Rectangle {
                x: self.at.x + from,
                y: self.at.y + run.line_top,
                width: to - from,
                height: run.line_height,
            }));
        }
        areas
    }
}

/// Text that is written from right to left stands at the right.
fn indent(body: &Paragraph, width: f32) -> f32 {
    let rtl = body
        .buffer()
        .layout_runs()
        .next()
        .is_some_and(|run| run.rtl);
    if rtl {
        (width - body.min_bounds().width).max(0.0)
    } else {
        0.0
    }
}
