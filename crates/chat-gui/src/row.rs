//! One row of the list, laid out exactly: day, author, time, text.
//!
//! Shaping text is what costs most in a window of text, so only rows that can be
//! seen come here; all others have an estimated height.

use std::ops::Range;

use iced::advanced::text::{LineHeight, Paragraph as _, Shaping, Span, Text, Wrapping};
use iced::alignment::Vertical;
use iced::{Color, Pixels, Point, Rectangle, Size};

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

    /// How high a row is likely to be, without looking at its letters.
    #[must_use]
    pub fn estimate(&self, bytes: usize, characters: usize, named: bool, day: bool) -> u32 {
        // Letters beyond two bytes (Chinese, say) are as wide as high.
        let average = if bytes > characters * 2 { 1.0 } else { 0.52 };
        let lines = (characters as f32 * self.text * average / self.text_width()).floor() + 1.0;
        self.height(lines * self.line(), named, day) as u32
    }

    fn top(&self, named: bool, day: bool) -> f32 {
        let day = if day { self.line() * 2.0 } else { 0.0 };
        day + if named { LOOSE + self.line() } else { TIGHT }
    }

    fn height(&self, text: f32, named: bool, day: bool) -> f32 {
        (self.top(named, day) + text + TIGHT).ceil()
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
    /// What is looked for, where it stands in the text.
    pub found: Vec<Range<usize>>,
    /// What is selected of the text.
    pub selected: Range<usize>,
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
    body: Paragraph,
    origin: Point,
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

        let links = super::foreign::links(content.text);
        let parts = split(content, &links);
        let spans: Vec<Span<'_, ()>> = parts
            .iter()
            .map(|part| {
                let span = Span::new(&content.text[part.range.clone()]);
                if part.link.is_some() {
                    span.color(link)
                } else {
                    span
                }
            })
            .collect();
        let shape = style(metrics.text, metrics.line(), metrics.text_width());
        let body = Paragraph::with_spans(shape.with_content(spans.as_slice()));
        let origin = Point::new(left + indent(&body, metrics.text_width()), top);
        let mut marks = Vec::new();
        let mut targets = Vec::new();
        for (index, part) in parts.iter().enumerate() {
            if part.link.is_none() && !part.found && !part.selected {
                continue;
            }
            for bounds in areas(&body, index) {
                let bounds = bounds + (origin - Point::ORIGIN);
                for (set, mark) in [(part.found, Mark::Found), (part.selected, Mark::Selected)] {
                    if set {
                        marks.push((bounds, mark));
                    }
                }
                if let Some(link) = part.link {
                    let line = Rectangle {
                        y: (bounds.y + bounds.height - 3.0).round(),
                        height: 1.0,
                        ..bounds
                    };
                    marks.push((line, Mark::Underline));
                    let address = content.text[links[link].clone()].to_owned();
                    targets.push((bounds, Target::Link(address)));
                }
            }
        }
        let mut text_height = body.min_bounds().height.max(metrics.line());
        let area = Size::new(metrics.text_width(), text_height);
        let text = Rectangle::new(Point::new(left, top), area);
        pieces.push((body.clone(), origin, Ink::Text));
        if let Some(more) = &content.more {
            let at = Point::new(left, top + text_height);
            let more = plain(more, metrics.text, metrics.line(), metrics.text_width());
            targets.push((Rectangle::new(at, more.min_bounds()), Target::More));
            pieces.push((more, at, Ink::Link));
            text_height += metrics.line();
        }
        Self {
            height: metrics.height(text_height, named, content.day.is_some()) as u32,
            pieces,
            marks,
            text,
            targets,
            day: day_line,
            body,
            origin,
        }
    }

    /// The place in the text nearest to `point`, as a byte of what is shown.
    #[must_use]
    pub fn text_at(&self, point: Point) -> usize {
        let at = point - self.origin;
        self.body
            .hit_test(Point::new(at.x, at.y.max(0.0)))
            .map_or(0, iced::advanced::text::Hit::cursor)
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

/// Where the letters of a span stand: one area a line, or more where directions mix.
///
/// The toolkit's own answer takes letters to follow each other to the right.
fn areas(body: &Paragraph, span: usize) -> Vec<Rectangle> {
    let mut areas: Vec<Rectangle> = Vec::new();
    for run in body.buffer().layout_runs() {
        let mut parts: Vec<(f32, f32)> = run
            .glyphs
            .iter()
            .filter(|glyph| glyph.metadata == span)
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
            x: from,
            y: run.line_top,
            width: to - from,
            height: run.line_height,
        }));
    }
    areas
}

