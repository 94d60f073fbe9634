//! Where things are: cells of the screen, counted from its top left corner.

use ratatui::layout::Rect;

/// A cell. Sprites may stand partly or wholly outside the screen, so places may be negative.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Place {
    /// The column, growing to the right.
    pub x: i32,
    /// The row, growing downwards.
    pub y: i32,
}

impl Place {
    /// The place `x` columns further right and `y` rows further down.
    #[must_use]
    pub const fn plus(self, x: i32, y: i32) -> Self {
        Self {
            x: self.x.saturating_add(x),
            y: self.y.saturating_add(y),
        }
    }
}

/// A width and a height in cells.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Size {
    /// Columns.
    pub width: u16,
    /// Rows.
    pub height: u16,
}

impl Size {
    /// So many columns, so many rows.
    #[must_use]
    pub const fn new(width: u16, height: u16) -> Self {
        Self { width, height }
    }

    /// Columns, ready for sums that may go below zero.
    #[must_use]
    pub const fn columns(self) -> i32 {
        self.width as i32
    }

    /// Rows, ready for sums that may go below zero.
    #[must_use]
    pub const fn rows(self) -> i32 {
        self.height as i32
    }

    /// Where this fits in the middle of `area`; as much of it as there is room for.
    #[must_use]
    pub fn centred_in(self, area: Rect) -> Rect {
        let (width, height) = (self.width.min(area.width), self.height.min(area.height));
        Rect {
            x: area.x + (area.width - width) / 2,
            y: area.y + (area.height - height) / 2,
            width,
            height,
        }
    }

    /// The whole screen as `ratatui` names it.
    #[must_use]
    pub const fn area(self) -> Rect {
        Rect::new(0, 0, self.width, self.height)
    }
}
