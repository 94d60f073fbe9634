//! A drawing: what a sprite looks like, parsed once and shared.
//!
//! Drawings stand in the source as text, so a reader sees them; the original
//! read them from files in the current directory and failed anywhere else.

use std::rc::Rc;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Color, Style};
use unicode_width::UnicodeWidthChar;

use super::{Place, Size};

/// A drawing of styled characters. A space is a hole: what lies behind shows through,
/// and nothing collides with it. Clones share the cells.
#[derive(Clone, Debug)]
pub struct Art {
    drawing: Rc<Drawing>,
}

#[derive(Clone, Debug)]
struct Drawing {
    size: Size,
    /// Row by row; `None` is a hole.
    cells: Vec<Option<(char, Style)>>,
}

impl Art {
    /// The drawing in `text`, a line a row. A first line break is skipped, so that the
    /// drawing can start on a line of its own in the source.
    ///
    /// # Panics
    ///
    /// When a character is not exactly one cell wide, or the drawing is larger than any terminal.
    #[must_use]
    pub fn new(text: &str) -> Self {
        let rows: Vec<&str> = text.strip_prefix('\n').unwrap_or(text).lines().collect();
        let width = rows.iter().map(|row| row.chars().count()).max();
        let cells_of = |length: usize| u16::try_from(length).expect("a drawing fits a terminal");
        let size = Size::new(cells_of(width.unwrap_or(0)), cells_of(rows.len()));
        let mut cells = Vec::with_capacity(usize::from(size.width) * rows.len());
        for row in rows {
            let before = cells.len();
            for symbol in row.chars() {
                assert_eq!(symbol.width(), Some(1), "{symbol:?} is not one cell wide");
                cells.push((symbol != ' ').then_some((symbol, Style::new())));
            }
            cells.resize(before + usize::from(size.width), None);
        }
        Self {
            drawing: Rc::new(Drawing { size, cells }),
        }
    }

    /// The same drawing in one style.
    #[must_use]
    pub fn styled(self, style: impl Into<Style>) -> Self {
        let style = style.into();
        self.recoloured(|_, (symbol, _)| (symbol, style))
    }

    /// The same drawing, coloured by `map`: a text of the same shape whose characters
    /// name the style of each cell through `palette`.
    #[must_use]
    pub fn tinted(self, map: &str, palette: impl Fn(char) -> Style) -> Self {
        let rows: Vec<Vec<char>> = map
            .strip_prefix('\n')
            .unwrap_or(map)
            .lines()
            .map(|row| row.chars().collect())
            .collect();
        self.recoloured(|place, (symbol, style)| {
            let name = rows
                .get(place.y as usize)
                .and_then(|row| row.get(place.x as usize));
            (symbol, name.map_or(style, |&name| palette(name)))
        })
    }

    /// The same drawing with each cell's character and style passed through `paint`.
    #[must_use]
    pub fn recoloured(mut self, paint: impl Fn(Place, (char, Style)) -> (char, Style)) -> Self {
        let drawing = Rc::make_mut(&mut self.drawing);
        let width = usize::from(drawing.size.width).max(1);
        for (index, cell) in drawing.cells.iter_mut().enumerate() {
            let place = Place {
                x: (index % width) as i32,
                y: (index / width) as i32,
            };
            *cell = cell.map(|glyph| paint(place, glyph));
        }
        self
    }

    /// The same drawing with its holes filled, so that nothing shows through.
    #[must_use]
    pub fn solid(mut self, style: impl Into<Style>) -> Self {
        let style = style.into();
        for cell in &mut Rc::make_mut(&mut self.drawing).cells {
            cell.get_or_insert((' ', style));
        }
        self
    }

    /// Columns and rows.
    #[must_use]
    pub fn size(&self) -> Size {
        self.drawing.size
    }

