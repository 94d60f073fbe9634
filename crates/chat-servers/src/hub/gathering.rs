//! What is due to the clients of one driver, until its next turn.
//!
//! The bytes of a turn lie one behind the other in one batch that all recipients
//! share; what is due to a client is ranges of it. Neighbouring ranges melt into
//! one, so a client that hears all needs one send for all that was said in a
//! turn. Lines and frames lie in one batch; a driver that serves both kinds adds
//! them in turns, and then a client's ranges do not touch. For the usual case of
//! one kind they do.
//!
//! Bound: [`FULL`] bytes and one answer, beside what comes of connections that end;
//! then policy *wait*: nobody's requests are carried out until the driver has taken
//! its turn.

use std::ops::Range;
use std::task::Waker;

/// A batch of this many bytes is enough for one turn.
pub(super) const FULL: usize = 64 * 1024;

/// What kind of client a message is formed for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    Line,
    Frame,
}

/// Ranges of a batch, in order; nearly always one.
#[derive(Debug, Default)]
pub(super) struct Ranges {
    first: Range<u32>,
    more: Vec<Range<u32>>,
}

impl Ranges {
    fn add(&mut self, range: Range<u32>) {
        let last = self.more.last_mut().unwrap_or(&mut self.first);
        if last.end == range.start {
            last.end = range.end;
        } else if self.first.is_empty() {
            self.first = range;
        } else {
            self.more.push(range);
        }
    }

    /// The parts of the batch, in order.
    pub(super) fn parts<'a>(&'a self, batch: &'a [u8]) -> impl Iterator<Item = &'a [u8]> {
        let ranges = std::iter::once(&self.first).chain(&self.more);
        ranges.map(|range| &batch[range.start as usize..range.end as usize])
    }

    /// The one range, where it is one.
    pub(super) fn single(&self) -> Option<Range<usize>> {
        let range = self.first.start as usize..self.first.end as usize;
        self.more.is_empty().then_some(range)
    }

    /// How many bytes.
    pub(super) fn len(&self) -> usize {
        let ranges = std::iter::once(&self.first).chain(&self.more);
        ranges.map(|range| (range.end - range.start) as usize).sum()
    }
}

/// What is due to one client.
#[derive(Debug)]
pub(super) struct Due {
    pub(super) slot: u32,
    pub(super) ranges: Ranges,
}

/// What is due to all clients of a driver.
#[derive(Debug, Default)]
pub(super) struct Turn {
    pub(super) batch: Vec<u8>,
    pub(super) due: Vec<Due>,
}

impl Turn {
    /// Empties it, keeping its memory for the next turn.
    pub(super) fn clear(&mut self) {
        self.batch.clear();
        self.batch.shrink_to(2 * FULL);
        self.due.clear();
    }
}

/// A client's place in the turn of this number.
#[derive(Clone, Copy, Debug, Default)]
struct Mark {
    turn: u32,
    place: u32,
}

/// The turn that is being filled.
#[derive(Debug)]
pub(super) struct Gathering {
    turn: Turn,
    number: u32,
    /// By slot.
    marks: Vec<Mark>,
    waker: Waker,
    /// The driver sleeps until it is woken.
    parked: bool,
    /// There is something to do that it has not seen.
    poked: bool,
    /// Input of its clients waits until nobody's turn is full.
    stalled: bool,
}

impl Default for Gathering {
    fn default() -> Self {
        Self {
            turn: Turn::default(),
            number: 1,
            marks: Vec::new(),
            waker: Waker::noop().clone(),
            parked: false,
            poked: false,
            stalled: false,
        }
    }
}

impl Gathering {
    /// Adds bytes for those to whom they are then given.
    pub(super) fn push(&mut self, bytes: &[u8]) -> Range<u32> {
        let place = |length| u32::try_from(length).expect("a batch is far smaller than 4 GiB");
        let start = place(self.turn.batch.len());
        self.turn.batch.extend_from_slice(bytes);
        start..place(self.turn.batch.len())
    }

    /// Part of the batch is due to this client.
    pub(super) fn give(&mut self, slot: u32, range: Range<u32>) {
        let index = slot as usize;
        if self.marks.len() <= index {
            self.marks.resize(index + 1, Mark::default());
        }
        let mark = &mut self.marks[index];
        if mark.turn != self.number {
            let place = u32::try_from(self.turn.due.len()).expect("one for each client at most");
            let turn = self.number;
            *mark = Mark { turn, place };
            let ranges = Ranges {
                first: range,
                more: Vec::new(),
            };
            self.turn.due.push(Due { slot, ranges });
        } else {
            self.turn.due[mark.place as usize].ranges.add(range);
        }
        self.wake();
    }

