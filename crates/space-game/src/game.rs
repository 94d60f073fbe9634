//! The game: a ship among blinking stars, inside a border. Relaxing: nothing hurts you.
//!
//! Every star, the ship, its plume, each shot and each comet is one coroutine on
//! the [`Stage`]; this file only puts them there. The original's `draw` function
//! did that, and was the event loop as well.

pub mod border;
pub mod palette;
pub mod ship;
pub mod shot;
pub mod sky;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::engine::{Art, Input, Keys, Layer, Place, Scene, Size, Stage, Ticks};
use crate::shell::{Game, Setup, TICKS_PER_SECOND};

/// What covers what: later ones cover earlier ones.
pub mod layers {
    use crate::engine::Layer;

    /// Behind everything.
    pub const STARS: Layer = Layer(0);
    /// Plumes, shots and their likes.
    pub const FIRE: Layer = Layer(20);
    /// The ship.
    pub const SHIP: Layer = Layer(30);
    /// The border of the screen, under which everything passes.
    pub const BORDER: Layer = Layer(50);
    /// Words on the border.
    pub const WORDS: Layer = Layer(60);
}

/// How long the keys are explained at the start.
const HINT: Ticks = Ticks(12 * TICKS_PER_SECOND);

/// The game on its stage.
#[derive(Debug)]
pub struct SpaceGame {
    stage: Stage,
    stars: Option<u32>,
    seed: u64,
    /// The keys of the tick before: a key held begins again once.
    held: Keys,
}

impl SpaceGame {
    /// A ship in the middle of the screen and `stars` stars, or as many as fit well.
    #[must_use]
    pub fn new(setup: Setup, stars: Option<u32>) -> Self {
        Self {
            stage: set(setup.size, setup.seed, stars),
            stars,
            seed: setup.seed,
            held: Keys::NONE,
        }
    }
}

fn set(size: Size, seed: u64, stars: Option<u32>) -> Stage {
    let mut stage = Stage::new(size, seed);
    stage.spawn(move |scene| sky::sky(scene, stars, sky::Motion::Still));
    stage.spawn(sky::comets);
    stage.spawn(border::border);
    stage.spawn(ship::ship);
    stage.spawn(hint);
    stage
}

/// Explains the keys for a while, in the border's lower edge.
async fn hint(scene: Scene) {
    // The longest that fits: of a line cut off at both ends the middle is of little use.
    let texts = [
        " arrows fly · space fires · p pauses · r again · q quits ",
        " arrows fly · space fires · p pauses · q quits ",
        " p pauses · q quits ",
    ];
    let arts = texts.map(|text| Art::new(text).solid(palette::NIGHT).styled(palette::FAINT));
    let nothing = Art::new("");
    let sprite = scene.sprite(Layer(layers::WORDS.0), &nothing);
    while scene.now() < u64::from(HINT.0) {
        let size = scene.size();
        let fits = |art: &&Art| art.size().columns() + 4 <= size.columns();
        let art = arts.iter().find(fits).unwrap_or(&nothing);
        sprite.set_art(art);
        sprite.move_to(Place {
            x: (size.columns() - art.size().columns()) / 2,
            y: size.rows() - 1,
        });
        scene.sleep(Ticks(6)).await;
    }
}

impl Game for SpaceGame {
    const NAME: &'static str = "space-game";
    const VERSION: &'static str = env!("CARGO_PKG_VERSION");

    fn step(&mut self, input: Input) {
        let pressed = input.keys.without(self.held);
        self.held = input.keys;
        if pressed.contains(Keys::RESTART) {
            let size = input.resize.unwrap_or_else(|| self.size());
            self.seed = self.seed.wrapping_add(1);
            self.stage = set(size, self.seed, self.stars);
        }
        self.stage.step(input);
    }

    fn size(&self) -> Size {
        self.stage.scene().size()
    }

    fn paint(&self, buffer: &mut Buffer, area: Rect) {
        self.stage.paint(buffer, area);
    }

    fn take_changed(&mut self) -> bool {
        self.stage.take_changed()
    }

    fn take_bell(&mut self) -> bool {
        self.stage.take_bell()
    }

    fn seed(&self) -> u64 {
        self.seed
    }

    fn verdict(&self) -> String {
        let seconds = self.stage.scene().now() / u64::from(TICKS_PER_SECOND);
        format!("flew for {seconds} s")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shell::picture;

    #[test]
    fn the_keys_are_explained_as_far_as_there_is_room() {
        for (width, keys) in [
            (
                80,
                "─ arrows fly · space fires · p pauses · r again · q quits ─",
            ),
            (55, "─ arrows fly · space fires · p pauses · q quits ─"),
            (30, "─ p pauses · q quits ─"),
            (20, "╰──────────────────╯"),
        ] {
            let (size, seed, best) = (Size::new(width, 12), 1, 0);
            let mut game = SpaceGame::new(Setup { size, seed, best }, None);
            game.step(Keys::NONE.into());
            let shown = picture(&game);
            assert!(shown.contains(keys), "{shown}");
        }
    }
}
