//! What was said, and the part of it that can be seen.
//!
//! A pure state: messages, the height of each, and a place to stand. Rows in
//! sight are laid out exactly and correct the estimates of the [`Heights`]; the
//! place is a row and not an offset, so that no correction makes the text jump.

mod content;
mod message;
mod search;
mod selection;

use std::collections::BTreeMap;

use iced::{Color, Point};

use crate::foreign::Needle;
use crate::heights::Heights;
use crate::row::{Metrics, Row, Shape, Target};
use crate::words::Words;
pub use message::Message;
pub use selection::Selection;

/// Messages kept in the window. Overflow policy: the oldest tenth goes; the file has it.
pub const KEPT: usize = 110_000;
/// Bytes of text kept in the window, as a line may have 100 kB. Overflow policy: the same.
pub const KEPT_BYTES: usize = 64 * 1024 * 1024;
/// Rows laid out beyond either edge, so that a small movement finds them ready.
const OVERSCAN: usize = 8;

/// Where the reader stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// At the newest message, and going with it.
    Newest,
    /// `hidden` pixels of row `row` are above the upper edge.
    At { row: usize, hidden: i64 },
}

/// The list of messages.
#[derive(Debug)]
pub struct Conversation {
    messages: Vec<Message>,
    /// Of all messages.
    bytes: usize,
    /// What the estimate of each row's height goes by, so that another width need not read 100,000 texts.
    shapes: Vec<Shape>,
    heights: Heights,
    rows: BTreeMap<usize, Row>,
    metrics: Metrics,
    height: i64,
    place: Place,
    /// Counts what made the list look otherwise.
    version: u64,
    /// Messages that came while the reader stood above them.
    pub unread: usize,
    /// What is selected.
    pub selection: Option<Selection>,
    needle: Needle,
    link: Color,
    words: Words,
}

impl Conversation {
    /// An empty one.
    #[must_use]
    pub fn new(text: f32, link: Color, words: Words) -> Self {
        Self {
            messages: Vec::new(),
            bytes: 0,
            shapes: Vec::new(),
            heights: Heights::default(),
            rows: BTreeMap::new(),
            metrics: Metrics { width: 600.0, text },
            height: 400,
            place: Place::Newest,
            version: 0,
            unread: 0,
            selection: None,
            needle: Needle::default(),
            link,
            words,
        }
    }

    /// All messages, oldest first.
    #[must_use]
    pub fn messages(&self) -> &[Message] {
        &self.messages
    }

    /// Another number where the list looks otherwise.
    #[must_use]
    pub fn version(&self) -> u64 {
        self.version
    }

    /// How big things are.
    #[must_use]
    pub fn metrics(&self) -> Metrics {
        self.metrics
    }

    /// Adds what was heard.
    pub fn extend(&mut self, new: impl IntoIterator<Item = Message>) {
        let before = self.messages.len();
        for message in new {
            self.bytes += message.line.len();
            self.messages.push(message);
            let shape = self.shape(self.messages.len() - 1);
            self.shapes.push(shape);
            self.heights.push(self.metrics.estimate(shape));
        }
        if self.place != Place::Newest {
            self.unread += self.messages.len() - before;
        }
        while self.messages.len() > KEPT || self.bytes > KEPT_BYTES {
            let excess = self.messages.len().saturating_sub(KEPT);
            self.forget(excess + (self.messages.len() - excess).div_ceil(10));
        }
        self.settle();
    }

    /// Whatever `name` said was said by us.
    pub fn claim(&mut self, name: &str) {
        for message in &mut self.messages {
            message.own |= message.author() == name;
        }
    }

    fn forget(&mut self, count: usize) {
        let gone = self.messages.drain(..count);
        self.bytes -= gone.map(|message| message.line.len()).sum::<usize>();
        self.shapes.drain(..count);
        if !self.messages.is_empty() {
            // Nothing stands before it any more.
            self.shapes[0] = self.shape(0);
        }
        self.place = match self.place {
            Place::At { row, hidden } if row >= count => Place::At {
                row: row - count,
                hidden,
            },
            Place::At { .. } => Place::At { row: 0, hidden: 0 },
            Place::Newest => Place::Newest,
        };
        self.selection = self
            .selection
            .take()
            .and_then(|selection| selection.up_by(count));
        self.unread = self.unread.min(self.messages.len());
        self.remeasure();
    }

    /// Estimates every height anew, and lays nothing out.
    fn remeasure(&mut self) {
        self.rows.clear();
        let heights = self.shapes.iter();
        self.heights = heights.map(|&shape| self.metrics.estimate(shape)).collect();
    }