/// A part of the text that looks the same throughout.
struct Part {
    range: Range<usize>,
    /// Which of the links it belongs to.
    link: Option<usize>,
    found: bool,
    selected: bool,
}

fn split(content: &Content<'_>, links: &[Range<usize>]) -> Vec<Part> {
    let length = content.text.len();
    let ranges = links.iter().chain(&content.found);
    let mut borders: Vec<usize> = ranges
        .chain([&content.selected])
        .flat_map(|range| [range.start.min(length), range.end.min(length)])
        .chain([0, length])
        .collect();
    borders.sort_unstable();
    borders.dedup();
    let within = |range: &Range<usize>, at: usize| range.contains(&at);
    borders
        .windows(2)
        .map(|pair| Part {
            range: pair[0]..pair[1],
            link: links.iter().position(|link| within(link, pair[0])),
            found: content.found.iter().any(|found| within(found, pair[0])),
            selected: within(&content.selected, pair[0]),
        })
        .collect()
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
mod tests {
    use super::*;

    const METRICS: Metrics = Metrics {
        width: 500.0,
        text: 15.0,
    };

    fn row(text: &str) -> Row {
        let content = Content {
            text,
            ..Content::default()
        };
        Row::new(&content, METRICS, Color::BLACK)
    }

    #[test]
    fn longer_text_and_a_narrower_list_make_a_row_higher() {
        let text = "word ".repeat(50);
        let wide = row(&text).height;
        assert!(row("word").height < wide);
        let content = Content {
            text: &text,
            ..Content::default()
        };
        let narrow = Metrics {
            width: 250.0,
            ..METRICS
        };
        assert!(Row::new(&content, narrow, Color::BLACK).height > wide);
    }

    #[test]
    fn one_line_is_estimated_exactly() {
        for (named, day) in [(false, false), (true, false), (true, true)] {
            let content = Content {
                day: day.then(|| "today".to_owned()),
                author: named.then_some("Eva"),
                text: "hello",
                ..Content::default()
            };
            let exact = Row::new(&content, METRICS, Color::BLACK).height;
            assert_eq!(METRICS.estimate(5, 5, named, day), exact);
        }
    }

    #[test]
    fn a_link_can_be_hit_where_it_stands() {
        let row = row("look: https://a.example now");
        let (bounds, target) = &row.targets[0];
        assert_eq!(*target, Target::Link("https://a.example".to_owned()));
        assert_eq!(row.target_at(bounds.center()), Some(target));
        assert_eq!(row.target_at(Point::new(1.0, 1.0)), None);
    }

    #[test]
    fn a_link_among_hebrew_is_marked_where_its_letters_stand() {
        let row = row("שלום, https://a.example/page עולם");
        assert!(!row.targets.is_empty());
        let right = row.text.x + row.text.width;
        for (bounds, _) in &row.targets {
            assert!(bounds.x >= row.text.x - 0.5 && bounds.x + bounds.width <= right + 0.5);
            let byte = row.text_at(bounds.center());
            assert!((10..34).contains(&byte), "{byte}");
        }
        let (_, at, _) = row
            .pieces
            .iter()
            .find(|(_, _, ink)| *ink == Ink::Text)
            .unwrap();
        assert!(at.x > row.text.x + 50.0, "it stands at the right");
    }

    #[test]
    fn a_point_is_a_place_in_the_text() {
        let row = row("hello");
        let middle = row.text.y + 2.0;
        assert_eq!(row.text_at(Point::new(row.text.x, middle)), 0);
        assert_eq!(row.text_at(Point::new(row.text.x + 400.0, middle)), 5);
    }

    #[test]
    fn what_is_selected_and_found_is_marked() {
        let content = Content {
            text: "hello world",
            selected: 0..8,
            found: std::iter::once(6..11).collect(),
            ..Content::default()
        };
        let row = Row::new(&content, METRICS, Color::BLACK);
        let count = |wanted| row.marks.iter().filter(|(_, mark)| *mark == wanted).count();
        assert_eq!((count(Mark::Selected), count(Mark::Found)), (2, 2));
    }
}
