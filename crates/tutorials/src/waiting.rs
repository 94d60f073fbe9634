//! The wakers of those who wait for the same thing, each of which can be taken back (added by
//! lesson 12).
//!
//! A future that waits leaves its waker with whoever will know. When it is cancelled it takes
//! the waker back: a thousand impatient tasks, one after the other, would else leave a thousand
//! wakers with a socket that stays silent. Nothing here wakes or drops a waker, for that may
//! run anything: the caller does, when it holds no lock.

use std::task::Waker;

/// Where somebody waits. Starts empty; belongs to one [`Waiting`] for good.
#[derive(Debug, Default)]
pub(crate) struct Place(Option<u64>);

/// Those who wait. Its bound is the number of futures that do: each has one place.
#[derive(Debug, Default)]
pub(crate) struct Waiting {
    wakers: Vec<(u64, Waker)>,
    last: u64,
}

impl Waiting {
    /// Leaves a waker at a place. Gives back the one that lay there.
    pub(crate) fn leave(&mut self, place: &mut Place, waker: Waker) -> Option<Waker> {
        let number = *place.0.get_or_insert_with(|| {
            self.last += 1;
            self.last
        });
        match self.wakers.iter_mut().find(|(other, _)| *other == number) {
            Some((_, left)) => Some(std::mem::replace(left, waker)),
            None => {
                self.wakers.push((number, waker));
                None
            }
        }
    }

    /// Takes a waker back, unless it was woken since.
    pub(crate) fn take_back(&mut self, place: &Place) -> Option<Waker> {
        let number = place.0?;
        let index = self.wakers.iter().position(|(other, _)| *other == number)?;
        // The order of the others stays: who came first is woken first.
        Some(self.wakers.remove(index).1)
    }

    /// Takes all of them, to be woken.
    pub(crate) fn take_all(&mut self) -> impl Iterator<Item = Waker> {
        self.wakers.drain(..).map(|(_, waker)| waker)
    }

    /// How many wait.
    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        self.wakers.len()
    }
}