    fn shape(&self, row: usize) -> Shape {
        let named = self.author(row).is_some();
        let day = self.day(row).is_some();
        Shape::new(self.messages[row].shown(), named, day)
    }

    /// The list has another size.
    pub fn resize(&mut self, width: f32, height: f32) {
        self.height = height as i64;
        if width != self.metrics.width {
            self.restyle(Metrics {
                width,
                ..self.metrics
            });
        } else {
            self.settle();
        }
    }

    /// Letters have another size, or links another colour, or the window another language.
    pub fn dress(&mut self, text: f32, link: Color, words: Words) {
        self.link = link;
        self.words = words;
        self.restyle(Metrics {
            text,
            ..self.metrics
        });
    }

    fn restyle(&mut self, metrics: Metrics) {
        let (row, hidden) = self.top();
        let before = self
            .heights
            .len()
            .checked_sub(1)
            .map(|last| self.heights.height(row.min(last)));
        self.metrics = metrics;
        self.remeasure();
        if let (Place::At { .. }, Some(before)) = (self.place, before) {
            // The same part of the same row stays at the upper edge.
            let part = hidden as f64 / f64::from(before.max(1));
            let hidden = (part * self.measure(row) as f64) as i64;
            self.place = Place::At { row, hidden };
        }
        self.settle();
    }

    /// Looks for something, or with an empty needle no more.
    pub fn look_for(&mut self, needle: Needle) {
        if self.needle != needle {
            self.needle = needle;
            let rows: Vec<usize> = self.rows.keys().copied().collect();
            for row in rows {
                self.mark(row);
            }
        }
    }

    /// Marks what is found and selected in a row anew.
    fn mark(&mut self, row: usize) {
        self.version += 1;
        if self.rows.contains_key(&row) {
            let (found, selected) = self.marks(row);
            if let Some(row) = self.rows.get_mut(&row) {
                row.mark(&found, selected);
            }
        }
    }

    /// Lays a row out anew, if it is laid out.
    fn redo(&mut self, row: usize) {
        if self.rows.remove(&row).is_some() {
            self.settle();
        }
    }

    /// Shows more of a long message.
    pub fn open(&mut self, row: usize) {
        if row >= self.messages.len() {
            // It was forgotten between being seen and being clicked.
            return;
        }
        self.messages[row].opened = self.messages[row].opened.saturating_add(1);
        self.shapes[row] = self.shape(row);
        self.redo(row);
    }

    /// Moves what can be seen by so many pixels, down where positive.
    pub fn scroll(&mut self, pixels: i64) {
        let (row, hidden) = self.top();
        self.place = Place::At {
            row,
            hidden: hidden + pixels,
        };
        self.settle();
    }

    /// Moves to the newest message.
    pub fn to_newest(&mut self) {
        self.place = Place::Newest;
        self.settle();
    }

    /// Moves to a part of the whole, 0 the top and 1 the end.
    pub fn to_part(&mut self, part: f32) {
        let room = self.heights.total().saturating_sub(self.height as u64);
        let offset = (room as f64 * f64::from(part.clamp(0.0, 1.0))) as u64;
        if offset >= room {
            return self.to_newest();
        }
        if let Some((row, hidden)) = self.heights.row_at(offset) {
            let hidden = hidden as i64;
            self.place = Place::At { row, hidden };
            self.settle();
        }
    }

    /// Moves a message into the middle.
    pub fn to_row(&mut self, row: usize) {
        self.place = Place::At {
            row,
            hidden: -self.height / 3,
        };
        self.settle();
    }

    /// Moves as little as brings a message into sight.
    pub fn reveal(&mut self, row: usize) {
        let (first, hidden) = self.top();
        let seen = self.visible().find(|(seen, ..)| *seen == row);
        let beyond = seen.map(|(_, top, laid_out)| top + i64::from(laid_out.height) - self.height);
        match beyond {
            Some(beyond) if beyond > 0 => self.scroll(beyond),
            Some(_) if row != first || hidden == 0 => {}
            Some(_) => self.scroll(-hidden),
            None => self.to_row(row),
        }
    }

    /// What Enter on a message leads to: its links in turn, then more of it.
    #[must_use]
    pub fn target(&self, row: usize, turn: usize) -> Option<Target> {
        let targets = self.rows.get(&row)?.targets.iter();
        let mut targets: Vec<&Target> = targets.map(|(_, target)| target).collect();
        // An address on two lines stands there twice.
        targets.dedup();
        let at = turn.checked_rem(targets.len())?;
        Some(targets[at].clone())
    }

