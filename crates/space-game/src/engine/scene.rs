//! What a coroutine sees of the stage: time, keys, dice, sprites, and its siblings to be.

use std::cell::{Cell, RefCell};
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use super::dice::Dice;
use super::sprite::Cast;
use super::{Art, Keys, Layer, Size, Sprite, Ticks};

pub(super) type Coroutine = Pin<Box<dyn Future<Output = ()>>>;

/// No coroutine waits this long.
pub(super) const NEVER: u64 = u64::MAX;

/// What the stage and its coroutines share. No borrow of it outlives one call, so
/// whatever a coroutine does while it runs finds everything free.
pub(super) struct Shared {
    pub(super) now: Cell<u64>,
    pub(super) keys: Cell<Keys>,
    pub(super) size: Cell<Size>,
    /// The earliest tick that the coroutine being resumed has asked for.
    pub(super) wake: Cell<u64>,
    /// Coroutines that wait to be taken in by the stage, at the end of the tick at the latest.
    pub(super) spawned: RefCell<Vec<Coroutine>>,
    pub(super) cast: RefCell<Cast>,
    pub(super) dice: RefCell<Dice>,
    pub(super) changed: Cell<bool>,
    pub(super) bell: Cell<bool>,
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shared")
            .field("now", &self.now)
            .field("size", &self.size)
            .finish_non_exhaustive()
    }
}

/// A coroutine's view of its stage. Clones are one and the same scene.
#[derive(Clone, Debug)]
pub struct Scene {
    pub(super) shared: Rc<Shared>,
}

impl Scene {
    pub(super) fn new(size: Size, seed: u64) -> Self {
        Self {
            shared: Rc::new(Shared {
                now: Cell::new(0),
                keys: Cell::default(),
                size: Cell::new(size),
                wake: Cell::new(NEVER),
                spawned: RefCell::default(),
                cast: RefCell::default(),
                dice: RefCell::new(Dice::new(seed)),
                changed: Cell::new(true),
                bell: Cell::new(false),
            }),
        }
    }

    /// Resumes `time` ticks from now; at once for none.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe: a dropped sleep leaves nothing behind.
    pub fn sleep(&self, time: Ticks) -> Sleep<'_> {
        Sleep {
            scene: self,
            due: self.shared.now.get() + u64::from(time.0),
        }
    }

    /// Resumes at the next tick.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe, as [`sleep`](Self::sleep).
    pub fn next_tick(&self) -> Sleep<'_> {
        self.sleep(Ticks(1))
    }

    /// Starts another coroutine. It first runs within this same tick, after all that were due.
    pub fn spawn<F>(&self, coroutine: impl FnOnce(Self) -> F)
    where
        F: Future<Output = ()> + 'static,
    {
        let coroutine = Box::pin(coroutine(self.clone()));
        self.shared.spawned.borrow_mut().push(coroutine);
    }

    /// Puts a sprite on screen, its corner at the top left until it is moved.
    #[must_use = "a sprite leaves the screen when it is dropped"]
    pub fn sprite(&self, layer: Layer, art: &Art) -> Sprite {
        Sprite::new(self.shared.clone(), layer, art)
    }

    /// Ticks since the stage began.
    #[must_use]
    pub fn now(&self) -> u64 {
        self.shared.now.get()
    }

    /// The keys held at this tick.
    #[must_use]
    pub fn keys(&self) -> Keys {
        self.shared.keys.get()
    }

    /// The size of the screen at this tick.
    #[must_use]
    pub fn size(&self) -> Size {
        self.shared.size.get()
    }

    /// A number from `0..bound`, from the stage's seed; 0 for a bound of 0.
    #[must_use]
    pub fn below(&self, bound: u32) -> u32 {
        self.shared.dice.borrow_mut().below(bound)
    }

    /// One of `choices`, from the stage's seed.
    ///
    /// # Panics
    ///
    /// When there is nothing to choose from.
    #[must_use]
    pub fn pick<T: Copy>(&self, choices: &[T]) -> T {
        choices[self.below(choices.len() as u32) as usize]
    }

    /// A seed for another stage, from this one's.
    #[must_use]
    pub fn seed(&self) -> u64 {
        self.shared.dice.borrow_mut().next()
    }

    /// Rings the bell with the next picture.
    pub fn ring(&self) {
        self.shared.bell.set(true);
    }
}

/// A wait for a tick. It asks the stage anew whenever it is polled, so it can be
/// joined, raced or dropped like any other future.
#[derive(Debug)]
#[must_use = "a sleep does nothing until it is awaited"]
pub struct Sleep<'a> {
    scene: &'a Scene,
    due: u64,
}

impl Future for Sleep<'_> {
    type Output = ();

    #[inline]
    fn poll(self: Pin<&mut Self>, _context: &mut Context<'_>) -> Poll<()> {
        let shared = &self.scene.shared;
        if shared.now.get() >= self.due {
            return Poll::Ready(());
        }
        shared.wake.set(shared.wake.get().min(self.due));
        Poll::Pending
    }
}
