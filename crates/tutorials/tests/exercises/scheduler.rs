//! Lesson 10. A queue of tasks with priorities: the highest goes first, and among equals
//! the one that came first.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};

trait Queue: Default {
    fn push(&mut self, priority: u8, task: &'static str);
    fn pop(&mut self) -> Option<&'static str>;
}

#[derive(Default)]
struct Yours(VecDeque<&'static str>);

impl Queue for Yours {
    fn push(&mut self, priority: u8, task: &'static str) {
        let _ = priority;
        self.0.push_back(task);
    }

    fn pop(&mut self) -> Option<&'static str> {
        self.0.pop_front()
    }
}

fn check<Q: Queue>() {
    let mut queue = Q::default();
    for (priority, task) in [(1, "z"), (5, "y"), (1, "a"), (5, "b"), (9, "c")] {
        queue.push(priority, task);
    }
    assert_eq!(queue.pop(), Some("c"));
    queue.push(5, "a");
    let rest: Vec<_> = std::iter::from_fn(|| queue.pop()).collect();
    assert_eq!(rest, ["y", "b", "a", "z", "a"]);
}

#[test]
#[ignore = "hint: a heap compares; give it something to compare that is never equal (see timers.rs)"]
fn yours_goes_by_priority() {
    check::<Yours>();
}

#[test]
fn the_solution_goes_by_priority() {
    check::<Solution>();
}

// The solution. Stop reading here until you have tried.

#[derive(Default)]
struct Solution {
    heap: BinaryHeap<(u8, Reverse<u64>, &'static str)>,
    next: u64,
}

impl Queue for Solution {
    fn push(&mut self, priority: u8, task: &'static str) {
        self.heap.push((priority, Reverse(self.next), task));
        self.next += 1;
    }

    fn pop(&mut self) -> Option<&'static str> {
        self.heap.pop().map(|(.., task)| task)
    }
}