    /// Whether the newest message is in sight and stays so.
    #[must_use]
    pub fn is_newest(&self) -> bool {
        self.place == Place::Newest
    }

    /// The height of what can be seen, in pixels.
    #[must_use]
    pub fn page(&self) -> i64 {
        self.height
    }

    /// Above what can be seen, and altogether, in pixels.
    #[must_use]
    pub fn extent(&self) -> (u64, u64) {
        let (row, hidden) = self.top();
        let above = self.heights.before(row) as i64 + hidden;
        (above.max(0) as u64, self.heights.total())
    }

    /// Rows in sight: which, where its top is, and how it looks.
    pub fn visible(&self) -> impl Iterator<Item = (usize, i64, &Row)> {
        let (top, hidden) = self.top();
        let mut y = -hidden;
        self.rows
            .range(top..)
            .enumerate()
            .take_while(move |(index, (row, _))| top + index == **row)
            .map(move |(_, (&index, row))| {
                let at = y;
                y += i64::from(row.height);
                (index, at, row)
            })
            .take_while(|(_, at, _)| *at < self.height)
    }

    /// The row at a point of the list, and the point within it.
    #[must_use]
    pub fn hit(&self, point: Point) -> Option<(usize, Point, &Row)> {
        self.visible()
            .filter(|(_, top, _)| *top as f32 <= point.y)
            .last()
            .map(|(index, top, row)| (index, Point::new(point.x, point.y - top as f32), row))
    }

    /// The first row in sight, and how much of it is not.
    fn top(&self) -> (usize, i64) {
        match self.place {
            Place::At { row, hidden } => (row, hidden),
            Place::Newest => {
                let mut row = self.messages.len();
                let mut room = self.height;
                while row > 0 && room > 0 {
                    row -= 1;
                    room -= i64::from(self.heights.height(row));
                }
                // A short conversation begins at the top.
                (row, if room > 0 { 0 } else { -room })
            }
        }
    }

    /// Lays out what can be seen and stands where it is consistent.
    fn settle(&mut self) {
        self.version += 1;
        if let Place::At { row, hidden } = self.place {
            self.place = self.consistent(row, hidden);
        }
        if self.place == Place::Newest {
            self.unread = 0;
            let mut room = self.height;
            for row in (0..self.messages.len()).rev() {
                if room <= 0 {
                    break;
                }
                room -= self.measure(row);
            }
        }
        let (first, _) = self.top();
        let last = self.visible().last().map_or(first, |(row, ..)| row);
        let kept = first.saturating_sub(OVERSCAN)..=last + OVERSCAN;
        self.rows.retain(|row, _| kept.contains(row));
    }

    /// The same place with `hidden` within its row and the list's end not above the lower edge.
    fn consistent(&mut self, mut row: usize, mut hidden: i64) -> Place {
        let count = self.messages.len();
        if count == 0 {
            return Place::Newest;
        }
        // A leap goes by estimates; measuring all that is leapt over would take for ever.
        let leap = hidden.abs() > 3 * self.height;
        if leap {
            let offset = (self.heights.before(row.min(count)) as i64 + hidden).max(0);
            (row, hidden) = self
                .heights
                .row_at(offset as u64)
                .map_or((0, 0), |(row, rest)| (row, rest as i64));
        }
        row = row.min(count - 1);
        while hidden < 0 && row > 0 {
            row -= 1;
            hidden += self.measure(row);
        }
        hidden = hidden.max(0);
        while row < count && hidden >= self.measure(row) {
            hidden -= self.measure(row);
            row += 1;
            if row == count {
                return Place::Newest;
            }
        }
        let mut below = -hidden;
        for next in row..count {
            below += self.measure(next);
            if below > self.height {
                return Place::At { row, hidden };
            }
        }
        Place::Newest
    }

    /// Lays a row out, unless it is; answers its height.
    fn measure(&mut self, row: usize) -> i64 {
        if let Some(row) = self.rows.get(&row) {
            return i64::from(row.height);
        }
        let mut laid_out = Row::new(&self.content(row), self.metrics, self.link);
        let (found, selected) = self.marks(row);
        if !found.is_empty() || !selected.is_empty() {
            laid_out.mark(&found, selected);
        }
        let height = laid_out.height;
        self.heights.set(row, height);
        self.rows.insert(row, laid_out);
        i64::from(height)
    }
}

#[cfg(test)]
mod tests;
