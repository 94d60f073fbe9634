//! The world: what the coroutines of one game know of each other.
//!
//! In the original these are module-level globals: a list of obstacles, a list of
//! those hit, the year. Here it is one handle that each coroutine is given.

use std::cell::{Cell, RefCell};
use std::ptr;
use std::rc::{Rc, Weak};

use space_game::engine::{Place, Size, Sprite};

use crate::calendar;

/// A handle on the world of one game. Clones are one and the same world.
#[derive(Clone, Debug)]
pub struct World {
    facts: Rc<Facts>,
}

#[derive(Debug)]
struct Facts {
    year: Cell<u32>,
    score: Cell<u32>,
    best: Cell<u32>,
    /// The tick until which the player is told that there is no gun yet.
    refused: Cell<u64>,
    /// The year and the tick in which the ship was lost.
    lost: Cell<Option<(u32, u64)>>,
    boxes: bool,
    ship: Cell<Place>,
    /// Everything that falls. Bounded by what can be on the screen at once.
    garbage: RefCell<Vec<Rc<Garbage>>>,
}

/// A piece of garbage that falls.
#[derive(Debug)]
pub struct Garbage {
    pub(crate) sprite: Sprite,
    /// The box around it, for who asked to see it.
    pub(crate) outline: Option<Sprite>,
    pub(crate) points: u32,
    /// Ticks for a row.
    pub(crate) pace: u32,
}

/// Where something is, how large, and how many ticks it takes to fall a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sighting {
    /// Its corner.
    pub place: Place,
    /// Its box.
    pub size: Size,
    /// Ticks for a row.
    pub pace: u32,
}

impl World {
    pub(crate) fn new(best: u32, boxes: bool) -> Self {
        Self {
            facts: Rc::new(Facts {
                year: Cell::new(calendar::FIRST),
                score: Cell::new(0),
                best: Cell::new(best),
                refused: Cell::new(0),
                lost: Cell::new(None),
                boxes,
                ship: Cell::default(),
                garbage: RefCell::default(),
            }),
        }
    }

    /// The year it has come to.
    #[must_use]
    pub fn year(&self) -> u32 {
        self.facts.year.get()
    }

    pub(crate) fn set_year(&self, year: u32) {
        self.facts.year.set(year);
    }

    /// Whether the ship has its gun.
    #[must_use]
    pub fn is_armed(&self) -> bool {
        self.year() >= calendar::GUN
    }

    /// Notes that the player wants to fire and cannot: told until tick `until`.
    pub(crate) fn refuse(&self, until: u64) {
        self.facts.refused.set(until);
    }

    /// Whether the player is to be told, at tick `now`, that there is no gun yet.
    pub(crate) fn is_refused(&self, now: u64) -> bool {
        now < self.facts.refused.get() && !self.is_armed()
    }

    /// Points so far.
    #[must_use]
    pub fn score(&self) -> u32 {
        self.facts.score.get()
    }

    /// The most points ever, these included.
    #[must_use]
    pub fn best(&self) -> u32 {
        self.facts.best.get()
    }

    /// Whether the ship is lost.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.lost().is_some()
    }

    /// The year in which the ship was lost, if it was.
    #[must_use]
    pub fn lost(&self) -> Option<u32> {
        self.facts.lost.get().map(|(year, _)| year)
    }

    /// The tick at which the ship was lost, if it was.
    pub(crate) fn lost_at(&self) -> Option<u64> {
        self.facts.lost.get().map(|(_, tick)| tick)
    }

    pub(crate) fn end(&self, now: u64) {
        self.facts.lost.set(Some((self.year(), now)));
    }

    /// Whether boxes are drawn around what can collide.
    #[must_use]
    pub fn shows_boxes(&self) -> bool {
        self.facts.boxes
    }

    /// The corner of the ship.
    #[must_use]
    pub fn ship(&self) -> Place {
        self.facts.ship.get()
    }

    pub(crate) fn set_ship(&self, place: Place) {
        self.facts.ship.set(place);
    }

    /// Everything that falls just now.
    #[must_use]
    pub fn sightings(&self) -> Vec<Sighting> {
        let garbage = self.facts.garbage.borrow();
        let sighting = |piece: &Rc<Garbage>| Sighting {
            place: piece.sprite.place(),
            size: piece.sprite.art().size(),
            pace: piece.pace,
        };
        garbage.iter().map(sighting).collect()
    }

    /// Adds a piece. The world alone owns it: whoever takes it out takes it off the screen.
    pub(crate) fn add(&self, piece: Garbage) -> Weak<Garbage> {
        let piece = Rc::new(piece);
        let weak = Rc::downgrade(&piece);
        self.facts.garbage.borrow_mut().push(piece);
        weak
    }

    pub(crate) fn remove(&self, piece: &Weak<Garbage>) {
        let mut garbage = self.facts.garbage.borrow_mut();
        garbage.retain(|other| !ptr::eq(Rc::as_ptr(other), piece.as_ptr()));
    }

    /// Takes out the piece that `sprite` touches, if there is one.
    pub(crate) fn take_touched(&self, sprite: &Sprite) -> Option<Rc<Garbage>> {
        let mut garbage = self.facts.garbage.borrow_mut();
        let index = garbage
            .iter()
            .position(|piece| piece.sprite.touches(sprite))?;
        Some(garbage.remove(index))
    }

    /// Counts a hit.
    pub(crate) fn add_score(&self, points: u32) {
        let score = self.score().saturating_add(points);
        self.facts.score.set(score);
        self.facts.best.set(self.best().max(score));
    }
}
