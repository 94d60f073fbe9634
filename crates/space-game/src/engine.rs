//! The engine: a stage that steps coroutines once a tick and paints what they hold.
//!
//! There is no thread in here, no clock, no terminal and no async runtime. A
//! [`Stage`] is told that a tick has passed and which keys are held; it resumes
//! the coroutines that are due, in an order that never varies, and paints their
//! [`Sprite`]s. So a game is a pure function of a seed and its inputs.
//!
//! ```
//! use ratatui::{Terminal, backend::TestBackend};
//! use space_game::engine::{Art, Keys, Layer, Place, Size, Stage, Ticks};
//!
//! let mut stage = Stage::new(Size::new(20, 10), 42);
//! stage.spawn(async move |scene| {
//!     let comet = scene.sprite(Layer(1), &Art::new("-=*"));
//!     for x in 0..17 {
//!         comet.move_to(Place { x, y: 4 });
//!         scene.sleep(Ticks(3)).await;
//!     }
//! }); // the coroutine ends, its sprite leaves the screen
//!
//! let mut terminal = Terminal::new(TestBackend::new(20, 10)).unwrap();
//! for _ in 0..4 {
//!     stage.step(Keys::NONE);
//! }
//! terminal.draw(|frame| stage.draw(frame)).unwrap();
//! assert_eq!(terminal.backend().buffer()[(3, 4)].symbol(), "*");
//! ```
//!
//! The original keeps a Python list of coroutines, calls `send(None)` on each at
//! every tick and removes those that raise `StopIteration` while it iterates; a
//! sleep of twenty ticks is twenty calls. Here a sleeping coroutine is an entry
//! in a timer wheel and costs nothing until it is due.

use std::ops::Mul;

mod art;
mod dice;
mod input;
mod place;
mod scene;
mod sprite;
mod stage;
mod wheel;

pub use art::Art;
pub use input::{Input, Keys};
pub use place::{Place, Size};
pub use scene::{Scene, Sleep};
pub use sprite::{Layer, Sprite};
pub use stage::Stage;

/// A number of ticks: the engine's only unit of time. How long one lasts is the shell's affair.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ticks(pub u32);

impl Mul<Ticks> for u32 {
    type Output = Ticks;

    /// So many times as long.
    fn mul(self, time: Ticks) -> Ticks {
        Ticks(self.saturating_mul(time.0))
    }
}
