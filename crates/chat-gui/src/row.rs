//! One row of the list, laid out exactly: day, author, time, text.
//!
//! Shaping text is what costs most in a window of text, so only rows that can be
//! seen come here; all others have an estimated height.

mod block;

use std::ops::Range;

use iced::advanced::text::{LineHeight, Paragraph as _, Shaping, Text, Wrapping};
use iced::alignment::Vertical;
use iced::{Color, Pixels, Point, Rectangle, Size};

use crate::foreign;
use block::{Block, cut};

/// Text that has been broken into lines.
pub type Paragraph = <iced::Renderer as iced::advanced::text::Renderer>::Paragraph;

/// Between the edges of the list and its text.
const SIDE: f32 = 14.0;
/// A row without a name above it is this much apart from the one before.
const TIGHT: f32 = 3.0;
/// One with a name.
const LOOSE: f32 = 11.0;

/// How big everything is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Metrics {
    /// Of the list, in pixels.
    pub width: f32,
    /// Of the letters, in pixels.
    pub text: f32,
}

impl Metrics {
    fn line(&self) -> f32 {
        (self.text * 1.4).round()
    }

    fn small(&self) -> f32 {
        (self.text * 0.8).round()
    }

    /// Where text begins: right of the times.
    #[must_use]
    pub fn left(&self) -> f32 {
        SIDE + self.small() * 3.2
    }

    fn text_width(&self) -> f32 {
        (self.width - self.left() - SIDE).max(40.0)
    }

    /// How high a row is likely to be.
    #[must_use]
    pub fn estimate(&self, shape: Shape) -> u32 {
        let width = shape.hundredths as f32 * self.text / 100.0;
        let lines = (width / self.text_width()).floor() + 1.0;
        self.height(lines * self.line(), shape.named, shape.day) as u32
    }

    fn top(&self, named: bool, day: bool) -> f32 {
        let day = if day { self.line() * 2.0 } else { 0.0 };
        day + if named { LOOSE + self.line() } else { TIGHT }
    }

    fn height(&self, text: f32, named: bool, day: bool) -> f32 {
        (self.top(named, day) + text + TIGHT).ceil()
    }
}

/// What a row's height is estimated by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shape {
    /// Length of the text if it stood on one line, in hundredths of the size of its letters.
    hundredths: u32,
    named: bool,
    day: bool,
}

impl Shape {
    /// Of a row that shows `text`, with a name above or a day.
    #[must_use]
    pub fn new(text: &str, named: bool, day: bool) -> Self {
        let characters = text.chars().count();
        // Letters beyond two bytes (Chinese, say) are as wide as high.
        let each = if text.len() > characters * 2 { 100 } else { 52 };
        Self {
            hundredths: u32::try_from(characters * each).unwrap_or(u32::MAX),
            named,
            day,
        }
    }
}

/// What a row shows.
#[derive(Clone, Debug, Default)]
pub struct Content<'a> {
    /// A day that begins here.
    pub day: Option<String>,
    /// Whoever speaks, where it is not whoever spoke before.
    pub author: Option<&'a str>,
    /// When, as hours and minutes, and marks.
    pub time: String,
    /// What was said, as far as it is shown.
    pub text: &'a str,
    /// Offers the rest of a long message.
    pub more: Option<String>,
}

/// A row ready to be drawn. Positions are from its upper left corner.
#[derive(Debug)]
pub struct Row {
    /// Its height in whole pixels.
    pub height: u32,
    /// Everything written in it: what, where, and in what colour.
    pub pieces: Vec<(Paragraph, Point, Ink)>,
    /// Coloured areas beneath.
    pub marks: Vec<(Rectangle, Mark)>,
    /// Where the text alone is.
    pub text: Rectangle,
    /// Where links and "more" are, and what they lead to.
    pub targets: Vec<(Rectangle, Target)>,
    /// A line to the left and right of the day stands at this height.
    pub day: Option<(f32, f32)>,
    blocks: Vec<Block>,
}

/// The colour of letters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ink {
    /// As what is said.
    Text,
    /// As what is not important.
    Faint,
    /// As the author.
    Author,
    /// As what can be clicked.
    Link,
}

/// What lies beneath letters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    /// It is selected.
    Selected,
    /// It was looked for.
    Found,
    /// It can be clicked.
    Underline,
}

/// What a click leads to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// A page of the web.
    Link(String),
    /// The rest of the message.
    More,
}

