//! Lesson 4. Give the event loop a clock: `later` registers a callback that is called
//! after so many turns of the loop, and not before.

type Callback = Box<dyn FnOnce()>;

/// An event loop, as far as it matters here.
trait Loop: Default {
    fn later(&mut self, turns: u32, callback: Callback);
    fn turn(&mut self);
}

#[derive(Default)]
struct Yours;

impl Loop for Yours {
    fn later(&mut self, turns: u32, callback: Callback) {
        // Not later at all.
        let _ = turns;
        callback();
    }

    fn turn(&mut self) {}
}

fn check<L: Loop>() {
    use std::cell::RefCell;
    use std::rc::Rc;

    let called = Rc::new(RefCell::new(Vec::new()));
    let mut events = L::default();
    for turns in [2, 1, 3, 1] {
        let called = Rc::clone(&called);
        events.later(turns, Box::new(move || called.borrow_mut().push(turns)));
    }
    assert!(called.borrow().is_empty(), "before the first turn");
    events.turn();
    assert_eq!(*called.borrow(), [1, 1]);
    events.turn();
    assert_eq!(*called.borrow(), [1, 1, 2]);
    events.turn();
    events.turn();
    assert_eq!(*called.borrow(), [1, 1, 2, 3]);
}

#[test]
#[ignore = "hint: keep the callbacks, each with how many turns it still has to wait"]
fn yours_waits() {
    check::<Yours>();
}

#[test]
fn the_solution_waits() {
    check::<Solution>();
}

// The solution. Stop reading here until you have tried.

#[derive(Default)]
struct Solution(Vec<(u32, Callback)>);

impl Loop for Solution {
    fn later(&mut self, turns: u32, callback: Callback) {
        self.0.push((turns, callback));
    }

    fn turn(&mut self) {
        for (turns, callback) in std::mem::take(&mut self.0) {
            match turns {
                0 | 1 => callback(),
                turns => self.0.push((turns - 1, callback)),
            }
        }
    }
}
