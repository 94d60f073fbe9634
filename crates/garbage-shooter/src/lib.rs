//! Through garbage to stars: the sequel of `space-game`, on its engine and in its shell.
//!
//! - [`game`]: title, play and attract mode, one stage each.
//! - [`calendar`]: which year it is, what happened then, how thick the garbage falls.
//! - [`garbage`], [`ship`], [`plasma`], [`explosion`]: the coroutines.
//! - [`flight`]: the law the ship flies by. [`world`]: what they know of each other.
//! - [`title`], [`words`], [`lettering`]: what is to be read. [`best`]: the file that stays.
//!
//! The original is `02.through_garbage_to_stars`; README.md says what became of its parts.

pub mod best;
pub mod calendar;
pub mod explosion;
pub mod flight;
pub mod game;
pub mod garbage;
pub mod lettering;
pub mod plasma;
pub mod ship;
pub mod title;
pub mod words;
pub mod world;

/// What covers what: later ones cover earlier ones. The border and its words come last, so
/// garbage never erases the year.
pub mod layers {
    use space_game::engine::Layer;
    pub use space_game::game::layers::{BORDER, FIRE, SHIP, STARS, WORDS};

    /// The globe of the title screen.
    pub const EARTH: Layer = Layer(5);
    /// Boxes around what can collide.
    pub const BOXES: Layer = Layer(9);
    /// Garbage.
    pub const GARBAGE: Layer = Layer(10);
    /// Splinters of it.
    pub const SPLINTERS: Layer = Layer(15);
    /// Bolts of plasma.
    pub const BOLTS: Layer = Layer(25);
    /// Explosions.
    pub const EXPLOSIONS: Layer = Layer(40);
}