    /// Whether both are one and the same drawing.
    #[must_use]
    pub fn is(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.drawing, &other.drawing)
    }

    /// Whether a character of this drawing at `place` lies on one of `other` at `there`.
    #[must_use]
    pub fn touches(&self, place: Place, other: &Self, there: Place) -> bool {
        let (mine, its) = (self.size(), other.size());
        let left = place.x.max(there.x);
        let top = place.y.max(there.y);
        let end = |from: i32, length: i32| from.saturating_add(length);
        let right = end(place.x, mine.columns()).min(end(there.x, its.columns()));
        let bottom = end(place.y, mine.rows()).min(end(there.y, its.rows()));
        (top..bottom).any(|y| {
            (left..right).any(|x| {
                self.cell(x - place.x, y - place.y).is_some()
                    && other.cell(x - there.x, y - there.y).is_some()
            })
        })
    }

    fn cell(&self, x: i32, y: i32) -> Option<(char, Style)> {
        self.drawing.cells[(y * self.size().columns() + x) as usize]
    }

    /// Paints the drawing with its corner at `place`, counted from that of `area`, and
    /// nothing outside `area`. `over` goes on top of each cell's own style.
    pub fn paint(&self, buffer: &mut Buffer, area: Rect, place: Place, over: Style) {
        let area = area.intersection(buffer.area);
        let size = self.size();
        let (width, height) = (i32::from(area.width), i32::from(area.height));
        for y in place.y.max(0)..place.y.saturating_add(size.rows()).min(height) {
            for x in place.x.max(0)..place.x.saturating_add(size.columns()).min(width) {
                let Some((symbol, style)) = self.cell(x - place.x, y - place.y) else {
                    continue;
                };
                let cell = &mut buffer[(area.x + x as u16, area.y + y as u16)];
                let style = style.patch(over);
                cell.set_char(symbol);
                // Not `set_style`: that would keep the colours of what lies behind.
                cell.fg = style.fg.unwrap_or(Color::Reset);
                cell.bg = style.bg.unwrap_or(Color::Reset);
                cell.modifier = style.add_modifier;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HERE: Place = Place { x: 0, y: 0 };

    #[test]
    fn drawings_touch_only_where_both_hold_a_character() {
        let ring = Art::new("###\n# #\n###");
        let dot = Art::new("o");
        assert!(!ring.touches(HERE, &dot, Place { x: 1, y: 1 }));
        assert!(ring.touches(HERE, &dot, Place { x: 2, y: 1 }));
        assert!(!ring.touches(HERE, &dot, Place { x: 3, y: 1 }));
        assert!(!ring.touches(HERE, &dot, Place { x: -1, y: 0 }));
    }

    #[test]
    fn touching_is_mutual_wherever_they_stand() {
        let (hook, bar) = (Art::new("#\n#\n###"), Art::new("=="));
        for x in -4..5 {
            for y in -4..5 {
                let there = Place { x, y };
                assert_eq!(
                    hook.touches(HERE, &bar, there),
                    bar.touches(there, &hook, HERE)
                );
            }
        }
    }

    #[test]
    fn nothing_is_painted_outside_the_area() {
        let block = Art::new(&"#########\n".repeat(9));
        let area = Rect::new(2, 1, 3, 2);
        for x in -10..10 {
            for y in -10..10 {
                let mut buffer = Buffer::empty(Rect::new(0, 0, 8, 5));
                block.paint(&mut buffer, area, Place { x, y }, Style::new());
                for outside in buffer.area.positions().filter(|&at| !area.contains(at)) {
                    assert_eq!(buffer[outside].symbol(), " ");
                }
            }
        }
    }

    #[test]
    fn short_rows_end_in_holes_and_solid_fills_them() {
        let art = Art::new("\n##\n#");
        assert_eq!(art.size(), Size::new(2, 2));
        assert!(art.cell(1, 1).is_none());
        assert!(art.solid(Style::new()).cell(1, 1).is_some());
    }

    #[test]
    #[should_panic(expected = "not one cell wide")]
    fn wide_characters_are_refused() {
        drop(Art::new("星"));
    }
}
