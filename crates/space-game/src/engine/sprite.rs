//! Sprites: what coroutines hold to be seen.
//!
//! A sprite is a handle. Its coroutine changes its place or its drawing; dropping
//! it, also by dropping the coroutine, takes it off the screen. In the original a
//! coroutine paints itself, and must remember to erase itself before it ends.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::scene::Shared;
use super::{Art, Place};

/// What covers what: a higher layer covers a lower one. Within one the younger sprite covers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Layer(pub u8);

/// A drawing at a place on the stage, on screen for as long as this handle lives.
#[derive(Debug)]
pub struct Sprite {
    shown: Rc<Shown>,
    shared: Rc<Shared>,
}

#[derive(Debug)]
pub(super) struct Shown {
    art: RefCell<Art>,
    place: Cell<Place>,
    style: Cell<Style>,
}

impl Sprite {
    pub(super) fn new(shared: Rc<Shared>, layer: Layer, art: &Art) -> Self {
        let shown = Rc::new(Shown {
            art: RefCell::new(art.clone()),
            place: Cell::default(),
            style: Cell::default(),
        });
        shared.cast.borrow_mut().add(layer, shown.clone());
        shared.changed.set(true);
        Self { shown, shared }
    }

    /// Its top left corner.
    #[must_use]
    pub fn place(&self) -> Place {
        self.shown.place.get()
    }

    /// Puts its top left corner at `place`.
    pub fn move_to(&self, place: Place) {
        if self.shown.place.replace(place) != place {
            self.shared.changed.set(true);
        }
    }

    /// Its drawing.
    #[must_use]
    pub fn art(&self) -> Art {
        self.shown.art.borrow().clone()
    }

    /// Shows it as another drawing.
    pub fn set_art(&self, art: &Art) {
        if !self.shown.art.borrow().is(art) {
            *self.shown.art.borrow_mut() = art.clone();
            self.shared.changed.set(true);
        }
    }

    /// Lays `style` over the styles of its drawing. What `style` leaves open stays.
    pub fn set_style(&self, style: impl Into<Style>) {
        let style = style.into();
        if self.shown.style.replace(style) != style {
            self.shared.changed.set(true);
        }
    }

    /// Whether a character of this sprite lies on one of `other`.
    #[must_use]
    pub fn touches(&self, other: &Self) -> bool {
        let (mine, its) = (self.shown.art.borrow(), other.shown.art.borrow());
        mine.touches(self.place(), &its, other.place())
    }
}

impl Drop for Sprite {
    fn drop(&mut self) {
        self.shared.changed.set(true);
    }
}

/// Everything that may be on screen, by layer and then by age.
///
/// A sprite is on screen while its handle shares the entry with the list. Entries
/// left alone are swept out when a list would have to grow, so sweeping costs a
/// constant per sprite and a list is at most twice as long as what it shows.
#[derive(Debug, Default)]
pub(super) struct Cast {
    layers: Vec<(Layer, Vec<Rc<Shown>>)>,
}

impl Cast {
    fn add(&mut self, layer: Layer, shown: Rc<Shown>) {
        let index = match self
            .layers
            .binary_search_by_key(&layer, |(layer, _)| *layer)
        {
            Ok(index) => index,
            Err(index) => {
                self.layers.insert(index, (layer, Vec::new()));
                index
            }
        };
        let list = &mut self.layers[index].1;
        if list.len() == list.capacity() {
            list.retain(is_held);
            list.reserve(list.len().max(16));
        }
        list.push(shown);
    }

    pub(super) fn paint(&self, buffer: &mut Buffer, area: Rect) {
        for shown in self.held() {
            let art = shown.art.borrow();
            art.paint(buffer, area, shown.place.get(), shown.style.get());
        }
    }

    pub(super) fn count(&self) -> usize {
        self.held().count()
    }

    #[cfg(test)]
    pub(super) fn capacity(&self) -> usize {
        self.layers.iter().map(|(_, list)| list.capacity()).sum()
    }

    fn held(&self) -> impl Iterator<Item = &Rc<Shown>> {
        let all = self.layers.iter().flat_map(|(_, list)| list);
        all.filter(|shown| is_held(shown))
    }
}

fn is_held(shown: &Rc<Shown>) -> bool {
    Rc::strong_count(shown) > 1
}