impl Row {
    /// Lays `content` out.
    #[must_use]
    pub fn new(content: &Content<'_>, metrics: Metrics, link: Color) -> Self {
        let named = content.author.is_some();
        let top = metrics.top(named, content.day.is_some());
        let left = metrics.left();
        let mut pieces = Vec::new();
        let mut day_line = None;
        if let Some(day) = &content.day {
            let text = plain(day, metrics.small(), metrics.line(), metrics.width);
            let width = text.min_bounds().width;
            let x = ((metrics.width - width) / 2.0).round();
            day_line = Some((x - SIDE, x + width + SIDE));
            pieces.push((text, Point::new(x, metrics.line() * 0.7), Ink::Faint));
        }
        if let Some(author) = content.author {
            let text = plain(author, metrics.text, metrics.line(), f32::INFINITY);
            pieces.push((text, Point::new(left, top - metrics.line()), Ink::Author));
        }
        let time = plain(
            &content.time,
            metrics.small(),
            metrics.line(),
            f32::INFINITY,
        );
        pieces.push((time, Point::new(SIDE, top), Ink::Faint));

        let links = foreign::links(content.text);
        let mut blocks = Vec::new();
        let mut bottom = top;
        for range in cut(content.text) {
            let block = Block::new(
                content.text,
                range,
                &links,
                link,
                metrics,
                Point::new(left, bottom),
            );
            bottom += block.height;
            pieces.push((block.text.clone(), block.at, Ink::Text));
            blocks.push(block);
        }
        let area = Size::new(metrics.text_width(), bottom - top);
        let text = Rectangle::new(Point::new(left, top), area);
        let mut row = Self {
            height: 0,
            pieces,
            marks: Vec::new(),
            text,
            targets: Vec::new(),
            day: day_line,
            blocks,
        };
        for range in &links {
            let address = &content.text[range.clone()];
            for area in row.areas(range) {
                row.targets.push((area, Target::Link(address.to_owned())));
            }
        }
        if let Some(more) = &content.more {
            let at = Point::new(left, bottom);
            let more = plain(more, metrics.text, metrics.line(), metrics.text_width());
            let area = Rectangle::new(at, more.min_bounds());
            row.targets.push((area, Target::More));
            row.pieces.push((more, at, Ink::Link));
            bottom += metrics.line();
        }
        row.height = metrics.height(bottom - top, named, content.day.is_some()) as u32;
        row.mark(&[], 0..0);
        row
    }

    /// Marks what was found in the text and what is selected of it, and nothing else.
    pub fn mark(&mut self, found: &[Range<usize>], selected: Range<usize>) {
        self.marks.clear();
        for range in found {
            let areas = self.areas(range).into_iter();
            self.marks.extend(areas.map(|area| (area, Mark::Found)));
        }
        let areas = self.areas(&selected).into_iter();
        self.marks.extend(areas.map(|area| (area, Mark::Selected)));
        for (area, target) in &self.targets {
            if matches!(target, Target::Link(_)) {
                let line = Rectangle {
                    y: (area.y + area.height - 3.0).round(),
                    height: 1.0,
                    ..*area
                };
                self.marks.push((line, Mark::Underline));
            }
        }
    }

    /// Where the letters of a part of the text stand.
    fn areas(&self, range: &Range<usize>) -> Vec<Rectangle> {
        self.blocks
            .iter()
            .flat_map(|block| block.areas(range))
            .collect()
    }

    /// The place in the text nearest to `point`, as a byte of what is shown.
    #[must_use]
    pub fn text_at(&self, point: Point) -> usize {
        let above = self.blocks.iter().take_while(|block| block.at.y <= point.y);
        let Some(block) = above.last().or(self.blocks.first()) else {
            return 0;
        };
        let at = point - block.at;
        let within = Point::new(at.x, at.y.clamp(0.0, block.height - 1.0));
        let hit = block.text.hit_test(within);
        block.from + hit.map_or(0, iced::advanced::text::Hit::cursor)
    }

    /// What a click at `point` leads to.
    #[must_use]
    pub fn target_at(&self, point: Point) -> Option<&Target> {
        self.targets
            .iter()
            .find(|(bounds, _)| bounds.contains(point))
            .map(|(_, target)| target)
    }
}

fn style(size: f32, line: f32, width: f32) -> Text<()> {
    Text {
        content: (),
        bounds: Size::new(width, f32::INFINITY),
        size: Pixels(size),
        line_height: LineHeight::Absolute(Pixels(line)),
        font: crate::FONT,
        align_x: iced::advanced::text::Alignment::Default,
        align_y: Vertical::Top,
        shaping: Shaping::Advanced,
        wrapping: Wrapping::WordOrGlyph,
    }
}

fn plain(text: &str, size: f32, line: f32, width: f32) -> Paragraph {
    Paragraph::with_text(style(size, line, width).with_content(text))
}

#[cfg(test)]
mod tests;