    /// Bytes for one client alone.
    pub(super) fn push_for(&mut self, slot: u32, bytes: &[u8]) {
        let range = self.push(bytes);
        self.give(slot, range);
    }

    /// The client is gone, and its slot may be another's.
    pub(super) fn forget(&mut self, slot: u32) {
        if let Some(mark) = self.marks.get_mut(slot as usize)
            && mark.turn == self.number
        {
            self.turn.due[mark.place as usize].ranges = Ranges::default();
            mark.turn = 0;
        }
    }

    pub(super) fn is_full(&self) -> bool {
        self.turn.batch.len() >= FULL
    }

    /// Bytes that wait for the turn.
    #[cfg(test)]
    pub(super) fn waiting(&self) -> usize {
        self.turn.batch.len()
    }

    /// Hands the turn over for an empty one.
    pub(super) fn take(&mut self, turn: &mut Turn) {
        std::mem::swap(&mut self.turn, turn);
        // Zero marks no turn.
        self.number = self.number.checked_add(1).unwrap_or(1);
        self.poked = false;
    }

    /// Whether there is nothing to do; then the waker is woken when there is.
    pub(super) fn park(&mut self, waker: &Waker) -> bool {
        self.waker.clone_from(waker);
        self.parked = !std::mem::take(&mut self.poked);
        self.parked
    }

    pub(super) fn unpark(&mut self) {
        self.parked = false;
    }

    pub(super) fn wake(&mut self) {
        self.poked = true;
        if std::mem::take(&mut self.parked) {
            self.waker.wake_by_ref();
        }
    }

    pub(super) fn stall(&mut self) {
        self.stalled = true;
    }

    pub(super) fn unstall(&mut self) {
        if std::mem::take(&mut self.stalled) {
            self.wake();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::task::Wake;

    fn take(gathering: &mut Gathering) -> Vec<(u32, String)> {
        let mut turn = Turn::default();
        gathering.take(&mut turn);
        let due = turn.due.iter().map(|due| {
            let parts: Vec<&[u8]> = due.ranges.parts(&turn.batch).collect();
            (due.slot, String::from_utf8(parts.concat()).unwrap())
        });
        due.collect()
    }

    #[test]
    fn all_recipients_share_one_batch_and_each_has_its_part_in_order() {
        let mut gathering = Gathering::default();
        for (text, slots) in [("a", [1, 2].as_slice()), ("b", &[1]), ("c", &[1, 2])] {
            let range = gathering.push(text.as_bytes());
            for slot in slots {
                gathering.give(*slot, range.clone());
            }
        }
        assert_eq!(take(&mut gathering), [(1, "abc".into()), (2, "ac".into())]);
        assert_eq!(take(&mut gathering), []);
    }

    #[test]
    fn who_comes_into_a_slot_hears_nothing_that_was_due_to_who_left_it() {
        let mut gathering = Gathering::default();
        gathering.push_for(1, b"for the old one");
        gathering.forget(1);
        gathering.push_for(1, b"for the new one");
        let heard: String = take(&mut gathering).into_iter().map(|due| due.1).collect();
        assert_eq!(heard, "for the new one");
    }

    struct Bell(AtomicUsize);

    impl Wake for Bell {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    #[test]
    fn a_parked_driver_is_woken_once_and_a_waking_one_never() {
        let bell = Arc::new(Bell(AtomicUsize::new(0)));
        let waker = bell.clone().into();
        let mut gathering = Gathering::default();
        assert!(gathering.park(&waker));
        gathering.push_for(1, b"a");
        gathering.push_for(2, b"b");
        assert_eq!(bell.0.load(Ordering::Relaxed), 1);
        assert!(!gathering.park(&waker), "there is something to do");
        take(&mut gathering);
        assert!(gathering.park(&waker));
        gathering.unpark();
        gathering.push_for(1, b"c");
        assert_eq!(bell.0.load(Ordering::Relaxed), 1);
        assert!(!gathering.park(&waker), "it must not sleep over that");
    }

    #[test]
    fn a_full_turn_is_full_until_it_is_taken() {
        let mut gathering = Gathering::default();
        gathering.push_for(1, &vec![0; FULL - 1]);
        assert!(!gathering.is_full());
        gathering.push_for(1, &[0]);
        assert!(gathering.is_full());
        take(&mut gathering);
        assert!(!gathering.is_full());
    }
}
