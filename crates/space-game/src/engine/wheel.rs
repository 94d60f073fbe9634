//! The timer wheel: who is due at which tick.
//!
//! One ring of slots, a tick each, holds everything due within [`HORIZON`]; what
//! lies further off waits in a heap and joins when its tick comes. Filing and
//! taking from the ring are a push and a swap, whatever the number of sleepers.
//! The original has no such thing: it resumes every coroutine at every tick.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// Ticks ahead that the ring covers. A power of two, so the remainder is a mask.
const HORIZON: usize = 256;

/// A coroutine that waits: ordered by when it was spawned, then where it lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Entry {
    /// How many coroutines had been spawned before it.
    pub(super) born: u64,
    /// Its place in the stage's arena.
    pub(super) slot: u32,
}

/// Entries by due tick. Not bounded: it holds one entry for each living coroutine at most.
#[derive(Debug)]
pub(super) struct Wheel {
    /// The tick last taken. Everything filed lies after it.
    now: u64,
    ring: Box<[Vec<Entry>; HORIZON]>,
    far: BinaryHeap<Reverse<(u64, Entry)>>,
    /// Emptied lists, for slots that need one: a slot whose tick has passed keeps none, or
    /// each would come to hold room for the fullest tick there was. At most one a slot.
    spare: Vec<Vec<Entry>>,
}

impl Wheel {
    pub(super) fn new() -> Self {
        Self {
            now: 0,
            ring: Box::new([const { Vec::new() }; HORIZON]),
            far: BinaryHeap::new(),
            spare: Vec::new(),
        }
    }

    /// Files `entry` to be taken at the tick `due`, or at the next one if that is past.
    #[inline]
    pub(super) fn file(&mut self, due: u64, entry: Entry) {
        let due = due.max(self.now + 1);
        if due - self.now < HORIZON as u64 {
            let slot = &mut self.ring[index(due)];
            if slot.capacity() == 0 {
                *slot = self.spare.pop().unwrap_or_default();
            }
            slot.push(entry);
        } else {
            self.far.push(Reverse((due, entry)));
        }
    }

    /// Moves on by one tick and puts what is due then into `due`, in order of birth.
    pub(super) fn advance(&mut self, due: &mut Vec<Entry>) {
        self.now += 1;
        let list = std::mem::take(&mut self.ring[index(self.now)]);
        let mut used = std::mem::replace(due, list);
        if used.capacity() > 0 {
            // Room for four times what it held is kept: a rush does not cost memory for ever.
            used.shrink_to(used.len() * 4);
            used.clear();
            self.spare.push(used);
        }
        while let Some(&Reverse((tick, entry))) = self.far.peek()
            && tick == self.now
        {
            self.far.pop();
            due.push(entry);
        }
        // Coroutines of one rhythm come in order already, which the sort sees at once.
        due.sort_unstable();
    }
}

const fn index(tick: u64) -> usize {
    tick as usize & (HORIZON - 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    proptest! {
        #[test]
        fn entries_come_out_by_due_tick_and_then_by_birth(
            script in prop::collection::vec(prop::collection::vec(0_u64..2000, 0..4), 1..400)
        ) {
            let mut wheel = Wheel::new();
            let mut model: BTreeMap<u64, Vec<Entry>> = BTreeMap::new();
            let mut due = Vec::new();
            let mut born = 0;
            for now in 0..3000_u64 {
                for delay in script.get(now as usize).into_iter().flatten() {
                    // Births run against the clock now and then, as when an old coroutine sleeps again.
                    born += 1;
                    let entry = Entry { born: born ^ 5, slot: born as u32 };
                    wheel.file(now + delay, entry);
                    model.entry((now + delay).max(now + 1)).or_default().push(entry);
                }
                wheel.advance(&mut due);
                let mut expected = model.remove(&(now + 1)).unwrap_or_default();
                expected.sort();
                prop_assert_eq!(&due, &expected, "at tick {}", now + 1);
            }
            prop_assert!(model.is_empty());
        }
    }

    #[test]
    fn a_due_tick_in_the_past_means_the_next_one() {
        let mut wheel = Wheel::new();
        let mut due = Vec::new();
        wheel.advance(&mut due);
        let entry = Entry { born: 0, slot: 0 };
        wheel.file(0, entry);
        wheel.advance(&mut due);
        assert_eq!(due, [entry]);
    }

    #[test]
    fn a_crowd_that_is_due_at_every_tick_takes_the_room_of_two_ticks() {
        let mut wheel = Wheel::new();
        let mut due = Vec::new();
        for slot in 0..1000 {
            wheel.file(0, Entry { born: 0, slot });
        }
        for now in 1..1000 {
            wheel.advance(&mut due);
            assert_eq!(due.len(), 1000);
            due.iter().for_each(|&entry| wheel.file(now + 1, entry));
        }
        let lists = wheel.ring.iter().chain(&wheel.spare).chain([&due]);
        assert!(lists.map(Vec::capacity).sum::<usize>() < 4000);
    }
}
