//! The stage: an executor of one thread that runs by ticks.
//!
//! A future, polled, runs on until it waits. Other executors learn through a
//! `Waker` when to poll it again; here whoever waits says which tick it waits for
//! ([`Sleep`](super::Sleep) leaves that number with the stage), so no waker is
//! needed and none does anything. A coroutine that waits for anything else is
//! never resumed: `pending().await` holds a sprite on screen for ever, for nothing.

use std::fmt;
use std::task::{Context, Poll, Waker};

use ratatui::Frame;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::scene::{Coroutine, NEVER};
use super::wheel::{Entry, Wheel};
use super::{Input, Scene, Size};

/// Coroutines, their sprites, and the tick they have come to.
///
/// Those due at a tick run in the order they were spawned. Nothing but
/// [`step`](Self::step) makes any run, and nothing else makes time pass.
pub struct Stage {
    scene: Scene,
    /// The arena. An empty slot is listed in `free` and used again.
    coroutines: Vec<Option<Coroutine>>,
    free: Vec<u32>,
    wheel: Wheel,
    /// How many were ever spawned.
    born: u64,
    /// What was due at the tick last made. The wheel uses its memory again.
    due: Vec<Entry>,
}

impl fmt::Debug for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stage")
            .field("now", &self.scene.now())
            .field("coroutines", &self.coroutines())
            .finish_non_exhaustive()
    }
}

impl Stage {
    /// An empty stage. All its randomness comes from `seed`.
    #[must_use]
    pub fn new(size: Size, seed: u64) -> Self {
        Self {
            scene: Scene::new(size, seed),
            coroutines: Vec::new(),
            free: Vec::new(),
            wheel: Wheel::new(),
            born: 0,
            due: Vec::new(),
        }
    }

    /// The view its coroutines have.
    #[must_use]
    pub fn scene(&self) -> &Scene {
        &self.scene
    }

    /// Starts a coroutine, as [`Scene::spawn`]. It first runs at the next step.
    pub fn spawn<F>(&mut self, coroutine: impl FnOnce(Scene) -> F)
    where
        F: Future<Output = ()> + 'static,
    {
        self.scene.spawn(coroutine);
    }

    /// Lets one tick pass: resumes what is due, then what was spawned meanwhile.
    ///
    /// # Panics
    ///
    /// When a coroutine does. The stage is then good for nothing but to be dropped.
    pub fn step(&mut self, input: impl Into<Input>) {
        let Input { keys, resize } = input.into();
        let shared = self.scene.shared.clone();
        shared.now.set(shared.now.get() + 1);
        shared.keys.set(keys);
        if let Some(size) = resize
            && shared.size.replace(size) != size
        {
            shared.changed.set(true);
        }
        let mut due = std::mem::take(&mut self.due);
        self.wheel.advance(&mut due);
        let mut context = Context::from_waker(Waker::noop());
        for &entry in &due {
            self.resume(entry, &mut context);
        }
        self.due = due;
        loop {
            // What these spawn in their turn is found by the next round.
            let spawned = shared.spawned.take();
            if spawned.is_empty() {
                break;
            }
            for coroutine in spawned {
                let entry = self.admit(coroutine);
                self.resume(entry, &mut context);
            }
        }
    }

    fn admit(&mut self, coroutine: Coroutine) -> Entry {
        let slot = if let Some(slot) = self.free.pop() {
            self.coroutines[slot as usize] = Some(coroutine);
            slot
        } else {
            self.coroutines.push(Some(coroutine));
            u32::try_from(self.coroutines.len() - 1).expect("memory ends before 2^32 coroutines")
        };
        self.born += 1;
        Entry {
            born: self.born,
            slot,
        }
    }

    #[inline]
    fn resume(&mut self, entry: Entry, context: &mut Context<'_>) {
        let slot = &mut self.coroutines[entry.slot as usize];
        let coroutine = slot.as_mut().expect("only the living are in the wheel");
        self.scene.shared.wake.set(NEVER);
        match coroutine.as_mut().poll(context) {
            Poll::Pending => {
                let due = self.scene.shared.wake.get();
                if due != NEVER {
                    self.wheel.file(due, entry);
                }
            }
            Poll::Ready(()) => {
                *slot = None;
                self.free.push(entry.slot);
            }
        }
    }

    /// How many coroutines live.
    #[must_use]
    pub fn coroutines(&self) -> usize {
        self.coroutines.len() - self.free.len() + self.scene.shared.spawned.borrow().len()
    }

    /// How many sprites are on screen, or just outside it.
    #[must_use]
    pub fn sprites(&self) -> usize {
        self.scene.shared.cast.borrow().count()
    }

    /// Whether the picture has changed since this was last asked.
    #[must_use]
    pub fn take_changed(&self) -> bool {
        self.scene.shared.changed.replace(false)
    }

    /// Whether the bell was rung since this was last asked.
    #[must_use]
    pub fn take_bell(&self) -> bool {
        self.scene.shared.bell.replace(false)
    }

    /// Paints every sprite into the whole of `frame`, nothing outside it.
    pub fn draw(&self, frame: &mut Frame<'_>) {
        self.paint(frame.buffer_mut(), self.scene.size().area());
    }

    /// Paints every sprite into `area` of `buffer`, whose corner is the stage's, nothing outside it.
    pub fn paint(&self, buffer: &mut Buffer, area: Rect) {
        self.scene.shared.cast.borrow().paint(buffer, area);
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        // Those that never ran hold the scene that holds them: without this none is ever freed.
        drop(self.scene.shared.spawned.take());
    }
}

#[cfg(test)]
mod tests;
