//! Who is to be woken when: a heap of deadlines (added by lesson 10).
//!
//! A heap has the earliest deadline on top, and adding or taking one costs the
//! logarithm of how many there are; a thousand sleepers are no problem. The Python
//! original pushes `(deadline, coroutine)` pairs; when two deadlines are equal, its
//! heap goes on to compare the coroutines and fails. Here a ticket number follows
//! the deadline: no two are equal, and equal deadlines fire in the order they were set.
//! What is to happen then lies beside the heap and is never compared.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};
use std::time::Duration;

/// Names one deadline that was set.
pub type Ticket = u64;

/// Deadlines, each with a `T` that it is for.
#[derive(Debug)]
pub struct Timers<T> {
    /// The earliest first. May hold tickets that were cancelled since.
    heap: BinaryHeap<Reverse<(Duration, Ticket)>>,
    waiting: HashMap<Ticket, T>,
    next: Ticket,
}

/// Cancelled deadlines are swept out of the heap when they are the greater part of it and more than this.
const WORTH_SWEEPING: usize = 64;

impl<T> Timers<T> {
    /// None.
    #[must_use]
    pub fn new() -> Self {
        Self {
            heap: BinaryHeap::new(),
            waiting: HashMap::new(),
            next: 0,
        }
    }

    /// Sets a deadline.
    pub fn set(&mut self, deadline: Duration, what: T) -> Ticket {
        let ticket = self.next;
        self.next += 1;
        self.heap.push(Reverse((deadline, ticket)));
        self.waiting.insert(ticket, what);
        ticket
    }

    /// What a deadline that has not fired is for, to be replaced.
    pub fn waiting(&mut self, ticket: Ticket) -> Option<&mut T> {
        self.waiting.get_mut(&ticket)
    }

    /// Forgets a deadline and gives back what it was for.
    pub fn cancel(&mut self, ticket: Ticket) -> Option<T> {
        let what = self.waiting.remove(&ticket);
        if self.heap.len() > WORTH_SWEEPING.max(2 * self.waiting.len()) {
            let waiting = &self.waiting;
            self.heap
                .retain(|Reverse((_, ticket))| waiting.contains_key(ticket));
        }
        what
    }

    /// The earliest deadline.
    pub fn earliest(&mut self) -> Option<Duration> {
        while let Some(&Reverse((deadline, ticket))) = self.heap.peek() {
            if self.waiting.contains_key(&ticket) {
                return Some(deadline);
            }
            self.heap.pop();
        }
        None
    }

    /// Takes one that is due, the earliest first.
    pub fn due(&mut self, now: Duration) -> Option<T> {
        while let Some(&Reverse((deadline, ticket))) = self.heap.peek() {
            if deadline > now {
                return None;
            }
            self.heap.pop();
            if let Some(what) = self.waiting.remove(&ticket) {
                return Some(what);
            }
        }
        None
    }

    /// How many have not fired.
    #[must_use]
    pub fn len(&self) -> usize {
        self.waiting.len()
    }

    /// Whether all have fired.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }
}

impl<T> Default for Timers<T> {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    /// Has neither an order nor equality: a heap that compared it would not compile.
    struct Incomparable(u32);

    #[test]
    fn equal_deadlines_fire_in_the_order_they_were_set() {
        let mut timers = Timers::new();
        for number in 0..4 {
            timers.set(SECOND, Incomparable(number));
        }
        timers.set(Duration::ZERO, Incomparable(9));
        let order: Vec<u32> = std::iter::from_fn(|| Some(timers.due(SECOND)?.0)).collect();
        assert_eq!(order, [9, 0, 1, 2, 3]);
    }

    #[test]
    fn nothing_fires_early() {
        let mut timers = Timers::new();
        timers.set(SECOND, 'b');
        assert_eq!(timers.due(SECOND - Duration::from_nanos(1)), None);
        assert_eq!(timers.earliest(), Some(SECOND));
        assert_eq!(timers.due(SECOND), Some('b'));
        assert_eq!(timers.earliest(), None);
    }

    #[test]
    fn a_million_cancelled_deadlines_leave_nothing_behind() {
        let mut timers = Timers::new();
        timers.set(SECOND, ());
        for _ in 0..1_000_000 {
            let ticket = timers.set(100 * SECOND, ());
            timers.cancel(ticket);
        }
        assert_eq!(timers.len(), 1);
        assert!(
            timers.heap.len() <= WORTH_SWEEPING + 1,
            "{}",
            timers.heap.len()
        );
        assert_eq!(timers.earliest(), Some(SECOND));
    }
}
