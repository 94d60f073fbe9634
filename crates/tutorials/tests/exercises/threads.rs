//! Lesson 2. Count the clients that are connected: one more while `talk` runs, one less
//! afterwards, in whatever way it ends. It may fail, and it may panic.

use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};

type Talk<'a> = &'a dyn Fn() -> io::Result<()>;

fn yours(connected: &AtomicUsize, talk: Talk<'_>) -> io::Result<()> {
    connected.fetch_add(1, Ordering::SeqCst);
    talk()?;
    connected.fetch_sub(1, Ordering::SeqCst);
    Ok(())
}

fn check(counted: fn(&AtomicUsize, Talk<'_>) -> io::Result<()>) {
    let connected = AtomicUsize::new(0);
    let talks: [Talk<'_>; 3] = [
        &|| Ok(()),
        &|| Err(io::ErrorKind::ConnectionReset.into()),
        &|| panic!("a mistake in talk"),
    ];
    for talk in talks {
        let talk = || {
            assert_eq!(connected.load(Ordering::SeqCst), 1, "while it talks");
            talk()
        };
        let _ = catch_unwind(AssertUnwindSafe(|| counted(&connected, &talk)));
        assert_eq!(connected.load(Ordering::SeqCst), 0, "when it has talked");
    }
}

#[test]
#[ignore = "hint: what runs in Rust however a function is left?"]
fn yours_counts() {
    check(yours);
}

#[test]
fn the_solution_counts() {
    check(solution);
}

// The solution. Stop reading here until you have tried.

struct Connected<'a>(&'a AtomicUsize);

impl Drop for Connected<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

fn solution(connected: &AtomicUsize, talk: Talk<'_>) -> io::Result<()> {
    connected.fetch_add(1, Ordering::SeqCst);
    let _connected = Connected(connected);
    talk()
}
